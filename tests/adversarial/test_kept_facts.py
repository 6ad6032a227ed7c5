# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a service said on one host, made into lines by a filter, kept in a fact and used on another host: it is text on every release of ansible-core.

ansible-core 2.16.0 to 2.16.13, 2.17.0 to 2.17.6 and 2.18.0 forget where a text came from that is read through hostvars (CVE-2024-11079).
"""

from __future__ import annotations

import json
import pathlib
import typing as t

from collection_tree import collections_path
from helpers.playing import Player
from hostile import texts

_INVENTORY = "[all]\nlocalhost ansible_connection=local\ncs01 ansible_connection=local\n"
#: A filter of each kind of result: the structure itself, lines of a list of failures, a text.
_USES = {
    "structure": "{{{{ ['cs01'] | map('extract', hostvars, 'said_{0}') | list | cvops.identity.visible }}}}",
    "lines": "{{{{ {{'cs01': hostvars.cs01.said_{0}.msg.outcome}} | cvops.identity.conclusion_lines }}}}",
    "failure": "{{{{ hostvars.cs01.said_{0}.msg.failed | cvops.identity.failure_text }}}}",
}
_TEXTS = ("pipe", "pipe-block", "pipe-query", "comment", "open", "open-block", "env")


def _strip(text: str) -> str:
    """Return the text without what may be put between two characters that would begin a template."""
    return text.replace("{", "").replace(" ", "")


def test_facts_of_another_host(tmp_path: pathlib.Path) -> None:
    tasks: dict[str, list[dict[str, t.Any]]] = {"say": [], "keep": [], "show": [], "share": []}
    words: list[str] = []
    for number, name in enumerate(_TEXTS):
        text = texts.planted(texts.TEMPLATES[name], tmp_path / f"marker-{name}")
        words.append(_strip(json.dumps(text)[1:-1]))
        outcome = {"status": "failed", "message": text}
        said = tmp_path / f"said-{name}.json"
        said.write_text(json.dumps({"outcome": outcome, "failed": {"failed": True, "msg": text, "stats": {}}}))
        # Registered, as the answer of a module is.
        read = f"{{{{ lookup('ansible.builtin.file', '{said}') | from_json }}}}"
        tasks["say"].append({"ansible.builtin.debug": {"msg": read}, "register": f"said_{number}", "no_log": True})
        for use, template in _USES.items():
            kept = f"kept_{use}_{number}"
            tasks["keep"].append({"ansible.builtin.set_fact": {kept: template.format(number)}})
            tasks["show"].append({"name": name, "ansible.builtin.debug": {"msg": f"{{{{ {kept} }}}}"}})
            shared = f"{{{{ hostvars.localhost.{kept} }}}}"
            tasks["share"].append({"name": name, "ansible.builtin.debug": {"msg": shared}})
    (inventory := tmp_path / "inventory.ini").write_text(_INVENTORY)
    run = Player(tmp_path, collections_path(), {})(
        [
            {"hosts": "cs01", "gather_facts": False, "tasks": tasks["say"]},
            {"hosts": "localhost", "gather_facts": False, "tasks": tasks["keep"] + tasks["show"]},
            {"hosts": "cs01", "gather_facts": False, "tasks": tasks["share"]},
        ],
        *("-i", str(inventory)),
    )
    assert run.rc == 0, run.text
    assert list(tmp_path.glob("marker-*")) == []
    shown = [_strip(json.dumps(result.get("msg"))) for result in run.results if result.task in _TEXTS]
    expected = [word for word in words for dummy in _USES] * 2
    assert len(shown) == len(expected)
    assert [(word, found) for word, found in zip(expected, shown, strict=True) if word not in found] == []
