"""Which round is meant, and who may have seen more of its poll than others."""

from __future__ import annotations

from django.db.models import QuerySet

from classify.models import Round
from polls.models import Batch, Poll, User


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


def importers_among_reviewers(round: Round) -> QuerySet[User]:
    """Reviewers of the round who brought a file of its votes, and so may have seen what voters chose.

    For the methods statement: blindness is a rule of the server, and cannot reach the file itself.
    """
    importers = Batch.objects.filter(poll=round.poll_id).values("imported_by")
    readers: QuerySet[User] = User.objects.filter(reviewing__round=round, pk__in=importers)
    return readers.order_by("reviewing__ordinal")
