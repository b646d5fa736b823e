"""What an import or a merge of voters changes after titles were read: flagged, nothing forgotten."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse

from classify import tagging
from classify.assignment import next_case
from classify.models import Case, CaseVote, Decision, Round
from classify.verify import verify
from polls import merging
from polls.importing.load import run_import
from polls.importing.readers import open_upload
from polls.importing.report import ImportReport
from polls.models import Poll, Vote, VoteChange, Voter
from tests.classify import acts

pytestmark = pytest.mark.django_db

HEADER = "voter_id,name,headline,profile_url,option,voted_at\n"
LINK = "https://www.linkedin.com/in/"
ROWS = f"""a,Alva,CX Lead,{LINK}alva,Extremely important,2026-03-01
b,Bela,cx lead,{LINK}bela,Moderately important,2026-03-02
c,Caro,Agent,{LINK}caro,Extremely important,2026-03-03
d,Alva,CX Lead,{LINK}ACoAAB1,Not very important,2026-03-04
"""
NOTICE = "A later import changed who stands behind this title"

type Bring = Callable[[str], ImportReport]


@pytest.fixture
def bring(poll: Poll, ada) -> Bring:
    def bring_text(rows: str) -> ImportReport:
        with open_upload(HEADER + rows, name="voters.csv") as source:
            return run_import(source=source, poll=poll.slug, by=ada)

    return bring_text


@pytest.fixture
def round(bring: Bring, poll, ada, rosa, sam) -> Round:
    bring(ROWS)
    return acts.open_round(poll, reviewers=[rosa, sam], by=ada)


def vote_of(voter_id: str) -> Vote:
    return Vote.objects.get(voter__keys__value=voter_id)


def case_of(round: Round, vote: Vote) -> Case | None:
    standing = {"case_votes__vote": vote, "case_votes__left_at__isnull": True}
    return Case.objects.filter(round=round, **standing).first()


def picture(round: Round) -> list[tuple]:
    """Who stands behind what, and how it was decided."""
    return [
        (case.pk, case.text, case.n_votes, case.option_counts, case.status, case.cat1, case.cat2)
        for case in Case.objects.filter(round=round).order_by("pk")
    ]


def test_a_title_that_changed_after_it_was_read_is_flagged_and_the_old_one_kept(
    bring: Bring, round, rosa, sam, ada, client_for
):
    old, joined = case_of(round, vote_of("c")), case_of(round, vote_of("a"))
    for case in (old, joined):
        acts.say(round, case, rosa, "cx")
        acts.say(round, case, sam, "other")
    report = bring(f"c,Caro,CX Lead,{LINK}caro,Extremely important,\n")
    assert (report.updated, report.created) == (1, 0)
    old.refresh_from_db()
    joined.refresh_from_db()
    assert case_of(round, vote_of("c")) == joined
    assert (old.n_votes, old.text, Decision.objects.filter(case=old).count()) == (0, "Agent", 2)
    assert (joined.n_votes, joined.review_again, joined.status) == (4, True, "conflict")
    change = VoteChange.objects.get(vote=vote_of("c"))
    assert (change.before, change.changed_by) == ({"headline": "Agent"}, ada)
    assert CaseVote.objects.get(case=old).reason == "headline changed"
    page = client_for(rosa).get(reverse("classify:tag-case", args=[round.poll.slug, round.number, joined.pk]))
    assert NOTICE in page.text
    assert verify(round.poll).drift == ()


def test_a_title_never_seen_before_is_to_be_read_by_who_had_handed_in_everything(bring: Bring, round, rosa):
    old = case_of(round, vote_of("c"))
    acts.read_all(round, rosa)
    tagging.hand_in(round=round, by=rosa)
    bring(f"c,Caro,Head of Service,{LINK}caro,Extremely important,\n")
    case = case_of(round, vote_of("c"))
    assert case != old
    assert (case.text, case.cat1, case.cat2) == ("Head of Service", None, None)
    assert next_case(round=round, reviewer=rosa).pk == case.pk
    bring(f"c,Caro,Agent,{LINK}caro,Extremely important,\n")
    assert case_of(round, vote_of("c")) == old
    before = [change.before["headline"] for change in VoteChange.objects.filter(vote=vote_of("c"))]
    assert before == ["Head of Service", "Agent"]


@pytest.mark.parametrize("keep", ["a", "d"])
def test_two_voters_who_are_one_count_once_behind_their_title_and_twice_again_when_parted(
    round, poll, rosa, sam, ada, keep
):
    case = case_of(round, vote_of("a"))
    acts.say(round, case, rosa, "cx")
    acts.say(round, case, sam, "cx")
    before = picture(round)
    voters = {"a": vote_of("a").voter, "d": vote_of("d").voter}
    other = voters["d" if keep == "a" else "a"]
    merge = merging.merge_voters(kept=voters[keep], merged=other, by=ada)
    case.refresh_from_db()
    assert (case.n_votes, case.option_counts, case.status) == (2, [0, 1, 1], "agreed")
    assert Decision.objects.filter(case=case).count() == 2
    assert verify(poll).drift == ()
    merging.undo_merge(merge=merge, by=ada)
    assert picture(round) == before
    assert verify(poll).drift == ()
    assert not Case.objects.filter(round=round, review_again=True).exists()


def test_a_case_that_a_merge_leaves_without_votes_keeps_its_decisions(bring: Bring, round, poll, rosa, ada):
    case = case_of(round, vote_of("c"))
    acts.say(round, case, rosa, "other")
    merging.merge_voters(kept=vote_of("d").voter, merged=vote_of("c").voter, by=ada)
    case.refresh_from_db()
    assert (case.n_votes, Decision.objects.filter(case=case).count()) == (0, 1)
    assert bring(ROWS).unchanged == 3
    assert Voter.objects.filter(merged_into=None).count() == 3
    assert verify(poll).drift == ()
