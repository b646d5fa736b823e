"""The dashboard of a poll: who sees which part of it, in words, and reminders that are switched on there."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from classify import rounds
from classify.models import Case, Round, RoundReviewer
from tests import factories
from tests.classify import acts

URL = "/polls/cx-head/dashboard/"


@pytest.fixture
def round(poll, ada, rosa, sam, jude) -> Round:
    for n in range(8):
        factories.make_vote(poll, f"Title {n}")
    return acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada)


@pytest.fixture
def page(client_for):
    """`page(user)` is what that person gets, in one line."""

    def get(user) -> str:
        answer = client_for(user).get(URL)
        assert answer.status_code == 200
        return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())

    return get


def raw(client_for, user) -> bytes:
    answer = client_for(user).get(URL)
    return re.sub(rb'(csrfmiddlewaretoken" value=|CSRFToken": )"[^"]*"', b"", answer.content)


def test_a_poll_without_rounds_says_what_to_do(poll, ada, page):
    assert "Once one is set up, this page tells how it goes." in page(ada)


def test_an_admin_sees_progress_by_reviewer_pace_and_what_waits(round, ada, rosa, sam, page):
    cases = list(Case.objects.filter(round=round).order_by("pk"))
    for case in cases[:6]:
        acts.say(round, case, rosa, "cx", milliseconds=30_000)
    acts.say(round, cases[0], sam, "other")
    text = page(ada)
    assert "rosa Is reading 6 of 8 read Pace 120 titles an hour, 6 a day" in text
    assert "Left at this pace about 1 minute" in text
    assert "sam Is reading 1 of 8 read Pace not known yet" in text
    assert "Await the second reading 5 titles that one of the two has decided" in text
    assert re.search(r"Open conflicts 1 the oldest waits for 0\s*minutes", text)
    assert "The reviewers are still reading; who has most left has 7 titles to go." in text
    assert "Krippendorff" not in text, "never before the reveal"


def test_a_reviewer_sees_their_own_progress_pace_and_what_is_left(round, rosa, sam, page):
    cases = list(Case.objects.filter(round=round).order_by("pk"))
    for case in cases[:5]:
        acts.say(round, case, rosa, "cx", milliseconds=60_000)
    text = page(rosa)
    assert "You have read 5 of 8 titles." in text
    assert "Your pace 60 titles an hour, 5 a day" in text
    assert "about 3 minutes" in text
    assert "3 titles wait for you." in text
    assert not re.search(r"\b(sam\b|await|conflict|alpha)", text, re.IGNORECASE)


def test_the_page_of_a_reviewer_is_the_same_whatever_the_other_did(round, ada, rosa, sam, jude, client_for):
    cases = list(Case.objects.filter(round=round).order_by("pk"))
    for case in cases[:5]:
        acts.say(round, case, rosa, "cx", milliseconds=60_000)
    before = raw(client_for, rosa)
    acts.say(round, cases[0], sam, "other", milliseconds=10)
    assert raw(client_for, rosa) == before, "he has begun, and differs"
    acts.read_all(round, sam)
    assert raw(client_for, rosa) == before, "he has read all"
    RoundReviewer.objects.filter(user=sam).update(nudge_problem="OSError", nudges_off=True)
    assert raw(client_for, rosa) == before
    from classify import tagging

    tagging.hand_in(round=round, by=sam)
    assert raw(client_for, rosa) == before, "he has handed in"


def test_an_admin_who_reads_gets_the_page_of_a_reviewer(poll, ada, sam, page):
    factories.make_vote(poll, "One")
    made = acts.open_round(poll, reviewers=[ada, sam], by=ada)
    before = page(ada)
    acts.read_all(made, sam)
    assert page(ada) == before
    assert "You have read 0 of 1 titles." in before


def test_an_adjudicator_is_shown_conflicts_and_nobody_elses_progress(round, jude, rosa, sam, page):
    acts.disagree(round, Case.objects.filter(round=round).earliest("pk"), rosa, sam)
    text = page(jude)
    assert "1 conflict is ready." in text
    assert "rosa" not in text
    assert "Await the second reading" not in text


def test_a_viewer_learns_only_that_it_goes_on(round, vera, rosa, sam, page):
    before = page(vera)
    acts.read_all(round, sam)
    assert page(vera) == before
    assert "Results can be seen once coding is over." in before


def test_after_the_reveal_agreement_is_fetched_after_the_page(round, ada, vera, rosa, sam, client_for):
    figure = reverse("classify:agreement-figure", args=["cx-head", 1])
    for user in (ada, rosa, vera):
        assert client_for(user).get(figure).status_code == 403
    case = Case.objects.filter(round=round).earliest("pk")
    acts.disagree(round, case, rosa, sam)
    for other in Case.objects.filter(round=round).exclude(pk=case.pk):
        for user in (rosa, sam):
            acts.say(round, other, user, "cx" if other.pk % 2 else "consultant")
    rounds.close_coding(round=round, by=ada)
    for user in (ada, rosa, vera):
        assert figure in client_for(user).get(URL).content.decode()
        fact = client_for(user).get(figure).content.decode()
        assert "95 % interval" in fact
        assert "from 8 cases" in fact


def test_the_next_step_of_an_admin_follows_the_round(round, ada, rosa, sam, page):
    acts.read_all(round, rosa)
    acts.read_all(round, sam)
    assert "not everybody has handed in. Ask them to, or close coding." in page(ada)
    acts.agree_on_all(round, rosa, sam)
    assert "Everybody has handed in and no conflict is open." in page(ada)
    rounds.close_coding(round=round, by=ada)
    assert "The results can be seen." in page(ada)


def test_a_round_of_one_asks_for_the_second(poll, ada, rosa, page):
    factories.make_vote(poll, "One")
    acts.open_round(poll, reviewers=[rosa], by=ada)
    assert "Only one person reads so far." in page(ada)


class TestReminders:
    @pytest.fixture(autouse=True)
    def _can_send(self, settings):
        settings.ROLECALL_SITE = "https://rolecall.example.org"

    def switch(self, client_for, user, days, number=1):
        url = reverse("classify:nudging", args=["cx-head", number])
        return client_for(user).post(url, {f"round{number}-days": days}, follow=True)

    def test_an_admin_switches_them_on_and_off(self, round, ada, client_for):
        answer = self.switch(client_for, ada, "4")
        assert "Reviewers of round 1 are reminded after 4 days without a decision." in answer.content.decode()
        round.refresh_from_db()
        assert round.nudge_after_days == 4
        answer = self.switch(client_for, ada, "")
        assert "Nobody is reminded in round 1." in answer.content.decode()
        round.refresh_from_db()
        assert round.nudge_after_days is None

    @pytest.mark.parametrize("days", ["0", "-3", "366", "soon", "9" * 30])
    def test_what_is_no_span_is_refused_with_a_sentence(self, days, round, ada, client_for):
        answer = self.switch(client_for, ada, days)
        assert "notice-bad" in answer.content.decode()
        round.refresh_from_db()
        assert round.nudge_after_days is None

    def test_a_site_that_cannot_send_says_so_to_the_admin(self, round, ada, client_for, settings):
        settings.ROLECALL_SITE = ""
        assert "has to set ROLECALL_SITE" in client_for(ada).get(URL).content.decode()
        assert "notice-bad" in self.switch(client_for, ada, "4").content.decode()
        round.refresh_from_db()
        assert round.nudge_after_days is None

    def test_a_reviewer_does_not_switch_and_a_closed_round_has_no_switch(self, round, ada, rosa, client_for):
        assert self.switch(client_for, rosa, "4").status_code == 403
        rounds.close_coding(round=round, by=ada)
        assert self.switch(client_for, ada, "4").status_code == 403
        assert "Remind reviewers" not in client_for(ada).get(URL).content.decode()

    def test_opened_as_a_link_it_leads_to_where_an_admin_says_so(self, round, ada, rosa, nina, client_for):
        url = reverse("classify:nudging", args=["cx-head", 1])
        answer = client_for(ada).get(url, follow=True)
        assert answer.redirect_chain == [(f"{URL}#round-1", 302)]
        text = answer.content.decode()
        assert "Say here after how many days without a decision reviewers of round 1 are reminded." in text
        assert 'id="round-1"' in text
        assert client_for(rosa).get(url).status_code == 403
        assert client_for(nina).get(url).status_code == 404
        assert client_for(ada).put(url).status_code == 405
        round.refresh_from_db()
        assert round.nudge_after_days is None
        rounds.close_coding(round=round, by=ada)
        assert client_for(ada).get(url).status_code == 403

    def test_a_reviewer_asks_for_none_and_for_them_again(self, round, ada, rosa, client_for):
        Round.objects.update(nudge_after_days=4)
        url = reverse("classify:nudges-wanted", args=["cx-head", 1])
        assert "Do not remind me" in client_for(rosa).get(URL).content.decode()
        said = client_for(rosa).post(url, {"wanted": "no"}, follow=True).content.decode()
        assert "You get no more reminders of this round." in said
        assert "Remind me again" in said
        client_for(rosa).post(url, {"wanted": "no"})
        assert RoundReviewer.objects.get(user=rosa).nudges_off
        client_for(rosa).post(url, {"wanted": "yes"})
        assert not RoundReviewer.objects.get(user=rosa).nudges_off
        assert client_for(ada).post(url, {"wanted": "no"}).status_code == 403
        assert client_for(rosa).get(url).status_code == 405

    def test_what_did_not_leave_is_told_to_the_admin_alone(self, round, ada, rosa, sam, page):
        Round.objects.update(nudge_after_days=4)
        RoundReviewer.objects.filter(user=sam).update(nudge_problem="OSError: the mail server is away")
        text = page(ada)
        assert "The last reminder did not leave: OSError: the mail server is away" in text
        assert "No e-mail address is known" in text, "of Rosa"
        assert "mail server is away" not in page(rosa)
