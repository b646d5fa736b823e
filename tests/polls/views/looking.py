"""What tests of the import pages do: send a file, read the page, post what its selects say."""

from __future__ import annotations

import html
import re
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

START = "/polls/cx-head/import/"


def send(admin: Client, content: bytes | str, name: str = "voters.csv", start: str = START) -> str:
    """Upload, and the address of the second step."""
    data = content if isinstance(content, bytes) else content.encode()
    answer = admin.post(start, {"file": SimpleUploadedFile(name, data)})
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"]


def paste(admin: Client, text: str, start: str = START) -> str:
    """The same with text pasted."""
    answer = admin.post(start, {"pasted": text})
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"]


def text_of(page: str) -> str:
    """The texts of a page without its tags."""
    return html.unescape(" ".join(re.sub(r"<[^>]*>", " ", page.partition("<main")[2]).split()))


def look_at(admin: Client, url: str) -> str:
    """The texts of the second step."""
    answer = admin.get(url)
    assert answer.status_code == 200
    return text_of(answer.content.decode())


def chosen(page: str) -> dict[str, str]:
    """What the fields of the page's form are set to."""
    found = {}
    for name, options in re.findall(r'<select name="(\w+)"(.*?)</select>', page, re.DOTALL):
        value = re.search(r'value="([^"]*)" selected', options)
        found[name] = html.unescape(value[1]) if value else ""
    for tag in re.findall(r"<input [^>]*>", page.partition("<main")[2]):
        name = re.search(r'name="(\w+)"', tag)
        if name is None or name[1] in {"csrfmiddlewaretoken", "action"}:
            continue
        if 'type="checkbox"' in tag:
            found |= {name[1]: "on"} if " checked" in tag else {}
        elif value := re.search(r'value="([^"]*)"', tag):
            found[name[1]] = html.unescape(value[1])
    return found


def offered(page: str, name: str) -> list[str]:
    """The values that a select offers."""
    select = re.search(rf'<select name="{name}"(.*?)</select>', page, re.DOTALL)
    assert select is not None, f"there is no select {name}"
    return [html.unescape(value) for value in re.findall(r'<option value="([^"]*)"', select[1])]


def say(admin: Client, url: str, action: str = "look", **changes: Any) -> HttpResponse:
    """Post what the page shows, with some of it changed."""
    page = admin.get(url).content.decode()
    return admin.post(url, chosen(page) | changes | {"action": action})


def bring_in(admin: Client, url: str) -> str:
    """Import as the page stands; the texts of the result."""
    answer = say(admin, url, "import")
    assert answer.status_code == 302, text_of(answer.content.decode())
    assert answer["Location"] != url, look_at(admin, url)
    return look_at(admin, answer["Location"])
