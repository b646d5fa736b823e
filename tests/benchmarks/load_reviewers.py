"""Reviewers as locust plays them: each reads their cards in order, decides, and waits as long as people do.

Told by the environment (see `bench_load`): LOAD_PLAN, a JSON file with the address under which the round is
read and one cookie per reviewer; LOAD_RESULT, where to write what the server acknowledged and how long each
took; LOAD_PAUSE, the shortest and the longest pause between two decisions, in seconds.
One answer in ten is taken for lost: the same decision is sent again, as a page does.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import time
import uuid
from pathlib import Path
from typing import Any

from locust import FastHttpUser, between, events, task

PLAN: dict[str, Any] = json.loads(Path(os.environ["LOAD_PLAN"]).read_text())
SHORTEST, LONGEST = (float(part) for part in os.environ["LOAD_PAUSE"].split())
VERDICTS = [*PLAN["codes"], "unsure"]
RESENT = 0.1
RESULT: dict[str, list[Any]] = {"stored": [], "seconds": [], "failed": []}
NEXT = itertools.count()


class Reviewer(FastHttpUser):
    """One of them. Their client ids are made here, as the page makes them."""

    host = PLAN["host"]
    wait_time = between(SHORTEST, LONGEST)

    def on_start(self) -> None:
        self.cards: list[dict[str, Any]] = []
        self.done = False
        self.cookie = PLAN["cookies"][next(NEXT) % len(PLAN["cookies"])]
        # They did not all sit down in the same second.
        time.sleep(random.uniform(0, LONGEST))

    def headers(self) -> dict[str, str]:
        token = "a" * 32
        return {"Cookie": f"sessionid={self.cookie}; csrftoken={token}", "X-CSRFToken": token}

    @task
    def decide(self) -> None:
        if not self.cards and not self.done:
            reply = self.client.get(f"{PLAN['read']}upcoming/?n=5", headers=self.headers(), name="upcoming")
            self.cards = reply.json()["upcoming"]
            self.done = not self.cards
        if self.done:
            return
        card, verdict = self.cards.pop(0), random.choice(VERDICTS)
        after = self.cards[-1]["place"] if self.cards else ""
        sent = {"verdict": verdict, "client_id": str(uuid.uuid4()), "milliseconds": "1500", "after": after}
        reply = self.send(card, sent)
        if reply is not None and random.random() < RESENT:
            again = self.send(card, sent)
            if again is not None and {**again, "upcoming": 0} != {**reply, "upcoming": 0}:
                RESULT["failed"].append(["a repeat was answered otherwise", sent["client_id"]])
        if reply is not None:
            held = {one["case"] for one in self.cards} | {card["case"]}
            self.cards += [one for one in reply["upcoming"] if one["case"] not in held]

    def send(self, card: dict[str, Any], sent: dict[str, str]) -> dict[str, Any] | None:
        """The reply, None where it is not a 200."""
        began = time.perf_counter()
        path = f"{PLAN['read']}{card['case']}/decide/"
        reply = self.client.post(path, data=sent, headers=self.headers(), name="decide")
        RESULT["seconds"].append(time.perf_counter() - began)
        if reply.status_code != 200:
            RESULT["failed"].append([reply.status_code, (reply.text or "")[:300]])
            return None
        RESULT["stored"].append([sent["client_id"], card["case"], sent["verdict"], self.cookie])
        answer: dict[str, Any] = reply.json()
        return answer


@events.quitting.add_listener
def write_down(**_: Any) -> None:
    """What was acknowledged, for who compares it with the database."""
    Path(os.environ["LOAD_RESULT"]).write_text(json.dumps(RESULT))
