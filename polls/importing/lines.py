"""Text copied from a web page: one voter over several lines, as a list of poll voters on LinkedIn is copied.

A voter is known by a line such as “View Rosa Lux’s profile” or by a badge such as “• 2nd”, else by empty
lines around each name and what is below it; a mere list of names or titles is never taken for this.
Pure: no Django.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final, NamedTuple

HEADER: Final = ("name", "headline", "profile_url", "degree")
OTHER: Final = "other lines"
"""What is read of a voter. `option` follows where headings name options, `other lines` (a place, say) where
there are any."""

_LINES_PER_VOTER: Final = 20
_LONGEST: Final = 500
_FEWEST: Final = 3
_VIEW: Final = (
    r"View (?P<en>.{1,120}?)[’'′´`]s?\s+(?:full )?profile"
    r"|View profile for (?P<for>.{1,120}?)"
    r"|Profil von (?P<de>.{1,120}?) (?:anzeigen|ansehen)"
    r"|Voir le profil de (?P<fr>.{1,120}?)"
    r"|Ver el perfil de (?P<es>.{1,120}?)"
)
_BULLET: Final = r"[•·∙⋅]\s*[123](?:st|nd|rd|\.|er|e|º)\+?"
_WORDS: Final = (
    r"[123](?:st|nd|rd)\+? degree connection|Kontakt [123]\.\+? Grades|Relation de [123]er?e? niveau"
    r"|Out of network"
)
_BADGE: Final = rf"(?:{_BULLET}|{_WORDS})(?:\s*(?:{_BULLET}|{_WORDS}))*"
_VOTES: Final = r"(?:votes?|voters?|Stimmen?|votos?|voix|voti)"
_FIGURE: Final = r"\d{1,3}(?:[., ]\d{3})+|\d+"
_SHARE: Final = r"\d{1,3}(?:[.,]\d+)?\s?%"

_view_line = re.compile(rf"(?P<before>.*?)\s*(?:{_VIEW})\s*(?P<badge>{_BADGE})?", re.IGNORECASE)
_named_line = re.compile(rf"(?P<name>\S.{{0,120}}?)\s*(?P<badge>{_BULLET}(?:\s*(?:{_BULLET}|{_WORDS}))*)")
_badge_line = re.compile(_BADGE, re.IGNORECASE)
_bare_badge = re.compile(r"[123](?:st|nd|rd)\+?")
_pronouns = re.compile(r"\s*\([^()/]{1,20}(?:/[^()/]{1,20}){1,2}\)$")
_address = re.compile(r"(?:https?://)?(?:[\w-]+\.)*linkedin\.com/(?:in|pub|sales)/\S+", re.IGNORECASE)
_link = re.compile(r"\[(?P<name>[^\]]{1,120})\]\((?P<url>https?://[^()\s]*linkedin\.com/in/[^()\s]+)\)")
_figures_line = re.compile(
    rf"\(?(?:(?P<n>{_FIGURE})\s*{_VOTES}|{_SHARE})\)?(?:\s*[•·|,(]?\s*(?:(?P<m>{_FIGURE})\s*{_VOTES}|{_SHARE})\)?)?",
    re.IGNORECASE,
)
_heading_line = re.compile(
    rf"(?P<option>.{{1,140}}?)\s*(?:[•·|:–—-]|\()\s*(?:{_SHARE}\s*[•·|,(]\s*)?(?P<n>{_FIGURE})\s*{_VOTES}\)?"
    rf"(?:\s*[•·|,(]\s*{_SHARE}\)?)?",
    re.IGNORECASE,
)
_loose_heading = re.compile(
    rf"(?P<option>.{{1,140}}?)\s*(?:[•·|:–—-]\s*|\()?(?P<share>{_SHARE})\)?"
    rf"|(?P<option2>.{{1,140}}?)\s*\((?P<n>{_FIGURE})\)"
)
_person = re.compile(
    r"(?=.{3,60}$)(?:[^\W\d_a-z][\w'’.-]*,?|v[ao]n|de[rnl]?|d[aoi]s?|la|le|el|al|bin|y|e)"
    r"(?: (?:[^\W\d_a-z][\w'’.-]*,?|v[ao]n|de[rnl]?|d[aoi]s?|la|le|el|al|bin|y|e|\([^()]{1,20}\))){1,6}"
)
_noise = re.compile(
    r"(?:(?:[•·∙⋅]\s*)?you|-{2,}"
    r"|message|follow|following|connect|pending|withdraw|view|more|send inmail|nachricht|folgen|vernetzen"
    r"|gefolgt|ausstehend|suivre|se connecter|premium|verified|influencer|close|dismiss|previous|next|reset"
    r"|show (?:more|all)(?: results)?|load more(?: results)?|see (?:more|all)|mehr anzeigen|poll results"
    r"|dialog content (?:start|end)\.?|status is \w+|\d+ notifications?|\d+"
    r"|(?:\d+|.{1,200}? (?:is a|are)) (?:other )?mutual connections?"
    rf"|(?:{_FIGURE})\s*{_VOTES}\s*[•·].*"
    r"|\([^()/]{1,20}(?:/[^()/]{1,20}){1,2}\))",
    re.IGNORECASE,
)
_NOBODY: Final = frozenset({"linkedin member", "linkedin-mitglied", "utilisateur linkedin"})


class _Line(NamedTuple):
    """What a line is: `voter`, `badge`, `address`, `heading`, `loose`, `figures` or `text`."""

    kind: str
    text: str = ""
    degree: str = ""
    url: str = ""
    figure: int | None = None


@dataclass(slots=True)
class _Voter:
    name: str
    degree: str = ""
    url: str = ""
    lines: list[str] = field(default_factory=list)
    section: int = -1


@dataclass(slots=True)
class _Section:
    """An option that a heading names, and how many votes it says there are, null when it does not."""

    option: str
    votes: int | None


def read_lines(text: str) -> list[list[str]] | None:
    """The voters as rows below a header (HEADER), or null when the text is no such list."""
    raw = [" ".join(line.split()) for line in text.splitlines()]
    return _signed(raw) or _spaced(raw)


def _signed(raw: list[str]) -> list[list[str]] | None:
    """Voters that links to their profile or badges tell apart."""
    lines = [parsed for line in raw if line and (parsed := _parse(line))]
    signs = [line for line in raw if _is_sign(line)]
    if len(signs) < 2 or any(all(mark in sign for sign in signs) for mark in (",", ";", "|")):
        return None  # in a table of one line each, every line has its delimiter
    gathering = _Gathering()
    for parsed in lines:
        gathering.take(parsed)
    voters = gathering.voters
    if not voters or sum(map(bool, raw)) > _LINES_PER_VOTER * len(voters):
        return None
    return _rows(voters, gathering.sections)


def _spaced(raw: list[str]) -> list[list[str]] | None:
    """Voters with an empty line after each, all of the same two or three lines, the first of them a name."""
    voters: list[_Voter] = []
    sections: list[_Section] = []
    for paragraph in _paragraphs(raw):
        found = _heading_line.fullmatch(paragraph[0]) if len(paragraph) == 1 else None
        if found:
            sections.append(_Section(found["option"].strip(), _number(found["n"], paragraph[0])))
        else:
            voters.append(_Voter(paragraph[0], lines=paragraph[1:], section=len(sections) - 1))
    names = {voter.name.casefold() for voter in voters}
    lengths = {len(voter.lines) for voter in voters}
    if len(voters) < _FEWEST or len(lengths) > 1 or not lengths <= {1, 2} or len(names) < 0.9 * len(voters):
        return None
    if not all(_person.fullmatch(voter.name) for voter in voters):
        return None
    return _rows(voters, sections)


def _paragraphs(raw: list[str]) -> list[list[str]]:
    return [list(lines) for filled, lines in groupby(raw, key=bool) if filled]


def _is_sign(line: str) -> bool:
    """Whether the line is one that only such a page has."""
    if not line or len(line) > _LONGEST:
        return False
    return bool(_view_line.fullmatch(line) or _named_line.fullmatch(line) or _badge_line.fullmatch(line))


def _parse(line: str) -> _Line | None:
    """What the line is; null for buttons and the like."""
    if len(line) > _LONGEST:
        return _Line("text", line)
    if found := _view_line.fullmatch(line):
        said = next(found[group] for group in ("en", "for", "de", "fr", "es") if found[group])
        return _Line("voter", _name(said), _degree(found["badge"]))
    if found := _link.fullmatch(line):
        return _Line("voter", _name(found["name"]), url=found["url"])
    if _badge_line.fullmatch(line) or _bare_badge.fullmatch(line):
        return _Line("badge", line, _degree(line))
    if found := _named_line.fullmatch(line):
        return _Line("voter", _name(found["name"]), _degree(found["badge"]))
    if line.casefold() in _NOBODY:
        return _Line("voter", line)
    if _address.fullmatch(line):
        return _Line("address", url=line)
    if found := _figures_line.fullmatch(line):
        return _Line("figures", figure=_number(found["n"] or found["m"], line))
    if _noise.fullmatch(line):
        return None
    if found := _heading_line.fullmatch(line):
        return _Line("heading", found["option"].strip(), figure=_number(found["n"], line))
    if found := _loose_heading.fullmatch(line):
        option = found["option"] or found["option2"]
        return _Line("loose", line, url=option.strip(), figure=_number(found["n"], line))
    return _Line("text", _name(line))


class _Gathering:
    """Puts the lines of each voter together."""

    def __init__(self) -> None:
        self.voters: list[_Voter] = []
        self.sections: list[_Section] = []
        self._voter: _Voter | None = None
        self._before: list[str] = []

    @property
    def _texts(self) -> list[str]:
        """The lines of the voter at hand, or those above the first one."""
        return self._voter.lines if self._voter else self._before

    def take(self, line: _Line) -> None:
        if line.kind == "voter":
            self._take_voter(line)
        elif line.kind == "badge":
            self._take_badge(line)
        elif line.kind == "address":
            if self._voter and not self._voter.url:
                self._voter.url = line.url
        elif line.kind == "figures":
            self._take_figures(line)
        elif line.kind == "heading" or (line.kind == "loose" and not self._wants_headline()):
            self._open_section(line.url or line.text, line.figure)
        elif not (self._voter and self._wants_headline() and _same(self._voter.name, line.text)):
            self._texts.append(line.text)

    def _wants_headline(self) -> bool:
        return self._voter is not None and not self._voter.lines

    def _take_voter(self, line: _Line) -> None:
        if self._texts and _same(self._texts[-1], line.text):
            self._texts.pop()
        elif self._voter and not self._voter.lines and _same(self._voter.name, line.text):
            self._voter.degree = self._voter.degree or line.degree
            self._voter.url = self._voter.url or line.url
            return
        self._open_voter(line.text, line.degree, line.url)

    def _take_badge(self, line: _Line) -> None:
        """A badge belongs to the name just read; where lines came since, the last of them is a name."""
        if self._wants_headline() and self._voter:
            self._voter.degree = self._voter.degree or line.degree
        elif self._texts and not _bare_badge.fullmatch(line.text):
            name = self._texts.pop()
            if self._texts and _same(self._texts[-1], name):
                self._texts.pop()
            self._open_voter(name, line.degree, "")

    def _take_figures(self, line: _Line) -> None:
        """Figures on a line of their own are those of the option on the line above."""
        if self._texts:
            self._open_section(self._texts.pop(), line.figure)
        elif self.sections and self._voter is None and self.sections[-1].votes is None:
            self.sections[-1].votes = line.figure

    def _open_voter(self, name: str, degree: str, url: str) -> None:
        self._voter = _Voter(name, degree, url, section=len(self.sections) - 1)
        self.voters.append(self._voter)

    def _open_section(self, option: str, votes: int | None) -> None:
        self.sections.append(_Section(option, votes))
        self._voter, self._before = None, []


def _rows(voters: list[_Voter], sections: list[_Section]) -> list[list[str]]:
    with_option = _headings_are_options(voters, sections)
    with_others = any(len(voter.lines) > 1 for voter in voters)
    header = [*HEADER, *["option"] * with_option, *[OTHER] * with_others]
    rows = [header]
    for voter in voters:
        row = [voter.name, voter.lines[0] if voter.lines else "", voter.url, voter.degree]
        if with_option:
            row.append(sections[voter.section].option)
        if with_others:
            row.append("\n".join(voter.lines[1:]))
        rows.append(row)
    return rows


def _headings_are_options(voters: Iterable[_Voter], sections: list[_Section]) -> bool:
    """Whether each voter stands below the heading of what was voted for.

    Not so where options with votes have no voters below them: those headings are a row of tabs, of which one
    was open when the page was copied, and nothing says which.
    """
    below = [0] * len(sections)
    for voter in voters:
        if voter.section < 0:
            return False
        below[voter.section] += 1
    return bool(sections) and all(
        (section.votes is None or found <= section.votes) if found else section.votes == 0
        for section, found in zip(sections, below, strict=True)
    )


def _name(text: str) -> str:
    return _pronouns.sub("", text).strip()


def _same(one: str, other: str) -> bool:
    """Whether two lines name one person; some pages add letters after the name (“Rosa Lux, CCXP”)."""
    short, long = sorted((one.casefold(), other.casefold()), key=len)
    return long == short or (len(short) > 3 and long.startswith((short + ",", short + " (")))


def _degree(badge: str | None) -> str:
    found = re.search(r"([123])[^\d+]*(\+?)", badge or "")
    return {"1": "1st", "2": "2nd", "3": "3rd"}[found[1]] + found[2] if found else ""


def _number(figure: str | None, line: str) -> int | None:
    """Votes that a heading speaks of; null when it has a share only, but 0 % is no vote."""
    if figure:
        return int(re.sub(r"\D", "", figure))
    return 0 if re.search(r"(?<![\d.,])0+(?:[.,]0+)?\s?%", line) else None
