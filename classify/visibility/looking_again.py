"""Which cases stand in certain categories: what a changed codebook asks to look at again.

Read for who may see the results of the round, never before the reveal for somebody who reads in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q, QuerySet

from classify.models import Case, Codebook, Round
from classify.visibility.rules import can_see_results, check_can_see_results
from polls.permissions import Person

# One pass over the cases of a round; a case stands under every category that somebody gave it, once each.
_COUNTS = """
SELECT x.category, count(*), sum(c.n_votes)
  FROM classify_case c
 CROSS JOIN LATERAL (SELECT DISTINCT v AS category FROM unnest(ARRAY[c.cat1, c.cat2, c.final_id]) v
                      WHERE v = ANY(%(categories)s)) x
 WHERE c.round_id = %(round)s AND c.n_votes > 0
   AND (c.cat1 = ANY(%(categories)s) OR c.cat2 = ANY(%(categories)s) OR c.final_id = ANY(%(categories)s))
 GROUP BY x.category
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """So many cases, with so many votes behind them."""

    cases: int
    votes: int


def rounds_with_results(user: Person, codebook: Codebook, *, before: int) -> list[Round]:
    """The rounds read by a version of the codebook below that number whose results the person may see, newest
    first; practice too, but not what was discarded."""
    rounds = Round.objects.filter(
        version__codebook=codebook, version__number__lt=before, discarded_at__isnull=True
    )
    if not user.is_superuser:
        rounds = rounds.filter(poll__memberships__user=user.pk).distinct()
    rounds = rounds.select_related("poll", "version").order_by("-created_at", "-pk")
    return [round for round in rounds if can_see_results(user, round)]


def standing_in(user: Person, round: Round, categories: Sequence[int]) -> dict[int, Standing]:
    """For each category (id): the cases that a standing decision or the final puts there. Those with none are
    left out. Raises PollRefused for who may not see the results of the round."""
    check_can_see_results(user, round)
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, {"round": round.pk, "categories": list(categories)})
        return {category: Standing(cases, int(votes)) for category, cases, votes in cursor.fetchall()}


def cases_standing_in(user: Person, round: Round, categories: Sequence[int]) -> QuerySet[Case]:
    """The cases of the round that a standing decision or the final puts into one of the categories, without
    who said it. Raises PollRefused for who may not see the results of the round."""
    check_can_see_results(user, round)
    ids = list(categories)
    return (
        Case.objects.filter(Q(cat1__in=ids) | Q(cat2__in=ids) | Q(final__in=ids), round=round, n_votes__gt=0)
        .defer("reviewer1", "reviewer2", "decision1", "decision2", "order1", "order2")
        .order_by("pk")
    )
