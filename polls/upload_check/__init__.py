"""The second step of an import by web page: how a waiting file will be read, and the import itself."""

from polls.upload_check.admitted import admitted_sentences
from polls.upload_check.looking import FIRST_ROWS, Facts, Look, ReadRow, facts_of, look
from polls.upload_check.opening import is_multiple, option_texts
from polls.upload_check.running import checked_report, commit, ensure_checked, finish, run_check, stored
from polls.upload_check.samples import ENCODINGS, encoding_samples
from polls.upload_check.using import Used, in_full, reading_in_use

__all__ = [
    "ENCODINGS",
    "FIRST_ROWS",
    "Facts",
    "Look",
    "ReadRow",
    "Used",
    "admitted_sentences",
    "checked_report",
    "commit",
    "encoding_samples",
    "ensure_checked",
    "facts_of",
    "finish",
    "in_full",
    "is_multiple",
    "look",
    "option_texts",
    "reading_in_use",
    "run_check",
    "stored",
]
