"""What somebody who resolved a conflict says the codebook should say: settled by a version, or set aside."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from classify import visibility
from classify.codebooks import lock_versions
from classify.models import Codebook, CodebookFlag, CodebookVersion
from classify.permissions import check_can_edit_codebooks
from polls.models import User
from polls.problems import Refused


def settle_flags(*, codebook: Codebook, flags: Iterable[int], version: CodebookVersion, by: User) -> int:
    """Note that a version answers these flags; those settled already, or hidden from the person, stay as they
    are. Returns how many. Runs within the transaction that publishes the version."""
    open_ones = visibility.open_flags(by).filter(codebook=codebook, pk__in=list(flags))
    return CodebookFlag.objects.filter(pk__in=open_ones.values("pk")).update(
        settled_by=by, settled_at=timezone.now(), settled_in=version
    )


@transaction.atomic
def set_flag_aside(*, codebook: Codebook, flag_id: int, by: User) -> CodebookFlag:
    """Settle a flag without a version: the codebook stays as it is.

    A second time changes nothing. Raises PollRefused, CodebookFlag.DoesNotExist where the person does not see
    the flag, Refused where a version has settled it.
    """
    check_can_edit_codebooks(by)
    lock_versions()
    flag = visibility.visible_flags(by).get(codebook=codebook, pk=flag_id)
    if flag.settled_in_id is not None:
        raise Refused(_("A version of the codebook has settled this already."))
    if flag.settled_at is None:
        flag.settled_by, flag.settled_at = by, timezone.now()
        flag.save(update_fields=["settled_by", "settled_at"])
    return flag
