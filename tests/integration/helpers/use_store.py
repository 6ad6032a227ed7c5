# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One use of a token store in a process of its own, which may die by SIGKILL at a chosen moment.

Run with this file and a JSON object as its only input on stdin: ``options`` of sign-in, ``die`` (see MOMENTS, or null), ``collections``. Prints a JSON
object: ``msg`` (null when the request succeeded), ``code``, ``warnings``, ``lines`` (everything said at -vvvv).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import typing as t

#: Moments of a renewal, in order.
MOMENTS = (
    "writing the note",
    "note in place",
    "before sending",
    "answer received",
    "new pair written",
    "new pair in place",
)


def run(options: t.Mapping[str, t.Any], die: str | None = None) -> dict[str, t.Any]:
    """Use the store in another process and wait for it; ``returncode`` is added, the rest is missing for one that was killed."""
    return finish(start(options, die))


def start(options: t.Mapping[str, t.Any], die: str | None = None) -> subprocess.Popen[str]:
    """Begin to use the store in another process."""
    told = {"options": dict(options), "die": die, "collections": os.environ["ANSIBLE_COLLECTIONS_PATH"]}
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(("COVERAGE", "CVOPS_CHECKOUT", "CVOPS_TEST", "PATH", "PYTHONPATH"))
    }
    process = subprocess.Popen(
        [sys.executable, __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**kept, **{name: value for name, value in os.environ.items() if name.startswith("VAULT_")}},
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(told))
    process.stdin.close()
    process.stdin = None
    return process


def finish(process: subprocess.Popen[str]) -> dict[str, t.Any]:
    """What a process that was started said in the end."""
    out, err = process.communicate(timeout=120)
    if process.returncode not in (0, -signal.SIGKILL):
        raise AssertionError(f"the process ended with {process.returncode}: {err}")
    return {"returncode": process.returncode, **(json.loads(out) if process.returncode == 0 else {})}


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
    told = json.load(sys.stdin)
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


if __name__ == "__main__":
    main()
