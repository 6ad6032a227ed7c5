# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names that people with a grudge would give to what they may name."""

from __future__ import annotations

import pathlib

#: What YAML, JSON, terminals and file systems read a meaning into; commands are apart.
SPECIAL = (
    "yes",
    "null",
    "1e3",
    "2026-11-01",
    "12:30:45",
    "0x1F",
    "- dash",
    "~ tilde",
    "=",
    "<< merge",
    "*alias &anchor",
    "a: b #c",
    "'single' \"double\" \\back",
    "{",
    "} lone {",
    "{a: [b, c]}",
    "!unsafe x",
    "!vault |",
    "__ansible_unsafe",
    "__ansible_type",
    "__ansible_vault",
    "line\nfeed",
    "tab\tand\x1b[2J\x9b31m\x85\x7f",
    "right\u202eleft\u2066\u200b\ufeff\u2028end",
    "Köln \U0001f600",
    "../../etc/x",
    "long " * 30 + "end",
)


def commands(folder: pathlib.Path) -> list[str]:
    """Names that run a command when anything evaluates them; each then leaves a file of its own in *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    touch = [f"lookup('pipe', 'touch {folder}/{number}')" for number in range(7)]
    return [
        f"{{{{ {touch[0]} }}}}",
        f"x {{% set x = {touch[1]} %}}",
        f"#jinja2: variable_start_string: '[[', variable_end_string: ']]'\n[[ {touch[2]} ]]",
        f'!unsafe "{{{{ {touch[3]} }}}}"',
        f'", "x": "{{{{ {touch[4]} }}}}',
        f'\'\n"\n---\ncvops_application: "{{{{ {touch[5]} }}}}"\n#',
        f"['{{{{ {touch[6]} }}}}']",
    ]
