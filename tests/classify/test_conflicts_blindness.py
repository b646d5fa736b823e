"""Nothing about conflicts reaches who still reads: not by a page, a form, a comment, a flag or a refusal."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import pytest
from django.db import transaction
from django.urls import reverse

from classify import adjudication
from classify.models import Case, CodebookFlag
from polls.models import HeadlinePart
from tests.study import CONFLICTED, CONSULTANT, SHARED, Study, build_study
from tests.walk import Received, client_for, receive

VERDICTS = {SHARED: "contact-center", CONFLICTED: "cx", CONSULTANT: "consultant"}
NOTED = "NOTED-FOR-THE-CODEBOOK"


@pytest.fixture(scope="module")
def shared_world(django_db_setup, django_db_blocker) -> Iterator[Study]:
    """Rosa has read three headlines, Sam nothing."""
    with django_db_blocker.unblock(), transaction.atomic():
        world = build_study(decided=False)
        for headline, verdict in VERDICTS.items():
            world.decide("rosa", world.case(headline), verdict)
        yield world
        transaction.set_rollback(True)


@pytest.fixture
def world(shared_world: Study, db) -> Study:
    """The shared world; what a test changes is rolled back."""
    return shared_world


def sam_differs(world: Study) -> None:
    for headline in VERDICTS:
        world.decide("sam", world.case(headline), "other", "NOTE-OF-SAM")


def jude_takes_some_up_and_gives_one_back(world: Study) -> None:
    sam_differs(world)
    cases = list(Case.objects.filter(round=world.round, status="conflict").values_list("pk", flat=True))
    adjudication.claim_together(round=world.round, cases=cases, by=world.people["jude"])
    adjudication.give_back(round=world.round, cases=cases[:1], by=world.people["jude"])


def jude_decides_together_and_notes(world: Study) -> None:
    sam_differs(world)
    adjudication.decide_together(
        round=world.round,
        job_title=title_of(world.conflict),
        cases=[world.conflict.pk],
        by=world.people["jude"],
        category_code="other",
        reason="gap",
        rationale="RATIONALE-OF-JUDE",
        flag=NOTED,
        client_id=uuid.uuid4(),
    )


def title_of(case: Case) -> int:
    return HeadlinePart.objects.filter(headline=case.headline_id).earliest("position").job_title_id


HAPPENINGS: list[Callable[[Study], None]] = [
    sam_differs,
    jude_takes_some_up_and_gives_one_back,
    jude_decides_together_and_notes,
]
SENT = {
    "category": "cx",
    "reason": "slip",
    "rationale": "So.",
    "text": "Psst",
    "client_id": "6f1c2b1e-9a1e-4bb5-9f5d-3a0a6b0f2a11",
}


def answers(world: Study, username: str) -> list[Received]:
    """What that person gets from every address about conflicts, asked for and sent to, of every case read."""
    client = client_for(world.people[username])
    place = [world.poll.slug, world.round.number]
    found = [
        receive(client, "get", reverse(f"classify:{name}", args=place) + query)
        for name in ("conflicts", "overruled")
        for query in ("", "?sort=pair&pair=cx~other", "?done=1", "?after=1", "?change=cx~other")
    ]
    for headline in VERDICTS:
        case = world.case(headline)
        title = title_of(case)
        here = [*place, case.pk]
        for name in ("", "-look", "-take", "-give-back", "-confirm", "-comment"):
            url = reverse(f"classify:conflict{name}", args=here)
            found += [receive(client, "get", url), receive(client, "post", url, SENT)]
        for name in ("", "-take", "-give-back"):
            url = reverse(f"classify:conflict-alike{name}", args=[*here, title])
            sent = SENT | {"cases": [case.pk]}
            found += [receive(client, "get", url), receive(client, "post", url, sent)]
    return found


@pytest.mark.parametrize("username", ["rosa", "vera"])
@pytest.mark.parametrize("happening", HAPPENINGS, ids=lambda one: one.__name__)
def test_no_answer_depends_on_what_became_of_a_conflict(happening, username: str, world: Study):
    before = answers(world, username)
    happening(world)
    after = answers(world, username)
    for one, other in zip(before, after, strict=True):
        assert one == other
    assert {one.status for one in before} <= {403, 404, 405}


def test_a_note_for_the_codebook_is_told_to_nobody_who_reads(world: Study):
    jude_decides_together_and_notes(world)
    assert CodebookFlag.objects.get().text == NOTED
    for username in ("rosa", "sam", "vera", "nina"):
        client = client_for(world.people[username])
        for name, arguments in (("codebooks", []), ("codebook", ["role"])):
            page = receive(client, "get", reverse(f"classify:{name}", args=arguments))
            assert NOTED not in page.everything, f"{username} reads it on {name}"


def test_an_admin_who_reads_is_told_nothing_of_it_either(world: Study):
    rosa, ada = world.people["rosa"], world.people["ada"]
    Case.objects.filter(round=world.round, reviewer1=rosa).update(reviewer1=ada)
    Case.objects.filter(round=world.round, reviewer2=rosa).update(reviewer2=ada)
    world.round.reviewers.filter(user=rosa).update(user=ada)
    before = answers(world, "ada")
    jude_decides_together_and_notes(world)
    assert answers(world, "ada") == before
    page = receive(client_for(ada), "get", reverse("classify:codebook", args=["role"]))
    assert NOTED not in page.everything


def test_the_adjudicator_does_see_it(world: Study):
    """So the silence before could have been broken."""
    before = [one.status for one in answers(world, "jude")]
    jude_takes_some_up_and_gives_one_back(world)
    after = answers(world, "jude")
    assert [one.status for one in after] != before
    assert any("NOTE-OF-SAM" in one.everything for one in after)
