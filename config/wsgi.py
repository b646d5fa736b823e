"""The application for a WSGI server, ready to answer: `granian --interface wsgi config.wsgi:application`.

Plain http unless told otherwise, as `manage.py serve`. Behind a proxy that speaks https set ROLECALL_HTTPS=1
(cookies are then sent over https only), ROLECALL_BEHIND_PROXY=1 and ALLOWED_HOSTS.
"""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.core.wsgi import get_wsgi_application

from config import bootstrap, serve
from config.env import SetupError

try:
    bootstrap.bring_up(static_files=True)
except SetupError as problem:
    raise SystemExit(str(problem)) from None

application = get_wsgi_application()
serve.look_after()
