"""Writes the sample study's files from `source/`: the same bytes every time.

    .venv/bin/python -m config.demo.build

The headlines, the two readings and the comments are written by hand in `source/`; who shows which
headline, where they work, what they voted and when is drawn here with a fixed seed. Nobody is real.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import random
import unicodedata
from pathlib import Path
from typing import Any

from polls.titles import comparison_key

HERE = Path(__file__).parent
SEED = 20260302

OPTIONS = ("Extremely important", "Moderately important", "Not very important")
# Votes per role and option. The first row is pinned by the published percentages (72, 47 and 30 %).
TABLE = {"contact-center": (84, 29, 17), "cx": (22, 20, 25), "consultant": (11, 13, 14)}
OWNER_OPTIONS = ("The contact center", "The CX team", "Marketing or product", "All of them together")
VOTER_HEADER = (
    "Full name",
    "Headline",
    "Company",
    "Profile URL",
    "Vote",
    "Voted at",
    "Comment",
    "Country",
    "Connection",
)
TAG_HEADER = (
    "profile_url",
    "case",
    "reviewer",
    "category",
    "note",
    "final",
    "adjudicator",
    "evidence",
    "reason",
    "rationale",
)

Row = dict[str, Any]


def main() -> None:
    """Write all files into this folder."""
    draw = random.Random(SEED)  # noqa: S311 (no secret: the same bytes every time are wanted)
    people = json.loads((HERE / "source/people.json").read_text(encoding="utf-8"))
    cast = _Cast(people, draw)
    first = _first_poll(cast, draw)
    _write("cx-head.csv", VOTER_HEADER, [_voter_cells(row) for row in first])
    _write("cx-head-tags.csv", TAG_HEADER, _tag_rows(first))
    second = _second_poll(first, cast, draw)
    _write("voice-owner.csv", VOTER_HEADER, [_voter_cells(row) for row in second])


class _Cast:
    """Draws invented people; no name is drawn twice."""

    def __init__(self, people: dict[str, Any], draw: random.Random) -> None:
        self.people, self.draw = people, draw
        self.used: set[str] = set()

    def person(self, who: str, organisation: str) -> Row:
        kind = self.people["names"][who or "en"]
        while True:
            name = f"{self.draw.choice(kind['first'])} {self.draw.choice(kind['last'])}"
            if name not in self.used:
                break
        self.used.add(name)
        if organisation == "@consulting":
            organisation = self.draw.choice(self.people["consulting"])
        return {
            "name": name,
            "organisation": organisation or self.draw.choice(self.people["organisations"]),
            "url": f"https://www.linkedin.com/in/{_slug(name)}-demo-{len(self.used):03}",
            "country": self.draw.choice(kind["countries"]),
            "degree": self.draw.choices(("1st", "2nd", "3rd+"), (3, 5, 2))[0],
        }


def _first_poll(cast: _Cast, draw: random.Random) -> list[Row]:
    rows = [dict(row) for row in _read("headlines.csv")]
    for row in rows:
        row.update(cast.person(row["who"], row["organisation"]), comment="")
        row["headline"] = row["headline"].replace("{org}", row["organisation"])
    for role, counts in TABLE.items():
        votes = [option for option, count in enumerate(counts) for _ in range(count)]
        draw.shuffle(votes)
        for row, option in zip((row for row in rows if row["role"] == role), votes, strict=True):
            row["option"] = OPTIONS[option]
    for row in rows:
        row["voted_on"] = _day(dt.date(2026, 3, 2), draw)
    _add_comments(rows, draw)
    draw.shuffle(rows)
    rows.sort(key=lambda row: row["voted_on"])
    return rows


def _add_comments(rows: list[Row], draw: random.Random) -> None:
    for comment in _read("comments.csv"):
        option = OPTIONS[int(comment["position"]) - 1]
        silent = [
            row
            for row in rows
            if row["role"] == comment["role"]
            and row["option"] == option
            and not row["comment"]
            # A voice is quoted under its role, so take people whose role nobody doubted.
            and row["rosa"] == row["sam"]
            and row["headline"]
        ]
        draw.choice(silent)["comment"] = comment["comment"]


def _second_poll(first: list[Row], cast: _Cast, draw: random.Random) -> list[Row]:
    rows: list[Row] = []
    seen: set[str] = set()
    for source in _read("voice_owner.csv"):
        if source["same_as"]:
            # The same person as in the first poll, maybe under a new headline.
            earlier = next(
                row for row in first if row["url"] not in seen and _template_of(row) == source["same_as"]
            )
            person = {key: earlier[key] for key in ("name", "organisation", "url", "country", "degree")}
        else:
            person = cast.person(source["who"], source["organisation"])
        seen.add(person["url"])
        rows.append(
            person
            | {
                "headline": source["headline"].replace("{org}", person["organisation"]),
                "option": OWNER_OPTIONS[int(source["position"]) - 1],
                "voted_on": _day(dt.date(2026, 10, 12), draw),
                "comment": source["comment"],
            }
        )
    draw.shuffle(rows)
    rows.sort(key=lambda row: row["voted_on"])
    return rows


def _template_of(row: Row) -> str:
    return str(row["headline"]).replace(row["organisation"], "{org}")


def _voter_cells(row: Row) -> tuple[str, ...]:
    keys = ("name", "headline", "organisation", "url", "option", "voted_on", "comment", "country", "degree")
    return tuple(row[key] for key in keys)


def _tag_rows(rows: list[Row]) -> list[tuple[str, ...]]:
    """The long form of `import_tags`, one row per vote and reviewer, with why each conflict was resolved."""
    cases: dict[str, str] = {}
    tags: list[tuple[str, ...]] = []
    for row in rows:
        key = comparison_key(row["headline"]) or row["url"]
        case = cases.setdefault(key, f"{len(cases) + 1:03}")
        adjudicator = "jude" if row["rosa"] != row["sam"] else ""
        shared = (row["role"], adjudicator, row["evidence"], row["reason"], row["rationale"])
        tags.extend(
            (row["url"], case, reviewer, row[reviewer], row[f"{reviewer}_note"], *shared)
            for reviewer in ("rosa", "sam")
        )
    return tags


def _day(start: dt.date, draw: random.Random) -> str:
    """A day of a poll that runs for seven days; most people vote in the first three."""
    return str(start + dt.timedelta(days=draw.choices(range(7), (30, 25, 15, 10, 8, 7, 5))[0]))


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.replace("ł", "l").replace("Ł", "L").replace("ß", "ss"))
    letters = "".join(
        c if c.isascii() and c.isalnum() else " " for c in plain if not unicodedata.combining(c)
    )
    return "-".join(letters.lower().split())


def _read(name: str) -> list[dict[str, str]]:
    with open(HERE / "source" / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _write(name: str, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    with open(HERE / name, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\r\n").writerows([header, *rows])


if __name__ == "__main__":
    main()
