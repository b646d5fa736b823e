"""One decision: what is stored, what is counted, what the reviewer hears."""

from __future__ import annotations

import dataclasses
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from classify import adjudication, rounds, tagging
from classify.assignment import after_votes_changed
from classify.models import Case, Category, Decision, ProfileView, Round, RoundReviewer
from classify.status import status_of
from polls.permissions import PollRefused
from tests import factories
from tests.classify import acts


@pytest.fixture
def round(poll, ada, rosa, sam, jude) -> Round:
    for text in ("CX Lead", "Agent", "Analyst"):
        factories.make_vote(poll, text)
    return acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada)


@pytest.fixture
def case(round) -> Case:
    return Case.objects.get(text="CX Lead")


def category(code: str) -> Category:
    return Category.objects.get(code=code)


def seat(user) -> RoundReviewer:
    return RoundReviewer.objects.get(user=user)


class TestStatus:
    @pytest.mark.parametrize(
        ("first", "second", "status"),
        [
            ("cx", None, "one_decision"),
            (None, "unsure", "one_decision"),
            ("cx", "cx", "agreed"),
            ("cx", "other", "conflict"),
            ("cx", "unsure", "conflict"),
            ("unsure", "unsure", "conflict"),
            ("cx", "withdrawn", "one_decision"),
            ("withdrawn", "withdrawn", "waiting"),
        ],
    )
    @pytest.mark.parametrize("turned", [False, True])
    def test_two_decisions_make_it(self, first, second, status, turned, round, case, rosa, sam):
        pairs = [(rosa, first), (sam, second)]
        for user, said in reversed(pairs) if turned else pairs:
            if said is not None:
                acts.say(round, case, user, said)
        case.refresh_from_db()
        assert case.status == status == status_of(case.cat1, case.cat2)
        agreed = status == "agreed"
        assert case.final == (category("cx") if agreed else None)
        assert case.resolution == ("agreed" if agreed else "")
        assert (case.conflict_since is not None) == (status == "conflict")

    def test_a_change_of_mind_adds_a_row_and_is_counted(self, round, case, rosa, sam):
        for user, said in [(rosa, "cx"), (sam, "cx"), (rosa, "other"), (sam, "other"), (sam, "cx")]:
            acts.say(round, case, user, said)
        case.refresh_from_db()
        rows = Decision.objects.filter(case=case).order_by("slot", "seq")
        assert [(r.slot, r.seq, r.category.code) for r in rows] == [
            (1, 1, "cx"),
            (1, 2, "other"),
            (2, 1, "cx"),
            (2, 2, "other"),
            (2, 3, "cx"),
        ]
        assert (case.status, case.final) == ("conflict", None)
        assert (case.decision1, case.decision2) == (rows[1], rows[4])

    def test_a_conflict_is_as_old_as_its_beginning(self, round, case, rosa, sam):
        acts.disagree(round, case, rosa, sam)
        since = case.conflict_since
        acts.say(round, case, sam, "other")
        case.refresh_from_db()
        assert case.conflict_since == since
        acts.say(round, case, sam, "cx")
        case.refresh_from_db()
        assert case.conflict_since is None

    def test_a_carried_category_is_nobodys_to_decide(self, round, case, rosa, sam):
        Case.objects.filter(pk=case.pk).update(
            status="resolved", final=category("other"), resolution="carried", reviewer1=None, reviewer2=None
        )
        for user in (rosa, sam):
            with pytest.raises(Case.DoesNotExist):
                acts.say(round, case, user, "cx")
        case.refresh_from_db()
        assert (case.status, case.final, case.resolution) == ("resolved", category("other"), "carried")


class TestWhatIsStored:
    def test_everything_that_was_said(self, round, case, rosa):
        sent = uuid.uuid4()
        reply = acts.say(
            round,
            case,
            rosa,
            "cx",
            note="Leads\x00 CX",
            evidence="profile",
            milliseconds=1234,
            client_id=sent,
        )
        row = Decision.objects.get()
        assert row == reply.decision
        assert {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields} == {
            "id": reply.decision.pk,
            "round_id": round.pk,
            "version_id": round.version_id,
            "case_id": case.pk,
            "slot": 1,
            "reviewer_id": rosa.pk,
            "seq": 1,
            "verdict": "category",
            "category_id": category("cx").pk,
            "note": "Leads CX",
            "evidence": "profile",
            "milliseconds": 1234,
            "client_id": sent,
            "late": False,
            "source": "web",
            "entered_by_id": None,
            "decided_at": reply.decision.decided_at,
        }

    @pytest.mark.parametrize("time", [None, 0, -5, 24 * 3600 * 1000 + 1])
    def test_a_time_that_cannot_be_is_unknown(self, time, round, case, rosa):
        acts.say(round, case, rosa, "cx", milliseconds=time)
        assert Decision.objects.get().milliseconds is None

    def test_only_the_own_seat_moves(self, round, case, rosa, sam):
        before = RoundReviewer.objects.filter(user=sam).values().get()
        acts.say(round, case, rosa, "cx")
        assert RoundReviewer.objects.filter(user=sam).values().get() == before

    def test_own_progress_counts_cases_not_clicks(self, round, case, rosa):
        said = [
            acts.say(round, case, rosa, what) for what in ("cx", "other", "withdrawn", "withdrawn", "unsure")
        ]
        assert [(reply.decided, reply.total) for reply in said] == [(1, 3), (1, 3), (0, 3), (0, 3), (1, 3)]
        assert seat(rosa).decided_count == 1


class TestTheReply:
    def test_it_brings_the_next_case_and_the_text_of_this_one(self, round, rosa):
        one, two, three = Case.objects.order_by("order1")
        reply = acts.say(round, one, rosa, "cx")
        assert (reply.text, reply.next.pk, reply.next.text) == (one.text, two.pk, two.text)
        acts.say(round, two, rosa, "cx")
        assert acts.say(round, three, rosa, "cx").next is None

    def test_nothing_of_the_other_is_in_it(self, round, case, rosa, sam):
        """First, second, agreeing, differing and late: the same reply, field by field."""
        shapes = set()
        for said in (None, "cx", "other", "unsure"):
            factories.make_vote(round.poll, f"Title {said}")
        after_votes_changed(poll_id=round.poll_id)
        for said in (None, "cx", "other", "unsure"):
            mine = Case.objects.get(text=f"Title {said}")
            if said is not None:
                acts.say(round, mine, sam, said)
            reply = acts.say(round, mine, rosa, "cx")
            known = dataclasses.asdict(reply) | {"decision": None, "next": None, "text": "", "decided": 0}
            shapes.add((str(known), reply.next.__class__.__name__))
        assert len(shapes) == 1

    def test_no_decision_takes_more_statements_than_another(self, round, rosa, sam, jude):
        one, two, _ = Case.objects.order_by("order1")
        seen = []
        for user, case, said in [
            (rosa, one, "cx"),
            (sam, one, "other"),
            (rosa, two, "cx"),
            (sam, two, "cx"),
            (sam, two, "unsure"),
            (sam, two, "withdrawn"),
            (jude, one, "taken up"),
            (rosa, one, "other"),
        ]:
            if user == jude:
                adjudication.claim(case=one, by=jude)
                continue
            # From the beginning of the order, so that nobody has to go around.
            RoundReviewer.objects.update(cursor_order=-(2**63), cursor_case=0)
            with CaptureQueriesContext(connection) as queries:
                reply = acts.say(round, case, user, said, after=(-(2**63), 0))
            seen.append(["WITH seat" in q["sql"] for q in queries])
        assert reply.decision.late
        assert seen == [[True]] * 7


class TestRepeats:
    def test_the_second_click_changes_nothing_and_hears_the_same(self, round, case, rosa):
        sent = uuid.uuid4()
        first = acts.say(round, case, rosa, "cx", client_id=sent)
        before = list(Case.objects.values()), list(RoundReviewer.objects.values())
        again = acts.say(round, case, rosa, "cx", client_id=sent)
        assert again == dataclasses.replace(first, repeated=True)
        assert (list(Case.objects.values()), list(RoundReviewer.objects.values())) == before
        assert Decision.objects.count() == 1

    def test_what_was_stored_stands_even_if_the_repeat_says_otherwise(self, round, case, rosa):
        sent = uuid.uuid4()
        acts.say(round, case, rosa, "cx", client_id=sent)
        assert acts.say(round, case, rosa, "other", client_id=sent).decision.category.code == "cx"

    def test_a_repeat_after_a_change_of_mind_does_not_bring_the_old_one_back(self, round, case, rosa):
        sent = uuid.uuid4()
        acts.say(round, case, rosa, "cx", client_id=sent)
        acts.say(round, case, rosa, "other")
        assert acts.say(round, case, rosa, "cx", client_id=sent).repeated
        case.refresh_from_db()
        assert case.cat1 == category("other").pk

    def test_somebody_elses_client_id_is_refused(self, round, case, rosa, sam):
        sent = uuid.uuid4()
        acts.say(round, case, rosa, "cx", client_id=sent)
        with pytest.raises(ValidationError, match="used for another decision"):
            acts.say(round, case, sam, "cx", client_id=sent)
        case.refresh_from_db()
        assert (case.cat2, seat(sam).decided_count) == (None, 0)

    def test_a_client_id_of_another_case_is_refused(self, round, case, rosa):
        sent = uuid.uuid4()
        acts.say(round, case, rosa, "cx", client_id=sent)
        with pytest.raises(ValidationError, match="used for another decision"):
            acts.say(round, Case.objects.get(text="Agent"), rosa, "cx", client_id=sent)


class TestLate:
    @pytest.fixture
    def claimed(self, round, case, rosa, sam, jude):
        acts.disagree(round, case, rosa, sam)
        return adjudication.claim(case=case, by=jude)

    @pytest.mark.parametrize("said", ["contact-center", "unsure", "withdrawn"])
    def test_after_a_claim_a_change_is_kept_and_never_counted(self, said, round, claimed, rosa, sam):
        before = Case.objects.filter(pk=claimed.pk).values().get()
        reply = acts.say(round, claimed, rosa, said)
        assert reply.decision.late
        assert Case.objects.filter(pk=claimed.pk).values().get() == before
        assert Decision.objects.get(late=True).case == claimed

    def test_after_both_handed_in(self, round, case, rosa, sam):
        acts.agree_on_all(round, rosa, sam)
        assert acts.say(round, case, rosa, "other").decision.late
        case.refresh_from_db()
        assert case.status == "agreed"

    def test_after_one_handed_in_it_still_counts(self, round, case, rosa, sam):
        acts.read_all(round, rosa)
        tagging.hand_in(round=round, by=rosa)
        assert not acts.say(round, case, rosa, "other").decision.late
        case.refresh_from_db()
        assert case.cat1 == category("other").pk

    @pytest.mark.parametrize("first", [True, False])
    def test_after_closing_nothing_is_lost_and_nothing_counted(self, first, round, case, ada, rosa):
        if not first:
            acts.say(round, case, rosa, "cx")
        rounds.close_coding(round=round, by=ada)
        stale = round
        reply = acts.say(stale, case, rosa, "other")
        assert reply.decision.late
        round.refresh_from_db()
        assert acts.say(round, case, rosa, "unsure").next is None
        case.refresh_from_db()
        assert case.status == ("waiting" if first else "one_decision")


class TestRefusals:
    def test_who_does_not_read(self, round, case, ada, jude, vera, nina):
        for user in (ada, jude, vera, nina):
            with pytest.raises(PollRefused, match="no reviewer of this round"):
                acts.say(round, case, user, "cx")
        assert not Decision.objects.exists()

    def test_a_case_that_is_not_there(self, round, rosa):
        with pytest.raises(Case.DoesNotExist):
            acts.say(round, 10**9, rosa, "cx")

    def test_a_case_of_another_round(self, poll, round, ada, rosa):
        other = acts.open_round(poll, reviewers=[rosa], by=ada, version=round.version)
        with pytest.raises(Case.DoesNotExist):
            acts.say(round, Case.objects.filter(round=other).first(), rosa, "cx")

    def test_a_case_in_somebody_elses_slot(self, poll, round, case, rosa):
        Case.objects.filter(pk=case.pk).update(reviewer1=factories.make_member("tim", poll, "reviewer"))
        with pytest.raises(Case.DoesNotExist):
            acts.say(round, case, rosa, "cx")

    def test_a_category_of_no_codebook_or_of_another(self, round, case, rosa):
        factories.make_codebook("other-book").categories.filter(code="cx").update(code="elsewhere")
        for code in ("nonsense", "elsewhere", "cx\x00", "x" * 500):
            with pytest.raises(ValidationError, match="no category of this codebook"):
                acts.say(round, case, rosa, code)

    @pytest.mark.parametrize(
        "bad",
        [
            {"verdict": "maybe"},
            {"verdict": "category", "category_code": None},
            {"verdict": "category", "category_code": ""},
            {"evidence": "rumour"},
            {"note": "x" * 2001},
        ],
    )
    def test_what_no_page_sends(self, bad, round, case, rosa):
        sent = {"verdict": "unsure", "client_id": uuid.uuid4()} | bad
        with pytest.raises(ValidationError):
            tagging.submit_decision(round=round, case_id=case.pk, by=rosa, **sent)
        assert not Decision.objects.exists()

    def test_a_discarded_round(self, poll, round, ada, rosa):
        pilot = acts.open_round(poll, reviewers=[rosa], by=ada, version=round.version, purpose="pilot")
        rounds.discard_round(round=pilot, by=ada)
        pilot.refresh_from_db()
        with pytest.raises(PollRefused, match="was discarded"):
            acts.say(pilot, Case.objects.filter(round=pilot).first(), rosa, "cx")

    def test_nothing_is_taken_back_after_handing_in(self, round, case, rosa):
        acts.read_all(round, rosa)
        tagging.hand_in(round=round, by=rosa)
        with pytest.raises(ValidationError, match="cannot be taken back"):
            acts.say(round, case, rosa, "withdrawn")


class TestHandingIn:
    def test_not_before_all_is_read(self, round, rosa):
        one, two, three = Case.objects.order_by("order1")
        for case in (one, two):
            acts.say(round, case, rosa, "cx")
        with pytest.raises(ValidationError, match="1 case still waits"):
            tagging.hand_in(round=round, by=rosa)
        acts.say(round, three, rosa, "unsure")
        acts.say(round, one, rosa, "withdrawn")
        with pytest.raises(ValidationError, match="1 case still waits"):
            tagging.hand_in(round=round, by=rosa)
        acts.say(round, one, rosa, "cx")
        tagging.hand_in(round=round, by=rosa)
        assert seat(rosa).handed_in_at is not None

    def test_the_second_one_seals_everything(self, round, rosa, sam):
        acts.read_all(round, rosa, "cx")
        acts.read_all(round, sam, "other")
        tagging.hand_in(round=round, by=rosa)
        assert not Case.objects.filter(sealed_at__isnull=False).exists()
        tagging.hand_in(round=round, by=sam)
        assert not Case.objects.filter(sealed_at__isnull=True).exists()

    def test_one_alone_seals_nothing(self, poll, round, ada, rosa):
        alone = acts.open_round(poll, reviewers=[rosa], by=ada, version=round.version)
        acts.read_all(alone, rosa)
        tagging.hand_in(round=alone, by=rosa)
        assert not Case.objects.filter(round=alone, sealed_at__isnull=False).exists()

    def test_who_does_not_read_cannot(self, round, ada, jude, nina):
        for user in (ada, jude, nina):
            with pytest.raises(PollRefused):
                tagging.hand_in(round=round, by=user)

    def test_nothing_is_handed_in_once_closed(self, round, ada, rosa):
        rounds.close_coding(round=round, by=ada)
        with pytest.raises(PollRefused, match="closed"):
            tagging.hand_in(round=round, by=rosa)


class TestProfiles:
    @pytest.fixture
    def shared(self, poll, round):
        for n in range(3):
            factories.make_vote(poll, "Trainer", profile_url=f"https://example.org/in/{n}")
        factories.make_vote(poll, "Trainer")
        after_votes_changed(poll_id=poll.pk)
        return Case.objects.get(text="Trainer")

    def test_asking_is_recorded_and_then_answered(self, round, shared, rosa):
        found = tagging.record_profile_view(round=round, case_id=shared.pk, by=rosa)
        assert sorted(found) == [f"https://example.org/in/{n}" for n in range(3)]
        views = ProfileView.objects.filter(case=shared, viewer=rosa)
        assert views.count() == 3
        assert views.first().viewed_at <= timezone.now()

    def test_nobody_else_gets_them(self, round, shared, ada, jude, nina):
        for user in (ada, jude, nina):
            with pytest.raises(PollRefused):
                tagging.record_profile_view(round=round, case_id=shared.pk, by=user)
        assert not ProfileView.objects.exists()

    def test_a_case_of_another_round_is_not_there(self, poll, round, ada, rosa, sam):
        other = acts.open_round(poll, reviewers=[sam], by=ada, version=round.version)
        with pytest.raises(Case.DoesNotExist):
            tagging.record_profile_view(
                round=round, case_id=Case.objects.filter(round=other).first().pk, by=rosa
            )

    def test_no_profiles_once_closed(self, round, shared, ada, rosa):
        rounds.close_coding(round=round, by=ada)
        round.refresh_from_db()
        with pytest.raises(PollRefused):
            tagging.record_profile_view(round=round, case_id=shared.pk, by=rosa)
