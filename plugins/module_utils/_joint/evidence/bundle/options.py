# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Options of access_evidence: their spec, and what is wrong with them."""

from __future__ import annotations

import os
import typing as t

from ...._core.approval import build_approval_spec
from ...._core.argument_specs import ArgumentSpec
from ...._core.context import Context
from ...._core.errors import ConfigError
from ...._core.option_faults import OptionFaults
from ...._core.option_values import resolve_path
from ..findings.rules import DEFAULT_RULES
from ..manifest import is_bundle_name
from ..tables import SEVERITIES, Rule
from .content import FORMATS, can_render_page
from .folder import find_sink_obstacle
from .signing import require_program

AUTO, NONE = "auto", "none"
_ONLY_WRITING = (
    "snapshot",
    "document",
    "rules",
    "log",
    "missing",
    "pseudonym_key_file",
    "decisions",
    "drills",
    "sign_with",
)


def bundle_spec() -> ArgumentSpec:
    """Return the options of the module."""
    text = {"type": "str"}
    required = {"type": "str", "required": True}
    patterns = {"type": "list", "elements": "str", "required": True}
    return ArgumentSpec(
        {
            "dest": {"type": "path", "required": True},
            "snapshot": {"type": "path"},
            "name": text,
            "document": {"type": "dict"},
            "rules": {
                "type": "list",
                "elements": "dict",
                "options": {
                    "id": required,
                    "title": required,
                    "severity": {"type": "str", "choices": list(SEVERITIES), "default": "high"},
                    "first": patterns,
                    "second": patterns,
                    "remedy": text,
                },
            },
            "previous": {"type": "str", "default": AUTO},
            "log": {"type": "path"},
            "missing": {"type": "dict"},
            "pseudonym_key_file": {"type": "path", "no_log": False},
            "decisions": {"type": "list", "elements": "path"},
            "drills": {
                "type": "list",
                "elements": "dict",
                "options": {
                    "commcell": required,
                    "user": required,
                    "outcome": {"type": "str", "required": True, "choices": ["worked", "not_proven", "failed"]},
                    "date": required,
                },
            },
            "formats": {"type": "list", "elements": "str", "choices": list(FORMATS)},
            "manifest_sink": {"type": "list", "elements": "path"},
            "sign_with": {"type": "path"},
            "allowed_signers": {"type": "path"},
            "verify": {"type": "bool", "default": False},
        },
        required_if=[["verify", False, ["snapshot"]]],
    ).merge(build_approval_spec())


def check_options(ctx: Context) -> None:
    """Raise ConfigError or Problems for options that do not go together or name what is not there; nothing is read but folders."""
    options, faults = ctx.options, OptionFaults()
    if options["name"] is not None and not is_bundle_name(options["name"]):
        faults.note(
            "name",
            "is not a valid folder name: use up to 100 letters, digits, dots, underscores and hyphens, and no dot at the beginning",
        )
    if options["verify"]:
        for name in _ONLY_WRITING:
            if options[name]:
                faults.note(name, "is of no use for verify: leave it out, or leave verify out")
    else:
        if "html" in list_formats(options) and not can_render_page():
            faults.note(
                "formats",
                "the HTML report can be made only on the controller, in process: give the task a local connection "
                "and do not set cvops_in_process, or choose other formats",
            )
        if os.path.lexists(options["dest"]) and not os.path.isdir(options["dest"]):
            faults.note("dest", f"{options['dest']} is not a folder")
        if options["sign_with"]:
            faults.attempt(lambda: require_program("sign_with"))
            if not os.path.isfile(options["sign_with"]):
                faults.note("sign_with", f"{options['sign_with']} is not a file")
        for path in options["manifest_sink"] or []:
            if why := find_sink_obstacle(path):
                faults.note("manifest_sink", f"{path} {why}")
            elif os.path.abspath(path).startswith(
                os.path.join(os.path.abspath(options["dest"]), "")
            ) and os.path.dirname(os.path.relpath(path, options["dest"])):
                faults.note(
                    "manifest_sink",
                    f"{path} is in a folder of dest: keep the hashes outside of the folder of the bundles",
                )
    if options["allowed_signers"]:
        faults.attempt(lambda: require_program("allowed_signers"))
        if not os.path.isfile(options["allowed_signers"]):
            faults.note("allowed_signers", f"{options['allowed_signers']} is not a file")
    for cell, why in (options["missing"] or {}).items():
        if not isinstance(why, str) or not why.strip():
            faults.note(f"missing.{cell}", "is not a text with the reason why the CommCell was not read")
    faults.raise_any()


def choose_previous(ctx: Context) -> str | None:
    """Return the path of the previous bundle that option ``previous`` names; ``auto`` as it is; None for none. Raises ConfigError."""
    given = str(ctx.options["previous"]).strip()
    if given == AUTO:
        return AUTO
    if given == NONE:
        return None
    path = os.path.normpath(os.path.expanduser(resolve_path(ctx, given)))
    if not is_bundle_name(os.path.basename(path)):
        raise ConfigError(f"option previous: {path} is not the folder of a bundle", source="option previous")
    return path


def list_rules(options: t.Mapping[str, t.Any]) -> t.Sequence[Rule]:
    """Return the rules of segregation that are given, the built-in ones when the option is left out."""
    if options["rules"] is None:
        return DEFAULT_RULES
    return [t.cast("Rule", {**rule, "remedy": rule["remedy"] or ""}) for rule in options["rules"]]


def list_formats(options: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    """Return the formats that are asked for, all when the option is left out."""
    chosen = options["formats"]
    return FORMATS if chosen is None else tuple(name for name in FORMATS if name in chosen)
