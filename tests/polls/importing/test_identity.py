"""Who is who: within a poll, across polls, and when nothing but a name is known."""

from __future__ import annotations

import hashlib
import threading
from typing import Any

import pytest
from django.db import connections, transaction

from polls.changes import lock_poll
from polls.importing.load import run_import
from polls.importing.readers import open_upload
from polls.merging import merge_voters
from polls.models import (
    Headline,
    HeadlinePart,
    JobTitle,
    Option,
    Poll,
    Vote,
    VoteChange,
    Voter,
    VoterKey,
    VoterMerge,
)

ROSA = "https://www.linkedin.com/in/rosa"


def ids(slug: str = "p") -> list[str]:
    """The voter ids of a poll, in the order of the votes."""
    votes = Vote.objects.filter(poll__slug=slug).order_by("id")
    return [VoterKey.objects.get(scheme="id", scope=vote.poll, voter=vote.voter).value for vote in votes]


@pytest.mark.django_db
def test_one_id_in_two_polls_is_two_people(load: Any) -> None:
    load("voter_id,name,option\nv1,Rosa,Yes\n", poll="a")
    load("voter_id,name,option\nv1,Uma,Yes\n", poll="b")
    assert sorted(Voter.objects.values_list("name", flat=True)) == ["Rosa", "Uma"]


@pytest.mark.django_db
def test_one_address_in_two_polls_is_one_person(load: Any) -> None:
    load(f"voter_id,name,headline,profile_url,option\nv1,Rosa,CX,{ROSA},Yes\n", poll="a")
    load(
        "voter_id,name,headline,profile_url,option\nx9,Rosa L.,Head of CX,linkedin.com/in/Rosa/?trk=1,No\n",
        poll="b",
    )
    voter = Voter.objects.get()
    assert voter.name == "Rosa L."
    assert sorted(voter.votes.values_list("poll__slug", "headline_raw")) == [("a", "CX"), ("b", "Head of CX")]
    assert (ids("a"), ids("b")) == (["v1"], ["x9"])


@pytest.mark.django_db
def test_what_another_poll_tells_of_a_voter_is_noted_with_what_was_before(load: Any) -> None:
    load(f"voter_id,name,profile_url,option\nv1,Rosa,{ROSA},Yes\n", poll="a")
    report = load(f"voter_id,name,profile_url,option\nx9,Rosa L.,{ROSA},No\n", poll="b")
    assert (report.created, report.updated) == (1, 0)
    assert VoteChange.objects.get().before == {"name": "Rosa"}
    assert load(f"voter_id,name,profile_url,option\nx9,Rosa L.,{ROSA},No\n", poll="b").unchanged == 1


@pytest.mark.django_db
def test_an_address_that_comes_later_joins_the_person_known_from_another_poll(load: Any) -> None:
    load(f"voter_id,name,country,profile_url,option\nv1,Rosa,DE,{ROSA},Yes\n", poll="a")
    load("voter_id,name,organisation,option\nx9,Rosa,Acme,No\n", poll="b")
    report = load(f"voter_id,name,profile_url,option\nx9,Rosa,{ROSA},No\n", poll="b")
    assert (report.created, report.updated, report.rejected) == (0, 1, 0)
    voter = Voter.objects.get(merged_into=None)
    assert (voter.name, voter.country, voter.organisation, voter.votes.count()) == ("Rosa", "DE", "Acme", 2)
    assert ids("b") == ["x9"]
    assert load(f"voter_id,name,profile_url,option\nx9,Rosa,{ROSA},No\n", poll="b").unchanged == 1


@pytest.mark.django_db
def test_a_voter_found_to_be_another_stays_on_record_with_what_went_over(load: Any, nina: Any) -> None:
    load(f"voter_id,name,country,profile_url,option\nv1,Rosa,DE,{ROSA},Yes\n", poll="a")
    load("voter_id,name,organisation,option\nx9,Rosa,Acme,No\n", poll="b")
    was = Voter.objects.get(organisation="Acme")
    vote, key = was.votes.get(), was.keys.get()
    load(f"voter_id,name,profile_url,option\nx9,Rosa,{ROSA},No\n", poll="b", by=nina)
    merge = VoterMerge.objects.get()
    assert (merge.merged, merge.kept, merge.merged_by) == (was, Voter.objects.get(merged_into=None), nina)
    assert merge.batch == Poll.objects.get(slug="b").batches.latest("id")
    assert merge.moved == {
        "votes": [vote.pk],
        "keys": [key.pk],
        "followers": [],
        "filled": {"organisation": "Acme"},
        "last_vote": vote.pk,
        "last_change": None,
    }
    was.refresh_from_db()
    assert (was.merged_into, was.name, was.votes.count(), was.keys.count()) == (merge.kept, "Rosa", 0, 0)


@pytest.mark.django_db
def test_a_merged_voter_who_voted_elsewhere_too_is_not_merged_again_by_a_file(load: Any) -> None:
    """Known in this poll and in a third: whether the two are one is for a person to say."""
    load("voter_id,name,option\nu1,Uma,Yes\n", poll="c")
    load("voter_id,name,option\nx9,Rosa,Yes\n", poll="b")
    merge_voters(kept=Voter.objects.get(name="Rosa"), merged=Voter.objects.get(name="Uma"), by=None)
    load(f"voter_id,profile_url,option\nv1,{ROSA},Yes\n", poll="a")
    report = load(f"voter_id,profile_url,option\nx9,{ROSA},Yes\n", poll="b")
    assert [error.reason for error in report.errors] == [
        "the profile address belongs to another voter than the voter_id “x9”"
    ]


@pytest.mark.django_db
def test_an_id_and_an_address_of_two_people_are_rejected(load: Any) -> None:
    load(f"voter_id,profile_url,option\nv1,{ROSA},Yes\nv2,,No\nv3,linkedin.com/in/uma,No\n")
    report = load(f"voter_id,profile_url,option\nv2,{ROSA},No\nv3,{ROSA}-2,No\nv4,linkedin.com/in/uma,Yes\n")
    assert [(e.row, e.column, e.reason) for e in report.errors] == [
        (2, "profile_url", "the profile address belongs to another voter than the voter_id “v2”"),
        (4, "voter_id", "the profile address belongs to the voter_id “v3” of this poll"),
    ]
    assert report.updated == 1
    assert Vote.objects.count() == 3


@pytest.mark.django_db
def test_the_page_of_a_company_is_nobody_and_a_sales_link_is_the_member(load: Any) -> None:
    company, member = "https://www.linkedin.com/company/acme", "https://www.linkedin.com/in/ACwAAB1xYz"
    lead = "https://www.linkedin.com/sales/lead/ACwAAB1xYz,NAME_SEARCH,k0"
    load(f"name,profile_url,option\nRosa,{member},Yes\n", options=["Yes"])
    report = load(f'name,profile_url,option\nAcme,{company},Yes\nRosa,"{lead}",Yes\n')
    assert [(e.row, e.column, e.value, e.reason) for e in report.errors] == [
        (2, "profile_url", company, "is the page of a company, not the profile of a person")
    ]
    assert (report.created, report.accepted, Voter.objects.count()) == (0, 1, 1)


@pytest.mark.django_db
def test_one_address_twice_in_a_file_is_one_voter(load: Any) -> None:
    report = load(f"voter_id,profile_url,option\nv1,{ROSA},Yes\nv2,{ROSA}/,No\n")
    assert [(e.row, e.column, e.reason) for e in report.errors] == [
        (2, "profile_url", "the same voter again: row 3 is kept")
    ]
    assert ids() == ["v2"]


@pytest.mark.django_db
def test_a_known_voter_named_once_by_id_and_once_by_address_is_one(load: Any) -> None:
    load(f"voter_id,profile_url,option\nv1,{ROSA},Yes\n", options=["Yes", "No"])
    report = load(f"voter_id,profile_url,option\nv1,,Yes\n,{ROSA},No\n")
    assert [(e.row, e.reason) for e in report.errors] == [(2, "the same voter again: row 3 is kept")]
    assert Vote.objects.get().option.text == "No"


@pytest.mark.django_db
def test_a_voter_with_an_address_only_gets_an_id_that_gives_way_to_a_real_one(load: Any) -> None:
    load(f"profile_url,option\n{ROSA},Yes\n")
    (derived,) = ids()
    assert derived.startswith("u-")
    assert load(f"profile_url,option\n{ROSA},Yes\n").unchanged == 1
    report = load(f"voter_id,profile_url,option\nv1,{ROSA},Yes\n")
    assert (report.updated, ids()) == (1, ["v1"])
    assert VoteChange.objects.get().before == {"voter_id": derived}
    assert load(f"voter_id,profile_url,option\nv1,{ROSA},Yes\n").unchanged == 1
    assert load(f"profile_url,option\n{ROSA},Yes\n").unchanged == 1
    assert ids() == ["v1"]


ANONYMOUS = "name,headline,option\nAnon,Agent,Yes\nAnon,Agent,No\nAnon,Coach,No\n ANON , agent,Yes\n"


@pytest.mark.django_db
def test_voters_with_a_name_only_are_told_apart_by_occurrence(load: Any) -> None:
    load(ANONYMOUS)
    assert Vote.objects.count() == len(set(ids())) == 4
    assert load(ANONYMOUS).unchanged == 4
    report = load(ANONYMOUS.replace("Agent,No", "Agent,Yes"))
    assert (report.updated, report.unchanged) == (1, 3)


@pytest.mark.django_db
def test_a_derived_id_is_the_same_in_any_installation(load: Any) -> None:
    load(ANONYMOUS, poll="a")
    load(ANONYMOUS, poll="b")
    assert ids("a") == ids("b")
    name_and_headline = hashlib.sha256(b"anon\x1fagent").digest()
    assert ids("a")[0] == "n-" + hashlib.sha256(name_and_headline + b"#1").hexdigest()[:20]


@pytest.mark.django_db
def test_a_derived_id_stays_when_a_row_above_was_rejected_and_mended(load: Any) -> None:
    load("voter_id,option\nx,Yes\ny,No\n", options=["Yes", "No"])
    load(ANONYMOUS.replace("Anon,Agent,Yes", "Anon,Agent,Typo"))
    before = ids()
    load(ANONYMOUS)
    assert set(before) < set(ids())
    assert Vote.objects.count() == 6


@pytest.mark.django_db
def test_ids_that_were_derived_come_back_as_given(load: Any) -> None:
    load(ANONYMOUS)
    rows = "".join(f"{voter_id},Yes\n" for voter_id in ids())
    report = load("voter_id,option\n" + rows)
    assert (report.created, report.updated + report.unchanged) == (0, 4)


@pytest.mark.django_db
def test_a_second_address_of_a_voter_is_kept_as_another_key(load: Any) -> None:
    load(f"voter_id,profile_url,option\nv1,{ROSA},Yes\n")
    report = load("voter_id,profile_url,option\nv1,https://www.linkedin.com/in/ACoAAB12,Yes\n")
    assert report.updated == 1
    assert VoterKey.objects.filter(scheme="url").count() == 2
    assert VoteChange.objects.get().before == {"profile_url": ROSA}


def together(*jobs: Any) -> list[Any]:
    """Run the jobs at the same moment, each on its own connection; what they returned or raised."""
    barrier, results = threading.Barrier(len(jobs)), [None] * len(jobs)

    def work(place: int, job: Any) -> None:
        try:
            barrier.wait(timeout=60)
            results[place] = job()
        except Exception as error:
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads), "somebody still waits"
    return results


def importing(text: str, slug: str) -> Any:
    def job() -> Any:
        with open_upload(text, name="voters.csv") as source:
            return run_import(source=source, poll=slug, by=None)

    return job


@pytest.mark.django_db(transaction=True)
def test_two_imports_into_one_new_poll_make_it_once_with_every_voter(settings: Any) -> None:
    settings.ROLECALL_AFTER_IMPORT = ""
    files = [
        "voter_id,headline,profile_url,option\n"
        + "".join(f"v{n},CX | Team {n},linkedin.com/in/p{n},{'Yes' if n % 2 else 'No'}\n" for n in numbers)
        for numbers in (range(60), reversed(range(30, 90)))
    ]
    reports = together(*(importing(text, "p") for text in files))
    assert all(report.written for report in reports), reports
    assert sum(report.created for report in reports) == 90
    assert sum(report.unchanged for report in reports) == 30
    assert (Poll.objects.count(), Vote.objects.count(), Voter.objects.count()) == (1, 90, 90)
    assert (Headline.objects.count(), Option.objects.count(), JobTitle.objects.count()) == (90, 2, 91)
    assert HeadlinePart.objects.count() == 180


@pytest.mark.django_db(transaction=True)
def test_two_imports_into_two_polls_that_share_voters_make_each_person_once(settings: Any) -> None:
    settings.ROLECALL_AFTER_IMPORT = ""
    rows = [f"Name {n},CX {n % 7} | Lead,linkedin.com/in/p{n},Yes\n" for n in range(80)]
    header = "name,headline,profile_url,option\n"
    for round_number in range(3):
        texts = (header + "".join(rows), header + "".join(reversed(rows)))
        slugs = (f"a{round_number}", f"b{round_number}")
        reports = together(*(importing(text, slug) for text, slug in zip(texts, slugs, strict=True)))
        assert [report.created for report in reports] == [80, 80], reports
    assert Voter.objects.count() == VoterKey.objects.filter(scheme="url").count() == 80
    assert Vote.objects.count() == 480
    assert Headline.objects.count() == 7


@pytest.mark.django_db(transaction=True)
def test_an_import_waits_for_another_into_its_poll_but_not_for_one_elsewhere(settings: Any) -> None:
    settings.ROLECALL_AFTER_IMPORT = ""
    done = threading.Event()

    def elsewhere() -> str:
        return importing("voter_id,option\nv1,Yes\n", "q")().poll

    def here() -> Any:
        report = importing("voter_id,option\nv1,Yes\n", "p")()
        done.set()
        return report

    with transaction.atomic():
        lock_poll("p")
        thread = threading.Thread(target=lambda: (here(), connections.close_all()))
        thread.start()
        assert together(elsewhere) == ["q"]
        assert not done.is_set()
    thread.join(timeout=60)
    assert done.is_set()
