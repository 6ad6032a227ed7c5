# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""report.html in a real Chromium: it renders, filters, sorts, searches and prints, by mouse and keyboard, in both themes and at any size."""

from __future__ import annotations

import importlib.resources
import io
import pathlib
import re
import typing as t
from collections.abc import Callable

import page_examples
import pytest

from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.page import lists

if t.TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

Show = Callable[..., "Page"]
Report = Callable[..., pathlib.Path]

HOSTILE = (
    "</script><script>window.pwned = 1</script>",
    "<!--<script>",
    "<img src=x onerror='window.pwned = 1'>",
    "javascript:window.pwned=1",
    "Ada \u202egnp.exe",
    "zero\u200bwidth\u2028line",
    "Longname" * 32,
    "<b>&amp;\"'`${window.pwned = 1}",
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "{{ 7 * 191 }}",
    "NUL\x00 and \ud800 alone",
    "\u05e9\u05dc\u05d5\u05dd \U0001f468\u200d\U0001f4bb",
)
SECTIONS = (
    "Findings",
    "Population",
    "Matrix",
    "Applications by power",
    "Who can do what",
    "What ends when",
    "Leavers who still hold something",
    "Conditional access",
    "Changes since the last bundle",
    "Review",
    "Provenance, and how to verify it",
)


def access(page: Page) -> Locator:
    """The list of all grants."""
    return page.locator("#panel-all")


def choose(list_: Locator, title: str, value: str) -> None:
    list_.get_by_role("combobox", name=title, exact=True).select_option(value)


def wait_for_count(list_: Locator, text: str | re.Pattern[str]) -> None:
    from playwright.sync_api import expect

    expect(list_.get_by_role("status")).to_have_text(text, timeout=15_000)


def read_column(list_: Locator, title: str) -> list[str]:
    """The cells of a column that are on the page."""
    titles = list_.locator("thead th").all_inner_texts()
    place = next(number for number, one in enumerate(titles) if one.startswith(title))
    return list_.locator(f"tbody tr > :nth-child({place + 1})").all_inner_texts()


# -- it opens


@pytest.mark.parametrize("rows", [0, 3, 10_000])
def test_it_opens_with_all_its_parts(show: Show, report: Report, rows: int) -> None:
    page = show(report(rows))
    assert page.locator("main > section > h2").all_inner_texts()[1:] == list(SECTIONS)
    assert page.locator(".partial").is_visible()
    assert page.locator("#panel-all table").count() == (1 if rows else 0)


def test_ten_thousand_rows_open_at_once(show: Show, report: Report) -> None:
    """Few elements, whatever the number of rows; the time is for machines that are busy with other things, too."""
    path = report(10_000)
    times = [show(path).evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd") for _time in range(3)]
    page = show(path)
    assert page.evaluate("document.querySelectorAll('*').length") < 9_000
    assert page.evaluate("document.querySelectorAll('.list tbody tr').length") <= 25 * len(lists.LISTS)
    assert min(times) < 2_000


@pytest.mark.parametrize("rows", [0, pytest.param(3, marks=pytest.mark.whole), 400])
@pytest.mark.parametrize("width", [360, 768, 1440])
def test_nothing_hangs_over_the_side(show: Show, report: Report, rows: int, width: int) -> None:
    page = show(report(rows, hostile=HOSTILE if rows > 3 else ()), width=width)
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_it_is_read_without_javascript(show: Show, report: Report) -> None:
    page = show(report(400), script=False)
    assert page.locator("main > section > h2").all_inner_texts()[1:] == list(SECTIONS)
    assert page.locator(".finding").count() > 3 and page.locator("svg.timeline circle").count() > 3
    text = page.locator("#who").inner_text()
    assert "This list needs JavaScript, which is off." in text and "access.csv" in text


@pytest.mark.whole
def test_more_rows_than_it_lists_are_told_and_as_many_would_be_searched(show: Show, report: Report) -> None:
    page = show(report(50_001), width=768)
    assert "50,001 rows are more than this page lists (50,000)" in page.locator("#who").inner_text()
    assert page.locator("#who table").count() == 0
    assert page.locator("#leavers .list table").count() == 1
    page = show(report(50_001, limits={"rows": 60_000}))
    access(page).get_by_role("searchbox").fill("tanaka restore")
    wait_for_count(access(page), re.compile(r"^[1-9][0-9,]* of 50,001 rows$"))
    assert access(page).locator("tbody tr").count() == 25


@pytest.mark.whole
def test_fifty_thousand_rows_are_searched_while_one_types(show: Show, report: Report) -> None:
    """The time from a key to the new rows, without the pause that waits for the next key; a quiet machine takes a tenth of it."""
    page = show(report(50_000), width=1440)
    times = page.evaluate(
        """() => {
            const list = lists.find((one) => one.table.spec.name === "access");
            const text = "tanaka restore emea";
            return Array.from(text, (_sign, place) => {
                const started = performance.now();
                list.text = text.slice(0, place + 1);
                list.update();
                return performance.now() - started;
            });
        }"""
    )
    assert sorted(times)[len(times) // 2] < 100, times
    assert page.evaluate("performance.memory.usedJSHeapSize") < 200 * 2**20
    assert access(page).locator("tbody tr").count() == 25


# -- accessibility


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core."""
    return (importlib.resources.files("axe_playwright_python") / "axe.min.js").read_text("utf-8")


def find_violations(page: Page, axe: str, part: str = "html") -> list[str]:
    page.evaluate(axe)  # through the debugger: the page's policy lets no other script in
    found = page.evaluate(
        "(part) => axe.run(part, {resultTypes: ['violations']}).then((result) => result.violations)", part
    )
    return [f"{one['id']}: {one['help']}: {[node['html'][:160] for node in one['nodes'][:4]]}" for one in found]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("rows", [0, pytest.param(3, marks=pytest.mark.whole), 200])
def test_it_has_no_accessibility_violation(show: Show, report: Report, axe: str, theme: str, rows: int) -> None:
    page = show(report(rows), theme=theme)
    page.evaluate("document.querySelectorAll('main details:not(.menu)').forEach((one) => { one.open = true; })")
    assert find_violations(page, axe) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nor_has_what_opens(show: Show, report: Report, axe: str, theme: str) -> None:
    page = show(report(400), theme=theme, width=768)
    choose(access(page), "Privileged", "Yes")
    access(page).locator("summary", has_text="Columns").click()
    assert find_violations(page, axe, "#who") == []
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="By role").click()
    assert find_violations(page, axe, "#who") == []
    page.locator("#panel-role .opener").first.click()
    assert find_violations(page, axe, "#sheet") == []


# -- lists


def test_a_filter_leaves_the_rows_that_it_should(show: Show, report: Report) -> None:
    rows = page_examples.build_tables(10_000, partial=True).rows["access"]
    page = show(report(10_000))
    wait_for_count(access(page), "10,000 rows")
    choose(access(page), "Kind of account", "Entra ID guest")
    guests = [row for row in rows if row["person_kind"] == "entra_guest"]
    wait_for_count(access(page), f"{len(guests):,} of 10,000 rows")
    choose(access(page), "Privileged", "Yes")
    both = [row for row in guests if row["privileged"] is True]
    wait_for_count(access(page), f"{len(both):,} of 10,000 rows")
    assert sorted(read_column(access(page), "Person")) == sorted(str(row["person"]) for row in both)[:25]
    access(page).get_by_role("button", name="Take away: Kind of account").click()
    wait_for_count(access(page), f"{sum(row['privileged'] is True for row in rows):,} of 10,000 rows")
    access(page).get_by_role("button", name="Clear all").click()
    wait_for_count(access(page), "10,000 rows")


def test_a_search_finds_every_word_in_any_column(show: Show, report: Report) -> None:
    rows = page_examples.build_tables(10_000, partial=True).rows["access"]
    page = show(report(10_000))
    access(page).get_by_role("searchbox").fill("  becker\tAUDITOR ")
    texts = [" ".join(map(str, [value for name, value in row.items() if name != "id"])).lower() for row in rows]
    fitting = sum("becker" in text and "auditor" in text for text in texts)
    assert fitting > 0
    wait_for_count(access(page), f"{fitting} of 10,000 rows")
    access(page).get_by_role("searchbox").fill("becker nothing-has-this")
    wait_for_count(access(page), "0 of 10,000 rows")
    assert "No row fits" in access(page).locator("tbody").inner_text()


def test_columns_sort_up_down_and_not_at_all(show: Show, report: Report) -> None:
    page = show(report(400))
    header = access(page).locator("thead th", has_text="Person")
    assert access(page).locator("thead th[aria-sort]").all_inner_texts() == ["Privileged"], "what is grave comes first"
    header.get_by_role("button").click()
    assert header.get_attribute("aria-sort") == "ascending"
    up = read_column(access(page), "Person")
    header.get_by_role("button").click()
    assert header.get_attribute("aria-sort") == "descending"
    down = read_column(access(page), "Person")
    header.get_by_role("button").click()
    assert header.get_attribute("aria-sort") is None
    assert up[0][:3] == "Ada" and down[0] == "(nobody)" and up != down
    assert up == page.evaluate("(names) => [...names].sort(new Intl.Collator('en', {numeric: true}).compare)", up)


def test_severities_sort_by_what_they_mean(show: Show, report: Report) -> None:
    page = show(report(400))
    found = read_column(page.locator("[data-list=findings]"), "Severity")
    order = [("Critical", "High", "Medium", "Low").index(word) for word in found]
    assert order == sorted(order) and len(set(order)) > 2


def test_pages_have_every_row_once(show: Show, report: Report) -> None:
    page = show(report(120))
    seen: list[str] = []
    for number in range(1, 6):
        lines = access(page).locator("tbody tr")
        indexes = lines.evaluate_all(
            "(lines) => lines.map((line) => [line.dataset.row, Number(line.ariaRowIndex || line.getAttribute('aria-rowindex'))])"
        )
        assert [index for _row, index in indexes] == list(range(25 * number - 23, 25 * number - 23 + len(indexes)))
        seen += [row for row, _index in indexes]
        if number < 5:
            access(page).get_by_role("button", name="Next").click()
    assert sorted(map(int, seen)) == list(range(120))
    assert access(page).locator("table").get_attribute("aria-rowcount") == "121"
    assert access(page).get_by_role("button", name="Next").is_disabled()


def test_columns_are_chosen(show: Show, report: Report) -> None:
    page = show(report(30))
    assert access(page).locator("thead th").count() == len(lists.ACCESS.shown)
    access(page).locator("summary", has_text="Columns").click()
    access(page).get_by_role("checkbox", name="Ticket").check()
    access(page).get_by_role("checkbox", name="Entity", exact=True).uncheck()
    titles = access(page).locator("thead th").all_inner_texts()
    assert "Ticket" in titles and "Entity" not in titles


def test_a_row_opens_with_everything_that_it_has(show: Show, report: Report) -> None:
    page = show(report(30))
    opener = access(page).locator(".opener").first
    opener.focus()
    page.keyboard.press("Enter")
    sheet = page.get_by_role("dialog")
    names = sheet.locator("dt").all_inner_texts()
    assert len(names) == 37 and "Row id" in names
    assert sheet.get_by_role("heading", level=2).inner_text() == opener.inner_text()
    page.keyboard.press("Escape")
    assert sheet.count() == 0
    assert page.evaluate("document.activeElement.className") == "opener"


def test_a_finding_leads_to_its_rows(show: Show, report: Report) -> None:
    page = show(report(400))
    link = page.locator("a.rows", has_text="Show 2 grants").first
    link.click()
    wait_for_count(access(page), "2 of 400 rows")
    assert page.evaluate("document.activeElement.type") == "search"
    access(page).get_by_role("button", name="Take away: Finding").click()
    wait_for_count(access(page), "400 rows")
    page.locator("a.rows", has_text="Show 1 row of applications").first.click()
    wait_for_count(
        page.locator("[data-list=identities]"), page.locator("[data-list=identities] [role=status]").inner_text()
    )
    assert page.locator("[data-list=identities] tbody tr").count() == 1
    page.locator("[data-list=findings] .opener").nth(2).click()
    page.get_by_role("dialog").get_by_role("button", name="Show 2 rows of access.csv").click()
    wait_for_count(access(page), "2 of 400 rows")


def test_a_rule_leads_to_all_its_findings(show: Show, report: Report) -> None:
    page = show(report(10_000))
    rows = page_examples.build_tables(10_000, partial=True).rows["findings"]
    findings = page.locator("[data-list=findings]")
    page.evaluate("document.querySelectorAll('.finding').forEach((one) => { one.open = true; })")
    links = page.locator("a.rule")
    assert links.count() > 2
    for link in links.all():
        rule, severity = link.get_attribute("data-rule"), link.get_attribute("data-severity")
        status = str(link.get_attribute("data-status")).lower().replace(" ", "_")
        count = sum((row["rule"], row["status"]) == (rule, status) for row in rows)
        assert link.inner_text() == f"Show all {count:,} in the list"
        link.click()
        wait_for_count(findings, f"{count:,} of {len(rows):,} findings")
        assert set(read_column(findings, "Severity")) == {severity}
    findings.get_by_role("button", name="Take away: Rule").click()
    wait_for_count(findings, f"{len(rows):,} findings")


@pytest.mark.parametrize(("tab", "column"), [("By group", "principal"), ("By role", "role"), ("By entity", "entity")])
def test_access_is_seen_from_every_side(show: Show, report: Report, tab: str, column: str) -> None:
    page = show(report(400))
    rows = page_examples.build_tables(400, partial=True).rows["access"]
    page.get_by_role("tab", name=tab).click()
    panel = page.get_by_role("tabpanel", name=tab)
    assert sum(int(text) for text in read_all(panel, "Rows")) == 400, "no grant is missing"
    name = panel.locator(".opener").first.inner_text()
    panel.locator(".opener").first.click()
    page.get_by_role("dialog").get_by_role("button", name="in the list").click()
    shown = int(access(page).get_by_role("status").inner_text().split()[0])
    assert 0 < shown <= sum(str(row[column]) == name for row in rows)
    assert set(read_column(access(page), {"principal": "Holder", "role": "Role", "entity": "Entity"}[column])) == {name}


def test_what_a_person_may_do_is_told_without_a_role_too(show: Show, report: Report) -> None:
    page = show(report(400))
    rows = page_examples.build_tables(400, partial=True).rows["access"]
    page.get_by_role("tab", name="By person").click()
    panel = page.get_by_role("tabpanel", name="By person")
    one = next(row for row in rows if row["permissions"] and row["entra_user_id"])
    panel.get_by_role("searchbox").fill(str(one["person"]))
    wait_for_count(panel, re.compile(" of "))
    panel.locator(".opener").first.click()
    sheet = page.get_by_role("dialog")
    held = [str(row["entra_user_id"]) for row in rows if row["person"] == one["person"]]
    if len(set(held)) == 1:
        assert ", ".join(t.cast("list[str]", one["permissions"])) in sheet.inner_text()
    assert sheet.locator("td:first-child", has_text="–").count() == 0


def read_all(panel: Locator, title: str) -> list[str]:
    """The cells of a column, of all pages."""
    found: list[str] = []
    while True:
        found += read_column(panel, title)
        following = panel.get_by_role("button", name="Next")
        if following.is_disabled():
            return found
        following.click()


def test_a_person_is_one_across_commcells(show: Show, report: Report) -> None:
    page = show(report(400))
    rows = page_examples.build_tables(400, partial=True).rows["access"]
    page.get_by_role("tab", name="By person").click()
    panel = page.get_by_role("tabpanel", name="By person")
    rows = [row for row in rows if row["person_kind"] != "nobody"]
    people = {row["entra_user_id"] or (row["commcell"], row["commvault_user_id"] or row["person"]) for row in rows}
    wait_for_count(panel, f"{len(people)} people")


# -- keyboard


def test_it_is_used_by_keyboard_alone(show: Show, report: Report) -> None:
    page = show(report(400))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.locator("#tab-all").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.id") == "tab-person"
    assert page.locator("#panel-person").is_visible() and not page.locator("#panel-all").is_visible()
    page.keyboard.press("Home")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.type") == "search"
    access(page).locator("thead .sort").nth(2).focus()
    page.keyboard.press("Enter")
    sort = "document.activeElement.closest('th').getAttribute('aria-sort')"
    assert page.evaluate(sort) == "ascending", "the button keeps the focus"
    page.keyboard.press("Space")
    assert page.evaluate(sort) == "descending"


def test_what_scrolls_is_reached_by_keyboard(show: Show, report: Report) -> None:
    page = show(report(400), width=360)
    boxes = page.locator(".scroll")
    assert boxes.count() > 5
    assert boxes.evaluate_all("(all) => all.every((one) => one.tabIndex === 0 && one.getAttribute('aria-label'))")


def test_the_detail_keeps_the_focus_until_it_is_closed(show: Show, report: Report) -> None:
    page = show(report(400))
    page.get_by_role("tab", name="By group").click()
    opener = page.locator("#panel-group .opener").first
    opener.focus()
    page.keyboard.press("Enter")
    inside = (
        "document.activeElement === document.body || document.getElementById('sheet').contains(document.activeElement)"
    )
    reached = set()
    for _time in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate(inside), "what lies behind is not reached"
        reached.add(page.evaluate("document.activeElement.textContent.slice(0, 10)"))
    assert {"Close"} < reached
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.textContent") == opener.inner_text()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Close").press("Enter")
    assert page.evaluate("document.activeElement.textContent") == opener.inner_text()


def test_every_control_has_a_name(show: Show, report: Report) -> None:
    page = show(report(400))
    for title in ("By person", "By group", "By role", "By entity"):
        page.get_by_role("tab", name=title).click()
    for role in ("button", "combobox", "searchbox", "tab", "radio", "link", "region", "navigation", "table"):
        every = page.get_by_role(t.cast("t.Any", role))
        named = page.get_by_role(t.cast("t.Any", role), name=re.compile(r"\w"))
        assert every.count() == named.count() > 0, role


def test_motion_is_left_out_for_who_asks_for_that(show: Show, report: Report) -> None:
    page = show(report(3))
    behaviour = "getComputedStyle(document.documentElement).scrollBehavior"
    assert page.evaluate(behaviour) == "smooth"
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(behaviour) == "auto"


def test_what_is_selected_is_seen_without_colours(show: Show, report: Report) -> None:
    """Where the system chooses the colours, as in a theme of high contrast."""
    page = show(report(400))
    page.emulate_media(forced_colors="active")
    line = "(one) => getComputedStyle(one).borderBottomColor"
    chosen, other = (page.locator(f"#tab-{name}").evaluate(line) for name in ("all", "person"))
    assert chosen != other
    assert page.locator(".badge").first.evaluate("(one) => getComputedStyle(one).borderTopWidth") == "1px"
    dots = page.locator("svg.timeline circle.over, svg.timeline circle.later")
    assert len(set(dots.evaluate_all("(all) => all.map((one) => getComputedStyle(one).fill)"))) == 2


# -- themes, print, hostile names


def test_the_theme_is_switched_without_a_trace(show: Show, report: Report) -> None:
    page = show(report(3), theme="light")
    back = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(back)
    page.get_by_text("Dark", exact=True).click()
    dark = page.evaluate(back)
    assert light != dark
    page.get_by_text("Auto", exact=True).click()
    assert page.evaluate(back) == light
    assert page.evaluate("document.cookie") == ""


def print_page(page: Page) -> tuple[int, str]:
    """The number of pages that are printed, and their text."""
    import pypdf

    reader = pypdf.PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    first = reader.pages[0].mediabox
    assert (round(first.width), round(first.height)) in ((595, 842), (596, 842)), "A4"
    return len(reader.pages), "\n".join(one.extract_text() for one in reader.pages)


def test_it_prints_with_all_its_parts(show: Show, report: Report) -> None:
    page = show(report(40), theme="dark")
    pages, text = print_page(page)
    flat = " ".join(text.split())
    for title in SECTIONS:
        assert title in flat
    assert f"Page {pages} of {pages}" in flat
    assert "Printed: 1 to 25 of 40 rows" in flat
    assert "What to do:" in flat and "A grant that the mapping does not declare" in flat, "what is folded is printed"
    wait_for_count(access(page), "40 rows")


def test_a_selection_is_printed_up_to_its_limit(show: Show, report: Report) -> None:
    page = show(report(700))
    choose(access(page), "In the mapping", "Declared")
    declared = sum(
        row["in_mapping"] == "declared" for row in page_examples.build_tables(700, partial=True).rows["access"]
    )
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert access(page).locator("tbody tr").count() == 500
    wait_for_count(
        access(page),
        f"Printed: 500 of {declared:,} that were selected, of 700 rows; all are in access.csv",
    )
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert access(page).locator("tbody tr").count() == 25, "afterwards it is as before"


@pytest.mark.parametrize(("tab", "column"), [("All grants", "Person"), ("By entity", "Entity")])
def test_hostile_names_are_text(show: Show, report: Report, tab: str, column: str) -> None:
    page = show(report(60, hostile=HOSTILE))
    page.get_by_role("tab", name=tab).click()
    panel = page.get_by_role("tabpanel", name=tab)
    panel.get_by_role("searchbox").fill("script")
    wait_for_count(panel, re.compile(" of "))
    names = read_column(panel, column)
    assert set(names) >= {HOSTILE[0], HOSTILE[1], HOSTILE[3]}
    panel.get_by_role("button", name=HOSTILE[0], exact=True).first.click()
    assert page.get_by_role("dialog").get_by_role("heading", level=2).inner_text() == HOSTILE[0]
    page.keyboard.press("Escape")
    assert page.evaluate("window.pwned") is None
    shown = page.locator("body").inner_text()
    panel.get_by_role("searchbox").fill("u202e")
    wait_for_count(panel, re.compile("^1 of "))
    assert "Ada \\u202egnp.exe" in read_column(panel, column)
    assert "\u202e" not in shown
    for name in HOSTILE[8:12]:
        panel.get_by_role("searchbox").fill(name)
        wait_for_count(panel, re.compile("^1 of "))
        panel.get_by_role("button", name=name, exact=True).click()
        assert page.get_by_role("dialog").get_by_role("heading", level=2).inner_text() == name
        page.keyboard.press("Escape")


def test_long_names_wrap(show: Show, report: Report) -> None:
    page = show(report(60, hostile=HOSTILE), width=360)
    access(page).get_by_role("searchbox").fill("longname")
    wait_for_count(access(page), re.compile("^1 of "))
    cell = access(page).locator("tbody th").first
    assert cell.inner_text() == HOSTILE[6]
    assert cell.evaluate("(one) => one.getBoundingClientRect().width") < 420
