"""Facts: what the poll said. Polls, options, voters, headlines, votes, imports, and who may take part.

Nothing in here knows that `classify` exists; the one callback is the hook named in settings
(`ROLECALL_AFTER_IMPORT`), called in the same transaction as the change it reports.
"""
