# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The diff of a plan: only what changes. Pure."""

from __future__ import annotations

import collections
import json
import typing as t

from .plan import Plan
from .redact import redact_structure, redact_text
from .visible import format_json, to_one_line


def build_diff(noun: str, plan: Plan, secrets: t.Collection[str] = ()) -> dict[str, str]:
    """Return what changes, before and after, as text with sorted keys, so that check mode and the real run show the same lines; secrets are hidden."""
    before, after = cut_equal_parts(plan.before, plan.after)
    header = to_one_line(redact_text(_name_object(noun, plan), secrets))
    return {
        "before": _format(before, secrets),
        "after": _format(after, secrets),
        "before_header": header,
        "after_header": header,
    }


def cut_equal_parts(before: t.Any, after: t.Any) -> tuple[t.Any, t.Any]:
    """Return both forms without what they have in common.

    Members of mappings that are equal, or empty on one side and missing on the other, are left out, and of lists the items that both
    have. A list of which only the order changes is kept whole. Values that are no mapping and no list are returned as they are.
    """
    if isinstance(before, t.Mapping) and isinstance(after, t.Mapping):
        return _cut_mappings(before, after)
    if isinstance(before, (list, tuple)) and isinstance(after, (list, tuple)):
        return _cut_lists(before, after)
    return before, after


def _cut_mappings(before: t.Mapping[t.Any, t.Any], after: t.Mapping[t.Any, t.Any]) -> tuple[t.Any, t.Any]:
    had: dict[t.Any, t.Any] = {}
    has: dict[t.Any, t.Any] = {}
    for name in {**before, **after}:
        old, new = before.get(name), after.get(name)
        if old == new or (_is_empty(old) and _is_empty(new) and not (name in before and name in after)):
            continue
        if name in before and name in after:
            gone, added = cut_equal_parts(old, new)
            if gone != added:
                had[name], has[name] = gone, added
        elif name in before:
            had[name] = old
        else:
            has[name] = new
    return had, has


def _cut_lists(before: t.Sequence[t.Any], after: t.Sequence[t.Any]) -> tuple[list[t.Any], list[t.Any]]:
    gone = _subtract_items(before, after)
    new = _subtract_items(after, before)
    return (gone, new) if gone or new else (list(before), list(after))


def _subtract_items(items: t.Sequence[t.Any], others: t.Sequence[t.Any]) -> list[t.Any]:
    """Return the items, as often as they stand in the list beyond the number of times that *others* have them."""
    left = collections.Counter(map(_make_key, others))
    found = []
    for item in items:
        key = _make_key(item)
        if left[key]:
            left[key] -= 1
        else:
            found.append(item)
    return found


def _make_key(item: t.Any) -> str:
    return json.dumps(item, sort_keys=True, default=str)


def _is_empty(value: t.Any) -> bool:
    return value is None or value in ("", [], {}, ())


def _name_object(noun: str, plan: Plan) -> str:
    """Return the noun with the name of the one object that the plan is about; the noun alone where it is about several."""
    names = {change.principal for step in plan.steps for change in step.changes}
    return f"{noun} {names.pop()}" if len(names) == 1 else noun


def _format(value: t.Any, secrets: t.Collection[str]) -> str:
    return f"{format_json(redact_structure(value, secrets, prose=False))}\n"
