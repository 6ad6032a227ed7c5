# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the documentation says is so: examples are complete and accepted, names exist, tables equal the code."""

from __future__ import annotations

import configparser
import importlib
import json
import re
import runpy
import shlex
import typing as t

import jinja2
import pytest
import yaml
from ansible.parsing.splitter import parse_kv
from collection_facts import load_module, module_names, text_constants
from collection_tree import ROOT
from documented import (
    EXAMPLES,
    FILTERS,
    GUIDES,
    OWN,
    READMES,
    CodeBlock,
    all_blocks,
    blocks_of,
    faults_of_block,
    faults_of_options,
    faults_of_task,
    faults_of_variables,
    parsed,
    plays_in,
    tasks_in,
    yaml_blocks,
)

from ansible_collections.cvops.identity.plugins.module_utils._core.option_sources import OptionSources, use_sources
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import ENTRA_METHODS

DOCSITE, SHOWN = ROOT / "docs" / "docsite", ROOT / "docs" / "examples"
SIGN_IN = DOCSITE / "rst" / "guide_sign_in.rst"
CREDENTIAL_TYPES = yaml.safe_load((SHOWN / "awx_credential_types.yml").read_text())
DROP_INS = sorted((SHOWN / "systemd").glob("*.conf"))
UNITS = [*DROP_INS, *sorted((SHOWN / "systemd").glob("*.service"))]
GROUPS = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())["action_groups"]
#: Read by MSAL, not by the collection.
MSALS_OWN = {"AZURE_POD_IDENTITY_AUTHORITY_HOST"}
COMMVAULT = load_module("commvault_role").SPEC.options
FILTER_TYPES = ("str", "raw", "dict", "list", "bool")
TEXTS = {path: path.read_text(encoding="utf-8") for path in [*GUIDES, *READMES, *EXAMPLES]}


def code_text() -> str:
    """Everything that may read a variable: plugins, roles, playbooks, rulebooks, and the inventory of scenarios."""
    folders = ("plugins", "roles", "playbooks", "extensions/eda/rulebooks", "extensions/molecule/inventory")
    paths = [path for name in folders for path in sorted((ROOT / name).rglob("*")) if path.suffix in (".py", ".yml")]
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


CODE_WORDS = set(re.findall(r"\w+", code_text()))


def environment_names() -> set[str]:
    """Environment variables that some option of sign-in reads."""
    return {name for option in COMMVAULT.values() for name in option.get("fallback", ((), [""]))[1][1:]}


@pytest.mark.parametrize("block", yaml_blocks(), ids=lambda block: block.where)
def test_yaml_parses_and_its_tasks_are_accepted(block: CodeBlock) -> None:
    assert faults_of_block(block) == []


def test_faults_in_examples_are_found() -> None:
    faults: dict[str, dict[str, t.Any]] = {
        "in full": {"entra_group": {"display_name": "x"}},
        "display_nam. Supported": {f"{OWN}entra_group": {"display_nam": "x"}},
        "missing required": {f"{OWN}commvault_role_mappings": {}},
        "value of state must be": {f"{OWN}entra_group": {"display_name": "{{ x }}", "state": "gone"}},
        "does not exist": {"ansible.builtin.no_such_module": {}},
    }
    for words, task in faults.items():
        assert words in str(faults_of_task(task)), words
    assert faults_of_task({f"{OWN}commvault_role_mappings": {"mappings": "{{ x }}"}}) == []
    entry = {"principal": {"user": "x"}, "grants": [{"role": "View", "entities": {"moons": ["io"]}}]}
    assert "unknown kind" in str(faults_of_variables({"cvops_role_mappings": [entry]}))
    assert faults_of_variables({"cvops_connection": {"commcells": {"cs01": {"ulr": "https://x"}}}})


def test_every_module_and_guide_has_examples() -> None:
    shown = [block.where for block in yaml_blocks()]
    for name in module_names():
        documents = [parsed(block) for block in yaml_blocks() if block.where == f"plugins/modules/{name}.py"]
        tasks = [task for document in documents[0] for task in tasks_in(document)]
        assert any(f"{OWN}{name}" in task for task in tasks), name
    for path in GUIDES:
        assert any(where.startswith(str(path.relative_to(ROOT))) for where in shown), path


def test_module_defaults_name_options_of_every_module_of_their_group() -> None:
    seen = 0
    for block in yaml_blocks():
        for play in [play for document in parsed(block) for play in plays_in(document)]:
            for group, defaults in (play.get("module_defaults") or {}).items():
                if isinstance(
                    defaults, str
                ):  # the filter gives what every module of the group takes, see test_roles.py
                    assert "cvops.identity.commcell_options" in defaults
                    continue
                for module in GROUPS[group.removeprefix(f"group/{OWN}")]:
                    seen += 1
                    assert defaults.keys() <= load_module(module).SPEC.options.keys(), (block.where, module)
    assert seen


def test_commands_name_modules_with_options_that_exist() -> None:
    commands = [
        shlex.split(line, comments=True)
        for block in all_blocks()
        if block.language in ("shell", "console", "sh")
        for line in block.text.splitlines()
        if line.startswith("ansible ")
    ]
    assert len(commands) >= 5
    for command in commands:
        module, arguments = command[command.index("-m") + 1], command[command.index("-a") + 1]
        assert faults_of_options(module.removeprefix(OWN), parse_kv(arguments)) == [], command


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_names_of_the_collection_exist(path: t.Any) -> None:
    known = {*module_names(), *(item.stem for item in (ROOT / "plugins" / "lookup").glob("[!_]*.py"))}
    known |= {item.stem for item in FILTERS}
    known |= {item.name for item in (ROOT / "roles").iterdir()} | {
        item.stem for item in (ROOT / "playbooks").glob("*.yml")
    }
    eda = ROOT / "extensions" / "eda"
    known |= {item.stem for item in (*eda.glob("plugins/event_source/*.py"), *eda.glob("rulebooks/*.yml"))}
    text = TEXTS[path]
    groups = set(re.findall(r"group/cvops\.identity\.(\w+)", text))
    assert groups <= GROUPS.keys()
    named = set(re.findall(r"(?<!group/)(?<!collections\.)cvops\.identity\.(?!docsite)([a-z_]\w*)", text))
    assert named <= known | {"git"}, named - known
    files = set(re.findall(r"docs/examples/[\w./]*\w", text))
    assert [name for name in files if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_variables_that_are_named_are_read(path: t.Any) -> None:
    options = {f"cvops_{name}" for name, option in COMMVAULT.items() if "fallback" in option}
    variables = set(re.findall(r"\b(?:cvops|role_mappings|app_registration)_[a-z]\w*", TEXTS[path]))
    prose = {"cvops_simulator", "cvops_tokens", "cvops_role_mappings_info", "role_mappings_info"}
    assert variables - options - CODE_WORDS - prose == set()
    environment = set(re.findall(r"\b(?:CVOPS|AZURE|ARM|VAULT)_[A-Z][A-Z_]*[A-Z]\b", TEXTS[path]))
    assert environment - environment_names() - CODE_WORDS - MSALS_OWN == set()


def test_every_method_is_in_the_guide_with_its_places() -> None:
    text = SIGN_IN.read_text()
    for method in ENTRA_METHODS:
        assert f"``{method}``" in text or f"auth_method: {method}" in text, method
    for kind in CREDENTIAL_TYPES:
        assert f"*{kind['name']}*" in re.sub(r"\s+", " ", text), kind["name"]
    shown = [block.text for block in blocks_of(SIGN_IN) if block.language == "ini"]
    for path in DROP_INS:
        comment, dummy, body = path.read_text().partition("\n")
        assert comment.startswith("#") and body in shown, path.name
        assert f"``{path.name}``" in text, path.name
    assert len(shown) == len(DROP_INS)


def field_values(kind: dict[str, t.Any]) -> dict[str, str]:
    return {field["id"]: f"a {field['id']}" for field in kind["inputs"]["fields"]}


@pytest.mark.parametrize("kind", CREDENTIAL_TYPES, ids=lambda kind: kind["name"])
def test_credential_types_set_what_options_read(kind: dict[str, t.Any]) -> None:
    injectors, fields = kind["injectors"], field_values(kind)
    assert kind["kind"] == "cloud" and injectors.keys() <= {"env", "file"}
    vault = {name for name in re.findall(r"E\((VAULT_\w+)\)", code_text())}
    assert injectors["env"].keys() <= environment_names() | vault
    assert set(kind["inputs"].get("required", [])) <= fields.keys()
    tower = {"filename": {"certificate": "/runner/certificate"}}
    strict = jinja2.Environment(undefined=jinja2.StrictUndefined)
    templates = {**injectors["env"], **injectors.get("file", {})}
    rendered = {name: strict.from_string(text).render(tower=tower, **fields) for name, text in templates.items()}
    missing = [name for name in fields if not any(re.search(rf"\b{name}\b", text) for text in templates.values())]
    assert missing == []
    secrets = {field["id"] for field in kind["inputs"]["fields"] if field.get("secret")}
    wanted = {"client_secret", "password", "certificate", "access_token", "secret_id"} & fields.keys()
    assert secrets == wanted
    validated_by_an_option(rendered)


def validated_by_an_option(environ: dict[str, str]) -> None:
    """The values reach the options, and options with choices or a form of their own take them."""
    from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

    given = {**environ, **({"CVOPS_CLOUD": "usgov"} if "CVOPS_CLOUD" in environ else {})}
    spec = load_module("commvault_security_info").SPEC
    with use_sources(OptionSources(environ=given)) as sources:
        validated = ArgumentSpecValidator(spec.options, **spec.to_rule_kwargs()).validate({})
    assert validated.error_messages == []
    assert set(sources.values) == {name.removeprefix("CVOPS_").lower() for name in given if name.startswith("CVOPS_")}
    if "CVOPS_COMMVAULT_TOKEN_STORE" in given:
        store = validated.validated_parameters["commvault_token_store"]["hashi_vault"]
        assert store["path"] == json.loads(given["CVOPS_COMMVAULT_TOKEN_STORE"])["hashi_vault"]["path"]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_units_set_what_options_read_and_hand_over_what_they_use(path: t.Any) -> None:
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    names = {line.split("=")[1] for line in lines if line.startswith("Environment=")}
    assert {name for name in names if name.startswith("CVOPS_")} <= environment_names() | {"CVOPS_RUN_RECORD_DIR"}
    handed = {line.partition("=")[2].partition(":")[0] for line in lines if line.startswith("LoadCredential=")}
    read = set(re.findall(r"%d/([\w.-]+)", "\n".join(lines)))
    if any("credentials.yml" in line for line in lines):
        read |= handed & set(re.findall(r"'/([\w-]+)'", (SHOWN / "systemd" / "credentials.yml").read_text()))
    assert read == handed
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string("\n".join(lines))
    assert "Service" in parser


@pytest.mark.parametrize("path", sorted((SHOWN / "systemd").glob("*.service")), ids=lambda path: path.name)
def test_a_drop_in_says_how_to_sign_in_and_not_what_is_run(path: t.Any) -> None:
    """The same drop-ins go with each service, so that one with a command would let the others run that."""
    (command,) = re.findall(r"^ExecStart=(.*)$", path.read_text(), re.MULTILINE)
    assert "$CREDENTIALS" in command.split()
    assert not any("ExecStart" in drop_in.read_text() for drop_in in DROP_INS)
    named = {playbook for playbook in command.split() if playbook.startswith("cvops.identity.")}
    assert [(ROOT / "playbooks" / f"{name.rpartition('.')[2]}.yml").is_file() for name in named] == [True]


def test_the_guides_are_in_the_table_of_contents_and_in_the_readme() -> None:
    sections = yaml.safe_load((DOCSITE / "extra-docs.yml").read_text())["sections"]
    listed = {name for section in sections for name in section["toctree"]}
    assert listed == {path.stem for path in GUIDES}
    readme = (ROOT / "README.md").read_text()
    for name in listed:
        assert f"(docs/docsite/rst/{name}.rst)" in readme
    labels = {label for path in GUIDES for label in re.findall(r"^\.\. _(\S+):$", TEXTS[path], re.MULTILINE)}
    used = {label for path in GUIDES for label in re.findall(r":ref:`(?:[^`<]*<)?([^`>]+)>?`", TEXTS[path])}
    assert used <= labels


@pytest.mark.parametrize(
    ("label", "page"),
    [
        ("common_return_values", "reference_appendices/common_return_values.html"),
        ("ansible_collections.ansible.builtin.uri_module", "collections/ansible/builtin/uri_module.html"),
        ("ansible_collections.ansible.builtin.no_such_module", None),
        ("ansible_collections.ansible.builtin.uri_module__parameter-url", None),
        ("ansible_collections.cvops.identity.no_such_module", None),
    ],
)
def test_only_labels_of_ansible_lead_to_its_pages(label: str, page: str | None) -> None:
    """Any other is one that the site lacks, which Sphinx warns of."""
    settings = runpy.run_path(str(ROOT / "scripts" / "docs_site" / "conf.py"))
    assert settings["ansible_address"](label) == (page and settings["ANSIBLE"] + page)


def test_every_filter_is_documented_with_an_example() -> None:
    """A filter has its documentation beside it, under its own name."""
    plugins = [path.stem for path in (ROOT / "plugins" / "filter").glob("[!_]*.py")]
    modules = [importlib.import_module(f"ansible_collections.cvops.identity.plugins.filter.{name}") for name in plugins]
    offered = [name for module in modules for name in module.FilterModule().filters()]
    assert sorted(path.stem for path in FILTERS) == sorted(offered)
    for path in FILTERS:
        described = yaml.safe_load(path.read_text())
        assert described["DOCUMENTATION"]["name"] == path.stem
        texts = [
            described["DOCUMENTATION"][name] for name in ("description", "notes") if name in described["DOCUMENTATION"]
        ]
        assert all(isinstance(text, str) for listed in texts for text in listed)
        assert f"{OWN}{path.stem}" in described["EXAMPLES"] and described["RETURN"]["_value"]["type"] in FILTER_TYPES


def test_lookups_in_examples_exist() -> None:
    lookups = {path.stem for path in (ROOT / "plugins" / "lookup").glob("[!_]*.py")}
    for name in lookups:
        assert f"{OWN}{name}" in text_constants(ROOT / "plugins" / "lookup" / f"{name}.py")["EXAMPLES"]


def test_the_page_for_contributors_names_what_is_there() -> None:
    """Paths in backticks; what is meant as an example of a name has no slash."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    paths = {found for found in re.findall(r"`([A-Za-z_]+(?:/[A-Za-z_.]+)+)`", text) if "*" not in found}
    assert len(paths) > 15
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []
