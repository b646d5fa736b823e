"""What workers do by the clock: work that is held too long goes back, and who asked for it is reminded."""

from __future__ import annotations

from procrastinate.contrib.django import app

from classify import nudging, rounds
from polls import jobs


@app.periodic(cron="23 * * * *")
@app.task(name="classify.return_held_work", queue=jobs.QUEUE, queueing_lock="return_held_work")
def return_held_work(timestamp: int) -> None:
    """Give back the cases of reviewers who have not decided for as long as their round allows."""
    rounds.return_held_work()


@app.periodic(cron="41 * * * *")
@app.task(name="classify.nudge", queue=jobs.QUEUE, queueing_lock="nudge")
def nudge(timestamp: int) -> None:
    """Remind reviewers by e-mail, in rounds that say so."""
    nudging.send_due()
