# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A document in which anything at all stands in the place of one value: it is refused, or evidence is made of it; nothing breaks."""

from __future__ import annotations

import copy
import typing as t
import zlib
from collections.abc import Iterator

import pytest
from evidence_examples import MASTER, make_entity, make_entra_group, make_grant, make_id, make_large_site, make_user

from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.build import build_tables
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.bundle.content import find_as_of
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.findings.rules import DEFAULT_RULES
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.tables import Inputs
from ansible_collections.cvops.identity.plugins.module_utils._joint.snapshot.shapes import (
    COMMCELL,
    ENTRA,
    find_shape_fault,
)

ODD: tuple[t.Any, ...] = (
    *(None, 0, -1, 1.5, True, "", "1e3", "x\n\u202e</script>", "2026-13-45T99:00:00Z"),
    *([], {}, [None], [0], ["a"], [[]], [{}], {"a": {}}),
)
#: One of so many cases is tried; which ones is always the same.
SHARE = 6


def list_places(value: t.Any, place: tuple[t.Any, ...] = ()) -> Iterator[tuple[t.Any, ...]]:
    """All places in a document, in lists those of the first item."""
    if place:
        yield place
    if isinstance(value, dict):
        for name in value:
            yield from list_places(value[name], (*place, name))
    elif isinstance(value, list) and value:
        yield from list_places(value[0], (*place, 0))


def replace(document: t.Any, place: tuple[t.Any, ...], value: t.Any) -> t.Any:
    """The document with *value* at *place*."""
    changed = copy.deepcopy(document)
    holder = changed
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = value
    return changed


def make_documents() -> tuple[t.Any, t.Any]:
    """A CommCell and a tenant with something in most lists."""
    cell, entra = make_large_site(2, 2, 4, 2)
    groups = [{"kind": "user_group", "id": "1", "name": "group"}]
    cell["users"] = [make_user(90, "jana@corp.example", groups=groups), *cell["users"]]
    cell["entities"] = {"servers": [make_entity(3, "sql01")], **cell["entities"]}
    cell["owners"] = [
        {**make_grant(("user", 90), None, ("servers", 3), name="jana@corp.example"), "grant_kind": "owner"}
    ]
    cell["associations"] = [make_grant(("user", 90), MASTER, ("commcell", 2), name="jana"), *cell["associations"]]
    report = {"policies": [{"name": "CA1"}], "findings": [{"kind": "near_miss"}], "not_evaluable": [{"what": "x"}]}
    role = {"roleTemplateId": make_id(9), "displayName": "Role", "members": [make_id(1)], "scopedMembers": []}
    program = {
        "id": make_id(7, 2),
        "appId": make_id(8, 2),
        "displayName": "app",
        "owners": [make_id(1)],
        "appRoles": [{"id": make_id(5), "value": "x"}],
        "appRoleAssignments": [{"id": "a", "resourceId": make_id(7, 2), "appRoleId": make_id(5)}],
        "appRoleAssignedTo": [],
        "oauth2PermissionGrants": [{"id": "g", "resourceId": make_id(7, 2), "scope": "a b", "consentType": "x"}],
        "servicePrincipalNames": ["a"],
    }
    entra |= {"policy_report": report, "directory_roles": [role], "service_principals": [program]}
    entra["groups"] = [*entra["groups"], make_entra_group(77, "GG", [make_id(1)])]
    return cell, entra


@pytest.mark.parametrize("side", ["commcell", "entra"])
def test_anything_in_the_place_of_a_value(side: str) -> None:
    cell, entra = make_documents()
    assert find_shape_fault(cell, COMMCELL) is None and find_shape_fault(entra, ENTRA) is None
    source = cell if side == "commcell" else entra
    refused = built = 0
    for place in list_places(source):
        for value in ODD:
            if zlib.crc32(f"{place}{value!r}".encode()) % SHARE:
                continue
            changed = replace(source, place, value)
            one, other = (changed, entra) if side == "commcell" else (cell, changed)
            if find_shape_fault(changed, COMMCELL if side == "commcell" else ENTRA):
                refused += 1
                continue
            try:
                find_as_of([one], other)
                build_tables(Inputs(commcells=[one], entra=other, rules=DEFAULT_RULES))
            except Exception as exc:
                pytest.fail(f"{place} {value!r}: {exc!r}")
            built += 1
    assert refused > 20 and built > 20
