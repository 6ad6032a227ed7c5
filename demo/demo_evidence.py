# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The end of the demo: evidence of who may do what, sealed in a bundle with a page to open."""

from __future__ import annotations

import json
import pathlib
import time

import demo_simulator
import demo_story
from demo_run import BIN, DEMO, ROOT, follow

BUNDLES = DEMO / "evidence"


def show(simulator: demo_simulator.Simulator, before: int) -> tuple[pathlib.Path | None, list[str]]:
    """Show it, with numbers after *before*; return the page, and where it broke what the collection promises, one sentence each."""
    print(f"\n== {before + 1}. evidence: who may do what, from both services, sealed", flush=True)
    log = DEMO / f"{before + 1}-evidence.log"
    extra = ["-e", f"@{simulator.variables}", "-e", json.dumps({"access_evidence_dir": str(BUNDLES)})]
    simulator.take_counts()
    began = time.monotonic()
    code, text = follow(
        [str(BIN / "ansible-playbook"), "cvops.identity.access_evidence", *extra],
        log,
        demo_story.Story({"Report": 14}),
    )
    counts = simulator.take_counts()
    reads, writes = (sum(service.get(kind, 0) for service in counts.values()) for kind in ("reads", "writes"))
    print(f"   {time.monotonic() - began:.1f} s, {reads} reads, {writes} writes: {log.relative_to(ROOT)}", flush=True)
    if code != 0:
        print(text[-2000:])
        return None, [f"access_evidence ended with {code}"]
    pages = sorted(BUNDLES.glob("*/report.html"))
    faults = [f"access_evidence sent {writes} writes"] if writes else []
    return (pages[-1] if pages else None), faults if pages else [*faults, "access_evidence made no report.html"]
