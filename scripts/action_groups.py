# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write or check the action groups of meta/runtime.yml: which module is in which.

A module is in the group of each service whose options it takes, and in that of all where there is one: others would be given options of the connection
that they do not have. Runs in an environment that has ansible-core. Usage: action_groups.py --check | --write
"""

from __future__ import annotations

import sys
import typing as t

from collection_facts import load_collections, load_module, module_names
from collection_tree import ROOT
from generated_files import check_or_write

RUNTIME = ROOT / "meta" / "runtime.yml"
REQUIRES = ">=2.16.0"
OPTION_OF_GROUP = {"entra": "client_id", "commvault": "commvault_url"}


def groups(options: t.Mapping[str, t.Container[str]]) -> dict[str, list[str]]:
    """Return the members of each group, from the option names of each module."""
    found = {
        group: sorted(name for name, accepted in options.items() if option in accepted)
        for group, option in OPTION_OF_GROUP.items()
    }
    return {**found, "all": sorted(set().union(*found.values()))}


def render(members: t.Mapping[str, t.Sequence[str]]) -> str:
    """meta/runtime.yml as a whole."""
    lines = ["---", f'requires_ansible: "{REQUIRES}"', "# written by scripts/action_groups.py", "action_groups:"]
    for group, names in members.items():
        lines += [f"  {group}:", *(f"    - {name}" for name in names)] if names else [f"  {group}: []"]
    return "\n".join(lines) + "\n"


def expected() -> str:
    """Return what meta/runtime.yml should be for the modules present."""
    load_collections()
    return render(groups({name: set(load_module(name).SPEC.options) for name in module_names()}))


if __name__ == "__main__":
    sys.exit(check_or_write({RUNTIME: expected()}, __doc__))
