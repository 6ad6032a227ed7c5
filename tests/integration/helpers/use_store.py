# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One use of a token store in a process of its own, which may die by SIGKILL at a chosen moment.

The process is a fork, see :mod:`helpers.forking`. It takes a JSON object as its only argument: ``options`` of sign-in, ``die`` (see MOMENTS, or
null), ``collections``. Prints a JSON object: ``msg`` (null when the request succeeded), ``code``, ``warnings``, ``lines`` (everything said at -vvvv).
"""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import typing as t

from helpers.forking import ForkedProgram, fork_program
from helpers.playing import Player

#: Moments of a renewal, in order.
MOMENTS = (
    "writing the note",
    "note in place",
    "before sending",
    "answer received",
    "new pair written",
    "new pair in place",
)


class Using(t.NamedTuple):
    """A process that uses a store, and the file that it writes to."""

    process: ForkedProgram
    output: pathlib.Path


def run(options: t.Mapping[str, t.Any], die: str | None = None) -> dict[str, t.Any]:
    """Use the store in another process and wait for it; ``returncode`` is added, the rest is missing for one that was killed."""
    return finish(start(options, die))


def start(options: t.Mapping[str, t.Any], die: str | None = None) -> Using:
    """Begin to use the store in another process."""
    collections = os.environ["ANSIBLE_COLLECTIONS_PATH"]
    told = {"options": dict(options), "die": die, "collections": collections}
    folder = pathlib.Path(tempfile.mkdtemp(prefix="store"))
    for name in ("home", "tmp"):
        (folder / name).mkdir()
    vault = {name: value for name, value in os.environ.items() if name.startswith("VAULT_")}
    environment = Player(folder, pathlib.Path(collections), {}).environment(folder, vault)
    process = fork_program(main, ["use_store", json.dumps(told)], folder, environment, folder / "output.txt")
    assert process, "a test has set a variable of Ansible's"
    return Using(process, folder / "output.txt")


def finish(using: Using) -> dict[str, t.Any]:
    """What a process that was started said in the end."""
    code = using.process.wait(120)
    said = using.output.read_text() if using.output.exists() else ""
    shutil.rmtree(using.output.parent, ignore_errors=True)
    if code not in (0, -signal.SIGKILL):
        raise AssertionError(f"the process ended with {code}: {said}")
    return {"returncode": code, **(json.loads(said.splitlines()[-1]) if code == 0 else {})}


def _kill() -> t.NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")


def _arm(moment: str) -> None:
    from ansible_collections.cvops.identity.plugins.module_utils._signin.commvault import token_pair_service as service

    fsync, renew, calls = os.fsync, service.RenewalService.renew_pair, [0]
    deadly = {"writing the note": 1, "note in place": 2, "new pair written": 3, "new pair in place": 4}.get(moment)

    def counted(descriptor: int) -> None:
        calls[0] += 1
        if calls[0] == deadly:
            _kill()
        fsync(descriptor)

    def deadly_renew(self: t.Any, pair: t.Any) -> t.Any:
        if moment == "before sending":
            _kill()
        renew(self, pair)
        _kill()

    os.fsync = counted
    if deadly is None:
        service.RenewalService.renew_pair = deadly_renew  # type: ignore[method-assign]


def main() -> None:
    told = json.loads(sys.argv[1])
    from ansible.plugins.loader import init_plugin_loader

    init_plugin_loader([told["collections"]])
    from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

    from ansible_collections.cvops.identity.plugins.module_utils._commvault.client import CommvaultClient
    from ansible_collections.cvops.identity.plugins.module_utils._core.context import Context
    from ansible_collections.cvops.identity.plugins.module_utils._core.errors import CvopsError
    from ansible_collections.cvops.identity.plugins.module_utils._signin.options import commvault_spec

    if told["die"]:
        _arm(told["die"])
    lines: list[str] = []

    class Words:
        def debug(self, level: int, message: str) -> None:
            lines.append(message)

        def progress(self, message: str) -> None:
            lines.append(message)

        prompt = progress

    spec = commvault_spec()
    validated = ArgumentSpecValidator(spec.options, **spec.to_rule_kwargs()).validate(told["options"])
    ctx = Context(options=validated.validated_parameters, reporter=t.cast(t.Any, Words()), verbosity=4)
    answer: dict[str, t.Any] = {"msg": None, "code": None}
    try:
        CommvaultClient(ctx).get("CommServ", intent="read the CommServe")
    except CvopsError as exc:
        answer = {"msg": str(exc), "code": exc.facts.get("code")}
    finally:
        ctx.close()
    print(json.dumps({**answer, "warnings": ctx.warnings, "lines": lines}))
