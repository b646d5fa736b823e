"""The poll a file goes into: found or made, with its options and published figures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection
from django.db.models import Max

from polls.importing.published import printed_digits
from polls.importing.validate import LONGEST, MOST_OPTIONS
from polls.models import Membership, Option, Poll, Role, User
from polls.models.poll import SLUG_PATTERN
from polls.problems import WrongUsage
from polls.texts import option_key, sentence_from_slug

_OPTIONS_OF_THE_FILE = """
    INSERT INTO polls_option (poll_id, text, key, position)
    SELECT %s, text, key, row_number() OVER (ORDER BY row, place)
    FROM (SELECT DISTINCT ON (key) key, text, row, place
          FROM import_row CROSS JOIN LATERAL unnest(
              coalesce(option_keys, ARRAY[option_key]), coalesce(option_texts, ARRAY[option_text])
          ) WITH ORDINALITY AS named (key, text, place)
          WHERE errors IS NULL ORDER BY key, row, place) first_seen
    ORDER BY row, place
"""


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked of the poll. Empty and null leave what a known poll has."""

    slug: str
    question: str = ""
    options: tuple[str, ...] = ()
    published_total: int | None = None
    published_shares: tuple[Decimal, ...] = ()
    opened_on: date | None = None
    closed_on: date | None = None
    multiple: bool | None = None

    def __post_init__(self) -> None:
        if len(self.slug) > 50 or not re.fullmatch(SLUG_PATTERN.strip("^$"), self.slug):
            raise WrongUsage(
                f"“{self.slug}” cannot name a poll: use up to 50 small letters, digits and single hyphens."
            )
        _check_options(self.options)
        if self.published_total is not None and not 0 <= self.published_total <= 2_000_000_000:
            raise WrongUsage("The published total must be 0 or more.")
        for share in self.published_shares:
            if not (share.is_finite() and 0 <= share <= 100 and share == round(share, 4)):
                raise WrongUsage(
                    f"A published share is a percentage from 0 to 100 such as 26 or 26.5, not {share}."
                )
        _check_days(self.opened_on, self.closed_on)


def known_option_keys(target: Target) -> frozenset[str]:
    """Keys of the options rows may name, of the poll and those asked for; none: the file says them itself."""
    keys = Option.objects.filter(poll__slug=target.slug).values_list("key", flat=True)
    return frozenset({*keys, *map(option_key, target.options)})


def several_choices(target: Target) -> bool | None:
    """Whether a voter may choose several options; null: the file is to show it.

    Raises WrongUsage where votes are there already and another kind of poll is asked for.
    """
    poll = Poll.objects.filter(slug=target.slug).first()
    if poll is None or not poll.votes.exists():
        return target.multiple if poll is None or poll.single_choice else target.multiple is not False
    if target.multiple is poll.single_choice:
        kind = "one choice" if poll.single_choice else "several choices"
        raise WrongUsage(f"{poll.slug} has votes and allows {kind} per voter; that cannot be changed.")
    return not poll.single_choice


def find_or_make_poll(target: Target, *, by: User | None) -> Poll:
    """The poll with what was asked of it. Who makes one becomes its admin. Raises WrongUsage."""
    poll = Poll.objects.select_for_update(no_key=True).filter(slug=target.slug).first()
    made = poll is None
    poll = poll or Poll(slug=target.slug, question=sentence_from_slug(target.slug), created_by=by)
    if target.multiple is not None:
        poll.single_choice = not target.multiple
    poll.question = target.question or poll.question
    if target.published_total is not None:
        poll.published_total = target.published_total
    poll.opened_on = target.opened_on or poll.opened_on
    poll.closed_on = target.closed_on or poll.closed_on
    _check_days(poll.opened_on, poll.closed_on)
    poll.save()
    if made and by is not None:
        Membership.objects.create(poll=poll, user=by, role=Role.ADMIN, added_by=by)
    _append_options(poll, target.options)
    return poll


def settle_options(poll: Poll, shares: Sequence[Decimal]) -> None:
    """Take the options from the accepted rows if the poll has none, then note the published shares in order.
    Raises WrongUsage unless there are as many shares as options."""
    if not poll.options.exists():
        with connection.cursor() as cursor:
            cursor.execute(_OPTIONS_OF_THE_FILE, [poll.pk])
    if not shares:
        return
    options = list(poll.options.order_by("position"))
    if len(options) != len(shares):
        given = "1 published share was" if len(shares) == 1 else f"{len(shares)} published shares were"
        known = "1 option" if len(options) == 1 else f"{len(options)} options"
        named = f" ({', '.join(option.text for option in options)})" if options else ""
        raise WrongUsage(f"{given} given, but {poll.slug} has {known}{named}.")
    for option, share in zip(options, shares, strict=True):
        option.published_share = share
        option.published_digits = printed_digits(share)
    Option.objects.bulk_update(options, ["published_share", "published_digits"])


def _append_options(poll: Poll, texts: Sequence[str]) -> None:
    known = set(poll.options.values_list("key", flat=True))
    last = poll.options.aggregate(last=Max("position"))["last"] or 0
    new = [text for text in texts if option_key(text) not in known]
    if len(known) + len(new) > MOST_OPTIONS:
        raise WrongUsage(f"A poll has at most {MOST_OPTIONS} options.")
    Option.objects.bulk_create(
        Option(poll=poll, text=text.strip(), key=option_key(text), position=position)
        for position, text in enumerate(new, start=last + 1)
    )


def _check_options(texts: Sequence[str]) -> None:
    keys: set[str] = set()
    for text in texts:
        key = option_key(text)
        if not key or "\x00" in text:
            raise WrongUsage("An option needs a text that can be read.")
        if len(text.strip()) > LONGEST["option"] or len(key.encode("utf-8", "replace")) > 1000:
            raise WrongUsage(f"The option “{text[:40]}…” is longer than {LONGEST['option']} characters.")
        if key in keys:
            raise WrongUsage(f"The option “{text}” is given twice.")
        keys.add(key)


def _check_days(opened_on: date | None, closed_on: date | None) -> None:
    if opened_on and closed_on and closed_on < opened_on:
        raise WrongUsage(f"A poll cannot close ({closed_on}) before it opens ({opened_on}).")
