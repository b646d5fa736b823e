"""The talk about a case: closed until the reveal, open to those whom it concerns, never changed."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from classify import rounds, tagging, talk, visibility
from classify.models import Case, CaseComment, Round
from polls.permissions import PollRefused
from tests import factories
from tests.classify import acts
from tests.classify.judging import judge

CAST = ["ada", "rosa", "sam", "jude", "vera", "nina"]


@pytest.fixture
def round(poll, ada, rosa, sam, jude) -> Round:
    for text in ("CX Lead", "Agent"):
        factories.make_vote(poll, text)
    return acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada)


@pytest.fixture
def conflict(round, rosa, sam) -> Case:
    return acts.disagree(round, Case.objects.get(round=round, text="CX Lead"), rosa, sam)


@pytest.fixture
def revealed(round, conflict, ada) -> Case:
    rounds.close_coding(round=round, by=ada)
    return fresh(conflict)


@pytest.fixture
def people(request) -> dict:
    return {name: request.getfixturevalue(name) for name in CAST}


def fresh(case: Case) -> Case:
    return Case.objects.select_related("round__poll").get(pk=case.pk)


def write(case: Case, by, text="I read the board seat.", **more) -> CaseComment:
    return talk.add_comment(case=case, by=by, text=text, **({"client_id": uuid.uuid4()} | more))


def who_may_write(case: Case, people: dict) -> set[str]:
    return {name for name, user in people.items() if talk.can_comment(user, fresh(case))}


class TestBeforeTheReveal:
    @pytest.mark.parametrize("name", CAST)
    def test_nobody_writes(self, name, conflict, people):
        with pytest.raises(PollRefused):
            write(conflict, people[name])
        assert not CaseComment.objects.exists()

    def test_one_who_has_handed_in_opens_nothing(self, round, conflict, people):
        acts.read_all(round, people["rosa"])
        tagging.hand_in(round=round, by=people["rosa"])
        assert who_may_write(conflict, people) == set()

    def test_the_database_refuses_it(self, round, conflict, ada):
        with pytest.raises(IntegrityError, match="before the round is revealed"), transaction.atomic():
            CaseComment.objects.create(round=round, case=conflict, text="x", written_by=ada)

    def test_what_was_written_is_hidden_from_all_when_the_round_is_opened_again(
        self, round, revealed, people
    ):
        write(revealed, people["rosa"])
        rounds.reopen_coding(round=round, by=people["ada"], reason="Closed by mistake")
        case = fresh(revealed)
        for name in ("rosa", "sam"):
            with pytest.raises(PollRefused):
                visibility.comments_on(people[name], case)
        for name in ("ada", "jude"):
            assert visibility.comments_on(people[name], case) == []
        assert who_may_write(case, people) == set()


class TestAfterTheReveal:
    def test_those_whom_it_concerns_read_and_write(self, revealed, people):
        assert who_may_write(revealed, people) == {"ada", "rosa", "sam", "jude"}
        for name in ("rosa", "jude", "ada"):
            write(revealed, people[name], f"By {name}")
        seen = visibility.comments_on(people["sam"], revealed)
        assert [(one.name, one.text, one.mine) for one in seen] == [
            ("rosa", "By rosa", False),
            ("jude", "By jude", False),
            ("ada", "By ada", False),
        ]
        assert [one.mine for one in visibility.comments_on(people["rosa"], revealed)] == [True, False, False]

    @pytest.mark.parametrize("name", ["vera", "nina"])
    def test_others_neither_read_nor_write(self, name, revealed, people):
        with pytest.raises(PollRefused):
            visibility.comments_on(people[name], revealed)
        with pytest.raises(PollRefused):
            write(revealed, people[name])

    def test_both_handing_in_opens_it(self, round, conflict, people):
        for name in ("rosa", "sam"):
            acts.read_all(round, people[name])
            tagging.hand_in(round=round, by=people[name])
        assert who_may_write(conflict, people) == {"ada", "rosa", "sam", "jude"}

    def test_it_goes_on_after_the_conflict_is_resolved(self, revealed, people):
        judge(revealed, people["jude"])
        assert write(revealed, people["rosa"]).text == "I read the board seat."

    def test_in_a_pool_another_reviewer_reads_and_does_not_write(self, poll, ada, rosa, sam):
        for n in range(6):
            factories.make_vote(poll, f"Title {n}")
        tom = factories.make_member("tom", poll, "reviewer")
        pool = acts.open_round(poll, reviewers=[rosa, sam, tom], by=ada)
        case = Case.objects.filter(round=pool).exclude(reviewer1=tom).exclude(reviewer2=tom).first()
        users = {user.pk: user for user in (rosa, sam)}
        acts.disagree(pool, case, users[case.reviewer1_id], users[case.reviewer2_id])
        rounds.close_coding(round=pool, by=ada)
        write(case, rosa)
        assert len(visibility.comments_on(tom, fresh(case))) == 1
        with pytest.raises(PollRefused, match="The two who read this title"):
            write(case, tom)

    def test_an_archived_round_is_read_only(self, round, revealed, people):
        write(revealed, people["rosa"])
        Round.objects.filter(pk=round.pk).update(archived_at=timezone.now(), archived_by=people["ada"])
        with pytest.raises(PollRefused, match="archived"):
            write(revealed, people["rosa"])
        assert len(visibility.comments_on(people["rosa"], fresh(revealed))) == 1


class TestWhatIsWritten:
    def test_the_second_click_is_one_comment(self, revealed, rosa):
        sent = uuid.uuid4()
        first = write(revealed, rosa, client_id=sent)
        assert write(revealed, rosa, "Something else", client_id=sent) == first
        assert CaseComment.objects.get().text == "I read the board seat."

    def test_the_id_of_another_comment_is_refused(self, revealed, rosa, sam):
        sent = uuid.uuid4()
        write(revealed, rosa, client_id=sent)
        with pytest.raises(ValidationError, match="used for another title"):
            write(revealed, sam, client_id=sent)

    @pytest.mark.parametrize(
        ("text", "why"), [(" \n", "Write something"), ("x" * 4001, "at most 4000 are kept")]
    )
    def test_nothing_and_too_much_is_refused(self, text, why, revealed, rosa):
        with pytest.raises(ValidationError, match=why):
            write(revealed, rosa, text)

    def test_there_is_an_end_to_it(self, revealed, rosa, monkeypatch):
        monkeypatch.setattr(talk, "MAX_COMMENTS", 1)
        write(revealed, rosa)
        with pytest.raises(ValidationError, match="No more are kept"):
            write(revealed, rosa)

    @pytest.mark.parametrize(
        "sql", ["UPDATE classify_casecomment SET text = 'x'", "DELETE FROM classify_casecomment"]
    )
    def test_it_stays_as_it_was_written(self, sql, revealed, rosa):
        write(revealed, rosa)
        with (
            pytest.raises(IntegrityError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)

    def test_the_oldest_stands_first(self, revealed, rosa, sam):
        write(revealed, rosa, "one")
        write(revealed, sam, "two")
        seen = visibility.comments_on(rosa, revealed)
        assert [one.text for one in seen] == ["one", "two"]
        assert timezone.now() - seen[0].at < timedelta(minutes=1)
