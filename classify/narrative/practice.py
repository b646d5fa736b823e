"""What came before the reading: training, practice batch by batch, and the bar that was set beforehand."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from classify.calibration import PracticeBatch, PracticeFacts
from classify.narrative.sentences import out_of
from polls.wording import figure


def practice_lines(facts: PracticeFacts) -> list[str]:
    """One line per point; nothing where nothing came before."""
    return [*_training(facts), *_batches(facts), *_bar(facts)]


def _training(facts: PracticeFacts) -> list[str]:
    if not facts.trained:
        return []
    if facts.least == facts.most:
        titles = ngettext("{n} title", "{n} titles", facts.most).format(n=figure(facts.most))
    else:
        titles = _("{least} to {most} titles").format(least=figure(facts.least), most=figure(facts.most))
    return [
        _(
            "Before they read, {trained} of {readers} reviewers answered {titles} whose category was known, "
            "and saw at once whether they were right."
        ).format(trained=figure(facts.trained), readers=figure(facts.readers), titles=titles)
    ]


def _batches(facts: PracticeFacts) -> list[str]:
    if not facts.batches:
        return []
    said = ngettext(
        "The codebook was practised on in {n} round before, kept out of every figure here; {practised} of "
        "the {readers} reviewers of this round read in it.",
        "The codebook was practised on in {n} rounds before, kept out of every figure here; {practised} of "
        "the {readers} reviewers of this round read in them.",
        len(facts.batches),
    )
    first = said.format(
        n=figure(len(facts.batches)), practised=figure(facts.practised), readers=figure(facts.readers)
    )
    return [first, *(_batch(batch) for batch in facts.batches), *_seen(facts)]


def _seen(facts: PracticeFacts) -> list[str]:
    """Titles that are no news to whoever practised: said, since nobody reads them for the first time."""
    if not facts.seen:
        return []
    return [
        _(
            "Of the titles of this round, {seen} had been read in this practice before, where answers are "
            "talked about; they count here like the others."
        ).format(seen=out_of(facts.seen, facts.titles))
    ]


def _batch(batch: PracticeBatch) -> str:
    drawn = (
        ngettext("{n} title drawn at random", "{n} titles drawn at random", batch.titles)
        if batch.sampled
        else ngettext("all {n} title", "all {n} titles", batch.titles)
    ).format(n=figure(batch.titles))
    head = _("Practice round {number}, on {drawn}, with version {version} of the codebook").format(
        number=batch.number, drawn=drawn, version=batch.version
    )
    if batch.discarded:
        return _("{head}: it was discarded.").format(head=head)
    if not batch.finished:
        return _("{head}: it was not finished.").format(head=head)
    equal = out_of(batch.equal, batch.titles)
    if batch.alpha is None or batch.low is None or batch.high is None:
        return _(
            "{head}: both readings gave the same category to {equal}; Krippendorff’s alpha is not defined."
        ).format(head=head, equal=equal)
    return _(
        "{head}: both readings gave the same category to {equal}; Krippendorff’s alpha was {alpha}, 95 % "
        "interval {low} to {high}, on the {units} titles with two categories."
    ).format(
        head=head,
        equal=equal,
        alpha=figure(batch.alpha, 3),
        low=figure(batch.low, 3),
        high=figure(batch.high, 3),
        units=figure(batch.units),
    )


def _bar(facts: PracticeFacts) -> list[str]:
    if facts.required is None:
        return []
    said = _(
        "Before practice round {on} was read it was set down that this round may start once the lower end of "
        "alpha’s interval is at least {required}."
    ).format(on=facts.on, required=figure(facts.required, 3))
    if facts.reached is None:
        outcome = _("Practice gave no figure that counts.")
    elif facts.reached >= facts.required:
        outcome = _("It was {reached}.").format(reached=figure(facts.reached, 3))
    else:
        outcome = _("It was {reached}, below that.").format(reached=figure(facts.reached, 3))
    if facts.override_reason:
        outcome += " " + _("The round was started all the same. The reason given: “{reason}”").format(
            reason=facts.override_reason
        )
    return [f"{said} {outcome}"]
