"""The only settings. Safe by default; what differs between machines comes from the environment.

| variable | meaning | default |
|---|---|---|
| ROLECALL_HOME | the only folder written to | var/ |
| DATABASE_URL | a PostgreSQL server to use instead of the embedded one | embedded |
| SECRET_KEY | signing key | made once, kept in ROLECALL_HOME |
| ALLOWED_HOSTS | comma-separated host names | localhost and loopback |
| ROLECALL_HTTPS | 1 when served over https: secure cookies, HSTS, redirects | off |
| ROLECALL_MAIL | mail server: submission://user:password@host, smtps://…, smtp://… or console | no e-mail |
| ROLECALL_MAIL_FROM | the sender of e-mails | Rolecall <rolecall@localhost> |
| ROLECALL_SITE | address of this site for links in e-mails: https://rolecall.example.org | no e-mail |
| ROLECALL_DEBUG | 1 shows tracebacks; never where others can reach it | off |
"""

from __future__ import annotations

import os
from pathlib import Path

from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from config import env

BASE_DIR = Path(__file__).resolve().parent.parent
ROLECALL_HOME = env.home(BASE_DIR)

DEBUG = env.flag("ROLECALL_DEBUG")
HTTPS = env.flag("ROLECALL_HTTPS")
SECRET_KEY = env.secret_key(ROLECALL_HOME)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_tables2",
    "django_filters",
    "django_htmx",
    "procrastinate.contrib.django",
    "polls",
    "classify",
    "config",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.wrong_method.WrongMethod",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            # Without a load in each template: `day`, `moment` and `since`, and `unlocalize`.
            "builtins": ["polls.templatetags.moments", "django.templatetags.l10n"],
        },
    },
]

DATABASES = {"default": env.database(ROLECALL_HOME)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "polls.User"
AUTHENTICATION_BACKENDS = ["config.sessions.Accounts"]
SESSION_ENGINE = "config.sessions"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
# How long a link that lets a new person in stays good, in seconds.
PASSWORD_RESET_TIMEOUT = 7 * 24 * 3600

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
TIME_ZONE = "UTC"
USE_TZ = True
FORMAT_MODULE_PATH = "config.formats"
# Every number of a page in groups, 12,345; what a browser or script reads is `unlocalize`d in the template.
USE_THOUSAND_SEPARATOR = True

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = ROLECALL_HOME / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.statics.Statics"},
}
MEDIA_ROOT = ROLECALL_HOME / "uploads"

# Nothing is loaded from another host, nothing inline runs. Bootstrap's own icons are data: images.
SECURE_CSP = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.SELF],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
# Set by a proxy in front; trusted only where somebody said that there is one.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.flag("ROLECALL_BEHIND_PROXY") else None
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True

CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"
DJANGO_TABLES2_TEMPLATE = "django_tables2/rolecall.html"

# What `polls` asks of `classify`, which it does not know. After votes changed, in the same transaction:
ROLECALL_AFTER_IMPORT = "classify.assignment.after_votes_changed"
# May this person see the votes of this poll, by the rule of blindness?
ROLECALL_MAY_SEE_VOTES = "classify.visibility.can_see_votes"
# Before somebody loses roles in a poll, in the same transaction: whoever reads there leaves what is open.
ROLECALL_BEFORE_ROLES_GO = "classify.rounds.before_roles_go"
# What waits for somebody who was deactivated, to be told to whoever did it.
ROLECALL_WAITS_FOR = "classify.rounds.waits_for"

# Reminders to reviewers (`classify.nudging`), which nobody gets unless a round asks for them.
MAILERS = env.mailers()
# That an installation sends no e-mail is a choice, and the dashboard says so.
SILENCED_SYSTEM_CHECKS = [] if env.text("ROLECALL_MAIL", "") else ["mail.E001"]
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.sender()
ROLECALL_SITE = env.site()

# Bounds on everything that comes from outside.
ROLECALL_MAX_FILE_BYTES = env.number("ROLECALL_MAX_FILE_BYTES", 200 * 1024 * 1024)
ROLECALL_MAX_ROWS = env.number("ROLECALL_MAX_ROWS", 2_000_000)
ROLECALL_MAX_COLUMNS = 500
ROLECALL_MAX_CELL_BYTES = 1024 * 1024
ROLECALL_UPLOAD_HOURS = env.number("ROLECALL_UPLOAD_HOURS", 24)
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024  # pasted text; files are spooled to disk
FILE_UPLOAD_TEMP_DIR = None

# From so many rows on an import is a job for a worker (`polls.jobs`); smaller ones are answered at once.
ROLECALL_JOB_ROWS = env.number("ROLECALL_JOB_ROWS", 5_000)
# A worker says every so many seconds that it lives; unheard of for so long, its jobs go to another.
ROLECALL_WORKER_HEARTBEAT = 5.0
ROLECALL_WORKER_DEAD_AFTER = 20.0
# Imported where a worker runs, not by every page and command.
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""
PROCRASTINATE_IMPORT_PATHS = ["polls.tasks", "classify.tasks"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": os.environ.get("ROLECALL_LOG_LEVEL", "WARNING")},
    # Whoever asks under a wrong name is answered 400; a traceback for each would drown the rest.
    "loggers": {
        "django.security.DisallowedHost": {"handlers": ["console"], "level": "CRITICAL", "propagate": False}
    },
}
