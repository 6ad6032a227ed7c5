# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calendar of what expires, read back by the library for calendars."""

from __future__ import annotations

import datetime
import sys
import typing as t

import icalendar
import pytest
from expiry_examples import LIMITS, NOW, REPORT, certificate, consumer, guid, in_days, key, make_facts, saml_app, token
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import MissingLibrary
from ansible_collections.cvops.identity.plugins.module_utils._core.values import parse_time
from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry.rows import build_expiry_report
from ansible_collections.cvops.identity.plugins.plugin_utils.expiry_calendar import build_expiry_calendar


def report(keys: t.Iterable[t.Any], consumers: t.Iterable[t.Any] = (), now: datetime.datetime = NOW) -> t.Any:
    facts = make_facts([REPORT["applications"][0]], keys, consumers)
    return build_expiry_report(facts, now, LIMITS)


def events(found: t.Any) -> list[t.Any]:
    return list(icalendar.Calendar.from_ical(build_expiry_calendar(found)).walk("VEVENT"))


def test_each_key_that_ends_is_one_event_with_all_its_consumers() -> None:
    (event,) = events(report([key(1, 12.5), key(2, None)], [consumer("a", 1), consumer("b", 1)]))
    assert event.decoded("dtstart") == parse_time(in_days(12.5))
    assert str(event["summary"]) == "secret key-1 of app-1 ends, used by credential a on cs01, credential b on cs01"
    assert str(event["description"]).count("12 days left") == 2


def test_reminders() -> None:
    (event,) = events(report([key(1, 12.5)]))
    alarms = event.walk("VALARM")
    assert [alarm.decoded("trigger") for alarm in alarms] == [datetime.timedelta(days=-days) for days in (30, 7, 1)]
    assert {str(alarm["action"]) for alarm in alarms} == {"DISPLAY"}


def test_of_what_has_ended_nothing_reminds() -> None:
    (event,) = events(report([key(1, -2)]))
    assert event.walk("VALARM") == []


def test_the_calendar_has_a_name_and_is_read_again() -> None:
    calendar = icalendar.Calendar.from_ical(build_expiry_calendar(report([key(1, 12.5)])))
    assert str(calendar["x-wr-calname"]) == str(calendar["name"]) == "Keys that end"
    assert calendar.decoded("refresh-interval") == datetime.timedelta(hours=12)


def test_a_second_run_moves_the_same_event() -> None:
    """Also where the key has got another name, end and consumer meanwhile."""
    later = NOW + datetime.timedelta(days=1)
    (one,), (other,) = (
        events(report([token(8, 20)])),
        events(report([{**token(8, 50), "name": "renamed", "owner": None}], now=later)),
    )
    assert one["uid"] == other["uid"]
    assert one.decoded("dtstart") < other.decoded("dtstart")
    assert one["sequence"] < other["sequence"]
    assert one.decoded("dtstamp") < other.decoded("dtstamp")


def test_different_keys_are_different_events() -> None:
    keys = [key(1, 9), key(2, 9), key(1, 9, kind="certificate"), key(1, 9, of=2), token(1, 9), token(1, 9, "cs02")]
    assert len({str(event["uid"]) for event in events(report(keys))}) == len(keys)


def test_a_signing_certificate_is_known_by_its_thumbprint() -> None:
    one, other = certificate(7, 40, True), {**certificate(7, 40, True), "key_id": guid(9)}
    (first,), (second,) = events(report([one])), events(report([other]))
    assert str(first["summary"]) == "SAML signing certificate key-7 of app-1 ends"
    assert first["uid"] == second["uid"]


def test_the_copy_of_a_certificate_is_one_event_for_all_apps_that_hold_it() -> None:
    """The same one whether Entra ID could be read or not; the copy of another CommCell is another."""
    apps = [saml_app("a", 1), saml_app("b", 1), saml_app("c", 1, commcell="cs02")]
    alone = {str(event["uid"]): event for event in events(build_expiry_report(make_facts([], [], apps), NOW, LIMITS))}
    whole = {str(event["uid"]): event for event in events(report([certificate(1, 40, True)], apps))}
    assert len(alone) == 2 and alone.keys() < whole.keys()
    assert {str(event["summary"]) for event in alone.values()} == {
        "identity provider certificate ends, used by SAML app a on cs01, SAML app b on cs01",
        "identity provider certificate ends, used by SAML app c on cs02",
    }


def test_a_source_that_could_not_be_read_is_an_event_and_the_same_one_as_before() -> None:
    """Without it, keys would leave the calendar and nobody would know."""
    facts = make_facts(failed=["access_tokens"])
    (one,), (other,) = (
        events(build_expiry_report(facts, moment, LIMITS)) for moment in (NOW, NOW + datetime.timedelta(days=1))
    )
    assert str(one["summary"]).startswith("access tokens of Commvault (cs01) could not be read")
    assert str(one["description"]).endswith("HTTP 500")
    assert (one["uid"], one.decoded("dtstart")) == (other["uid"], NOW)
    assert one["sequence"] < other["sequence"]


def test_what_is_superseded_is_no_event() -> None:
    assert len(events(report([key(1, -2), key(2, 200)]))) == 1


@given(st.text(max_size=200), st.text(max_size=200))
def test_names_of_any_kind_are_text_of_one_event(name: str, consumed: str) -> None:
    made = build_expiry_calendar(report([key(1, 12.5, name=name)], [consumer(consumed, 1)]))
    assert all(len(line.encode()) <= 75 for line in made.split("\r\n"))
    (event,) = icalendar.Calendar.from_ical(made).walk("VEVENT")
    assert event.decoded("dtstart") == parse_time(in_days(12.5))
    assert len(event.walk("VALARM")) == 3


def test_a_name_cannot_add_a_property() -> None:
    name = "x\r\nATTENDEE:mailto:all@corp.example\nEND:VEVENT\r\nBEGIN:VEVENT"
    (event,) = events(report([key(1, 12.5, name=name)]))
    assert "attendee" not in event


def test_without_the_library_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "icalendar", None)
    with pytest.raises(MissingLibrary, match="pip install icalendar"):
        build_expiry_calendar(REPORT)
