"""One voter across polls, and looking for one."""

from __future__ import annotations

import html
import re

import pytest

from classify import rounds
from polls.merging import merge_voters
from polls.models import Batch, VoteChange, Voter, VoterKey, VoterMerge
from polls.votes import correct_voter, exclude_vote
from tests import factories
from tests.classify.acts import open_round
from tests.doors import as_person, check_door

FIND = "/voters/"


def text_of(answer):
    """What a page says, without its tags."""
    assert answer.status_code == 200
    return html.unescape(" ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split()))


@pytest.fixture
def far(db):
    """Another poll, with an admin of its own."""
    poll = factories.make_poll("far-away", ["Yes", "No"])
    factories.make_member("ola", poll, "admin")
    return poll


@pytest.fixture
def kim(poll, far):
    """A voter of both polls, who showed another headline in each."""
    vote = factories.make_vote(poll, "CX Lead", 1, name="Kim", voter_id="k-here")
    factories.make_vote(far, "Astronaut", 2, voter=vote.voter, voter_id="k-there")
    VoterKey.objects.create(voter=vote.voter, scheme="url", value="example.org/kim", value_hash=b"kim")
    return vote.voter


@pytest.fixture
def lee(poll):
    """A voter of the first poll alone."""
    return factories.make_vote(poll, "Agent", 2, name="Lee").voter


def page_of(voter):
    return f"/voters/{voter.pk}/"


FAR_MARKS = ("Astronaut", "far-away", "k-there", "Yes", "No ", "2 polls")


@pytest.mark.parametrize("username", ["rosa", "jude", "vera", "nina"])
def test_a_voter_of_whom_one_may_see_nothing_is_not_there(username, request, kim, ada):
    check_door(page_of(kim), stranger=request.getfixturevalue(username), allowed=ada, wrong_method="post")


def test_an_admin_of_one_poll_learns_nothing_of_another(kim, ada, client_for):
    answer = client_for(ada).get(page_of(kim))
    page = text_of(answer)
    assert "Kim" in page
    assert "CX Lead" in page
    assert "voter id k-here in cx-head" in page
    assert "profile address example.org/kim" in page
    for mark in FAR_MARKS:
        assert mark not in answer.content.decode()


def test_an_admin_of_both_sees_both_with_the_headline_shown_in_each(kim, far, ada, client_for):
    factories.make_member("ada", far, "admin")
    page = text_of(client_for(ada).get(page_of(kim)))
    assert "cx-head CX Lead Extremely important" in page
    assert "far-away Astronaut No" in page
    assert "voter id k-there in far-away" in page


def test_an_admin_who_reads_in_one_poll_sees_the_voter_in_the_other_alone(
    kim, lee, far, poll, ada, rosa, jude, client_for
):
    factories.make_member("ada", far, "admin")
    round = open_round(poll, reviewers=[ada, rosa], by=ada, adjudicators=[jude])
    admin = client_for(ada)
    page = text_of(admin.get(page_of(kim)))
    assert "Astronaut" in page
    assert "CX Lead" not in page
    assert "cx-head" not in page
    assert admin.get(page_of(lee)).status_code == 404
    assert "Nobody was found" in text_of(admin.get(FIND, {"q": "lead"}))
    assert "In the one poll whose votes you may see." in text_of(admin.get(FIND, {"q": "kim"}))
    rounds.close_coding(round=round, by=ada)
    assert "CX Lead" in text_of(admin.get(page_of(kim)))


def test_what_was_there_before_is_told_of_polls_one_sees(kim, poll, far, ada, client_for):
    here = kim.votes.get(poll=poll)
    correct_voter(vote=here, fields={"headline": "CX Chief", "country": "Poland"}, by=ada)
    exclude_vote(vote=here, reason="own", by=ada)
    batch = Batch.objects.create(poll=poll, file_name="again.csv", sha256=b"1", encoding="utf-8")
    VoteChange.objects.create(vote=here, batch=batch, before={"extra": {"Region": "North"}, "option": "x"})
    VoteChange.objects.create(vote=kim.votes.get(poll=far), before={"headline": "Cosmonaut"})
    page = text_of(client_for(ada).get(page_of(kim)))
    assert "cx-head, ada: country nothing, headline “CX Lead”" in page
    assert "not counted “it counted”" in page
    assert "by the import of again.csv: " in page
    assert "Region: North" in page
    assert "no: The researcher's own vote" in page
    assert "Cosmonaut" not in page


def test_who_was_merged_leads_to_who_was_kept_and_back_again(kim, lee, poll, far, ada, client_for):
    factories.make_member("ada", far, "admin")
    merge = merge_voters(kept=kim, merged=lee, by=ada)
    admin = client_for(ada)
    lee.refresh_from_db()
    assert admin.get(page_of(lee)).headers.get("Location", page_of(kim)) == page_of(kim)
    page = text_of(admin.get(page_of(kim)))
    assert "Lee was found to be the same person" in page
    assert "no: The same person's other vote" in page
    answer = admin.post(f"/voters/merges/{merge.pk}/undo/", follow=True)
    page = text_of(answer)
    assert "The two are two voters again." in page
    assert "Taken apart again on" in page
    assert "Make two voters of them again" not in page
    assert "Agent" in text_of(admin.get(page_of(lee)))
    again = text_of(admin.post(f"/voters/merges/{merge.pk}/undo/", follow=True))
    assert "This merge was taken apart already." in again
    assert VoterMerge.objects.filter(undone_at__isnull=False).count() == 1


def test_a_merge_that_concerns_a_poll_one_may_not_see_is_neither_shown_nor_undone(
    kim, lee, ada, far, client_for
):
    merge = merge_voters(kept=kim, merged=lee, by=ada)
    admin = client_for(ada)
    assert "same person on" not in text_of(admin.get(page_of(kim)))
    answer = admin.post(f"/voters/merges/{merge.pk}/undo/")
    # As if there were none: a refusal would tell of a poll that this person may not see.
    assert answer.status_code == 404
    page = html.unescape(answer.content.decode())
    for mark in FAR_MARKS[:3]:
        assert mark not in page
    merge.refresh_from_db()
    assert merge.undone_at is None


def test_undoing_is_a_post_of_who_sees_the_voter(kim, lee, ada, far, rosa, nina):
    merge = merge_voters(kept=kim, merged=lee, by=ada)
    url = f"/voters/merges/{merge.pk}/undo/"
    check_door(url, stranger=nina, method="post", allowed=ada, wrong_method="get")
    assert as_person(rosa).post(url).status_code == 404
    assert as_person(ada).post("/voters/merges/99999999/undo/").status_code == 404


def test_a_voter_costs_a_fixed_number_of_statements(kim, far, ada, client_for, django_assert_num_queries):
    admin = client_for(ada)
    with django_assert_num_queries(8):
        admin.get(page_of(kim))
    for n in range(5):
        poll = factories.make_poll(f"poll-{n}")
        factories.make_member("ada", poll, "admin")
        factories.make_vote(poll, f"Title {n}", 1, voter=kim, voter_id=f"k{n}")
    with django_assert_num_queries(8):
        page = text_of(admin.get(page_of(kim)))
    assert "Title 4" in page


def test_what_a_voter_wrote_is_shown_as_text(poll, ada, client_for):
    vote = factories.make_vote(poll, "<script>alert(1)</script>", 1, name="<b>Kim</b>", comment="<i>x</i>")
    page = client_for(ada).get(page_of(vote.voter)).content.decode()
    for tag in ("<script>alert", "<b>Kim", "<i>x"):
        assert tag not in page


@pytest.mark.parametrize("username", ["rosa", "jude", "vera", "nina"])
def test_only_who_sees_votes_of_a_poll_may_look_for_voters(username, request, kim, ada):
    check_door(
        FIND,
        refused=request.getfixturevalue(username),
        sentence="Only an admin who may see the votes of a poll can look for voters.",
        allowed=ada,
        wrong_method="post",
    )


def test_voters_are_found_in_every_poll_one_sees_and_in_no_other(kim, lee, far, ada, client_for):
    admin = client_for(ada)
    page = text_of(admin.get(FIND, {"q": "kim"}))
    assert "1 vote." in page
    assert "Kim CX Lead cx-head Extremely important yes" in page
    assert "Nobody was found" in text_of(admin.get(FIND, {"q": "astronaut"}))
    factories.make_member("ada", far, "admin")
    page = text_of(admin.get(FIND, {"q": "kim astro"}))
    assert "Kim Astronaut far-away No yes" in page
    assert "In all 2 polls whose votes you may see." in page


def test_too_many_found_is_said(poll, ada, client_for):
    for n in range(51):
        factories.make_vote(poll, "Clerk", 1, name=f"Person {n}")
    page = text_of(client_for(ada).get(FIND, {"q": "clerk"}))
    assert "More than 50 votes; the first 50 found are listed." in page


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({}, "Find a voter"),
        ({"q": ""}, "Find a voter"),
        ({"q": "%"}, "signs alone cannot be searched"),
        ({"q": "\x00"}, "Null characters are not allowed."),
        ({"q": "x" * 999}, "Search for at most 200 characters."),
    ],
)
def test_what_cannot_be_looked_for_says_why(query, sentence, kim, ada, client_for):
    page = text_of(client_for(ada).get(FIND, query))
    assert sentence in page
    assert "Nobody was found" not in page
    assert "CX Lead" not in page


def test_a_search_costs_a_fixed_number_of_statements(kim, far, ada, client_for, django_assert_num_queries):
    admin = client_for(ada)
    with django_assert_num_queries(10):
        admin.get(FIND, {"q": "kim"})
    for n in range(30):
        poll = factories.make_poll(f"poll-{n}")
        factories.make_member("ada", poll, "admin")
        factories.make_vote(poll, "Clerk", 1, name=f"Person {n}")
    with django_assert_num_queries(10):
        page = text_of(admin.get(FIND, {"q": "clerk"}))
    assert "30 votes." in page


def test_a_superuser_sees_the_voters_of_every_poll(kim, client_for):
    root = factories.make_user("root", is_superuser=True, is_staff=True)
    assert "Astronaut" in text_of(client_for(root).get(page_of(kim)))
    assert Voter.objects.count() == 1
