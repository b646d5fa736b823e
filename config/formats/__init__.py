"""How dates are written, per language: the one place that says so (setting FORMAT_MODULE_PATH)."""
