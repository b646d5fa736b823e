"""Small, plain makers of rows. They write facts straight into the tables; behaviour is reached through the
domain functions."""

from __future__ import annotations

import hashlib
from typing import Any

from classify.models import Category, Codebook, CodebookVersion
from polls.models import Headline, Membership, Option, Poll, User, Vote, Voter, VoterKey
from polls.titles import comparison_key

OPTIONS = ["Extremely important", "Moderately important", "Not very important"]
ROLE_CATEGORIES = [
    ("contact-center", "Contact Center", "", "1", "#0072B2"),
    ("cx", "CX", "CX side", "2", "#E69F00"),
    ("consultant", "Consultant", "CX side", "3", "#009E73"),
    ("other", "Other", "", "4", "#7F7F7F"),
    ("cannot-tell", "Cannot tell", "", "5", "#BFBFBF"),
]


def make_user(username: str, **fields: Any) -> User:
    """An account whose password is `password`."""
    user: User = User.objects.create_user(username, password="password", **fields)
    return user


def make_member(username: str, poll: Poll, *roles: str) -> User:
    """An account with roles in a poll; the account is made once."""
    user = User.objects.filter(username=username).first() or make_user(username)
    for role in roles:
        Membership.objects.get_or_create(user=user, poll=poll, role=role)
    return user


def make_poll(slug: str = "cx-head", options: list[str] | None = None, **fields: Any) -> Poll:
    """A poll with ordered options."""
    poll = Poll.objects.create(slug=slug, question=fields.pop("question", "How important is it?"), **fields)
    for position, text in enumerate(options or OPTIONS, start=1):
        Option.objects.create(poll=poll, text=text, key=comparison_key(text), position=position)
    return poll


def make_vote(poll: Poll, headline: str = "Contact Center Manager", option: int = 1, **fields: Any) -> Vote:
    """A live vote of a new voter for the option at that position (from 1), with that headline."""
    number = Voter.objects.count() + 1
    voter = fields.pop("voter", None) or Voter.objects.create(
        name=fields.pop("name", f"Voter {number}"), profile_url=fields.pop("profile_url", "")
    )
    voter_id = fields.pop("voter_id", f"v{number}")
    VoterKey.objects.create(
        voter=voter,
        scheme="id",
        scope=poll,
        value=voter_id,
        value_hash=hashlib.sha256(voter_id.encode()).digest(),
    )
    key = comparison_key(headline)
    shown = None
    if key:
        shown, _ = Headline.objects.get_or_create(
            key_hash=hashlib.sha256(key.encode()).digest(), defaults={"text": headline}
        )
    return Vote.objects.create(
        poll=poll,
        voter=voter,
        option=poll.options.get(position=option),
        headline=shown,
        headline_raw=headline,
        single_choice=poll.single_choice,
        **fields,
    )


def make_codebook(code: str = "role", number: int = 1) -> CodebookVersion:
    """The role codebook as a new, unfrozen version."""
    codebook, _ = Codebook.objects.get_or_create(code=code)
    version = CodebookVersion.objects.create(codebook=codebook, number=number, title="Role")
    for position, (slug, label, group, key, color) in enumerate(ROLE_CATEGORIES, start=1):
        Category.objects.create(
            version=version,
            code=slug,
            label=label,
            group=group,
            key=key,
            color=color,
            position=position,
            definition=f"Definition of {label}",
        )
    return version
