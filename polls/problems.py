"""What goes wrong for a reason that a person can mend: one readable sentence, nothing written."""

from __future__ import annotations


class Refused(Exception):
    """Nothing was written. The message is one sentence naming the file, row or option at fault (exit 1)."""


class WrongUsage(Refused):
    """The request itself makes no sense, or asks for what is not built yet (exit 2)."""
