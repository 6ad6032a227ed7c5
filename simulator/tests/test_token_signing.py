# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Token signing certificates: the action that makes them, and what PATCH does with them."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from cvops_simulator import Simulator
from cvops_simulator.entra.tenant import format_graph_time
from graph_client import GraphClient

ACTION = "addTokenSigningCertificate"
KEYS = "keyCredentials,passwordCredentials,preferredTokenSigningKeyThumbprint"


def make_principal(graph: GraphClient) -> str:
    """Create an application with its service principal; the path of the latter."""
    application = graph.application()
    principal = graph.ok(201, "POST", "/servicePrincipals", {"appId": application["appId"]})
    return f"/servicePrincipals/{principal['id']}"


def read(graph: GraphClient, path: str) -> dict[str, Any]:
    """The credentials of a service principal."""
    return dict(graph.ok(200, "GET", f"{path}?$select={KEYS}"))


def test_the_action_makes_three_objects_with_one_identifier(graph: GraphClient) -> None:
    path = make_principal(graph)
    added = graph.ok(200, "POST", f"{path}/{ACTION}", {"displayName": "CN=Sign-on"})
    assert (added["usage"], added["type"]) == ("Verify", "AsymmetricX509Cert")
    certificate = x509.load_der_x509_certificate(base64.b64decode(added["key"]))
    assert certificate.fingerprint(hashes.SHA1()).hex().upper() == added["thumbprint"]
    assert certificate.subject == certificate.issuer and certificate.subject.rfc4514_string() == "CN=Sign-on"
    certificate.verify_directly_issued_by(certificate)
    shown = read(graph, path)
    sign, verify = shown["keyCredentials"]
    (password,) = shown["passwordCredentials"]
    assert (sign["usage"], verify["usage"]) == ("Sign", "Verify")
    assert sign["key"] is None and verify["key"] == added["key"] and password["secretText"] is None
    assert sign["keyId"] == password["keyId"] == added["keyId"] != verify["keyId"]
    assert {item["customKeyIdentifier"] for item in (sign, verify, password)} == {added["customKeyIdentifier"]}
    assert base64.b64decode(added["customKeyIdentifier"]).hex().upper() == added["thumbprint"]
    assert shown["preferredTokenSigningKeyThumbprint"] is None


def test_each_call_makes_another_one(graph: GraphClient) -> None:
    path = make_principal(graph)
    for _ in range(2):
        graph.ok(200, "POST", f"{path}/{ACTION}", {"displayName": "CN=Sign-on"})
    assert len(read(graph, path)["keyCredentials"]) == 4


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"displayName": "Sign-on"},
        {"displayName": "CN="},
        {"displayName": "CN=x", "endDateTime": "tomorrow"},
        {"displayName": "CN=x", "endDateTime": "2020-01-01T00:00:00Z"},
        {"displayName": "CN=x", "endDateTime": "2099-01-01T00:00:00Z"},
        {"displayName": "CN=x,=", "endDateTime": None},
        {"displayName": "CN=x", "lifetime": 3},
    ],
)
def test_what_the_action_refuses(graph: GraphClient, body: dict[str, Any]) -> None:
    path = make_principal(graph)
    graph.error(400, "POST", f"{path}/{ACTION}", body)
    assert read(graph, path)["keyCredentials"] == []


def test_the_end_can_be_chosen(graph: GraphClient) -> None:
    end = format_graph_time(graph.sim.clock.now() + 90 * 86400)
    path = make_principal(graph)
    assert graph.ok(200, "POST", f"{path}/{ACTION}", {"displayName": "CN=x", "endDateTime": end})["endDateTime"] == end


def test_a_certificate_is_removed_with_its_key(graph: GraphClient, sim: Simulator) -> None:
    path = make_principal(graph)
    first, second = (graph.ok(200, "POST", f"{path}/{ACTION}", {"displayName": f"CN={n}"}) for n in "ab")
    shown, gone = read(graph, path), first["customKeyIdentifier"]
    body = {
        name: [{**item, "key": None} if name == "keyCredentials" else item for item in shown[name]]
        for name in ("keyCredentials", "passwordCredentials")
    }
    left = {name: [item for item in items if item["customKeyIdentifier"] != gone] for name, items in body.items()}
    graph.ok(204, "PATCH", path, left)
    after = read(graph, path)
    assert {item["customKeyIdentifier"] for item in after["keyCredentials"]} == {second["customKeyIdentifier"]}
    assert len(after["passwordCredentials"]) == 1 and after["keyCredentials"][1]["key"] == second["key"]
    tables = sim.tenant.store.primary()
    assert gone not in tables.rows("signingKeys") and second["customKeyIdentifier"] in tables.rows("signingKeys")
    assert first["keyId"] not in tables.rows("secrets") and second["keyId"] in tables.rows("secrets")


def test_the_permission_for_owned_applications_is_enough_for_owned_ones(graph: GraphClient, owner: GraphClient) -> None:
    owner.ok(200, "POST", f"{make_principal(owner)}/{ACTION}", {"displayName": "CN=x"})
    owner.error(403, "POST", f"{make_principal(graph)}/{ACTION}", {"displayName": "CN=x"})
