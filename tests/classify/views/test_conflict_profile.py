"""Who is behind the title of a conflict: shown to who resolves it, on record first, as to its reviewers."""

from __future__ import annotations

import re
import uuid

import pytest

from classify import adjudication, rounds
from classify.models import Case, ProfileView, Round
from tests.classify.acts import disagree, open_round, say
from tests.classify.judging import judge
from tests.classify.views.reads import HTMX
from tests.factories import make_member, make_vote

pytestmark = pytest.mark.django_db

TYPED = {"category": "consultant", "reason": "gap", "rationale": "Half a sentence", "flag": "Half a note"}


@pytest.fixture
def votes(poll) -> None:
    for n in (1, 2):
        make_vote(poll, "CX Consultant", option=n, profile_url=f"https://social.example/in/{n}")
    make_vote(poll, "Clerk")


def decided(round_: Round, rosa, sam) -> Round:
    for case in round_.cases.all():
        say(round_, case.pk, rosa, "cx", note="Rosa's note")
        say(round_, case.pk, sam, "contact-center")
    return round_


@pytest.fixture
def round(poll, votes, ada, rosa, sam, jude) -> Round:
    return decided(open_round(poll, reviewers=[rosa, sam], by=ada, adjudicators=[jude]), rosa, sam)


@pytest.fixture
def case(round) -> Case:
    return round.cases.get(text="CX Consultant")


@pytest.fixture
def taken(case, jude) -> Case:
    return adjudication.claim(case=case, by=jude)


def url(case: Case, *rest: object) -> str:
    round_ = case.round
    start = f"/polls/{round_.poll.slug}/rounds/{round_.number}/conflicts/{case.pk}"
    return "/".join([start, *map(str, rest), ""])


def test_the_looks_are_recorded_and_the_links_tell_no_name(client_for, jude, taken):
    body = client_for(jude).post(url(taken, "profile"), headers=HTMX).content.decode()
    assert "<html" not in body
    views = ProfileView.objects.filter(case=taken)
    assert [view.viewer for view in views] == [jude, jude]
    links = re.findall(r"<a href=\"https://social.example/in/\d\"[^>]*>(Profile \d)", body)
    assert links == ["Profile 1", "Profile 2"]
    assert body.count('rel="noopener noreferrer" referrerpolicy="no-referrer"') == 2
    assert "That you looked is recorded." in body
    assert "Voter" not in body
    assert "Extremely" not in body


def test_without_javascript_the_page_comes_with_what_was_typed(client_for, jude, taken):
    reply = client_for(jude).post(url(taken, "profile") + "?sort=-n_votes", TYPED)
    body = reply.content.decode()
    assert reply.status_code == 200
    assert "https://social.example/in/1" in body
    assert re.search(r'value="consultant"[^>]* checked', body)
    assert '<option value="gap" selected>' in body
    assert "Half a sentence</textarea>" in body
    assert "Half a note</textarea>" in body
    assert "text-danger" not in body, "nothing was sent yet, so nothing is wrong"
    assert f'formaction="{url(taken, "profile")}?sort=-n_votes"' in body


def test_nothing_is_shown_that_was_not_asked_for(client_for, jude, taken):
    client = client_for(jude)
    assert client.get(url(taken, "profile")).status_code == 405
    client.post(url(taken, "profile"))
    body = client.get(url(taken)).content.decode()
    assert "Show profiles" in body
    assert "social.example" not in body


def test_a_title_without_a_profile_says_so_and_records_nothing(client_for, jude, round):
    clerk = adjudication.claim(case=round.cases.get(text="Clerk"), by=jude)
    client = client_for(jude)
    assert "Show profile " in client.get(url(clerk)).content.decode()
    assert "No profile address came with the import." in client.post(url(clerk, "profile")).content.decode()
    assert not ProfileView.objects.exists()


def test_who_decides_first_may_ask_before_the_readings_are_shown(client_for, jude, round, case):
    Round.objects.filter(pk=round.pk).update(adjudicator_first=True)
    adjudication.claim(case=case, by=jude)
    body = client_for(jude).post(url(case, "profile"), TYPED).content.decode()
    assert "https://social.example/in/1" in body
    assert "Record my first look" in body
    assert re.search(r'value="consultant"[^>]* checked', body)
    assert "reading-verdict" not in body
    assert "Rosa" not in body


class TestRefused:
    @pytest.fixture(autouse=True)
    def nobody_looked(self):
        yield
        assert not ProfileView.objects.exists()

    def test_who_has_not_taken_it_up_is_told_to(self, client_for, jude, case):
        client = client_for(jude)
        assert "Show profiles" not in client.get(url(case)).content.decode()
        reply = client.post(url(case, "profile"))
        assert reply["Location"] == url(case)
        told = client.post(url(case, "profile"), headers=HTMX).content.decode()
        assert "Take the conflict up first; the profile is shown to who works on it." in told
        assert "social.example" not in told

    def test_what_another_adjudicator_holds(self, client_for, poll, round, taken):
        juno = make_member("juno", poll, "adjudicator")
        round.adjudicators.create(user=juno)
        client = client_for(juno)
        assert "Show profile" not in client.get(url(taken)).content.decode()
        body = client.post(url(taken, "profile"), headers=HTMX).content.decode()
        assert "jude has taken this conflict up." in body

    def test_a_conflict_that_is_done(self, client_for, jude, taken):
        judge(taken, jude)
        client = client_for(jude)
        assert "Show profile" not in client.get(url(taken)).content.decode()
        body = client.post(url(taken, "profile"), headers=HTMX).content.decode()
        assert "This conflict is resolved already." in body

    @pytest.mark.parametrize("who", ["rosa", "sam", "ada", "vera"])
    def test_who_does_not_resolve_conflicts_of_the_round(self, client_for, request, vera, taken, who):
        assert client_for(request.getfixturevalue(who)).post(url(taken, "profile")).status_code == 403

    def test_a_stranger(self, client_for, nina, taken):
        assert client_for(nina).post(url(taken, "profile")).status_code == 404


class TestConsensus:
    @pytest.fixture
    def case(self, poll, votes, ada, rosa, sam) -> Case:
        made = open_round(poll, reviewers=[rosa, sam], by=ada)
        return disagree(made, made.cases.get(text="CX Consultant"), rosa, sam)

    def test_each_of_the_two_may_ask_once_it_is_revealed(self, client_for, ada, rosa, sam, case):
        assert client_for(rosa).post(url(case, "profile")).status_code == 403
        assert not ProfileView.objects.exists()
        rounds.close_coding(round=case.round, by=ada)
        for person in (rosa, sam):
            assert "Show profiles" in client_for(person).get(url(case)).content.decode()
            assert "social.example" in client_for(person).post(url(case, "profile")).content.decode()
        assert ProfileView.objects.filter(viewer=rosa).count() == 2
        assert client_for(ada).post(url(case, "profile")).status_code == 403


def test_a_judgement_after_the_look_is_stored_as_always(client_for, jude, taken):
    client = client_for(jude)
    client.post(url(taken, "profile"), TYPED)
    client.post(url(taken), TYPED | {"client_id": str(uuid.uuid4())})
    taken.refresh_from_db()
    assert taken.final.code == "consultant"
