# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The registration that another module's option names."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import FakeGraph, guid

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError, Forbidden
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.reference import (
    ApplicationReference,
    application_option,
    find_application,
    format_application_path,
    resolve_application,
)

WIRE = {"id": guid(1), "appId": guid(2), "uniqueName": "ops", "displayName": "Ops", "tags": ["x"]}
BY_UNIQUE_NAME = "/applications(uniqueName='ops')"


def resolve(make_ctx: t.Any, answers: dict[str, t.Any], check_mode: bool = False, **options: t.Any) -> t.Any:
    graph = FakeGraph(make_ctx(check_mode=check_mode), answers)
    return resolve_application(graph.ctx, t.cast("t.Any", graph), options)


@pytest.mark.parametrize("asked", [{"unique_name": None}, {"app_id": ""}, {"object_id": "", "app_id": None}, {}])
def test_a_key_without_a_value_is_named_before_anything_is_read(asked: dict[str, t.Any]) -> None:
    with pytest.raises(ConfigError, match="application: the given key has no value") as caught:
        find_application(t.cast("t.Any", None), asked)
    assert caught.value.facts["source"] == "option application"


@pytest.mark.parametrize("name", ["object_id", "app_id"])
def test_an_id_that_is_none_is_named_before_anything_is_read(name: str) -> None:
    with pytest.raises(ConfigError, match=f"application.{name}: 'a/b' is not a GUID") as caught:
        find_application(t.cast("t.Any", None), {name: "a/b"})
    assert caught.value.facts["source"] == f"option application.{name}"


@pytest.mark.parametrize(
    ("name", "value", "path"),
    [
        ("object_id", guid(1), f"/applications/{guid(1)}"),
        ("app_id", guid(2), f"/applications(appId='{guid(2)}')"),
        ("unique_name", "it's a/b", "/applications(uniqueName='it%27%27s%20a%2Fb')"),
    ],
)
def test_each_key_has_its_path(name: str, value: str, path: str) -> None:
    assert format_application_path(name, value) == path


def test_a_registration_is_found_with_the_fields_that_were_asked_for(make_ctx: t.Any) -> None:
    graph = FakeGraph(make_ctx(), {BY_UNIQUE_NAME: WIRE})
    found = find_application(t.cast("t.Any", graph), {"unique_name": "ops", "app_id": None}, ["tags"])
    assert found == ApplicationReference(guid(2), guid(1), "ops", "Ops", wire=WIRE)
    assert graph.parameters == [{"$select": "id,appId,uniqueName,displayName,tags"}]
    assert find_application(t.cast("t.Any", FakeGraph(make_ctx())), {"unique_name": "ops"}) is None


@pytest.mark.parametrize(
    ("has", "told"), [("\u03bfps", "similar: '\u03bfps'"), ("else", "there is 'else', which is a different name")]
)
def test_a_unique_name_that_only_looks_equal_is_another_name(make_ctx: t.Any, has: str, told: str) -> None:
    graph = FakeGraph(make_ctx(), {BY_UNIQUE_NAME: {**WIRE, "uniqueName": has}})
    with pytest.raises(ConfigError, match=told):
        find_application(t.cast("t.Any", graph), {"unique_name": "ops"})


def test_a_unique_name_is_the_same_in_any_letter_case(make_ctx: t.Any) -> None:
    graph = FakeGraph(make_ctx(), {BY_UNIQUE_NAME: {**WIRE, "uniqueName": "OPS"}})
    assert find_application(t.cast("t.Any", graph), {"unique_name": "ops"}) is not None


def test_an_app_id_is_taken_without_a_read(make_ctx: t.Any) -> None:
    for app_id in (guid(2), guid(2).upper()):
        assert resolve(make_ctx, {}, app_id=app_id) == ApplicationReference(app_id=guid(2)), "as Graph spells it"
    with pytest.raises(ConfigError, match="app_id: 'x' is not a GUID"):
        resolve(make_ctx, {}, app_id="x")


@pytest.mark.parametrize(("check_mode", "name"), [(False, "unique_name"), (True, "app_id"), (True, "object_id")])
def test_a_missing_registration_is_an_error(make_ctx: t.Any, check_mode: bool, name: str) -> None:
    value = "ops" if name == "unique_name" else guid(1)
    with pytest.raises(ConfigError, match=f"no application with {name} {value} is in the tenant") as caught:
        resolve(make_ctx, {}, check_mode, application={"other": None, name: value})
    assert caught.value.facts["source"] == f"option application.{name}"


def test_in_check_mode_the_task_before_may_be_the_one_that_creates_it(make_ctx: t.Any) -> None:
    found = resolve(make_ctx, {}, True, application={"unique_name": "ops"})
    assert found == ApplicationReference(unique_name="ops", pending=True)
    with pytest.raises(Forbidden):
        resolve(make_ctx, {BY_UNIQUE_NAME: Forbidden("no", status=403)}, True, application={"unique_name": "ops"})


def test_the_option_takes_exactly_one_key() -> None:
    option = application_option().options["application"]
    keys = ["app_id", "object_id", "unique_name"]
    assert list(option["options"]) == keys
    assert option["required_one_of"] == option["mutually_exclusive"] == [keys]
    assert "required" not in option
