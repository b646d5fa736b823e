"""Files of voters into a poll: counts, options, repeats, refusals."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from typing import Any

import pytest

from polls.csvio import csv_chunks
from polls.importing.mapping import JUDGEMENT_COLUMNS
from polls.models import (
    Batch,
    Headline,
    HeadlinePart,
    JobTitle,
    Membership,
    Option,
    Poll,
    Vote,
    VoteChange,
    Voter,
)
from tests import factories
from tests.polls.importing.samples import THREE, counts, reasons, table

pytestmark = pytest.mark.django_db


def test_a_file_makes_the_poll_with_its_votes(load: Any) -> None:
    report = load(THREE)
    assert counts(report) == (3, 3, 0, 0, 0)
    assert report.written
    assert report.as_json()["votes"] == {"Yes": 2, "No": 1}
    assert (report.voters, report.distinct_titles) == (3, 2)
    poll = Poll.objects.get(slug="p")
    assert report.poll_id == poll.pk
    assert poll.question == "P"
    vote = Vote.objects.get(poll=poll, voter__name="Rosa")
    assert (vote.headline_raw, vote.comment, vote.voted_raw) == (
        "Head of CX | ex-Google",
        "Well said",
        "2026-03-05",
    )
    assert (vote.voter.country, vote.voter.profile_url) == ("DE", "https://www.linkedin.com/in/rosa")
    assert (vote.extra, vote.batch.extra_headers) == (["EU"], ["Region"])
    assert Vote.objects.get(voter__name="Sam").voted_raw == "2h"


def test_headlines_with_one_key_are_one_with_its_parts(load: Any) -> None:
    load(THREE)
    rosa, tim = Vote.objects.get(voter__name="Rosa"), Vote.objects.get(voter__name="Tim")
    assert rosa.headline == tim.headline
    assert rosa.headline.text == "Head of CX | ex-Google"
    parts = HeadlinePart.objects.filter(headline=rosa.headline).values_list("position", "raw", "mark")
    assert list(parts) == [(1, "Head of CX", ""), (2, "ex-Google", "former")]
    assert JobTitle.objects.count() == 4


def test_a_vote_without_a_readable_headline_has_none(load: Any) -> None:
    report = load("voter_id,headline,option\nv1,,Yes\nv2,\u200b,Yes\n")
    assert report.distinct_titles == 0
    assert list(Vote.objects.values_list("headline", flat=True)) == [None, None]
    assert Headline.objects.count() == 0


def test_the_same_file_twice_changes_nothing(load: Any) -> None:
    load(THREE)
    before = list(Vote.objects.order_by("id").values())
    report = load(THREE)
    assert counts(report) == (3, 0, 0, 3, 0)
    assert list(Vote.objects.order_by("id").values()) == before
    assert (VoteChange.objects.count(), Voter.objects.count(), Batch.objects.count()) == (0, 3, 2)


def test_a_changed_field_is_updated_and_what_was_before_is_kept(load: Any) -> None:
    load(THREE)
    changed = (
        THREE.replace("Trainer; Coach", "Head of Training")
        .replace(",No,2h", ",Yes,2026-03-06")
        .replace("US", "CA")
    )
    report = load(changed)
    assert counts(report) == (3, 0, 1, 2, 0)
    vote = Vote.objects.get(voter__name="Sam")
    assert (vote.headline_raw, vote.headline.text, vote.option.text) == (
        "Head of Training",
        "Head of Training",
        "Yes",
    )
    assert (vote.voter.country, vote.voted_raw, vote.voted_at.day) == ("CA", "2026-03-06", 6)
    change = VoteChange.objects.get()
    assert change.before == {"headline": "Trainer; Coach", "option": "No", "voted_at": "2h", "country": "US"}
    assert change.batch_id == report.batch_id


def test_empty_and_absent_cells_never_erase(load: Any) -> None:
    load(THREE)
    report = load("voter_id,name,headline,option,comment\nv1,,,Yes,\nv2,Sam,,No,\n")
    assert counts(report) == (2, 0, 0, 2, 0)
    rosa = Vote.objects.get(voter__name="Rosa")
    assert (rosa.headline_raw, rosa.comment, rosa.voter.country, rosa.extra) == (
        "Head of CX | ex-Google",
        "Well said",
        "DE",
        ["EU"],
    )


def test_voters_missing_from_a_later_file_stay(load: Any) -> None:
    load(THREE)
    report = load("voter_id,option\nv9,No\n")
    assert (report.voters, report.as_json()["votes"]) == (4, {"Yes": 2, "No": 2})


def test_a_date_written_otherwise_is_no_change(load: Any) -> None:
    load("voter_id,option,voted_at\nv1,Yes,2026-03-05\n")
    assert load("voter_id,option,voted_at\nv1,Yes,5 March 2026\n").unchanged == 1


def test_an_excluded_vote_stays_excluded_and_counts_nowhere(load: Any, nina: Any) -> None:
    load(THREE)
    vote = Vote.objects.get(voter__name="Rosa")
    vote.voided_at, vote.voided_by, vote.void_reason = "2026-03-06T00:00Z", nina, "own"
    vote.save()
    report = load(THREE)
    assert counts(report) == (3, 0, 0, 3, 0)
    assert (report.voters, report.as_json()["votes"]) == (2, {"Yes": 1, "No": 1})
    vote.refresh_from_db()
    assert vote.void_reason == "own"


def test_columns_not_recognised_are_kept_beside_those_of_earlier_files(load: Any) -> None:
    load("voter_id,option,Region,Team\nv1,Yes,EU,A\nv2,No,US,\n")
    report = load("voter_id,option,Shoe,Region\nv1,Yes,42,\nv2,No,,CA\nv3,No,44,EU\n")
    assert counts(report) == (3, 1, 0, 2, 0)
    kept = {
        vote.voter.keys.get().value: dict(zip(vote.batch.extra_headers, vote.extra, strict=True))
        for vote in Vote.objects.select_related("batch", "voter")
    }
    assert kept == {
        "v1": {"Shoe": "42", "Region": "EU", "Team": "A"},
        "v2": {"Shoe": "", "Region": "CA", "Team": ""},
        "v3": {"Shoe": "44", "Region": "EU", "Team": ""},
    }
    assert sorted(str(c.before) for c in VoteChange.objects.all()) == [
        "{'extra': {'Team': '', 'Region': 'US'}}",
        "{'extra': {'Team': 'A', 'Region': 'EU'}}",
    ]
    assert counts(load("voter_id,option,Shoe,Region\nv1,Yes,42,\nv2,No,,CA\nv3,No,44,EU\n")) == (
        3,
        0,
        0,
        3,
        0,
    )


def test_options_keep_the_order_of_first_appearance(load: Any) -> None:
    report = load("voter_id,option\nv1,No\nv2,Yes\nv3, no \nv4,Maybe\n")
    assert list(report.as_json()["votes"].items()) == [("No", 2), ("Yes", 1), ("Maybe", 1)]
    assert [option.position for option in report.options] == [1, 2, 3]


def test_an_option_only_a_rejected_row_names_is_none(load: Any) -> None:
    report = load("voter_id,option\nv1,Typo\nv1,Yes\n,Nobody\n")
    assert report.as_json()["votes"] == {"Yes": 1}


def test_options_given_have_their_order_and_close_the_list(load: Any) -> None:
    report = load("voter_id,option\nv1,no\nv2,Perhaps\n", options=["Yes", "No"])
    assert report.as_json()["votes"] == {"Yes": 0, "No": 1}
    assert reasons(report) == [(3, "option", "not an option of this poll")]


def test_a_known_poll_rejects_other_options_and_may_get_more_at_the_end(load: Any) -> None:
    load("voter_id,option\nv1,Yes\n")
    assert load("voter_id,option\nv2,Maybe\nv3,YES\n").rejected == 1
    report = load("voter_id,option\nv2,Maybe\n", options=["Maybe", "Yes"])
    assert list(report.as_json()["votes"].items()) == [("Yes", 2), ("Maybe", 1)]


def test_the_newest_of_a_voter_is_kept_else_the_last(load: Any) -> None:
    report = load(
        "voter_id,option,voted_at\nv1,Yes,2026-03-07\nv1,No,2026-03-05\nv2,Yes,\nv2,No,\nv3,No,2026-03-05\nv3,Yes,\n"
    )
    assert reasons(report) == [
        (3, "voter_id", "the same voter again: row 2 is kept"),
        (4, "voter_id", "the same voter again: row 5 is kept"),
        (7, "voter_id", "the same voter again: row 6 is kept"),
    ]
    chosen = Vote.objects.order_by("id").values_list("option__text", flat=True)
    assert list(chosen) == ["Yes", "No", "No"]


def test_published_figures_are_kept_and_compared(load: Any) -> None:
    data = "voter_id,option\n" + "".join(f"v{n},{'Yes' if n < 5 else 'No'}\n" for n in range(9))
    report = load(data, published_total=10, published_shares=[Decimal(60), Decimal(40)])
    assert report.published.consistent is False
    assert [(o.text, o.votes, o.missing_least, o.missing_most) for o in report.options] == [
        ("Yes", 5, 1, 1),
        ("No", 4, 0, 0),
    ]
    again = load(data + "v9,Yes\n")
    assert again.published.as_json() == {"total": 10, "consistent": True, "differences": []}


def test_published_shares_are_kept_and_compared_with_the_digits_they_were_printed_with(load: Any) -> None:
    data = "voter_id,option\n" + "".join(f"v{n},{'Yes' if n < 5 else 'No'}\n" for n in range(11))
    assert load(data, published_shares=[Decimal("45"), Decimal("55")]).published.consistent
    report = load(data, published_shares=[Decimal("45.0"), Decimal("55")])
    assert [d["option"] for d in report.published.differences] == ["Yes"]
    assert [option.published_digits for option in Option.objects.all()] == [1, 0]


def test_a_report_says_which_tables_the_published_shares_admit(load: Any) -> None:
    data = "voter_id,option\n" + "".join(f"v{n},{'Yes' if n < 5 else 'No'}\n" for n in range(9))
    assert load(data).admitted is None
    admitted = load(data, published_total=10, published_shares=[Decimal(60), Decimal(40)]).admitted
    assert (admitted.tables, admitted.nearest, admitted.ours) == (1, (6, 4), False)
    assert load(data + "v9,Yes\n").admitted.ours


def test_who_makes_a_poll_becomes_its_admin_and_a_later_importer_does_not(load: Any, nina: Any) -> None:
    load(THREE, by=nina)
    load(THREE, by=factories.make_user("olga"))
    assert [(m.user.username, m.role) for m in Membership.objects.all()] == [("nina", "admin")]
    assert Batch.objects.order_by("-id").first().imported_by.username == "olga"


def test_the_report_is_the_document_of_the_contract(load: Any) -> None:
    document = load(THREE + "v4,,,,,,,,\n").as_json()
    assert list(document) == [
        "poll",
        "dry_run",
        "written",
        "file",
        "encoding",
        "delimiter",
        "rows",
        "created",
        "updated",
        "unchanged",
        "rejected",
        "voters",
        "distinct_titles",
        "votes",
        "published",
        "errors",
        "rejects_file",
        "seconds",
    ]
    assert list(document["errors"][0]) == ["row", "column", "value", "reason"]
    json.dumps(document, allow_nan=False)


def test_our_own_classified_file_comes_back_as_the_poll_it_was(load: Any) -> None:
    header = [*THREE.splitlines()[0].split(",")]
    formulas = [
        "v4",
        "=cmd()",
        "@cx | '+1",
        "linkedin.com/in/uma",
        "No",
        "2h",
        "-\u00a0said\n'=1",
        "'DE",
        "＝x",
    ]
    load(table(header, *csv.reader(THREE.splitlines()[1:]), formulas))
    before = list(Vote.objects.order_by("id").values())
    columns = [*header[:-1], *JUDGEMENT_COLUMNS, "source:Region"]
    rows = [
        [*row[:-1], "cx", "CX", "agreed", "", "role", "1", row[-1]]
        for row in [*csv.reader(THREE.splitlines()[1:]), formulas]
    ]
    data = b"".join(csv_chunks(columns, rows))
    assert b"'=cmd()" in data
    assert counts(load(data)) == (4, 0, 0, 4, 0)
    assert list(Vote.objects.order_by("id").values()) == before
    assert counts(load(data, poll="empty")) == (4, 4, 0, 0, 0)
    kept = (
        Vote.objects.filter(poll__slug="empty").order_by("id").values_list("headline_raw", "comment", "extra")
    )
    assert list(kept) == [(vote["headline_raw"], vote["comment"], vote["extra"]) for vote in before]
    assert Batch.objects.order_by("-id").first().extra_headers == ["Region"]
