"""The list of conflicts in each of its orders, of each pair, piece by piece; and who was overruled where."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from classify import adjudication, rounds, tagging, visibility
from classify.models import Case, Category, Round
from classify.visibility import Change, Pair, Wanted
from classify.visibility import queue as waiting
from polls.permissions import PollRefused
from tests import factories
from tests.classify import acts
from tests.classify.judging import close, judge, propose

# Title, voters, what Rosa and Sam said, hours ago.
PLAN = [
    ("Agent", 1, "cx", "unsure", 9),
    ("Baker", 3, "cx", "consultant", 8),
    ("Clerk", 2, "consultant", "cx", 7),
    ("Dean", 3, "unsure", "unsure", 6),
    ("Envoy", 1, "consultant", "cx", 5),
    ("Farmer", 2, "cx", "other", 4),
]


@pytest.fixture
def round(poll, ada, rosa, sam, jude) -> Round:
    for title, voters, *_ in PLAN:
        for _n in range(voters):
            factories.make_vote(poll, title)
    made = acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada)
    for title, _voters, one, other, hours in PLAN:
        case = Case.objects.get(round=made, text=title)
        acts.say(made, case, rosa, one, note=f"note on {title}")
        acts.say(made, case, sam, other)
        Case.objects.filter(pk=case.pk).update(conflict_since=timezone.now() - timedelta(hours=hours))
    return made


def pair(*codes: str) -> Pair:
    found = sorted(Category.objects.get(code=code).pk if code != "unsure" else 0 for code in codes)
    return Pair(*found)


def pieces(user, round, wanted: Wanted, take=2, **start) -> list[str]:
    """All titles, gone through piece by piece."""
    found, place = [], start
    for _n in range(10):
        piece = look(user, round, wanted, take, **place)
        found += [row.text for row in piece.rows]
        if piece.after is None:
            return found
        place = {"after": piece.after}
    raise AssertionError("it never ends")


def look(user, round, wanted: Wanted, take=50, **place):
    ended = timezone.now() - adjudication.CLAIM_STANDS
    return visibility.stretch(user, round, wanted, ended=ended, take=take, **place)


VOTERS = {title: voters for title, voters, *_ in PLAN}


class TestOrders:
    def test_by_age(self, round, jude):
        titles = [title for title, *_ in PLAN]
        assert pieces(jude, round, Wanted()) == titles
        assert pieces(jude, round, Wanted("-conflict_since")) == titles[::-1]
        assert pieces(jude, round, Wanted("nonsense")) == titles

    def test_by_voters(self, round, jude):
        found = pieces(jude, round, Wanted("-n_votes"))
        assert [VOTERS[title] for title in found] == [3, 3, 2, 2, 1, 1]
        assert pieces(jude, round, Wanted("n_votes")) == found[::-1]

    def test_by_pair_alike_ones_stand_together(self, round, jude):
        found = look(jude, round, Wanted("pair")).rows
        assert [row.pair for row in found] == [
            pair("unsure", "unsure"),
            pair("unsure", "cx"),
            *[pair("cx", "consultant")] * 3,
            pair("cx", "other"),
        ]
        assert [row.text for row in found][2:5] == ["Baker", "Clerk", "Envoy"]
        assert pieces(jude, round, Wanted("pair")) == [row.text for row in found]

    def test_a_pair_does_not_say_who_said_what(self, round, jude):
        found = {row.text: row.pair for row in look(jude, round, Wanted()).rows}
        assert found["Baker"] == found["Clerk"]

    @pytest.mark.parametrize(
        "order", ["conflict_since", "-conflict_since", "n_votes", "-n_votes", "pair", "-pair"]
    )
    def test_back_and_forth_is_the_same_way(self, order, round, jude):
        wanted = Wanted(order)
        there = look(jude, round, wanted, 2)
        second = look(jude, round, wanted, 2, after=there.after)
        back = look(jude, round, wanted, 2, before=second.before)
        assert [row.pk for row in back.rows] == [row.pk for row in there.rows]
        assert (there.before, back.before, back.after) == (None, None, there.after)
        last = look(jude, round, wanted, 2, last=True)
        assert [row.text for row in last.rows] == pieces(jude, round, wanted)[-2:]
        assert last.after is None
        assert last.before is not None

    def test_a_case_that_left_the_list_still_is_a_place_in_it(self, round, jude):
        first = look(jude, round, Wanted(), 2)
        judge(Case.objects.get(pk=first.after), jude)
        assert [row.text for row in look(jude, round, Wanted(), 2, after=first.after).rows] == [
            "Clerk",
            "Dean",
        ]

    def test_a_place_that_is_none_begins_from_the_start(self, round, jude):
        assert look(jude, round, Wanted(), 2, after=10**15).rows[0].text == "Agent"

    def test_a_row_tells_nothing_more(self, round, jude):
        row = look(jude, round, Wanted(), 1).rows[0]
        assert (row.text, row.n_votes, row.held_by, row.final, row.resolution) == ("Agent", 1, "", None, "")


class TestNarrowing:
    def test_pairs_are_counted(self, round, jude):
        found = {one.pair: one.number for one in visibility.pairs_of(jude, round)}
        assert found == {
            pair("cx", "consultant"): 3,
            pair("unsure", "cx"): 1,
            pair("unsure", "unsure"): 1,
            pair("cx", "other"): 1,
        }
        assert sum(found.values()) == visibility.count_open(jude, round)

    def test_one_pair_in_every_order(self, round, jude):
        for order in ("conflict_since", "-n_votes", "pair"):
            found = pieces(jude, round, Wanted(order, pair("consultant", "cx")))
            assert sorted(found) == ["Baker", "Clerk", "Envoy"]

    def test_what_is_free_and_what_is_mine(self, poll, round, jude):
        juno = factories.make_member("juno", poll, "adjudicator")
        round.adjudicators.create(user=juno)
        adjudication.claim(case=Case.objects.get(round=round, text="Baker"), by=juno)
        adjudication.claim(case=Case.objects.get(round=round, text="Clerk"), by=jude)
        assert pieces(jude, round, Wanted(whose="mine")) == ["Clerk"]
        assert "Baker" not in pieces(jude, round, Wanted(whose="free"))
        rows = {row.text: (row.held_by, row.held_by_me) for row in look(jude, round, Wanted()).rows}
        assert (rows["Baker"], rows["Clerk"], rows["Dean"]) == (("juno", False), ("jude", True), ("", False))

    def test_a_claim_that_ended_holds_nothing(self, poll, round, jude):
        case = Case.objects.get(round=round, text="Baker")
        adjudication.claim(case=case, by=jude)
        ended = timezone.now() - adjudication.CLAIM_STANDS - timedelta(minutes=1)
        Case.objects.filter(pk=case.pk).update(claimed_at=ended)
        assert pieces(jude, round, Wanted(whose="mine")) == []
        assert {row.held_by for row in look(jude, round, Wanted()).rows} == {""}

    def test_counting_ends_somewhere(self, round, jude, monkeypatch):
        monkeypatch.setattr(waiting, "COUNTED_UP_TO", 4)
        monkeypatch.setattr(waiting, "PAIR_COUNTED_UP_TO", 1)
        assert visibility.count_open(jude, round) == 5
        assert max(one.number for one in visibility.pairs_of(jude, round)) == 2

    def test_what_is_done_stands_apart_the_latest_first(self, round, jude):
        judge(Case.objects.get(round=round, text="Baker"), jude, "cx")
        close(Case.objects.get(round=round, text="Agent"), jude)
        found = look(jude, round, Wanted(done=True)).rows
        assert [(row.text, bool(row.final), row.resolution) for row in found] == [
            ("Agent", False, ""),
            ("Baker", True, "adjudicated"),
        ]
        assert (visibility.count_open(jude, round), visibility.count_done(jude, round)) == (4, 2)
        assert pieces(jude, round, Wanted(done=True), take=1) == ["Agent", "Baker"]


class TestWhatComesNext:
    def following(self, user, round, wanted=None, after=None, proposing=False) -> str | None:
        ended = timezone.now() - adjudication.CLAIM_STANDS
        after = None if after is None else Case.objects.get(round=round, text=after).pk
        found = visibility.next_in_line(
            user, round, wanted or Wanted(), ended=ended, after=after, proposing=proposing
        )
        return Case.objects.get(pk=found[0]).text if found else None

    def test_it_follows_the_order_and_begins_again(self, round, jude):
        assert self.following(jude, round) == "Agent"
        assert self.following(jude, round, after="Clerk") == "Dean"
        assert self.following(jude, round, after="Farmer") == "Agent"
        assert self.following(jude, round, Wanted("-conflict_since"), after="Clerk") == "Baker"
        assert (
            self.following(jude, round, Wanted("conflict_since", pair("cx", "consultant")), after="Clerk")
            == "Envoy"
        )

    def test_what_somebody_else_holds_is_passed_over(self, poll, round, jude):
        juno = factories.make_member("juno", poll, "adjudicator")
        round.adjudicators.create(user=juno)
        adjudication.claim(case=Case.objects.get(round=round, text="Dean"), by=juno)
        assert self.following(jude, round, after="Clerk") == "Envoy"
        assert self.following(juno, round, after="Clerk") == "Dean"

    def test_the_last_one_has_none_after_it(self, round, jude):
        for title, *_ in PLAN[1:]:
            judge(Case.objects.get(round=round, text=title), jude)
        assert self.following(jude, round, after="Agent") is None

    def test_who_proposes_passes_over_what_they_have_proposed_for(self, poll, ada, rosa, sam, round):
        talk = acts.open_round(poll, reviewers=[rosa, sam], by=ada, version=round.version)
        for title in ("Agent", "Baker"):
            acts.disagree(talk, Case.objects.get(round=talk, text=title), rosa, sam)
        rounds.close_coding(round=talk, by=ada)
        talk.refresh_from_db()
        first = self.following(rosa, talk, proposing=True)
        propose(Case.objects.get(round=talk, text=first), rosa)
        assert {first, self.following(rosa, talk, proposing=True)} == {"Agent", "Baker"}
        assert self.following(sam, talk, proposing=True) == first


@pytest.mark.parametrize("name", ["rosa", "sam", "vera", "nina"])
def test_who_may_not_see_conflicts_learns_nothing_of_the_list(name, round, request):
    user = request.getfixturevalue(name)
    ended = timezone.now()
    for ask in (
        lambda: look(user, round, Wanted()),
        lambda: visibility.pairs_of(user, round),
        lambda: visibility.count_open(user, round),
        lambda: visibility.count_done(user, round),
        lambda: visibility.allowed_wish(user, round, Wanted()),
        lambda: visibility.next_in_line(user, round, Wanted(), ended=ended, after=None, proposing=True),
    ):
        with pytest.raises(PollRefused):
            ask()


class TestOverruled:
    @pytest.fixture
    def done(self, round, ada, jude) -> Round:
        """Jude has resolved four of six, and coding is closed."""
        for title, code in [("Agent", "cx"), ("Baker", "cx"), ("Clerk", "cx"), ("Farmer", "consultant")]:
            judge(Case.objects.get(round=round, text=title), jude, code, rationale=f"Why {title}")
        rounds.close_coding(round=round, by=ada)
        round.refresh_from_db()
        return round

    def said(self, user, round, **more) -> list[str]:
        return sorted(row.text for row in visibility.overruled(user, round, **more).rows)

    def test_each_sees_their_own_with_how_and_why(self, done, rosa, sam):
        assert self.said(rosa, done) == ["Clerk", "Farmer"]
        assert self.said(sam, done) == ["Agent", "Baker", "Farmer"]
        row = next(row for row in visibility.overruled(rosa, done).rows if row.text == "Clerk")
        codes = {category.pk: category.code for category in done.version.categories.all()}
        assert (codes[row.change.mine], codes[row.change.final]) == ("consultant", "cx")
        assert (row.resolution, row.reason, row.rationale, row.note) == (
            "adjudicated",
            "slip",
            "Why Clerk",
            "note on Clerk",
        )

    def test_it_is_counted_and_narrowed_by_what_became_of_what(self, done, sam):
        found = visibility.overruled(sam, done)
        codes = {category.code: category.pk for category in done.version.categories.all()} | {"unsure": 0}
        assert dict(found.counts) == {
            Change(codes["unsure"], codes["cx"]): 1,
            Change(codes["consultant"], codes["cx"]): 1,
            Change(codes["other"], codes["consultant"]): 1,
        }
        assert found.total == 3
        narrowed = visibility.overruled(sam, done, change=Change(codes["unsure"], codes["cx"]))
        assert [row.text for row in narrowed.rows] == ["Agent"]
        assert narrowed.total == 3

    def test_it_comes_in_pieces(self, done, sam):
        first = visibility.overruled(sam, done, take=2)
        second = visibility.overruled(sam, done, take=2, after=first.after)
        assert (len(first.rows), len(second.rows), second.after) == (2, 1, None)

    def test_a_change_that_came_too_late_is_not_what_one_had_said(self, done, rosa):
        acts.say(done, Case.objects.get(round=done, text="Clerk"), rosa, "cx")
        assert self.said(rosa, done) == ["Clerk", "Farmer"]

    def test_nobody_knows_before_the_reveal(self, round, rosa, jude):
        judge(Case.objects.get(round=round, text="Clerk"), jude, "cx")
        with pytest.raises(PollRefused, match="still open"):
            visibility.overruled(rosa, round)
        acts.read_all(round, rosa)
        tagging.hand_in(round=round, by=rosa)
        with pytest.raises(PollRefused, match="still open"):
            visibility.overruled(rosa, round)

    @pytest.mark.parametrize("name", ["ada", "jude", "vera", "nina"])
    def test_who_did_not_read_has_nothing_to_see(self, name, done, request):
        user = request.getfixturevalue(name)
        assert not visibility.can_see_overruled(user, done)
        with pytest.raises(PollRefused, match="did not read"):
            visibility.overruled(user, done)
