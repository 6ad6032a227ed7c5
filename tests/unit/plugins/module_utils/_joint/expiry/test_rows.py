# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The join of keys and consumers: who depends on what, what nobody knows, and what alarms."""

from __future__ import annotations

import random
import typing as t

import pytest
from expiry_examples import (
    LIMITS,
    NOW,
    TENANT,
    all_facts,
    application,
    certificate,
    consumer,
    guid,
    in_days,
    key,
    make_facts,
    saml_app,
    token,
)
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry import rows as subject
from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry.facts import (
    PROVIDER_KIND,
    ExpiryFacts,
    merge_facts,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry.rows import (
    STATES,
    Thresholds,
    build_expiry_report,
    build_rows,
    judge_end,
)

Row = dict[str, t.Any]


def rows_of(*args: t.Any, **more: t.Any) -> list[Row]:
    return build_rows(make_facts(*args, **more), NOW, LIMITS)


def states(rows: list[Row]) -> dict[str, str]:
    """States by consumer, of keys without one by their label."""
    return {row["consumer"] or row["name"]: row["state"] for row in rows}


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (None, ("no_end", None)),
        (30, ("ok", 30)),
        (29.99, ("warning", 29)),
        (7, ("warning", 7)),
        (6.99, ("critical", 6)),
        (0.0001, ("critical", 0)),
        (0, ("expired", 0)),
        (-0.5, ("expired", -1)),
        (-3, ("expired", -3)),
    ],
)
def test_the_state_follows_from_whole_days(days: float | None, expected: tuple[str, int | None]) -> None:
    assert judge_end(None if days is None else in_days(days), NOW, LIMITS) == expected


def test_without_a_second_threshold_nothing_is_critical() -> None:
    assert judge_end(in_days(1), NOW, Thresholds(30)) == ("warning", 1)


def test_a_consumer_depends_on_the_key_of_its_mark() -> None:
    keys = [key(1, 12.5), key(2, 200)]
    held, other = rows_of([application(1)], keys, [consumer("azure-prod", 1)])
    assert held["consumer"] == "credential azure-prod"
    assert (held["key_id"], held["days_left"], held["state"]) == (guid(1001), 12, "warning")
    assert (held["commcell"], held["application"], held["unknown"]) == ("cs01", "app-1", None)
    assert (other["consumer"], other["key_id"], other["unknown"]) == (None, guid(1002), "who uses it")


def test_the_mark_may_be_in_other_letters() -> None:
    (row,) = rows_of([application(1)], [key(1)], [consumer("a", None, key_id=guid(1001).upper())])
    assert row["state"] == "ok"


def test_several_consumers_of_one_key_are_several_rows() -> None:
    found = rows_of([application(1)], [key(1)], [consumer("a", 1), consumer("b", 1, kind="oidc_app")])
    assert states(found) == {"credential a": "ok", "OIDC app b": "ok"}


def test_a_key_that_entra_id_does_not_have_is_missing() -> None:
    held, own = rows_of([application(1)], [key(1)], [consumer("a", 9)])
    assert (held["state"], held["key_id"], held["unknown"]) == (
        "missing",
        guid(1009),
        "app-1 has no such key (any more)",
    )
    assert own["state"] == "ok"


def test_a_key_of_another_application_is_missing() -> None:
    found = rows_of([application(1), application(2)], [key(1, of=2)], [consumer("a", 1)])
    assert "belongs to app-2" in found[0]["unknown"]
    assert found[0]["state"] == "missing"


def test_a_key_is_not_missing_where_it_may_be_one_of_a_service_principal_that_was_not_read() -> None:
    (row,) = rows_of([application(1)], [], [consumer("a", 9)], failed=["service_principals"])
    assert (row["state"], "could not be read" in row["unknown"]) == ("unknown", True)


def test_a_consumer_without_a_mark_may_hold_any_key_of_its_application() -> None:
    found = rows_of([application(1)], [key(1, -2), key(2, 200)], [consumer("a", None)])
    assert states(found) == {"credential a": "unknown", "key-1": "expired", "key-2": "ok"}
    assert {row["unknown"] for row in found if not row["consumer"]} == {"who uses it, perhaps credential a on cs01"}


@pytest.mark.parametrize("kind", ["office365_client", "key_management_server"])
def test_what_keeps_its_key_itself_may_hold_any_of_its_application(kind: str) -> None:
    found = rows_of([application(1)], [key(1, -2), key(2, 200)], [consumer("corp", None, kind=kind)])
    assert [row["state"] for row in found] == ["expired", "unknown", "ok"]
    assert "nothing shows it" in found[1]["unknown"]
    assert found[0]["unknown"] == f"who uses it, perhaps {found[1]['consumer']} on cs01"


def test_of_many_that_may_hold_a_key_some_are_named() -> None:
    holders = [consumer(f"c{number}", None) for number in range(5)]
    (row, *_others) = rows_of([application(1)], [key(1, 3)], holders)
    assert row["unknown"].endswith("credential c1 on cs01 and 3 more")


def test_keys_of_the_application_that_the_run_signs_in_as_may_be_its_own_until_they_end() -> None:
    """Else the report would call the key by which it was made one that nobody needs."""
    facts = make_facts([application(1), application(2)], [key(1, 9), key(2, -9), key(3, 9, 2)])
    facts["sources"][0]["caller_app_id"] = guid(1)
    found = {row["name"]: (row["unknown"], row["findings"]) for row in build_rows(facts, NOW, LIMITS)}
    assert found["key-1"] == ("who uses it, perhaps this run itself", [])
    assert found["key-2"][0] == "who uses it"
    assert found["key-3"] == ("who uses it", ["no_known_consumer"])


def through(credential: str, **more: t.Any) -> t.Any:
    return consumer("corp", None, None, "office365_client", credential=credential, **more)


def test_what_uses_a_credential_depends_on_its_key() -> None:
    found = rows_of([application(1)], [key(1, 12.5)], [consumer("azure-prod", 1), through("AZURE-PROD")])
    assert states(found) == {
        "credential azure-prod": "warning",
        "Microsoft 365 client corp through credential AZURE-PROD": "warning",
    }
    assert {row["key_id"] for row in found} == {guid(1001)}


@pytest.mark.parametrize(
    ("others", "state", "told"),
    [
        ([], "unknown", "no such credential was read"),
        ([consumer("azure-prod", 1, commcell="cs02")], "unknown", "no such credential was read"),
        ([consumer("azure-prod", 1, kind="oidc_app")], "unknown", "no such credential was read"),
        ([consumer("azure-prod", 1), consumer("azure-prod", 1, company="Corp")], "unknown", "several credentials"),
        ([consumer("azure-prod", None)], "unknown", "no mark with a key id"),
        ([consumer("azure-prod", 9)], "missing", "app-1 has no such key"),
    ],
)
def test_what_is_not_known_of_a_credential_is_not_known_of_its_users(others: t.Any, state: str, told: str) -> None:
    found = rows_of([application(1)], [key(1)], [*others, through("azure-prod")])
    (row,) = (row for row in found if row["consumer_kind"] == "office365_client")
    assert row["state"] == state
    assert told in row["unknown"]


@pytest.mark.parametrize(
    ("keys", "consumers", "expected"),
    [
        ([key(1)], [consumer("a", 1)], []),
        ([key(1)], [], ["no_known_consumer"]),
        ([key(1)], [consumer("a", None)], []),
        ([key(1, None)], [consumer("a", 1)], ["no_end"]),
        ([key(1, kind="service_principal_secret")], [consumer("a", 1)], ["of_service_principal"]),
        (
            [key(1, None, kind="service_principal_certificate")],
            [],
            ["of_service_principal", "no_known_consumer", "no_end"],
        ),
        ([certificate(1, 50, True)], [], ["no_known_consumer"]),
        ([key(1, -3), key(2)], [consumer("a", 2)], []),
        ([key(1, None, kind="federated_credential")], [], []),
        ([token(1, None)], [], []),
    ],
    ids=[
        "held",
        "of nobody",
        "perhaps held",
        "no end",
        "principal",
        "all",
        "signing",
        "superseded",
        "federated",
        "token",
    ],
)
def test_findings(keys: list[t.Any], consumers: list[t.Any], expected: list[str]) -> None:
    found = rows_of([application(1)], keys, consumers)
    assert [name for row in found for name in row["findings"]] == expected


@pytest.mark.parametrize(
    ("complete", "tenant", "expected"),
    [(True, TENANT, "missing"), (True, guid(7), "unknown"), (True, None, "unknown"), (False, TENANT, "unknown")],
)
def test_an_application_is_gone_only_where_all_of_its_tenant_were_read(
    complete: bool, tenant: str | None, expected: str
) -> None:
    (row,) = rows_of([], [], [consumer("a", 1, tenant_id=tenant)], complete=complete)
    assert row["state"] == expected


def test_what_could_not_be_read_makes_nothing_missing() -> None:
    (row,) = rows_of([], [], [consumer("a", 1)], failed=["applications", "service_principals"])
    assert row["state"] == "unknown"


def test_a_saml_app_depends_on_the_active_certificate_of_its_application() -> None:
    site = [application(1, identifiers=["https://cv.example"])]
    keys = [certificate(1, 12, True), certificate(2, 300, False)]
    found = {row["kind"]: row for row in rows_of(site, keys, [saml_app()]) if row["consumer"]}
    signing, held = found["saml_signing_certificate"], found[PROVIDER_KIND]
    assert states(rows_of(site, keys))["key-2"] == "superseded"
    assert (signing["key_id"], signing["application"], signing["state"]) == (guid(1001), "app-1", "warning")
    assert "cannot be read back" in signing["unknown"]
    assert (held["state"], held["expires"], held["key_id"]) == ("unknown", None, None)
    assert "no mark" in held["unknown"]


@pytest.mark.parametrize(
    ("identifiers", "state"),
    [([], "unknown"), (["https://other"], "unknown"), (["https://cv.example"], "missing")],
)
def test_a_saml_app_without_a_certificate(identifiers: list[str], state: str) -> None:
    (row, held) = rows_of([application(1, identifiers=["https://cv.example"])], [], [saml_app(identifiers=identifiers)])
    assert row["state"] == state
    assert (held["kind"], held["state"]) == (PROVIDER_KIND, "unknown")


def test_a_saml_app_of_two_applications_is_unknown() -> None:
    site = [application(number, identifiers=["https://cv.example"]) for number in (1, 2)]
    (row,) = (row for row in rows_of(site, [], [saml_app()]) if row["kind"] is None)
    assert (row["state"], "several" in row["unknown"]) == ("unknown", True)


def test_what_a_rotation_leaves_to_expire_does_not_alarm_for_ever() -> None:
    """An ended key beside one that works is superseded, a nearly ended one at worst warns: somebody unknown may hold it."""
    assert states(rows_of([application(1)], [key(1, -2), key(2, 200)])) == {"key-1": "superseded", "key-2": "ok"}
    assert states(rows_of([application(1)], [key(1, 3), key(2, 200)])) == {"key-1": "warning", "key-2": "ok"}


@pytest.mark.parametrize(
    "other",
    [
        key(2, 200, 2),
        key(2, 3),
        key(2, -1),
        key(2, 200, starts=in_days(1)),
        key(2, 200, kind="saml_signing_certificate", active=True),
        key(2, None, kind="federated_credential"),
    ],
    ids=["of another application", "that ends soon", "that has ended", "not begun", "that signs", "federated"],
)
def test_another_key_is_no_successor(other: t.Any) -> None:
    found = states(rows_of([application(1), application(2)], [key(1, -2), other]))
    assert found["key-1"] == "expired"


def test_a_certificate_is_a_successor_of_a_secret() -> None:
    found = states(rows_of([application(1)], [key(1, -2), key(2, None, kind="certificate")]))
    assert found["key-1"] == "superseded"


def test_an_ended_key_that_a_consumer_holds_is_expired_whatever_else_there_is() -> None:
    assert states(rows_of([application(1)], [key(1, -2), key(2, 200)], [consumer("a", 1)]))["credential a"] == "expired"


def test_an_inactive_certificate_beside_no_active_one_counts() -> None:
    assert states(rows_of([application(1)], [certificate(1, -2, False)])) == {"key-1": "expired"}


def test_an_access_token_is_used_by_its_owner() -> None:
    (row,) = rows_of([], [token(8, 5)])
    assert (row["consumer"], row["consumer_kind"], row["commcell"], row["state"]) == (
        "user svc",
        "user",
        "cs01",
        "critical",
    )


def test_an_access_token_without_an_end_is_unknown() -> None:
    (row,) = rows_of([], [token(8, None)])
    assert (row["state"], row["unknown"]) == ("unknown", "until when it can be renewed")


def test_a_federated_credential_has_no_end() -> None:
    (row,) = rows_of([application(1)], [key(1, None, kind="federated_credential")])
    assert (row["state"], row["unknown"]) == ("no_end", None)


def test_an_application_that_is_not_there_is_missing() -> None:
    (row,) = rows_of([application(1, is_found=False)])
    assert (row["state"], row["kind"], row["app_id"]) == ("missing", None, guid(1))


@pytest.mark.parametrize("what", ["applications", "service_principals", "federated_credentials", "access_tokens"])
def test_a_source_that_failed_never_looks_fine(what: str) -> None:
    whole = build_expiry_report(make_facts([application(1)], [key(1)]), NOW, LIMITS)
    partial = build_expiry_report(make_facts([application(1)], [key(1)], failed=[what]), NOW, LIMITS)
    assert (whole["state"], whole["partial"]) == ("ok", False)
    assert (partial["state"], partial["partial"]) == ("unknown", True)


def test_no_end_and_superseded_count_as_ok() -> None:
    facts = make_facts([application(1)], [key(1, -2), key(2, None)])
    assert build_expiry_report(facts, NOW, LIMITS)["state"] == "ok"


def test_the_gravest_comes_first_and_in_it_what_ends_first() -> None:
    found = rows_of(
        [application(1), application(2)],
        [key(1, 20), key(2, 9), key(3, -4, 2), key(4, None, 2, "federated_credential")],
    )
    assert [row["name"] for row in found] == ["key-3", "key-2", "key-1", "key-4"]


@given(all_facts(), st.randoms())
def test_order_never_matters(facts: ExpiryFacts, chance: random.Random) -> None:
    mixed: t.Any = {name: chance.sample(items, len(items)) for name, items in t.cast("dict[str, t.Any]", facts).items()}
    one, other = build_expiry_report(facts, NOW, LIMITS), build_expiry_report(mixed, NOW, LIMITS)
    assert (one["rows"], one["counts"], one["state"]) == (other["rows"], other["counts"], other["state"])


@given(all_facts())
def test_nothing_that_was_read_is_lost(facts: ExpiryFacts) -> None:
    """Each key is in a row, each consumer has exactly one, a SAML app one of its own copy too, and no row is about anything else."""
    found = build_rows(facts, NOW, LIMITS)
    told = {(row["kind"], row["object_id"], row["key_id"]) for row in found}
    assert {(item["kind"], item["object_id"], item["key_id"]) for item in facts["key_list"]} <= told
    held = [row for row in found if row["kind"] == PROVIDER_KIND]
    others = [row for row in found if row["kind"] != PROVIDER_KIND]
    names = sorted(row["consumer"] for row in others if row["consumer_kind"] not in (None, "user"))
    assert names == sorted(subject.describe_consumer(item) for item in facts["consumers"])
    apps = [item for item in facts["consumers"] if item["kind"] == "saml_app"]
    assert sorted(row["consumer"] for row in held) == sorted(subject.describe_consumer(item) for item in apps)
    missing = [item for item in facts["applications"] if not item["is_found"]]
    assert len(others) <= len(facts["key_list"]) + len(facts["consumers"]) + len(missing)


@given(all_facts(), st.integers(0, 60), st.integers(0, 60))
def test_a_lower_threshold_never_makes_a_row_graver(facts: ExpiryFacts, one: int, other: int) -> None:
    def place(row: Row) -> tuple[str, ...]:
        return tuple(str(row[name]) for name in ("kind", "object_id", "key_id", "consumer", "application"))

    low, high = sorted((one, other))
    strict = {place(row): row["state"] for row in build_rows(facts, NOW, Thresholds(60, high))}
    for row in build_rows(facts, NOW, Thresholds(60, low)):
        assert STATES.index(row["state"]) <= STATES.index(strict[place(row)])


@given(all_facts(), all_facts())
def test_readings_that_are_merged_twice_say_the_same(one: ExpiryFacts, other: ExpiryFacts) -> None:
    merged = merge_facts([one, other])
    again = merge_facts([merged, one, other])
    assert build_rows(merged, NOW, LIMITS) == build_rows(again, NOW, LIMITS)
