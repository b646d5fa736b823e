"""The codebook editor of the admin site, and what that site does not show."""

from __future__ import annotations

import threading

import pytest
from django.contrib import admin
from django.db import connection
from django.urls import reverse

from classify.admin import CodebookVersionAdmin
from classify.models import Case, Category, CodebookVersion, Decision
from polls.models import User, Vote, Voter
from tests import factories
from tests.classify import acts


@pytest.fixture
def root(db) -> User:
    return factories.make_user("root", is_superuser=True, is_staff=True)


@pytest.fixture
def browser(client_for, root):
    return client_for(root)


@pytest.fixture
def version(db) -> CodebookVersion:
    return factories.make_codebook()


@pytest.fixture
def used(poll, ada, version) -> CodebookVersion:
    factories.make_vote(poll)
    acts.open_round(poll, reviewers=[ada], by=ada, version=version)
    version.refresh_from_db()
    return version


def page(version) -> str:
    return reverse("admin:classify_codebookversion_change", args=[version.pk])


def form_of(version: CodebookVersion, **changes) -> dict[str, str]:
    """What the editor's form sends back, with changes."""
    categories = list(version.categories.order_by("position"))
    sent = {
        "title": version.title,
        "rules": "[]",
        "categories-TOTAL_FORMS": str(len(categories)),
        "categories-INITIAL_FORMS": str(len(categories)),
    }
    for n, category in enumerate(categories):
        sent |= {f"categories-{n}-id": str(category.pk), f"categories-{n}-version": str(version.pk)}
        for name in ("position", "code", "label", "group", "key", "color", "definition"):
            sent[f"categories-{n}-{name}"] = str(getattr(category, name))
        for name in ("include", "exclude", "examples"):
            sent[f"categories-{n}-{name}"] = "\n".join(getattr(category, name))
    return sent | changes


def test_an_unused_version_is_edited(browser, version):
    assert browser.get(page(version)).status_code == 200
    sent = form_of(
        version,
        title="Roles",
        **{"categories-1-include": "CX Lead, global\r\n\r\nHead of CX", "categories-1-label": "CX!"},
    )
    assert browser.post(page(version), sent).status_code == 302
    version.refresh_from_db()
    cx = Category.objects.get(version=version, code="cx")
    assert (version.title, cx.label, cx.include) == ("Roles", "CX!", ["CX Lead, global", "Head of CX"])


def test_a_used_version_is_shown_and_refused_with_a_sentence(browser, used):
    assert "Save" not in browser.get(page(used)).content.decode().split("submit-row")[-1]
    response = browser.post(page(used), form_of(used, title="Roles"), follow=True)
    assert response.status_code == 200
    assert "used by a round and cannot change" in response.content.decode()
    assert not CodebookVersion.objects.filter(title="Roles").exists()


def freeze() -> None:
    """What setting up a round does to a version, from another connection."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE classify_codebookversion SET frozen_at = now() WHERE frozen_at IS NULL")
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_version_taken_into_use_meanwhile_is_refused_with_a_sentence(browser, version, monkeypatch):
    """Between the moment the editor looks and the moment it saves: the database refuses, in words."""
    plain = CodebookVersionAdmin.get_object

    def look_and_lose(self, request, object_id, from_field=None):
        found = plain(self, request, object_id, from_field)
        thread = threading.Thread(target=freeze)
        thread.start()
        thread.join()
        return found

    sent = form_of(version, title="Roles")
    with monkeypatch.context() as patch:
        patch.setattr(CodebookVersionAdmin, "get_object", look_and_lose)
        response = browser.post(page(version), sent)
    assert response.status_code == 302
    assert "used by a round and cannot change" in browser.get(response["Location"]).content.decode()
    version.refresh_from_db()
    assert version.title == "Role"


def test_a_used_version_is_copied_into_a_new_one_that_can_be_edited(browser, root, used):
    url = reverse("admin:classify_codebookversion_changelist")
    browser.post(url, {"action": "copy_into_new_version", "_selected_action": [used.pk]})
    copy = CodebookVersion.objects.get(codebook=used.codebook, number=2)
    assert (copy.frozen_at, copy.created_by) == (None, root)
    names = ("identity", "code", "label", "key", "position", "definition")
    assert list(copy.categories.values(*names)) == list(used.categories.values(*names))
    assert browser.post(page(copy), form_of(copy, title="Roles")).status_code == 302


def test_nothing_is_deleted_here(browser, version, root):
    for model, row in (
        ("classify_codebookversion", version),
        ("classify_codebook", version.codebook),
        ("polls_user", root),
    ):
        assert (
            browser.post(reverse(f"admin:{model}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
        )


def test_what_blindness_protects_is_not_on_this_site():
    for model in (Case, Decision, Vote, Voter):
        assert not admin.site.is_registered(model)


def test_every_page_of_the_site_opens(browser, used, root):
    browser.get(reverse("admin:index"))
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        assert browser.get(reverse(f"{name}_changelist")).status_code == 200
        row = model._default_manager.first()
        if row is not None:
            assert browser.get(reverse(f"{name}_change", args=[row.pk])).status_code == 200


def test_the_site_is_for_staff(client_for, version, ada):
    response = client_for(ada).get(page(version))
    assert response.status_code == 302
    assert "login" in response["Location"]
