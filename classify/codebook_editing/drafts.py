"""The draft of the next version: what is shown, what somebody started from, and how it is opened.

A published version never changes. Whoever changes something changes the draft, which is made from the newest
published version with the first change. There is one draft of a codebook at a time, and everybody who may
edit codebooks works on the same.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from classify.codebook_files import MAX_FILE_BYTES, Rule
from classify.codebooks import copy_version, document_of, draft_of, lock_versions, newest_version
from classify.models import Category, Codebook, CodebookVersion
from classify.permissions import check_can_edit_codebooks
from polls.models import User
from polls.problems import Refused
from polls.wording import moment


class Stale(Refused):
    """Somebody changed it since the person looked: nothing was written, the message says who and when."""


def current_version(codebook: Codebook) -> CodebookVersion | None:
    """What an editor works on: the draft, else the newest published version."""
    return draft_of(codebook) or newest_version(codebook.code)


def mark_of(version: CodebookVersion) -> str:
    """What a page carries to say which state of a codebook it showed."""
    return f"{version.pk}.{version.revision}"


def mark_of_category(category: Category) -> str:
    """What a page carries to say which text of a category it showed."""
    columns = ("code", "label", "group", "definition", "include", "exclude", "examples", "key", "color")
    return _digest([getattr(category, name) for name in columns])


def mark_of_rule(rule: Rule) -> str:
    """What a page carries to say which text of a trap rule it showed."""
    return _digest([list(rule.words), rule.text, rule.category])


def mark_of_title(version: CodebookVersion) -> str:
    """What a page carries to say which title it showed."""
    return _digest(version.title)


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:20]


def open_draft(codebook: Codebook, *, by: User, seen: str | None = None) -> CodebookVersion:
    """The draft, locked until the transaction ends; made from the newest published version if there is none.

    `seen` is the mark of the state the person looked at. Raises PollRefused, and Stale where it is another by
    now.
    """
    check_can_edit_codebooks(by)
    lock_versions()
    version = current_version(codebook)
    if version is None:
        raise Refused(_("This codebook was discarded meanwhile."))
    if seen is not None and seen != mark_of(version):
        raise Stale(stale_sentence(version))
    version.codebook = codebook
    return version if version.is_draft else copy_version(version=version, by=by)


def stale_sentence(version: CodebookVersion) -> str:
    """Who changed the codebook meanwhile, and what to do."""
    if version.edited_by is None or version.edited_at is None:
        return _(
            "This codebook was changed after you opened the page. Look at it as it is now, then try again."
        )
    return _(
        "%(name)s changed this codebook on %(time)s, after you opened the page. Look at it as it is now, "
        "then try again."
    ) % {
        "name": version.edited_by.get_full_name() or version.edited_by.get_username(),
        "time": moment(version.edited_at),
    }


def touch(draft: CodebookVersion, by: User) -> None:
    """Note that the draft was changed. Raises ValidationError if it no longer fits into a file."""
    size = len(json.dumps(document_of(draft), ensure_ascii=False, indent=2).encode())
    if size > MAX_FILE_BYTES:
        raise ValidationError(
            _("With this the codebook would be larger than 1 MB, which no file of it may be. Shorten texts.")
        )
    draft.revision += 1
    draft.edited_by, draft.edited_at = by, timezone.now()
    draft.save()


def rename_in_rules(draft: CodebookVersion, old: str, new: str | None) -> int:
    """Let the trap rules that decide for one category decide for another, or for none; how many did."""
    found = [rule for rule in draft.rules if rule.get("category") == old]
    for rule in found:
        rule["category"] = new
    return len(found)
