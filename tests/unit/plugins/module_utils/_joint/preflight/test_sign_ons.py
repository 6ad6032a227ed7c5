# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who can sign on; the cases with both services are in tests/integration/sign_on_cases.yml."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from preflight_examples import (
    ANNA,
    ENTRA,
    ENTRY,
    OTHER,
    SITE,
    certificate,
    person,
    site_app,
    site_principal,
)

from ansible_collections.cvops.identity.plugins.module_utils._entra.claims.read import GroupMember, GroupMembers
from ansible_collections.cvops.identity.plugins.module_utils._joint.preflight.facts import CountedUser, KnownUser
from ansible_collections.cvops.identity.plugins.module_utils._joint.preflight.sign_ons import (
    list_sign_on_names,
    predict_sign_on,
)

SAM = person("sam", 1, True)
KNOWN = KnownUser(frozenset({"sam@corp.example"}), True, frozenset({7}))
REQUIRED = {"assignment_required": True}
GROUP_ASSIGNED = {**REQUIRED, "assigned": {ENTRA.object_id: ()}}


def member(**changes: t.Any) -> CountedUser:
    return dataclasses.replace(SAM, member=dataclasses.replace(SAM.member, **changes))


def mapped(*members: GroupMember) -> dict[str, t.Any]:
    return {"mapped": (dataclasses.replace(ENTRY, members=GroupMembers(frozenset(members))),)}


CASES: dict[str, tuple[dict[str, t.Any], CountedUser, str, str]] = {
    "known": ({}, SAM, "ok", ""),
    "created": ({**site_app(auto_create=True), "known_users": ()}, SAM, "ok", ""),
    "not created": ({"known_users": ()}, SAM, "broken", "creates no users by itself"),
    "not created for the suffix": (
        {**site_app(auto_create=True, email_suffixes=("x",)), "known_users": ()},
        SAM,
        "broken",
        "creates no users for corp.example",
    ),
    "no SAML app": ({"app": None}, SAM, "broken", "no SAML app"),
    "Commvault's users were not read": ({"known_users": None}, SAM, "unknown", "was not read"),
    "two users of one address": ({"known_users": (KNOWN, KNOWN)}, SAM, "unknown", "several users"),
    "a disabled user": ({"known_users": (KnownUser(KNOWN.names, False),)}, SAM, "broken", "disabled in Commvault"),
    "not shown whether disabled": ({"known_users": (KnownUser(KNOWN.names, None),)}, SAM, "unknown", "does not show"),
    "another suffix": (site_app(email_suffixes=("x",)), SAM, "unknown", "an e-mail suffix"),
    "a disabled account": ({}, member(enabled=False), "broken", "disabled in Entra ID"),
    "an account of which nothing may be read": ({}, member(enabled=None), "unknown", "not allowed to read"),
    "an account without a name": ({}, member(name=None), "unknown", "name of the user"),
    "a disabled app": (site_app(enabled=False), SAM, "broken", "is disabled"),
    "an app that may be disabled": (site_app(enabled=None), SAM, "unknown", "does not show"),
    "another tenant": ({"tenant_id": OTHER}, SAM, "broken", "another tenant"),
    "a tenant that is not known": ({"tenant_id": None}, SAM, "unknown", "tenant"),
    "no application": ({"application": None}, SAM, "unknown", "application"),
    "no service principal": (
        {"application": dataclasses.replace(t.cast(t.Any, SITE.application), principal=None)},
        SAM,
        "broken",
        "no service principal",
    ),
    "a disabled application": (site_principal(enabled=False), SAM, "broken", "disabled"),
    "no certificate": (site_principal(certificates=()), SAM, "broken", "no certificate"),
    "a certificate that has ended": (site_principal(certificates=(certificate(-1),)), SAM, "unknown", "has ended"),
    "another one has ended": (
        site_principal(certificates=(certificate(9), certificate(-1, False))),
        SAM,
        "ok",
        "",
    ),
    "another identifier": (site_app(service_id="https://x"), SAM, "unknown", "identifier"),
    "a company of the token": (site_app(attributes={"COMPANY_NAME": "c"}), SAM, "unknown", "company"),
    "no assignment": (site_principal(**REQUIRED), SAM, "broken", "assignment"),
    "an assignment": (site_principal(**REQUIRED, assigned_users=frozenset({"sam"})), SAM, "ok", ""),
    "through a group": ({**site_principal(**GROUP_ASSIGNED), **mapped(SAM.member)}, SAM, "ok", ""),
    "not in the group": ({**site_principal(**GROUP_ASSIGNED), **mapped(ANNA)}, SAM, "broken", "assignment"),
    "through a group that was not read": (site_principal(**GROUP_ASSIGNED), SAM, "unknown", "direct member"),
    "not in the group that was not read": (
        site_principal(**GROUP_ASSIGNED),
        dataclasses.replace(SAM, group_ids=frozenset({OTHER})),
        "broken",
        "assignment",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_sign_ons(name: str) -> None:
    changes, who, verdict, said = CASES[name]
    found = predict_sign_on(dataclasses.replace(SITE, **{"known_users": (KNOWN,), **changes}), who)
    assert (found.verdict, said in found.reason, bool(found.reason)) == (verdict, True, verdict != "ok")


@pytest.mark.parametrize(
    ("stored", "names"),
    [
        ("Sam@Corp.example", ["sam@corp.example"]),
        ("gil_x_guest.example#EXT#@corp.example", ["gil_x@guest.example", "gil_x_guest.example#ext#@corp.example"]),
        ("odd#EXT#@corp.example", ["odd#ext#@corp.example"]),
    ],
)
def test_a_guest_may_come_under_two_names(stored: str, names: list[str]) -> None:
    assert list_sign_on_names(stored) == names
