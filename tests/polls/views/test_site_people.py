"""The page of the accounts of the whole site."""

from __future__ import annotations

import pytest

from polls.models import User
from polls.permissions import can_create_poll
from tests import factories
from tests.doors import check_door

URL = "/people/"
REFUSAL = "Only a site administrator may do this."


def test_only_a_site_administrator_gets_in(root, ada, nina):
    for person in (ada, nina):
        check_door(URL, refused=person, sentence=REFUSAL, allowed=root, wrong_method="put")
        check_door(URL, refused=person, sentence=REFUSAL, method="post")


@pytest.mark.parametrize("path", ["", "link/"])
def test_only_a_site_administrator_acts(root, ada, nina, path):
    url = f"{URL}{nina.pk}/{path}"
    check_door(url, refused=ada, sentence=REFUSAL, method="post", allowed=root, wrong_method="get")
    nina.refresh_from_db()
    assert nina.is_active


def test_an_account_that_is_not_there_is_not_found(site):
    assert site.post(f"{URL}999999/").status_code == 404
    assert site.post(f"{URL}999999/link/").status_code == 404


def test_somebody_is_added_with_the_right_to_create_polls(site):
    page = site.post(URL, {"username": "maker", "name": "M", "may_create_polls": "on"}, follow=True)
    assert "Hand this link to maker" in page.content.decode()
    assert can_create_poll(User.objects.get(username="maker"))
    again = site.post(URL, {"username": "Maker"})
    assert again.status_code == 422
    assert "That username is taken." in again.content.decode()


def test_rights_are_given_and_taken(site, nina):
    site.post(f"{URL}{nina.pk}/", {"may_create_polls": "on", "may_log_in": "on"})
    assert can_create_poll(User.objects.get(pk=nina.pk))
    page = site.post(f"{URL}{nina.pk}/", {}, follow=True).content.decode()
    assert "The rights of nina were changed." in page
    changed = User.objects.get(pk=nina.pk)
    assert not changed.is_active
    assert not changed.groups.exists()


def test_nobody_deactivates_their_own_account(site, root):
    page = site.post(f"{URL}{root.pk}/", {}, follow=True).content.decode()
    assert "You cannot deactivate your own account." in page
    assert User.objects.get(pk=root.pk).is_active


def test_a_new_link_for_who_never_came(site, nina):
    assert site.post(f"{URL}{nina.pk}/link/").status_code == 403
    nina.set_unusable_password()
    nina.save()
    page = site.post(f"{URL}{nina.pk}/link/", follow=True).content.decode()
    assert "Hand this link to nina" in page


def test_a_search_finds_by_name_and_username(site, nina, ada):
    page = site.get(URL, {"q": "NIN"}).content.decode()
    assert "nina" in page
    assert "ada" not in page
    assert "Nobody by that name" in site.get(URL, {"q": "zzz"}).content.decode()


def test_the_list_has_pages_and_a_fixed_number_of_statements(site, django_assert_num_queries):
    with django_assert_num_queries(4):
        site.get(URL)
    for n in range(60):
        factories.make_user(f"person{n:02d}")
    with django_assert_num_queries(4):
        page = site.get(URL).content.decode()
    assert "person59" not in page
    assert "person59" in site.get(URL, {"page": 2}).content.decode()
    assert site.get(URL, {"page": "zzz"}).status_code == 200
