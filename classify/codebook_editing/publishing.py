"""A draft becomes a version that rounds may use, or is discarded; and where new codebooks come from."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _

from classify.codebook_editing.drafts import Stale, mark_of, stale_sentence
from classify.codebook_editing.flags import settle_flags
from classify.codebook_files import CodebookText
from classify.codebooks import (
    draft_of,
    lock_versions,
    newest_version,
    record_changes,
    save_codebook,
)
from classify.models import Category, Codebook, CodebookVersion
from classify.permissions import check_can_edit_codebooks
from polls.models import User
from polls.problems import Refused


def _draft_to_end(codebook: Codebook, by: User, seen: str) -> CodebookVersion:
    """The draft, locked. Raises PollRefused, Refused, or Stale where it is not what was looked at."""
    check_can_edit_codebooks(by)
    lock_versions()
    draft = draft_of(codebook)
    if draft is None:
        raise Refused(_("There is no draft any more: it was published or discarded meanwhile."))
    if mark_of(draft) != seen:
        raise Stale(stale_sentence(draft))
    return draft


@transaction.atomic
def publish_draft(
    *, codebook: Codebook, by: User, seen: str, since: int | None, settles: Sequence[int] = ()
) -> CodebookVersion:
    """Make the draft the newest version, which rounds may use from now on and which never changes again.

    `seen` is the mark of the draft, `since` the number of the newest published version that the person
    compared it with. `settles` are ids of flags that this version answers. Raises PollRefused, Refused,
    Stale.
    """
    draft = _draft_to_end(codebook, by, seen)
    newest = newest_version(codebook.code)
    if (newest.number if newest else None) != since:
        raise Stale(
            _("Version %(number)s was published meanwhile. Look again at what changes, then publish.")
            % {"number": newest.number if newest else 0}
        )
    if not draft.categories.exists():
        raise Refused(_("A codebook needs at least one category. Add one, then publish."))
    planned = draft.planned
    draft.number = newest.number + 1 if newest else 1
    draft.planned = {}
    draft.published_at, draft.published_by = timezone.now(), by
    draft.save()
    record_changes(version=draft, since=newest, by=by, planned=planned)
    settle_flags(codebook=codebook, flags=settles, version=draft, by=by)
    return draft


@transaction.atomic
def discard_draft(*, codebook: Codebook, by: User, seen: str) -> bool:
    """Throw the draft away; a codebook that was never published goes with it. Is the codebook still there?

    Raises PollRefused, Refused, Stale.
    """
    draft = _draft_to_end(codebook, by, seen)
    draft.categories.all().delete()
    draft.delete()
    if codebook.versions.exists():
        return True
    try:
        codebook.delete()
    except ProtectedError:
        raise Refused(
            _("Titles for training belong to this codebook, so it stays. Publish the draft, or edit it.")
        ) from None
    return False


@transaction.atomic
def create_codebook(
    *, code: str, title: str, subject: str, by: User, source: CodebookVersion | None = None
) -> Codebook:
    """A new codebook whose first version is a draft: empty, or with the categories and rules of `source`.

    The copied categories are categories of their own. Raises PollRefused, or ValidationError by field.
    """
    check_can_edit_codebooks(by)
    lock_versions()
    if Codebook.objects.filter(code=code).exists():
        raise ValidationError({"code": _("There is a codebook with this code. Choose another code.")})
    codebook = Codebook.objects.create(
        code=code, subject=source.codebook.subject if source is not None else subject
    )
    draft = CodebookVersion.objects.create(
        codebook=codebook,
        number=1,
        title=title,
        rules=source.rules if source is not None else [],
        created_by=by,
        published_at=None,
        edited_by=by,
        edited_at=timezone.now(),
    )
    copies = list(source.categories.order_by("position")) if source is not None else []
    for category in copies:
        category.pk, category.version, category._state.adding = None, draft, True
        category.identity = uuid.uuid4()
    Category.objects.bulk_create(copies)
    return codebook


@transaction.atomic
def import_version(*, book: CodebookText, by: User, since: int | None) -> tuple[CodebookVersion, bool]:
    """Publish what a file says, as `codebooks.save_codebook`.

    `since` is the number of the newest version that the person compared it with, None for none. Raises
    PollRefused, CodebookError, Stale.
    """
    check_can_edit_codebooks(by)
    lock_versions()
    newest = newest_version(book.code)
    if (newest.number if newest else None) != since:
        raise Stale(_("This codebook got a new version meanwhile. Look again at what the file would change."))
    return save_codebook(book=book, by=by)
