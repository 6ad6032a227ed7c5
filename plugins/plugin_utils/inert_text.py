# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Texts that no release of ansible-core takes for templates.

Some patch releases forget every mark of a text that is read through hostvars (CVE-2024-11079): set_fact then keeps a text that is evaluated
when the fact is used. On these releases alone, what filters return of such texts is changed, so that it holds no template.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.cvops.identity.plugins.plugin_utils.ansible_internals import CORE_RELEASE, FilterText

#: The first patch release without the fault, of the releases that had it.
REPAIRED = {(2, 16): 14, (2, 17): 7, (2, 18): 1}
_BEGINNING = re.compile(r"\{(?=[{%#])")


def evaluates_kept_texts(release: str) -> bool:
    """Return whether this release of ansible-core has CVE-2024-11079. A release that cannot be told apart counts as one that has."""
    found = re.match(r"(\d+)\.(\d+)\.(\d+)", release)
    if not found:
        return True
    major, minor, patch = (int(number) for number in found.groups())
    return patch < REPAIRED.get((major, minor), 0)


def list_repaired() -> str:
    """Return the first releases without the fault, for messages."""
    *first, last = (f"{major}.{minor}.{patch}" for (major, minor), patch in REPAIRED.items())
    return f"{', '.join(first)} or {last}"


#: Whether the running release has it.
EVALUATES_KEPT_TEXTS = evaluates_kept_texts(CORE_RELEASE)


def make_inert(value: t.Any) -> t.Any:
    """Return *value* with a space after each brace that would begin a template, in texts and keys at any depth."""
    if isinstance(value, str):
        if not _BEGINNING.search(value):
            return value
        changed = _BEGINNING.sub("{ ", value)
        return FilterText(changed) if isinstance(value, FilterText) else changed
    if isinstance(value, t.Mapping):
        return {make_inert(key): make_inert(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [make_inert(item) for item in value]
    return value


def holds_template(value: t.Any) -> bool:
    """Return whether a text or key in *value*, at any depth, would begin a template."""
    if isinstance(value, str):
        return bool(_BEGINNING.search(value))
    if isinstance(value, t.Mapping):
        return any(holds_template(key) or holds_template(item) for key, item in value.items())
    return isinstance(value, (list, tuple)) and any(map(holds_template, value))
