"""Files that wait between the two steps of an import by web page.

Each lies in a folder of its own under `ROLECALL_HOME/uploads`, named by a random token and bound to the
person who sent it and to the poll it is for. Nothing of the file's own name reaches the disk. An upload is
deleted when it was imported or cancelled, and in any case `ROLECALL_UPLOAD_HOURS` after it was last touched,
but never while a job over it is open.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from polls.importing.reading import Reading
from polls.models import ImportJob, User
from polls.problems import Refused

TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")
MOST_PER_PERSON = 20


@dataclass(slots=True)
class Upload:
    """One waiting file. `poll` is the slug; with `is_new` the poll is made along with the import, from
    `details` (the fields of the form, as JSON). `reading` is what somebody said of how to read it
    (`polls.importing.reading`, as JSON). `checked` is the report of a check of all rows, with the fingerprint
    of what was checked. `result` is what the import said when it was done; the file itself is gone then."""

    token: str
    user_id: int
    poll: str
    file_name: str
    is_new: bool = False
    details: dict[str, Any] = field(default_factory=dict)
    reading: dict[str, Any] = field(default_factory=dict)
    checked: dict[str, Any] | None = None
    result: dict[str, Any] | None = None

    @property
    def folder(self) -> Path:
        return _root() / self.token

    @property
    def data(self) -> Path:
        """The file as it came."""
        return self.folder / "data"

    @property
    def rejects(self) -> Path:
        """Where the import leaves the rows it did not take."""
        return self.folder / "rejects.csv"

    @property
    def as_told(self) -> Reading:
        """What somebody said of how to read the file; all empty when nobody said anything."""
        return Reading.from_json(self.reading)

    def save(self) -> None:
        """Write down what is known of the upload."""
        draft = self.folder / "upload.json.new"
        draft.write_text(json.dumps(asdict(self)), encoding="utf-8")
        draft.replace(self.folder / "upload.json")

    def drop_data(self) -> None:
        """Delete the file; what the import said, and its rejected rows, stay until the time is up."""
        self.data.unlink(missing_ok=True)

    def delete(self) -> None:
        """Leave nothing."""
        shutil.rmtree(self.folder, ignore_errors=True)


def keep(
    *,
    by: User,
    poll: str,
    file: UploadedFile[bytes] | None = None,
    text: str = "",
    is_new: bool = False,
    details: dict[str, Any] | None = None,
) -> Upload:
    """Store an uploaded file, or text pasted from a sheet. Raises Refused when it is too large, empty, or
    cannot be written."""
    delete_expired()
    delete_oldest_of(by)
    name = shown_name(file.name) if file is not None else _("pasted rows")
    upload = Upload(secrets.token_urlsafe(24), by.pk, poll, name, is_new, details or {})
    chunks: Iterable[bytes] = file.chunks() if file is not None else [text.encode("utf-8")]
    try:
        upload.folder.mkdir(parents=True, mode=0o700)
        _write(upload, chunks)
        upload.save()
    except OSError as problem:
        upload.delete()
        raise Refused(
            _("The file could not be stored (%(why)s). Nothing was changed.") % {"why": problem.strerror}
        ) from problem
    except Refused:
        upload.delete()
        raise
    return upload


def find(token: str, *, by: User, poll: str | None) -> Upload | None:
    """The upload of that token if it is this person's, for this poll (None: for a new one), and not past its
    time."""
    upload = of_job(token)
    if upload is None or upload.user_id != by.pk:
        return None
    if poll is None:
        return upload if upload.is_new else None
    # Once imported, the upload of a new poll is one of that poll, for the page of its result.
    return upload if upload.poll == poll and (not upload.is_new or upload.result) else None


def of_job(token: str) -> Upload | None:
    """The upload of that token, for a worker, which acts for whoever asked: nobody's right is looked at.
    None when it is past its time and no job over it is open."""
    if not TOKEN.fullmatch(token):
        return None
    upload = _read(_root() / token)
    if upload is None or (_expired(upload.folder) and token not in _with_open_jobs([token])):
        return None
    return upload


@contextmanager
def held(token: str) -> Iterator[None]:
    """Nobody else works on this upload meanwhile: the second of two clicks waits. A killed process lets go.

    For what a page does at once. Jobs never take it, so that no page waits for one: a page asks within it
    for the open job (there is at most one) and shows that instead.
    """
    folder = _root() / token
    try:
        handle = os.open(folder, os.O_RDONLY) if TOKEN.fullmatch(token) else None
    except OSError:
        handle = None
    if handle is None:
        yield  # there is nothing to hold, as `find` will say
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def delete_expired() -> int:
    """Delete what is past its time; how many went."""
    old = [folder for folder in _folders() if _expired(folder)]
    return _remove(old)


def delete_oldest_of(user: User) -> None:
    """Keep a person below `MOST_PER_PERSON` waiting files."""
    mine = [upload.folder for folder in _folders() if (upload := _read(folder)) and upload.user_id == user.pk]
    mine.sort(key=_age, reverse=True)
    _remove(mine[: max(0, len(mine) - MOST_PER_PERSON + 1)])


def shown_name(name: str | None) -> str:
    """What a file's own name is shown as: its last part, printable, at most 200 characters."""
    last = re.split(r"[/\\]", name or "")[-1]
    return "".join(letter for letter in last if letter.isprintable())[:200] or _("unnamed file")


def _remove(folders: list[Path]) -> int:
    """Delete these uploads but those a job still needs; how many went."""
    needed = _with_open_jobs([folder.name for folder in folders]) if folders else set()
    gone = [folder for folder in folders if folder.name not in needed]
    for folder in gone:
        shutil.rmtree(folder, ignore_errors=True)
    return len(gone)


def _with_open_jobs(tokens: list[str]) -> set[str]:
    open_jobs = ImportJob.objects.filter(upload__in=tokens, state__in=ImportJob.OPEN)
    return set(open_jobs.values_list("upload", flat=True))


def _write(upload: Upload, chunks: Iterable[bytes]) -> None:
    most: int = settings.ROLECALL_MAX_FILE_BYTES
    size = 0
    with upload.data.open("xb") as stream:
        for chunk in chunks:
            size += len(chunk)
            if size > most:
                raise Refused(
                    _("%(name)s is larger than %(megabytes)d MB. Split it into smaller files.")
                    % {"name": upload.file_name, "megabytes": most // 1024**2}
                )
            stream.write(chunk)
    if size == 0:
        raise Refused(_("%(name)s is empty.") % {"name": upload.file_name})


def _root() -> Path:
    return Path(settings.MEDIA_ROOT)


def _folders() -> list[Path]:
    try:
        return [entry for entry in _root().iterdir() if TOKEN.fullmatch(entry.name)]
    except OSError:
        # Not made yet; what else is wrong shows when the file is written.
        return []


def _read(folder: Path) -> Upload | None:
    try:
        return Upload(**json.loads((folder / "upload.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _age(folder: Path) -> float:
    for path in (folder / "upload.json", folder):
        try:
            return time.time() - path.stat().st_ctime
        except OSError:
            continue
    return 0.0


def _expired(folder: Path) -> bool:
    return _age(folder) > settings.ROLECALL_UPLOAD_HOURS * 3600
