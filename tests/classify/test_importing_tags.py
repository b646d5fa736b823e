"""Decisions made elsewhere: what a file may say, what is refused row by row, what becomes of the cases."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from classify import exports, rounds
from classify.importing_tags import TagReport, import_tags
from classify.models import Adjudication, Case, Codebook, Decision, Round
from classify.reports import agreement_for, report_for
from classify.verify import verify
from polls.importing.readers import open_upload
from polls.models import Invitation, Membership, Poll, User
from polls.problems import Refused, WrongUsage
from tests import factories
from tests.classify.acts import open_round, say

Tag = Callable[..., TagReport]
HEADLINES = ["Contact Center Manager", "contact center manager", "CX Lead", "CX Consultant", "", ""]


@pytest.fixture
def voters(poll: Poll) -> Poll:
    """Six votes v1 to v6: two share a headline, two have none."""
    for n, headline in enumerate(HEADLINES, start=1):
        factories.make_vote(poll, headline=headline, option=1 + n % 3, voter_id=f"v{n}")
    return poll


@pytest.fixture
def tag(voters: Poll) -> Tag:
    """Import these lines; accounts are made."""

    def tag(*lines: str, **options: object) -> TagReport:
        with open_upload("\n".join(lines) + "\n", name="tags.csv") as source:
            return import_tags(source=source, poll="cx-head", **{"create_users": True, **options})

    return tag


def sound() -> None:
    """What is stored follows from the decisions."""
    assert verify().drift == ()


def reasons(report: TagReport) -> list[tuple[int, str]]:
    return [(error.row, error.reason) for error in report.errors]


# --- which cases a file makes ----------------------------------------------------------------


def test_groups_that_are_headlines_become_headline_cases(tag):
    tag("voter_id,case,tag:rosa,tag:sam", "v1,a,cx,cx", "v2,a,cx,cx", "v3,b,cx,cx", "v5,c,cx,cx")
    assert Round.objects.get().unit == "headline"
    assert sorted(Case.objects.values_list("origin", "n_votes", "status")) == [
        ("blank", 1, "agreed"),
        ("blank", 1, "waiting"),
        ("headline", 1, "agreed"),
        ("headline", 1, "waiting"),
        ("headline", 2, "agreed"),
    ]
    sound()


def test_a_voter_left_out_of_the_file_is_not_read_with_those_who_share_the_headline(tag):
    tag("voter_id,case,tag:rosa,tag:sam", "v1,a,cx,cx")
    assert set(Case.objects.filter(n_votes=1, status="agreed").values_list("origin", flat=True)) == {"split"}
    assert Case.objects.filter(origin="headline", status="waiting", n_votes=1).count() == 3
    sound()


def test_groups_of_any_kind_are_one_case(tag):
    tag("voter_id,case,tag:rosa,tag:sam", "v3,a,cx,cx", "v4,a,cx,cx", "v5,a,cx,cx")
    assert Case.objects.get(status="agreed").n_votes == 3
    sound()


def test_one_voter_stands_in_one_case(tag):
    report = tag("voter_id,case,reviewer,category", "v1,a,rosa,cx", "v1,b,sam,cx")
    assert report.created == 1
    assert reasons(report) == [(3, "the voter is in another case already")]
    sound()


def test_a_rejected_row_does_not_pull_its_voter_into_the_case(tag):
    report = tag("voter_id,case,tag:rosa,tag:sam", "v3,a,cx,cx", "v4,a,nonsense,cx")
    assert report.rejected == 1
    assert Case.objects.get(status="agreed").n_votes == 1
    sound()


def test_every_vote_of_the_poll_is_in_the_round(tag):
    tag("voter_id,tag:rosa,tag:sam", "v1,cx,cx")
    report = report_for(Round.objects.get())
    assert (report.votes, report.readings["final"].classified) == (6, 1)


# --- who reads ------------------------------------------------------------------------------


def test_people_who_are_made_wait_for_an_admin(tag, voters):
    tag("voter_id,tag:rosa,tag:sam,final,adjudicator", "v1,cx,other,cx,jude")
    for username, role in (("rosa", "reviewer"), ("jude", "adjudicator")):
        user = User.objects.get(username=username)
        assert not user.is_active
        assert not user.has_usable_password()
        assert Invitation.objects.get(user=user).invited_by is None
        assert Membership.objects.filter(user=user, poll=voters, role=role).exists()


def test_a_username_that_cannot_be_one_is_named(tag):
    with pytest.raises(Refused, match="ro sa"):
        tag("voter_id,reviewer,category", "v1,ro sa,cx")
    assert not Round.objects.exists()
    assert not User.objects.exists()


def test_a_round_that_one_person_started_takes_the_second_from_the_file(tag, voters, rosa, ada):
    round_ = open_round(voters, reviewers=[rosa], by=ada)
    say(round_, round_.cases.get(text="CX Lead"), rosa, "cx")
    report = tag("voter_id,tag:sam", "v3,consultant")
    assert report.status["conflict"] == 1
    assert [seat.user.username for seat in round_.reviewers.order_by("ordinal")] == ["rosa", "sam"]
    assert set(Case.objects.values_list("reviewer2__username", flat=True)) == {"sam"}
    sound()


def test_an_admin_gets_no_seat_beside_decisions_that_they_could_see(tag, voters, rosa, sam, ada):
    """On a page; a seat that is given there is one in which they would read on as if they were blind."""
    round_ = open_round(voters, reviewers=[rosa], by=ada)
    say(round_, round_.cases.get(text="CX Lead"), rosa, "cx")
    with pytest.raises(Refused, match="ada is an admin and could see"):
        tag("voter_id,tag:ada", "v3,consultant", by=ada, people={"ada": ada.pk})
    assert [seat.user for seat in round_.reviewers.all()] == [rosa]
    assert tag("voter_id,tag:sam", "v3,consultant", by=ada, people={"sam": sam.pk}).created == 1


def test_a_third_person_finds_no_seat_in_a_round_of_two(tag, voters, rosa, sam, ada):
    open_round(voters, reviewers=[rosa, sam], by=ada)
    report = tag("voter_id,reviewer,category", "v1,kim,cx")
    assert reasons(report) == [(2, "the case has two other reviewers already")]
    assert report.nothing_taken
    assert not User.objects.filter(username="kim").exists(), "nothing was taken, so nothing was written"


def test_three_people_who_share_the_cases_make_a_pool(tag):
    tag("voter_id,reviewer,category", "v1,rosa,cx", "v1,sam,cx", "v3,sam,cx", "v3,kim,other")
    assert [s.user.username for s in Round.objects.get().reviewers.order_by("ordinal")] == [
        "rosa",
        "sam",
        "kim",
    ]
    assert Case.objects.get(text="CX Lead").reviewer1.username == "sam"
    sound()


# --- decisions and their conflicts -----------------------------------------------------------


def test_what_was_read_here_is_not_replaced_from_a_file(tag, voters, rosa, sam, ada):
    round_ = open_round(voters, reviewers=[rosa, sam], by=ada)
    say(round_, round_.cases.get(text="CX Lead"), rosa, "cx")
    assert tag("voter_id,reviewer,category", "v3,rosa,cx").unchanged == 1
    report = tag("voter_id,reviewer,category", "v3,rosa,other", "v4,rosa,other")
    assert (report.created, report.rejected) == (1, 1)
    assert "that stands" in report.errors[0].reason
    assert round_.reviewers.get(user=rosa).decided_count == 2
    sound()


def test_a_second_value_for_the_same_voter_is_a_further_decision(tag):
    report = tag("voter_id,reviewer,category", "v1,rosa,cx", "v1,rosa,other", "v1,rosa,other")
    assert (report.created, report.unchanged) == (2, 1)
    assert list(Decision.objects.order_by("seq").values_list("seq", "category__code")) == [
        (1, "cx"),
        (2, "other"),
    ]
    sound()


def test_rows_of_one_case_agree_per_reviewer(tag):
    report = tag("voter_id,case,tag:rosa,tag:sam", "v1,a,cx,cx", "v2,a,cx,other")
    assert reasons(report) == [(3, "sam decided otherwise in another row of the same case")]
    sound()


def test_a_closed_round_takes_nothing(tag, voters, rosa, sam, ada):
    round_ = open_round(voters, reviewers=[rosa, sam], by=ada)
    rounds.close_coding(round=round_, by=ada)
    report = tag("voter_id,tag:rosa,tag:sam", "v3,cx,cx")
    assert "sealed" in report.errors[0].reason
    assert not Decision.objects.exists()


def test_what_a_reopened_round_takes_is_no_independent_reading(tag, voters, rosa, sam, ada):
    round_ = open_round(voters, reviewers=[rosa, sam], by=ada)
    for person in (rosa, sam):
        say(round_, round_.cases.get(text="CX Lead"), person, "cx")
    rounds.close_coding(round=round_, by=ada)
    rounds.reopen_coding(round=round_, by=ada, reason="One was left")
    tag("voter_id,tag:rosa,tag:sam", "v3,cx,cx", "v4,consultant,consultant")
    assert list(round_.cases.filter(after_reveal=True).values_list("text", flat=True)) == ["CX Consultant"]
    assert agreement_for(round_).coefficients.units == 1
    sound()


def test_notes_and_times_come_along(tag):
    tag("voter_id,reviewer,category,note,tagged_at", "v1,rosa,cx,Says so.,2025-03-01T10:00:00Z")
    decision = Decision.objects.get()
    assert (decision.note, decision.decided_at.isoformat()) == ("Says so.", "2025-03-01T10:00:00+00:00")
    assert (decision.source, decision.late) == ("import", False)


def test_an_excluded_vote_is_not_read(tag, voters, ada):
    from polls import votes

    votes.exclude_vote(vote=voters.votes.earliest("pk"), reason="own", note="", by=ada)
    report = tag("voter_id,tag:rosa,tag:sam", "v1,cx,cx", "v2,cx,cx")
    assert reasons(report) == [(2, "the vote of this voter is excluded")]
    sound()


def test_a_label_that_two_categories_share_names_none(tag):
    version = factories.make_codebook("twins")
    version.categories.filter(code__in=["cx", "consultant"]).update(label="Same")
    report = tag("voter_id,reviewer,category", "v1,rosa,same", "v2,rosa,cx", codebook="twins")
    assert reasons(report) == [(2, "no category of this codebook")]


# --- resolutions ----------------------------------------------------------------------------


def test_a_resolution_without_a_name_is_taken(tag):
    report = tag("voter_id,tag:rosa,tag:sam,final", "v3,cx,other,cx")
    assert report.status["resolved"] == 1
    adjudication = Adjudication.objects.get()
    assert (adjudication.decided_by, adjudication.source, adjudication.kind) == (None, "import", "final")
    assert Case.objects.get(status="resolved").sealed_at is not None
    sound()


def test_final_and_adjudicator_are_equal_on_all_rows_of_a_case(tag):
    report = tag(
        "voter_id,reviewer,category,final,adjudicator",
        "v3,rosa,cx,cx,jude",
        "v3,sam,other,other,jude",
        "v4,rosa,cx,cx,jude",
        "v4,sam,other,cx,jude",
    )
    assert report.created == 2
    assert [row for row, _ in reasons(report)] == [2, 3], "with sam's row gone, one decision is left"
    assert report.status["resolved"] == 1
    sound()


def test_a_resolved_case_is_not_resolved_otherwise(tag):
    lines = "voter_id,tag:rosa,tag:sam,final,adjudicator", "v3,cx,other,cx,jude"
    tag(*lines)
    assert tag(*lines).unchanged == 1
    report = tag(lines[0], "v3,cx,other,other,jude")
    assert "resolved already" in report.errors[0].reason
    assert Adjudication.objects.count() == 1
    sound()


def test_unsure_is_no_final_category(tag):
    report = tag("voter_id,tag:rosa,tag:sam,final", "v3,cx,other,unsure")
    assert reasons(report) == [(2, "unsure cannot be the final category")]


def test_both_reviewers_named_together_make_a_round_of_consensus(tag):
    report = tag("voter_id,tag:rosa,tag:sam,final,adjudicator", "v3,cx,other,cx,rosa;sam")
    assert report.status["resolved"] == 1
    assert Round.objects.get().rule == "consensus"
    assert Case.objects.get(status="resolved").resolution == "consensus"
    sound()


def test_one_of_the_two_may_resolve_where_the_rule_is_consensus(tag, voters, rosa, sam, ada):
    open_round(voters, reviewers=[rosa, sam], by=ada)
    report = tag("voter_id,tag:rosa,tag:sam,final,adjudicator", "v3,cx,other,cx,rosa")
    assert report.status["resolved"] == 1
    assert Case.objects.get(status="resolved").resolved_by == rosa
    sound()


# --- files that cannot be read ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "word"),
    [
        ("voter_id,reviewer", "reviewer and category"),
        ("reviewer,category", "voter_id"),
        ("voter_id,tag:rosa,category", "mixes"),
        ("voter_id,tag:", "without a username"),
        ("voter_id,tag:rosa,TAG:Rosa", "twice"),
        ("voter_id,voter_id,tag:rosa", "twice"),
    ],
)
def test_columns_that_make_no_form_are_refused(header, word, tag):
    with pytest.raises(Refused, match=word):
        tag(header, "v1,cx,cx")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("v1,rosa,cx,,x", "more cells"),
        (",rosa,cx", "which voter"),
        ("v1,,cx", "who decided"),
        ("v1,rosa,cx," + "n" * 2001, "longer than 2000"),
        ("v9,rosa,cx", "no voter of this poll"),
        ('v1,rosa,cx,"open', "quot"),
    ],
)
def test_a_bad_row_is_rejected_and_the_rest_is_taken(line, reason, tag):
    report = tag("voter_id,reviewer,category,note", "v2,rosa,cx,", line)
    assert (report.created, report.rejected) == (1, 1)
    assert report.errors[0].row == 3
    assert reason in report.errors[0].reason


@pytest.mark.parametrize("bad", [b"\0", b"\xff"])
def test_what_no_text_can_hold_is_rejected_with_its_row(bad, voters):
    raw = b"voter_id,reviewer,category,note\nv1,rosa,cx,fine\nv2,rosa,cx,a" + bad + b"b\nv3,rosa,cx,fine\n"
    with open_upload(raw, name="tags.csv", encoding="utf-8") as source:
        report = import_tags(source=source, poll="cx-head", create_users=True)
    assert (report.created, report.rejected) == (2, 1)
    assert report.errors[0].row == 3


@pytest.mark.parametrize("address", ["no address", "-"])
def test_a_profile_that_is_no_address_is_rejected(address, tag):
    report = tag("profile_url,reviewer,category", f"{address},rosa,cx")
    assert report.rejected == 1


def test_a_header_without_rows_makes_no_round(tag):
    report = tag("voter_id,tag:rosa")
    assert (report.rows, report.nothing_taken) == (0, "")
    assert not Round.objects.exists()


@pytest.mark.parametrize(
    ("options", "problem", "word"),
    [
        ({"round_number": 3}, Refused, "no round 3"),
        ({"codebook": "nothing-here"}, Refused, "nothing-here"),
        ({"codebook": "value-level"}, WrongUsage, "comments"),
    ],
)
def test_what_the_file_cannot_go_into_is_named(options, problem, word, tag):
    with pytest.raises(problem, match=word):
        tag("voter_id,tag:rosa", "v1,cx", **options)
    assert not Round.objects.exists()


def test_another_codebook_than_the_round_has_is_refused(tag):
    tag("voter_id,tag:rosa", "v1,cx")
    Codebook.objects.get(code="vertical")
    with pytest.raises(Refused, match="read with “role”"):
        tag("voter_id,tag:rosa", "v1,cx", codebook="vertical")


# --- there and back ---------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["tags", "wide"])
def test_decisions_read_here_come_back_the_same(what, tag, voters, rosa, sam, ada, jude, tmp_path):
    from classify import adjudication
    from tests.classify.acts import read_all

    round_ = open_round(voters, reviewers=[rosa, sam], adjudicators=[jude], by=ada)
    case = round_.cases.get(text="CX Lead")
    say(round_, case, sam, "other", note="=odd")
    say(round_, round_.cases.get(text="CX Consultant"), sam, "unsure")
    read_all(round_, rosa)
    adjudication.claim(case=Case.objects.get(pk=case.pk), by=jude)
    adjudication.decide(
        case=case,
        by=jude,
        category_code="consultant",
        reason="gap",
        client_id="6f1f6a5e-0000-4000-8000-000000000001",
    )
    before = agreement_for(round_).as_json(), report_for(round_).as_json()
    table = exports.tags(round_) if what == "tags" else exports.wide(round_)
    text = b"".join(exports.as_csv(table)).decode("utf-8-sig")
    other = factories.make_poll("elsewhere")
    for n, headline in enumerate(HEADLINES, start=1):
        factories.make_vote(other, headline=headline, option=1 + n % 3, voter_id=f"v{n}")
    with open_upload(text, name="out.csv") as source:
        report = import_tags(source=source, poll="elsewhere")
    assert report.rejected == 0
    back = Round.objects.get(poll=other)
    after = agreement_for(back).as_json(), report_for(back).as_json()
    assert [dict(one) | {"poll": ""} for one in after] == [dict(one) | {"poll": ""} for one in before]
    assert dict(round_.cases.values_list("text", "status")) == dict(back.cases.values_list("text", "status"))
    sound()
