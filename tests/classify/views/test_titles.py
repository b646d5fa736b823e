"""Job titles and headlines of a poll."""

from __future__ import annotations

import html
import re

import pytest

from classify import rounds
from polls.models import Vote
from tests import factories
from tests.classify.acts import open_round
from tests.doors import check_door
from tests.polls.test_holders import show

URL = "/polls/cx-head/titles/"
STATEMENTS = 14


def text_of(answer):
    """What a page says, without its tags."""
    assert answer.status_code == 200
    return html.unescape(" ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split()))


@pytest.fixture
def shown(poll):
    """Five votes."""
    return [
        show(poll, "CX Lead | Speaker", 1, name="Kim"),
        show(poll, "CX Lead", 2, name="Lee"),
        show(poll, "Former Agent", 3, name="Mo"),
        show(poll, "Aspiring Agent", 3, name="Pia"),
        show(poll, "", 3, name="Quinn"),
    ]


def test_every_member_gets_in_and_nobody_else(poll, vera, nina):
    check_door(URL, stranger=nina, allowed=vera, wrong_method="post")


def test_titles_are_listed_with_their_voters_most_frequent_first(shown, client_for, ada):
    page = text_of(client_for(ada).get(URL))
    assert "4 different job titles." in page
    assert "1 vote came without a headline." in page
    assert re.search(r"CX Lead current 2 1 1 0 .*Former Agent former role 1 0 0 1", page)
    assert "Aspiring Agent hoped-for role 1" in page


def test_headlines_are_a_list_of_their_own(shown, client_for, ada):
    page = text_of(client_for(ada).get(URL, {"show": "headlines"}))
    assert "4 different headlines." in page
    assert "CX Lead | Speaker 1 1 0 0" in page
    assert "current" not in page


@pytest.mark.parametrize("show_what", ["titles", "headlines"])
def test_a_title_leads_to_its_voters(show_what, shown, client_for, ada):
    admin = client_for(ada)
    page = admin.get(URL, {"show": show_what, "q": "former"}).content.decode()
    url = html.unescape(re.search(r'<td[^>]*><a href="([^"]*)">Former Agent<', page)[1])
    voters = text_of(admin.get(url))
    assert " Mo " in voters
    assert " Kim " not in voters


@pytest.mark.parametrize("username", ["vera", "rosa", "jude"])
def test_who_may_not_see_votes_sees_no_option_and_no_voter(username, shown, client_for, request):
    person = request.getfixturevalue(username)
    for show_what in ("titles", "headlines"):
        answer = client_for(person).get(URL, {"show": show_what})
        page = text_of(answer)
        assert "CX Lead" in page
        for untold in ("important", "Kim", "/voters/"):
            assert untold not in answer.content.decode()


def test_an_admin_who_still_reads_sees_no_option_either(shown, client_for, poll, ada, rosa, jude):
    round = open_round(poll, reviewers=[ada, rosa], by=ada, adjudicators=[jude])
    assert "important" not in client_for(ada).get(URL).content.decode()
    rounds.close_coding(round=round, by=ada)
    assert "Extremely important" in client_for(ada).get(URL).content.decode()


def test_a_search_narrows_the_list(shown, client_for, vera):
    viewer = client_for(vera)
    page = text_of(viewer.get(URL, {"q": "AGENT form"}))
    assert "1 job title fits this search." in page
    assert "Former Agent" in page
    assert "CX Lead" not in page
    assert "Nothing fits this search" in text_of(viewer.get(URL, {"q": "zzzz"}))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("x" * 300, "at most 200 characters"), ("%", "signs alone"), ("\x00", "Null characters")],
)
def test_a_search_that_cannot_be_made_says_why(text, sentence, shown, client_for, vera):
    page = text_of(client_for(vera).get(URL, {"q": text}))
    assert sentence in page
    assert "CX Lead" not in page


def test_both_columns_sort_both_ways(shown, client_for, vera):
    viewer = client_for(vera)
    up = text_of(viewer.get(URL, {"sort": "text"}))
    assert up.index("Aspiring Agent") < up.index("CX Lead") < up.index("Speaker")
    down = text_of(viewer.get(URL, {"sort": "-text"}))
    assert down.index("Speaker") < down.index("CX Lead") < down.index("Aspiring Agent")
    rare = text_of(viewer.get(URL, {"sort": "voters"}))
    assert rare.index("Speaker") < rare.index("CX Lead current")
    assert "CX Lead" in text_of(viewer.get(URL, {"sort": "nonsense"}))


def test_pages_and_a_fixed_number_of_statements(poll, client_for, ada, django_assert_num_queries):
    admin = client_for(ada)
    show(poll, "Clerk", 1)
    admin.get(URL, {"show": "titles"})
    with django_assert_num_queries(STATEMENTS):
        admin.get(URL, {"show": "titles"})
    for n in range(60):
        show(poll, f"Title {n:02d}", 1)
    with django_assert_num_queries(STATEMENTS):
        page = text_of(admin.get(URL, {"show": "titles"}))
    assert "61 different job titles." in page
    assert "page 1" in page
    seen = set(re.findall(r"Title \d\d", page)) | set(
        re.findall(r"Title \d\d", text_of(admin.get(URL, {"page": 2})))
    )
    assert len(seen) == 60
    for page in ("99", "9" * 40, "-1", "zzz"):
        assert admin.get(URL, {"page": page}).status_code == 200
    assert "This page is empty" in text_of(admin.get(URL, {"page": 99}))


def test_the_list_comes_back_as_it_was_left(shown, client_for, vera):
    viewer = client_for(vera)
    viewer.get(URL, {"show": "headlines", "q": "lead"})
    assert viewer.get(URL)["Location"] == f"{URL}?q=lead&show=headlines"
    viewer.get(URL, {"clear": 1})
    assert viewer.get(URL).status_code == 200


def test_an_empty_poll_says_what_comes(poll, client_for, vera):
    assert "No titles yet" in text_of(client_for(vera).get(URL))


def test_titles_of_another_poll_are_not_there(shown, client_for, vera):
    show(factories.make_poll("other"), "Astronaut", 1)
    assert "Astronaut" not in text_of(client_for(vera).get(URL, {"q": ""}))
    assert Vote.objects.filter(headline_raw="Astronaut").exists()


def test_what_voters_wrote_is_shown_as_text(poll, client_for, ada):
    show(poll, "<script>alert(1)</script>", 1)
    for show_what in ("titles", "headlines"):
        page = client_for(ada).get(URL, {"show": show_what}).content.decode()
        assert "<script>alert" not in page
        assert "alert(1)" in page
