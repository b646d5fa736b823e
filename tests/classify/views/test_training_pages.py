"""The pages of a training: taking it, and looking after its titles."""

from __future__ import annotations

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from classify import rounds, training
from classify.models import TrainingAnswer, TrainingItem
from tests import factories
from tests.classify import acts
from tests.classify.test_training import next_version

HOME = "/codebooks/role/training/"
SET = f"{HOME}titles/"


@pytest.fixture
def version(db):
    return factories.make_codebook()


@pytest.fixture
def titles(version, ada):
    known = [("Agent | Speaker", "contact-center", "It stands first."), ("CX Lead", "cx", "")]
    return [
        training.add_item(version=version, text=text, code=code, explanation=why, by=ada)
        for text, code, why in known
    ]


def body(response) -> str:
    return " ".join(response.content.decode().split())


@pytest.mark.usefixtures("titles")
class TestTaking:
    def test_one_title_at_a_time_with_its_answer_at_once_and_the_score_at_the_end(
        self, client_for, rosa, titles
    ):
        client = client_for(rosa)
        assert "Start the training" in body(client.get(HOME))
        page = client.get(f"{HOME}1/", follow=True)
        assert page.redirect_chain == [(f"{HOME}1/{titles[0].pk}/", 302)]
        assert "Agent" in body(page)
        assert "It stands first." not in body(page)
        said = client.post(f"{HOME}1/{titles[0].pk}/", {"verdict": "cx"}, follow=True)
        assert "Not what is known." in body(said)
        assert "<strong>Contact Center</strong>" in body(said)
        assert "It stands first." in body(said)
        client.get(f"{HOME}1/", follow=True)
        said = client.post(f"{HOME}1/{titles[1].pk}/", {"verdict": "cx"}, follow=True)
        assert "Right." in body(said)
        score = client.get(f"{HOME}1/")
        assert "1 of 2 right" in body(score)
        assert "What went wrong" in body(score)
        assert "Take it again" in body(score)

    def test_a_second_click_changes_nothing(self, client_for, rosa, titles):
        client = client_for(rosa)
        for verdict in ("cx", "contact-center"):
            client.post(f"{HOME}1/{titles[0].pk}/", {"verdict": verdict})
        assert TrainingAnswer.objects.get().category.code == "cx"

    def test_what_is_no_answer_is_answered_with_a_sentence(self, client_for, rosa, titles):
        page = client_for(rosa).post(f"{HOME}1/{titles[0].pk}/", {"verdict": "boss"}, follow=True)
        assert "Choose one of the categories, or unsure." in body(page)
        assert not TrainingAnswer.objects.exists()

    def test_somebody_else_s_answers_are_not_seen(self, client_for, rosa, sam, titles):
        client_for(rosa).post(f"{HOME}1/{titles[0].pk}/", {"verdict": "cx"})
        page = client_for(sam).get(f"{HOME}1/{titles[0].pk}/")
        assert "You said" not in body(page)

    def test_runs_follow_each_other(self, client_for, rosa, titles):
        client = client_for(rosa)
        assert client.get(f"{HOME}2/").status_code == 404
        assert client.get(f"{HOME}0/").status_code == 404
        client.post(f"{HOME}1/{titles[0].pk}/", {"verdict": "cx"})
        assert client.get(f"{HOME}2/").status_code == 302

    def test_a_version_can_be_asked_for_and_stays(self, client_for, rosa, titles):
        client = client_for(rosa)
        page = client.get(f"{HOME}1/?version=1")
        assert page["Location"] == f"{HOME}1/{titles[0].pk}/?version=1"
        for wrong in ("2", "x", "-1", "9" * 40):
            assert client.get(f"{HOME}?version={wrong}").status_code == 404

    def test_a_title_put_away_after_it_was_answered_is_still_told(self, client_for, rosa, ada, titles):
        client = client_for(rosa)
        client.post(f"{HOME}1/{titles[0].pk}/", {"verdict": "cx"})
        for item in titles:
            training.archive_item(item=item, by=ada)
        assert "This title is asked no more." in body(client.get(f"{HOME}1/{titles[0].pk}/"))
        assert client.get(f"{HOME}1/{titles[1].pk}/").status_code == 404
        assert "0 of 1 right" in body(client.get(f"{HOME}1/"))


def test_without_titles_the_page_says_what_to_do(client_for, rosa, ada, version):
    assert "has not added any" in body(client_for(rosa).get(HOME))
    assert "Set up the training" in body(client_for(ada).get(HOME))
    assert "Nothing answered yet" in body(client_for(rosa).get(f"{HOME}1/"))


def test_a_draft_is_no_version_to_train_with(client_for, rosa, version):
    type(version).objects.filter(pk=version.pk).update(published_at=None)
    assert client_for(rosa).get(HOME).status_code == 404


@pytest.mark.usefixtures("titles")
class TestLookingAfter:
    def test_titles_are_listed_with_answers_and_who_took_it(self, client_for, ada, rosa, titles):
        client_for(rosa).post(f"{HOME}1/{titles[0].pk}/", {"verdict": "contact-center"})
        page = body(client_for(ada).get(SET))
        assert "Agent | Speaker" in page
        assert "rosa" in page
        assert "1 of 2" in page

    def test_people_of_other_polls_are_not_told(self, client_for, rosa, titles):
        client_for(rosa).post(f"{HOME}1/{titles[0].pk}/", {"verdict": "cx"})
        far = factories.make_member("ola", factories.make_poll("far-away"), "admin")
        page = body(client_for(far).get(SET))
        assert "Nobody of your polls yet." in page
        assert "rosa" not in page

    def test_a_title_is_added_and_a_wrong_one_explained(self, client_for, ada):
        client = client_for(ada)
        page = client.post(SET, {"text": "Clerk", "code": "other", "explanation": "A role."}, follow=True)
        assert "“Clerk” was added." in body(page)
        again = client.post(SET, {"text": "Clerk", "code": "other"})
        assert again.status_code == 422
        assert "in the training set already" in body(again)
        assert client.post(SET, {"text": "Boss", "code": "boss"}).status_code == 422

    def test_order_answer_and_place_are_changed(self, client_for, ada, titles, version):
        client = client_for(ada)
        client.post(f"{SET}{titles[1].pk}/", {"action": "up"})
        assert training.active_items(version.codebook).first() == titles[1]
        client.post(f"{SET}{titles[1].pk}/", {"code": "unsure", "explanation": "Who knows"})
        titles[1].refresh_from_db()
        assert (titles[1].answer, titles[1].explanation) == (None, "Who knows")
        page = client.post(f"{SET}{titles[1].pk}/", {"action": "archive"}, follow=True)
        assert "1 title put away" in body(page)
        client.post(f"{SET}{titles[1].pk}/", {"action": "restore"})
        assert training.active_items(version.codebook).last() == titles[1]
        assert client.post(f"{SET}{titles[1].pk}/", {"code": ""}).status_code == 422

    def test_a_title_of_a_lost_category_is_marked(self, client_for, ada, titles):
        TrainingItem.objects.filter(pk=titles[1].pk).update(answer="00000000-0000-4000-8000-000000000000")
        page = body(client_for(ada).get(SET))
        assert "1 title needs a new answer" in page
        assert "Needs a new answer" in page

    def test_a_title_of_another_codebook_is_not_there(self, client_for, ada, titles):
        factories.make_codebook("vertical")
        url = f"/codebooks/vertical/training/titles/{titles[0].pk}/"
        assert client_for(ada).get(url).status_code == 404
        assert client_for(ada).post(url, {"action": "archive"}).status_code == 404

    def test_who_edits_no_codebook_is_refused(self, client_for, rosa, titles):
        for url in (SET, f"{SET}{titles[0].pk}/", f"{HOME}sheet/"):
            assert client_for(rosa).get(url).status_code == 403
            assert client_for(rosa).post(url, {"action": "archive"}).status_code == 403
        assert not TrainingItem.objects.filter(archived_at__isnull=False).exists()

    def test_a_sheet_is_pasted_or_sent(self, client_for, ada):
        client = client_for(ada)
        page = client.post(f"{HOME}sheet/", {"pasted": "Clerk,other,A role\nCX Lead,cx"}, follow=True)
        assert "1 title was added. 1 was there already." in body(page)
        file = SimpleUploadedFile("known.tsv", b"title\tcategory\nBoss\tother\n")
        assert "1 title was added." in body(client.post(f"{HOME}sheet/", {"file": file}, follow=True))

    def test_a_sheet_with_a_wrong_row_adds_nothing_and_names_it(self, client_for, ada):
        page = client_for(ada).post(f"{HOME}sheet/", {"pasted": "Clerk,other\nBoss,boss"})
        assert page.status_code == 422
        assert "1 row cannot be taken, so nothing was added." in body(page)
        assert '<td role="cell" class="num" data-label="Row">2</td>' in body(page)
        assert not TrainingItem.objects.filter(text="Clerk").exists()

    @pytest.mark.parametrize(
        ("data", "said"),
        [
            ({}, "Choose a file or paste rows"),
            ({"pasted": "a,cx", "file": SimpleUploadedFile("a.csv", b"a,cx")}, "one of the two"),
            ({"file": SimpleUploadedFile("a.pdf", b"%PDF-1.7")}, "is a PDF"),
        ],
    )
    def test_what_is_no_sheet_is_refused_with_a_sentence(self, client_for, ada, data, said):
        page = client_for(ada).post(f"{HOME}sheet/", data)
        assert page.status_code == 422
        assert said in body(page)


@pytest.mark.usefixtures("titles")
class TestVersions:
    """A second version is published while a round reads by the first."""

    @pytest.fixture
    def second(self, version):
        return next_version(version)

    @pytest.fixture
    def reading(self, poll, version, ada, rosa, sam):
        factories.make_vote(poll, "Clerk")
        return acts.open_round(poll, reviewers=[rosa, sam], by=ada, version=version)

    def test_who_reads_by_an_older_version_practises_by_it_and_is_told_so(
        self, client_for, rosa, nina, reading, second, titles
    ):
        said = "You read by version 1 of the codebook, so you practise by it. The newest is version 2."
        client = client_for(rosa)
        for url in (HOME, f"{HOME}?version=1"):
            page = body(client.get(url))
            assert said in page
            assert f"{HOME}1/?version=1" in page
        client.post(f"{HOME}1/{titles[0].pk}/", {"verdict": "cx"})
        assert TrainingAnswer.objects.get().version == reading.version
        other = body(client_for(nina).get(HOME))
        assert "You read by" not in other
        assert "With version 2 of the codebook." in other

    def test_the_round_leads_to_its_version(self, client_for, rosa, reading, second):
        page = client_for(rosa).get(f"/polls/cx-head/rounds/{reading.number}/")
        assert f"{HOME}?version=1" in page.content.decode()

    def test_who_asks_for_another_version_than_theirs_is_led_back(self, client_for, rosa, reading, second):
        page = body(client_for(rosa).get(f"{HOME}?version=2"))
        assert "This is version 2 of the codebook; what is open for you is read by version 1." in page
        assert f'href="{HOME}?version=1"' in page

    def test_once_the_round_is_over_or_left_the_newest_is_practised(
        self, client_for, rosa, sam, ada, reading, second
    ):
        rounds.leave_round(round=reading, user=sam, by=sam)
        assert "With version 2 of the codebook." in body(client_for(sam).get(HOME))
        rounds.close_coding(round=reading, by=ada)
        assert "With version 2 of the codebook." in body(client_for(rosa).get(HOME))

    def test_a_run_begun_by_another_version_is_not_gone_on_with(
        self, client_for, rosa, version, second, titles, poll, ada, sam
    ):
        """Rosa began by the newest; then she reads in a round by the first version."""
        client = client_for(rosa)
        client.post(f"{HOME}1/{titles[0].pk}/", {"verdict": "cx"})
        factories.make_vote(poll, "Clerk")
        acts.open_round(poll, reviewers=[rosa, sam], by=ada, version=version)
        page = body(client.get(f"{HOME}?version=1"))
        assert "Your run 1 was by version 2:" in page
        assert "go on with it" in page
        assert f"{HOME}2/?version=1" in page
        client.post(f"{HOME}2/{titles[0].pk}/?version=1", {"verdict": "cx"})
        page = body(client.get(f"{HOME}?version=1"))
        assert "1 of 2 answered" in page
        assert "In your run 2, by version 1 of the codebook." in page
        assert "In your run 1, by version 2" in body(client.get(f"{HOME}?version=2"))

    def test_a_version_without_titles_says_so_with_a_way_on(
        self, client_for, rosa, sam, ada, poll, version, titles
    ):
        """The answers of every title are categories that only the second version has."""
        new = next_version(version)
        lost = new.categories.get(code="cx")
        type(lost).objects.filter(pk=lost.pk).update(identity=uuid.uuid4())
        TrainingItem.objects.update(answer=new.categories.get(code="cx").identity)
        factories.make_vote(poll, "Clerk")
        round = acts.open_round(poll, reviewers=[rosa, sam], by=ada, version=version)
        page = body(client_for(rosa).get(f"{HOME}?version=1"))
        assert "No titles to practise on by version 1" in page
        assert f'href="{HOME[: -len("training/")]}?version=1"' in page
        assert "Practise by version 2" in page
        assert "Start the training" not in page
        assert "Add titles whose answer is" in body(client_for(ada).get(f"{HOME}?version=1"))
        assert "Practise first" not in body(client_for(rosa).get(f"/polls/cx-head/rounds/{round.number}/"))
