# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SAML apps beside the registration that they trust, in one document."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.plugin_utils.sign_on_checks import find_sign_on_problems

CONSOLE = "https://cv.corp.example:443/webconsole"
APP = {"name": "people", "service_provider_endpoint": CONSOLE}
APPLICATION: dict[str, t.Any] = {
    "unique_name": "x",
    "identifier_uris": [CONSOLE],
    "service_principal": {"sign_on_mode": "saml"},
}


def problems(*apps: dict[str, t.Any], application: t.Any = APPLICATION, **more: t.Any) -> list[str]:
    values = {"cvops_sso": {"saml_apps": list(apps)}, "cvops_application": application, **more}
    return [str(problem) for problem in find_sign_on_problems(values)]


def test_nothing_is_wrong() -> None:
    assert problems(APP) == problems() == []
    assert (
        problems(
            {
                **APP,
                "service_provider_endpoint": CONSOLE.upper()
                .replace("WEBCONSOLE", "webconsole")
                .replace("HTTPS", "https"),
            }
        )
        == []
    )
    assert list(find_sign_on_problems({})) == []


@pytest.mark.parametrize(
    ("application", "words"),
    [
        (None, "needs cvops_application"),
        ({**APPLICATION, "state": "absent"}, "is absent"),
        ({"unique_name": "x"}, "must be saml"),
        ({**APPLICATION, "service_principal": {"sign_on_mode": "oidc"}}, "must be saml"),
        ({**APPLICATION, "exclusive": True, "web": {"redirect_uris": []}}, "removes the reply URLs"),
        ({**APPLICATION, "identifier_uris": ["https://other.example"]}, "not in cvops_application.identifier_uris"),
    ],
)
def test_the_registration_does_not_fit(application: t.Any, words: str) -> None:
    (found,) = problems(APP, application=application)
    assert words in found


def test_a_run_that_is_about_apps_needs_one() -> None:
    values = {"cvops_sso": {"match_by": "azure_guid"}, "cvops_application": APPLICATION}
    assert list(find_sign_on_problems(values)) == []
    assert ["names no app" in str(line) for line in find_sign_on_problems(values, "roll_over_certificate")] == [True]


def test_an_app_twice() -> None:
    (found,) = problems(APP, {**APP, "name": "PEOPLE"})
    assert "already used by cvops_sso.saml_apps[0]" in found
    assert problems(APP, {**APP, "company": "corp"}) == []
    connection = {"cvops_connection": {"commcells": {"cs01": {}, "cs02": {}}}}
    apart = ({**APP, "commcells": ["cs01"]}, {**APP, "commcells": ["cs02"]})
    assert problems(*apart, **connection) == problems(*apart) == []
    (found,) = problems({**APP, "commcells": ["cs*"]}, {**APP, "commcells": ["cs02"]}, **connection)
    assert "for CommCell cs02" in found


def test_nobody_is_sent_away_without_a_way_back() -> None:
    (found,) = problems({**APP, "auto_redirect": True})
    assert "needs commvault_sso_break_glass" in found
    values = {"cvops_sso": {"saml_apps": [{**APP, "auto_redirect": True}]}, "cvops_application": APPLICATION}
    assert list(find_sign_on_problems(values, "validate")) == []
    assert problems({**APP, "auto_redirect": True}, commvault_sso_break_glass={"username": "x"}) == []
    assert problems({**APP, "auto_redirect": True, "accept_risk": ["lock_out"]}) == []


def test_an_app_that_goes_needs_nothing() -> None:
    gone = {"name": "people", "state": "absent", "service_provider_endpoint": "https://other.example"}
    assert problems(gone) == problems(gone, application=None) == problems(gone, application={"state": "absent"}) == []
