"""Imports, undos, corrections and decisions in any order: what counts is what the standing imports say.

The oracle is the plainest there is: of the imports that are not undone and the corrections, in their order,
the last word about a voter holds; a voter counts while a standing import names them and nobody took them out.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest

from classify import rounds
from classify.models import Case, Decision, Round
from classify.verify import verify
from polls import votes
from polls.importing.load import run_import
from polls.importing.readers import open_upload
from polls.models import Batch, Poll, User, Vote
from polls.undoing import undo_batch, what_goes
from tests.classify import acts

pytestmark = pytest.mark.django_db

VOTERS = ["v1", "v2", "v3", "v4", "v5"]


@dataclass
class Word:
    """What an import or a correction said of whom: headline and position of the option."""

    said: dict[str, tuple[str, int]]
    batch: Batch | None = None
    undone: bool = False

    def text(self, poll: Poll) -> str:
        texts = list(poll.options.values_list("text", flat=True))
        lines = [f"{voter},{title},{texts[place - 1]}" for voter, (title, place) in self.said.items()]
        return "\n".join(["voter_id,headline,option", *lines, ""])


@dataclass
class Walk:
    """The poll and its round, and what was said so far."""

    poll: Poll
    round: Round
    by: User
    dice: random.Random
    words: list[Word] = field(default_factory=list)
    excluded: set[str] = field(default_factory=set)
    decisions: int = 0

    def bring(self) -> None:
        """A new file, or one that was undone once more."""
        again = [word for word in self.words if word.batch and word.undone]
        if again and self.dice.random() < 0.5:
            said = self.dice.choice(again).said
        else:
            named = self.dice.sample(VOTERS, self.dice.randint(1, 4))
            n = len(self.words)
            # Titles are few, so that cases are shared and files often tell what is there already.
            said = {
                voter: (
                    self.dice.choice(["CX Lead", "Agent", "Coach", f"Title {n}"]),
                    self.dice.randint(1, 3),
                )
                for voter in named
            }
        word = Word(said)
        with open_upload(word.text(self.poll), name=f"{len(self.words)}.csv") as source:
            report = run_import(source=source, poll=self.poll.slug, by=self.by)
        assert report.written
        word.batch = Batch.objects.get(pk=report.batch_id)
        self.words.append(word)

    def undo(self) -> None:
        open_words = [word for word in self.words if word.batch and not word.undone]
        if not open_words:
            return
        word = self.dice.choice(open_words)
        live = self.live()
        goes = what_goes(word.batch)
        undo_batch(batch=word.batch, by=self.by, shown=goes.fingerprint)
        word.undone = True
        assert live - self.live() == goes.votes
        assert word.batch.counts == Batch.objects.get(pk=word.batch.pk).counts

    def correct(self) -> None:
        live = list(Vote.objects.filter(poll=self.poll, voided_at__isnull=True).order_by("pk"))
        if live:
            vote, title = self.dice.choice(live), f"By hand {len(self.words)}"
            votes.correct_voter(vote=vote, fields={"headline": title}, by=self.by)
            self.words.append(Word({vote.voter.keys.get().value: (title, vote.option.position)}))

    def exclude(self) -> None:
        voter = self.dice.choice(VOTERS)
        vote = Vote.objects.filter(poll=self.poll, voter__keys__value=voter).first()
        if vote is None or vote.void_reason == "undone":
            return
        if voter in self.excluded:
            if not self.is_named(voter):
                return  # a person who lets a vote of no import count again has the last word
            votes.take_back_exclusion(vote=vote, by=self.by)
            self.excluded.remove(voter)
        else:
            votes.exclude_vote(vote=vote, reason="test", by=self.by)
            self.excluded.add(voter)

    def read(self) -> None:
        cases = list(Case.objects.filter(round=self.round, n_votes__gt=0).order_by("pk"))
        if cases and self.round.coding_closed_at is None:
            case = self.dice.choice(cases)
            reader = self.dice.choice([case.reviewer1, case.reviewer2])
            acts.say(self.round, case, reader, self.dice.choice(["cx", "other", "unsure"]))
            self.decisions += 1

    def close(self) -> None:
        if self.round.coding_closed_at is None and self.dice.random() < 0.15:
            rounds.close_coding(round=self.round, by=self.by)
            self.round.refresh_from_db()

    def live(self) -> int:
        return Vote.objects.filter(poll=self.poll, voided_at__isnull=True).count()

    def is_named(self, voter: str) -> bool:
        return any(voter in word.said for word in self.words if word.batch and not word.undone)

    def wanted(self) -> dict[str, tuple[str, int]]:
        told: dict[str, tuple[str, int]] = {}
        for word in self.words:
            if not word.undone:
                for voter, (title, place) in word.said.items():
                    # A correction speaks of the title alone.
                    told[voter] = (title, place if word.batch else told.get(voter, ("", place))[1])
        return {
            voter: said for voter, said in told.items() if self.is_named(voter) and voter not in self.excluded
        }

    def check(self) -> None:
        counting = Vote.objects.filter(poll=self.poll, voided_at__isnull=True).select_related("option")
        found = {vote.voter.keys.get().value: (vote.headline_raw, vote.option.position) for vote in counting}
        assert found == self.wanted()
        assert all(vote.headline.text == vote.headline_raw for vote in counting.select_related("headline"))
        assert verify(self.poll).drift == ()
        assert Decision.objects.count() == self.decisions, "nothing is ever lost"
        if self.round.coding_closed_at is None:
            assert sum(Case.objects.values_list("n_votes", flat=True)) == len(found)


@pytest.mark.parametrize("seed", range(5))
def test_any_order_of_imports_and_undos_leaves_the_last_standing_word(seed, poll, ada, rosa, sam):
    walk = Walk(poll, None, ada, random.Random(seed))
    walk.bring()
    walk.round = acts.open_round(poll, reviewers=[rosa, sam], by=ada)
    deeds = [walk.bring, walk.bring, walk.undo, walk.undo, walk.correct, walk.exclude, walk.read, walk.close]
    for _ in range(14):
        walk.dice.choice(deeds)()
        walk.check()
    while any(word.batch and not word.undone for word in walk.words):
        walk.undo()
    walk.check()
    assert walk.live() == 0
