"""Single votes by hand: add or correct a voter, exclude a vote with a reason, take the exclusion back."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from polls.changes import lock_poll, tell_votes_changed, undone_among
from polls.importing.dates import parse_voted_at
from polls.importing.load import run_import
from polls.importing.mapping import FIELDS
from polls.importing.readers import open_upload
from polls.importing.validate import LONGEST
from polls.models import (
    Headline,
    HeadlinePart,
    JobTitle,
    Option,
    Poll,
    User,
    Vote,
    VoteChange,
    Voter,
    VoterKey,
)
from polls.problems import Refused
from polls.texts import normalise_url, option_key, web_address
from polls.titles import comparison_key, key_hash, split_headline

BY_HAND: Final = "added by hand"
LONGEST_COMMENT: Final = 100_000
_VOTER_FIELDS: Final = ("name", "organisation", "country")
_CORRECTABLE: Final = ("voter_id", *_VOTER_FIELDS, "profile_url", "headline", "option", "voted_at", "comment")


def add_voter(*, poll: Poll, fields: Mapping[str, str], by: User) -> Vote:
    """Add one voter with a vote, by the rules of an import of one row.

    `fields` are texts under the names of `importing.mapping.FIELDS`. Raises Refused with a sentence, also
    when the voter is in the poll already.
    """
    given = {field: fields.get(field, "") for field in FIELDS if fields.get(field, "").strip()}
    if "option" not in given:
        raise Refused(_("Say which option the voter chose."))
    if not given.keys() - {"option", "voted_at", "comment", "organisation", "country"}:
        raise Refused(_("Say who voted: a voter id, a profile address, a name or a title."))
    with transaction.atomic():
        lock_poll(poll.slug)
        _option(poll, given["option"])  # a slip must not become the first option of an empty poll
        with open_upload(_one_row(given), name=BY_HAND, encoding="utf-8") as source:
            report = run_import(
                source=source, poll=poll.slug, by=by, columns={field: field for field in given}
            )
        if report.refused:
            error = report.errors[0]
            raise Refused(_("%(field)s: %(reason)s.") % {"field": error.column, "reason": error.reason})
        if not report.created:
            raise Refused(_("This voter is in the poll already: correct the vote instead."))
        return poll.batches.latest("id").votes.get()


def correct_voter(*, vote: Vote, fields: Mapping[str, str], by: User) -> Vote:
    """Change what is known of a vote and its voter; fields that are not named stay, an empty one erases.

    What was before is kept as a `VoteChange`. A correction that changes nothing does nothing. Raises Refused.
    """
    poll = vote.poll
    with transaction.atomic():
        lock_poll(poll.slug)
        vote = (
            Vote.objects.select_for_update(no_key=True, of=("self",))
            .select_related("voter", "option", "poll")
            .get(pk=vote.pk)
        )
        known = known_fields(vote)
        wanted = {field: fields[field].strip() for field in _CORRECTABLE if field in fields}
        if "headline" in fields and fields["headline"].strip():
            wanted["headline"] = fields["headline"]
        before = {field: known[field] for field, text in wanted.items() if text != known[field]}
        if not before:
            return vote
        _check_lengths(wanted)
        changed = {field: wanted[field] for field in before}
        _correct_vote(vote, changed)
        _correct_person(vote, changed)
        VoteChange.objects.create(vote=vote, changed_by=by, before=before)
        tell_votes_changed(poll_id=poll.pk, batch_id=None)
    return vote


def exclude_vote(*, vote: Vote, reason: str, note: str = "", by: User) -> None:
    """Leave a vote out of every count, saying why (`Vote.VoidReason`). Excluding it again changes nothing.
    Raises Refused for an unknown reason, a note that is too long, and a vote that an undo, a merge or a later
    answer took out."""
    if reason not in Vote.BY_HAND:
        raise Refused(_("Choose a reason for leaving the vote out."))
    if len(note) > 500 or "\x00" in note:
        raise Refused(_("The note may have at most 500 characters."))
    _set_exclusion(vote, reason=reason, note=note.strip(), by=by)


def check_can_restore(vote: Vote) -> None:
    """Raises Refused, saying what to do instead, for a vote that no person left out."""
    instead = {
        Vote.VoidReason.UNDONE: _("The import of this vote was undone. Import it again to count it."),
        Vote.VoidReason.REPLACED: _(
            "This voter answered anew since. Import that answer again, or correct the vote that counts."
        ),
        Vote.VoidReason.DOUBLE: _(
            "The same person's other vote counts. If they are two people, undo the merge on the voter's page."
        ),
    }
    if vote.voided_at is not None and vote.void_reason in instead:
        raise Refused(instead[Vote.VoidReason(vote.void_reason)])


def can_restore(vote: Vote) -> bool:
    """May an exclusion be taken back by hand?"""
    try:
        check_can_restore(vote)
    except Refused:
        return False
    return True


def take_back_exclusion(*, vote: Vote, by: User) -> None:
    """Count a vote again that somebody left out. Taking back twice changes nothing. Raises Refused."""
    _set_exclusion(vote, reason="", note="", by=by)


def known_fields(vote: Vote) -> dict[str, str]:
    """What is known of a vote, as texts under the names that `correct_voter` takes."""
    key = vote.voter.keys.filter(scheme=VoterKey.Scheme.ID, scope=vote.poll_id).first()
    return {
        "voter_id": key.value if key else "",
        "name": vote.voter.name,
        "organisation": vote.voter.organisation,
        "country": vote.voter.country,
        "profile_url": vote.voter.profile_url,
        "headline": vote.headline_raw,
        "option": vote.option.text,
        "voted_at": vote.voted_raw,
        "comment": vote.comment,
    }


@transaction.atomic
def _set_exclusion(vote: Vote, *, reason: str, note: str, by: User) -> None:
    lock_poll(vote.poll.slug)
    fresh = Vote.objects.select_for_update(no_key=True, of=("self",)).get(pk=vote.pk)
    if bool(fresh.voided_at) == bool(reason):
        if reason and fresh.void_reason not in Vote.BY_HAND:
            raise Refused(
                _("This vote does not count as it is (%(why)s), so there is nothing to leave out.")
                % {"why": fresh.get_void_reason_display()}
            )
        return
    check_can_restore(fresh)
    if not reason and undone_among([fresh.pk]):
        raise Refused(_("The import of this vote was undone. Import it again to count it."))
    VoteChange.objects.create(
        vote=fresh,
        changed_by=by,
        before={"excluded": fresh.void_reason, "note": fresh.void_note},
    )
    fresh.voided_at = timezone.now() if reason else None
    fresh.voided_by = by if reason else None
    fresh.void_reason, fresh.void_note = reason, note
    fresh.save(update_fields=["voided_at", "voided_by", "void_reason", "void_note"])
    tell_votes_changed(poll_id=fresh.poll_id, batch_id=None)


def _correct_vote(vote: Vote, changed: Mapping[str, str]) -> None:
    if "option" in changed:
        vote.option = _option(vote.poll, changed["option"])
        _check_once(vote)
    if "headline" in changed:
        vote.headline_raw = changed["headline"]
        vote.headline = _headline(changed["headline"])
    if "comment" in changed:
        vote.comment = changed["comment"]
    if "voted_at" in changed:
        vote.voted_raw, vote.voted_at = changed["voted_at"], _moment(changed["voted_at"])
    vote.save(update_fields=["option", "headline", "headline_raw", "comment", "voted_at", "voted_raw"])


def _correct_person(vote: Vote, changed: Mapping[str, str]) -> None:
    voter = vote.voter
    for field in _VOTER_FIELDS:
        setattr(voter, field, changed.get(field, getattr(voter, field)))
    if "profile_url" in changed:
        voter.profile_url = _profile_url(voter, changed["profile_url"])
    voter.save(update_fields=[*_VOTER_FIELDS, "profile_url"])
    if "voter_id" in changed:
        _change_voter_id(vote, changed["voter_id"])


def _change_voter_id(vote: Vote, voter_id: str) -> None:
    if not voter_id:
        raise Refused(_("A voter id cannot be empty."))
    keys = VoterKey.objects.filter(scheme=VoterKey.Scheme.ID, scope=vote.poll_id)
    if keys.filter(value_hash=key_hash(voter_id)).exclude(voter=vote.voter_id).exists():
        raise Refused(_("Another voter of this poll has the id “%(id)s”.") % {"id": voter_id})
    keys.filter(voter=vote.voter_id).update(value=voter_id, value_hash=key_hash(voter_id), derived=False)


def _profile_url(voter: Voter, text: str) -> str:
    """The address to keep; its key is moved along. Raises Refused."""
    try:
        key, address = normalise_url(text), web_address(text)
    except ValueError:
        raise Refused(_("“%(text)s” is no web address.") % {"text": text[:80]}) from None
    keys = VoterKey.objects.filter(scheme=VoterKey.Scheme.URL)
    if key and keys.filter(value_hash=key_hash(key)).exclude(voter=voter.pk).exists():
        raise Refused(_("Another voter is known by the profile address “%(text)s”.") % {"text": text[:80]})
    if voter.profile_url:
        with suppress(ValueError):  # kept before pages of companies were refused
            keys.filter(voter=voter.pk, value_hash=key_hash(normalise_url(voter.profile_url))).delete()
    if key:
        VoterKey.objects.get_or_create(
            scheme=VoterKey.Scheme.URL,
            scope=None,
            value_hash=key_hash(key),
            defaults={"voter": voter, "value": key},
        )
    return address


def _headline(text: str) -> Headline | None:
    """The headline with this text's key, made with its parts if it is new; null for an empty key."""
    key = comparison_key(text)
    if not key:
        return None
    headline, made = Headline.objects.get_or_create(key_hash=key_hash(key), defaults={"text": text})
    if made:
        for position, part in enumerate(split_headline(text), start=1):
            title, _made = JobTitle.objects.get_or_create(
                key_hash=key_hash(part.key), defaults={"text": part.raw}
            )
            HeadlinePart.objects.create(
                headline=headline, position=position, job_title=title, raw=part.raw, mark=part.mark
            )
    return headline


def _option(poll: Poll, text: str) -> Option:
    option = poll.options.filter(key=option_key(text)).first()
    if option is None:
        raise Refused(_("“%(text)s” is no option of this poll.") % {"text": text[:80]})
    return option


def _check_once(vote: Vote) -> None:
    """Where several choices are allowed, the voter may have this one in another vote. Raises Refused."""
    twins = Vote.objects.filter(poll=vote.poll_id, voter=vote.voter_id, option=vote.option_id)
    if twins.exclude(pk=vote.pk).exists():
        raise Refused(_("The voter has a vote for “%(option)s” already.") % {"option": vote.option.text[:80]})


def _moment(text: str) -> datetime | None:
    try:
        return parse_voted_at(text)
    except ValueError:
        raise Refused(_("“%(text)s” is no date that exists.") % {"text": text}) from None


def _check_lengths(texts: Mapping[str, str]) -> None:
    for field, text in texts.items():
        longest = LONGEST.get(field, LONGEST_COMMENT)
        if len(text) > longest:
            raise Refused(
                _("%(field)s: at most %(longest)d characters.") % {"field": field, "longest": longest}
            )
        if "\x00" in text:
            raise Refused(_("%(field)s holds a NUL byte, which no text may have.") % {"field": field})


def _one_row(fields: Mapping[str, str]) -> bytes:
    buffer = io.StringIO(newline="")
    rows: Any = csv.writer(buffer)
    rows.writerow(fields.keys())
    rows.writerow(fields.values())
    return buffer.getvalue().encode("utf-8", "replace")
