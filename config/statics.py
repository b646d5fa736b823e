"""Static files under names that change with their content."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class Statics(CompressedManifestStaticFilesStorage):
    """As whitenoise keeps them, and modules import each other by those names too: no browser mixes an old
    module with a new one after an update."""

    support_js_module_import_aggregation = True
