# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the checks of this repository: everything that CI runs, or one step of it.

Needs Python 3.11 or newer and git, nothing else. It makes its environments below .build, on the oldest and the newest
supported ansible-core when both Pythons are there, and says which. Usage: check.py [--env all|oldest|newest] STEP
"""

from __future__ import annotations

import argparse
import collections
import re
import signal
import sys
import time
import typing as t

import steps
from environments import installed_version
from interpreters import Target, choose_targets, find_pythons

ONCE: dict[str, t.Callable[[steps.Bench], str]] = {
    "lint": steps.lint,
    "simulator-test": steps.simulator_test,
    "build": steps.build,
    "coverage": steps.coverage,
    "generate": steps.generate,
    "minimums": steps.minimums,
}
PER_TARGET: dict[str, t.Callable[[steps.Bench, Target], str]] = {
    "unit": steps.unit,
    "integration": steps.integration,
    "sanity": steps.sanity,
    "adversarial": steps.adversarial,
}
ORDER = ("build", "lint", "unit", "simulator-test", "sanity", "integration", "coverage")
#: What takes longer, after all of the others: `make test-all`.
ORDER_ALL = (*ORDER, "minimums", "adversarial")


class Report:
    """What has run so far, printed as it happens."""

    def __init__(self) -> None:
        self.failed: list[str] = []
        self.passed: list[str] = []
        self.pytest: collections.Counter[str] = collections.Counter()
        self.began = time.monotonic()

    def run(self, title: str, step: t.Callable[[], str]) -> None:
        print(f"== {title}", flush=True)
        began = time.monotonic()
        try:
            found = step()
        except steps.Failed as fault:
            self.failed.append(title)
            print(f"{fault}\n   FAILED after {time.monotonic() - began:.1f} s: {title}", flush=True)
            found = str(fault)
        else:
            self.passed.append(title)
            print(f"   ok, {time.monotonic() - began:.1f} s: {found}", flush=True)
        self._count_tests(found)

    def _count_tests(self, found: str) -> None:
        for summary in steps.PYTEST_SUMMARY.findall(found)[-1:]:
            for number, word in re.findall(r"(\d+) (\w+)", summary):
                self.pytest[word] += int(number)

    def finish(self) -> int:
        seconds = time.monotonic() - self.began
        print()
        if self.pytest:
            counts = ", ".join(f"{number} {word}" for word, number in self.pytest.items())
            print(f"pytest, all runs together: {counts} in {seconds:.2f}s")
        if self.failed:
            print(f"FAILED after {seconds:.0f} s: {'; '.join(self.failed)} ({len(self.passed)} steps passed)")
            return 1
        print(f"All {len(self.passed)} steps passed in {seconds:.0f} s.")
        return 0


def parse(arguments: t.Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--env", choices=("all", "oldest", "newest"), default="all", help="limit the run to one environment"
    )
    parser.add_argument("step", choices=("all", "test-all", "generate", *ORDER_ALL))
    return parser.parse_args(arguments)


def make_bench(wanted: str) -> steps.Bench:
    targets = choose_targets(find_pythons())
    chosen = {"oldest": targets[:1], "newest": targets[-1:], "all": targets}
    return steps.Bench(chosen[wanted], targets[-1])


def main(arguments: t.Sequence[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what we started is ended, as it is on SIGINT
    options = parse(arguments)
    bench = make_bench(options.env)
    print(
        "Environments: " + "; ".join(f"{target.label} ({target.role}, {target.python})" for target in bench.targets),
        flush=True,
    )
    for target in bench.targets:
        print(f"   {target.label}: ansible-core {installed_version(bench.venv(target), 'ansible-core')}", flush=True)
    report = Report()
    for name in {"all": ORDER, "test-all": ORDER_ALL}.get(options.step, (options.step,)):
        if name in ONCE:
            report.run(name, lambda step=ONCE[name]: step(bench))  # type: ignore[misc]
            continue
        for target in bench.targets:
            report.run(f"{name}, {target.label}", lambda step=PER_TARGET[name], target=target: step(bench, target))  # type: ignore[misc]
    return report.finish()


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("interrupted")
