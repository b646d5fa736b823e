"""Small workbooks, written with nothing but a zip: what a spreadsheet program would save."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

XLSX_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
ODF = "urn:oasis:names:tc:opendocument:xmlns"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
STYLES = (
    f'{HEAD}<styleSheet xmlns="{XLSX_MAIN}"><cellXfs count="5"><xf numFmtId="0"/><xf numFmtId="14"/>'
    '<xf numFmtId="22"/><xf numFmtId="21"/><xf numFmtId="46"/></cellXfs></styleSheet>'
)


class Formula(NamedTuple):
    """A cell that is calculated, with the value last saved."""

    formula: str
    value: str | float


class Failed(NamedTuple):
    """A cell that shows an error, such as #N/A."""

    error: str


type Cell = str | bool | int | float | date | datetime | time | timedelta | Formula | Failed | None
type Rows = Sequence[Sequence[Cell]]


def xlsx(
    sheets: Mapping[str, Rows | str],
    *,
    states: Mapping[str, str] | None = None,
    merged: Iterable[str] = (),
    date1904: bool = False,
) -> bytes:
    """An XLSX of these sheets: rows of cells, or the XML of their rows. `states` are `hidden` and
    `veryHidden`; `merged` are ranges such as `A2:A4`, in every sheet."""
    merges = "".join(f'<mergeCell ref="{each}"/>' for each in merged)
    parts = {
        "[Content_Types].xml": f'{HEAD}<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": _relations({"rId1": ("officeDocument", "xl/workbook.xml")}),
        "xl/workbook.xml": f'{HEAD}<workbook xmlns="{XLSX_MAIN}" xmlns:r="{OFFICE}">'
        f'<workbookPr date1904="{int(date1904)}"/><sheets>'
        + "".join(
            f'<sheet name={quoteattr(name)} sheetId="{number}" r:id="s{number}"'
            f" state={quoteattr((states or {}).get(name, 'visible'))}/>"
            for number, name in enumerate(sheets, start=1)
        )
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": _relations(
            {"styles": ("styles", "styles.xml")}
            | {
                f"s{number}": ("worksheet", f"worksheets/sheet{number}.xml")
                for number in range(1, len(sheets) + 1)
            }
        ),
        "xl/styles.xml": STYLES,
    }
    for number, rows in enumerate(sheets.values(), start=1):
        body = rows if isinstance(rows, str) else _rows(rows)
        parts[f"xl/worksheets/sheet{number}.xml"] = (
            f'{HEAD}<worksheet xmlns="{XLSX_MAIN}"><sheetData>{body}</sheetData>'
            + (f"<mergeCells>{merges}</mergeCells>" if merges else "")
            + "</worksheet>"
        )
    return zipped(parts)


def ods(sheets: Mapping[str, Rows]) -> bytes:
    """An ODS of these sheets."""
    spaces = " ".join(f'xmlns:{name}="{ODF}:{name}:1.0"' for name in ("office", "table", "text"))
    tables = "".join(
        f"<table:table table:name={quoteattr(name)}>"
        + "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows)
        + "</table:table>"
        for name, rows in sheets.items()
    )
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": f'{HEAD}<manifest:manifest xmlns:manifest="{ODF}:manifest:1.0"/>',
            "content.xml": f"{HEAD}<office:document-content {spaces}><office:body><office:spreadsheet>"
            f"{tables}</office:spreadsheet></office:body></office:document-content>",
        }
    )


def zipped(parts: Mapping[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these files."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def _relations(targets: Mapping[str, tuple[str, str]]) -> str:
    return (
        f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="{key}" Type="{OFFICE}/{kind}" Target="{target}"/>'
            for key, (kind, target) in targets.items()
        )
        + "</Relationships>"
    )


def _rows(rows: Rows) -> str:
    return "".join(
        f'<row r="{number}">'
        + "".join(
            _xlsx_cell(f"{column_name(place)}{number}", cell)
            for place, cell in enumerate(row)
            if cell is not None
        )
        + "</row>"
        for number, row in enumerate(rows, start=1)
    )


def column_name(index: int) -> str:
    """0 as A, 26 as AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def _xlsx_cell(place: str, cell: Cell) -> str:
    if isinstance(cell, str):
        return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>'
    if isinstance(cell, Formula):
        kind = ' t="str"' if isinstance(cell.value, str) else ""
        return f'<c r="{place}"{kind}><f>{escape(cell.formula)}</f><v>{escape(str(cell.value))}</v></c>'
    if isinstance(cell, Failed):
        return f'<c r="{place}" t="e"><v>{escape(cell.error)}</v></c>'
    if isinstance(cell, bool):
        return f'<c r="{place}" t="b"><v>{int(cell)}</v></c>'
    style, number = _serial(cell)
    return f'<c r="{place}" s="{style}"><v>{number!r}</v></c>'


def _serial(cell: Cell) -> tuple[int, float | int]:
    """The style and the number by which a workbook holds a date, a time or a number."""
    day = timedelta(days=1)
    if isinstance(cell, datetime):
        return 2, (cell - datetime(1899, 12, 30)) / day
    if isinstance(cell, date):
        return 1, (cell - date(1899, 12, 30)).days
    if isinstance(cell, time):
        return 3, (datetime.combine(date.min, cell) - datetime.min) / day
    if isinstance(cell, timedelta):
        return 4, cell / day
    assert isinstance(cell, int | float)
    return 0, cell


def _ods_cell(cell: Cell) -> str:
    if cell is None:
        return "<table:table-cell/>"
    kind, attribute, value = "string", "", str(cell)
    if isinstance(cell, bool):
        kind, attribute, value = "boolean", "boolean-value", str(cell).lower()
    elif isinstance(cell, int | float):
        kind, attribute = "float", "value"
    elif isinstance(cell, date):  # also a moment
        kind, attribute, value = "date", "date-value", cell.isoformat()
    held = f" office:{attribute}={quoteattr(value)}" if attribute else ""
    paragraphs = "".join(f"<text:p>{escape(line)}</text:p>" for line in value.split("\n"))
    return f'<table:table-cell office:value-type="{kind}"{held}>{paragraphs}</table:table-cell>'


def xls(rows: Rows, *, stream: str = "Workbook") -> bytes:
    """An old workbook (BIFF8) of one sheet called `Old`: texts and numbers."""
    cells = b"".join(
        _xls_cell(row, column, cell)
        for row, cells in enumerate(rows)
        for column, cell in enumerate(cells)
        if cell is not None
    )
    sheet = _record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 6)) + cells + _record(0x0A, b"")
    start = _record(0x809, struct.pack("<HHHHII", 0x600, 0x05, 0, 0, 0, 6))
    start += _record(0x42, struct.pack("<H", 1200))
    name = b"\x03\x00Old"
    at = len(start) + 4 + 6 + len(name) + 4
    return compound_file(
        stream, start + _record(0x85, struct.pack("<IH", at, 0) + name) + _record(0x0A, b"") + sheet
    )


def compound_file(stream: str, content: bytes) -> bytes:
    """A file of Microsoft's old container with one stream in it."""
    content = content.ljust(4096, b"\x00")  # smaller ones live elsewhere in the container
    content += b"\x00" * (-len(content) % 512)
    sectors = len(content) // 512
    end, free = 0xFFFFFFFE, 0xFFFFFFFF
    table = [0xFFFFFFFD, end, *range(3, sectors + 2), end]
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 16
    header += struct.pack("<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, end, 0, end, 0)
    header += struct.pack("<I", 0) + b"\xff" * (108 * 4)
    folder = _entry("Root Entry", 5, 1, end, 0) + _entry(stream, 2, free, 2, len(content))
    return (
        header
        + struct.pack(f"<{len(table)}I", *table).ljust(512, b"\xff")
        + folder.ljust(512, b"\x00")
        + content
    )


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def _xls_cell(row: int, column: int, cell: Cell) -> bytes:
    place = struct.pack("<HHH", row, column, 0)
    if isinstance(cell, str):
        text = cell.encode("utf-16-le")
        return _record(0x204, place + struct.pack("<HB", len(text) // 2, 1) + text)
    assert isinstance(cell, int | float)
    return _record(0x203, place + struct.pack("<d", cell))


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    text = name.encode("utf-16-le")
    return (
        text.ljust(64, b"\x00")
        + struct.pack("<HBBIII", len(text) + 2, kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
        + b"\x00" * 36
        + struct.pack("<IQ", start, size)
    )
