"""Which case a reviewer reads next, and by which index it is found."""

from __future__ import annotations

import pytest
from django.db import connection
from django.utils import timezone

from classify import rounds, tagging
from classify.assignment import next_case, reading, unread
from classify.models import Case, RoundReviewer
from tests.classify import acts
from tests.classify.moving import case_of, follow, retitle


class TestReading:
    def test_the_order_is_the_reviewers_own(self, round, rosa, sam):
        for user, order in ((rosa, "order1"), (sam, "order2")):
            wanted = list(Case.objects.order_by(order).values_list("pk", flat=True))
            read = []
            while (case := next_case(round=round, reviewer=user)) is not None:
                read.append(case.pk)
                acts.say(round, case.pk, user, "cx")
            assert read == wanted

    def test_it_wraps_once_to_what_was_left_behind(self, round, rosa):
        first, *_, last = Case.objects.order_by("order1")
        acts.say(round, last, rosa, "cx")
        assert next_case(round=round, reviewer=rosa).pk == first.pk

    def test_changing_an_old_decision_does_not_move_the_place(self, round, rosa):
        one, two, three, _ = Case.objects.order_by("order1")
        for case in (one, two):
            acts.say(round, case, rosa, "cx")
        acts.say(round, one, rosa, "other")
        assert next_case(round=round, reviewer=rosa).pk == three.pk

    def test_what_was_taken_back_comes_last_in_the_order_of_taking_back(self, round, rosa):
        one, two, three, four = Case.objects.order_by("order1")
        for case in (one, two, three):
            acts.say(round, case, rosa, "cx")
        for case in (two, one):
            acts.say(round, case, rosa, "withdrawn")
        acts.say(round, four, rosa, "cx")
        assert next_case(round=round, reviewer=rosa).pk == two.pk
        acts.say(round, two, rosa, "cx")
        assert next_case(round=round, reviewer=rosa).pk == one.pk
        acts.say(round, one, rosa, "cx")
        assert next_case(round=round, reviewer=rosa) is None

    def test_a_seal_shows_nowhere_in_what_comes_next(self, round, rosa):
        """The same acts on a sealed and an unsealed round bring the same cases, counts and refusals."""
        one, two, three, four = Case.objects.order_by("order1")
        for case in (one, two, three, four):
            acts.say(round, case, rosa, "cx")
        Case.objects.filter(pk=one.pk).update(sealed_at=timezone.now())
        seen = []
        for case in (one, two):
            reply = acts.say(round, case, rosa, "withdrawn")
            seen.append((reply.decided, reply.total, reply.next.pk))
        assert seen == [(3, 4, one.pk), (2, 4, one.pk)]
        assert unread(round=round, seat=RoundReviewer.objects.get(user=rosa)) == 2
        reply = acts.say(round, one, rosa, "cx")
        assert (reply.decided, reply.next.pk) == (3, two.pk)

    def test_a_case_without_a_vote_is_not_read(self, poll, round, votes, rosa):
        case = case_of(round, votes["c"])
        retitle(votes["c"], "CX Lead")
        follow(poll)
        read = []
        while (found := next_case(round=round, reviewer=rosa)) is not None:
            read.append(found.pk)
            acts.say(round, found.pk, rosa, "cx")
        assert case.pk not in read
        assert len(read) == 3
        tagging.hand_in(round=round, by=rosa)

    def test_nothing_comes_once_coding_is_closed(self, round, ada, rosa):
        rounds.close_coding(round=round, by=ada)
        round.refresh_from_db()
        assert next_case(round=round, reviewer=rosa) is None

    def test_who_does_not_read_has_no_next(self, round, ada):
        with pytest.raises(RoundReviewer.DoesNotExist):
            next_case(round=round, reviewer=ada)

    def test_the_next_case_follows_the_partial_indexes(self, poll, round, ada, rosa, sam):
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO polls_headline (text, key_hash)"
                " SELECT 'T' || n, sha256(n::text::bytea) FROM generate_series(1, 3000) n"
            )
            cursor.execute(
                "INSERT INTO classify_case (round_id, poll_id, headline_id, origin, text, n_votes,"
                " option_counts, reviewer1_id, reviewer2_id, order1, order2, status, resolution,"
                " review_again) SELECT %s, %s, id, 'headline', text, 1, '{1,0,0}', %s, %s,"
                " hashint8extended(id, 1), hashint8extended(id, 2), 'waiting', '', false"
                " FROM polls_headline WHERE text LIKE 'T%%'",
                [round.pk, poll.pk, rosa.pk, sam.pk],
            )
            cursor.execute("ANALYZE classify_case, classify_decision")
            cursor.execute(
                f"EXPLAIN (ANALYZE, FORMAT JSON) {reading.UNREAD}",
                {"round": round.pk, "reviewer": rosa.pk, "order": 0, "case": 0, "limit": 5},
            )
            [[[found]]] = cursor.fetchall()
        nodes = list(_nodes(found["Plan"]))
        scans = [node for node in nodes if node.get("Relation Name") == "classify_case"]
        assert sorted(node.get("Index Name") for node in scans) == [
            "classify_case_todo_1",
            "classify_case_todo_1",
            "classify_case_todo_2",
            "classify_case_todo_2",
        ]
        assert max(node["Actual Rows"] for node in nodes) <= 5
        assert sum("Sort Key" in node and node["Plan Rows"] > 10 for node in nodes) == 0

    def test_nothing_of_the_other_slot_is_read(self):
        for slot, other in ((1, "2"), (2, "1")):
            arm = reading.unread_arm(slot, where="> (1, 1)")
            for name in ("reviewer", "order", "decision", "cat"):
                assert f"{name}{other}" not in arm
            for name in ("status", "final", "sealed", "conflict", "claimed", "resol"):
                assert name not in arm


def _nodes(plan):
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)
