"""The decisions behind a classified file, in the two forms that `import_tags` reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from classify.exports.tables import ISO_TIME, VOTER_ID, VOTES, Hash, Judgements, Row, Table, copy_rows
from classify.models import Round

# A category carried over from an earlier round resolves no two decisions of this one.
_OUTCOME: Final = """
    CASE WHEN c.cat1 IS NOT NULL AND c.cat2 IS NOT NULL AND c.resolution <> 'carried' THEN c.final_id END,
    c.resolution, c.resolved_by_id, c.reviewer1_id, c.reviewer2_id"""
_OUTCOME_TYPES: Final = ("int8", "text", "int8", "int8", "int8")
_CASES: Final = """
    JOIN classify_casevote cv ON cv.vote_id = v.id AND cv.left_at IS NULL
    JOIN classify_case c ON c.id = cv.case_id"""

# Of the votes of one person in one case, where several options could be chosen, the first stands for all:
# a decision is about the case, and would be told once per option.
_ONCE: Final = """
    AND NOT EXISTS (
        SELECT FROM classify_casevote ecv JOIN polls_vote earlier ON earlier.id = ecv.vote_id
        WHERE ecv.case_id = cv.case_id AND ecv.left_at IS NULL AND earlier.voided_at IS NULL
          AND earlier.voter_id = v.voter_id AND earlier.id < v.id)"""


def tags(round_: Round, *, pseudonym: Hash | None = None) -> Table:
    """One row per voter of a case and slot: the standing decision, or an empty category where there is none.

    All rows of the first slot come before those of the second, so that a reader who numbers reviewers by
    first appearance numbers them as this round does. Notes can tell who somebody is: `pseudonym` leaves
    them out.
    """
    note = "" if pseudonym else "d.note,"
    sql = f"""
        SELECT {VOTER_ID}, c.id, s.reviewer, s.cat, {note}
               to_char(d.decided_at AT TIME ZONE 'UTC', {ISO_TIME}), {_OUTCOME}
        {VOTES}
        {_CASES}
        CROSS JOIN LATERAL (
            VALUES (1, c.reviewer1_id, c.decision1_id, c.cat1), (2, c.reviewer2_id, c.decision2_id, c.cat2)
        ) s (slot, reviewer, decision, cat)
        JOIN classify_roundreviewer r ON r.round_id = c.round_id AND r.user_id = s.reviewer
        LEFT JOIN classify_decision d ON d.id = s.decision
        WHERE c.round_id = {round_.pk} AND v.voided_at IS NULL {_once(round_)}
        ORDER BY s.slot, r.ordinal, c.id, v.id"""
    named = Judgements(round_)
    notes = () if pseudonym else ("note",)
    header = ("voter_id", "case", "reviewer", "category", *notes, "tagged_at", "final", "adjudicator")

    def rows() -> Iterator[Row]:
        codes = {pk: code for pk, (code, _label) in named.categories.items()} | {0: "unsure"}
        types = ["text", "int8", "int8", "int8", *["text" for _ in notes], "text", *_OUTCOME_TYPES]
        for voter, case, reviewer, category, *said, final, resolution, by, first, second in copy_rows(
            sql, types
        ):
            yield (
                pseudonym(voter) if pseudonym else voter,
                case,
                named.people[reviewer],
                codes.get(category),
                *said,
                codes.get(final),
                _adjudicator(named, final, resolution, by, first, second),
            )

    return Table(header, rows())


def wide(round_: Round, *, pseudonym: Hash | None = None) -> Table:
    """One row per voter of a case, the standing decision of each reviewer in a column of their own."""
    sql = f"""
        SELECT {VOTER_ID}, c.id, c.cat1, c.cat2, {_OUTCOME}
        {VOTES}
        {_CASES}
        WHERE c.round_id = {round_.pk} AND v.voided_at IS NULL {_once(round_)}
        ORDER BY c.id, v.id"""
    named = Judgements(round_)
    reviewers = list(round_.reviewers.order_by("ordinal").values_list("user_id", flat=True))
    columns = [f"tag:{named.people[pk]}" for pk in reviewers]

    def rows() -> Iterator[Row]:
        codes = {pk: code for pk, (code, _label) in named.categories.items()} | {0: "unsure"}
        types = ["text", "int8", "int8", "int8", *_OUTCOME_TYPES]
        for voter, case, cat1, cat2, final, resolution, by, first, second in copy_rows(sql, types):
            said = {first: codes.get(cat1), second: codes.get(cat2)}
            yield (
                pseudonym(voter) if pseudonym else voter,
                case,
                *(said.get(pk) for pk in reviewers),
                codes.get(final),
                _adjudicator(named, final, resolution, by, first, second),
            )

    return Table(("voter_id", "case", *columns, "final", "adjudicator"), rows())


def _once(round_: Round) -> str:
    """The condition that leaves one row per voter and case; nothing where everybody has one vote."""
    return "" if round_.poll.single_choice else _ONCE


def _adjudicator(
    named: Judgements, final: int | None, resolution: str, by: int | None, first: int, second: int
) -> str | None:
    """Who resolved the case; both reviewers where they did it in consensus."""
    if final is None or resolution == "agreed":
        return None
    if resolution == "consensus":
        return f"{named.people[first]};{named.people[second]}"
    return named.people.get(by or 0)
