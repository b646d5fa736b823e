"""What the pages of an import say about a file and a report, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from polls.forms.imports import FIELD_LABELS
from polls.importing.formats import FORMATS
from polls.upload_check import Facts, Look, admitted_sentences, is_multiple
from polls.uploads import Upload
from polls.wording import option_rows


def page_of(upload: Upload, look: Look, *, blind: bool) -> dict[str, Any]:
    """The context of the page that shows how a file will be read."""
    mapping = look.used.preview.mapping if look.used else None
    known = {each.name: each for each in FORMATS}.get(mapping.preset) if mapping else None
    return {
        "look": look,
        "facts": look.facts,
        "file_is": file_is(look.facts) if look.facts else "",
        "format": known,
        "remembered": bool(look.used and look.used.remembered),
        "labels": [FIELD_LABELS[field] for field in look.fields],
        "extras": [name for _index, name in mapping.extras] if mapping else [],
        "can_import": bool(look.used and look.rows and not look.problem),
        **report_of(look.report, multiple=is_multiple(upload), blind=blind),
    }


def report_of(report: Mapping[str, Any] | None, *, multiple: bool, blind: bool = False) -> dict[str, Any]:
    """What a page shows of a report, done or tried. To somebody who may not see the poll's votes (`blind`)
    only what the file itself says: which rows are taken, never which were known or how the poll stands."""
    if report is None:
        return {"report": None, "totals": [], "admitted": [], "multiple": multiple, "blind": blind}
    if blind:
        own = ("rows", "rejected", "accepted", "errors", "notes", "refused")
        shown = {name: report[name] for name in own}
        return {"report": shown, "multiple": multiple, "blind": True, "more": more_errors(report)}
    votes = sum(option["votes"] for option in report["options"])
    return {
        "report": report,
        "blind": False,
        "totals": option_rows(report["options"]),
        "admitted": admitted_sentences(report["admitted"], report["options"]),
        "multiple": multiple,
        "votes": votes,
        # As `polls.importing.published` reckons: a published total that is the number of votes is of votes.
        "of_voters": multiple and report["published"]["total"] != votes,
        "more": more_errors(report),
    }


def more_errors(report: Mapping[str, Any]) -> int:
    """How many rejected rows are not among the errors shown."""
    shown = {error["row"] for error in report["errors"]}
    return max(0, int(report["rejected"]) - len(shown))


def file_is(facts: Facts) -> str:
    """What the file turned out to be, such as "A workbook"."""
    if facts.kind == "workbook":
        return _("A workbook (%(kind)s).") % {"kind": facts.encoding.upper()}
    if facts.kind == "lines":
        return _("Text from a web page, one voter over several lines.")
    return _("A table in text form.")
