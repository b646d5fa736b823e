"""Voters with the same name and headline: one person, or several?"""

from __future__ import annotations

import html
import re

import pytest

from classify import same_people
from polls.models import Vote, Voter, VoterDistinction, VoterMerge
from polls.permissions import PollRefused
from tests import factories
from tests.classify.acts import open_round
from tests.doors import check_door

URL = "/polls/cx-head/look-alikes/"
REFUSAL = "Only an admin of this poll may see who voted for what."
NOT_ALL = "Only an admin who may see the votes of every poll concerned"


def text_of(answer):
    """What a page says, without its tags."""
    assert answer.status_code == 200
    return html.unescape(" ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split()))


@pytest.fixture
def far(db):
    """A poll that Ada is no member of."""
    return factories.make_poll("far-away")


@pytest.fixture
def twins(poll):
    """Two voters who look alike, both of this poll."""
    first = factories.make_vote(poll, "CX Lead", 1, name="Kim", profile_url="https://example.org/kim")
    second = factories.make_vote(poll, "cx lead", 2, name="kim", profile_url="https://example.org/kim-2")
    factories.make_vote(poll, "CX Lead", 3, name="Lee")
    return first.voter, second.voter


def posted(action, *voters, keep=None, **more):
    """What the form sends."""
    return {"action": action, "voter": [one.pk for one in voters], "keep": keep.pk if keep else "", **more}


@pytest.mark.parametrize("username", ["rosa", "jude", "vera"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_only_an_admin_gets_in(username, method, request, ada, nina):
    member = request.getfixturevalue(username)
    check_door(
        URL, refused=member, sentence=REFUSAL, stranger=nina, allowed=ada, wrong_method="put", method=method
    )


def test_an_admin_who_still_reads_is_refused(twins, poll, ada, rosa, jude, admin):
    open_round(poll, reviewers=[ada, rosa], by=ada, adjudicators=[jude])
    assert admin.get(URL).status_code == 403
    assert admin.post(URL, posted("merge", *twins, keep=twins[0])).status_code == 403
    assert not VoterMerge.objects.exists()


def test_look_alikes_are_shown_with_what_tells_them_apart(twins, admin):
    page = text_of(admin.get(URL))
    assert "1 to decide." in page
    assert "https://example.org/kim " in page
    assert "https://example.org/kim-2" in page
    assert "Lee" not in page
    assert "More than one of them voted in cx-head." in page


def test_one_person_is_merged_into_the_one_to_keep(twins, admin, poll):
    first, second = twins
    answer = admin.post(URL, posted("merge", first, second, keep=second), follow=True)
    assert answer.redirect_chain[-1][0] == f"/voters/{second.pk}/"
    assert "They are one voter now." in text_of(answer)
    first.refresh_from_db()
    assert first.merged_into == second
    live = Vote.objects.filter(poll=poll, voided_at__isnull=True, headline_raw__iexact="cx lead")
    assert live.count() == 2  # theirs and Lee's
    assert "Nobody looks alike" in text_of(admin.get(URL))


def test_a_second_click_merges_nothing_more_and_says_so(twins, admin):
    data = posted("merge", *twins, keep=twins[0])
    admin.post(URL, data)
    page = text_of(admin.post(URL, data, follow=True))
    assert "The two are merged already." in page
    assert VoterMerge.objects.count() == 1


def test_different_people_are_not_asked_about_again(twins, admin, ada):
    for _ in range(2):
        page = text_of(admin.post(URL, posted("apart", *twins), follow=True))
        assert "They stay apart" in page
    assert "Nobody looks alike" in page
    assert VoterDistinction.objects.get().decided_by == ada
    assert not VoterMerge.objects.exists()


def test_of_three_those_ticked_are_merged(twins, admin, poll):
    third = factories.make_vote(poll, "CX Lead", 3, name="Kim").voter
    admin.post(URL, posted("merge", twins[0], third, keep=third))
    assert list(VoterMerge.objects.values_list("merged", "kept")) == [(twins[0].pk, third.pk)]
    assert "1 to decide." in text_of(admin.get(URL))


def test_all_are_merged_or_none(twins, admin, poll, monkeypatch):
    third = factories.make_vote(poll, "CX Lead", 3, name="Kim").voter
    Voter.objects.filter(pk=third.pk).update(merged_into=twins[0])
    page = text_of(admin.post(URL, posted("merge", *twins, third, keep=twins[1]), follow=True))
    assert "was merged into" in page
    assert not VoterMerge.objects.exists()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"action": "merge"}, "Choose which one to keep"),
        ({"action": "merge", "keep": "x", "voter": ["y", "9" * 30, "-1"]}, "Choose which one to keep"),
        ({"action": "apart"}, "Tick at least two voters"),
        ({}, "Choose which one to keep"),
    ],
)
def test_a_form_that_says_too_little_is_answered_with_a_sentence(data, sentence, twins, admin):
    assert sentence in text_of(admin.post(URL, data, follow=True))
    assert not VoterMerge.objects.exists()
    assert not VoterDistinction.objects.exists()


def test_one_voter_alone_is_not_merged_with_itself(twins, admin):
    page = text_of(admin.post(URL, posted("merge", twins[0], keep=twins[0]), follow=True))
    assert "tick at least one other" in page


def test_who_has_voted_in_a_poll_one_may_not_see_is_not_decided_about(twins, far, admin, ada):
    factories.make_vote(far, "Astronaut", 1, voter=twins[1], voter_id="far-1")
    answer = admin.get(URL)
    page = text_of(answer)
    assert NOT_ALL in page
    assert "merge those ticked" not in page
    for action in ("merge", "apart"):
        answer = admin.post(URL, posted(action, *twins, keep=twins[0]))
        assert answer.status_code == 403
        refusal = html.unescape(answer.content.decode())
        assert NOT_ALL in refusal
        assert "far-away" not in refusal
    assert not VoterMerge.objects.exists()
    assert not VoterDistinction.objects.exists()
    assert "far-away" not in page
    assert "Astronaut" not in page


def test_who_never_voted_in_a_poll_one_sees_is_not_there(twins, far, admin):
    stranger = factories.make_vote(far, "CX Lead", 1, name="Kim").voter
    page = text_of(admin.get(URL))
    assert f"/voters/{stranger.pk}/" not in page
    for other in (stranger.pk, 10**9):
        data = {"action": "merge", "voter": [twins[0].pk, other], "keep": twins[0].pk}
        assert "Choose which one to keep" in text_of(admin.post(URL, data, follow=True))


def test_look_alikes_of_two_polls_one_sees_are_shown_and_merged(poll, far, admin, ada):
    factories.make_member("ada", far, "admin")
    here = factories.make_vote(poll, "CX Lead", 1, name="Kim").voter
    there = factories.make_vote(far, "CX Lead", 1, name="Kim").voter
    page = text_of(admin.get(URL))
    assert "1 to decide." in page
    assert "far-away" in page
    assert "More than one of them voted" not in page
    admin.post(URL, posted("merge", here, there, keep=here))
    assert here.votes.count() == 2


def test_voters_of_other_polls_alone_are_no_matter_of_this_one(twins, far, admin, ada):
    factories.make_member("ada", far, "admin")
    others = [factories.make_vote(far, "Astronaut", n, name="Mo").voter for n in (1, 2)]
    assert "Mo" not in text_of(admin.get(URL)).split()
    admin.post(URL, posted("merge", *others, keep=others[0]))
    assert not VoterMerge.objects.exists()


def test_pages_and_a_bounded_number_of_statements(poll, admin, django_assert_max_num_queries):
    for n in range(25):
        for option in (1, 2):
            factories.make_vote(poll, f"Title {n}", option, name=f"Twin {n:02d}")
    with django_assert_max_num_queries(16 + 20):
        page = text_of(admin.get(URL))
    assert "25 to decide." in page
    assert "Twin 24" not in page
    assert "Twin 24" in text_of(admin.get(URL, {"page": 2}))
    assert admin.get(URL, {"page": 9})["Location"] == URL
    assert admin.get(URL, {"page": "9" * 40}).status_code == 200


def test_what_voters_wrote_is_shown_as_text(poll, admin):
    for option in (1, 2):
        factories.make_vote(poll, "<script>alert(1)</script>", option, name="<b>Kim</b>")
    page = admin.get(URL).content.decode()
    assert "alert(1)" in page
    assert "<script>alert" not in page
    assert "<b>Kim" not in page


def test_the_button_and_the_deed_ask_the_same(twins, far, ada, rosa):
    ids = [voter.pk for voter in twins]
    assert same_people.can_decide(ada, ids)
    assert not same_people.can_decide(rosa, ids)
    with pytest.raises(PollRefused):
        same_people.merge_all(kept=twins[0], others=twins[1:], by=rosa)
    with pytest.raises(PollRefused):
        same_people.keep_all_apart(voters=twins, by=rosa)
    [merge] = same_people.merge_all(kept=twins[0], others=twins[1:], by=ada)
    assert same_people.can_undo(ada, merge)
    assert not same_people.can_undo(rosa, merge)
    with pytest.raises(PollRefused):
        same_people.undo(merge=merge, by=rosa)
    same_people.undo(merge=merge, by=ada)
    merge.refresh_from_db()
    assert not same_people.can_undo(ada, merge)
