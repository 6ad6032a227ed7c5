# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Problems of the SAML apps in a variables document that show beside the registration only. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._core.addresses import canonicalize_address
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._core.names import fold_case

from .filter_values import to_text
from .sign_on import is_redirected, list_saml_apps
from .variables_checks import Place, Problem

Values = t.Mapping[str, t.Any]

#: Playbooks and roles that set apps up, and those that are about apps only.
_WRITING, _ABOUT_APPS = ("commvault_sso", "site"), ("commvault_sso", "roll_over_certificate")
_SSO = Place("cvops_sso").enter("saml_apps")


def find_sign_on_problems(values: Values, playbook: str = "site") -> t.Iterator[Problem]:
    """Yield what is missing for the SAML apps of ``cvops_sso``, or contradicts them; the values fit the schema.

    *playbook*: or role, for which they are; a document by itself does not hold the local administrator, whom those that write need.
    """
    sso, application = values.get("cvops_sso"), values.get("cvops_application")
    apps = sso.get("saml_apps") if isinstance(sso, t.Mapping) else None
    if not apps or not isinstance(apps, list):
        if playbook in _ABOUT_APPS and isinstance(sso, t.Mapping):
            yield _SSO.describe("names no app; add one")
        return
    if all(app.get("state") == "absent" for app in apps):
        return
    if not isinstance(application, t.Mapping):
        yield _SSO.describe("needs cvops_application, the registration that the apps trust")
        return
    if application.get("state") == "absent":
        yield _SSO.describe(
            "the registration that the apps trust is absent; remove the apps, or give them state: absent"
        )
        return
    principal = application.get("service_principal")
    mode = principal.get("sign_on_mode") if isinstance(principal, t.Mapping) else None
    if mode != "saml":
        place = Place("cvops_application").enter("service_principal").enter("sign_on_mode")
        yield place.describe("must be saml, because cvops_sso.saml_apps trust what it signs")
    web = application.get("web")
    if application.get("exclusive") and isinstance(web, t.Mapping) and web.get("redirect_uris") is not None:
        yield (
            Place("cvops_application")
            .enter("web")
            .enter("redirect_uris")
            .describe("with exclusive, it removes the reply URLs of cvops_sso.saml_apps; leave the list out")
        )
    yield from _find_app_problems(apps, values, playbook in _WRITING)


def _find_app_problems(apps: t.Sequence[t.Any], values: Values, writes: bool) -> t.Iterator[Problem]:
    identifiers = values["cvops_application"].get("identifier_uris")
    repeated = _find_repeated_apps(apps, values.get("cvops_connection"))
    for number, app in enumerate(apps):
        place = _SSO.enter_item(number, app)
        if number in repeated:
            first, commcell = repeated[number]
            where = f" for CommCell {commcell}" if commcell else ""
            yield place.enter("name").describe(
                f"is already used by cvops_sso.saml_apps[{first}]{where}; describe each app once"
            )
        if app.get("state") == "absent":
            continue
        endpoint = app.get("service_provider_endpoint")
        if (
            endpoint is not None
            and identifiers is not None
            and _canonicalize(endpoint) not in map(_canonicalize, identifiers)
        ):
            yield place.enter("service_provider_endpoint").describe(
                "is not in cvops_application.identifier_uris, so Entra ID would refuse every sign-in; add it there"
            )
        if (
            writes
            and is_redirected(app)
            and not values.get("commvault_sso_break_glass")
            and "lock_out" not in (app.get("accept_risk") or ())
        ):
            yield place.enter("auto_redirect").describe(
                "needs commvault_sso_break_glass, a local administrator whose sign-in without Entra ID is tested"
            )


def _find_repeated_apps(apps: t.Sequence[t.Any], connection: t.Any) -> dict[int, tuple[int, str]]:
    """Return by the number of an app the number of the one before it that is the same app on a CommCell, and that CommCell.

    Without a connection, as where a document is looked at alone, patterns of CommCells cannot be compared: only apps for all of them are.
    """
    commcells = list(connection.get("commcells") or ()) if isinstance(connection, t.Mapping) else []
    found: dict[int, tuple[int, str]] = {}
    for commcell in map(to_text, commcells or [""]):
        seen: dict[str, int] = {}
        for number, app in enumerate(apps):
            for named in list_saml_apps({"saml_apps": [app]}, commcell):
                first = seen.setdefault(fold_case(named["task"]), number)
                if first != number:
                    found.setdefault(number, (first, commcell))
    return found


def _canonicalize(address: t.Any) -> str:
    try:
        return canonicalize_address(to_text(address))
    except ConfigError:
        return to_text(address)
