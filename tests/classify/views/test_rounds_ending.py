"""Pages that reopen, archive and take out of the archive."""

from __future__ import annotations

import pytest

from classify import rounds
from classify.models import Round
from tests.classify.pools import make_pool, read_some, titles
from tests.classify.views.test_rounds import ADMIN, ROUND, text_of
from tests.doors import check_door


@pytest.fixture
def closed(poll, ada, rosa, sam):
    titles(poll, 3)
    round = make_pool(poll, [rosa, sam], ada)
    read_some(round, rosa, 2)
    rounds.close_coding(round=round, by=ada)
    return Round.objects.select_related("poll").get(pk=round.pk)


@pytest.mark.parametrize("what", ["reopen", "archive", "unarchive"])
def test_only_an_admin_does_any_of_it(what, closed, ada, rosa, vera, nina):
    if what == "unarchive":
        rounds.archive_round(round=closed, by=ada)
    for member in (rosa, vera):
        check_door(f"{ROUND}{what}/", refused=member, sentence=ADMIN, stranger=nina)
    check_door(f"{ROUND}{what}/", allowed=ada, wrong_method="put")


def test_reopening_says_what_it_means_asks_why_and_a_second_click_changes_nothing(admin, closed):
    page = text_of(admin.get(f"{ROUND}reopen/"))
    assert "3 cases that were not read by two people can be read again." in page
    assert "left out of agreement" in page
    answer = admin.post(f"{ROUND}reopen/", {"reason": ""})
    assert (answer.status_code, "This field is required." in text_of(answer)) == (422, True)
    for _ in range(2):
        assert admin.post(f"{ROUND}reopen/", {"reason": "Closed by mistake"}).status_code == 302
    closed.refresh_from_db()
    assert closed.coding_closed_at is None
    text = text_of(admin.get(ROUND))
    assert "Reopened, being read." in text
    assert "Coding was reopened, by ada. Closed by mistake" in text


def test_an_archived_round_leaves_the_list_and_keeps_its_report(admin, closed, client_for, rosa):
    for _ in range(2):
        assert admin.post(f"{ROUND}archive/").status_code == 302
    poll = admin.get("/polls/cx-head/").content.decode()
    assert "1 archived round" in poll
    assert '<details class="archived">' in poll
    assert "This round is archived" in text_of(client_for(rosa).get(ROUND))
    assert admin.get(f"{ROUND}report/").status_code == 200
    assert admin.get(f"{ROUND}close/").status_code == 302
    for _ in range(2):
        assert admin.post(f"{ROUND}unarchive/").status_code == 302
    assert "archived round" not in admin.get("/polls/cx-head/").content.decode()


def test_an_open_round_is_not_archived(admin, poll, ada, rosa, sam):
    titles(poll, 1)
    make_pool(poll, [rosa, sam], ada)
    answer = admin.post(f"{ROUND}archive/")
    assert answer.status_code == 403
    assert "Close coding first" in text_of(answer)


def test_asking_changes_nothing(admin, closed):
    for what in ("reopen", "archive"):
        assert admin.get(f"{ROUND}{what}/").status_code == 200
    closed.refresh_from_db()
    assert (closed.reopened_at, closed.archived_at) == (None, None)
