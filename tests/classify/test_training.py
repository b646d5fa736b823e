"""Titles with known answers: kept, brought in from a sheet, answered, and counted."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from classify import training
from classify.models import Category, CodebookVersion, TrainingAnswer, TrainingItem
from classify.training.importing import LIMITS
from polls.importing.readers import open_upload
from polls.permissions import PollRefused
from polls.problems import Refused
from tests import factories


@pytest.fixture
def version(db) -> CodebookVersion:
    return factories.make_codebook()


@pytest.fixture
def titles(version, ada) -> list[TrainingItem]:
    """Three titles: Contact Center, CX, and one that cannot be told."""
    known = [("Agent", "contact-center"), ("CX Lead", "cx"), ("Helping leaders win", "unsure")]
    return [
        training.add_item(version=version, text=text, code=code, explanation=f"Why {code}", by=ada)
        for text, code in known
    ]


def next_version(version: CodebookVersion, *, drop: str = "", rename: str = "") -> CodebookVersion:
    """A later version with the same categories by identity, one left out, one under another name."""
    later = CodebookVersion.objects.create(codebook=version.codebook, number=version.number + 1, title="Role")
    for category in version.categories.exclude(code=drop):
        fields = {
            f.attname: getattr(category, f.attname)
            for f in Category._meta.concrete_fields
            if f.attname not in ("id", "version_id")
        }
        if category.code == rename:
            fields |= {"code": "renamed", "label": "Renamed"}
        Category.objects.create(version=later, **fields)
    return later


def answer(user, version, item, verdict, number=1) -> TrainingAnswer:
    run = training.run_of(user, version, number)
    return training.answer_item(run=run, item_id=item.pk, verdict=verdict, by=user)


def bring(version, text, by):
    with open_upload(text, name="sheet.csv", limits=LIMITS) as source:
        return training.import_items(version=version, source=source, by=by)


class TestTheSet:
    def test_titles_come_in_the_order_in_which_they_were_added(self, titles, version):
        assert list(training.active_items(version.codebook)) == titles

    def test_a_title_goes_up_and_down_and_stops_at_the_ends(self, titles, version, ada):
        one, two, three = titles
        training.move_item(item=three, up=True, by=ada)
        assert list(training.active_items(version.codebook)) == [one, three, two]
        training.move_item(item=one, up=False, by=ada)
        training.move_item(item=two, up=False, by=ada)
        assert list(training.active_items(version.codebook)) == [three, one, two]

    def test_the_same_title_twice_is_refused(self, titles, version, ada):
        with pytest.raises(ValidationError, match="in the training set already"):
            training.add_item(version=version, text=" CX  Lead ", code="cx", explanation="", by=ada)

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"text": "  "}, "Write the title"),
            ({"text": "x" * 501}, "at most 500 characters"),
            ({"explanation": "x" * 2001}, "at most 2000 characters"),
            ({"code": "nothing"}, "is no category"),
        ],
    )
    def test_what_cannot_be_kept_is_refused(self, version, ada, change, said):
        given = {"text": "Clerk", "code": "cx", "explanation": ""} | change
        with pytest.raises(ValidationError, match=said):
            training.add_item(version=version, by=ada, **given)

    def test_put_away_it_is_not_asked_and_can_be_added_or_brought_back(self, titles, version, ada):
        training.archive_item(item=titles[1], by=ada)
        assert list(training.active_items(version.codebook)) == [titles[0], titles[2]]
        training.restore_item(item=titles[1], by=ada)
        training.restore_item(item=titles[1], by=ada)
        assert [item.pk for item in training.active_items(version.codebook)] == [
            titles[n].pk for n in (0, 2, 1)
        ]
        training.archive_item(item=titles[1], by=ada)
        training.add_item(version=version, text="CX Lead", code="cx", explanation="", by=ada)
        with pytest.raises(ValidationError, match="already"):
            training.restore_item(item=titles[1], by=ada)

    def test_the_set_has_a_bound(self, version, ada, monkeypatch, titles):
        monkeypatch.setattr("classify.training.items.MAX_ITEMS", 3)
        with pytest.raises(ValidationError, match="at most 3 titles"):
            training.add_item(version=version, text="Clerk", code="cx", explanation="", by=ada)

    def test_who_may_not_edit_codebooks_changes_nothing(self, titles, version, rosa):
        for act in (
            lambda: training.add_item(version=version, text="x", code="cx", explanation="", by=rosa),
            lambda: training.change_item(item=titles[0], version=version, code="cx", explanation="", by=rosa),
            lambda: training.move_item(item=titles[0], up=False, by=rosa),
            lambda: training.archive_item(item=titles[0], by=rosa),
            lambda: training.restore_item(item=titles[0], by=rosa),
            lambda: bring(version, "x,cx", rosa),
        ):
            with pytest.raises(PollRefused):
                act()

    def test_a_renamed_category_is_still_the_answer(self, titles, version):
        later = next_version(version, rename="cx")
        known, lost = training.known_items(later)
        assert [each.answer.label if each.answer else None for each in known] == [
            "Contact Center",
            "Renamed",
            None,
        ]
        assert lost == []

    def test_a_title_whose_category_is_gone_needs_a_new_answer_and_is_not_asked(self, titles, version, ada):
        later = next_version(version, drop="cx")
        known, lost = training.known_items(later)
        assert [each.item for each in known] == [titles[0], titles[2]]
        assert lost == [titles[1]]
        training.change_item(item=titles[1], version=later, code="other", explanation="Now", by=ada)
        assert training.known_items(later)[1] == []


class TestFromASheet:
    def test_rows_are_taken_with_codes_labels_and_unsure(self, version, ada):
        found = bring(version, "Agent,contact-center,It says so\nCX Lead,cx\nSlogan,UNSURE,\n,,\n", ada)
        assert found == (3, 0, [])
        items = training.active_items(version.codebook)
        assert [(item.text, item.explanation) for item in items] == [
            ("Agent", "It says so"),
            ("CX Lead", ""),
            ("Slogan", ""),
        ]
        assert items[2].answer is None

    def test_a_header_may_name_the_columns_in_another_order(self, version, ada):
        assert bring(version, "Why\tCategory\tTitle\nSo\tConsultant\tAdviser\n", ada)[0] == 1
        item = training.active_items(version.codebook).get()
        assert (item.text, item.explanation) == ("Adviser", "So")

    def test_one_wrong_row_stops_all_and_every_reason_is_named(self, version, ada, titles):
        sheet = "title,category\nClerk,cx\n,cx\nBoss,boss\nClerk,other\nCX Lead,other\nSpeaker,\n"
        added, known, errors = bring(version, sheet, ada)
        assert (added, known) == (0, 0)
        assert [(e.row, e.column, e.reason) for e in errors] == [
            (3, "title", "Write the title that people are to read."),
            (4, "category", "no category of this codebook"),
            (5, "title", "the same title as in row 2"),
            (6, "title", "in the training set already, with another answer"),
            (7, "category", "no category given"),
        ]
        assert training.active_items(version.codebook).count() == 3

    def test_the_same_sheet_again_adds_nothing(self, version, ada):
        assert bring(version, "Agent,contact-center,Why\n", ada) == (1, 0, [])
        assert bring(version, "Agent,contact-center,Why\n", ada) == (0, 1, [])

    def test_it_has_bounds(self, version, ada, monkeypatch):
        monkeypatch.setattr("classify.training.importing.MAX_ROWS", 3)
        with pytest.raises(Refused, match="more than 3 rows"):
            bring(version, "".join(f"Title {n},cx\n" for n in range(4)), ada)
        monkeypatch.setattr("classify.training.importing.MAX_ITEMS", 2)
        with pytest.raises(Refused, match="at most 2 titles"):
            bring(version, "".join(f"Title {n},cx\n" for n in range(3)), ada)
        with pytest.raises(Refused, match="no row with a title"):
            bring(version, "title,category\n", ada)
        assert not TrainingItem.objects.exists()


class TestTaking:
    def test_an_answer_is_right_when_it_is_the_known_one(self, titles, version, rosa):
        assert answer(rosa, version, titles[0], "contact-center").was_right
        assert not answer(rosa, version, titles[1], "other").was_right
        assert answer(rosa, version, titles[2], "unsure").was_right
        run = training.run_of(rosa, version, 1)
        assert (run.finished, run.right, run.total) == (True, 2, 3)

    def test_the_first_answer_of_a_run_stays(self, titles, version, rosa):
        first = answer(rosa, version, titles[0], "other")
        stale = training.run_of(rosa, version, 1)
        again = training.answer_item(run=stale, item_id=titles[0].pk, verdict="contact-center", by=rosa)
        assert again == first
        assert TrainingAnswer.objects.count() == 1

    def test_another_run_begins_anew(self, titles, version, rosa):
        answer(rosa, version, titles[0], "other")
        assert answer(rosa, version, titles[0], "contact-center", number=2).was_right
        assert training.last_run(rosa, version.codebook) == 2
        assert len(training.run_of(rosa, version, 2).left) == 2

    def test_a_run_keeps_the_version_it_was_begun_with(self, titles, version, rosa):
        answer(rosa, version, titles[0], "contact-center")
        later = next_version(version, rename="contact-center")
        assert training.run_of(rosa, later, 1).version == version
        assert training.run_of(rosa, later, 2).version == later

    def test_titles_added_later_are_asked_in_the_run_too(self, titles, version, rosa, ada):
        for item, code in zip(titles, ("contact-center", "cx", "unsure"), strict=True):
            answer(rosa, version, item, code)
        training.add_item(version=version, text="Clerk", code="other", explanation="", by=ada)
        run = training.run_of(rosa, version, 1)
        assert ([each.item.text for each in run.left], run.finished) == (["Clerk"], False)

    def test_what_is_no_answer_is_refused(self, titles, version, rosa):
        for verdict in ("", "boss", "\x00"):
            with pytest.raises(ValidationError, match="Choose one"):
                answer(rosa, version, titles[0], verdict)
        training.archive_item(item=titles[1], by=titles[1].created_by)
        with pytest.raises(TrainingItem.DoesNotExist):
            answer(rosa, version, titles[1], "cx")

    @pytest.mark.parametrize("sql", ["UPDATE classify_traininganswer SET was_right = true", "DELETE FROM {}"])
    def test_what_was_answered_is_never_changed(self, titles, version, rosa, sql):
        answer(rosa, version, titles[0], "other")
        from tests import refusals

        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            refusals.run(sql.format("classify_traininganswer"))


class TestResults:
    def test_right_and_wrong_are_counted_by_known_answer(self, titles, version, rosa, ada):
        more = training.add_item(version=version, text="CX Clerk", code="cx", explanation="", by=ada)
        for item, code in zip([*titles, more], ("contact-center", "other", "consultant", "cx"), strict=True):
            answer(rosa, version, item, code)
        run = training.run_of(rosa, version, 1)
        tallies = training.tallies_of(run)
        assert [(t.category.code if t.category else None, t.right, t.asked) for t in tallies] == [
            ("contact-center", 1, 1),
            ("cx", 1, 2),
            (None, 0, 1),
        ]
        wrong = training.wrong_ones(run)
        assert [(w.item.text, w.said.code, w.known and w.known.code, w.moved) for w in wrong] == [
            ("CX Lead", "other", "cx", False),
            ("Helping leaders win", "consultant", None, False),
        ]

    def test_an_answer_that_was_changed_since_is_said_to_be(self, titles, version, rosa, ada):
        answer(rosa, version, titles[1], "other")
        training.change_item(item=titles[1], version=version, code="other", explanation="", by=ada)
        assert training.wrong_ones(training.run_of(rosa, version, 1))[0].moved

    def test_who_took_it_is_told_with_their_newest_run(self, titles, version, rosa, sam, nina):
        answer(rosa, version, titles[0], "other")
        answer(rosa, version, titles[0], "contact-center", number=2)
        answer(rosa, version, titles[1], "cx", number=2)
        answer(nina, version, titles[0], "other")
        people = type(rosa).objects.filter(pk__in=[rosa.pk, sam.pk])
        found = training.practised(version.codebook, people)
        assert [(each.user, each.runs, each.answered, each.right) for each in found] == [(rosa, 2, 2, 2)]
        assert training.practised(version.codebook, people.filter(pk=sam.pk)) == []
