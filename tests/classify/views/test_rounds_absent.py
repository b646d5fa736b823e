"""Nobody is there: who was deactivated keeps their part, and whoever can do something about it is told."""

from __future__ import annotations

import pytest
from django.urls import reverse

from classify import rounds, tagging
from polls import people
from polls.models import Membership, User
from polls.permissions import PollRefused
from tests import factories
from tests.classify import acts
from tests.classify.pools import make_pool, seat_of, titles
from tests.classify.views.test_rounds import ROUND, text_of

NOBODY = "Nobody is there to resolve the conflicts of this round."
JUDE_ALONE = "jude alone resolved the conflicts of round 1 of cx-head. Let somebody else resolve them"


def deactivate(site, user):
    answer = site.post(f"/people/{user.pk}/", {}, follow=True)
    assert not User.objects.get(pk=user.pk).is_active
    return answer


class TestWhoIsDeactivated:
    def test_the_rounds_that_wait_for_a_reader_are_told_with_where_to_take_them_out(
        self, site, poll, judged, ada, sam, rosa
    ):
        second = make_pool(poll, [rosa, sam], ada, version=judged.version)
        rounds.leave_round(round=second, user=sam, by=sam)
        page = deactivate(site, sam)
        text = text_of(page)
        assert "sam reads in round 1 of cx-head, which waits for them. Take them out" in text
        assert "round 2" not in text
        leave = reverse("classify:round-leave", args=[poll.slug, 1, sam.pk])
        assert f'<a href="{leave}">Take them out</a>' in page.content.decode()
        assert seat_of(judged, sam).left_at is None
        site.post(leave)
        assert seat_of(judged, sam).left_at is not None
        assert "which waits for them" not in text_of(deactivate(site, sam))

    def test_who_alone_resolves_conflicts_is_told_of_until_somebody_else_does(self, site, judged, jude, vera):
        page = deactivate(site, jude)
        assert JUDE_ALONE in text_of(page)
        name = f"{ROUND}adjudicators/add/"
        assert f'href="{name}"' in page.content.decode()
        text = text_of(site.get(ROUND))
        assert NOBODY in text
        assert "nobody at the moment jude: deactivated, cannot log in" in text
        site.post(name, {"user": vera.pk})
        assert NOBODY not in text_of(site.get(ROUND))
        assert JUDE_ALONE not in text_of(deactivate(site, jude))

    def test_nothing_that_ended_waits_for_anybody(self, site, poll, judged, ada, rosa, sam, jude):
        rounds.close_coding(round=judged, by=ada)
        text = text_of(deactivate(site, sam)) + text_of(deactivate(site, jude))
        assert "which waits for them" not in text
        assert "alone resolved" not in text
        assert NOBODY not in text_of(site.get(ROUND)), "there are no conflicts"

    def test_a_site_administrator_who_reads_is_told_nothing_of_how_far_they_are(
        self, site, root, poll, ada, sam, jude
    ):
        titles(poll, 3)
        Membership.objects.create(poll=poll, user=root, role="admin")
        round = acts.open_round(poll, reviewers=[root, sam], adjudicators=[jude], by=ada)
        before = text_of(deactivate(site, sam))
        assert "which waits for them" in before
        User.objects.filter(pk=sam.pk).update(is_active=True)
        sam.refresh_from_db()
        acts.read_all(round, sam)
        tagging.hand_in(round=round, by=sam)
        assert text_of(deactivate(site, sam)) == before

    def test_nobody_is_told_who_stays_or_of_what_somebody_else_holds(self, site, judged, sam, nina):
        text = text_of(site.post(f"/people/{sam.pk}/", {"may_log_in": "on"}, follow=True))
        assert "which waits for them" not in text
        assert "which waits for them" not in text_of(deactivate(site, nina))

    def test_only_a_site_administrator_asks(self, judged, sam, ada):
        with pytest.raises(PollRefused):
            people.waits_for(sam, ada)


class TestNobodyResolves:
    @pytest.fixture
    def left(self, poll, judged, ada, rosa, sam, jude):
        """Closed without conflicts, so Jude could lose the role; reopened, there may be some."""
        rounds.close_coding(round=judged, by=ada)
        people.change_roles(poll=poll, user=jude, roles=["viewer"], by=ada)
        return judged

    def test_reopening_warns_beforehand_and_after_that_until_somebody_is_named(self, admin, left, vera, ada):
        assert NOBODY not in text_of(admin.get(ROUND))
        assert NOBODY in text_of(admin.get(f"{ROUND}reopen/"))
        text = text_of(admin.post(f"{ROUND}reopen/", {"reason": "One was forgotten"}, follow=True))
        assert f"{NOBODY} Let somebody resolve conflicts" in text
        rounds.add_adjudicator(round=left, user=vera, by=ada)
        assert NOBODY not in text_of(admin.get(ROUND))

    def test_with_somebody_there_nothing_is_said(self, admin, judged, ada):
        assert NOBODY not in text_of(admin.get(ROUND))
        rounds.close_coding(round=judged, by=ada)
        assert NOBODY not in text_of(admin.get(f"{ROUND}reopen/"))

    def test_taken_out_of_the_archive_its_conflicts_wait_for_somebody(
        self, admin, poll, judged, ada, rosa, sam, jude
    ):
        acts.disagree(judged, judged.cases.first(), rosa, sam)
        rounds.close_coding(round=judged, by=ada)
        rounds.archive_round(round=judged, by=ada)
        people.change_roles(poll=poll, user=jude, roles=[], by=ada)
        assert NOBODY not in text_of(admin.get(ROUND)), "nothing in it changes"
        assert NOBODY[:-1] in text_of(admin.get(f"{ROUND}unarchive/"))
        assert NOBODY in text_of(admin.post(f"{ROUND}unarchive/", follow=True))

    def test_only_an_admin_is_told(self, left, ada, rosa, vera, client_for):
        rounds.reopen_coding(round=left, by=ada, reason="One was forgotten")
        for user in (rosa, vera):
            assert NOBODY not in text_of(client_for(user).get(ROUND))

    def test_under_consensus_nobody_needs_to_be_there(self, admin, poll, ada, rosa, sam):
        titles(poll, 1)
        acts.open_round(poll, reviewers=[rosa, sam], rule="consensus", by=ada)
        text = text_of(admin.get(ROUND))
        assert "they agree on an answer together Let somebody" in text
        assert NOBODY not in text


def test_who_unticks_reviewer_is_told_that_rounds_are_left(admin, poll, judged, rosa, vera):
    """A remark beside the ticks, shown once the tick is gone; whoever does not read needs none."""
    factories.make_member("tim", poll, "viewer")
    page = admin.get(f"/polls/{poll.slug}/people/").content.decode()
    assert page.count("No longer a reviewer, they leave the open rounds that they read in.") == 2
