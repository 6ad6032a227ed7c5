# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Results of tasks, and what a pass makes of them, for tests of what goes from play to play."""

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.plugin_utils.passes import (
    collect_pass,
)

STATS = {"reads": 3, "writes": 0, "sign_ins": 1}
WROTE = {"reads": 3, "writes": 2, "sign_ins": 1}


def step(name: str, sign: str = "+", kind: str = "grant") -> dict[str, str]:
    return {"id": name, "action": "add", "sign": sign, "kind": kind, "principal": "GG-A", "sentence": f"gets {name}"}


def planned(*names: str) -> dict[str, t.Any]:
    return collect_pass({"mappings": {"stats": STATS, "changed": True, "steps": [step(name) for name in names]}})


def wrote(*names: str) -> dict[str, t.Any]:
    return collect_pass({"mappings": {"stats": WROTE, "changed": True, "steps": [step(name) for name in names]}})


def failure(kind: str = "api", **more: t.Any) -> dict[str, t.Any]:
    return {"stats": STATS, "failed": True, "msg": "no answer", "error": {"kind": kind}, **more}
