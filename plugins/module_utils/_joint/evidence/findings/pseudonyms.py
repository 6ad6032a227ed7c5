# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Findings on what cannot be compared, since the snapshot has pseudonyms in place of people and everything else their names. Pure."""

from __future__ import annotations

import typing as t

from ..facts import Facts
from ..mapping import OF_PEOPLE
from ..review import get_text
from .break_glass import list_kept_users
from .model import Finding, count_words
from .rules import RULES


def find_on_pseudonyms(facts: Facts) -> t.Iterator[Finding]:
    """Yield a finding for each kind of input that names people whom the snapshot does not."""
    if not facts.inputs.are_people_hidden:
        return
    for what, told in _list_hidden(facts):
        words = f"The snapshot has pseudonyms instead of people, and no key was given: {told}."
        yield Finding(RULES["pseudonyms_not_comparable"], "", "input", what, what, words, (), False)


def _list_hidden(facts: Facts) -> t.Iterator[tuple[str, str]]:
    inputs = facts.inputs
    kept = [name for kind in ("commvault_users", "entra_users") for name in list_kept_users(inputs.document, kind)]
    if kept:
        told = f"the {count_words(len(kept), 'break-glass account')} of the document cannot be found among its users, so nothing is reported about them"
        yield "cvops_break_glass", told
    entries = (inputs.document or {}).get("cvops_role_mappings")
    listed = entries if isinstance(entries, (list, tuple)) else ()
    about = [entry for entry in listed if isinstance(entry, t.Mapping) and _is_about_user(entry.get("principal"))]
    if inputs.document is not None and entries is not None:
        told = f"{count_words(len(about), 'entry', 'entries')} of the document about users cannot be found, so nothing is reported about drift and approval"
        yield "cvops_role_mappings", f"{told} of what users are granted themselves"
    if inputs.log is not None:
        yield "log", "its entries cannot be matched with people, so it is not used, and no change is attributed"
    if any(get_text(row.get("reviewer")) for row in inputs.decisions):
        yield "decisions", "it cannot be determined whether somebody has decided on their own access"


def _is_about_user(principal: t.Any) -> bool:
    return isinstance(principal, t.Mapping) and any(principal.get(kind) is not None for kind in OF_PEOPLE)
