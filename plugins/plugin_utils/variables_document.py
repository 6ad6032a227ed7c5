# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The whole variables document: which variables it has, what they hold, and what a playbook needs of it."""

from __future__ import annotations

import dataclasses
import datetime
import re
import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._core.names import fold_case, matches_any_pattern
from ansible_collections.cvops.identity.plugins.module_utils._core.visible import to_one_line
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.parse import parse_mappings
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import entra_spec
from ansible_collections.cvops.identity.plugins.plugin_utils.access_checks import find_access_problems
from ansible_collections.cvops.identity.plugins.plugin_utils.controller_checks import find_controller_problems
from ansible_collections.cvops.identity.plugins.plugin_utils.credential_checks import find_credential_problems
from ansible_collections.cvops.identity.plugins.plugin_utils.data_reading import abbreviate_text, limit_problems
from ansible_collections.cvops.identity.plugins.plugin_utils.output_files import find_unwritable_files
from ansible_collections.cvops.identity.plugins.plugin_utils.rotation_checks import find_rotation_problems
from ansible_collections.cvops.identity.plugins.plugin_utils.sign_on_checks import find_sign_on_problems
from ansible_collections.cvops.identity.plugins.plugin_utils.variables_checks import (
    Options,
    Place,
    Problem,
    find_label,
    find_value_problems,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.variables_evaluation import (
    Render,
    evaluate_variable,
    has_lookup,
)

Values = t.Mapping[str, t.Any]

#: What a playbook or role cannot do without: sets of variables of which one is needed.
NEEDED: t.Mapping[str, t.Sequence[tuple[str, ...]]] = {
    "access": [],
    "access_evidence": [("access_evidence_dir",)],
    "access_log": [],
    "app_registration": [("cvops_application",)],
    "awx_setup": [("cvops_controller",)],
    "awx_setup_export": [("cvops_controller",), ("awx_setup_export_file",)],
    "bootstrap": [("cvops_bootstrap",)],
    "break_glass_drill": [("break_glass_drill_accounts",)],
    "commvault_credentials": [("cvops_commvault_credentials",)],
    "commvault_sso": [("cvops_sso",)],
    "conditional_access": [("cvops_conditional_access",)],
    "doctor": [],
    "expiry": [],
    "export_entra": [("export_entra_file",)],
    "export_role_mappings": [],
    "preflight": [("cvops_role_mappings",)],
    "converge_role_mappings": [("cvops_role_mappings", "cvops_entra_groups", "cvops_commvault_roles")],
    "revert": [("revert_record",)],
    "review": [("review_bundle",), ("review_signoff",), ("review_document",)],
    "role_mappings": [("cvops_role_mappings", "cvops_entra_groups", "cvops_commvault_roles")],
    "roll_over_certificate": [("cvops_sso",)],
    "rotate_secrets": [("cvops_rotations",)],
    "secret_rotation": [("cvops_rotations",)],
    "snapshot": [("snapshot_dir",)],
    "site": [
        (
            "cvops_application",
            "cvops_role_mappings",
            "cvops_entra_groups",
            "cvops_commvault_roles",
            "cvops_commvault_credentials",
            "cvops_conditional_access",
        )
    ],
    "validate": [],
}
#: Those that work through the CommCells of the connection, and the variables for which they do so; none means always.
_COMMCELLS_NEEDED: t.Mapping[str, tuple[str, ...]] = {
    "commvault_credentials": (),
    "commvault_sso": (),
    "roll_over_certificate": (),
    "converge_role_mappings": ("cvops_role_mappings", "cvops_commvault_roles"),
    "export_role_mappings": (),
    "role_mappings": ("cvops_role_mappings", "cvops_commvault_roles"),
    "snapshot": (),
    "site": ("cvops_role_mappings", "cvops_commvault_roles", "cvops_commvault_credentials"),
}
#: Those that set up single sign-on.
_SIGN_ON = ("commvault_sso", "roll_over_certificate", "site", "validate")
#: Those for which the credentials of the document count.
_CREDENTIALS = ("commvault_credentials", "rotate_secrets", "secret_rotation", "site", "validate")
#: Those for which conditional access in the document counts.
_ACCESS = ("conditional_access", "site", "validate")
#: Those for which what a controller is to have counts.
_CONTROLLER = ("awx_setup", "awx_setup_export", "validate")
#: Variables that only playbooks and roles set. What is given on the command line would override them.
_OWN = re.compile(
    "__(access|access_log|app_registration|awx_setup|bootstrap|break_glass_drill|commvault_credentials|commvault_sso|conditional_access|cvops|document"
    "|doctor|expiry|export_entra|preflight|review|role_mappings|secret_rotation|snapshot|validate)_.*"
    "|(break_glass_drill|commvault_credentials|commvault_sso|doctor|preflight|role_mappings)_commcell"
    "|commvault_credentials_item|commvault_sso_app|conditional_access_item|document_key"
    "|(app_registration|awx_setup|bootstrap|commvault_credentials|commvault_sso|conditional_access|role_mappings|secret_rotation)_result"
    "|preflight_only_noted|secret_rotation_chosen"
    "|revert_(number|user_group)",
    re.DOTALL,
)
_HOW_TO_GIVE = "give the variables document with -e @FILE, or as data with -e cvops_document=FILE"
#: Options by which a person signs in; their ids alone do not.
_PERSONAL = frozenset(
    {
        "access_token",
        "auth_method",
        "client_certificate",
        "client_secret",
        "federated_managed_identity",
        "federated_token",
        "federated_token_file",
    }
)
_HOW_TO_SIGN_IN = (
    "is missing: it says how you sign in for this one run: set CVOPS_ACCESS_TOKEN in the environment, from 'az account get-access-token"
    " --resource-type ms-graph --query accessToken -o tsv', or give auth_method: device_code (or interactive) with client_id"
)
_NOTHING: tuple[t.Any, ...] = (None, "", [])
_LONGEST_NAME = 100
_SHORTEST_NEAR = 8
_MOST_EDITS = 2


@dataclasses.dataclass(frozen=True)
class CheckedVariables:
    """The variables of the document by name, empty when there are ``problems``, one short line each."""

    variables: dict[str, t.Any]
    problems: list[str]


def check_variables(
    given: Values,
    schema: Options,
    render: Render,
    playbook: str,
    environ: t.Mapping[str, str] | None = None,
    folder: str | None = None,
) -> CheckedVariables:
    """Return what the document's variables are worth, and everything that is wrong with them for *playbook* (or role).

    *given*: all variables of the play as they are written; those in *schema* are evaluated with *render*, the names of the
    others are looked at. Lookups in options of the sign-in (``on_demand``) run in the task that needs them. *environ*: the
    environment variables, from which sign-ins may come; *folder*: in which relative paths begin.
    """
    if playbook not in NEEDED:
        return CheckedVariables({}, [f"validate_for: must be one of {', '.join(NEEDED)}"])
    names = [name for name, option in schema.items() if name in given and not _is_deferred(option, given[name])]
    values: dict[str, t.Any] = {}
    near = find_near_variables(given, schema)
    problems = [
        Problem(abbreviate_text(name), f"there is no such variable; did you mean {meant}?") for name, meant in near
    ]
    for name in names:
        values[name], failures = evaluate_variable(name, given, render)
        problems += failures
        problems += find_value_problems(values[name], schema[name], Place(name))
    if not problems:
        problems += _find_at_once_problems(values.get("cvops_at_once"))
        problems += find_duplicates(values)
        problems += find_mapping_problems(values.get("cvops_role_mappings") or [])
        problems += find_sign_on_problems(values, playbook) if playbook in _SIGN_ON else ()
        problems += find_credential_problems(values) if playbook in _CREDENTIALS else ()
        problems += find_access_problems(values) if playbook in _ACCESS else ()
        problems += find_controller_problems(values) if playbook in _CONTROLLER else ()
    problems += _find_rotation_problems(values, schema, problems)
    problems += find_missing_partners(values, schema)
    problems += find_needs(values, playbook, {meant for _name, meant in near})
    if playbook == "bootstrap":
        problems += find_missing_sign_in(values, given, environ or {})
    problems += find_unwritable_files(values, playbook, folder)
    lines = limit_problems(map(str, dict.fromkeys(problems)))
    return CheckedVariables({} if lines else values, lines)


def _find_rotation_problems(values: Values, schema: Options, found: t.Sequence[Problem]) -> t.Iterator[Problem]:
    """Yield what is wrong with rotations beyond the schema; one about which something was *found* is looked at again once that is mended."""
    rotations = values.get("cvops_rotations")
    paths = [problem.path for problem in found]
    if not isinstance(rotations, list) or any(path in ("cvops_rotations", "cvops_connection") for path in paths):
        return
    refused = {
        number
        for number in range(len(rotations))
        if any(path.startswith(f"cvops_rotations[{number}]") for path in paths)
    }
    rules = schema["cvops_rotations"]["options"]
    yield from find_rotation_problems(rotations, values.get("cvops_connection"), rules, refused)


def find_own_variables(names: t.Iterable[str]) -> list[str]:
    """Return a line for each variable among *names* that only playbooks and roles set, sorted."""
    own = sorted(name for name in names if _OWN.fullmatch(name))
    return limit_problems(
        f"{abbreviate_text(name)}: only the playbooks and roles set it; remove it from the given variables"
        for name in own
    )


def _is_deferred(option: t.Mapping[str, t.Any], raw: t.Any) -> bool:
    """Return True for an option of the sign-in with a lookup, which may sign in itself: its failure is told in words by the task."""
    return bool(option.get("on_demand")) and isinstance(raw, str) and has_lookup(raw)


def find_near_variables(given: t.Iterable[str], schema: Options) -> list[tuple[str, str]]:
    """Return the variables that are none of the document, sorted, each with the one that it was probably meant to be.

    A longer or shorter name beside the right one is a variable of the author's own, such as cvops_connection2.
    """
    names = sorted(str(name) for name in given)
    parts = {known: _split_name(known) for known in schema if len(known) >= _SHORTEST_NEAR}
    found = []
    for name in names:
        if name in schema or name.startswith("_") or not _SHORTEST_NEAR <= len(name) <= _LONGEST_NAME:
            continue
        form = _fold_name(name)
        counted = [
            (count_edits(name, known, _MOST_EDITS), known)
            for known, pieces in parts.items()
            if abs(len(known) - len(name)) <= _MOST_EDITS and any(piece in form for piece in pieces)
        ]
        edits, near = min(counted, default=(_MOST_EDITS + 1, ""))
        is_own = near in names and (name.startswith(near) or near.startswith(name))
        if edits <= _MOST_EDITS and not is_own:
            found.append((name, near))
    return found


def _split_name(name: str) -> list[str]:
    """Return *name* in so many pieces that one of them is left as it is by the edits that count: each touches two at most."""
    form, count = _fold_name(name), 2 * _MOST_EDITS + 1
    ends = [len(form) * number // count for number in range(count + 1)]
    return [form[start:end] for start, end in zip(ends, ends[1:], strict=False)]


def _fold_name(name: str) -> str:
    return fold_case(name).replace("-", "_")


def count_edits(one: str, other: str, most: int) -> int:
    """Return how many letters have to be put in, taken out, replaced or swapped with their neighbour; *most* + 1 for any more.

    Case, and a hyphen for an underscore, count as nothing.
    """
    first, second = _fold_name(one), _fold_name(other)
    if abs(len(first) - len(second)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(second) + 1))
    for number, letter in enumerate(first, start=1):
        earlier, before, row = before, row, [number]
        for place, sign in enumerate(second, start=1):
            least = min(before[place] + 1, row[place - 1] + 1, before[place - 1] + (letter != sign))
            if earlier and place > 1 and letter == second[place - 2] and sign == first[number - 2]:
                least = min(least, earlier[place - 2] + 1)
            row.append(least)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


def find_needs(values: Values, playbook: str, meant: t.Container[str] = ()) -> t.Iterator[Problem]:
    """Yield what *playbook* needs and the document does not have; what a misspelt variable was *meant* to be is told there."""
    for names in NEEDED[playbook]:
        if all(values.get(name) is None and name not in meant for name in names):
            missing = "is missing" if len(names) == 1 else f"none of them is given, and {playbook} needs one"
            yield Problem(", ".join(names), f"{missing}; {_HOW_TO_GIVE}")
        elif names == ("cvops_rotations",) and values.get("cvops_rotations") == []:
            yield Problem("cvops_rotations", "is an empty list, so nothing would be rotated; name a rotation")
    connection = values.get("cvops_connection")
    wanted = _COMMCELLS_NEEDED.get(playbook)
    sso = values.get("cvops_sso")
    has_apps = playbook == "site" and isinstance(sso, t.Mapping) and bool(sso.get("saml_apps"))
    if not has_apps and (wanted is None or (wanted and all(values.get(name) is None for name in wanted))):
        return
    if connection is None:
        if "cvops_connection" not in meant:
            yield Problem("cvops_connection", f"is missing, with its commcells; {_HOW_TO_GIVE}")
    elif isinstance(connection, t.Mapping):
        commcells = connection.get("commcells")
        is_misspelt = any(count_edits(key, "commcells", 2) <= 2 for key in connection if key != "commcells")
        if commcells is None and not is_misspelt:
            yield Problem("cvops_connection.commcells", "is missing; add it, with a name and the url of each CommCell")
        elif isinstance(commcells, t.Mapping):
            yield from _find_commcell_problems(commcells, values)


def _find_at_once_problems(at_once: t.Any) -> t.Iterator[Problem]:
    if at_once is not None and int(at_once) < 1:
        yield Problem(
            "cvops_at_once",
            f"is {at_once}; give the number of CommCells at the same time, 1 or more, or leave it out: then the number of forks is used",
        )


def _find_commcell_problems(commcells: Values, values: Values) -> t.Iterator[Problem]:
    if not commcells:
        yield Problem("cvops_connection.commcells", "names no CommCell; add a name with its url")
    chosen = values.get("cvops_only")
    if isinstance(chosen, (str, list)) and chosen and commcells:
        patterns = [item.strip() for item in chosen.split(",")] if isinstance(chosen, str) else list(map(str, chosen))
        if not any(matches_any_pattern(name, patterns) for name in commcells):
            known = ", ".join(abbreviate_text(name, 40) for name in sorted(commcells)[:8])
            yield Problem("cvops_only", f"matches no CommCell of cvops_connection.commcells; it has {known}")


def find_missing_sign_in(values: Values, given: t.Container[str], environ: t.Mapping[str, str]) -> t.Iterator[Problem]:
    """Yield that the person who runs bootstrap does not say how they sign in; those of the connection are the automation's own."""
    asked = values.get("cvops_bootstrap")
    if not isinstance(asked, t.Mapping) or asked.get("sign_in"):
        return
    for name, option in entra_spec().options.items():
        if name in _PERSONAL:
            _option, *variables = option["fallback"][1]
            if f"cvops_{name}" in given or any(environ.get(variable, "").strip() for variable in variables):
                return
    yield Problem("cvops_bootstrap.sign_in", _HOW_TO_SIGN_IN)


def find_mapping_problems(mappings: t.Sequence[t.Mapping[str, t.Any]]) -> t.Iterator[Problem]:
    """Yield what the module would find in a mapping that the schema allows, such as a date that is none."""
    _entries, problems = parse_mappings(mappings, None, datetime.date.min)
    for problem in problems:
        where = str(problem["where"]).replace("mappings", "cvops_role_mappings", 1)
        number = int(re.findall(r"[0-9]+", where)[0])
        yield Problem(where, to_one_line(str(problem["message"]), 200), find_label(mappings[number]))


def find_missing_partners(values: Values, schema: Options) -> t.Iterator[Problem]:
    """Yield the variables that must stand beside a given one and do not."""
    for name, value in values.items():
        for needed in schema[name].get("needs", ()):
            if value is not None and values.get(needed) in _NOTHING:
                yield Problem(name, f"also needs {needed}")
        for needed in schema[name].get("needs_if", {}).get(value if isinstance(value, str) else "", ()):
            if values.get(needed) in _NOTHING:
                yield Problem(name, f"{value} also needs {needed}")


def find_duplicates(values: Values) -> t.Iterator[Problem]:
    """Yield the items of lists that describe one object twice and differently; equal ones do no harm."""
    for name, keys in (
        ("cvops_entra_groups", ("object_id", "unique_name")),
        ("cvops_commvault_roles", ("name",)),
    ):
        items = values.get(name)
        if isinstance(items, list):
            yield from _find_repeated_items(name, items, keys)


def _find_repeated_items(name: str, items: t.Sequence[t.Any], keys: t.Sequence[str]) -> t.Iterator[Problem]:
    seen: dict[tuple[str, ...], tuple[int, t.Any]] = {}
    for number, item in enumerate(items):
        if not isinstance(item, t.Mapping):
            continue
        for key in keys:
            if not isinstance(item.get(key), str):
                continue
            identity = (
                key,
                fold_case(item[key]),
                fold_case(str(item.get("company") or "")),
                str(item.get("commcells")),
            )
            first, other = seen.setdefault(identity, (number, item))
            if first != number and other != item:
                place = Place(name).enter_item(number, item)
                yield place.enter(key).describe(f"is already used by {name}[{first}]; describe each object once")
