# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Forms of conditional access policies for tests, and a policy store that takes requests as Graph documents it."""

from __future__ import annotations

import copy
import typing as t

from fake_graph import guid
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.fields import FIELDS, Field, Kind

IDS = [guid(number) for number in range(1, 5)]


def draw_value(item: Field) -> st.SearchStrategy[t.Any]:
    """Values of one field, empty ones among them."""
    words = [*(item.words or ()), *(item.special or ())]
    if item.kind is Kind.REFERENCES:
        return st.frozensets(st.sampled_from([*IDS, *words]), max_size=4)
    if item.kind in (Kind.WORDS, Kind.FLAGS):
        return st.frozensets(st.sampled_from(words or ["c1", "c2"]), max_size=3)
    if item.kind is Kind.SWITCH:
        return st.booleans()
    if item.kind is Kind.NUMBER:
        return st.none() | st.integers(1, 90)
    if item.kind is Kind.TEXT:
        return st.none() | st.sampled_from(['device.model -eq "X"', "device.isCompliant -eq True"])
    return st.none() | st.sampled_from(words or IDS)


#: What options may ask for: any fields, each with any value.
ASKED = st.fixed_dictionaries({}, optional={item.option: draw_value(item) for item in FIELDS})


class PolicyStore:
    """One policy, created and changed as Graph documents it: objects are merged, lists replaced, null removes an object.

    *replaces_objects*: the parts of a policy are replaced as a whole, which is not excluded by the documentation.
    """

    def __init__(self, wire: t.Mapping[str, t.Any] | None = None, replaces_objects: bool = False) -> None:
        self.wire: dict[str, t.Any] = copy.deepcopy(dict(wire or {}))
        self._replaces = replaces_objects

    def carry_out(self, steps: t.Iterable[t.Any]) -> dict[str, t.Any]:
        for step in steps:
            body = step.data["body"]
            if step.action == "create":
                self.wire = {"id": guid(99), **copy.deepcopy(body)}
            else:
                self._merge(self.wire, body, 0)
        return self.wire

    def _merge(self, into: dict[str, t.Any], body: t.Mapping[str, t.Any], depth: int) -> None:
        for name, value in body.items():
            is_merged = isinstance(value, dict) and isinstance(into.get(name), dict)
            # conditions is always merged: a part of it that is not sent stays.
            if is_merged and (name == "conditions" or not self._replaces):
                self._merge(into[name], value, depth + 1)
            else:
                into[name] = copy.deepcopy(value)
