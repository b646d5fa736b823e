"""An admin who still reads may bring a file, and is told nothing by it: one row would ask for one vote."""

from __future__ import annotations

import pytest

from polls.models import Batch
from tests import factories
from tests.classify.acts import open_round

START = "/polls/cx-head/import/"
YES, _MAYBE, NO = factories.OPTIONS
TELLING = (
    "Changed",
    "Unchanged",
    "New votes",
    "Published</th>",
    "earlier values back",
)
HIDDEN = "You still read in a round of this poll"


@pytest.fixture
def bea(poll, sam, client_for):
    """The browser of an admin who reads in an open round of a poll where v1 voted yes."""
    person = factories.make_member("bea", poll, "admin", "reviewer")
    first = client_for(person)
    begin(first, f"voter_id,headline,option\nv1,Coach,{YES}\nv2,Agent,{NO}\n", import_too=True)
    open_round(poll, reviewers=[person, sam], by=person)
    return first


def begin(client, rows: str, *, import_too: bool = False) -> str:
    """Where the second step is, or with `import_too` the result."""
    url = client.post(START, {"pasted": rows})["Location"]
    if not import_too:
        return url
    columns = {f"column_{n}": name for n, name in enumerate(rows.splitlines()[0].split(","))}
    answer = client.post(url, columns | {"action": "import"})
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"]


def told(client, url: str) -> str:
    return " ".join(client.get(url).content.decode().split())


def test_the_check_says_the_same_whatever_was_voted(bea):
    same, other = (
        told(bea, begin(bea, f"voter_id,headline,option\nv1,Coach,{option}\n")) for option in (YES, NO)
    )
    for page in (same, other):
        assert HIDDEN in page
        assert "Taken" in page
        for text in TELLING:
            assert text not in page
    assert len(same) - len(YES) == pytest.approx(len(other) - len(NO), abs=3 * abs(len(YES) - len(NO)))


def test_neither_the_result_nor_the_list_of_imports_tells(bea):
    result = told(bea, begin(bea, f"voter_id,headline,option\nv1,Coach,{NO}\n", import_too=True))
    batch = Batch.objects.latest("pk")
    pages = [result, told(bea, "/polls/cx-head/imports/"), told(bea, f"/polls/cx-head/imports/{batch.pk}/")]
    for page in pages:
        for text in TELLING:
            assert text not in page
    assert "1 row taken" in result
    assert HIDDEN in pages[2]


def test_an_admin_who_does_not_read_sees_it_all(bea, ada, client_for):
    admin = client_for(ada)
    check = told(admin, begin(admin, f"voter_id,headline,option\nv1,Coach,{NO}\n"))
    assert HIDDEN not in check
    assert "Changed" in check
    assert "Unchanged" in told(admin, "/polls/cx-head/imports/")


def test_undoing_says_only_that_it_is_done(bea):
    begin(bea, f"voter_id,headline,option\nv1,Coach,{NO}\n", import_too=True)
    batch = Batch.objects.latest("pk")
    url = f"/polls/cx-head/imports/{batch.pk}/"
    shown = told(bea, url).split('name="shown" value="')[1][:32]
    after = " ".join(bea.post(url, {"shown": shown}, follow=True).content.decode().split())
    assert "pasted rows was undone." in after
    for text in TELLING:
        assert text not in after
