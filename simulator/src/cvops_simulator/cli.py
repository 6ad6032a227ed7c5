# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command line: serve a simulated site until interrupted, or print its variables document."""

from __future__ import annotations

import argparse
import copy
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from cvops_simulator.entra.replication import Replication
from cvops_simulator.seeds.profile import PROFILES
from cvops_simulator.simulator import Simulator
from cvops_simulator.snapshots.files import SnapshotError


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cvops-simulator", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="serve a site on loopback until interrupted")
    variables = commands.add_parser("variables", help="print the variables document of a site")
    for command in (serve, variables):
        site = command.add_mutually_exclusive_group()
        site.add_argument("--set", choices=list(PROFILES), default="S", help="size of the site")
        site.add_argument("--snapshot", type=Path, help="a copy of a real site: the folder of its snapshot")
        command.add_argument(
            "--grant-automation",
            action=argparse.BooleanOptionalAction,
            default=True,
            help="in a copy, what collected the snapshot may do everything (default); else what it may in the snapshot",
        )
        command.add_argument(
            "--anomalies",
            choices=["evidence"],
            default="",
            help="plant what evidence of access has to find as well; not in a copy, nor with --empty",
        )
        command.add_argument("--seed", type=int, default=1, help="decides all ids")
        command.add_argument("--empty", action="store_true", help="nothing of the mapping exists yet; not in a copy")
    serve.add_argument("--dir", type=Path, required=True, help="where ca.pem and variables.yml are written")
    serve.add_argument("--release", type=int, default=44, help="Commvault feature release")
    serve.add_argument("--page-size", type=int, default=100, help="largest page of a Graph list")
    serve.add_argument("--replication", action="store_true", help="writes become visible with a delay")
    serve.add_argument("--controller", action="store_true", help="an AWX as well; controller.env tells clients how")
    serve.add_argument("--port-base", type=int, default=0, help="first of consecutive ports; 0: free ports")
    return parser


def _dump(document: dict[str, Any]) -> str:
    return str(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120))


def _make_break_glass_variables(accounts: dict[str, dict[str, str]]) -> dict[str, Any]:
    """Return the variables for these accounts: those of a drill, and of sign-on before a redirect."""
    own = copy.deepcopy(accounts)  # what is the same object would be an anchor and a reference to it in the file
    return {"break_glass_drill_accounts": accounts, "commvault_sso_break_glass": {"commcells": own}}


def write_documents(simulator: Simulator, folder: Path) -> dict[str, Path]:
    """Write the variables of a site and those of its accounts for emergencies; return the files by what they are."""
    documents = {"variables": ("variables.yml", simulator.variables())}
    if accounts := simulator.break_glass_accounts():
        documents["accounts"] = ("break_glass.yml", _make_break_glass_variables(accounts))
    for name, content in documents.values():
        _write_private(folder / name, _dump(content))
    return {what: folder / name for what, (name, _content) in documents.items()}


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(text, encoding="utf-8")


def _run_serve(arguments: argparse.Namespace) -> int:
    simulator = Simulator(
        set=arguments.set,
        seed=arguments.seed,
        empty=arguments.empty,
        anomalies=arguments.anomalies,
        directory=arguments.dir,
        page_size=arguments.page_size,
        replication=Replication(seed=arguments.seed) if arguments.replication else None,
        release=arguments.release,
        port_base=arguments.port_base,
        snapshot=arguments.snapshot,
        grant_automation=arguments.grant_automation,
        controller=arguments.controller,
    )
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with simulator:
        documents = write_documents(simulator, arguments.dir)
        if arguments.controller:
            lines = [f"{name}={value}\n" for name, value in simulator.controller_environment().items()]
            _write_private(arguments.dir / "controller.env", "".join(lines))
        for service in simulator.services:
            print(f"{service.name:<10} {service.url}")
        print(f"{'ca':<10} {simulator.ca_path}")
        for what, path in documents.items():
            print(f"{what:<10} {path}")
        for note in simulator.notes:
            print(f"{'note':<10} {note}")
        sys.stdout.flush()
        stop.wait()
    return 0


def _run_variables(arguments: argparse.Namespace) -> int:
    simulator = Simulator(
        set=arguments.set,
        seed=arguments.seed,
        empty=arguments.empty,
        anomalies=arguments.anomalies,
        snapshot=arguments.snapshot,
        grant_automation=arguments.grant_automation,
    )
    sys.stdout.write(_dump(simulator.variables()))
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command `cvops-simulator`; returns its exit code."""
    arguments = _make_parser().parse_args(argv)
    try:
        return _run_serve(arguments) if arguments.command == "serve" else _run_variables(arguments)
    except SnapshotError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
