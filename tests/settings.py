"""The settings of the tests: the real ones, with a fast password hasher and plain static files."""

import tests.database  # noqa: F401 - starts the server, before the settings ask how to reach it

# isort: split
from config.settings import *  # noqa: F403
from config.settings import DATABASES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
SECRET_KEY = "tests only"
ALLOWED_HOSTS = ["*"]
DATABASES["default"].setdefault("OPTIONS", {}).pop("pool", None)
# A thread of the live server must not keep its connection: the test database could not be dropped.
DATABASES["default"]["CONN_MAX_AGE"] = 0
# Nothing is collected for tests, and looking for what was would warn at every client.
WHITENOISE_AUTOREFRESH = True
