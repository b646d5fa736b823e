"""What people and browsers read.

Nothing unfinished, nothing of one machine, no inline code, every word translatable.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.files import FILES, name_of, templates, texts

# Put together from pieces, so that this file does not contain what it looks for.
UNFINISHED = re.compile(
    r"\b("
    + "|".join(
        [
            "TO" + "DO",
            "FIX" + "ME",
            "XX" + "X",
            "NotImplemented" + "Error",
            r"(?:pytest|unittest|mark)\.(?:sk" + "ip|x" + "fail)",
            "sk" + "ip(?:if|If|Unless|Test)",
            "importor" + "skip",
        ]
    )
    + r")\b"
)
REGISTRIES = re.compile(
    "|".join(
        re.escape(".".join(pieces))
        for pieces in [
            ("pypi", "org"),
            ("python" + "hosted", "org"),
            ("registry", "npmjs"),
            ("npmjs", "com"),
            ("deb", "debian"),
            ("proxy", "golang"),
            ("crates", "io"),
        ]
    )
)
MACHINE_PATHS = re.compile(
    "|".join(["/wo" + "rk/", "/ro" + "ot/", "/tmp/(?:bri" + "ef|home-h|bash_" + "jobs)"])
)


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        pytest.param(UNFINISHED, "finish it, or refuse it with a sentence", id="unfinished"),
        pytest.param(REGISTRIES, "name no address of a package registry", id="registry"),
        pytest.param(MACHINE_PATHS, "name no absolute path of one machine", id="machine path"),
    ],
)
def test_no_file_says(pattern: re.Pattern[str], why: str):
    found = [
        f"{name}:{number}: {match[0]}: {why}"
        for name, text in texts()
        for number, line in enumerate(text.splitlines(), start=1)
        if (match := pattern.search(line))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (UNFINISHED, "# TO" + "DO later"),
        (UNFINISHED, "@pytest.mark.sk" + "ip"),
        (REGISTRIES, "https://pypi" + ".org/simple"),
        (MACHINE_PATHS, "/wo" + "rk/main"),
    ],
)
def test_the_patterns_do_find_what_they_are_for(pattern: re.Pattern[str], line: str):
    assert pattern.search(line)


INLINE = [
    (re.compile(r"<script(?![^>]*\ssrc=)", re.IGNORECASE), "an inline script"),
    (re.compile(r"<style", re.IGNORECASE), "an inline style sheet"),
    (re.compile(r"\sstyle\s*=", re.IGNORECASE), "a style attribute; SVG uses presentation attributes"),
    (re.compile(r"\s(on[a-z]+|hx-on[\w:-]*)\s*=", re.IGNORECASE), "an event attribute"),
    (re.compile(r"javascript:|[\"']js:", re.IGNORECASE), "code in an attribute"),
    (re.compile(r"(?:src|href)=[\"'](?:https?:)?//", re.IGNORECASE), "something from another host"),
]


def _without_comments(text: str) -> str:
    text = re.sub(r"{#.*?#}", "", text)
    return re.sub(r"{%\s*comment.*?endcomment\s*%}", "", text, flags=re.DOTALL)


def _markup() -> list[Path]:
    return [
        *templates(),
        *(path for path in FILES if path.suffix == ".svg" and not name_of(path).startswith("docs/")),
    ]


def test_no_template_and_no_picture_holds_code_or_style():
    """The policy the browser holds would refuse it, silently, on somebody's screen."""
    found = [
        f"{name_of(path)}: {what}: {match[0].strip()}"
        for path in _markup()
        for pattern, what in INLINE
        if (match := pattern.search(_without_comments(path.read_text(encoding="utf-8"))))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "line",
    [
        "<script>x</script>",
        "<style>",
        '<p style="color:red">',
        '<a onclick="x()">',
        '<a hx-on:click="x()">',
        '<a href="javascript:x">',
        '<img src="//elsewhere.example/x">',
    ],
)
def test_inline_code_would_be_found(line: str):
    assert any(pattern.search(line) for pattern, _ in INLINE)


TRANSLATED = re.compile(
    r"{%\s*(blocktranslate|blocktrans)\b.*?%}.*?{%\s*endblocktrans(?:late)?\s*%}", flags=re.DOTALL
)
NOT_SHOWN = re.compile(r"{%\s*block page_class\s*%}.*?{%\s*endblock\s*%}", flags=re.DOTALL)
SPOKEN_ATTRIBUTES = re.compile(
    r"\b(aria-label|title|placeholder|alt|data-confirm)=\"([^\"{]*[A-Za-z]{3}[^\"{]*)\""
)
UNTRANSLATED_WORDS = {"Rolecall", "Role", "call", "CSV", "JSON", "SVG", "URL", "Esc", "Enter", "Ctrl"}
"""Names, and words that are the same in every language."""


def _untranslated(text: str) -> list[str]:
    text = NOT_SHOWN.sub(" ", TRANSLATED.sub(" ", _without_comments(text)))
    spoken = [match[2] for match in SPOKEN_ATTRIBUTES.finditer(text)]
    # Tags of templates first: they hold > and quotes of their own.
    text = re.sub(r"{%.*?%}|{{.*?}}", " ", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->|<(?:[^>\"']|\"[^\"]*\"|'[^']*')*>", " ", text, flags=re.DOTALL)
    text = re.sub(r"&[a-z]+;|&#\d+;", " ", text)
    words = re.findall(r"[A-Za-z][A-Za-z'’-]+", text) + [word for part in spoken for word in part.split()]
    return [word for word in words if word not in UNTRANSLATED_WORDS]


def test_every_word_on_a_page_goes_through_translation():
    found = [
        f"{name_of(path)}: {' '.join(words[:12])}"
        for path in templates()
        if (words := _untranslated(path.read_text(encoding="utf-8")))
    ]
    assert not found, "\n".join(found)


def test_an_untranslated_word_would_be_found():
    assert _untranslated('<p class="x">Resolve {{ n }} conflicts</p>') == ["Resolve", "conflicts"]
    assert _untranslated('<a aria-label="Next page" href="{% url \'home\' %}">{{ x }}</a>') == [
        "Next",
        "page",
    ]
    assert not _untranslated(
        '{% translate "Hello" %}{% blocktranslate %}Hello {{ x }}{% endblocktranslate %}'
    )
