"""Which votes stand behind which case: when a round is made, and whenever votes change afterwards.

Every step is one statement over the set of votes it concerns, and running all of them again changes nothing.
A vote that moves leaves its row of `CaseVote` behind, so that what was read for whom can be told later.
"""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from classify.assignment.reading import unread
from classify.models import Case, Round, RoundReviewer
from polls.models import Batch, Option, Poll

# Live votes of the poll that stand behind no case of the round.
_HOMELESS = """
SELECT v.id, v.voter_id, v.headline_id, v.headline_raw, v.option_id FROM polls_vote v
 WHERE v.poll_id = %(poll)s AND v.voided_at IS NULL
   AND NOT EXISTS (SELECT FROM classify_casevote cv
                    WHERE cv.round_id = %(round)s AND cv.vote_id = v.id AND cv.left_at IS NULL)
"""

# Each slot reads in the order of a seeded hash of the case: reproducible, and independent between the two.
_INSERT_CASES = """
INSERT INTO classify_case
  (id, round_id, poll_id, headline_id, origin, text, n_votes, option_counts, reviewer1_id, reviewer2_id,
   order1, order2, status, resolution, review_again)
SELECT n.id, %(round)s, %(poll)s, n.headline_id, n.origin, n.text, n.n_votes, n.counts,
       %(reviewer1)s, %(reviewer2)s,
       hashint8extended(n.id, %(seed)s), hashint8extended(n.id, hashint8extended(2, %(seed)s)),
       'waiting', '', false
"""

# The votes of a group, and how many of them went to each option, by position. A case is inserted with its
# counts, since updating it at once would make its keys be checked twice.
_COUNTED = "count(*) AS n_votes, ARRAY[PER_POSITION]::int[] AS counts"
_JOIN = "INSERT INTO classify_casevote (round_id, vote_id, case_id, joined_at, reason)"
_NEW_ID = "nextval(pg_get_serial_sequence('classify_case', 'id'))"

# The id of a case stands in addresses that reviewers see, and files are often sorted by option: so ids are
# given in a hashed order, never in the file's.
OPEN_HEADLINES = f"""
WITH n AS (
  SELECT {_NEW_ID} AS id, shown.headline_id, 'headline' AS origin, shown.text, shown.n_votes, shown.counts
    FROM (SELECT h.id AS headline_id, h.text, wanted.n_votes, wanted.counts
            FROM (SELECT v.headline_id AS id, {_COUNTED}
                    FROM ({_HOMELESS}) v JOIN polls_option o ON o.id = v.option_id
                   WHERE v.headline_id IS NOT NULL
                     AND NOT EXISTS (SELECT FROM classify_case c
                                      WHERE c.round_id = %(round)s AND c.origin = 'headline'
                                        AND c.headline_id = v.headline_id)
                   GROUP BY v.headline_id) wanted
            JOIN polls_headline h USING (id) ORDER BY hashint8extended(h.id, %(seed)s), h.id) shown
)
{_INSERT_CASES} FROM n
"""  # noqa: S608 - of constants

JOIN_HEADLINES = f"""
{_JOIN}
SELECT %(round)s, v.id, c.id, %(now)s, %(reason)s
  FROM ({_HOMELESS}) v
  JOIN classify_case c
    ON c.round_id = %(round)s AND c.origin = 'headline' AND c.headline_id = v.headline_id
"""  # noqa: S608 - of constants

# A case for one voter: without a headline, or everybody where the unit is the voter. That is one vote, or all
# of the voter's where several choices are allowed. Its id stands in addresses that reviewers see, and files
# are often sorted by option: so ids follow a hash, not the file.
OPEN_SINGLES = f"""
WITH n AS (
  SELECT {_NEW_ID} AS id, v.votes, v.headline_id, v.n_votes, v.counts,
         CASE WHEN %(unit)s = 'voter' THEN 'voter' ELSE 'blank' END AS origin,
         CASE WHEN v.headline_id IS NULL THEN '' ELSE v.headline_raw END AS text
    FROM (SELECT array_agg(v.id ORDER BY v.id) AS votes,
                 (array_agg(v.headline_id ORDER BY v.id))[1] AS headline_id,
                 (array_agg(v.headline_raw ORDER BY v.id))[1] AS headline_raw, {_COUNTED}
            FROM ({_HOMELESS}) v JOIN polls_option o ON o.id = v.option_id
           WHERE %(unit)s = 'voter' OR v.headline_id IS NULL
           GROUP BY CASE WHEN %(single)s THEN v.id ELSE v.voter_id END
           ORDER BY hashint8extended(min(v.id), %(seed)s), min(v.id)) v
), made AS ({_INSERT_CASES} FROM n RETURNING id)
{_JOIN}
SELECT %(round)s, unnest(n.votes), n.id, %(now)s, %(reason)s FROM n JOIN made USING (id)
"""  # noqa: S608 - of constants

# Where several choices are allowed, a further vote of a voter who is one case goes there too.
JOIN_BESIDE = f"""
{_JOIN}
SELECT DISTINCT ON (v.id) %(round)s, v.id, cv.case_id, %(now)s::timestamptz, %(reason)s
  FROM ({_HOMELESS}) v
  JOIN polls_vote b ON b.poll_id = %(poll)s AND b.voter_id = v.voter_id
  JOIN classify_casevote cv ON cv.round_id = %(round)s AND cv.vote_id = b.id
  JOIN classify_case c ON c.id = cv.case_id
 WHERE NOT %(single)s AND (c.origin = 'voter' OR c.origin = 'blank' AND v.headline_id IS NULL)
 ORDER BY v.id, cv.left_at IS NOT NULL, cv.id DESC
"""  # noqa: S608 - of constants

LEAVE_EXCLUDED = """
UPDATE classify_casevote cv
   SET left_at = %(now)s,
       reason = CASE v.void_reason WHEN 'undone' THEN 'import undone' ELSE 'vote excluded' END
  FROM polls_vote v
 WHERE cv.round_id = %(round)s AND cv.left_at IS NULL AND v.id = cv.vote_id AND v.voided_at IS NOT NULL
"""

# A vote whose headline is not the one its case shows. Groups that somebody made (split out, or imported as
# one case) mix headlines on purpose and stay as they are.
_RETITLED = """
v.headline_id IS DISTINCT FROM c.headline_id
   AND (c.origin IN ('headline', 'blank')
        OR c.origin = 'voter' AND (
          SELECT count(DISTINCT b.voter_id) = 1
                 AND NOT bool_or(b.headline_id IS NOT DISTINCT FROM c.headline_id)
            FROM classify_casevote beside JOIN polls_vote b ON b.id = beside.vote_id
           WHERE beside.case_id = c.id AND beside.left_at IS NULL))
"""

# A voter's own case is left too, to be joined again below: that puts the change on record.
LEAVE_CHANGED = f"""
UPDATE classify_casevote cv SET left_at = %(now)s, reason = 'headline changed'
  FROM polls_vote v, classify_case c
 WHERE cv.round_id = %(round)s AND cv.left_at IS NULL AND v.id = cv.vote_id AND c.id = cv.case_id
   AND {_RETITLED}
"""  # noqa: S608 - of constants

# What was split out stays split out, a voter stays one case, and a blank one is known by its vote.
REJOIN_OWN = f"""
{_JOIN}
SELECT DISTINCT ON (v.id) %(round)s, v.id, cv.case_id, %(now)s::timestamptz, %(reason)s
  FROM ({_HOMELESS}) v
  JOIN classify_casevote cv ON cv.round_id = %(round)s AND cv.vote_id = v.id
  JOIN classify_case c ON c.id = cv.case_id
 WHERE c.origin IN ('split', 'voter') OR c.origin = 'blank' AND v.headline_id IS NULL
 ORDER BY v.id, cv.id DESC
"""  # noqa: S608 - of constants

# In a closed round a vote that was excluded comes back to where it was; no other vote enters.
REJOIN_CLOSED = f"""
{_JOIN}
SELECT DISTINCT ON (v.id) %(round)s, v.id, cv.case_id, %(now)s::timestamptz, %(reason)s
  FROM ({_HOMELESS}) v
  JOIN classify_casevote cv ON cv.round_id = %(round)s AND cv.vote_id = v.id
 ORDER BY v.id, cv.id DESC
"""  # noqa: S608 - of constants

SHOW_NEW_TEXT = f"""
UPDATE classify_case c
   SET headline_id = v.headline_id, text = CASE WHEN v.headline_id IS NULL THEN '' ELSE v.headline_raw END,
       review_again = true
  FROM classify_casevote cv JOIN polls_vote v ON v.id = cv.vote_id
 WHERE c.round_id = %(round)s AND c.origin = 'voter' AND cv.case_id = c.id AND cv.left_at IS NULL
   AND {_RETITLED}
"""  # noqa: S608 - of constants

# A vote that stood behind another case before, whether it left that just now or when its import was undone,
# shows another title than the one it was read by. Flagged whether or not somebody has decided: a mark that
# depended on it would tell one reviewer about the other.
FLAG_JOINED = """
UPDATE classify_case c SET review_again = true
  FROM (SELECT DISTINCT moved.case_id
          FROM (SELECT DISTINCT ON (cv.id) cv.case_id, old.case_id AS before
                  FROM classify_casevote cv
                  JOIN classify_casevote old ON old.round_id = cv.round_id AND old.vote_id = cv.vote_id
                                            AND old.id < cv.id
                 WHERE cv.round_id = %(round)s AND cv.joined_at = %(now)s
                 ORDER BY cv.id, old.id DESC) moved
         WHERE moved.case_id <> moved.before) joined
  JOIN (SELECT DISTINCT case_id FROM classify_casevote
         WHERE round_id = %(round)s AND joined_at < %(now)s) older USING (case_id)
 WHERE c.id = joined.case_id AND NOT c.review_again
"""

FLAG_CLOSED = f"""
UPDATE classify_case c SET review_again = true
  FROM classify_casevote cv JOIN polls_vote v ON v.id = cv.vote_id
 WHERE c.round_id = %(round)s AND NOT c.review_again AND cv.case_id = c.id AND cv.left_at IS NULL
   AND {_RETITLED}
"""  # noqa: S608 - of constants

RECOUNT = f"""
WITH per_case AS (
  SELECT cv.case_id, {_COUNTED}
    FROM classify_casevote cv
    JOIN polls_vote v ON v.id = cv.vote_id
    JOIN polls_option o ON o.id = v.option_id
   WHERE cv.round_id = %(round)s AND cv.left_at IS NULL
   GROUP BY cv.case_id
), counted AS (
  SELECT c.id, COALESCE(p.n_votes, 0) AS n_votes, COALESCE(p.counts, ARRAY[NO_VOTES]::int[]) AS counts
    FROM classify_case c LEFT JOIN per_case p ON p.case_id = c.id
   WHERE c.round_id = %(round)s
)
UPDATE classify_case c SET n_votes = counted.n_votes, option_counts = counted.counts
  FROM counted
 WHERE counted.id = c.id AND (c.n_votes <> counted.n_votes OR c.option_counts <> counted.counts)
"""  # noqa: S608 - of constants

# Each reviewer's count of decided cases that have a vote, in time or late: what they know themselves.
RECOUNT_DECIDED = """
UPDATE classify_roundreviewer r
   SET decided_count = (
     SELECT count(*)
       FROM (SELECT DISTINCT ON (d.case_id) d.case_id, d.verdict FROM classify_decision d
              WHERE d.round_id = r.round_id AND d.reviewer_id = r.user_id ORDER BY d.case_id, d.seq DESC) own
       JOIN classify_case c ON c.id = own.case_id
      WHERE own.verdict <> 'withdrawn' AND c.n_votes > 0)
 WHERE r.round_id = %(round)s
"""


COUNT_CASES = """
UPDATE classify_round
   SET case_count = (SELECT count(*) FROM classify_case WHERE round_id = %(round)s AND n_votes > 0)
 WHERE id = %(round)s
"""


def open_cases(round: Round) -> None:
    """Give every live vote of the poll a case in a new round, and count."""
    values = _values(round, reason="")
    _run(values, *_opening(round), RECOUNT)
    _run(values, COUNT_CASES)
    round.refresh_from_db(fields=["case_count"])


@transaction.atomic
def after_votes_changed(*, poll_id: int, batch_id: int | None = None) -> None:
    """Let the cases of every round of the poll follow its votes.

    `polls` calls this through a setting, in the transaction of an import, its undo, a correction or an
    exclusion. In an open round votes leave, join and rejoin cases, and a reviewer who had handed in gets what
    is new to read.
    A closed round loses excluded votes (or its totals would not reconcile) and is flagged, nothing more.
    """
    # A round being made waits for this transaction, or this waits for it: see `rounds.create_round`.
    poll = Poll.objects.select_for_update(no_key=True).get(pk=poll_id)
    reason = _reason(batch_id)
    for round in Round.objects.select_for_update(no_key=True).filter(poll_id=poll_id).order_by("pk"):
        # Seats before cases, as a decision locks them.
        seats = list(RoundReviewer.objects.select_for_update(no_key=True).filter(round=round).order_by("pk"))
        round.poll = poll
        values = _values(round, reason=reason)
        if round.coding_closed_at is None:
            follow = [LEAVE_CHANGED, REJOIN_OWN, SHOW_NEW_TEXT, *_opening(round), FLAG_JOINED]
        else:
            follow = [REJOIN_CLOSED, FLAG_CLOSED]
        if _run(values, LEAVE_EXCLUDED, *follow, RECOUNT):
            _run(values, RECOUNT_DECIDED)
            _run(values, COUNT_CASES)
            _take_back_hand_in(round, seats)


def _reason(batch_id: int | None) -> str:
    """Why votes join cases now, as their rows keep it."""
    if batch_id is None:
        return "changed by hand"
    undone = Batch.objects.filter(pk=batch_id, undone_at__isnull=False).exists()
    return f"import {batch_id} undone" if undone else f"import {batch_id}"


def seal_cases(round: Round) -> int:
    """Freeze the standing decisions of every case of the round that is not sealed yet; returns how many."""
    return Case.objects.filter(round=round, sealed_at__isnull=True).update(sealed_at=timezone.now())


def _opening(round: Round) -> list[str]:
    if round.unit == Round.Unit.VOTER:
        return [JOIN_BESIDE, OPEN_SINGLES]
    return [OPEN_HEADLINES, JOIN_HEADLINES, JOIN_BESIDE, OPEN_SINGLES]


def _take_back_hand_in(round: Round, seats: list[RoundReviewer]) -> None:
    """Who handed in and now has something to read has not handed in all."""
    if round.coding_closed_at is not None:
        return
    for seat in seats:
        if seat.handed_in_at is not None and unread(round=round, seat=seat):
            seat.handed_in_at = None
            seat.save(update_fields=["handed_in_at"])


def _values(round: Round, *, reason: str) -> dict[str, Any]:
    """What the statements above are filled with."""
    seats = dict(RoundReviewer.objects.filter(round=round).values_list("ordinal", "user_id"))
    return {
        "round": round.pk,
        "poll": round.poll_id,
        "unit": round.unit,
        "single": round.poll.single_choice,
        "seed": round.seed,
        "reviewer1": seats.get(1),
        "reviewer2": seats.get(2),
        "now": timezone.now(),
        "reason": reason,
    }


def _run(values: dict[str, Any], *statements: str) -> int:
    """Run the statements in their order; returns how many rows they touched together.

    Tables that were filled a moment ago have no statistics yet: the planner takes them for empty and would go
    through 100,000 votes once per case. All these statements are over whole sets, so it is told to hash.
    """
    last = Option.objects.filter(poll=values["poll"]).aggregate(last=Max("position"))["last"] or 0
    each = ", ".join(f"count(*) FILTER (WHERE o.position = {place})" for place in range(1, last + 1))
    none = ", ".join("0" for _ in range(last))
    touched = 0
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off")
        for sql in statements:
            cursor.execute(sql.replace("PER_POSITION", each).replace("NO_VOTES", none), values)
            touched += cursor.rowcount
        cursor.execute("SET LOCAL enable_nestloop = on")
    return touched
