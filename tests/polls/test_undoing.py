"""An import is taken back as a whole: votes, fields, voters, in any order."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from polls import undoing, votes
from polls.importing.reading import Reading
from polls.models import BatchVotes, Headline, Poll, User, Vote, VoteChange, Voter
from polls.permissions import PollRefused
from polls.problems import Refused
from polls.undoing import ChangedMeanwhile, UndoneAlready, undo_batch, what_goes
from tests import factories
from tests.polls.importing import hooks
from tests.polls.undone import Bring, counted, told

pytestmark = pytest.mark.django_db

HEADER = "voter_id,name,headline,organisation,country,option,comment,voted_at,Region"
A = f"""{HEADER}
v1,Rosa,CX Lead,Acme,Spain,Extremely important,Yes,2026-03-04,North
v2,Sam,Agent,Bolt,Peru,Moderately important,,2026-03-05,South
v3,Tea,Trainer,,,Not very important,,,
"""
B = f"""{HEADER}
v1,Rosa M,Head of CX,Acme Ltd,Chile,Moderately important,No,2026-04-01,West
v2,Sam,Agent,Bolt,Peru,Moderately important,,2026-03-05,South
v4,Uwe,Clerk,,,Extremely important,,,East
"""


def test_the_votes_of_an_import_stop_counting_and_everything_stays_on_record(poll, ada, bring: Bring):
    batch = bring(A)
    goes = what_goes(batch)
    assert (goes.votes, goes.voters, goes.changed, goes.staying) == (3, 3, 0, 0)
    assert undo_batch(batch=batch, by=ada) == goes
    assert told(poll) == {}
    assert {vote.void_reason for vote in Vote.objects.all()} == {"undone"}
    assert {vote.voided_by for vote in Vote.objects.all()} == {ada}
    assert (Voter.objects.count(), Headline.objects.count(), poll.options.count()) == (3, 3, 3)
    batch.refresh_from_db()
    assert batch.undone_by == ada
    assert {change.before["excluded"] for change in VoteChange.objects.filter(batch=batch)} == {""}
    assert {change.changed_by for change in VoteChange.objects.filter(batch=batch)} == {ada}


def test_looking_changes_nothing(poll, bring: Bring):
    batch = bring(A)
    before = told(poll)
    assert what_goes(batch) == what_goes(batch)
    assert told(poll) == before
    assert not VoteChange.objects.exists()


def test_the_second_click_changes_nothing_and_says_so(poll, ada, bring: Bring):
    batch = bring(A)
    undo_batch(batch=batch, by=ada)
    bring(A)
    with pytest.raises(UndoneAlready, match=r"voters\.csv was undone already, on \d{1,2} \w{3} \d{4}\."):
        undo_batch(batch=batch, by=ada)
    assert counted(poll) == ["v1", "v2", "v3"]


def test_values_that_the_import_changed_go_back(poll, bring: Bring):
    bring(A)
    before = told(poll)
    batch = bring(B)
    assert told(poll) != before
    goes = what_goes(batch)
    assert (goes.votes, goes.staying, goes.changed, goes.kept) == (1, 2, 1, 0)
    assert dict(goes.fields) == dict.fromkeys(
        ("option", "headline", "comment", "voted_at", "extra", "name", "organisation", "country"), 1
    )
    undo_batch(batch=batch, by=None)
    assert told(poll) == before
    change = VoteChange.objects.filter(batch=batch, vote__voter__name="Rosa").latest("pk").before
    assert (change["headline"], change["name"], change["option"]) == (
        "Head of CX",
        "Rosa M",
        "Moderately important",
    )


def test_a_later_import_keeps_what_it_named_too(poll, bring: Bring):
    first, second = bring(A), bring(B)
    goes = undo_batch(batch=first, by=None)
    assert (goes.votes, goes.staying, goes.changed) == (1, 2, 0)
    assert counted(poll) == ["v1", "v2", "v4"]
    after = undo_batch(batch=second, by=None)
    assert (after.votes, after.staying) == (3, 0)
    assert told(poll) == {}


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0), (0, 2, 1), (2, 0, 1)])
def test_imports_can_be_undone_in_any_order(poll, bring: Bring, order):
    texts = [f"voter_id,headline,name,option\nv1,Title {n},Name {n},Not very important\n" for n in "abcd"]
    bring(texts[0])
    later = [bring(text) for text in texts[1:]]
    standing = [0, 1, 2, 3]
    for place in order:
        undo_batch(batch=later[place], by=None)
        standing.remove(place + 1)
        vote = Vote.objects.get()
        assert vote.headline_raw == f"Title {'abcd'[standing[-1]]}" == vote.headline.text
        assert vote.voter.name == f"Name {'abcd'[standing[-1]]}"


def test_what_a_person_corrected_later_stays(poll, ada, bring: Bring):
    bring(A)
    batch = bring(B)
    vote = Vote.objects.get(voter__name="Rosa M")
    votes.correct_voter(vote=vote, fields={"headline": "CX Coach", "name": "Rosa"}, by=ada)
    goes = what_goes(batch)
    assert goes.kept == 2
    undo_batch(batch=batch, by=ada)
    vote.refresh_from_db()
    assert (vote.headline_raw, vote.voter.name, vote.option.position) == ("CX Coach", "Rosa", 1)


def test_a_vote_that_a_person_excluded_stays_as_it_is(poll, ada, bring: Bring):
    batch = bring(A)
    vote = Vote.objects.get(voter__name="Rosa")
    votes.exclude_vote(vote=vote, reason="own", note="mine", by=ada)
    goes = undo_batch(batch=batch, by=None)
    assert (goes.votes, goes.excluded) == (2, 1)
    vote.refresh_from_db()
    assert (vote.void_reason, vote.void_note, vote.voided_by) == ("own", "mine", ada)
    with pytest.raises(Refused, match=r"was undone\. Import it again"):
        votes.take_back_exclusion(vote=vote, by=ada)
    bring(A)
    assert counted(poll) == ["v2", "v3"]
    votes.take_back_exclusion(vote=vote, by=ada)
    assert counted(poll) == ["v1", "v2", "v3"]


def test_importing_again_brings_the_same_votes_back(poll, bring: Bring):
    batch = bring(A)
    before, rows = told(poll), set(Vote.objects.values_list("pk", flat=True))
    undo_batch(batch=batch, by=None)
    again = bring(A)
    assert told(poll) == before
    assert set(Vote.objects.values_list("pk", flat=True)) == rows
    undo_batch(batch=again, by=None)
    assert told(poll) == {}


def test_a_vote_that_no_import_brought_is_left(poll, bring: Bring):
    vote = factories.make_vote(poll, "Agent", voter_id="v2", name="Sam")
    batch = bring(B)
    goes = undo_batch(batch=batch, by=None)
    assert (goes.votes, goes.staying) == (2, 1)
    vote.refresh_from_db()
    assert (vote.voided_at, vote.option.position) == (None, 1)


def test_what_changed_meanwhile_is_shown_again_before_anything_goes(poll, ada, bring: Bring):
    batch = bring(A)
    shown = what_goes(batch).fingerprint
    votes.exclude_vote(vote=Vote.objects.get(voter__name="Rosa"), reason="own", by=ada)
    with pytest.raises(ChangedMeanwhile, match="look again"):
        undo_batch(batch=batch, by=ada, shown=shown)
    assert counted(poll) == ["v2", "v3"]
    undo_batch(batch=batch, by=ada, shown=what_goes(batch).fingerprint)
    assert counted(poll) == []


def test_a_hook_that_fails_undoes_nothing(poll, bring: Bring, settings):
    batch = bring(A)
    before = told(poll)
    settings.ROLECALL_AFTER_IMPORT = "tests.polls.importing.hooks.fail"
    with pytest.raises(RuntimeError):
        undo_batch(batch=batch, by=None)
    batch.refresh_from_db()
    assert (told(poll), batch.undone_at) == (before, None)


def test_the_hook_is_told_once_with_the_batch(poll, bring: Bring, settings):
    batch = bring(A)
    settings.ROLECALL_AFTER_IMPORT = "tests.polls.importing.hooks.remember"
    hooks.CALLS.clear()
    undo_batch(batch=batch, by=None)
    assert [(poll.pk, batch.pk, 3)] == hooks.CALLS


def test_an_older_batch_is_taken_to_have_brought_the_votes_that_carry_it(poll, bring: Bring):
    """Imported before the list of named votes was kept."""
    first, second = bring(A), bring(B.replace("West", "North"))
    BatchVotes.objects.all().delete()
    goes = undo_batch(batch=second, by=None)
    assert (goes.votes, counted(poll)) == (1, ["v1", "v2", "v3"])
    undo_batch(batch=first, by=None)
    assert counted(poll) == []


def test_an_older_vote_whose_beginning_nobody_knows_is_left(poll, bring: Bring):
    """The later of two old imports told more columns of it, and so took it over."""
    bring(A)
    second = bring(B)
    BatchVotes.objects.all().delete()
    undo_batch(batch=second, by=None)
    assert counted(poll) == ["v1", "v2", "v3"]


def test_only_who_may_import_may_undo(poll, ada, rosa, bring: Bring):
    batch = bring(A)
    undoing.check_can_undo(ada, batch)
    assert not undoing.can_undo(rosa, batch)
    undo_batch(batch=batch, by=ada)
    batch.refresh_from_db()
    with pytest.raises(PollRefused, match="undone already"):
        undoing.check_can_undo(ada, batch)


def test_published_figures_stay(poll, bring: Bring):
    batch = bring(A, published_total=3)
    undo_batch(batch=batch, by=None)
    poll.refresh_from_db()
    assert poll.published_total == 3


def test_it_takes_no_more_statements_for_many_votes(poll, bring: Bring):
    counts = []
    for rows in (2, 60):
        texts = [
            "voter_id,headline,option\n"
            + "".join(f"w{rows}-{n},T{n}{x},Extremely important\n" for n in range(rows))
            for x in "xy"
        ]
        bring(texts[0])
        batch = bring(texts[1])
        with CaptureQueriesContext(connection) as queries:
            undo_batch(batch=batch, by=None)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_nobody_needs_to_be_named(poll, bring: Bring, nina: User):
    goes = undo_batch(batch=bring(A, by=nina), by=None)
    assert goes.as_json()["votes"] == 3
    assert not goes.nothing
    assert "fingerprint" not in goes.as_json()


def test_a_date_goes_back_as_it_had_been_read(poll, bring: Bring):
    """The text alone would not tell whether 03/04 was in March or April."""
    header = "voter_id,headline,voted_at,option\n"
    bring(f"{header}v1,Agent,03/04/2026,Not very important\n", reading=Reading(day_first=True))
    before = told(poll)
    assert before["v1"][-3].month == 4
    batch = bring(f"{header}v1,Agent,2026-05-01,Not very important\n")
    undo_batch(batch=batch, by=None)
    assert told(poll) == before


CHOICES = "voter_id,headline,option\nv1,Agent,{}\nv2,Clerk,Extremely important\n"


@pytest.fixture
def several(poll: Poll) -> Poll:
    """A poll in which several options may be chosen."""
    Poll.objects.filter(pk=poll.pk).update(single_choice=False)
    poll.refresh_from_db()
    return poll


def chosen(poll: Poll) -> list[str]:
    """The options that voter v1 chose, as they count."""
    live = Vote.objects.filter(poll=poll, voided_at__isnull=True, voter__keys__value="v1")
    return sorted(live.values_list("option__text", flat=True))


def test_an_answer_that_was_replaced_counts_again(several, bring: Bring):
    bring(CHOICES.format("Extremely important; Not very important"), multiple=True)
    batch = bring(CHOICES.format("Moderately important; Not very important"), multiple=True)
    assert chosen(several) == ["Moderately important", "Not very important"]
    goes = undo_batch(batch=batch, by=None)
    assert (goes.votes, goes.returning, goes.staying) == (1, 1, 2)
    assert chosen(several) == ["Extremely important", "Not very important"]


def test_an_answer_that_came_back_goes_again(several, bring: Bring):
    texts = [CHOICES.format(option) for option in ("Extremely important", "Moderately important")]
    first, second, third = bring(texts[0]), bring(texts[1]), bring(texts[0])
    assert chosen(several) == ["Extremely important"]
    undo_batch(batch=third, by=None)
    assert chosen(several) == ["Moderately important"]
    undo_batch(batch=first, by=None)
    assert chosen(several) == ["Moderately important"]
    undo_batch(batch=second, by=None)
    assert chosen(several) == []
    assert set(Vote.objects.values_list("void_reason", flat=True)) == {"undone"}


def test_a_later_import_that_told_the_same_keeps_it(poll, bring: Bring):
    """Nothing changed when it came, but what it says stands."""
    header = "voter_id,headline,name,option\n"
    bring(f"{header}v1,Agent,Ro,Not very important\n")
    changed = bring(f"{header}v1,Coach,Rosa,Extremely important\n")
    same = bring("voter_id,name,option\nv1,Rosa,Extremely important\n")
    goes = undo_batch(batch=changed, by=None)
    assert (dict(goes.fields), goes.kept) == ({"headline": 1}, 2)
    vote = Vote.objects.get()
    assert (vote.headline_raw, vote.voter.name, vote.option.position) == ("Agent", "Rosa", 1)
    undo_batch(batch=same, by=None)
    vote = Vote.objects.get()
    assert (vote.headline_raw, vote.voter.name, vote.option.position) == ("Agent", "Ro", 3)
