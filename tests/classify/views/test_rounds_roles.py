"""The people of a poll lose roles while rounds are open, and somebody more is let resolve conflicts."""

from __future__ import annotations

from django.urls import reverse

from classify import rounds
from classify.models import RoundAdjudicator
from classify.reports.methods import methods_for
from polls.models import Membership
from tests import factories
from tests.classify import acts
from tests.classify.pools import assert_no_drift, held, make_pool, seat_of, titles
from tests.classify.views.test_rounds import ROUND, text_of
from tests.doors import check_door

NAME = f"{ROUND}adjudicators/add/"


def roles(poll, user):
    return reverse("polls:person-roles", args=[poll.slug, user.pk])


def test_removing_a_reviewer_says_what_became_of_their_rounds(admin, poll, ada, rosa, sam):
    titles(poll, 4)
    round = make_pool(poll, [rosa, sam], ada)
    url = roles(poll, sam)
    text = text_of(admin.post(url, follow=True))
    assert "sam is no longer in this poll. sam reads no more in round 1: what they had not read waits" in text
    assert held(round) == {"rosa": 4}
    assert admin.post(url).status_code == 404
    assert "A reviewer left (sam), by ada. No longer a reviewer of this poll." in text_of(admin.get(ROUND))
    assert_no_drift(round)


def test_the_page_says_beforehand_that_rounds_are_left(admin, poll, rosa):
    page = admin.get(f"/polls/{poll.slug}/people/").content.decode()
    assert "what they have not read goes to the others" in page
    assert "Who is no reviewer any more leaves the open rounds" in page


def test_who_alone_resolves_conflicts_is_not_removed_and_the_page_says_what_to_do(admin, poll, judged, jude):
    text = text_of(admin.post(roles(poll, jude), follow=True))
    assert "jude alone resolves the conflicts of round 1. Let somebody else resolve them too first" in text
    assert Membership.objects.filter(user=jude).exists()
    assert "Let somebody resolve conflicts" in text_of(admin.get(ROUND))


def test_the_door_of_naming_somebody(judged, rosa, ada, nina):
    check_door(
        NAME,
        refused=rosa,
        sentence="Only an admin of this poll may set up rounds or change them.",
        stranger=nina,
        allowed=ada,
        wrong_method="delete",
    )


def test_somebody_is_named_and_a_second_click_finds_it_done(admin, poll, judged, jude, vera):
    page = text_of(admin.get(NAME))
    assert "They decide as the third person where two readings differ" in page
    for _click in range(2):
        text = text_of(admin.post(NAME, {"user": vera.pk}, follow=True))
        assert "jude, vera decides as the third person" in text
    assert "Somebody more resolves conflicts (vera), by ada." in text
    admin.post(roles(poll, jude))
    text = text_of(admin.get(ROUND))
    assert "vera decides as the third person jude: no longer an adjudicator of this poll" in text


def test_nobody_is_offered_who_reads_or_read_in_the_round(admin, judged, ada, rosa, sam, jude, vera):
    rounds.leave_round(round=judged, user=sam, by=sam)
    page = admin.get(NAME).content.decode()
    assert "vera" in page
    for user in (rosa, sam, jude):
        assert f'<option value="{user.pk}"' not in page
        answer = admin.post(NAME, {"user": user.pk})
        assert answer.status_code == (302 if user == jude else 422)
    assert RoundAdjudicator.objects.count() == 1


def test_nobody_is_offered_who_reads_in_another_open_round(admin, poll, judged, ada, vera):
    """An admin who reads names neither themselves nor a fellow reader."""
    tim = factories.make_member("tim", poll, "viewer")
    sibling = make_pool(poll, [ada, vera], ada, version=judged.version)
    page = admin.get(NAME).content.decode()
    for user in (ada, vera):
        assert f'<option value="{user.pk}"' not in page
        assert admin.post(NAME, {"user": user.pk}).status_code == 422
    assert f'<option value="{tim.pk}"' in page
    assert RoundAdjudicator.objects.count() == 1
    assert admin.get(f"{ROUND}conflicts/").status_code == 403
    assert "nor in another open one" in page
    rounds.close_coding(round=sibling, by=ada)
    assert f'<option value="{vera.pk}"' in admin.get(NAME).content.decode()


def test_where_everybody_reads_the_page_says_so(admin, poll, judged, ada):
    make_pool(poll, [ada, judged.reviewers.first().user], ada, version=judged.version)
    assert "Everybody in this poll reads here, or in another open round" in text_of(admin.get(NAME))


def test_what_the_domain_refuses_is_said_on_the_page(admin, poll, judged, ada, rosa):
    judged.adjudicator_first = True
    judged.save()
    acts.read_all(judged, rosa)
    answer = admin.post(NAME, {"user": ada.pk})
    assert answer.status_code == 422
    assert "could see the readings" in text_of(answer)


def test_a_round_that_was_put_away_takes_nobody(admin, judged, ada, vera):
    rounds.close_coding(round=judged, by=ada)
    rounds.archive_round(round=judged, by=ada)
    answer = admin.post(NAME, {"user": vera.pk})
    assert answer.status_code == 403
    assert "archived" in answer.content.decode()
    assert "Let somebody resolve conflicts" not in admin.get(ROUND).content.decode()


def test_who_had_handed_in_is_not_said_to_have_left_before_the_end(poll, ada, rosa, sam):
    titles(poll, 3)
    round = make_pool(poll, [rosa, sam], ada)
    acts.agree_on_all(round, rosa, sam)
    rounds.leave_round(round=round, user=sam, by=ada)
    assert seat_of(round, sam).left_at is not None
    assert methods_for(round).left == 0
