"""Serve the pages: one process for the requests, threads in it, one that watches over it, and a worker beside
(`config.worker`) for the big imports.

Cookies are marked "secure" only with ROLECALL_HTTPS=1, for a site behind a proxy that speaks https: on the
plain http of one machine or one office network a browser would not send them back at all. What is typed there
can be read by others on that network; beyond it use https.
"""

import errno
import importlib
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing, nullcontext, suppress
from functools import partial
from typing import Any

from config import embedded, env, worker
from config.env import SetupError

DEFAULT_BIND = "127.0.0.1:8000"
# Two to three seconds and 100 MB to import: before the first report, never within a request.
SLOW_IMPORTS = ("numpy", "scipy.stats", "scipy.stats.contingency", "krippendorff")


def parse_bind(bind: str) -> tuple[str, int]:
    """("127.0.0.1", 8000) of "127.0.0.1:8000", "8000" or "[::]:8000". Raises SetupError."""
    host, _, port = bind.strip().rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise SetupError(f"{bind!r} is no address to serve on; write it like {DEFAULT_BIND} or 0.0.0.0:8000.")
    return host, int(port)


def check_free(host: str, port: int) -> None:
    """Raises SetupError, one sentence, when nothing can be served at that address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as problem:
        other = f"{host}:{port + 1}"
        if problem.errno == errno.EADDRINUSE:
            raise SetupError(
                f"Port {port} of {host} is taken by another program (another Rolecall?); stop that one, "
                f"or choose another port: BIND={other}."
            ) from None
        reason = "only the administrator may" if problem.errno == errno.EACCES else "no such address here"
        raise SetupError(f"Nothing can be served at {host}:{port}: {reason}.") from None


def network_addresses() -> list[str]:
    """This machine's addresses as a colleague on the same network would type them. Sends nothing."""
    found: list[str] = []
    with suppress(OSError), closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        # No packet leaves: the system only tells which of its addresses it would use.
        probe.connect(("192.0.2.1", 9))
        found.append(str(probe.getsockname()[0]))
    with suppress(OSError):
        entries = socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)
        found += [str(entry[4][0]) for entry in entries]
    return [one for one in dict.fromkeys(found) if not one.startswith("127.") and one != "0.0.0.0"]  # noqa: S104


def run_server(
    *, bind: str = DEFAULT_BIND, workers: int = 1, more: str = "", with_worker: bool = True
) -> None:
    """Serve until somebody stops it, `with_worker` with a process beside that does the big imports. `more` is
    printed after the address, once the pages answer.

    Raises SetupError when the address cannot be used.
    """
    from django.db import connections
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    host, port = parse_bind(bind)
    check_free(host, port)
    addresses = _let_in(host)
    # A worker is a fork: it must open its own.
    connections.close_all()
    first = multiprocessing.Lock()
    server = Granian(
        "config.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=min(9, 2 * multiprocessing.cpu_count() + 1),
        blocking_threads_idle_timeout=600,
        respawn_failed_workers=True,
        # The slow imports of the first seconds end first.
        workers_kill_timeout=20,
        websockets=False,
        log_level=LogLevels.warning,
    )
    loader = partial(_load, first, _probe_url(host, port), _greeting(host, port, addresses, more))
    with worker.kept() if with_worker else nullcontext():
        server.serve(target_loader=loader, wrap_loader=False)


def _let_in(host: str) -> list[str]:
    """Answer to the names under which this address is reached; the addresses for colleagues, if any."""
    from django.conf import settings

    if host in {"127.0.0.1", "localhost", "::1"}:
        return []
    everywhere = host in {"0.0.0.0", "::"}  # noqa: S104 - asked for by name
    addresses = network_addresses() if everywhere else [host]
    name = socket.gethostname().lower()
    own = [f"[{one}]" if ":" in one else one for one in addresses] + [name, f"{name}.local", socket.getfqdn()]
    settings.ALLOWED_HOSTS = list(dict.fromkeys([*settings.ALLOWED_HOSTS, *own]))
    # For workers that begin afresh instead of as a copy of this process.
    os.environ["ALLOWED_HOSTS"] = ",".join(settings.ALLOWED_HOSTS)
    return addresses


def _greeting(host: str, port: int, addresses: list[str], more: str) -> str:
    """What is printed last: where to go, and with which account."""
    local = "127.0.0.1" if not addresses or host in {"0.0.0.0", "::"} else host  # noqa: S104
    lines = ["", f"Rolecall is ready:  http://{_in_url(local)}:{port}/"]
    lines += [f"For a colleague on the same network:  http://{_in_url(one)}:{port}/" for one in addresses]
    if host in {"0.0.0.0", "::"} and not addresses:  # noqa: S104
        lines.append("This machine has no network address to give to a colleague right now.")
    lines += [more.strip("\n")] if more.strip() else []
    return "\n".join([*lines, "Stop it with Ctrl-C.", ""])


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _probe_url(host: str, port: int) -> str:
    local = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://{_in_url(local)}:{port}/healthz"


def _load(first: Any, url: str, greeting: str) -> Callable[..., Any]:
    """In each worker: the application, and a greeting by the first of them once the port answers."""
    from config.wsgi import application

    _leave_in_time()
    threading.Thread(target=_leave_with, args=(os.getppid(),), name="leave-with", daemon=True).start()
    if first.acquire(block=False):
        threading.Thread(target=_greet, args=(url, greeting), name="greeting", daemon=True).start()
    return application


def _leave_in_time(seconds: float = 3.0) -> None:
    """End this worker soon after it was asked to, when it does not by itself.

    While the slow imports run, the main thread may sleep through the signal; a thread that reads the system's
    own note of it does not. Requests under way have `seconds` to end.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)

    def leave() -> None:
        os.read(reading, 1)
        time.sleep(seconds)
        os._exit(0)

    threading.Thread(target=leave, name="leave-in-time", daemon=True).start()


def _leave_with(above: int) -> None:
    """End when the watching process was killed: what is left would keep the port from the next one."""
    while os.getppid() == above:
        time.sleep(worker.LOOK_EVERY)
    os._exit(1)


def _greet(url: str, greeting: str) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own address
                break
        except urllib.error.HTTPError:
            break  # it answers, if only to say that another name or https is wanted
        except OSError:
            time.sleep(0.05)
    sys.stdout.write(greeting + "\n")
    sys.stdout.flush()


def look_after() -> None:
    """In a process that answers requests: import what is slow beside the first ones, keep the server up."""
    threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()
    if not env.text("DATABASE_URL"):
        embedded.keep_alive(env.home())


def _warm_up() -> None:
    for name in SLOW_IMPORTS:
        importlib.import_module(name)
