# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The second half of the demo: a client secret is rotated, the run is killed in the middle, and the next one finishes it."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import time
import typing as t

import demo_simulator
import demo_story
import yaml
from demo_run import BIN, DEMO, ROOT, count_changed, follow

#: Sign-ins with the new secret after which the run is killed; five in a row are asked for.
SIGN_INS = 2
#: Runs of the playbook.
RUNS = 3
ROTATION: dict[str, t.Any] = {
    "rotation_name": "backup",
    "application": {"unique_name": "commvault-management"},
    "targets": [
        {"name": "file", "file": {"path": "secrets/backup.json"}},
        {"name": "credential azure-backup", "commvault_credential": {"name": "azure-backup"}},
    ],
    # By default 15 sign-ins over two minutes.
    "prove": {"successes": 5, "over_seconds": 3},
}


@dataclasses.dataclass
class Outcome:
    """What came of one run: exit code, changed tasks, paths of the requests that changed something, the summary, and what the store holds."""

    code: int
    changed: int
    writes: t.Sequence[str]
    summary: t.Mapping[str, t.Any]
    kept: str
    read: str

    @property
    def rotation(self) -> t.Mapping[str, t.Any]:
        """Return what the summary says of the one rotation."""
        return next(iter(self.summary.get("rotations", {}).values()), {})

    def has_added(self) -> bool:
        """Return True where a secret was added."""
        return any(path.lower().endswith("/addpassword") for path in self.writes)


def show(simulator: demo_simulator.Simulator, before: int) -> list[str]:
    """Show it, with numbers after *before*; return where it broke what the collection promises, one sentence each."""
    document, commcell = _write_document(simulator)
    print(f"\n== {before + 1}. a secret is rotated, and the run is killed in the middle (kill -9)")
    _make_credential(document, commcell)
    print("   the document:")
    print("\n".join(f"      {line}" for line in yaml.safe_dump([ROTATION], sort_keys=False).splitlines()), flush=True)
    killed = _play(
        simulator, document, f"{before + 1}-killed", lambda: count_proofs(simulator.read_journal()) >= SIGN_INS
    )
    print(
        f"   killed at sign-in {SIGN_INS} of {ROTATION['prove']['successes']} with the new secret: exit code {killed.code}. What there is now:"
    )
    print(f"      Entra ID                 the new secret, key {killed.kept[:8]}…, which it never shows again")
    print(f"      backup.json.pending      its value, key {killed.kept[:8]}…; nobody reads this file")
    print("      credential azure-backup  the secret made by hand, which works as before")
    print(f"\n== {before + 2}. run again: it goes on from what it finds")
    resumed = _play(simulator, document, f"{before + 2}-resumed")
    print(f"   no secret was added: all use key {resumed.read[:8]}…, which the killed run has made")
    print(f"\n== {before + 3}. run again: nothing is due")
    again = _play(simulator, document, f"{before + 3}-again")
    return faults(killed, resumed, again)


def faults(killed: Outcome, resumed: Outcome, again: Outcome) -> list[str]:
    """Return what the three runs broke of what the collection promises; one sentence each."""
    found = []
    if not killed.has_added() or not killed.kept or killed.read:
        found.append("the killed run did not leave a secret that is kept and not read")
    if resumed.has_added():
        found.append("the run after the killed one added another secret")
    if resumed.read != killed.kept or resumed.kept:
        found.append("the secret of the killed run is not the one that is read")
    if resumed.code or resumed.rotation.get("outcome") != "overlap":
        found.append(f"the run after the killed one came to {resumed.rotation.get('outcome')}")
    if again.code or again.changed or again.writes or again.rotation.get("outcome") != "not_due":
        found.append(
            f"the last run of the rotation came to {again.rotation.get('outcome')}, {len(again.writes)} writes"
        )
    return found


def count_proofs(entries: t.Iterable[t.Mapping[str, t.Any]]) -> int:
    """Return how many sign-ins there were since a secret was added."""
    has_added, count = False, 0
    for entry in entries:
        path = entry["path"].lower()
        has_added = has_added or path.endswith("/addpassword")
        count += has_added and path.endswith("/token")
    return count


def _write_document(simulator: demo_simulator.Simulator) -> tuple[pathlib.Path, str]:
    """Return a document with the connection to one CommCell and the rotation, and the name of the CommCell."""
    connection = yaml.safe_load(simulator.variables.read_text())["cvops_connection"]
    name = next(iter(connection["commcells"]))
    connection["commcells"] = {name: connection["commcells"][name]}
    path = DEMO / "rotation.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps({"cvops_connection": connection, "cvops_rotations": [ROTATION]}))
    return path, name


def _make_credential(document: pathlib.Path, commcell: str) -> None:
    """Make the credential with a secret from the portal, as somebody has before rotation was thought of."""
    options = {
        "name": "azure-backup",
        "azure_tenant_id": "{{ cvops_connection.entra.tenant_id }}",
        "azure_application_id": "{{ found.applications[0].app_id }}",
        "secret": "made by hand in the portal",
    }
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "module_defaults": {
            "group/cvops.identity.entra": "{{ cvops_connection.entra }}",
            "group/cvops.identity.commvault": f"{{{{ cvops_connection | cvops.identity.commcell_options('{commcell}') }}}}",
        },
        "tasks": [
            {
                "name": "Application",
                "cvops.identity.entra_application_info": {"unique_name": "commvault-management"},
                "register": "found",
            },
            {
                "name": "Credential azure-backup, with a secret made by hand",
                "cvops.identity.commvault_credential": options,
            },
        ],
    }
    path = DEMO / "by_hand.json"
    path.write_text(json.dumps([play]))
    command = [str(BIN / "ansible-playbook"), str(path), "-e", f"@{document}"]
    code, text = follow(command, DEMO / "by_hand.log", demo_story.Story())
    if code != 0:
        raise SystemExit(f"{text[-3000:]}\nthe credential could not be made")


def _play(
    simulator: demo_simulator.Simulator, document: pathlib.Path, name: str, is_over: t.Callable[[], bool] | None = None
) -> Outcome:
    summary, log = DEMO / f"{name}.json", DEMO / f"{name}.log"
    extra = ["-e", f"@{document}", "-e", json.dumps({"cvops_summary_file": str(summary)})]
    simulator.take_counts()
    began = time.monotonic()
    code, text = follow(
        [str(BIN / "ansible-playbook"), "cvops.identity.rotate_secrets", *extra], log, demo_story.Story(), is_over
    )
    if code != 0 and is_over is None:
        raise SystemExit(f"{text[-3000:]}\nansible-playbook ended with {code}; the whole log: {log.relative_to(ROOT)}")
    writes = [entry["path"] for entry in simulator.read_journal() if demo_simulator.is_write(entry)]
    print(f"   {time.monotonic() - began:.1f} s, {len(writes)} writes: {log.relative_to(ROOT)}", flush=True)
    told = json.loads(summary.read_text()) if summary.is_file() else {}
    return Outcome(code, count_changed(text), writes, told, _read_store(".pending"), _read_store())


def _read_store(ending: str = "") -> str:
    """Return the key id in the file that is read, or in the one with what is not proven yet; empty for none."""
    path = pathlib.Path(f"{DEMO / 'secrets' / 'backup.json'}{ending}")
    found = json.loads(path.read_text()) if path.is_file() else {}
    return str((found.get("pending" if ending else "current") or {}).get("key_id") or "")
