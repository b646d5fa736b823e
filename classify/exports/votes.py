"""The classified file: one row per vote, with the category its case ended with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from classify.exports.tables import ISO_TIME, VOTER_ID, VOTES, Hash, Judgements, Row, Table, copy_rows
from classify.models import Round
from polls.csvio import Cell
from polls.importing.mapping import JUDGEMENT_COLUMNS, SOURCE_PREFIX
from polls.models import Batch, Poll

_VOTER: Final = (
    ("voter_id", VOTER_ID),
    ("name", "p.name"),
    ("headline", "v.headline_raw"),
    ("organisation", "p.organisation"),
    ("profile_url", "p.profile_url"),
    ("country", "p.country"),
    ("voted_at", f"coalesce(nullif(v.voted_raw, ''), to_char(v.voted_at AT TIME ZONE 'UTC', {ISO_TIME}))"),
    ("comment", "v.comment"),
    ("option", "o.text"),
)
_IDENTIFYING: Final = frozenset({"name", "headline", "organisation", "profile_url", "comment"})


def classified(poll: Poll, round_: Round | None, *, pseudonym: Hash | None = None) -> Table:
    """One row per live vote in the order of import, with its final category in that round.

    Without a round every vote is unresolved. Source columns that the import did not recognise come last,
    under `source:`. `pseudonym` replaces the voter_id and leaves out whatever tells who voted.
    """
    voter = [pair for pair in _VOTER if pseudonym is None or pair[0] not in _IDENTIFYING]
    extras = [] if pseudonym else _extra_headers(poll)
    judged = Judgements(round_)
    sql = f"""
        SELECT {", ".join(expression for _name, expression in voter)},
               c.final_id, c.status, c.resolution, c.resolved_by_id, c.reviewer1_id, c.reviewer2_id
               {", v.batch_id, v.extra" if extras else ""}
        {VOTES}
        LEFT JOIN classify_casevote cv
               ON cv.vote_id = v.id AND cv.round_id = {round_.pk if round_ else 0} AND cv.left_at IS NULL
        LEFT JOIN classify_case c ON c.id = cv.case_id
        WHERE v.poll_id = {poll.pk} AND v.voided_at IS NULL
        ORDER BY v.id"""
    header = (*(name for name, _ in voter), *JUDGEMENT_COLUMNS, *(SOURCE_PREFIX + name for name in extras))
    rows = _classified_rows(sql, len(voter), judged, pseudonym, _Extras(poll, extras))
    return Table(header, rows)


def _classified_rows(
    sql: str, width: int, judged: Judgements, pseudonym: Hash | None, extras: _Extras
) -> Iterator[Row]:
    types = ["text"] * width + ["int8", "text", "text", "int8", "int8", "int8"]
    for row in copy_rows(sql, types + (["int8", "text[]"] if extras.width else [])):
        voter = row[:width] if pseudonym is None else (pseudonym(row[0]), *row[1:width])
        yield (
            *voter,
            *judged.of(*row[width : width + 6]),
            *(extras.of(*row[width + 6 :]) if extras.width else ()),
        )


class _Extras:
    """Cells of unrecognised source columns, put under the union of all imports' headers."""

    def __init__(self, poll: Poll, headers: list[str]) -> None:
        self.width = len(headers)
        place = {name: index for index, name in enumerate(headers)}
        batches = Batch.objects.filter(poll=poll).values_list("pk", "extra_headers") if headers else []
        self.places = {pk: [place[name] for name in names] for pk, names in batches}
        self.straight = {pk for pk, places in self.places.items() if places == list(range(self.width))}

    def of(self, batch: int | None, cells: list[str]) -> Row:
        if batch in self.straight and len(cells) == self.width:
            return tuple(cells)
        row: list[Cell] = [None] * self.width
        for index, cell in zip(self.places.get(batch or 0, ()), cells, strict=False):
            row[index] = cell
        return tuple(row)


def _extra_headers(poll: Poll) -> list[str]:
    headers: dict[str, None] = {}
    for names in Batch.objects.filter(poll=poll).order_by("pk").values_list("extra_headers", flat=True):
        headers.update(dict.fromkeys(names))
    return list(headers)
