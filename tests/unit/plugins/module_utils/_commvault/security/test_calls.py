# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Grants on the wire: what is written is what was meant, and what is read is sorted by how it came to be."""

from __future__ import annotations

import typing as t

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.associations import parse_associations
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.calls import SecurityAssociations
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import (
    ALL_OF_KIND,
    ENTITY_TYPES,
    Entity,
    Grant,
    Principal,
)

NUMBERS = st.integers(1, 2**31)
KINDS = [*ENTITY_TYPES, "type:4", "type:7", "type:13", "type:64", "type:120", "type:999"]
ENTITIES = st.builds(Entity, st.sampled_from(KINDS), NUMBERS) | st.builds(
    Entity, st.sampled_from([kind for kind in KINDS if kind != "credentials"]), st.just(ALL_OF_KIND)
)
PRINCIPALS = st.builds(Principal, st.sampled_from(["user", "user_group", "external_group"]), NUMBERS)
NAMES = st.text(min_size=1).filter(lambda text: text.strip("\\") != "" and not text.startswith("\\"))


@given(
    st.lists(ENTITIES, min_size=1, max_size=6, unique=True),
    st.lists(st.tuples(PRINCIPALS, NUMBERS), min_size=1, max_size=6, unique=True),
)
def test_a_request_is_exactly_the_product(entities: list[Entity], pairs: list[tuple[Principal, int]]) -> None:
    body = SecurityAssociations(t.cast(t.Any, None)).build_request("ADD", entities, pairs)
    written = [row.grant for row in parse_associations(body)]
    assert sorted(str(grant) for grant in written) == sorted(
        str(Grant(principal, role_id, entity)) for entity in entities for principal, role_id in pairs
    )


def test_requests_never_overwrite_and_name_what_is_known() -> None:
    security = SecurityAssociations(t.cast(t.Any, None))
    security.remember_name(Principal("external_group", 57), "CORP\\cv-ops")
    security.remember_name(Entity("plans", 12), "gold")
    security.remember_name(35, "Restore")
    security.remember_name(36, "")
    body = security.build_request(
        "DELETE", [Entity("plans", 12)], [(Principal("external_group", 57), 35), (Principal("user", 4), 36)]
    )
    assert body == {
        "entityAssociated": {"entity": [{"planId": 12, "_type_": 158, "planName": "gold"}]},
        "securityAssociations": {
            "associationsOperationType": "DELETE",
            "associations": [
                {
                    "userOrGroup": [
                        {"groupId": 57, "_type_": 62, "providerDomainName": "CORP", "externalGroupName": "cv-ops"}
                    ],
                    "properties": {"role": {"roleId": 35, "roleName": "Restore", "_type_": 120}},
                },
                {"userOrGroup": [{"userId": 4, "_type_": 13}], "properties": {"role": {"roleId": 36, "_type_": 120}}},
            ],
        },
    }
