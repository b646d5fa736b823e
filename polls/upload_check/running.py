"""The check of all rows, and the import itself: at once for a small file, in a worker for a big one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from polls.importing import load, readers
from polls.importing.progress import SILENT, Progress
from polls.importing.report import ImportReport
from polls.models import Batch, Membership, Option, Poll, Role, User
from polls.permissions import check_can_create_poll, check_can_import
from polls.problems import Refused
from polls.upload_check.opening import as_date, is_big, open_upload, poll_details
from polls.upload_check.using import Used, reading_in_use, remember
from polls.uploads import Upload


def run_check(upload: Upload, *, by: User, progress: Progress = SILENT) -> ImportReport:
    """Read every row as the import would, write nothing to the poll, and keep the report with the upload.

    The rows that would not be taken are left in `upload.rejects`. Raises PollRefused, and Refused when the
    file cannot be read as it was told.
    """
    _check_may_import(upload, by)
    with open_upload(upload, upload.as_told) as source:
        used = reading_in_use(upload, source)
        report = _import(upload, source, used, by, dry_run=True, rejects=upload.rejects, progress=progress)
    try:
        # Once more: a poll of that name made meanwhile by others is none of this person's business.
        _check_may_import(upload, by)
    except Refused:
        upload.rejects.unlink(missing_ok=True)
        raise
    upload.checked = {
        "fingerprint": fingerprint(upload),
        "at": timezone.now().isoformat(),
        "report": stored(report),
    }
    upload.save()
    return report


def ensure_checked(upload: Upload, *, by: User) -> bool:
    """See to it that `upload.rejects` holds what would not be taken; false for a big file that no worker has
    checked as it would be read now. The caller holds the upload. Raises Refused."""
    if checked_report(upload) is not None:
        return True
    with open_upload(upload, upload.as_told) as source:
        if is_big(source):
            return False
    run_check(upload, by=by)
    return True


def dry_run(upload: Upload, source: readers.Source, used: Used, by: User) -> dict[str, Any]:
    """What importing a small file would do, at once, as pages show it. Raises PollRefused and Refused."""
    report = stored(_import(upload, source, used, by, dry_run=True))
    # Afterwards: a poll that the report speaks of is there now.
    _check_may_import(upload, by)
    return report


def commit(
    upload: Upload,
    *,
    by: User,
    progress: Progress = SILENT,
    before_commit: Callable[[ImportReport], None] | None = None,
) -> ImportReport:
    """Import the file, and make its poll if it is for a new one. All of it or nothing.

    `before_commit` is called with the report in the transaction of the votes. Raises PollRefused, and Refused
    when the file cannot be read, no row is accepted, or the slug was taken in the meantime. The caller sees
    to it that an upload is imported once (`uploads.held`, or the one open job over it), and calls this in no
    transaction of its own: what the upload says of the import is written when that is committed.
    """
    report = _commit(upload, by, progress, before_commit)
    finish(upload, stored(report))
    return report


@transaction.atomic
def _commit(
    upload: Upload, by: User, progress: Progress, before_commit: Callable[[ImportReport], None] | None
) -> ImportReport:
    _check_may_import(upload, by)
    if upload.is_new:
        _make_poll(upload, by)
    with open_upload(upload, upload.as_told) as source:
        used = reading_in_use(upload, source)
        report = _import(
            upload, source, used, by, rejects=upload.rejects, progress=progress, before_commit=before_commit
        )
    if not report.written:
        # Raised inside the transaction, so that a poll made a moment ago goes too.
        raise Refused(report.refused or _("None of the rows could be imported, so nothing was written."))
    remember(used, by=by)
    return report


def finish(upload: Upload, result: dict[str, Any]) -> None:
    """Keep what the import said; the file itself goes. Also for a worker that was killed in between."""
    upload.result = {**result, "rejects_file": None}
    upload.checked = None
    upload.save()
    upload.drop_data()


def stored(report: ImportReport) -> dict[str, Any]:
    """A report as JSON keeps it and pages show it."""
    document = asdict(report) | {"accepted": report.accepted}
    return dict(json.loads(json.dumps(document, default=str)))


def fingerprint(upload: Upload) -> str:
    """Changes when the file would be read otherwise, or the poll it goes into had another import since."""
    newest = Batch.objects.filter(poll__slug=upload.poll).aggregate(newest=Max("pk"))["newest"]
    options = Option.objects.filter(poll__slug=upload.poll).count()
    told = json.dumps([upload.reading, upload.details, newest, options], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


def checked_report(upload: Upload) -> dict[str, Any] | None:
    """The report of the last check of all rows, unless something changed since."""
    if upload.checked is None or upload.checked["fingerprint"] != fingerprint(upload):
        return None
    if upload.is_new and Poll.objects.filter(slug=upload.poll).exists():
        return None
    report: dict[str, Any] = upload.checked["report"]
    return report


def _import(upload: Upload, source: readers.Source, used: Used, by: User, **how: Any) -> ImportReport:
    return load.run_import(
        source=source,
        poll=upload.poll,
        by=by,
        reading=used.reading,
        **how,
        **poll_details(upload.details),
    )


def _check_may_import(upload: Upload, by: User) -> None:
    if upload.is_new:
        check_can_create_poll(by)
        if Poll.objects.filter(slug=upload.poll).exists():
            raise Refused(
                _("There is a poll named %(slug)s by now. Start again with another short name.")
                % {"slug": upload.poll}
            )
        return
    poll = Poll.objects.filter(slug=upload.poll).first()
    if poll is None:
        raise Refused(_("There is no poll %(slug)s any more.") % {"slug": upload.poll})
    check_can_import(by, poll)


def _make_poll(upload: Upload, by: User) -> Poll:
    """The poll of the form, with `by` as its first admin."""
    details = upload.details
    poll = Poll(
        slug=upload.poll,
        question=details["question"],
        single_choice=not details.get("multiple"),
        options_are_ordered=details["options_are_ordered"],
        published_total=details.get("published_total"),
        opened_on=as_date(details.get("opened_on")),
        closed_on=as_date(details.get("closed_on")),
        created_by=by,
    )
    try:
        poll.full_clean()
    except ValidationError as problem:
        raise Refused(" ".join(problem.messages)) from problem
    poll.save()
    Membership.objects.create(poll=poll, user=by, role=Role.ADMIN, added_by=by)
    return poll
