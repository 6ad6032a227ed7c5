# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The roles say the same as the modules: every key of the variables document is one that the modules take, and the other way round."""

from __future__ import annotations

import re
import typing as t

import jinja2
import pytest
import role_connection
import yaml
from collection_facts import load_module, walk_options
from collection_tree import ROOT

from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.decision import FAILED_OUTCOMES, Outcome

GROUPS = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())["action_groups"]
COMPARED = {"type": "str", "required": False, "default": None, "choices": None, "elements": None}
PREFIX = "commvault_"
#: What only the second half of single sign-on knows.
PENDING = ("pending_application", "pending_redirect_uris")

Options = t.Mapping[str, t.Mapping[str, t.Any]]


def role_options(role: str) -> dict[str, t.Any]:
    """The variables of a role, as its argument specs describe them."""
    path = ROOT / "roles" / role / "meta" / "argument_specs.yml"
    return t.cast("dict[str, t.Any]", yaml.safe_load(path.read_text())["argument_specs"]["main"]["options"])


def module_options(module: str, own: bool = True) -> dict[str, t.Any]:
    """What a module accepts; with *own*, without the options of sign-in."""
    options: dict[str, t.Any] = without(
        load_module(module).SPEC.options, "approved_steps"
    )  # of a plan, not of a document
    connection = load_module("commvault_role").SPEC.options.keys() & load_module("commvault_user_group").SPEC.options
    common = {name for name in connection if "fallback" in load_module("commvault_role").SPEC.options[name]}
    return {name: option for name, option in options.items() if not own or name not in common}


def shape(options: Options) -> dict[str, dict[str, t.Any]]:
    """Names, types, choices and defaults, at any depth."""
    found: dict[str, dict[str, t.Any]] = {}
    for name, option in walk_options(options):
        found[name] = {field: option.get(field, unsaid) for field, unsaid in COMPARED.items()}
        if found[name]["choices"] is not None:
            found[name]["choices"] = list(found[name]["choices"])
    return found


def without(options: Options, *names: str) -> dict[str, t.Any]:
    """*options* but for those of these *names*."""
    return {name: option for name, option in options.items() if name not in names}


def sign_in(prefix: str) -> dict[str, t.Any]:
    """Options of sign-in and transport: with this prefix, or those of Entra ID when it is empty."""
    options = without(module_options("commvault_role", own=False), *module_options("commvault_role"))
    if not prefix:
        return {name: option for name, option in options.items() if not name.startswith(PREFIX)}
    return {name.removeprefix(prefix): option for name, option in options.items() if name.startswith(prefix)}


@pytest.mark.parametrize(
    "role",
    [
        *(
            "app_registration",
            "bootstrap",
            "commvault_credentials",
            "commvault_sso",
            "conditional_access",
            "role_mappings",
        ),
        "secret_rotation",
    ],
)
def test_the_connection_has_the_keys_of_the_modules(role: str) -> None:
    connection = role_options(role)["cvops_connection"]["options"]
    defaults_apart = {name: {**option, "default": None} for name, option in sign_in("").items()}
    assert shape(connection["entra"]["options"]) == shape(defaults_apart)


def test_the_connection_is_described_as_generated() -> None:
    paths = role_connection.specs()
    assert len(paths) == 7
    for path in paths:
        assert path.read_text() == role_connection.renewed(path.read_text())


def test_the_documentation_names_every_key_of_a_commcell() -> None:
    described = role_options("role_mappings")["cvops_connection"]["options"]["commcells"]["description"]
    assert set(re.findall(r"C\((\w+)\)", described[1])) == sign_in(PREFIX).keys()


@pytest.mark.parametrize("module", GROUPS["entra"])
def test_every_module_of_the_group_takes_the_whole_entra_connection(module: str) -> None:
    assert sign_in("").keys() - module_options(module, own=False).keys() == set()


@pytest.mark.parametrize("module", GROUPS["commvault"])
def test_every_module_of_the_group_takes_the_whole_commvault_connection(module: str) -> None:
    wanted = sign_in("").keys() | {PREFIX + name for name in sign_in(PREFIX)}
    assert wanted - module_options(module, own=False).keys() == set()


def test_the_registration_is_what_the_modules_take() -> None:
    document = role_options("app_registration")["cvops_application"]["options"]
    of_the_role = ("service_principal", "grant_admin_consent", "app_role_assignments")
    assert shape(without(document, *of_the_role)) == shape(without(module_options("entra_application"), *PENDING))
    principal = without(module_options("entra_service_principal"), "app_id", "object_id", "application", "state")
    assert shape(document["service_principal"]["options"]) == shape(principal)
    by_the_role = ("app_id", "application", "state", "pending_app_roles", "pending_entra_groups")
    assigned = without(module_options("entra_app_role_assignment"), *by_the_role)
    assert shape(document["app_role_assignments"]["options"]) == shape(assigned)


def test_the_saml_apps_are_what_the_module_takes() -> None:
    document = role_options("commvault_sso")
    by_the_role = (
        "metadata",
        "pending_metadata",
        "pending_user_groups",
        "certificate",
        "certificate_fingerprint",
        "break_glass",
    )
    accepted = module_options("commvault_saml_app")
    apps = without(document["cvops_sso"]["options"]["saml_apps"]["options"], "commcells")
    assert shape(apps) == shape(without(accepted, *by_the_role))
    account = without(document["commvault_sso_break_glass"]["options"], "commcells")  # which may have all of them
    assert shape({name: {**option, "required": True} for name, option in account.items()}) == shape(
        {name: {**option, "required": True} for name, option in accepted["break_glass"]["options"].items()}
    )


def test_the_credentials_are_what_the_module_takes() -> None:
    document = role_options("commvault_credentials")
    by_the_role = ("pending_application", "pending_user_groups")
    credentials = without(document["cvops_commvault_credentials"]["options"], "commcells")
    assert shape(credentials) == shape(without(module_options("commvault_credential"), *by_the_role))
    assert credentials["secret"]["no_log"] is True


def test_what_ready_policies_take_of_the_module_is_what_it_takes() -> None:
    """The same choices and defaults; locations and further policies have the keys of the modules, by scripts/variables_schema.py."""
    declared = role_options("conditional_access")["cvops_conditional_access"]["options"]
    policy = module_options("entra_conditional_access_policy")
    as_given = ("policy_state", "exclusive", "max_removals", "accept_risk", "accept_reason", "state")
    for name in ("administrators", "places", "egress"):
        told = declared[name]["options"]
        assert shape({key: told[key] for key in as_given}) == shape({key: policy[key] for key in as_given})
    controls = policy["grant"]["options"]
    asked = declared["administrators"]["options"]
    assert asked["controls"]["choices"] == controls["controls"]["choices"]
    assert asked["operator"]["choices"] == controls["operator"]["choices"]
    assert shape(declared["break_glass"]["options"]) == shape(policy["break_glass"]["options"])


@pytest.mark.parametrize(
    ("variable", "module", "of_the_role"),
    [("cvops_entra_groups", "entra_groups", ()), ("cvops_commvault_roles", "commvault_roles", ("commcells",))],
)
def test_lists_hold_what_the_modules_take(variable: str, module: str, of_the_role: tuple[str, ...]) -> None:
    document = role_options("role_mappings")[variable]["options"]
    (listed,) = (option for option in module_options(module).values() if option["type"] == "list")
    assert shape(without(document, *of_the_role)) == shape(listed["options"])


def test_the_mapping_and_its_switches_are_what_the_module_takes() -> None:
    variables, accepted = role_options("role_mappings"), module_options("commvault_role_mappings")
    assert shape(variables["cvops_role_mappings"]["options"]) == shape(accepted["mappings"]["options"])
    assert shape(variables["cvops_break_glass"]["options"]) == shape(accepted["break_glass"]["options"])
    shared = ("mappings", "break_glass")
    by_the_role = (
        *shared,
        "commcell",
        "known_entra_groups",
        "pending_entra_groups",
        "pending_roles",
        "roles",
        "tell_effects",
    )
    prefix = "role_mappings_"
    switches = {name.removeprefix(prefix): option for name, option in variables.items() if name.startswith(prefix)}
    assert shape(switches) == shape(without(accepted, *by_the_role))


def test_defaults_are_those_of_the_module() -> None:
    path = ROOT / "roles" / "role_mappings" / "defaults" / "main.yml"
    specified = {
        name: option["default"] for name, option in role_options("role_mappings").items() if "default" in option
    }
    assert yaml.safe_load(path.read_text()) == specified


def test_the_outcomes_that_fail_a_run_of_rotations_are_by_default_those_that_fail_the_task() -> None:
    described = role_options("secret_rotation")["secret_rotation_fail_on"]
    assert set(described["choices"]) == set(t.get_args(Outcome))
    assert set(described["default"]) == FAILED_OUTCOMES
    path = ROOT / "roles" / "secret_rotation" / "defaults" / "main.yml"
    assert yaml.safe_load(path.read_text()) == {"secret_rotation_fail_on": described["default"]}


#: Filters that choose or convert a value and compute nothing.
PLAIN_FILTERS = {"default", "bool", "int", "length", "list", "trim", "select"}
#: So many others may follow one another; what takes more is a filter in plugins/filter, with tests.
LONGEST_CHAIN = 3


def longest_chain(node: jinja2.nodes.Node) -> int:
    """How many filters that compute follow one another at most, in *node* or in what is inside it."""
    inner = max((longest_chain(child) for child in node.iter_child_nodes(exclude=("node",))), default=0)
    value = getattr(node, "node", None)
    before = longest_chain(value) if isinstance(value, jinja2.nodes.Node) else 0
    counts = isinstance(node, jinja2.nodes.Filter) and node.name not in PLAIN_FILTERS
    return max(inner, before + counts)


def programs(text: str) -> list[str]:
    """What a template computes: statements, and chains of filters that are too long."""
    if "{%" in text:
        return [f"a statement: {text}"]
    names = set(re.findall(r"\|\s*([a-z_][\w.]*)", text))
    tests = set(re.findall(r"\bis (?:not )?([a-z_][\w.]*)", text))
    environment = jinja2.Environment()
    environment.filters.update(dict.fromkeys(names, str))
    environment.tests.update(dict.fromkeys(tests, bool))
    return [f"a long chain: {text}"] if longest_chain(environment.parse(text)) > LONGEST_CHAIN else []


def templates_in(value: t.Any) -> t.Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from templates_in(item)
    elif isinstance(value, str) and ("{{" in value or "{%" in value):
        yield value


def test_programs_in_templates_are_found() -> None:
    assert programs("{% for a in b %}{{ a }}{% endfor %}") and programs("{{ a | map('x') | unique | sort | join }}")
    assert programs("{{ {'a': dict(b | map('x') | zip(c | map('y'))) | d | e} }}")
    assert not programs("{{ a | default([]) | map('x') | select | unique | length }} {{ b | map('y') | join }}")


@pytest.mark.parametrize("folder", ["roles", "playbooks"])
def test_roles_and_playbooks_hold_no_programs(folder: str) -> None:
    paths = [path for path in (ROOT / folder).rglob("*.yml") if path.parent.name != "meta"]
    templates = [
        (path, text) for path in paths for text in templates_in(yaml.safe_load(path.read_text(encoding="utf-8")))
    ]
    assert len(templates) >= 20
    assert [(path.name, fault) for path, text in templates for fault in programs(text)] == []


def list_file_tasks(value: t.Any) -> t.Iterator[tuple[str, str]]:
    """Yield the module and the path of each task that writes or looks at a file, wherever it stands."""
    for item in value if isinstance(value, list) else [value]:
        for name, inner in item.items() if isinstance(item, dict) else ():
            if name in (
                "ansible.builtin.copy",
                "ansible.builtin.file",
                "ansible.builtin.stat",
                "ansible.builtin.template",
            ):
                yield name, inner.get("dest") or inner["path"]
            elif isinstance(inner, (dict, list)):
                yield from list_file_tasks(inner)


def test_paths_of_files_begin_where_those_of_modules_do() -> None:
    """Ansible itself lets a relative path begin where the collection is installed."""
    paths = [path for folder in ("roles", "playbooks") for path in (ROOT / folder).rglob("*.yml")]
    loaded = {path: yaml.safe_load(path.read_text(encoding="utf-8")) for path in paths if path.parent.name != "meta"}
    variables = {
        name: str(value) for path, own in loaded.items() if path.parent.name == "vars" for name, value in own.items()
    }
    written = [
        path for path, own in loaded.items() if path.parent.name != "vars" for dummy, path in list_file_tasks(own)
    ]
    assert len(written) >= 8
    for path in written:
        if re.fullmatch(r"{{ __\w+_(?:folder|temporary)\.path }}", path):  # a folder that Ansible has made itself
            continue
        text = path
        for dummy in range(2):  # a variable may be made of another one
            text = re.sub(r"__\w+", lambda match: variables.get(match[0], match[0]), text)
        assert "cvops.identity.to_path(playbook_dir)" in text, path


def list_options_of(role: str, template: str) -> list[str]:
    """Return the keys of the dictionary that the role's variable in *template* is; none without one."""
    variables = yaml.safe_load((ROOT / "roles" / role / "vars" / "main.yml").read_text())
    return re.findall(r"^\s*'(\w+)': ", variables[template.strip("{} ")], re.M) if template else []


TASKS = [
    ("app_registration", "register", "entra_application", PENDING),
    ("app_registration", "register", "entra_service_principal", ("object_id", "state")),
    ("app_registration", "register", "entra_admin_consent", ("state",)),
    ("role_mappings", "entra_groups", "entra_groups", ("max_removals",)),
    ("role_mappings", "commcell_roles", "commvault_roles", ()),
    # The role fails at its end, and the task that converges the mapping creates its roles.
    ("role_mappings", "commcell", "commvault_role_mappings", ("fail_on_drift", "pending_roles")),
]


@pytest.mark.parametrize(("role", "file", "module", "left_out"), TASKS, ids=[task[2] for task in TASKS])
def test_tasks_pass_every_option_on(role: str, file: str, module: str, left_out: tuple[str, ...]) -> None:
    tasks = yaml.safe_load((ROOT / "roles" / role / "tasks" / f"{file}.yml").read_text())
    every = [inner for task in tasks for inner in task.get("block", [task])]
    name = f"cvops.identity.{module}"
    task = next(task for task in every if name in task)
    passed = {*task[name], *list_options_of(role, task.get("module_defaults", {}).get(name, ""))} - {"approved_steps"}
    assert passed == without(module_options(module), *left_out).keys()


def test_a_plan_that_another_play_adds_to_is_noted_by_that_play_alone() -> None:
    """A CommCell that Ansible loses in between has no note, and without a note nothing is written."""
    plays = yaml.safe_load((ROOT / "playbooks" / "plays" / "plan_and_apply.yml").read_text(encoding="utf-8"))
    tasks = [task for play in plays for task in play.get("tasks", ())]
    notes = [
        task["ansible.builtin.set_fact"]["__cvops_plan"]
        for task in tasks
        if task["name"] == "Note the plan of the CommCell"
    ]
    environment = jinja2.Environment()  # noqa: S701 - no HTML
    environment.filters["cvops.identity.pass_outcome"] = lambda _results, _unexpected: "noted"
    environment.filters["combine"] = lambda results, _more: results
    surroundings = [(False, False), (True, False), (True, True)]
    rendered = [
        [environment.from_string(note).render(__cvops_plans_more=more, __cvops_rescued=rescued) for note in notes]
        for more, rescued in surroundings
    ]
    assert rendered == [["noted"] * 3, ["{}", "{}", "noted"], ["noted"] * 3]
