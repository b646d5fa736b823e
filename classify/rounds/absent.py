"""What waits for somebody who cannot log in any more: what they read, conflicts that they alone resolve.

`polls.people` asks through a setting (`ROLECALL_WAITS_FOR`). Nothing changes by it: who was deactivated by
mistake finds everything as it was.
"""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from classify import visibility
from classify.models import Round, RoundAdjudicator, RoundReviewer
from classify.rounds.roles import may_have_conflicts, nobody_resolves
from polls.models import User


def waits_for(*, user: User, by: User) -> list[tuple[str, str, str]]:
    """Of every such round a sentence, the address where something can be done about it, and what that is.

    Tells `by`, who may read in these rounds, nothing that the pages of the rounds do not show everybody.
    """
    found = []
    for round in _alive(RoundReviewer.objects.filter(user=user, left_at__isnull=True)):
        if not visibility.is_revealed(round):
            said = _("%(name)s reads in round %(number)d of %(poll)s, which waits for them.")
            path = reverse("classify:round-leave", args=[round.poll.slug, round.number, user.pk])
            found.append((_filled(said, round, user), path, _("Take them out")))
    for round in _alive(RoundAdjudicator.objects.filter(user=user)):
        if nobody_resolves(round) and may_have_conflicts(round, by):
            said = _("%(name)s alone resolved the conflicts of round %(number)d of %(poll)s.")
            path = reverse("classify:round-adjudicator", args=[round.poll.slug, round.number])
            found.append((_filled(said, round, user), path, _("Let somebody else resolve them")))
    return found


def _alive(parts: QuerySet[RoundReviewer] | QuerySet[RoundAdjudicator]) -> QuerySet[Round]:
    """The rounds of these parts that go on."""
    rounds = Round.objects.filter(Exists(parts.filter(round=OuterRef("pk"))))
    rounds = rounds.filter(discarded_at__isnull=True, archived_at__isnull=True)
    return rounds.select_related("poll").order_by("poll__slug", "number")


def _filled(said: str, round: Round, user: User) -> str:
    return said % {"name": user.username, "number": round.number, "poll": round.poll.slug}
