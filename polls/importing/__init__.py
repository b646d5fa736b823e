"""The import pipeline: readers (bytes to rows) -> mapping (headers to fields) -> validate -> load.

From a page or a command:

    source = readers.open_upload(file, name="voters.csv")  # or open_path(path)
    preview = mapping.preview(source, Reading(columns={"option": "Vote"}))  # guessed columns, first rows
    report = load.run_import(source=source, poll="cx-head", by=user, reading=Reading(...), dry_run=True)
"""
