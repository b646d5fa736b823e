"""Every page of the list of addresses in a browser.

axe-core finds no fault in light and in dark, nothing scrolls sideways and no list is cut off at 320 px.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from classify import adjudication
from tests.address_book import ADDRESSES
from tests.addresses import OK, ROLES
from tests.browser.conftest import Watched
from tests.study import Study, build_study, finish_reading, resolve_all

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDER_THAN_THE_SCREEN = """() => {
  const root = document.documentElement, most = root.clientWidth;
  if (root.scrollWidth <= most) return null;
  const out = [...document.querySelectorAll('body *')].filter((one) =>
    one.getBoundingClientRect().right > most + 1 && !one.closest('.table-scroll, .visually-hidden'));
  return [root.scrollWidth, ...out.slice(0, 3).map((one) => one.outerHTML.slice(0, 120))];
}"""

CUT_OFF_LISTS = """() => [...document.querySelectorAll('.table-scroll')].filter((one) =>
  one.querySelector('.stacked') && one.scrollWidth > one.clientWidth + 1).map((one) => one.ariaLabel)"""

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 320, "height": 640}


@pytest.fixture
def study(live_server) -> Study:
    """The study, part read, with one conflict taken up."""
    study = build_study()
    adjudication.claim(case=study.conflict, by=study.people["jude"])
    return study


def pages(study: Study) -> Iterator[tuple[str, str]]:
    """Who opens which page: the first role that may."""
    for address in ADDRESSES:
        if address.get is None or not address.is_page:
            continue
        for role in ("anonymous", "jude", "rosa", "ada", "root"):
            may = address.get.answer(role) == OK
            if may and (role != "anonymous" or address.name in {"login", "accept-invitation"}):
                yield role, address.url(study)
                break
    yield "rosa", "/polls/no-such-poll/"
    yield "rosa", f"/polls/{study.poll.slug}/voters/"


def after_the_reveal(study: Study) -> Iterator[tuple[str, str]]:
    """The pages that look different once everything is resolved."""
    base = f"/polls/{study.poll.slug}/rounds/{study.round.number}"
    conflict = f"{base}/conflicts/{study.conflict.pk}/"
    yield from (("rosa", url) for url in ("/", f"{base}/", f"{base}/read/", f"{base}/hand-in/", conflict))
    yield from (("vera", f"{base}/{page}/") for page in ("report", "agreement", "export"))
    yield from (("jude", url) for url in ("/", f"{base}/conflicts/?done=1"))


def faults_of(page: Page, url: str) -> Iterator[str]:
    """What is wrong with a page, in words."""
    page.set_viewport_size(WIDE)
    for scheme in ("light", "dark"):
        # Opened anew, since colours that fade over from the other theme would be judged on their way.
        page.emulate_media(color_scheme=scheme)
        page.goto(url)
        for found in Axe().run(page).response["violations"]:
            places = [node["html"][:150] for node in found["nodes"][:3]]
            yield f"{url} ({scheme}): {found['id']}: {found['help']}: {places}"
    page.set_viewport_size(NARROW)
    wide = page.evaluate(WIDER_THAN_THE_SCREEN)
    if wide:
        yield f"{url} scrolls sideways at 320 px: {wide}"
    if lists := page.evaluate(CUT_OFF_LISTS):
        yield f"{url} has lists that are cut off at 320 px: {lists}"


def look_at(watched: Watched, study: Study, visits: Iterable[tuple[str, str]]) -> list[str]:
    """The faults of all these pages, each opened by that role."""
    # Error pages are visited on purpose; the console notes their status.
    watched.tolerate("status of 404")
    watched.tolerate("status of 403")
    tabs: dict[str, Page] = {}
    found = []
    for role, url in visits:
        assert role in ROLES
        if role not in tabs:
            tabs[role] = watched.open() if role == "anonymous" else watched.open_for(study.people[role])
        found += faults_of(tabs[role], url)
    return found


def test_every_page_is_accessible_in_light_and_dark_and_fits_a_phone(watched: Watched, study: Study):
    visits = list(pages(study))
    assert len(visits) > 30
    found = look_at(watched, study, visits)
    assert not found, "\n".join(found)


def test_the_pages_after_the_reveal_are_so_too(watched: Watched, study: Study):
    finish_reading(study)
    resolve_all(study)
    found = look_at(watched, study, after_the_reveal(study))
    assert not found, "\n".join(found)


def test_a_fault_would_be_found(watched: Watched, study: Study):
    page = watched.open_for(study.people["rosa"])
    page.goto("/")
    page.evaluate(
        """() => {
          const picture = document.createElement('img'); picture.src = '/static/img/favicon.svg';
          const wide = document.createElement('canvas'); wide.width = 900;
          document.querySelector('main').append(picture, wide);
        }"""
    )
    assert [one["id"] for one in Axe().run(page).response["violations"]] == ["image-alt"]
    page.set_viewport_size(NARROW)
    assert "canvas" in str(page.evaluate(WIDER_THAN_THE_SCREEN))
