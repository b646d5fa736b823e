"""`agreement` and `report` from the shell: one document, the sentences, the exit codes."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import call_command
from django.utils import timezone

from tests import factories
from tests.classify.readings import make_round, read_case, read_study

pytestmark = pytest.mark.django_db


def run(*args: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command(*args, stdout=out, stderr=err)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


@pytest.fixture
def study(poll, rosa, sam, jude):
    poll.published_total = 235
    poll.save()
    round_ = read_study(poll, [rosa, sam], jude)
    round_.coding_closed_at = timezone.now()
    round_.save()
    return round_


def test_report_prints_one_document_with_the_published_figures(study):
    code, out, err = run("report", "--poll", "cx-head", "--json")
    document = json.loads(out)
    assert (code, err) == (0, "")
    assert document["basis"] == "final"
    assert [round(option["categories"]["contact-center"]["share"], 2) for option in document["options"]] == [
        0.72,
        0.47,
        0.30,
    ]


def test_report_reads_for_people_too(study):
    code, out, err = run("report", "--poll", "cx-head")
    assert (code, err) == (0, "")
    assert "235 votes of 235 published, 235 classified, 0 unresolved" in out
    assert "84 of 117 (72\N{NO-BREAK SPACE}%)" in out
    assert "CX side" in out
    assert "Trend of contact-center (Cochran-Armitage): z = -5.34" in out
    assert "chose to vote" in out


@pytest.mark.parametrize("basis", ["first", "second"])
def test_report_can_stand_on_one_reading(study, basis):
    code, out, _ = run("report", "--poll", "cx-head", "--basis", basis, "--json")
    assert code == 0
    assert json.loads(out)["basis"] == basis


def test_agreement_prints_one_document(study):
    code, out, err = run("agreement", "--poll", "cx-head", "--round", "1", "--json")
    document = json.loads(out)
    assert (code, err) == (0, "")
    assert document["reviewers"] == ["rosa", "sam"]
    assert document["units"] == 235
    assert document["cohens_kappa"]["ci"][0] < document["cohens_kappa"]["value"]


def test_agreement_reads_for_people_too(study):
    code, out, _ = run("agreement", "--poll", "cx-head")
    assert code == 0
    assert "235 cases with two categories, 235 votes behind them. Reviewers: rosa, sam." in out
    assert "Krippendorff's alpha" in out
    assert "Rows: rosa. Columns: sam." in out


def test_what_is_not_defined_is_said_in_words(poll, rosa, sam):
    read_case(make_round(poll, [rosa, sam]), [factories.make_vote(poll)], "cx", "cx")
    _, agreement, _ = run("agreement", "--poll", "cx-head")
    _, report, _ = run("report", "--poll", "cx-head")
    assert "not defined: all readings use one category" in agreement
    assert "No test of association: only one option has classified votes." in report


def test_an_open_round_is_shown_with_a_warning_on_standard_error(poll, rosa, sam):
    read_case(make_round(poll, [rosa, sam]), [factories.make_vote(poll)], "cx", "cx")
    for command in ("report", "agreement"):
        code, out, err = run(command, "--poll", "cx-head", "--json")
        assert code == 0
        assert json.loads(out)["round"] == 1
        assert "still open" in err


def test_the_newest_round_that_is_no_practice_is_meant(poll, rosa, sam):
    make_round(poll, [rosa, sam], factories.make_codebook())
    make_round(poll, [rosa, sam], factories.make_codebook(number=2))
    make_round(poll, [rosa, sam], factories.make_codebook(number=3), purpose="pilot")
    assert json.loads(run("report", "--poll", "cx-head", "--json")[1])["round"] == 2
    assert json.loads(run("report", "--poll", "cx-head", "--round", "3", "--json")[1])["round"] == 3


@pytest.mark.parametrize("command", ["report", "agreement"])
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--poll", "no-such-poll"], "There is no poll “no-such-poll”."),
        (["--poll", "cx-head"], "The poll “cx-head” has no round yet, so nothing has been read."),
        (["--poll", "cx-head", "--round", "7"], "The poll “cx-head” has no round 7."),
    ],
)
def test_what_is_not_there_ends_with_1_and_one_sentence(poll, command, arguments, sentence):
    code, out, err = run(command, *arguments, "--json")
    assert code == 1
    assert json.loads(out) == {"error": sentence}
    assert err.strip() == sentence


@pytest.mark.parametrize(
    "arguments",
    [
        ["report", "--poll", "cx-head", "--basis", "third"],
        ["report", "--poll", "CX Head"],
        ["report", "--poll", "cx-head", "--round", "one"],
        ["agreement", "--poll", "cx-head", "--round", "-1"],
    ],
)
def test_wrong_usage_ends_with_2_and_prints_no_document(poll, arguments):
    code, out, err = run(*arguments, "--json")
    assert (code, out) == (2, "")
    assert err.strip()
