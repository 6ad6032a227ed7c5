# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A site in which somebody has named things with every hostile text: roles, groups, people, plans, servers and companies, with grants between them."""

from __future__ import annotations

import pathlib
import typing as t
import uuid

from cvops_simulator import Simulator
from cvops_simulator.commvault.model import Company, Entity, Grant, Role, User, UserGroup

from .texts import CONTROL, ENCODING, LONG, PLACES, TEMPLATES, planted

_PLAN, _CLIENT = 158, 3
#: What the simulator cannot hold travels as a word, which the proxy before it makes half a character.
HALVES = tuple((chr(number), f"HALF-{number:X}-MARK") for number in (0xD800, 0xDFFF, 0xDE00, 0xD83D))


def hostile_names(markers: pathlib.Path) -> dict[str, str]:
    """Text id -> name; each template has a marker file of its own."""
    texts = {**TEMPLATES, **CONTROL, **ENCODING, **PLACES, "long": LONG["long"][:50_000]}
    named = {key: planted(text, markers / f"by-{key}") for key, text in texts.items() if text.strip()}
    return {key: _storable(text) for key, text in named.items()}


def _storable(text: str) -> str:
    for half, word in HALVES:
        text = text.replace(half, word)
    return text


def with_halves(content: bytes) -> bytes:
    """An answer with the words turned into the halves of characters that they stand for."""
    for half, word in HALVES:
        content = content.replace(word.encode(), f"\\u{ord(half):04x}".encode())
    return content


def plant(site: Simulator, markers: pathlib.Path) -> int:
    """Name things; the number of names."""
    names = hostile_names(markers)
    for cell in site.commcells.values():
        _plant_in_cell(cell.state, names)
    _plant_in_tenant(site, names)
    return len(names)


def _plant_in_cell(state: t.Any, names: t.Mapping[str, str]) -> None:
    permissions = {31}
    for number, name in enumerate(names.values(), 50_000):
        company = 0
        if number % 4 == 0:
            company = number
            state.companies.add(Company(number, name, name, str(uuid.uuid4())))
        state.roles.add(Role(number, name, str(uuid.uuid4()), name, company_id=company, permission_ids=permissions))
        state.groups.add(UserGroup(number, name, str(uuid.uuid4()), name, company_id=company, member_ids={1}))
        state.users.add(User(number, name, str(uuid.uuid4()), name, email=name))
        for kind in (_PLAN, _CLIENT):
            state.entities[kind].add(Entity(kind, number, name, company))
        state.grants.add(Grant(15, number, number, _PLAN, number))
        state.grants.add(Grant(15, number, number, _CLIENT, number))
        state.grants.add(Grant(13, number, number, _PLAN, number))
    for number, (role, name) in enumerate(zip(list(state.roles)[4:], names.values(), strict=False), 1):
        role.description = f"{number} {name}"


def _plant_in_tenant(site: Simulator, names: t.Mapping[str, str]) -> None:
    store, texts = site.tenant.store, list(names.values())
    primary = store.primary()
    for table in ("groups", "users", "applications", "servicePrincipals"):
        for number, (key, row) in enumerate(list(primary.rows(table).items())):
            text = texts[number % len(texts)]
            kept = row.get("uniqueName") or table == "servicePrincipals"
            changed = {"description": text, **({} if kept else {"displayName": text})}
            store.put(table, key, {**row, **changed}, replicated=True)
