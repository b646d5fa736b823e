"""Report, agreement and chart as people see them, and who must not see them yet."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from django.urls import reverse
from django.utils import timezone

from classify.reports import verbatims
from tests import factories
from tests.classify.readings import make_round, read_case, read_study

pytestmark = pytest.mark.django_db
NBSP = "\N{NO-BREAK SPACE}"
PAGES = ["classify:report", "classify:agreement", "classify:report-chart"]


def close(round_):
    round_.coding_closed_at = timezone.now()
    round_.save()
    return round_


@pytest.fixture
def study(poll, rosa, sam, jude):
    poll.published_total = 235
    poll.save()
    return close(read_study(poll, [rosa, sam], jude))


@pytest.fixture
def round_(poll, rosa, sam):
    return make_round(poll, [rosa, sam])


def page(client, name, round_) -> str:
    response = client.get(reverse(name, args=[round_.poll.slug, round_.number]))
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("member", ["ada", "rosa", "sam", "jude", "vera"])
@pytest.mark.parametrize("name", PAGES)
def test_every_member_sees_results_once_coding_is_closed(study, client_for, member, name, request):
    user = request.getfixturevalue(member)
    assert page(client_for(user), name, study)


@pytest.mark.parametrize("name", PAGES)
def test_nobody_but_an_admin_sees_results_before_the_reveal(
    round_, poll, client_for, ada, rosa, jude, vera, name
):
    read_case(round_, [factories.make_vote(poll)], "cx", "cx")
    address = reverse(name, args=[poll.slug, round_.number])
    for user in (rosa, jude, vera):
        response = client_for(user).get(address)
        assert response.status_code == 403
        assert b"Contact Center" not in response.content
    assert client_for(ada).get(address).status_code == 200


@pytest.mark.parametrize("name", PAGES)
def test_an_admin_who_still_reads_sees_no_results(poll, client_for, sam, name):
    admin_and_reader = factories.make_member("ana", poll, "admin", "reviewer")
    round_ = make_round(poll, [admin_and_reader, sam])
    read_case(round_, [factories.make_vote(poll)], "cx", "cx")
    response = client_for(admin_and_reader).get(reverse(name, args=[poll.slug, round_.number]))
    assert response.status_code == 403


@pytest.mark.parametrize("name", PAGES)
def test_strangers_other_polls_and_unknown_rounds_are_404(study, client, client_for, nina, ada, name):
    address = reverse(name, args=[study.poll.slug, study.number])
    assert client_for(nina).get(address).status_code == 404
    assert client_for(ada).get(reverse(name, args=[study.poll.slug, 9])).status_code == 404
    other = factories.make_poll("other")
    assert client_for(ada).get(reverse(name, args=[other.slug, 1])).status_code == 404
    assert client.get(address).status_code == 302
    assert client_for(ada).post(address).status_code == 405


def test_the_report_tells_the_study(study, client_for, vera):
    html = page(client_for(vera), "classify:report", study)
    assert f"<strong>84 of 117 (72{NBSP}%)</strong>" in html
    assert f"<strong>17 of 56 (30{NBSP}%)</strong>" in html
    assert "The finding holds under each reviewer’s reading alone." in html
    assert "235 of 235" in html
    assert "matches the published total" in html
    assert "0.25" in html
    assert "z = −5.3." in html
    assert "CX side" in html
    assert f"(53{NBSP}%)" in html
    assert f"(70{NBSP}%)" in html
    assert "63 to 79 %" in html
    assert "chose to vote" in html
    assert "Categories of the codebook that no vote has: Other, Cannot tell." in html
    assert "still change" not in html


def test_no_voter_is_named_on_the_report(study, client_for, vera):
    html = page(client_for(vera), "classify:report", study)
    for word in ("Voter ", "rosa", ">sam", "jude"):
        assert word not in html


def test_charts_have_a_role_a_title_and_a_description_and_no_inline_style(study, client_for, vera):
    html = page(client_for(vera), "classify:report", study)
    assert html.count('role="img" aria-labelledby="chart-') == 2
    assert "Contact Center 84 (72" in html
    assert "<style" not in html
    assert " style=" not in html
    assert all(" src=" in tag for tag in re.findall("<script[^>]*>", html))


def test_the_chart_is_a_well_formed_file_of_its_own(study, client_for, vera):
    address = reverse("classify:report-chart", args=["cx-head", 1])
    response = client_for(vera).get(address)
    assert response["Content-Type"].startswith("image/svg+xml")
    assert 'filename="cx-head-round-1.svg"' in response["Content-Disposition"]
    svg = ET.fromstring(response.content)
    names = [element.tag.rpartition("}")[2] for element in svg.iter()]
    assert names[:3] == ["svg", "title", "desc"]
    texts = [element.text for element in svg.iter() if element.tag.endswith("text")]
    assert f"72{NBSP}%" in texts
    assert "n = 117" in texts
    assert "style" not in names
    # One background, three swatches, three bars of three pieces.
    assert names.count("rect") == 1 + 3 + 9


def test_an_admin_is_told_that_an_open_round_can_still_change(round_, poll, client_for, ada):
    read_case(round_, [factories.make_vote(poll)], "cx", "cx")
    for name in ("classify:report", "classify:agreement"):
        assert "is not closed" in page(client_for(ada), name, round_)


def test_a_practice_round_says_so(poll, rosa, sam, client_for, ada):
    round_ = close(make_round(poll, [rosa, sam], purpose="pilot"))
    read_case(round_, [factories.make_vote(poll)], "cx", "cx")
    assert "practice round" in page(client_for(ada), "classify:report", round_)


def test_an_empty_poll_and_an_unread_one_say_what_to_do_next(round_, poll, client_for, ada):
    client = client_for(ada)
    assert "Import votes" in page(client, "classify:report", round_)
    assert "No case has two categories yet" in page(client, "classify:agreement", round_)
    read_case(round_, [factories.make_vote(poll)], "cx")
    html = page(client, "classify:report", round_)
    assert "Nothing is classified yet" in html
    assert "1 of 1 cases lack a reading" in html
    assert "<svg class=" not in html.replace('<svg class="dot"', "")


def test_undefined_figures_are_explained_in_words(round_, poll, client_for, ada):
    close(round_)
    read_case(round_, [factories.make_vote(poll)], "cx", "cx")
    report = page(client_for(ada), "classify:report", round_)
    assert "Not defined" in report
    assert "No test can be made: only one option has classified votes." in report
    assert "No vote is classified" in report
    assert ">None<" not in report
    agreement = page(client_for(ada), "classify:agreement", round_)
    assert "all readings use one category" in agreement
    assert "one case only, so there is no interval" in agreement
    assert "neither reviewer used this category" in agreement
    assert ">None<" not in agreement


def test_unresolved_votes_show_in_the_table_the_chart_and_their_range(round_, poll, client_for, ada):
    close(round_)
    read_case(round_, [factories.make_vote(poll) for _ in range(9)], "cx", "cx")
    read_case(round_, [factories.make_vote(poll)], "cx", "other")
    read_case(round_, [factories.make_vote(poll, option=3)], "other", "other")
    html = page(client_for(ada), "classify:report", round_)
    assert "n = 9, 1 unresolved" in html
    assert "Possible range" in html
    assert "90 to 100 %" in html
    assert "1 of 11" in html


def test_the_agreement_page_names_both_and_shows_every_coefficient_with_its_interval(study, client_for, vera):
    html = page(client_for(vera), "classify:agreement", study)
    assert "rosa and sam gave the same category to <strong>224 of 235 cases (95" in html
    for name in ("Percent agreement", "Cohen’s kappa", "Krippendorff’s alpha", "Gwet’s AC1"):
        assert name in html
    assert "Bootstrap of units, 2,000 resamples, seed 1" in html
    assert "Cases by what rosa said (down) and what sam said (across)." in html
    assert "customary" in html


def test_a_pool_shows_a_matrix_for_each_pair(poll, rosa, sam, jude, client_for, ada):
    pool = close(make_round(poll, [rosa, sam, jude]))
    read_case(pool, [factories.make_vote(poll)], "cx", "cx", reviewers=[rosa, sam])
    read_case(pool, [factories.make_vote(poll)], "cx", "other", reviewers=[jude, rosa])
    html = page(client_for(ada), "classify:agreement", pool)
    assert html.count("Cases by what") == 2
    assert "see the pairs" in html
    assert "mix several people" in page(client_for(ada), "classify:report", pool)


def test_comments_are_grouped_by_role_without_names_and_escaped(round_, poll, client_for, ada):
    close(round_)
    votes = [
        factories.make_vote(poll, comment="Know the <b>floor</b> first", name="Alice Adams", option=1),
        factories.make_vote(poll, comment="Hire who can", name="Bob Brown", option=3),
        factories.make_vote(poll, comment="Not read yet", name="Cy Cole", option=2),
        factories.make_vote(poll, name="Dee Dunn"),
    ]
    read_case(round_, [votes[0], votes[3]], "contact-center", "contact-center")
    read_case(round_, [votes[1]], "cx", "cx")
    html = page(client_for(ada), "classify:report", round_)
    assert "Know the &lt;b&gt;floor&lt;/b&gt; first" in html
    assert "Contact Center, answered “Extremely important”" in html
    assert "CX, answered “Not very important”" in html
    assert html.index("Know the") < html.index("Hire who can") < html.index("Not classified</h3>")
    for name in ("Alice", "Bob", "Cy Cole"):
        assert name not in html


def test_an_excluded_votes_comment_is_not_quoted(round_, poll, client_for, ada):
    close(round_)
    read_case(round_, [factories.make_vote(poll)], "cx", "cx")
    factories.make_vote(
        poll, comment="My own vote", voided_at=timezone.now(), voided_by=ada, void_reason="own"
    )
    html = page(client_for(ada), "classify:report", round_)
    assert "My own vote" not in html
    assert "No vote of this poll came with a comment" in html


def test_many_and_long_comments_are_cut_and_say_so(round_, poll, client_for, ada, monkeypatch):
    monkeypatch.setattr(verbatims, "MOST", 2)
    monkeypatch.setattr(verbatims, "LONGEST", 10)
    close(round_)
    votes = [factories.make_vote(poll, comment=f"Comment number {i}") for i in range(3)]
    read_case(round_, votes, "cx", "cx")
    html = page(client_for(ada), "classify:report", round_)
    assert "The first 2 of 3 comments are shown." in html
    assert "(shortened)" in html
    assert "Comment number" not in html


def test_hostile_texts_stay_texts(rosa, sam, client_for):
    poll = factories.make_poll(
        "hostile", options=["<script>alert(1)</script>", "=cmd & “quotes” " * 25], question="<i>Why</i> {x}?"
    )
    boss = factories.make_member("boss", poll, "admin")
    round_ = close(make_round(poll, [rosa, sam]))
    for option in (1, 2):
        read_case(round_, [factories.make_vote(poll, option=option)], "cx", "cx")
    client = client_for(boss)
    html = page(client, "classify:report", round_)
    assert "<script>alert" not in html
    assert "<i>Why" not in html
    ET.fromstring(client.get(reverse("classify:report-chart", args=["hostile", 1])).content)


def test_the_way_to_results_leads_to_the_newest_round_that_is_read(
    study, poll, rosa, sam, client_for, ada, vera
):
    """A round that was just begun does not take the finished report away, not even for who may see it."""
    make_round(poll, [rosa, sam], factories.make_codebook(number=2))
    address = reverse("classify:results", args=["cx-head"])
    assert client_for(vera).get(address)["Location"] == reverse("classify:report", args=["cx-head", 1])
    assert client_for(ada).get(address)["Location"] == reverse("classify:report", args=["cx-head", 1])


def test_the_way_to_results_says_why_there_are_none_and_what_to_do(
    poll, rosa, sam, client_for, ada, vera, nina
):
    address = reverse("classify:results", args=["cx-head"])
    assert b"Import votes" in client_for(ada).get(address).content
    assert b"An admin of this poll sets up a round" in client_for(vera).get(address).content
    factories.make_vote(poll)
    assert b"Set up a round" in client_for(ada).get(address).content
    make_round(poll, [rosa, sam])
    response = client_for(vera).get(address)
    assert response.status_code == 200
    assert b"There is no report to see yet" in response.content
    assert b"Coding is still open" in response.content
    assert client_for(nina).get(address).status_code == 404
    assert client_for(vera).post(address).status_code == 405


def test_the_report_costs_the_same_statements_whatever_its_size(
    study, client_for, ada, django_assert_max_num_queries
):
    client = client_for(ada)
    with django_assert_max_num_queries(30):
        page(client, "classify:report", study)
