# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SAML apps as consumers of a signing certificate."""

from __future__ import annotations

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._commvault.identity_providers.read import (
    IdentityServer,
    SamlApp,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry.consumers import parse_saml_consumer

SERVER = IdentityServer("corp", "saml", "AZURE", company="Corp Ltd")


@pytest.mark.parametrize(
    ("app", "company", "identifiers"),
    [
        (None, "Corp Ltd", []),
        (SamlApp("corp"), "Corp Ltd", []),
        (SamlApp("corp", company="Corp", service_id="https://cv"), "Corp", ["https://cv"]),
    ],
)
def test_a_saml_app(app: SamlApp | None, company: str, identifiers: list[str]) -> None:
    found = parse_saml_consumer(SERVER, app, "cs01")
    assert (found["kind"], found["name"], found["commcell"]) == ("saml_app", "corp", "cs01")
    assert (found["company"], found["identifiers"]) == (company, identifiers)
