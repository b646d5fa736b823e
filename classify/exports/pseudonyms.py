"""Pseudonyms: the same for a voter in every export of a poll, and a riddle to all who lack the key.

The key lies in ROLECALL_HOME, readable by its owner alone; without it, later exports get other pseudonyms.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path

from classify.exports.tables import Hash
from polls.models import Poll
from polls.problems import Refused

KEY_FILE = "pseudonym-key"


def hasher(key: bytes, poll: Poll) -> Hash:
    """Turns a voter_id into 24 hex digits that only the holder of `key` can make again.

    The poll is part of it, so that nobody can be followed from one published file to another.
    """
    prefix = f"{poll.slug}\0".encode()

    def pseudonym(voter_id: str) -> str:
        return hmac.digest(key, prefix + voter_id.encode(), hashlib.sha256).hex()[:24]

    return pseudonym


def key_of(home: Path) -> bytes:
    """The installation's key, made when first asked for. Raises Refused if that cannot be."""
    path = home / KEY_FILE
    try:
        home.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            draft = home / f".{KEY_FILE}.{secrets.token_hex(6)}"
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_hex(32))
            # Of two processes that come here at once the first link wins.
            with suppress(FileExistsError):
                os.link(draft, path)
            draft.unlink()
        return bytes.fromhex(path.read_text(encoding="ascii"))
    except (OSError, ValueError) as problem:
        raise Refused(f"The key for pseudonyms, {path}, cannot be read or made: {problem}.") from problem
