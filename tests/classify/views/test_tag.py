"""Reading through HTTP: one case at a time, one request per decision."""

from __future__ import annotations

import re
import uuid

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from classify.assignment import next_case
from classify.models import Decision, ProfileView
from tests.classify.acts import agree_on_all, open_round, read_all, say
from tests.factories import make_member, make_poll, make_vote

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def round_(poll, ada, rosa, sam, jude):
    make_vote(
        poll, "CX Consultant | Speaker | ex-Head of Care", option=1, profile_url="https://social.example/a"
    )
    make_vote(
        poll, "cx consultant | speaker | ex-head of care", option=3, profile_url="https://social.example/b"
    )
    make_vote(poll, "Contact Center Manager", option=2, profile_url="https://social.example/c")
    make_vote(poll, "Voice of Customer Lead", option=1)
    cache.clear()
    return open_round(poll, reviewers=[rosa, sam], by=ada, adjudicators=[jude], seed=5)


@pytest.fixture
def here():
    """The address under which the round is read."""

    def address(round_, *rest: object) -> str:
        return "/".join([f"/polls/{round_.poll.slug}/rounds/{round_.number}/read", *map(str, rest), ""])

    return address


def sent(verdict: str = "cx", **more: str) -> dict[str, str]:
    return {"client_id": str(uuid.uuid4()), "verdict": verdict, **more}


def shared_case(round_):
    return round_.cases.get(n_votes=2)


# ---------- what is shown ----------


def test_the_page_shows_the_headline_in_parts_with_how_many_share_it(client_for, rosa, round_, here):
    body = client_for(rosa).get(here(round_, shared_case(round_).pk)).content.decode()
    assert "2 voters show this title" in body
    title = re.search(r"<h1[^>]*>(.*?)</h1>", body, re.S)
    assert title
    assert re.sub(r"<[^>]+>", "", title[1]).strip() == "CX Consultant"
    assert re.search(r"<s>ex-Head of Care</s>", body)


def test_the_page_says_nothing_of_votes_or_voters(client_for, rosa, round_, here):
    for case in round_.cases.all():
        body = client_for(rosa).get(here(round_, case.pk)).content.decode()
        for secret in ["Extremely", "Moderately", "Not very", "Voter 1", "Voter 2", "social.example", "sam"]:
            assert secret not in body


def test_no_category_is_preselected_or_marked(client_for, rosa, round_, here):
    body = client_for(rosa).get(here(round_)).content.decode()
    assert body.count('name="verdict"') == 6
    assert "is-current" not in body
    assert "Your decision so far" not in body


def test_the_definitions_stand_beside_the_case(client_for, rosa, round_, here):
    body = client_for(rosa).get(here(round_)).content.decode()
    for label in ["Contact Center", "CX", "Consultant", "Other", "Cannot tell"]:
        assert f"Definition of {label}" in body


def test_a_round_without_titles_says_what_to_do(client_for, poll, ada, rosa, sam, here):
    vote = make_vote(poll)
    round_ = open_round(poll, reviewers=[rosa, sam], by=ada)
    round_.cases.update(n_votes=0)
    cache.clear()
    assert vote.pk
    assert b"There is nothing to read yet" in client_for(rosa).get(here(round_)).content


# ---------- one decision ----------


def test_a_decision_is_stored_and_the_plain_form_leads_to_the_next_case(client_for, rosa, round_, here):
    case = next_case(round=round_, reviewer=rosa)
    reply = client_for(rosa).post(here(round_, case.pk), sent("consultant", note="why", milliseconds="1500"))
    assert (reply.status_code, reply["Location"]) == (302, here(round_))
    stored = Decision.objects.get()
    assert (stored.case_id, stored.reviewer, stored.category.code) == (case.pk, rosa, "consultant")
    assert (stored.note, stored.milliseconds, stored.evidence) == ("why", 1500, "headline")
    assert next_case(round=round_, reviewer=rosa).pk != case.pk


def test_unsure_is_stored_as_a_state_of_its_own(client_for, rosa, round_, here):
    case = next_case(round=round_, reviewer=rosa)
    client_for(rosa).post(here(round_, case.pk), sent("unsure"))
    stored = Decision.objects.get()
    assert (stored.verdict, stored.category) == ("unsure", None)


def test_htmx_gets_the_next_case_with_the_same_request(client_for, rosa, round_, here):
    case = next_case(round=round_, reviewer=rosa)
    reply = client_for(rosa).post(here(round_, case.pk), sent(), headers=HTMX)
    body = reply.content.decode()
    assert reply.status_code == 200
    assert "<html" not in body
    following = next_case(round=round_, reviewer=rosa)
    assert f'action="{here(round_, following.pk)}"' in body
    assert "1 of 3" in body
    assert "Stored: CX. Next title" in body
    assert f'data-case="{case.pk}"' in body
    assert reply["Vary"].count("HX-Request")


def test_the_last_decision_brings_the_hand_in(client_for, rosa, round_, here):
    client = client_for(rosa)
    for _ in range(3):
        case = next_case(round=round_, reviewer=rosa)
        reply = client.post(here(round_, case.pk), sent(), headers=HTMX)
    assert "You have read all 3 titles" in reply.content.decode()
    assert "Hand in my readings" in client.get(here(round_)).content.decode()


def test_a_repeat_changes_nothing_and_gets_the_same_reply(client_for, rosa, round_, here):
    client = client_for(rosa)
    case = next_case(round=round_, reviewer=rosa)
    data = sent("other")
    first = client.post(here(round_, case.pk), data, headers=HTMX)
    second = client.post(here(round_, case.pk), data, headers=HTMX)

    def without_ids(reply) -> str:
        return re.sub(r'(csrf\w*" value|client_id" value)="[^"]*"', "", reply.content.decode())

    assert without_ids(first) == without_ids(second)
    assert Decision.objects.count() == 1


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"verdict": "barista"}, "That is no category of this codebook. Reload the page."),
        ({"verdict": ""}, "Choose a category, or “Unsure”."),
        ({"client_id": "7"}, "Enter a valid UUID."),
        ({"note": "x" * 2001}, "Keep the note under 2000 characters; it is not stored."),
    ],
)
def test_what_makes_no_sense_gets_a_sentence_and_stores_nothing(
    client_for, rosa, round_, here, data, sentence
):
    case = next_case(round=round_, reviewer=rosa)
    reply = client_for(rosa).post(here(round_, case.pk), sent() | data)
    assert reply.status_code == 422
    assert sentence in reply.content.decode()
    assert not Decision.objects.exists()


def test_a_note_survives_a_refusal(client_for, rosa, round_, here):
    case = next_case(round=round_, reviewer=rosa)
    reply = client_for(rosa).post(here(round_, case.pk), sent("barista", note="keep me"))
    assert ">keep me</textarea>" in reply.content.decode()


# ---------- going back ----------


def test_a_decision_can_be_gone_back_to_and_changed(client_for, rosa, round_, here):
    client = client_for(rosa)
    case = next_case(round=round_, reviewer=rosa)
    client.post(here(round_, case.pk), sent("cx", note="first thought"))
    body = client.get(here(round_, case.pk)).content.decode()
    assert body.count("Your decision so far") == 1
    assert ">first thought</textarea>" in body
    client.post(here(round_, case.pk), sent("consultant"))
    assert list(Decision.objects.order_by("seq").values_list("category__code", flat=True)) == [
        "cx",
        "consultant",
    ]


def test_a_decision_can_be_taken_back(client_for, rosa, round_, here):
    client = client_for(rosa)
    case = next_case(round=round_, reviewer=rosa)
    client.post(here(round_, case.pk), sent("cx"))
    client.post(here(round_, case.pk), sent("_withdrawn"))
    assert list(Decision.objects.order_by("seq").values_list("verdict", flat=True)) == [
        "category",
        "withdrawn",
    ]
    assert "Your decision so far" not in client.get(here(round_, case.pk)).content.decode()


def test_the_last_decisions_stand_beside_the_case(client_for, rosa, sam, round_, here):
    case = next_case(round=round_, reviewer=rosa)
    say(round_, case.pk, rosa, "consultant")
    for other in round_.cases.exclude(pk=case.pk):
        say(round_, other.pk, sam, "other")
    body = client_for(rosa).get(here(round_)).content.decode()
    assert re.findall(r'data-case="(\d+)"', body) == [str(case.pk)]


# ---------- the profile ----------


def test_the_profile_is_recorded_first_and_its_link_tells_nobody_where_it_came_from(
    client_for, rosa, round_, here
):
    case = round_.cases.get(text="Contact Center Manager")
    reply = client_for(rosa).post(here(round_, case.pk, "profile"), headers=HTMX)
    body = reply.content.decode()
    assert ProfileView.objects.get().viewer == rosa
    link = re.search(r"<a href=\"https://social.example/c\"[^>]*>", body)
    assert link
    assert 'rel="noopener noreferrer"' in link[0]
    assert 'referrerpolicy="no-referrer"' in link[0]
    assert 'name="evidence" value="profile"' in body


def test_a_shared_headline_shows_links_without_names(client_for, rosa, round_, here):
    body = (
        client_for(rosa).post(here(round_, shared_case(round_).pk, "profile"), headers=HTMX).content.decode()
    )
    assert "Profile 1" in body
    assert "Profile 2" in body
    assert "Voter" not in body
    assert ProfileView.objects.count() == 2


def test_without_javascript_the_whole_page_comes_with_the_profile(client_for, rosa, round_, here):
    case = round_.cases.get(text="Contact Center Manager")
    body = client_for(rosa).post(here(round_, case.pk, "profile")).content.decode()
    assert "<html" in body
    assert "https://social.example/c" in body


def test_a_profile_address_that_is_no_web_address_is_not_linked(client_for, poll, ada, rosa, sam, here):
    make_vote(poll, "Trickster", profile_url="javascript:alert(1)")
    round_ = open_round(poll, reviewers=[rosa, sam], by=ada)
    body = client_for(rosa).post(here(round_, round_.cases.get().pk, "profile")).content.decode()
    assert "javascript:" not in body


def test_a_get_never_shows_a_profile(client_for, rosa, round_, here):
    client = client_for(rosa)
    case = round_.cases.get(text="Contact Center Manager")
    assert client.get(here(round_, case.pk, "profile")).status_code == 405
    client.post(here(round_, case.pk, "profile"))
    assert "social.example" not in client.get(here(round_, case.pk)).content.decode()


# ---------- blindness and cost ----------


def statements(client, url: str, data: dict[str, str]) -> tuple[list[str], str]:
    with CaptureQueriesContext(connection) as seen:
        body = client.post(url, data, headers=HTMX).content.decode()
    asked = [
        query["sql"] for query in seen if not re.match(r"(SAVEPOINT|RELEASE|BEGIN|COMMIT)", query["sql"])
    ]
    return asked, body


def test_a_decision_costs_at_most_eight_statements(client_for, rosa, round_, here):
    client = client_for(rosa)
    client.get(here(round_))
    for verdict in ["cx", "unsure"]:
        cache.clear()  # the dearest case: the number of titles has to be counted again
        case = next_case(round=round_, reviewer=rosa)
        asked, _ = statements(client, here(round_, case.pk), sent(verdict))
        assert len(asked) <= 8, "\n".join(asked)


@pytest.mark.parametrize("others", ["cx", "contact-center", "unsure"])
def test_first_and_second_decision_cost_the_same_statements_and_bytes(
    client_for, rosa, sam, round_, here, others
):
    """The case that Sam has decided answers exactly like the one he has not, page and fragment."""
    case = next_case(round=round_, reviewer=rosa)
    client = client_for(rosa)
    url, data = here(round_, case.pk), sent("cx")

    def shape(text: str) -> str:
        text = re.sub(r'((?:csrf\w*|client_id)" value|X-CSRFToken": )="?[^"]*"', "", text)
        return re.sub(r'"X-CSRFToken": "[^"]*"', "", text)

    before = shape(client.get(here(round_)).content.decode())
    alone = _rolled_back(client, url, data)
    say(round_, case.pk, sam, others)
    assert shape(client.get(here(round_)).content.decode()) == before
    after = _rolled_back(client, url, data)
    assert [shape(text) for text in after[1:]] == [shape(text) for text in alone[1:]]
    assert after[0] == alone[0]


def _rolled_back(client, url: str, data: dict[str, str]) -> tuple[int, str]:
    """Number of statements and reply of a decision that is then undone, so that it can be made again."""
    from django.db import transaction

    class _Undo(Exception):
        pass

    answer: tuple[int, str] = (0, "")
    try:
        with transaction.atomic():
            asked, body = statements(client, url, data)
            answer = (len(asked), body)
            raise _Undo
    except _Undo:
        return answer


# ---------- who may ----------


@pytest.mark.parametrize("who", ["ada", "jude", "vera"])
def test_who_holds_no_slot_is_refused_with_a_sentence(client_for, request, round_, here, who, vera):
    client = client_for(request.getfixturevalue(who))
    case = shared_case(round_)
    for reply in [
        client.get(here(round_)),
        client.get(here(round_, case.pk)),
        client.post(here(round_, case.pk), sent()),
        client.post(here(round_, case.pk, "profile")),
    ]:
        assert reply.status_code == 403
        assert "You are no reviewer of this round." in reply.content.decode()
    assert not Decision.objects.exists()
    assert not ProfileView.objects.exists()


def test_a_stranger_sees_no_round(client_for, nina, round_, here):
    client = client_for(nina)
    assert client.get(here(round_)).status_code == 404
    assert client.post(here(round_, shared_case(round_).pk), sent()).status_code == 404


def test_nobody_is_sent_to_the_login(client, round_, here):
    reply = client.get(here(round_))
    assert (reply.status_code, reply["Location"].split("?")[0]) == (302, "/login/")


def test_a_case_of_another_poll_is_not_found(client_for, ada, rosa, sam, round_, here):
    other = make_poll("other")
    for user in (ada, rosa, sam):
        make_member(user.username, other, "reviewer", "admin")
    make_vote(other, "Elsewhere", voter_id="e1")
    strange = open_round(other, reviewers=[rosa, sam], by=ada, version=round_.version).cases.get()
    client = client_for(rosa)
    assert client.get(here(round_, strange.pk)).status_code == 404
    assert client.post(here(round_, strange.pk), sent()).status_code == 404
    assert client.post(here(round_, strange.pk, "profile")).status_code == 404
    assert not Decision.objects.exists()


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(client_for, rosa, round_, here, method):
    client = client_for(rosa)
    assert getattr(client, method)(here(round_)).status_code == 405
    assert getattr(client, method)(here(round_, shared_case(round_).pk)).status_code == 405


# ---------- handing in ----------


def hand_in_url(round_) -> str:
    return f"/polls/{round_.poll.slug}/rounds/{round_.number}/hand-in/"


def test_handing_in_waits_until_all_is_read(client_for, rosa, round_):
    client = client_for(rosa)
    assert "3 titles still wait for your decision." in client.get(hand_in_url(round_)).content.decode()
    reply = client.post(hand_in_url(round_), follow=True)
    assert "3 cases still wait for your decision." in reply.content.decode()
    assert not round_.reviewers.filter(handed_in_at__isnull=False).exists()


def test_handing_in_asks_once_and_a_second_click_changes_nothing(client_for, rosa, round_):
    read_all(round_, rosa)
    client = client_for(rosa)
    assert "You cannot take the hand-in back." in client.get(hand_in_url(round_)).content.decode()
    assert client.post(hand_in_url(round_))["Location"] == "/"
    when = round_.reviewers.get(user=rosa).handed_in_at
    client.post(hand_in_url(round_))
    assert round_.reviewers.get(user=rosa).handed_in_at == when
    assert "You have handed in already" in client.get(hand_in_url(round_)).content.decode()


def test_after_both_handed_in_a_change_is_accepted_with_the_same_reply_and_stored_late(
    client_for, rosa, sam, round_, here
):
    agree_on_all(round_, rosa, sam)
    case = shared_case(round_)
    reply = client_for(rosa).post(here(round_, case.pk), sent("other"))
    assert reply.status_code == 302
    assert Decision.objects.get(case=case, late=True).category.code == "other"
    case.refresh_from_db()
    assert case.final.code == "cx"
