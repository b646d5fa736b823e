"""The second step of an import by web page: how a waiting file will be read, and the import itself."""

from polls.upload_check.looking import FIRST_ROWS, Look, ReadRow, look
from polls.upload_check.opening import is_big
from polls.upload_check.running import checked_report, commit, finish, run_check, stored
from polls.upload_check.samples import ENCODINGS, encoding_samples
from polls.upload_check.using import Used, in_full, reading_in_use, use

__all__ = [
    "ENCODINGS",
    "FIRST_ROWS",
    "Look",
    "ReadRow",
    "Used",
    "checked_report",
    "commit",
    "encoding_samples",
    "finish",
    "in_full",
    "is_big",
    "look",
    "reading_in_use",
    "run_check",
    "stored",
    "use",
]
