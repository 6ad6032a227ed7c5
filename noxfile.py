# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of `make test` as sessions of nox.

The environments are sessions, too (``core-...``): made once, shared by the steps, made again when what they should hold has changed.
The variable ENV (oldest, newest, all, or a release of ansible-core: 2.18) chooses which of them the steps of each environment run on; everything else
runs on the newest.
"""

from __future__ import annotations

import atexit
import datetime
import json
import os
import pathlib
import re
import shutil
import signal
import sys
import tempfile
import typing as t

import antsibull_nox
import nox
from nox.command import CommandFailed

ROOT = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "scripts"))

import molecule_scenarios  # noqa: E402 - its folder had to be put on the path first
import release_files  # noqa: E402
import staging  # noqa: E402
from collection_tree import collections_path  # noqa: E402
from controller_collections import fetch_controller_collections  # noqa: E402
from environments import (  # noqa: E402
    BUILD,
    CONSTRAINTS,
    LIBRARIES,
    REQUIREMENT_FILES,
    SIMULATOR,
    digest,
    environments_folder,
    minimum_core,
    minimum_pins,
    testing_variables,
    tool_variables,
)
from interpreters import PYTHONS_OF, Target, choose_targets, find_pythons, name_target  # noqa: E402
from pytest_counts import Counts  # noqa: E402
from reproducible_archive import make_reproducible, source_time  # noqa: E402
from side_by_side import run_together, show_end  # noqa: E402

VENVS = environments_folder()
COVERAGE = BUILD / "coverage"
LOGS = BUILD / "logs"
SITE = BUILD / "docs"
PYTHONS = find_pythons()
TARGETS = choose_targets(PYTHONS)
NEWEST = TARGETS[-1]
CHOICES = {"oldest": TARGETS[:1], "newest": TARGETS[-1:], "all": TARGETS}
if (_env := os.environ.get("ENV") or "all") not in {*CHOICES, *PYTHONS_OF}:
    sys.exit(f"ENV is {_env!r}: it takes one of {', '.join([*CHOICES, *PYTHONS_OF])}")
CHOSEN = CHOICES[_env] if _env in CHOICES else [name_target(_env, PYTHONS)]
MEASURED = CHOSEN[-1]  # its Python counts lines at next to no cost (sys.monitoring), and branches at the usual one
MINIMUMS = f"minimums-{TARGETS[0].folder}"
MINIMUM_PINS = [
    minimum_core((ROOT / "meta/runtime.yml").read_text("utf-8")),
    *minimum_pins(LIBRARIES.read_text("utf-8")),
]
CONTROLLERS = "controllers-environment"
JOBS = min(4, os.cpu_count() or 1)
#: Workers of what waits or plays: more than the cores, and no more than that, since each worker plays with several processes.
PLAYING_JOBS = JOBS + (JOBS + 1) // 2
LINT_IMPORTS = ("-c", "from importlinter.cli import lint_imports_command as main; main()", "--no-cache", "--no-logo")
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
#: Tests of texts that some releases of ansible-core evaluate.
HOSTILE_TEXTS = ("tests/adversarial/test_kept_facts.py", "tests/adversarial/test_playbooks.py")
#: Rooms of module_utils that take nothing from ansible-core.
SAME_ON_EVERY_CORE = ("_entra", "_commvault", "_joint", "_signin", "_stores")
#: Sanity tests that look at the source alone, so that they say the same whichever ansible-core starts them; and import, which the unit tests of
#: the oldest environment do there.
SANITY_OF_SOURCE = (
    "empty-init",
    "import",
    "line-endings",
    "no-assert",
    "no-get-exception",
    "no-illegal-filenames",
    "no-smart-quotes",
    "pep8",
    "pslint",
    "pylint",
    "replace-urlopen",
    "shebang",
    "shellcheck",
    "symlinks",
    "use-argspec-type-path",
    "use-compat-six",
    "yamllint",
)
#: Steps of `make test` that run at once: each leaves a core idle for most of its time. Others beside them take longer than one after the other.
ALONGSIDE = ("docs", "molecule-sample", "browser-sample", "first-release")
#: What GitHub reads of the repository, by the name of its schema.
REPOSITORY_FILES = {
    "github-workflows": "workflows/*.yml",
    "github-issue-config": "ISSUE_TEMPLATE/config.yml",
    "github-issue-forms": "ISSUE_TEMPLATE/[!c]*.yml",
    "dependabot": "dependabot.yml",
}
#: The arguments of pytest for what plays.
INTEGRATION = ("tests/integration", "tests/adversarial", "--dist", "worksteal")
#: Rotations that meet faults: the step of that name runs all of them.
ROTATION_FAULTS = "tests/integration/test_rotation_faults.py"
COUNTS = Counts()
Word = str | pathlib.Path

nox.options.envdir = str(VENVS)
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = True
nox.options.tags = ["test"]
os.environ |= {"UV_SYSTEM_CERTS": "1", "UV_PYTHON_DOWNLOADS": "never", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
signal.signal(signal.SIGTERM, signal.default_int_handler)  # nox ends what it runs when it is interrupted
atexit.register(lambda: print(f"pytest, all runs together: {COUNTS}") if str(COUNTS) else None)


# -- environments


def add_environment(name: str, target: Target, *requirements: Word, made_for: str = "") -> None:
    """Register the session that makes an environment, where it is not current; *made_for*: made again when that changes, too."""

    @nox.session(name=name, python=str(target.python), default=False)
    def environment(session: nox.Session) -> None:
        words = ["-c", str(CONSTRAINTS), *map(str, requirements)]
        contents = digest(
            str(target.python), made_for, *words, *(path.read_text("utf-8") for path in REQUIREMENT_FILES)
        )
        venv = pathlib.Path(session.virtualenv.location)
        complete = venv / ".complete"
        if not complete.is_file() or complete.read_text() != contents:
            if complete.is_file():
                shutil.rmtree(venv)
                session.virtualenv.create()
            # compiled once, here: else every short ansible-playbook run would do it again
            compiled = ["--compile-bytecode"] if session.venv_backend == "uv" else []
            session.install(*compiled, *words)
            complete.write_text(contents)
        session.log(next(venv.glob("lib/python*/site-packages/ansible_core-*.dist-info")).stem)

    environment.__doc__ = f"The environment of {target.label}."


for _target in {target.folder: target for target in [*CHOSEN, *TARGETS]}.values():
    _tools = [SIMULATOR] if _target != NEWEST else [f"{SIMULATOR}[dev]", "-r", ROOT / "requirements-dev.txt"]
    add_environment(_target.folder, _target, _target.requirement, "-r", ROOT / "requirements-test.txt", "-e", *_tools)
add_environment(
    MINIMUMS,
    TARGETS[0],
    *MINIMUM_PINS,
    *("-r", ROOT / "requirements-test.txt", "-e", SIMULATOR),
)
add_environment(
    CONTROLLERS,
    NEWEST,
    NEWEST.requirement,
    *("-r", ROOT / "requirements-controllers.txt", "-e", SIMULATOR),
)
add_environment("demo-environment", NEWEST, "ansible-core", "-r", LIBRARIES, "-e", SIMULATOR)
add_environment(
    "devel-environment",
    NEWEST,
    os.environ.get("CVOPS_DEVEL_CORE") or "ansible-core>=2.22.0.dev0",
    *("-r", ROOT / "requirements-test.txt", "-e", SIMULATOR),
    made_for=datetime.date.today().isoformat(),  # a release candidate is followed by the next one
)


# -- how a step is registered, and how it runs a program


class TookTooLong(KeyboardInterrupt):
    """A program that does not end: raised as an interrupt, as only then nox ends what it runs."""


def _raise_took_too_long(*_signal: t.Any) -> t.NoReturn:
    raise TookTooLong


signal.signal(signal.SIGALRM, _raise_took_too_long)


class Step:
    """A step that runs: its environment, its log."""

    def __init__(self, session: nox.Session, environment: str) -> None:
        self.session = session
        self.venv = VENVS / environment
        self.log = LOGS / f"{session.name}.log"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.unlink(missing_ok=True)

    def run(
        self,
        program: str,
        *words: Word,
        variables: t.Mapping[str, str] | None = None,
        cwd: Word = ROOT,
        minutes: float = 30,
    ) -> str:
        """Run a program of the environment; return what it wrote, which is in the log.

        Raises CommandFailed, when it has shown the end of that; also when the program did not end within *minutes*.
        """
        variables = {**testing_variables(self.venv), **(variables or {})}
        command = [str(self.venv / "bin" / program), *map(str, words)]
        start = self.log.stat().st_size if self.log.exists() else 0
        before = pathlib.Path.cwd()
        os.chdir(cwd)
        signal.setitimer(signal.ITIMER_REAL, 60 * minutes)
        try:
            with self.log.open("a", encoding="utf-8") as stream:
                stream.write(f"$ {' '.join(command)}\n")
                stream.flush()
                self.session.run(
                    *command,
                    env=dict(variables),
                    include_outer_env=False,
                    log=False,
                    stdout=stream,
                    interrupt_timeout=10,
                    terminate_timeout=10,
                )
        except (CommandFailed, TookTooLong) as fault:
            print(*self.written(start).splitlines()[-60:], f"[the whole log: {self.log.relative_to(ROOT)}]", sep="\n")
            if isinstance(fault, TookTooLong):
                print(late := f"{program} did not end within {minutes} minutes")
                raise CommandFailed(late) from fault
            raise
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            os.chdir(before)
        return self.written(start)

    def written(self, start: int) -> str:
        """Return the log from there."""
        return self.log.read_bytes()[start:].decode(errors="replace")

    def run_all(self, commands: t.Mapping[str, t.Callable[[], str]]) -> None:
        """Run them all, so that one look shows all faults."""
        failed = []
        for name, command in commands.items():
            print(f"-- {name}", flush=True)
            try:
                command()
            except CommandFailed:
                failed.append(name)
        if failed:
            self.session.error(", ".join(failed))

    def describe(
        self, name: str, program: str, *words: Word, variables: t.Mapping[str, str], cwd: Word = ROOT
    ) -> dict[str, t.Any]:
        """Return a program of the environment, as run_side_by_side takes it; its log has its name."""
        return {
            "name": name,
            "command": [str(self.venv / "bin" / program), *map(str, words)],
            "cwd": str(cwd),
            "variables": {**testing_variables(self.venv), **variables},
            "log": str(LOGS / f"{self.session.name}-{name.replace(' ', '-')}.log"),
        }

    def run_side_by_side(self, programs: t.Sequence[t.Mapping[str, t.Any]]) -> None:
        """Run programs at once, to their ends; CommandFailed when one has failed, after the ends of the logs of those."""
        print(f"-- {', '.join(str(program['name']) for program in programs)}", flush=True)
        with tempfile.NamedTemporaryFile(
            "w", suffix=".json"
        ) as stream:  # its own place: an index URL may hold a password
            json.dump(programs, stream)
            stream.flush()
            self.run("python", "scripts/side_by_side.py", stream.name)

    def pytest(
        self,
        *words: Word,
        jobs: int = JOBS,
        measured: t.Literal["", "lines", "branches"] = "",
        minutes: int = 30,
        cwd: pathlib.Path = ROOT,
        **variables: str,
    ) -> None:
        """Run pytest, and count its tests; *minutes* guard against hanging."""
        name = self.session.name
        data = name.replace("-whole", "")  # the last run counts, of a share or of all
        COVERAGE.mkdir(parents=True, exist_ok=True)
        # files of a run that counted branches as well cannot be combined with those of one that did not
        for stale in COVERAGE.glob("*" if measured == "lines" else f"{data}.*"):
            stale.unlink()
        coverage: list[Word] = []
        if measured:
            branches = ["--branch"] if measured == "branches" else []
            coverage = ["coverage", "run", "--rcfile", ROOT / "pyproject.toml", *branches, "-m"]
            variables |= {"COVERAGE_FILE": str(COVERAGE / data), "CVOPS_CHECKOUT": str(ROOT)}
            if measured == "lines" and MEASURED.version >= (3, 12):
                variables["COVERAGE_CORE"] = "sysmon"
        # A folder with a short path: Ansible makes sockets below it, whose paths end at 107 bytes.
        with tempfile.TemporaryDirectory(prefix="cv", dir="/tmp", ignore_cleanup_errors=True) as folder:
            limits = [
                "-q",
                "-n",
                str(jobs),
                "--durations=20",
                "--timeout=600",  # of one test: the other is looked at between tests only
                "--session-timeout",
                str(60 * minutes),
                "--basetemp",
                f"{folder}/t",
            ]
            command = ["-m", *coverage, "pytest", *limits, *words]
            # twice the time: it reports itself what took it, unless it cannot
            output = self.run("python", *command, variables=variables, cwd=cwd, minutes=2 * minutes)
        summary = COUNTS.add(output)
        if not summary:
            self.session.error("pytest wrote no summary")
        self.session.log(summary)


def step(
    *tags: str,
    environment: str = NEWEST.folder,
    targets: t.Sequence[Target] = (),
    others: t.Sequence[Target] = (),
) -> t.Callable[[t.Callable[..., None]], None]:
    """Register a function as a session, or as one for each of *targets*; ``nox -t NAME`` runs them all.

    *others*: environments that a session needs beside its own.
    """

    def register(function: t.Callable[..., None]) -> None:
        name = function.__name__.replace("_", "-")
        for target in targets or [None]:
            venv = target.folder if target else environment

            def run(session: nox.Session, target: Target | None = target, venv: str = venv) -> None:
                function(Step(session, venv), *([target] if target else []))

            run.__doc__ = function.__doc__
            title = f"{name}-{target.role}" if target else name
            needed = [venv, *(other.folder for other in others if other.folder != venv)]
            nox.session(name=title, python=False, tags=[name, *tags], requires=needed)(run)

    return register


# -- the steps, in their order


def build_artifact(step: Step, sources: pathlib.Path = ROOT, folder: pathlib.Path | None = None) -> pathlib.Path:
    """Return the artifact of these sources: the same bytes for the same sources. Without a folder it lies in one of the step's own."""
    folder = folder or BUILD / "artifacts" / step.session.name
    shutil.rmtree(folder, ignore_errors=True)
    words = ["collection", "build", "--force", "--output-path", folder]
    step.run("ansible-galaxy", *words, variables=tool_variables(step.venv), cwd=sources)
    (artifact,) = folder.glob("cvops-identity-*.tar.gz")
    make_reproducible(artifact, source_time())
    return artifact


def check_reproducible(step: Step, artifact: pathlib.Path) -> None:
    """Build a copy of the sources, written in another order and at another time, and compare."""
    with tempfile.TemporaryDirectory(prefix="cvops-sources-") as folder:
        copy = staging.copy_sources(pathlib.Path(folder) / "sources")
        again = build_artifact(step, copy, pathlib.Path(folder) / "dist")
        if again.read_bytes() != artifact.read_bytes():
            strays = sorted(staging.artifact_names(artifact) ^ staging.artifact_names(again))
            known = f"; unknown to git: {', '.join(strays)}" if strays else ""
            step.session.error(f"the same sources made another artifact{known}")


@step("test", "test-all")
def build(step: Step) -> None:
    """Build the artifact: it carries what it must and nothing else, twice the same bytes, installs, and documents every module."""
    artifact = build_artifact(step, folder=staging.DIST)
    faults = staging.artifact_faults(names := staging.artifact_names(artifact))
    if faults:
        step.session.error("; ".join(faults))
    check_reproducible(step, artifact)
    place = BUILD / "installed"
    shutil.rmtree(place, ignore_errors=True)
    variables = tool_variables(step.venv, place)
    words = ["collection", "install", "--offline", "--no-deps", "-p", place, artifact]
    step.run("ansible-galaxy", *words, variables=variables)
    modules = [f"cvops.identity.{path.stem}" for path in sorted((ROOT / "plugins" / "modules").glob("[!_]*.py"))]
    step.run("ansible-doc", "--type", "module", "--json", *modules, variables=variables)
    step.session.log(f"{artifact.name}, {len(names)} files, {len(modules)} modules")


@step("test", "test-all")
def lint(step: Step) -> None:
    """Run the static checks; ansible-lint sees the staged artifact, and the scenarios of Molecule beside it."""
    staging.stage(build_artifact(step))
    staging.add_to_stage("extensions/molecule")
    folders = ("module_utils", "plugin_utils", "modules", "lookup", "filter", "action")
    packages = [word for name in folders for word in ("-p", f"ansible_collections.cvops.identity.plugins.{name}")]
    staged = {"ANSIBLE_COLLECTIONS_PATH": str(staging.STAGE)}
    tree = {"PYTHONPATH": str(collections_path())}
    commands: dict[str, tuple[Word, ...]] = {
        "ruff check": ("python", "-m", "ruff", "check", "."),
        "ruff format": ("python", "-m", "ruff", "format", "--check", "."),
        "mypy": ("python", "-m", "mypy", *packages),
        "mypy scripts": (
            "python",
            "-m",
            "mypy",
            "--cache-dir",
            BUILD / "mypy-scripts",
            "scripts",
            "demo",
            "tests/guard",
            "extensions/eda/plugins/event_source",
        ),
        "yamllint": ("python", "-m", "yamllint", "--strict", "."),
        "action groups": ("python", "scripts/action_groups.py", "--check"),
        "role connection": ("python", "scripts/role_connection.py", "--check"),
        "variables schema": ("python", "scripts/variables_schema.py", "--check"),
        "action files": ("python", "scripts/action_files.py", "--check"),
        "contents of the README": ("python", "scripts/readme_contents.py", "--check"),
        "permission presets": ("python", "scripts/permission_presets.py", "--check"),
        "index of names": ("python", "scripts/names_index.py", "--check"),
        "what was verified": ("python", "scripts/verification.py", "--check"),
        "pictures": ("python", "scripts/pictures.py", "--check"),
        "changelog": ("antsibull-changelog", "lint"),
        "licences": ("reuse", "lint"),
        "workflows": ("zizmor", "--offline", "--no-progress", ".github"),
        "shellcheck": ("shellcheck", ".ci/run", "scripts/find_python.sh"),
    }
    for kind, names in REPOSITORY_FILES.items():
        files = sorted((ROOT / ".github").glob(names))
        commands[f"schema of {kind}"] = ("check-jsonschema", "--builtin-schema", f"vendor.{kind}", *files)
    programs = [step.describe(name, *words, variables=staged) for name, words in commands.items()]
    programs.append(step.describe("import-linter", "python", *LINT_IMPORTS, variables=tree))
    words = ("python", "-m", "ansiblelint", "--nocolor", "--strict")  # hubs show warnings, too
    programs.append(step.describe("ansible-lint", *words, variables=staged, cwd=staging.COLLECTION))
    step.run_side_by_side(programs)


@step("lint", "test-all")
def docs(step: Step) -> None:
    """Check the documentation of plugins and roles, and what the guides refer to; build the site of all of it, in .build/docs/html."""
    folder = BUILD / "stage-docs"
    collection, staged = staging.stage(build_artifact(step), folder), {"ANSIBLE_COLLECTIONS_PATH": str(folder)}
    shutil.rmtree(SITE, ignore_errors=True)
    pages = SITE / "rst"
    pages.mkdir(mode=0o755, parents=True)  # antsibull-docs writes into none that others may write into
    # the guides name pictures as they find them in the repository: ../../pictures
    shutil.copytree(collection / "docs" / "pictures", SITE / "pictures")
    form = ("--use-current", "--squash-hierarchy", "--no-add-antsibull-docs-version", "--fail-on-error")
    step.run("antsibull-docs", "collection", *form, "--dest-dir", pages, "cvops.identity", variables=staged)
    step.run("python", "scripts/option_tables.py", pages)
    # rstcheck is for the pages that it makes of plugins: Sphinx reads all of them
    checks = ("--skip-rstcheck", "--plugin-docs", "--check-extra-docs-refs", "--validate-collection-refs", "all")
    html = ("--fail-on-warning", "--nitpicky", "-b", "html", "-c", "scripts/docs_site", "-d", SITE / "doctrees")
    commands: dict[str, tuple[Word, ...]] = {
        "antsibull-docs": ("antsibull-docs", "lint-collection-docs", *checks, collection),
        "sphinx": ("python", "-m", "sphinx", "--quiet", *html, pages, SITE / "html"),
    }
    step.run_side_by_side([step.describe(name, *words, variables=staged) for name, words in commands.items()])
    step.session.log(f"{len(list((SITE / 'html').rglob('*.html')))} pages")


antsibull_nox.load_antsibull_nox_toml()
nox.registry.get()["extra-checks"].tags += ["lint", "test", "test-all"]


@step("test", targets=CHOSEN)
def unit(step: Step, target: Target) -> None:
    """Run unit and property tests, lines measured in the newest environment; in the others only what ansible-core may decide."""
    words = ["tests/unit", "--hypothesis-profile=sample"]
    if target == MEASURED:
        step.pytest(*words, jobs=PLAYING_JOBS, measured="lines")
    else:
        left_out = [f"--ignore=tests/unit/plugins/module_utils/{name}" for name in SAME_ON_EVERY_CORE]
        step.pytest(*words, *left_out, jobs=PLAYING_JOBS)


@step("test-all", targets=CHOSEN)
def unit_whole(step: Step, target: Target) -> None:
    """Run all unit and property tests in every environment."""
    step.pytest("tests/unit", measured="branches" if target == MEASURED else "")


@step("test", "test-all")
def simulator(step: Step) -> None:
    """Run the simulator's own static checks and tests, among them those with the official clients."""
    checks = {
        "ruff check": ("ruff", "check", "."),
        "ruff format": ("ruff", "format", "--check", "."),
        "mypy": ("mypy",),
    }
    runs = {name: lambda words=words: step.run("python", "-m", *words, cwd=SIMULATOR) for name, words in checks.items()}
    runs["import-linter"] = lambda: step.run("python", *LINT_IMPORTS, cwd=SIMULATOR)
    runs["pytest"] = lambda: step.pytest("--dist", "loadfile", "tests", cwd=SIMULATOR)
    step.run_all(runs)


def run_sanity(step: Step, skipped: t.Sequence[str], imported: t.Sequence[str] = ()) -> None:
    """Run ansible-test sanity on the staged artifact, all environments at once; *skipped*: tests that only the newest one runs.

    *imported*: the folders of what is imported, each file by itself; without them all of the collection. Each of pylint and import takes as long as
    all the others, so that they run beside them.
    """
    artifact = build_artifact(step)
    runs, fewest = [], {}
    for target in CHOSEN:
        left_out = [] if target == CHOSEN[-1] else list(skipped)
        slow = [name for name in ("pylint", "import") if name not in left_out]
        skip = [word for name in dict.fromkeys([*slow, *left_out]) for word in ("--skip-test", name)]
        runs.append(describe_sanity(artifact, target, target.role, *skip))
        fewest[target.role] = 15
        for name in slow:
            words = ["--test", name, *(imported if name == "import" else ())]
            runs.append(describe_sanity(artifact, target, f"{target.role}-{name}", *words))
            fewest[f"{target.role}-{name}"] = 1
    step.run_side_by_side(runs)
    for run in runs:
        output = pathlib.Path(run["log"]).read_text("utf-8", errors="replace")
        tests = len(re.findall(r"^Running sanity test", output, re.MULTILINE))
        if "All targets skipped" in output or tests < fewest[run["name"]]:
            step.session.error(f"ansible-test tested next to nothing: {run['name']}")
        step.session.log(f"{run['name']}: {tests} tests")


def describe_sanity(artifact: pathlib.Path, target: Target, name: str, *words: str) -> dict[str, t.Any]:
    """Return ansible-test with these words, in an environment and on files of its own, as run_side_by_side takes it."""
    # Not the script: a space in the path of the environment makes its first line one that Python cannot read.
    module = "ansible_test._util.target.cli.ansible_test_cli_stub"
    venv, folder = VENVS / target.folder, BUILD / f"stage-{name}"
    python = ".".join(map(str, target.version))
    return {
        "name": name,
        "command": [str(venv / "bin/python"), "-m", module, "sanity", "--color", "no", "--python", python, *words],
        "cwd": str(staging.stage(artifact, folder)),
        "variables": staging.sanity_variables(venv, folder),
        "log": str(LOGS / f"sanity-{name}.log"),
    }


@step("test", others=CHOSEN)
def sanity(step: Step) -> None:
    """Run ansible-test sanity; what looks at the source alone runs in the newest environment, where what users name is imported, with all it imports.

    In a single environment, as in the matrix of CI, every file is imported by itself.
    """
    named = [f"plugins/{name}/" for name in ("action", "filter", "lookup", "modules")]
    run_sanity(step, SANITY_OF_SOURCE, named if len(CHOSEN) > 1 else ())


@step("test-all", others=CHOSEN)
def sanity_whole(step: Step) -> None:
    """Run every test of ansible-test sanity in every environment."""
    run_sanity(step, ())


@step("test", targets=CHOSEN)
def integration(step: Step, target: Target) -> None:
    """Run every module, role and playbook through real ansible-playbook runs against the simulator, and a sample of the hostile services.

    What no release of ansible-core decides runs in one of the environments, and of sweeps a sample (tests/integration/helpers/sampling.py).
    """
    share = f"{CHOSEN.index(target) + 1}/{len(CHOSEN)}"
    step.pytest(*INTEGRATION, jobs=PLAYING_JOBS, minutes=60, CVOPS_TEST_SHARE=share)


@step("test-all", targets=CHOSEN)
def integration_whole(step: Step, target: Target) -> None:
    """Run the same without a share, all cases of all sweeps, every fault at every request: everything in every environment.

    Every task of Ansible has a process, also where a run of `integration` carries it out itself.
    Measured in one of them, and there the tests' own processes only: measuring nearly doubles the time of ansible-playbook.
    """
    measured: t.Literal["", "branches"] = "branches" if target == MEASURED else ""
    words = (*INTEGRATION, f"--ignore={ROTATION_FAULTS}")
    variables = {"CVOPS_FAULTS": "whole", "CVOPS_TEST_CONTROL_TASKS": ""}
    step.pytest(*words, jobs=PLAYING_JOBS, measured=measured, minutes=120, **variables)


def run_scenarios(step: Step, names: t.Sequence[str]) -> None:
    """Run scenarios of Molecule, all of them on one simulator, which has a folder of its own and is stopped."""
    folder = BUILD / "molecule"
    variables = {"CVOPS_MOLECULE_DIR": str(folder), "NO_COLOR": "1"}
    if "awx_setup" in names:
        variables["ANSIBLE_COLLECTIONS_PATH"] = f"{collections_path()}:{fetch_controller_collections()}"
    words = [word for name in names for word in ("--scenario-name", name)]
    try:
        # a state of its own: with what an interrupted run has left, Molecule would not start the simulator
        with tempfile.TemporaryDirectory(prefix="cvops-molecule-") as state:
            variables["MOLECULE_EPHEMERAL_DIRECTORY"] = state
            output = step.run("python", "-m", "molecule", "test", *words, variables=variables)
        if faults := molecule_scenarios.recap_faults(output, names):
            step.session.error("; ".join(faults))
        if (folder / "simulator").exists():
            step.session.error(f"{folder} was not removed")
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # which ends the simulator, too
    step.session.log(f"{len(names)} scenarios")


@step()
def molecule_sample(step: Step) -> None:
    """Run some of the scenarios of Molecule, which `molecule` runs all of."""
    run_scenarios(step, molecule_scenarios.SAMPLE)


@step("test-all")
def molecule(step: Step) -> None:
    """Run every scenario of Molecule: one for each role, and one for the playbook site."""
    run_scenarios(step, molecule_scenarios.list_scenarios())


@step("test-all")
def faults(step: Step) -> None:
    """Let every request of a rotation meet every trouble, in every scene, and count the cases; `integration` runs a sample of them."""
    with tempfile.TemporaryDirectory(prefix="cvops-counts-") as folder:
        variables = {"CVOPS_FAULTS": "whole", "CVOPS_COUNTS": folder}
        try:
            step.pytest(ROTATION_FAULTS, "--dist", "worksteal", minutes=240, **variables)
        finally:
            lines = [line.split() for path in pathlib.Path(folder).iterdir() for line in path.read_text().splitlines()]
            cases, failed = (sum(int(line[place]) for line in lines) for place in (0, 1))
            step.session.log(f"{cases} cases of faults in rotations, {failed} failed")


@step("test-all", environment="devel-environment")
def devel(step: Step) -> None:
    """Run everything on the newest release of ansible-core that can be had, release candidates and the like included."""
    version = step.run("python", "-c", "import ansible.release; print(ansible.release.__version__)").strip()
    step.session.log(f"ansible-core {version}")
    step.pytest("tests/unit", *INTEGRATION, jobs=PLAYING_JOBS, minutes=60)


def install_in_ci(step: Step, program: str, package: str) -> None:
    """Install Debian's package where CI lacks the program; elsewhere the tests tell its absence by name."""
    if shutil.which(program) is None and os.environ.get("CI") and os.geteuid() == 0 and shutil.which("apt-get"):
        words = ("install", "-qq", "--yes", "--no-install-recommends", package)
        for command in (("update", "-qq"), words):
            step.session.run("apt-get", *command, env={"DEBIAN_FRONTEND": "noninteractive"}, external=True, silent=True)


def install_image_layers(step: Step, bill: pathlib.Path) -> None:
    """Install what ansible-builder finds for an execution environment into a clean virtual environment, import it there, and list it in a bill."""
    with tempfile.TemporaryDirectory(prefix="cvops-image-") as folder:
        found, venv = pathlib.Path(folder) / "requirements.txt", pathlib.Path(folder) / "venv"
        variables = tool_variables(step.venv)
        step.run("ansible-builder", "introspect", collections_path(), "--write-pip", found, variables=variables)
        step.run("python", "-m", "venv", venv, variables=variables)
        python, words = (
            f"{venv}/bin/python",
            ["-m", "pip", "install", "--quiet", "ansible-core", "ansible-runner", "-r"],
        )
        for command in (
            [*words, found],
            ["-c", "import ansible, ansible_runner, cryptography, jmespath, jwt, msal, requests"],
        ):
            step.run(python, *command, variables=variables)
        (packages,) = venv.glob("lib/python3*/site-packages")
        step.session.log(step.run("python", "scripts/bill_of_materials.py", packages, bill).splitlines()[-1])


def check_import(step: Step, artifact: pathlib.Path, lint: bool) -> None:
    """Import the artifact as Galaxy and Automation Hub do, without a container; *lint*: ansible-lint, too, which the step of that name runs."""
    settings = {"CHECK_REQUIRED_TAGS": True, "REQUIRE_V1_OR_GREATER": lint, "RUN_ANSIBLE_LINT": lint}
    variables = {f"GALAXY_IMPORTER_{name}": str(value) for name, value in settings.items()}
    with tempfile.TemporaryDirectory(prefix="cvops-import-") as folder:  # it writes its result where it runs
        words = ("-m", "galaxy_importer.main", artifact)
        output = step.run("python", *words, variables=tool_variables(step.venv) | variables, cwd=folder)
    if complaints := release_files.importer_complaints(output):
        step.session.error("; ".join(complaints))


def run_controllers(step: Step, *words: Word) -> None:
    """Run what controllers are made of; *words* choose tests."""
    install_in_ci(step, "java", "default-jre-headless")
    check_import(step, build_artifact(step), lint=False)
    install_image_layers(step, BUILD / "execution-environment.cdx.json")
    words = ("tests/controllers", "--dist", "loadfile", *words)
    step.pytest(*words, jobs=PLAYING_JOBS, CVOPS_CONTROLLER_COLLECTIONS=str(fetch_controller_collections()))


@step("test", environment=CONTROLLERS)
def controllers(step: Step) -> None:
    """Run the official clients of AWX, ansible-runner, -builder, -navigator and -rulebook (which needs Java), but for the longest stories."""
    run_controllers(step, "-m", "not whole")


@step("test-all", environment=CONTROLLERS)
def controllers_whole(step: Step) -> None:
    """Run all stories with controllers."""
    run_controllers(step)


def run_browser(step: Step, *words: Word) -> None:
    """Open report.html in a real Chromium; CI installs Debian's, elsewhere its absence is told and skips the tests. *words* choose tests."""
    install_in_ci(step, "chromium", "chromium")
    step.pytest("tests/browser", "--dist", "worksteal", *words)


@step()
def browser_sample(step: Step) -> None:
    """Open report.html in a real Chromium, but for the largest ones."""
    run_browser(step, "-m", "not whole")


@step("test-all")
def browser(step: Step) -> None:
    """Open report.html of every size in a real Chromium."""
    run_browser(step)


@step("test")
def alongside(step: Step) -> None:
    """Run at once what leaves a core idle by itself, each with its own log: docs, and samples of molecule, browser and first-release."""
    logs = {name: LOGS / f"{step.session.name}-{name}.log" for name in ALONGSIDE}
    command = [sys.executable, "-m", "nox", "--non-interactive", "--session"]
    steps = [
        {
            "name": name,
            "command": [*command, name],
            "cwd": str(ROOT),
            "variables": dict(os.environ),
            "log": str(log),
        }
        for name, log in logs.items()
    ]

    def tell(name: str) -> None:
        COUNTS.add(text := logs[name].read_text("utf-8", errors="replace"))
        took = re.findall(rf"^nox > \* {name}: (.*)$", text, re.MULTILINE)
        step.session.log(f"{name}: {took[-1] if took else 'ended without a word'}")

    step.session.log(", ".join(ALONGSIDE))
    if failed := run_together(steps, tell):
        for name in failed:
            print(show_end(logs[name]))
        step.session.error(", ".join(failed))


@step("test", "test-all")
def coverage(step: Step) -> None:
    """Report the lines of module_utils, after `make test-all` also the branches, that the tests reached in their own processes."""
    data = sorted(path for name in ("unit", "integration") for path in COVERAGE.glob(f"{name}-{MEASURED.role}.*"))
    if not data:
        step.session.error("nothing was measured: run the step unit first")
    variables = {"COVERAGE_FILE": str(COVERAGE / "combined"), "CVOPS_CHECKOUT": str(ROOT)}
    settings = ["--rcfile", ROOT / "pyproject.toml"]
    step.run("python", "-m", "coverage", "combine", "--keep", "--quiet", *settings, *data, variables=variables)
    report = step.run("python", "-m", "coverage", "report", *settings, variables=variables)
    (total,) = re.findall(r"^TOTAL.*?([\d.]+%)$", report, re.MULTILINE)
    step.session.log(f"{total} of module_utils")


@step("test-all", environment=MINIMUMS)
def minimums(step: Step) -> None:
    """Run unit tests, hostile texts and what signs in, on exactly the oldest releases that are declared, of the libraries and of ansible-core."""
    installed = step.run(
        "python", "-c", "import importlib.metadata as m; [print(f'{d.name}=={d.version}') for d in m.distributions()]"
    )
    wrong = set(MINIMUM_PINS) - set(installed.splitlines())
    if wrong:
        step.session.error(f"not installed as pinned: {', '.join(sorted(wrong))}")
    signing_in = [f"tests/integration/{name}" for name in ON_MINIMUMS]
    words = ("--dist", "worksteal", "tests/unit", *HOSTILE_TEXTS, *signing_in)
    step.pytest(*words, jobs=PLAYING_JOBS, CVOPS_ADVERSARIAL="whole")


@step("test-all", environment=MINIMUMS)
def first_release(step: Step) -> None:
    """Play hostile texts on the first release of ansible-core that is declared: patch releases differ in what they evaluate."""
    step.pytest(*HOSTILE_TEXTS, "-k", "facts", jobs=PLAYING_JOBS)


@step("test-all", targets=CHOSEN)
def adversarial(step: Step, _target: Target) -> None:
    """Attack from hostile services: every attack at every place, and whole playbooks; what `integration` runs a sample of."""
    step.pytest("tests/adversarial", "--dist", "worksteal", minutes=120, CVOPS_ADVERSARIAL="whole")


def build_simulator(step: Step, folder: pathlib.Path) -> pathlib.Path:
    """Return the wheel of the simulator, in the folder: who has a release rehearses without a checkout. The same bytes for the same sources."""
    found = []
    for _time in range(2):
        with tempfile.TemporaryDirectory(prefix="cvops-wheel-") as copy:  # setuptools writes beside the sources
            sources, target = pathlib.Path(copy) / "simulator", pathlib.Path(copy) / "dist"
            shutil.copytree(SIMULATOR, sources, ignore=shutil.ignore_patterns("*.egg-info", "build", "__pycache__"))
            words = ("-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(target), str(sources))
            step.session.run(sys.executable, *words, env={"SOURCE_DATE_EPOCH": str(source_time())}, external=True)
            (wheel,) = target.iterdir()
            found.append((wheel.name, wheel.read_bytes()))
    if found[0] != found[1]:
        step.session.error(f"the same sources made another {found[0][0]}")
    path = folder / found[0][0]
    path.write_bytes(found[0][1])
    return path


@step(environment=CONTROLLERS)
def release(step: Step) -> None:
    """Make the files of a release in .build/dist; CVOPS_RELEASE_TAG: the tag that it is for.

    These are the artifact, its bill of materials, the wheel of the simulator, and their checksums.

    What the release promises has to be kept in tests/upgrade: the next ones are held to it.
    """
    artifact = build_artifact(step, folder=staging.DIST)
    faults = release_files.release_faults(os.environ.get("CVOPS_RELEASE_TAG"))
    faults += staging.artifact_faults(staging.artifact_names(artifact))
    if faults:
        step.session.error("; ".join(faults))
    step.run("python", "scripts/keep_release.py", release_files.read_version(), "--check")
    check_reproducible(step, artifact)
    check_import(step, artifact, lint=True)
    install_image_layers(step, release_files.bill_of(artifact))
    build_simulator(step, staging.DIST)
    step.session.log(release_files.write_checksums(staging.DIST).read_text())


@step()
def benchmark(step: Step) -> None:
    """Measure what it costs."""
    program = str(step.venv / "bin" / "python")
    for name in ("run", "scale"):
        step.session.run(program, f"tests/benchmark/{name}.py", env=tool_variables(step.venv), include_outer_env=False)


@step()
def generate(step: Step) -> None:
    """Write what is generated from the modules."""
    names = (
        "action_files",
        "action_groups",
        "role_connection",
        "variables_schema",
        "readme_contents",
        "permission_presets",
        "names_index",
        "verification",
        "pictures",
    )
    for name in names:
        step.run("python", f"scripts/{name}.py", "--write")


@step(environment="demo-environment")
def demo(step: Step) -> None:
    """Watch it work: the simulator, the site playbook four times, a rotation that is killed and resumed, evidence."""
    variables = {**testing_variables(step.venv), "PYTHONUNBUFFERED": "1"}
    step.session.run(
        str(step.venv / "bin" / "python"), "demo/demo.py", env=variables, include_outer_env=False, interrupt_timeout=30
    )
