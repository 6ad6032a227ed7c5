# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs module bodies for the tests: started once, it imports everything once, and forks for each case.

Reads one JSON object per line: ``number``, ``module``, ``options``, ``environment``, ``folder``, ``check``, ``way`` (``module``: the entry point of a
module file as Ansible runs it; ``body``: the body with a person at the terminal, as on the controller), ``memory`` (bytes of address space),
``cpu`` (seconds), ``dump_after`` (seconds after which the child says where it is).
The child writes ``stdout`` and ``stderr`` into the folder. Prints one JSON object per ended child: ``number``, ``code``, ``rss_kib``, ``seconds``.
"""

from __future__ import annotations

import faulthandler
import importlib
import json
import os
import resource
import selectors
import signal
import sys
import time
import typing as t

_PACKAGE = "ansible_collections.cvops.identity.plugins"


def _load() -> None:
    from ansible.plugins.loader import init_plugin_loader

    init_plugin_loader([os.environ["ANSIBLE_COLLECTIONS_PATH"]])
    for name in ("msal", "hvac", "hvac.exceptions", "requests", "jmespath", "cryptography.x509"):
        importlib.import_module(name)


def _as_module(case: dict[str, t.Any]) -> None:
    from ansible.module_utils import basic

    arguments = {
        **case["options"],
        "_ansible_check_mode": case["check"],
        "_ansible_diff": True,
        "_ansible_verbosity": 4,
        "_ansible_module_name": f"cvops.identity.{case['module']}",
        "_ansible_remote_tmp": case["folder"],
        "_ansible_tmpdir": case["folder"],
    }
    basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()
    basic._ANSIBLE_PROFILE = "legacy"
    importlib.import_module(f"{_PACKAGE}.modules.{case['module']}").main()


def _as_body(case: dict[str, t.Any]) -> None:
    from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

    context = importlib.import_module(f"{_PACKAGE}.module_utils._core.context")
    runner = importlib.import_module(f"{_PACKAGE}.module_utils._core.runner")
    module = importlib.import_module(f"{_PACKAGE}.modules.{case['module']}")
    lines: list[str] = []

    class Words:
        def debug(self, level: int, message: str) -> None:
            lines.append(message)

        def progress(self, message: str) -> None:
            lines.append(message)

        def prompt(self, message: str) -> None:
            lines.append(message)

    validated = ArgumentSpecValidator(module.SPEC.options, **module.SPEC.to_rule_kwargs()).validate(case["options"])
    if validated.errors.errors:
        raise ValueError(validated.errors.msg)
    ctx = context.Context(
        options=validated.validated_parameters,
        reporter=Words(),
        check_mode=case["check"],
        diff_mode=True,
        verbosity=4,
        attended=True,
        secrets={str(secret) for secret in validated._no_log_values},
    )
    result = runner.run_task(ctx, module.RESOURCE)
    print(json.dumps({**result, "warnings": ctx.warnings, "_cvops_log": lines}))


def _child(case: dict[str, t.Any]) -> t.NoReturn:
    code = 120
    try:
        os.setsid()
        for number, name in ((1, "stdout"), (2, "stderr")):
            handle = os.open(os.path.join(case["folder"], name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(handle, number)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.chdir(case["folder"])
        os.environ.update(case["environment"])
        faulthandler.dump_traceback_later(case["dump_after"])
        resource.setrlimit(resource.RLIMIT_AS, (case["memory"], case["memory"]))
        faulthandler.register(signal.SIGXCPU, chain=True)
        resource.setrlimit(resource.RLIMIT_CPU, (case["cpu"], case["cpu"] + 5))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        (_as_module if case["way"] == "module" else _as_body)(case)
        code = 0
    except SystemExit as exc:
        code = exc.code if isinstance(exc.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
        code = 121
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    _load()
    selector = selectors.DefaultSelector()
    selector.register(0, selectors.EVENT_READ)
    running: dict[int, tuple[int, float]] = {}
    waiting = b""
    print(json.dumps({"ready": os.getpid()}), flush=True)
    open_input = True
    while open_input or running:
        for _event in selector.select(0.02) if open_input else [time.sleep(0.02)]:
            if not open_input:
                continue
            found = os.read(0, 1 << 20)
            if not found:
                open_input = False
                selector.unregister(0)
            waiting += found
            *lines, waiting = waiting.split(b"\n")
            for line in lines:
                case = json.loads(line)
                pid = os.fork()
                if pid == 0:
                    _child(case)
                running[pid] = (case["number"], time.monotonic())
                print(json.dumps({"number": case["number"], "pid": pid}), flush=True)
        while running:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
            if not pid:
                break
            number, began = running.pop(pid)
            told = {
                "number": number,
                "code": os.waitstatus_to_exitcode(status),
                "rss_kib": usage.ru_maxrss,
                "seconds": round(time.monotonic() - began, 2),
            }
            print(json.dumps(told), flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    main()
