# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A credential of Commvault as a consumer: its mark tells which key it holds, and one of another application stays as it is."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._commvault.credentials.canonical import Credential
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError, Forbidden
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.targets.base import KeyValue
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.targets.credential import (
    CredentialTarget,
    build_consumer_state,
)

APP = "66666666-7777-4888-8999-000000000000"
OLD, NEW = "0c5d7f41-93f0-4c9a-8f1e-2f4c1d6e9b70", "0c5d7f41-93f0-4c9a-8f1e-2f4c1d6e9b71"
KEY = KeyValue(NEW, "", APP, "", "the value")


class Credentials:
    """The credentials of a CommServe with one of them, and as it is ``listed``.

    ``answer``: whether a write waits for an approval; ``shows``: it is shown.
    """

    def __init__(self, found: Credential | None) -> None:
        self.found, self.answer, self.shows = found, False, True
        self.listed: Credential | None = None
        self.written: list[tuple[str, str | None]] = []

    def find(self, name: str, company: t.Any) -> Credential | None:
        return self.found

    def find_listed(self, name: str, company: t.Any) -> Credential | None:
        return self.listed

    def check_may_change(self, credential: Credential) -> None:
        if credential.owner is not None:
            raise Forbidden("not its owner")

    def write_secret(self, credential: Credential, secret: str, fingerprint: str | None) -> bool:
        self.written.append((secret, fingerprint))
        if not self.answer and self.shows:
            self.found = replace(credential, secret_fingerprint=fingerprint)
        return self.answer

    def is_secret_shown(self, number: int, fingerprint: str) -> bool:
        return self.found is not None and self.found.secret_fingerprint == fingerprint


def credential(mark: str | None = OLD, **more: t.Any) -> Credential:
    return Credential("azure", 7, secret_fingerprint=mark, azure_application_id=APP, **more)


def target(make_ctx: t.Any, credentials: Credentials) -> CredentialTarget:
    return CredentialTarget(make_ctx(), "cs01", "azure", None, APP, t.cast("t.Any", credentials))


@pytest.mark.parametrize("mark", [None, "", "made by hand", "key-1"])
def test_what_is_no_key_id_tells_nothing(mark: str | None) -> None:
    found = build_consumer_state("cs01", "commvault_credential", mark)
    assert (found.key_id, found.is_known, found.may_hold_unseen) == (None, False, True)


def test_a_mark_is_read_written_once_and_read_back(make_ctx: t.Any) -> None:
    credentials = Credentials(credential(OLD.upper()))
    found = target(make_ctx, credentials)
    assert found.read().key_id == OLD
    assert [found.switch(KEY), found.switch(KEY)] == ["switched", "switched"]
    assert credentials.written == [("the value", NEW)]


def test_a_list_is_enough_where_it_shows_the_mark(make_ctx: t.Any) -> None:
    credentials = Credentials(credential(NEW))
    credentials.listed = credential(OLD.upper())
    found = target(make_ctx, credentials)
    assert (found.read().key_id, found.read_closely().key_id) == (OLD, NEW)
    credentials.listed = credential("made by hand")
    assert found.read().key_id == NEW, "a list may cut texts"
    credentials.listed = credential(OLD, kind="LINUXACCOUNT")
    with pytest.raises(ConfigError, match="another kind"):
        found.read()


def test_what_waits_for_an_approval_is_told(make_ctx: t.Any) -> None:
    credentials = Credentials(credential())
    credentials.answer = True
    assert target(make_ctx, credentials).switch(KEY) == "awaiting_approval"


def test_only_its_owner_may_write_it(make_ctx: t.Any) -> None:
    found = target(make_ctx, Credentials(credential(owner=t.cast("t.Any", object()))))
    with pytest.raises(Forbidden):
        found.check()


@pytest.mark.parametrize(
    "found",
    [
        None,
        credential(kind="LINUXACCOUNT"),
        replace(credential(), azure_application_id="11111111-2222-4333-8444-555555555555"),
    ],
)
def test_what_is_not_the_applications_credential_is_refused(make_ctx: t.Any, found: Credential | None) -> None:
    with pytest.raises(ConfigError, match="azure"):
        target(make_ctx, Credentials(found)).read()
