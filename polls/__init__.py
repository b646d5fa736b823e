"""Facts: what the poll said. Polls, options, voters, headlines, votes, imports, and who may take part.

Nothing in here knows that `classify` exists; what it tells or asks goes through hooks named in settings:
after votes changed (`ROLECALL_AFTER_IMPORT`) and before roles go (`ROLECALL_BEFORE_ROLES_GO`), in the same
transaction, who may see votes (`ROLECALL_MAY_SEE_VOTES`), and what waits for somebody who was deactivated
(`ROLECALL_WAITS_FOR`).
"""
