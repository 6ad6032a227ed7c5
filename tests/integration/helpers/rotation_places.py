# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The targets of a rotation as tests see them: set up with keys of before, and looked at as whoever uses the key does."""

from __future__ import annotations

import itertools
import json
import pathlib
import typing as t

from cvops_simulator import Simulator
from cvops_simulator.commvault.model import IdentityApp
from cvops_simulator.controller.state import State as ControllerState

from .bao import Bao
from .rotating import Rotating

#: A key: its id and its value.
Pair = tuple[str, str]
#: Policies of the server with the API of HashiCorp Vault.
POLICY = 'path "secret/*" { capabilities = ["create", "read", "update"] }'
READ_ONLY = 'path "secret/*" { capabilities = ["read"] }'
#: Of the credentials of the controller: where they are, their type, its field that holds the value, and the template whose jobs use them.
ORGANIZATION, CREDENTIAL_TYPE, FIELD, TEMPLATE = "Backup", "Entra ID application", "client_secret", "Preflight"
_numbers = itertools.count(1)


class Place:
    """One target. ``use``: as in the collection; ``tells``: the key that it has can be read there.

    ``touch``: called after something may have been written there by requests that no simulator sees.
    """

    use, tells = "store", True

    def __init__(self, rotating: Rotating, name: str) -> None:
        self.rotating, self.name = rotating, name

    def option(self) -> dict[str, t.Any]:
        """Return the entry in the option ``targets``."""
        raise NotImplementedError

    def seed(self, current: Pair | None, pending: Pair | None) -> None:
        """Let it have these keys."""
        raise NotImplementedError

    def value(self) -> str | None:
        """Return the value that its consumer uses now; None for none."""
        raise NotImplementedError

    def key_ids(self) -> set[str]:
        """Return the keys that it says it has, in use or kept."""
        raise NotImplementedError

    def is_confirmed(self) -> bool:
        """Return whether nothing has still to show that the key works there."""
        return True

    def list_files(self) -> list[pathlib.Path]:
        """Return the files that may hold values."""
        return []

    def touch(self) -> None:
        """Forget what was read."""


class FilePlace(Place):
    """A file."""

    @property
    def path(self) -> pathlib.Path:
        return self.rotating.folder / f"{self.name}.json"

    def option(self) -> dict[str, t.Any]:
        return self.rotating.file(self.name)

    def seed(self, current: Pair | None, pending: Pair | None) -> None:
        for member, pair, path in (
            ("current", current, self.path),
            ("pending", pending, self.path.with_name(f"{self.path.name}.pending")),
        ):
            if pair is not None:
                path.parent.mkdir(mode=0o700, exist_ok=True)
                path.touch(mode=0o600)
                path.write_text(json.dumps({member: {"value": pair[1], **describe_key(self.rotating, pair)}}))

    def value(self) -> str | None:
        return str(json.loads(self.path.read_text())["current"]["value"]) if self.path.exists() else None

    def key_ids(self) -> set[str]:
        found = set()
        for member, path in (("current", self.path), ("pending", self.path.with_name(f"{self.path.name}.pending"))):
            if path.exists():
                found.add(str(json.loads(path.read_text())[member]["key_id"]))
        return found

    def list_files(self) -> list[pathlib.Path]:
        return list(self.rotating.folder.glob(f"{self.name}.json*"))


class VaultPlace(Place):
    """A secret of a real server with HashiCorp Vault's API. Each is at a path of its own, and each run has a token of its own."""

    def __init__(self, rotating: Rotating, name: str, bao: Bao) -> None:
        super().__init__(rotating, name)
        self.bao, self.path, self.token, self.policy = bao, f"rotation/{next(_numbers)}", "", POLICY
        self._known: dict[str, dict[str, t.Any] | None] = {}
        self._last: dict[str, dict[str, t.Any] | None] = {}
        #: False while another process may write.
        self.remembers = True

    def option(self) -> dict[str, t.Any]:
        self.bao.ask("PUT", "sys/policies/acl/rotation", {"policy": self.policy})
        made = self.bao.ask("POST", "auth/token/create", {"policies": ["rotation"], "ttl": "1h"})
        self.token = str(made["auth"]["client_token"])
        place = {"path": self.path, "url": self.bao.url, "ca_path": self.bao.ca_path, "token": self.token}
        return {"name": self.name, "hashi_vault": place}

    def seed(self, current: Pair | None, pending: Pair | None) -> None:
        for suffix, pair in (("", current), ("-pending", pending)):
            if pair is not None:
                facts = {f"cvops_{name}": fact for name, fact in describe_key(self.rotating, pair).items()}
                self.bao.put(self.path + suffix, {"value": pair[1], "note": "by hand", **facts})
        self.touch()

    def value(self) -> str | None:
        found = self._read("")
        return str(found["value"]) if found else None

    def key_ids(self) -> set[str]:
        found = (self._read(suffix) for suffix in ("", "-pending"))
        return {str(one["cvops_key_id"]) for one in found if one}

    def touch(self) -> None:
        self._known.clear()

    def _read(self, suffix: str) -> dict[str, t.Any] | None:
        if not self.remembers or suffix not in self._known:
            try:
                self._known[suffix] = self.bao.latest(self.path + suffix)
            except (AssertionError, TypeError) as exc:
                # what is sealed is as it was
                self._known[suffix] = self._last.get(suffix) if " 503 " in str(exc) else None
            self._last[suffix] = self._known[suffix]
        return self._known[suffix]


class KeyVaultPlace(Place):
    """A secret of the simulated Azure Key Vault."""

    secret = "azure-rotated"

    def option(self) -> dict[str, t.Any]:
        place = {"vault_url": self.rotating.site.keyvault_url, "name": self.secret}
        return {"name": self.name, "azure_key_vault": place}

    def seed(self, current: Pair | None, pending: Pair | None) -> None:
        for suffix, pair in (("", current), ("-pending", pending)):
            if pair is not None:
                facts = {f"cvops_{name}": fact for name, fact in describe_key(self.rotating, pair).items() if fact}
                self.rotating.site.keyvault.vault.set(self.secret + suffix, pair[1], tags={"note": "by hand", **facts})

    def value(self) -> str | None:
        return self.rotating.site.keyvault.vault.read_value(self.secret)

    def key_ids(self) -> set[str]:
        vault = self.rotating.site.keyvault.vault
        newest = [vault.versions(self.secret + suffix)[-1:] for suffix in ("", "-pending")]
        return {one.tags["cvops_key_id"] for found in newest for one in found if one.enabled}


class CredentialPlace(Place):
    """A credential of the first CommCell."""

    use = "consumer"

    def option(self) -> dict[str, t.Any]:
        return self.rotating.credential(name=self.name)

    def seed(self, current: Pair | None, pending: Pair | None) -> None:
        self.rotating.credential(key=current, name=self.name)

    def value(self) -> str | None:
        return self.rotating.secret_of(self.name)

    def key_ids(self) -> set[str]:
        return find_mark(self.rotating.record(self.name).description)


class OidcPlace(Place):
    """An OpenID Connect app of the first CommCell."""

    use = "consumer"

    def option(self) -> dict[str, t.Any]:
        return self.rotating.oidc_app(name=self.name)

    def seed(self, current: Pair | None, pending: Pair | None) -> None:
        self.rotating.oidc_app(name=self.name)
        if current is not None:
            app = self._find()
            app.secrets["clientSecret"] = current[1]
            app.description += f"\n[cvops secret: {current[0]}]"

    def value(self) -> str | None:
        return str(self._find().secrets["clientSecret"])

    def key_ids(self) -> set[str]:
        return find_mark(str(self._find().description))

    def _find(self) -> IdentityApp:
        (found,) = self.rotating.site.commcells["cs01"].state.apps.named(self.name)
        return t.cast("IdentityApp", found)


class ControllerPlace(Place):
    """A credential of the simulated controller, beside two of the same name, and a job template that uses it."""

    use = "consumer"
    field = FIELD

    def option(self) -> dict[str, t.Any]:
        return {"name": self.name, "controller_credential": name_controller_credential(self.rotating.site, self.name)}

    def seed(self, current: Pair | None, pending: Pair | None) -> None:
        state = self.rotating.site.controller.state
        with state.lock:
            kind, organization = add_credential_type(state), state.add("organizations", {"name": ORGANIZATION}).id
            other = add_credential_type(state, "Another type")
            text = f"Jobs sign in with it\n[cvops secret: {current[0]}]" if current else "Jobs sign in with it"
            inputs = {
                "client_id": self.rotating.app_id,
                self.field: current[1] if current else "by hand",
                "pin": "1234",
            }
            made = {"name": self.name, "organization": organization, "credential_type": kind}
            self.id = add_credential_with_job(state, {**made, "description": text, "inputs": inputs})
            for change in ({"credential_type": other}, {"organization": 1}):
                state.add("credentials", {**made, "description": "", "inputs": {}, **change})

    def row(self) -> t.Any:
        """Return the credential as the controller has it; the name and the pin are never changed."""
        found = self.rotating.site.controller.state.get("credentials", self.id)
        assert (found["name"], found["inputs"]["pin"]) == (self.name, "1234")
        return found

    def value(self) -> str | None:
        return str(self.row()["inputs"][self.field])

    def key_ids(self) -> set[str]:
        told = self.row()["description"].replace("[cvops unproven secret: ", "[cvops secret: ")
        return find_mark(told.replace(f" in {self.field}]", "]"))

    def is_confirmed(self) -> bool:
        return "[cvops unproven" not in self.row()["description"]


class ExternalPlace(Place):
    """Somebody who uses the key of before until it is acknowledged that another one is used."""

    use, tells = "external", False
    acknowledged: Pair | None = None

    def option(self) -> dict[str, t.Any]:
        key_id = self.acknowledged[0] if self.acknowledged else None
        return {"external": {"where": self.name, "contact": "storage team", "acknowledged_key_id": key_id}}

    def seed(self, current: Pair | None, pending: Pair | None) -> None:
        self.acknowledged = current

    def value(self) -> str | None:
        return self.acknowledged[1] if self.acknowledged else None

    def key_ids(self) -> set[str]:
        return {self.acknowledged[0]} if self.acknowledged else set()


class ReturnPlace(Place):
    """Who calls the module, and uses the last value that it was given."""

    use, tells = "return", False
    returned: str | None = None

    def option(self) -> dict[str, t.Any]:
        return {"return": True}

    def seed(self, current: Pair | None, pending: Pair | None) -> None:
        self.returned = current[1] if current else None

    def take(self, result: t.Mapping[str, t.Any]) -> None:
        """Use the value of a result, unless the task failed, and take it out of there, so that it is looked for in the rest."""
        for holder in (result, result.get("salvaged", {})):
            if isinstance(found := holder.get("rotation"), dict) and found.get("value"):
                value = found.pop("value")
                self.returned = self.returned if result.get("failed") else value

    def value(self) -> str | None:
        return self.returned

    def key_ids(self) -> set[str]:
        return set()


def describe_key(rotating: Rotating, pair: Pair) -> dict[str, str]:
    """Return what a store knows of a key."""
    return {"key_id": pair[0], "application": rotating.app_id, "rotation_id": "", "expires": "2099-01-01T00:00:00Z"}


def find_mark(text: str) -> set[str]:
    """Return the key id in the last line of a description."""
    _before, mark, key_id = text.rpartition("[cvops secret: ")
    return {key_id.rstrip("]")} if mark else set()


def name_controller_credential(site: Simulator, name: str, template: str = TEMPLATE) -> dict[str, t.Any]:
    """Return the target that is a credential of the simulated controller, which jobs of *template* use."""
    service = site.controller
    return {
        "name": name,
        "organization": ORGANIZATION,
        "credential_type": CREDENTIAL_TYPE,
        "field": FIELD,
        "url": service.url,
        "username": service.username,
        "password": service.password,
        "ca_path": site.ca_path,
        "proof_job": {"template": template, "extra_vars": {"cvops_scope": "all"}, "within_seconds": 3600},
    }


def add_credential_type(state: ControllerState, name: str = CREDENTIAL_TYPE) -> int:
    """Return the id of a new type of credentials of applications, whose jobs get the secret in their environment."""
    fields = [{"id": one, "label": one, "type": "string"} for one in ("client_id", FIELD, "pin")]
    for one in fields[1:]:
        one["secret"] = True  # type: ignore[assignment]
    injectors = {"env": {"CVOPS_CLIENT_ID": "{{ client_id }}", "CVOPS_CLIENT_SECRET": "{{ client_secret }}"}}
    values = {"name": name, "kind": "cloud", "inputs": {"fields": fields, "required": []}, "injectors": injectors}
    return state.add("credential_types", values).id


def add_credential_with_job(state: ControllerState, credential: t.Mapping[str, t.Any], template: str = TEMPLATE) -> int:
    """Return the id of a new credential, which jobs of a new template use."""
    made, organization = state.add("credentials", dict(credential)).id, credential["organization"]
    project = state.add("projects", {"name": "identity", "organization": organization}).id
    inventory = state.add("inventories", {"name": "controller", "organization": organization}).id
    values = {
        "name": template,
        "organization": organization,
        "project": project,
        "inventory": inventory,
        "playbook": "playbooks/site.yml",
        "ask_variables_on_launch": True,
    }
    state.linked(state.add("job_templates", values), "credentials").append(made)
    return made
