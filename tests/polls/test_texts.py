"""Options that are one, and addresses that are one person's."""

from __future__ import annotations

import re

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
        "https://www.linkedin.com/in/rosa-luz/detail/contact-info/",
        "https://www.linkedin.com/in/rosa-luz?originalSubdomain=uk&lipi=urn%3Ali",
        "HTTPS://DE.LinkedIn.com/IN/rosa-luz/",
        "<https://www.linkedin.com/in/rosa-luz>",
        "https://www.linkedin.com/in/rosa-luz\u200b",
        "\ufeffwww.linkedin.com/in/rosa-luz",
    ],
)
def test_spellings_of_one_profile_are_one(address: str) -> None:
    assert normalise_url(address) == "linkedin.com/in/rosa-luz"


def test_the_internal_ids_of_profiles_keep_their_case() -> None:
    assert normalise_url("https://www.linkedin.com/in/ACoAAB1x") != normalise_url(
        "https://linkedin.com/in/acoaab1x"
    )


@pytest.mark.parametrize(
    "address",
    [
        "https://www.linkedin.com/in/ACwAAB1xYz",
        "https://www.linkedin.com/sales/lead/ACwAAB1xYz,NAME_SEARCH,k0-_",
        "https://www.linkedin.com/sales/people/ACwAAB1xYz,name,AbCd?_ntb=x",
        "https://www.linkedin.com/sales/lead/ACwAAB1xYz/",
    ],
)
def test_links_of_the_sales_navigator_name_the_member(address: str) -> None:
    assert normalise_url(address) == "linkedin.com/in/ACwAAB1xYz"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "https://www.linkedin.com/pub/rosa-luz/1/2a/3b4",
            "http://uk.linkedin.com/pub/Rosa-Luz/1/2A/3b4/?trk=x",
        ),
        ("linkedin.com/profile/view?id=AbC&trk=1", "https://www.linkedin.com/profile/view/?trk=2&id=AbC"),
        ("https://www.linkedin.com/in/j%C3%B6rg-m", "https://www.linkedin.com/in/j%c3%b6rg-m/"),
        ("https://www.linkedin.com/in/j%C3%B6rg-m", "https://www.linkedin.com/in/jörg-m"),
        ("https://www.linkedin.com/in/jo\u0308rg-m", "https://www.linkedin.com/in/jörg-m"),
        ("https://example.org/%7Erosa", "example.org/~rosa"),
        ("https://example.org/J%c3%b6rg?fbclid=1", "https://example.org/Jörg?mc_cid=2"),
    ],
)
def test_one_profile_in_two_other_spellings_is_one(one: str, other: str) -> None:
    assert normalise_url(one) == normalise_url(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("linkedin.com/pub/rosa-luz/1/2a/3b4", "linkedin.com/pub/rosa-luz/5/6b/7c8"),
        ("linkedin.com/profile/view?id=AbC", "linkedin.com/profile/view?id=abc"),
        ("https://example.org/a%2Fb", "https://example.org/a/b"),
        ("https://example.org/a%3Fb", "https://example.org/a?b"),
        ("https://example.org/%FF", "https://example.org/%FE"),
    ],
)
def test_two_profiles_in_spellings_alike_stay_two(one: str, other: str) -> None:
    assert normalise_url(one) != normalise_url(other)


@pytest.mark.parametrize(
    "address",
    [
        "https://www.linkedin.com/company/acme/",
        "linkedin.com/Company/12345",
        "https://www.linkedin.com/school/acme-university",
        "https://de.linkedin.com/showcase/acme-cx/about/",
    ],
)
def test_the_page_of_a_company_is_nobodys_profile(address: str) -> None:
    with pytest.raises(ValueError, match="is the page of a company, not the profile of a person"):
        normalise_url(address)


@pytest.mark.parametrize(
    "address", ["https://www.linkedin.com", "linkedin.com/in/", "linkedin.com/sales/lead/"]
)
def test_an_address_that_stops_before_the_name_is_nobodys(address: str) -> None:
    with pytest.raises(ValueError, match="names nobody's profile"):
        normalise_url(address)


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
        "https://www.linkedin.com/in/rosa%00luz",
    ],
)
def test_what_is_no_web_address_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="is no web address"):
        normalise_url(bad)
    with pytest.raises(ValueError, match="is no web address"):
        web_address(bad)


@given(
    st.one_of(
        st.text(max_size=40),
        st.text(max_size=40).map(lambda text: "https://example.org/" + text),
        st.binary(max_size=8).map(lambda data: "https://example.org/" + "".join(f"%{b:02x}" for b in data)),
        st.binary(max_size=8).map(lambda data: "linkedin.com/in/a" + "".join(f"%{b:02x}" for b in data)),
        st.text(max_size=40).map(lambda text: "https://www.linkedin.com/in/" + text),
    )
)
def test_whatever_is_kept_is_http_and_says_the_same_again(text: str) -> None:
    try:
        key, address = normalise_url(text), web_address(text)
    except ValueError:
        return
    assert not address or address.lower().startswith(("http://", "https://"))
    if key:
        assert normalise_url(address) == key
        assert not re.search("[\ud800-\udfff\x00]", key) or re.search("[\ud800-\udfff\x00]", text)


@given(st.from_regex(r"https?://(www\.)?linkedin\.com/in/[A-Za-z0-9_-]{1,20}/?", fullmatch=True))
def test_the_quick_way_reads_an_address_as_taking_it_apart_does(address: str) -> None:
    assert normalise_url(address) == normalise_url(address + "?trk=x")
    assert web_address(address) == address


def test_a_slug_reads_as_a_sentence() -> None:
    assert sentence_from_slug("cx-head") == "Cx head"
