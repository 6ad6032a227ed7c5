# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What expires as tests of a pipeline."""

from __future__ import annotations

import typing as t
from xml.etree import ElementTree

from expiry_examples import LIMITS, NOW, REPORT, application, certificate, consumer, key, make_facts, saml_app
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry.facts import make_source
from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry.rows import build_expiry_report
from ansible_collections.cvops.identity.plugins.plugin_utils.expiry_junit import build_expiry_junit


def read(report: t.Any) -> ElementTree.Element:
    suite = ElementTree.fromstring(build_expiry_junit(report)).find("testsuite")
    assert suite is not None
    return suite


def test_rows_are_tests_by_their_state() -> None:
    suite = read(REPORT)
    counts, rows = REPORT["counts"], len(REPORT["rows"])
    assert suite.get("failures") == str(counts["missing"] + counts["expired"] + counts["critical"]) == "3"
    assert (suite.get("skipped"), suite.get("errors")) == ("2", "0")
    assert suite.get("tests") == str(rows + len(REPORT["sources"])) == str(len(suite.findall("testcase")))
    assert suite.find("testcase[@name='access tokens of Commvault (cs01)']") is not None
    told = [case.get("message") for case in suite.iter("failure")]
    assert any("credential azure-old on CommCell cs01" in str(message) for message in told)


def test_a_source_that_could_not_be_read_is_an_error() -> None:
    suite = read(build_expiry_report(make_facts(failed=["access_tokens"]), NOW, LIMITS))
    assert suite.get("errors") == "1"
    assert [case.get("message") for case in suite.iter("error")] == [
        "access tokens of Commvault (cs01) could not be read: HTTP 500"
    ]


def test_a_source_that_was_left_out_is_skipped() -> None:
    facts = make_facts()
    facts["sources"].append(make_source("commvault", "credentials", "cs01", status="left_out"))
    suite = read(build_expiry_report(facts, NOW, LIMITS))
    assert (suite.get("skipped"), suite.get("errors")) == ("1", "0")


@given(st.text(), st.text())
def test_names_of_any_kind_are_attributes_of_one_test(name: str, consumed: str) -> None:
    facts = make_facts([REPORT["applications"][0]], [key(1, 3, name=name)], [consumer(consumed, 1)])
    suite = read(build_expiry_report(facts, NOW, LIMITS))
    assert len(suite.findall("testcase")) == len(facts["sources"]) + 1
    assert len(list(suite.iter("failure"))) == 1


def test_the_copy_of_a_certificate_is_the_same_test_whether_it_is_well_or_not() -> None:
    name = f"SAML app corp: identity provider certificate (fingerprint {1:064X})"
    site = [application(1, identifiers=["https://cv.example"])]
    for applications, keys, outcome in (
        (site, [certificate(1, 40, True)], "system-out"),
        (site, [certificate(2, 40, True)], "failure"),
        ([], [], "system-out"),
    ):
        suite = read(build_expiry_report(make_facts(applications, keys, [saml_app(holds=1)]), NOW, LIMITS))
        case = suite.find(f"testcase[@name='{name}']")
        assert case is not None and case.get("classname") == "cs01" and case.find(outcome) is not None
