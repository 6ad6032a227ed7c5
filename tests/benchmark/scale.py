# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `converge_role_mappings` costs with 10 to 100 CommCells and with more or fewer forks, on set M without changes; and a plot of it.

Numbers of CommCells as arguments, and ``--plot FILE`` for an SVG. The simulator has three CommCells; more are further names of them.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import tempfile
import typing as t

from measuring import Served
from run import Spent, connected, run_playbook, write_variables

PLAYBOOK = "cvops.identity.converge_role_mappings"
FORKS = (2, 5, 10, 25)
WIDTH, HEIGHT, EDGE = 640, 320, 48


def main() -> None:
    """Print the table, and draw the plot where one is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("numbers", nargs="*", type=int, default=[10, 25, 50, 100])
    parser.add_argument("--plot", type=pathlib.Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        site = Served(pathlib.Path(name) / "m", "--set", "M")
        try:
            points = measure_all(site, pathlib.Path(name), asked.numbers)
        finally:
            site.close()
    if asked.plot:
        asked.plot.write_text(draw_plot(points), encoding="utf-8")


def measure_all(site: Served, folder: pathlib.Path, numbers: t.Sequence[int]) -> list[tuple[int, float]]:
    """Print a row for each number of CommCells, and for 50 of them with each number of forks; return CommCells and CPU seconds of Ansible."""
    environment = connected(site, folder)
    print(
        f"{'CommCells':>9} {'forks':>5} {'wall s':>7} {'cpu s':>7} {'each':>6} {'simulator':>9} {'MiB':>5} {'reads each':>10} {'kB out':>6}"
    )
    points = []
    for number, forks in [*((number, 5) for number in numbers), *((50, forks) for forks in FORKS)]:
        variables = write_variables(site, folder, number)
        site.count_by_service()
        before = read_cpu(site.pid)
        spent: Spent = run_playbook(folder, environment, PLAYBOOK, "-e", f"@{variables}", "--forks", str(forks))
        served = read_cpu(site.pid) - before
        counts = site.count_by_service()
        reads = sum(count for name, count in counts.items() if name not in ("login", "graph", "control")) / number
        printed = (folder / "output.txt").stat().st_size // 1000
        print(
            f"{number:>9} {forks:>5} {spent.wall_s:>7.1f} {spent.cpu_s:>7.1f} {spent.cpu_s / number:>6.2f} {served:>9.1f}"
            f" {spent.memory_mib:>5} {reads:>10.1f} {printed:>6}",
            flush=True,
        )
        points.append((number, spent.cpu_s))
    return points[: len(numbers)]


def read_cpu(pid: int) -> float:
    """Return the CPU seconds that a running process has taken."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def draw_plot(points: t.Sequence[tuple[int, float]]) -> str:
    """Return an SVG with CPU seconds over CommCells."""
    most_cells, most_s = max(number for number, dummy in points), max(seconds for dummy, seconds in points)

    def place(number: float, seconds: float) -> tuple[float, float]:
        across = EDGE + number / most_cells * (WIDTH - 2 * EDGE)
        return round(across, 1), round(HEIGHT - EDGE - seconds / most_s * (HEIGHT - 2 * EDGE), 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<path d="M{EDGE} {EDGE}V{HEIGHT - EDGE}H{WIDTH - EDGE}" fill="none" stroke="#666"/>',
        f'<text x="{EDGE}" y="{EDGE - 14}">CPU seconds of a run without changes</text>',
        f'<text x="{WIDTH - EDGE}" y="{HEIGHT - 10}" text-anchor="end">CommCells</text>',
        f'<polyline fill="none" stroke="#06c" stroke-width="2" points="{" ".join("{},{}".format(*place(*point)) for point in points)}"/>',
    ]
    for number, seconds in points:
        x, y = place(number, seconds)
        parts.append(
            f'<circle cx="{x}" cy="{y}" r="3" fill="#06c"/><text x="{x}" y="{y - 8}" text-anchor="middle">{seconds:.0f}</text>'
        )
        parts.append(f'<text x="{x}" y="{HEIGHT - EDGE + 16}" text-anchor="middle">{number}</text>')
    return "\n".join([*parts, "</svg>", ""])


if __name__ == "__main__":
    main()
