# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scenarios of Molecule in ``extensions/molecule``, and what a run of them says at its end."""

from __future__ import annotations

import re
import typing as t

from collection_tree import ROOT

FOLDER = ROOT / "extensions" / "molecule"
#: Starts and stops the simulator for the others.
DEFAULT = "default"
#: What `make test` runs: the playbook, and a role that is no part of it.
SAMPLE = ("site", "secret_rotation")
#: The actions of a scenario but for create and destroy, which are those of DEFAULT.
ACTIONS = ("prepare", "check", "converge", "idempotence", "check", "verify")
_RECAP = re.compile(r"^(\S+) +: actions=(\d+) +successful=(\d+) ", re.MULTILINE)


def list_scenarios() -> list[str]:
    """Return the names of all scenarios but for DEFAULT, sorted."""
    return sorted({path.parent.name for path in FOLDER.glob("*/molecule.yml")} - {DEFAULT})


def recap_faults(output: str, names: t.Sequence[str]) -> list[str]:
    """Return which of *names* did not go through all ACTIONS, by the recap at the end of Molecule's output, one sentence each."""
    recap = output.rpartition("SCENARIO RECAP")[2]
    done = {name: int(successful) for name, _actions, successful in _RECAP.findall(recap)}
    return [
        f"scenario {name}: {done.get(name, 0)} of {len(ACTIONS)} actions succeeded"
        for name in names
        if done.get(name, 0) != len(ACTIONS)
    ]
