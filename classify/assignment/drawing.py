"""Which titles a practice round reads, where it reads a sample: drawn at random by the round's seed.

The same seed draws the same titles from the same votes. Titles that an earlier practice round of the poll
showed come last, so that nobody practises on what they know while there is something else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.db import connection

from classify.models import Round

MAX_SAMPLE: Final = 5_000
"""More titles than anybody practises on."""

# A title is a headline with all its votes, or one voter: who shows none, or everybody where the unit is the
# voter. Each kind is hashed with a seed of its own, since a headline and a voter may have the same id.
_DRAW: Final = """
WITH live AS (
  SELECT v.id, v.headline_id,
         CASE WHEN %(unit)s = 'voter' OR v.headline_id IS NULL
              THEN CASE WHEN %(single)s THEN v.id ELSE v.voter_id END END AS voter
    FROM polls_vote v WHERE v.poll_id = %(poll)s AND v.voided_at IS NULL
), before AS MATERIALIZED (
  SELECT id FROM classify_round WHERE poll_id = %(poll)s AND purpose = 'pilot' AND id <> %(round)s
), shown AS MATERIALIZED (
  SELECT DISTINCT headline_id FROM classify_case
   WHERE round_id IN (SELECT id FROM before) AND headline_id IS NOT NULL
), read AS MATERIALIZED (
  SELECT DISTINCT vote_id FROM classify_casevote WHERE round_id IN (SELECT id FROM before)
), titles AS (
  SELECT live.headline_id, live.voter,
         bool_or(shown.headline_id IS NOT NULL OR read.vote_id IS NOT NULL) AS known
    FROM (SELECT id, voter, headline_id AS shows, CASE WHEN voter IS NULL THEN headline_id END AS headline_id
            FROM live) live
    LEFT JOIN shown ON shown.headline_id = live.shows
    LEFT JOIN read ON read.vote_id = live.id
   GROUP BY live.headline_id, live.voter
)
SELECT headline_id, voter FROM titles
 ORDER BY known, hashint8extended(COALESCE(headline_id, voter),
                                  hashint8extended(CASE WHEN voter IS NULL THEN 3 ELSE 4 END, %(seed)s)),
          headline_id, voter
 LIMIT %(size)s
"""

DRAWN: Final = """
AND (v.headline_id = ANY(%(headlines)s)
     OR (%(unit)s = 'voter' OR v.headline_id IS NULL)
        AND CASE WHEN %(single)s THEN v.id ELSE v.voter_id END = ANY(%(voters)s))
"""
"""What a vote `v` must meet to be in the sample; filled with `Sample.values`."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The titles drawn: ids of headlines, and of votes (or voters, where several choices are allowed)."""

    headlines: tuple[int, ...]
    voters: tuple[int, ...]

    @property
    def values(self) -> dict[str, Any]:
        """What `DRAWN` is filled with."""
        return {"headlines": list(self.headlines), "voters": list(self.voters)}


def draw(round: Round) -> Sample:
    """The sample of a practice round with `sample_size`; as many titles as there are where that is fewer."""
    values: dict[str, Any] = {
        "round": round.pk,
        "poll": round.poll_id,
        "unit": round.unit,
        "single": round.poll.single_choice,
        "seed": round.seed,
        "size": round.sample_size,
    }
    with connection.cursor() as cursor:
        cursor.execute(_DRAW, values)
        rows = cursor.fetchall()
    return Sample(
        tuple(headline for headline, voter in rows if voter is None),
        tuple(voter for _, voter in rows if voter is not None),
    )
