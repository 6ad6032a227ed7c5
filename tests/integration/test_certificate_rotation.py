# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""secret_rotation with certificates: the same phases, all other certificates stay, and the private key is in the store alone."""

from __future__ import annotations

import functools
import json
import pathlib
import typing as t

import pytest
from cryptography import x509
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from cvops_simulator.entra.replication import Replication
from helpers.certificates import list_private_lines, reuse_keys
from helpers.checks import assert_no_secrets
from helpers.playing import Player
from helpers.rotating import DAY, Rotating
from helpers.virtual_time import share_clock

pytestmark = pytest.mark.any_core

MODULE = "cvops.identity.secret_rotation"


@pytest.fixture
def rotating(
    make_site: t.Callable[..., Simulator], monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> Rotating:
    """Return a site whose replicas lag, and whose clock moves on by as much as a run waits."""
    site = make_site(set="S", replication=Replication(seed=3))
    share_clock(monkeypatch, site)
    reuse_keys(monkeypatch)
    found, run = Rotating(site, tmp_path / "stores", "certificate"), Rotating.run
    monkeypatch.setattr(found, "run", functools.partial(run, found, prove={"successes": 4, "over_seconds": 60}))
    return found


def is_stored(rotating: Rotating, key_id: str) -> bool:
    """Return whether the file has this key: its certificate as Entra ID has it, with the private key that belongs to it."""
    kept = rotating.stored()
    return (kept["key_id"], rotating.to_known(kept["value"])) == (key_id, rotating.value(key_id))


def test_the_whole_life_of_a_certificate(rotating: Rotating) -> None:
    target, more, site = rotating.file(), {"consumers_complete": True, "retire": "auto"}, rotating.site
    before = rotating.list_all_keys()
    predicted = rotating.run(target, check=True, **more)
    assert rotating.list_all_keys() == before
    first = rotating.run(target, **more)
    assert (first["changed"], first["rotation"]["outcome"]) == (True, "overlap"), first
    assert [step["id"] for step in predicted["steps"]] == [step["id"] for step in first["steps"]]
    assert [step["kind"] for step in first["steps"]] == ["certificate", "target", "certificate", "target"]
    (key_id,) = rotating.own_keys()
    assert first["rotation"]["active_key_id"] == key_id
    assert is_stored(rotating, key_id)
    assert not any(line in str(first) for line in list_private_lines(rotating.stored()["value"]))

    site.clock.advance(DAY)
    site.journal.clear()
    again = rotating.run(target, **more)
    assert (again["changed"], again["rotation"]["outcome"], again["stats"]["writes"]) == (False, "not_due", 0)
    assert len(site.journal.entries("graph")) <= 2

    site.clock.advance(90 * DAY)
    second = rotating.run(target, **more)
    new = second["rotation"]["active_key_id"]
    assert (second["rotation"]["outcome"], second["rotation"]["previous_key_ids"]) == ("overlap", [key_id])
    assert rotating.own_keys() == [key_id, new]
    site.clock.advance(2 * DAY)
    third = rotating.run(target, **more)
    assert (third["rotation"]["outcome"], rotating.own_keys()) == ("retired", [new])
    assert rotating.list_all_keys() == {*before, new}, "of others, of other uses, and secrets, all are there"
    assert is_stored(rotating, new)
    assert rotating.run(target, **more)["changed"] is False


def test_what_the_store_has_is_what_programs_take(rotating: Rotating) -> None:
    rotating.run(rotating.file(), certificate={"common_name": "nightly job"}, lifetime_days=365, rotate_before_days=190)
    certificate = x509.load_pem_x509_certificate(rotating.stored()["value"].encode())
    assert certificate.subject.rfc4514_string() == "CN=nightly job"
    assert (certificate.not_valid_after_utc - certificate.not_valid_before_utc).total_seconds() == 365 * DAY
    rotating.site.clock.advance(DAY)
    signed_in = {
        "auth_method": "client_certificate",
        "client_id": rotating.app_id,
        "client_certificate": rotating.stored()["value"],
        "token_cache": "none",
    }
    refused = rotating.run(rotating.file(), **signed_in)
    assert refused["error"]["kind"] == "forbidden", "it has signed in, and may not do this"


def test_what_commvault_keeps_takes_no_certificate(rotating: Rotating) -> None:
    credential, app = rotating.credential(), rotating.oidc_app()
    rotating.site.journal.clear()
    found = rotating.run(rotating.file(), credential, app)
    assert found["failed"]
    for place in ("targets[1].commvault_credential", "targets[2].commvault_oidc_app"):
        assert place in found["msg"]
    assert "Commvault keeps a client secret" in found["msg"]
    assert rotating.site.journal.writes("graph") == []
    assert not (rotating.folder / "secret.json").exists()
    assert rotating.site.journal.entries("cs01") == []


RESTRICTIONS = {
    "lifetime": {"restrictionType": "asymmetricKeyLifetime", "state": "enabled", "maxLifetime": "P90D"},
    "issuers": {"restrictionType": "trustedCertificateAuthority", "state": "enabled"},
}


@pytest.mark.parametrize("kind", RESTRICTIONS)
def test_a_policy_is_found_before_anything_is_written(rotating: Rotating, kind: str) -> None:
    restriction = {"keyCredentials": [RESTRICTIONS[kind]]}
    rotating.site.tenant.assign_app_management_policy(rotating.wire()["id"], restriction)
    rotating.site.journal.clear()
    found = rotating.run(rotating.file())
    assert found["error"]["outcome"] == "blocked_by_app_policy", found
    assert "custom security attribute" in found["msg"]
    assert {"lifetime": "90 days", "issuers": "certain issuers"}[kind] in found["msg"]
    assert rotating.site.journal.writes("graph") == []
    rotating.kind = "secret"
    assert not rotating.run(rotating.file()).get("failed"), "secrets have rules of their own"


@pytest.mark.parametrize("kind", RESTRICTIONS)
def test_who_may_not_read_policies_is_told_by_the_service(rotating: Rotating, kind: str) -> None:
    restriction = {"keyCredentials": [RESTRICTIONS[kind]]}
    rotating.site.tenant.assign_app_management_policy(rotating.wire()["id"], restriction)
    rotating.site.faults.add(Fault("graph", "GET", "*anagementPolic*", "status", times=0, status=403))
    found = rotating.run(rotating.file())
    assert (found["error"]["outcome"], rotating.own_keys()) == ("blocked_by_app_policy", []), found
    assert not (rotating.folder / "secret.json.pending").exists()


def test_a_lifetime_as_long_as_the_policy_allows_is_allowed(rotating: Rotating) -> None:
    cap = {**RESTRICTIONS["lifetime"], "maxLifetime": "P183D"}
    rotating.site.tenant.assign_app_management_policy(rotating.wire()["id"], {"keyCredentials": [cap]})
    assert rotating.run(rotating.file())["rotation"]["outcome"] == "overlap"


def test_going_back_takes_the_certificate_that_the_store_kept(rotating: Rotating) -> None:
    old = rotating.run(rotating.file())["rotation"]["active_key_id"]
    rotating.site.clock.advance(91 * DAY)
    new = rotating.run(rotating.file())["rotation"]["active_key_id"]
    back = {"rollback_from": {"file": rotating.file()["file"]}}
    found = rotating.run(rotating.file(), **back)
    assert (found["rotation"]["outcome"], found["rotation"]["active_key_id"]) == ("rolled_back", old), found
    assert is_stored(rotating, old)
    assert rotating.run(rotating.file(), **back)["changed"] is False
    assert rotating.own_keys() == [old, new]


def test_from_a_secret_to_a_certificate_nobody_loses_anything(rotating: Rotating) -> None:
    """The same rotation, the same store; and back again."""
    rotating.kind = "secret"
    secret = rotating.run(rotating.file())["rotation"]["active_key_id"]
    rotating.kind = "certificate"
    found = rotating.run(rotating.file(), consumers_complete=True, retire="now")
    assert (found["changed"], found["rotation"]["previous_key_ids"]) == (True, []), found
    assert is_stored(rotating, found["rotation"]["active_key_id"])
    rotating.site.clock.advance(2 * DAY)
    assert rotating.run(rotating.file(), consumers_complete=True, retire="now")["changed"] is False
    assert secret in rotating.list_all_keys()


def test_a_certificate_that_somebody_else_overwrites_before_the_end_is_there_in_the_end(rotating: Rotating) -> None:
    """Another program writes the whole collection from what it was before, while the new one is proven."""
    site, stale = rotating.site, list(rotating.wire()["keyCredentials"])
    add, done = site.journal.add, []

    def overwrite(entry: t.Any) -> None:
        add(entry)
        if entry.service == "login" and rotating.own_keys() and len(done) < 4:
            done.append(entry)
            if len(done) == 4:
                site.tenant.update("application", {**rotating.wire(), "keyCredentials": stale}, "credential_graph")

    site.journal.add = overwrite
    found = rotating.run(rotating.file())
    assert len(done) == 4
    assert not found.get("failed"), found
    assert rotating.own_keys() == [found["rotation"]["active_key_id"]]


def test_a_play_shows_no_private_key(site: Simulator, play: Player, in_process: bool) -> None:
    """In Ansible's worker and as a module; the one that is returned is returned."""
    app_id = site.identity(name="job").client_id
    options = {
        "application": {"app_id": app_id},
        "rotation_name": "backup",
        "kind": "certificate",
        "certificate": {"key_size": 2048},
        "targets": [{"file": {"path": "{{ playbook_dir }}/kept/secret.json"}}],
        "prove": {"successes": 2, "over_seconds": 0},
    }
    returned = {**options, "rotation_name": "returned", "targets": [{"return": True}]}
    tasks = [
        {"name": "rotate", MODULE: options},
        {"name": "return", MODULE: returned, "no_log": True, "register": "returned"},
        {
            "name": "keep",
            "ansible.builtin.copy": {
                "content": "{{ returned.rotation.value }}",
                "dest": "{{ playbook_dir }}/kept/returned.pem",
                "mode": "0600",
            },
            "no_log": True,
        },
    ]
    # A module in a process of its own waits between its looks.
    run = play(tasks if in_process else tasks[:1], in_process=in_process, diff=True, verbosity=4).ok()
    (kept,) = run.folder.rglob("secret.json")
    values = [json.loads(kept.read_text())["current"]["value"]]
    if in_process:
        values.append(kept.with_name("returned.pem").read_text())
        kept.with_name("returned.pem").unlink()
    kept.unlink()
    assert len(set(values)) == len(values)
    lines = [line for value in values for line in list_private_lines(value)]
    assert len(lines) > 10
    assert_no_secrets(run, [run.folder], [*lines, site.automation.client_secret])
