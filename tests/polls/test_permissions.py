"""The one table of who may do what."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser, Permission
from django.http import Http404

from polls import permissions
from polls.models import Role, User
from polls.permissions import PollRefused, Right
from tests import factories

EXPECTED = {
    "ada": {
        Right.OPEN,
        Right.IMPORT,
        Right.SEE_VOTES,
        Right.MANAGE_PEOPLE,
        Right.SET_UP_ROUNDS,
        Right.SEE_OPEN_RESULTS,
        Right.SEE_RESULTS,
    },
    "rosa": {Right.OPEN, Right.READ, Right.SEE_RESULTS},
    "jude": {Right.OPEN, Right.ADJUDICATE, Right.SEE_RESULTS},
    "vera": {Right.OPEN, Right.SEE_RESULTS},
    "nina": set(),
}


@pytest.mark.parametrize("username", EXPECTED)
def test_each_role_has_exactly_its_rights(username, request, poll):
    user = request.getfixturevalue(username)
    assert permissions.rights_of(user, poll) == EXPECTED[username]


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("username", EXPECTED)
def test_a_check_refuses_with_a_sentence_unless_the_table_allows(username, right, request, poll):
    user = request.getfixturevalue(username)
    if right in EXPECTED[username]:
        permissions.check_right(user, poll, right)
        return
    with pytest.raises(PollRefused) as refusal:
        permissions.check_right(user, poll, right)
    assert str(refusal.value).endswith(".")


def test_every_role_and_every_right_is_in_the_tables():
    assert set(permissions.RIGHTS) == set(Role.values)
    assert set(permissions.REFUSALS) == set(Right)


def test_several_roles_add_up(poll):
    bea = factories.make_member("bea", poll, "viewer", "reviewer")
    assert permissions.rights_of(bea, poll) == EXPECTED["rosa"]


def test_both_faces_of_a_rule_agree(ada, vera, poll):
    assert permissions.can_import(ada, poll)
    assert not permissions.can_import(vera, poll)
    assert permissions.can_manage_people(ada, poll)
    assert not permissions.can_manage_people(vera, poll)
    assert permissions.can_administer(ada, poll)
    assert not permissions.can_administer(vera, poll)


def test_a_role_in_one_poll_is_nothing_in_another(ada, db):
    other = factories.make_poll("other")
    assert permissions.rights_of(ada, other) == frozenset()


def test_who_is_no_member_finds_no_poll(nina, poll):
    with pytest.raises(Http404):
        permissions.get_poll_or_404(nina, poll.slug)
    with pytest.raises(Http404):
        permissions.get_poll_or_404(nina, "no-such-poll")


def test_a_poll_and_its_roles_come_in_one_statement(vera, poll, django_assert_num_queries):
    with django_assert_num_queries(1):
        found = permissions.get_poll_or_404(vera, poll.slug)
        assert permissions.roles_of(vera, found) == {"viewer"}


def test_roles_fetched_for_one_person_are_not_used_for_another(vera, ada, poll):
    found = permissions.get_poll_or_404(ada, poll.slug)
    assert permissions.roles_of(vera, found) == {"viewer"}


def test_a_superuser_is_admin_everywhere(poll):
    root = User.objects.create_superuser("root", password="password")
    assert permissions.get_poll_or_404(root, poll.slug) == poll
    assert permissions.roles_of(root, poll) == {"admin"}


def test_who_is_deactivated_has_no_role_left(ada, poll):
    ada.is_active = False
    ada.save()
    assert permissions.roles_of(ada, poll) == frozenset()
    with pytest.raises(Http404):
        permissions.get_poll_or_404(ada, poll.slug)


def test_nobody_anonymous_may_anything(poll):
    with pytest.raises(Http404):
        permissions.get_poll_or_404(AnonymousUser(), poll.slug)
    assert not permissions.can_create_poll(AnonymousUser())
    with pytest.raises(PollRefused, match="site administrator"):
        permissions.check_can_manage_site(AnonymousUser())


def test_creating_polls_is_a_right_of_the_site(ada, nina):
    assert not permissions.can_create_poll(ada)
    nina.user_permissions.add(Permission.objects.get(codename="add_poll"))
    assert permissions.can_create_poll(User.objects.get(pk=nina.pk))


def test_staff_may_create_polls_but_not_manage_the_site(nina):
    nina.is_staff = True
    assert permissions.can_create_poll(nina)
    with pytest.raises(PollRefused, match="site administrator"):
        permissions.check_can_manage_site(nina)
