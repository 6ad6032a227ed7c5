# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `converge_role_mappings` costs with more and more CommCells, on set M without changes; and a plot of it.

``--commcells NUMBER …``, ``--forks NUMBER …`` for the largest of them with so many forks each, and ``--plot FILE`` for an SVG. The simulator
has three CommCells; more are further names of them. Ends with an error where a CommCell is asked more often because there are more.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import tempfile
import typing as t
from dataclasses import dataclass

from measuring import Served
from run import connected, name_commcells, run_playbook, write_variables

PLAYBOOK = "cvops.identity.converge_role_mappings"
USUAL_FORKS = 5
WIDTH, HEIGHT, EDGE = 640, 320, 48
COLUMNS = ("CommCells", "forks", "wall s", "Ansible cpu s", "each", "simulator cpu s", "each", "MiB", "requests each")


@dataclass(frozen=True)
class Point:
    """What a run took in CPU seconds: Ansible with its workers, and the simulator that answered it."""

    commcells: int
    ansible_s: float
    simulator_s: float


def main() -> None:
    """Print the table, and draw the plot where one is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commcells", nargs="+", type=int, default=[10, 25, 50])
    parser.add_argument("--forks", nargs="+", type=int, default=[])
    parser.add_argument("--plot", type=pathlib.Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        site = Served(pathlib.Path(name) / "m", "--set", "M")
        try:
            points = measure_all(site, pathlib.Path(name), sorted(asked.commcells), asked.forks)
        finally:
            site.close()
    if asked.plot:
        asked.plot.write_text(draw_plot(points), encoding="utf-8")


def measure_all(site: Served, folder: pathlib.Path, numbers: t.Sequence[int], forks: t.Sequence[int]) -> list[Point]:
    """Print a row for each number of CommCells, and for the largest with each number of forks; return the points of the former."""
    environment = connected(site, folder)
    run_playbook(folder, environment, PLAYBOOK, "-e", f"@{write_variables(site, folder, len(site_commcells(site)))}")
    print("  ".join(COLUMNS))
    points: list[Point] = []
    requests: set[tuple[str, float]] = set()
    for number, at_once in [
        *((number, USUAL_FORKS) for number in numbers),
        *((max(numbers), at_once) for at_once in forks),
    ]:
        variables = write_variables(site, folder, number)
        own, named = name_commcells(site, number)
        site.counts()
        before = read_cpu(site.pid)
        spent = run_playbook(folder, environment, PLAYBOOK, "-e", f"@{variables}", "--forks", str(at_once))
        point = Point(number, spent.cpu_s, read_cpu(site.pid) - before)
        counts = site.count_by_service()
        each = {
            name: counts[name] / sum(1 for address in named.values() if address is own[name])
            for name in own
            if name in counts
        }
        requests.update(each.items())
        row = (
            number,
            at_once,
            f"{spent.wall_s:.1f}",
            f"{point.ansible_s:.1f}",
            f"{point.ansible_s / number:.2f}",
            f"{point.simulator_s:.1f}",
            f"{point.simulator_s / number:.2f}",
            spent.memory_mib,
            f"{max(each.values()):.1f}",
        )
        print("  ".join(f"{value:>{len(name)}}" for name, value in zip(COLUMNS, row, strict=True)), flush=True)
        points.append(point)
    if len(requests) > len({name for name, dummy in requests}):
        raise SystemExit(f"a CommCell is asked more or less often because there are more: {sorted(requests)}")
    return points[: len(numbers)]


def site_commcells(site: Served) -> t.Sequence[str]:
    """Return the names of the simulator's own CommCells."""
    return list(site.document["cvops_connection"]["commcells"])


def read_cpu(pid: int) -> float:
    """Return the CPU seconds that a running process has taken."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def draw_plot(points: t.Sequence[Point]) -> str:
    """Return an SVG with the CPU seconds of Ansible and of the simulator over CommCells; of the same points always the same."""
    most_cells = max(point.commcells for point in points)
    most_s = max(max(point.ansible_s, point.simulator_s) for point in points)

    def place(number: float, seconds: float) -> tuple[float, float]:
        across = EDGE + number / most_cells * (WIDTH - 2 * EDGE)
        return round(across, 1), round(HEIGHT - EDGE - seconds / most_s * (HEIGHT - 2 * EDGE), 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        "<title>CPU seconds of a run without changes, by the number of CommCells</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<path d="M{EDGE} {EDGE}V{HEIGHT - EDGE}H{WIDTH - EDGE}" fill="none" stroke="#666"/>',
        f'<text x="{EDGE}" y="{EDGE - 26}">CPU seconds of a run without changes</text>',
        f'<text x="{WIDTH - EDGE}" y="{HEIGHT - 10}" text-anchor="end">CommCells</text>',
    ]
    series = {
        "Ansible": ("#06c", [(point.commcells, point.ansible_s) for point in points]),
        "simulator": ("#b50", [(point.commcells, point.simulator_s) for point in points]),
    }
    for number, (name, (color, listed)) in enumerate(series.items()):
        parts.append(f'<text x="{EDGE + 8}" y="{EDGE - 8 + 16 * number}" fill="{color}">{name}</text>')
        corners = " ".join("{},{}".format(*place(*one)) for one in listed)
        parts.append(f'<polyline fill="none" stroke="{color}" stroke-width="2" points="{corners}"/>')
        for commcells, seconds in listed:
            x, y = place(commcells, seconds)
            parts.append(f'<circle cx="{x}" cy="{y}" r="3" fill="{color}"/>')
            parts.append(f'<text x="{x}" y="{round(y - 8, 1)}" text-anchor="middle">{seconds:.1f}</text>')
    for point in points:
        x = place(point.commcells, 0)[0]
        parts.append(f'<text x="{x}" y="{HEIGHT - EDGE + 16}" text-anchor="middle">{point.commcells}</text>')
    return "\n".join([*parts, "</svg>", ""])


if __name__ == "__main__":
    main()
