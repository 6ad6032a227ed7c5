# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of `make test`. Each takes a Bench and returns what it found; check.py orders, times and reports them."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import re
import shutil
import tempfile
import typing as t

import staging
from collection_tree import ROOT, collections_path
from environments import ensure, installed_version
from interpreters import Target
from processes import BUILD, Outcome, Words, run, test_environment, tool_environment

COVERAGE = BUILD / "coverage"
LOGS = BUILD / "logs"
SIMULATOR = ROOT / "simulator"
LINT_IMPORTS = "from importlinter.cli import lint_imports_command; lint_imports_command()"
PYTEST_SUMMARY = re.compile(r"^(?:=+ )?((?:\d+ \w+(?:, )?)+ in [\d.]+s)", re.MULTILINE)
# Files without which the artifact is no collection of ours, and folders that must never be in it.
SHIPPED = {
    "README.md",
    "SECURITY.md",
    "COPYING",
    "meta/runtime.yml",
    "meta/execution-environment.yml",
    "meta/ee-requirements.txt",
}
NOT_SHIPPED = ("simulator/", "scripts/", "demo/", "tests/unit/", "tests/integration/", "tests/adversarial/", ".")
REQUIREMENTS = ROOT / "meta" / "ee-requirements.txt"
#: What runs on the oldest declared releases beside the unit tests: every way to sign in, and modules of each kind.
ON_MINIMUMS = (
    "test_sign_in.py",
    "test_sign_in_methods.py",
    "test_token_cache.py",
    "test_token_store.py",
    "test_lookups.py",
    "test_connection_info.py",
    "test_entra_group.py",
    "test_entra_application_secret.py",
    "test_commvault_role.py",
    "test_commvault_security_info.py",
)


Commands = t.Mapping[str, tuple[Words, pathlib.Path]]  # name -> (command, folder to run it in)


class Failed(Exception):
    """A step found a fault; the text is what the person at the terminal should see."""


@dataclasses.dataclass
class Bench:
    """Everything that a step needs: the environments to test on, and the newest of all, which runs the static checks."""

    targets: list[Target]
    newest: Target
    jobs: int = min(4, os.cpu_count() or 1)

    @property
    def measured(self) -> Target:
        """Where lines and branches are counted: on the oldest core, whose runs are the shortest."""
        return self.targets[0]

    def venv(self, target: Target) -> pathlib.Path:
        """Made at first use. The newest one holds the static tools and the official clients too."""
        newest = target == self.newest
        requirements = ROOT / ("requirements-dev.txt" if newest else "requirements-test.txt")
        major, minor = map(int, target.core.split("."))
        wanted = [f"ansible-core>={target.core}.0,<{major}.{minor + 1}", "-r", str(requirements)]
        simulator = f"{SIMULATOR}[dev]" if newest else str(SIMULATOR)
        files = [
            ROOT / "requirements-test.txt",
            requirements,
            ROOT / "meta" / "ee-requirements.txt",
            SIMULATOR / "pyproject.toml",
        ]
        return ensure(target.folder, target.python, [*wanted, "-e", simulator], files)

    def environment(self, target: Target) -> dict[str, str]:
        return test_environment(self.venv(target), collections_path())

    def program(self, target: Target, *words: str | pathlib.Path) -> list[str | pathlib.Path]:
        """A command that runs with the environment's Python: ``-m tool ...``."""
        return [self.venv(target) / "bin" / "python", *words]


def _log(name: str) -> pathlib.Path:
    path = LOGS / f"{name}.log"
    path.unlink(missing_ok=True)
    return path


def _demand(outcome: Outcome, log: pathlib.Path, lines: int = 60) -> str:
    if outcome.code != 0:
        tail = "\n".join(outcome.text.rstrip().splitlines()[-lines:])
        raise Failed(f"{tail}\n[exit code {outcome.code}; the whole log: {log.relative_to(ROOT)}]")
    return outcome.text


def _each(commands: Commands, env: t.Mapping[str, str], log: pathlib.Path) -> str:
    """Run all of them, so that one look shows all faults; the names of those that passed."""
    faults = []
    for name, (command, cwd) in commands.items():
        try:
            _demand(run(command, env=env, log=log, cwd=cwd), log)
        except Failed as fault:
            faults.append(f"-- {name}\n{fault}")
    if faults:
        raise Failed("\n".join(faults))
    return ", ".join(commands)


def lint(bench: Bench) -> str:
    """Static checks, once, in the newest environment; ansible-lint sees the staged artifact."""
    target, log = bench.newest, _log("lint")
    stage(bench)
    python = bench.venv(target) / "bin" / "python"
    plugins = [f"ansible_collections.cvops.identity.plugins.{name}" for name in _typed_packages()]
    packages = [word for name in plugins for word in ("-p", name)]
    in_root: dict[str, Words] = {
        "ruff check": [python, "-m", "ruff", "check", "."],
        "ruff format": [python, "-m", "ruff", "format", "--check", "."],
        "import-linter": [python, "-c", LINT_IMPORTS, "--no-cache", "--no-logo"],
        "mypy": [python, "-m", "mypy", *packages],
        "mypy scripts": [python, "-m", "mypy", "scripts", "demo"],
        "yamllint": [python, "-m", "yamllint", "--strict", "."],
        "action groups": [python, "scripts/action_groups.py", "--check"],
        "role connection": [python, "scripts/role_connection.py", "--check"],
        "action files": [python, "scripts/action_files.py", "--check"],
        "changelog": [bench.venv(target) / "bin" / "antsibull-changelog", "lint"],
        "shellcheck": [bench.venv(target) / "bin" / "shellcheck", ".ci/run", "scripts/find_python.sh"],
    }
    commands = {name: (words, ROOT) for name, words in in_root.items()}
    commands["ansible-lint"] = ([python, "-m", "ansiblelint", "--nocolor"], staging.COLLECTION)
    docs: Words = [
        bench.venv(target) / "bin" / "antsibull-docs",
        "lint-collection-docs",
        "--plugin-docs",
        "--skip-rstcheck",  # of the pages that it makes of plugins; the guides are checked
        "--check-extra-docs-refs",
        "--validate-collection-refs",
        "all",
        staging.COLLECTION,
    ]
    commands["antsibull-docs"] = (docs, staging.COLLECTION)
    env = {"ANSIBLE_COLLECTIONS_PATH": str(staging.STAGE), "PYTHONPATH": str(collections_path())}
    return _each(commands, bench.environment(target) | env, log)


def generate(bench: Bench) -> str:
    """Write what is generated from the modules."""
    log, scripts = _log("generate"), ("action_files.py", "action_groups.py", "role_connection.py")
    for script in scripts:
        command = bench.program(bench.newest, f"scripts/{script}", "--write")
        _demand(run(command, env=bench.environment(bench.newest), log=log), log)
    return ", ".join(scripts)


def _typed_packages() -> list[str]:
    folders = ("module_utils", "plugin_utils", "modules", "lookup", "filter", "action")
    return [name for name in folders if any((ROOT / "plugins" / name).rglob("*.py"))]


def unit(bench: Bench, target: Target) -> str:
    """Unit and property tests; measured where integration is."""
    return _pytest(bench, target, "unit", ["tests/unit"], measured=target == bench.measured)


def integration(bench: Bench, target: Target) -> str:
    """Every module, role and playbook through real ansible-playbook runs against the simulator, and a sample of the hostile services.

    Measured in one environment, and there the tests' own processes only: measuring nearly doubles the time of ansible-playbook.
    """
    arguments = ["tests/integration", "tests/adversarial", "--dist", "worksteal"]
    jobs = 2 * bench.jobs  # half of a run's time is waiting
    return _pytest(bench, target, "integration", arguments, measured=target == bench.measured, jobs=jobs, seconds=3600)


def adversarial(bench: Bench, target: Target) -> str:
    """Hostile services: every attack at every place, and whole playbooks; what `integration` runs a sample of."""
    arguments = ["tests/adversarial", "--dist", "worksteal"]
    variables = {"CVOPS_ADVERSARIAL": "whole"}
    return _pytest(bench, target, "adversarial", arguments, measured=False, seconds=7200, variables=variables)


def minimum_pins(requirements: str) -> list[str]:
    """Exactly the oldest releases that a requirements file allows: ``name>=1.2`` as ``name==1.2``. Raises Failed for lines without one."""
    lines = [line.strip() for line in requirements.splitlines()]
    named = [line for line in lines if line and not line.startswith("#")]
    unbounded = [line for line in named if not re.fullmatch(r"[A-Za-z0-9_.-]+>=[0-9][0-9A-Za-z.]*", line)]
    if unbounded:
        raise Failed(f"no oldest release is named: {', '.join(unbounded)}")
    return [line.replace(">=", "==") for line in named]


def minimums(bench: Bench) -> str:
    """Unit tests and what signs in, on exactly the oldest releases of the libraries that are declared, and the oldest ansible-core."""
    target, log = bench.targets[0], _log("minimums")
    major, minor = map(int, target.core.split("."))
    core = f"ansible-core>={target.core}.0,<{major}.{minor + 1}"
    pins = minimum_pins(REQUIREMENTS.read_text(encoding="utf-8"))
    tests = ROOT / "requirements-test.txt"
    files = [tests, REQUIREMENTS, SIMULATOR / "pyproject.toml"]
    venv = ensure(
        f"minimums-{target.folder}", target.python, [core, *pins, "-r", str(tests), "-e", str(SIMULATOR)], files
    )
    wrong = [pin for pin in pins if installed_version(venv, pin.split("==")[0]) != pin.split("==")[1]]
    if wrong:
        raise Failed(f"not installed as pinned: {', '.join(wrong)}")
    words = ["-m", "pytest", "-q", "-n", str(bench.jobs), "--dist", "worksteal"]
    chosen = ["tests/unit", *(f"tests/integration/{name}" for name in ON_MINIMUMS)]
    with _short_folder() as folder:
        command: Words = [venv / "bin" / "python", *words, "--basetemp", folder, *chosen]
        outcome = run(command, env=test_environment(venv, collections_path()), log=log, seconds=1800)
    return f"{_pytest_summary(_demand(outcome, log))}; {', '.join(pins)}"


def _pytest(
    bench: Bench,
    target: Target,
    name: str,
    arguments: list[str],
    *,
    measured: bool,
    jobs: int = 0,
    seconds: int = 1800,
    variables: t.Mapping[str, str] | None = None,
) -> str:
    if not (ROOT / arguments[0]).is_dir():
        raise Failed(f"there is no folder {arguments[0]}")
    log = _log(f"{name}-{target.folder}")
    COVERAGE.mkdir(parents=True, exist_ok=True)
    for stale in COVERAGE.glob(f"{name}-{target.folder}*"):
        stale.unlink()
    env = bench.environment(target) | dict(variables or {})
    words = ["-m", "pytest", "-q", "-n", str(jobs or bench.jobs)]
    if measured:
        env |= {"COVERAGE_FILE": str(COVERAGE / f"{name}-{target.folder}"), "CVOPS_CHECKOUT": str(ROOT)}
        words = ["-m", "coverage", "run", "--rcfile", str(ROOT / "pyproject.toml"), *words]
    with _short_folder() as folder:
        command = bench.program(target, *words, "--basetemp", folder, *arguments)
        outcome = run(command, env=env, log=log, seconds=seconds)
    return _pytest_summary(_demand(outcome, log))


@contextlib.contextmanager
def _short_folder() -> t.Iterator[str]:
    """A folder for what tests write, with a short path: Ansible makes sockets below it, whose paths end at 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="cv", dir="/tmp", ignore_cleanup_errors=True) as folder:
        yield f"{folder}/t"


def _pytest_summary(text: str) -> str:
    found = PYTEST_SUMMARY.findall(text)
    if not found:
        raise Failed("pytest wrote no summary")
    return str(found[-1])


def simulator_test(bench: Bench) -> str:
    """The simulator's own ruff, mypy, import-linter and tests, among them those with the official clients."""
    target, log = bench.newest, _log("simulator-test")
    env = bench.environment(target)
    python = bench.venv(target) / "bin" / "python"
    static: Commands = {
        "ruff check": ([python, "-m", "ruff", "check", "."], SIMULATOR),
        "ruff format": ([python, "-m", "ruff", "format", "--check", "."], SIMULATOR),
        "mypy": ([python, "-m", "mypy"], SIMULATOR),
        # Not the script `lint-imports`: a space in the path of the environment makes its first line one that nobody can read.
        "import-linter": ([python, "-c", LINT_IMPORTS, "--no-cache", "--no-logo"], SIMULATOR),
    }
    passed = _each(static, env, log)
    command: Words = [python, "-m", "pytest", "-q", "-n", str(bench.jobs), "--dist", "loadfile", "tests"]
    outcome = run(command, env=env, log=log, cwd=SIMULATOR, seconds=1800)
    return f"{_pytest_summary(_demand(outcome, log))}; {passed}"


def stage(bench: Bench) -> pathlib.Path:
    """A fresh copy of what the artifact carries, unpacked at the path that Ansible's tools demand."""
    log = _log("stage")
    outcome, artifact = staging.build_artifact(bench.venv(bench.newest), log)
    _demand(outcome, log)
    if artifact is None:
        raise Failed(f"ansible-galaxy built no artifact, see {log.relative_to(ROOT)}")
    return staging.stage(artifact)


def sanity(bench: Bench, target: Target) -> str:
    """ansible-test sanity on the staged artifact."""
    log = _log(f"sanity-{target.folder}")
    stage(bench)
    venv = bench.venv(target)
    version = ".".join(map(str, target.version))
    words = ["sanity", "--color", "no", "--python", version]
    # Not the script: a space in the path of the environment makes its first line one that Python cannot read.
    command: Words = [venv / "bin" / "python", "-m", "ansible_test._util.target.cli.ansible_test_cli_stub", *words]
    outcome = run(command, env=staging.sanity_environment(venv), log=log, cwd=staging.COLLECTION, seconds=1200)
    faults = "\n".join(line for line in outcome.text.splitlines() if line.startswith(("ERROR", "FATAL")))
    text = _demand(outcome._replace(text=faults) if outcome.code and faults else outcome, log)
    tests = len(re.findall(r"^Running sanity test", text, re.MULTILINE))
    if "All targets skipped" in text or tests < 15:
        raise Failed(f"ansible-test tested next to nothing, see {log.relative_to(ROOT)}")
    return f"{tests} tests"


def build(bench: Bench) -> str:
    """The artifact builds, carries what it must and nothing else, installs, and documents every module."""
    log, venv = _log("build"), bench.venv(bench.newest)
    outcome, artifact = staging.build_artifact(venv, log)
    _demand(outcome, log)
    if artifact is None:
        raise Failed("ansible-galaxy built no artifact")
    names = staging.artifact_names(artifact)
    faults = [f"not in the artifact: {name}" for name in sorted(SHIPPED - names)]
    faults += [f"must not be in the artifact: {name}" for name in sorted(names) if name.startswith(NOT_SHIPPED)]
    if faults:
        raise Failed("\n".join(faults))
    place = BUILD / "installed"
    shutil.rmtree(place, ignore_errors=True)
    env = tool_environment(venv, place)
    install: Words = [
        venv / "bin" / "ansible-galaxy",
        "collection",
        "install",
        "--offline",
        "--no-deps",
        "-p",
        place,
        artifact,
    ]
    _demand(run(install, env=env, log=log), log)
    modules = [f"cvops.identity.{path.stem}" for path in sorted((ROOT / "plugins" / "modules").glob("[!_]*.py"))]
    if not modules:
        raise Failed("the collection has no modules")
    _demand(run([venv / "bin" / "ansible-doc", "--type", "module", "--json", *modules], env=env, log=log), log)
    return f"{artifact.name}, {len(names)} files, {len(modules)} modules"


def coverage(bench: Bench) -> str:
    """Lines and branches of module_utils that unit and integration tests reached in their own processes."""
    log, env = _log("coverage"), bench.environment(bench.newest)
    env |= {"COVERAGE_FILE": str(COVERAGE / "combined"), "CVOPS_CHECKOUT": str(ROOT)}
    data = [str(path) for name in ("unit", "integration") for path in sorted(COVERAGE.glob(f"{name}-*"))]
    if not data:
        raise Failed("nothing was measured: run the steps unit and integration first")
    command = bench.program(bench.newest, "-m", "coverage")
    settings = ["--rcfile", str(ROOT / "pyproject.toml")]
    _demand(run([*command, "combine", "--keep", "--quiet", *settings, *data], env=env, log=log), log)
    text = _demand(run([*command, "report", *settings], env=env, log=log), log, lines=200)
    totals = re.findall(r"^TOTAL.*?([\d.]+%)$", text, re.MULTILINE)
    if not totals:
        raise Failed("coverage wrote no total")
    return f"{totals[-1]} of module_utils, lines and branches"
