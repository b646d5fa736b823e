"""Blindness is a rule of the server: what a reader receives does not depend on what the other one did.

The strongest form of the rule is tested: two worlds that differ only in what Sam (and Jude after him) did
give Rosa the same answers, byte for byte, with the same number of statements, at every address, until the
round is revealed. And no answer holds a mark of a voter. After the reveal the same walk does find the marks.
"""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise

import pytest
from django.db import transaction
from django.urls import reverse

from classify import adjudication, rounds, tagging
from classify.models import Case
from tests import study
from tests.study import CONFLICTED, CONSULTANT, FORMER, SHARED, Study, build_study
from tests.walk import Received, client_for, differences, receive, walk

CODES = {SHARED: "contact-center", CONFLICTED: "cx", CONSULTANT: "consultant", FORMER: "unsure"}
"""What Rosa decided."""


@pytest.fixture(scope="module")
def shared_world(django_db_setup, django_db_blocker) -> Iterator[Study]:
    """Rosa has read four headlines, Sam nothing."""
    with django_db_blocker.unblock(), transaction.atomic():
        world = build_study(decided=False)
        for headline, verdict in CODES.items():
            world.decide("rosa", world.case(headline), verdict, f"NOTE-OF-ROSA on {verdict}")
        BEFORE.clear()
        # What the process remembers between requests (codebook, number of cases) is fetched by now.
        receive(client_for(world.people["rosa"]), "get", reverse("classify:tag", args=["cx-head", 2]))
        yield world
        transaction.set_rollback(True)


@pytest.fixture
def world(shared_world: Study, db) -> Study:
    """The shared world; what a test changes is rolled back."""
    return shared_world


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


# --- what the other one may have done ----------------------------


def sam_agrees(world: Study) -> None:
    for headline, verdict in CODES.items():
        world.decide("sam", world.case(headline), verdict, "NOTE-OF-SAM")


def sam_differs(world: Study) -> None:
    for headline in CODES:
        world.decide("sam", world.case(headline), "other", "NOTE-OF-SAM")


def sam_is_unsure(world: Study) -> None:
    for headline in CODES:
        world.decide("sam", world.case(headline), "unsure", "NOTE-OF-SAM")


def sam_changes_his_mind(world: Study) -> None:
    sam_differs(world)
    sam_agrees(world)
    tagging.submit_decision(
        round=world.round,
        case_id=world.conflict.pk,
        by=world.people["sam"],
        verdict="withdrawn",
        category_code=None,
        client_id=uuid.uuid4(),
    )


def sam_reads_all(world: Study) -> None:
    for case in Case.objects.filter(round=world.round).order_by("pk"):
        world.decide("sam", case, "other", "NOTE-OF-SAM")


def sam_hands_in(world: Study) -> None:
    sam_reads_all(world)
    tagging.hand_in(round=world.round, by=world.people["sam"])


def sam_looks_at_profiles(world: Study) -> None:
    tagging.record_profile_view(round=world.round, case_id=world.conflict.pk, by=world.people["sam"])


def jude_claims(world: Study) -> None:
    sam_differs(world)
    adjudication.claim(case=world.conflict, by=world.people["jude"])


def jude_decides(world: Study) -> None:
    sam_differs(world)
    adjudication.claim(case=world.conflict, by=world.people["jude"])
    assert adjudication.ask_for_profiles(case=world.conflict, by=world.people["jude"])
    study.resolve_all(world)


def jude_closes_unresolved(world: Study) -> None:
    sam_differs(world)
    adjudication.close_unresolved(
        case=world.conflict,
        by=world.people["jude"],
        reason="gap",
        rationale="RATIONALE-OF-JUDE",
        client_id=uuid.uuid4(),
    )


WALKED: list[Callable[[Study], None]] = [
    sam_agrees,
    sam_changes_his_mind,
    sam_hands_in,
    jude_decides,
    jude_closes_unresolved,
]
"""Those after which everything is looked at; the others are steps on their way."""

HAPPENINGS: list[Callable[[Study], None]] = [
    sam_agrees,
    sam_differs,
    sam_is_unsure,
    sam_changes_his_mind,
    sam_reads_all,
    sam_hands_in,
    sam_looks_at_profiles,
    jude_claims,
    jude_decides,
    jude_closes_unresolved,
]

MARKS_OF_VOTERS = ["Voter-", "Comment-", "linkedin.com/in/voter", "Exclusion-note", "Acme"]
MARKS_OF_OTHERS = ["NOTE-OF-SAM", "RATIONALE-OF-JUDE"]


BEFORE: dict[str, dict[tuple[str, str], Received]] = {}
"""What each person received before anything happened, walked once."""


def before_it(world: Study, username: str) -> dict[tuple[str, str], Received]:
    """The walk of that person while Sam has decided nothing."""
    if username not in BEFORE:
        BEFORE[username] = walk(world, username)
    return BEFORE[username]


@pytest.mark.parametrize("happening", WALKED, ids=lambda one: one.__name__)
def test_nothing_that_rosa_receives_tells_what_happened(happening: Callable[[Study], None], world: Study):
    before = before_it(world, "rosa")
    happening(world)
    found = differences(before, walk(world, "rosa"))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("username", ["vera", "nina", "bea"])
def test_nothing_that_a_bystander_receives_tells_either_before_the_reveal(username: str, world: Study):
    """Bea is an admin without a slot and may look; so only of the others is silence asked."""
    before = before_it(world, username)
    sam_hands_in(world)
    after = walk(world, username)
    if username == "bea":
        assert differences(before, after), "an admin without a slot sees how far it is"
    else:
        assert not differences(before, after), "\n".join(differences(before, after))


def test_no_answer_to_a_reader_holds_a_mark_of_a_voter_or_of_the_other(world: Study):
    jude_decides(world)
    for key, answer in walk(world, "rosa").items():
        for mark in [*MARKS_OF_VOTERS, *MARKS_OF_OTHERS, *study.OPTIONS]:
            assert mark not in answer.everything, f"{key} tells {mark!r}"


def marks_of_votes(key: tuple[str, str]) -> list[str]:
    """What may not be told there to who is no plain reader: they may know the options of a poll, which its
    own pages name, but no round tells an option beside a title."""
    return [*MARKS_OF_VOTERS, *study.OPTIONS] if "/rounds/" in key[1] else MARKS_OF_VOTERS


def test_an_admin_who_reads_is_as_blind_as_any_reader(world: Study):
    """Ada takes Rosa's place: her roles do not help her."""
    rosa, ada = world.people["rosa"], world.people["ada"]
    with undone():
        seat = world.round.reviewers.get(user=rosa)
        Case.objects.filter(round=world.round, reviewer1=rosa).update(reviewer1=ada)
        type(seat).objects.filter(pk=seat.pk).update(user=ada)
        before = walk(world, "ada")
        for happening in (sam_differs, sam_hands_in, jude_decides):
            with undone():
                happening(world)
                after = walk(world, "ada")
            assert not differences(before, after), "\n".join(differences(before, after))
        for key, answer in before.items():
            for mark in marks_of_votes(key):
                assert mark not in answer.everything, f"{key} tells {mark!r}"


def test_a_superuser_who_reads_is_blind_too(world: Study):
    with undone():
        root = world.people["root"]
        seat = world.round.reviewers.get(user=world.people["rosa"])
        Case.objects.filter(round=world.round).update(reviewer1=root)
        type(seat).objects.filter(pk=seat.pk).update(user=root)
        before = walk(world, "root")
        with undone():
            sam_hands_in(world)
            after = walk(world, "root")
        assert not differences(before, after), "\n".join(differences(before, after))


# --- the reply to a decision -------------------------------------


def submit(world: Study, case: Case, username: str = "rosa", by_script: bool = True) -> Received:
    """Post a decision as the reading page does, or as its plain form."""
    name = "classify:decide" if by_script else "classify:tag-case"
    url = reverse(name, args=[world.poll.slug, world.round.number, case.pk])
    data = {"verdict": "consultant", "client_id": str(uuid.uuid4()), "note": "", "milliseconds": "900"}
    return receive(client_for(world.people[username]), "post", url, data)


@pytest.mark.parametrize("by_script", [True, False], ids=["by script", "plain form"])
@pytest.mark.parametrize("happening", HAPPENINGS, ids=lambda one: one.__name__)
def test_the_reply_to_a_decision_does_not_depend_on_the_other(
    happening: Callable[[Study], None], by_script: bool, world: Study
):
    """First or second decision, before or after the seal: the same bytes, the same statements."""
    cases = [world.conflict, world.case(SHARED), *world.blanks]
    before = [submit(world, case, by_script=by_script) for case in cases]
    with undone():
        happening(world)
        after = [submit(world, case, by_script=by_script) for case in cases]
    assert all(one.status in {200, 302} for one in before)
    assert before == after


def test_a_decision_costs_at_most_eight_statements(world: Study):
    """Of the savepoints of the test itself only two are left out."""
    answer = submit(world, world.blanks[0])
    assert answer.status == 200
    assert answer.cost <= 8 + 2


@pytest.mark.parametrize("happening", [sam_differs, jude_decides], ids=lambda one: one.__name__)
def test_no_line_of_the_log_tells_a_decision(happening, world: Study, caplog):
    caplog.set_level(logging.INFO)
    happening(world)
    submit(world, world.conflict)
    told = [record.getMessage() for record in caplog.records if not record.name.startswith("django.db")]
    for line in told:
        assert not any(mark in line for mark in [*MARKS_OF_OTHERS, *MARKS_OF_VOTERS, "consultant"]), line


def test_the_adjudicator_sees_both_decisions_without_names_or_votes(world: Study):
    sam_differs(world)
    adjudication.claim(case=world.conflict, by=world.people["jude"])
    page = receive(
        client_for(world.people["jude"]),
        "get",
        reverse("classify:conflict", args=[world.poll.slug, world.round.number, world.conflict.pk]),
    )
    assert page.status == 200
    assert "NOTE-OF-SAM" in page.body
    assert "NOTE-OF-ROSA" in page.body
    for key, answer in walk(world, "jude").items():
        for mark in marks_of_votes(key):
            assert mark not in answer.everything, f"{key} tells {mark!r}"
        if "/conflicts/" in key[1]:
            assert not re.search(r"\b(rosa|sam)\b", answer.body), f"{key} names a reader"


def reveal(world: Study) -> None:
    """Both have read all and handed in, Jude has decided."""
    sam_hands_in(world)
    for case in world.blanks:
        world.decide("rosa", case, "cannot-tell")
    left = Case.objects.filter(round=world.round, cat1__isnull=True)
    for case in left:
        world.decide("rosa", case, "cx")
    tagging.hand_in(round=world.round, by=world.people["rosa"])
    study.resolve_all(world)


@pytest.mark.parametrize("username", ["rosa", "sam", "vera", "jude"])
def test_after_the_reveal_the_same_addresses_tell(username: str, world: Study):
    """So the silence before could have been broken."""
    client = client_for(world.people[username])
    place = [world.poll.slug, world.round.number]
    pages = [reverse(f"classify:{name}", args=place) for name in ("report", "agreement", "exports")]
    before = [receive(client, "get", page) for page in pages]
    reveal(world)
    after = [receive(client, "get", page) for page in pages]
    assert [page.status for page in before] == [403, 403, 403]
    assert [page.status for page in after] == [200, 200, 200]
    assert study.OPTIONS[0] in after[0].body


def test_after_the_reveal_the_two_are_shown_to_each_other(world: Study):
    url = reverse("classify:conflict", args=[world.poll.slug, world.round.number, world.conflict.pk])
    assert receive(client_for(world.people["rosa"]), "get", url).status == 403
    reveal(world)
    told = receive(client_for(world.people["rosa"]), "get", url)
    assert "NOTE-OF-SAM" in told.body
    assert "RATIONALE-OF-JUDE" in told.body


def test_closing_coding_reveals_too(world: Study):
    url = reverse("classify:report", args=[world.poll.slug, world.round.number])
    rounds.close_coding(round=world.round, by=world.people["ada"])
    assert receive(client_for(world.people["vera"]), "get", url).status == 200


@pytest.mark.parametrize(
    ("title", "unit"),
    [("Clerk", "voter"), ("", "headline"), ("Clerk {}", "headline")],
    ids=["by voter", "without a title", "by title"],
)
def test_the_number_of_a_case_tells_no_option_of_a_file_sorted_by_option(title: str, unit: str, world: Study):
    """The number stands in the address of the page on which a voter is read."""
    rows = [f"s{i},{title.format(i)},{study.OPTIONS[i // 20]}" for i in range(60)]
    text = "voter_id,headline,option\n" + "\n".join(rows) + "\n"
    poll = study.build_poll("sorted", text, study.OPTIONS, study.CAST, world.people["root"])
    made = rounds.create_round(
        poll=poll,
        version=world.round.version,
        unit=unit,
        rule="consensus",
        purpose="main",
        reviewers=[world.people["rosa"], world.people["sam"]],
        adjudicators=[],
        by=world.people["ada"],
    )
    by_number = list(Case.objects.filter(round=made).order_by("pk").values_list("option_counts", flat=True))
    assert len(by_number) == 60
    changes = sum(one != other for one, other in pairwise(by_number))
    assert changes > 15, "a number near another one must not mean the same option"
