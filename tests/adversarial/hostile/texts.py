# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts that do harm where they are evaluated, printed, used as a path, a pattern or an argument. MARKER is the file that evaluation makes."""

from __future__ import annotations

import pathlib

#: Begins a line that a run may never print: it looks like one of Ansible's own.
FORGED = "ok: [forged-host]"

TEMPLATES = {
    "pipe": "{{ lookup('pipe', 'touch MARKER') }}",
    "pipe-block": "{% for x in [lookup('pipe', 'touch MARKER')] %}{{ x }}{% endfor %}",
    "pipe-query": '{{ query("ansible.builtin.pipe", "touch MARKER") }}',
    "env": '{{ lookup("env", "HOME") }}MARKER-ENV',
    "class": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "comment": "{# a comment #}",
    "open": "{{ never closed",
    "open-block": "{% raw %}",
    "close": "}} %} #}",
    "dots": "{{ vars }}",
    "line-statement": "# for x in y",
}
CONTROL = {
    "escape": "\x1b[1A\x1b[2K\x1b[32mall good",
    "title": "\x1b]0;owned\x07",
    "hyperlink": "\x1b]8;;https://evil.example\x07click\x1b]8;;\x07",
    "bell": "a\x07b\x08c",
    "return": f"before\r{FORGED}",
    "newline": f"before\n{FORGED}\nPLAY RECAP *****\nforged-host : ok=1 failed=0",
    "form-feed": "a\x0bb\x0cc\x1cd\x85e",
    "separators": f"a\u2028{FORGED}\u2029b",
    "c1": "\x9b2Ka\x9d0;owned\x9c",
    "delete": "a\x7fb",
    "nul": "a\x00b",
    "bidi": "abc\u202egnp.exe\u202c \u2066x\u2069 \u200f\u061c",
    "zero-width": "ad\u200bmin\u200d\u2060\ufeff",
    "tags": "x\U000e0041\U000e007f",
}
ENCODING = {
    "half-high": "half \ud800 a character",
    "half-low": "\udfff",
    "both-halves": "\ud83d\ude00",
    "swapped": "\ude00\ud83d",
    "noncharacter": "\ufffe\uffff\U0010ffff",
    "combining": "Z" + "\u0301" * 2000,
    "emoji": "\U0001f469\u200d\U0001f4bb",
}
PLACES = {
    "path": "../../../../tmp/x",
    "absolute": "/etc/passwd",
    "option": "-o ProxyCommand=touch MARKER",
    "long-option": "--help",
    "formula": "=cmd|'/C calc'!A1",
    "shell": "$(touch MARKER) `touch MARKER`; touch MARKER | touch MARKER",
    "format": "%s %n %(x)s {0.__class__} {self} ${HOME}",
    "percent": "%2e%2e%2f%00",
    "quote": "a'b''c\"d\\e",
    "odata": "x') or startswith(displayName,'",
    "yaml-tag": "!!python/object/apply:os.system ['touch MARKER']",
    "yaml-unsafe": "!unsafe '{{ x }}'",
    "yaml-yes": "yes",
    "yaml-null": "~",
    "yaml-number": "0o17",
    "yaml-anchor": "*a &b : - ? | > @ `",
    "yaml-document": "---\n- hosts: all",
    "yaml-merge": "<<",
    "json": '{"a": [1, "x"]}',
    "json-list": "['a', 'b']",
    "vault": "$ANSIBLE_VAULT;1.1;AES256\n6162",
    "no-log": "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER",
    "omit": "__omit_place_holder__0123456789abcdef",
    "html": "<script>alert(1)</script>",
    "regex": "(a+)+$",
    "regex-name": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!",
    "glob": "[!" + "*a" * 40,
    "glob-name": "a" * 120,
    "guid": "11111111-2222-3333-4444-555555555555",
    "number": "1",
    "empty": "",
    "blank": "   ",
    "boolean": "True",
    "all": "all",
    "commcell": "commcell",
}
LONG = {"long": "L" * 1_000_000}
#: Pairs with a name of the document: equal at most for who folds more than the services do.
LOOKALIKES = ("\u017f", "\u212a", "\u0130", "\u00df", "\ufb01")


def planted(text: str, marker: pathlib.Path) -> str:
    """The text with the path of its marker."""
    return text.replace("MARKER", str(marker))


def all_texts() -> dict[str, str]:
    """Every text by its id."""
    return {**TEMPLATES, **CONTROL, **ENCODING, **PLACES, **LONG}
