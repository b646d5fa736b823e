"""The overview of a poll."""

from __future__ import annotations

import re

import pytest

from classify import rounds
from classify.models import Round
from polls.models import Option
from tests import factories
from tests.doors import check_door

URL = "/polls/cx-head/"


def text_of(answer):
    """What a page says, without its tags."""
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split())


@pytest.fixture
def see(client_for):
    """What a person reads on the page."""
    return lambda person: text_of(client_for(person).get(URL))


@pytest.fixture
def votes(poll):
    """Three votes, published as four."""
    poll.published_total = 4
    poll.save()
    Option.objects.filter(poll=poll, position=1).update(published_share=50)
    return [
        factories.make_vote(poll, "Agent", 1),
        factories.make_vote(poll, "Agent", 2),
        factories.make_vote(poll, "CX Lead", 3),
    ]


def make_round(poll, ada, reviewers, adjudicators, **fields):
    return rounds.create_round(
        poll=poll,
        version=factories.make_codebook(f"book-{Round.objects.count()}"),
        unit="headline",
        rule=fields.pop("rule", "third_person"),
        purpose=fields.pop("purpose", "main"),
        reviewers=reviewers,
        adjudicators=adjudicators,
        by=ada,
    )


def test_members_get_in_and_nobody_else(poll, ada, nina):
    check_door(URL, stranger=nina, allowed=ada, wrong_method="post")


def test_an_empty_poll_says_what_to_do_first(poll, see, ada, vera):
    assert "This poll has no votes yet. Import votes" in see(ada)
    assert "Import votes" not in see(vera)


@pytest.mark.parametrize("username", ["ada", "jude", "vera", "rosa"])
def test_votes_stand_beside_the_published_figures(username, votes, see, request):
    page = see(request.getfixturevalue(username))
    assert "3 votes are here, 4 were published." in page
    assert "Extremely important 1 33.3 % 50 % 1" in page
    assert "Some published figures differ." in page


def test_an_excluded_vote_is_not_counted(votes, see, ada):
    from polls.votes import exclude_vote

    exclude_vote(vote=votes[0], reason="test", by=ada)
    assert "2 votes are here" in see(ada)


def test_who_still_reads_does_not_see_how_votes_fall(votes, poll, see, ada, rosa, sam, jude, vera):
    made = make_round(poll, ada, [rosa, sam], [jude])
    for reader in (rosa, sam):
        page = see(reader)
        assert "3 votes are here" in page
        assert "shown to you once your reading is over" in page
        assert "Extremely important" not in page
    assert "Extremely important 1" in see(vera)
    rounds.close_coding(round=made, by=ada)
    assert "Extremely important 1" in see(rosa)


def test_only_an_admin_finds_the_ways_to_votes_people_and_rounds(votes, see, ada, rosa, jude, vera):
    assert "Set up a round" in see(ada)
    assert "Voters" in see(ada)
    for person in (rosa, jude, vera):
        page = see(person)
        for way in ("Import votes", "People", "Set up a round"):
            assert way not in page
        assert "No round is set up yet." in page


def test_each_person_is_told_their_next_step(votes, poll, see, ada, rosa, sam, jude, vera):
    made = make_round(poll, ada, [rosa, sam], [jude])
    assert "2 titles wait for you. Start reading" in see(rosa)
    assert "Nothing waits for you here." in see(vera)
    assert "Nothing waits for you here." in see(jude)
    rounds.close_coding(round=made, by=ada)
    for person in (ada, rosa, jude, vera):
        assert "The results of round 1 can be seen. Open the report" in see(person)


def test_rounds_are_listed_with_their_state_in_words(votes, poll, see, ada, rosa, sam, jude):
    alone = make_round(poll, ada, [rosa], [jude])
    practice = make_round(poll, ada, [rosa, sam], [jude], purpose="pilot")
    page = see(ada)
    assert "Round 1 Role Open, the second reviewer is still to come 2 cases to read" in page
    assert "Practice round 2 Role Open, being read 2 cases to read" in page
    rounds.discard_round(round=practice, by=ada)
    rounds.close_coding(round=alone, by=ada)
    page = see(ada)
    assert "Practice round 2 Role Discarded" in page
    assert "Round 1 Role Coding is closed" in page


def test_the_number_of_statements_does_not_grow_with_the_votes(
    votes, poll, ada, client_for, django_assert_num_queries
):
    browser = client_for(ada)
    with django_assert_num_queries(7):
        browser.get(URL)
    for n in range(10):
        factories.make_vote(poll, f"Title {n}", 1)
    with django_assert_num_queries(7):
        browser.get(URL)
