"""Which letters a file's bytes mean, asked with a preview: some of its cells as each encoding reads them."""

from __future__ import annotations

import codecs
import re
from itertools import islice
from typing import Final

from django.utils.translation import gettext_lazy

from polls.uploads import Upload

ENCODINGS: Final = {
    "cp1252": gettext_lazy("Western Europe (Windows-1252)"),
    "iso-8859-15": gettext_lazy("Western Europe (ISO 8859-15)"),
    "cp1250": gettext_lazy("Central Europe (Windows-1250)"),
    "cp1251": gettext_lazy("Cyrillic (Windows-1251)"),
    "cp1253": gettext_lazy("Greek (Windows-1253)"),
    "cp1254": gettext_lazy("Turkish (Windows-1254)"),
    "mac-roman": gettext_lazy("Western Europe (old Mac)"),
    "shift_jis": gettext_lazy("Japanese (Shift JIS)"),
    "gb18030": gettext_lazy("Chinese (GB 18030)"),
}
"""What a person may choose from, by Python's name."""

_BYTES_AROUND: Final = 1024 * 1024
_BYTES_BEFORE: Final = 1000
_SAMPLES: Final = 6
_NOT_ASCII: Final = re.compile(rb"[^,;\t|\r\n]{0,40}[\x80-\xff][^,;\t|\r\n]{0,40}")


def encoding_samples(upload: Upload) -> tuple[tuple[str, str, str], ...]:
    """Encoding, its name, and some of the cells that are not plain ASCII as it reads them.

    Empty when the file is UTF-8 and something else is the trouble. Encodings that cannot read them are left
    out, and so are those that read the text around just as one before them does.
    """
    at = _first_byte_not_utf8(upload) if upload.data.exists() else None
    if at is None:
        return ()
    with upload.data.open("rb") as stream:
        stream.seek(max(0, at - _BYTES_BEFORE))
        around = stream.read(_BYTES_AROUND)
    cells = islice((match[0].strip() for match in _NOT_ASCII.finditer(around)), 200)
    pieces = list(dict.fromkeys(cells))[:_SAMPLES]
    found: dict[str, tuple[str, str, str]] = {}
    for encoding, name in ENCODINGS.items():
        text = " · ".join(piece.decode(encoding, "replace") for piece in pieces)
        if "\ufffd" not in text:
            found.setdefault(around.decode(encoding, "replace"), (encoding, str(name), text))
    return tuple(found.values())


def _first_byte_not_utf8(upload: Upload) -> int | None:
    """The offset of the first byte that is not UTF-8, null when all are."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    passed = 0
    with upload.data.open("rb") as stream:
        while True:
            chunk = stream.read(64 * 1024)
            held = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as problem:
                return passed - held + problem.start
            if not chunk:
                return None
            passed += len(chunk)
