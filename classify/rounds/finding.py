"""Which round is meant."""

from __future__ import annotations

from classify.models import Round
from polls.models import Poll


def latest_round(poll: Poll, number: int | None = None) -> Round:
    """The round of that number, else the newest for the study; of archived ones only where there is no other.

    Raises Round.DoesNotExist.
    """
    rounds = Round.objects.filter(poll=poll).select_related("poll", "version__codebook")
    if number is not None:
        return rounds.get(number=number)
    study = rounds.filter(purpose=Round.Purpose.MAIN, discarded_at__isnull=True).order_by("-number")
    found = study.filter(archived_at__isnull=True).first() or study.first()
    if found is None:
        raise Round.DoesNotExist(f"poll {poll.slug} has no round for the study yet")
    return found
