# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Single sign-on set up on both sides by the modules, and somebody who signs on through it as a browser does."""

from __future__ import annotations

import typing as t

from cvops_simulator import Simulator
from cvops_simulator.browser import Browser as SimulatedBrowser

from ansible_collections.cvops.identity.plugins.modules import (
    commvault_saml_app,
    commvault_user_group,
    entra_application,
    entra_service_principal,
)

from .direct import run_body

CONSOLE = "https://cv.corp.example:443/webconsole"
GROUPS = "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups"
UNIQUE = {"unique_name": "commvault-sign-on"}


class Browser(SimulatedBrowser):
    """Somebody who opens the console: follows to Entra ID as *upn*, and posts what it answers back to Commvault."""

    def __init__(self, site: Simulator, app: str = "people", commcell: str = "cs01") -> None:
        self._app, self._cell = app, site.commcells[commcell]
        super().__init__(site.ca_path, self._cell.origin, site.login_url)

    def sign_on(self, upn: str) -> dict[str, t.Any]:
        """What Commvault answers: the user and its groups, or why not."""
        (app,) = self._cell.state.apps.named(self._app)
        return self.sign_on_with_key(app.key, upn)


def run(module: t.Any, site: Simulator, **options: t.Any) -> dict[str, t.Any]:
    result = run_body(module, site, options)
    assert not result.get("failed"), result["msg"]
    return result


def certify(site: Simulator, **options: t.Any) -> list[dict[str, t.Any]]:
    """The signing certificates of the application after a run with these options."""
    found = run(entra_service_principal, site, application=UNIQUE, sign_on_mode="saml", signing_certificate=options)
    return t.cast("list[dict[str, t.Any]]", found["service_principal"]["signing_certificates"])


def set_up_sign_on(site: Simulator) -> None:
    """Single sign-on on both sides of an empty site, with one person in one group of Entra ID that Commvault knows."""
    web = {"redirect_uris": [CONSOLE]}
    plain = {**UNIQUE, "display_name": "Commvault sign-on"}
    made = run(entra_application, site, **plain, identifier_uris=[CONSOLE], web=web, group_claims=["SecurityGroup"])
    certify(site, activate="first", lifetime_days=300)
    names = {"userPrincipalName": "sam.signer@corp.example", "mail": "sam.signer@corp.example"}
    user = site.tenant.add("user", {"displayName": "Sam Signer", **names})
    group = site.tenant.add("group", {"displayName": "GG Operators", "securityEnabled": True})
    site.tenant.relate("members", group["id"], [user["id"]])
    run(commvault_user_group, site, name="operators", entra_group_id=group["id"])
    options = {
        "name": "people",
        "metadata": {"application": made["application"]["app_id"]},
        "service_provider_endpoint": CONSOLE,
        "name_id": "user_principal_name",
        "attribute_mappings": {"user_groups": GROUPS},
        "associations": {"email_suffixes": ["corp.example"]},
        "auto_create_users": True,
    }
    app = run(commvault_saml_app, site, **options)["saml_app"]
    run(entra_application, site, **plain, web={"redirect_uris": [app["reply_url"]]})
    assert not run(commvault_saml_app, site, **options)["changed"]
