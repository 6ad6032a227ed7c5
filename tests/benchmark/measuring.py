# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One measurement: a module's body in a process of its own, the simulator in another."""

from __future__ import annotations

import base64
import collections
import contextlib
import json
import multiprocessing
import os
import pathlib
import resource
import ssl
import subprocess
import sys
import threading
import time
import typing as t
import urllib.parse
import urllib.request
from dataclasses import dataclass

import certifi
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Cost:
    """``cpu_s``: of the measured process alone, imports not counted; ``memory_mib``: its largest size; ``loads``: of CA bundles."""

    what: str
    reads: int
    writes: int
    cpu_s: float
    wall_s: float
    memory_mib: int
    result: dict[str, t.Any]
    loads: int = 0
    calls: int = 0

    def line(self) -> str:
        """A row of the table."""
        numbers = f"{self.reads:>6} {self.writes:>7} {self.cpu_s:>7.2f} {self.wall_s:>7.2f} {self.memory_mib:>6}"
        return f"{self.what:<58} {numbers}"


HEADER = f"{'':<58} {'reads':>6} {'writes':>7} {'cpu s':>7} {'wall s':>7} {'MiB':>6}"


class Served:
    """A simulator in a process of its own."""

    def __init__(self, folder: pathlib.Path, *words: str) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "simulator" / "src")}
        command = [sys.executable, "-m", "cvops_simulator.cli", "serve", "--dir", str(folder), *words]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        self.pid = self._process.pid
        self.urls: dict[str, str] = {}
        for line in self._process.stdout or ():
            name, dummy, value = line.strip().partition(" ")
            self.urls[name] = value.strip()
            if name == "variables":
                break
        self.ca_path = self._write_bundle()
        self.document: dict[str, t.Any] = yaml.safe_load((folder / "variables.yml").read_text(encoding="utf-8"))

    def options(self, commcell: str) -> dict[str, t.Any]:
        """Sign-in options for both sides."""
        connection = self.document["cvops_connection"]
        cell = {f"commvault_{name}": value for name, value in connection["commcells"][commcell].items()}
        return {**connection["entra"], **cell, "ca_path": self.ca_path, "commvault_ca_path": self.ca_path}

    def _write_bundle(self) -> str:
        """Write a bundle as large as the usual one, which costs what users pay: all of certifi, and the CA of the simulator."""
        bundle = self.folder / "bundle.pem"
        own = pathlib.Path(self.urls["ca"]).read_text(encoding="utf-8")
        bundle.write_text(pathlib.Path(certifi.where()).read_text(encoding="utf-8") + own, encoding="utf-8")
        return str(bundle)

    def list_servers(self, commcell: str) -> list[str]:
        """Names of the servers that are the CommCell's own."""
        connection = self.document["cvops_connection"]["commcells"][commcell]
        context = ssl.create_default_context(cafile=connection["ca_path"])
        secret = base64.b64encode(connection["password"].encode()).decode()
        login = {"username": connection["username"], "password": secret}
        request = urllib.request.Request(f"{connection['url']}/Login", json.dumps(login).encode())
        request.add_header("Content-Type", "application/json")
        request.add_header("Accept", "application/json")
        token = json.load(urllib.request.urlopen(request, context=context))["token"]
        request = urllib.request.Request(f"{connection['url']}/Client")
        request.add_header("Authtoken", token)
        request.add_header("Accept", "application/json")
        rows = json.load(urllib.request.urlopen(request, context=context))["clientProperties"]
        entities = [row["client"]["clientEntity"] for row in rows]
        return sorted(
            {
                entity["clientName"]
                for entity in entities
                if not entity.get("entityInfo", {}).get("companyId") and entity["clientName"].isascii()
            },
            key=str.lower,
        )

    def add_policies(self, number: int) -> None:
        """Add so many conditional access policies, all switched off, without a look at the pace that the service wants."""
        entra = self.document["cvops_connection"]["entra"]
        context = ssl.create_default_context(cafile=entra["ca_path"])
        form = {"grant_type": "client_credentials", "scope": "https://graph.microsoft.com/.default"}
        form |= {name: entra[name] for name in ("client_id", "client_secret")}
        address = f"{entra['authority_url']}/{entra['tenant_id']}/oauth2/v2.0/token"
        answer = urllib.request.urlopen(address, urllib.parse.urlencode(form).encode(), context=context)
        token = json.load(answer)["access_token"]
        conditions = {"applications": {"includeApplications": ["All"]}, "users": {"includeUsers": ["All"]}}
        for count in range(number):
            grant = {"operator": "OR", "builtInControls": ["mfa"]}
            body = {
                "displayName": f"CA{count:03}",
                "state": "disabled",
                "conditions": conditions,
                "grantControls": grant,
            }
            request = urllib.request.Request(
                f"{entra['graph_url']}/v1.0/identity/conditionalAccess/policies", json.dumps(body).encode()
            )
            request.add_header("Content-Type", "application/json")
            request.add_header("Authorization", f"Bearer {token}")
            urllib.request.urlopen(request, context=context).read()

    def counts(self) -> tuple[int, int]:
        """Reads and writes that reached the services since the last call."""
        rows = self._take_journal()
        reads = sum(1 for row in rows if row["read"] and row["service"] not in ("login", "control"))
        return reads, sum(1 for row in rows if not row["read"] and row["service"] not in ("login", "control"))

    def count_by_service(self) -> collections.Counter[str]:
        """Requests that reached each service since the last call, without the parts of batches."""
        return collections.Counter(row["service"] for row in self._take_journal() if row["user_agent"] != "$batch")

    def _take_journal(self) -> list[dict[str, t.Any]]:
        """Return the journal, which is empty from now on."""
        rows: t.Any = json.load(urllib.request.urlopen(f"{self.urls['control']}/journal"))
        request = urllib.request.Request(f"{self.urls['control']}/journal", method="DELETE")
        urllib.request.urlopen(request).read()
        return list(rows["entries"] if isinstance(rows, dict) else rows)

    def close(self) -> None:
        """Stop it."""
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(10)


class CallCounter:
    """Counts function calls of all threads: what a run does, whatever else the machine is doing."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, _frame: t.Any, event: str, _argument: t.Any) -> None:
        """Take an event of the interpreter."""
        self.count += event in ("call", "c_call")


def measure(site: Served, what: str, module: str, options: dict[str, t.Any], counted: bool = False) -> Cost:
    """Run a module's body once in a fresh process; *counted*: with its function calls, which takes longer."""
    site.counts()
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_measured, args=(sender, module, options, counted))
    process.start()
    sender.close()  # a process that dies is an error here, not a wait without end
    cpu_s, wall_s, memory_mib, loads, result, calls = receiver.recv()
    process.join()
    reads, writes = site.counts()
    if loads > 1:
        raise SystemExit(f"{what}: {loads} loads of a CA bundle; there is one CA")
    return Cost(what, reads, writes, cpu_s, wall_s, memory_mib, result, loads, calls)


def _measured(sender: t.Any, module: str, options: dict[str, t.Any], counted: bool) -> None:
    sys.path.insert(0, str(ROOT / "scripts"))
    sys.path.insert(0, str(ROOT / "tests" / "integration"))
    import importlib

    from ansible.plugins.loader import init_plugin_loader
    from collection_tree import collections_path

    init_plugin_loader([str(collections_path())])
    from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

    core = "ansible_collections.cvops.identity.plugins.module_utils._core"
    body = importlib.import_module(f"ansible_collections.cvops.identity.plugins.modules.{module}")
    context = importlib.import_module(f"{core}.context")
    runner = importlib.import_module(f"{core}.runner")
    validated = ArgumentSpecValidator(body.SPEC.options, **body.SPEC.to_rule_kwargs()).validate(options)
    loads = _count_loads()
    cpu, wall = time.process_time(), time.monotonic()
    ctx = context.Context(options=validated.validated_parameters, reporter=_Silent(), diff_mode=True)
    counter = CallCounter()
    if counted:
        threading.setprofile(counter)
        sys.setprofile(counter)
    result = runner.run_task(ctx, body.RESOURCE)
    sys.setprofile(None)
    threading.setprofile(None)
    memory_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    sender.send((time.process_time() - cpu, time.monotonic() - wall, memory_mib, len(loads), result, counter.count))


def _count_loads() -> list[str]:
    """Return a list that gets an entry for each CA bundle that this process loads from now on."""
    loads: list[str] = []
    load = ssl.SSLContext.load_verify_locations

    def note(context: ssl.SSLContext, cafile: t.Any = None, capath: t.Any = None, cadata: t.Any = None) -> None:
        loads.append(str(cafile or capath))
        load(context, cafile, capath, cadata)

    ssl.SSLContext.load_verify_locations = note  # type: ignore[method-assign]
    return loads


class _Silent:
    def debug(self, level: int, message: str) -> None:
        """Not shown."""

    def progress(self, message: str) -> None:
        """Not shown."""
