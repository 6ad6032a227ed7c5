# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An application whose keys are rotated by runs in the test's own process, and what the simulated tenant knows of them."""

from __future__ import annotations

import json
import pathlib
import typing as t

from cvops_simulator import Simulator
from cvops_simulator.commvault.model import USER, Credential, IdentityApp

from ansible_collections.cvops.identity.plugins.modules import secret_rotation

from .certificates import FIRST, SECOND, plant_certificate, read_bundle
from .direct import Words, run_body

DAY = 86400.0


class Rotating:
    """An application of *site* that is not the caller's own, and a folder for the stores. *kind*: what is rotated."""

    def __init__(self, site: Simulator, folder: pathlib.Path, kind: str = "secret") -> None:
        self.site, self.folder, self.kind = site, folder, kind
        folder.mkdir(mode=0o700, exist_ok=True)
        self.app_id = site.identity(name="job").client_id
        if kind == "certificate":
            plant_certificate(site, self.app_id, FIRST, "made by hand")
            plant_certificate(site, self.app_id, SECOND, "signs tokens", usage="Sign")
        self.before = set(self.keys())
        #: What runs tell, at this verbosity, where it is kept.
        self.words: Words | None = None
        self.verbosity = 0
        site.clock.advance(DAY)

    def wire(self) -> dict[str, t.Any]:
        """Return the registration as the primary copy has it."""
        return t.cast("dict[str, t.Any]", self.site.tenant.application_of(self.app_id))

    def keys(self) -> dict[str, str]:
        """Return the display names by key id, of keys of the kind that is rotated."""
        member = "keyCredentials" if self.kind == "certificate" else "passwordCredentials"
        return {item["keyId"]: item["displayName"] for item in self.wire()[member]}

    def list_all_keys(self) -> set[str]:
        """Return the key ids of both kinds."""
        return {item["keyId"] for name in ("passwordCredentials", "keyCredentials") for item in self.wire()[name]}

    def own_keys(self) -> list[str]:
        """Return the key ids of the rotation, oldest first."""
        return [key_id for key_id in self.keys() if key_id not in self.before]

    def value(self, key_id: str) -> str:
        """Return what the tenant knows of a key: a secret's value, or a certificate."""
        store = self.site.tenant.store.primary()
        if self.kind == "certificate":
            return str(store.rows("certificates")[key_id]["der"])
        return str(store.rows("secrets")[key_id]["text"])

    def to_known(self, value: str) -> str:
        """Return what the tenant knows of a key with *value*: of a certificate with its private key the certificate alone."""
        return read_bundle(value) if self.kind == "certificate" else value

    def credential(
        self, commcell: str = "cs01", key: tuple[str, str] | None = None, name: str = "azure-rotated"
    ) -> dict[str, t.Any]:
        """Return a target that is a credential of the automation account; it is made with *key*, id and value, unless it is there."""
        service = self.site.commcells[commcell]
        credentials = service.state.credentials
        if not credentials.named(name):
            credentials.add(
                Credential(
                    max(one.id for one in credentials) + 1,
                    name,
                    "CLOUD_ACCOUNT",
                    "AZUREACCOUNT",
                    "MICROSOFT_AZURE_TYPE",
                    f"Backup of a subscription\n[cvops secret: {key[0]}]" if key else "Backup of a subscription",
                    owner=(USER, service.cell.user(service.automation[0]).id),
                    fields={
                        "tenantId": self.site.tenant.id,
                        "applicationId": self.app_id,
                        "environment": "AZURE_CLOUD",
                    },
                    secrets={"applicationSecret": key[1] if key else "made by hand"},
                )
            )
        return {"name": f"{name} on {commcell}", "commvault_credential": {"name": name, "commcell": commcell}}

    def oidc_app(self, commcell: str = "cs01", name: str = "entra-rotated") -> dict[str, t.Any]:
        """Return a target that is an OpenID Connect app; it is made unless it is there."""
        state = self.site.commcells[commcell].state
        if not state.apps.named(name):
            values = [
                {"name": "clientId", "value": self.app_id},
                {"name": "webConsoleUrls", "values": ["https://cv.corp.example:443/webconsole"]},
            ]
            made = IdentityApp(state.apps.new_id(), name, "0123456789abcdef0123456789abcdef", 5)
            made.description, made.secrets = "People sign in here", {"clientSecret": "made by hand"}
            made.document = {"props": {"nameValues": values}, "assocTree": []}
            state.apps.add(made)
        return {"name": f"{name} on {commcell}", "commvault_oidc_app": {"name": name, "commcell": commcell}}

    def record(self, name: str = "azure-rotated", commcell: str = "cs01") -> Credential:
        """Return a credential as the CommCell has it."""
        (found,) = self.site.commcells[commcell].state.credentials.named(name)
        return t.cast("Credential", found)

    def secret_of(self, name: str = "azure-rotated", commcell: str = "cs01") -> str:
        """Return the value that a credential holds."""
        return str(self.record(name, commcell).secrets["applicationSecret"])

    def commcells(self) -> list[dict[str, t.Any]]:
        """Return how to sign in to each CommCell."""
        document = self.site.variables()["cvops_connection"]["commcells"]
        return [{"commcell": name, **options} for name, options in document.items()]

    def file(self, name: str = "secret") -> dict[str, t.Any]:
        """Return a target that is a file."""
        return {"name": name, "file": {"path": str(self.folder / f"{name}.json")}}

    def stored(self, name: str = "secret") -> dict[str, t.Any]:
        """Return what consumers read in a file."""
        return t.cast("dict[str, t.Any]", json.loads((self.folder / f"{name}.json").read_text())["current"])

    def run(self, *targets: t.Mapping[str, t.Any], check: bool = False, **more: t.Any) -> dict[str, t.Any]:
        """Return the result of one run."""
        options = {
            "application": {"app_id": self.app_id},
            "rotation_name": "backup",
            "kind": self.kind,
            "targets": [dict(target) for target in targets],
            "commcells": self.commcells(),
            **more,
        }
        return run_body(secret_rotation, self.site, options, check=check, verbosity=self.verbosity, words=self.words)
