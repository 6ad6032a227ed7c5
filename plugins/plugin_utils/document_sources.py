# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Where in a variables document the options of a connection stand: the roles and playbooks pass them on, and nobody wrote the option."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._signin.options import commvault_spec, entra_spec

_COMMVAULT = "commvault_"
#: Files of this collection whose tasks take the connection from ``cvops_connection``; role bootstrap also signs in with ``cvops_bootstrap``.
_TAKES_CONNECTION = re.compile(
    r".*[\\/]ansible_collections[\\/]cvops[\\/]identity[\\/](playbooks|roles(?![\\/]bootstrap[\\/]))[\\/]"
)


def name_document_sources(
    file: str, arguments: t.Mapping[str, t.Any], variables: t.Mapping[str, t.Any], host: str
) -> dict[str, str]:
    """Return the places of the document that the options of a task come from, by option; none for a task of the user's own.

    *file*: the one that the task stands in, as Ansible names it, with the line. *host*: of the task; a play of this collection names it
    after its CommCell. Where the CommCell is not known, its place is ``cvops_connection.commcells.*``.
    """
    if not _TAKES_CONNECTION.match(file):
        return {}
    connection = variables.get("cvops_connection")
    commcells = connection.get("commcells") if isinstance(connection, t.Mapping) else None
    commcell = host if isinstance(commcells, t.Mapping) and host in commcells else "*"
    entra, commvault = entra_spec().options, commvault_spec().options
    places = {name: f"cvops_connection.entra.{name}" for name in arguments if name in entra}
    for name in arguments:
        if name in commvault and name not in entra and name.startswith(_COMMVAULT):
            places[name] = f"cvops_connection.commcells.{commcell}.{name.removeprefix(_COMMVAULT)}"
    return places
