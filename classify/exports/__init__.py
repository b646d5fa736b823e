"""Exports: the classified file, the decisions behind it, the codebook, streamed as rows.

Rows leave the database through COPY, one after the other, so memory stays flat whatever the size, and all of
one export is one statement: one snapshot. Nothing here is blind; whoever hands a file to somebody asks
`classify.visibility` first.
"""

from __future__ import annotations

from collections.abc import Iterator

from classify.codebooks import text_of
from classify.exports.decisions import tags, wide
from classify.exports.pseudonyms import hasher, key_of
from classify.exports.tables import Hash, Row, Table, as_csv, as_json
from classify.exports.votes import classified
from classify.models import CodebookVersion

__all__ = ["Hash", "Table", "as_csv", "as_json", "classified", "codebook", "hasher", "key_of", "tags", "wide"]


def codebook(version: CodebookVersion) -> Table:
    """One row per category; lists are put line under line into one cell."""
    book = text_of(version)
    header = (
        *("codebook", "codebook_version", "code", "label", "group", "definition"),
        *("include", "exclude", "examples", "key", "color"),
    )

    def rows() -> Iterator[Row]:
        for category in book.categories:
            lists = ("\n".join(each) for each in (category.include, category.exclude, category.examples))
            yield (
                book.code,
                version.number,
                *(category.code, category.label, category.group, category.definition),
                *lists,
                *(category.key, category.color),
            )

    return Table(header, rows())
