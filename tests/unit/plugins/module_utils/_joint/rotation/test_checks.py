# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a rotation that cannot be right, and the places of its targets."""

from __future__ import annotations

import typing as t

import pytest
from rotation_fakes import FILE, complete_options

from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.checks import (
    TARGET_KINDS,
    compute_overlap_hours,
    find_option_flaws,
    list_places,
)

VAULT = {"url": "https://vault.example:8200", "path": "backup/entra"}
KEY_VAULT = {"azure_key_vault": {"vault_url": "https://kv.vault.azure.net", "name": "backup-entra"}}


def places_of_flaws(*targets: dict[str, t.Any], **more: t.Any) -> list[str]:
    accepted = more.pop("accept_risk", None)
    return [flaw.where for flaw in find_option_flaws({**complete_options(*targets, **more), "accept_risk": accepted})]


def credential(name: str = "azure", **more: t.Any) -> dict[str, t.Any]:
    return {"commvault_credential": {"name": name, **more}}


def controller(**more: t.Any) -> dict[str, t.Any]:
    return {"controller_credential": {"field": "client_secret", **more}}


@pytest.mark.parametrize(
    ("option", "where"),
    [
        ({"name": "c", "organization": "o", "credential_type": "t"}, []),
        ({"id": 7, "acknowledged_key_id": "0c5d7f41-93f0-4c9a-8f1e-2f4c1d6e9b70"}, []),
        ({}, [""]),
        ({"id": 7, "name": "c"}, [""]),
        ({"id": 7, "organization": "o"}, [".organization"]),
        ({"name": "c", "token": "t", "password": "p"}, [".token"]),
        ({"name": "c", "field": "Client secret"}, [".field"]),
        ({"name": "c", "field": "x" * 61}, [".field"]),
        ({"name": "c", "acknowledged_key_id": "yes"}, [".acknowledged_key_id"]),
        ({"name": "c", "proof_job": {"template": "t", "within_seconds": 0}}, [".proof_job.within_seconds"]),
    ],
)
def test_a_credential_of_a_controller_is_named_in_one_way(option: dict[str, t.Any], where: list[str]) -> None:
    found = places_of_flaws(controller(**option))
    assert found == [f"targets[0].controller_credential{one}" for one in where]
    assert places_of_flaws(controller(**option), kind="certificate") == found


def test_two_fields_of_a_credential_are_one_place() -> None:
    """Its description tells of one: what was written to the other would be taken for written."""
    first = controller(name="c", url="https://Tower.example/")
    same = controller(name="c", url="https://tower.example")
    assert places_of_flaws(first, controller(name="c", url="https://tower.example", field="pin")) == ["targets[1]"]
    assert places_of_flaws(first, controller(name="C", url="https://tower.example")) == []
    assert places_of_flaws(first, same) == ["targets[1]"]


def test_the_defaults_are_right() -> None:
    assert places_of_flaws() == []


def test_a_certificate_goes_to_nobody_who_takes_a_secret_alone() -> None:
    """All that refuse it are told at once."""
    targets = [
        FILE,
        credential(),
        {"commvault_oidc_app": {"name": "entra"}},
        {"external": {"where": "x"}},
        {"return": True},
    ]
    assert places_of_flaws(*targets) == []
    found = places_of_flaws(*targets, kind="certificate")
    assert found == ["targets[1].commvault_credential", "targets[2].commvault_oidc_app"]
    assert places_of_flaws(FILE, *targets[3:], kind="certificate") == []


@pytest.mark.parametrize(
    ("kind", "certificate", "where"),
    [
        ("secret", {}, ["certificate"]),
        ("secret", {"key_size": 2048}, ["certificate"]),
        ("certificate", {"common_name": "x" * 65}, ["certificate.common_name"]),
        ("certificate", {"common_name": ""}, ["certificate.common_name"]),
        ("certificate", {"common_name": "a\nb"}, ["certificate.common_name"]),
        ("certificate", {"common_name": "nightly job", "key_size": 4096}, []),
        ("certificate", None, []),
    ],
)
def test_what_a_certificate_looks_like_is_asked_for_certificates_alone(
    kind: str, certificate: t.Any, where: list[str]
) -> None:
    assert places_of_flaws(kind=kind, **({} if certificate is None else {"certificate": certificate})) == where


@pytest.mark.parametrize(
    ("where", "more"),
    [
        ("rotation_name", {"rotation_name": "a/b"}),
        ("rotation_name", {"rotation_name": "a b"}),
        ("rotation_name", {"rotation_name": "a\n"}),
        ("rotation_name", {"rotation_name": "x" * 61}),
        ("lifetime_days", {"lifetime_days": 184}),
        ("rotate_before_days", {"lifetime_days": 10, "rotate_before_days": 10}),
        ("rotate_before_days", {"rotate_before_days": 0}),
        ("rotate_before_days", {"overlap_hours": 93 * 24}),
        ("overlap_hours", {"overlap_hours": 23}),
        ("max_keys", {"max_keys": 1}),
        ("adopt_key_ids[0]", {"adopt_key_ids": ["x"]}),
        ("prove", {"prove": {"successes": 0}}),
        ("prove", {"prove": {"over_seconds": 700}}),
        ("prove.scope", {"prove": {"scope": "https://management.azure.com"}}),
        ("lifetime_days", {"lifetime_days": -1}),
        ("lifetime_days", {"lifetime_days": 10**9}),
    ],
)
def test_what_cannot_be_right_is_told_where_it_is_and_alone(where: str, more: dict[str, t.Any]) -> None:
    assert places_of_flaws(**more) == [where]


def test_an_application_id_is_no_name() -> None:
    flaws = find_option_flaws({**complete_options(), "application": {"app_id": "commvault-management"}})
    assert [flaw.where for flaw in flaws] == ["application.app_id"]


def test_a_short_life_is_a_risk_that_can_be_accepted() -> None:
    short = {"lifetime_days": 90, "rotate_before_days": 30}
    assert places_of_flaws(**short) == ["lifetime_days"]
    assert places_of_flaws(accept_risk=["short_lifetime"], **short) == []
    assert places_of_flaws(lifetime_days=90, rotate_before_days=47) == []


def test_somebody_must_get_the_value() -> None:
    external = {"external": {"where": "prx07"}}
    assert places_of_flaws(external) == ["targets"]
    assert places_of_flaws(external, FILE) == []
    assert places_of_flaws({"return": True}) == []
    options = {**complete_options(), "targets": []}
    assert [flaw.where for flaw in find_option_flaws(options)] == ["targets"]


@pytest.mark.parametrize(
    ("target", "where"),
    [
        ({"return": False}, "targets[1]"),
        ({"external": {"where": "x", "acknowledged_key_id": "the new one"}}, "targets[1].external.acknowledged_key_id"),
        (credential(commcell="nowhere"), "targets[1].commvault_credential.commcell"),
        ({"commvault_oidc_app": {"name": "e", "commcell": "nowhere"}}, "targets[1].commvault_oidc_app.commcell"),
    ],
)
def test_a_target_that_names_nothing_usable_is_told(target: dict[str, t.Any], where: str) -> None:
    assert places_of_flaws(FILE, target) == [where]


def test_a_commcell_is_there_once() -> None:
    cells = [{"commcell": "cs01"}, {"commcell": "cs02"}, {"commcell": "cs01"}]
    assert places_of_flaws(credential(commcell="cs01"), commcells=cells) == ["commcells[2].commcell"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"file": {"path": "/a/b.json"}}, {"file": {"path": "/a/../a/./b.json"}}),
        ({"file": {"path": "/a/b.json"}}, {"file": {"path": "/a/b.json.pending"}}),
        ({"hashi_vault": VAULT}, {"hashi_vault": {**VAULT, "path": "/backup/entra/", "field": "other"}}),
        ({"hashi_vault": VAULT}, {"hashi_vault": {**VAULT, "path": "backup/entra-pending"}}),
        (KEY_VAULT, {"azure_key_vault": {"vault_url": "https://KV.vault.azure.net/", "name": "Backup-Entra"}}),
        (credential(), credential("AZURE")),
    ],
)
def test_a_place_is_named_once_under_whatever_name(first: dict[str, t.Any], second: dict[str, t.Any]) -> None:
    assert places_of_flaws({**first, "name": "one"}, {**second, "name": "two"}) == ["targets[1]"]


def test_other_places_are_other_places() -> None:
    targets = [
        {"file": {"path": "/a/b.json"}},
        {"file": {"path": "/a/b"}},
        {"hashi_vault": VAULT},
        {"hashi_vault": {**VAULT, "namespace": "team"}},
        {"hashi_vault": {**VAULT, "mount": "kv"}},
        KEY_VAULT,
        credential(commcell="cs01"),
        credential(commcell="cs02"),
        credential(commcell="cs01", company="acme"),
        {"commvault_oidc_app": {"name": "azure", "commcell": "cs01"}},
        {"external": {"where": "prx07"}},
        {"external": {"where": "prx08"}},
    ]
    cells = [{"commcell": "cs01"}, {"commcell": "cs02"}]
    assert places_of_flaws(*targets, commcells=cells) == []
    assert {number for number, dummy in list_places(targets)} == set(range(10))


def test_a_name_is_that_of_one_target() -> None:
    assert places_of_flaws({**FILE, "name": "a"}, {**credential(), "name": "a"}) == ["targets[1].name"]


def test_the_overlap_is_at_least_what_the_targets_need() -> None:
    """Readers of a Key Vault may be a day late."""
    assert [compute_overlap_hours(None, [FILE]), compute_overlap_hours(None, [FILE, KEY_VAULT])] == [24, 25]
    assert compute_overlap_hours(100, [KEY_VAULT]) == 100
    assert places_of_flaws(KEY_VAULT, overlap_hours=24) == ["overlap_hours"]


def test_every_kind_of_target_is_a_key_of_the_option() -> None:
    options = complete_options()
    assert set(TARGET_KINDS) == options["targets"][0].keys() - {"name"}
