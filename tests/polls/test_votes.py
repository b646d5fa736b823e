"""Single votes by hand."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from polls import votes
from polls.models import Batch, Poll, User, Vote, VoteChange, Voter, VoterKey
from polls.problems import Refused
from tests import factories
from tests.polls.importing import hooks

pytestmark = pytest.mark.django_db

FIELDS = {
    "name": "Rosa",
    "headline": "Head of CX; Author",
    "option": "extremely important ",
    "comment": 'a\nb, "c"',
}


@pytest.fixture(autouse=True)
def _told(settings: Any) -> None:
    settings.ROLECALL_AFTER_IMPORT = "tests.polls.importing.hooks.remember"
    hooks.CALLS.clear()


@pytest.fixture
def vote(poll: Poll) -> Vote:
    return factories.make_vote(poll, "CX Lead", name="Rosa", voter_id="v1")


def test_a_voter_is_added_with_a_vote(poll: Poll, ada: User) -> None:
    vote = votes.add_voter(poll=poll, fields=FIELDS | {"country": ""}, by=ada)
    assert (vote.voter.name, vote.headline_raw, vote.comment) == ("Rosa", "Head of CX; Author", 'a\nb, "c"')
    assert vote.option.text == "Extremely important"
    assert [part.raw for part in vote.headline.parts.all()] == ["Head of CX", "Author"]
    assert Batch.objects.get().imported_by == ada
    assert [(poll.pk, vote.batch_id, 1)] == hooks.CALLS


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"option": ""}, "Say which option"),
        ({"option": "Perhaps"}, "no option of this poll"),
        ({"name": "", "headline": ""}, "Say who voted"),
        ({"profile_url": "javascript:x"}, "profile_url: is no web address."),
        ({"voted_at": "2026-02-30"}, "voted_at: is no date that exists."),
        ({"name": "x" * 501}, "name: longer than the 500 characters allowed."),
        ({"headline": "a\x00b"}, "headline: holds a NUL byte"),
    ],
)
def test_a_voter_that_cannot_be_is_refused_with_a_sentence(
    poll: Poll, ada: User, changed: dict[str, str], sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        votes.add_voter(poll=poll, fields=FIELDS | changed, by=ada)
    assert not Vote.objects.exists()
    assert not Batch.objects.exists()
    assert hooks.CALLS == []


def test_adding_a_voter_twice_is_refused(poll: Poll, ada: User) -> None:
    votes.add_voter(poll=poll, fields=FIELDS, by=ada)
    with pytest.raises(Refused, match="in the poll already"):
        votes.add_voter(poll=poll, fields=FIELDS, by=ada)
    assert (Vote.objects.count(), Batch.objects.count()) == (1, 1)


def test_an_empty_poll_gets_no_option_by_a_slip(ada: User) -> None:
    poll = Poll.objects.create(slug="bare", question="?")
    with pytest.raises(Refused, match="no option of this poll"):
        votes.add_voter(poll=poll, fields=FIELDS, by=ada)


def test_a_correction_changes_what_it_names_and_keeps_what_was(vote: Vote, ada: User) -> None:
    votes.correct_voter(
        vote=vote,
        fields={"headline": "Trainer | ex-CX", "option": "Not very important", "name": "Rosa"},
        by=ada,
    )
    vote = Vote.objects.get()
    assert (vote.headline_raw, vote.option.position, vote.voter.name) == ("Trainer | ex-CX", 3, "Rosa")
    assert [(part.raw, part.mark) for part in vote.headline.parts.all()] == [
        ("Trainer", ""),
        ("ex-CX", "former"),
    ]
    change = VoteChange.objects.get()
    assert change.before == {"headline": "CX Lead", "option": "Extremely important"}
    assert change.changed_by == ada
    assert [(vote.poll_id, None, 1)] == hooks.CALLS


def test_an_empty_field_of_a_correction_erases(vote: Vote, ada: User) -> None:
    votes.correct_voter(vote=vote, fields={"headline": " ", "name": ""}, by=ada)
    vote = Vote.objects.get()
    assert (vote.headline, vote.headline_raw, vote.voter.name) == (None, "", "")


def test_a_correction_of_nothing_does_nothing(vote: Vote, ada: User) -> None:
    votes.correct_voter(vote=vote, fields=votes.known_fields(vote), by=ada)
    assert not VoteChange.objects.exists()
    assert hooks.CALLS == []


def test_an_id_can_be_corrected_but_not_to_anothers(vote: Vote, ada: User) -> None:
    factories.make_vote(vote.poll, voter_id="v2")
    votes.correct_voter(vote=vote, fields={"voter_id": "v9"}, by=ada)
    assert votes.known_fields(vote)["voter_id"] == "v9"
    for wrong in ("v2", ""):
        with pytest.raises(Refused, match="id"):
            votes.correct_voter(vote=vote, fields={"voter_id": wrong, "name": "Changed"}, by=ada)
    assert Voter.objects.get(pk=vote.voter_id).name == "Rosa"


def test_an_address_moves_with_its_key_and_never_to_two_people(vote: Vote, ada: User) -> None:
    votes.correct_voter(vote=vote, fields={"profile_url": "linkedin.com/in/rosa"}, by=ada)
    votes.correct_voter(vote=vote, fields={"profile_url": "https://linkedin.com/in/rosa-2"}, by=ada)
    assert VoterKey.objects.get(scheme="url").value == "linkedin.com/in/rosa-2"
    other = factories.make_vote(vote.poll, voter_id="v2")
    for wrong in ("http://www.linkedin.com/in/rosa-2/", "javascript:x"):
        with pytest.raises(Refused, match="address"):
            votes.correct_voter(vote=other, fields={"profile_url": wrong}, by=ada)
    votes.correct_voter(vote=vote, fields={"profile_url": ""}, by=ada)
    assert not VoterKey.objects.filter(scheme="url").exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"option": "Perhaps"},
        {"voted_at": "2026-02-30"},
        {"name": "x" * 501},
        {"comment": "a\x00"},
        {"comment": "x" * 100_001},
    ],
)
def test_a_correction_that_cannot_be_changes_nothing(vote: Vote, ada: User, fields: dict[str, str]) -> None:
    with pytest.raises(Refused):
        votes.correct_voter(vote=vote, fields={"headline": "Changed"} | fields, by=ada)
    assert Vote.objects.get().headline_raw == "CX Lead"
    assert hooks.CALLS == []


@pytest.mark.parametrize("reason", ["undone", "replaced", "double"])
def test_a_vote_that_does_not_count_anyway_is_not_left_out_by_hand(
    reason: str, vote: Vote, ada: User
) -> None:
    Vote.objects.update(voided_at=timezone.now(), void_reason=reason)
    with pytest.raises(Refused, match="does not count as it is"):
        votes.exclude_vote(vote=vote, reason="own", by=ada)
    assert Vote.objects.get().void_reason == reason


def test_a_vote_is_excluded_once_and_taken_back_once(vote: Vote, ada: User) -> None:
    for _ in range(2):
        votes.exclude_vote(vote=vote, reason="company", note=" a page ", by=ada)
    excluded = Vote.objects.get()
    assert (excluded.void_reason, excluded.void_note, excluded.voided_by) == ("company", "a page", ada)
    for _ in range(2):
        votes.take_back_exclusion(vote=vote, by=ada)
    back = Vote.objects.get()
    assert (back.voided_at, back.void_reason, back.void_note, back.voided_by) == (None, "", "", None)
    assert len(hooks.CALLS) == VoteChange.objects.count() == 2


@pytest.mark.parametrize(("reason", "note"), [("", ""), ("because", ""), ("own", "x" * 501), ("own", "\x00")])
def test_an_exclusion_wants_a_known_reason_and_a_short_note(
    vote: Vote, ada: User, reason: str, note: str
) -> None:
    with pytest.raises(Refused):
        votes.exclude_vote(vote=vote, reason=reason, note=note, by=ada)
    assert Vote.objects.get().voided_at is None


def test_nothing_changes_when_the_callback_fails(vote: Vote, ada: User, settings: Any) -> None:
    settings.ROLECALL_AFTER_IMPORT = "tests.polls.importing.hooks.fail"
    for change in (
        lambda: votes.exclude_vote(vote=vote, reason="own", by=ada),
        lambda: votes.correct_voter(vote=vote, fields={"headline": "Other"}, by=ada),
        lambda: votes.add_voter(poll=vote.poll, fields=FIELDS, by=ada),
    ):
        with pytest.raises(RuntimeError):
            change()
    vote = Vote.objects.get()
    assert (vote.voided_at, vote.headline_raw) == (None, "CX Lead")
