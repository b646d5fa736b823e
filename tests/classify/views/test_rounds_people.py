"""Pages about people of a round: a pool is set up, somebody joins or leaves, what awaits a reading."""

from __future__ import annotations

import pytest

from classify import rounds
from classify.models import Round
from tests import factories
from tests.classify.pools import held, make_pool, read_some, seat_of, titles
from tests.classify.views.test_rounds import NEW, ROUND, text_of
from tests.doors import check_door


@pytest.fixture
def tim(poll):
    return factories.make_member("tim", poll, "reviewer")


@pytest.fixture
def pool(poll, ada, rosa, sam, tim):
    titles(poll, 6)
    return make_pool(poll, [rosa, sam, tim], ada)


@pytest.fixture
def form(poll, rosa, sam, jude, tim):
    """A round for three, of six titles."""
    titles(poll, 6)
    return {
        "version": factories.make_codebook().pk,
        "unit": "headline",
        "purpose": "main",
        "reviewer1": rosa.pk,
        "reviewer2": sam.pk,
        "more_reviewers": [tim.pk],
        "shares": "Rosa 2, sam: 1",
        "hold_days": "14",
        "rule": "third_person",
        "adjudicators": [jude.pk],
        "number": "1",
    }


# --- setting up a pool ------------------------------------------------------------------------


def test_the_page_says_how_much_each_will_read_before_anything_is_made(admin, form):
    text = text_of(admin.post(NEW, form | {"action": "preview"}))
    assert "Every case is read by two of them: Rosa reads 6 cases Sam reads 3 cases tim reads 3 cases" in (
        text.replace("rosa", "Rosa").replace("sam reads", "Sam reads")
    )
    assert not Round.objects.exists()


def test_a_pool_is_set_up_by_its_shares(admin, form, rosa, tim):
    admin.post(NEW, form | {"action": "create", "adjudicator_first": "on"})
    made = Round.objects.get()
    assert held(made) == {"rosa": 6, "sam": 3, "tim": 3}
    assert (seat_of(made, rosa).share, seat_of(made, tim).share) == (2, 1)
    assert (made.hold_days, made.adjudicator_first) == (14, True)


def test_what_is_seldom_needed_is_folded_away_until_it_is_used(admin, form):
    plain = admin.get(NEW).content.decode()
    assert '<details class="sheet more-choices">' in plain
    used = admin.post(NEW, form | {"action": "preview"}).content.decode()
    assert '<details class="sheet more-choices" open>' in used


@pytest.mark.parametrize(
    ("shares", "sentence"),
    [
        ("Rosa", "is no share"),
        ("Rosa 2, rosa 1", "has two shares"),
        ("Nobody 2", "is none of the reviewers"),
        ("Rosa 101", "whole number from 1 to 100"),
        ("Rosa 0", "whole number from 1 to 100"),
        ("x" * 2001, "at most 2000 characters"),
    ],
)
def test_shares_that_cannot_be_understood_are_said(shares, sentence, admin, form):
    answer = admin.post(NEW, form | {"action": "create", "shares": shares})
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert not Round.objects.exists()


def test_two_with_one_first_name_are_told_apart_by_username(admin, form, rosa, sam):
    for user in (rosa, sam):
        user.first_name, user.last_name = "Kim", user.username
        user.save()
    answer = admin.post(NEW, form | {"action": "create", "shares": "Kim 2"})
    assert "could be two of the reviewers" in text_of(answer)
    admin.post(NEW, form | {"action": "create", "shares": "rosa 2, Kim sam 1"})
    assert seat_of(Round.objects.get(), rosa).share == 2


def test_a_round_like_an_earlier_one_comes_filled_in(admin, poll, pool, client_for, rosa):
    page = admin.get(f"{NEW}?like=cx-head:1").content.decode()
    assert "Filled in like round 1" in page
    assert 'name="carry_over"' in page
    for wrong in ("cx-head:9", "cx-head", "nowhere:1", "cx-head:x"):
        assert "Filled in like" not in admin.get(f"{NEW}?like={wrong}").content.decode()


# --- joining ------------------------------------------------------------------------------------


def test_only_an_admin_lets_somebody_join(pool, ada, rosa, vera, nina):
    url = f"{ROUND}join/"
    for member in (rosa, vera):
        check_door(url, refused=member, sentence="Only an admin of this poll", stranger=nina)
    check_door(url, allowed=ada, wrong_method="put")


def test_somebody_joins_with_a_fair_part_and_a_second_click_changes_nothing(admin, pool, poll):
    uma = factories.make_member("uma", poll, "viewer")
    for _ in range(2):
        answer = admin.post(f"{ROUND}join/", {"user": uma.pk, "share": "1", "fair_part": "on"})
        assert answer.status_code == 302
    assert held(pool)["uma"] == 3
    assert pool.reviewers.count() == 4


def test_who_cannot_join_is_told_why(admin, pool, poll, ada, rosa):
    read_some(pool, rosa, 1)
    answer = admin.post(f"{ROUND}join/", {"user": ada.pk, "share": "1"})
    assert answer.status_code == 422
    assert "is an admin and could see what is decided in this round" in text_of(answer)
    assert admin.post(f"{ROUND}join/", {"user": "0", "share": "1"}).status_code == 422


# --- leaving ------------------------------------------------------------------------------------


def test_a_reviewer_leaves_after_being_told_what_that_means(pool, tim, client_for):
    browser = client_for(tim)
    url = f"{ROUND}people/{tim.pk}/leave/"
    assert url in browser.get(ROUND).content.decode()
    assert "goes to the others at once" in text_of(browser.get(url))
    for _ in range(2):
        assert browser.post(url, {"reason": "Ill"}).status_code == 302
    assert held(pool) == {"rosa": 6, "sam": 6}
    page = text_of(browser.get(ROUND))
    assert "You left this round." in page
    assert "Start reading" not in page


def test_an_admin_takes_somebody_out_and_nobody_else_does(admin, pool, rosa, sam, vera, nina):
    url = f"{ROUND}people/{sam.pk}/leave/"
    for member in (rosa, vera):
        check_door(url, refused=member, sentence="Only an admin of this poll", stranger=nina)
    assert admin.get(f"{ROUND}people/{vera.pk}/leave/").status_code == 404
    assert "They see nothing of the others" in text_of(admin.get(url))
    assert admin.post(url, {"reason": "x" * 501}).status_code == 422
    assert admin.post(url, {"reason": ""}).status_code == 302
    assert seat_of(pool, sam).left_at is not None


# --- what an admin sees, and what a reviewer does not -----------------------------------------------


def test_what_awaits_a_second_reading_is_listed_by_whom_without_what_was_said(admin, pool, rosa, sam, tim):
    (case,) = read_some(pool, rosa, 1)
    title = pool.cases.get(pk=case)
    other = next(u for u in (sam, tim) if u.pk in (title.reviewer1_id, title.reviewer2_id))
    page = text_of(admin.get(f"{ROUND}awaiting/"))
    assert "1 of 6 cases was read once" in page
    assert f"{title.text} 1 {other.username}" in page
    assert "Customer Experience" not in page
    assert title.text not in text_of(admin.get(f"{ROUND}awaiting/?reader={rosa.pk}"))
    assert title.text not in text_of(admin.get(f"{ROUND}awaiting/?after={case}"))
    assert admin.get(f"{ROUND}awaiting/?after=x&reader=%00").status_code == 200


def test_a_long_list_goes_on_where_the_page_ended(admin, poll, ada, rosa, sam):
    titles(poll, 60)
    round = make_pool(poll, [rosa, sam], ada)
    read_some(round, rosa, 60)
    first = admin.get(f"{ROUND}awaiting/")
    assert first.content.decode().count('<th scope="row">') == 50
    after = first.context["found"].after
    assert admin.get(f"{ROUND}awaiting/?after={after}").content.decode().count('<th scope="row">') == 10


def test_an_admin_who_reads_is_not_told_what_awaits_nor_what_happened(poll, ada, rosa, client_for):
    titles(poll, 3)
    round = make_pool(poll, [ada, rosa], ada)
    read_some(round, rosa, 2)
    rounds.leave_round(round=round, user=rosa, by=rosa, reason="Enough of this")
    browser = client_for(ada)
    page = text_of(browser.get(ROUND))
    assert "Enough of this" not in page
    assert "2 of 2" not in page
    assert browser.get(f"{ROUND}awaiting/").status_code == 403


def test_the_history_is_for_admins_alone(admin, pool, rosa, tim, client_for):
    rounds.leave_round(round=pool, user=tim, by=tim, reason="A new job")
    assert "A reviewer left (tim). A new job" in text_of(admin.get(ROUND))
    assert "A new job" not in text_of(client_for(rosa).get(ROUND))


def test_cases_that_nobody_can_take_are_pointed_out(admin, poll, ada, rosa, sam):
    titles(poll, 3)
    round = make_pool(poll, [rosa, sam], ada)
    rounds.leave_round(round=round, user=sam, by=ada)
    assert "3 cases wait for a second reader." in text_of(admin.get(ROUND))
