"""Where a case stands: the one function that says so, and its twin in SQL.

Two verdicts of one case are category ids, 0 for unsure, None for none yet. Queue, progress, agreement,
report and exports take their figures from here, so that they reconcile. No Django: plain values in and out.
"""

from __future__ import annotations

from collections.abc import Iterable

WAITING = "waiting"
ONE_DECISION = "one_decision"
AGREED = "agreed"
CONFLICT = "conflict"
RESOLVED = "resolved"
STATUSES = (WAITING, ONE_DECISION, AGREED, CONFLICT, RESOLVED)
DONE = frozenset({AGREED, RESOLVED})
"""A case that stands here has a final category: its votes are classified. All others are unresolved."""

UNSURE = 0
BY_AGREEMENT = "agreed"
BY_CARRYING = "carried"


def agree(cat1: int | None, cat2: int | None) -> bool:
    """Do two verdicts agree? Only two equal categories do; unsure agrees with nothing."""
    return cat1 is not None and cat1 == cat2 and cat1 != UNSURE


def status_of(cat1: int | None, cat2: int | None, *, resolution: str = "", final: int | None = None) -> str:
    """The status of a case with these two standing verdicts.

    `resolution` and `final` are what an adjudication, a consensus or an earlier round said. They count for
    a pair that differs; a category carried over stands whatever was decided. Every input has an answer.
    """
    if final is not None and resolution == BY_CARRYING:
        return RESOLVED
    if cat1 is None and cat2 is None:
        return WAITING
    if cat1 is None or cat2 is None:
        return ONE_DECISION
    if agree(cat1, cat2):
        return AGREED
    if final is not None and resolution and resolution != BY_AGREEMENT:
        return RESOLVED
    return CONFLICT


def final_of(
    cat1: int | None, cat2: int | None, *, resolution: str = "", final: int | None = None
) -> tuple[int | None, str]:
    """The final category and its resolution, (None, "") while there is none."""
    status = status_of(cat1, cat2, resolution=resolution, final=final)
    if status == AGREED:
        return cat1, BY_AGREEMENT
    if status == RESOLVED:
        return final, resolution
    return None, ""


def export_status(status: str, resolution: str = "") -> str:
    """What a `classified` export calls the status of a vote: agreed, resolved, carried or unresolved."""
    if status not in DONE:
        return "unresolved"
    return BY_CARRYING if resolution == BY_CARRYING else status


def totals(statuses: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Sums per status, every status named, from pairs of status and number."""
    sums = dict.fromkeys(STATUSES, 0)
    for status, number in statuses:
        sums[status] += number
    return sums


def status_sql(cat1: str, cat2: str, *, resolution: str = "resolution", final: str = "final_id") -> str:
    """`status_of` as an SQL expression over four SQL expressions; a test holds the two equal.

    It exists so that a decision moves the status of its case in the same statement, without the other
    reviewer's verdict ever leaving the database.
    """
    return (
        f"CASE WHEN {final} IS NOT NULL AND {resolution} = 'carried' THEN 'resolved' "
        f"WHEN {cat1} IS NULL AND {cat2} IS NULL THEN 'waiting' "
        f"WHEN {cat1} IS NULL OR {cat2} IS NULL THEN 'one_decision' "
        f"WHEN {agree_sql(cat1, cat2)} THEN 'agreed' "
        f"WHEN {final} IS NOT NULL AND {resolution} NOT IN ('', 'agreed') THEN 'resolved' "
        "ELSE 'conflict' END"
    )


def agree_sql(cat1: str, cat2: str) -> str:
    """`agree` as an SQL expression over two SQL expressions."""
    return f"({cat1} IS NOT NULL AND {cat2} IS NOT NULL AND {cat1} = {cat2} AND {cat1} <> 0)"
