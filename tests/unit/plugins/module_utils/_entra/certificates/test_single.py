# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One certificate of a rotation: added once under its name, found by it, removed alone."""

from __future__ import annotations

import typing as t

import pytest
from certificate_examples import make_entry, make_public
from fake_graph import guid
from fake_key_collection import FOREIGN_IDS, KeyGraph, KeyService

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ApiError, BadAnswer
from ansible_collections.cvops.identity.plugins.module_utils._entra.certificates import single as subject

NEW = make_public("new")


def test_a_rotation_adds_and_removes_one_certificate() -> None:
    service = KeyService()
    graph = KeyGraph(service)
    words = (graph.ctx, t.cast("t.Any", graph), "object")
    added = subject.add_certificate(*words, NEW, "cvops/x/1")
    assert (added.name, added.thumbprint, added.expires) == ("cvops/x/1", NEW.thumbprint, NEW.expires)
    assert subject.add_certificate(*words, NEW, "cvops/x/1").key_id == added.key_id, "once"
    assert [item.key_id for item in subject.find_certificates_named(*words, "cvops/x/1")] == [added.key_id]
    assert subject.find_certificates_named(*words, "CVOPS/x/1") == []
    subject.remove_certificate(*words, added.key_id.upper())
    subject.remove_certificate(*words, added.key_id)
    assert service.ids() == FOREIGN_IDS and len(graph.sent) == 2


def test_a_certificate_that_was_lost_is_added_again_under_its_key_id() -> None:
    service = KeyService()
    graph = KeyGraph(service)
    words = (graph.ctx, t.cast("t.Any", graph), "object")
    added = subject.add_certificate(*words, NEW, "cvops/x/1", guid(77))
    assert added.key_id == guid(77)
    service.drop(guid(77))
    assert subject.add_certificate(*words, NEW, "cvops/x/1", guid(77)).key_id == guid(77)
    assert service.ids() == {*FOREIGN_IDS, guid(77)}


def test_a_certificate_under_another_name_is_none_of_the_rotation() -> None:
    graph = KeyGraph(KeyService())
    words = (graph.ctx, t.cast("t.Any", graph), "object")
    one, two = (subject.add_certificate(*words, NEW, name) for name in ("cvops/x/1", "cvops/x/2"))
    assert one.key_id != two.key_id


def test_what_somebody_else_does_meanwhile_makes_it_look_again() -> None:
    """Before the last look of the first attempt; then nothing is written from what was before."""
    service = KeyService()
    graph = KeyGraph(service)
    words = (graph.ctx, t.cast("t.Any", graph), "object")
    service.before_request[4] = lambda: service.add(make_entry(9, "foreign"))
    added = subject.add_certificate(*words, NEW, "cvops/x/1")
    assert service.ids() == {*FOREIGN_IDS, guid(9), added.key_id}
    service.before_request[service.requests + 4] = lambda: service.drop(guid(9))
    subject.remove_certificate(*words, added.key_id)
    assert service.ids() == FOREIGN_IDS


def test_a_collection_that_changes_every_time_is_an_error() -> None:
    service = KeyService()
    graph = KeyGraph(service)
    for number in range(3):
        late = service.before_request
        late[4 * (number + 1)] = lambda number=number: service.add(make_entry(20 + number, "foreign"))  # type: ignore[misc]
    with pytest.raises(ApiError) as caught:
        subject.add_certificate(graph.ctx, t.cast("t.Any", graph), "object", NEW, "cvops/x/1")
    assert caught.value.is_outdated and graph.sent == []


@pytest.mark.parametrize("removed", [False, True])
def test_what_was_written_and_is_not_seen_is_said_to_be_written(monkeypatch: pytest.MonkeyPatch, removed: bool) -> None:
    service = KeyService()
    graph = KeyGraph(service)
    words = (graph.ctx, t.cast("t.Any", graph), "object")
    added = subject.add_certificate(*words, NEW, "cvops/x/1") if removed else None

    def fail(_writer: t.Any, _subject: str) -> None:
        raise BadAnswer("no list")

    monkeypatch.setattr(subject.CertificateWriter, "confirm", fail)
    with pytest.raises(BadAnswer) as raised:
        if added is not None:
            subject.remove_certificate(*words, added.key_id)
        else:
            subject.add_certificate(*words, NEW, "cvops/x/1")
    assert raised.value.has_written and raised.value.facts["outcome"] == "unknown"
