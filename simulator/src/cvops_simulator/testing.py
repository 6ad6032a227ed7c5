# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Helpers for test suites that use the simulator."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cvops_simulator.simulator import Simulator
from cvops_simulator.snapshots.commcell_documents import make_commcell_document
from cvops_simulator.snapshots.tenant_documents import make_entra_document

#: These win over a client's own CA setting in some libraries, so a test process must not inherit them.
CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")


@contextlib.contextmanager
def without_ca_variables() -> Iterator[None]:
    """Take the CA variables out of the environment, and put them back afterwards."""
    saved = {name: os.environ.pop(name) for name in CA_VARIABLES if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(saved)


def write_snapshot(simulator: Simulator, folder: Path) -> None:
    """Write the documents of a complete snapshot, straight from the state, as if the automation had read it."""
    (folder / "commcells").mkdir(parents=True, mode=0o700)
    identity = simulator.automation
    name = simulator.tenant.applications[identity.app_object_id]["displayName"]
    document = make_entra_document(simulator.tenant, (identity.client_id, name))
    _write(folder / "entra.json", document)
    for cell_name, service in simulator.commcells.items():
        user, tokens = service.user(service.automation[0]), service.sessions.store.list_all()
        release, collector = service.release, (str(user.id), user.name)
        origin = service.url.removesuffix(service.base_path)
        document = make_commcell_document(cell_name, service.state, release, tokens, collector, origin)
        _write(folder / "commcells" / f"{cell_name}.json", document)


def _write(path: Path, document: dict[str, Any]) -> None:
    path.touch(mode=0o600)
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")


@contextlib.contextmanager
def running_simulator(**options: Any) -> Iterator[Simulator]:
    """Run a simulator in a clean environment; `options` are those of `Simulator`."""
    with without_ca_variables(), Simulator(**options) as simulator:
        yield simulator
