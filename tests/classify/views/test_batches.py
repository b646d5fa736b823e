"""The list of imports, the page of one, and taking it back from there."""

from __future__ import annotations

import re

import pytest

from classify import rounds
from polls import votes
from polls.importing.load import run_import
from polls.importing.readers import open_upload
from polls.models import Batch, Vote
from polls.undoing import undo_batch
from tests import factories
from tests.classify import acts
from tests.doors import check_door

REFUSAL = "Only an admin of this poll may import votes or change them."
URL = "/polls/cx-head/imports/"
VOTERS = """voter_id,name,headline,option
v1,Rosa-Name,CX Lead,Extremely important
v2,Sam-Name,Agent,Not very important
"""


def bring(text: str, by, poll: str = "cx-head", name: str = "voters.csv") -> Batch:
    with open_upload(text, name=name) as source:
        return Batch.objects.get(pk=run_import(source=source, poll=poll, by=by).batch_id)


@pytest.fixture
def batch(poll, ada) -> Batch:
    """Two votes that Ada brought."""
    return bring(VOTERS, ada)


def page(client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def shown_on(text: str) -> str:
    """What the form of the page carries."""
    return re.search(r'name="shown" value="([0-9a-f]{32})"', text).group(1)


@pytest.mark.parametrize("path", ["", "{pk}/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_only_who_may_import_gets_in(path, method, batch, ada, rosa, vera, nina):
    url = URL + path.format(pk=batch.pk)
    if method == "post" and not path:
        return check_door(url, allowed=ada, wrong_method="post")
    for member in (rosa, vera):
        check_door(url, refused=member, sentence=REFUSAL, stranger=nina, method=method)
    return check_door(url, allowed=ada, wrong_method="put")


def test_a_batch_of_another_poll_is_not_found(admin, batch, ada):
    factories.make_poll("other")
    far = bring(VOTERS, ada, poll="other")
    assert admin.get(f"{URL}{far.pk}/").status_code == 404
    assert admin.post(f"{URL}{far.pk}/", {"shown": ""}).status_code == 404
    far.refresh_from_db()
    assert far.undone_at is None


def test_the_list_tells_file_person_and_counts_newest_first(admin, batch, ada):
    bring(VOTERS.replace("Agent", "Clerk") + "v3,Uwe,Clerk,Perhaps\n", None, name="later.csv")
    votes.add_voter(poll=batch.poll, fields={"name": "Kim", "option": "Not very important"}, by=ada)
    text = page(admin, URL)
    assert text.index("Added by hand") < text.index("later.csv") < text.index("voters.csv")
    assert "a command" in text
    row = re.search(r"later\.csv.*?</tr>", text).group()
    assert re.findall(r'class="num"[^>]*>\s*(\d+)\s*<', row) == ["3", "0", "1", "1", "1"]


@pytest.mark.parametrize(
    "column", ["file_name", "format", "imported_by", "rows", "created", "-rejected", "undone_at"]
)
def test_the_list_sorts(column, admin, batch):
    assert "voters.csv" in page(admin, f"{URL}?sort={column}")


def test_an_empty_list_says_what_to_do(admin, poll):
    assert "No imports yet" in page(admin, URL)


def test_the_poll_leads_to_its_imports_for_admins_alone(admin, batch, vera, client_for):
    assert f'href="{URL}"' in page(admin, "/polls/cx-head/")
    assert f'href="{URL}"' not in page(client_for(vera), "/polls/cx-head/")


def test_what_is_shown_is_what_goes(admin, batch):
    url = f"{URL}{batch.pk}/"
    text = page(admin, url)
    assert "2 votes stop counting." in text
    answer = admin.post(url, {"shown": shown_on(text)}, follow=True)
    assert "voters.csv was undone: 2 votes no longer count" in answer.content.decode()
    assert "This import was undone on" in answer.content.decode()
    assert not Vote.objects.filter(voided_at__isnull=True).exists()
    batch.refresh_from_db()
    assert batch.undone_by.username == "ada"
    assert "by ada" in page(admin, URL)


def test_the_second_click_changes_nothing_and_says_so(admin, batch):
    url = f"{URL}{batch.pk}/"
    shown = shown_on(page(admin, url))
    admin.post(url, {"shown": shown})
    answer = admin.post(url, {"shown": shown}, follow=True)
    assert "was undone already" in answer.content.decode()
    assert "Undo this import" not in answer.content.decode()


@pytest.mark.parametrize("shown", ["", "nonsense", None])
def test_what_changed_meanwhile_is_shown_again(shown, admin, batch, ada):
    url = f"{URL}{batch.pk}/"
    before = shown_on(page(admin, url))
    votes.exclude_vote(vote=Vote.objects.first(), reason="own", by=ada)
    answer = admin.post(url, {"shown": before if shown is None else shown})
    text = " ".join(answer.content.decode().split())
    assert answer.status_code == 422
    assert "The votes changed since this page was shown." in text
    assert "1 vote stops counting." in text
    assert Vote.objects.filter(voided_at__isnull=True).count() == 1
    assert admin.post(url, {"shown": shown_on(text)}).status_code == 302


def test_a_form_without_what_was_shown_undoes_nothing(admin, batch):
    assert admin.post(f"{URL}{batch.pk}/").status_code == 422
    assert Vote.objects.filter(voided_at__isnull=True).count() == 2


def test_rounds_and_decisions_are_told(admin, batch, poll, ada, rosa, sam):
    round = acts.open_round(poll, reviewers=[rosa, sam], by=ada)
    acts.read_all(round, rosa)
    url = f"{URL}{batch.pk}/"
    text = page(admin, url)
    assert "2 decisions on them are kept" in text
    rounds.close_coding(round=round, by=ada)
    assert "Coding is closed: its figures change" in page(admin, url)


def test_an_admin_who_reads_hears_nothing_of_the_other(batch, poll, sam, ada, client_for):
    poll.memberships.create(user=ada, role="reviewer")
    round = acts.open_round(poll, reviewers=[ada, sam], by=ada)
    client, url = client_for(ada), f"{URL}{batch.pk}/"
    case = round.cases.earliest("pk")
    acts.say(round, case, ada, "cx")
    before = page(client, url)
    acts.read_all(round, sam)
    after = page(client, url)
    assert "1 decision of your own on them is kept." in after
    mask = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"|"X-CSRFToken": "[^"]*"')
    assert mask.sub("", before) == mask.sub("", after)
    for told in ("Rosa-Name", "Extremely important", "CX Lead"):
        assert told not in after
    # What the other did meanwhile is no reason to be shown the page again.
    assert client.post(url, {"shown": shown_on(before)}).status_code == 302


def test_values_that_go_back_are_named(admin, batch, ada):
    later = bring(VOTERS.replace("Agent", "Clerk").replace("Not very", "Extremely"), ada)
    text = page(admin, f"{URL}{later.pk}/")
    assert "1 vote gets earlier values back</strong> (option: 1, headline: 1)." in text
    assert "2 votes in this file go on counting" in text


def test_an_import_that_brought_nothing_of_its_own_says_so(admin, batch, ada):
    again = bring(VOTERS, ada)
    text = page(admin, f"{URL}{again.pk}/")
    assert "No vote would change" in text
    assert admin.post(f"{URL}{again.pk}/", {"shown": shown_on(text)}).status_code == 302
    assert Vote.objects.filter(voided_at__isnull=True).count() == 2


def test_an_undo_by_a_command_is_told_as_such(admin, batch):
    undo_batch(batch=batch, by=None)
    assert "by a command" in page(admin, f"{URL}{batch.pk}/")
