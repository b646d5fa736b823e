"""The geometry of charts: bars fill their width, labels fit, texts wrap, colours stay readable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classify.charts import NARROW, WIDE, Bar, Series, ink_on, stacked_bars, text_width, wrap

SERIES = [Series("Contact Center", "#0072B2"), Series("CX", "#E69F00"), Series("Consultant", "#009E73")]


def drawn(*bars: Bar, width: int = WIDE, series=SERIES):
    return stacked_bars(series, bars, name="c", title="t", description="d", width=width)


def bar(*shares: float, text: str = "Yes", note: str = "n = 3") -> Bar:
    return Bar(text, note, shares, tuple(f"{share:.0%}" for share in shares), empty="Nothing")


def test_a_bar_is_as_long_as_its_shares():
    chart = drawn(bar(0.72, 0.19, 0.09))
    segments = chart.bars[0].segments
    assert [segment.x for segment in segments] == pytest.approx([0, 0.72 * WIDE, 0.91 * WIDE], abs=0.1)
    assert segments[-1].x + segments[-1].width == pytest.approx(WIDE - 2, abs=0.2)
    assert [segment.label for segment in segments] == ["72%", "19%", "9%"]


def test_a_label_that_does_not_fit_is_left_to_the_table():
    assert drawn(bar(0.98, 0.02, 0.0)).bars[0].segments[1].label == ""


def test_a_category_without_votes_draws_nothing_and_a_tiny_one_stays_visible():
    segments = drawn(bar(0.9999, 0.0, 0.0001)).bars[0].segments
    assert len(segments) == 2
    assert segments[1].width >= 1


def test_an_option_without_votes_says_so():
    chart = drawn(bar(0, 0, 0))
    assert chart.bars[0].segments == ()
    assert chart.bars[0].empty.text == "Nothing"
    assert drawn(bar(1, 0, 0)).bars[0].empty is None


def test_no_bar_and_no_series_is_an_empty_drawing():
    chart = drawn(series=[])
    assert chart.bars == ()
    assert chart.legend == ()
    assert chart.height > 0


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_legend_breaks_into_lines_that_fit(width):
    series = [Series(f"A fairly long category name {i}", "#0072B2") for i in range(8)]
    chart = drawn(bar(*[1 / 8] * 8), width=width, series=series)
    for item in chart.legend:
        assert item.text.x + text_width(item.text.text, 14) <= width + 1
    assert len({item.top for item in chart.legend}) > 1
    assert chart.bars[0].y > max(item.top for item in chart.legend)


@given(st.lists(st.text(max_size=60), min_size=1, max_size=5), st.sampled_from([WIDE, NARROW]))
def test_whatever_the_options_are_called_nothing_overlaps_or_runs_out(texts, width):
    chart = drawn(
        *(bar(0.5, 0.3, 0.2, text=text, note="n = 117, 12 unresolved") for text in texts), width=width
    )
    bottom = 0.0
    for one in chart.bars:
        assert one.lines[0].y > bottom
        assert all(line.y < one.y for line in one.lines)
        assert one.note.y < one.y
        for line in one.lines:
            assert text_width(line.text, 14) <= width
        bottom = one.y + chart.bar_height
    assert chart.height >= bottom


@given(st.text(max_size=300), st.floats(40, 800))
def test_wrapped_lines_fit_and_long_texts_end_in_an_ellipsis(text, room):
    lines = wrap(text, room, 14)
    assert 1 <= len(lines) <= 3
    assert all(text_width(line, 14) <= room for line in lines)
    if not lines[-1].endswith("…"):
        assert "".join(lines).replace(" ", "") == "".join(text.split())


def test_east_asian_letters_take_more_room():
    assert text_width("顧客体験", 14) == pytest.approx(56)
    assert text_width("abcd", 14) < 40


@pytest.mark.parametrize(
    ("color", "ink"),
    [("#0072B2", "#ffffff"), ("#E69F00", "#000000"), ("#F0E442", "#000000"), ("#332288", "#ffffff")],
)
def test_labels_stand_out_from_their_colour(color, ink):
    assert ink_on(color) == ink
