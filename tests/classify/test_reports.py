"""The figures of a round, from its cases in a real database."""

from __future__ import annotations

import json

import pytest
from django.utils import timezone

from classify.reports import agreement_for, progress_for, report_for
from polls.models import Option
from tests import factories
from tests.classify.readings import make_round, read_case, read_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def round_(poll, rosa, sam):
    return make_round(poll, [rosa, sam])


def test_the_study_comes_out_as_published(poll, rosa, sam, jude):
    poll.published_total = 235
    poll.save()
    document = report_for(read_study(poll, [rosa, sam], jude)).as_json()

    assert (document["votes"], document["classified"], document["unresolved"]) == (235, 235, 0)
    assert [option["votes"] for option in document["options"]] == [117, 62, 56]
    contact_center = [option["categories"]["contact-center"] for option in document["options"]]
    cx_side = [option["groups"]["cx-side"] for option in document["options"]]
    assert [each["n"] for each in contact_center] == [84, 29, 17]
    assert [round(100 * each["share"]) for each in contact_center] == [72, 47, 30]
    assert [round(100 * each["share"]) for each in cx_side] == [28, 53, 70]
    assert contact_center[0]["ci"] == pytest.approx([0.6305, 0.7916], abs=1e-4)
    assert [round(option["share"], 2) for option in document["options"]] == [0.50, 0.26, 0.24]
    assert document["tests"]["cramers_v"]["value"] == pytest.approx(0.2486, abs=1e-4)
    assert document["tests"]["trend"]["contact-center"]["statistic"] == pytest.approx(-5.3356, abs=1e-4)


def test_the_document_has_the_keys_of_the_contract_and_is_json(poll, rosa, sam, jude):
    document = json.loads(
        json.dumps(report_for(read_study(poll, [rosa, sam], jude)).as_json(), allow_nan=False)
    )
    assert list(document) == [
        "poll", "question", "round", "codebook", "basis", "votes", "published_total", "classified",
        "unresolved", "categories", "options", "tests", "sensitivity",
    ]  # fmt: skip
    assert document["categories"][1] == {"code": "cx", "label": "CX", "group": "cx-side"}
    assert document["categories"][0] == {
        "code": "contact-center", "label": "Contact Center", "group": "contact-center"
    }  # fmt: skip
    assert list(document["options"][0]) == [
        "text", "position", "votes", "share", "published_share", "classified", "unresolved", "categories",
        "groups",
    ]  # fmt: skip
    assert list(document["options"][0]["groups"]) == ["contact-center", "cx-side", "other", "cannot-tell"]
    assert list(document["tests"]) == ["chi_square", "exact", "cramers_v", "adjusted_residuals", "trend"]
    assert list(document["sensitivity"]) == ["first", "second", "unresolved_bounds"]
    assert list(document["sensitivity"]["first"]) == ["options", "tests"]
    assert document["tests"]["adjusted_residuals"][0][3:] == [None, None]


def test_each_basis_reads_its_own_column_and_first_and_second_do_not_see_resolutions(poll, rosa, sam, jude):
    round_ = read_study(poll, [rosa, sam], jude)
    by_basis = {
        basis: [option.categories["cx"].n for option in report_for(round_, basis).options]
        for basis in ("final", "first", "second")
    }
    assert by_basis == {"final": [22, 20, 25], "first": [18, 17, 21], "second": [22, 20, 25]}
    sensitivity = report_for(round_).as_json()["sensitivity"]
    assert [option["categories"]["cx"]["n"] for option in sensitivity["first"]["options"]] == [18, 17, 21]


def test_classified_and_unresolved_are_the_live_votes_in_every_option(round_, poll):
    votes = [factories.make_vote(poll, option=option) for option in (1, 1, 1, 2, 2, 3)]
    read_case(round_, votes[:2], "cx", "cx")
    read_case(round_, votes[2:4], "cx", "other")
    read_case(round_, [votes[4]], "cx", "unsure")
    outside = votes[5]
    assert outside.case_votes.count() == 0

    for basis in ("final", "first", "second"):
        for option in report_for(round_, basis).options:
            assert option.classified + option.unresolved == option.votes
    report = report_for(round_)
    assert [(o.votes, o.classified, o.unresolved) for o in report.options] == [
        (3, 2, 1),
        (2, 0, 2),
        (1, 0, 1),
    ]
    assert [o.classified for o in report_for(round_, "second").options] == [3, 1, 0]
    assert (report.votes, report.classified, report.unresolved) == (6, 2, 4)


def test_an_excluded_vote_is_in_no_figure(round_, poll):
    kept, own = factories.make_vote(poll), factories.make_vote(poll)
    read_case(round_, [kept], "cx", "cx")
    own.voided_at, own.void_reason = timezone.now(), "own"
    own.voided_by = round_.reviewers.first().user
    own.save()
    report = report_for(round_)
    assert (report.votes, report.classified, report.unresolved) == (1, 1, 0)


def test_an_option_without_classified_votes_has_null_shares_and_one_reason(round_, poll):
    read_case(round_, [factories.make_vote(poll, option=1)], "cx", "cx")
    first, second, third = report_for(round_).as_json()["options"]
    assert "reason" not in first
    assert third["votes"] == 0
    assert third["categories"]["cx"] == {"n": 0, "share": None, "ci": None}
    assert second["reason"] == third["reason"] == "none of the votes for this option is classified"


def test_a_poll_without_votes_or_options_is_reported_as_nothing(db, rosa, sam):
    empty = factories.make_poll("empty")
    Option.objects.filter(poll=empty).delete()
    document = report_for(make_round(empty, [rosa, sam])).as_json()
    assert document["options"] == []
    assert document["votes"] == 0
    assert document["tests"]["chi_square"] == {
        "statistic": None, "df": None, "p": None, "reason": "no vote is classified"
    }  # fmt: skip


def test_the_unresolved_votes_bound_every_share(round_, poll):
    votes = [factories.make_vote(poll) for _ in range(10)]
    read_case(round_, votes[:1], "cx", "cx")
    read_case(round_, votes[1:9], "other", "other")
    read_case(round_, votes[9:], "cx", "other")
    bounds = report_for(round_).as_json()["sensitivity"]["unresolved_bounds"]
    assert bounds["Extremely important"]["cx"] == [0.1, 0.2]
    assert bounds["Extremely important"]["other"] == [0.8, 0.9]
    assert bounds["Not very important"]["cx"] is None


def test_options_without_an_order_have_no_trend(poll, round_):
    poll.options_are_ordered = False
    poll.save()
    read_case(round_, [factories.make_vote(poll)], "cx", "cx")
    assert report_for(round_).as_json()["tests"]["trend"] is None


def test_an_option_appended_after_the_cases_were_made_counts_as_nothing_yet(round_, poll):
    read_case(round_, [factories.make_vote(poll)], "cx", "cx")
    Option.objects.create(poll=poll, text="No opinion", key="no opinion", position=4)
    factories.make_vote(poll, option=4)
    assert [(o.votes, o.classified) for o in report_for(round_).options] == [(1, 1), (0, 0), (0, 0), (1, 0)]


def test_agreement_weighs_a_case_once_whatever_the_votes_behind_it(round_, poll):
    read_case(round_, [factories.make_vote(poll) for _ in range(5)], "cx", "cx")
    read_case(round_, [factories.make_vote(poll)], "cx", "consultant", final="cx")
    read_case(round_, [factories.make_vote(poll)], "cx", "unsure", final="cx")
    read_case(round_, [factories.make_vote(poll)], "cx")
    read_case(round_, [], "other", "other")  # its only vote moved to another case
    document = agreement_for(round_).as_json()
    assert (document["units"], document["voters"]) == (2, 6)
    assert document["percent_agreement"]["value"] == 0.5
    assert document["confusion"]["counts"][1] == [0, 1, 1, 0, 0]
    assert document["reviewers"] == ["rosa", "sam"]
    assert document["confusion"]["rows"] == "rosa"
    assert document["confusion"]["columns"] == "sam"
    assert document["pairs"] is None


def test_agreement_has_the_keys_of_the_contract_and_is_json(poll, rosa, sam, jude):
    round_ = read_study(poll, [rosa, sam], jude)
    document = json.loads(json.dumps(agreement_for(round_).as_json(), allow_nan=False))
    assert list(document) == [
        "poll", "round", "codebook", "codebook_version", "reviewers", "units", "voters", "categories",
        "percent_agreement", "cohens_kappa", "krippendorffs_alpha", "gwets_ac1", "per_category", "confusion",
        "pairs",
    ]  # fmt: skip
    assert list(document["cohens_kappa"]) == ["value", "se", "ci", "method"]
    assert list(document["percent_agreement"]) == ["value", "ci", "method"]
    assert document["units"] == 235
    assert document["per_category"]["other"] == {
        "positive_agreement": None, "kappa": None, "n": 0, "reason": "neither reviewer used this category"
    }  # fmt: skip


def test_a_case_whose_slots_are_the_other_way_round_is_turned(round_, poll, rosa, sam):
    read_case(round_, [factories.make_vote(poll)], "cx", "other", reviewers=[sam, rosa])
    confusion = agreement_for(round_).as_json()["confusion"]
    assert confusion["counts"][3][1] == 1
    assert confusion["counts"][1][3] == 0


def test_a_round_nobody_has_read_says_why_nothing_is_defined(round_):
    document = agreement_for(round_).as_json()
    reason = {"value": None, "reason": "no case has two categories yet"}
    assert document["units"] == 0
    assert [document[name] for name in ("percent_agreement", "cohens_kappa", "gwets_ac1")] == [reason] * 3


def test_a_reader_working_alone_has_an_empty_agreement(poll, rosa):
    alone = make_round(poll, [rosa])
    read_case(alone, [factories.make_vote(poll)], "cx")
    document = agreement_for(alone).as_json()
    assert document["reviewers"] == ["rosa"]
    assert document["units"] == 0
    assert document["confusion"]["columns"] is None
    assert report_for(alone, "first").classified == 1


def test_a_pool_lists_its_pairs_and_has_no_kappa_of_its_own(poll, rosa, sam, jude):
    pool = make_round(poll, [rosa, sam, jude])
    read_case(pool, [factories.make_vote(poll)], "cx", "cx", reviewers=[rosa, sam])
    read_case(pool, [factories.make_vote(poll)], "cx", "other", reviewers=[jude, rosa])
    document = agreement_for(pool).as_json()
    assert document["cohens_kappa"]["value"] is None
    assert document["cohens_kappa"]["reason"]
    assert document["confusion"]["value"] is None
    assert document["confusion"]["reason"]
    assert [(pair["reviewers"], pair["units"]) for pair in document["pairs"]] == [
        (["rosa", "sam"], 1),
        (["rosa", "jude"], 1),
    ]
    assert document["pairs"][1]["confusion"]["counts"][3][1] == 1
    assert document["percent_agreement"]["value"] == 0.5
    assert "mix" in report_for(pool).as_json()["note"]


def test_progress_counts_cases_and_votes_and_what_is_in_no_case(round_, poll):
    votes = [factories.make_vote(poll) for _ in range(6)]
    read_case(round_, votes[:2], "cx", "cx")
    read_case(round_, [votes[2]], "cx", "unsure")
    read_case(round_, [votes[3]], "cx")
    read_case(round_, [votes[4]])
    progress = progress_for(round_)
    assert progress.cases == {"waiting": 1, "one_decision": 1, "agreed": 1, "conflict": 1, "resolved": 0}
    assert progress.votes == {"waiting": 1, "one_decision": 1, "agreed": 2, "conflict": 1, "resolved": 0}
    assert progress.outside == 1


def test_the_cases_of_a_round_are_read_in_one_statement(round_, poll, django_assert_num_queries):
    read_case(round_, [factories.make_vote(poll)], "cx", "cx")
    round_ = type(round_).objects.select_related("poll", "version__codebook").get(pk=round_.pk)
    with django_assert_num_queries(4):  # options, the one statement, categories, number of reviewers
        report_for(round_)
