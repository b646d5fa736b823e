"""Voters of the same name and headline, for a person to say whether they are one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from polls import merging
from polls.importing.load import run_import
from polls.importing.readers import open_upload
from polls.models import Poll, Vote, Voter, VoterDistinction, VoterMerge
from polls.problems import Refused

ROSA, AGAIN = "https://www.linkedin.com/in/rosa", "https://www.linkedin.com/in/ACoAAB12"
HEADER = "voter_id,name,headline,profile_url,option,voted_at\n"

pytestmark = pytest.mark.django_db


@pytest.fixture
def load(settings: Any) -> Any:
    settings.ROLECALL_AFTER_IMPORT = ""

    def load_text(rows: str, poll: str = "p") -> Any:
        with open_upload(HEADER + rows, name="voters.csv") as source:
            return run_import(source=source, poll=poll, by=None, options=("Yes", "No"))

    return load_text


def groups(**wishes: Any) -> list[tuple[str, list[str]]]:
    found = merging.look_alikes(**wishes)
    assert found.total == len(found.groups)
    return [(group.headline, [each.name for each in group.voters]) for group in found.groups]


def test_one_name_and_headline_under_two_addresses_is_shown(load: Any) -> None:
    load(f"v1,Rosa Luz,CX Lead,{ROSA},Yes,\nv2,rosa  LUZ,cx lead,{AGAIN},No,\nv3,Rosa Luz,Coach,,No,\n")
    load(f"x,Ｒosa Luz,CX Lead,{ROSA}-3,Yes,\n", poll="q")
    assert groups() == [("CX Lead", ["Rosa Luz", "rosa  LUZ", "Ｒosa Luz"])]
    (group,) = merging.look_alikes().groups
    assert [(each.profile_url, each.polls) for each in group.voters] == [
        *((ROSA, ("p",)), (AGAIN, ("p",)), (ROSA + "-3", ("q",))),
    ]


def test_nobody_is_merged_or_dropped_by_themselves(load: Any) -> None:
    report = load(f"v1,Rosa Luz,CX Lead,{ROSA},Yes,\nv2,Rosa Luz,CX Lead,{AGAIN},No,\n")
    assert (report.created, report.rejected, VoterMerge.objects.count()) == (2, 0, 0)


def test_no_name_or_no_headline_is_like_nobody(load: Any) -> None:
    load(f"v1,,CX Lead,{ROSA},Yes,\nv2,,CX Lead,{AGAIN},No,\nv3,Tim,,,Yes,\nv4,Tim,,,Yes,\n")
    assert groups() == []


def test_only_the_polls_somebody_may_see_are_looked_at(load: Any) -> None:
    load(f"v1,Rosa,CX,{ROSA},Yes,\n", poll="a")
    load(f"x9,Rosa,CX,{AGAIN},No,\n", poll="b")
    load("y,Tim,CX,,No,\nz,Tim,CX,,No,\n", poll="c")
    a, b, c = (Poll.objects.get(slug=slug) for slug in "abc")
    assert groups(among=[a]) == []
    assert groups(among=[a, b]) == [("CX", ["Rosa", "Rosa"])]
    assert groups(poll=b, among=[a, b, c]) == [("CX", ["Rosa", "Rosa"])]
    assert groups(poll=c) == [("CX", ["Tim", "Tim"])]
    assert groups(poll=a, among=[]) == []


def test_who_was_merged_or_kept_apart_is_not_shown_again(load: Any, nina: Any) -> None:
    load("v1,Rosa,CX,,Yes,\nv2,Rosa,CX,,No,\nv3,Rosa,CX,,No,\n")
    one, two, three = Voter.objects.order_by("id")
    merging.keep_apart(first=two, second=one, by=nina)
    merging.keep_apart(first=one, second=two, by=nina)
    assert list(VoterDistinction.objects.values_list("first", "second")) == [(one.pk, two.pk)]
    (group,) = merging.look_alikes().groups
    assert (group.count, group.decided) == (3, 1)
    merging.keep_apart(first=one, second=three, by=nina)
    merge = merging.merge_voters(kept=two, merged=three, by=nina)
    assert groups() == []
    merging.undo_merge(merge=merge, by=nina)
    assert len(groups()) == 1
    with pytest.raises(Refused, match="cannot be kept apart from itself"):
        merging.keep_apart(first=one, second=one, by=nina)


def test_an_excluded_vote_makes_nobody_look_alike(load: Any) -> None:
    load("v1,Rosa,CX,,Yes,\nv2,Rosa,CX,,No,\n")
    Vote.objects.filter(voter=Voter.objects.latest("id")).update(
        voided_at=datetime.now(UTC), void_reason="undone"
    )
    assert groups() == []


def test_the_groups_come_in_pages_and_a_crowd_is_told_by_its_first(load: Any) -> None:
    load("".join(f"v{n},{'Anon' if n < 30 else f'Name {n // 2:03}'},CX,,Yes,\n" for n in range(40)))
    everyone = merging.look_alikes(limit=100)
    assert [group.count for group in everyone.groups] == [30, 2, 2, 2, 2, 2]
    assert len(everyone.groups[0].voters) == 20
    page = merging.look_alikes(limit=2, offset=2)
    assert (page.groups, page.total) == (everyone.groups[2:4], 6)


def test_looking_for_look_alikes_takes_the_same_statements_however_many_there_are(
    load: Any, django_assert_num_queries: Any
) -> None:
    load("".join(f"v{n},Name {n // 2},CX,,Yes,\n" for n in range(100)))
    with django_assert_num_queries(5):
        merging.look_alikes(limit=50)
