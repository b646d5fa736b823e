"""What people do with conflicts, in one line each, through the domain functions."""

from __future__ import annotations

import uuid
from typing import Any

from classify import adjudication
from classify.models import Adjudication, Case
from polls.models import User


def look(case: Case, by: User, category: str = "cx", **more: Any) -> Adjudication:
    """What an adjudicator thinks before the two readings are shown."""
    given = {"client_id": uuid.uuid4()} | more
    return adjudication.look_first(case=case, by=by, category_code=category, **given)


def judge(case: Case, by: User, category: str = "cx", **more: Any) -> Adjudication:
    """A third person decides."""
    given = {"reason": "slip", "rationale": "", "client_id": uuid.uuid4()} | more
    return adjudication.decide(case=case, by=by, category_code=category, **given)


def propose(case: Case, by: User, category: str = "cx", **more: Any) -> Adjudication:
    """One of the two offers an answer."""
    given = {"reason": "ambiguous", "rationale": "", "client_id": uuid.uuid4()} | more
    return adjudication.propose(case=case, by=by, category_code=category, **given)


def close(case: Case, by: User, **more: Any) -> Adjudication:
    """Leave the conflict unresolved."""
    given = {"reason": "ambiguous", "rationale": "", "client_id": uuid.uuid4()} | more
    return adjudication.close_unresolved(case=case, by=by, **given)
