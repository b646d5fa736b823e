"""What a reviewer and an adjudicator may send."""

from __future__ import annotations

import uuid

import pytest

from classify.forms.decision import DecisionForm, ResolutionForm

CODES = ["contact-center", "cx"]


def decision(**sent: str) -> DecisionForm:
    return DecisionForm({"client_id": str(uuid.uuid4()), "verdict": "cx"} | sent, codes=CODES)


def resolution(*, may_leave_open: bool = True, **sent: str) -> ResolutionForm:
    data = {"client_id": str(uuid.uuid4()), "category": "cx", "reason": "slip", "rationale": "See the rule."}
    return ResolutionForm(data | sent, codes=CODES, may_leave_open=may_leave_open)


@pytest.mark.parametrize("verdict", ["cx", "contact-center", "unsure", "_withdrawn"])
def test_a_category_unsure_and_taking_back_are_verdicts(verdict: str) -> None:
    assert decision(verdict=verdict).is_valid()


@pytest.mark.parametrize("verdict", ["", "withdrawn", "CX", "0", "x" * 10_000])
def test_nothing_else_is_a_verdict(verdict: str) -> None:
    assert "verdict" in decision(verdict=verdict).errors


@pytest.mark.parametrize("client_id", ["", "1", "not-a-uuid"])
def test_a_decision_needs_an_id_of_its_own(client_id: str) -> None:
    assert "client_id" in decision(client_id=client_id).errors


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("1234", 1234), ("", None), ("-5", None), ("0", None), ("1e3", None), ("3600001", None), ("٣", None)],
)
def test_a_time_that_cannot_be_counts_as_unknown(sent: str, kept: int | None) -> None:
    form = decision(milliseconds=sent)
    assert form.is_valid()
    assert form.cleaned_data["milliseconds"] == kept


def test_a_note_has_a_bound_with_a_sentence() -> None:
    assert decision(note="x" * 2000).is_valid()
    assert decision(note="x" * 2001).errors["note"] == [
        "Keep the note under 2000 characters; it is not stored."
    ]


def test_a_resolution_needs_a_reason_and_a_rationale() -> None:
    assert resolution().is_valid()
    assert resolution(reason="").errors["reason"] == ["Choose why the readings differed."]
    assert resolution(reason="mood").errors["reason"] == ["Choose a reason from the list."]
    assert resolution(rationale="  ").errors["rationale"] == ["Write in a sentence why you decide so."]


def test_unresolved_can_be_chosen_only_where_it_is_offered() -> None:
    assert resolution(category="_unresolved").is_valid()
    assert "category" in resolution(category="_unresolved", may_leave_open=False).errors
    assert "category" in resolution(category="unsure").errors


def test_a_decision_rests_on_the_headline_unless_the_profile_was_opened() -> None:
    for sent, kept in [("", "headline"), ("profile", "profile")]:
        form = decision(evidence=sent)
        assert form.is_valid()
        assert form.cleaned_data["evidence"] == kept
    assert "evidence" in decision(evidence="gossip").errors
