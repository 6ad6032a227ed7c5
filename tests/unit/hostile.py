# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names that people with a grudge would choose, for everything that is written, read, templated or printed."""

from __future__ import annotations

import pathlib
import typing as t

from hypothesis import strategies as st

#: What YAML, JSON, Jinja, terminals and file systems read a meaning into.
FRAGMENTS = (
    "{{ 1 + 1 }}",
    "{{",
    "}}",
    "{% if true %}x{% endif %}",
    "{#",
    "#}",
    "{",
    "}",
    "#jinja2: variable_start_string: '[['\n[[ 1 + 1 ]]",
    "!unsafe",
    '!unsafe "x"',
    "!vault |",
    "$ANSIBLE_VAULT;1.1;AES256",
    "__ansible_unsafe",
    "__ansible_vault",
    "__ansible_type",
    "- ",
    "-",
    "---",
    "...",
    "yes",
    "NO",
    "y",
    "null",
    "~",
    "True",
    "1e3",
    "0x1F",
    "0o17",
    "1_000",
    "12:30:45",
    ".inf",
    "2026-11-01",
    "<<",
    "=",
    "*alias",
    "&anchor",
    "? ",
    ": ",
    " #",
    "%TAG",
    "@",
    "`",
    "'",
    '"',
    "\\",
    "\\u007b\\u007b 1 + 1 }}",
    "[1, 2]",
    "{'a': 1}",
    "\n",
    "\r\n",
    "\t",
    "\x00",
    "\x1b[31m",
    "\x7f",
    "\x85",
    "\x9b",
    "\u2028",
    "\u2029",
    "\ufeff",
    "\u202e",
    "\u2066",
    "\u200b",
    "\u00ad",
    "\u3164",
    "\U000e0041",
    "\U0001f600",
    "\ufffe",
    "Köln",
    "../",
    "/",
    " ",
)
#: Text of such fragments and of anything else that a Python text may hold, halves of characters left out.
names: st.SearchStrategy[str] = st.one_of(
    st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=5)), max_size=5).map("".join), st.text()
)
_plain = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), names)
#: Structures as modules return them.
structures: st.SearchStrategy[t.Any] = st.recursive(
    _plain,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(names, inner, max_size=4)),
    max_leaves=12,
)


def commands(folder: pathlib.Path) -> list[str]:
    """Names that run a command when anything evaluates them; each then leaves a file of its own in *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    touch = [f"lookup('pipe', 'touch {folder}/{number}')" for number in range(6)]
    return [
        f"{{{{ {touch[0]} }}}}",
        f"x {{% set x = {touch[1]} %}} {{{{ x }}}}",
        f"#jinja2: variable_start_string: '[[', variable_end_string: ']]'\n[[ {touch[2]} ]]",
        f'!unsafe "{{{{ {touch[3]} }}}}"',
        f'", "x": "{{{{ {touch[4]} }}}}',
        f'\'\n"\n---\ncvops_application: "{{{{ {touch[5]} }}}}"\n',
    ]
