"""The list of voters."""

from __future__ import annotations

import re

import pytest

from classify import rounds
from polls.votes import exclude_vote
from tests import factories
from tests.doors import check_door

URL = "/polls/cx-head/voters/"
REFUSAL = "Only an admin of this poll may see who voted for what."


def text_of(answer):
    """What a page says, without its tags."""
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split())


@pytest.fixture
def admin(ada, client_for):
    """Ada's browser."""
    return client_for(ada)


@pytest.fixture
def votes(poll):
    """Three votes of people with names."""
    return [
        factories.make_vote(poll, "Agent | Coach", 1, name="Kim"),
        factories.make_vote(poll, "CX Lead", 2, name="Lee"),
        factories.make_vote(poll, "", 3, name="Mo"),
    ]


@pytest.mark.parametrize("username", ["rosa", "jude", "vera"])
def test_only_an_admin_gets_in(username, request, ada, nina):
    member = request.getfixturevalue(username)
    check_door(URL, refused=member, sentence=REFUSAL, stranger=nina, allowed=ada, wrong_method="post")


def test_an_admin_who_still_reads_is_refused_whatever_else_they_are(votes, poll, ada, rosa, jude, admin):
    made = rounds.create_round(
        poll=poll,
        version=factories.make_codebook(),
        unit="headline",
        rule="third_person",
        purpose="main",
        reviewers=[ada, rosa],
        adjudicators=[jude],
        by=ada,
    )
    for path in ("", "add/", f"{votes[0].pk}/", f"{votes[0].pk}/exclude/"):
        answer = admin.get(URL + path)
        assert answer.status_code == 403
        assert "You read in a round of this poll that is still open." in answer.content.decode()
        assert "Kim" not in answer.content.decode()
    assert admin.post(f"{URL}{votes[0].pk}/take-back/").status_code == 403
    rounds.close_coding(round=made, by=ada)
    assert "Kim" in text_of(admin.get(URL))


def test_everybody_is_listed_with_title_and_option(votes, admin):
    page = text_of(admin.get(URL))
    assert "3 votes." in page
    assert "Kim Agent | Coach Extremely important" in page
    assert "Lee CX Lead Moderately important" in page


def test_votes_of_another_poll_are_not_there(votes, admin, db):
    other = factories.make_poll("other")
    factories.make_vote(other, "Elsewhere", 1, name="Stranger")
    page = text_of(admin.get(URL))
    assert "Stranger" not in page
    assert "Elsewhere" not in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"q": "kim"}, {"Kim"}),
        ({"q": "COACH"}, {"Kim"}),
        ({"q": "e"}, {"Kim", "Lee"}),
        ({"q": "v"}, {"Kim", "Lee", "Mo"}),
        ({"q": "%"}, set()),
        ({"state": "excluded"}, {"Lee"}),
        ({"state": "live"}, {"Kim", "Mo"}),
        ({"q": "\x00"}, {"Kim", "Lee", "Mo"}),
        ({"q": "x" * 5000}, set()),
        ({"sort": "-voter"}, {"Kim", "Lee", "Mo"}),
        ({"page": "99"}, {"Kim", "Lee", "Mo"}),
        ({"page": "zzz"}, {"Kim", "Lee", "Mo"}),
        ({"sort": "nonsense"}, {"Kim", "Lee", "Mo"}),
    ],
)
def test_search_and_filters_show_what_fits(query, shown, votes, ada, admin):
    exclude_vote(vote=votes[1], reason="own", by=ada)
    page = text_of(admin.get(URL, query))
    assert {name for name in ("Kim", "Lee", "Mo") if f" {name} " in page} == shown


def test_an_option_filters(votes, poll, admin):
    option = poll.options.get(position=3)
    page = text_of(admin.get(URL, {"option": option.pk}))
    assert "1 vote fit this search" in page
    assert " Mo " in page
    assert " Kim " not in page


@pytest.mark.parametrize("column", ["voter", "headline", "option", "voted_at", "voter_id_shown", "state"])
def test_every_column_sorts_both_ways(column, votes, admin):
    up = text_of(admin.get(URL, {"sort": column}))
    down = text_of(admin.get(URL, {"sort": f"-{column}"}))
    assert "3 votes." in up
    assert "3 votes." in down


def test_sorting_by_name_orders_the_rows(votes, admin):
    page = text_of(admin.get(URL, {"sort": "-voter"}))
    assert page.index(" Mo ") < page.index(" Lee ") < page.index(" Kim ")


def test_an_excluded_vote_says_why_and_can_be_taken_back(votes, ada, admin):
    exclude_vote(vote=votes[0], reason="company", by=ada)
    page = text_of(admin.get(URL))
    assert "no: A company page, not a person" in page
    assert "Count it again" in page
    assert "1 of this poll is excluded" in page


def test_empty_states_say_what_to_do(poll, admin, request):
    assert "Import the list of voters" in text_of(admin.get(URL))
    request.getfixturevalue("votes")
    assert "No vote fits this search" in text_of(admin.get(URL, {"q": "zzzz"}))


def test_what_voters_wrote_is_shown_as_text(poll, admin):
    factories.make_vote(poll, "<script>alert(1)</script>", 1, name="<b>Kim</b>")
    page = admin.get(URL).content.decode()
    assert "<script>alert" not in page
    assert "<b>Kim" not in page


def test_pages_and_a_fixed_number_of_statements(votes, poll, admin, django_assert_num_queries):
    with django_assert_num_queries(8):
        admin.get(URL)
    for n in range(60):
        factories.make_vote(poll, f"Title {n}", 1, name=f"Person {n:02d}")
    with django_assert_num_queries(8):
        page = text_of(admin.get(URL))
    assert "63 votes." in page
    assert "Person 59" not in page
    assert "Person 59" in text_of(admin.get(URL, {"page": 2}))
