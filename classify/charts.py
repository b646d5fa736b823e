"""The geometry of charts: plain numbers and texts in, places on a canvas out. Templates turn it into SVG.

A chart is drawn for a width and never asks a browser how wide a text is: it estimates, wraps and shortens, so
that the same picture comes out on a page, in a file and on paper. Colours and texts come in from outside.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

WIDE = 760
NARROW = 300

_LABEL = 14
_SMALL = 12
_BAR = 30
_GAP = 2
_LINE = 18
_MAX_LINES = 3


@dataclass(frozen=True, slots=True)
class Series:
    """One category: its name and its colour as #rrggbb."""

    label: str
    color: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One option: its text, a note such as "n = 117", and a share and a short label per series.

    Shares are of one whole and add up to 1; none at all draws an empty bar with ``empty`` written in it.
    """

    text: str
    note: str
    shares: tuple[float, ...]
    labels: tuple[str, ...]
    empty: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A text at a place; y is its baseline."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a bar. ``label`` is empty where it would not fit; ``ink`` is readable on ``color``."""

    x: float
    width: float
    color: str
    ink: str
    label: str
    label_x: float


@dataclass(frozen=True, slots=True)
class DrawnBar:
    """A bar in its place, with the lines of its text above it."""

    lines: tuple[Text, ...]
    note: Text
    y: float
    label_y: float
    segments: tuple[Segment, ...]
    empty: Text | None


@dataclass(frozen=True, slots=True)
class LegendItem:
    """A colour and its name; ``top`` is the upper edge of the swatch."""

    x: float
    top: float
    text: Text
    color: str


@dataclass(frozen=True, slots=True)
class StackedBars:
    """A finished drawing. ``name`` makes the ids of title and description unique on a page."""

    name: str
    title: str
    description: str
    width: int
    height: float
    bar_height: int
    legend: tuple[LegendItem, ...]
    bars: tuple[DrawnBar, ...]


@dataclass(frozen=True, slots=True)
class IntervalRow:
    """One estimate with its interval, and the bar it was to reach, all from 0 (or below) to 1. Without a
    value ``empty`` is written instead. ``filled`` says that the lower end reached the bar."""

    text: str
    note: str
    value: float | None
    low: float = 0.0
    high: float = 0.0
    bar: float | None = None
    filled: bool = False
    empty: str = ""


@dataclass(frozen=True, slots=True)
class DrawnInterval:
    """An estimate in its place: ``y`` is the middle of its line."""

    lines: tuple[Text, ...]
    note: Text
    y: float
    low_x: float
    value_x: float
    high_x: float
    bar_x: float | None
    drawn: bool
    filled: bool
    empty: Text


@dataclass(frozen=True, slots=True)
class Intervals:
    """A finished drawing of estimates below each other, on one scale."""

    name: str
    title: str
    description: str
    width: int
    height: float
    rows: tuple[DrawnInterval, ...]
    ticks: tuple[Text, ...]
    axis_y: float


def intervals(
    rows: Sequence[IntervalRow], *, name: str, title: str, description: str, width: int = WIDE
) -> Intervals:
    """Small dots with their intervals, each under its text, with a mark where its bar stands."""
    lowest = min([0.0, *(row.low for row in rows if row.value is not None)])
    lowest = math.floor(lowest * 5) / 5
    margin = 16.0

    def x(value: float) -> float:
        return round(margin + (value - lowest) / (1 - lowest) * (width - 2 * margin), 1)

    drawn, y = [], 0.0
    for row in rows:
        note_width = text_width(row.note, _SMALL)
        beside = note_width < width * 0.4
        y += 8
        lines = []
        for line in wrap(row.text, width - note_width - 16 if beside else float(width), _LABEL):
            y += _LINE
            lines.append(Text(0, y, line))
        if not beside:
            y += _LINE
        note = Text(width if beside else 0, y, row.note)
        y += 20
        bar = None if row.bar is None else x(row.bar)
        drawn.append(
            DrawnInterval(
                lines=tuple(lines),
                note=note,
                y=y,
                low_x=x(row.low),
                value_x=x(row.value or 0.0),
                high_x=x(row.high),
                bar_x=bar,
                drawn=row.value is not None,
                filled=row.filled,
                empty=Text(margin, y + 5, row.empty),
            )
        )
        y += 14
    steps = range(round(lowest * 5), 6)
    ticks = tuple(
        Text(x(step / 5), y + 24, f"{step / 5:.1f}".replace("-", "\N{MINUS SIGN}")) for step in steps
    )
    return Intervals(name, title, description, width, y + 32, tuple(drawn), ticks, y + 6)


def stacked_bars(
    series: Sequence[Series],
    bars: Sequence[Bar],
    *,
    name: str,
    title: str,
    description: str,
    width: int = WIDE,
) -> StackedBars:
    """Horizontal bars of shares, one per option, with a legend above and every label beside what it names."""
    legend, y = _legend(series, width)
    drawn = []
    for bar in bars:
        one, y = _bar(bar, series, width, y + 12)
        drawn.append(one)
    return StackedBars(name, title, description, width, y + 4, _BAR, legend, tuple(drawn))


def text_width(text: str, size: float) -> float:
    """An estimate that errs on the wide side: 0.58 em for a letter, a full em for East Asian ones."""
    return size * sum(1.0 if unicodedata.east_asian_width(letter) in "WF" else 0.58 for letter in text)


def wrap(text: str, room: float, size: float, most: int = _MAX_LINES) -> list[str]:
    """Lines that fit the room, at most ``most``; words longer than a line are cut, and the rest is "…"."""
    lines, line = [], ""
    for word in text.split():
        for piece in _pieces(word, room, size):
            candidate = f"{line} {piece}".strip()
            if line and text_width(candidate, size) > room:
                lines.append(line)
                line = piece
            else:
                line = candidate
    lines.append(line)
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    while last and text_width(last + "…", size) > room:
        last = last[:-1]
    return [*lines[: most - 1], last.rstrip() + "…"]


def ink_on(color: str) -> str:
    """White or near-black, whichever stands out more from the colour by WCAG's contrast."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "#ffffff" if 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.05 else "#000000"


def _legend(series: Sequence[Series], width: int) -> tuple[tuple[LegendItem, ...], float]:
    """Names from left to right, on as many lines as they need; and where the drawing goes on."""
    items = []
    x, y = 0.0, 14.0
    for each in series:
        label = wrap(each.label, width - 24, _LABEL, most=1)[0]
        needed = 18 + text_width(label, _LABEL)
        if x and x + needed > width:
            x, y = 0.0, y + _LINE + 4
        items.append(LegendItem(round(x, 1), y - 11, Text(round(x + 18, 1), y, label), each.color))
        x += needed + 14
    return tuple(items), y + 8 if items else 0.0


def _bar(bar: Bar, series: Sequence[Series], width: int, top: float) -> tuple[DrawnBar, float]:
    # The note stands beside the option's text where there is room for both, else on a line of its own.
    note_width = text_width(bar.note, _SMALL)
    beside = note_width < width * 0.4
    room = width - note_width - 16 if beside else float(width)
    y = top + 2
    lines = []
    for line in wrap(bar.text, room, _LABEL):
        y += _LINE
        lines.append(Text(0, y, line))
    if not beside:
        y += _LINE
    note = Text(width if beside else 0, y, bar.note)
    y += 8
    empty = Text(10, y + _BAR / 2 + 5, bar.empty) if not any(bar.shares) else None
    middle = y + _BAR / 2 + 5
    return DrawnBar(tuple(lines), note, y, middle, _segments(bar, series, width), empty), y + _BAR


def _segments(bar: Bar, series: Sequence[Series], width: int) -> tuple[Segment, ...]:
    segments = []
    x = 0.0
    for each, share, label in zip(series, bar.shares, bar.labels, strict=True):
        if share > 0:
            drawn = max(share * width - _GAP, 1.0)
            fits = text_width(label, _LABEL) + 10 <= drawn
            segments.append(
                Segment(
                    x=round(x, 1),
                    width=round(drawn, 1),
                    color=each.color,
                    ink=ink_on(each.color),
                    label=label if fits else "",
                    label_x=round(x + 8, 1),
                )
            )
            x += share * width
    return tuple(segments)


def _pieces(word: str, room: float, size: float) -> list[str]:
    pieces = []
    while text_width(word, size) > room:
        most = max(1, int(room / size))
        while most < len(word) and text_width(word[: most + 1], size) <= room:
            most += 1
        pieces.append(word[:most])
        word = word[most:]
    return [*pieces, word]
