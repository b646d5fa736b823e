"""The life of a round in any order: decide, change, take back, claim, judge, hand in, close, import, exclude.

Hypothesis looks for an order of deeds after which what is stored is not what the decisions say, or after
which some vote is counted twice or not at all.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from classify import adjudication, assignment, rounds, tagging
from classify.models import Case, CaseVote, Decision, Round, RoundReviewer
from classify.status import DONE, final_of, status_of
from classify.verify import verify
from polls.models import Headline, Poll, User, Vote
from polls.titles import comparison_key
from tests import factories
from tests.classify import acts

TITLES = ["CX Lead", "cx  lead", "Agent", "Trainer", ""]
SAID = ["cx", "contact-center", "unsure", "withdrawn"]
PICK = st.integers(0, 30)


class LifeOfARound(RuleBasedStateMachine):
    """`pairs` remembers how every case stood when it was sealed; nothing may move it afterwards."""

    people: dict[str, User]
    unit: str
    reviewers: tuple[str, ...] = ("rosa", "sam")

    def __init__(self) -> None:
        super().__init__()
        self.world = transaction.atomic()
        self.world.__enter__()
        self.poll: Poll = factories.make_poll(f"poll-{uuid.uuid4().hex[:12]}")
        for name, user in self.people.items():
            user.memberships.create(
                poll=self.poll, role={"ada": "admin", "jude": "adjudicator"}.get(name, "reviewer")
            )
        for n, title in enumerate(TITLES):
            factories.make_vote(self.poll, title, option=n % 3 + 1)
        self.round: Round = acts.open_round(
            self.poll,
            reviewers=[self.people[name] for name in self.reviewers],
            adjudicators=[self.people["jude"]],
            by=self.people["ada"],
            version=factories.make_codebook(f"book-{uuid.uuid4().hex[:12]}"),
            unit=self.unit,
        )
        self.pairs: dict[int, tuple[int | None, int | None]] = {}
        self.decisions = 0
        self.last: dict[str, Any] | None = None

    def teardown(self) -> None:
        try:
            assert not verify(self.poll).drift
        finally:
            transaction.set_rollback(True)
            self.world.__exit__(None, None, None)

    def case(self, pick: int) -> Case:
        cases = list(Case.objects.filter(round=self.round).order_by("pk"))
        return cases[pick % len(cases)]

    def vote(self, pick: int) -> Vote:
        votes = list(Vote.objects.filter(poll=self.poll).order_by("pk"))
        return votes[pick % len(votes)]

    def attempt(self, deed: Callable[[], Any]) -> Any:
        """Do it; a refusal is a fine answer, and must have changed nothing."""
        before = list(Case.objects.filter(round=self.round).order_by("pk").values())
        try:
            with transaction.atomic():
                return deed()
        except (ValidationError, PermissionDenied, Case.DoesNotExist):
            assert list(Case.objects.filter(round=self.round).order_by("pk").values()) == before
            return None

    @rule(who=PICK, pick=PICK, said=st.sampled_from(SAID))
    def decide(self, who: int, pick: int, said: str) -> None:
        case, sent = self.case(pick), uuid.uuid4()
        deed = {
            "round": self.round,
            "case": case,
            "by": self.people[self.reviewers[who % len(self.reviewers)]],
            "category": said,
            "client_id": sent,
        }
        reply = self.attempt(lambda: acts.say(**deed))
        if reply is not None:
            assert reply.decision.late == (case.pk in self.pairs)
            assert reply.next is None or reply.next.reviewer_id == deed["by"].pk
            self.decisions += 1
            self.last = deed

    @rule(pick=PICK)
    def both_decide_and_one_takes_it_back(self, pick: int) -> None:
        """The second decision against the withdrawal of the first, in this order."""
        case = self.case(pick)
        for user, said in ((case.reviewer1, "cx"), (case.reviewer2, "other"), (case.reviewer1, "withdrawn")):
            if user is not None and self.attempt(lambda u=user, s=said: acts.say(self.round, case, u, s)):
                self.decisions += 1

    @rule()
    def click_again(self) -> None:
        if self.last is not None:
            reply = self.attempt(lambda: acts.say(**self.last))
            assert reply is None or reply.repeated

    @rule(who=PICK, pick=PICK)
    def send_anothers_id(self, who: int, pick: int) -> None:
        """The id of somebody else's decision, or of another case, stores nothing."""
        if self.last is not None:
            by, case = self.people[self.reviewers[who % len(self.reviewers)]], self.case(pick)
            if (by, case.pk) != (self.last["by"], self.last["case"].pk):
                assert self.attempt(lambda: acts.say(**self.last | {"by": by, "case": case})) is None

    @rule(pick=PICK)
    def claim(self, pick: int) -> None:
        self.attempt(lambda: adjudication.claim(case=self.case(pick), by=self.people["jude"]))

    @rule(pick=PICK, code=st.sampled_from(["cx", "other"]))
    def judge(self, pick: int, code: str) -> None:
        case, by = self.case(pick), self.people["jude"]
        self.attempt(
            lambda: adjudication.decide(
                case=case, by=by, category_code=code, reason="slip", client_id=uuid.uuid4()
            )
        )

    @rule(pick=PICK)
    def close_unresolved(self, pick: int) -> None:
        case, by = self.case(pick), self.people["ada"]
        self.attempt(
            lambda: adjudication.close_unresolved(case=case, by=by, reason="gap", client_id=uuid.uuid4())
        )

    @rule(who=PICK)
    def read_the_rest_and_hand_in(self, who: int) -> None:
        user = self.people[self.reviewers[who % len(self.reviewers)]]
        while self.round.coding_closed_at is None:
            case = assignment.next_case(round=self.round, reviewer=user)
            if case is None:
                break
            acts.say(self.round, case.pk, user, "cx")
            self.decisions += 1
        self.attempt(lambda: tagging.hand_in(round=self.round, by=user))

    @rule(sure=st.integers(0, 9))
    def close_coding(self, sure: int) -> None:
        if sure == 0:
            self.attempt(lambda: rounds.close_coding(round=self.round, by=self.people["ada"]))
            self.round.refresh_from_db()

    @rule(pick=PICK, title=st.sampled_from([*TITLES, "Analyst"]))
    def import_another_title(self, pick: int, title: str) -> None:
        key, shown = comparison_key(title), None
        if key:
            shown, _ = Headline.objects.get_or_create(
                key_hash=hashlib.sha256(key.encode()).digest(), defaults={"text": title}
            )
        Vote.objects.filter(pk=self.vote(pick).pk).update(headline=shown, headline_raw=title)
        self.follow()

    @rule(title=st.sampled_from([*TITLES, "Analyst"]), option=st.integers(1, 3))
    def import_another_voter(self, title: str, option: int) -> None:
        factories.make_vote(self.poll, title, option=option)
        self.follow()

    @rule(pick=PICK)
    def exclude_or_take_back(self, pick: int) -> None:
        vote = self.vote(pick)
        if vote.voided_at is None:
            vote.voided_at, vote.voided_by, vote.void_reason = timezone.now(), self.people["ada"], "test"
        else:
            vote.voided_at, vote.voided_by, vote.void_reason = None, None, ""
        vote.save()
        self.follow()

    def follow(self) -> None:
        assignment.after_votes_changed(poll_id=self.poll.pk)
        before = list(CaseVote.objects.filter(round=self.round).order_by("pk").values())
        assignment.after_votes_changed(poll_id=self.poll.pk)
        assert list(CaseVote.objects.filter(round=self.round).order_by("pk").values()) == before

    @invariant()
    def every_case_is_true_to_its_decisions(self) -> None:
        said = list(Decision.objects.filter(round=self.round).order_by("seq"))
        assert len(said) == self.decisions, "nothing is ever lost"
        standing: dict[tuple[int, int], int | None] = {}
        for row in said:
            if not row.late:
                cat = None if row.verdict == "withdrawn" else row.category_id or 0
                standing[row.case_id, row.slot] = cat
        for case in Case.objects.filter(round=self.round):
            pair = standing.get((case.pk, 1)), standing.get((case.pk, 2))
            how = {"resolution": case.resolution, "final": case.final_id}
            assert (case.cat1, case.cat2) == pair
            assert case.status == status_of(*pair, **how)
            assert (case.final_id, case.resolution) == final_of(*pair, **how)
            assert (case.decision1_id is None, case.decision2_id is None) == (
                pair[0] is None,
                pair[1] is None,
            )
            if case.pk in self.pairs or case.sealed_at is not None:
                assert case.sealed_at is not None
                assert self.pairs.setdefault(case.pk, pair) == pair, "what is sealed stands still"

    @invariant()
    def totals_reconcile(self) -> None:
        live = set(Vote.objects.filter(poll=self.poll, voided_at__isnull=True).values_list("pk", flat=True))
        behind = list(
            CaseVote.objects.filter(round=self.round, left_at__isnull=True).values_list(
                "case", "vote", "vote__option__position"
            )
        )
        homeless = live - {vote for _, vote, _ in behind}
        assert {vote for _, vote, _ in behind} <= live
        assert not homeless or self.round.coding_closed_at is not None
        cases = list(Case.objects.filter(round=self.round))
        classified = sum(case.n_votes for case in cases if case.status in DONE)
        unresolved = sum(case.n_votes for case in cases if case.status not in DONE) + len(homeless)
        assert classified + unresolved == len(live)
        for case in cases:
            options = [position for of, _, position in behind if of == case.pk]
            assert case.option_counts == [options.count(position) for position in (1, 2, 3)]
            assert case.n_votes == len(options)

    @invariant()
    def every_reviewer_is_told_the_truth_about_their_own(self) -> None:
        for seat in RoundReviewer.objects.filter(round=self.round):
            left = assignment.unread(round=self.round, seat=seat)
            assert seat.decided_count + left == seat.assigned_count
            if self.round.coding_closed_at is None:
                upcoming = assignment.next_case(round=self.round, reviewer=seat.user)
                assert (upcoming is None) == (left == 0)
                assert seat.handed_in_at is None or left == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("unit", "reviewers"),
    [("headline", ("rosa", "sam")), ("voter", ("rosa", "sam")), ("headline", ("rosa", "sam", "tim"))],
)
def test_any_order_of_deeds_leaves_a_true_round(unit, reviewers):
    class Life(LifeOfARound):
        pass

    Life.unit, Life.reviewers = unit, reviewers
    Life.people = {name: factories.make_user(name) for name in ("ada", "jude", *reviewers)}
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=4,
            stateful_step_count=16,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
