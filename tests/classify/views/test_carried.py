"""The pages of carried cases, and the way from a round to the next poll of the same people."""

from __future__ import annotations

import pytest
from django.urls import reverse

from classify import carrying, rounds
from classify.models import CarriedCase, Case, Round
from polls.models import Membership, Poll
from tests import factories
from tests.classify import acts
from tests.classify.test_carrying import again

LABEL = "Contact Center"
"""The label of the category that is carried over, and of no title here."""


@pytest.fixture
def earlier(poll, ada, rosa, sam, jude) -> Round:
    for title in ("CX Lead", "Agent", ""):
        factories.make_vote(poll, title)
    made = acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada)
    for user in (rosa, sam):
        acts.read_all(made, user, "contact-center")
    rounds.close_coding(round=made, by=ada)
    return made


@pytest.fixture
def round(poll, earlier, ada, rosa, sam, jude) -> Round:
    """Round 2: three cases were carried over, one is to be read."""
    factories.make_vote(poll, "Newcomer")
    made = acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada, version=earlier.version)
    carrying.carry_over(round=made, by=ada)
    return made


def url(name: str, *args: object) -> str:
    return reverse(f"classify:{name}", args=["cx-head", 2, *args])


def case_of(round: Round, text: str) -> Case:
    return Case.objects.get(round=round, text=text)


class TestTheList:
    def test_an_admin_sees_titles_and_categories(self, round, ada, client_for):
        page = client_for(ada).get(url("carried")).content.decode()
        assert "Carried over: 3." in page
        assert page.count(LABEL) == 3
        for shown in ("CX Lead", "Agent", "No title shown"):
            assert shown in page
        assert "Newcomer" not in page

    def test_a_reviewer_sees_titles_and_never_a_category(self, round, ada, rosa, client_for):
        for _ in range(2):
            answer = client_for(rosa).get(url("carried"))
            assert "CX Lead" in answer.content.decode()
            assert LABEL not in answer.content.decode()
            assert "Extremely important" not in answer.content.decode(), "nor what anybody voted"
            rounds.close_coding(round=round, by=ada)

    def test_an_admin_who_reads_sees_none_either(self, poll, earlier, ada, sam, client_for):
        made = acts.open_round(poll, reviewers=[ada, sam], by=ada, version=earlier.version)
        carrying.carry_over(round=made, by=ada)
        page = client_for(ada).get(url("carried")).content.decode()
        assert "CX Lead" in page
        assert LABEL not in page

    def test_others_come_in_once_results_can_be_seen(self, round, ada, vera, jude, client_for):
        for user in (vera, jude):
            assert client_for(user).get(url("carried")).status_code == 403
        rounds.close_coding(round=round, by=ada)
        for user in (vera, jude):
            page = client_for(user).get(url("carried")).content.decode()
            assert page.count(LABEL) == 3
            assert "Read after all</button>" not in page

    def test_another_title_stands_first_and_says_so(self, round, ada, client_for):
        CarriedCase.objects.filter(case=case_of(round, "Agent")).update(retitled=True)
        page = client_for(ada).get(url("carried")).content.decode()
        assert "With another title than the one that was read: 1." in page
        assert page.index("another title than the one that was read</span>") < page.index("CX Lead")

    def test_an_empty_list_says_why(self, round, ada, client_for):
        carrying.reopen_all(round=round, by=ada)
        assert "Nothing is carried over" in client_for(ada).get(url("carried")).content.decode()


class TestReadingAfterAll:
    def test_a_reviewer_has_one_read_and_never_hears_the_old_category(self, round, rosa, sam, client_for):
        case = case_of(round, "Agent")
        client = client_for(rosa)
        answer = client.post(url("carried-reopen", case.pk), follow=True)
        assert "It is read by two people after all." in answer.content.decode()
        assert LABEL not in answer.content.decode()
        case.refresh_from_db()
        assert {case.reviewer1, case.reviewer2} == {rosa, sam}
        again = client.post(url("carried-reopen", case.pk), follow=True)
        assert "It is being read already." in again.content.decode()

    def test_the_case_is_shown_like_any_other(self, round, rosa, client_for):
        case, plain = case_of(round, "Agent"), case_of(round, "Newcomer")
        carrying.reopen(case=case, by=rosa)
        pages = [
            client_for(rosa).get(reverse("classify:card", args=["cx-head", 2, each.pk])).json()
            for each in (case, plain)
        ]
        assert pages[0].keys() == pages[1].keys()
        assert (pages[0].get("verdict"), pages[0].get("note")) == (
            pages[1].get("verdict"),
            pages[1].get("note"),
        )

    def test_all_of_them_after_being_asked(self, round, ada, client_for):
        client = client_for(ada)
        asked = client.get(url("carried-reopen-all")).content.decode()
        assert "Titles to be read after all: 3." in asked
        assert Case.objects.filter(round=round, resolution="carried").count() == 3, "asking does nothing"
        said = client.post(url("carried-reopen-all"), follow=True).content.decode()
        assert "3 titles are read by two people after all." in said
        assert "0 titles" in client.post(url("carried-reopen-all"), follow=True).content.decode()

    def test_those_under_another_title_alone(self, round, ada, client_for):
        CarriedCase.objects.filter(case=case_of(round, "Agent")).update(retitled=True)
        client = client_for(ada)
        asked = client.get(url("carried-reopen-all") + "?which=retitled").content.decode()
        assert "Titles to be read after all: 1." in asked
        client.post(url("carried-reopen-all"), {"which": "retitled"})
        assert Case.objects.filter(round=round, resolution="carried").count() == 2

    def test_who_may_not_and_what_was_never_carried(self, round, ada, rosa, jude, nina, client_for):
        case = case_of(round, "Agent")
        for user, status in ((jude, 403), (nina, 404)):
            assert client_for(user).post(url("carried-reopen", case.pk)).status_code == status
            assert client_for(user).get(url("carried-reopen-all")).status_code == status
        assert client_for(ada).get(url("carried-reopen", case.pk)).status_code == 405
        newcomer = case_of(round, "Newcomer")
        assert client_for(rosa).post(url("carried-reopen", newcomer.pk)).status_code == 404
        rounds.close_coding(round=round, by=ada)
        assert client_for(ada).post(url("carried-reopen", case.pk)).status_code == 403


class TestTheNextPoll:
    @pytest.fixture
    def other(self, earlier, ada) -> Poll:
        made = factories.make_poll("next-poll", question="And next?")
        factories.make_member("ada", made, "admin")
        factories.make_vote(made, "Agent")
        return made

    def there(self) -> str:
        return reverse("classify:next-poll", args=["cx-head", 1])

    def test_polls_are_offered_and_the_people_come_along(self, other, ada, rosa, sam, jude, client_for):
        client = client_for(ada)
        page = client.get(self.there()).content.decode()
        assert "And next?" in page
        assert page.index("next-poll") < page.index("this poll, once more")
        answer = client.post(self.there(), {"poll": "next-poll"})
        assert answer.status_code == 302
        assert answer.url == "/polls/next-poll/rounds/new/?like=cx-head:1"
        roles = Membership.objects.filter(poll=other).values_list("user__username", "role")
        assert set(roles) == {
            ("ada", "admin"),
            ("rosa", "reviewer"),
            ("sam", "reviewer"),
            ("jude", "adjudicator"),
        }
        client.post(self.there(), {"poll": "next-poll"})
        assert Membership.objects.filter(poll=other).count() == 4, "a second click adds nobody"

    def test_the_set_up_page_comes_filled_in_and_the_round_carries_over(
        self, earlier, other, ada, rosa, sam, client_for
    ):
        again(other, list({vote.voter for vote in earlier.poll.votes.all()}), ["CX Lead"] * 3)
        client = client_for(ada)
        form_url = client.post(self.there(), {"poll": "next-poll"}).url
        page = client.get(form_url)
        assert "1 case is carried over from earlier rounds and not read again." in page.content.decode()
        assert "1 of 2 cases" in page.content.decode()
        form = page.context["form"]
        fields = {
            name: form[name].value()
            for name in form.fields
            if form[name].value() not in (None, False, "", [])
        }
        assert (fields["version"], fields["carry_over"]) == (earlier.version_id, True)
        client.post(form_url, {**fields, "action": "create"})
        made = Round.objects.get(poll=other)
        assert [seat.user for seat in made.reviewers.order_by("ordinal")] == [rosa, sam]
        assert Case.objects.get(round=made, text="CX Lead").resolution == "carried"
        assert Case.objects.get(round=made, text="Agent").reviewer1 is not None

    def test_a_poll_that_is_not_theirs_is_not_offered_and_not_taken(self, earlier, ada, client_for):
        factories.make_poll("far-away", question="Far away?")
        client = client_for(ada)
        assert "Far away?" not in client.get(self.there()).content.decode()
        for slug in ("far-away", "no-such-poll", "", "\x00"):
            assert client.post(self.there(), {"poll": slug}).status_code == 404

    def test_a_viewer_of_the_other_poll_sets_nothing_up_there(self, earlier, ada, client_for):
        seen = factories.make_poll("seen")
        factories.make_member("ada", seen, "viewer")
        assert client_for(ada).post(self.there(), {"poll": "seen"}).status_code == 403
        assert Membership.objects.filter(poll=seen).count() == 1

    def test_only_an_admin_of_this_poll(self, earlier, rosa, nina, client_for):
        assert client_for(rosa).get(self.there()).status_code == 403
        assert client_for(nina).get(self.there()).status_code == 404
