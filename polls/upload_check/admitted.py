"""What the published percentages say about whole votes, in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from polls.wording import figure

_RUNS_SHOWN: Final = 6


def admitted_sentences(
    admitted: Mapping[str, Any] | None, options: Sequence[Mapping[str, Any]]
) -> tuple[str, ...]:
    """Which tables of whole votes print as the published percentages, and how ours stands to them.

    Takes the fields of `polls.importing.report`'s `Admitted` and `OptionTotal`. Empty where no share was
    published.
    """
    if admitted is None:
        return ()
    if admitted["total"] is None:
        return (_none_fits(admitted),)
    return tuple(filter(None, (_totals(admitted), _tables(admitted, options), _ours(admitted, options))))


def _none_fits(admitted: Mapping[str, Any]) -> str:
    first, last = admitted["looked_at"]
    if first == last:
        return _(
            "No way to spread %(total)s whole votes over the options gives the published percentages: the "
            "published total or one of the percentages is a slip, or was rounded in another way."
        ) % {"total": _figure(first)}
    return _(
        "With no number of votes from %(first)s to %(last)s can the published percentages come about: one of "
        "them is a slip, or was rounded in another way."
    ) % {"first": _figure(first), "last": _figure(last)}


def _totals(admitted: Mapping[str, Any]) -> str:
    """Which totals are possible, where none was published."""
    first, last = admitted["looked_at"]
    if first == last:
        return ""
    runs = [_run(*run) for run in admitted["totals"]]
    shown = ", ".join(runs[:_RUNS_SHOWN])
    if len(runs) > _RUNS_SHOWN:
        shown = _("%(shown)s and others") % {"shown": shown}
    return _(
        "No total was published. From %(first)s to %(last)s votes, the published percentages can come about "
        "with these totals: %(shown)s."
    ) % {"first": _figure(first), "last": _figure(last), "shown": shown}


def _tables(admitted: Mapping[str, Any], options: Sequence[Mapping[str, Any]]) -> str:
    pairs = zip(options, admitted["least"], admitted["most"], strict=True)
    shown = ", ".join(f"{option['text']} {_run(least, most)}" for option, least, most in pairs)
    values = {"total": _figure(admitted["total"]), "shown": shown, "n": _figure(admitted["tables"])}
    if admitted["tables"] == 1 and not admitted["more"]:
        return (
            _("Only one way to spread %(total)s votes gives the published percentages: %(shown)s.") % values
        )
    if admitted["more"]:
        return (
            _("More than %(n)s ways to spread %(total)s votes give the published percentages: %(shown)s.")
            % values
        )
    return _("%(n)s ways to spread %(total)s votes give the published percentages: %(shown)s.") % values


def _ours(admitted: Mapping[str, Any], options: Sequence[Mapping[str, Any]]) -> str:
    if admitted["ours"]:
        if admitted["tables"] == 1 and not admitted["more"]:
            return _("That is what is here.")
        return _("What is here is one of them.")
    moves = []
    for option, nearest in zip(options, admitted["nearest"], strict=True):
        apart = nearest - option["votes"]
        if apart > 0:
            moves.append(
                ngettext("%(n)s vote missing at %(option)s", "%(n)s votes missing at %(option)s", apart)
                % {"n": _figure(apart), "option": option["text"]}
            )
        elif apart < 0:
            moves.append(
                ngettext("%(n)s too many at %(option)s", "%(n)s too many at %(option)s", -apart)
                % {"n": _figure(-apart), "option": option["text"]}
            )
    return _("What is here is none of them. Measured by the nearest one: %(moves)s.") % {
        "moves": ", ".join(moves)
    }


def _run(first: int, last: int) -> str:
    if first == last:
        return _figure(first)
    return _("%(first)s to %(last)s") % {"first": _figure(first), "last": _figure(last)}


def _figure(number: int) -> str:
    return figure(number)
