# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""entra_application_certificate: added once, found by thumbprint, and no other key is ever lost, whatever happens and whoever else writes."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from cvops_simulator.entra.replication import Replication
from helpers import certificates
from helpers.certificates import (
    FIRST,
    FIRST_THUMBPRINT,
    SECOND,
    SECOND_THUMBPRINT,
    THIRD,
    find_application,
    plant_certificate,
)
from helpers.checks import assert_no_secrets, assert_no_writes, writes
from helpers.direct import run_body
from helpers.playing import Player
from helpers.virtual_time import share_clock

from ansible_collections.cvops.identity.plugins.modules import entra_application_certificate

pytestmark = pytest.mark.any_core

MODULE = "cvops.identity.entra_application_certificate"
REASON = {"accept_reason": "it is the test"}


def task(title: str, application: t.Mapping[str, str], /, **more: t.Any) -> dict[str, t.Any]:
    keywords = {key: more.pop(key) for key in ("check_mode", "register") if key in more}
    return {"name": title, MODULE: {"application": dict(application), **more}, "ignore_errors": True, **keywords}


def registered(site: Simulator) -> dict[str, str]:
    """A registration that is not the caller's own."""
    return {"app_id": site.identity(name="job").client_id}


def keys_of(site: Simulator, application: t.Mapping[str, str]) -> dict[str, str]:
    """Display names by key id, as the directory holds them."""
    return {
        item["keyId"]: item["displayName"] for item in find_application(site, application["app_id"])["keyCredentials"]
    }


def run_module(site: Simulator, options: dict[str, t.Any]) -> dict[str, t.Any]:
    """Run the module's body in this process."""
    return run_body(entra_application_certificate, site, options)


def test_one_certificate_is_added_kept_and_removed(site: Simulator, play: Player, in_process: bool) -> None:
    application = registered(site)
    foreign = plant_certificate(site, application["app_id"], SECOND, "foreign")
    signs = plant_certificate(site, application["app_id"], THIRD, "signs", usage="Sign")
    before = keys_of(site, application)
    path = pathlib.Path(site.ca_path).with_name("job.pem")
    path.write_text(FIRST)
    site.journal.clear()
    run = play(
        [
            task("predict", application, name="backup", certificate=FIRST, check_mode=True),
            task("add", application, name="backup", certificate=FIRST, register="added"),
            task("again", application, certificate=certificates.get_der_text(FIRST)),
            task("from a file", application, certificate=str(path), thumbprint=FIRST_THUMBPRINT.lower()),
            task("predict removal", application, state="absent", name="backup", check_mode=True),
            task("remove", application, state="absent", thumbprint=FIRST_THUMBPRINT),
            task("remove again", application, state="absent", thumbprint=FIRST_THUMBPRINT),
        ],
        in_process=in_process,
        diff=True,
    ).ok()
    assert [(result.task, result.failed, result["changed"], result["stats"]["writes"]) for result in run.results] == [
        ("predict", False, True, 0),
        ("add", False, True, 1),
        ("again", False, False, 0),
        ("from a file", False, False, 0),
        ("predict removal", False, True, 0),
        ("remove", False, True, 1),
        ("remove again", False, False, 0),
    ]
    assert len(writes(site)) == 2
    rows = run.one("add")["certificates"]
    assert {(row["name"], row["thumbprint"]) for row in rows} == {
        ("backup", FIRST_THUMBPRINT),
        ("foreign", SECOND_THUMBPRINT),
    }
    assert run.one("again")["certificates"] == rows
    assert [row["key_id"] for row in run.one("predict")["certificates"] if row["name"] == "backup"] == [None]
    assert run.one("predict")["diff"] == run.one("add")["diff"]
    assert run.one("predict removal")["diff"] == run.one("remove")["diff"]
    assert keys_of(site, application) == before == {foreign: "foreign", signs: "signs"}


def test_the_only_certificate_takes_the_place_of_others(site: Simulator) -> None:
    application = registered(site)
    plant_certificate(site, application["app_id"], SECOND, "old")
    signs = plant_certificate(site, application["app_id"], THIRD, "signs", usage="Sign")
    options = {"application": application, "name": "new", "certificate": FIRST, "exclusive": True}
    results = [run_module(site, options) for dummy in range(2)]
    assert [result["stats"]["writes"] for result in results] == [2, 0]
    (row,) = results[1]["certificates"]
    assert keys_of(site, application) == {signs: "signs", row["key_id"]: "new"}


def test_dangerous_removals_need_a_reason(site: Simulator, play: Player) -> None:
    application = registered(site)
    (secret,) = find_application(site, application["app_id"])["passwordCredentials"]
    secret["endDateTime"] = "2020-01-01T00:00:00Z"
    key_id = plant_certificate(site, application["app_id"], FIRST, "only")
    plant_certificate(site, application["app_id"], SECOND, "ended", endDateTime="2025-01-01T00:00:00Z")
    site.journal.clear()
    run = play(
        [
            task("last", application, state="absent", key_id=key_id),
            task(
                "accepted",
                application,
                state="absent",
                key_id=key_id,
                accept_risk=["last_key"],
                **REASON,
                check_mode=True,
            ),
            task("too many", application, certificate=THIRD, exclusive=True, max_removals=1),
            task("gone", {"unique_name": "never-was"}, state="absent", key_id=key_id),
        ]
    )
    assert (run.one("last")["error"]["kind"], run.one("last")["error"]["risk"]) == ("guard", "last_key")
    assert run.one("accepted")["changed"] and "it is the test" in str(run.one("accepted")["warnings"])
    assert "max_removals 1" in run.one("too many")["msg"]
    assert not run.one("gone")["changed"]
    assert_no_writes(site)


def test_bad_input_is_refused_before_anything_is_sent(site: Simulator, play: Player, in_process: bool) -> None:
    application = registered(site)
    private = (
        "-----BEGIN PRIVATE KEY-----\nMIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQC7\n-----END PRIVATE KEY-----\n"
    )
    path = pathlib.Path(site.ca_path).with_name("job.key")
    path.write_text(private + FIRST)
    site.journal.clear()
    run = play(
        [
            task("a key", application, certificate=FIRST + private),
            task("a key in a file", application, certificate=str(path)),
            task("no file", application, certificate="./none.pem"),
            task("another", application, certificate=FIRST, thumbprint=SECOND_THUMBPRINT),
            task("nothing", application),
            task("absent without a word", application, state="absent"),
            task("absent and exclusive", application, state="absent", name="x", exclusive=True),
            task("key id with present", application, certificate=FIRST, key_id="0c5d7f41-93f0-4c9a-8f1e-2f4c1d6e9b70"),
            task("long name", application, certificate=FIRST, name="x" * 91),
        ],
        in_process=in_process,
        verbosity=4,
    )
    assert all(result.failed for result in run.results)
    messages = {result.task: result["msg"] for result in run.results}
    assert "private key" in messages["a key"] and "private key" in messages["a key in a file"]
    assert "job.key" in messages["a key in a file"]
    assert_no_secrets(run, [], [private.splitlines()[1]])
    assert "none.pem" in messages["no file"]
    assert "does not match" in messages["another"]
    assert "certificate" in messages["nothing"]
    assert "thumbprint" in messages["absent without a word"]
    assert "exclusive" in messages["absent and exclusive"]
    assert "key_id" in messages["key id with present"]
    assert "name" in messages["long name"]
    assert_no_writes(site)


@pytest.mark.parametrize(
    ("restriction", "said"),
    [
        ({"restrictionType": "asymmetricKeyLifetime", "maxLifetime": "P90D"}, "The limit is 90 days"),
        ({"restrictionType": "trustedCertificateAuthority"}, "certain issuers"),
    ],
)
def test_a_policy_is_named(site: Simulator, restriction: dict[str, str], said: str) -> None:
    application = registered(site)
    policy = {**(site.tenant.store.primary().get("policies", "defaultAppManagementPolicy") or {}), "isEnabled": True}
    policy["applicationRestrictions"] = {"keyCredentials": [{**restriction, "state": "enabled"}]}
    site.tenant.store.put("policies", "defaultAppManagementPolicy", policy)
    refused = run_module(site, {"application": application, "certificate": FIRST})
    assert said in refused["msg"] and "exception" in refused["msg"]
    assert keys_of(site, application) == {}


# -- at every instant


class Timeline:
    """Every state that the keys of one registration were ever in, as its primary copy had them."""

    def __init__(self, site: Simulator, app_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.states: list[set[str]] = []
        store, object_id = site.tenant.store, find_application(site, app_id)["id"]
        put = store.put

        def watch(table: str, key: str, row: t.Any, *words: t.Any, **more: t.Any) -> None:
            if (table, key) == ("applications", object_id):
                self.states.append({item["keyId"] for item in row["keyCredentials"]})
            put(table, key, row, *words, **more)

        monkeypatch.setattr(store, "put", watch)

    def find_lost(self, foreign: t.Collection[str]) -> list[set[str]]:
        return [set(foreign) - state for state in self.states if not set(foreign) <= state]


@pytest.fixture
def late_site(make_site: t.Callable[..., Simulator], monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """A site whose replicas show what is written late, one by one, and on which waits take no time."""
    found = make_site(set="S", replication=Replication(seed=3, tail=0.0, property_lag=2.0, credential_lag_token=0.0))
    share_clock(monkeypatch, found)
    return found


#: What becomes of one request; ``make test`` tries those after which the service has acted.
FAULTS = (
    "drop_after",
    "status_after",
    *(pytest.param(action, marks=pytest.mark.whole) for action in ("drop_before", "status", "truncated", "empty")),
)


def seed(site: Simulator) -> tuple[dict[str, t.Any], set[str]]:
    """Return options for one certificate more, and the key ids that are there before."""
    site.reset()
    application = registered(site)
    foreign = {plant_certificate(site, application["app_id"], pem, "foreign") for pem in (SECOND, THIRD)}
    site.clock.advance(60)
    site.journal.clear()
    return {"application": application, "name": "new", "certificate": FIRST}, foreign


@pytest.mark.parametrize("action", FAULTS)
def test_no_foreign_key_is_lost_at_any_instant(
    late_site: Simulator, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    options, foreign = seed(late_site)
    assert run_module(late_site, options)["changed"]
    count = len([entry for entry in late_site.journal.entries() if entry.service == "graph"])
    for number in range(count):
        options, foreign = seed(late_site)
        with monkeypatch.context() as patched:
            timeline = Timeline(late_site, options["application"]["app_id"], patched)
            more = {"status": 503} if action.startswith("status") else {}
            late_site.faults.add(Fault("graph", "*", "*", action, after=number, **more))
            first = run_module(late_site, options)
            late_site.faults.clear()
            second, third = run_module(late_site, options), run_module(late_site, options)
        assert timeline.find_lost(foreign) == [], f"request {number}"
        assert len(keys_of(late_site, options["application"])) == len(foreign) + 1, f"request {number}"
        assert first["changed"] or second["changed"]
        assert not third["changed"], third.get("msg")


@pytest.mark.whole
def test_two_writers_at_once_lose_no_key_of_anybody(late_site: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole run of a second writer comes before each request of the first one.

    Only what it adds between the first one's last look and its write may go: nobody can see that, and the run that adds it has ended.
    """
    options, foreign = seed(late_site)
    run_module(late_site, options)
    requests = [entry for entry in late_site.journal.entries() if entry.service == "graph"]
    write = next(number for number, entry in enumerate(requests) if entry.method == "PATCH")
    for number in range(len(requests)):
        options, foreign = seed(late_site)
        other = {**options, "name": "other", "certificate": certificates.make_certificate(1)}
        results: list[dict[str, t.Any]] = []
        with monkeypatch.context() as patched:
            timeline = Timeline(late_site, options["application"]["app_id"], patched)
            _call_before_request(
                patched, number, lambda other=other, results=results: results.append(run_module(late_site, other))
            )  # type: ignore[misc]
            first = run_module(late_site, options)
        assert timeline.find_lost(foreign) == [], f"request {number}"
        assert not first.get("failed"), first.get("msg")
        assert results and not results[0].get("failed"), results
        names = sorted(keys_of(late_site, options["application"]).values())
        assert names == ["foreign", "foreign", "new", "other"] or number == write, f"request {number}: {names}"


def _call_before_request(patched: pytest.MonkeyPatch, number: int, call: t.Callable[[], None]) -> None:
    """Call *call* once, before the request to Graph with this number."""
    from ansible_collections.cvops.identity.plugins.module_utils._core.http import Transport

    send, sent = Transport._send_until_stopped, 0

    def send_later(self: Transport, method: str, url: str, *words: t.Any) -> t.Any:
        nonlocal sent
        if "/v1.0/" in url:
            sent += 1
            if sent == number + 1:
                call()
        return send(self, method, url, *words)

    patched.setattr(Transport, "_send_until_stopped", send_later)
