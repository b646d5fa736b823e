"""The second step of an import: everything that can be said of how a file is to be read."""

from __future__ import annotations

import pytest

from polls.importing.formats import FORMATS
from polls.models import Batch, RememberedColumns, Vote
from tests import factories
from tests.polls.importing import workbooks
from tests.polls.views.looking import bring_in, chosen, look_at, offered, paste, say, send, text_of

YES, MAYBE, NO = factories.OPTIONS


def votes():
    return sorted(Vote.objects.values_list("voter__name", "option__text"))


# --- files -------------------------------------------------------

SHEETS = {
    "Read me": [["This workbook holds the votes on the next sheet."]],
    "Votes": [["Name", "Job Title", "Answer"], ["Kim", "Agent", YES], ["Lee", "Boss", NO]],
}


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_of_a_workbook_the_sheet_is_chosen(kind, admin):
    content = workbooks.xlsx(SHEETS) if kind == "xlsx" else workbooks.ods(SHEETS)
    url = send(admin, content, f"votes.{kind}")
    page = admin.get(url).content.decode()
    assert offered(page, "sheet") == ["Read me", "Votes"]
    assert "encoding" not in chosen(page), "a workbook says itself how its letters are written"
    say(admin, url, sheet="Votes")
    assert f"A workbook ({kind.upper()})." in look_at(admin, url)
    assert "2 voters in this poll" in bring_in(admin, url)
    assert votes() == [("Kim", YES), ("Lee", NO)]
    assert Batch.objects.get().sheet == "Votes"


def test_a_workbook_of_which_nothing_was_changed_is_imported_at_the_first_click(admin):
    url = send(admin, workbooks.xlsx(SHEETS), "votes.xlsx")
    page = admin.get(url).content.decode()
    answer = admin.post(url, chosen(page) | {"action": "import"})
    assert answer["Location"].endswith("/result/")
    assert Batch.objects.get().sheet == "Votes"


def test_a_header_without_rows_is_said_to_be_that(admin):
    page = look_at(admin, send(admin, "voter_id,option\n"))
    assert "Below its header the file has no rows, so there is nothing to import." in page


def test_an_xlsx_by_another_name_is_an_xlsx(admin):
    url = send(admin, workbooks.xlsx({"Votes": SHEETS["Votes"]}), "renamed.csv")
    assert "Import 2 rows" in look_at(admin, url)


def test_a_sheet_that_is_not_there_is_refused(admin):
    url = send(admin, workbooks.xlsx(SHEETS), "votes.xlsx")
    answer = say(admin, url, sheet="Sheet 99")
    assert answer.status_code == 422
    assert "Choose one of what is offered in each field." in answer.content.decode()


COPIED = """Kim Possible
View Kim Possible’s profile
• 2nd
Head of Contact Center
Lee Major
View Lee Major’s profile
• 3rd+
CX Consultant | Speaker
"""


def test_voters_copied_from_a_web_page_come_one_over_several_lines(admin):
    url = paste(admin, COPIED)
    page = look_at(admin, url)
    assert "Text from a web page, one voter over several lines." in page
    assert "or which option all of these voters chose" in page
    assert say(admin, url, "import").status_code == 422
    say(admin, url, everyone=MAYBE)
    assert "Import 2 rows" in look_at(admin, url)
    bring_in(admin, url)
    assert votes() == [("Kim Possible", MAYBE), ("Lee Major", MAYBE)]
    assert {*Vote.objects.values_list("headline_raw", flat=True)} == {
        "Head of Contact Center",
        "CX Consultant | Speaker",
    }


ZOOM = (
    "Poll Report\nReport generated time,2024-03-05\n\n"
    "Poll 1\n#,User Name,User Email,Submitted Date/Time,How important is it?\n"
    f"1,Kim,kim@example.org,2024-03-05 10:00:00,{YES}\n\n"
    "Poll 2\n#,User Name,User Email,Submitted Date/Time,What next?\n"
    "1,Kim,kim@example.org,2024-03-05 10:05:00,Lunch\n"
    "2,Lee,lee@example.org,2024-03-05 10:05:10,Lunch\n"
)


def test_of_several_tables_in_a_file_the_table_is_chosen(admin):
    url = send(admin, ZOOM)
    page = admin.get(url).content.decode()
    assert offered(page, "table") == ["1", "2"]
    assert "Recognised as Zoom" in look_at(admin, url)
    say(admin, url, table="2")
    assert chosen(admin.get(url).content.decode())["table"] == "2"
    assert "Lunch" in look_at(admin, url)
    say(admin, url, table="1")
    bring_in(admin, url)
    assert votes() == [("Kim", YES)]


def test_another_encoding_can_be_chosen_although_one_was_recognised(admin):
    url = send(admin, f"name,option\nJürgen,{YES}\n")
    say(admin, url, encoding="cp1252")
    assert "JÃ¼rgen" in look_at(admin, url)
    say(admin, url, encoding="")
    assert "Jürgen" in look_at(admin, url)


# --- formats -----------------------------------------------------

LIKERS = (
    "profileLink,firstName,lastName,fullName,occupation,degree\n"
    "https://www.linkedin.com/in/kim,Kim,Possible,Kim Possible,Agent,2nd\n"
)


def test_a_known_export_is_named_with_what_has_to_be_known_of_it(admin):
    url = send(admin, LIKERS)
    text = look_at(admin, url)
    assert "Recognised as PhantomBuster: post likers." in text
    assert "or which option all of these voters chose" in text
    assert chosen(admin.get(url).content.decode())["column_4"] == "headline"


@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.name)
def test_every_known_export_is_recognised_on_the_page_and_its_notes_are_shown(known, admin):
    header = [names.partition(" | ")[0] for names in ((known.first,) if known.first else ()) + known.headers]
    rows = [header] * known.row_of_names + [[f"cell {number}" for number in range(len(header))]]
    content = "".join(",".join(f'"{cell}"' for cell in row) + "\n" for row in rows)
    answer = admin.get(send(admin, content))
    text = text_of(answer.content.decode())
    assert answer.status_code == 200
    assert f"Recognised as {known.title}." in text or known.title in text
    for sentence in known.notes:
        assert " ".join(sentence.split()) in text
    if known.no_voters:
        assert known.no_voters in text


def test_a_file_can_be_read_by_its_columns_alone(admin):
    url = send(admin, LIKERS)
    say(admin, url, preset="none")
    page = admin.get(url).content.decode()
    assert "Recognised as" not in page
    assert chosen(page)["preset"] == "none"
    say(admin, url, preset="phantombuster-likers")
    assert "Recognised as PhantomBuster: post likers." in look_at(admin, url)


def test_a_file_that_names_no_voters_says_so_and_can_be_read_all_the_same(admin):
    url = send(admin, f"Date,Link,OptionText\n2026-03-01,https://example.org/1,{YES}\n")
    text = look_at(admin, url)
    assert "names no voters" in text
    assert "Import 1 row" not in text
    assert say(admin, url, "import").status_code == 422
    assert not Vote.objects.exists()
    say(admin, url, preset="none")
    assert "names no voters" not in look_at(admin, url)


# --- columns -----------------------------------------------------


def test_a_column_per_option_is_recognised_and_can_be_told(admin):
    url = send(admin, f"name,{YES},{MAYBE},Never\nKim,x,,\nLee,,1,\nMo,,,x\n")
    found = chosen(admin.get(url).content.decode())
    assert (found["column_1"], found["column_2"]) == (f"is:{YES}", f"is:{MAYBE}")
    say(admin, url, column_3=f"is:{NO}")
    assert "Import 3 rows" in look_at(admin, url)
    bring_in(admin, url)
    assert votes() == [("Kim", YES), ("Lee", MAYBE), ("Mo", NO)]


def test_an_option_that_the_poll_does_not_have_is_not_offered(admin):
    url = send(admin, f"name,option,Never\nKim,{YES},\n")
    assert say(admin, url, column_2="is:Never").status_code == 422


@pytest.mark.parametrize(
    "changes",
    [{"column_2": f"is:{YES}"}, {"column_1": f"is:{YES}", "column_2": f"is:{YES}"}],
    ids=["with an option column", "twice"],
)
def test_the_option_is_told_in_one_way(admin, changes):
    url = send(admin, f"name,option,other\nKim,{YES},x\n")
    answer = say(admin, url, **changes)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "in one way" in page or "Two columns cannot both be" in page


def test_of_many_columns_those_only_carried_along_are_folded_away(admin):
    extra = [f"extra {number}" for number in range(40)]
    url = send(admin, ",".join(["name", "option", *extra]) + f"\nKim,{YES}" + ",x" * 40 + "\n")
    page = admin.get(url).content.decode()
    assert "40 more columns are carried along" in page
    say(admin, url, column_41="comment")
    page = admin.get(url).content.decode()
    assert "39 more columns are carried along" in page
    bring_in(admin, url)
    assert Vote.objects.get().comment == "x"


def test_columns_of_another_sheet_are_guessed_anew(admin):
    book = {"A": [["name", "option"], ["Kim", YES]], "B": [["Answer", "Person"], [NO, "Lee"]]}
    url = send(admin, workbooks.xlsx(book), "votes.xlsx")
    say(admin, url, column_0="headline")
    say(admin, url, sheet="B")
    found = chosen(admin.get(url).content.decode())
    assert (found["column_0"], found["column_1"]) == ("option", "name")


def test_a_choice_made_meanwhile_in_another_tab_is_looked_at_first(admin):
    url = send(admin, f"name,option,mood\nKim,{YES},fine\n")
    old = chosen(admin.get(url).content.decode())
    say(admin, url, column_2="comment")
    answer = admin.post(url, old | {"action": "import"}, follow=True)
    assert "Look at the rows once more" in answer.content.decode()
    assert not Vote.objects.exists()


# --- dates -------------------------------------------------------

AMBIGUOUS = f"name,option,voted at\nKim,{YES},03/04/2026\nLee,{NO},05/06/2026\n"


@pytest.mark.parametrize(("order", "month"), [("day", 4), ("month", 3)])
def test_the_order_of_day_and_month_is_asked_when_nothing_shows_it(order, month, admin):
    url = send(admin, AMBIGUOUS)
    assert "In this file 03/04/2026 means" in look_at(admin, url)
    say(admin, url, day_order=order)
    bring_in(admin, url)
    assert Vote.objects.get(voter__name="Kim").voted_at.month == month


def test_the_answer_can_be_taken_back(admin):
    url = send(admin, AMBIGUOUS)
    say(admin, url, day_order="day")
    assert look_at(admin, url).count("3 Apr 2026") == 2
    say(admin, url, day_order="")
    # What the answer would mean is still said beside it.
    assert look_at(admin, url).count("3 Apr 2026") == 1


@pytest.mark.parametrize("shown", ["25/03/2026", "2026-03-25"])
def test_the_order_is_not_asked_when_the_file_shows_it(shown, admin):
    rows = f"Mo,{NO},{shown}\n"
    text = AMBIGUOUS + rows if "/" in shown else f"name,option,voted at\n{rows}"
    assert "means" not in look_at(admin, send(admin, text))


# --- remembered --------------------------------------------------

HEADERS = "Wer,Was,Warum\n"


def test_what_was_chosen_is_remembered_for_the_next_file_with_these_columns(admin, poll, client_for):
    url = send(admin, f"{HEADERS}Kim,{YES},darum\n")
    say(admin, url, column_0="name", column_1="option", column_2="comment")
    assert "as the last file" not in look_at(admin, url)
    bring_in(admin, url)
    url = send(admin, f"{HEADERS}Lee,{NO},deshalb\n")
    page = admin.get(url).content.decode()
    assert "Read as the last file with these columns." in page
    assert chosen(page)["column_2"] == "comment"
    bring_in(admin, url)
    assert Vote.objects.get(voter__name="Lee").comment == "deshalb"
    alma = client_for(factories.make_member("alma", poll, "admin"))
    assert "Read as the last file" in look_at(alma, send(alma, f"{HEADERS}Mo,{NO},\n"))


def test_rejected_rows_come_back_mended_and_are_read_as_they_were(admin):
    url = send(admin, f"{HEADERS}Kim,{YES},darum\nLee,Perhaps,deshalb\n")
    say(admin, url, column_0="name", column_1="option", column_2="comment")
    bring_in(admin, url)
    rejected = b"".join(admin.get(f"{url}rejected.csv").streaming_content).decode("utf-8-sig")
    url = send(admin, rejected.replace("Perhaps", NO), "mended.csv")
    page = admin.get(url).content.decode()
    assert "Read as the last file with these columns." in page
    assert chosen(page)["column_2"] == "comment"
    bring_in(admin, url)
    assert votes() == [("Kim", YES), ("Lee", NO)]
    assert Vote.objects.get(voter__name="Lee").comment == "deshalb"


def test_what_is_remembered_gives_way_to_what_is_said(admin):
    bring_in(admin, send(admin, f"name,option,mood\nKim,{YES},fine\n"))
    url = send(admin, f"name,option,mood\nLee,{YES},fine\n")
    assert "Read as the last file" in look_at(admin, url)
    say(admin, url, column_2="comment")
    assert "Read as the last file" not in look_at(admin, url)
    bring_in(admin, url)
    assert RememberedColumns.objects.get().reading["columns"]["comment"] == "mood"


def test_options_remembered_of_another_poll_are_not_taken_for_this_one(admin, ada, poll):
    other = factories.make_poll("other", options=["Red", "Blue"])
    factories.make_member("ada", other, "admin")
    start = "/polls/other/import/"
    bring_in(admin, send(admin, "name,Red,Blue\nKim,x,\n", start=start))
    text = look_at(admin, send(admin, "name,Red,Blue\nKim,x,\n"))
    assert "Read as the last file" not in text
    assert "No column holds the option voted for." in text


def test_a_file_that_was_only_looked_at_is_not_remembered(admin):
    url = send(admin, f"{HEADERS}Kim,{YES},darum\n")
    say(admin, url, column_0="name", column_1="option")
    assert not RememberedColumns.objects.exists()


# --- while choosing ----------------------------------------------


def test_htmx_gets_the_part_that_changes_and_what_was_chosen_is_kept(admin):
    url = send(admin, f"name,option,mood\nKim,{YES},fine\n")
    page = chosen(admin.get(url).content.decode())
    answer = admin.post(url, page | {"column_2": "comment", "action": "look"}, headers={"hx-request": "true"})
    fragment = answer.content.decode()
    assert answer.status_code == 200
    assert "<html" not in fragment
    assert 'id="reading"' in fragment
    assert chosen(fragment)["column_2"] == "comment"
    assert chosen(admin.get(url).content.decode())["column_2"] == "comment"
    assert not Vote.objects.exists()


def test_htmx_shows_what_cannot_be_chosen_too(admin):
    url = send(admin, f"name,option,mood\nKim,{YES},fine\n")
    page = chosen(admin.get(url).content.decode())
    answer = admin.post(url, page | {"column_2": "name", "action": "look"}, headers={"hx-request": "true"})
    assert answer.status_code == 200, "htmx shows nothing else"
    assert "Two columns cannot both be “Name”." in answer.content.decode()


# --- published figures -------------------------------------------


def test_which_whole_votes_the_percentages_allow_is_said(admin, poll):
    poll.published_total = 3
    poll.save()
    poll.options.filter(position=1).update(published_share=67, published_digits=0)
    poll.options.filter(position=2).update(published_share=33, published_digits=0)
    poll.options.filter(position=3).update(published_share=0, published_digits=0)
    url = send(admin, f"name,option\nKim,{YES}\nLee,{YES}\n")
    text = look_at(admin, url)
    assert (
        f"Only one way to spread 3 votes gives the published percentages: {YES} 2, {MAYBE} 1, {NO} 0." in text
    )
    assert f"1 vote missing at {MAYBE}" in text
    say(admin, url, "cancel")
    url = send(admin, f"name,option\nKim,{YES}\nLee,{YES}\nMo,{MAYBE}\n")
    assert "That is what is here." in bring_in(admin, url)
