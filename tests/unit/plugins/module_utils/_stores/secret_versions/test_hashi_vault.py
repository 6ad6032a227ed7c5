# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Vault that answers anything about a key: it is one, none, or one clear error; and a Vault that does not tell rights is believed."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError, CvopsError
from ansible_collections.cvops.identity.plugins.module_utils._core.option_sources import OptionSources
from ansible_collections.cvops.identity.plugins.module_utils._stores.secret_versions.base import PlacedKeys, StoredKey
from ansible_collections.cvops.identity.plugins.module_utils._stores.secret_versions.hashi_vault import open_vault_keys

TOKEN = "hvs.Planted4711"


@pytest.fixture
def store(make_ctx: t.Any, server: t.Any) -> PlacedKeys:
    ctx = make_ctx({"retries": 0}, sources=OptionSources(environ={}))
    return open_vault_keys(ctx, {"path": "keys/app", "url": server.url, "token": TOKEN})


def secret(document: t.Any, version: t.Any = 3) -> dict[str, t.Any]:
    return {"data": {"data": document, "metadata": {"version": version}}}


def test_value_and_facts_lie_in_one_version(store: PlacedKeys, server: t.Any, answer: t.Any) -> None:
    document = {"value": "Planted", "cvops_key_id": "k", "cvops_expires": "2027", "cvops_other": "x", "user": "y"}
    server.says(answer(body=secret(document)))
    assert store.read_current() == StoredKey("Planted", "k", expires="2027")
    assert server.received[0].path == "/v1/secret/data/keys/app"
    server.says(answer(body=secret({})), answer(404, body=secret(None, 7)), answer(body={"data": {"version": 8}}))
    store.write_pending(StoredKey("Planted-new", "n"))
    assert [found.path for found in server.received] == [
        "/v1/secret/data/keys/app",
        *["/v1/secret/data/keys/app-pending"] * 2,
    ]
    assert json.loads(server.received[2].body) == {
        "options": {"cas": 7},
        "data": {"value": "Planted-new", "cvops_key_id": "n"},
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"null",
        {"data": 7},
        {"data": {"data": ["Planted"], "metadata": {"version": 1}}},
        secret({"value": {"Planted": 1}}),
        secret({"value": 7}),
        secret({"value": "Planted", "cvops_key_id": ["Planted"]}),
        secret({"value": "Planted"}, version="1"),
    ],
)
def test_what_is_no_key_is_one_clear_error(store: PlacedKeys, server: t.Any, answer: t.Any, body: t.Any) -> None:
    server.says(answer(body=body))
    for act in (
        store.read_current,
        store.check,
        lambda: store.write_pending(StoredKey("v", "k")),
        lambda: store.promote("k"),
    ):
        with pytest.raises(CvopsError) as refused:
            act()
        assert "Planted" not in str(refused.value) + repr(refused.value.facts)
    assert all(found.method == "GET" for found in server.received)


@pytest.mark.parametrize("value", [None, ""])
def test_a_secret_without_the_field_holds_nothing(
    store: PlacedKeys, server: t.Any, answer: t.Any, value: t.Any
) -> None:
    server.says(answer(body=secret({"other": "x", "value": value})))
    assert store.read_current() is None


#: Answers to the question which rights the token has, with which nothing can be done.
UNTOLD: list[t.Any] = [b"", b"[]", {}, {"data": 7}, {"data": {"secret/data/keys/app": "create"}}, {"data": {"x": []}}]


@pytest.mark.parametrize("body", UNTOLD)
def test_rights_that_are_not_told_are_no_refusal(store: PlacedKeys, server: t.Any, answer: t.Any, body: t.Any) -> None:
    server.says(answer(body=secret({"value": "x"})), answer(body=secret({"value": "x"})), answer(body=body))
    store.check()
    assert len(server.received) == 3


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_nor_is_a_refusal_to_tell_them(store: PlacedKeys, server: t.Any, answer: t.Any, status: int) -> None:
    server.says(
        answer(body=secret({"value": "x"})), answer(body=secret({"value": "x"})), answer(status, body={"errors": ["x"]})
    )
    store.check()


@pytest.mark.parametrize(
    ("told", "is_refused"),
    [
        ({"type": "kv", "options": {"version": "1"}}, True),
        ({"type": "kv", "options": None}, True),
        ({"type": "generic"}, True),
        ({"type": "kv", "options": {"version": "2"}}, False),
        ({"type": "kv", "options": {"version": 2}}, False),
        ({"type": "cubbyhole"}, False),
        ({}, False),
        ([], False),
    ],
)
def test_a_mount_of_version_1_looks_empty_and_is_not_taken_for_it(
    store: PlacedKeys, server: t.Any, answer: t.Any, told: t.Any, is_refused: bool
) -> None:
    server.says(answer(404, body={"errors": []}), answer(body={"data": told}))
    if is_refused:
        with pytest.raises(ConfigError, match="mount secret is KV version 1"):
            store.read_current()
    else:
        assert store.read_current() is None
    assert server.received[1].path == "/v1/sys/internal/ui/mounts/secret"
