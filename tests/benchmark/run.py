# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prints what the role mapping of set L costs, beside a careful script on the official SDK, and what a task costs."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import typing as t
from dataclasses import dataclass

import sdk_script
import yaml
from measuring import HEADER, ROOT, Cost, Served, measure

#: Grants on so many further servers of each entry of set L: about 6,000 and 24,000 grants of 150 groups.
LARGE_SETS = {"L": 0, "L4": 30, "XL": 150}
#: How much steeper calls may grow from L4 to XL than from L to L4; a step that grows with the square makes this four.
STEEPER = 1.25
#: As many policies as a tenant has at most, but for the one of the benchmark.
POLICIES = 239
EVIDENCE_SETS = ("M", "XL")
#: A row of a snapshot takes two requests at most: its own answer, and what it holds. Besides, there are some lists.
READS_PER_ROW, FEW_READS = 2, 100
#: Of one bundle: of CPU, and of the largest process.
MOST_CPU_S, MOST_MIB = 60, 400
WITHOUT_PAGE = ("csv", "vanta", "ciso_assistant", "oscal", "attestation", "junit")
TASKS = 20
LOOKUPS = 200


def mapping(site: Served, commcell: str, **more: t.Any) -> dict[str, t.Any]:
    """Options of the mapping module."""
    common = {"mappings": site.document["cvops_role_mappings"], "commcell": commcell, "max_removals": 1000}
    return {**site.options(commcell), **common, **more}


def set_l(folder: pathlib.Path) -> None:
    """First apply, no change, exclusive, and the same by a script on the official SDK."""
    site = Served(folder / "l", "--set", "L", "--empty")
    cell = next(iter(site.document["cvops_connection"]["commcells"]))
    try:
        for role in site.document["cvops_commvault_roles"]:
            wanted = {name: value for name, value in role.items() if name != "commcells"}
            done = measure(site, "role", "commvault_role", {**site.options(cell), **wanted})
            check(done)
        costs: list[Cost] = []
        names = ("first apply of L", "L again, nothing to do", "L again, exclusive", "L again, managed")
        managed = {"exclusive": "managed", "managed_groups": ["GG-Commvault-*"]}
        for what, more in zip(names, ({}, {}, {"exclusive": "principals"}, managed), strict=True):
            cost = measure(site, what, "commvault_role_mappings", mapping(site, cell, **more))
            check(cost)
            print(cost.line(), flush=True)
            costs.append(cost)
        site.counts()
        cpu, started = time.process_time(), time.monotonic()
        sdk_script.apply(site, cell)
        reads, writes = site.counts()
        cpu_s = time.process_time() - cpu
        words = "the same by a script on the official SDK"
        print(Cost(words, reads, writes, cpu_s, time.monotonic() - started, 0, {}).line())
        for cost in costs[:2]:
            print(f"{words} takes {cpu_s / cost.cpu_s:.1f} times the CPU of {cost.what!r}")
    finally:
        site.close()


def widen(mappings: t.Sequence[t.Mapping[str, t.Any]], servers: t.Sequence[str], count: int) -> list[dict[str, t.Any]]:
    """Return the entries, each with *count* servers more; neighbours share some, as real scopes do."""
    wide = []
    for number, entry in enumerate(mappings):
        chosen = [servers[(number * 7 + step) % len(servers)] for step in range(count)]
        more = [{"role": "View", "entities": {"servers": chosen}}] if chosen else []
        wide.append({**entry, "grants": [*entry["grants"], *more]})
    return wide


def large_sets(folder: pathlib.Path) -> None:
    """First apply and no change of L, L4 and XL, and a look at how function calls grow with the grants. Counts only: times are told, not judged."""
    calls: dict[str, list[tuple[int, int]]] = {"first apply": [], "nothing to do": []}
    for name, count in LARGE_SETS.items():
        site = Served(folder / name.lower(), "--set", "L", "--empty")
        cell = next(iter(site.document["cvops_connection"]["commcells"]))
        try:
            for role in site.document["cvops_commvault_roles"]:
                wanted = {key: value for key, value in role.items() if key != "commcells"}
                check(measure(site, "role", "commvault_role", {**site.options(cell), **wanted}))
            site.document["cvops_role_mappings"] = widen(
                site.document["cvops_role_mappings"], site.list_servers(cell), count
            )
            for what, found in calls.items():
                cost = measure(site, f"{name}, {what}, counted", "commvault_role_mappings", mapping(site, cell), True)
                check(cost)
                grants = len(cost.result["role_mappings"]["grants"])
                found.append((grants, cost.calls))
                print(f"{cost.line()}  {grants} grants, {cost.calls} calls", flush=True)
        finally:
            site.close()
    for what, ((few, low), (some, middle), (many, high)) in calls.items():
        first, second = (middle - low) / (some - few), (high - middle) / (many - some)
        print(f"{what}: {first:.0f} calls for each further grant up to L4, {second:.0f} up to XL")
        if second > first * STEEPER:
            raise SystemExit(f"{what} grows faster than the grants: {second / first:.2f} times as many calls for each")


def conditional_access(folder: pathlib.Path) -> None:
    """A named location and a policy among many others: created, left alone, put in force; the wall time is that of the pace of one request a second."""
    site = Served(folder, "--set", "S")
    try:
        options = site.options(next(iter(site.document["cvops_connection"]["commcells"])))
        site.add_policies(POLICIES)
        group = site.document["cvops_entra_groups"][0]["unique_name"]
        plain = measure(site, "one Entra group, nothing to do", "entra_group", {**options, "unique_name": group})
        check(plain)
        print(plain.line())
        location = {**options, "display_name": "Egress", "ip_ranges": ["203.0.113.0/24"]}
        policy = {
            **options,
            "display_name": "CA500",
            "users": {"include": {"users": ["all"]}},
            "applications": {"include": ["all"]},
            "locations": {"include": ["all"], "exclude": ["Egress"]},
            "grant": {"controls": ["mfa"]},
        }
        risk = {"accept_risk": ["lock_out"], "accept_reason": "nobody signs in here"}
        tried: tuple[tuple[str, str, dict[str, t.Any], bool], ...] = (
            ("named location, created", "entra_named_location", location, True),
            ("named location, nothing to do", "entra_named_location", location, False),
            (f"policy beside {POLICIES}, created", "entra_conditional_access_policy", policy, True),
            (f"policy beside {POLICIES}, nothing to do", "entra_conditional_access_policy", policy, False),
            (
                "policy, put in force",
                "entra_conditional_access_policy",
                {**policy, **risk, "policy_state": "enabled"},
                True,
            ),
        )
        for what, module, asked, changes in tried:
            cost = measure(site, what, module, asked)
            check(cost)
            print(f"{cost.line()}  {cost.cpu_s / plain.cpu_s:.1f} times the CPU of the group", flush=True)
            if bool(cost.writes) != changes:
                raise SystemExit(f"{what}: {cost.writes} writes")
    finally:
        site.close()


def evidence(folder: pathlib.Path) -> None:
    """Snapshots of sets M and XL, and bundles of them: what they read, and that they stay within their bounds. A bundle asks no service."""
    for name in EVIDENCE_SETS:
        site = Served(folder / name.lower(), "--set", name)
        try:
            measure_evidence(site, folder / f"evidence-{name.lower()}", name)
        finally:
            site.close()


def measure_evidence(site: Served, folder: pathlib.Path, name: str) -> None:
    """Print what one set takes, as tasks by themselves and in ansible-playbook; raise SystemExit beyond the bounds."""
    folder.mkdir(mode=0o700)
    snapshot = str(folder / "snapshot")
    cells = list(site.document["cvops_connection"]["commcells"])
    tried: list[tuple[str, str, dict[str, t.Any]]] = []
    for cell in cells:
        options = {key: value for key, value in site.options(cell).items() if key.startswith("commvault_")}
        tried.append((f"{name}, snapshot of {cell}", "commvault_snapshot", {**options, "commcell": cell}))
    options = {key: value for key, value in site.options(cells[0]).items() if not key.startswith("commvault_")}
    tried.append((f"{name}, snapshot of the tenant", "entra_snapshot", options))
    for what, module, asked in tried:
        cost = measure(site, what, module, {**asked, "dest": snapshot})
        check(cost)
        print(cost.line(), flush=True)
        told = cost.result["snapshot"]
        most = READS_PER_ROW * sum(told["counts"].values()) + FEW_READS
        if cost.writes or not 0 < cost.reads <= most:
            raise SystemExit(f"{what}: {cost.writes} writes, {cost.reads} reads, which may be 0 and {most}")
    environment = connected(site, folder)
    for what, formats, in_process in (("with the page", None, True), ("without it", list(WITHOUT_PAGE), False)):
        asked = {"snapshot": snapshot, "dest": str(folder / what.replace(" ", "-")), "formats": formats}
        cost = measure(site, f"{name}, bundle {what}", "access_evidence", asked)
        check(cost)
        print(f"{cost.line()}  {cost.result['evidence']['counts']['access']} rows of access", flush=True)
        if cost.reads or cost.writes or cost.cpu_s > MOST_CPU_S or cost.memory_mib > MOST_MIB:
            raise SystemExit(f"{cost.what}: more than {MOST_CPU_S} s of CPU or {MOST_MIB} MiB, or a service was asked")
        task = {"name": what, "cvops.identity.access_evidence": {**asked, "dest": f"{asked['dest']}-played"}}
        if formats is None:
            del task["cvops.identity.access_evidence"]["formats"]  # type: ignore[attr-defined]
        spent = play(folder, environment, [task], in_process)
        way = "in process" if in_process else "as a module"
        words = f"{name}, the same in a play, {way}"
        print(f"{words:<58} {'':>14} {spent.cpu_s:>7.2f} {spent.wall_s:>7.2f} {spent.memory_mib:>6}", flush=True)
        if spent.memory_mib > MOST_MIB:
            raise SystemExit(f"{words}: {spent.memory_mib} MiB")


def check(cost: Cost) -> None:
    """A measurement of something that failed is none."""
    if cost.result.get("failed"):
        raise SystemExit(f"{cost.what}: {cost.result.get('msg')}")


@dataclass(frozen=True)
class Spent:
    """What a run of ansible-playbook took, its workers and modules included. Seconds and MiB of the largest process."""

    wall_s: float
    cpu_s: float
    memory_mib: int


def tasks(folder: pathlib.Path) -> None:
    """What a task costs in process and as a module, and what a lookup costs, in one run."""
    site = Served(folder / "s", "--set", "S")
    try:
        environment = connected(site, folder)
        name = site.document["cvops_entra_groups"][0]["unique_name"]
        task = {"name": "one group", "cvops.identity.entra_group": {"unique_name": name}}
        lookup = {
            "name": "look up",
            "ansible.builtin.debug": {"msg": "{{ lookup('cvops.identity.entra_token') | length }}"},
            "loop": list(range(LOOKUPS)),
        }
        plain = {"name": "look up nothing", "ansible.builtin.debug": {"msg": "0"}, "loop": list(range(LOOKUPS))}
        empty = play(folder, environment, [], True)
        print(f"\n{'':<40} {'cpu s':>8} {'wall s':>8} {'MiB':>6}")
        costs = {}
        for words, in_process in (("in process", True), ("as a module", False)):
            spent = play(folder, environment, [task] * TASKS, in_process)
            costs[in_process] = (spent.cpu_s - empty.cpu_s) / TASKS
            wall = (spent.wall_s - empty.wall_s) / TASKS
            print(
                f"{'one task of ' + str(TASKS) + ', ' + words:<40} {costs[in_process]:>8.3f} {wall:>8.3f} {spent.memory_mib:>6}"
            )
        print(f"a module costs {costs[False] / costs[True]:.1f} times as much CPU")
        nothing, spent = play(folder, environment, [plain], True), play(folder, environment, [lookup], True)
        each = (spent.cpu_s - nothing.cpu_s) / LOOKUPS, (spent.wall_s - nothing.wall_s) / LOOKUPS
        print(f"{'one lookup of ' + str(LOOKUPS):<40} {each[0]:>8.4f} {each[1]:>8.4f} {spent.memory_mib:>6}")
    finally:
        site.close()


def connected(site: Served, folder: pathlib.Path) -> dict[str, str]:
    """The environment of ansible-playbook, signed in to *site*."""
    cell = next(iter(site.document["cvops_connection"]["commcells"]))
    kept = {name: value for name, value in os.environ.items() if "CA_BUNDLE" not in name and "SSL_CERT" not in name}
    return {
        **kept,
        **{f"CVOPS_{name.upper()}": str(value) for name, value in site.options(cell).items()},
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".build" / "tree"),
        "ANSIBLE_LOCALHOST_WARNING": "False",
        "ANSIBLE_HOME": str(folder / "home"),
    }


def play(folder: pathlib.Path, environment: dict[str, str], body: list[dict[str, t.Any]], in_process: bool) -> Spent:
    """Run a play of these tasks to its end."""
    playbook = folder / "play.yml"
    header = {"hosts": "localhost", "connection": "local", "gather_facts": False}
    content = [{**header, "vars": {"cvops_in_process": in_process}, "tasks": body}]
    playbook.write_text(yaml.safe_dump(content), encoding="utf-8")
    return run_playbook(folder, environment, str(playbook))


def run_playbook(folder: pathlib.Path, environment: dict[str, str], *words: str) -> Spent:
    """Run ansible-playbook with these *words* to its end; what it prints is in ``output.txt``."""
    started = time.monotonic()
    command = [str(pathlib.Path(sys.executable).parent / "ansible-playbook"), *words]
    with (folder / "output.txt").open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
        dummy, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit((folder / "output.txt").read_text())
    return Spent(time.monotonic() - started, used.ru_utime + used.ru_stime, used.ru_maxrss // 1024)


def sites(folder: pathlib.Path) -> None:
    """Run `site` on set M without changes: beside as many debug tasks, and with 10 and 50 CommCells, whose requests are counted.

    The simulator has three CommCells; more are further names of them. Requests per CommCell must be the same however many there are.
    """
    site = Served(folder / "m", "--set", "M")
    try:
        environment = connected(site, folder)
        print(f"\n{'':<40} {'cpu s':>8} {'wall s':>8} {'MiB':>6} {'graph':>6} {'each':>6}")
        run_site(site, folder, environment, 3)
        spent, requests = run_site(site, folder, environment, 3)
        told = count_results(folder)
        task = {"name": "nothing", "ansible.builtin.debug": {"msg": "nothing"}}
        nothing = play(folder, environment, [task] * told, True)
        print(f"{f'{told} debug tasks':<40} {nothing.cpu_s:>8.2f} {nothing.wall_s:>8.2f} {nothing.memory_mib:>6}")
        print(f"site on 3 CommCells takes {spent.cpu_s / nothing.cpu_s:.1f} times the CPU of as many debug tasks")
        (few, counted), (many, more) = (
            run_site(site, folder, environment, number, "--forks", "10") for number in (10, 50)
        )
        print(
            f"50 CommCells take {many.cpu_s / few.cpu_s:.1f} times the CPU of 10, {many.memory_mib / few.memory_mib:.2f} of the memory"
        )
        if not requests == counted == more:
            raise SystemExit(f"requests to Graph and to each CommCell differ: {requests}, {counted}, {more}")
    finally:
        site.close()


def name_commcells(site: Served, number: int) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """Return the simulator's CommCells, and so many names of them, each with the CommCell's connection."""
    own = site.document["cvops_connection"]["commcells"]
    names = [*own][: min(number, len(own))]
    named = {name: own[name] for name in names}
    for further in range(number - len(names)):
        name = names[further % len(names)]
        named[f"{name}-{further:03}"] = own[name]
    return own, named


def write_variables(site: Served, folder: pathlib.Path, number: int) -> pathlib.Path:
    """Write the document of *site* with so many CommCells, and return the path of the file."""
    named = name_commcells(site, number)[1]
    connection = {
        "entra": {**site.document["cvops_connection"]["entra"], "ca_path": site.ca_path},
        "commcells": {name: {**options, "ca_path": site.ca_path} for name, options in named.items()},
    }
    variables = folder / f"variables{number}.yml"
    variables.write_text(yaml.safe_dump({**site.document, "cvops_connection": connection}), encoding="utf-8")
    return variables


def run_site(
    site: Served, folder: pathlib.Path, environment: dict[str, str], number: int, *words: str
) -> tuple[Spent, tuple[int, list[float]]]:
    """Run `site` on so many CommCells, and return what it took, the requests to Graph, and those to each CommCell by kind."""
    variables, own, named = write_variables(site, folder, number), *name_commcells(site, number)
    site.count_by_service()
    spent = run_playbook(folder, environment, "cvops.identity.site", "-e", f"@{variables}", *words)
    counts = site.count_by_service()
    served = {name: sum(1 for address in named.values() if address is own[name]) for name in own}
    each = [counts[name] / served[name] for name in own]
    words_of_row = f"site, nothing to do, {number} CommCells"
    print(
        f"{words_of_row:<40} {spent.cpu_s:>8.2f} {spent.wall_s:>8.2f} {spent.memory_mib:>6} {counts['graph']:>6} {max(each):>6.1f}",
        flush=True,
    )
    return spent, (counts["graph"], each)


def count_results(folder: pathlib.Path) -> int:
    """Return how many results of tasks, skipped ones among them, the last run had on all hosts."""
    recap = (folder / "output.txt").read_text(encoding="utf-8").rpartition("PLAY RECAP")[2]
    return sum(int(number) for number in re.findall(r"(?:ok|skipped)=(\d+)", recap))


def main() -> None:
    """Everything, one table."""
    with tempfile.TemporaryDirectory() as folder:
        print(HEADER)
        set_l(pathlib.Path(folder))
        large_sets(pathlib.Path(folder) / "large")
        conditional_access(pathlib.Path(folder) / "access")
        evidence(pathlib.Path(folder) / "evidence")
        tasks(pathlib.Path(folder))
        sites(pathlib.Path(folder) / "sites")


if __name__ == "__main__":
    main()
