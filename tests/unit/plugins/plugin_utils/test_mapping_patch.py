# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is revoked is cut out of a mapping document: the rest of the text stays, and the patch applies to exactly what is meant."""

from __future__ import annotations

import copy
import json
import pathlib
import shutil
import subprocess
import typing as t

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.revocations import Place, Removal
from ansible_collections.cvops.identity.plugins.plugin_utils.data_reading import DataFileError, parse_data_text
from ansible_collections.cvops.identity.plugins.plugin_utils.data_yaml import dump_data_yaml
from ansible_collections.cvops.identity.plugins.plugin_utils.mapping_patch import MappingPatch, build_diff, build_patch

DOCUMENT = """\
---
# who may do what
cvops_connection: {commcells: {cs01: {url: "https://cs01.example"}}}

cvops_role_mappings:
  # first line
  - principal: {entra_group: {name: GG-Ops, object_id: 22222222-0000-4000-8000-000000000001}}
    grants:
      - role: Operator # restores
        entities:
          servers: [db01, db02, web01] # three
          plans:
            - gold
            # the cheap one
            - silver
        approval:
          reason: |
            first-line
            restores

      # may look at everything
      - {role: View, entities: {servers: all, plans: [gold]}}
      - role: Auditor
        entities: commcell
    business_owner: backup@contoso.example # who answers
  - principal: {user: bob}
    grants:  # by hand
      - role: Operator
        entities: {server_groups: emea}
# the end
"""


def remove(text: str, *places: tuple[t.Any, ...]) -> MappingPatch:
    return build_patch(text, "access.yml", [Removal(Place(*place), f"what {place}", ("access-1",)) for place in places])


def grants(text: str, entry: int = 0) -> t.Any:
    return parse_data_text(text)["cvops_role_mappings"][entry]["grants"]


@pytest.mark.parametrize(
    ("places", "lines"),
    [
        (
            [(0, 0, "servers", 0)],
            {"-          servers: [db01, db02, web01] # three", "+          servers: [db02, web01] # three"},
        ),
        (
            [(0, 0, "servers", 2)],
            {"-          servers: [db01, db02, web01] # three", "+          servers: [db01, db02] # three"},
        ),
        (
            [(0, 0, "servers", 1), (0, 0, "servers", 2)],
            {"-          servers: [db01, db02, web01] # three", "+          servers: [db01] # three"},
        ),
        ([(0, 0, "servers", item) for item in range(3)], {"-          servers: [db01, db02, web01] # three"}),
        ([(0, 0, "plans", 1)], {"-            - silver"}),
        ([(0, 0, "plans", 0)], {"-            - gold"}),
        (
            [(0, 1, "servers", None), (0, 1, "plans", 0)],
            {"-      - {role: View, entities: {servers: all, plans: [gold]}}"},
        ),
        (
            [(0, 1, "servers", None)],
            {
                "-      - {role: View, entities: {servers: all, plans: [gold]}}",
                "+      - {role: View, entities: {plans: [gold]}}",
            },
        ),
        ([(0, 2, None, None)], {"-      - role: Auditor", "-        entities: commcell"}),
        (
            [(1, 0, "server_groups", 0)],
            {
                "-    grants:  # by hand",
                "+    grants: []  # by hand",
                "-      - role: Operator",
                "-        entities: {server_groups: emea}",
            },
        ),
    ],
)
def test_nothing_but_the_lines_that_are_meant_change(places: list[tuple[t.Any, ...]], lines: set[str]) -> None:
    made = remove(DOCUMENT, *places)
    assert made.left == [] and len(made.done) == len(places)
    told = {line for line in made.patch.splitlines()[2:] if line[0] in "+-"}
    assert told == lines


def test_a_whole_grant_leaves_with_what_is_within_it() -> None:
    made = remove(
        DOCUMENT,
        (0, 0, "servers", 0),
        (0, 0, "servers", 1),
        (0, 0, "servers", 2),
        (0, 0, "plans", 0),
        (0, 0, "plans", 1),
    )
    assert [one["role"] for one in grants(made.text)] == ["View", "Auditor"]
    assert "first-line" not in made.text and "# may look at everything" in made.text and "# the end" in made.text


def test_a_principal_without_grants_stays_and_says_so() -> None:
    made = remove(DOCUMENT, (0, 0, None, None), (0, 1, None, None), (0, 2, None, None))
    assert grants(made.text) == [] and "    grants: []\n" in made.text
    assert "# may look at everything" in made.text


@pytest.mark.parametrize(
    ("text", "place", "why"),
    [
        ("- principal: {user: a}\n  grants: &g [{role: R, entities: commcell}]\n- principal: {user: b}\n  grants: *g\n", (0, 0, None, None), "anchor"),
        ("- &b\n  principal: {user: a}\n  grants: [{role: R, entities: commcell}]\n- {<<: *b, principal: {user: b}}\n", (1, 0, None, None), "anchor|<<"),
        ("- principal: {user: a}\n  grants:\n  - {role: R, entities: {servers: [a, # one\n      b]}}\n", (0, 0, "servers", 0), "comment"),
        ("- principal: {user: a}\n  grants:\n  - # x\n    role: R\n    entities: commcell\n  - {role: S, entities: company}\n", (0, 0, None, None), "automat"),
    ],
)  # fmt: skip
def test_what_cannot_be_cut_out_is_left_and_told(text: str, place: tuple[t.Any, ...], why: str) -> None:
    whole = f"cvops_role_mappings:\n{text}- principal: {{user: c}}\n  grants: [{{role: A, entities: commcell}}, {{role: B, entities: commcell}}]\n"
    entry = len(parse_data_text(whole)["cvops_role_mappings"]) - 1
    made = remove(whole, place, (entry, 1, None, None))
    ((left, told),) = made.left
    assert left.place == Place(*place) and any(word in told for word in why.split("|"))
    # what can be cut out is, all the same
    assert [one.place.entry for one in made.done] == [entry]
    assert [one["role"] for one in grants(made.text, entry)] == ["A"]


def test_line_ends_and_byte_order_marks_stay() -> None:
    text = "\ufeff" + DOCUMENT.replace("\n", "\r\n").rstrip("\r\n")
    made = remove(text, (0, 0, "plans", 1), (1, 0, None, None))
    assert made.left == [] and made.text.startswith("\ufeff---\r\n") and made.text.endswith("# the end")
    assert made.text.count("\n") == made.text.count("\r\n")


@pytest.mark.parametrize("text", ["[]", "a: 1", "cvops_role_mappings: '{{ other }}'", "cvops_role_mappings: [x]"])
def test_what_is_no_mapping_document(text: str) -> None:
    with pytest.raises(DataFileError):
        build_patch(text, "access.yml", [])


@pytest.mark.parametrize("name", ["../a.yml", "/a.yml", "a\nb.yml", 'a".yml', "a\\b.yml"])
def test_names_that_a_patch_cannot_hold(name: str) -> None:
    with pytest.raises(DataFileError):
        build_diff("a\n", "b\n", name)


NAMES = st.sampled_from(["db01", "web 01", "# x", "a, b", "{{ x }}", "yes", "1", "\u00e4", "x: y"])
KINDS = st.sampled_from(["servers", "plans", "server_groups"])
ENTITIES = st.just("commcell") | st.dictionaries(
    KINDS, st.just("all") | st.lists(NAMES, min_size=1, max_size=4, unique=True), min_size=1
)
GRANTS = st.fixed_dictionaries(
    {"role": NAMES, "entities": ENTITIES}, optional={"approval": st.just({"reason": "a\nb\n"})}
)
ENTRIES = st.lists(
    st.fixed_dictionaries({"principal": st.just({"user": "bob"}), "grants": st.lists(GRANTS, max_size=4)}),
    min_size=1,
    max_size=3,
)
STYLES: list[t.Callable[[t.Any], str]] = [
    dump_data_yaml,
    lambda data: yaml.safe_dump(data, default_flow_style=None, sort_keys=False, allow_unicode=True),
    lambda data: yaml.safe_dump(data, default_flow_style=True, sort_keys=False, width=40),
    lambda data: yaml.safe_dump(data, default_flow_style=False, sort_keys=False, default_style='"'),
    lambda data: json.dumps(data, indent=2),
]


def list_places(mappings: t.Any) -> list[Place]:
    found = []
    for entry, one in enumerate(mappings):
        for grant, held in enumerate(one["grants"]):
            if isinstance(held["entities"], str):
                found.append(Place(entry, grant, None, None))
                continue
            for kind, value in held["entities"].items():
                items: t.Iterable[int | None] = range(len(value)) if isinstance(value, list) else [None]
                found += [Place(entry, grant, kind, item) for item in items]
    return found


def intend(mappings: t.Any, gone: t.Collection[Place]) -> t.Any:
    """What is meant, made anew and not by cutting."""
    wanted = copy.deepcopy(mappings)
    for entry, one in enumerate(wanted):
        kept = []
        for grant, held in enumerate(one["grants"]):
            if isinstance(held["entities"], str):
                kept += [] if Place(entry, grant, None, None) in gone else [held]
                continue
            left = {}
            for kind, value in held["entities"].items():
                if isinstance(value, list):
                    names = [name for item, name in enumerate(value) if Place(entry, grant, kind, item) not in gone]
                    left.update({kind: names} if names else {})
                elif Place(entry, grant, kind, None) not in gone:
                    left[kind] = value
            if left:
                kept.append({**held, "entities": left})
        one["grants"] = kept
    return wanted


@given(ENTRIES, st.sampled_from(STYLES), st.data())
def test_the_result_is_exactly_what_is_meant_in_every_style(mappings: t.Any, style: t.Any, data: st.DataObject) -> None:
    mappings = json.loads(json.dumps(mappings))  # what is one object in Python would become an anchor
    text = style({"before": "x # y", "cvops_role_mappings": mappings, "after": ["z"]})
    if not text.startswith("{"):
        lines = text.split("\n")
        for number in sorted(data.draw(st.sets(st.integers(0, len(lines) - 1), max_size=3)), reverse=True):
            commented = [*lines[:number], "   # a remark", *lines[number:]]
            try:
                same = parse_data_text("\n".join(commented)) == parse_data_text(text)
            except DataFileError:
                same = False
            lines = commented if same else lines
        text = "\n".join(lines)
    places = list_places(mappings)
    gone = data.draw(st.sets(st.sampled_from(places))) if places else set()
    made = build_patch(text, "access.yml", [Removal(place, "it", ()) for place in gone])
    done = {one.place for one in made.done}
    assert done | {one.place for one, _why in made.left} == gone
    assert parse_data_text(made.text)["cvops_role_mappings"] == intend(mappings, done)
    assert bool(made.patch) == bool(done)
    if "# a remark" not in text:
        assert made.left == []


@pytest.mark.parametrize("tool", [["git", "apply"], ["patch", "-p1", "--binary", "-i"]], ids=["git", "patch"])
@pytest.mark.parametrize("end", ["\n", "\r\n", ""], ids=["lines", "cr", "no-last-line-end"])
def test_the_patch_applies(tmp_path: pathlib.Path, tool: list[str], end: str) -> None:
    if shutil.which(tool[0]) is None:
        pytest.skip(f"{tool[0]} is not installed")
    text = DOCUMENT.replace("\n", end) if end else DOCUMENT.rstrip("\n").removesuffix("# the end").rstrip("\n")
    (tmp_path / "my access").mkdir()
    file = tmp_path / "my access" / "all.yml"
    file.write_bytes(text.encode())
    places = [Place(0, 0, "servers", 1), Place(0, 1, None, None), Place(1, 0, None, None)]
    made = build_patch(text, "my access/all.yml", [Removal(place, "it", ()) for place in places])
    (tmp_path / "review.patch").write_bytes(made.patch.encode())
    subprocess.run([*tool, "review.patch"], cwd=tmp_path, check=True, capture_output=True)
    assert file.read_bytes().decode() == made.text
