# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Token signing certificates of a service principal as Graph holds them, on replicas that lag, with writes that go wrong as told."""

from __future__ import annotations

import base64
import datetime
import hashlib
import itertools
import typing as t

from fake_graph import guid, refusal
from fake_key_collection import KeyGraph, KeyService

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ApiError, BadAnswer, Unreachable
from ansible_collections.cvops.identity.plugins.module_utils._core.values import format_time
from ansible_collections.cvops.identity.plugins.module_utils._entra.signing_certificates.canonical import (
    SigningCertificate,
    get_signing_entries,
    list_signing_certificates,
    read_preferred,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.signing_certificates.options import OPTION
from ansible_collections.cvops.identity.plugins.module_utils._entra.signing_certificates.task import (
    SigningCertificateTask,
)

START = datetime.datetime(2026, 3, 2, 9, 41, tzinfo=datetime.timezone.utc)
DEFAULTS: dict[str, t.Any] = {
    "name": None,
    "lifetime_days": 1095,
    "renew_before_days": 30,
    "activate": "never",
    "remove": [],
}
Wire = dict[str, t.Any]


def make_der(name: str) -> bytes:
    """Return what stands for a certificate: it begins as one does."""
    return b"0\x82\x01\x000\x82" + name.encode()


def get_thumbprint(name: str) -> str:
    """Return the thumbprint of the certificate of this name."""
    return hashlib.sha1(make_der(name), usedforsecurity=False).hexdigest().upper()


def make_signing(
    number: int, name: str, ends_days: float = 400, starts_days: float = -10, sign: bool = True
) -> tuple[list[Wire], list[Wire]]:
    """Return the key credentials and passwords of one certificate; dates in days from START."""
    shared: Wire = {
        "customKeyIdentifier": base64.b64encode(bytes.fromhex(get_thumbprint(name))).decode(),
        "displayName": f"CN={name}",
        "startDateTime": format_time(START + datetime.timedelta(days=starts_days)),
        "endDateTime": format_time(START + datetime.timedelta(days=ends_days)),
    }
    kind = {**shared, "type": "AsymmetricX509Cert"}
    key = base64.b64encode(make_der(name)).decode()
    keys: list[Wire] = [{**kind, "keyId": guid(number + 1), "usage": "Verify", "key": key}]
    if not sign:
        return keys, []
    password: Wire = {**shared, "keyId": guid(number), "hint": "abc", "secretText": None}
    return [{**kind, "keyId": guid(number), "usage": "Sign", "key": None}, *keys], [password]


def make_principal(*certificates: tuple[list[Wire], list[Wire]], preferred: str | None = None) -> Wire:
    """Return a service principal with these certificates and a secret of its own."""
    own: Wire = {"keyId": guid(900), "customKeyIdentifier": None, "displayName": "own", "secretText": None}
    return {
        "id": "object",
        "keyCredentials": [key for keys, _passwords in certificates for key in keys],
        "passwordCredentials": [own, *(item for _keys, passwords in certificates for item in passwords)],
        "preferredTokenSigningKeyThumbprint": preferred,
    }


def list_of(principal: Wire) -> list[SigningCertificate]:
    """Return the signing certificates of a service principal."""
    return list_signing_certificates(get_signing_entries(principal), read_preferred(principal))


class SigningService(KeyService):
    """A service principal on three replicas; see KeyService."""

    def __init__(self, principal: Wire, lag_s: float = 0.0) -> None:
        super().__init__(lag_s)
        self.states: list[tuple[float, Wire]] = [(-1e9, principal)]
        self.numbers = itertools.count(100, 2)

    @property
    def principal(self) -> Wire:
        return self.states[-1][1]

    def show_principal(self) -> Wire:
        late = self.lag_s * (self.requests % 3)
        return dict(next(kept for at, kept in reversed(self.states) if at + late <= self.clock.at))

    def change(self, **values: t.Any) -> None:
        self.states.append((self.clock.at, {**self.principal, **values}))

    def make(self, name: str, ends: str) -> Wire:
        """Add a certificate as the action does, and return its answer."""
        number = next(self.numbers)
        keys, passwords = make_signing(number, f"{name}/{number}")
        keys = [{**key, "displayName": name, "endDateTime": ends} for key in keys]
        self.change(
            keyCredentials=[*self.principal["keyCredentials"], *keys],
            passwordCredentials=[*self.principal["passwordCredentials"], *passwords],
        )
        return {**keys[1], "keyId": keys[0]["keyId"], "thumbprint": get_thumbprint(f"{name}/{number}")}

    def update(self, body: Wire) -> None:
        """Change the service principal as PATCH does; what is there may be left out, and nothing else."""
        for collection in ("keyCredentials", "passwordCredentials"):
            known = {item["keyId"]: item for item in self.principal[collection]}
            for entry in body.get(collection, []):
                current = known.get(entry["keyId"])
                if current is None or any(entry[name] != current[name] for name in current if name != "key"):
                    raise refusal(f"Update to existing credential with KeyId '{entry['keyId']}' is not allowed.")
        kept = {
            collection: [item for item in self.principal[collection] if item["keyId"] in {e["keyId"] for e in sent}]
            for collection, sent in body.items()
            if isinstance(sent, list)
        }
        self.change(**{**body, **kept})


class SigningGraph(KeyGraph):
    """A client of the service; *outcomes* of its writes as with KeyGraph."""

    def __init__(self, service: SigningService, outcomes: t.Sequence[str] = (), **asked: t.Any) -> None:
        super().__init__(service, outcomes)
        self.ctx.options[OPTION] = {**DEFAULTS, **asked}
        self.signing = service
        self.writes: list[tuple[str, str, Wire]] = []

    def get_service_time(self) -> datetime.datetime:
        return START + datetime.timedelta(seconds=self.signing.clock.at)

    def get(self, path: str, **more: t.Any) -> Wire | None:
        assert path == "/servicePrincipals/object", path
        self.service.count()
        failure = self.read_failures.pop(0) if self.read_failures else None
        if failure is not None:
            raise failure
        return self.signing.show_principal()

    def write(self, method: str, path: str, body: t.Any, **more: t.Any) -> t.Any:
        self.service.count()
        self.writes.append((method, path, body))
        outcome = self.outcomes.pop(0) if self.outcomes else "ok"
        try:
            self._fail_before(outcome)
        except ApiError as exc:
            exc.may_have_acted = exc.may_have_acted or (method == "POST" and (exc.status or 0) >= 500)
            raise
        answer = None
        if method == "POST":
            answer = self.signing.make(body["displayName"], body["endDateTime"])
        else:
            self.signing.update(body)
        if outcome == "lost":
            raise Unreachable("Cannot: the connection broke", may_have_acted=True)
        if outcome == "odd":
            raise BadAnswer("Cannot: HTTP 200 with something else than an object", status=200)
        if outcome == "503 done":
            raise ApiError("Cannot: HTTP 503", status=503, retry_after_s=3.0, may_have_acted=method == "POST")
        return answer

    def run(self) -> tuple[SigningCertificateTask, list[str]]:
        """Plan and carry out as a whole run does; return the task and the actions of its steps."""
        task = SigningCertificateTask(self.ctx, t.cast("t.Any", self))
        planned = task.plan("object", "saml", "Sign-on")
        for step in planned.steps:
            task.wait_before(step)
            if step.action == "add_signing_certificate":
                task.make("object", "Sign-on")
            elif step.action == "remove_signing_certificate":
                task.remove(step)
            else:
                body = {"preferredTokenSigningKeyThumbprint": task.find_thumbprint(step)}
                self.write("PATCH", "/servicePrincipals/object", body)
        return task, [step.action for step in planned.steps]
