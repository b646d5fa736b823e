"""Polls in which a voter may choose several options: sets that grow, shrink, repeat and come back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from polls.csvio import csv_chunks
from polls.importing.mapping import JUDGEMENT_COLUMNS
from polls.models import BatchVotes, Poll, Vote, VoteChange
from polls.problems import Refused
from polls.votes import correct_voter
from tests.polls.importing.samples import counts, reasons

pytestmark = pytest.mark.django_db
HEADER = "voter_id,headline,option,voted_at\n"
OPTIONS = ["Tea", "Coffee", "Milk"]
OWN = ("voter_id", "name", "headline", "option", "comment", *JUDGEMENT_COLUMNS)


def chosen(poll: str = "p") -> dict[str, list[str]]:
    """The options that count, by voter id."""
    found: dict[str, list[str]] = {}
    votes = Vote.objects.filter(poll__slug=poll, voided_at=None).order_by("option__position")
    for voter, option in votes.values_list("voter__keys__value", "option__text"):
        found.setdefault(voter, []).append(option)
    return found


def own_file(*rows: tuple[str, str, str]) -> bytes:
    """Our own export of (voter id, headline, option)."""
    full = [
        (voter, "", headline, option, "", *("" for _ in JUDGEMENT_COLUMNS))
        for voter, headline, option in rows
    ]
    return b"".join(csv_chunks(OWN, full))


def test_one_row_with_several_options_is_one_voter_with_several_votes(load: Any) -> None:
    report = load(HEADER + "v1,Head,Tea;Milk,\nv2,,Coffee,\n", options=OPTIONS)
    assert counts(report) == (2, 2, 0, 0, 0)
    assert (report.voters, report.as_json()["votes"]) == (2, {"Tea": 1, "Coffee": 1, "Milk": 1})
    assert chosen() == {"v1": ["Tea", "Milk"], "v2": ["Coffee"]}
    assert not Poll.objects.get().single_choice
    assert not Vote.objects.filter(single_choice=True).exists()
    assert "allows several choices" in report.notes[0]


def test_a_poll_whose_rows_name_one_option_each_stays_one_of_a_single_choice(load: Any) -> None:
    report = load(HEADER + "v1,Head,Tea,\n", options=OPTIONS)
    assert (Poll.objects.get().single_choice, report.notes) == (True, ())


def test_several_choices_can_be_asked_for_and_refused(load: Any) -> None:
    load(HEADER + "v1,Head,Tea,\n", options=OPTIONS, multiple=True)
    assert not Poll.objects.get().single_choice
    report = load(HEADER + "v1,Head,Tea;Milk,\nv2,,Tea,\n", poll="one", options=OPTIONS, multiple=False)
    assert (report.rejected, Poll.objects.get(slug="one").single_choice) == (1, True)


def test_the_same_file_again_changes_nothing(load: Any) -> None:
    data = HEADER + "v1,Head,Tea;Milk,\nv2,,Coffee,\n"
    load(data, options=OPTIONS)
    before = list(Vote.objects.order_by("id").values())
    assert counts(load(data)) == (2, 0, 0, 2, 0)
    assert list(Vote.objects.order_by("id").values()) == before
    assert not VoteChange.objects.exists()


def test_an_option_more_is_added_and_one_no_longer_named_is_taken_out(load: Any, nina: Any) -> None:
    load(HEADER + "v1,Head of CX,Tea;Milk,\nv2,,Coffee,\n", options=OPTIONS)
    report = load(HEADER + "v1,,Coffee;Milk,\nv2,,Coffee,\n", by=nina)
    assert counts(report) == (2, 0, 1, 1, 0)
    assert chosen() == {"v1": ["Coffee", "Milk"], "v2": ["Coffee"]}
    gone = Vote.objects.get(option__text="Tea")
    assert (gone.void_reason, gone.voided_by, gone.voided_at is None) == ("replaced", nina, False)
    change = VoteChange.objects.get()
    assert (change.vote, change.batch_id, change.before) == (
        gone,
        report.batch_id,
        {"excluded": "", "note": ""},
    )
    # Who answers anew without a title still has the old one.
    added = Vote.objects.get(option__text="Coffee", voter=gone.voter)
    assert (added.headline_raw, added.headline) == ("Head of CX", gone.headline)


def test_an_option_taken_out_counts_again_when_it_is_named_again(load: Any) -> None:
    load(HEADER + "v1,Head,Tea;Milk,2026-03-01\n", options=OPTIONS)
    load(HEADER + "v1,Head,Tea,2026-03-01\n")
    tea, milk = Vote.objects.order_by("id")
    report = load(HEADER + "v1,Head,Tea;Milk,2026-03-01\n")
    assert counts(report) == (1, 0, 1, 0, 0)
    assert chosen() == {"v1": ["Tea", "Milk"]}
    assert list(Vote.objects.order_by("id")) == [tea, milk]
    assert VoteChange.objects.filter(vote=milk).first().before == {"excluded": "replaced", "note": ""}


def test_a_choice_that_a_person_excluded_stays_excluded_and_is_not_replaced(load: Any, nina: Any) -> None:
    load(HEADER + "v1,Head,Tea;Milk,\n", options=OPTIONS)
    tea = Vote.objects.get(option__text="Tea")
    tea.voided_at, tea.voided_by, tea.void_reason = "2026-03-06T00:00Z", nina, "test"
    tea.save()
    assert counts(load(HEADER + "v1,Head,Tea;Milk,\n")) == (1, 0, 0, 1, 0)
    load(HEADER + "v1,Head,Milk,\n")
    tea.refresh_from_db()
    assert (tea.void_reason, chosen()) == ("test", {"v1": ["Milk"]})


def test_the_same_voter_again_is_a_new_answer_and_the_newest_is_kept(load: Any) -> None:
    report = load(
        HEADER + "v1,,Tea;Milk,2026-03-05\nv1,,Coffee,2026-03-04\nv2,,Tea,\nv2,,Coffee;Milk,\n",
        options=OPTIONS,
    )
    assert reasons(report) == [
        (3, "voter_id", "the same voter again: row 2 is kept"),
        (4, "voter_id", "the same voter again: row 5 is kept"),
    ]
    assert chosen() == {"v1": ["Tea", "Milk"], "v2": ["Coffee", "Milk"]}
    assert report.notes[-1] == (
        "2 voters are in the file more than once: the newest by date counts, else the last; "
        "the other 2 rows are rejected."
    )


def test_a_changed_title_changes_every_vote_of_the_voter_and_the_name_once(load: Any) -> None:
    header = "voter_id,name,headline,option\n"
    load(header + "v1,Rosa,Head,Tea;Milk\n", options=OPTIONS)
    assert counts(load(header + "v1,Rosa B,Lead,Tea;Milk\n")) == (1, 0, 1, 0, 0)
    assert set(Vote.objects.values_list("headline__text", "voter__name")) == {("Lead", "Rosa B")}
    assert [change.before for change in VoteChange.objects.order_by("vote_id")] == [
        {"headline": "Head", "name": "Rosa"},
        {"headline": "Head"},
    ]


def test_options_of_the_file_keep_the_order_of_first_appearance(load: Any) -> None:
    load(HEADER + "v1,,Milk,\n", options=["Milk"])
    report = load(HEADER + "v1,,Milk;Tea,\n", options=["Milk", "Tea"], poll="q")
    assert list(report.as_json()["votes"]) == ["Milk", "Tea"]


def test_our_own_file_has_a_row_per_option_and_counts_each(load: Any) -> None:
    data = own_file(("v1", "Head", "Tea"), ("v1", "Head", "Milk"), ("v2", "", "Coffee"))
    report = load(data)
    assert counts(report) == (3, 3, 0, 0, 0)
    assert (report.voters, chosen()) == (2, {"v1": ["Tea", "Milk"], "v2": ["Coffee"]})
    assert not Poll.objects.get().single_choice
    assert counts(load(data)) == (3, 0, 0, 3, 0)
    assert not VoteChange.objects.exists()


def test_titles_of_one_voter_may_differ_between_rows_of_our_own_file(load: Any) -> None:
    load(own_file(("v1", "Head", "Tea"), ("v1", "Lead", "Milk")))
    assert list(Vote.objects.order_by("id").values_list("headline_raw", flat=True)) == ["Head", "Lead"]


def test_the_rows_of_our_own_file_are_together_what_a_voter_chose(load: Any) -> None:
    load(own_file(("v1", "Head", "Tea"), ("v1", "Head", "Milk")))
    report = load(own_file(("v1", "Head", "Milk"), ("v1", "Head", "Milk"), ("v2", "", "Tea")))
    assert counts(report) == (3, 1, 1, 0, 1)
    assert reasons(report) == [(2, "voter_id", "the same voter again: row 3 is kept")]
    assert chosen() == {"v1": ["Milk"], "v2": ["Tea"]}


def test_a_rejected_row_of_our_own_file_takes_no_vote_away(load: Any) -> None:
    load(own_file(("v1", "Head", "Tea"), ("v1", "Head", "Milk")))
    report = load(own_file(("v1", "Head", "Tea"), ("v1", "Head", "Mlik")))
    assert counts(report) == (2, 0, 0, 1, 1)
    assert chosen() == {"v1": ["Tea", "Milk"]}


def test_mended_rows_of_our_own_file_come_alone_and_take_no_vote_away(load: Any, tmp_path: Any) -> None:
    path = tmp_path / "rejects.csv"
    load(own_file(("v1", "", "Tea"), ("v1", "", "Mlik")), options=OPTIONS, multiple=True, rejects=path)
    report = load(path.read_bytes().replace(b"Mlik", b"Milk"))
    assert (report.rejected, chosen()) == (0, {"v1": ["Tea", "Milk"]})


def test_the_votes_named_are_noted_for_every_batch(load: Any) -> None:
    load(HEADER + "v1,,Tea;Milk,\n", options=OPTIONS)
    report = load(HEADER + "v1,,Milk;Coffee,\n")
    named = BatchVotes.objects.get(batch=report.batch_id).vote_ids
    assert named == sorted(Vote.objects.exclude(option__text="Tea").values_list("id", flat=True))


def test_published_shares_are_of_the_voters_unless_the_total_is_of_the_votes(load: Any) -> None:
    shares = [Decimal(100), Decimal(0), Decimal(50)]
    report = load(
        HEADER + "v1,,Tea;Milk,\nv2,,Tea,\n", options=OPTIONS, published_shares=shares, published_total=2
    )
    assert (report.published.consistent, report.admitted) == (True, None)
    assert [option.share for option in report.options] == [1.0, 0.0, 0.5]
    of_votes = load(HEADER, published_total=3)
    assert [option.share for option in of_votes.options] == [2 / 3, 0.0, 1 / 3]
    assert of_votes.published.consistent is False
    more = load(HEADER, published_total=4)
    assert more.published.reason == "4 voters were published, 2 are imported"


def test_a_correction_by_hand_cannot_give_a_voter_one_option_twice(load: Any, nina: Any) -> None:
    load(HEADER + "v1,,Tea;Milk,\n", options=OPTIONS)
    with pytest.raises(Refused, match="The voter has a vote for “Milk” already"):
        correct_voter(vote=Vote.objects.get(option__text="Tea"), fields={"option": "Milk"}, by=nina)
    correct_voter(vote=Vote.objects.get(option__text="Tea"), fields={"option": "Coffee"}, by=nina)
    assert chosen() == {"v1": ["Coffee", "Milk"]}
