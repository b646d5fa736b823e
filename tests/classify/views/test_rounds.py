"""Rounds: set up, seen, joined by a second reviewer, closed, discarded."""

from __future__ import annotations

import re

import pytest

from classify import rounds
from classify.models import Case, Round
from polls.models import Membership, User
from tests import factories
from tests.classify import acts, judging
from tests.doors import check_door

NEW = "/polls/cx-head/rounds/new/"
ROUND = "/polls/cx-head/rounds/1/"
SET_UP = "Only an admin of this poll may set up rounds or change them."
ADMIN = "Only an admin of this poll may do this."


def text_of(answer):
    """What a page says, without its tags."""
    return " ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split())


@pytest.fixture
def book(db):
    """The codebook."""
    return factories.make_codebook()


@pytest.fixture
def votes(poll):
    """Four votes with three titles, one of them blank."""
    for headline, option in (("Agent", 1), ("agent", 2), ("CX Lead", 3), ("", 1)):
        factories.make_vote(poll, headline, option)


@pytest.fixture
def form(book, votes, rosa, sam, jude):
    """What the form of a usual round is sent with."""
    return {
        "version": book.pk,
        "unit": "headline",
        "purpose": "main",
        "reviewer1": rosa.pk,
        "reviewer2": sam.pk,
        "rule": "third_person",
        "adjudicators": [jude.pk],
        "number": "1",
    }


def make(poll, ada, reviewers, adjudicators, book, **fields):
    return rounds.create_round(
        poll=poll,
        version=book,
        unit="headline",
        rule=fields.pop("rule", "third_person"),
        purpose=fields.pop("purpose", "main"),
        reviewers=reviewers,
        adjudicators=adjudicators,
        by=ada,
    )


@pytest.fixture
def made(poll, ada, rosa, sam, jude, book, votes):
    """The usual round."""
    return make(poll, ada, [rosa, sam], [jude], book)


@pytest.fixture
def alone(poll, ada, rosa, jude, book, votes):
    """A round that Rosa began alone."""
    return make(poll, ada, [rosa], [jude], book)


# --- setting up --------------------------------------------------


@pytest.mark.parametrize("method", ["get", "post"])
def test_only_an_admin_sets_up(method, poll, ada, rosa, jude, vera, nina):
    for member in (rosa, jude, vera):
        check_door(NEW, refused=member, sentence=SET_UP, stranger=nina, method=method)
    check_door(NEW, allowed=ada, wrong_method="put")
    assert not Round.objects.exists()


def test_the_page_suggests_who_has_the_role_and_says_what_it_means(admin, form, rosa, sam, jude):
    page = admin.get(NEW)
    text = text_of(page)
    assert "To read 3 cases Behind them 4 votes Decisions 6" in text
    assert "3 by each of the two reviewers." in text
    for user in (rosa, sam):
        assert f'value="{user.pk}" selected' in page.content.decode()
    assert not Round.objects.exists()


def test_every_voter_on_their_own_is_more_to_read(admin, form):
    answer = admin.post(NEW, form | {"unit": "voter", "action": "preview"})
    assert "To read 4 cases Behind them 4 votes Decisions 8" in text_of(answer)
    assert answer.status_code == 200
    assert not Round.objects.exists()


def test_a_change_brings_only_the_counted_part(admin, form):
    answer = admin.post(NEW, form | {"reviewer2": ""}, headers={"HX-Request": "true"})
    body = answer.content.decode()
    assert "as many by the second once they are added" in " ".join(body.split())
    assert "<html" not in body
    assert "First reviewer" not in body


def test_without_votes_or_codebook_the_page_says_why_not(admin, poll, rosa):
    assert "Choose a codebook." in text_of(admin.get(NEW))
    factories.make_codebook()
    assert "This poll has no votes yet." in text_of(admin.get(NEW))
    assert "Set up this round" not in text_of(admin.get(NEW))


def test_a_round_is_set_up(admin, form, book, ada, rosa, sam, jude):
    answer = admin.post(NEW, form | {"action": "create"})
    assert (answer.status_code, answer["Location"]) == (302, ROUND)
    made = Round.objects.get()
    assert (made.number, made.unit, made.rule, made.purpose) == (1, "headline", "third_person", "main")
    assert (made.version, made.created_by) == (book, ada)
    assert [seat.user for seat in made.reviewers.order_by("ordinal")] == [rosa, sam]
    assert [seat.user for seat in made.adjudicators.all()] == [jude]
    assert Case.objects.filter(round=made).count() == 3
    book.refresh_from_db()
    assert book.frozen_at is not None


def test_a_second_click_makes_no_second_round(admin, form):
    first = admin.post(NEW, form | {"action": "create"})
    again = admin.post(NEW, form | {"action": "create"})
    assert again["Location"] == first["Location"]
    assert Round.objects.count() == 1


def test_a_form_opened_after_it_makes_the_next(admin, form):
    admin.post(NEW, form | {"action": "create"})
    assert 'name="number" value="2"' in admin.get(NEW).content.decode()
    assert admin.post(NEW, form | {"number": "2", "action": "create"}).status_code == 302
    assert Round.objects.count() == 2


def test_one_may_start_alone(admin, form, rosa):
    admin.post(NEW, form | {"reviewer2": "", "action": "create"})
    made = Round.objects.get()
    assert [seat.user for seat in made.reviewers.all()] == [rosa]


def test_whoever_sets_it_up_may_read_and_gets_the_role(admin, form, ada, poll):
    admin.post(NEW, form | {"reviewer1": ada.pk, "action": "create"})
    assert Round.objects.get().reviewers.filter(user=ada).exists()
    assert Membership.objects.filter(poll=poll, user=ada, role="reviewer").exists()


def test_consensus_needs_nobody_else(admin, form):
    admin.post(NEW, form | {"rule": "consensus", "adjudicators": [], "action": "create"})
    assert Round.objects.get().rule == "consensus"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"reviewer1": ""}, "This field is required."),
        ({"adjudicators": []}, "Choose who resolves conflicts"),
        ({"unit": "comment"}, "Select a valid choice."),
        ({"rule": "dice"}, "Select a valid choice."),
        ({"version": "999999"}, "Select a valid choice."),
        ({"version": "x" * 50}, "Select a valid choice."),
        ({"number": ""}, "This field is required."),
    ],
)
def test_what_does_not_go_together_is_said(admin, form, fields, sentence):
    answer = admin.post(NEW, form | fields | {"action": "create"})
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert not Round.objects.exists()


def test_the_two_are_two_and_the_third_is_none_of_them(admin, form, rosa, sam):
    answer = admin.post(NEW, form | {"reviewer2": rosa.pk, "action": "create"})
    assert "two different people" in text_of(answer)
    answer = admin.post(NEW, form | {"adjudicators": [sam.pk], "action": "create"})
    assert "cannot resolve its conflicts as the third person" in text_of(answer)
    assert not Round.objects.exists()


def test_nobody_from_outside_the_poll_can_be_chosen(admin, form, nina, sam):
    answer = admin.post(NEW, form | {"reviewer1": nina.pk, "action": "create"})
    assert answer.status_code == 422
    User.objects.filter(pk=sam.pk).update(is_active=False)
    assert admin.post(NEW, form | {"action": "create"}).status_code == 422
    assert not Round.objects.exists()


# --- the page of a round -----------------------------------------


def test_members_see_the_round_and_nobody_else(made, ada, nina):
    check_door(ROUND, stranger=nina, allowed=ada, wrong_method="post")


@pytest.mark.parametrize("number", [0, 2, 99999999])
def test_a_round_that_is_not_there_is_not_found(number, made, admin):
    assert admin.get(f"/polls/cx-head/rounds/{number}/").status_code == 404


def test_a_reviewer_sees_their_own_progress_and_nothing_of_the_other(made, rosa, client_for):
    made.reviewers.filter(user__username="sam").update(decided_count=2)
    page = text_of(client_for(rosa).get(ROUND))
    assert "You have read 0 of 3." in page
    assert "Start reading" in page
    for hidden in ("2 of 3", "handed in", "Read once", "Agreement", "Close coding", "Conflicts"):
        assert hidden not in page


def test_an_admin_without_a_slot_sees_what_awaits_a_second_reading(made, admin):
    page = text_of(admin.get(ROUND))
    assert "Not read yet 3 of 3 cases" in page
    assert "Read once 0 await the second reading" in page
    assert "Coding is still open" in page
    assert "Close coding" in page
    assert "Discard" not in page


def test_open_conflicts_are_counted_as_in_the_queue_and_those_left_unresolved_apart(
    made, admin, rosa, sam, jude, client_for
):
    one, other, third = made.cases.order_by("pk")
    for case in (one, other, third):
        acts.disagree(made, case, rosa, sam)
    page = text_of(admin.get(ROUND))
    assert "3 open conflicts" in page
    assert "Open conflicts 3 wait to be resolved" in page
    assert "Left unresolved" not in page
    judging.close(other, jude)
    judging.judge(third, jude)
    page = text_of(admin.get(ROUND))
    assert "1 open conflict " in page
    assert "Open conflicts 1 wait to be resolved" in page
    assert "Left unresolved 1 conflicts closed without a category" in page
    assert "Resolved 1 conflicts that were decided" in page
    queue = text_of(client_for(jude).get(f"{ROUND}conflicts/"))
    assert "1 conflict to resolve" in queue
    assert "Done (2)" in queue
    judging.close(one, jude)
    page = text_of(admin.get(ROUND))
    assert "Open conflicts 0 read differently, or one was unsure" in page
    assert "Left unresolved 2" in page


def test_a_viewer_is_shown_neither_figures_nor_actions(made, vera, client_for):
    page = text_of(client_for(vera).get(ROUND))
    for hidden in ("Not read yet", "Close coding", "Start reading", "Agreement"):
        assert hidden not in page


def test_the_number_of_statements_does_not_grow_with_the_cases(made, poll, admin, django_assert_num_queries):
    admin.get(ROUND)
    with django_assert_num_queries(40, exact=False) as before:
        admin.get(ROUND)
    for n in range(10):
        factories.make_vote(poll, f"Title {n}", 1)
    from classify.assignment import after_votes_changed

    after_votes_changed(poll_id=poll.pk)
    with django_assert_num_queries(len(before)):
        admin.get(ROUND)


# --- the second reviewer -----------------------------------------


def test_only_an_admin_adds_the_second_reviewer(alone, ada, rosa, vera, nina):
    url = f"{ROUND}second-reviewer/"
    for member in (rosa, vera):
        check_door(url, refused=member, sentence=SET_UP, stranger=nina, method="post")
    check_door(url, allowed=ada, wrong_method="get")


def test_the_second_reviewer_joins_and_a_second_click_changes_nothing(alone, sam, admin):
    assert "Add as second reviewer" in text_of(admin.get(ROUND))
    for _ in range(2):
        assert admin.post(f"{ROUND}second-reviewer/", {"user": sam.pk})["Location"] == ROUND
    assert list(alone.reviewers.order_by("ordinal").values_list("user__username", flat=True)) == [
        "rosa",
        "sam",
    ]
    assert set(Case.objects.filter(round=alone).values_list("reviewer2", flat=True)) == {sam.pk}
    assert "Add as second reviewer" not in text_of(admin.get(ROUND))


@pytest.mark.parametrize("username", ["rosa", "jude", "nina"])
def test_who_has_a_part_already_or_is_no_member_cannot_join(username, alone, request, admin):
    user = request.getfixturevalue(username)
    page = text_of(admin.post(f"{ROUND}second-reviewer/", {"user": user.pk}, follow=True))
    assert "Choose a person of this poll who has no part in this round yet." in page
    assert alone.reviewers.count() == 1


def test_a_third_reviewer_is_refused(made, poll, admin):
    kim = factories.make_member("kim", poll, "reviewer")
    page = text_of(admin.post(f"{ROUND}second-reviewer/", {"user": kim.pk}, follow=True))
    assert "This round has two reviewers already." in page
    assert made.reviewers.count() == 2


# --- closing -----------------------------------------------------


@pytest.mark.parametrize("method", ["get", "post"])
def test_only_an_admin_closes_coding(method, made, ada, rosa, jude, vera, nina):
    url = f"{ROUND}close/"
    for member in (rosa, jude, vera):
        check_door(url, refused=member, sentence=ADMIN, stranger=nina, method=method)
    check_door(url, allowed=ada, wrong_method="delete")
    made.refresh_from_db()
    assert made.coding_closed_at is None


def test_the_page_says_what_closing_means_before_it_is_done(made, admin):
    page = text_of(admin.get(f"{ROUND}close/"))
    assert "what people have seen by then stays seen." in page
    assert "3 of the cases were not read by two people and will stay unresolved." in page
    made.refresh_from_db()
    assert made.coding_closed_at is None


def test_closing_without_a_second_reviewer_is_warned_of(alone, admin):
    assert "There is no second reviewer yet." in text_of(admin.get(f"{ROUND}close/"))


def test_coding_is_closed_once(made, ada, admin):
    page = text_of(admin.post(f"{ROUND}close/", follow=True))
    assert "Coding is closed." in page
    made.refresh_from_db()
    first = made.coding_closed_at
    assert first is not None
    assert made.coding_closed_by == ada
    for method in (admin.post, admin.get):
        assert method(f"{ROUND}close/")["Location"] == ROUND
    made.refresh_from_db()
    assert made.coding_closed_at == first


def test_an_admin_who_reads_closes_without_being_told_how_far_the_other_is(
    poll, ada, sam, jude, book, votes, admin
):
    make(poll, ada, [ada, sam], [jude], book)
    page = text_of(admin.get(f"{ROUND}close/"))
    assert "Cases that were not read by two people stay unresolved." in page
    assert "3 of the cases" not in page


# --- practice ----------------------------------------------------


@pytest.fixture
def practice(poll, ada, rosa, sam, jude, book, votes):
    """A practice round."""
    return make(poll, ada, [rosa, sam], [jude], book, purpose="pilot")


@pytest.mark.parametrize("method", ["get", "post"])
def test_only_an_admin_discards(method, practice, ada, rosa, vera, nina):
    url = f"{ROUND}discard/"
    for member in (rosa, vera):
        check_door(url, refused=member, sentence=ADMIN, stranger=nina, method=method)
    check_door(url, allowed=ada, wrong_method="put")


def test_practice_is_discarded_once(practice, ada, admin):
    assert "left out of every result" in text_of(admin.get(f"{ROUND}discard/"))
    page = text_of(admin.post(f"{ROUND}discard/", follow=True))
    assert "Practice round 1 was discarded." in page
    practice.refresh_from_db()
    assert (practice.discarded_at is not None, practice.discarded_by) == (True, ada)
    assert admin.post(f"{ROUND}discard/")["Location"] == ROUND
    assert "Discarded." in text_of(admin.get(ROUND))


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_round_of_the_study_cannot_be_discarded(method, made, admin):
    answer = getattr(admin, method)(f"{ROUND}discard/")
    assert answer.status_code == 403
    assert "Only a practice round can be discarded." in text_of(answer)
