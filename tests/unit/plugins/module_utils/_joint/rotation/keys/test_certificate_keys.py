# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates as keys of a rotation: added beside all others, found again as what they are, and no private key is shown."""

from __future__ import annotations

import datetime
import types
import typing as t

import pytest
from certificate_examples import make_entry, make_key_pem, make_pem, make_public
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate
from fake_graph import guid
from fake_key_collection import FOREIGN_IDS, KeyGraph, KeyService
from rotation_fakes import complete_options

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ApiError, BadAnswer, ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._core.values import parse_time
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.keys.certificate_keys import (
    CertificateKeys,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.state import parse_marker
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.targets.base import KeyValue

APP = "66666666-7777-4888-8999-000000000000"
DAY = datetime.timedelta(days=1)
SMALL = {"key_size": 2048, "common_name": "nightly job"}


class Graph(KeyGraph):
    """Graph with a sign-in, and a clock of its own."""

    def __init__(self, *outcomes: str, method: str = "managed_identity", **options: t.Any) -> None:
        super().__init__(KeyService(), outcomes)
        given = {"client_id": APP, "client_certificate_password": None, **options}
        self.ctx.options.update({**complete_options(kind="certificate", certificate=SMALL), **given})
        self.sign_in = types.SimpleNamespace(method=method)
        self.claims: dict[str, t.Any] = {}

    def get_service_time(self) -> datetime.datetime:
        return self.ctx.clock.now() + DAY

    def read_token_claims(self) -> dict[str, t.Any]:
        return self.claims

    @property
    def kind(self) -> CertificateKeys:
        return CertificateKeys(self.ctx, t.cast("t.Any", self))

    def open_writer(self) -> t.Any:
        return self.kind.open_writer("object", APP, "abcdef")


def test_entra_id_gets_the_certificate_and_the_run_keeps_the_key() -> None:
    graph = Graph()
    now = graph.get_service_time()
    added = graph.open_writer().add(90)
    assert graph.service.ids() == {*FOREIGN_IDS, added.key.key_id}
    assert "PRIVATE" not in str(graph.sent)
    key = load_pem_private_key(added.value.value.encode(), None)
    certificate = load_pem_x509_certificate(added.value.value.encode())
    assert key.public_key() == certificate.public_key()
    assert certificate.subject.rfc4514_string() == "CN=nightly job"
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc == 90 * DAY, "what policies count"
    assert key.key_size == 2048  # type: ignore[union-attr]
    assert abs(added.key.starts - now) < datetime.timedelta(seconds=1)
    assert parse_time(added.value.expires) == added.key.ends == certificate.not_valid_after_utc
    marker = parse_marker(added.key.display_name)
    assert marker is not None
    assert marker[:2] == ("backup", "abcdef")
    assert (added.value.key_id, added.value.application) == (added.key.key_id, APP)
    assert added.value.rotation_id == marker.rotation + marker.attempt


def test_without_a_name_it_has_that_of_the_rotation_and_a_long_key() -> None:
    graph = Graph(certificate=None)
    certificate = load_pem_x509_certificate(graph.open_writer().add(90).value.value.encode())
    assert certificate.subject.rfc4514_string() == "CN=backup"
    assert certificate.public_key().key_size == 3072  # type: ignore[union-attr]


def test_a_key_that_was_added_is_read_as_it_was_told() -> None:
    graph = Graph()
    added = graph.open_writer().add(90)
    read = graph.kind.parse_keys({"keyCredentials": graph.service.stored}, APP)
    assert added.key in read
    assert {key.key_id for key in read} == {guid(1), added.key.key_id}, "of others those alone that sign in"


def test_no_private_key_is_shown() -> None:
    graph = Graph()
    added = graph.open_writer().add(90)
    lines = added.value.value.partition("-----END PRIVATE KEY-----")[0].splitlines()[1:]
    assert len(lines) > 20
    assert not any(line in repr(added) for line in lines)
    graph.ctx.warn(f"the service repeats {lines[3]}")
    assert lines[3] not in str(graph.ctx.reporter.__dict__) + str(graph.ctx.warnings)


def test_an_addition_with_an_unknown_end_names_what_may_be_there() -> None:
    graph = Graph(*["never"] * 20)
    with pytest.raises(ApiError) as caught:
        graph.open_writer().add(90)
    assert caught.value.facts["outcome"] == "unknown"
    assert caught.value.facts["marker"].startswith("cvops/backup/abcdef")
    assert graph.service.ids() == FOREIGN_IDS


def test_one_is_removed_and_no_other() -> None:
    graph = Graph()
    writer = graph.open_writer()
    added = [writer.add(90).key.key_id for dummy in range(2)]
    writer.remove(added[0])
    writer.await_gone(added[0])
    assert graph.service.ids() == {*FOREIGN_IDS, added[1]}


def test_a_certificate_that_somebody_else_has_overwritten_is_added_again_under_its_id() -> None:
    graph = Graph()
    writer = graph.open_writer()
    key_id = writer.add(90).key.key_id
    assert writer.await_listed(key_id)
    graph.service.drop(key_id)
    assert writer.await_listed(key_id)
    assert graph.service.ids() == {*FOREIGN_IDS, key_id}


def test_one_that_does_not_show_is_told() -> None:
    graph = Graph()
    assert not graph.open_writer().await_listed(guid(9))
    assert guid(9) in str(graph.ctx.warnings)


@pytest.mark.parametrize(("signs_in", "is_own"), [("first", True), ("another", False)])
def test_a_certificate_that_the_run_signs_in_with_is_marked(signs_in: str, is_own: bool) -> None:
    graph = Graph(method="client_certificate", client_certificate=make_key_pem() + make_pem(signs_in))
    found = graph.kind.parse_keys({"keyCredentials": [make_entry(4, "first")]}, APP)
    assert [key.may_be_callers for key in found] == [is_own]
    assert [key.may_be_callers for key in graph.kind.parse_keys({"keyCredentials": [make_entry(4)]}, guid(8))] == [
        False
    ]


def test_what_is_not_told_is_not_none() -> None:
    with pytest.raises(BadAnswer, match="keyCredentials"):
        Graph().kind.parse_keys({"id": "object"}, APP)
    entry = make_entry(4, None, startDateTime=None, endDateTime=None)
    (found,) = Graph().kind.parse_keys({"keyCredentials": [entry]}, APP)
    assert (found.display_name, found.ends, found.starts.year) == ("", None, 1)


def test_policies_are_those_of_certificates() -> None:
    rules = Graph().kind.read_rules("object")
    assert rules is not None
    assert (rules.cap_days, rules.is_addition_blocked) == (30, False)
    assert Graph().kind.get_most_keys({"signInAudience": "AzureADandPersonalMicrosoftAccount"}) is None


@pytest.mark.parametrize("value", ["made by hand", make_pem("job")])
def test_a_stored_value_that_is_no_certificate_with_its_key_is_told_by_its_key_id(value: str) -> None:
    with pytest.raises(ConfigError, match="the-key-id") as caught:
        Graph().kind.build_sign_in("tenant", KeyValue("the-key-id", "", APP, "", value), "s/.default")
    assert value.splitlines()[0] not in str(caught.value)
    assert make_public("job").thumbprint not in str(caught.value)
