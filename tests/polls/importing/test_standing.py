"""Votes that an undo had taken out count again when a file names them; what people excluded stays out."""

from __future__ import annotations

from typing import Any

import pytest

from polls.models import Batch, BatchVotes, Vote, VoteChange
from tests.polls.importing.samples import THREE, counts

pytestmark = pytest.mark.django_db


def undo_by_hand(*votes: Vote) -> None:
    """As an undo leaves them."""
    Vote.objects.filter(pk__in=[vote.pk for vote in votes]).update(
        voided_at="2026-03-08T00:00Z", void_reason="undone", void_note="wrong file"
    )


def test_an_undone_vote_named_again_counts_again_as_created(load: Any) -> None:
    load(THREE)
    rosa = Vote.objects.get(voter__name="Rosa")
    undo_by_hand(rosa)
    report = load(THREE)
    assert counts(report) == (3, 1, 0, 2, 0)
    assert report.voters == 3
    rosa.refresh_from_db()
    assert (rosa.voided_at, rosa.voided_by, rosa.void_reason, rosa.void_note) == (None, None, "", "")
    assert (rosa.batch_id, rosa.batch.extra_headers, rosa.extra) == (report.batch_id, ["Region"], ["EU"])
    assert VoteChange.objects.get().before == {
        "excluded": "undone",
        "note": "wrong file",
        "extra": {"Region": "EU"},
    }
    assert counts(load(THREE)) == (3, 0, 0, 3, 0)


def test_a_revived_vote_is_what_the_new_row_says_and_what_was_is_noted(load: Any) -> None:
    load(THREE)
    rosa = Vote.objects.get(voter__name="Rosa")
    undo_by_hand(rosa)
    load("voter_id,name,headline,option,Shoe\nv1,,Lead,No,42\n")
    rosa.refresh_from_db()
    assert (rosa.headline_raw, rosa.headline.text, rosa.option.text) == ("Lead", "Lead", "No")
    assert (rosa.comment, rosa.voted_at, rosa.voted_raw) == ("", None, "")
    assert dict(zip(rosa.batch.extra_headers, rosa.extra, strict=True)) == {"Shoe": "42", "Region": ""}
    assert rosa.voter.name == "Rosa"
    assert VoteChange.objects.get().before == {
        "excluded": "undone",
        "note": "wrong file",
        "option": "Yes",
        "headline": "Head of CX | ex-Google",
        "comment": "Well said",
        "voted_at": "2026-03-05",
        "voted_at_moment": "2026-03-05T00:00:00+00:00",
        "extra": {"Region": "EU"},
    }


def test_a_revived_vote_without_a_title_has_none(load: Any) -> None:
    load(THREE)
    rosa = Vote.objects.get(voter__name="Rosa")
    undo_by_hand(rosa)
    load("voter_id,option\nv1,Yes\n")
    rosa.refresh_from_db()
    assert (rosa.headline_raw, rosa.headline) == ("", None)


@pytest.mark.parametrize("reason", ["own", "company", "test", "other", "double"])
def test_what_a_person_excluded_is_not_revived(load: Any, nina: Any, reason: str) -> None:
    load(THREE)
    vote = Vote.objects.get(voter__name="Rosa")
    vote.voided_at, vote.voided_by, vote.void_reason = "2026-03-08T00:00Z", nina, reason
    vote.save()
    assert counts(load(THREE)) == (3, 0, 0, 3, 0)
    vote.refresh_from_db()
    assert vote.void_reason == reason


def test_a_dry_run_revives_nothing(load: Any) -> None:
    load(THREE)
    undo_by_hand(*Vote.objects.all())
    report = load(THREE, dry_run=True)
    assert (counts(report), report.voters) == ((3, 3, 0, 0, 0), 3)
    assert Vote.objects.filter(void_reason="undone").count() == 3


def test_a_batch_notes_which_votes_its_accepted_rows_named(load: Any) -> None:
    load(THREE)
    report = load("voter_id,option,Shoe\nv1,Yes,42\nv2,Yes,\nv9,No,\nv8,Maybe,\n")
    assert counts(report) == (4, 1, 1, 1, 1)
    named = BatchVotes.objects.get(batch=report.batch_id).vote_ids
    known = Vote.objects.filter(voter__keys__value__in=["v1", "v2", "v9"]).order_by("id")
    assert named == list(known.values_list("id", flat=True))
    assert len(BatchVotes.objects.get(batch=Batch.objects.earliest("id")).vote_ids) == 3


def test_a_file_without_rows_names_no_vote(load: Any) -> None:
    load(THREE)
    report = load("voter_id,option\n")
    assert not BatchVotes.objects.filter(batch=report.batch_id).exists()


def test_the_votes_named_are_kept_in_pieces(load: Any) -> None:
    text = "voter_id,option\n" + "".join(f"v{number},Yes\n" for number in range(10_001))
    report = load(text)
    sizes = [len(piece.vote_ids) for piece in BatchVotes.objects.filter(batch=report.batch_id).order_by("id")]
    assert sizes == [10_000, 1]
