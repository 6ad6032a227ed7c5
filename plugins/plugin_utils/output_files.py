# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The files that playbooks write for people and programs: what keeps one from being written is told before anything else is done."""

from __future__ import annotations

import os
import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._core.home_folder import NO_HOME, lacks_home
from ansible_collections.cvops.identity.plugins.plugin_utils.variables_checks import Problem

_OF_A_PLAN = ("cvops_plan_file", "cvops_summary_file")
_COMPARISON = "cvops_comparison_file"
#: The ends that the name of the file of a comparison may have: they say in which form it is written.
COMPARISON_ENDS = (".md", ".csv", ".json")
#: The variables that name the files which a playbook writes on the machine that Ansible runs on.
WRITTEN: t.Mapping[str, tuple[str, ...]] = {
    "access": ("access_file", "access_csv"),
    "access_log": ("access_log_file", "access_log_csv", "access_log_ocsf"),
    "awx_setup_export": ("awx_setup_export_file",),
    "break_glass_drill": ("break_glass_drill_file",),
    "converge_role_mappings": (*_OF_A_PLAN, "preflight_file", _COMPARISON),
    "doctor": ("doctor_file", "doctor_probe_file"),
    "expiry": ("expiry_file", "expiry_textfile", "expiry_calendar", "expiry_junit"),
    "export_entra": ("export_entra_file",),
    "preflight": ("preflight_file",),
    "revert": _OF_A_PLAN,
    "review": ("review_patch", "review_file"),
    "rotate_secrets": _OF_A_PLAN,
    "site": (*_OF_A_PLAN, "preflight_file", _COMPARISON),
}


def resolve_path(value: t.Any, folder: str | None) -> str:
    """Return the absolute path that *value* names, which begins in *folder* where it is relative; empty for an empty one."""
    path = os.path.expanduser(str(value).strip())
    return os.path.join(folder or "", path) if path else ""


def find_unwritable_files(values: t.Mapping[str, t.Any], playbook: str, folder: str | None) -> t.Iterator[Problem]:
    """Yield a problem for each file of *playbook* that cannot be written, with the variable in *values* that names it. Reads folders only.

    *folder*: where relative paths begin.
    """
    for name in WRITTEN.get(playbook, ()):
        path = resolve_path(values[name], folder) if isinstance(values.get(name), str) else ""
        if not path:
            continue
        why = NO_HOME if lacks_home(os.path.expanduser(values[name].strip())) else _find_obstacle(path)
        if not why and name == _COMPARISON and not path.lower().endswith(COMPARISON_ENDS):
            why = f"its name must end in one of {', '.join(COMPARISON_ENDS)}, which decides the format"
        if why:
            yield Problem(name, why)


def _find_obstacle(path: str) -> str:
    """Return why the file cannot be written, empty where it can; a value of the document is not repeated."""
    holder = os.path.dirname(path) or "."
    if os.path.isdir(path):
        return "is a folder; give a file in it"
    if not os.path.exists(holder):
        return "its folder does not exist; create the folder, or choose another one"
    if not os.path.isdir(holder):
        return "its folder is a file"
    # also for a file that is there: Ansible writes another one beside it and puts that in its place
    if not os.access(holder, os.W_OK | os.X_OK):
        return "the user that runs this cannot write to its folder; change the owner or mode of the folder, or choose another one"
    return ""
