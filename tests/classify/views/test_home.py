"""The first page: it tells each person what waits for them, and nothing that is not theirs to know."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache

from classify import rounds, tagging
from classify.assignment import next_case
from polls import jobs, uploads
from tests.classify.acts import agree_on_all, disagree, open_round, read_all, say
from tests.factories import make_member, make_poll, make_vote

pytestmark = pytest.mark.django_db


@pytest.fixture
def round_(poll, ada, rosa, sam, jude):
    for title in ["CX Consultant", "Call Center Coach", "Contact Center Manager"]:
        make_vote(poll, title)
    cache.clear()
    return open_round(poll, reviewers=[rosa, sam], by=ada, adjudicators=[jude])


def home(client) -> str:
    reply = client.get("/")
    assert reply.status_code == 200
    return re.sub(r"\s+", " ", reply.content.decode())


def test_a_reviewer_is_told_how_many_titles_wait(client_for, rosa, round_):
    body = home(client_for(rosa))
    assert "3 titles wait for you" in body
    assert "Start reading" in body
    say(round_, next_case(round=round_, reviewer=rosa).pk, rosa, "cx")
    body = home(client_for(rosa))
    assert "2 titles wait for you" in body
    assert "2 titles to read; 1 of 3 read." in body
    assert "Go on reading" in body


def test_who_has_read_all_is_told_to_hand_in(client_for, rosa, round_):
    read_all(round_, rosa)
    assert "All is read: hand in" in home(client_for(rosa))
    tagging.hand_in(round=round_, by=rosa)
    assert "Nothing waits for you" in home(client_for(rosa))


def test_while_reading_the_shared_progress_is_hidden_and_says_so(client_for, rosa, sam, round_):
    before = home(client_for(rosa))
    read_all(round_, sam)
    tagging.hand_in(round=round_, by=sam)
    after = home(client_for(rosa))
    assert "hidden while you read" in after

    def shape(body: str) -> str:
        return re.sub(
            r'(csrfmiddlewaretoken" value|X-CSRFToken": )="?[^"]*"|"X-CSRFToken": "[^"]*"', "", body
        )

    assert shape(before) == shape(after)


def test_an_adjudicator_is_told_how_many_conflicts_are_ready(client_for, jude, rosa, sam, round_):
    assert "Nothing waits for you" in home(client_for(jude))
    for case in round_.cases.all()[:2]:
        disagree(round_, case, rosa, sam)
    body = home(client_for(jude))
    assert "2 conflicts wait for you" in body
    assert "2 conflicts ready for your judgement." in body
    assert "Resolve conflicts" in body


def test_under_consensus_conflicts_wait_for_the_two_once_revealed(client_for, poll, ada, rosa, sam):
    make_vote(poll, "CX Consultant")
    cache.clear()
    round_ = open_round(poll, reviewers=[rosa, sam], by=ada)
    disagree(round_, round_.cases.get(), rosa, sam)
    tagging.hand_in(round=round_, by=rosa)
    assert "conflict" not in home(client_for(rosa)).replace("Conflicts", "")
    tagging.hand_in(round=round_, by=sam)
    assert "1 conflict ready for your judgement." in home(client_for(rosa))


def test_after_the_reveal_the_poll_row_shows_progress_and_report(client_for, vera, rosa, sam, round_):
    assert "after closing" in home(client_for(vera))
    agree_on_all(round_, rosa, sam)
    assert "the report of cx-head" in home(client_for(vera))
    body = home(client_for(sam))
    assert "3 of 3" in body
    assert "the report of cx-head" in body


def test_an_admin_without_a_slot_sees_where_the_round_stands(client_for, ada, rosa, round_):
    say(round_, next_case(round=round_, reviewer=rosa).pk, rosa, "cx")
    assert "0 of 3" in home(client_for(ada))


def test_a_closed_or_discarded_round_waits_for_nobody(client_for, ada, rosa, sam, round_):
    rounds.close_coding(round=round_, by=ada)
    assert "Nothing waits for you" in home(client_for(rosa))
    practice = open_round(round_.poll, reviewers=[rosa, sam], by=ada, version=round_.version, purpose="pilot")
    cache.clear()
    assert "Practice round 2, Role." in home(client_for(rosa))
    rounds.discard_round(round=practice, by=ada)
    assert "Nothing waits for you" in home(client_for(rosa))


def test_an_admin_is_led_to_the_next_step(client_for, poll, ada):
    assert "no votes yet" in home(client_for(ada))
    make_vote(poll)
    assert "Set up a round" in home(client_for(ada))


def test_nobody_sees_a_poll_of_others(client_for, nina, rosa, round_):
    assert "cx-head" not in home(client_for(nina))
    assert "You are no member of a poll yet" in home(client_for(nina))
    other = make_poll("secret-poll")
    make_member("ada", other, "admin")
    assert "secret-poll" not in home(client_for(rosa))


def test_who_may_create_polls_and_has_none_is_led_to_the_import(client_for, nina):
    nina.is_staff = True
    nina.save(update_fields=["is_staff"])
    body = home(client_for(nina))
    assert "Import your first poll" in body
    assert "/new-poll/" in body


def test_one_task_stands_out(client_for, rosa, ada, sam, round_):
    second = make_poll("second")
    for user in (ada, rosa, sam):
        make_member(user.username, second, "admin", "reviewer")
    make_vote(second, "Another", voter_id="s1")
    open_round(second, reviewers=[rosa, sam], by=ada, version=round_.version)
    read_all(round_, rosa)
    body = home(client_for(rosa))
    assert body.count("btn btn-primary") == 1
    assert "1 title waits for you" in body
    assert body.index("Start reading") < body.index("Look through and hand in")


def test_the_home_page_is_for_reading_only_and_asks_for_a_login(client, client_for, rosa):
    assert client.get("/")["Location"] == "/login/?next=/"
    assert client_for(rosa).post("/").status_code == 405


def test_an_import_under_way_is_found_again(client_for, ada, rosa, poll):
    upload = uploads.keep(by=ada, poll=poll.slug, text="option\nExtremely important\n")
    job = jobs.ask_for_job(upload=upload, kind="import", by=ada)
    body = home(client_for(ada))
    assert "A file is being imported into cx-head" in body
    assert f'href="/polls/cx-head/import/{upload.token}/job/"' in body
    assert upload.token not in home(client_for(rosa))
    jobs.cancel_job(job=job, by=ada)
    assert "being imported" not in home(client_for(ada))


def test_in_a_pool_everybody_is_told_of_their_own_titles(client_for, poll, ada, rosa, sam):
    tim = make_member("tim", poll, "reviewer")
    for n in range(12):
        make_vote(poll, f"Title {n}")
    pool = open_round(poll, reviewers=[rosa, sam, tim], by=ada)
    assert "8 titles wait for you" in home(client_for(rosa))
    read_all(pool, rosa, "cx")
    assert "All is read: hand in" in home(client_for(rosa))
    rounds.leave_round(round=pool, user=sam, by=sam)
    assert "Nothing waits for you" in home(client_for(sam))


def test_a_round_that_was_just_begun_does_not_take_the_report_away(client_for, poll, ada, rosa, sam, round_):
    rounds.close_coding(round=round_, by=ada)
    open_round(poll, reviewers=[rosa, sam], by=ada, version=round_.version)
    assert f"/polls/{poll.slug}/rounds/1/report/" in home(client_for(ada))
