"""One round over a poll in which voters chose several options, from the file to the report and back."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from classify import adjudication, codebooks, exports, reports, rounds, tagging
from classify.importing_tags import import_tags
from classify.models import Case, CaseVote, CodebookVersion, Round
from classify.verify import verify
from polls.importing.load import run_import
from polls.importing.readers import open_upload
from polls.importing.report import ImportReport
from polls.models import Poll, User, Vote
from tests import factories

pytestmark = pytest.mark.django_db
OPTIONS = ["Tea", "Coffee", "Milk"]
FILE = """\
voter_id,headline,option
v1,Head of CX,Tea;Milk
v2,Agent,Coffee
v3,head of CX,Tea
v4,,Tea;Coffee;Milk
v5,,Milk
"""


def bring(text: str | bytes, poll: str = "p", **wishes: Any) -> ImportReport:
    with open_upload(text, name="voters.csv") as source:
        return run_import(source=source, poll=poll, by=None, **wishes)


def open_round(unit: str) -> Round:
    bring(FILE, options=OPTIONS)
    poll = Poll.objects.get(slug="p")
    codebooks.ensure_ready_made()
    for username, role in (
        ("ada", "admin"),
        ("rosa", "reviewer"),
        ("sam", "reviewer"),
        ("jude", "adjudicator"),
    ):
        factories.make_member(username, poll, role)
    return rounds.create_round(
        poll=poll,
        version=CodebookVersion.objects.filter(codebook__code="role").latest("number"),
        unit=unit,
        rule="third_person",
        purpose="main",
        reviewers=[person("rosa"), person("sam")],
        adjudicators=[person("jude")],
        by=person("ada"),
        seed=1,
    )


def person(username: str) -> User:
    return User.objects.get(username=username)


def decide(case: Case, username: str, code: str) -> None:
    tagging.submit_decision(
        round=case.round,
        case_id=case.pk,
        by=person(username),
        verdict="category",
        category_code=code,
        client_id=uuid.uuid4(),
    )


def read_all(round_: Round) -> None:
    """They differ on the agent, and Jude decides."""
    for case in Case.objects.filter(round=round_):
        decide(case, "rosa", "cx" if case.text else "cannot-tell")
        decide(
            case, "sam", "contact-center" if case.text == "Agent" else "cx" if case.text else "cannot-tell"
        )
    conflict = Case.objects.get(round=round_, status="conflict")
    adjudication.claim(case=conflict, by=person("jude"))
    adjudication.decide(
        case=conflict,
        by=person("jude"),
        category_code="contact-center",
        reason="ambiguous",
        rationale="He answers calls.",
        client_id=uuid.uuid4(),
    )


def shown(round_: Round) -> list[tuple[str, int, list[int]]]:
    """Text, votes and votes per option of every case that has votes."""
    cases = Case.objects.filter(round=round_, n_votes__gt=0).order_by("-n_votes", "text", "pk")
    return [(case.text, case.n_votes, case.option_counts) for case in cases]


@pytest.mark.parametrize("unit", ["headline", "voter"])
def test_a_round_reconciles_from_the_votes_to_the_report_and_back(unit: str) -> None:
    round_ = open_round(unit)
    read_all(round_)
    round_.refresh_from_db()
    report = reports.report_for(round_)
    assert (report.votes, report.classified, report.unresolved) == (8, 8, 0)
    by_option = {
        option.text: {code: share.n for code, share in option.categories.items() if share.n}
        for option in report.options
    }
    assert by_option == {
        "Tea": {"cx": 2, "cannot-tell": 1},
        "Coffee": {"contact-center": 1, "cannot-tell": 1},
        "Milk": {"cx": 1, "cannot-tell": 2},
    }
    assert verify().drift == ()
    data = b"".join(exports.as_csv(exports.classified(round_.poll, round_)))
    assert data.count(b"\r\n") == 9
    again = bring(data)
    assert (again.unchanged, again.rejected, again.voters) == (8, 0, 5)
    copied = bring(data, poll="copy")
    assert (copied.created, copied.as_json()["votes"]) == (8, {"Tea": 3, "Milk": 3, "Coffee": 2})
    assert not Poll.objects.get(slug="copy").single_choice


def test_voters_with_one_title_are_one_case_and_each_without_is_one(db: None) -> None:
    round_ = open_round("headline")
    assert shown(round_) == [
        ("", 3, [1, 1, 1]),
        ("Head of CX", 3, [2, 0, 1]),
        ("", 1, [0, 0, 1]),
        ("Agent", 1, [0, 1, 0]),
    ]
    assert rounds.preview_round(poll=round_.poll, version=round_.version, unit="headline").cases == 4


def test_where_the_unit_is_the_voter_all_votes_of_one_are_one_case(db: None) -> None:
    round_ = open_round("voter")
    assert [(text, votes) for text, votes, _ in shown(round_)] == [
        ("", 3),
        ("Head of CX", 2),
        ("", 1),
        ("Agent", 1),
        ("head of CX", 1),
    ]
    assert rounds.preview_round(poll=round_.poll, version=round_.version, unit="voter").cases == 5


@pytest.mark.parametrize("unit", ["headline", "voter"])
def test_another_answer_moves_votes_within_the_case_of_the_voter(unit: str) -> None:
    round_ = open_round(unit)
    before = set(Case.objects.filter(round=round_).values_list("pk", flat=True))
    report = bring(
        FILE.replace("v1,Head of CX,Tea;Milk", "v1,,Coffee").replace("v4,,Tea;Coffee;Milk", "v4,,Tea")
    )
    assert (report.updated, report.unchanged) == (2, 3)
    assert set(Case.objects.filter(round=round_).values_list("pk", flat=True)) == before
    assert sum(votes for _, votes, _ in shown(round_)) == 5
    assert not Case.objects.filter(review_again=True).exists()
    bring(FILE)
    assert sum(votes for _, votes, _ in shown(round_)) == 8
    assert set(Case.objects.filter(round=round_).values_list("pk", flat=True)) == before
    assert (
        CaseVote.objects.filter(round=round_, left_at=None).count()
        == Vote.objects.filter(voided_at=None).count()
    )
    assert verify().drift == ()


def test_a_new_title_of_a_voter_is_shown_once_for_all_of_their_votes(db: None) -> None:
    round_ = open_round("voter")
    case = Case.objects.get(round=round_, text="Head of CX")
    bring(FILE.replace("v1,Head of CX", "v1,Head of Care"))
    case.refresh_from_db()
    assert (case.text, case.n_votes, case.review_again) == ("Head of Care", 2, True)
    again = Case.objects.filter(round=round_, review_again=True).count()
    bring(FILE.replace("v1,Head of CX", "v1,Head of Care"))
    assert Case.objects.filter(round=round_, review_again=True).count() == again == 1
    assert verify().drift == ()


@pytest.mark.parametrize("unit", ["headline", "voter"])
@pytest.mark.parametrize("what", ["tags", "wide"])
def test_decisions_come_back_from_a_file_with_the_same_figures(unit: str, what: str) -> None:
    round_ = open_round(unit)
    read_all(round_)
    bring(FILE, poll="copy", options=OPTIONS)
    table = exports.tags(round_) if what == "tags" else exports.wide(round_)
    with open_upload(b"".join(exports.as_csv(table)), name="tags.csv") as source:
        done = import_tags(source=source, poll="copy")
    assert (done.rejected, done.unchanged) == (0, 0), "a voter's decision is told once, not once per option"
    assert done.status == reports.progress_for(round_).cases
    copy = Round.objects.get(poll__slug="copy")
    assert CaseVote.objects.filter(round=copy, left_at=None).count() == 8
    assert without_names(reports.report_for(copy)) == without_names(reports.report_for(round_))
    assert reports.agreement_for(copy).counts == reports.agreement_for(round_).counts
    assert verify().drift == ()


def without_names(report: reports.Report) -> dict[str, Any]:
    return {**report.as_json(), "poll": "", "question": "", "round": 0}
