# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Where in a variables document the options of a connection stand: the roles and playbooks pass them on, and nobody wrote the option."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._core.visible import to_one_line
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import commvault_spec, entra_spec

_COMMVAULT = "commvault_"
#: Files of this collection whose tasks take the connection from ``cvops_connection``. Not those that sign in with other credentials in its place:
#: role bootstrap with ``cvops_bootstrap``, the drill with ``break_glass_drill_accounts``.
_TAKES_CONNECTION = re.compile(
    r".*[\\/]ansible_collections[\\/]cvops[\\/]identity[\\/]"
    r"(playbooks(?!.*[\\/]break_glass_drill)|roles(?![\\/]bootstrap[\\/]))[\\/]"
)


def name_document_sources(
    file: str, arguments: t.Mapping[str, t.Any], variables: t.Mapping[str, t.Any], host: str
) -> dict[str, str]:
    """Return the places of the document that the options of a task come from, by option; none for a task of the user's own.

    *file*: the one that the task stands in, as Ansible names it, with the line. *host*: of the task; a play of this collection names it
    after its CommCell. Where the CommCell is not known, its place is ``cvops_connection.commcells.*``. An option that the document is seen
    not to have comes from elsewhere; what a template makes is not looked into.
    """
    if not _TAKES_CONNECTION.match(file):
        return {}
    connection = variables.get("cvops_connection")
    commcells = _get_part(connection, "commcells")
    is_known = isinstance(commcells, t.Mapping) and host in commcells
    cell = _get_part(commcells, host) if is_known else None
    place = to_one_line(host) if is_known else "*"
    entra = entra_spec().options
    places: dict[str, str] = {}
    for name in arguments:
        key = name.removeprefix(_COMMVAULT)
        if name in entra:
            if _may_have(_get_part(connection, "entra"), name):
                places[name] = f"cvops_connection.entra.{name}"
        elif name in commvault_spec().options and key != name and _may_have(cell, key):
            places[name] = f"cvops_connection.commcells.{place}.{key}"
    return places


def _get_part(value: t.Any, key: str) -> t.Any:
    """Return the value of *key* as it is written, None where *value* is no mapping yet, such as a template."""
    return value.get(key, {}) if isinstance(value, t.Mapping) else None


def _may_have(part: t.Any, key: str) -> bool:
    """Return False where *part* is a mapping without *key*; True for what a template still makes."""
    return not isinstance(part, t.Mapping) or key in part
