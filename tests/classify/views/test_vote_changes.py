"""A voter by hand, corrected, excluded and taken back."""

from __future__ import annotations

import pytest

from classify import rounds
from classify.models import Case
from polls.models import Vote, VoteChange
from tests import factories
from tests.doors import check_door

URL = "/polls/cx-head/voters/"
REFUSAL = "Only an admin of this poll may see who voted for what."
FIELDS = {"headline": "Agent", "option": "Not very important", "name": "Kim", "voter_id": "k1"}


@pytest.fixture
def vote(poll):
    """A vote to change."""
    return factories.make_vote(poll, "CX Lead", 1, name="Lee", voter_id="l1")


@pytest.mark.parametrize("path", ["add/", "{pk}/", "{pk}/exclude/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_only_an_admin_gets_in(path, method, vote, ada, rosa, vera, nina):
    url = URL + path.format(pk=vote.pk)
    for member in (rosa, vera):
        check_door(url, refused=member, sentence=REFUSAL, stranger=nina, method=method)
    check_door(url, allowed=ada, wrong_method="put")


def test_taking_back_is_a_post_of_an_admin(vote, ada, rosa, nina):
    url = f"{URL}{vote.pk}/take-back/"
    check_door(
        url, refused=rosa, sentence=REFUSAL, stranger=nina, method="post", allowed=ada, wrong_method="get"
    )


@pytest.mark.parametrize("path", ["{pk}/", "{pk}/exclude/", "{pk}/take-back/"])
def test_a_vote_of_another_poll_is_not_found(path, admin, poll):
    far = factories.make_vote(factories.make_poll("other"), "Elsewhere", 1)
    url = URL + path.format(pk=far.pk)
    assert admin.post(url, FIELDS | {"reason": "test"}).status_code == 404
    assert admin.get(url).status_code in {404, 405}
    far.refresh_from_db()
    assert (far.headline_raw, far.voided_at) == ("Elsewhere", None)


def test_a_voter_is_added_by_hand(admin, poll):
    page = admin.post(f"{URL}add/", FIELDS, follow=True)
    assert "Kim was added." in page.content.decode()
    vote = Vote.objects.get(poll=poll)
    assert (vote.headline_raw, vote.option.text, vote.voter.name) == ("Agent", "Not very important", "Kim")


def test_the_same_voter_twice_is_refused_with_a_sentence(admin, poll):
    admin.post(f"{URL}add/", FIELDS)
    answer = admin.post(f"{URL}add/", FIELDS)
    assert answer.status_code == 422
    assert "k1" in answer.content.decode()
    assert Vote.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"option": ""}, "This field is required."),
        ({"option": "Perhaps"}, "Select a valid choice."),
        ({"headline": "", "name": "", "voter_id": ""}, "who voted"),
        ({"profile_url": "javascript:alert(1)"}, "is no web address"),
        ({"voted_at": "x" * 201}, "at most 200 characters"),
        ({"name": "x" * 501}, "at most 500 characters"),
        ({"name": "a\x00b"}, "Null characters"),
    ],
)
def test_what_an_import_would_not_take_is_not_taken_by_hand(admin, poll, fields, sentence):
    answer = admin.post(f"{URL}add/", FIELDS | fields)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Vote.objects.exists()


def test_an_empty_form_names_what_is_missing(admin, poll):
    assert admin.post(f"{URL}add/").status_code == 422


def test_a_vote_is_corrected_and_what_was_there_is_kept(admin, vote):
    url = f"{URL}{vote.pk}/"
    page = admin.get(url).content.decode()
    assert 'value="Lee"' in page
    assert "CX Lead" in page
    fields = FIELDS | {"voter_id": "l1", "name": "Lee Major", "headline": "CX Director"}
    answer = admin.post(url, fields, follow=True)
    assert "What was there before is kept." in answer.content.decode()
    vote.refresh_from_db()
    assert (vote.headline_raw, vote.voter.name, vote.option.text) == (
        "CX Director",
        "Lee Major",
        "Not very important",
    )
    assert VoteChange.objects.filter(vote=vote).count() == 1
    assert "“CX Lead”" in admin.get(url).content.decode()


def test_saving_the_same_again_changes_nothing(admin, vote):
    fields = FIELDS | {"voter_id": "l1"}
    admin.post(f"{URL}{vote.pk}/", fields)
    admin.post(f"{URL}{vote.pk}/", fields)
    assert VoteChange.objects.filter(vote=vote).count() == 1


def test_a_corrected_headline_moves_the_vote_to_its_new_case(admin, vote, poll, ada, rosa, sam, jude):
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
    admin.post(f"{URL}{vote.pk}/", FIELDS | {"voter_id": "l1", "headline": "CX Director"})
    votes = dict(Case.objects.filter(round=made).values_list("text", "n_votes"))
    assert votes == {"CX Lead": 0, "CX Director": 1}


@pytest.mark.parametrize("reason", ["own", "company", "test"])
def test_a_vote_is_excluded_with_its_reason_and_taken_back(reason, admin, vote, ada):
    page = admin.post(f"{URL}{vote.pk}/exclude/", {"reason": reason, "note": ""}, follow=True)
    assert "The vote no longer counts." in page.content.decode()
    vote.refresh_from_db()
    assert (vote.void_reason, vote.voided_by) == (reason, ada)
    page = admin.post(f"{URL}{vote.pk}/take-back/", follow=True)
    assert "The vote counts again." in page.content.decode()
    vote.refresh_from_db()
    assert (vote.voided_at, vote.void_reason) == (None, "")


def test_a_second_click_changes_nothing(admin, vote):
    url = f"{URL}{vote.pk}/exclude/"
    admin.post(url, {"reason": "test"})
    vote.refresh_from_db()
    first = vote.voided_at
    admin.post(url, {"reason": "own"})
    vote.refresh_from_db()
    assert (vote.voided_at, vote.void_reason) == (first, "test")
    for _ in range(2):
        assert admin.post(f"{URL}{vote.pk}/take-back/").status_code == 302
    vote.refresh_from_db()
    assert vote.voided_at is None


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({}, "This field is required."),
        ({"reason": "boredom"}, "Select a valid choice."),
        ({"reason": "other"}, "Say in a few words why this vote should not count."),
        ({"reason": "test", "note": "x" * 501}, "at most 500 characters"),
    ],
)
def test_an_exclusion_needs_its_reason(admin, vote, data, sentence):
    answer = admin.post(f"{URL}{vote.pk}/exclude/", data)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    vote.refresh_from_db()
    assert vote.voided_at is None
