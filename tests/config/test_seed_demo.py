"""The sample study: it loads, it shows the published table, repeating changes nothing, nobody is overrun."""

from __future__ import annotations

import csv
import json
import stat
from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command

from classify.models import Case, Decision, Round
from classify.reports import agreement_for, report_for
from classify.status import totals
from classify.verify import verify
from config.demo import build, study
from polls.importing.mapping import preview
from polls.importing.readers import open_path
from polls.models import Membership, Poll, User
from polls.problems import Refused
from polls.titles import comparison_key
from tests import factories
from tests.contract import run as run_command

DEMO = Path(study.__file__).parent


@pytest.fixture
def seeded(db, settings) -> list[study.Account]:
    """The sample study, loaded."""
    return study.seed(settings.ROLECALL_HOME, others_are_fine=False)


def test_the_report_shows_the_published_table(seeded):
    report = report_for(Round.objects.get(poll__slug="cx-head"))
    options = report.readings["final"].options
    assert [option.votes for option in options] == [117, 62, 56]
    assert [option.unresolved for option in options] == [0, 0, 0]
    assert [option.categories["contact-center"].n for option in options] == [84, 29, 17]
    assert [option.groups["cx-side"].n for option in options] == [33, 33, 39]
    shares = [round(100 * (option.categories["contact-center"].share or 0)) for option in options]
    assert shares == [72, 47, 30]
    assert [option.published_share for option in options] == [0.5, 0.26, 0.24]
    agreement = agreement_for(Round.objects.get(poll__slug="cx-head")).coefficients.krippendorffs_alpha
    assert 0.80 < (agreement.value or 0) < 0.88


def test_the_first_poll_is_done_and_the_second_waits_to_be_read(seeded):
    done, waiting = Round.objects.get(poll__slug="cx-head"), Round.objects.get(poll__slug="voice-owner")
    assert done.coding_closed_at is not None
    assert waiting.coding_closed_at is None
    stands = totals((case.status, 1) for case in done.cases.all())
    assert (stands["agreed"], stands["resolved"], done.cases.count()) == (191, 23, 214)
    assert set(waiting.cases.values_list("status", flat=True)) == {"waiting"}
    assert waiting.poll.votes.count() == 40
    assert not waiting.poll.options_are_ordered
    both = set(done.poll.votes.values_list("voter", flat=True)) & set(
        waiting.poll.votes.values_list("voter", flat=True)
    )
    assert len(both) == 10, "the same people meet the researcher again"
    assert verify().drift == ()
    decisions = Decision.objects.filter(round=done)
    assert set(decisions.values_list("evidence", flat=True)) == {"headline", "profile"}
    assert decisions.exclude(note="").count() > 10
    assert set(Case.objects.filter(status="resolved").values_list("resolved_by__username", flat=True)) == {
        "jude"
    }


def test_everybody_can_log_in_and_has_their_role(seeded):
    for account in seeded:
        assert authenticate(username=account.username, password=account.password)
    roles = dict(Membership.objects.filter(poll__slug="voice-owner").values_list("user__username", "role"))
    assert roles == {
        "ada": "admin",
        "rosa": "reviewer",
        "sam": "reviewer",
        "jude": "adjudicator",
        "vera": "viewer",
    }


def test_a_second_time_changes_nothing(seeded, settings):
    Poll.objects.filter(slug="voice-owner").update(question="Mine now")
    again = study.seed(settings.ROLECALL_HOME, others_are_fine=False)
    assert again == seeded
    assert Poll.objects.get(slug="voice-owner").question == "Mine now"
    assert Decision.objects.count() == 428
    path = Path(settings.ROLECALL_HOME) / study.ACCOUNTS_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_password_that_was_changed_is_not_printed(seeded, settings):
    rosa = User.objects.get(username="rosa")
    rosa.set_password("her own secret")
    rosa.save()
    again = {a.username: a.password for a in study.seed(settings.ROLECALL_HOME, others_are_fine=False)}
    assert again["rosa"] == ""
    assert again["sam"]
    assert User.objects.get(username="rosa").check_password("her own secret")


def test_a_database_with_other_people_is_left_alone(db, settings):
    factories.make_user("somebody")
    with pytest.raises(Refused, match="--yes"):
        study.seed(settings.ROLECALL_HOME, others_are_fine=False)
    assert User.objects.count() == 1
    assert not Poll.objects.exists()


def test_the_command_refuses_a_server_where_others_work_unless_told(db, monkeypatch):
    factories.make_user("somebody")
    monkeypatch.setenv("DATABASE_URL", "postgres://server/of-somebody")
    ran = run_command(monkeypatch, "seed_demo", "--json")
    assert ran.code == 1
    assert "1 other accounts" in ran.json["error"]


def test_the_command_prints_accounts_and_where_to_go(db, monkeypatch, settings):
    monkeypatch.setattr(study, "_read_and_resolve", lambda *_: None)
    ran = run_command(monkeypatch, "seed_demo")
    assert ran.code == 0
    kept = json.loads((Path(settings.ROLECALL_HOME) / study.ACCOUNTS_FILE).read_text())
    for username, password in kept.items():
        assert username in ran.out
        assert password in ran.out
    assert "http://127.0.0.1:8000/" in ran.out


# --- the files ------------------------------------------------------------------------------


def test_the_files_are_what_the_builder_writes(tmp_path, monkeypatch):
    written = {}
    monkeypatch.setattr(build, "_write", lambda name, header, rows: written.update({name: [header, *rows]}))
    build.main()
    assert set(written) == {"cx-head.csv", "cx-head-tags.csv", "voice-owner.csv"}
    for name, rows in written.items():
        with (DEMO / name).open(encoding="utf-8", newline="") as file:
            assert list(csv.reader(file)) == [list(row) for row in rows], name


def test_the_headlines_are_as_messy_as_real_ones():
    with (DEMO / "cx-head.csv").open(encoding="utf-8", newline="") as file:
        headlines = [row["Headline"] for row in csv.DictReader(file)]
    assert len(headlines) == 235
    assert len({comparison_key(text) for text in headlines} - {""}) == 213
    for hazard in ("|", "•", "·", " / ", ";", "\n", "&amp;", "\u00a0", "𝗖", "ＣＸ", "🎧", "ex-", "Aspiring"):
        assert any(hazard in text for text in headlines), hazard


@pytest.mark.parametrize("name", ["cx-head", "voice-owner"])
def test_the_columns_are_found_without_help(name):
    with open_path(DEMO / f"{name}.csv") as source:
        found = preview(source).mapping
    assert set(found.fields) >= {"name", "headline", "organisation", "profile_url", "option", "voted_at"}
    assert {extra for _, extra in found.extras} == {"Connection"}


def test_nobody_in_the_sample_is_real():
    for name in ("cx-head", "voice-owner"):
        with (DEMO / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            assert all("-demo-" in row["Profile URL"] for row in csv.DictReader(file))


def test_demo_gets_the_accounts_without_an_address(db, monkeypatch, settings):
    from io import StringIO

    monkeypatch.setattr(study, "_read_and_resolve", lambda *_: None)
    out = StringIO()
    call_command("seed_demo", stdout=out)
    assert "rosa" in out.getvalue()
    assert "http" not in out.getvalue()
