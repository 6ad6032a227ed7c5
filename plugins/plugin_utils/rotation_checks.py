# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What is wrong with the rotations of a document beyond its schema, told before any request."""

from __future__ import annotations

import re
import typing as t

from ansible.module_utils.common.validation import check_type_int

from ansible_collections.cvops.identity.plugins.module_utils._core.names import fold_case
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.checks import (
    find_kind,
    find_option_flaws,
    list_places,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.data_reading import abbreviate_text
from ansible_collections.cvops.identity.plugins.plugin_utils.rotation_runs import CONSUMERS, build_label, name_commcells
from ansible_collections.cvops.identity.plugins.plugin_utils.variables_checks import Options, Place, Problem

Mapping = t.Mapping[str, t.Any]

_CONVERTED: t.Mapping[str, t.Callable[[t.Any], t.Any]] = {"int": check_type_int, "str": str}
#: Options that are lists, and may be written as text with commas.
_LISTS = ("targets", "adopt_key_ids", "accept_risk")


def find_rotation_problems(
    rotations: t.Sequence[t.Any], connection: t.Any, schema: Options, refused: t.Container[int] = ()
) -> t.Iterator[Problem]:
    """Yield what is wrong with *rotations*, each by itself and two of them beside each other, but for those that their schema has *refused*.

    *connection*: ``cvops_connection``, whose CommCells the targets name; *refused*: numbers; *schema*: the options of a rotation, with their defaults.
    """
    known = connection.get("commcells") if isinstance(connection, t.Mapping) else {}
    commcells = list(known) if isinstance(known, t.Mapping) else []
    labels: dict[str, int] = {}
    places: dict[tuple[str, ...], str] = {}
    for number, rotation in enumerate(rotations):
        if number in refused:
            continue
        label = build_label(rotation)
        path = f"cvops_rotations[{number}]"
        first = labels.setdefault(fold_case(label), number)
        if first != number:
            text = f"is already used by cvops_rotations[{first}] for the same application; give each its own name"
            yield Place(path, label).enter("rotation_name").describe(text)
        options = complete_options(rotation, commcells, schema)
        for flaw in find_option_flaws(options):
            yield Problem(f"{path}.{flaw.where}", flaw.message, label)
        for position, target in enumerate(options["targets"]):
            yield from _find_commcell_problems(target, Place(f"{path}.targets[{position}]", label), commcells)
        yield from _find_shared_places(options["targets"], path, label, places)


def _find_shared_places(
    targets: t.Sequence[Mapping], path: str, label: str, places: dict[tuple[str, ...], str]
) -> t.Iterator[Problem]:
    """Yield the *targets* whose place is among *places*, by the target that has it, and add those of the others."""
    before, told = dict(places), set()
    for position, place in list_places(targets):
        other = before.get(place)
        if other is None:
            places.setdefault(place, f"{path}.targets[{position}]")
        elif position not in told:
            told.add(position)
            text = f"is also the place of {other}: each rotation would overwrite the other's value; give each rotation its own place"
            yield Problem(f"{path}.targets[{position}]", text, label)


def complete_options(rotation: Mapping, commcells: t.Sequence[str], schema: Options) -> dict[str, t.Any]:
    """Return the options of *rotation* with defaults, and numbers as numbers, as far as :func:`find_option_flaws` looks at them.

    Of the CommCells nothing is said: those of a document are its connection's.
    """
    options = _fill(schema, rotation)
    options["prove"] = _fill(schema["prove"]["options"], rotation.get("prove") or {})
    options |= {name: _list_items(options[name]) for name in _LISTS}
    options["targets"] = name_commcells(options["targets"], {name: {} for name in commcells})
    return {**options, "commcells": None}


def _fill(schema: Options, given: Mapping) -> dict[str, t.Any]:
    filled = {}
    for name, option in schema.items():
        value = given.get(name)
        value = option.get("default") if value is None else value
        convert = _CONVERTED.get(option.get("type", "str"))
        filled[name] = convert(value) if convert and value is not None else value
    return filled


def _list_items(value: t.Any) -> list[t.Any]:
    """Return a list as Ansible's own options take it: also one item, or several with commas between them."""
    if isinstance(value, str):
        return [item for item in re.split(r"\s*,\s*", value.strip()) if item]
    return list(value or [])


def _find_commcell_problems(target: Mapping, place: Place, commcells: t.Sequence[str]) -> t.Iterator[Problem]:
    kind = find_kind(target)
    if kind is None or kind not in CONSUMERS:
        return
    told = ", ".join(abbreviate_text(name, 40) for name in sorted(commcells)[:8]) or "none"
    at, wanted = place.enter(kind).enter("commcell"), target[kind].get("commcell")
    if wanted is None and len(commcells) > 1:
        yield at.describe(f"is missing, and cvops_connection has several CommCells: {told}")
    elif wanted is not None and wanted not in commcells:
        yield at.describe(f"cvops_connection.commcells has no such CommCell; it has {told}")
