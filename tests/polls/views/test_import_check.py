"""The second step of an import: looking at the rows, then importing, and what became of them."""

from __future__ import annotations

import html
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from polls.models import Batch, Vote
from tests import factories
from tests.doors import check_door

START = "/polls/cx-head/import/"
REFUSAL = "Only an admin of this poll may import votes or change them."
ROWS = (
    "Voter id,First name,Surname,Job Title,Answer,Date,Mood\n"
    "v1,Kim,Possible,Agent | Coach,extremely  important,2026-03-01,good\n"
    "v2,Lee,Major,,Not very important,2026-03-02,bad\n"
    "v3,Mo,,Boss,Perhaps,2026-03-03,\n"
)
GUESSED = ["voter_id", "first_name", "last_name", "headline", "option", "voted_at", ""]


def send(admin, content=ROWS, name="voters.csv"):
    """Upload and come to the second step."""
    data = content if isinstance(content, bytes) else content.encode()
    answer = admin.post(START, {"file": SimpleUploadedFile(name, data)})
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"]


def columns(names=None):
    return {f"column_{n}": name for n, name in enumerate(GUESSED if names is None else names)}


def do(admin, url, action="import", names=None):
    return admin.post(url, columns(names) | {"action": action})


def rows_of(page):
    """The texts of a page without its tags."""
    import re

    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


# --- who ---------------------------------------------------------


@pytest.mark.parametrize("tail", ["", "result/", "rejected.csv"])
@pytest.mark.parametrize("username", ["rosa", "vera"])
def test_only_an_admin_gets_in(tail, username, request, admin, poll, nina):
    url = send(admin) + tail
    check_door(url, refused=request.getfixturevalue(username), sentence=REFUSAL, stranger=nina)


def test_another_admin_and_another_poll_do_not_find_the_upload(admin, ada, poll, client_for):
    url = send(admin)
    alma = client_for(factories.make_member("alma", poll, "admin"))
    other = factories.make_poll("other")
    factories.make_member("ada", other, "admin")
    for answer in (alma.get(url), do(alma, url), admin.get(url.replace("cx-head", "other"))):
        assert answer.status_code == 404
    assert not Vote.objects.exists()


def test_the_wrong_method_is_refused(admin):
    url = send(admin)
    assert admin.put(url).status_code == 405
    do(admin, url)
    assert admin.post(f"{url}result/").status_code == 405
    assert admin.post(f"{url}rejected.csv").status_code == 405


def test_before_the_import_there_is_no_result(admin):
    url = send(admin)
    assert admin.get(f"{url}result/").status_code == 404
    assert admin.get(f"{START}{'x' * 32}/rejected.csv").status_code == 404


def test_what_would_not_be_taken_can_be_downloaded_before_the_import(admin):
    url = send(admin)
    assert f'href="{url}rejected.csv"' in admin.get(url).content.decode()
    content = b"".join(admin.get(f"{url}rejected.csv").streaming_content).decode("utf-8-sig")
    assert [line.partition(",")[0] for line in content.splitlines()] == ["Voter id", "v3"]
    assert not Vote.objects.exists()


def test_of_a_file_that_cannot_be_read_there_is_no_download_but_the_reason(admin):
    url = send(admin, "voter_id,what\nv1,Perhaps\n")
    answer = admin.get(f"{url}rejected.csv")
    assert (answer.status_code, answer["Location"]) == (302, url)


# --- looking -----------------------------------------------------


def test_the_guess_the_first_rows_and_the_totals_are_shown_and_nothing_is_stored(admin, poll):
    poll.published_total = 4
    poll.save()
    poll.options.update(published_share=25)
    factories.make_vote(poll, option=2, voter_id="before")
    page = admin.get(send(admin)).content.decode()
    text = rows_of(page)
    assert "Kim Possible" in text, "first and last name are joined as they will be read"
    assert " 1 Mar 2026 " in text
    assert "Carried along: Mood" in text
    assert "4 answer" not in text
    assert "Not taken: Answer “Perhaps” not an option of this poll" in text
    assert "Import 2 rows" in text
    assert "3 voters with 2 different titles; 4 were published." in text
    assert "Extremely important 1 33.3 % 25 % none" in text
    assert [value for name, value in chosen(page).items() if name.startswith("column_")] == GUESSED
    assert Vote.objects.count() == 1
    assert not Batch.objects.exists()


def test_voters_that_are_missing_are_counted_per_option(admin, poll):
    poll.published_total = 100
    poll.save()
    poll.options.update(published_share=50)
    text = rows_of(admin.get(send(admin)).content.decode())
    assert "Extremely important 1 50.0 % 50 % 49" in text
    assert "; 100 were published." in text
    assert "Some published figures differ." in text


def test_other_columns_can_be_chosen_and_are_remembered(admin):
    url = send(admin)
    names = ["", "name", "", "headline", "option", "", "comment"]
    answer = do(admin, url, "look", names)
    assert (answer.status_code, answer["Location"]) == (302, url)
    page = admin.get(url).content.decode()
    text = rows_of(page)
    assert "Carried along: Voter id, Surname, Date" in text
    assert "Comment" in text
    assert not Vote.objects.exists()


def test_columns_changed_while_importing_are_looked_at_first(admin):
    url = send(admin)
    names = ["voter_id", "name", "", "headline", "option", "voted_at", "comment"]
    page = admin.post(url, columns(names) | {"action": "import"}, follow=True).content.decode()
    assert "Look at the rows once more" in page
    assert not Vote.objects.exists()
    do(admin, url, names=names)
    assert sorted(Vote.objects.values_list("comment", flat=True)) == ["bad", "good"]


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["option", "", "", "", "option", "", ""], "Two columns cannot both be “Option voted for”."),
        (["king", "", "", "", "option", "", ""], "Choose one of what is offered in each field."),
    ],
)
def test_columns_that_cannot_be_are_refused_and_stay_as_chosen(admin, names, sentence):
    answer = do(admin, send(admin), "import", names)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Vote.objects.exists()


def test_no_column_for_the_option_is_said_and_can_be_mended(admin):
    url = send(admin, "voter_id,what\nv1,Perhaps\nv2,Not very important*\nv3,Not very important\n")
    page = admin.get(url).content.decode()
    assert "No column holds the option voted for." in page
    assert "Import 1 row" not in page
    assert do(admin, url, names=["voter_id", ""]).status_code == 422
    do(admin, url, "look", ["voter_id", "option"])
    assert "Import 1 row" in admin.get(url).content.decode()


def test_of_two_headers_that_are_the_same_each_can_be_chosen(admin):
    url = send(admin, "id,option,x,x\nv1,Not very important,a,b\n")
    names = ["voter_id", "option", "", "comment"]
    do(admin, url, "look", names)
    do(admin, url, "import", names)
    assert Vote.objects.get().comment == "b"


# --- encodings ---------------------------------------------------

LATIN = "id,name,option\nv1,Jürgen Müller,Not very important\n".encode("cp1252")


def test_an_encoding_that_cannot_be_told_is_asked_for_with_a_preview(admin):
    url = send(admin, LATIN)
    page = admin.get(url).content.decode()
    assert "Which of these reads right?" in page
    assert "Jürgen Müller" in page
    assert "Jьrgen" in page, "as Cyrillic it would read so"
    assert "Import 1 row" not in page
    answer = admin.post(url, {"encoding": "cp1252", "action": "look"})
    assert answer["Location"] == url
    page = admin.get(url).content.decode()
    assert "Jürgen Müller" in page
    assert "Which of these" not in page
    do(admin, url, "import", ["voter_id", "name", "option"])
    assert Vote.objects.get().voter.name == "Jürgen Müller"


def test_an_encoding_that_was_not_offered_is_refused(admin):
    url = send(admin, LATIN)
    answer = admin.post(url, {"encoding": "rot13", "action": "look"})
    assert answer.status_code == 422
    assert "Which of these reads right?" in answer.content.decode()
    assert not Vote.objects.exists()


def test_encodings_that_read_the_file_alike_are_offered_once(admin):
    page = admin.get(send(admin, LATIN)).content.decode()
    assert page.count("Jürgen Müller") == 1
    assert 'value="cp1252"' in page
    assert 'value="iso-8859-15"' not in page


def test_an_odd_letter_far_down_the_file_is_found_too(admin):
    rows = b"".join(b"v%d,Kim,Not very important\n" % n for n in range(60_000))
    url = send(admin, b"id,name,option\n" + rows + b"last,Zo\xeb,Not very important\n")
    assert "Zoë" in admin.get(url).content.decode()


def test_importing_before_the_encoding_is_known_changes_nothing(admin):
    url = send(admin, LATIN)
    assert do(admin, url, "import", ["voter_id", "name", "option"]).status_code == 302
    assert not Vote.objects.exists()


# --- bad files ---------------------------------------------------

HEAD = "voter_id,name,option\n"
BAD_FILES = {
    "only blank lines": (b"\n\n\n", "no header"),
    "a header alone": (HEAD.encode(), "0"),
    "missing column": (b"voter_id,name\nv1,Kim\n", "No column holds the option"),
    "binary": (bytes(range(256)) * 8, ""),
    "a picture": (b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, ""),
    "NUL byte": (f"{HEAD}v1,K\x00m,Not very important\n".encode(), "row 2|NUL|2"),
    "unclosed quote": (
        f'{HEAD}v1,"Kim,Not very important\nv2,Lee,Not very important\n'.encode(),
        "quotation",
    ),
    "too long a row": (f"{HEAD}v1,Kim,Not very important,more\n".encode(), "too long"),
    "too short a row": (f"{HEAD}v1\n".encode(), "too short|empty"),
    "200 columns": (
        (",".join(["voter_id,option"] + [f"c{n}" for n in range(198)]) + "\nv1,Yes\n").encode(),
        "",
    ),
    "600 columns": (
        (",".join(["voter_id,option"] + [f"c{n}" for n in range(598)]) + "\nv1,Yes\n").encode(),
        "columns",
    ),
    "a cell over 1 MB": (f"{HEAD}v1,{'x' * 1_100_000},Not very important\n".encode(), "v1|name|Name"),
    "unknown option": (f"{HEAD}v1,Kim,Perhaps\n".encode(), "not an option of this poll"),
    "duplicate voter": (f"{HEAD}v1,A,Not very important\nv1,B,Not very important\n".encode(), "row 3|same"),
    "a formula": (f"{HEAD}v1,=cmd|' /C calc'!A0,Not very important\n".encode(), "=cmd"),
    "markup": (f"{HEAD}v1,<script>alert(1)</script>,Not very important\n".encode(), "&lt;script&gt;"),
    "one column": (b"option\nNot very important\n", ""),
    "utf-16": (f"{HEAD}v1,Kim,Not very important\n".encode("utf-16"), "Import 1 row"),
    "tabs": (b"voter_id\tname\toption\nv1\tKim\tNot very important\n", "Import 1 row"),
    "semicolons": (b"voter_id;name;option\nv1;Kim;Not very important\n", "Import 1 row"),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_whatever_a_file_holds_the_page_says_so_in_words(kind, admin):
    content, expected = BAD_FILES[kind]
    url = send(admin, content)
    answer = admin.get(url)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Traceback" not in page
    assert "<script>alert" not in page
    assert any(word in page for word in expected.split("|")), rows_of(page)[:1500]
    form = chosen(page)
    assert admin.post(url, form | {"action": "import"}).status_code in {302, 422}


def chosen(page):
    """What the selects of the page are set to."""
    import re

    found = {}
    for name, options in re.findall(r'<select name="(\w+)"(.*?)</select>', page, re.S):
        value = re.search(r'value="([^"]*)" selected', options)
        found[name] = html.unescape(value[1]) if value else ""
    return found


def test_a_file_that_vanished_meanwhile_is_one_sentence(admin, settings):
    url = send(admin)
    for data in Path(settings.MEDIA_ROOT).glob("*/data"):
        data.unlink()
    page = admin.get(url).content.decode()
    assert "The file is no longer here. Start the import again." in page
    assert do(admin, url).status_code == 302
    assert not Vote.objects.exists()


def test_an_upload_past_its_time_is_not_found(admin, settings):
    url = send(admin)
    settings.ROLECALL_UPLOAD_HOURS = -1
    assert admin.get(url).status_code == 404
    assert do(admin, url).status_code == 404


# --- importing ---------------------------------------------------


def test_importing_says_what_became_of_the_rows(admin, ada, settings):
    url = send(admin)
    answer = do(admin, url)
    assert (answer.status_code, answer["Location"]) == (302, f"{url}result/")
    assert Vote.objects.count() == 2
    assert Vote.objects.get(headline_raw="Agent | Coach").voter.name == "Kim Possible"
    assert Batch.objects.get().imported_by == ada
    text = rows_of(admin.get(answer["Location"]).content.decode())
    assert "2 voters in this poll" in text
    assert "New votes 2 of 3 rows" in text
    assert "Not taken 1" in text
    assert "4 Answer Perhaps not an option of this poll" in text
    assert "Go to the poll" in text
    assert not list(Path(settings.MEDIA_ROOT).glob("*/data")), "the file is deleted once imported"


def test_the_rejected_rows_come_back_in_their_own_cells_with_the_reason(admin):
    url = send(admin)
    do(admin, url)
    answer = admin.get(f"{url}rejected.csv")
    content = b"".join(answer.streaming_content).decode("utf-8-sig")
    header, row = content.splitlines()
    assert answer["Content-Disposition"] == 'attachment; filename="cx-head-rejected.csv"'
    assert header == "Voter id,First name,Surname,Job Title,Answer,Date,Mood,reason"
    assert row.startswith("v3,Mo,,Boss,Perhaps,2026-03-03,,")
    assert "not an option of this poll" in row


def test_a_second_click_imports_nothing_more(admin):
    url = send(admin)
    first = do(admin, url)
    again = do(admin, url)
    assert again["Location"] == first["Location"]
    assert admin.get(url)["Location"] == first["Location"]
    assert Batch.objects.count() == 1
    assert admin.post(url, {"action": "cancel"})["Location"] == first["Location"]
    assert Vote.objects.count() == 2


def test_the_same_file_again_changes_nothing(admin):
    do(admin, send(admin))
    url = send(admin)
    assert "Import 2 rows" in admin.get(url).content.decode()
    do(admin, url)
    text = rows_of(admin.get(f"{url}result/").content.decode())
    assert "New votes 0" in text
    assert "Unchanged 2" in text
    assert Vote.objects.count() == 2


def test_cancelling_leaves_nothing(admin, settings):
    url = send(admin)
    answer = admin.post(url, {"action": "cancel"}, follow=True)
    assert answer.redirect_chain == [(START, 302)]
    assert "The import was cancelled. Nothing was changed." in answer.content.decode()
    assert not list(Path(settings.MEDIA_ROOT).iterdir())
    assert not Vote.objects.exists()
    assert admin.post(url, {"action": "cancel"}).status_code == 404


def test_the_result_belongs_to_who_imported(admin, poll, client_for):
    url = send(admin)
    do(admin, url)
    alma = client_for(factories.make_member("alma", poll, "admin"))
    assert alma.get(f"{url}result/").status_code == 404
    assert alma.get(f"{url}rejected.csv").status_code == 404
