# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One schema: what the collection checks and what editors check come from the argument specs, and judge alike."""

from __future__ import annotations

import copy
import json
import re
import typing as t

import pytest
import variables_schema
from documents import WHOLE, list_shown_documents
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.values import convert_to_builtins
from ansible_collections.cvops.identity.plugins.plugin_utils.variables_checks import Place, find_value_problems
from ansible_collections.cvops.identity.plugins.plugin_utils.variables_document import (
    check_variables,
    find_missing_partners,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.variables_schema import SCHEMA

SHOWN = list_shown_documents()


def is_right(document: t.Mapping[str, t.Any]) -> bool:
    return not list(find_missing_partners(document, SCHEMA)) and not any(
        list(find_value_problems(value, SCHEMA[name], Place(name)))
        for name, value in document.items()
        if name in SCHEMA
    )


@pytest.fixture(scope="module")
def editor() -> t.Callable[[t.Any], bool]:
    """Whether an editor finds nothing in a document. CI fails where a test is skipped."""
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(variables_schema.JSON.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    is_valid: t.Callable[[t.Any], bool] = jsonschema.Draft202012Validator(schema).is_valid
    return is_valid


def test_both_files_are_as_the_argument_specs_say() -> None:
    for path, text in variables_schema.expected().items():
        assert path.read_text() == text, f"{path.name} is out of date: run make generate"


def test_nothing_is_lost_where_parts_are_shared() -> None:
    whole = json.loads(variables_schema.JSON.read_text())
    shared = whole.pop("$defs")

    def expand(value: t.Any) -> t.Any:
        if isinstance(value, list):
            return [expand(item) for item in value]
        if not isinstance(value, dict):
            return value
        part = str(value.get("$ref", "")).removeprefix("#/$defs/")
        if not part.startswith("part"):
            return {name: expand(item) for name, item in value.items()}
        return {**{name: item for name, item in value.items() if name != "$ref"}, **expand(shared[part])}

    described = variables_schema.simplify(variables_schema.build_variables(), described=True)
    expected = variables_schema.build_json_schema(described)
    assert {**expand(whole), "$defs": {"template": shared["template"]}} == expected


OTHER_VARIABLES = r"(?<![\w.])(?:cvops|access_evidence|access_log|break_glass_drill|doctor|expiry|preflight|revert|review|snapshot)_[a-z_]+"
#: Those of the playbook access; other variables begin in the same way.
ACCESS_VARIABLES = r"(?<![\w.])access_(?:permission|role|entity|person|review_by_before|valid_until_before|commcell|bundle|snapshot|lines|file|csv)\b"


def test_every_variable_that_playbooks_read_is_in_the_schema() -> None:
    """But for what a playbook sets itself, and the groups of hosts that are CommCells."""
    own = {
        "cvops_commcells",
        "cvops_revert_commcells",
        "revert_number",
        "revert_user_group",
        "break_glass_drill_commcell",
        "doctor_commcell",
        "preflight_commcell",
        "preflight_mapping_pending",
        "preflight_only_noted",
    }
    texts = [path.read_text() for path in (variables_schema.ROOT / "playbooks").rglob("*.yml")]
    read = {
        name for text in texts for pattern in (OTHER_VARIABLES, ACCESS_VARIABLES) for name in re.findall(pattern, text)
    }
    assert read - SCHEMA.keys() == own & read


def test_the_documentation_shows_documents() -> None:
    assert len(SHOWN) > 10


@pytest.mark.parametrize("document", SHOWN.values(), ids=SHOWN)
def test_a_document_that_is_shown_is_right(document: dict[str, t.Any], editor: t.Callable[[t.Any], bool]) -> None:
    plain = convert_to_builtins(document)
    found = check_variables(plain, SCHEMA, lambda value: value, "validate")
    assert [line for line in found.problems if "{{" not in line] == []
    assert editor(plain)


def test_a_document_with_most_keys_is_right(editor: t.Callable[[t.Any], bool]) -> None:
    assert check_variables(WHOLE, SCHEMA, lambda value: value, "site").problems == []
    assert editor(WHOLE)


def test_a_variable_that_needs_another_is_wrong_alone(editor: t.Callable[[t.Any], bool]) -> None:
    document = {name: value for name, value in WHOLE.items() if name != "role_mappings_accept_reason"}
    assert check_variables(document, SCHEMA, lambda value: value, "site").problems == [
        "role_mappings_accept_risk: also needs role_mappings_accept_reason"
    ]
    assert not editor(document)


BROKEN: dict[str, t.Callable[[dict[str, t.Any]], t.Any]] = {
    "a key of the connection": lambda d: d["cvops_connection"].update(commcell={}),
    "a key of Entra ID": lambda d: d["cvops_connection"]["entra"].update(tenant="x"),
    "a key of a CommCell": lambda d: d["cvops_connection"]["commcells"]["cs01"].update(commvault_url="x"),
    "a key of a grant": lambda d: d["cvops_role_mappings"][0]["grants"][0].update(roel="x"),
    "a key of a reference": lambda d: d["cvops_role_mappings"][0]["grants"][1]["role"].update(compny="x"),
    "a kind of entities": lambda d: d["cvops_role_mappings"][0]["grants"][0].update(entities={"plan": ["gold"]}),
    "a pattern without a limit": lambda d: d["cvops_role_mappings"][0]["grants"][1]["entities"]["servers"].pop(
        "at_most"
    ),
    "the whole in another word": lambda d: d["cvops_role_mappings"][0]["grants"][2].update(entities="commcel"),
    "no role": lambda d: d["cvops_role_mappings"][0]["grants"][0].pop("role"),
    "no principal": lambda d: d["cvops_role_mappings"][0].pop("principal"),
    "two principals": lambda d: d["cvops_role_mappings"][0]["principal"].update(user="bob"),
    "a group without a name": lambda d: d["cvops_entra_groups"].append({"description": "x"}),
    "a text for a boolean": lambda d: d["cvops_entra_groups"][0].update(exclusive="perhaps"),
    "a mapping for a list": lambda d: d.update(cvops_entra_groups={"display_name": "x"}),
    "a text for a mapping": lambda d: d["cvops_application"].update(web="x"),
    "a choice": lambda d: d["cvops_entra_groups"][1].update(state="gone"),
    "a number in words": lambda d: d.update(role_mappings_max_removals="many"),
    "an empty name": lambda d: d["cvops_commvault_roles"][0].update(name=""),
    "an empty key": lambda d: d["cvops_connection"]["commcells"].update({"": {}}),
    "a boolean for a text": lambda d: d["cvops_commvault_roles"][0].update(name=True),
    "two providers": lambda d: d["cvops_sso"].update(oidc_app="x"),
    "two stores": lambda d: d["cvops_connection"]["commcells"]["cs02"]["token_store"].update(hashi_vault={"path": "x"}),
    "an empty item": lambda d: d["cvops_entra_groups"][0]["members"].append(None),
    "an item of another kind": lambda d: d["cvops_entra_groups"][0]["members"].append({"a": 1}),
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_a_broken_document_is_wrong_for_both(
    change: t.Callable[[dict[str, t.Any]], t.Any], editor: t.Callable[[t.Any], bool]
) -> None:
    document = copy.deepcopy(WHOLE)
    change(document)
    assert not is_right(document)
    assert not editor(document)


def test_a_choice_that_needs_a_variable_is_wrong_alone(editor: t.Callable[[t.Any], bool]) -> None:
    document = {**WHOLE, "role_mappings_exclusive": "managed"}
    assert check_variables(document, SCHEMA, lambda value: value, "site").problems == [
        "role_mappings_exclusive: managed also needs role_mappings_managed_groups"
    ]
    assert not editor(document)
    assert editor({**document, "role_mappings_managed_groups": ["GG-*"]})


def list_places(value: t.Any, place: tuple[t.Any, ...] = ()) -> t.Iterator[tuple[t.Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*place, key)
        yield from list_places(item, (*place, key))


PLACES = list(list_places(WHOLE))
OTHER_VALUES = st.sampled_from(
    [None, True, False, 0, 1, 7, 2.5, "", " ", "x", "yes", "12", "all", "commcell", [], ["x"], [[]], {}, {"name": "x"}]
    + [{"id": 3}, {"matching": "x", "at_most": 1}, {"x": 1}, [None], [{}], "{{ template }}"]
)


@given(st.sampled_from(PLACES), OTHER_VALUES)
def test_any_other_value_anywhere_is_judged_alike(place: tuple[t.Any, ...], value: t.Any) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(variables_schema.JSON.read_text())
    document = copy.deepcopy(WHOLE)
    holder: t.Any = document
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = value
    if value == "{{ template }}":
        assert jsonschema.Draft202012Validator(schema).is_valid(document)
    else:
        assert is_right(document) == jsonschema.Draft202012Validator(schema).is_valid(document)
