# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Writing of YAML that Ansible reads back as equal data, without evaluating anything in it."""

from __future__ import annotations

import re
import typing as t

import yaml

from ansible_collections.cvops.identity.plugins.module_utils._core.data_text import (
    escape_quoted_text,
    is_evaluated,
    normalize_data,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.visible import repair_surrogates

#: Texts that no YAML loader, of 1.1 or 1.2, takes for anything else; all others are quoted.
_BARE = re.compile(r"[A-Za-z][A-Za-z0-9_./@+-]*(?: [A-Za-z0-9_./@+(][A-Za-z0-9_./@+()-]*)*")
_RESERVED = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan", "inf"})
_TEXT, _UNSAFE = "tag:yaml.org,2002:str", "!unsafe"


class _Dumper(yaml.SafeDumper):
    """A YAML dumper that indents lists below their key and writes no aliases."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: t.Any) -> bool:
        return True


def _represent_text(dumper: _Dumper, text: str) -> yaml.Node:
    if is_evaluated(text):
        return dumper.represent_scalar(_UNSAFE, text, style='"')
    bare = _BARE.fullmatch(text) is not None and text.lower() not in _RESERVED
    return dumper.represent_scalar(_TEXT, text, style=None if bare else '"')


_Dumper.add_representer(str, _represent_text)


def dump_data_yaml(value: t.Any, comment: str | None = None) -> str:
    """Return *value* as YAML; texts and keys with a template mark carry ``!unsafe``. *comment* becomes one line at the top.

    Characters that cannot be seen are escaped; half a character is replaced by U+FFFD. Keys become text, dates ISO text.
    """
    dumped = yaml.dump(
        normalize_data(value),
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=float("inf"),
        default_flow_style=False,
    )
    head = f"# {escape_quoted_text(repair_surrogates(comment))}\n" if comment is not None else ""
    # What cannot be seen stands within double quotes only, where an escape means the same.
    return f"---\n{head}{escape_quoted_text(dumped, keep_lines=True)}"
