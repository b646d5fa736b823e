"""Conflicts whose headlines share a job title: "CX consultant" stands in twelve of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db import connection

from classify.models import Case, Round
from polls.models import HeadlinePart, JobTitle, PartMark

MAX_TOGETHER: Final = 200
"""So many conflicts are resolved in one act at most."""
MOST_TITLES: Final = 4
"""Of so many current parts of a headline it is asked who shares them."""
_LOOKED_THROUGH: Final = 20_000
"""Of a title that more headlines hold than this, only so many are looked through."""

# From the title to the conflicts, or from the conflicts to the title: the database chooses.
_SHARING: Final = """
SELECT c.id FROM (
    SELECT DISTINCT headline_id FROM (
        SELECT headline_id FROM polls_headlinepart WHERE job_title_id = %(title)s AND mark = ''
        LIMIT %(through)s) held) held
  JOIN classify_case c ON c.headline_id = held.headline_id
 WHERE c.round_id = %(round)s AND c.status = 'conflict' AND c.closed_unresolved_at IS NULL AND c.n_votes > 0
 LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class SharedTitle:
    """A job title of a case's headline, and how many other conflicts of the round show it: at most
    MAX_TOGETHER are counted, `more` says that there may be further ones."""

    pk: int
    text: str
    others: int
    more: bool


def shared_titles(case: Case) -> list[SharedTitle]:
    """The current job titles of the case's headline that other open conflicts show too, in their order."""
    if case.headline_id is None:
        return []
    parts = HeadlinePart.objects.filter(headline=case.headline_id, mark=PartMark.NONE)
    titles = dict.fromkeys(parts.order_by("position").values_list("job_title_id", "job_title__text"))
    found = []
    for pk, text in list(titles)[:MOST_TITLES]:
        ids = sharing(case.round, pk)
        others = len(set(ids) - {case.pk})
        if others:
            found.append(SharedTitle(pk, text, min(others, MAX_TOGETHER), len(ids) > MAX_TOGETHER))
    return found


def sharing(round: Round, job_title: int, *, among: set[int] | None = None) -> list[int]:
    """Open conflicts of the round whose headline holds the job title as a current one, at most one more than
    MAX_TOGETHER; with `among`, those of them that do."""
    if among is not None:
        held = HeadlinePart.objects.filter(job_title=job_title, mark=PartMark.NONE)
        return list(
            Case.objects.filter(round=round, pk__in=among, headline__in=held.values("headline")).values_list(
                "pk", flat=True
            )
        )
    with connection.cursor() as cursor:
        cursor.execute(
            _SHARING,
            {
                "title": job_title,
                "through": _LOOKED_THROUGH,
                "round": round.pk,
                "most": MAX_TOGETHER + 1,
            },
        )
        return sorted(row[0] for row in cursor.fetchall())


def job_title_of(case: Case, pk: int) -> JobTitle | None:
    """That job title, if the case's headline holds it as a current one."""
    return JobTitle.objects.filter(pk=pk, parts__headline=case.headline_id, parts__mark=PartMark.NONE).first()
