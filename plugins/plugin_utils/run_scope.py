# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What a run of a playbook is about: which CommCells, and which parts."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._core.names import find_nearest_names, matches_any_pattern

from .filter_values import make_visible, require_list, to_text

#: Parts of a run, as tags name them; with those tags that mean none of them.
PARTS = ("entra", "sso", "roles", "mappings", "credentials", "conditional_access")
#: Parts that are done in Entra ID alone.
OF_ENTRA = ("entra", "conditional_access")
_ALL_TAGS, _NO_PARTS = frozenset({"all", "tagged"}), frozenset({"always", "never", "untagged"})
_NAMES_TOLD = 10
#: Names that Ansible takes for itself.
_RESERVED = frozenset({"localhost", "127.0.0.1", "::1", "all", "ungrouped", "cvops_commcells"})


def select_scope(
    commcells: t.Any,
    grouped: t.Any = None,
    only: t.Any = None,
    limited: t.Any = None,
    run_tags: t.Any = None,
    skip_tags: t.Any = None,
    parts: t.Any = None,
    undeclared: t.Any = None,
) -> dict[str, t.Any]:
    """Return what a run is about: ``commcells`` by name, ``parts``, whether it is ``narrowed``, ``problems``, and ``notes`` for people.

    ``left_out``: the other CommCells; those of them that are no hosts of the inventory's group are ``elsewhere``.

    *commcells*: names in the document's connection; *grouped*: hosts of the inventory's group, which are taken in their place, null without such a
    group. Where they are others than those of the connection, as in a slice of a job, parts of Entra ID are parts only when their tag is asked for.
    *only*: name patterns; *limited*: hosts that ``--limit`` leaves, null without it; *parts*: those that the playbook has, null for all;
    *undeclared*: those that it would have if the document had their variable, which are told where the tags select nothing.
    """
    listed, hosts = _list_texts(commcells), _list_texts(grouped)
    is_grouped = grouped is not None
    is_slice = is_grouped and bool(listed) and set(hosts) != set(listed)
    known = hosts if is_grouped else listed
    patterns = _list_texts(only)
    kept = None if limited is None else set(_list_texts(limited))
    matched = _select_names(known, patterns)
    chosen = [name for name in matched if kept is None or name in kept]
    own = _list_texts(parts) or list(PARTS)
    asked = _select_parts(own, _list_texts(run_tags), _list_texts(skip_tags))
    left = [part for part in OF_ENTRA if is_slice and part in asked and part not in _list_texts(run_tags)]
    picked = [part for part in asked if part not in left]
    problems = [
        f"the CommCell {make_visible(name)} needs another name: Ansible cannot have a host of this name"
        for name in known
        if name.lower() in _RESERVED or re.search(r":\d+$|^\s|\s$", name)
    ]
    # Their hosts are made after --limit was looked at, so it leaves out also those that it names.
    hidden = [] if is_grouped or set(picked) <= set(OF_ENTRA) else [name for name in matched if name not in chosen]
    if hidden:
        problems.append(
            f"--limit leaves out {', '.join(map(make_visible, hidden))}: CommCells of the connection are not hosts "
            "of the inventory; choose with -e cvops_only=, or add them as hosts of the inventory's group "
            "cvops_commcells"
        )
    if patterns and not matched and not (is_slice and _select_names(listed, patterns)):
        problems.append(
            f"cvops_only={','.join(map(make_visible, patterns))} matches no CommCell; there are: "
            f"{', '.join(map(make_visible, known)) or 'none'}"
        )
    if not asked:
        problems.append(_describe_nothing(own, _list_texts(undeclared), _list_texts(run_tags)))
    return {
        "commcells": chosen,
        "grouped": is_grouped,
        "left_out": [name for name in dict.fromkeys([*known, *listed]) if name not in chosen],
        "elsewhere": [name for name in listed if name not in hosts] if is_grouped else [],
        "narrowed": len(chosen) < len(set(known) | set(listed)) or picked != own,
        "parts": picked,
        "problems": problems,
        "notes": [_describe_slice(hosts, listed, left)] if left else [],
    }


def _select_names(names: list[str], patterns: list[str]) -> list[str]:
    return [name for name in names if not patterns or name in patterns or matches_any_pattern(name, patterns)]


def _describe_slice(hosts: list[str], listed: list[str], left: list[str]) -> str:
    """Return why Entra ID is no part of a run that has not all CommCells of the connection, or others."""
    others = [name for name in hosts if name not in listed]
    foreign = f" and others ({', '.join(map(make_visible, others[:_NAMES_TOLD]))})" if others else ""
    return (
        f"Entra ID is left out: the inventory's group cvops_commcells has {len(hosts) - len(others)} of the "
        f"{len(listed)} CommCells of the connection"
        f"{foreign}, as a slice of a job has. Run --tags {','.join(left)} once for all slices"
    )


def _describe_nothing(own: list[str], undeclared: list[str], run_tags: list[str]) -> str:
    """Return why tags select nothing: a part that the document has nothing for, or names that no part has, with the parts that are like them."""
    known = [*own, *undeclared]
    missing = [f"the document has no cvops_{part}" for part in undeclared if part in run_tags]
    near = list(
        dict.fromkeys(name for tag in run_tags if tag not in known for name in find_nearest_names(tag, known, 1))
    )
    told = [*missing, *([f"did you mean {','.join(near)}"] if near else [])]
    why = f" ({'; '.join(told)})" if told else ""
    return f"the tags select nothing{why}; this playbook has: {', '.join(known)}"


def _select_parts(parts: list[str], run_tags: list[str], skip_tags: list[str]) -> list[str]:
    asked = set(run_tags)
    wanted = [part for part in parts if not asked or asked & _ALL_TAGS or part in asked or asked <= _NO_PARTS]
    return [part for part in wanted if part not in skip_tags]


def _list_texts(value: t.Any) -> list[str]:
    if isinstance(value, t.Mapping):
        return [to_text(name) for name in value]
    return [to_text(item) for item in require_list(value, "names")]
