"""Recompute where every case stands, and every total, from the decisions; say where what is stored differs.

Stored status, categories and counts exist so that pages are fast. The rows that are never overwritten
(decisions, adjudications, votes) are the truth, and this is the proof that the two agree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

from django.db import connection

from classify import assignment
from classify.models import Case, Category, Round
from classify.status import BY_AGREEMENT, BY_CARRYING, UNSURE, final_of, status_of
from polls.models import Poll, Vote

_CASES: Final = """
WITH standing AS (
  SELECT DISTINCT ON (case_id, slot) case_id, slot, id, verdict, category_id
    FROM classify_decision WHERE round_id = %(round)s AND NOT late ORDER BY case_id, slot, seq DESC
), finals AS (
  SELECT DISTINCT ON (case_id) case_id, category_id
    FROM classify_adjudication WHERE round_id = %(round)s AND kind = 'final' ORDER BY case_id, seq DESC
), per_option AS (
  SELECT cv.case_id, o.position, count(*) AS n
    FROM classify_casevote cv
    JOIN polls_vote v ON v.id = cv.vote_id AND v.voided_at IS NULL
    JOIN polls_option o ON o.id = v.option_id
   WHERE cv.round_id = %(round)s AND cv.left_at IS NULL GROUP BY 1, 2
), counted AS (
  SELECT case_id, sum(n)::int AS total, array_agg(position) AS positions, array_agg(n) AS ns
    FROM per_option GROUP BY case_id
)
SELECT c.id, c.decision1_id, c.cat1, c.decision2_id, c.cat2, c.status, c.final_id, c.resolution, c.n_votes,
       c.option_counts, s1.id, s1.verdict, s1.category_id, s2.id, s2.verdict, s2.category_id,
       f.case_id IS NOT NULL, f.category_id, coalesce(k.total, 0), k.positions, k.ns, over.category_id
  FROM classify_case c
  LEFT JOIN standing s1 ON s1.case_id = c.id AND s1.slot = 1
  LEFT JOIN standing s2 ON s2.case_id = c.id AND s2.slot = 2
  LEFT JOIN finals f ON f.case_id = c.id
  LEFT JOIN counted k ON k.case_id = c.id
  LEFT JOIN classify_carriedcase over ON over.case_id = c.id AND over.reopened_at IS NULL
 WHERE c.round_id = %(round)s ORDER BY c.id
"""
_DECIDED: Final = """
SELECT u.username, r.decided_count,
       (SELECT count(*)
          FROM (SELECT DISTINCT ON (d.case_id) d.case_id, d.verdict FROM classify_decision d
                 WHERE d.round_id = r.round_id AND d.reviewer_id = r.user_id
                 ORDER BY d.case_id, d.id DESC) own
          JOIN classify_case c ON c.id = own.case_id
         WHERE own.verdict <> 'withdrawn' AND c.n_votes > 0)
  FROM classify_roundreviewer r JOIN polls_user u ON u.id = r.user_id
 WHERE r.round_id = %(round)s ORDER BY r.ordinal
"""
# A round on a sample leaves other titles outside; a vote that shows one of its own belongs to it still.
_OUTSIDE: Final = """
SELECT count(*) FROM polls_vote v
 WHERE v.poll_id = %(poll)s AND v.voided_at IS NULL
   AND NOT EXISTS (SELECT FROM classify_casevote cv
                    WHERE cv.round_id = %(round)s AND cv.vote_id = v.id AND cv.left_at IS NULL)
   AND NOT EXISTS (SELECT FROM classify_case c
                    WHERE c.round_id = %(round)s AND c.origin = 'headline' AND c.headline_id = v.headline_id)
"""
_ASSIGNED: Final = """
SELECT u.username, r.assigned_count,
       (SELECT count(*) FROM classify_case c
         WHERE c.round_id = r.round_id AND c.n_votes > 0 AND r.user_id IN (c.reviewer1_id, c.reviewer2_id))
  FROM classify_roundreviewer r JOIN polls_user u ON u.id = r.user_id
 WHERE r.round_id = %(round)s ORDER BY r.ordinal
"""
# A slot is held by somebody of the round who made its standing decision; who left holds no slot undone.
_SLOTS: Final = """
SELECT c.id, s.slot, holder.username, decided.username
  FROM classify_case c
 CROSS JOIN LATERAL (VALUES (1, c.reviewer1_id, c.decision1_id), (2, c.reviewer2_id, c.decision2_id))
            AS s (slot, reviewer, decision)
  JOIN polls_user holder ON holder.id = s.reviewer
  LEFT JOIN classify_roundreviewer r ON r.round_id = c.round_id AND r.user_id = s.reviewer
  LEFT JOIN classify_decision d ON d.id = s.decision
  LEFT JOIN polls_user decided ON decided.id = d.reviewer_id
 WHERE c.round_id = %(round)s
   AND (r.id IS NULL OR d.reviewer_id <> s.reviewer OR d.slot <> s.slot
        OR d.id IS NULL AND r.left_at IS NOT NULL)
 ORDER BY c.id, s.slot
"""
# Who is no reviewer of the poll any more left every open round when their role went.
_FORMER: Final = """
SELECT u.username FROM classify_roundreviewer r JOIN polls_user u ON u.id = r.user_id
 WHERE r.round_id = %(round)s AND r.left_at IS NULL
   AND NOT EXISTS (SELECT FROM polls_membership m
                    WHERE m.poll_id = %(poll)s AND m.user_id = r.user_id AND m.role = 'reviewer')
 ORDER BY r.ordinal
"""
# Roles that went before the rounds followed them left such seats behind.
_NO_REVIEWER: Final = "no reviewer of the poll: take them out on the page of the round"
_HOUSED: Final = """
SELECT count(*) FROM classify_casevote cv JOIN polls_vote v ON v.id = cv.vote_id AND v.voided_at IS NULL
 WHERE cv.round_id = %(round)s AND cv.left_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Drift:
    """One stored value that does not follow from the decisions. `case` is null for what is the round's."""

    kind: str
    round: int
    case: int | None
    stored: Any
    recomputed: Any
    poll: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Verification:
    """What was looked at (cases, live votes of the polls) and every difference found."""

    cases: int
    votes: int
    drift: tuple[Drift, ...]

    def as_json(self) -> dict[str, Any]:
        """Exactly the document of `contract.md`, verify."""
        drift = [{key: value for key, value in one.as_json().items() if key != "poll"} for one in self.drift]
        return {"cases": self.cases, "votes": self.votes, "drift": drift}


def verify(poll: Poll | None = None) -> Verification:
    """Check every round of one poll, or of all. Changes nothing."""
    polls = Poll.objects.all() if poll is None else Poll.objects.filter(pk=poll.pk)
    cases, drift = 0, list[Drift]()
    rounds = Round.objects.filter(poll__in=polls).select_related("poll").order_by("poll__slug", "number")
    for round_ in rounds:
        names = dict(Category.objects.filter(version=round_.version_id).values_list("pk", "code"))
        for row in _rows(_CASES, round_):
            cases += 1
            for kind, stored, recomputed in _differences(row, names):
                drift.append(Drift(kind, round_.number, row[0], stored, recomputed, round_.poll.slug))
        drift += _round_totals(round_)
    votes = Vote.objects.filter(poll__in=polls, voided_at__isnull=True).count()
    return Verification(cases, votes, tuple(drift))


def _differences(row: tuple[Any, ...], names: dict[int, str]) -> Iterator[tuple[str, Any, Any]]:
    decision1, cat1, decision2, cat2, status, final, resolution, n_votes, option_counts = row[1:10]
    now1, now2 = _verdict(*row[10:13]), _verdict(*row[13:16])
    # What was carried over and not opened again since is final, whatever the case says.
    said = {"resolution": BY_CARRYING, "final": row[21]}
    if row[21] is None:
        # What resolves a conflict is an adjudication; who resolved it decides how the resolution is called.
        said["final"] = row[17] if row[16] else None
        named = resolution not in ("", BY_AGREEMENT, BY_CARRYING)
        said["resolution"] = resolution if named else "adjudicated"
    final_now, resolution_now = final_of(now1[1], now2[1], **said)
    pairs = [
        ("decision1", decision1, now1[0]),
        ("decision2", decision2, now2[0]),
        ("cat1", _code(cat1, names), _code(now1[1], names)),
        ("cat2", _code(cat2, names), _code(now2[1], names)),
        ("status", status, status_of(now1[1], now2[1], **said)),
        ("final", _code(final, names), _code(final_now, names)),
        ("resolution", resolution, resolution_now),
        ("n_votes", n_votes, row[18]),
        ("option_counts", _trimmed(option_counts), _counts(row[19], row[20])),
    ]
    return ((kind, stored, now) for kind, stored, now in pairs if stored != now)


def _verdict(pk: int | None, verdict: str | None, category: int | None) -> tuple[int | None, int | None]:
    """The standing decision and its category (0 for unsure); none of both when it was taken back."""
    if pk is None or verdict == "withdrawn":
        return None, None
    return pk, category if verdict == "category" else UNSURE


def _code(category: int | None, names: dict[int, str]) -> str | None:
    if category is None:
        return None
    return names.get(category, "?") if category else "unsure"


def _counts(positions: list[int] | None, ns: list[int] | None) -> list[int]:
    counts = [0] * max(positions or [0])
    for position, n in zip(positions or (), ns or (), strict=True):
        counts[position - 1] = n
    return counts


def _trimmed(counts: list[int]) -> list[int]:
    """Without the zeros at the end: options that were added later need not be stored on every case."""
    end = len(counts)
    while end and not counts[end - 1]:
        end -= 1
    return counts[:end]


def _round_totals(round_: Round) -> Iterator[Drift]:
    slug = round_.poll.slug
    for username, stored, recomputed in _rows(_DECIDED, round_):
        if stored != recomputed:
            kind = f"decided_count of {username}"
            yield Drift(kind, round_.number, None, stored, recomputed, slug)
    for username, stored, recomputed in _rows(_ASSIGNED, round_):
        if stored != recomputed:
            yield Drift(f"assigned_count of {username}", round_.number, None, stored, recomputed, slug)
    for case, slot, holder, decided in _rows(_SLOTS, round_):
        yield Drift(f"slot {slot}", round_.number, case, holder, decided, slug)
    cases = Case.objects.filter(round=round_, n_votes__gt=0).count()
    if cases != round_.case_count:
        yield Drift("case_count", round_.number, None, round_.case_count, cases, slug)
    if round_.coding_closed_at is None:
        for (username,) in _rows(_FORMER, round_):
            yield Drift(f"seat of {username}", round_.number, None, "reads", _NO_REVIEWER, slug)
        waiting = assignment.left_undealt(round_)
        if waiting:
            yield Drift("free slots that could be dealt", round_.number, None, waiting, 0, slug)
        (housed,) = next(iter(_rows(_HOUSED, round_)))
        live = Vote.objects.filter(poll=round_.poll_id, voided_at__isnull=True).count()
        if round_.sample_size is not None:
            live -= next(iter(_rows(_OUTSIDE, round_)))[0]
        if housed != live:
            yield Drift("votes in cases", round_.number, None, housed, live, slug)


def _rows(query: str, round_: Round) -> Iterator[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, {"round": round_.pk, "poll": round_.poll_id})
        yield from cursor.fetchall()
