"""A small world with at least one row in every table, made by the domain functions where there are some."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from django.contrib.auth.models import Group, Permission

from classify import (
    adjudication,
    carrying,
    codebook_editing,
    rounds,
    splitting,
    tagging,
    talk,
    training,
)
from classify.models import Case, Round
from polls.models import (
    Batch,
    BatchVotes,
    HeadlinePart,
    ImportJob,
    Invitation,
    JobTitle,
    Poll,
    RememberedColumns,
    VoteChange,
    Voter,
    VoterDistinction,
    VoterKey,
    VoterMerge,
)
from tests import factories
from tests.classify import acts


def build(poll: Poll) -> Round:
    """The world around a poll; returns its main round, in which case one is resolved and case two agreed."""
    ada = factories.make_member("ada", poll, "admin")
    rosa, sam = (factories.make_member(name, poll, "reviewer") for name in ("rosa", "sam"))
    jude = factories.make_member("jude", poll, "adjudicator")
    _facts(poll, ada)
    version = factories.make_codebook()
    round = acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada, version=version)
    conflict, agreed, *_ = Case.objects.filter(round=round, origin="headline").order_by("pk")
    acts.disagree(round, conflict, rosa, sam)
    adjudication.claim(case=conflict, by=jude)
    adjudication.decide(
        case=conflict,
        by=jude,
        category_code="cx",
        reason="slip",
        rationale="Read again",
        client_id=uuid.uuid4(),
    )
    acts.say(round, agreed, rosa, "cx", milliseconds=900)
    acts.say(round, agreed, sam, "cx")
    for case in Case.objects.filter(round=round):
        tagging.record_profile_view(round=round, case_id=case.pk, by=rosa)
    pilot = acts.open_round(poll, reviewers=[rosa], by=ada, version=version, purpose="pilot")
    rounds.discard_round(round=pilot, by=ada)
    _carried(version, ada, rosa, sam)
    _training(version, ada, rosa)
    _talked_about(version, ada, rosa, sam, jude)
    _split(version, ada, rosa, sam)
    factories.make_codebook("unused")
    _reshaped(ada)
    return round


def _split(version, ada, rosa, sam) -> None:
    """A poll in which a title that two voters share is read one by one."""
    poll = factories.make_poll("split")
    for user, role in ((ada, "admin"), (rosa, "reviewer"), (sam, "reviewer")):
        factories.make_member(user.username, poll, role)
    for option in (1, 2):
        factories.make_vote(poll, "Director", option=option)
    round = acts.open_round(poll, reviewers=[rosa, sam], by=ada, version=version)
    splitting.split_case(round=round, case_id=Case.objects.get(round=round).pk, by=rosa)


def _reshaped(ada) -> None:
    """A codebook whose second version leaves a category out, and a draft of its third."""
    book = factories.make_codebook("reshaped").codebook
    for code in ("other", "cannot-tell"):
        shown = codebook_editing.current_version(book)
        identity = shown.categories.get(code=code).identity
        mark = codebook_editing.mark_of(shown)
        codebook_editing.archive_category(codebook=book, identity=identity, by=ada, seen=mark)
        if code == "other":
            mark = codebook_editing.mark_of(codebook_editing.current_version(book))
            codebook_editing.publish_draft(codebook=book, by=ada, seen=mark, since=1)


def _talked_about(version, ada, rosa, sam, jude) -> None:
    """A poll whose one conflict was judged before the readings were shown, noted for the codebook, and talked
    about after the reveal."""
    poll = factories.make_poll("talked-about")
    for user, role in ((ada, "admin"), (rosa, "reviewer"), (sam, "reviewer"), (jude, "adjudicator")):
        factories.make_member(user.username, poll, role)
    factories.make_vote(poll, "Clerk")
    round = acts.open_round(
        poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada, version=version, adjudicator_first=True
    )
    case = acts.disagree(round, Case.objects.get(round=round), rosa, sam)
    rounds.close_coding(round=round, by=ada)
    adjudication.look_first(case=case, by=jude, category_code="consultant", client_id=uuid.uuid4())
    adjudication.decide(
        case=case,
        by=jude,
        category_code="cx",
        reason="gap",
        rationale="A clerk of what?",
        flag="Say what a clerk is.",
        client_id=uuid.uuid4(),
    )
    talk.add_comment(case=case, by=rosa, text="Seen.", client_id=uuid.uuid4())


def _training(version, ada, rosa) -> None:
    """A title whose answer is known, and Rosa knew it."""
    item = training.add_item(version=version, text="CX Lead", code="cx", explanation="It says so.", by=ada)
    training.answer_item(run=training.run_of(rosa, version, 1), item_id=item.pk, verdict="cx", by=rosa)


def _carried(version, ada, rosa, sam) -> None:
    """A poll that was read to the end, and a second round of it that took the category over."""
    poll = factories.make_poll("carried")
    for user, role in ((ada, "admin"), (rosa, "reviewer"), (sam, "reviewer")):
        factories.make_member(user.username, poll, role)
    factories.make_vote(poll, "Clerk")
    first = acts.open_round(poll, reviewers=[rosa, sam], by=ada, version=version)
    acts.agree_on_all(first, rosa, sam)
    rounds.close_coding(round=first, by=ada)
    second = acts.open_round(poll, reviewers=[rosa, sam], by=ada, version=version)
    carrying.carry_over(round=second, by=ada)


def _facts(poll: Poll, ada) -> None:
    batch = Batch.objects.create(poll=poll, file_name="a.csv", sha256=b"1", encoding="utf-8", imported_by=ada)
    vote = factories.make_vote(poll, "CX Lead", batch=batch, profile_url="https://example.org/in/one")
    factories.make_vote(poll, "Contact Center Manager", option=2, profile_url="https://example.org/in/two")
    factories.make_vote(poll, "Agent", option=3)
    factories.make_vote(poll, "")
    excluded = factories.make_vote(poll, "Test")
    excluded.voided_at, excluded.voided_by, excluded.void_reason = datetime.now(UTC), ada, "test"
    excluded.save()
    VoteChange.objects.create(vote=vote, batch=batch, changed_by=ada, before={"headline": "CX"})
    VoterKey.objects.create(
        voter=vote.voter, scheme="url", value="https://example.org/in/one", value_hash=b"u"
    )
    _imports(batch, vote, ada)
    _same_or_not(vote.voter, excluded.voter, ada)
    title = JobTitle.objects.create(text="cx lead", key_hash=b"t")
    HeadlinePart.objects.create(headline=vote.headline, position=1, job_title=title, raw="CX Lead")
    Invitation.objects.create(user=ada)
    ada.groups.add(Group.objects.create(name="hosts"))
    ada.user_permissions.add(Permission.objects.first())


def _imports(batch: Batch, vote, ada) -> None:
    """What an import leaves beside the votes."""
    BatchVotes.objects.create(batch=batch, vote_ids=[vote.pk])
    RememberedColumns.objects.create(headers_hash=b"h", reading={}, used_by=ada)
    ImportJob.objects.create(kind="import", poll_slug=batch.poll.slug, upload="0" * 32, asked_by=ada)


def _same_or_not(one: Voter, other: Voter, ada) -> None:
    """A voter met twice, found to be one person with `one`, who is not `other`."""
    again = Voter.objects.create(name=one.name, merged_into=one)
    VoterMerge.objects.create(kept=one, merged=again, merged_by=ada, moved={})
    VoterDistinction.objects.create(first=one, second=other, decided_by=ada)
