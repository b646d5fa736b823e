"""A crowd of voters for the benchmarks of lists and searches: titles as people write them, made in SQL.

Three polls: `crowd` with every voter, `crowd-half` with one in twenty of them under another headline,
`crowd-few` with 300. Words are spread as they are in life: "manager" stands in a third of all headlines, some
words in one of ten thousand, names repeat.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

TITLES = Path(__file__).resolve().parent.parent / "data" / "titles_sample.csv"

_FIRST = (
    "Anna Maria Kim Rosa Sam Jude Vera Nina Ada Lee Jürgen Zoë Omar Wei Priya Fatima Olga Björn Chloé Diego"
    " Ravi Hana Ivo Mehmet Søren Aoife Łukasz Noor Tomás Yuki"
)
_SYLLABLES = "ba del gor han ish jo ka lun mer nas ol per qui ros sten tur ul vas wen xi yor zan"
_COMPANY = "Acme Boreal Cobalt Delta Ember Falcon Garnet Harbor Indigo Juniper Krypton Lumen Meridian Nimbus"
FIRST, SYLLABLES, COMPANY = _FIRST.split(), _SYLLABLES.split(), _COMPANY.split()
SLOGANS = [
    "Helping teams win",
    "Speaker",
    "Ex-Google",
    "Aspiring Author",
    "Open to work",
    "CCXP",
    "Board Member",
    "Dog dad",
    "𝗖𝗫 𝗟𝗲𝗮𝗱𝗲𝗿",
    "Former Contact Centre Agent",
    "Customer Experience",
    "Consultant",
]

# Random, but the same every time: hashes of the number of the voter.
_PICK = "(%(words)s::text[])[1 + (hashint8extended({n}, {seed}) & 1048575) %% cardinality(%(words)s::text[])]"


def _pick(words: str, seed: int, n: str = "n") -> str:
    return _PICK.replace("%(words)s", f"%({words})s").format(n=n, seed=seed)


def _chance(seed: int, n: str = "n") -> str:
    """A number from 0 to 1048575."""
    return f"(hashint8extended({n}, {seed}) & 1048575)"


# The square of a chance: a few titles are held by many.
_TITLE = (
    "(%(titles)s::text[])[1 + floor(cardinality(%(titles)s::text[])"
    " * power({chance} / 1048576.0, {skew}))::int]"
)


def _title(seed: int, skew: float = 2.0) -> str:
    return _TITLE.format(chance=_chance(seed), skew=skew)


_HEADLINE = f"""
    CASE WHEN {_chance(1)} < 40000 THEN ''
         WHEN {_chance(1)} < 350000 THEN {_title(2)}
         WHEN {_chance(1)} < 620000 THEN {_title(2)} || ' | ' || {_title(3, 1.0)}
         WHEN {_chance(1)} < 900000 THEN {_title(2)} || ' at ' || {_pick("company", 4)} || ' '
                                         || {_pick("syllables", 5)} || {_pick("syllables", 6)}
         ELSE {_title(2)} || ' | ' || {_pick("slogans", 7)} || ' | ' || {_title(8, 1.0)} END
"""
# Well-known first names for a third, so that the most frequent are held by one in a hundred.
_SYLLABLE = [_pick("syllables", seed) for seed in range(12, 17)]
_NAME = (
    f"CASE WHEN {_chance(10)} < 350000 THEN {_pick('first', 11)}"
    f" ELSE initcap({_SYLLABLE[0]} || {_SYLLABLE[1]}) END"
    f" || ' ' || initcap({_SYLLABLE[2]} || {_SYLLABLE[3]} || {_SYLLABLE[4]})"
)

STATEMENTS = (
    f"""
    CREATE TEMPORARY TABLE crowd ON COMMIT DROP AS
    SELECT n, {_NAME} AS name, {_HEADLINE} AS headline,
           nextval(pg_get_serial_sequence('polls_voter', 'id')) AS voter
    FROM generate_series(1, %(voters)s) n
    """,
    """
    INSERT INTO polls_voter (id, name, organisation, country, profile_url, created_at)
    SELECT voter, name, '', CASE WHEN n %% 7 = 0 THEN 'Germany' ELSE '' END, '', now() FROM crowd ORDER BY n
    """,
    """
    INSERT INTO polls_headline (text, key_hash)
    SELECT min(headline), sha256(convert_to('crowd ' || lower(headline), 'UTF8'))
    FROM (SELECT headline FROM crowd UNION ALL SELECT headline || ' today' FROM crowd WHERE n %% 20 = 0) h
    WHERE headline <> '' GROUP BY lower(headline)
    """,
    """
    CREATE TEMPORARY TABLE crowd_part ON COMMIT DROP AS
    SELECT h.id, p.position, p.raw,
           CASE WHEN p.raw ~* '^(ex-|former)' THEN 'former'
                WHEN p.raw ~* '^(aspiring|open to)' THEN 'aspiring' ELSE '' END AS mark,
           sha256(convert_to('crowd ' || lower(p.raw), 'UTF8')) AS key_hash
    FROM polls_headline h
    CROSS JOIN LATERAL regexp_split_to_table(h.text, ' [|] ') WITH ORDINALITY AS p (raw, position)
    """,
    """
    INSERT INTO polls_jobtitle (text, key_hash) SELECT min(raw), key_hash FROM crowd_part GROUP BY key_hash
    """,
    """
    INSERT INTO polls_headlinepart (headline_id, position, job_title_id, raw, mark)
    SELECT p.id, p.position, t.id, p.raw, p.mark FROM crowd_part p JOIN polls_jobtitle t USING (key_hash)
    """,
)
VOTES = """
    INSERT INTO polls_vote (poll_id, single_choice, voter_id, option_id, headline_id, headline_raw, comment,
                            voted_raw, extra, void_reason, void_note, created_at)
    SELECT %(poll)s, true, c.voter, (%(options)s::bigint[])[1 + c.n %% 3], h.id, c.headline || %(more)s,
           '', '', '{}', '', '', now()
    FROM crowd c LEFT JOIN polls_headline h
      ON c.headline <> '' AND h.key_hash = sha256(
         convert_to('crowd ' || lower(c.headline || %(more)s), 'UTF8'))
    WHERE c.n %% %(every)s = 0 AND c.n / %(every)s <= %(most)s ORDER BY c.n
"""


def make_crowd(voters: int) -> list[Any]:
    """The three polls, the largest first. To be called in a transaction."""
    from django.db import connection

    from tests import factories

    with TITLES.open(encoding="utf-8", newline="") as file:
        titles = [row[0] for row in list(csv.reader(file))[1:]]
    values = {
        "voters": voters,
        "titles": titles,
        "first": FIRST,
        "syllables": SYLLABLES,
        "company": COMPANY,
        "slogans": SLOGANS,
    }
    polls = []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off")
        for statement in STATEMENTS:
            cursor.execute(statement, values)
        cursor.execute("ANALYZE crowd")
        for slug, every, most, more in (
            ("crowd", 1, voters, ""),
            ("crowd-half", 20, voters, " today"),
            ("crowd-few", 1, 300, ""),
        ):
            poll = factories.make_poll(slug)
            options = list(poll.options.order_by("position").values_list("pk", flat=True))
            cursor.execute(
                VOTES, {"poll": poll.pk, "options": options, "every": every, "most": most, "more": more}
            )
            polls.append(poll)
        cursor.execute("SET LOCAL enable_nestloop = on")
    return polls
