"""What an undone import had said of people goes back: names, addresses, ids, and who was found to be one."""

from __future__ import annotations

import pytest

from polls import merging
from polls.models import Batch, Vote, Voter, VoterKey
from polls.problems import Refused
from polls.undoing import undo_batch
from tests import factories
from tests.polls.importing import hooks
from tests.polls.undone import Bring, counted, told

pytestmark = pytest.mark.django_db


def test_a_voter_met_in_another_poll_gets_the_earlier_name_back(poll, bring: Bring):
    other = factories.make_poll("other")
    line = "name,profile_url,option\n{},https://www.linkedin.com/in/rosa,Extremely important\n"
    bring(line.format("Rosa"))
    batch = bring(line.format("Rosa Maria"), into=other)
    assert Voter.objects.get().name == "Rosa Maria"
    undo_batch(batch=batch, by=None)
    assert Voter.objects.get().name == "Rosa"
    assert (counted(other), len(counted(poll))) == ([], 1)


def test_an_address_and_an_id_go_back_with_their_keys(poll, bring: Bring):
    bring("name,headline,option\nRosa,CX Lead,Extremely important\n")
    derived = VoterKey.objects.get().value
    bring("name,headline,profile_url,option\nSam,Agent,https://x.org/sam,Extremely important\n")
    sams = VoterKey.objects.get(scheme="id", voter__name="Sam").value
    batch = bring(
        "voter_id,name,headline,profile_url,option\n"
        f"{derived},Rosa,CX Lead,https://x.org/rosa,Extremely important\n"
        "s1,Sam,Agent,https://x.org/sam,Extremely important\n"
    )
    goes = undo_batch(batch=batch, by=None)
    assert dict(goes.fields) == {"profile_url": 1, "voter_id": 1}
    assert set(VoterKey.objects.filter(scheme="id").values_list("value", "derived")) == {
        (derived, True),
        (sams, True),
    }
    assert list(VoterKey.objects.filter(scheme="url").values_list("value", flat=True)) == ["x.org/sam"]
    assert Voter.objects.get(name="Rosa").profile_url == ""


def test_votes_in_other_polls_are_left_alone(poll, ada, bring: Bring):
    other = factories.make_poll("other")
    line = "name,profile_url,headline,option\nRosa,https://x.org/rosa,{},Extremely important\n"
    undo_batch(batch=bring(line.format("Agent"), into=other), by=None)
    bring(line.format("Clerk"), into=other)
    undo_batch(batch=bring(line.format("Coach")), by=None)
    assert [row[-2] for row in told(other).values()] == ["Clerk"]


@pytest.fixture
def joined(poll, bring: Bring) -> Batch:
    """An import that found a voter of the poll to be somebody known from another one."""
    bring("voter_id,name,country,option\nr1,Rosa,Chile,Extremely important\n")
    bring(
        "profile_url,name,option\nhttps://x.org/rosa,,Extremely important\n", into=factories.make_poll("far")
    )
    batch = bring("voter_id,name,profile_url,option\nr1,Rosa M,https://x.org/rosa,Extremely important\n")
    assert Voter.objects.filter(merged_into__isnull=True).count() == 1
    return batch


def test_voters_that_the_import_had_joined_are_two_again(poll, joined: Batch, settings):
    settings.ROLECALL_AFTER_IMPORT = "tests.polls.importing.hooks.remember"
    hooks.CALLS.clear()
    goes = undo_batch(batch=joined, by=None)
    assert goes.merges == 1
    assert {(poll_id, batch_id) for poll_id, batch_id, _ in hooks.CALLS} == {(poll.pk, joined.pk)}
    here, there = (Voter.objects.get(votes__poll__slug=slug) for slug in (poll.slug, "far"))
    assert (here.name, here.country, here.profile_url) == ("Rosa", "Chile", "")
    assert (there.name, there.country, there.profile_url) == ("", "", "https://x.org/rosa")
    assert [key.value for key in there.keys.filter(scheme="url")] == ["x.org/rosa"]
    assert [key.value for key in here.keys.all()] == ["r1"]


def test_an_undo_that_a_later_merge_forbids_says_what_to_do_first(poll, joined: Batch, ada):
    other = Voter.objects.create(name="Rosa")
    kept = Voter.objects.get(votes__poll=poll)
    merge = merging.merge_voters(kept=other, merged=kept, by=ada)
    with pytest.raises(Refused, match="take those merges apart first"):
        undo_batch(batch=joined, by=ada)
    assert len(told(poll)) == 1
    merging.undo_merge(merge=merge, by=ada)
    undo_batch(batch=joined, by=ada)


def test_votes_excluded_as_double_by_a_later_merge_stay_out(poll, bring: Bring, ada):
    first, second = (
        bring(f"voter_id,name,option\n{voter},Rosa,Extremely important\n") for voter in ("r1", "r2")
    )
    one, two = Voter.objects.order_by("pk")
    merge = merging.merge_voters(kept=one, merged=two, by=ada)
    undo_batch(batch=first, by=ada)
    assert Vote.objects.get(batch=first).void_reason == "double"
    assert [vote.batch for vote in Vote.objects.filter(voided_at__isnull=True)] == [second]
    merging.undo_merge(merge=merge, by=ada)
    assert counted(poll) == ["r2"]
    assert Vote.objects.get(batch=first).void_reason == "undone"


def test_a_file_with_the_addresses_right_can_follow_one_that_had_them_wrong(poll, bring: Bring):
    lines = "voter_id,name,profile_url,option\n" + "".join(
        f"v{n},Voter {n},https://x.org/{{{n}}},Extremely important\n" for n in range(3)
    )
    wrong, right = lines.format("b", "c", "a"), lines.format("a", "b", "c")
    undo_batch(batch=bring(wrong), by=None)
    undo_batch(batch=bring(wrong), by=None)
    bring(right)
    assert counted(poll) == ["v0", "v1", "v2"]
    urls = VoterKey.objects.filter(scheme="url").order_by("value")
    assert list(urls.values_list("voter__name", "voter__profile_url")) == [
        (f"Voter {n}", f"https://x.org/{'abc'[n]}") for n in range(3)
    ]
    assert Vote.objects.count() == 3


def test_who_is_known_by_the_address_alone_keeps_it(poll, bring: Bring):
    text = "name,profile_url,option\nRosa,https://x.org/rosa,Extremely important\n"
    undo_batch(batch=bring(text), by=None)
    bring(text)
    assert (Vote.objects.count(), Voter.objects.count(), len(told(poll))) == (1, 1, 1)


def test_who_counts_in_another_poll_keeps_the_address(poll, bring: Bring):
    text = "voter_id,profile_url,option\nv1,https://x.org/rosa,Extremely important\n"
    bring(text, into=factories.make_poll("other"))
    undo_batch(batch=bring(text), by=None)
    assert VoterKey.objects.get(scheme="url").value == "x.org/rosa"
