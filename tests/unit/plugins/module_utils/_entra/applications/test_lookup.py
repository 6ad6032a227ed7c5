# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding a registration: exact, or an error that says what to give; deleted ones too."""

from __future__ import annotations

import typing as t

import pytest
from failed_reads import FAILED_READS
from fake_graph import FakeGraph, guid

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    AmbiguousMatch,
    ApiError,
    ConfigError,
    Forbidden,
    NotFound,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.lookup import (
    check_application_ids,
    find_application_in_use,
    find_deleted_application,
    list_applications_named,
)

BY_ID = f"/applications/{guid(1)}"
BY_APP_ID = f"/applications(appId='{guid(2)}')"
BY_UNIQUE_NAME = "/applications(uniqueName='ops')"
DELETED = "/directory/deletedItems/microsoft.graph.application"


def wire(number: int, display_name: str = "Ops", **more: t.Any) -> dict[str, t.Any]:
    return {"id": guid(number), "appId": guid(number + 1), "displayName": display_name, **more}


def find(make_ctx: t.Any, answers: dict[str, t.Any], **options: t.Any) -> t.Any:
    return find_application_in_use(t.cast("t.Any", FakeGraph(make_ctx(), answers)), options)


def find_deleted(make_ctx: t.Any, listed: t.Any, **options: t.Any) -> t.Any:
    return find_deleted_application(t.cast("t.Any", FakeGraph(make_ctx(), {DELETED: listed})), options)


@pytest.mark.parametrize("name", ["object_id", "app_id"])
def test_ids_are_guids(name: str) -> None:
    check_application_ids({name: guid(1), "unique_name": "anything"})
    with pytest.raises(ConfigError, match="is not a GUID") as caught:
        check_application_ids({name: "../x"})
    assert caught.value.facts["source"] == f"option {name}"


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"object_id": guid(1), "app_id": guid(2), "unique_name": "ops", "display_name": "Ops"}, BY_ID),
        ({"app_id": guid(2), "unique_name": "ops"}, BY_APP_ID),
        ({"unique_name": "ops", "display_name": "Ops"}, BY_UNIQUE_NAME),
    ],
)
def test_the_first_key_that_is_given_is_asked(make_ctx: t.Any, options: dict[str, str], path: str) -> None:
    graph = FakeGraph(make_ctx(), {path: wire(1, uniqueName="ops")})
    found = find_application_in_use(t.cast("t.Any", graph), options)
    assert found is not None and found["id"] == guid(1) and graph.reads == [path]


@pytest.mark.parametrize(
    "options", [{"object_id": guid(1), "display_name": "Ops"}, {"app_id": guid(2)}, {"unique_name": "ops"}]
)
def test_an_id_that_no_application_has_is_never_replaced_by_a_name(make_ctx: t.Any, options: dict[str, str]) -> None:
    assert find(make_ctx, {}, **options) is None


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"object_id": guid(1), "app_id": guid(9)}, "app_id"),
        ({"object_id": guid(1), "unique_name": "other"}, "unique_name"),
        ({"unique_name": "ops", "object_id": guid(1), "app_id": guid(8)}, "app_id"),
    ],
)
def test_keys_of_two_applications_are_refused(make_ctx: t.Any, options: dict[str, str], name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name}: application Ops .* has {name} .* it cannot be changed") as caught:
        find(make_ctx, {BY_ID: wire(1, uniqueName="ops")}, **options)
    assert caught.value.facts["source"] == f"option {name}"


def test_keys_are_the_same_in_any_letter_case_and_one_that_it_lacks_can_be_given(make_ctx: t.Any) -> None:
    found = find(make_ctx, {BY_ID: wire(1)}, object_id=guid(1), app_id=guid(2).upper(), unique_name="new")
    assert found["id"] == guid(1)


def test_a_display_name_names_the_only_application_that_has_it(make_ctx: t.Any) -> None:
    assert find(make_ctx, {"/applications": [wire(1, "OPS"), wire(3, "Ops 2")]}, display_name="Ops")["id"] == guid(1)
    assert find(make_ctx, {"/applications": []}, display_name="Ops") is None


def test_two_applications_of_one_name_are_an_error_that_lists_both(make_ctx: t.Any) -> None:
    with pytest.raises(AmbiguousMatch, match="2 applications have the display name Ops") as caught:
        find(make_ctx, {"/applications": [wire(3, "OPS"), wire(1)]}, display_name="Ops")
    assert caught.value.facts["candidates"] == [guid(1), guid(3)]


def test_a_unique_name_never_adopts_an_application_by_its_display_name(make_ctx: t.Any) -> None:
    answers = {"/applications": [wire(1, uniqueName="other")]}
    with pytest.raises(AmbiguousMatch, match="No application has the unique name ops"):
        find(make_ctx, answers, unique_name="ops", display_name="Ops", state="present")
    assert find(make_ctx, answers, unique_name="ops", display_name="Ops", state="absent") is None


def test_an_application_that_a_replica_denies_by_key_is_found_in_the_list(make_ctx: t.Any) -> None:
    listed = [wire(1), wire(3, uniqueName="OPS")]
    assert find(make_ctx, {"/applications": listed}, unique_name="ops", display_name="Ops")["id"] == guid(3)


def test_names_that_only_look_equal_are_told_and_not_taken(make_ctx: t.Any) -> None:
    graph = FakeGraph(make_ctx(), {"/applications": [wire(1, "\u041eps"), wire(3, "ops")]})
    assert [item["id"] for item in list_applications_named(t.cast("t.Any", graph), "Ops")] == [guid(3)]
    assert len(graph.ctx.warnings) == 1 and guid(1) in graph.ctx.warnings[0]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"object_id": guid(1)}, True),
        ({"object_id": guid(1).upper(), "unique_name": "else"}, True),
        ({"app_id": guid(2)}, True),
        ({"app_id": guid(7), "unique_name": "ops"}, False),
        ({"unique_name": "OPS"}, True),
        ({"identifier_uris": ["API://x"]}, True),
        ({"identifier_uris": ["api://y", "api://{app_id}"]}, False),
        ({}, False),
    ],
)
def test_which_deleted_application_is_meant(make_ctx: t.Any, options: dict[str, t.Any], found: bool) -> None:
    listed = [wire(5, identifierUris=["api://{app_id}"]), wire(1, uniqueName="ops", identifierUris=["api://x"])]
    assert (find_deleted(make_ctx, listed, **options) or {}).get("id") == (guid(1) if found else None)


def test_the_id_of_a_deleted_application_is_the_same_in_any_letter_case(make_ctx: t.Any) -> None:
    listed = [{**wire(1), "id": guid(1).upper(), "appId": guid(2).upper()}]
    assert find_deleted(make_ctx, listed, object_id=guid(1)) and find_deleted(make_ctx, listed, app_id=guid(2))


def test_two_deleted_applications_that_are_meant_are_an_error(make_ctx: t.Any) -> None:
    listed = [wire(5, uniqueName="ops"), wire(1, identifierUris=["api://x"])]
    with pytest.raises(AmbiguousMatch, match="give object_id to restore one") as caught:
        find_deleted(make_ctx, listed, unique_name="ops", identifier_uris=["api://x"])
    assert caught.value.facts["candidates"] == [guid(1), guid(5)]


def test_deleted_items_that_may_not_be_listed_are_told(make_ctx: t.Any) -> None:
    forbidden = Forbidden("Cannot list deleted applications", status=403)
    graph = FakeGraph(make_ctx(), {DELETED: forbidden})
    assert find_deleted_application(t.cast("t.Any", graph), {"unique_name": "ops"}) is None
    assert (
        len(graph.ctx.warnings) == 1 and "deleted" in graph.ctx.warnings[0] and str(forbidden) in graph.ctx.warnings[0]
    )
    with pytest.raises(Forbidden):
        find_deleted(make_ctx, forbidden, unique_name="ops", restore_deleted=True)


@pytest.mark.parametrize("failure", [*FAILED_READS, NotFound("gone", status=404)])
def test_deleted_items_that_cannot_be_listed_are_an_error(make_ctx: t.Any, failure: ApiError) -> None:
    with pytest.raises(type(failure)):
        find_deleted(make_ctx, failure, unique_name="ops")
