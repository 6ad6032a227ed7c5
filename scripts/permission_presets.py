# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write or check what the guide on API permissions says of each preset, from the presets themselves.

Runs in an environment that has ansible-core. Usage: permission_presets.py --check | --write
"""

from __future__ import annotations

import importlib
import pathlib
import sys
import textwrap
import typing as t

from collection_facts import PACKAGE, load_collections
from collection_tree import ROOT
from generated_files import check_or_write

GUIDE = ROOT / "docs" / "docsite" / "rst" / "guide_permissions.rst"
START = ".. presets: written by scripts/permission_presets.py\n"
END = ".. presets end\n"
WIDTH = 150


def load_part(name: str) -> t.Any:
    """Return a Python module of the presets; Ansible's import hook must be in place."""
    return importlib.import_module(f"{PACKAGE}.module_utils._entra.permission_presets.{name}")


def describe_presets() -> str:
    """Return one section per preset, and the list of permissions of tier 0."""
    data, tier_0 = load_part("presets"), load_part("tier_0")
    sections = [describe_preset(name, preset, data, tier_0) for name, preset in sorted(data.PRESETS.items())]
    return "\n".join([*sections, describe_tier_0(tier_0)])


def describe_preset(name: str, preset: t.Any, data: t.Any, tier_0: t.Any) -> str:
    """Return the section of one preset."""
    lines = [f"``{name}``", "~" * (len(name) + 4), "", *wrap(preset.purpose), ""]
    sources = list(
        dict.fromkeys([part.source for part in preset.permissions] + [preset.needs_source] * bool(preset.needs_source))
    )
    for api, label in data.APIS.items():
        for kind in ("application", "delegated"):
            parts = [part for part in preset.permissions if (part.api, part.kind) == (api, kind)]
            if parts:
                lines += [f"{label}, {kind} permissions:", "", *describe_names(parts, sources, tier_0), ""]
    for title, sentences in (
        ("What the registration needs beside it:", preset.needs),
        ("Left out:", preset.left_out),
    ):
        if sentences:
            lines += [title, "", *(line for text in sentences for line in wrap(text, "- ")), ""]
    told = (data.SOURCES[key] for key in sources)
    cited = (line for source in told for line in (f"#. {source.title}", f"   {source.url}"))
    return "\n".join([*lines, "Sources:", "", *cited, ""])


def describe_names(parts: t.Sequence[t.Any], sources: t.Sequence[str], tier_0: t.Any) -> list[str]:
    """Return one line per permission: its name, whether it is documented, the number of its source, and why it is of tier 0."""
    told = {}
    for part in parts:
        for name in part.names:
            basis = "documented" if part.documented else "inferred"
            danger = tier_0.explain_tier_0(part.api, part.kind, name)
            told[name] = f"``{name}`` ({basis}, {sources.index(part.source) + 1})" + (
                f": **{danger}**" if danger else ""
            )
    return [line for name in sorted(told) for line in wrap(told[name], "- ")]


def describe_tier_0(tier_0: t.Any) -> str:
    """Return the section about the permissions of tier 0."""
    lines = ["Permissions of tier 0", "---------------------", ""]
    lines += wrap(
        "Whoever has one of these application permissions of Microsoft Graph can take over the tenant, or grant itself anything. The plan says so where"
        f" one is requested or granted, also without a preset. Source: {tier_0.SOURCE}, without its legacy and most of its untested entries, and with"
        " ``DelegatedPermissionGrant.ReadWrite.All``. Not listed is ``Application.ReadWrite.OwnedBy``, which reaches no further than the applications"
        " that its holder owns."
    )
    lines.append("")
    lines += [line for name, can in sorted(tier_0.TIER_0.items()) for line in wrap(f"``{name}``: can {can}", "- ")]
    return "\n".join([*lines, ""])


def wrap(text: str, bullet: str = "") -> list[str]:
    """Return *text* in lines, the first one after *bullet*."""
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=bullet,
        subsequent_indent=" " * len(bullet),
        break_long_words=False,
        break_on_hyphens=False,
    )


def expected() -> dict[pathlib.Path, str]:
    """Return the guide as it should be."""
    before, dummy, rest = GUIDE.read_text(encoding="utf-8").partition(START)
    dummy, dummy, after = rest.partition(END)
    return {GUIDE: f"{before}{START}\n{describe_presets()}\n{END}{after}"}


if __name__ == "__main__":
    load_collections()
    sys.exit(check_or_write(expected(), __doc__))
