"""What a methods statement says about how conflicts were resolved."""

from __future__ import annotations

import pytest

from classify import adjudication, rounds, tagging
from classify.models import Case, Round
from classify.narrative import methods_of
from classify.reports.methods import FirstLooks, methods_for
from tests import factories
from tests.classify import acts
from tests.classify.judging import judge, look
from tests.classify.test_adjudication_together import split_titles, together_by


@pytest.fixture
def round(poll, ada, rosa, sam, jude) -> Round:
    for text in ("CX Consultant | Speaker", "CX Consultant", "Clerk", "Agent"):
        factories.make_vote(poll, text)
    split_titles()
    made = acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada, adjudicator_first=True)
    for case in Case.objects.filter(round=made):
        acts.disagree(made, case, rosa, sam)
    return made


def case_of(round: Round, text: str) -> Case:
    return Case.objects.get(round=round, text=text)


def text_of(round: Round) -> str:
    return " ".join(methods_of(methods_for(Round.objects.select_related("poll", "version").get(pk=round.pk))))


def test_it_names_the_mode_and_how_often_a_first_look_was_changed(round, jude):
    for text, first, final in [("Clerk", "cx", "other"), ("Agent", "cx", "cx")]:
        look(case_of(round, text), jude, first)
        judge(case_of(round, text), jude, final, rationale="Why")
    assert methods_for(round).looks == FirstLooks(seen=2, changed=1, unseen=0)
    assert "changed 1 of 2 first decisions after seeing them" in text_of(round)
    assert "share a job title" not in text_of(round)


def test_what_was_decided_together_unseen_is_told_apart(round, jude):
    title = case_of(round, "CX Consultant").headline.parts.get().job_title
    shared = [case_of(round, text) for text in ("CX Consultant | Speaker", "CX Consultant")]
    look(shared[0], jude, "cx")
    together_by(round, title, shared, jude, "consultant")
    facts = methods_for(round)
    assert facts.looks == FirstLooks(seen=1, changed=1, unseen=1)
    assert facts.together == 2
    said = text_of(round)
    assert "1 more was decided without the two readings being shown at all." in said
    assert "2 were resolved in one act with others that share a job title." in said


def test_profiles_that_the_third_person_opened_are_told_apart_from_the_reviewers(round, rosa, jude):
    for number, text in enumerate(("Clerk", "Agent"), start=1):
        voter = case_of(round, text).case_votes.get().vote.voter
        type(voter).objects.filter(pk=voter.pk).update(profile_url=f"https://social.example/in/{number}")
    clerk = case_of(round, "Clerk")
    tagging.record_profile_view(round=round, case_id=clerk.pk, by=rosa)
    assert "The third person opened" not in text_of(round)
    for case in (clerk, clerk, case_of(round, "Agent")):
        adjudication.claim(case=case, by=jude)
        adjudication.ask_for_profiles(case=case, by=jude)
    facts = methods_for(round)
    assert (facts.profile_views, facts.third_views) == (1, 2), "asked twice is one profile"
    said = text_of(round)
    assert "They opened 1 profile where the headline left doubt; that was recorded." in said
    assert "The third person opened 2 profiles; each was recorded." in said


def test_profiles_opened_to_agree_are_told_apart_from_those_opened_to_read(poll, ada, rosa, sam):
    vote = factories.make_vote(poll, "Clerk", profile_url="https://social.example/in/1")
    made = acts.open_round(poll, reviewers=[rosa, sam], by=ada, rule=Round.Rule.CONSENSUS)
    case = case_of(made, vote.headline.text)
    tagging.record_profile_view(round=made, case_id=case.pk, by=rosa)
    acts.disagree(made, case, rosa, sam)
    rounds.close_coding(round=made, by=ada)
    case.refresh_from_db()
    adjudication.ask_for_profiles(case=case, by=sam)
    facts = methods_for(Round.objects.get(pk=made.pk))
    assert (facts.profile_views, facts.third_views, facts.joint_views) == (1, 0, 1)
    assert "While they agreed on answers, the two opened 1 profile; that was recorded." in text_of(made)


def test_another_round_says_nothing_of_it(poll, ada, rosa, sam, jude, round):
    plain = acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada, version=round.version)
    rounds.close_coding(round=plain, by=ada)
    assert methods_for(plain).looks is None
    assert "before the two readings were shown" not in text_of(plain)
