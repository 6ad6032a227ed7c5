# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module's body run in the test's own process against a simulated site: the same code without the seconds around it."""

from __future__ import annotations

import types
import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from cvops_simulator import Simulator

from ansible_collections.cvops.identity.plugins.module_utils._core.context import Context
from ansible_collections.cvops.identity.plugins.module_utils._core.runner import run_task


class Words:
    """A reporter that keeps what is said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def debug(self, level: int, message: str) -> None:
        self.lines.append(message)

    def progress(self, message: str) -> None:
        self.lines.append(message)

    def prompt(self, message: str) -> None:
        self.lines.append(message)


def connection(site: Simulator, commcell: str | None = None) -> dict[str, t.Any]:
    """Sign-in options for both sides; *commcell* defaults to the first one."""
    document = site.variables()["cvops_connection"]
    name = commcell or next(iter(document["commcells"]))
    cell = {f"commvault_{option}": value for option, value in document["commcells"][name].items()}
    return {**document["entra"], **cell}


def run_body(
    module: types.ModuleType,
    site: Simulator,
    options: t.Mapping[str, t.Any],
    *,
    check: bool = False,
    verbosity: int = 0,
    words: Words | None = None,
) -> dict[str, t.Any]:
    """The task result of *module* with *options*; sign-in options that the module accepts are filled in."""
    accepted = {name: value for name, value in connection(site).items() if name in module.SPEC.options}
    validated = ArgumentSpecValidator(module.SPEC.options, **module.SPEC.to_rule_kwargs()).validate(
        {**accepted, **options}
    )
    if validated.errors.errors:
        return {"failed": True, "changed": False, "msg": validated.errors.msg}
    ctx = Context(
        options=validated.validated_parameters,
        reporter=words or Words(),
        check_mode=check,
        diff_mode=True,
        verbosity=verbosity,
        secrets={str(secret) for secret in validated._no_log_values},
    )
    result = run_task(ctx, module.RESOURCE)
    result["warnings"] = ctx.warnings
    return result
