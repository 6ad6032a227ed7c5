# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tasks that documentation shows, in a form that can be run against the simulator."""

from __future__ import annotations

import pathlib
import sys
import typing as t

from collection_tree import ROOT
from cvops_simulator import Simulator
from shown_code import CodeBlock

sys.path.insert(0, str(ROOT / "tests" / "unit"))
from documented import parsed, tasks_in  # noqa: E402 - it lies beside the unit tests

TENANT, CLIENT = "3b7e0c54-6a1d-4f0e-9d52-8c41aa0f7e16", "d4c3a1be-90f5-4a1f-8d7b-0f2b6f1ce7aa"


def shown_tasks(blocks: t.Iterable[CodeBlock], site: Simulator, folder: pathlib.Path) -> list[dict[str, t.Any]]:
    """Every task of these blocks, led to the simulator, each failure ignored.

    What is removed is removed last: an example may need what another one made. After that come consents, since one that is exclusive
    takes away rights of the identity that all examples run as.
    """
    (cell,) = site.commcells.values()
    addresses = {
        "https://cs01.corp.example/commandcenter/api": cell.url,
        "https://vault.corp.example:8200": "https://localhost:9",
        "https://kv-backup.vault.azure.net": "https://localhost:9",
        "url: https://graph.microsoft.com/": f"url: {site.graph_url}/",
        "svc-cvops": cell.admin[0],
        "svc-nightly": cell.admin[0],
        "/var/lib/cvops": str(folder),
        "/etc/backup-job/secret": str(folder / "kept"),
        TENANT: site.tenant_id,
        CLIENT: site.automation.client_id,
    }
    found = []
    for block in blocks:
        text = block.text
        for shown, real in addresses.items():
            text = text.replace(shown, real)
        if block.language in ("yaml", "yml"):
            for document in parsed(block._replace(text=text)):
                for number, task in enumerate(tasks_in(document)):
                    given = {key: value for key, value in task.items() if key not in ("loop", "delegate_to")}
                    if rotation := given.get("cvops.identity.secret_rotation"):  # as a module it waits really
                        rotation["prove"] = {**(rotation.get("prove") or {}), "successes": 2, "over_seconds": 0}
                    found.append({**given, "name": f"{block.where} {number}", "ignore_errors": True})
    consent = "cvops.identity.entra_admin_consent"
    return sorted(found, key=lambda task: (consent in task, "'state': 'absent'" in repr(task)))
