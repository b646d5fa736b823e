"""People come in by a one-time link, get roles, and leave."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from polls import people
from polls.models import Invitation, Membership, User
from polls.permissions import PollRefused, can_create_poll
from tests import factories

PASSWORD = "a long enough one"


def add(poll, by, username="Newcomer", roles=("reviewer",), name="New Comer"):
    return people.add_person(poll=poll, username=username, name=name, roles=roles, by=by)


def parts_of(path):
    """uid and token of a link."""
    _empty, _welcome, uid, token, _end = path.split("/")
    return uid, token


def accept(path, password=PASSWORD):
    uid, token = parts_of(path)
    return people.accept(uid=uid, token=token, name="New Comer", password=password)


def roles_in(poll, user):
    return set(Membership.objects.filter(poll=poll, user=user).values_list("role", flat=True))


def test_somebody_new_gets_an_account_without_a_password_and_a_link(poll, ada):
    added = add(poll, ada, roles=["reviewer", "viewer"])
    assert added.created
    assert added.path.startswith("/welcome/")
    assert not added.user.has_usable_password()
    assert added.user.get_full_name() == "New Comer"
    assert roles_in(poll, added.user) == {"reviewer", "viewer"}
    assert added.user.invitation.invited_by == ada
    assert added.user.invitation.accepted_at is None


def test_an_existing_username_in_any_case_is_given_roles_without_a_link(poll, ada, nina):
    added = add(poll, ada, username=" NINA ")
    assert (added.user, added.created, added.path) == (nina, False, "")
    assert roles_in(poll, nina) == {"reviewer"}
    nina.refresh_from_db()
    assert nina.check_password("password")
    assert nina.get_full_name() == ""


def test_adding_twice_changes_nothing_more(poll, ada):
    first = add(poll, ada)
    again = add(poll, ada)
    assert (again.created, again.path) == (False, "")
    assert User.objects.filter(username__iexact="newcomer").count() == 1
    assert roles_in(poll, first.user) == {"reviewer"}


@pytest.mark.parametrize("username", ["", "two words", "semi;colon", "x" * 151])
def test_what_cannot_be_a_username_is_refused(poll, ada, username):
    with pytest.raises(ValidationError) as problem:
        add(poll, ada, username=username)
    assert "username" in problem.value.error_dict
    assert User.objects.count() == 1


@pytest.mark.parametrize("roles", [[], ["king"]])
def test_a_person_needs_a_role_that_exists(poll, ada, roles):
    with pytest.raises(ValidationError):
        add(poll, ada, roles=roles)
    assert not User.objects.filter(username="Newcomer").exists()


@pytest.mark.parametrize("username", ["rosa", "jude", "vera", "nina"])
def test_only_an_admin_adds_people(poll, request, username):
    with pytest.raises(PollRefused, match="Only an admin"):
        add(poll, request.getfixturevalue(username))


def test_a_link_opens_the_account_once(poll, ada):
    added = add(poll, ada)
    opened = accept(added.path)
    assert opened == added.user
    assert opened.check_password(PASSWORD)
    assert Invitation.objects.get(user=opened).accepted_at is not None
    assert accept(added.path, "another long password") is None
    opened.refresh_from_db()
    assert opened.check_password(PASSWORD)


def test_a_new_link_ends_the_old_one(poll, ada):
    added = add(poll, ada)
    newer = people.new_link(user=added.user, by=ada)
    assert accept(added.path) is None
    assert accept(newer) == added.user


def test_a_link_expires(poll, ada, settings):
    added = add(poll, ada)
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert accept(added.path) is None


def test_a_link_of_somebody_deactivated_opens_nothing(poll, ada):
    added = add(poll, ada)
    User.objects.filter(pk=added.user.pk).update(is_active=False)
    assert accept(added.path) is None


@pytest.mark.parametrize(
    ("uid", "token"),
    [("", ""), ("!!", "x"), ("MQ", "x-y"), ("4pyT", "a-b"), ("OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "a-b")],
)
def test_a_made_up_link_opens_nothing(db, uid, token):
    assert people.invited_user(uid, token) is None


def test_the_token_of_one_person_does_not_open_the_account_of_another(poll, ada):
    one, other = add(poll, ada, "one"), add(poll, ada, "other")
    uid, _token = parts_of(one.path)
    _uid, token = parts_of(other.path)
    assert people.accept(uid=uid, token=token, name="x", password=PASSWORD) is None


def test_only_the_inviter_or_a_site_administrator_makes_a_new_link(poll, ada, root):
    added = add(poll, ada)
    other_admin = factories.make_member("alma", poll, "admin")
    with pytest.raises(PollRefused, match="Only ada"):
        people.new_link(user=added.user, by=other_admin)
    with pytest.raises(PollRefused):
        people.new_link(user=added.user, by=factories.make_user("other"))
    assert people.new_link(user=added.user, by=root)


def test_nobody_makes_a_link_to_an_account_that_was_opened(poll, ada, root):
    added = add(poll, ada)
    accept(added.path)
    for person in (ada, root):
        with pytest.raises(PollRefused, match="needs no link"):
            people.new_link(user=User.objects.get(pk=added.user.pk), by=person)


def test_an_account_made_by_an_import_of_decisions_is_let_in_by_an_admin_of_its_poll(poll, ada):
    ghost = factories.make_member("ghost", poll, "reviewer")
    ghost.set_unusable_password()
    ghost.is_active = False
    ghost.save()
    other = factories.make_poll("other")
    with pytest.raises(PollRefused):
        people.new_link(user=ghost, by=factories.make_member("olaf", other, "admin"))
    path = people.new_link(user=ghost, by=ada)
    assert accept(path) == ghost
    assert Invitation.objects.get(user=ghost).invited_by == ada


def test_roles_become_exactly_those_named(poll, ada, rosa):
    people.change_roles(poll=poll, user=rosa, roles=["adjudicator", "viewer"], by=ada)
    assert roles_in(poll, rosa) == {"adjudicator", "viewer"}
    added = Membership.objects.get(poll=poll, user=rosa, role="viewer")
    assert added.added_by == ada


def test_no_role_removes_from_this_poll_and_from_no_other(poll, ada, rosa):
    other = factories.make_poll("other")
    factories.make_member("rosa", other, "viewer")
    people.change_roles(poll=poll, user=rosa, roles=[], by=ada)
    assert roles_in(poll, rosa) == set()
    assert roles_in(other, rosa) == {"viewer"}
    people.change_roles(poll=poll, user=rosa, roles=[], by=ada)


def test_the_last_admin_stays(poll, ada):
    for roles in ([], ["viewer"]):
        with pytest.raises(PollRefused, match="last admin"):
            people.change_roles(poll=poll, user=ada, roles=roles, by=ada)
    people.change_roles(poll=poll, user=ada, roles=["admin", "viewer"], by=ada)
    assert roles_in(poll, ada) == {"admin", "viewer"}


def test_an_admin_who_cannot_log_in_is_none(poll, ada):
    factories.make_member("alma", poll, "admin")
    User.objects.filter(username="alma").update(is_active=False)
    with pytest.raises(PollRefused, match="last admin"):
        people.change_roles(poll=poll, user=ada, roles=[], by=ada)


def test_only_an_admin_changes_roles(poll, ada, rosa, vera):
    with pytest.raises(PollRefused, match="Only an admin"):
        people.change_roles(poll=poll, user=rosa, roles=["admin"], by=rosa)
    with pytest.raises(ValidationError):
        people.change_roles(poll=poll, user=rosa, roles=["king"], by=ada)
    assert roles_in(poll, rosa) == {"reviewer"}


def test_a_site_administrator_says_who_creates_polls(db, root):
    added = people.add_to_site(username="maker", name="Maker", may_create_polls=True, by=root)
    assert can_create_poll(User.objects.get(pk=added.user.pk))
    people.change_site_rights(user=added.user, may_create_polls=False, may_log_in=True, by=root)
    assert not can_create_poll(User.objects.get(pk=added.user.pk))
    with pytest.raises(ValidationError, match="taken"):
        people.add_to_site(username="MAKER", name="", may_create_polls=True, by=root)


def test_nobody_locks_themselves_out(root):
    with pytest.raises(PollRefused, match="own account"):
        people.change_site_rights(user=root, may_create_polls=False, may_log_in=False, by=root)


def test_only_a_site_administrator_changes_the_rights_of_the_site(ada, nina):
    with pytest.raises(PollRefused):
        people.change_site_rights(user=nina, may_create_polls=True, may_log_in=True, by=ada)
    with pytest.raises(PollRefused):
        people.add_to_site(username="x", name="", may_create_polls=True, by=ada)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_open_the_same_link_at_once_one_gets_in(poll, ada):
    added = add(poll, ada)
    gate = Barrier(2)
    found = []

    def open_with(password):
        gate.wait()
        try:
            found.append(accept(added.path, password))
        finally:
            connection.close()

    threads = [Thread(target=open_with, args=[f"{PASSWORD} {n}"]) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(user is None for user in found) == [False, True]


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_remove_each_other_at_once_leave_one(poll, ada):
    alma = factories.make_member("alma", poll, "admin")
    gate = Barrier(2)
    refused = []

    def remove(user, by):
        gate.wait()
        try:
            people.change_roles(poll=poll, user=user, roles=[], by=by)
        except PollRefused as refusal:
            refused.append(str(refusal))
        finally:
            connection.close()

    threads = [Thread(target=remove, args=pair) for pair in ((ada, alma), (alma, ada))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert Membership.objects.filter(poll=poll, role="admin").count() == 1
