# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `converge_role_mappings` costs with more and more CommCells, groups and grants; and plots of it.

``--commcells NUMBER …`` on set M without changes, ``--forks NUMBER …`` for 50 of them with so many forks each, ``--grants SET …`` for the
first run on the simulator's own CommCells and for ten CommCells without changes. ``--plot FILE`` and ``--grants-plot FILE`` draw them. The
simulator has three CommCells; more are further names of them. Ends with an error where a CommCell is asked more often because there are more.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import tempfile
import typing as t
from dataclasses import dataclass

from measuring import Served
from run import LARGE_SETS, connected, name_commcells, run_playbook, widen, write_variables

PLAYBOOK = "cvops.identity.converge_role_mappings"
USUAL_FORKS = 5
MEASURED_FORKS = 50  # CommCells that are run with other forks
CELLS_OF_GRANTS = 10
WIDTH, HEIGHT, EDGE = 640, 320, 48
COLUMNS = (
    "CommCells",
    "forks",
    "wall s",
    "a minute",
    "Ansible cpu s",
    "each",
    "simulator cpu s",
    "each",
    "MiB",
    "requests each",
)
GRANT_COLUMNS = (
    "set",
    "groups",
    "grants each",
    "first run cpu s",
    "each",
    "again cpu s",
    "each",
    "MiB",
    "requests each",
)
Series = t.Mapping[str, t.Sequence[tuple[float, float]]]


@dataclass(frozen=True)
class Point:
    """What a run took in CPU seconds: Ansible with its workers, and the simulator that answered it."""

    commcells: int
    ansible_s: float
    simulator_s: float
    wall_s: float
    memory_mib: int
    requests: t.Mapping[str, float]


def main() -> None:
    """Print the tables, and draw the plots that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commcells", nargs="*", type=int, default=[10, 25, 50])
    parser.add_argument("--forks", nargs="+", type=int, default=[])
    parser.add_argument("--grants", nargs="+", choices=["S", "M", *LARGE_SETS], default=[])
    parser.add_argument("--plot", type=pathlib.Path)
    parser.add_argument("--grants-plot", type=pathlib.Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        of_cells = measure_commcells(folder / "commcells", sorted(asked.commcells), asked.forks)
        if asked.grants:
            print("  ".join(GRANT_COLUMNS))
        of_grants = [measure_grants(folder / f"grants-{each}", each) for each in asked.grants]
    if asked.plot:
        title = "CPU seconds of a run without changes, by the number of CommCells"
        series = {
            "Ansible": [(point.commcells, point.ansible_s) for point in of_cells],
            "simulator": [(point.commcells, point.simulator_s) for point in of_cells],
        }
        asked.plot.write_text(draw_plot(title, "CommCells", series), encoding="utf-8")
    if asked.grants_plot:
        title = f"CPU seconds of Ansible for each CommCell, by its grants ({CELLS_OF_GRANTS} CommCells)"
        again = [(grants, again_s) for grants, again_s in sorted(of_grants)]
        asked.grants_plot.write_text(draw_plot(title, "grants", {"Ansible": again}), encoding="utf-8")


def measure_run(site: Served, folder: pathlib.Path, number: int, forks: int, *more: str) -> Point:
    """Run the playbook for so many CommCells, and return what it took."""
    variables = write_variables(site, folder, number)
    own, named = name_commcells(site, number)
    site.counts()
    before = read_cpu(site.pid)
    words = ("-e", f"@{variables}", "-e", "role_mappings_max_removals=1000", "--forks", str(forks), *more)
    spent = run_playbook(folder, connected(site, folder), PLAYBOOK, *words)
    counts = site.count_by_service()
    each = {
        name: counts[name] / sum(1 for address in named.values() if address is own[name])
        for name in own
        if name in counts
    }
    return Point(number, spent.cpu_s, read_cpu(site.pid) - before, spent.wall_s, spent.memory_mib, each)


def print_row(columns: t.Sequence[str], row: t.Sequence[t.Any]) -> None:
    """Print the cells of a row under their titles."""
    print("  ".join(f"{value:>{len(name)}}" for name, value in zip(columns, row, strict=True)), flush=True)


def measure_commcells(folder: pathlib.Path, numbers: t.Sequence[int], forks: t.Sequence[int]) -> list[Point]:
    """Print a row for each number of CommCells, and for 50 with each number of forks; return the points of the former."""
    if not numbers and not forks:
        return []
    site = Served(folder, "--set", "M")
    try:
        measure_run(site, folder, len(site_commcells(site)), USUAL_FORKS)
        print("  ".join(COLUMNS))
        points: list[Point] = []
        for number, at_once in [
            *((number, USUAL_FORKS) for number in numbers),
            *((MEASURED_FORKS, at_once) for at_once in forks),
        ]:
            point = measure_run(site, folder, number, at_once)
            row = (
                number,
                at_once,
                f"{point.wall_s:.1f}",
                f"{number / point.wall_s * 60:.0f}",
                f"{point.ansible_s:.1f}",
                f"{point.ansible_s / number:.2f}",
                f"{point.simulator_s:.1f}",
                f"{point.simulator_s / number:.2f}",
                point.memory_mib,
                f"{max(point.requests.values()):.1f}",
            )
            print_row(COLUMNS, row)
            points.append(point)
    finally:
        site.close()
    requests = {each for point in points for each in point.requests.items()}
    if len(requests) > len({name for name, dummy in requests}):
        raise SystemExit(f"a CommCell is asked more or less often because there are more: {sorted(requests)}")
    return points[: len(numbers)]


def measure_grants(folder: pathlib.Path, name: str) -> tuple[float, float]:
    """Print a row for a set: its first run, and one without changes on ten CommCells; return grants and CPU seconds, both of a CommCell."""
    profile = "L" if name in LARGE_SETS else name
    site = Served(folder, "--set", profile, "--empty")
    try:
        cells = site_commcells(site)
        if name in LARGE_SETS:
            servers = site.list_servers(cells[0])
            site.document["cvops_role_mappings"] = widen(
                site.document["cvops_role_mappings"], servers, LARGE_SETS[name]
            )
        first = measure_run(site, folder, len(cells), USUAL_FORKS)
        summary = folder / "summary.json"
        measure_run(site, folder, len(cells), USUAL_FORKS, "-e", f"cvops_summary_file={summary}")
        again = measure_run(site, folder, CELLS_OF_GRANTS, USUAL_FORKS)
        grants = max(map(len, json.loads(summary.read_text(encoding="utf-8"))["grants"].values()))
        again_s = again.ansible_s / CELLS_OF_GRANTS
        row = (
            name,
            len(site.document["cvops_role_mappings"]),
            grants,
            f"{first.ansible_s:.1f}",
            f"{first.ansible_s / len(cells):.2f}",
            f"{again.ansible_s:.1f}",
            f"{again_s:.2f}",
            again.memory_mib,
            f"{max(again.requests.values()):.1f}",
        )
        print_row(GRANT_COLUMNS, row)
        return grants, again_s
    finally:
        site.close()


def site_commcells(site: Served) -> t.Sequence[str]:
    """Return the names of the simulator's own CommCells."""
    return list(site.document["cvops_connection"]["commcells"])


def read_cpu(pid: int) -> float:
    """Return the CPU seconds that a running process has taken."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def draw_plot(title: str, axis: str, series: Series) -> str:
    """Return an SVG with the seconds of each of the *series* over numbers of *axis*; of the same points always the same."""
    points = [point for listed in series.values() for point in listed]
    most_number, most_s = (max(point[side] for point in points) for side in (0, 1))

    def place(number: float, seconds: float) -> tuple[float, float]:
        across = EDGE + number / most_number * (WIDTH - 2 * EDGE)
        return round(across, 1), round(HEIGHT - EDGE - seconds / most_s * (HEIGHT - 2 * EDGE), 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f"<title>{title}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<path d="M{EDGE} {EDGE}V{HEIGHT - EDGE}H{WIDTH - EDGE}" fill="none" stroke="#666"/>',
        f'<text x="{EDGE}" y="{EDGE - 26}">{title}</text>',
        f'<text x="{WIDTH - EDGE}" y="{HEIGHT - 10}" text-anchor="end">{axis}</text>',
    ]
    for number, ((name, listed), color) in enumerate(zip(series.items(), ("#06c", "#b50"), strict=False)):
        parts.append(f'<text x="{EDGE + 8}" y="{EDGE - 8 + 16 * number}" fill="{color}">{name}</text>')
        corners = " ".join("{},{}".format(*place(*one)) for one in listed)
        parts.append(f'<polyline fill="none" stroke="{color}" stroke-width="2" points="{corners}"/>')
        for across, seconds in listed:
            x, y = place(across, seconds)
            parts.append(f'<circle cx="{x}" cy="{y}" r="3" fill="{color}"/>')
            parts.append(
                f'<text x="{x}" y="{round(y - 8, 1)}" text-anchor="middle">{seconds:.{1 if most_s >= 5 else 2}f}</text>'
            )
    for across in sorted({point[0] for point in points}):
        parts.append(
            f'<text x="{place(across, 0)[0]}" y="{HEIGHT - EDGE + 16}" text-anchor="middle">{across:.0f}</text>'
        )
    return "\n".join([*parts, "</svg>", ""])


if __name__ == "__main__":
    main()
