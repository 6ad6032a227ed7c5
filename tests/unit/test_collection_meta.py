# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection's facts agree with each other: metadata, action groups, action files, documentation, option names."""

from __future__ import annotations

import pathlib
import re
import types
import typing as t

import action_files
import action_groups
import names_index
import permission_presets
import pytest
import yaml
from collection_facts import PLUGINS, load_module, module_names, text_constants
from collection_tree import ROOT
from generated_files import find_outdated
from option_rules import boolean_names, doc_differences, silent_secrets

from ansible_collections.cvops.identity.plugins.module_utils._core.provenance import COLLECTION_VERSION

MODULES = module_names()
FRAGMENTS = sorted((ROOT / "changelogs" / "fragments").glob("*.y*ml"))
#: Environment variables by which the controller's process tells one that it starts what it knows.
OF_A_RUN = {
    "CVOPS_BASE_DIRECTORY",
    "CVOPS_JOB_FACTS",
    "CVOPS_OPTION_SOURCES",
    "CVOPS_RUN_DIRECTORY",
    "CVOPS_RUN_PROCESS",
    "CVOPS_TASK_TIMEOUT",
}
CLOUDS_OF_COMMVAULT = {"AZURE_CHINACLOUD", "AZURE_CLOUD", "AZURE_GERMANCLOUD", "AZURE_STACK", "AZURE_USGOV"}
ROLE_SPECS = sorted((ROOT / "roles").glob("*/meta/argument_specs.yml"))


def test_documents_name_the_version_of_the_collection() -> None:
    assert load(ROOT / "galaxy.yml")["version"] == COLLECTION_VERSION


def load(path: pathlib.Path) -> t.Any:
    return yaml.safe_load(path.read_text())


@pytest.fixture(scope="module", params=MODULES)
def module(request: pytest.FixtureRequest) -> types.ModuleType:
    """Each module of the collection in turn."""
    return load_module(request.param)


def documentation(name: str) -> dict[str, t.Any]:
    """A module's DOCUMENTATION with its fragments merged in, by Ansible's own means."""
    from ansible.plugins.loader import fragment_loader
    from ansible.utils.plugin_docs import get_docstring

    path = str(PLUGINS / "modules" / f"{name}.py")
    found = get_docstring(path, fragment_loader, collection_name="cvops.identity", plugin_type="module")
    return t.cast("dict[str, t.Any]", found[0])


def test_galaxy_has_every_field_that_certification_asks_for() -> None:
    galaxy = load(ROOT / "galaxy.yml")
    assert (galaxy["namespace"], galaxy["name"]) == ("cvops", "identity")
    assert re.fullmatch(r"\d+\.\d+\.\d+", galaxy["version"])
    assert galaxy["license"] == ["GPL-3.0-or-later"]
    assert galaxy["dependencies"] == {}, "a dependency would make every offline installation fail"
    for field in ("readme", "authors", "description", "tags"):
        assert galaxy[field], field
    for field in ("repository", "documentation", "homepage", "issues"):
        assert galaxy[field].startswith("https://github.com/cvops/identity"), field
    assert set(galaxy["tags"]) & {"cloud", "infrastructure", "security", "tools"}
    assert all(re.fullmatch(r"[a-z0-9]+", tag) for tag in galaxy["tags"])


def test_the_readme_has_the_sections_that_certification_asks_for() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    asked = ["Requirements", "Installation", "Use cases", "Testing", "Support", "Release notes", "Related information"]
    assert [heading for heading in headings if heading in {*asked, "License information"}] == [
        *asked,
        "License information",
    ]


#: Modules that work on files and ask no service, so that they are in no group.
SIGNED_IN_NOWHERE = {"access_evidence", "snapshot_pseudonyms"}


def test_runtime_metadata_is_as_generated() -> None:
    assert (ROOT / "meta" / "runtime.yml").read_text() == action_groups.expected()


def test_every_module_is_in_the_group_of_each_service_that_it_signs_in_to() -> None:
    options = {
        "both": {"client_id", "commvault_url"},
        "entra_a": {"client_id"},
        "commvault_b": {"commvault_url"},
        "neither": {"dest"},
    }
    assert action_groups.groups(options) == {
        "entra": ["both", "entra_a"],
        "commvault": ["both", "commvault_b"],
        "all": ["both", "commvault_b", "entra_a"],
    }
    groups = load(ROOT / "meta" / "runtime.yml")["action_groups"]
    assert groups["all"] == [name for name in MODULES if name not in SIGNED_IN_NOWHERE]
    assert {name for name in MODULES if name.startswith("entra_")} <= set(groups["entra"])
    assert {name for name in MODULES if name.startswith("commvault_")} <= set(groups["commvault"])
    assert set(MODULES) - SIGNED_IN_NOWHERE == set(groups["entra"]) | set(groups["commvault"])


def test_every_module_has_its_generated_action_file() -> None:
    assert find_outdated(action_files.expected()) == []


def test_the_guide_lists_the_presets_as_they_are() -> None:
    assert find_outdated(permission_presets.expected()) == []


def test_the_index_of_names_is_as_the_code_says() -> None:
    assert find_outdated(names_index.expected()) == []


def test_every_environment_variable_that_the_code_names_is_in_the_index() -> None:
    """But for what the parts of a run hand each other, and names of clouds in Commvault."""
    text = names_index.PAGE.read_text(encoding="utf-8")
    sources = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "plugins").rglob("*.py"))]
    named = {
        name for source in sources for name in re.findall(r"[\"(]((?:CVOPS|VAULT|ARM|AZURE)_[A-Z_]+[A-Z])[\")]", source)
    }
    assert {name for name in named if f"``{name}``" not in text} == OF_A_RUN | CLOUDS_OF_COMMVAULT
    assert len(named) > 40


def test_wrong_action_files_are_found(tmp_path: pathlib.Path) -> None:
    for folder, name in (("modules", "a"), ("modules", "b"), ("modules", "c"), ("action", "b"), ("action", "d")):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / f"{name}.py").write_text("")
    outdated = find_outdated(action_files.expected(tmp_path))
    assert sorted(path.relative_to(tmp_path).as_posix() for path in outdated) == [
        f"action/{name}.py" for name in "abcd"
    ]


@pytest.mark.parametrize("name", MODULES)
def test_every_module_is_documented(name: str) -> None:
    blocks = text_constants(PLUGINS / "modules" / f"{name}.py")
    for block in ("DOCUMENTATION", "EXAMPLES", "RETURN"):
        assert yaml.safe_load(blocks.get(block, "")), f"{block} is missing or empty"
    assert f"cvops.identity.{name}:" in blocks["EXAMPLES"]
    assert yaml.safe_load(blocks["DOCUMENTATION"])["module"] == name


@pytest.mark.parametrize("name", MODULES)
def test_documented_options_are_those_that_are_accepted(name: str) -> None:
    documented = documentation(name).get("options") or {}
    assert doc_differences(documented, load_module(name).SPEC.options) == []


@pytest.mark.parametrize(
    ("many", "option", "single", "own"),
    [
        ("entra_groups", "groups", "entra_group", {"max_removals", "accept_risk", "accept_reason"}),
        ("commvault_roles", "roles", "commvault_role", {"company"}),
        ("commvault_role_mappings", "roles", "commvault_role", {"company"}),
    ],
)
def test_an_object_of_a_list_is_described_as_one_alone(many: str, option: str, single: str, own: set[str]) -> None:
    """Both texts are written out, because the one names options of the list; *own*: where they mean to differ."""
    listed, alone = documentation(many)["options"][option]["suboptions"], documentation(single)["options"]
    differing = {
        name
        for name, item in listed.items()
        if [line.replace(f"O({option}[].", "O(") for line in item["description"]] != alone[name]["description"]
    }
    assert differing == own


def test_names_that_look_like_secrets_say_whether_they_are(module: types.ModuleType) -> None:
    assert silent_secrets(module.SPEC.options) == []


@pytest.mark.parametrize("name", MODULES)
def test_no_option_and_no_return_value_is_a_yaml_boolean(name: str) -> None:
    returned = yaml.safe_load(text_constants(PLUGINS / "modules" / f"{name}.py")["RETURN"])
    assert boolean_names([*_keys(documentation(name).get("options") or {}), *_keys(returned)]) == []


@pytest.mark.parametrize("path", ROLE_SPECS, ids=lambda path: path.parent.parent.name)
def test_no_variable_of_a_role_is_a_yaml_boolean(path: pathlib.Path) -> None:
    for entry in load(path)["argument_specs"].values():
        assert boolean_names(_keys(entry.get("options") or {})) == []


def _keys(options: t.Mapping[t.Any, t.Any]) -> t.Iterator[t.Any]:
    for name, option in options.items():
        yield name
        for nested in ("options", "suboptions", "contains"):
            yield from _keys(option.get(nested) or {})


def test_changelog_fragments_have_known_sections_and_whole_sentences() -> None:
    """Right after a release there is none."""
    config = load(ROOT / "changelogs" / "config.yaml")
    sections = {section for section, _title in config["sections"]} | {config["trivial_section_name"]}
    for path in FRAGMENTS:
        fragment = load(path)
        assert fragment.keys() <= sections | {config["prelude_section_name"]}, path.name
        for section, entries in fragment.items():
            texts = [entries] if section == config["prelude_section_name"] else entries
            assert texts, path.name
            assert all(isinstance(text, str) and text.strip() for text in texts), path.name


def test_there_is_a_changelog() -> None:
    assert FRAGMENTS or (ROOT / "changelogs" / "changelog.yaml").is_file()


def test_yaml_booleans_are_found() -> None:
    assert boolean_names(["name", "on", "No", True, "only"]) == ["No", "True", "on"]


def test_secrets_that_do_not_say_so_are_found() -> None:
    options: dict[str, dict[str, t.Any]] = {
        "client_secret": {"no_log": True},
        "max_keys": {"no_log": False},
        "pin": {},
        "keyword": {},
        "renew_token": {"type": "bool"},
        "target": {"options": {"api_key": {}}},
    }
    assert silent_secrets(options) == ["pin", "target.api_key"]


def test_differences_between_documentation_and_spec_are_found() -> None:
    documented = {"a": {"type": "int"}, "b": {"suboptions": {"c": {"choices": ["x"]}}}, "d": {}}
    accepted = {"a": {"type": "str"}, "b": {"options": {"c": {"choices": ["x", "y"]}}}, "e": {}}
    assert doc_differences(documented, accepted) == [
        "e: accepted, not documented",
        "d: documented, not accepted",
        "a: documented type 'int', accepted 'str'",
        "b.c: documented choices ['x'], accepted ['x', 'y']",
    ]


@pytest.mark.parametrize("folder", ["module_utils", "plugin_utils"])
def test_utilities_say_that_they_are_private(folder: str) -> None:
    """Inclusion in the Ansible package demands the word: without it, others may import what stands there."""
    files = [path for path in sorted((PLUGINS / folder).rglob("*.py")) if path.read_text()]
    silent = [str(path) for path in files if "PRIVATE" not in "".join(path.read_text().splitlines(keepends=True)[:6])]
    assert (len(files) > 5, silent) == (True, [])
