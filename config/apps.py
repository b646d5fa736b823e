from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Installed so that commands which need both apps (`seed_demo`) and the server itself have a room."""

    name = "config"
    verbose_name = "Rolecall"
