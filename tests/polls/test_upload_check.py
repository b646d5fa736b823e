"""What lies between an upload and its import: the check, the commit, and the published figures in words."""

from __future__ import annotations

import pytest

from polls import upload_check, uploads
from polls.forms.reading import CHOICES_IN_ALL, ReadingForm
from polls.importing.progress import Cancelled
from polls.models import Batch, Poll, RememberedColumns, Vote
from polls.permissions import PollRefused
from polls.problems import Refused
from polls.upload_check import admitted_sentences
from tests import factories

YES, MAYBE, NO = factories.OPTIONS
ROWS = f"voter_id,option\nv1,{YES}\nv2,Perhaps\n"


def keep(by, poll="cx-head", text=ROWS, **more):
    return uploads.keep(by=by, poll=poll, text=text, **more)


class Watching:
    """Notes what it is told, and stops the import at a phase."""

    def __init__(self, stop_at=""):
        self.phases = []
        self.stop_at = stop_at

    def phase(self, name, total=None):
        self.phases.append(name)
        if name == self.stop_at:
            raise Cancelled

    def advance(self, rows):
        """Nobody counts."""


# --- check -------------------------------------------------------


def test_a_check_keeps_its_report_and_the_rejected_rows_and_writes_no_vote(ada):
    upload = keep(ada)
    watch = Watching()
    report = upload_check.run_check(upload, by=ada, progress=watch)
    assert (report.created, report.rejected, report.written) == (1, 1, False)
    assert watch.phases[0] == "reading"
    found = uploads.of_job(upload.token)
    assert upload_check.checked_report(found)["accepted"] == 1
    assert "v2,Perhaps," in found.rejects.read_text(encoding="utf-8-sig")
    assert not Vote.objects.exists()
    assert not Batch.objects.exists()


@pytest.mark.parametrize("what", [upload_check.run_check, upload_check.commit])
def test_who_may_no_longer_import_is_refused_also_in_a_worker(what, ada, poll):
    upload = keep(ada)
    poll.memberships.all().delete()
    with pytest.raises(PollRefused):
        what(upload, by=ada)
    assert not Vote.objects.exists()


@pytest.mark.parametrize("what", [upload_check.run_check, upload_check.commit])
def test_a_poll_that_is_gone_is_one_sentence(what, ada, poll):
    upload = keep(ada, poll="gone")
    with pytest.raises(Refused, match="There is no poll gone any more"):
        what(upload, by=ada)


@pytest.mark.parametrize("what", [upload_check.run_check, upload_check.commit])
def test_nothing_is_told_of_a_poll_that_others_made_under_the_name_meanwhile(what, ada):
    ada.is_staff = True
    ada.save()
    details = {"question": "Mine?", "options": [], "options_are_ordered": True}
    upload = keep(ada, poll="theirs", is_new=True, details=details)
    assert upload_check.look(upload, by=ada).report["voters"] == 2
    upload_check.run_check(upload, by=ada)
    factories.make_vote(factories.make_poll("theirs"), "Coach")
    assert upload_check.checked_report(upload) is None
    look = upload_check.look(upload, by=ada)
    assert look.report is None
    assert "There is a poll named theirs by now." in look.problem
    with pytest.raises(Refused, match="There is a poll named theirs by now"):
        what(upload, by=ada)


def test_a_cancelled_check_leaves_no_report(ada):
    upload = keep(ada)
    with pytest.raises(Cancelled):
        upload_check.run_check(upload, by=ada, progress=Watching("matching"))
    assert uploads.of_job(upload.token).checked is None


# --- commit ------------------------------------------------------


def test_a_commit_says_what_it_did_and_lets_the_file_go(ada):
    upload = keep(ada)
    told = []
    report = upload_check.commit(upload, by=ada, before_commit=told.append)
    assert told == [report]
    found = uploads.of_job(upload.token)
    assert found.result["created"] == 1
    assert found.result["rejects_file"] is None
    assert found.rejects.exists()
    assert not found.data.exists()
    assert RememberedColumns.objects.get().used_by == ada


@pytest.mark.parametrize("stop_at", ["reading", "matching", "writing", "cases"])
def test_a_cancelled_commit_leaves_nothing_but_the_file(stop_at, ada):
    details = {"question": "How?", "options": [[YES, ""]], "options_are_ordered": True}
    ada.is_staff = True
    ada.save()
    upload = keep(ada, poll="brand-new", is_new=True, details=details)
    with pytest.raises(Cancelled):
        upload_check.commit(upload, by=ada, progress=Watching(stop_at))
    assert not Poll.objects.filter(slug="brand-new").exists()
    assert not Vote.objects.exists()
    assert not RememberedColumns.objects.exists()
    found = uploads.of_job(upload.token)
    assert found.data.exists()
    assert found.result is None


def test_what_is_called_before_the_commit_can_still_undo_it(ada):
    upload = keep(ada)

    def too_late(report):
        raise Cancelled

    with pytest.raises(Cancelled):
        upload_check.commit(upload, by=ada, before_commit=too_late)
    assert not Vote.objects.exists()
    assert uploads.of_job(upload.token).result is None


# --- the form ----------------------------------------------------


def form_of(upload, **more):
    facts, used = upload_check.facts_of(upload)
    options = upload_check.option_texts(upload)
    return ReadingForm(facts=facts, used=used, options=options, multiple=None, **more)


def test_a_column_is_offered_the_options_of_the_poll(ada):
    form = form_of(keep(ada))
    values = [value for value, _label in form.fields["column_0"].choices]
    assert values[-3:] == [f"is:{YES}", f"is:{MAYBE}", f"is:{NO}"]


def test_with_many_columns_and_options_only_a_columns_own_name_is_offered(ada):
    options = [f"Option {number}" for number in range(50)]
    poll = factories.make_poll("wide", options=options)
    width = CHOICES_IN_ALL // len(options) + 1
    header = ["name", *options[:2], *(f"extra {number}" for number in range(width))]
    rows = f"{','.join(header)}\nKim,x,{',' * width}\n"
    form = form_of(keep(ada, poll=poll.slug, text=rows))
    offered = [value for value, _label in form.fields["column_1"].choices if value.startswith("is:")]
    assert offered == ["is:Option 0"]
    assert not [value for value, _label in form.fields["column_9"].choices if value.startswith("is:")]


def test_a_poll_without_options_takes_the_names_of_columns(ada):
    details = {"question": "How?", "options": [], "options_are_ordered": True}
    form = form_of(keep(ada, poll="new", text="name,Red\nKim,x\n", is_new=True, details=details))
    assert ("is:Red", "One option: “Red”") in [
        (value, str(label)) for value, label in form.fields["column_1"].choices
    ]


# --- published figures in words ----------------------------------

OPTIONS = [{"text": "A", "votes": 2}, {"text": "B", "votes": 1}]


def admitted(**fields):
    return {
        "total": 3,
        "totals": ((3, 3),),
        "looked_at": (3, 3),
        "tables": 1,
        "more": False,
        "least": (2, 1),
        "most": (2, 1),
        "nearest": (2, 1),
        "ours": True,
    } | fields


@pytest.mark.parametrize(
    ("fields", "sentences"),
    [
        (
            {},
            [
                "Only one way to spread 3 votes gives the published percentages: A 2, B 1.",
                "That is what is here.",
            ],
        ),
        (
            {"tables": 4, "least": (1, 1), "most": (2, 2)},
            ["4 ways to spread 3 votes give", "A 1 to 2, B 1 to 2.", "What is here is one of them."],
        ),
        (
            {"tables": 1000, "more": True, "ours": False, "nearest": (1500, 0)},
            ["More than 1,000 ways", "none of them", "1,498 votes missing at A, 1 too many at B."],
        ),
        ({"total": None, "totals": (), "tables": 0}, ["No way to spread 3 whole votes", "a slip"]),
        (
            {"total": None, "totals": (), "looked_at": (0, 1002)},
            ["With no number of votes from 0 to 1,002 can"],
        ),
        (
            {"totals": ((3, 3), (6, 9)), "looked_at": (0, 9)},
            ["No total was published. From 0 to 9 votes", "with these totals: 3, 6 to 9."],
        ),
        (
            {"totals": tuple((n, n) for n in range(0, 20, 2)), "looked_at": (0, 20)},
            ["0, 2, 4, 6, 8, 10 and others."],
        ),
    ],
)
def test_what_the_percentages_allow_is_said_in_words(fields, sentences):
    said = " ".join(admitted_sentences(admitted(**fields), OPTIONS))
    for sentence in sentences:
        assert sentence in said


def test_where_no_share_was_published_nothing_is_said():
    assert admitted_sentences(None, OPTIONS) == ()
