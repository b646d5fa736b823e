"""A new poll, from the form to the poll."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from polls.models import Membership, Option, Poll, User, Vote
from tests import factories
from tests.doors import check_door

URL = "/new-poll/"
REFUSAL = "You may not create polls. Ask whoever runs this installation for that right."
ROWS = "voter_id\tname\theadline\toption\nv1\tKim\tAgent\tYes\nv2\tLee\tClerk\tNo\nv3\tMo\tBoss\tPerhaps\n"
DATA = {
    "question": "Is it so?",
    "slug": "is-it-so",
    "options": "Yes, 50 %\nNo, 50 %",
    "published_total": "4",
    "opened_on": "2026-03-01",
    "closed_on": "2026-03-08",
    "pasted": ROWS,
}


@pytest.fixture
def maker(db):
    """Somebody who may create polls and nothing else."""
    root = User.objects.create_superuser("root", password="password")
    from polls.people import add_to_site

    added = add_to_site(username="maker", name="M", may_create_polls=True, by=root)
    return added.user


@pytest.fixture
def browser(maker, client_for):
    """The maker's browser."""
    return client_for(maker)


def begin(browser, **fields):
    answer = browser.post(URL, DATA | fields)
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"]


def commit(browser, url, **columns):
    page = {f"column_{n}": name for n, name in enumerate(["voter_id", "name", "headline", "option"])}
    return browser.post(url, page | columns | {"action": "import"})


@pytest.mark.parametrize("url", [URL, f"{URL}{'x' * 32}/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_only_who_may_create_polls_gets_in(url, method, ada, nina, maker):
    for person in (ada, nina):
        check_door(url, refused=person, sentence=REFUSAL, method=method)
    check_door(url, allowed=maker, wrong_method="put")


def test_nothing_is_made_before_the_rows_were_looked_at(browser):
    url = begin(browser)
    page = browser.get(url).content.decode()
    assert "Create the poll and import 2 rows" in page
    assert "not an option of this poll" in page
    assert not Poll.objects.exists()
    assert not Option.objects.exists()
    assert not Vote.objects.exists()


def test_importing_makes_the_poll_with_its_maker_as_admin(browser, maker):
    answer = commit(browser, begin(browser))
    assert answer.status_code == 302
    poll = Poll.objects.get()
    assert (poll.slug, poll.question, poll.created_by) == ("is-it-so", "Is it so?", maker)
    assert (poll.opened_on, poll.closed_on) == (date(2026, 3, 1), date(2026, 3, 8))
    assert poll.published_total == 4
    assert not poll.options_are_ordered, "the box was not ticked"
    options = poll.options.order_by("position").values_list("text", "published_share")
    assert list(options) == [("Yes", Decimal(50)), ("No", Decimal(50))]
    assert poll.votes.count() == 2
    assert list(Membership.objects.values_list("user__username", "role")) == [("maker", "admin")]
    page = browser.get(answer["Location"]).content.decode()
    assert "2 voters in this poll" in page
    assert "Download 1 rejected row" in page


def test_before_the_poll_is_made_its_rejected_rows_can_be_downloaded(browser, nina, client_for):
    url = f"{begin(browser)}rejected.csv"
    content = b"".join(browser.get(url).streaming_content).decode("utf-8-sig")
    assert content.splitlines()[1].startswith("v3,Mo,Boss,Perhaps,")
    assert browser.post(url).status_code == 405
    assert client_for(nina).get(url).status_code == 403
    assert client_for(User.objects.get(username="root")).get(url).status_code == 404
    assert not Poll.objects.exists()


def test_a_poll_of_several_choices_takes_several_votes_of_a_voter(browser):
    rows = "voter_id\toption\nv1\tYes; No\nv2\tNo\n"
    url = begin(browser, pasted=rows, multiple="on")
    page = browser.get(url).content.decode()
    assert "2 voters" in page
    assert "3 votes, since a voter could choose several options" in page
    assert "Share of the voters" in page
    names = {"column_0": "voter_id", "column_1": "option", "multiple": "on"}
    answer = browser.post(url, names | {"action": "import"})
    assert answer.status_code == 302
    assert not Poll.objects.get().single_choice
    assert Vote.objects.count() == 3
    assert "3 votes" in browser.get(answer["Location"]).content.decode()


def test_that_voters_could_choose_several_options_can_be_said_while_looking(browser):
    rows = "voter_id\toption\nv1\tYes; No\nv2\tNo\n"
    url = begin(browser, pasted=rows)
    assert "Yes; No" in browser.get(url).content.decode()
    names = {"column_0": "voter_id", "column_1": "option"}
    browser.post(url, names | {"multiple": "on", "action": "look"})
    assert "3 votes" in browser.get(url).content.decode()
    answer = browser.post(url, names | {"action": "import"}, follow=True)
    assert "Look at the rows once more" in answer.content.decode(), "it was taken back"
    assert not Poll.objects.exists()


def test_options_are_taken_from_the_file_in_order_of_appearance(browser):
    commit(browser, begin(browser, options="", options_are_ordered="on"))
    poll = Poll.objects.get()
    assert poll.options_are_ordered
    assert list(poll.options.order_by("position").values_list("text", flat=True)) == ["Yes", "No", "Perhaps"]


def test_a_second_click_leads_to_the_same_result(browser):
    url = begin(browser)
    first = commit(browser, url)
    again = commit(browser, url)
    assert again.status_code == 302
    assert again["Location"] == first["Location"]
    assert browser.get(url)["Location"] == first["Location"]
    assert Poll.objects.count() == 1
    assert Vote.objects.count() == 2


def test_cancelling_leaves_nothing(browser, settings):
    url = begin(browser)
    answer = browser.post(url, {"action": "cancel"})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert not Poll.objects.exists()
    assert not list(Path(settings.MEDIA_ROOT).iterdir())
    assert browser.get(url).status_code == 404
    assert browser.post(url, {"action": "cancel"}).status_code == 404


def test_a_slug_taken_meanwhile_gives_nobody_a_way_into_that_poll(browser, maker):
    url = begin(browser)
    other = factories.make_poll("is-it-so", options=["Yes", "No"])
    answer = commit(browser, url)
    assert answer.status_code == 422
    assert "There is a poll named is-it-so by now." in answer.content.decode()
    assert not Membership.objects.filter(poll=other).exists()
    assert not other.votes.exists()


def test_rows_of_which_none_is_accepted_make_no_poll(browser):
    url = begin(browser, pasted="voter_id,option\nv1,Perhaps\n")
    page = browser.get(url).content.decode()
    assert "nothing was written" in page
    assert "Create the poll" not in page
    answer = browser.post(url, {"column_0": "voter_id", "column_1": "option", "action": "import"})
    assert answer.status_code == 422
    assert "nothing was written" in answer.content.decode()
    assert not Poll.objects.exists()


def test_the_upload_of_one_is_not_found_by_another_maker(browser, client_for):
    url = begin(browser)
    root = client_for(User.objects.get(username="root"))
    assert root.get(url).status_code == 404
    assert root.post(url, {"action": "cancel"}).status_code == 404
    assert browser.get(url).status_code == 200


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(browser):
    answer = browser.post(URL, DATA | {"slug": "Bad Slug", "options": "Yes, 50 %\nNo"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "small letters, digits and single hyphens" in page
    assert "of every option, or of none" in page
    assert 'value="Bad Slug"' in page
    assert "Is it so?" in page
