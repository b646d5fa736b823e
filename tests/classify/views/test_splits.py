"""Splitting through pages: what it means, the same reply for everybody, and the list for an admin."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from classify import rounds, splitting
from classify.models import Case, CaseSplit
from tests import factories
from tests.classify.acts import disagree, say


def url(round, name: str, case: Case | None = None) -> str:
    args = [round.poll.slug, round.number, *([case.pk] if case else [])]
    return reverse(f"classify:{name}", args=args)


@pytest.fixture
def shared(titles) -> Case:
    return Case.objects.get(round=titles, n_votes=2)


@pytest.fixture
def alone(titles) -> Case:
    return Case.objects.get(round=titles, text="Voice of Customer Lead")


def shape(text: str) -> str:
    return re.sub(r'(csrf\w*" value|X-CSRFToken": )="?[^"]*"|"X-CSRFToken": "[^"]*"', "", text)


def split_is_hidden(body: str) -> bool:
    [link] = re.findall(r"<a [^>]*data-split[^>]*>", body)
    return " hidden" in link


def test_the_page_says_what_a_split_means(client_for, rosa, titles, shared):
    body = client_for(rosa).get(url(titles, "split", shared)).content.decode()
    assert "Read these 2 voters one by one?" in body
    assert "for both reviewers" in body
    assert "Split into 2 cases" in body
    assert CaseSplit.objects.count() == 0


def test_the_reading_page_offers_the_split_by_key(client_for, rosa, titles, shared, alone):
    client = client_for(rosa)
    body = client.get(url(titles, "tag-case", shared)).content.decode()
    assert f'href="{url(titles, "split", shared)}" data-key="s"' in body
    assert not split_is_hidden(body)
    assert split_is_hidden(client.get(url(titles, "tag-case", alone)).content.decode())


def test_a_split_leads_back_to_reading_and_says_so(client_for, rosa, titles, shared):
    reply = client_for(rosa).post(url(titles, "split", shared), follow=True)
    assert reply.redirect_chain == [(url(titles, "tag"), 302)]
    assert "2 voters are read one by one now" in reply.content.decode()
    assert Case.objects.filter(split_from=shared).count() == 2


def test_a_second_click_gets_the_same_reply(client_for, rosa, sam, titles, shared):
    replies = [client_for(user).post(url(titles, "split", shared)) for user in (rosa, rosa, sam)]
    assert {(reply.status_code, reply["Location"]) for reply in replies} == {(302, url(titles, "tag"))}
    assert CaseSplit.objects.count() == 1


def test_each_voter_is_shown_as_one_read_on_their_own(client_for, rosa, sam, titles, shared):
    splitting.split_case(round=titles, case_id=shared.pk, by=rosa)
    part = Case.objects.filter(split_from=shared).earliest("pk")
    for user in (rosa, sam):
        body = client_for(user).get(url(titles, "tag-case", part)).content.decode()
        assert "One voter, read on their own" in body
        assert "Show profile" in body
        assert split_is_hidden(body)


@pytest.mark.parametrize("others", ["nothing", "decided", "conflict", "sealed"])
def test_the_page_and_the_reply_tell_nothing_of_the_other(
    client_for, rosa, sam, jude, titles, shared, others
):
    from classify import adjudication

    client = client_for(rosa)
    say(titles, shared, rosa, "cx")
    page = shape(client.get(url(titles, "split", shared)).content.decode())
    if others == "decided":
        say(titles, shared, sam, "cx")
    if others in ("conflict", "sealed"):
        disagree(titles, shared, rosa, sam)
    if others == "sealed":
        adjudication.claim(case=shared, by=jude)
    assert shape(client.get(url(titles, "split", shared)).content.decode()) == page
    reply = client.post(url(titles, "split", shared), follow=True)
    body = reply.content.decode()
    assert "2 voters are read one by one now" in body
    assert "0 of 4" in body, "what was read before counts no more"


def test_neither_is_told_who_split_it(client_for, rosa, sam, titles, shared):
    splitting.split_case(round=titles, case_id=shared.pk, by=rosa)
    client = client_for(sam)
    for name, case in (("tag", None), ("split", shared), ("tag-case", shared), ("my-decisions", None)):
        assert "rosa" not in client.get(url(titles, name, case)).content.decode().lower()


def test_a_title_of_one_voter_says_why_not(client_for, rosa, titles, alone):
    client = client_for(rosa)
    assert "two voters or more" in client.get(url(titles, "split", alone)).content.decode()
    reply = client.post(url(titles, "split", alone), follow=True)
    assert "two voters or more" in reply.content.decode()


def test_a_closed_round_refuses(client_for, ada, rosa, titles, shared):
    rounds.close_coding(round=titles, by=ada)
    client = client_for(rosa)
    assert client.get(url(titles, "split", shared)).status_code == 403
    assert client.post(url(titles, "split", shared)).status_code == 403


def test_a_case_of_another_round_is_not_found(client_for, ada, rosa, sam, poll, titles, shared):
    other = rounds.create_round(
        poll=poll, version=titles.version, unit="headline", rule="consensus", purpose="main",
        reviewers=[rosa, sam], adjudicators=[], by=ada,
    )  # fmt: skip
    client = client_for(rosa)
    assert client.get(url(other, "split", shared)).status_code == 404
    assert client.post(url(other, "split", shared)).status_code == 404


@pytest.mark.parametrize("name", ["ada", "jude", "vera", "nina"])
def test_who_does_not_read_is_refused(client_for, request, titles, shared, name):
    client = client_for(request.getfixturevalue(name))
    expected = 404 if name == "nina" else 403
    assert client.get(url(titles, "split", shared)).status_code == expected
    assert client.post(url(titles, "split", shared)).status_code == expected


class TestTheList:
    def test_an_admin_finds_it_from_the_round_once_there_is_one(self, client_for, ada, rosa, titles, shared):
        client = client_for(ada)
        assert url(titles, "splits") not in client.get(url(titles, "round")).content.decode()
        splitting.split_case(round=titles, case_id=shared.pk, by=rosa)
        assert url(titles, "splits") in client.get(url(titles, "round")).content.decode()
        assert url(titles, "splits") not in client_for(rosa).get(url(titles, "round")).content.decode()

    def test_an_empty_list_says_what_splitting_is(self, client_for, ada, titles):
        assert "No title was split" in client_for(ada).get(url(titles, "splits")).content.decode()

    def test_a_split_is_put_together_again(self, client_for, ada, rosa, titles, shared):
        splitting.split_case(round=titles, case_id=shared.pk, by=rosa)
        client = client_for(ada)
        assert "Put together again" in client.get(url(titles, "splits")).content.decode()
        for _ in range(2):
            reply = client.post(url(titles, "merge-back", shared), follow=True)
            assert "one case again" in reply.content.decode()
        assert "Put together again by ada" in client.get(url(titles, "splits")).content.decode()
        shared.refresh_from_db()
        assert shared.n_votes == 2

    def test_not_once_a_part_was_decided(self, client_for, ada, rosa, sam, titles, shared):
        splitting.split_case(round=titles, case_id=shared.pk, by=rosa)
        say(titles, Case.objects.filter(split_from=shared).earliest("pk"), sam, "cx")
        client = client_for(ada)
        assert "so they stay apart" in client.get(url(titles, "splits")).content.decode()
        reply = client.post(url(titles, "merge-back", shared), follow=True)
        assert "stay cases of their own" in reply.content.decode()

    def test_an_admin_who_reads_sees_nothing_of_it(self, client_for, poll, rosa, sam, titles, shared):
        factories.make_member("sam", poll, "admin")
        splitting.split_case(round=titles, case_id=shared.pk, by=rosa)
        client = client_for(sam)
        assert client.get(url(titles, "splits")).status_code == 403
        assert client.post(url(titles, "merge-back", shared)).status_code == 403

    def test_a_case_that_was_never_split_is_not_found(self, client_for, ada, titles, alone):
        assert client_for(ada).post(url(titles, "merge-back", alone)).status_code == 404

    def test_a_get_puts_nothing_together(self, client_for, ada, rosa, titles, shared):
        splitting.split_case(round=titles, case_id=shared.pk, by=rosa)
        assert client_for(ada).get(url(titles, "merge-back", shared)).status_code == 405
