"""Two voters who are one person: shown, merged, taken apart again, kept apart."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connections, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from polls import merging
from polls.changes import hold_voters
from polls.importing.load import run_import
from polls.importing.readers import open_upload
from polls.models import Poll, Vote, Voter, VoterKey, VoterMerge
from polls.permissions import PollRefused
from polls.problems import Refused
from polls.undoing import undo_batch
from tests import factories

ROSA, AGAIN = "https://www.linkedin.com/in/rosa", "https://www.linkedin.com/in/ACoAAB12"
HEADER = "voter_id,name,headline,profile_url,option,voted_at\n"
OLD, NEW = "2026-03-05", "2026-03-06"

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(settings: Any) -> list[int]:
    """The polls of which the hook was told."""
    settings.ROLECALL_AFTER_IMPORT = "tests.polls.test_merging.remember"
    TOLD.clear()
    return TOLD


TOLD: list[int] = []


def remember(*, poll_id: int, batch_id: int | None) -> None:
    TOLD.append(poll_id)


@pytest.fixture
def load(told: list[int]) -> Any:
    def load_text(rows: str, poll: str = "p", **wishes: Any) -> Any:
        with open_upload(HEADER + rows, name="voters.csv") as source:
            report = run_import(
                source=source, poll=poll, by=None, options=wishes.pop("options", ("Yes", "No")), **wishes
            )
        TOLD.clear()
        return report

    return load_text


def voter(name: str) -> Voter:
    return Voter.objects.get(name=name)


def state() -> dict[str, Any]:
    """All that a merge may move; what is history is left out."""
    return {
        "voters": list(Voter.objects.order_by("id").values()),
        "keys": list(VoterKey.objects.order_by("id").values_list("id", "voter_id", "value")),
        "votes": list(Vote.objects.order_by("id").values()),
    }


def votes_of(someone: Voter) -> list[tuple[str, str, str]]:
    votes = someone.votes.order_by("poll__slug", "id")
    return [(vote.poll.slug, vote.option.text, vote.void_reason) for vote in votes]


def test_two_voters_of_two_polls_become_one(load: Any, told: list[int], nina: Any) -> None:
    load(f"v1,Rosa,CX Lead,{ROSA},Yes,\n", poll="a")
    load(f"x9,Rosa L.,CX Lead,{AGAIN},No,\n", poll="b")
    kept, merged = voter("Rosa"), voter("Rosa L.")
    merge = merging.merge_voters(kept=kept, merged=merged, by=nina)
    kept.refresh_from_db()
    merged.refresh_from_db()
    assert (kept.merged_into, merged.merged_into, merge.merged_by) == (None, kept, nina)
    assert votes_of(kept) == [("a", "Yes", ""), ("b", "No", "")]
    assert sorted(key.value for key in kept.keys.all()) == [
        *("linkedin.com/in/ACoAAB12", "linkedin.com/in/rosa", "v1", "x9"),
    ]
    assert (merged.votes.count(), merged.keys.count(), kept.name) == (0, 0, "Rosa")
    assert told == [Poll.objects.get(slug="b").pk]


def test_what_the_kept_voter_lacks_is_filled_and_nothing_overwritten(load: Any) -> None:
    load("v1,Rosa,CX,,Yes,\n", poll="a")
    load(f"x9,Rosa L.,CX,{ROSA},No,\n", poll="b")
    Voter.objects.filter(name="Rosa L.").update(country="DE", organisation="Acme")
    Voter.objects.filter(name="Rosa").update(organisation="Ajax")
    merging.merge_voters(kept=voter("Rosa"), merged=voter("Rosa L."), by=None)
    kept = voter("Rosa")
    assert (kept.name, kept.country, kept.organisation, kept.profile_url) == ("Rosa", "DE", "Ajax", ROSA)


@pytest.mark.parametrize(
    ("first", "second", "counts"),
    [
        ((OLD, "Yes"), (NEW, "No"), "No"),
        ((NEW, "Yes"), (OLD, "No"), "Yes"),
        ((NEW, "Yes"), (NEW, "No"), "No"),
        (("", "Yes"), ("", "No"), "No"),
        ((NEW, "Yes"), ("", "No"), "No"),
    ],
)
@pytest.mark.parametrize("keep_first", [True, False])
def test_of_two_votes_in_a_poll_the_newer_counts_and_lies_with_the_kept_voter(
    load: Any, first: Any, second: Any, counts: str, keep_first: bool, nina: Any
) -> None:
    load(f"v1,Rosa,CX,{ROSA},{first[1]},{first[0]}\nv2,Rosa L.,CX,{AGAIN},{second[1]},{second[0]}\n")
    before = state()
    kept, merged = voter("Rosa"), voter("Rosa L.")
    if not keep_first:
        kept, merged = merged, kept
    merge = merging.merge_voters(kept=kept, merged=merged, by=nina)
    other = "Yes" if counts == "No" else "No"
    assert votes_of(kept) == [("p", counts, "")]
    assert votes_of(merged) == [("p", other, "double")]
    excluded = merged.votes.get()
    assert (excluded.voided_by, excluded.changes.get().before) == (nina, {"excluded": "", "note": ""})
    merging.undo_merge(merge=merge, by=nina)
    assert state() == before
    assert [change.before["excluded"] for change in excluded.changes.all()] == ["double", ""]


def test_an_excluded_vote_gives_way_to_one_that_counts_and_keeps_its_reason(load: Any) -> None:
    load(f"v1,Rosa,CX,{ROSA},Yes,{OLD}\nv2,Rosa L.,CX,{AGAIN},No,{NEW}\n")
    Vote.objects.filter(voter__name="Rosa L.").update(
        voided_at=datetime.now(UTC), void_reason="undone", void_note="oops"
    )
    before = state()
    merge = merging.merge_voters(kept=voter("Rosa L."), merged=voter("Rosa"), by=None)
    assert votes_of(voter("Rosa L.")) == [("p", "Yes", "")]
    assert votes_of(voter("Rosa")) == [("p", "No", "undone")]
    merging.undo_merge(merge=merge, by=None)
    assert state() == before


@pytest.mark.parametrize("keep_first", [True, False])
def test_of_two_answers_with_several_choices_the_newer_one_counts_whole(load: Any, keep_first: bool) -> None:
    load(
        f"v1,Rosa,CX,{ROSA},Yes;No,{OLD}\nv2,Rosa L.,CX,{AGAIN},No;Maybe,{NEW}\n",
        options=("Yes", "No", "Maybe"),
        multiple=True,
    )
    before = state()
    kept, merged = voter("Rosa"), voter("Rosa L.")
    if not keep_first:
        kept, merged = merged, kept
    merge = merging.merge_voters(kept=kept, merged=merged, by=None)
    assert votes_of(kept) == [("p", "No", ""), ("p", "Maybe", "")]
    assert votes_of(merged) == [("p", "Yes", "double"), ("p", "No", "double")]
    merging.undo_merge(merge=merge, by=None)
    assert state() == before


@pytest.mark.parametrize("keep_first", [True, False])
def test_the_file_again_changes_nothing_and_finds_the_kept_voter(load: Any, keep_first: bool) -> None:
    rows = f"v1,Rosa,CX,{ROSA},Yes,\nv2,Rosa L.,CX,{AGAIN},No,\n"
    load(rows)
    kept, merged = voter("Rosa"), voter("Rosa L.")
    if not keep_first:
        kept, merged = merged, kept
    merging.merge_voters(kept=kept, merged=merged, by=None)
    Voter.objects.filter(pk=kept.pk).update(name="Rosa L.")  # the later row's name is what the file says
    before = state()
    report = load(rows)
    assert (report.created, report.updated, report.unchanged, report.rejected) == (0, 0, 1, 1)
    assert report.errors[0].reason == "the same voter again: row 3 is kept"
    assert state() == before


@pytest.mark.parametrize(
    "row", [f",,Head of CX,{AGAIN},Yes,\n", f"v2,,Head of CX,{AGAIN},Yes,\n", "v2,,Head of CX,,Yes,\n"]
)
def test_a_file_that_names_the_merged_voter_reaches_the_kept_one(load: Any, row: str) -> None:
    load(f"v1,Rosa,CX,{ROSA},Yes,\nv2,Rosa L.,CX,{AGAIN},No,\n")
    merging.merge_voters(kept=voter("Rosa"), merged=voter("Rosa L."), by=None)
    report = load(row)
    assert (report.created, report.updated, report.rejected) == (0, 1, 0)
    vote = voter("Rosa").votes.get()
    assert (vote.headline_raw, vote.option.text, Vote.objects.count()) == ("Head of CX", "Yes", 2)


def test_another_poll_meets_the_kept_voter_under_the_merged_ones_address(load: Any) -> None:
    load(f"v1,Rosa,CX,{ROSA},Yes,\n", poll="a")
    load(f"x9,Rosa L.,CX,{AGAIN},No,\n", poll="b")
    merge = merging.merge_voters(kept=voter("Rosa"), merged=voter("Rosa L."), by=None)
    load(f"z,,CX,{AGAIN},No,\n", poll="c")
    assert [slug for slug, *_ in votes_of(voter("Rosa"))] == ["a", "b", "c"]
    load("x9,,Head of CX,,No,\n", poll="b")
    assert merging.undo_merge(merge=merge, by=None) == merging.Parted(stayed=1, changed=1)
    assert [slug for slug, *_ in votes_of(voter("Rosa"))] == ["a", "c"]
    assert voter("Rosa L.").votes.get().headline_raw == "Head of CX"


def test_a_field_somebody_changed_since_stays_when_a_merge_is_taken_apart(load: Any) -> None:
    load("v1,Rosa,CX,,Yes,\n", poll="a")
    load(f"x9,Rosa L.,CX,{ROSA},No,\n", poll="b")
    Voter.objects.filter(name="Rosa L.").update(country="DE", organisation="Acme")
    merge = merging.merge_voters(kept=voter("Rosa"), merged=voter("Rosa L."), by=None)
    Voter.objects.filter(name="Rosa").update(country="AT")
    merging.undo_merge(merge=merge, by=None)
    kept = voter("Rosa")
    assert (kept.country, kept.organisation, kept.profile_url) == ("AT", "", "")


def three(load: Any) -> tuple[Voter, Voter, Voter]:
    load(f"v1,Ann,CX,{ROSA}-1,Yes,\nv2,Bea,CX,{ROSA}-2,No,\nv3,Cai,CX,{ROSA}-3,Yes,\n")
    load(f"w1,Ann,CX,{ROSA}-1,Yes,\n", poll="q")
    return voter("Ann"), voter("Bea"), voter("Cai")


def test_a_chain_of_merges_ends_at_one_voter_and_is_taken_apart_from_its_end(load: Any) -> None:
    ann, bea, cai = three(load)
    start = state()
    first = merging.merge_voters(kept=bea, merged=ann, by=None)
    between = state()
    second = merging.merge_voters(kept=cai, merged=bea, by=None)
    assert set(Voter.objects.filter(merged_into=cai)) == {ann, bea}
    assert votes_of(cai) == [("p", "Yes", ""), ("q", "Yes", "")]
    for someone in ("v1", "v2", "v3"):
        assert load(f"{someone},,,,Yes,\n").unchanged == 1
    assert load(f",,,{ROSA}-1,Yes,\n", poll="q").unchanged == 1
    with pytest.raises(Refused, match="Bea was merged into Cai later: take that apart first"):
        merging.undo_merge(merge=first, by=None)
    merging.undo_merge(merge=second, by=None)
    assert state() == between
    merging.undo_merge(merge=first, by=None)
    assert state() == start


def test_two_merges_into_one_voter_are_taken_apart_the_later_first(load: Any) -> None:
    ann, bea, cai = three(load)
    first = merging.merge_voters(kept=cai, merged=ann, by=None)
    second = merging.merge_voters(kept=cai, merged=bea, by=None)
    with pytest.raises(Refused, match="Bea was merged into Cai later"):
        merging.undo_merge(merge=first, by=None)
    merging.undo_merge(merge=second, by=None)
    merging.undo_merge(merge=first, by=None)
    assert not Voter.objects.exclude(merged_into=None).exists()


def test_what_cannot_be_merged_is_refused_with_a_sentence(load: Any, told: list[int]) -> None:
    ann, bea, cai = three(load)
    merge = merging.merge_voters(kept=bea, merged=ann, by=None)
    before = state()
    told.clear()
    for kept, merged, sentence in [
        (bea, bea, "A voter cannot be merged with itself"),
        (bea, ann, "The two are merged already"),
        (ann, bea, "Ann was merged into Bea before: merge that voter instead"),
        (ann, cai, "Ann was merged into Bea before"),
        (cai, ann, "Ann was merged into Bea before"),
    ]:
        with pytest.raises(Refused, match=sentence):
            merging.merge_voters(kept=kept, merged=merged, by=None)
    assert (state(), told, VoterMerge.objects.count()) == (before, [], 1)
    merging.undo_merge(merge=merge, by=None)
    with pytest.raises(Refused, match="was taken apart already"):
        merging.undo_merge(merge=merge, by=None)


def test_a_merge_that_a_new_vote_stands_against_is_not_taken_apart(load: Any) -> None:
    options = ("Yes", "No", "Maybe")
    load(
        f"v1,Rosa,CX,{ROSA},Yes;No,{OLD}\nv2,Rosa L.,CX,{AGAIN},Maybe,{NEW}\n", options=options, multiple=True
    )
    merge = merging.merge_voters(kept=voter("Rosa"), merged=voter("Rosa L."), by=None)
    load(f"v1,,CX,{ROSA},Yes;Maybe,\n", options=options)
    with pytest.raises(Refused, match="Rosa was given another vote in p since: undo that import first"):
        merging.undo_merge(merge=merge, by=None)


def test_undoing_an_import_takes_the_merge_it_made_apart(load: Any, nina: Any) -> None:
    load(f"v1,Rosa,CX,{ROSA},Yes,\n", poll="a")
    load("x9,Rosa,CX,,No,\n", poll="b")
    before = state()
    load(f"x9,Rosa,CX,{ROSA},No,\n", poll="b")
    assert VoterMerge.objects.count() == 1
    undo_batch(batch=Poll.objects.get(slug="b").batches.latest("id"), by=nina)
    assert state() == before
    assert VoterMerge.objects.get().undone_by == nina


def test_undoing_an_import_gives_the_kept_voter_back_what_it_had_said_of_them(load: Any, nina: Any) -> None:
    """Also where the vote that brought it gave way to a newer one, and lies with the merged voter now."""
    load(f"v1,Rosa,CX,{ROSA},Yes,{OLD}\nv2,Rosa L.,CX,{AGAIN},No,{NEW}\n")
    load("v1,Rosa Luz,CX,,Yes,\n")
    Vote.objects.get(voter__name="Rosa Luz").changes.update(changed_at=timezone.now() - timedelta(days=1))
    kept, merged = voter("Rosa Luz"), voter("Rosa L.")
    merging.merge_voters(kept=kept, merged=merged, by=nina)
    undo_batch(batch=Poll.objects.get().batches.latest("id"), by=nina)
    assert set(Voter.objects.values_list("name", "merged_into")) == {("Rosa", None), ("Rosa L.", kept.pk)}


def test_the_hook_may_refuse_and_then_nothing_is_merged(load: Any, settings: Any) -> None:
    load(f"v1,Rosa,CX,{ROSA},Yes,\nv2,Rosa L.,CX,{AGAIN},No,\n")
    before = state()
    settings.ROLECALL_AFTER_IMPORT = "tests.polls.importing.hooks.fail"
    with pytest.raises(RuntimeError), transaction.atomic():
        merging.merge_voters(kept=voter("Rosa"), merged=voter("Rosa L."), by=None)
    assert state() == before


def test_only_an_admin_of_all_their_polls_may_merge_two_voters(load: Any) -> None:
    load(f"v1,Rosa,CX,{ROSA},Yes,\n", poll="a")
    load(f"x9,Rosa L.,CX,{AGAIN},No,\n", poll="b")
    a, b = Poll.objects.get(slug="a"), Poll.objects.get(slug="b")
    both = factories.make_member("both", a, "admin")
    factories.make_member("both", b, "admin")
    one = factories.make_member("one", a, "admin")
    factories.make_member("one", b, "reviewer")
    root = factories.make_user("root", is_superuser=True)
    pair = voter("Rosa"), voter("Rosa L.")
    assert merging.can_merge(both, *pair)
    assert merging.can_merge(root, *pair)
    assert not merging.can_merge(one, *pair)
    with pytest.raises(PollRefused, match="Only an admin of every poll in which the two voted"):
        merging.check_can_merge(one, *pair)
    with pytest.raises(PollRefused, match="cannot be merged with itself"):
        merging.check_can_merge(both, pair[0], pair[0])
    merge = merging.merge_voters(kept=pair[0], merged=pair[1], by=both)
    merging.check_can_undo_merge(both, merge)
    with pytest.raises(PollRefused):
        merging.check_can_undo_merge(one, merge)
    merging.undo_merge(merge=merge, by=both)
    merge.refresh_from_db()
    with pytest.raises(PollRefused, match="was taken apart already"):
        merging.check_can_undo_merge(both, merge)


@pytest.mark.django_db(transaction=True)
def test_while_an_import_says_who_is_who_nobody_merges_and_the_other_way_round(settings: Any) -> None:
    settings.ROLECALL_AFTER_IMPORT = ""
    first = factories.make_vote(factories.make_poll("a")).voter
    second = factories.make_vote(factories.make_poll("b")).voter
    holding, done = threading.Event(), threading.Event()

    def import_meanwhile() -> None:
        with transaction.atomic():
            hold_voters()
            holding.set()
            done.wait(timeout=30)
        connections.close_all()

    thread = threading.Thread(target=import_meanwhile)
    thread.start()
    assert holding.wait(timeout=30)
    with pytest.raises(Refused, match="An import is being written just now"):
        merging.merge_voters(kept=first, merged=second, by=None)
    done.set()
    thread.join(timeout=30)
    merging.merge_voters(kept=first, merged=second, by=None)


# Any merges, one after the other.

PEOPLE = range(4)
BALLOT = st.tuples(st.sampled_from([1, 2]), st.sampled_from(["", OLD, NEW]))
BALLOTS = st.dictionaries(st.tuples(st.sampled_from(PEOPLE), st.sampled_from("pq")), BALLOT, min_size=2)
PAIRS = st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)), min_size=1, max_size=4)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
@given(ballots=BALLOTS, pairs=PAIRS)
def test_whatever_is_merged_counts_each_person_once_and_is_taken_apart_to_the_letter(
    told: list[int], ballots: dict[Any, Any], pairs: list[tuple[int, int]]
) -> None:
    with transaction.atomic():
        people = [Voter.objects.create(name=f"{number}") for number in PEOPLE]
        polls = {slug: factories.make_poll(slug) for slug in "pq"}
        for (who, slug), (option, day) in ballots.items():
            moment = datetime.fromisoformat(day).replace(tzinfo=UTC) if day else None
            factories.make_vote(
                polls[slug], option=option, voter=people[who], voter_id=f"{slug}{who}", voted_at=moment
            )
        steps = [(None, state())]
        for kept, merged in pairs:
            with suppress(Refused):
                merge = merging.merge_voters(kept=people[kept], merged=people[merged], by=None)
                steps.append((merge, state()))
                assert_one_vote_each()
        for (merge, _), (_, before) in reversed(list(zip(steps[1:], steps, strict=False))):
            merging.undo_merge(merge=merge, by=None)
            assert state() == before
        transaction.set_rollback(True)


def assert_one_vote_each() -> None:
    """No vote is lost, no person counts twice in a poll, and all that counts lies with its person."""
    persons = {each.pk: each.merged_into_id or each.pk for each in Voter.objects.all()}
    assert all(persons[person] == person for person in persons.values())
    cast = {(vote.poll_id, persons[vote.voter_id]) for vote in Vote.objects.all()}
    counted = [(vote.poll_id, vote.voter_id) for vote in Vote.objects.filter(voided_at=None)]
    assert sorted(counted) == sorted(cast)
