# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup that sends a message: what it returns, which options of the connection it takes, and what it refuses."""

from __future__ import annotations

import types
import typing as t

import pytest
from ansible.errors import AnsibleLookupError

from ansible_collections.cvops.identity.plugins.lookup import notification as subject

URL = "https://hooks.example/T0123ABCD/s3cr3t-of-the-chat"


def look(*terms: t.Any, **keywords: t.Any) -> list[t.Any]:
    lookup = subject.LookupModule(loader=None, templar=types.SimpleNamespace(template=lambda value: value))
    return t.cast("list[t.Any]", lookup.run(list(terms), {}, **{"notify_url": URL, **keywords}))


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[t.Any]:
    """What was sent, with the settings of the transport; the second message does not arrive."""
    calls: list[t.Any] = []

    def send(_ctx: t.Any, url: str, message: t.Any, settings: t.Any) -> str:
        calls.append((url, message, settings))
        return "" if len(calls) == 1 else "nobody there"

    monkeypatch.setattr(subject, "send_message", send)
    return calls


def test_each_message_is_sent_and_its_arrival_returned(sent: list[t.Any]) -> None:
    assert look({"text": "a"}, {"text": "b"}) == [
        {"sent": True, "reason": ""},
        {"sent": False, "reason": "nobody there"},
    ]
    assert [(url, message) for url, message, dummy in sent] == [(URL, {"text": "a"}), (URL, {"text": "b"})]


def test_only_the_way_of_the_connection_is_taken_and_no_credential(sent: list[t.Any]) -> None:
    connection = {"client_secret": "x", "validate_certs": False, "proxy": "http://proxy.example:3128", "ca_path": None}
    look({}, connection=connection)
    settings = sent[0][2]
    assert (settings.validate_certs, settings.proxy) == (False, "http://proxy.example:3128")


def test_what_is_no_message_is_refused_without_its_value_or_the_address(sent: list[t.Any]) -> None:
    with pytest.raises(AnsibleLookupError) as caught:
        look("s3cr3t-text")
    assert "must be a dictionary" in str(caught.value)
    assert "s3cr3t" not in str(caught.value) and sent == []
