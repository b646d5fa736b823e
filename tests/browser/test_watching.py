"""The watch over the pages is only worth something if it can bark."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests import factories
from tests.browser.conftest import Watched

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_inline_code_and_style_are_refused_and_noticed(watched: Watched, page_for: Callable[..., Page]):
    page = page_for(factories.make_user("nina"))
    page.goto("/")
    with (
        page.expect_console_message(lambda message: "style-src" in message.text),
        page.expect_console_message(lambda message: "script-src" in message.text),
    ):
        page.evaluate(
            """() => {
              const text = document.createElement('p'); text.setAttribute('style', 'color: red');
              const code = document.createElement('script'); code.textContent = 'window.ran = true';
              document.body.append(text, code);
            }"""
        )
    assert page.evaluate("window.ran") is None
    assert [error for error in watched.unexpected() if "style-src" in error]
    assert [error for error in watched.unexpected() if "script-src" in error]
    watched.tolerate("style-src")
    watched.tolerate("script-src")
