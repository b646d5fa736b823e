"""Practice on its page, where a round is set up, and on the page of a round."""

from __future__ import annotations

import pytest

from classify import rounds, training
from classify.models import Case, Round
from tests import factories
from tests.classify import acts
from tests.walk import receive

PAGE = "/polls/cx-head/calibration/"
NEW = "/polls/cx-head/rounds/new/"


def body(response) -> str:
    return " ".join(response.content.decode().split())


@pytest.fixture
def fields(codebook_version, rosa, sam):
    """The form of a round, filled in."""
    return {
        "version": codebook_version.pk,
        "unit": "headline",
        "purpose": "main",
        "reviewer1": rosa.pk,
        "reviewer2": sam.pk,
        "rule": "consensus",
        "number": 1,
        "action": "create",
    }


class TestThePage:
    def test_without_practice_it_says_what_to_do(self, client_for, poll, ada, rosa):
        assert "First bring in the votes" in body(client_for(ada).get(PAGE))
        factories.make_vote(poll)
        page = body(client_for(ada).get(PAGE))
        assert "Draw the first batch" in page
        assert f'href="{NEW}?purpose=pilot"' in page
        assert "An admin of this poll can set up a practice round." in body(client_for(rosa).get(PAGE))

    def test_batches_stand_below_each_other_with_what_was_mixed_up(
        self, client_for, crowd, practise, rosa, sam, ada, jude
    ):
        acts.practise_all(practise(12, seed=1), rosa, sam, differ=4)
        acts.practise_all(practise(18, "0.5", seed=2), rosa, sam, differ=1)
        for user in (ada, rosa, jude):
            page = body(client_for(user).get(PAGE))
            assert "What batch 1 differed about most" in page
            assert "CX against Other: 2 titles" in page
            assert "0.500: <strong>reached</strong>" in page
            assert '<svg xmlns="http://www.w3.org/2000/svg"' in page
        assert "The study may start" in page

    def test_nobody_who_still_reads_sees_anything_of_it(
        self, client_for, crowd, practise, rosa, sam, ada, vera
    ):
        acts.practise_all(practise(12, seed=1), rosa, sam, differ=4)
        open_one = practise(12, seed=2)
        acts.read_all(open_one, sam, "other")
        page = body(client_for(rosa).get(PAGE))
        assert "You read in a round of this poll that is still open." in page
        assert "against" not in page
        assert "Coding is still open" in body(client_for(vera).get(PAGE))
        assert "What batch 1 differed about most" in body(client_for(vera).get(PAGE))
        assert "0 of 12" not in page

    def test_a_reader_receives_the_same_whatever_the_other_decided(
        self, client_for, crowd, practise, rosa, sam
    ):
        round = practise(12, "0.5")
        client = client_for(rosa)
        before = receive(client, "get", PAGE)
        acts.read_all(round, sam)
        assert receive(client, "get", PAGE) == before

    def test_a_batch_without_alpha_is_drawn_with_a_sentence(
        self, client_for, crowd, practise, rosa, sam, ada
    ):
        acts.agree_on_all(practise(12, "0.5", seed=1), rosa, sam)
        acts.practise_all(practise(12, seed=2), rosa, sam)
        page = body(client_for(ada).get(PAGE))
        assert "Alpha is not defined here" in page
        assert "0.500: not measured" in page
        assert "Alpha of practice round 1 is not defined: all readings use one category." in page
        assert "not reached" not in page

    def test_before_anybody_has_read_nothing_is_said_to_be_below_the_bar(
        self, client_for, crowd, practise, rosa, sam, ada
    ):
        """Also half-way: what is read so far is no figure to hold against a bar."""
        round = practise(12, "0.5")
        for read in (False, True):
            if read:
                acts.read_all(round, rosa)
            page = body(client_for(ada).get(PAGE))
            assert "Whether the study reaches the bar that was set for it is not yet measured." in page
            assert "Practice round 1 is not finished: it counts once both have read all its titles" in page
            assert "0.500: not yet measured" in page
            assert "below the bar" not in page
            assert "not reached" not in page

    def test_a_figure_below_the_bar_is_said_to_be_below_it(self, client_for, crowd, practise, rosa, sam, ada):
        acts.practise_all(practise(30, "0.95"), rosa, sam, differ=10)
        page = body(client_for(ada).get(PAGE))
        assert "The study is below the bar that was set for it." in page
        assert "0.950: not reached" in page
        assert "not yet measured" not in page

    def test_who_is_not_of_the_poll_finds_nothing(self, client_for, poll, nina):
        assert client_for(nina).get(PAGE).status_code == 404

    def test_it_is_only_looked_at(self, client_for, poll, ada):
        assert client_for(ada).post(PAGE).status_code == 405


@pytest.mark.usefixtures("crowd")
class TestSettingUp:
    def test_practice_is_made_on_a_sample_with_its_bar(self, client_for, ada, fields):
        fields |= {"purpose": "pilot", "sample_size": 12, "alpha_required": "0.667"}
        page = client_for(ada).post(NEW, fields, follow=True)
        round = Round.objects.get()
        assert (round.sample_size, str(round.alpha_required), round.case_count) == (12, "0.667", 12)
        assert "Practice on 12 titles drawn at random" in body(page)

    def test_what_was_typed_for_practice_does_not_count_for_the_study(self, client_for, ada, fields):
        client_for(ada).post(NEW, fields | {"sample_size": 12, "alpha_required": "0.667"})
        round = Round.objects.get()
        assert (round.sample_size, round.alpha_required, round.case_count) == (None, None, 30)

    @pytest.mark.parametrize(
        ("more", "said"),
        [
            ({"sample_size": "31"}, "only 30 titles to draw from"),
            ({"sample_size": "0"}, "greater than or equal to 1"),
            ({"alpha_required": "1.2"}, "less than or equal to 1"),
            ({"sample_size": "5", "alpha_required": "0.8"}, "at least 10 titles"),
        ],
    )
    def test_what_cannot_be_is_said(self, client_for, ada, fields, more, said):
        page = client_for(ada).post(NEW, fields | {"purpose": "pilot"} | more)
        assert page.status_code == 422
        assert said in body(page)
        assert not Round.objects.exists()

    def test_the_precision_is_reckoned_as_one_types(self, client_for, ada, fields):
        fields |= {"purpose": "pilot", "sample_size": "20", "alpha_required": "0.5", "action": ""}
        page = body(client_for(ada).post(NEW, fields, HTTP_HX_REQUEST="true"))
        assert "On 20 titles alpha’s 95 % interval will reach about 0.22 to either side." in page
        assert "For its lower end to reach 0.500" in page
        assert "20 of 30 cases" in page

    @pytest.mark.parametrize("junk", ["x", "-3", "9" * 30, "1"])
    def test_junk_in_the_preview_is_no_error(self, client_for, ada, fields, junk):
        given = fields | {"purpose": "pilot", "sample_size": junk, "alpha_required": junk, "action": ""}
        assert client_for(ada).post(NEW, given, HTTP_HX_REQUEST="true").status_code == 200

    def test_below_the_bar_the_page_says_so_and_asks_for_a_reason(
        self, client_for, ada, fields, practise, rosa, sam
    ):
        acts.practise_all(practise(30, "0.95"), rosa, sam, differ=10)
        client = client_for(ada)
        fields["number"] = 2
        assert "below the bar that was set for it" in body(client.get(NEW))
        page = client.post(NEW, fields)
        assert page.status_code == 422
        assert "say why; the reason is kept and reported" in body(page)
        assert Round.objects.count() == 1
        page = client.post(NEW, fields | {"override_reason": "The field is small."}, follow=True)
        assert "This round was started although practice had not reached the bar" in body(page)
        assert "“The field is small.”" in body(page)
        assert "The field is small." in body(client.get(PAGE))

    def test_before_there_is_a_figure_the_page_says_that_it_is_missing(
        self, client_for, ada, fields, practise, rosa, sam
    ):
        practise(12, "0.95")
        client = client_for(ada)
        fields["number"] = 2
        page = body(client.get(NEW))
        assert "is not yet measured. Practice round 1 is not finished" in page
        assert "below the bar" not in page
        page = client.post(NEW, fields | {"override_reason": "The field is small."}, follow=True)
        assert "This round was started before it was measured whether practice reaches the bar" in body(page)

    def test_who_reads_elsewhere_is_not_told_the_figure(self, client_for, practise, rosa, sam, ada):
        pilot = practise(30, "0.5")
        acts.practise_all(pilot, rosa, sam, differ=2)
        factories.make_member("sam", pilot.poll, "admin")
        practise(None, purpose="main")
        page = body(client_for(sam).get(NEW))
        assert "Whether it was reached is shown to you once your own reading is over" in page
        assert str(Round.objects.get(purpose="main").alpha_reached) not in page
        assert str(Round.objects.get(purpose="main").alpha_reached) not in body(
            client_for(sam).get("/polls/cx-head/rounds/2/")
        )
        assert "Practice reached the bar of 0.500" in body(client_for(sam).get("/polls/cx-head/rounds/2/"))

    def test_a_reader_is_offered_the_training_before_they_begin(
        self, client_for, practise, rosa, ada, codebook_version
    ):
        round = practise(12)
        url = f"/polls/cx-head/rounds/{round.number}/"
        assert "Practise first" not in body(client_for(rosa).get(url))
        training.add_item(version=codebook_version, text="Clerk", code="other", explanation="", by=ada)
        assert "/codebooks/role/training/?version=1" in body(client_for(rosa).get(url))
        acts.say(round, Case.objects.filter(round=round).first(), rosa, "cx")
        assert "Practise first" not in body(client_for(rosa).get(url))


def test_the_report_of_a_poll_never_is_one_of_practice(client_for, crowd, practise, ada, rosa, sam):
    acts.practise_all(practise(12), rosa, sam)
    assert client_for(ada).get("/polls/cx-head/report/").status_code == 200
    with pytest.raises(Round.DoesNotExist):
        rounds.latest_round(Round.objects.get().poll)
