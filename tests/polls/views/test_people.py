"""The page of the people of a poll."""

from __future__ import annotations

import uuid

import pytest
from django.urls import reverse

from classify import rounds, tagging
from polls.models import Invitation, Membership, User
from tests import factories
from tests.doors import check_door

URL = "/polls/cx-head/people/"
REFUSAL = "Only an admin of this poll may add people or change their roles."


def add(admin, **fields):
    return admin.post(URL, {"username": "kim", "name": "Kim", "roles": ["reviewer"], **fields}, follow=True)


def roles_in(poll, username):
    rows = Membership.objects.filter(poll=poll, user__username=username)
    return set(rows.values_list("role", flat=True))


def act(name, user, poll):
    return reverse(f"polls:{name}", args=[poll.slug, user.pk])


@pytest.mark.parametrize("username", ["rosa", "jude", "vera"])
def test_only_an_admin_gets_in(username, request, poll, ada, nina):
    member = request.getfixturevalue(username)
    check_door(URL, refused=member, sentence=REFUSAL, stranger=nina, allowed=ada, wrong_method="delete")
    check_door(URL, refused=member, sentence=REFUSAL, stranger=nina, method="post")


@pytest.mark.parametrize("name", ["person-roles", "person-link"])
def test_only_an_admin_acts(name, poll, ada, rosa, vera, nina):
    url = act(name, rosa, poll)
    check_door(
        url,
        refused=vera,
        sentence=REFUSAL,
        stranger=nina,
        method="post",
        allowed=ada,
        wrong_method="get",
    )
    assert roles_in(poll, "rosa") == {"reviewer"}


@pytest.mark.parametrize("name", ["person-roles", "person-link"])
def test_somebody_who_is_no_member_is_not_found(name, poll, admin, nina):
    assert admin.post(act(name, nina, poll), {"roles": ["admin"]}).status_code == 404
    assert not Membership.objects.filter(user=nina).exists()


def test_everybody_is_listed_with_their_roles(admin, rosa, vera):
    page = admin.get(URL).content.decode()
    for name in ("ada", "rosa", "vera"):
        assert name in page
    assert page.count("(you)") == 1


def test_a_new_person_gets_a_link_that_is_shown_once(admin, poll):
    answer = add(admin)
    user = User.objects.get(username="kim")
    assert roles_in(poll, "kim") == {"reviewer"}
    page = answer.content.decode()
    assert "Hand this link to kim" in page
    assert "http://testserver/welcome/" in page
    assert "has not opened the link yet" in page
    again = admin.get(URL).content.decode()
    assert "/welcome/" not in again
    assert "has not opened the link yet" in again
    assert user.invitation.invited_by.username == "ada"


def test_the_shown_link_opens_the_account(admin, client):
    page = add(admin).content.decode()
    start = page.index("http://testserver/welcome/")
    link = page[start : page.index('"', start)]
    assert client.get(link).status_code == 200


def test_adding_twice_makes_one_account_and_no_second_link(admin, poll):
    add(admin)
    page = add(admin).content.decode()
    assert User.objects.filter(username__iexact="kim").count() == 1
    assert "No link is needed" in page
    assert "/welcome/" not in page


def test_an_existing_account_is_given_roles_without_a_link(admin, poll, nina):
    page = add(admin, username="NINA", roles=["viewer"]).content.decode()
    assert roles_in(poll, "nina") == {"viewer"}
    assert "No link is needed" in page
    assert "/welcome/" not in page


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"roles": []}, "Choose at least one role."),
        ({"username": ""}, "This field is required."),
        ({"username": "two words"}, "Enter a valid username"),
        ({"username": "a\x00b"}, "Null characters are not allowed."),
        ({"roles": ["king"]}, "Select a valid choice"),
        ({"name": "x" * 151}, "at most 150 characters"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field(admin, poll, fields, sentence):
    answer = add(admin, **fields)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert User.objects.count() == 1


def test_roles_are_changed(admin, poll, rosa):
    page = admin.post(act("person-roles", rosa, poll), {"roles": ["viewer", "adjudicator"]}, follow=True)
    assert "The roles of rosa were changed." in page.content.decode()
    assert roles_in(poll, "rosa") == {"viewer", "adjudicator"}


def test_a_person_is_removed_and_a_second_click_finds_nobody(admin, poll, rosa):
    url = act("person-roles", rosa, poll)
    page = admin.post(url, follow=True).content.decode()
    assert "rosa is no longer in this poll." in page
    assert roles_in(poll, "rosa") == set()
    assert admin.post(url).status_code == 404


def test_a_reviewer_with_decisions_leaves_the_poll_but_not_the_record(
    admin, poll, ada, rosa, sam, jude, client_for
):
    factories.make_vote(poll, "Agent")
    made = rounds.create_round(
        poll=poll,
        version=factories.make_codebook(),
        unit="headline",
        rule="third_person",
        purpose="main",
        reviewers=[rosa, sam],
        adjudicators=[jude],
        by=ada,
    )
    case = made.cases.get()
    tagging.submit_decision(
        round=made, case_id=case.pk, by=rosa, verdict="category", category_code="cx", client_id=uuid.uuid4()
    )
    admin.post(act("person-roles", rosa, poll))
    assert client_for(rosa).get("/polls/cx-head/").status_code == 404
    assert case.decisions.get().reviewer == rosa
    assert made.reviewers.get(ordinal=1).user == rosa
    assert "Rosa" in admin.get("/polls/cx-head/rounds/1/").content.decode().title()


def test_the_last_admin_is_told_why_they_stay(admin, poll, ada):
    page = admin.post(act("person-roles", ada, poll), {"roles": ["viewer"]}, follow=True).content.decode()
    assert "ada is the last admin of this poll." in page
    assert roles_in(poll, "ada") == {"admin"}


def test_an_admin_who_steps_down_is_led_home(admin, poll, ada):
    factories.make_member("alma", poll, "admin")
    answer = admin.post(act("person-roles", ada, poll), {"roles": ["viewer"]})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert roles_in(poll, "ada") == {"viewer"}


def test_an_unknown_role_changes_nothing(admin, poll, rosa):
    page = admin.post(act("person-roles", rosa, poll), {"roles": ["king"]}, follow=True).content.decode()
    assert "There is no such role." in page
    assert roles_in(poll, "rosa") == {"reviewer"}


def test_a_new_link_is_shown_once(admin, poll):
    add(admin)
    kim = User.objects.get(username="kim")
    page = admin.post(act("person-link", kim, poll), follow=True).content.decode()
    assert "http://testserver/welcome/" in page
    assert "/welcome/" not in admin.get(URL).content.decode()


def test_no_link_to_an_account_in_use(admin, poll, rosa):
    answer = admin.post(act("person-link", rosa, poll))
    assert answer.status_code == 403
    assert "needs no link" in answer.content.decode()
    rosa.refresh_from_db()
    assert rosa.check_password("password")


def test_another_admin_makes_no_link_to_whom_somebody_else_added(admin, poll, client_for):
    add(admin)
    kim = User.objects.get(username="kim")
    alma = client_for(factories.make_member("alma", poll, "admin"))
    assert alma.post(act("person-link", kim, poll)).status_code == 403
    assert "Make a new link" not in alma.get(URL).content.decode()
    assert "Make a new link" in admin.get(URL).content.decode()


def test_an_account_of_imported_decisions_can_be_let_in(admin, poll):
    ghost = factories.make_member("ghost", poll, "reviewer")
    ghost.set_unusable_password()
    ghost.is_active = False
    ghost.save()
    Invitation.objects.create(user=ghost, invited_by=None)
    assert "came with imported decisions" in admin.get(URL).content.decode()
    page = admin.post(act("person-link", ghost, poll), follow=True).content.decode()
    assert "Hand this link to ghost" in page


def test_the_number_of_statements_does_not_grow_with_the_people(admin, poll, rosa, django_assert_num_queries):
    expected = 5
    with django_assert_num_queries(expected):
        admin.get(URL)
    for n in range(5):
        add(admin, username=f"kim{n}")
    admin.get(URL)
    with django_assert_num_queries(expected):
        admin.get(URL)
