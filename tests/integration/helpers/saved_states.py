# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""States of a simulated site that several tests of a file begin with: reached by real runs once, then put back.

A whole run of the playbooks costs seconds, a copy of what the services hold some milliseconds.
"""

from __future__ import annotations

import copy
import shutil
import typing as t

if t.TYPE_CHECKING:
    import pathlib

    from cvops_simulator import Simulator


class _State(t.NamedTuple):
    tables: dict[str, dict[str, t.Any]]
    #: What the tenant counts and draws with.
    counted: tuple[int, t.Any]
    commcells: dict[str, t.Any]
    files: pathlib.Path


class SavedStates:
    """``reach(site, "name", run, folder)``: after it, *site* and *folder* are as *run* leaves them.

    *run* is called the first time only. The journal is empty afterwards. Not for a site with replication, sessions or faults.
    """

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder
        self._states: dict[str, _State] = {}

    def reach(self, site: Simulator, name: str, run: t.Callable[[], object], folder: pathlib.Path) -> None:
        """Bring *site* and the files below *folder* into the state *name*, with *run* where no test has done so before."""
        if site.tenant.replication is not None:
            raise ValueError("what each replica has seen is not saved")
        if name in self._states:
            _restore(site, self._states[name], folder)
        else:
            run()
            self._states[name] = _save(site, folder, self._folder / str(len(self._states)))
        site.journal.clear()


def _save(site: Simulator, folder: pathlib.Path, files: pathlib.Path) -> _State:
    shutil.copytree(folder, files, symlinks=True, ignore=shutil.ignore_patterns("run*"))
    tenant = site.tenant
    tables = {name: dict(rows) for name, rows in tenant.store.tables.items()}  # rows are never changed in place
    counted = (tenant._created, tenant.random.getstate())
    return _State(tables, counted, {name: copy.deepcopy(cell.state) for name, cell in site.commcells.items()}, files)


def _restore(site: Simulator, state: _State, folder: pathlib.Path) -> None:
    shutil.copytree(state.files, folder, symlinks=True, dirs_exist_ok=True)
    tenant = site.tenant
    tenant.store.tables = {name: dict(rows) for name, rows in state.tables.items()}
    tenant._created = state.counted[0]
    tenant.random.setstate(state.counted[1])
    for name, saved in state.commcells.items():
        site.commcells[name].cell.state = copy.deepcopy(saved)
