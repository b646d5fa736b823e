"""The tables behind an import of decisions: read as plain values, written by COPY and one UPDATE."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from django.db import connection
from django.utils import timezone

from classify.importing_tags.state import CaseState
from classify.models import Round
from classify.status import RESOLVED, final_of, status_of

MANY: Final = 5_000
"""From this many new rows on, the planner is told about them before anything is joined."""

_VOTES: Final = """
SELECT k.scheme = 'url', k.value, v.id, v.voided_at IS NULL
  FROM polls_vote v JOIN polls_voterkey k ON k.voter_id = v.voter_id
 WHERE v.poll_id = %(poll)s AND (k.scheme = 'id' AND k.scope_id = %(poll)s OR k.scheme = 'url')
 ORDER BY v.voided_at IS NULL, v.id DESC
"""
_TOGETHER: Final = """
SELECT array_agg(id ORDER BY id) FROM polls_vote WHERE poll_id = %(poll)s AND voided_at IS NULL
 GROUP BY voter_id HAVING count(*) > 1
"""
_CASES: Final = """
SELECT c.id, c.reviewer1_id, c.reviewer2_id, c.cat1, c.cat2,
       COALESCE(d1.source, 'import') = 'import', COALESCE(d2.source, 'import') = 'import',
       c.sealed_at IS NOT NULL, c.final_id, c.resolution,
       ARRAY(SELECT cv.vote_id FROM classify_casevote cv WHERE cv.case_id = c.id AND cv.left_at IS NULL)
  FROM classify_case c
  LEFT JOIN classify_decision d1 ON d1.id = c.decision1_id
  LEFT JOIN classify_decision d2 ON d2.id = c.decision2_id
 WHERE c.round_id = %(round)s ORDER BY c.id FOR NO KEY UPDATE OF c
"""
_NEW_IDS: Final = """
SELECT n.id, hashint8extended(n.id, %(seed)s), hashint8extended(n.id, hashint8extended(2, %(seed)s))
  FROM (SELECT nextval(pg_get_serial_sequence('classify_case', 'id')) AS id
          FROM generate_series(1, %(count)s)) n
"""
_DECISION_IDS: Final = """
SELECT nextval(pg_get_serial_sequence('classify_decision', 'id')) FROM generate_series(1, %(count)s)
"""
_HEADLINES: Final = """
SELECT v.id, v.headline_id, h.text, v.headline_raw,
       count(*) FILTER (WHERE v.voided_at IS NULL) OVER (PARTITION BY v.headline_id)
  FROM polls_vote v LEFT JOIN polls_headline h ON h.id = v.headline_id WHERE v.poll_id = %(poll)s
"""
_MOVE: Final = """
UPDATE classify_case c
   SET reviewer1_id = m.reviewer1, reviewer2_id = m.reviewer2,
       decision1_id = COALESCE(m.decision1, c.decision1_id), cat1 = m.cat1,
       decision2_id = COALESCE(m.decision2, c.decision2_id), cat2 = m.cat2,
       status = m.status, final_id = m.final, resolution = m.resolution,
       resolved_by_id = CASE WHEN m.resolves THEN m.resolved_by ELSE c.resolved_by_id END,
       resolved_at = CASE WHEN m.resolves THEN %(now)s ELSE c.resolved_at END,
       sealed_at = CASE WHEN m.resolves THEN COALESCE(c.sealed_at, %(now)s) ELSE c.sealed_at END,
       conflict_since = CASE WHEN m.status IN ('conflict', 'resolved')
                             THEN COALESCE(c.conflict_since, %(now)s) END,
       after_reveal = c.after_reveal
         OR rd.reopened_at IS NOT NULL AND COALESCE(m.decision1, m.decision2) IS NOT NULL
  FROM tag_move m, classify_round rd WHERE m.id = c.id AND rd.id = c.round_id
"""
_MOVE_TABLE: Final = """
CREATE TEMPORARY TABLE tag_move (
  id bigint, reviewer1 bigint, reviewer2 bigint, decision1 bigint, cat1 bigint, decision2 bigint, cat2 bigint,
  status text, final bigint, resolution text, resolves boolean, resolved_by bigint) ON COMMIT DROP
"""


def votes_of(poll_id: int) -> dict[tuple[bool, str], tuple[int, bool]]:
    """(is an address, voter_id or normalised address) -> (first vote, still counts)."""
    return {(by_url, value): (vote, live) for by_url, value, vote, live in _all(_VOTES, {"poll": poll_id})}


def votes_together(poll_id: int) -> dict[int, tuple[int, ...]]:
    """A voter's first counting vote -> all of them, of those who have several."""
    return {votes[0]: tuple(votes) for (votes,) in _all(_TOGETHER, {"poll": poll_id})}


def cases_of(round_: Round) -> dict[int, CaseState]:
    """Vote -> its case as it stands. The cases stay locked until the transaction ends."""
    found: dict[int, CaseState] = {}
    for pk, r1, r2, c1, c2, i1, i2, sealed, final, resolution, votes in _all(_CASES, {"round": round_.pk}):
        case = CaseState(pk, "", votes, [r1, r2], [c1, c2], [i1, i2], sealed, final, resolution)
        found.update(dict.fromkeys(votes, case))
    return found


def write(round_: Round, cases: Sequence[CaseState], seats: Sequence[int]) -> None:
    """Store new cases, added decisions, resolutions, and where every case stands now."""
    _open(round_, [case for case in cases if case.pk is None], seats)
    pointers = _decide(round_, cases)
    _resolve(round_, [case for case in cases if case.new_final is not None])
    with connection.cursor() as cursor:
        cursor.execute(_MOVE_TABLE)
    _copy("tag_move", "", (_move(case, pointers) for case in cases))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE tag_move")
        cursor.execute(_MOVE, {"now": timezone.now()})
        cursor.execute("DROP TABLE tag_move")
    for seat in seats:
        _count(round_, seat, sum(_is_first(case, seat) for case in cases))


def _open(round_: Round, cases: Sequence[CaseState], seats: Sequence[int]) -> None:
    """Make the cases of a new round. With two seats, both people read every case."""
    if not cases:
        return
    shown = {
        vote: (pk, text, raw, n) for vote, pk, text, raw, n in _all(_HEADLINES, {"poll": round_.poll_id})
    }
    ids = _all(_NEW_IDS, {"seed": round_.seed, "count": len(cases)})
    rows: list[tuple[Any, ...]] = []
    members: list[tuple[Any, ...]] = []
    now = timezone.now()
    for case, (pk, order1, order2) in zip(cases, ids, strict=True):
        case.pk = pk
        if len(seats) <= 2:
            case.reviewers = [*seats, *[None] * (2 - len(seats))]
        headline, text, raw, _n = shown[case.votes[0]]
        origin = _origin(round_, [shown[vote] for vote in case.votes])
        if origin != "headline":
            text = raw if headline else ""
        rows.append((pk, round_.pk, round_.poll_id, headline, origin, text, *case.reviewers, order1, order2))
        members += [(round_.pk, vote, pk, now, "imported decisions") for vote in case.votes]
    fixed = (0, "{}", "waiting", "", False)
    _copy(
        "classify_case",
        "id, round_id, poll_id, headline_id, origin, text, reviewer1_id, reviewer2_id, order1, order2,"
        " n_votes, option_counts, status, resolution, review_again",
        ((*row, *fixed) for row in rows),
    )
    _copy("classify_casevote", "round_id, vote_id, case_id, joined_at, reason", members)
    if len(rows) > MANY:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE classify_case, classify_casevote")


def _origin(round_: Round, shown: Sequence[tuple[int | None, str, str, int]]) -> str:
    """A case that holds all live votes of one headline is that headline's; any other group stands apart."""
    if round_.unit == Round.Unit.VOTER:
        return "voter"
    headlines = {headline for headline, *_ in shown}
    if headlines == {None}:
        return "blank" if len(shown) == 1 else "split"
    return "headline" if len(headlines) == 1 and shown[0][3] == len(shown) else "split"


def _decide(round_: Round, cases: Sequence[CaseState]) -> dict[tuple[int | None, int], int]:
    """Add all decisions; returns the standing one of every slot that got one."""
    added = [(case, said) for case in cases for said in case.added]
    if not added:
        return {}
    query = "SELECT case_id, slot, max(seq) FROM classify_decision WHERE round_id = %(round)s GROUP BY 1, 2"
    seqs = {(case, slot): seq for case, slot, seq in _all(query, {"round": round_.pk})}
    ids = _all(_DECISION_IDS, {"count": len(added)})
    pointers: dict[tuple[int | None, int], int] = {}
    rows: list[tuple[Any, ...]] = []
    now = timezone.now()
    for (case, said), (pk,) in zip(added, ids, strict=True):
        place = (case.pk, said.slot)
        seqs[place] = seqs.get(place, 0) + 1
        pointers[place] = pk
        verdict = ("category", said.category) if said.category else ("unsure", None)
        reviewer = case.reviewers[said.slot - 1]
        here = (pk, round_.pk, round_.version_id, case.pk, said.slot, reviewer, seqs[place])
        rows.append((*here, *verdict, said.note, "headline", uuid.uuid4(), False, "import", said.at or now))
    _copy(
        "classify_decision",
        "id, round_id, version_id, case_id, slot, reviewer_id, seq, verdict, category_id, note,"
        " evidence, client_id, late, source, decided_at",
        rows,
    )
    return pointers


def _resolve(round_: Round, cases: Sequence[CaseState]) -> None:
    """Record every resolution that the file brought."""
    if not cases:
        return
    query = "SELECT case_id, max(seq) FROM classify_adjudication WHERE round_id = %(round)s GROUP BY 1"
    seqs = dict(_all(query, {"round": round_.pk}))
    now = timezone.now()
    _copy(
        "classify_adjudication",
        "case_id, round_id, version_id, seq, kind, category_id, reason, rationale, source, decided_by_id,"
        " client_id, decided_at",
        (
            (
                *(case.pk, round_.pk, round_.version_id, seqs.get(case.pk, 0) + 1, "final", case.new_final),
                *("", "", "import", case.resolved_by, uuid.uuid4(), now),
            )
            for case in cases
        ),
    )


def _move(case: CaseState, pointers: Mapping[tuple[int | None, int], int]) -> tuple[Any, ...]:
    cat1, cat2 = case.pair()
    resolves = case.new_final is not None
    said = {"resolution": case.resolution, "final": case.final}
    if resolves:
        said = {"resolution": case.new_resolution, "final": case.new_final}
    status = status_of(cat1, cat2, **said)  # type: ignore[arg-type]
    final, resolution = final_of(cat1, cat2, **said)  # type: ignore[arg-type]
    return (
        *(case.pk, *case.reviewers, pointers.get((case.pk, 1)), cat1, pointers.get((case.pk, 2)), cat2),
        *(status, final, resolution, resolves and status == RESOLVED, case.resolved_by),
    )


def _is_first(case: CaseState, person: int) -> bool:
    """Did the file bring the first decision of this person on this case?"""
    return any(
        case.reviewers[slot - 1] == person and case.cats[slot - 1] is None
        for slot in {said.slot for said in case.added}
    )


def _count(round_: Round, person: int, more: int) -> None:
    if more:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE classify_roundreviewer SET decided_count = decided_count + %s"
                " WHERE round_id = %s AND user_id = %s",
                [more, round_.pk, person],
            )


def _all(query: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())


def _copy(table: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
    names = f" ({columns})" if columns else ""
    with connection.cursor() as cursor, cursor.copy(f"COPY {table}{names} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
