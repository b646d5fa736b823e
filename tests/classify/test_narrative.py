"""The sentences of a report: right for other polls, other codebooks, and when there is little to say."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import timezone

from classify.models import ProfileView
from classify.narrative import finding_of, limits_of, methods_of, percent
from classify.reports import report_for
from classify.reports.methods import methods_for
from polls.models import Batch
from tests import factories
from tests.classify.readings import make_round, read_case, read_study

pytestmark = pytest.mark.django_db
NBSP = "\N{NO-BREAK SPACE}"


@pytest.fixture
def round_(poll, rosa, sam):
    return make_round(poll, [rosa, sam])


def votes(poll, option: int, n: int):
    return [factories.make_vote(poll, option=option) for _ in range(n)]


def test_the_studys_finding(poll, rosa, sam, jude):
    finding = finding_of(report_for(read_study(poll, [rosa, sam], jude)))
    assert finding.text == (
        f"Of those who answered “Extremely important”, 84 of 117 (72{NBSP}%) are classified as Contact "
        f"Center; of those who answered “Not very important”, 17 of 56 (30{NBSP}%). "
        "The finding holds under each reviewer’s reading alone."
    )
    assert finding.holds is True
    assert "<strong>84 of 117" in finding.sentences[0].html


def test_no_votes_and_nothing_classified_are_said_as_such(poll, round_):
    assert finding_of(report_for(round_)).text == (
        "This poll has no votes yet, so there is nothing to report."
    )
    votes(poll, 1, 1)
    assert finding_of(report_for(round_)).text.startswith("The only vote is not classified yet")
    votes(poll, 2, 2)
    assert finding_of(report_for(round_)).text.startswith("None of the 3 votes is classified yet")


def test_one_option_has_nothing_to_compare_with_and_unresolved_votes_are_named(poll, round_):
    read_case(round_, votes(poll, 2, 3), "cx", "cx")
    votes(poll, 1, 2)
    assert finding_of(report_for(round_)).text == (
        f"Of those who answered “Moderately important”, 3 of 3 (100{NBSP}%) are classified as CX; no other "
        "option has classified votes to compare with. 2 of 5 votes are unresolved and in none of these "
        "shares."
    )


def test_on_a_scale_the_ends_are_compared_even_where_the_middle_differs_most(poll, round_):
    read_case(round_, votes(poll, 1, 4), "cx", "cx")
    read_case(round_, votes(poll, 2, 4), "other", "other")
    read_case(round_, votes(poll, 3, 3), "cx", "cx")
    read_case(round_, votes(poll, 3, 1), "other", "other")
    text = finding_of(report_for(round_)).text
    assert "“Extremely important”, 4 of 4" in text
    assert "“Not very important”, 3 of 4" in text
    assert "Moderately" not in text


def test_options_without_an_order_are_compared_where_they_differ_most(poll, round_):
    poll.options_are_ordered = False
    poll.save()
    read_case(round_, votes(poll, 1, 2), "cx", "cx")
    read_case(round_, votes(poll, 1, 2), "other", "other")
    read_case(round_, votes(poll, 2, 4), "other", "other")
    read_case(round_, votes(poll, 3, 3), "cx", "cx")
    text = finding_of(report_for(round_)).text
    assert "“Not very important”, 3 of 3" in text
    assert "“Moderately important”, 0 of 4 (0" in text


def test_options_without_an_order_and_without_a_difference_are_two_different_ones(poll, round_):
    poll.options_are_ordered = False
    poll.save()
    for option in (1, 2, 3):
        read_case(round_, votes(poll, option, 2), "cx", "cx")
    finding = finding_of(report_for(round_))
    assert finding.text.count("2 of 2") == 2
    assert "“Extremely important”" in finding.text
    assert "“Not very important”" in finding.text
    assert finding.holds is None


def test_other_and_cannot_tell_lead_only_where_nothing_else_was_used(poll, round_):
    read_case(round_, votes(poll, 1, 5), "other", "other")
    read_case(round_, votes(poll, 3, 2), "other", "other")
    assert "are classified as Other" in finding_of(report_for(round_)).text
    read_case(round_, votes(poll, 3, 1), "consultant", "consultant")
    assert "0 of 5 (0" in finding_of(report_for(round_)).text
    assert "are classified as Consultant" in finding_of(report_for(round_)).text


def test_a_finding_that_one_reading_does_not_bear_out_says_so_with_its_figures(poll, round_):
    read_case(round_, votes(poll, 1, 4), "cx", "other", final="cx")
    read_case(round_, votes(poll, 1, 2), "other", "other")
    read_case(round_, votes(poll, 3, 1), "cx", "cx")
    read_case(round_, votes(poll, 3, 3), "other", "other")
    finding = finding_of(report_for(round_))
    assert finding.holds is False
    assert (
        "does not hold under the second reviewer’s reading alone: "
        f"0 of 6 (0{NBSP}%) against 1 of 4 (25{NBSP}%)" in finding.text
    )


def test_a_finding_that_no_reading_bears_out_says_so(poll, round_):
    read_case(round_, votes(poll, 1, 4), "other", "consultant", final="cx")
    read_case(round_, votes(poll, 3, 2), "cx", "cx")
    read_case(round_, votes(poll, 3, 1), "other", "other")
    finding = finding_of(report_for(round_))
    assert finding.holds is False
    assert "holds under neither reviewer’s reading alone" in finding.text


def test_a_reading_without_categories_leaves_it_open(poll, round_):
    read_case(round_, votes(poll, 1, 2), "cx", "unsure", final="cx")
    read_case(round_, votes(poll, 3, 2), "other", "other")
    finding = finding_of(report_for(round_))
    assert finding.holds is None
    assert "cannot be said" in finding.text


def test_a_table_that_chance_easily_brings_about_says_so(poll, round_):
    read_case(round_, votes(poll, 1, 3), "cx", "cx")
    read_case(round_, votes(poll, 1, 3), "other", "other")
    read_case(round_, votes(poll, 3, 2), "cx", "cx")
    read_case(round_, votes(poll, 3, 3), "other", "other")
    assert "come about easily by chance (exact test, p = 1.00)" in finding_of(report_for(round_)).text


@pytest.mark.parametrize(("unresolved", "said"), [(1, "stays in the same direction"), (9, "turn round")])
def test_unresolved_votes_may_or_may_not_turn_the_finding(poll, round_, unresolved, said):
    read_case(round_, votes(poll, 1, 8), "cx", "cx")
    read_case(round_, votes(poll, 1, 6), "other", "other")
    read_case(round_, votes(poll, 3, 6), "other", "other")
    votes(poll, 3, unresolved)
    assert said in finding_of(report_for(round_)).text


def test_a_reading_alone_opens_with_whose_it_is(poll, rosa, sam, jude):
    round_ = read_study(poll, [rosa, sam], jude)
    assert finding_of(report_for(round_, "second")).text.startswith(
        "Read by the second reviewer alone: Of those"
    )
    assert "holds" not in finding_of(report_for(round_, "second")).text


def test_long_options_are_shortened_and_markup_in_them_is_escaped(rosa, sam):
    poll = factories.make_poll("long", options=["<b>" + "very " * 60 + "long", "{braces} & no"])
    round_ = make_round(poll, [rosa, sam])
    read_case(round_, votes(poll, 1, 1), "cx", "cx")
    read_case(round_, votes(poll, 2, 1), "other", "other")
    sentence = finding_of(report_for(round_)).sentences[0]
    assert "…”" in sentence.text
    assert "{braces} & no" in sentence.text
    assert "&lt;b&gt;" in sentence.html
    assert "{braces} &amp; no" in sentence.html


@pytest.mark.parametrize(
    ("share", "written"),
    [(0, "0"), (0.001, "<1"), (0.3036, "30"), (0.7179, "72"), (0.998, ">99"), (1, "100")],
)
def test_a_share_that_is_not_none_or_all_never_reads_so(share, written):
    assert percent(share) == f"{written}{NBSP}%"


def test_the_limits_say_self_selection_and_what_is_missing(poll, rosa, sam, jude):
    round_ = read_study(poll, [rosa, sam], jude)
    said = " ".join(limits_of(report_for(round_)))
    assert "chose to vote" in said
    assert "may have many causes" in said
    assert "No published total is recorded" in said

    for total, sentence in (
        (240, "5 of them are not here"),
        (236, "1 of them is not here"),
        (200, "check the file"),
    ):
        poll.published_total = total
        poll.save()
        assert sentence in " ".join(limits_of(report_for(type(round_).objects.get(pk=round_.pk))))


def test_small_options_are_named_as_small(poll, round_):
    read_case(round_, votes(poll, 1, 2), "cx", "cx")
    assert "fewer than 10 classified votes" in " ".join(limits_of(report_for(round_)))


def test_no_sentence_speaks_of_causes(poll, rosa, sam, jude):
    round_ = read_study(poll, [rosa, sam], jude)
    text = finding_of(report_for(round_)).text.lower()
    for word in ("because", "cause", "effect", "leads to", "due to", "influence", "prove", "significant"):
        assert word not in text


def test_how_the_roles_were_read(poll, round_, rosa, jude):
    poll.opened_on, poll.closed_on = date(2026, 3, 1), date(2026, 3, 8)
    poll.save()
    agreed = read_case(round_, votes(poll, 1, 3), "cx", "cx")
    read_case(round_, votes(poll, 1, 1), "cx", "other", final="cx", resolved_by=jude)
    read_case(round_, votes(poll, 2, 1), "cx", "unsure")
    read_case(round_, votes(poll, 2, 1), "cx")
    ProfileView.objects.create(vote=agreed.case_votes.first().vote, case=agreed, viewer=rosa)
    Batch.objects.create(poll=poll, file_name="v.csv", sha256=b"0" * 32, encoding="utf-8", imported_by=rosa)
    round_.coding_closed_at = timezone.now()
    round_.save()
    facts = methods_for(round_)
    assert (facts.cases, facts.votes, facts.agreed, facts.differing) == (4, 6, 1, 2)
    assert (facts.adjudicated, facts.by_consensus, facts.open_conflicts, facts.unread) == (1, 0, 1, 1)
    said = " ".join(methods_of(facts))
    assert "open from 1 Mar 2026 to 8 Mar 2026" in said
    assert "6 votes show 4 different headlines" in said
    assert "Two reviewers read them, each on their own" in said
    assert "“Role”, version 1 (5 categories)" in said
    assert "They opened 1 profile" in said
    assert "1 of the reviewers had imported" in said
    assert "same category to 1 of 4 cases" in said
    assert "1 of these was decided by a third person" in said
    assert "1 of these is not resolved" in said
    assert "rosa" not in said


def test_all_is_called_read_by_two_only_when_it_is(poll, round_):
    read_case(round_, votes(poll, 1, 3), "cx", "cx")
    assert "Two reviewers read all of them, each on their own" in " ".join(methods_of(methods_for(round_)))
    read_case(round_, votes(poll, 2, 1), "cx")
    said = " ".join(methods_of(methods_for(round_)))
    assert "read all of them" not in said
    assert "1 of 2 cases do not have two readings yet" in said


def test_a_vote_without_a_headline_is_not_counted_as_a_headline(poll, round_):
    read_case(round_, votes(poll, 1, 2), "cx", "cx")
    blank = read_case(round_, votes(poll, 1, 1), "cx", "cx")
    type(blank).objects.filter(pk=blank.pk).update(origin="blank", headline=None, text="")
    said = " ".join(methods_of(methods_for(round_)))
    assert "3 votes show 1 headline;" in said
    assert "1 vote shows no headline" in said
