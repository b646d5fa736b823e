"""The list of voters."""

from __future__ import annotations

import html
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from classify import rounds
from classify.models import Case
from polls.models import Batch, HeadlinePart, JobTitle, Vote, Voter
from polls.votes import correct_voter, exclude_vote
from tests import factories
from tests.classify.acts import open_round, say
from tests.doors import check_door

URL = "/polls/cx-head/voters/"
STATEMENTS, SEARCHING = 18, 13
REFUSAL = "Only an admin of this poll may see who voted for what."


def text_of(answer):
    """What a page says, without its tags."""
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split())


@pytest.fixture
def votes(poll):
    """Three votes of people with names; Kim is from Poland."""
    made = [
        factories.make_vote(poll, "Agent | Coach", 1, name="Kim"),
        factories.make_vote(poll, "CX Lead", 2, name="Lee"),
        factories.make_vote(poll, "", 3, name="Mo"),
    ]
    Voter.objects.filter(pk=made[0].voter_id).update(country="Poland")
    return made


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
        ({"q": "ee"}, set()),  # in the middle of a word: too short for that
        ({"q": "le"}, {"Lee"}),
        ({"q": "cx"}, {"Lee"}),
        ({"q": "lea lee"}, {"Lee"}),
        ({"q": "lea kim"}, set()),
        ({"q": "%"}, set()),
        ({"state": "excluded"}, {"Lee"}),
        ({"state": "live"}, {"Kim", "Mo"}),
        ({"q": "\x00"}, set()),
        ({"q": "  "}, {"Kim", "Lee", "Mo"}),
        ({"country": "land"}, {"Kim"}),
        ({"country": "land", "q": "lee"}, set()),
        ({"batch": "nonsense"}, {"Kim", "Lee", "Mo"}),
        ({"title": "x", "mark": "x", "headline": "-1"}, set()),
        ({"title": "9" * 40}, set()),
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
    assert "1 vote fits this search" in page
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
    with django_assert_num_queries(STATEMENTS):
        admin.get(URL)
    for n in range(60):
        factories.make_vote(poll, f"Title {n}", 1, name=f"Person {n:02d}")
    with django_assert_num_queries(STATEMENTS):
        page = text_of(admin.get(URL))
    assert "63 votes." in page
    assert "Person 59" not in page
    assert "Person 59" in text_of(admin.get(URL, {"page": 2}))
    assert "Person 59" in text_of(admin.get(URL, {"page": 2, "per_page": 1}))


def test_a_search_takes_a_fixed_number_of_statements(votes, poll, admin, django_assert_num_queries):
    for n in range(60):
        factories.make_vote(poll, f"Agent {n}", 1, name=f"Person {n:02d}")
    admin.get(URL, {"q": "agent"})
    with django_assert_num_queries(SEARCHING):
        page = text_of(admin.get(URL, {"q": "agent"}))
    assert "61 votes fit this search." in page


def test_a_list_comes_back_as_it_was_left(votes, admin, poll, client_for, ada):
    admin.get(URL, {"q": "lee", "sort": "-voter", "state": "live", "unknown": "x"})
    answer = admin.get(URL)
    assert answer.status_code == 302
    assert answer["Location"] == f"{URL}?q=lee&state=live&sort=-voter"
    assert client_for(ada).get(URL).status_code == 200  # another session knows nothing of it
    assert admin.get(URL, {"clear": "1"})["Location"] == URL
    assert "3 votes." in text_of(admin.get(URL))


def test_each_list_remembers_its_own(votes, admin, poll, ada):
    other = factories.make_poll("other")
    factories.make_member("ada", other, "admin")
    admin.get(URL, {"q": "lee"})
    assert admin.get("/polls/other/voters/").status_code == 200
    assert admin.get("/polls/cx-head/titles/").status_code == 200


def test_what_is_remembered_has_a_bound(votes, admin):
    admin.get(URL, {"q": "lee"})
    admin.get(URL, {"q": "y" * 5000})
    assert admin.get(URL)["Location"] == f"{URL}?q=lee"
    admin.get(URL, {"option": ""})
    assert admin.get(URL).status_code == 200


@pytest.fixture
def long_list(poll, monkeypatch):
    """120 votes, in a house where sixty are too many to count."""
    monkeypatch.setattr("classify.views.lists.COUNTED_UP_TO", 60)
    monkeypatch.setattr("classify.views.vote_lists.COUNTED_UP_TO", 60)
    monkeypatch.setattr("classify.views.lists.count_up_to.__defaults__", (60,))
    return [factories.make_vote(poll, f"Clerk {n}", 1 + n % 2, name=f"Person {n:03d}") for n in range(120)]


def people_of(page):
    return re.findall(r"Person (\d{3})", page)


def linked(answer, text):
    """Where the link of that text goes."""
    return html.unescape(re.search(rf'href="([^"]*)">{text}<', answer.content.decode())[1])


def test_a_long_list_is_gone_through_in_pieces_without_counting(long_list, admin):
    answer = admin.get(URL)
    page = text_of(answer)
    assert "More than 60 votes. Search or filter to sort them by another column." in page
    assert "?sort=" not in answer.content.decode()
    seen = sorted(set(people_of(page)))
    while 'rel="next"' in answer.content.decode():
        answer = admin.get(URL + linked(answer, "Next"))
        seen += sorted(set(people_of(text_of(answer))))
    assert seen == [f"{n:03d}" for n in range(120)]
    back = admin.get(URL + linked(answer, "Previous"))
    assert set(people_of(text_of(back))) == {f"{n:03d}" for n in range(50, 100)}
    assert "Person 000" in text_of(admin.get(URL + linked(back, "First")))


def test_the_end_of_a_long_list_costs_what_its_beginning_does(long_list, admin, django_assert_num_queries):
    last = admin.get(URL + linked(admin.get(URL), "Last"))
    assert "Person 119" in text_of(last)
    assert 'rel="next"' not in last.content.decode()
    with CaptureQueriesContext(connection) as asked:
        admin.get(URL, {"before": 2**63 - 1})
    assert not [one["sql"] for one in asked if re.search("OFFSET [1-9]", one["sql"])]


def test_a_long_list_that_is_narrowed_is_counted_and_sorted(long_list, admin, poll):
    option = poll.options.get(position=2)
    page = text_of(admin.get(URL, {"option": option.pk, "sort": "-voter"}))
    assert "60 votes fit this search." in page
    assert people_of(page)[0] == "119"


def test_a_search_that_finds_too_much_says_so(votes, poll, admin, monkeypatch):
    monkeypatch.setattr("classify.views.vote_lists.FOUND_UP_TO", 5)
    for n in range(6):
        factories.make_vote(poll, "Clerk", 1, name=f"Person {n:03d}")
    page = text_of(admin.get(URL, {"q": "clerk"}))
    assert "More than 5 votes fit this search; the first 5 found are listed. Another word narrows it." in page
    assert len(set(people_of(page))) == 5


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("x" * 201, "Search for at most 200 characters."),
        ("a b c d e f g", "Search for at most 6 words."),
        ("kim %", "has no letter and no digit"),
        ("\x00", "Null characters are not allowed."),
    ],
)
def test_a_search_that_cannot_be_made_says_why_and_shows_nobody(text, sentence, votes, admin):
    page = text_of(admin.get(URL, {"q": text}))
    assert sentence in page
    assert " Kim " not in page


def test_holders_of_a_title_or_headline_are_listed_alone(votes, poll, admin):
    title = JobTitle.objects.create(text="Coach", key_hash=b"coach")
    HeadlinePart.objects.create(headline=votes[0].headline, position=2, job_title=title, raw="Coach")
    for query in (
        {"title": title.pk},
        {"title": title.pk, "mark": "current"},
        {"headline": votes[0].headline_id},
    ):
        page = text_of(admin.get(URL, query))
        assert "1 vote fits" in page
        assert " Kim " in page
        assert "Show everybody" in page
    page = text_of(admin.get(URL, {"title": title.pk, "mark": "former"}))
    assert "Only voters with the job title “Coach” (former role)." in page
    assert "No vote fits this search" in page


def test_a_title_of_another_poll_is_not_named(votes, admin):
    far = factories.make_vote(factories.make_poll("other"), "Astronaut", 1)
    title = JobTitle.objects.create(text="Astronaut", key_hash=b"astronaut")
    HeadlinePart.objects.create(headline=far.headline, position=1, job_title=title, raw="Astronaut")
    for query in ({"title": title.pk}, {"headline": far.headline_id}):
        page = text_of(admin.get(URL, query))
        assert "that nobody in this poll shows" in page
        assert "Astronaut" not in page


def test_votes_of_an_import_are_listed_alone(votes, poll, admin):
    batch = Batch.objects.create(poll=poll, file_name="more.csv", sha256=b"1", encoding="utf-8")
    factories.make_vote(poll, "Clerk", 1, name="Pia", batch=batch)
    page = text_of(admin.get(URL, {"batch": batch.pk}))
    assert "more.csv" in page
    assert " Pia " in page
    assert " Kim " not in page


@pytest.mark.parametrize("closed", [False, True])
def test_headlines_that_changed_since_they_were_read_are_found(
    closed, votes, poll, admin, ada, rosa, sam, jude
):
    round = open_round(poll, reviewers=[rosa, sam], by=ada, adjudicators=[jude])
    for case in Case.objects.filter(round=round, text="CX Lead"):
        say(round, case, rosa, "cx")
    if closed:
        rounds.close_coding(round=round, by=ada)
    for vote in votes[:2]:  # nobody has read Kim's
        correct_voter(vote=vote, fields={"headline": "Astronaut"}, by=ada)
    page = text_of(admin.get(URL, {"state": "changed"}))
    assert "1 vote fits" in page
    assert " Lee " in page


@pytest.mark.parametrize(
    ("reason", "label"),
    [
        ("undone", "Its import was undone"),
        ("replaced", "The voter answered anew"),
        ("double", "The same person's other vote"),
    ],
)
def test_what_no_person_excluded_says_why_and_is_not_taken_back_by_hand(reason, label, votes, admin):
    Vote.objects.filter(pk=votes[0].pk).update(voided_at=timezone.now(), void_reason=reason)
    page = text_of(admin.get(URL)).replace("&#x27;", "'")
    assert f"no: {label}" in page
    assert "Count it again" not in page
    answer = admin.post(f"{URL}{votes[0].pk}/take-back/", follow=True)
    assert "The vote counts again." not in answer.content.decode()
    assert Vote.objects.get(pk=votes[0].pk).void_reason == reason


def test_look_alikes_are_counted_beside_the_list(votes, poll, admin):
    assert "to decide" not in text_of(admin.get(URL))
    factories.make_vote(poll, "Agent | Coach", 2, name="Kim")
    assert "1 look-alike to decide" in text_of(admin.get(URL))
