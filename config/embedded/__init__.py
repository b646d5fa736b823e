"""An embedded PostgreSQL for people who have none: started when needed, stopped by the last who leaves.

One installation is one ROLECALL_HOME. Inside it lie

    embedded.json    where data and socket are, when they cannot live in ROLECALL_HOME
    embedded.lock    held for the moment in which somebody starts or stops the server
    embedded.users   held, shared, by every process that uses the server
    pgpass           the random passwords, readable by the owner only
    postgres/        data, socket and log; belongs to the user the server runs as

`places` knows where things are, `server` how to start and stop one, `sessions` who uses it. PostgreSQL
refuses to run as the administrator: there it runs as another user of the machine, and nobody's folders are
opened for it.
"""

from config.embedded.places import connection_settings
from config.embedded.sessions import Status, hold, keep_alive, release, start, status, stop

__all__ = ["Status", "connection_settings", "hold", "keep_alive", "release", "start", "status", "stop"]
