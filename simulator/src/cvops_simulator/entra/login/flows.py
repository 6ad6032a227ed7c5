# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""State of the flows that a user takes part in: device codes, authorization codes, refresh tokens."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cvops_simulator.entra.login.errors import TokenError

if TYPE_CHECKING:
    from cvops_simulator.core.clock import Clock

_DEVICE_SECONDS = 900
_CODE_SECONDS = 600


@dataclass
class DeviceFlow:
    """One started device flow. `user_id` is set when somebody approved it."""

    client_id: str
    scope: str
    user_code: str
    expires: float
    user_id: str | None = None
    declined: bool = False


@dataclass(frozen=True)
class Code:
    """One authorization code."""

    client_id: str
    redirect_uri: str
    scope: str
    user_id: str
    challenge: str
    method: str
    nonce: str | None
    expires: float


@dataclass(frozen=True)
class Refresh:
    """What a refresh token stands for."""

    client_id: str
    scope: str
    user_id: str


@dataclass
class Flows:
    """All of them; keys are the opaque codes that clients hold."""

    clock: Clock
    devices: dict[str, DeviceFlow] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    refresh: dict[str, Refresh] = field(default_factory=dict)

    def start_device(self, client_id: str, scope: str) -> tuple[str, DeviceFlow]:
        """Begin a device flow; returns the device code and the flow."""
        user_code = "".join(secrets.choice("BCDFGHJKLMNPQRSTVWXZ23456789") for _ in range(9))
        flow = DeviceFlow(client_id, scope, user_code, self.clock.now() + _DEVICE_SECONDS)
        device_code = secrets.token_urlsafe(48)
        self.devices[device_code] = flow
        return device_code, flow

    def answer_device(self, user_code: str, user_id: str | None) -> bool:
        """Let a user approve (`user_id`) or decline (None) the flow with this code; False: unknown code."""
        for flow in self.devices.values():
            if flow.user_code == user_code:
                flow.user_id, flow.declined = user_id, user_id is None
                return True
        return False

    def redeem_device(self, device_code: str, client_id: str) -> Refresh:
        """Return what the approved flow of a device code stands for."""
        flow = self.devices.get(device_code)
        if flow is None or flow.client_id != client_id:
            raise TokenError(70019)
        if flow.expires <= self.clock.now():
            raise TokenError(70020)
        if flow.declined:
            raise TokenError(70018)
        if flow.user_id is None:
            raise TokenError(70016)
        del self.devices[device_code]
        return Refresh(flow.client_id, flow.scope, flow.user_id)

    def add_code(self, code: Code) -> str:
        """Keep an authorization code; returns its text."""
        text = secrets.token_urlsafe(48)
        self.codes[text] = code
        return text

    def code_expiry(self) -> float:
        """Return when a code made now expires."""
        return self.clock.now() + _CODE_SECONDS

    def redeem_code(self, text: str, client_id: str, redirect_uri: str, verifier: str) -> Code:
        """Return what an authorization code stands for, once, when the PKCE verifier fits."""
        code = self.codes.pop(text, None)
        if code is None or code.client_id != client_id or code.redirect_uri != redirect_uri:
            raise TokenError(54005)
        if code.expires <= self.clock.now():
            raise TokenError(70008)
        if code.challenge and code.challenge != _make_challenge(verifier, code.method):
            raise TokenError(501481)
        return code

    def add_refresh(self, refresh: Refresh) -> str:
        """Keep a refresh token; returns its text."""
        text = secrets.token_urlsafe(64)
        self.refresh[text] = refresh
        return text


def _make_challenge(verifier: str, method: str) -> str:
    if method == "S256":
        digest = hashlib.sha256(verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return verifier
