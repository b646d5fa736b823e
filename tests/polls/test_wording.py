"""Figures in words."""

from __future__ import annotations

import pytest

from polls.wording import missing, percent, printed


@pytest.mark.parametrize(
    ("share", "decimals", "text"),
    [
        (None, 1, ""),
        (0.0, 1, "0.0 %"),
        (4 / 11, 1, "36.4 %"),
        (2 / 3, 1, "66.7 %"),
        (0.9999, 1, "100.0 %"),
        (0.125, 0, "13 %"),
        (0.498, 1, "49.8 %"),
        (1.0, 0, "100 %"),
    ],
)
def test_a_share_is_rounded_not_cut(share, decimals, text):
    assert percent(share, decimals) == text


@pytest.mark.parametrize(
    ("share", "digits", "text"),
    [
        (None, None, ""),
        (0.5, None, "50 %"),
        (0.5, 1, "50.0 %"),
        (0.265, None, "26.5 %"),
        (0.3333, 1, "33.33 %"),
    ],
)
def test_a_published_share_is_shown_as_it_was_printed(share, digits, text):
    assert printed(share, digits) == text


@pytest.mark.parametrize(
    ("least", "most", "text"),
    [(None, None, ""), (0, 0, "none"), (0, 3, "at most 3"), (2, 2, "2"), (2, 4, "2 to 4")],
)
def test_who_is_missing_is_said_in_bounds(least, most, text):
    assert missing(least, most) == text
