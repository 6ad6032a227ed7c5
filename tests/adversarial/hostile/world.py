# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulated site, the traps and one case run against them."""

from __future__ import annotations

import contextlib
import itertools
import json
import pathlib
import shutil
import ssl
import threading
import typing as t
import urllib.parse
import urllib.request

from cvops_simulator import Simulator
from cvops_simulator.commvault.model import USER, Credential, UserGroup
from helpers.bao import Bao
from helpers.rotation_places import (
    ORGANIZATION,
    add_credential_type,
    add_credential_with_job,
    name_controller_credential,
)

from . import oracles
from .attacks import keys_of, swapped_key
from .children import Children
from .proxy import Proxy, Trap
from .table import Attack, Options, Place

#: Of the tasks under attack, in seconds; the guard against hanging is far above.
DEADLINE_S = 6
_MOST_REQUESTS = 3000
#: No answer may cost a run more than this; a run without an attack takes some 70.
_MOST_MIB = 420


#: What the role of an AppRole log-in may do.
_POLICY = 'path "secret/*" { capabilities = ["create", "read", "update"] }'


class Case(t.NamedTuple):
    """One combination."""

    place: Place
    attack: Attack

    @property
    def id(self) -> str:
        return f"{self.place.id} × {self.attack.id}"


class World:
    """One site for all cases of a test process; each case has proxies of its own. Inside a case: ``self.case(...)``."""

    def __init__(self, site: Simulator, folder: pathlib.Path, children: Children) -> None:
        self.site, self._folder, self._children = site, folder, children
        self._numbers, self._lock = itertools.count(1), threading.Lock()
        pem = pathlib.Path(site.ca_path)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(pem.with_name("server.pem"))
        self._client = ssl.create_default_context(cafile=str(pem))
        (folder / "vault").mkdir()
        self.vault = Bao(folder / "vault", tls=False)
        self._role = self.vault.app_role("role-1", _POLICY)
        self.tls_trap, self.plain_trap = Trap(self._tls), Trap(None)
        self.tenant_id, self.identity_header = site.tenant_id, site.imds.identity_header
        self.proxy_origin = ""
        self.planted_file = folder / "planted" / "secret.key"
        self.planted_file.parent.mkdir()
        self.planted_file.write_text("planted-file-content-4711")
        self.group_id = next(str(group["id"]) for group in site.tenant.groups.values() if group.get("uniqueName"))
        self.users = [user["userPrincipalName"] for user in list(site.tenant.users.values())[:3]]
        self.job_id = site.identity(name="job").client_id
        site.imds.assign("worker", "Group.Read.All")
        self._token = self._graph_token()
        self._cell = next(iter(site.commcells.values()))
        self._plan = sorted(item.name for item in self._cell.state.entities[158] if not item.company_id)[0]
        username, password = self._cell.admin
        self._username, self._password = username, password
        self._seed_controller()
        self._seed_pair()

    def stop(self) -> None:
        for item in (self.vault, self.tls_trap, self.plain_trap):
            item.stop()

    def _graph_token(self) -> str:
        form = {
            "client_id": self.site.automation.client_id,
            "client_secret": self.site.automation.client_secret,
            "grant_type": "client_credentials",
            "scope": "https://graph.microsoft.com/.default",
        }
        url = f"{self.site.login_url}/{self.tenant_id}/oauth2/v2.0/token"
        with urllib.request.urlopen(
            url, urllib.parse.urlencode(form).encode(), context=self._client, timeout=30
        ) as answer:
            return str(json.load(answer)["access_token"])

    def _seed_controller(self) -> None:
        """What credentials of the controller have in common; its jobs end at once."""
        self.site.controller.behaviours.polls = 0
        state = self.site.controller.state
        with state.lock:
            organization = state.add("organizations", {"name": ORGANIZATION}).id
            self._of_controller = {"organization": organization, "credential_type": add_credential_type(state)}

    def _seed_pair(self) -> None:
        """A real token pair of the CommServe in the Vault."""
        folder = self._fresh_folder()
        options = {**self._cell_options(self._cell.url), "name": "stored", "store": self._store(self.vault.url, "pair")}
        ended = self._children.run("commvault_access_token", options, folder, {})
        if not (ended.result or {}).get("changed"):
            raise AssertionError(f"could not make a token pair: {ended}")
        self._pair = dict(self.vault.latest("pair"))

    # -- options that places are made of; addresses are those of the case under way

    def _cell_options(self, url: str) -> Options:
        return {
            "commvault_url": url,
            "commvault_username": self._username,
            "commvault_password": self._password,
            "commvault_ca_path": self.site.ca_path,
            "commvault_timeout": 3,
            "retries": 1,
            "deadline": 60,
        }

    def _store(self, url: str, path: str, **more: t.Any) -> Options:
        return {"hashi_vault": {"path": path, "url": url, **(more or {"token": self.vault.token})}}

    def mappings(self, number: int) -> list[t.Any]:
        """Something new to grant, to a group that is made for it."""
        with self._lock:
            groups = self._cell.state.groups
            groups.add(UserGroup(groups.new_id(), f"mapped {number}", f"guid-{number}"))
        return [
            {
                "principal": {"user_group": f"mapped {number}"},
                "grants": [{"role": "View", "entities": {"plans": [self._plan]}}],
            }
        ]

    def add_credential(self, number: int) -> str:
        """A credential of the application whose secrets are rotated, under a name of its own."""
        name, owner = f"rotated {number}", self._cell.cell.user(self._username).id
        fields = {"tenantId": self.tenant_id, "applicationId": self.job_id, "environment": "AZURE_CLOUD"}
        with self._lock:
            credentials = self._cell.state.credentials
            made = Credential(
                max(one.id for one in credentials) + 1,
                name,
                "CLOUD_ACCOUNT",
                "AZUREACCOUNT",
                "MICROSOFT_AZURE_TYPE",
                "",
                owner=(USER, owner),
                fields=fields,
                secrets={"applicationSecret": "made by hand"},
            )
            credentials.add(made)
        return name

    def _add_controller_credential(self, number: int) -> Options:
        """The target that is a credential of the controller, made for the application whose secrets are rotated, with a job of its own."""
        name, state = f"jobs {number}", self.site.controller.state
        inputs = {"client_id": self.job_id, "client_secret": "made by hand", "pin": "1234"}
        with state.lock:
            add_credential_with_job(state, {**self._of_controller, "name": name, "inputs": inputs}, f"Use {name}")
        return name_controller_credential(self.site, name, f"Use {name}")

    def _fresh_folder(self) -> pathlib.Path:
        folder = self._folder / f"case{next(self._numbers)}"
        folder.mkdir()
        return folder

    def secrets(self) -> list[tuple[str, str]]:
        """What may be nowhere: name and value."""
        return [
            ("the client secret", self.site.automation.client_secret),
            ("the Commvault password", self._password),
            ("the controller's password", self.site.controller.password),
            ("the Vault token", self.vault.token),
            ("the AppRole secret id", self._role["secret_id"]),
            ("the Graph token", self._token),
            ("the planted file", "planted-file-content-4711"),
            *(
                (f"the stored {name}", str(self._pair[name]))
                for name in self._pair
                if "token" in name and len(str(self._pair[name])) > 20
            ),
        ]

    def keys_at(self, place: Place) -> list[str]:
        """The keys that the true answer at this place has."""
        found: set[str] = set()

        def look(value: t.Any) -> t.Any:
            found.update(keys_of(value))
            return value

        from .attacks import changed

        self.run(Case(place, Attack("true", changed(look))))
        return sorted(found)

    def key_attacks(self, place: Place, kinds: t.Sequence[str]) -> list[Attack]:
        """Every key of the true answer, its value swapped for every kind."""
        from .attacks import changed

        return [
            Attack(f"key-{key}-{kind}", changed(swapped_key(key, kind)))
            for key in self.keys_at(place)
            for kind in kinds
        ]

    def run(self, case: Case) -> list[str]:
        """Findings of one combination. On a busy machine a run may give up before it gets to the attack: that one is tried again."""
        for dummy in range(3):
            scene = _Scene(self, case)
            try:
                found = scene.play()
            finally:
                scene.close()
            if found is not None:
                return found
        return ["the attack was never reached"]


class _Scene:
    """One case under way; to the table's functions it is the world."""

    def __init__(self, world: World, case: Case) -> None:
        self._world, self._case = world, case
        self.folder = world._fresh_folder()
        self.number = next(world._numbers)
        site = world.site
        self.tls_trap, self.plain_trap = Trap(world._tls), Trap(None)
        upstream = {
            "graph": site.graph_url,
            "login": site.login_url,
            "cell": world._cell.origin,
            "controller": site.controller.origin,
            "vault": world.vault.url,
            "imds": site.imds_url,
        }[case.place.service]
        attack = case.attack
        serve = attack.make(t.cast("World", self)) if attack.make else attack.serve
        tls = None if case.place.service == "imds" else world._tls
        self.proxy = Proxy(upstream, world._client, tls, case.place.target, serve, attack.accept)
        self.proxy_origin = self.proxy.origin

    def __getattr__(self, name: str) -> t.Any:
        return getattr(self._world, name)

    def _url(self, service: str, url: str) -> str:
        return self.proxy.origin + urllib.parse.urlsplit(url).path if self._case.place.service == service else url

    @property
    def _entra(self) -> Options:
        site = self._world.site
        return {
            "tenant_id": self._world.tenant_id,
            "client_id": site.automation.client_id,
            "authority_url": self._url("login", site.login_url),
            "graph_url": self._url("graph", site.graph_url),
            "instance_discovery": False,
            "ca_path": site.ca_path,
            "timeout": 3,
            "retries": 1,
            "deadline": DEADLINE_S,
            "token_cache": "none",
        }

    @property
    def graph(self) -> Options:
        return {**self._entra, "auth_method": "token", "access_token": self._world._token}

    @property
    def secret_login(self) -> Options:
        return {
            **self._entra,
            "auth_method": "client_secret",
            "client_secret": self._world.site.automation.client_secret,
        }

    @property
    def machine_login(self) -> Options:
        return {**self._entra, "auth_method": "managed_identity"}

    @property
    def cell(self) -> Options:
        return {**self._world._cell_options(self._url("cell", self._world._cell.url)), "deadline": DEADLINE_S}

    def controller_credential(self, number: int) -> Options:
        """A target of a rotation: a credential of a name of its own."""
        target = self._world._add_controller_credential(number)
        return {**target, "url": self._url("controller", self._world.site.controller.url)}

    @property
    def _vault_url(self) -> str:
        return self.proxy.origin if self._case.place.service == "vault" else self._world.vault.url

    def _keep_pair(self, path: str) -> None:
        self._world.vault.put(path, dict(self._world._pair))

    def _from_store(self, **more: t.Any) -> Options:
        path = f"pair{self.number}"
        self._keep_pair(path)
        kept = {
            name: value for name, value in self.cell.items() if name not in ("commvault_username", "commvault_password")
        }
        store = self._world._store(self._vault_url, path, **more)
        store["hashi_vault"]["ca_path"] = self._world.site.ca_path
        return {**kept, "commvault_auth_method": "token_store", "commvault_token_store": store}

    @property
    def stored(self) -> Options:
        return self._from_store()

    @property
    def stored_by_role(self) -> Options:
        return self._from_store(**self._world._role)

    def new_store(self, number: int) -> Options:
        store = self._world._store(self._vault_url, f"new{number}")
        store["hashi_vault"]["ca_path"] = self._world.site.ca_path
        return store

    def play(self) -> list[str] | None:
        """Findings; None when the module never asked what the attack answers."""
        place = self._case.place
        options = {
            name: value
            for name, value in place.options(t.cast("World", self), self.number).items()
            if value is not None
        }
        records = self.folder / "records"
        environment = {"CVOPS_RUN_RECORD_DIR": str(records), **place.environment(t.cast("World", self))}
        ended = self._world._children.run(place.module, options, self.folder, environment, place.way)
        seen, found = self.proxy.seen, t.cast("list[str]", [])
        if not seen.attacked and "may-not-ask" not in place.tags:
            return None
        if ended.killed:
            found.append(
                f"outlived: killed after {ended.seconds:.0f} s (deadline {DEADLINE_S} s) {oracles.whereabouts(ended.stderr)}"
            )
        if ended.rss_mib > _MOST_MIB:
            found.append(f"took {ended.rss_mib:.0f} MiB")
        if len(seen.requests) > _MOST_REQUESTS:
            found.append(f"followed: {len(seen.requests)} requests")
        found += self._followed()
        result = ended.result
        if not ended.killed:
            found += oracles.of_result(result, ended.stdout, ended.stderr)
            found += self._of_writes(result or {}, records)
        tokens = [(f"a token of this run ({token[:4]}…)", token) for token in seen.secrets if len(token) >= 12]
        secrets = [*self._world.secrets(), *tokens, *self._take_kept()]
        found += oracles.leaked("the result", self._told(result, ended.stdout), secrets)
        found += oracles.of_files(self.folder, secrets)
        return found

    def _take_kept(self) -> list[tuple[str, str]]:
        """The values in the file of a rotation, which goes: they may be nowhere else."""
        files = [path for path in (self.folder / "kept").glob("*.json*") if path.stat().st_size]
        kept = [item["value"] for path in files for item in json.loads(path.read_text()).values()]
        for path in files:
            path.unlink()
        return [("the value of the rotated key", value) for value in kept if len(value) >= 12]

    def _told(self, result: dict[str, t.Any] | None, stdout: str) -> str:
        """What a terminal would show; a new secret that the module returns on purpose is its product."""
        if result is None:
            return stdout
        product = result.get("application_secret") or result.get("secret") or {}
        shown = {key: value for key, value in result.items() if key != "invocation"}
        return "\n".join(
            text
            for _where, text in oracles.strings(shown)
            if text not in (product.get("value"),)
            if isinstance(product, dict)
        )

    def _followed(self) -> list[str]:
        found = []
        for name, trap in (("over TLS", self.tls_trap), ("over plain http", self.plain_trap)):
            for visit in trap.visits[:1]:
                held = [
                    secret
                    for secret, value in self._world.secrets()
                    if any(form in visit for form in oracles.forms(value).values())
                ]
                found.append(
                    f"followed to another host {name}: {ascii(visit[:120])}, with {', '.join(held) or 'no credential'}"
                )
        for request in self.proxy.seen.requests:
            if "evil" in request.target:
                found.append(f"followed on the same host to {ascii(request.target[:80])}")
            if any(name.lower() in ("cookie", "x-injected") for name, _value in request.headers):
                found.append(f"sent a cookie or an injected header to {ascii(request.target[:80])}")
            if "planted-file-content" in request.text or "root:x:0" in request.text:
                found.append("sent a local file")
        return found

    def _of_writes(self, result: dict[str, t.Any], records: pathlib.Path) -> list[str]:
        """What was done is told and recorded."""
        seen, found = self.proxy.seen, t.cast("list[str]", [])
        if self._case.place.service not in ("graph", "cell", "controller"):
            return found
        kept = sorted(records.glob("*.json")) if records.is_dir() else []
        if seen.acknowledged and not result.get("changed"):
            found.append("a write was acknowledged, and the result does not say changed")
        if seen.done and not kept:
            found.append("a write was done, and there is not a run record")
        return found

    def close(self) -> None:
        self.proxy.stop()
        self.tls_trap.stop()
        self.plain_trap.stop()
        with contextlib.suppress(OSError):
            shutil.rmtree(self.folder)
