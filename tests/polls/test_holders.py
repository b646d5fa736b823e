"""How many voters show a job title or a headline."""

from __future__ import annotations

import pytest
from django.utils import timezone

from polls.holders import held_in, options_of
from polls.models import HeadlinePart, JobTitle, Vote
from polls.search import words_of
from polls.titles import key_hash, split_headline
from tests import factories


def show(poll, headline, option=1, **fields):
    """A vote with its headline split into job titles."""
    vote = factories.make_vote(poll, headline, option, **fields)
    if vote.headline is not None and not vote.headline.parts.exists():
        for position, part in enumerate(split_headline(headline), start=1):
            title, _made = JobTitle.objects.get_or_create(
                key_hash=key_hash(part.key), defaults={"text": part.raw}
            )
            HeadlinePart.objects.create(
                headline=vote.headline, position=position, job_title=title, raw=part.raw, mark=part.mark
            )
    return vote


@pytest.fixture
def shown(poll):
    """Seven votes; one does not count, one shows nothing, one says the same twice."""
    out = show(poll, "Coach", 1)
    Vote.objects.filter(pk=out.pk).update(voided_at=timezone.now(), void_reason="undone")
    return [
        show(poll, "CX Lead | Speaker", 1),
        show(poll, "cx lead | speaker", 2),
        show(poll, "CX Lead", 1),
        show(poll, "Speaker | Speaker | Coach", 3),
        show(poll, "Former CX Lead | Aspiring Coach", 2),
        show(poll, "", 1),
    ]


def listed(page):
    return [(row.text, row.mark, row.voters) for row in page.rows]


def test_titles_are_counted_by_voters_former_and_hoped_for_apart(poll, shown):
    page = held_in(poll)
    assert page.total == 5
    assert listed(page)[:2] == [("CX Lead", "", 3), ("Speaker", "", 3)]
    assert set(listed(page)[2:]) == {
        ("Coach", "", 1),
        ("Former CX Lead", "former", 1),
        ("Aspiring Coach", "aspiring", 1),
    }


def test_headlines_are_counted_as_a_whole(poll, shown):
    page = held_in(poll, headlines=True)
    assert listed(page)[0] == ("CX Lead | Speaker", "", 2)
    assert page.total == 4


def test_a_voter_of_several_options_counts_once(db):
    poll = factories.make_poll("many", single_choice=False)
    vote = show(poll, "CX Lead", 1)
    Vote.objects.create(
        poll=poll,
        voter=vote.voter,
        option=poll.options.get(position=2),
        headline=vote.headline,
        headline_raw="CX Lead",
        single_choice=False,
    )
    assert listed(held_in(poll)) == [("CX Lead", "", 1)]
    assert listed(held_in(poll, headlines=True)) == [("CX Lead", "", 1)]
    [row] = held_in(poll).rows
    assert sum(options_of(poll, [row])[row.pk, ""].values()) == 2


def test_another_poll_is_not_counted(poll, shown):
    other = factories.make_poll("other")
    show(other, "CX Lead", 1)
    assert listed(held_in(other)) == [("CX Lead", "", 1)]
    assert held_in(factories.make_poll("empty")).total == 0


@pytest.mark.parametrize("headlines", [False, True])
def test_words_narrow_it(headlines, poll, shown):
    for text, texts in (("coach", "oach"), ("LEAD cx", "Lead"), ("nobody", "")):
        page = held_in(poll, headlines=headlines, words=words_of(text))
        assert bool(page.rows) == bool(texts)
        assert all(texts in row.text for row in page.rows)


@pytest.mark.parametrize("headlines", [False, True])
def test_every_order_sorts_and_pages_reach_every_row_once(headlines, poll, shown):
    for order, key in (
        ("text", lambda row: row.text.lower()),
        ("-voters", lambda row: -row.voters),
        ("voters", lambda row: row.voters),
    ):
        every = held_in(poll, headlines=headlines, order=order).rows
        assert list(every) == sorted(every, key=key)
        pages = [held_in(poll, headlines=headlines, order=order, skip=n, take=1) for n in range(len(every))]
        assert [page.rows[0] for page in pages] == list(every)
    backwards = held_in(poll, headlines=headlines, order="-text").rows
    assert [row.text for row in backwards] == [
        row.text for row in reversed(held_in(poll, headlines=headlines, order="text").rows)
    ]
    assert held_in(poll, headlines=headlines, order="nonsense", skip=-5).rows


def test_a_list_ends_somewhere(poll, shown):
    assert held_in(poll, skip=10**9).rows == ()
    assert held_in(poll, skip=9_999, take=10**9).rows == ()


def test_options_are_told_per_title(poll, shown):
    page = held_in(poll)
    counts = options_of(poll, page.rows)
    option = {each.position: each.pk for each in poll.options.all()}
    lead, speaker = page.rows[:2]
    assert counts[lead.pk, ""] == {option[1]: 2, option[2]: 1}
    assert counts[speaker.pk, ""] == {option[1]: 1, option[2]: 1, option[3]: 1}
    for row in page.rows:
        assert sum(counts[row.pk, row.mark].values()) == row.voters
