"""The entries of the codebooks in the list of addresses: who edits codebooks is an admin of some poll, or may
create polls; all others read what is published."""

from __future__ import annotations

from typing import Any

from classify import codebook_editing as editing
from classify import codebooks
from classify.models import Category, CategoryChange, Codebook, CodebookFlag, CodebookVersion
from polls.models import User
from tests.addresses import DONE, LOGIN, OK, REFUSED, Access, Address, of_far_round, of_round, only, people
from tests.study import Study, resolve_all

EDITORS = Access({"ada": OK, "root": OK, "anonymous": LOGIN}, REFUSED, REFUSED)
EDITORS_DONE = Access({"ada": DONE, "root": DONE, "anonymous": LOGIN}, REFUSED, REFUSED)


def _role(_: Study) -> dict[str, Any]:
    return {"code": "role"}


def _newest() -> CodebookVersion:
    version = codebooks.newest_version("role")
    assert version is not None
    return version


def _current() -> CodebookVersion:
    version = editing.current_version(Codebook.objects.get(code="role"))
    assert version is not None
    return version


def _cx() -> Category:
    """The category as it is now, or as it was before another address archived it."""
    row = Category.objects.filter(version__codebook__code="role", code="cx").order_by("-version__number")
    found = row.first()
    assert found is not None
    return found


def _category(_: Study) -> dict[str, Any]:
    return {"code": "role", "identity": _cx().identity}


def _with_draft(_: Study) -> dict[str, Any]:
    """Ada has begun a draft."""
    if codebooks.draft_of(Codebook.objects.get(code="role")) is None:
        codebooks.copy_version(version=_newest(), by=User.objects.get(username="ada"))
    return {"code": "role"}


def _seen(_: Study) -> dict[str, Any]:
    version = _current()
    newest = codebooks.newest_version("role")
    return {"seen": editing.mark_of(version), "since": newest.number if newest else ""}


def _archive(world: Study) -> dict[str, Any]:
    return {**_seen(world), "action": "archive", "identity": _category(world)["identity"]}


def _merge(world: Study) -> dict[str, Any]:
    return {**_seen(world), "into": str(_current().categories.get(code="other").identity)}


def _changed_category(_: Study) -> dict[str, Any]:
    row = _cx()
    return {"label": "Customer experience", "code": "cx", "key": "2", "seen": editing.mark_of_category(row)}


def _changed_rule(_: Study) -> dict[str, Any]:
    rule = codebooks.rules_of(_current())[0]
    return {"words": "consultant", "text": "Read again.", "seen": editing.mark_of_rule(rule)}


def publish_next(world: Study) -> CodebookVersion:
    """Version 2 of the codebook, in which CX is archived."""
    book, ada = Codebook.objects.get(code="role"), world.people["ada"]
    identity = _category(world)["identity"]
    editing.archive_category(codebook=book, identity=identity, by=ada, seen=editing.mark_of(_current()))
    seen = editing.mark_of(_current())
    version = editing.publish_draft(codebook=book, by=ada, seen=seen, since=_newest().number)
    assert CategoryChange.objects.filter(version=version, kind="archived").count() == 1
    return version


def _next_and_round(world: Study) -> dict[str, Any]:
    if _newest().number == 1:
        publish_next(world)
    return {"code": "role", **of_round(world)}


def _next(world: Study) -> dict[str, Any]:
    _next_and_round(world)
    return {"code": "role"}


def raise_flag(world: Study, text: str = "FLAG-OF-JUDE: say what a board member is.") -> CodebookFlag:
    """Jude has resolved the conflict and flagged it for the codebook."""
    if world.conflict.status == "conflict":
        resolve_all(world)
    judged = world.conflict.adjudications.latest("pk")
    found = CodebookFlag.objects.filter(adjudication=judged).first()
    return found or CodebookFlag.objects.create(
        codebook=Codebook.objects.get(code="role"),
        adjudication=judged,
        text=text,
        raised_by=world.people["jude"],
    )


def _flag(world: Study) -> dict[str, Any]:
    return {"code": "role", "flag_id": raise_flag(world).pk}


CODEBOOKS = [
    Address("classify:codebooks", get=people()),
    Address("classify:codebook", _role, get=people()),
    Address(
        "classify:codebook-export", lambda _: {"code": "role", "version": 1}, get=people(), is_page=False
    ),
    Address("classify:codebook-compare", _next, get=people(), stores=True),
    Address("classify:codebook-look-again", _next, get=people(), stores=True),
    Address(
        "classify:codebook-look-again-round",
        _next_and_round,
        get=only("ada root"),
        far=lambda world: {"code": "role", **of_far_round(world)},
        stores=True,
    ),
    Address("classify:codebook-edit", _role, get=EDITORS, post=EDITORS_DONE, data=_archive),
    Address(
        "classify:codebook-category-new",
        _role,
        get=EDITORS,
        post=EDITORS_DONE,
        data=lambda _: {"label": "Sales", "color": "#123456"},
    ),
    # What was typed into a category that is gone is kept: a 409 with the form.
    Address(
        "classify:codebook-category",
        _category,
        missing=409,
        get=EDITORS,
        post=EDITORS_DONE,
        data=_changed_category,
    ),
    Address("classify:codebook-merge", _category, get=EDITORS, post=EDITORS_DONE, data=_merge),
    Address(
        "classify:codebook-split",
        _category,
        get=EDITORS,
        post=EDITORS_DONE,
        data=lambda world: {**_seen(world), "labels": "Service\nMarketing"},
    ),
    Address(
        "classify:codebook-rule-new",
        _role,
        get=EDITORS,
        post=EDITORS_DONE,
        data=lambda _: {"words": "board", "text": "A seat on a board is no job."},
    ),
    Address(
        "classify:codebook-rule",
        lambda _: {"code": "role", "number": 1},
        get=EDITORS,
        post=EDITORS_DONE,
        data=_changed_rule,
    ),
    Address(
        "classify:codebook-publish", _with_draft, get=EDITORS, post=EDITORS_DONE, data=_seen, stores=True
    ),
    Address(
        "classify:codebook-discard", _with_draft, get=EDITORS, post=EDITORS_DONE, data=_seen, stores=True
    ),
    Address("classify:codebook-flag-aside", _flag, post=EDITORS_DONE, stores=True),
    Address(
        "classify:codebook-new",
        get=EDITORS,
        post=EDITORS_DONE,
        data=lambda _: {"title": "Shift", "subject": "voter"},
    ),
    Address(
        "classify:codebook-import",
        get=EDITORS,
        post=EDITORS,
        data=lambda _: {"text": '{"code": "x", "title": "X", "categories": [{"code": "a", "label": "A"}]}'},
    ),
]
