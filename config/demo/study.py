"""The sample study, loaded through the functions that pages and commands call.

Poll `cx-head` was read by two people, its conflicts were resolved and coding is closed; poll `voice-owner` is
set up and unread, so that a newcomer can read, disagree and resolve. A poll that is there is left alone.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import random
import secrets
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

from classify import adjudication, rounds, tagging
from classify.codebooks import ensure_ready_made, newest_version
from classify.models import Case, CaseVote, Round
from config.env import ensure_home, private_file
from polls import people
from polls.importing import load, readers
from polls.models import Membership, Poll, Role, User, VoterKey
from polls.problems import Refused
from polls.texts import normalise_url

HERE = Path(__file__).parent
ACCOUNTS_FILE = "demo-accounts.json"
SEED = 20260302

CAST = {
    "ada": (Role.ADMIN, "Ada"),
    "rosa": (Role.REVIEWER, "Rosa"),
    "sam": (Role.REVIEWER, "Sam"),
    "jude": (Role.ADJUDICATOR, "Jude"),
    "vera": (Role.VIEWER, "Vera"),
}
CX_HEAD = "cx-head"
VOICE_OWNER = "voice-owner"


@dataclass(frozen=True)
class Account:
    """Somebody who can log in. `password` is "" when it is no longer the one made here."""

    username: str
    role: str
    password: str


@transaction.atomic
def seed(home: Path, *, others_are_fine: bool) -> list[Account]:
    """Load what is missing; returns the accounts. Raises Refused where others work and nobody said yes."""
    others = User.objects.exclude(username__in=CAST).count()
    if others and not others_are_fine:
        raise Refused(
            f"This database has {others} other accounts. The sample study adds five accounts and two polls: "
            "use --yes if that is what you want."
        )
    ensure_ready_made()
    accounts = _accounts(home)
    cast = {user.username: user for user in User.objects.filter(username__in=CAST)}
    if not Poll.objects.filter(slug=CX_HEAD).exists():
        _read_and_resolve(_cx_head(cast), cast)
    if not Poll.objects.filter(slug=VOICE_OWNER).exists():
        _voice_owner(cast)
    return accounts


def _accounts(home: Path) -> list[Account]:
    """Make the accounts that are missing, with passwords that stay the same in this ROLECALL_HOME."""
    made = json.dumps({username: _password() for username in CAST}, indent=1)
    kept: dict[str, str] = json.loads(private_file(ensure_home(home) / ACCOUNTS_FILE, made))
    there = dict(User.objects.filter(username__in=CAST).values_list("username", "password"))
    new = [username for username in CAST if username not in there]
    # Hashing is slow on purpose, and leaves the other cores free.
    with ThreadPoolExecutor() as pool:
        hashes = dict(zip(new, pool.map(make_password, [kept[name] for name in new]), strict=True))
        known = dict(
            zip(there, pool.map(check_password, [kept[name] for name in there], there.values()), strict=True)
        )
    User.objects.bulk_create(
        User(
            username=username,
            first_name=CAST[username][1],
            password=hashes[username],
            is_staff=CAST[username][0] == Role.ADMIN,
            is_superuser=CAST[username][0] == Role.ADMIN,
        )
        for username in new
    )
    return [
        Account(username, str(Role(role).label), kept[username] if known.get(username, True) else "")
        for username, (role, _name) in CAST.items()
    ]


def _password() -> str:
    """Six syllables and two digits, about 46 bits: easy to type from a terminal."""
    syllables = [secrets.choice("bdfgjkmnprstvz") + secrets.choice("aeiou") for _ in range(8)]
    parts = ["".join(syllables[at : at + 2]) for at in range(0, 8, 2)]
    return "-".join(parts) + f"-{secrets.randbelow(90) + 10}"


def _cx_head(cast: dict[str, User]) -> Round:
    poll = _import(
        CX_HEAD,
        cast["ada"],
        "How important is it that your Customer Experience Head / Chief Customer Officer also be "
        "a Contact Center expert?",
        ("Extremely important", "Moderately important", "Not very important"),
        (50, 26, 24),
        235,
        dt.date(2026, 3, 2),
    )
    return _set_up(poll, cast)


def _voice_owner(cast: dict[str, User]) -> None:
    poll = _import(
        VOICE_OWNER,
        cast["ada"],
        "Who should own the voice of the customer in your organisation?",
        ("The contact center", "The CX team", "Marketing or product", "All of them together"),
        (40, 30, 10, 20),
        40,
        dt.date(2026, 10, 12),
    )
    Poll.objects.filter(pk=poll.pk).update(options_are_ordered=False)
    _set_up(poll, cast)


def _import(
    slug: str,
    by: User,
    question: str,
    options: tuple[str, ...],
    shares: tuple[int, ...],
    total: int,
    opened_on: dt.date,
) -> Poll:
    with readers.open_path(HERE / f"{slug}.csv") as source:
        load.run_import(
            source=source,
            poll=slug,
            by=by,
            question=question,
            options=options,
            published_total=total,
            published_shares=[Decimal(share) for share in shares],
            opened_on=opened_on,
            closed_on=opened_on + dt.timedelta(days=7),
        )
    return Poll.objects.get(slug=slug)


def _set_up(poll: Poll, cast: dict[str, User]) -> Round:
    ada = cast["ada"]
    Membership.objects.get_or_create(poll=poll, user=ada, role=Role.ADMIN)
    for username, (role, name) in CAST.items():
        people.add_person(poll=poll, username=username, name=name, roles=[role], by=ada)
    version = newest_version("role")
    if version is None:
        raise Refused("The codebook “role” is missing.")
    return rounds.create_round(
        poll=poll,
        version=version,
        unit=Round.Unit.HEADLINE,
        rule=Round.Rule.THIRD_PERSON,
        purpose=Round.Purpose.MAIN,
        reviewers=[cast["rosa"], cast["sam"]],
        adjudicators=[cast["jude"]],
        by=ada,
        seed=SEED,
    )


def _read_and_resolve(round_: Round, cast: dict[str, User]) -> None:
    """Both read every title and hand in, Jude resolves the conflicts, Ada closes coding."""
    said = _said(round_)
    for username, order in (("rosa", "order1"), ("sam", "order2")):
        for pk in Case.objects.filter(round=round_).order_by(order).values_list("pk", flat=True):
            _decide(round_, pk, cast[username], said[pk][username])
        tagging.hand_in(round=round_, by=cast[username])
    for case in Case.objects.filter(round=round_, status=Case.Status.CONFLICT).order_by("pk"):
        row = said[case.pk]["rosa"]
        adjudication.claim(case=case, by=cast["jude"])
        adjudication.decide(
            case=case,
            by=cast["jude"],
            category_code=row["final"],
            reason=row["reason"],
            rationale=row["rationale"],
            client_id=uuid.uuid4(),
        )
    rounds.close_coding(round=round_, by=cast["ada"])


def _decide(round_: Round, case: int, by: User, row: dict[str, str]) -> None:
    evidence = row["evidence"]
    if evidence == "profile":
        tagging.record_profile_view(round=round_, case_id=case, by=by)
    unsure = row["category"] == "unsure"
    draw = random.Random(f"{SEED} {row['case']} {by.username}")  # noqa: S311 (no secret: the same every time)
    seconds = draw.uniform(2, 9) + (draw.uniform(15, 60) if evidence == "profile" else 0)
    tagging.submit_decision(
        round=round_,
        case_id=case,
        by=by,
        verdict="unsure" if unsure else "category",
        category_code=None if unsure else row["category"],
        note=row["note"],
        evidence=evidence,
        milliseconds=int(seconds * 1000),
        client_id=uuid.uuid4(),
    )


def _said(round_: Round) -> dict[int, dict[str, dict[str, str]]]:
    """Case -> reviewer -> the row of the file of decisions."""
    votes = dict(
        VoterKey.objects.filter(scheme="url", voter__votes__poll=round_.poll_id).values_list("value", "voter")
    )
    cases = dict(CaseVote.objects.filter(round=round_, left_at=None).values_list("vote__voter", "case"))
    found: dict[int, dict[str, dict[str, str]]] = {}
    for row in _rows(HERE / f"{CX_HEAD}-tags.csv"):
        case = cases[votes[normalise_url(row["profile_url"])]]
        found.setdefault(case, {})[row["reviewer"]] = row
    return found


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
