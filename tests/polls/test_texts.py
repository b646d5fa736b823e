"""Options that are one, and addresses that are one person's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polls.texts import normalise_url, option_key, sentence_from_slug, web_address


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Yes", " yes "),
        ("Don’t know", "Don't  know"),
        ("“Maybe”", '"maybe"'),
        ("Ｙｅｓ", "yes"),
        ("Very\u00a0important", "very important"),
    ],
)
def test_options_match_after_straightening(one: str, other: str) -> None:
    assert option_key(one) == option_key(other)


def test_different_options_stay_different() -> None:
    assert option_key("Very important") != option_key("Not very important")


@pytest.mark.parametrize(
    "address",
    [
        "https://www.linkedin.com/in/rosa-luz/",
        "http://linkedin.com/in/rosa-luz",
        "linkedin.com/in/Rosa-Luz?trk=people",
        "https://uk.linkedin.com/in/rosa-luz#about",
        "https://www.linkedin.com/in/rosa-luz/de",
        "https://www.linkedin.com/in/rosa-luz/en-us/",
        "//www.linkedin.com//in/rosa-luz",
        " https://m.linkedin.com/in/rosa%2Dluz ",
    ],
)
def test_spellings_of_one_profile_are_one(address: str) -> None:
    assert normalise_url(address) == "linkedin.com/in/rosa-luz"


def test_the_internal_ids_of_profiles_keep_their_case() -> None:
    assert normalise_url("https://www.linkedin.com/in/ACoAAB1x") != normalise_url(
        "https://linkedin.com/in/acoaab1x"
    )


def test_elsewhere_the_path_keeps_its_case_and_the_query_what_matters() -> None:
    assert normalise_url("https://Example.ORG/People?id=7&utm_source=x#top") == "example.org/People?id=7"
    assert normalise_url("https://example.org:8443/a/") == "example.org:8443/a"


@pytest.mark.parametrize("nothing", ["", " ", "-", "N/A", "none", "#N/A", "?"])
def test_a_placeholder_is_no_address(nothing: str) -> None:
    assert normalise_url(nothing) == web_address(nothing) == ""


@pytest.mark.parametrize(
    "bad",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://example.org/x",
        "rosa",
        "https://",
        "https://[::1",
        "http://a:b/",
        "https://exa mple",
        "rosa@example.org",
        "mailto:rosa@example.org",
        "https://linkedin.com@evil.example/in/rosa",
        "https://<script>.com",
    ],
)
def test_what_is_no_web_address_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="is no web address"):
        normalise_url(bad)
    with pytest.raises(ValueError, match="is no web address"):
        web_address(bad)


@given(st.text(max_size=40))
def test_whatever_is_kept_is_http_and_says_the_same_again(text: str) -> None:
    try:
        key, address = normalise_url(text), web_address(text)
    except ValueError:
        return
    assert not address or address.lower().startswith(("http://", "https://"))
    if key:
        assert normalise_url(address) == key


def test_a_slug_reads_as_a_sentence() -> None:
    assert sentence_from_slug("cx-head") == "Cx head"
