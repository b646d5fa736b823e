"""Whatever is sent, pasted or made of it, every page of an import answers in words."""

from __future__ import annotations

import html
import io
import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from polls.models import Vote
from tests import factories
from tests.polls.importing import workbooks
from tests.polls.views.looking import START, bring_in, chosen, offered, paste, send, text_of

YES, MAYBE, NO = factories.OPTIONS
DATA = Path(__file__).parents[2] / "data"
HEAD = "voter_id,name,option\n"


def workbook(rows):
    return workbooks.xlsx({"Votes": rows})


def zipped(name, content):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


HAZARDS = {
    "a web page called Excel": b"<html><table><tr><td>name</td><td>option</td></tr></table></html>",
    "JSON of a scraper": json.dumps(
        [{"actor": {"name": "Kim", "headline": "Agent"}, "reactionType": "LIKE"}]
    ),
    "a hint about the delimiter": f"sep=;\nvoter_id;name;option\nv1;Kim;{YES}\n",
    "lines ended by CR alone": f"voter_id,name,option\rv1,Kim,{YES}\r",
    "UTF-16 without a mark": f"{HEAD}v1,Kim,{YES}\n".encode("utf-16-le"),
    "UTF-32": f"{HEAD}v1,Kim,{YES}\n".encode("utf-32"),
    "a mark and nothing": b"\xef\xbb\xbf",
    "half a character at the end": f"{HEAD}v1,Kim,{YES}\nv2,Zo".encode() + b"\xc3",
    "lone surrogates": HEAD.encode() + b"v1,\xed\xa0\x80,x\n",
    "NUL bytes only": b"\x00" * 5000,
    "one long line": b"x" * 100_000,
    "quotes only": b'"' * 999,
    "commas only": b",,,,\n" * 50,
    "formulas made by normalising": f"{HEAD}v1,＝1+1,{YES}\nv2,@SUM(A1),{YES}\n",
    "right-to-left and zero-width letters": f"{HEAD}v1,\u202eevil\u200d\u2066,{YES}\n",
    "headers of nothing": f" , ,option\nv1,Kim,{YES}\n",
    "the same header often": f"name,name,name,option\na,b,c,{YES}\n",
    "a header of markup": f"<b>name</b>,option\n<i>Kim</i>,{YES}\n",
    "a header as long as a page": f"{'name ' * 3000},option\nKim,{YES}\n",
    "an empty zip": b"PK\x05\x06" + b"\x00" * 18,
    "a zip of a table": zipped("votes.csv", f"{HEAD}v1,Kim,{YES}\n"),
    "a zip that is cut": zipped("votes.csv", HEAD * 1000)[:60],
    "a bomb": zipped("xl/worksheets/sheet1.xml", b"0" * 50_000_000),
    "a workbook of nothing": workbooks.xlsx({"Empty": []}),
    "a workbook with errors in cells": workbook(
        [["name", "option"], ["Kim", workbooks.Failed("#N/A")], [workbooks.Formula("1+1", "Lee"), YES]]
    ),
    "an old workbook": workbooks.xls([["name", "option"], ["Kim", YES]]),
    "a protected workbook": workbooks.compound_file("EncryptedPackage", b"\x00" * 600),
}


def go_through(admin, url):
    """Every choice of the file as a whole, then the import: each answers, and nothing is a script."""
    answer = admin.get(url)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "Traceback" not in page
    for name in ("sheet", "table", "preset", "encoding"):
        if f'<select name="{name}"' not in page:
            continue
        for value in [*offered(page, name)[:2], "nonsense"]:
            answer = admin.post(url, chosen(page) | {name: value, "action": "look"}, follow=True)
            assert answer.status_code in {200, 422}, f"{name} {value}"
    page = admin.get(url).content.decode()
    answer = admin.post(url, chosen(page) | {"action": "import"})
    assert answer.status_code in {302, 422}
    if answer.status_code == 422:
        assert 'role="alert"' in answer.content.decode() or "reads right" in answer.content.decode()
    return text_of(page)


@pytest.mark.parametrize("kind", HAZARDS)
def test_no_file_breaks_a_page(kind, admin):
    content = HAZARDS[kind]
    text = go_through(admin, send(admin, content, "votes.csv"))
    assert "How will this be read?" in text


@pytest.mark.parametrize("kind", ["a hint about the delimiter", "UTF-16 without a mark"])
def test_what_can_be_read_is_imported(kind, admin):
    bring_in(admin, send(admin, HAZARDS[kind]))
    assert Vote.objects.get().voter.name == "Kim"


@pytest.mark.parametrize("path", sorted((DATA / "csv-spectrum").rglob("*.csv")), ids=lambda path: path.stem)
def test_the_corner_cases_of_csv_are_shown(path: Path, admin):
    go_through(admin, send(admin, path.read_bytes(), path.name))


def test_naughty_strings_are_shown_as_they_are(admin):
    naughty = json.loads((DATA / "blns" / "blns.json").read_text(encoding="utf-8"))
    cells = [text for text in naughty if text.strip()][:400]
    rows = "".join(
        f'v{number},"{text.replace(chr(34), chr(34) * 2)}",{YES}\n' for number, text in enumerate(cells)
    )
    url = send(admin, HEAD + rows)
    page = admin.get(url).content.decode()
    for text in cells[:10]:
        assert html.escape(text.strip()) in page
    assert admin.post(url, chosen(page) | {"action": "import"})["Location"].endswith("/result/")
    assert Vote.objects.count() == len(cells)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=300).filter(str.strip))
def test_whatever_is_pasted_is_answered_in_words(admin, text):
    if "\0" in text:
        # No browser sends one in a form; said at once.
        assert "Null characters are not allowed." in admin.post(START, {"pasted": text}).content.decode()
        return
    url = paste(admin, text)
    answer = admin.get(url)
    assert answer.status_code == 200
    assert admin.post(url, chosen(answer.content.decode()) | {"action": "import"}).status_code in {302, 422}
