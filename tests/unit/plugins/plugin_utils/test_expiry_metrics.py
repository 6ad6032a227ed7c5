# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Metrics of what expires, read back by the parser of Prometheus' own client."""

from __future__ import annotations

import sys
import typing as t

import pytest
from expiry_examples import (
    LIMITS,
    NOW,
    REPORT,
    application,
    certificate,
    consumer,
    guid,
    in_days,
    key,
    make_facts,
    saml_app,
)
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import MissingLibrary
from ansible_collections.cvops.identity.plugins.module_utils._core.values import parse_time
from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry.rows import build_expiry_report
from ansible_collections.cvops.identity.plugins.plugin_utils.expiry_metrics import build_expiry_metrics

Samples = dict[str, list[tuple[dict[str, str], float]]]


def read(report: t.Any) -> Samples:
    found: Samples = {}
    for family in text_string_to_metric_families(build_expiry_metrics(report)):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((dict(sample.labels), sample.value))
    return found


def test_ends_are_seconds_since_1970_under_the_names_of_the_row() -> None:
    ends = read(REPORT)["cvops_credential_expiry_timestamp_seconds"]
    wanted = {
        "consumer": "credential azure-prod",
        "application": "app-1",
        "kind": "secret",
        "key_id": guid(1001),
        "commcell": "cs01",
    }
    assert [value for labels, value in ends if labels == wanted] == [parse_time(in_days(12.5)).timestamp()]
    assert len(ends) == sum(row["expires"] is not None and row["state"] != "superseded" for row in REPORT["rows"])


def test_what_is_superseded_has_no_end_that_alarms() -> None:
    found = read(build_expiry_report(make_facts([], [key(1, -2), key(2, 200)]), NOW, LIMITS))
    assert [labels["key_id"] for labels, _value in found["cvops_credential_expiry_timestamp_seconds"]] == [guid(1002)]
    assert ({"state": "superseded"}, 1.0) in found["cvops_credentials"]


def test_what_has_no_end_counts_by_its_state() -> None:
    told = {labels["state"]: value for labels, value in read(REPORT)["cvops_credentials"]}
    assert told == {name: float(count) for name, count in REPORT["counts"].items()}


def test_of_keys_that_labels_do_not_tell_apart_the_first_end_counts() -> None:
    """Whoever adds a certificate chooses its key id, and names are free."""
    keys = [key(1, days, of, "certificate") for days, of in ((200, 1), (3, 2), (90, 3))]
    for item in keys:
        item["application"] = "same"
    found = read(build_expiry_report(make_facts([], keys), NOW, LIMITS))
    ((_labels, ends),) = found["cvops_credential_expiry_timestamp_seconds"]
    assert ends == parse_time(in_days(3)).timestamp()


def test_findings_are_counted() -> None:
    told = {labels["finding"]: value for labels, value in read(REPORT)["cvops_credential_findings"]}
    none = {"other_certificate_signs": 0.0, "next_certificate_unused": 0.0}
    assert told == {**none, "of_service_principal": 1.0, "no_known_consumer": 1.0, "no_end": 1.0}


def test_a_sign_on_that_is_broken_counts_as_missing_and_as_a_finding() -> None:
    site = [application(1, identifiers=["https://cv.example"])]
    facts = make_facts(site, [certificate(2, 300, True)], [saml_app(holds=1)])
    told = read(build_expiry_report(facts, NOW, LIMITS))
    assert ({"finding": "other_certificate_signs"}, 1.0) in told["cvops_credential_findings"]
    assert ({"state": "missing"}, 1.0) in told["cvops_credentials"]
    ends = {labels["kind"]: labels for labels, _value in told["cvops_credential_expiry_timestamp_seconds"]}
    assert ends["identity_provider_certificate"]["key_id"] == f"{1:064X}"


@pytest.mark.parametrize(("failed", "success"), [([], 1.0), (["access_tokens"], 0.0)])
def test_a_source_that_failed_alarms(failed: list[str], success: float) -> None:
    found = read(build_expiry_report(make_facts(failed=failed), NOW, LIMITS))
    assert found["cvops_collect_success"] == [({}, success)]
    assert found["cvops_last_collect_timestamp_seconds"] == [({}, NOW.timestamp())]
    told = {labels["source"]: value for labels, value in found["cvops_collect_source_success"]}
    assert told["access_tokens"] == success
    assert told["applications"] == 1.0


@given(st.text(max_size=40), st.text(max_size=40))
def test_names_of_any_kind_are_labels_and_no_lines(name: str, commcell: str) -> None:
    facts = make_facts([], [key(1, 3)], [consumer(name, 1, commcell=commcell)])
    facts["applications"] = [{**REPORT["applications"][0], "application": name}]
    found = read(build_expiry_report(facts, NOW, LIMITS))
    assert len(found["cvops_credential_expiry_timestamp_seconds"]) == 1
    assert found["cvops_collect_success"] == [({}, 1.0)]


def test_without_the_library_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(MissingLibrary, match="pip install prometheus-client"):
        build_expiry_metrics(REPORT)
