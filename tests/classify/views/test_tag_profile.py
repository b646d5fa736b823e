"""The profile behind a title: recorded first, then shown."""

from __future__ import annotations

import re

import pytest

from classify.models import ProfileView
from tests.classify.acts import open_round
from tests.classify.views.reads import HTMX, here, shared_case
from tests.factories import make_vote

pytestmark = pytest.mark.django_db


def test_the_profile_is_recorded_first_and_its_link_tells_nobody_where_it_came_from(client_for, rosa, titles):
    case = titles.cases.get(text="Contact Center Manager")
    reply = client_for(rosa).post(here(titles, case.pk, "profile"), headers=HTMX)
    body = reply.content.decode()
    assert ProfileView.objects.get().viewer == rosa
    link = re.search(r"<a href=\"https://social.example/c\"[^>]*>", body)
    assert link
    assert 'rel="noopener noreferrer"' in link[0]
    assert 'referrerpolicy="no-referrer"' in link[0]
    assert 'name="evidence" value="profile"' in body


def test_a_shared_headline_shows_links_without_names(client_for, rosa, titles):
    body = (
        client_for(rosa).post(here(titles, shared_case(titles).pk, "profile"), headers=HTMX).content.decode()
    )
    assert "Profile 1" in body
    assert "Profile 2" in body
    assert "Voter" not in body
    assert ProfileView.objects.count() == 2


def test_without_javascript_the_whole_page_comes_with_the_profile(client_for, rosa, titles):
    case = titles.cases.get(text="Contact Center Manager")
    body = client_for(rosa).post(here(titles, case.pk, "profile")).content.decode()
    assert "<html" in body
    assert "https://social.example/c" in body


def test_a_profile_address_that_is_no_web_address_is_not_linked(client_for, poll, ada, rosa, sam):
    make_vote(poll, "Trickster", profile_url="javascript:alert(1)")
    titles = open_round(poll, reviewers=[rosa, sam], by=ada)
    body = client_for(rosa).post(here(titles, titles.cases.get().pk, "profile")).content.decode()
    assert "javascript:" not in body


def test_a_get_never_shows_a_profile(client_for, rosa, titles):
    client = client_for(rosa)
    case = titles.cases.get(text="Contact Center Manager")
    assert client.get(here(titles, case.pk, "profile")).status_code == 405
    client.post(here(titles, case.pk, "profile"))
    assert "social.example" not in client.get(here(titles, case.pk)).content.decode()
