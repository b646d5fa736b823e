"""Bringing in the sheet of two coders by page: looked at first, who is who, then done."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from classify import codebooks
from classify.importing_tags import import_tags
from classify.models import Decision, Round, RoundEvent
from classify.rounds import create_round
from classify.verify import verify
from polls.importing.readers import open_upload
from polls.models import Membership, User
from tests import factories
from tests.polls.importing import workbooks

URL = "/polls/cx-head/bring-in/"
SHEET = "voter_id,tag:rosa,tag:Kim,final\nv1,cx,cx,\nv2,cx,other,\nv3,unsure,cx,\nv9,cx,cx,\n"


def body(response) -> str:
    return " ".join(response.content.decode().split())


@pytest.fixture
def three(poll):
    codebooks.ensure_ready_made()
    return [factories.make_vote(poll, f"Title {n}", voter_id=f"v{n}") for n in (1, 2, 3)]


@pytest.fixture
def send(client_for, ada, three):
    """Send a sheet as Ada; the address where it waits."""

    def by_page(text: str = SHEET, **data) -> str:
        answer = client_for(ada).post(URL, data or {"pasted": text})
        assert answer.status_code == 302, body(answer)
        return answer["Location"]

    return by_page


@pytest.fixture
def said(rosa, sam):
    """Rosa is Rosa, and Kim is Sam."""
    return {
        "who_0": rosa.pk,
        "who_1": sam.pk,
        "into": "new",
        "codebook": "role",
        "override_reason": "",
        "action": "check",
    }


class TestLooking:
    def test_the_page_asks_who_is_who_and_knows_members_by_name(self, client_for, ada, rosa, send):
        page = client_for(ada).get(send())
        assert "4 rows." in body(page)
        assert "“Kim” is" in body(page)
        assert f'<option value="{rosa.pk}" selected>' in body(page)
        assert not Round.objects.exists()

    def test_it_is_tried_without_storing_anything(self, client_for, ada, send, said):
        page = body(client_for(ada).post(send(), said))
        assert "What round 1 would be" in page
        assert "3 rows new, 0 there already, 1 not taken." in page
        assert "no voter of this poll" in page
        assert not Round.objects.exists()
        assert not Decision.objects.exists()

    def test_what_was_said_is_still_there_when_one_comes_back(self, client_for, ada, sam, send, said):
        client, url = client_for(ada), send()
        client.post(url, said)
        page = client.get(url)
        assert f'<option value="{sam.pk}" selected>' in body(page)
        assert "What round 1 would be" in body(page)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"who_1": ""}, "This field is required"),
            ({"who_1": "999999"}, "Select a valid choice"),
            ({"into": "7"}, "Select a valid choice"),
            ({"codebook": "nothing"}, "Select a valid choice"),
        ],
    )
    def test_what_is_missing_is_asked_for(self, client_for, ada, send, said, change, message):
        page = client_for(ada).post(send(), said | change | {"action": "import"})
        assert page.status_code == 422
        assert message in body(page)
        assert not Round.objects.exists()

    def test_two_names_are_never_one_person(self, client_for, ada, rosa, send, said):
        page = client_for(ada).post(send(), said | {"who_1": rosa.pk, "action": "import"})
        assert page.status_code == 422
        assert "cannot be the same person" in body(page)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("a,b\n1,2\n", "has no column voter_id"),
            ("voter_id,reviewer,category\n", "a header and no rows"),
            (
                "voter_id,reviewer,category\n" + "".join(f"v1,person{n},cx\n" for n in range(21)),
                "names more than 20 people",
            ),
        ],
    )
    def test_what_is_no_such_sheet_is_refused_with_a_sentence(self, client_for, ada, send, text, message):
        page = client_for(ada).get(send(text))
        assert page.status_code == 422
        assert message in body(page)
        assert "Delete this file" in body(page)


class TestImporting:
    def test_the_sheet_becomes_a_round_and_the_file_goes(self, client_for, ada, send, said, poll):
        client, url = client_for(ada), send()
        page = client.post(url, said | {"action": "import"}, follow=True)
        assert "3 rows were brought into round 1. 1 was not taken." in body(page)
        round = Round.objects.get()
        assert (round.created_by, round.version.codebook.code) == (ada, "role")
        names = [seat.user.username for seat in round.reviewers.order_by("ordinal")]
        assert names == ["rosa", "sam"]
        assert sorted(round.cases.values_list("status", flat=True)) == ["agreed", "conflict", "conflict"]
        for again in (client.get(url), client.post(url, said | {"action": "import"})):
            assert (again.status_code, again["Location"]) == (302, f"/polls/{poll.slug}/rounds/1/")
        assert Round.objects.count() == 1
        assert not verify(poll).drift

    def test_an_unknown_name_can_become_an_account_that_cannot_log_in(
        self, client_for, ada, send, said, poll
    ):
        client_for(ada).post(send(), said | {"who_1": "0", "action": "import"})
        kim = User.objects.get(username="Kim")
        assert not kim.is_active
        assert not kim.has_usable_password()
        assert kim.invitation.invited_by == ada
        assert Membership.objects.filter(user=kim, poll=poll, role="reviewer").exists()

    def test_an_account_that_is_not_of_the_poll_is_not_made_twice(self, client_for, ada, send, said):
        factories.make_user("kim")
        page = client_for(ada).post(send(), said | {"who_1": "0", "action": "import"})
        assert page.status_code == 422
        assert "Add it to this poll under People" in body(page)
        assert not Round.objects.exists()

    def test_it_goes_into_a_round_that_is_there(self, client_for, ada, send, said):
        client = client_for(ada)
        client.post(send(), said | {"action": "import"})
        page = client.post(send(), said | {"into": "1", "action": "import"}, follow=True)
        assert "0 rows were brought into round 1. 3 were there already. 1 was not taken." in body(page)
        assert Round.objects.count() == 1

    def test_where_no_row_is_taken_nothing_is_stored(self, client_for, ada, send, said):
        page = client_for(ada).post(
            send("voter_id,tag:rosa,tag:kim\nv8,cx,cx\n"), said | {"action": "import"}
        )
        assert "None of the 1 rows was accepted" in body(page)
        assert not Round.objects.exists()

    def test_cancelling_deletes_the_file(self, client_for, ada, send, said):
        client, url = client_for(ada), send()
        client.post(url, {"action": "cancel"})
        assert client.get(url).status_code == 404

    @pytest.mark.parametrize("name", ["coders.xlsx", "coders.ods"])
    def test_a_workbook_is_read_as_well(self, client_for, ada, send, said, name):
        rows = {"Coders": [line.split(",") for line in SHEET.splitlines()]}
        file = workbooks.xlsx(rows) if name.endswith("xlsx") else workbooks.ods(rows)
        url = send(file=SimpleUploadedFile(name, file))
        page = client_for(ada).post(url, said | {"action": "import"}, follow=True)
        assert "3 rows were brought into round 1." in body(page)


class TestTheBar:
    @pytest.fixture
    def barred(self, poll, ada, rosa, sam, three):
        for n in range(4, 14):
            factories.make_vote(poll, f"Title {n}")
        return create_round(
            poll=poll,
            version=codebooks.newest_version("role"),
            unit="headline",
            rule="consensus",
            purpose="pilot",
            reviewers=[rosa, sam],
            adjudicators=[],
            by=ada,
            alpha_required=Decimal("0.8"),
        )

    def test_a_new_round_by_page_needs_a_reason_below_it(self, client_for, ada, barred, send, said):
        client, url = client_for(ada), send()
        page = client.post(url, said | {"action": "import"})
        assert page.status_code == 422
        assert "say why; the reason is kept and reported" in body(page)
        client.post(url, said | {"action": "import", "override_reason": "Read last year."})
        made = Round.objects.get(purpose="main")
        assert (made.alpha_required, made.calibrated_on) == (Decimal("0.800"), barred)
        assert RoundEvent.objects.get(round=made, kind="overridden").reason == "Read last year."

    def test_the_command_is_not_held_to_it_and_says_so_on_record(self, barred, poll, sam):
        with open_upload(SHEET.replace("Kim", "sam"), name="tags.csv") as source:
            import_tags(source=source, poll=poll.slug)
        made = Round.objects.get(purpose="main")
        assert made.override_reason.startswith("Decisions made elsewhere were brought in by the command")
        assert RoundEvent.objects.get(round=made, kind="overridden").by is None


class TestWhoMay:
    def test_only_an_admin_who_reads_in_no_open_round(self, client_for, poll, ada, rosa, sam, jude, three):
        for user in (rosa, jude):
            assert client_for(user).get(URL).status_code == 403
            assert client_for(user).post(URL, {"pasted": SHEET}).status_code == 403
        factories.make_member("rosa", poll, "admin")
        assert client_for(rosa).get(URL).status_code == 200
        create_round(
            poll=poll,
            version=codebooks.newest_version("role"),
            unit="headline",
            rule="consensus",
            purpose="main",
            reviewers=[rosa, sam],
            adjudicators=[],
            by=ada,
        )
        assert client_for(rosa).get(URL).status_code == 403
        assert client_for(rosa).post(URL, {"pasted": SHEET}).status_code == 403

    def test_a_file_of_somebody_else_is_not_there(self, client_for, poll, send):
        other = factories.make_member("ola", poll, "admin")
        url = send()
        assert client_for(other).get(url).status_code == 404
        assert client_for(other).post(url, {"action": "cancel"}).status_code == 404

    def test_the_import_of_votes_does_not_take_it_for_its_own(self, client_for, ada, send):
        token = send().strip("/").split("/")[-1]
        assert client_for(ada).get(f"/polls/cx-head/import/{token}/").status_code == 404
