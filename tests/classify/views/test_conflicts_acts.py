"""What is done with a conflict through HTTP: looked at first, given back, taken over, talked about, and what
several that are alike become; and where a reviewer was overruled."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from classify import adjudication, rounds
from classify.models import Adjudication, Case, CaseComment, CodebookFlag, Round
from tests.classify.acts import disagree, open_round, say
from tests.classify.judging import judge, propose
from tests.classify.test_adjudication_together import split_titles
from tests.factories import make_member, make_vote

pytestmark = pytest.mark.django_db

TITLES = ["CX Consultant | Speaker", "CX Consultant", "CX Consultant | Author", "Clerk"]


def url(round_: Round, *rest: object, page: str = "conflicts") -> str:
    return "/".join([f"/polls/{round_.poll.slug}/rounds/{round_.number}/{page}", *map(str, rest), ""])


def judgement(category: str = "consultant", **more: object) -> dict[str, object]:
    said = {"reason": "ambiguous", "rationale": "By the rule on consultants."}
    return {"client_id": str(uuid.uuid4()), "category": category} | said | more


@pytest.fixture
def votes(poll) -> None:
    for title in TITLES:
        make_vote(poll, title)
    split_titles()


@pytest.fixture
def round(poll, votes, ada, rosa, sam, jude) -> Round:
    made = open_round(poll, reviewers=[rosa, sam], by=ada, adjudicators=[jude])
    for case in made.cases.all():
        say(made, case.pk, rosa, "cx", note="Rosa's note")
        say(made, case.pk, sam, "contact-center")
    return made


@pytest.fixture
def juno(poll, round):
    """A second adjudicator."""
    user = make_member("juno", poll, "adjudicator")
    round.adjudicators.create(user=user)
    return user


@pytest.fixture
def case(round) -> Case:
    return round.cases.get(text="CX Consultant")


def body_of(response) -> str:
    return response.content.decode()


class TestLookingFirst:
    @pytest.fixture
    def round(self, round) -> Round:
        Round.objects.filter(pk=round.pk).update(adjudicator_first=True)
        round.refresh_from_db()
        return round

    def test_the_page_shows_the_readings_after_the_first_look(self, client_for, jude, round, case):
        client = client_for(jude)
        client.post(url(round, case.pk, "take"))
        before = body_of(client.get(url(round, case.pk)))
        assert "Record my first look" in before
        assert "reading-verdict" not in before
        assert "Rosa" not in before
        reply = client.post(url(round, case.pk, "look"), judgement("other"))
        assert reply["Location"] == url(round, case.pk)
        after = body_of(client.get(url(round, case.pk)))
        assert after.count("reading-verdict") == 2
        assert "Your own first look" in after
        assert 'value="other" checked' in after
        client.post(url(round, case.pk), judgement("cx"))
        case.refresh_from_db()
        assert case.final.code == "cx"

    def test_a_judgement_without_a_first_look_is_refused_and_nothing_is_shown(
        self, client_for, jude, round, case
    ):
        client = client_for(jude)
        client.post(url(round, case.pk, "take"))
        reply = client.post(url(round, case.pk), judgement("cx"))
        assert reply.status_code == 422
        assert "Decide first on your own" in body_of(reply)
        assert "reading-verdict" not in body_of(reply)
        assert not Adjudication.objects.exists()

    def test_the_second_click_is_one_look(self, client_for, jude, round, case):
        sent = judgement("other")
        for _n in range(2):
            assert client_for(jude).post(url(round, case.pk, "look"), sent).status_code == 302
        assert Adjudication.objects.get().kind == "first"

    def test_without_a_category_it_asks_for_one(self, client_for, jude, round, case):
        client = client_for(jude)
        client.post(url(round, case.pk, "take"))
        reply = client.post(url(round, case.pk, "look"), judgement(""))
        assert reply.status_code == 422
        assert "Choose what this title is." in body_of(reply)
        assert "reading-verdict" not in body_of(reply)

    @pytest.mark.parametrize("name", ["ada", "rosa", "vera"])
    def test_others_do_not_look(self, client_for, request, round, case, vera, name):
        client = client_for(request.getfixturevalue(name))
        for data in (judgement("cx"), judgement("")):
            assert client.post(url(round, case.pk, "look"), data).status_code == 403
        assert client.get(url(round, case.pk, "look")).status_code in (403, 405)


class TestClaims:
    def test_giving_back_frees_it_for_others(self, client_for, jude, juno, round, case):
        client_for(jude).post(url(round, case.pk, "take"))
        assert "Give it back" in body_of(client_for(jude).get(url(round, case.pk)))
        assert "jude has taken this conflict up" in body_of(client_for(juno).get(url(round, case.pk)))
        for _n in range(2):
            assert client_for(jude).post(url(round, case.pk, "give-back"))["Location"] == url(round)
        case.refresh_from_db()
        assert case.claimed_by is None
        assert "Take it up" in body_of(client_for(juno).get(url(round, case.pk)))

    def test_looking_at_it_again_renews_it(self, client_for, jude, round, case):
        adjudication.claim(case=case, by=jude)
        nearly = timezone.now() - adjudication.CLAIM_STANDS + timedelta(minutes=1)
        Case.objects.filter(pk=case.pk).update(claimed_at=nearly)
        client_for(jude).get(url(round, case.pk))
        case.refresh_from_db()
        assert case.claimed_at > nearly

    def overtaken(self, client, case: Case, jude, juno) -> dict[str, object]:
        """Jude has it, does nothing for too long, and Juno takes it up; what Jude's page would send."""
        adjudication.claim(case=case, by=jude)
        held = Case.objects.get(pk=case.pk).claimed_at.isoformat()
        Case.objects.filter(pk=case.pk).update(claimed_at=timezone.now() - adjudication.CLAIM_STANDS)
        adjudication.claim(case=case, by=juno)
        return judgement("cx", rationale="A long thought of mine.", flag="Say what it is.", held=held)

    def test_who_comes_too_late_is_told_and_loses_nothing(self, client_for, jude, juno, round, case):
        client = client_for(jude)
        reply = client.post(url(round, case.pk), self.overtaken(client, case, jude, juno))
        body = body_of(reply)
        assert reply.status_code == 422
        assert "nothing came of it for 2 hours" in body
        assert "juno has taken this conflict up" in body
        assert "A long thought of mine." in body
        assert "Say what it is." in body
        assert 'value="cx" checked' in body
        assert not Adjudication.objects.exists()

    def test_also_when_it_was_resolved_meanwhile(self, client_for, jude, juno, round, case):
        client = client_for(jude)
        sent = self.overtaken(client, case, jude, juno)
        judge(case, juno, "other")
        body = body_of(client.post(url(round, case.pk), sent))
        assert "nothing came of it for 2 hours" in body
        assert "resolved already" in body
        assert "A long thought of mine." in body
        assert Adjudication.objects.count() == 1

    def test_a_claim_that_ended_and_nobody_took_is_still_good(self, client_for, jude, round, case):
        adjudication.claim(case=case, by=jude)
        held = Case.objects.get(pk=case.pk).claimed_at.isoformat()
        Case.objects.filter(pk=case.pk).update(claimed_at=timezone.now() - adjudication.CLAIM_STANDS)
        client_for(jude).post(url(round, case.pk), judgement("cx", held=held))
        case.refresh_from_db()
        assert case.status == "resolved"

    @pytest.mark.parametrize("name", ["ada", "rosa", "vera"])
    def test_who_may_not_decide_gives_nothing_back(self, client_for, request, round, case, vera, jude, name):
        adjudication.claim(case=case, by=jude)
        client = client_for(request.getfixturevalue(name))
        assert client.post(url(round, case.pk, "give-back")).status_code == 403
        case.refresh_from_db()
        assert case.claimed_by == jude


class TestTheCodebook:
    def test_a_note_for_it_is_kept_and_shown_with_the_outcome(self, client_for, ada, jude, round, case):
        reply = client_for(jude).post(
            url(round, case.pk), judgement(flag="Say where consultants go."), follow=True
        )
        assert "What the codebook should say is noted" in body_of(reply)
        flag = CodebookFlag.objects.get()
        body = body_of(client_for(ada).get(url(round, case.pk)))
        assert "Say where consultants go." in body
        assert f"?flag={flag.pk}" in body
        assert f"?flag={flag.pk}" not in body_of(client_for(jude).get(url(round, case.pk)))


class TestAnAdmin:
    def test_leaves_a_conflict_unresolved_and_judges_none(self, client_for, ada, round, case):
        client = client_for(ada)
        assert "Leave it unresolved, as an admin" in body_of(client.get(url(round, case.pk)))
        assert client.post(url(round, case.pk), judgement("cx")).status_code == 403
        client.post(url(round, case.pk), judgement("_unresolved"))
        case.refresh_from_db()
        assert case.closed_unresolved_at is not None

    def test_a_case_without_a_vote_says_that_there_is_nothing_to_do(self, client_for, ada, jude, round, case):
        Case.objects.filter(pk=case.pk).update(n_votes=0)
        for user in (ada, jude):
            body = body_of(client_for(user).get(url(round, case.pk)))
            assert "Nobody shows this title any more" in body
            assert '<form method="post" action="/polls' not in body.split("user-menu")[0]


class TestTogether:
    @pytest.fixture
    def title(self, case) -> int:
        return case.headline.parts.get().job_title_id

    def test_those_alike_are_taken_up_shown_and_resolved_at_once(
        self, client_for, jude, juno, round, case, title
    ):
        client = client_for(jude)
        client.post(url(round, case.pk, "take"))
        assert "2 other conflicts share the job title" in body_of(client.get(url(round, case.pk)))
        other = round.cases.get(text="CX Consultant | Author")
        reply = client.post(url(round, case.pk, "alike", title, "take"))
        assert reply["Location"] == url(round, case.pk, "alike", title)
        body = body_of(client.get(reply["Location"]))
        assert body.count('name="cases"') == body.count('" checked>') == 3
        assert "Rosa&#x27;s note" in body
        assert Case.objects.filter(claimed_by=jude).count() == 3
        Case.objects.filter(pk=other.pk).update(claimed_by=juno)
        ids = list(Case.objects.filter(round=round).exclude(text="Clerk").values_list("pk", flat=True))
        reply = client.post(url(round, case.pk, "alike", title), judgement(cases=ids), follow=True)
        assert "2 conflicts were resolved together." in body_of(reply)
        assert "Left out: “CX Consultant | Author”. juno has taken this conflict up." in body_of(reply)
        assert Case.objects.filter(status="resolved").count() == 2
        assert Adjudication.objects.values("together").distinct().count() == 1
        assert "Resolved together with 1 other conflict" in body_of(client.get(url(round, case.pk)))

    def test_the_second_click_changes_nothing(self, client_for, jude, round, case, title):
        sent = judgement(cases=[case.pk])
        for _n in range(2):
            client_for(jude).post(url(round, case.pk, "alike", title), sent)
        assert Adjudication.objects.count() == 1

    @pytest.mark.parametrize(
        ("data", "sentence"),
        [
            ({"cases": []}, "Tick at least one of them."),
            ({"cases": ["x"]}, "Tick at least one of them."),
            ({"category": ""}, "Choose what this title is."),
            ({"rationale": ""}, "Write in a sentence why you decide so."),
        ],
    )
    def test_an_incomplete_form_keeps_what_was_ticked(
        self, client_for, jude, round, case, title, data, sentence
    ):
        client = client_for(jude)
        client.post(url(round, case.pk, "alike", title, "take"))
        reply = client.post(url(round, case.pk, "alike", title), judgement(cases=[case.pk]) | data)
        assert reply.status_code == 422
        assert sentence in body_of(reply)
        assert body_of(reply).count('" checked>') >= len([pk for pk in data.get("cases", [1]) if pk != "x"])
        assert not Adjudication.objects.exists()

    def test_they_are_given_back_together(self, client_for, jude, round, case, title):
        client = client_for(jude)
        client.post(url(round, case.pk, "alike", title, "take"))
        client.post(url(round, case.pk, "alike", title, "give-back"))
        assert not Case.objects.filter(claimed_by__isnull=False).exists()
        assert "None of these waits for you" in body_of(client.get(url(round, case.pk, "alike", title)))

    def test_a_title_that_the_headline_does_not_hold_is_not_there(self, client_for, jude, round, title):
        clerk = round.cases.get(text="Clerk")
        for rest in [(title,), (title, "take"), (title, "give-back"), (10**12,)]:
            assert client_for(jude).post(url(round, clerk.pk, "alike", *rest)).status_code == 404

    @pytest.mark.parametrize("name", ["ada", "rosa", "vera"])
    def test_others_resolve_nothing(self, client_for, request, round, case, title, vera, name):
        client = client_for(request.getfixturevalue(name))
        for rest in ((), ("take",), ("give-back",)):
            reply = client.post(url(round, case.pk, "alike", title, *rest), judgement(cases=[case.pk]))
            assert reply.status_code == 403
        assert client.get(url(round, case.pk, "alike", title)).status_code == 403

    def test_who_decides_first_is_shown_no_reading_there(self, client_for, jude, round, case, title):
        Round.objects.filter(pk=round.pk).update(adjudicator_first=True)
        client = client_for(jude)
        client.post(url(round, case.pk, "alike", title, "take"))
        body = body_of(client.get(url(round, case.pk, "alike", title)))
        assert "Rosa" not in body
        assert "alike-said" not in body
        ids = list(Case.objects.filter(claimed_by=jude).values_list("pk", flat=True))
        client.post(url(round, case.pk, "alike", title), judgement(cases=ids))
        assert Adjudication.objects.filter(kind="first").count() == 3

    def test_the_two_confirm_together_what_the_other_proposed(
        self, client_for, poll, ada, rosa, sam, round, case, title
    ):
        talk = open_round(poll, reviewers=[rosa, sam], by=ada, version=round.version)
        for each in talk.cases.all():
            disagree(talk, each, rosa, sam)
        rounds.close_coding(round=talk, by=ada)
        shared = list(talk.cases.exclude(text="Clerk").order_by("pk"))
        for each, code in zip(shared[:2], ("cx", "other"), strict=True):
            propose(each, rosa, code)
        here = url(talk, shared[0].pk, "alike", title)
        body = body_of(client_for(sam).get(here))
        assert body.count('name="theirs"') == 2
        theirs = [f"{shared[0].pk}:cx", f"{shared[1].pk}:other"]
        sent = judgement("_theirs", cases=[each.pk for each in shared], theirs=theirs)
        reply = client_for(sam).post(here, sent, follow=True)
        assert "2 are final." in body_of(reply)
        finals = {each.text: each.final.code for each in talk.cases.filter(status="resolved")}
        assert sorted(finals.values()) == ["cx", "other"]


class TestTalking:
    @pytest.fixture
    def revealed(self, round, ada) -> Round:
        rounds.close_coding(round=round, by=ada)
        return round

    def test_it_is_written_once_with_a_name_and_as_text(self, client_for, rosa, sam, revealed, case):
        sent = {"text": "I meant <b>the board</b>\nseat", "client_id": str(uuid.uuid4())}
        for _n in range(2):
            reply = client_for(rosa).post(url(revealed, case.pk, "comment"), sent)
            assert reply["Location"] == url(revealed, case.pk) + "#talk"
        assert CaseComment.objects.count() == 1
        body = body_of(client_for(sam).get(url(revealed, case.pk)))
        assert "I meant &lt;b&gt;the board&lt;/b&gt;<br>seat" in body
        assert "<strong>rosa</strong>" in body

    @pytest.mark.parametrize(("text", "why"), [("", "Write something first."), ("x" * 4001, "under 4000")])
    def test_nothing_and_too_much_is_said_and_kept_in_the_form(
        self, client_for, rosa, revealed, case, text, why
    ):
        sent = {"text": text, "client_id": str(uuid.uuid4())}
        reply = client_for(rosa).post(url(revealed, case.pk, "comment"), sent)
        assert reply.status_code == 422
        assert why in body_of(reply)
        assert text in body_of(reply)

    @pytest.mark.parametrize("name", ["ada", "rosa", "jude", "vera"])
    def test_before_the_reveal_there_is_no_talk_for_anybody(
        self, client_for, request, round, case, vera, name
    ):
        client = client_for(request.getfixturevalue(name))
        sent = {"text": "Psst", "client_id": str(uuid.uuid4())}
        assert client.post(url(round, case.pk, "comment"), sent).status_code == 403
        reply = client.get(url(round, case.pk))
        assert "Talk about this title" not in body_of(reply)


class TestOverruled:
    def test_the_page_says_what_became_of_what_and_why(self, client_for, ada, rosa, sam, jude, round, case):
        judge(case, jude, "cx", rationale="Twice as many voters say so.")
        judge(round.cases.get(text="Clerk"), jude, "other")
        rounds.close_coding(round=round, by=ada)
        body = body_of(client_for(sam).get(url(round, page="overruled")))
        assert "Contact Center → CX (1)" in body
        assert "Contact Center → Other (1)" in body
        assert "Twice as many voters say so." in body
        narrowed = body_of(client_for(sam).get(url(round, page="overruled"), {"change": "contact-center~cx"}))
        assert "CX Consultant</a>" in narrowed
        assert "Clerk</a>" not in narrowed
        assert "Clerk</a>" in body_of(client_for(rosa).get(url(round, page="overruled")))
        none = body_of(client_for(sam).get(url(round, page="overruled"), {"change": "cx~unsure"}))
        assert "None is like that" in none

    def test_who_was_not_overruled_is_told_so(self, client_for, ada, rosa, round):
        rounds.close_coding(round=round, by=ada)
        assert "Nobody overruled you" in body_of(client_for(rosa).get(url(round, page="overruled")))

    @pytest.mark.parametrize("name", ["rosa", "jude", "ada", "vera"])
    def test_others_and_too_early_is_refused(self, client_for, request, round, case, vera, jude, name):
        judge(case, jude)
        assert client_for(request.getfixturevalue(name)).get(url(round, page="overruled")).status_code == 403

    def test_it_is_only_read(self, client_for, rosa, round):
        assert client_for(rosa).post(url(round, page="overruled")).status_code == 405
