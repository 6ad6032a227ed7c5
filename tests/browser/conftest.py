# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real Chromium that shows report.html and nothing else: it can reach no other file and no network, and whatever it complains of fails a test."""

from __future__ import annotations

import functools
import os
import pathlib
import shutil
import sys
import typing as t
from collections.abc import Callable, Iterator

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "unit"))

import page_examples  # noqa: E402 - its folder had to be put on the path first

from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.page.render import render_page  # noqa: E402

if t.TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

#: Chromium asks nobody for anything: there is no proxy at that port, and no name has an address.
ALONE = (
    "--proxy-server=http://127.0.0.1:9",
    "--proxy-bypass-list=<-loopback>",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", "whole: left to make test-all")


def find_chromium() -> str:
    """The path of Chromium; the test fails without one in CI and is skipped elsewhere."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(
            "Chromium is not installed (Debian: apt-get install chromium)"
        )
    return path


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests of a worker."""
    path = find_chromium()
    if not os.environ.get("CI"):
        pytest.importorskip("playwright", reason="Playwright is not installed (requirements-dev.txt)")
    from playwright.sync_api import sync_playwright

    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # root has none
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*ALONE, *sandbox])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., pathlib.Path]:
    """Returns the file of a report of so many rows; made once."""
    made: dict[t.Any, pathlib.Path] = {}
    build_tables = functools.cache(page_examples.build_tables)

    def make(rows: int, hostile: tuple[str, ...] = (), partial: bool = True, **about: t.Any) -> pathlib.Path:
        key = (rows, hostile, partial, repr(about))
        if key not in made:
            tables = build_tables(rows, hostile=hostile, partial=partial)
            made[key] = tmp_path_factory.mktemp("report") / "report.html"
            made[key].write_text(render_page(tables, page_examples.build_about(**about)), encoding="utf-8")
        return made[key]

    return make


@pytest.fixture
def show(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Returns a page that shows a file. After the test: nothing but that file was asked for, and there was no error and no dialog."""
    contexts, asked, complaints = [], [], []

    def open_page(path: pathlib.Path, width: int = 1280, theme: str = "light", script: bool = True) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=theme,
            java_script_enabled=script,
            offline=True,
        )
        contexts.append(context)
        address = path.as_uri()

        def answer(route: t.Any) -> None:
            if route.request.url == address:
                route.continue_()
            else:
                asked.append(route.request.url)
                route.abort()

        context.route("**/*", answer)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("request", lambda request: None if request.url == address else asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert (asked, complaints) == ([], [])
