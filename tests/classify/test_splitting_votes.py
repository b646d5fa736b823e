"""Split titles beside imports, corrections and exclusions; and in reports and files, each vote once."""

from __future__ import annotations

import csv
import io

import pytest

from classify import exports, splitting
from classify.importing_tags import import_tags
from classify.models import Case, CaseVote, Decision, Round
from classify.reports import agreement_for, report_for
from classify.verify import verify
from polls.importing.readers import open_upload
from polls.models import Vote
from tests import factories
from tests.classify import acts
from tests.classify.test_assignment import exclude, follow, retitle, take_back


@pytest.fixture
def round(poll, ada, rosa, sam, jude) -> Round:
    for option in (1, 2, 3):
        factories.make_vote(poll, "Director", option=option)
    factories.make_vote(poll, "Agent")
    return acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada)


@pytest.fixture
def shared(round) -> Case:
    return Case.objects.get(round=round, text="Director")


@pytest.fixture
def parted(round, shared, rosa) -> Case:
    """The title, split by Rosa."""
    splitting.split_case(round=round, case_id=shared.pk, by=rosa)
    return shared


def parts_of(shared: Case) -> list[Case]:
    return list(Case.objects.filter(split_from=shared, n_votes__gt=0).order_by("pk"))


def home_of(vote: Vote) -> Case:
    return Case.objects.get(case_votes__vote=vote, case_votes__left_at__isnull=True)


def no_drift() -> bool:
    return verify().drift == ()


class TestVotesThatChange:
    def test_split_titles_stay_split(self, poll, parted):
        before = [part.pk for part in parts_of(parted)]
        follow(poll)
        assert [part.pk for part in parts_of(parted)] == before
        assert no_drift()

    def test_a_new_voter_with_a_split_title_is_read_on_their_own_too(self, poll, parted, rosa, sam):
        vote = factories.make_vote(poll, "DIRECTOR", option=2)
        follow(poll)
        home = home_of(vote)
        assert (home.origin, home.split_from, home.n_votes) == ("split", parted, 1)
        assert (home.reviewer1, home.reviewer2) == (rosa, sam)
        parted.refresh_from_db()
        assert parted.n_votes == 0
        assert no_drift()

    def test_two_new_voters_are_two_cases(self, poll, parted):
        homes = {factories.make_vote(poll, "Director").pk for _ in range(2)}
        follow(poll)
        assert len(homes) == 2
        assert len(parts_of(parted)) == 5

    def test_a_new_voter_of_a_title_that_was_put_together_joins_it(self, poll, parted, ada):
        splitting.merge_back(case=parted, by=ada)
        vote = factories.make_vote(poll, "Director")
        follow(poll)
        assert home_of(vote) == parted
        assert no_drift()

    def test_new_voters_of_a_split_title_go_back_with_the_others(self, poll, parted, ada):
        factories.make_vote(poll, "Director")
        follow(poll)
        splitting.merge_back(case=parted, by=ada)
        parted.refresh_from_db()
        assert (parted.n_votes, parts_of(parted)) == (4, [])
        assert no_drift()

    def test_who_shows_another_title_leaves_and_comes_back_to_their_own_case(self, poll, parted):
        part = parts_of(parted)[0]
        vote = Vote.objects.get(case_votes__case=part)
        retitle(vote, "Agent")
        follow(poll)
        assert home_of(vote).text == "Agent"
        assert no_drift()
        retitle(vote, "Director")
        follow(poll)
        assert home_of(vote) == part
        assert no_drift()

    def test_an_excluded_voter_comes_back_to_their_own_case(self, poll, parted, ada):
        part = parts_of(parted)[0]
        vote = Vote.objects.get(case_votes__case=part)
        exclude(vote, ada)
        follow(poll)
        assert len(parts_of(parted)) == 2
        take_back(vote)
        follow(poll)
        assert home_of(vote) == part
        assert no_drift()

    def test_an_excluded_voter_comes_back_to_the_title_that_was_put_together_meanwhile(
        self, poll, parted, ada
    ):
        vote = Vote.objects.get(case_votes__case=parts_of(parted)[0])
        exclude(vote, ada)
        follow(poll)
        splitting.merge_back(case=parted, by=ada)
        take_back(vote)
        follow(poll)
        assert home_of(vote) == parted
        assert no_drift()

    def test_a_second_round_is_not_split(self, poll, parted, round, ada, rosa, sam):
        other = acts.open_round(poll, reviewers=[rosa, sam], by=ada, version=round.version)
        vote = factories.make_vote(poll, "Director")
        follow(poll)
        shared = Case.objects.get(round=other, text="Director")
        assert shared.n_votes == 4
        assert CaseVote.objects.filter(vote=vote, round=other, case=shared).exists()
        assert no_drift()


@pytest.fixture
def read(round, shared, rosa, sam, ada) -> Round:
    """The shared title was a conflict; it is split, and its voters are read: two agreed, one not."""
    acts.disagree(round, shared, rosa, sam)
    splitting.split_case(round=round, case_id=shared.pk, by=rosa)
    for n, part in enumerate(parts_of(shared)):
        acts.say(round, part, rosa, "cx")
        acts.say(round, part, sam, "cx" if n else "other")
    agent = Case.objects.get(round=round, text="Agent")
    for user in (rosa, sam):
        acts.say(round, agent, user, "contact-center")
    return round


def csv_of(table: exports.Table) -> str:
    return b"".join(exports.as_csv(table)).decode("utf-8-sig")


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


class TestFigures:
    def test_agreement_counts_the_voters_and_not_the_title_they_shared(self, read):
        found = agreement_for(read)
        assert (found.voters, found.coefficients.units) == (4, 4)
        assert found.coefficients.percent_agreement.as_json()["value"] == 0.75

    def test_a_vote_is_classified_once(self, read):
        report = report_for(read)
        assert (report.classified, report.unresolved) == (3, 1)

    def test_the_classified_file_has_every_vote_once(self, read):
        rows = rows_of(csv_of(exports.classified(read.poll, read)))
        assert len({row["voter_id"] for row in rows}) == len(rows) == 4
        assert sorted(row["status"] for row in rows) == ["agreed", "agreed", "agreed", "unresolved"]

    @pytest.mark.parametrize("form", ["tags", "wide"])
    def test_the_decisions_come_in_again_unchanged(self, read, form):
        text = csv_of(getattr(exports, form)(read))
        assert len({row["case"] for row in rows_of(text)}) == 4
        before = Decision.objects.count()
        with open_upload(text, name="tags.csv") as source:
            report = import_tags(source=source, poll=read.poll.slug, round_number=read.number)
        assert report.errors == ()
        assert (report.created, Decision.objects.count()) == (0, before)
        assert no_drift()
