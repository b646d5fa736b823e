"""Handing in all readings of a round."""

from __future__ import annotations

import pytest

from classify.models import Decision
from tests.classify.acts import agree_on_all, read_all
from tests.classify.views.reads import here, sent, shared_case

pytestmark = pytest.mark.django_db


def hand_in_url(titles) -> str:
    return f"/polls/{titles.poll.slug}/rounds/{titles.number}/hand-in/"


def test_handing_in_waits_until_all_is_read(client_for, rosa, titles):
    client = client_for(rosa)
    assert "3 titles still wait for your decision." in client.get(hand_in_url(titles)).content.decode()
    reply = client.post(hand_in_url(titles), follow=True)
    assert "3 cases still wait for your decision." in reply.content.decode()
    assert not titles.reviewers.filter(handed_in_at__isnull=False).exists()


def test_handing_in_asks_once_and_a_second_click_changes_nothing(client_for, rosa, titles):
    read_all(titles, rosa)
    client = client_for(rosa)
    assert "You cannot take the hand-in back." in client.get(hand_in_url(titles)).content.decode()
    assert client.post(hand_in_url(titles))["Location"] == "/"
    when = titles.reviewers.get(user=rosa).handed_in_at
    client.post(hand_in_url(titles))
    assert titles.reviewers.get(user=rosa).handed_in_at == when
    assert "You have handed in already" in client.get(hand_in_url(titles)).content.decode()


def test_after_both_handed_in_a_change_is_accepted_with_the_same_reply_and_stored_late(
    client_for, rosa, sam, titles
):
    agree_on_all(titles, rosa, sam)
    case = shared_case(titles)
    reply = client_for(rosa).post(here(titles, case.pk), sent("other"))
    assert reply.status_code == 302
    assert Decision.objects.get(case=case, late=True).category.code == "other"
    case.refresh_from_db()
    assert case.final.code == "cx"
