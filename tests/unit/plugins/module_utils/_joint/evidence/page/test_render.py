# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page as a whole: equal for equal tables, nothing from a name becomes HTML, one style and one script that its policy names, its cost."""

from __future__ import annotations

import base64
import builtins
import hashlib
import html.parser
import re
import time
import tracemalloc
import typing as t

import page_examples
import pytest
from example_counts import try_examples
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import MissingLibrary
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.page import render
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.page.render import render_page
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.tables import Tables

HOSTILE = (
    "</script><script>window.pwned = 1</script>",
    "<!-- <script>",
    "<img src=x onerror=alert(1)>",
    "{{ 7 * 191 }}{% raw %}",
    "Ada\u202egnp.exe",
    "line\u2028end\u2029",
    "\x1b[2J\ud800",
    "' onclick='x\" onclick=\"x",
    "a" * 256,
)
#: What a report of conditional access has, on any level.
REPORT_KEYS = (
    "policies",
    "findings",
    "not_evaluable",
    "security_defaults",
    "policy_state",
    "display_name",
    "summary",
    "reach",
    "role",
    "exclusions",
    "covered_by",
    "may_be_covered_by",
    "unknown_fields",
    "kind",
    "severity",
    "status",
    "needs",
    "what",
    "modified",
)


class Elements(html.parser.HTMLParser):
    """The elements of a page with their attributes, and the text of those that hold text alone."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self.inside = tag if tag in ("script", "style", "title") else ""

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.texts.setdefault(self.inside, []).append(data)


@pytest.fixture(scope="module")
def hostile() -> str:
    return render_page(
        page_examples.build_tables(40, hostile=HOSTILE, partial=True), page_examples.build_about(title=HOSTILE[0])
    )


def test_equal_tables_are_equal_bytes() -> None:
    first, second = (render_page(page_examples.build_tables(60), page_examples.build_about()) for _time in range(2))
    assert first == second


def test_names_become_text_and_nothing_else(hostile: str) -> None:
    plain = Elements(render_page(page_examples.build_tables(40, partial=True), page_examples.build_about()))
    found = Elements(hostile)
    kinds = {tag for tag, _attributes in found.found}
    assert kinds <= {tag for tag, _attributes in plain.found}
    assert [tag for tag, _attributes in found.found].count("script") == 2, "the data and the script"
    assert "1337" not in hostile, "no name is a template"
    assert "\\u202e" in hostile and not set(hostile) & set("\u202e\u2028\u2029\x1b\ud800")
    hostile.encode()


@pytest.mark.parametrize("name", [*HOSTILE, "__proto__", "constructor", "", "2026-99-99"])
def test_a_hostile_text_in_any_cell_is_text(name: str) -> None:
    """In columns of words of our own, too: a bundle may come from a document that others made."""
    tables = page_examples.build_tables(40, partial=True)

    def spoil(cell: t.Any) -> t.Any:
        return [name] * len(cell) if isinstance(cell, list) else name if isinstance(cell, str) else cell

    rows = {
        table: [{column: cell if column == "rows" else spoil(cell) for column, cell in row.items()} for row in found]
        for table, found in tables.rows.items()
    }
    about = page_examples.build_about(bundle_id=name, collection_version=name)
    page = render_page(Tables(rows, [name, f"{name}: {name}"]), about)
    plain = Elements(render_page(page_examples.build_tables(40, partial=True), page_examples.build_about()))
    found = Elements(page)
    assert {tag for tag, _attributes in found.found} <= {tag for tag, _attributes in plain.found}
    assert not [key for _tag, attributes in found.found for key in attributes if key.startswith("on")]
    ids = [attributes["id"] for _tag, attributes in found.found if "id" in attributes]
    assert len(ids) == len(set(ids)) and "1337" not in page
    page.encode()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(REPORT_KEYS), inner, max_size=4),
    max_leaves=8,
)


@try_examples(60)
@given(st.dictionaries(st.sampled_from(REPORT_KEYS), VALUES, max_size=6) | VALUES)
def test_a_report_of_policies_of_any_shape_is_shown(report: t.Any) -> None:
    page = render_page(page_examples.build_tables(0), page_examples.build_about(policy_report=report))
    assert "Conditional access" in page and "\u202e" not in page


def test_no_element_has_a_style_or_a_handler(hostile: str) -> None:
    names = {name for _tag, attributes in Elements(hostile).found for name in attributes}
    assert not [name for name in names if name.startswith("on") or name == "style"]


def test_nothing_is_asked_for_from_anywhere(hostile: str) -> None:
    for tag, attributes in Elements(hostile).found:
        assert "src" not in attributes and tag not in ("link", "img", "iframe", "object", "base", "form")
        assert (attributes.get("href") or "#").startswith("#")
    assert not re.search(
        r"@import|url\(|fetch\(|XMLHttpRequest|\beval\(|innerHTML|Date\.now|new Date\(\)",
        render._join_assets((*render.STYLES, *render.SCRIPTS)),
    )


def test_the_policy_names_the_style_and_the_script(hostile: str) -> None:
    found = Elements(hostile)
    (policy,) = [a["content"] or "" for tag, a in found.found if tag == "meta" and a.get("http-equiv")]
    (style,), script = found.texts["style"], found.texts["script"][-1]
    for kind, text in (("style-src", style), ("script-src", script)):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ") and "unsafe" not in policy


def test_ids_are_unique_and_links_lead_somewhere(hostile: str) -> None:
    found = Elements(hostile).found
    ids = [attributes["id"] for _tag, attributes in found if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _tag, attributes in found:
        href = attributes.get("href")
        assert href is None or href[1:] in ids
        for name in ("aria-labelledby", "for"):
            assert set((attributes.get(name) or "").split()) <= set(ids) | {"sheet-title"}


def test_the_parts_stand_in_their_order(hostile: str) -> None:
    sections = [a.get("id") for tag, a in Elements(hostile).found if tag == "section" and a.get("id")]
    assert sections == [
        "findings",
        "population",
        "matrix",
        "applications",
        "who",
        "expiry",
        "leavers",
        "policies",
        "changes",
        "review",
        "provenance",
    ]


def test_what_is_missing_stands_before_the_findings(hostile: str) -> None:
    assert hostile.index('class="partial"') < hostile.index('id="findings"')
    complete = render_page(page_examples.build_tables(40), page_examples.build_about())
    assert 'class="partial"' not in complete


#: What a bundle says of pseudonyms that its snapshot has, beside a document with names.
PSEUDONYMS = {"key": "0123456789abcdef", "made_by": "snapshot", "named_in": ["document"]}


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ({"previous": None}, "This is the first bundle of its chain."),
        ({"policy_report": None}, "Conditional access was not read."),
        ({"tenant": None, "entra": None}, "none: this bundle begins the chain"),
        ({"pseudonymised": True, "pseudonyms": PSEUDONYMS}, "Pseudonyms, stable from bundle to bundle"),
        ({"pseudonymised": True, "pseudonyms": PSEUDONYMS}, "as the snapshot has them; only who has the key"),
        ({"pseudonymised": True, "pseudonyms": PSEUDONYMS}, "have their names in what comes from: document, since"),
    ],
)
def test_what_is_not_there_is_told(others: dict[str, t.Any], expected: str) -> None:
    about = page_examples.build_about(**{"previous": None, **others})
    assert expected in render_page(page_examples.build_tables(5), about)


def test_an_empty_bundle_tells_what_was_looked_at() -> None:
    page = render_page(page_examples.build_tables(0), page_examples.build_about(policy_report=None))
    assert "No rule reported a finding." in page and "conditional access was not read" in page
    assert 'data-list="' not in page


def test_a_list_that_is_too_long_is_told_with_its_file() -> None:
    page = render_page(page_examples.build_tables(61), page_examples.build_about(limits={"rows": 60}))
    assert "<strong>61 rows</strong> are more than this page lists (60)" in page and "access.csv" in page
    assert 'data-list="access"' not in page and 'data-list="identities"' in page


def test_without_jinja2_it_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    imported = builtins.__import__

    def refuse(name: str, *words: t.Any, **more: t.Any) -> t.Any:
        if name == "jinja2":
            raise ImportError("No module named 'jinja2'")
        return imported(name, *words, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(MissingLibrary, match="report.html needs the Python library jinja2"):
        render_page(page_examples.build_tables(0), page_examples.build_about())


def test_ten_thousand_rows_are_no_more_than_a_megabyte_and_a_half() -> None:
    page = render_page(page_examples.build_tables(10_000), page_examples.build_about())
    assert len(page.encode()) < 1_500_000


def test_fifty_thousand_rows_stay_within_their_budget() -> None:
    tables = page_examples.build_tables(50_000)
    about = page_examples.build_about()
    started = time.process_time()
    render_page(tables, about)
    assert time.process_time() - started < 5


def test_ten_thousand_rows_take_little_memory() -> None:
    """A fifth of what fifty thousand may take: to trace is what takes long."""
    tables = page_examples.build_tables(10_000)
    about = page_examples.build_about()
    tracemalloc.start()
    try:
        render_page(tables, about)
        assert tracemalloc.get_traced_memory()[1] < 40 * 2**20
    finally:
        tracemalloc.stop()
