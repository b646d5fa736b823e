"""`undo_import`: the newest import or one by number, first on trial, with one document or one sentence."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import call_command

from polls.importing.load import run_import
from polls.importing.readers import open_upload
from polls.models import Batch, Poll, Vote

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_listens(settings: Any) -> None:
    settings.ROLECALL_AFTER_IMPORT = ""


@pytest.fixture
def batches(poll: Poll) -> list[Batch]:
    """Two imports of one voter each."""
    for voter in ("v1", "v2"):
        text = f"voter_id,headline,option\n{voter},Agent,Extremely important\n"
        with open_upload(text, name=f"{voter}.csv") as source:
            run_import(source=source, poll=poll.slug, by=None)
    return list(Batch.objects.order_by("pk"))


def run(*arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    try:
        call_command("undo_import", *map(str, arguments), stdout=out, stderr=err)
    except SystemExit as leaving:
        code = int(str(leaving.code))
    return code, out.getvalue(), err.getvalue()


def counted() -> list[str]:
    live = Vote.objects.filter(voided_at__isnull=True)
    return sorted(live.values_list("voter__keys__value", flat=True))


def test_on_trial_nothing_is_undone(batches: list[Batch]) -> None:
    code, out, err = run("--poll", "cx-head", "--dry-run", "--json")
    document = json.loads(out)
    assert (code, err) == (0, "")
    assert (document["file"], document["dry_run"], document["votes"]) == ("v2.csv", True, 1)
    assert counted() == ["v1", "v2"]


def test_the_newest_goes_first_and_then_the_one_before(batches: list[Batch]) -> None:
    code, out, _ = run("--poll", "cx-head")
    assert code == 0
    assert out.startswith(f"v2.csv (import {batches[1].pk}) was undone: 1 votes stop counting")
    assert counted() == ["v1"]
    assert run("--poll", "cx-head")[0] == 0
    assert counted() == []
    assert run("--poll", "cx-head") == (1, "", "“cx-head” has no import that could be undone.\n")


def test_one_can_be_named_by_its_number(batches: list[Batch]) -> None:
    assert run("--poll", "cx-head", "--batch", batches[0].pk)[0] == 0
    assert counted() == ["v2"]
    code, out, err = run("--poll", "cx-head", "--batch", batches[0].pk)
    assert (code, out) == (1, "")
    assert "was undone already" in err
    assert run("--poll", "cx-head", "--batch", batches[0].pk, "--dry-run")[0] == 1


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["--poll", "nowhere"], 1, "There is no poll “nowhere”."),
        (["--poll", "cx-head", "--batch", "999999999"], 1, "“cx-head” has no import 999999999."),
        (["--poll", "CX Head"], 2, "CX Head"),
    ],
)
def test_what_cannot_be_undone_is_one_sentence(
    poll: Poll, arguments: list[str], code: int, sentence: str
) -> None:
    found, out, err = run(*arguments)
    assert (found, out) == (code, "")
    assert sentence in err
    assert err.count("\n") == 1


def test_a_batch_of_another_poll_is_not_undone(batches: list[Batch]) -> None:
    Poll.objects.create(slug="other", question="?")
    assert run("--poll", "other", "--batch", batches[0].pk)[0] == 1
    assert counted() == ["v1", "v2"]
