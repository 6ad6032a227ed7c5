# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event source: what documents say, which of it is told, and how checks are made. ansible-rulebook runs it in tests/controllers."""

from __future__ import annotations

import ast
import asyncio
import importlib.util
import json
import os
import pathlib
import re
import stat
import sys
import time
import types
import typing as t

import jsonschema
import pytest
import yaml
from collection_tree import ROOT
from hypothesis import given
from hypothesis import strategies as st

FOLDER = ROOT / "extensions" / "eda" / "plugins" / "event_source"


def load_source() -> types.ModuleType:
    """Return the file as a module; it belongs to no package."""
    spec = importlib.util.spec_from_file_location("cvops_state_changes", FOLDER / "state_changes.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look there
    spec.loader.exec_module(module)
    return module


source = load_source()
Event = dict[str, t.Any]


def row(state: str = "warning", **changes: t.Any) -> Event:
    """Return a row of expiry_info."""
    names = ("consumer", "consumer_kind", "kind", "name", "application", "app_id", "object_id", "key_id", "thumbprint")
    found = {**dict.fromkeys(names), "commcell": "cs01", "starts": None, "expires": "2026-12-10T00:00:00Z"}
    return {**found, "days_left": 12, "state": state, "unknown": None, "findings": [], **changes}


def expiry(*rows: Event, failed: t.Sequence[str] = ()) -> Event:
    """Return the noun of expiry_info; *failed*: what of Entra ID could not be read."""
    sources = [
        {"service": "entra", "commcell": None, "what": what, "status": "failed" if what in failed else "read"}
        for what in ("applications", "service_principals")
    ]
    told = {"status": "read", "service": "commvault", "commcell": "cs01", "what": "credentials"}
    return {"rows": list(rows), "sources": [*sources, told], "checked_at": "2026-11-28T06:00:00Z", "state": "warning"}


def summary(check_mode: bool = True, hosts: Event | None = None, mapping: Event | None = None, **more: t.Any) -> Event:
    """Return what cvops_summary_file takes."""
    told = {"status": "unchanged", "planned": 0, "problems": [], "left": [], "remaining": 0, "held": 0, "message": ""}
    given_hosts = {"localhost": {}, "cs01": {}} if hosts is None else hosts
    return {
        "status": "planned",
        "check_mode": check_mode,
        "hosts": {name: {**told, **changes} for name, changes in given_hosts.items()},
        "role_mappings": {
            "commcells": {"cs01": {"mappings": {"surplus": [], "unmanaged": [], "added": [], **(mapping or {})}}}
        },
        "registration": {},
        **more,
    }


def grant(principal: str, **changes: t.Any) -> Event:
    return {
        "principal": principal,
        "principal_kind": "user_group",
        "role": "Viewers",
        "entity_type": "servers",
        "entity": "db1",
        **changes,
    }


class Teller:
    """Tells documents one after another, as a source with one check does."""

    def __init__(self) -> None:
        self.told: dict[str, t.Any] = {}

    def tell(self, document: t.Any) -> list[Event]:
        """Return what the events of a document hold."""
        events, self.told = source.find_events("a check", source.read_document(document), self.told)
        assert json.loads(json.dumps(events)) == events
        return [event["cvops"] for event in events]

    def types(self, document: t.Any) -> list[tuple[str, str]]:
        """Return types and subjects."""
        return sorted((event["type"], event["subject"]) for event in self.tell(document))


# -- keys


def test_a_key_is_told_when_it_expires_has_expired_and_is_renewed() -> None:
    teller = Teller()
    held = {"consumer": "credential azure-prod", "consumer_kind": "credential", "kind": "secret", "key_id": "k1"}
    (event,) = teller.tell(expiry(row("warning", **held), row("ok", key_id="k9")))
    assert (event["type"], event["state"], event["previous_state"]) == ("secret_expiring", "warning", None)
    assert (event["subject"], event["days_left"], event["commcell"]) == ("credential azure-prod", 12, "cs01")
    assert event["checked_at"] == "2026-11-28T06:00:00Z"
    assert teller.tell(expiry(row("warning", days_left=11, **held))) == []
    (worse,) = teller.tell(expiry(row("critical", days_left=3, **held)))
    assert (worse["type"], worse["id"], worse["previous_state"]) == ("secret_expiring", event["id"], "warning")
    assert [one["type"] for one in teller.tell(expiry(row("expired", **held)))] == ["secret_expired"]
    (renewed,) = teller.tell(expiry(row("ok", **{**held, "key_id": "k2"})))
    assert (renewed["type"], renewed["id"], renewed["previous_state"]) == ("secret_renewed", event["id"], "expired")
    assert teller.told == {}


def test_another_key_in_the_same_state_is_told() -> None:
    teller = Teller()
    held = {"consumer": "credential a", "kind": "secret"}
    teller.tell(expiry(row("warning", key_id="k1", **held)))
    (event,) = teller.tell(expiry(row("warning", key_id="k2", **held)))
    assert (event["previous_state"], event["key_id"]) == ("warning", "k2")


def test_keys_of_nobody_known_tokens_and_both_ends_of_saml_are_things_of_their_own() -> None:
    provider = {"consumer": "SAML app x", "kind": "identity_provider_certificate", "key_id": "t"}
    rows = [
        row(key_id="k1", app_id="a"),
        row(key_id="k2", app_id="a"),
        row(kind="access_token", consumer="user u", key_id="1"),
        row(kind="access_token", consumer="user u", key_id="2"),
        row(consumer="SAML app x", kind="saml_signing_certificate", key_id="s"),
        row(**provider),
        row(**{**provider, "commcell": "cs02"}),
    ]
    assert len(Teller().tell(expiry(*rows))) == len(rows)


def test_a_key_that_is_gone_is_told_unless_something_could_not_be_read() -> None:
    teller = Teller()
    teller.tell(expiry(row(key_id="k1", name="old")))
    assert teller.types(expiry(failed=["applications"])) == [("check_failed", "applications of Entra ID")]
    assert teller.tell(expiry(row("unknown", key_id="k1", name="old"), failed=["applications"])) == []
    assert teller.types(expiry()) == [("check_recovered", "applications of Entra ID"), ("secret_gone", "old")]


def test_a_list_that_failed_has_not_recovered_when_nothing_at_all_can_be_read() -> None:
    teller = Teller()
    teller.tell(expiry(failed=["applications"]))
    nothing = expiry()
    everything = {"service": "entra", "commcell": None, "what": "everything", "status": "failed", "reason": "timed out"}
    nothing["sources"] = [*nothing["sources"][2:], everything]
    assert teller.types(nothing) == [("check_failed", "everything of Entra ID")]
    assert teller.types(expiry(failed=["applications"])) == [("check_recovered", "everything of Entra ID")]
    assert teller.types(expiry()) == [("check_recovered", "applications of Entra ID")]


def test_a_run_without_a_service_says_nothing_of_its_keys_and_lists() -> None:
    teller = Teller()
    held = {"consumer": "credential a", "key_id": "k1"}
    teller.tell(expiry(row(**held), row(commcell=None, key_id="k2", name="of nobody")))
    of_entra, of_cs01 = (
        {**expiry(), "sources": [one for one in expiry()["sources"] if one["service"] == service]}
        for service in ("entra", "commvault")
    )
    assert teller.types(of_entra) == [("secret_gone", "of nobody")]
    assert teller.types(of_cs01) == [("secret_gone", "credential a")]
    failed = expiry()
    failed["sources"][2]["status"] = "failed"
    assert teller.types(failed) == [("check_failed", "credentials of cs01")]
    assert teller.tell(of_entra) == []
    assert teller.types(of_cs01) == [("check_recovered", "credentials of cs01")]


def test_a_key_that_is_not_known_is_told_though_everything_was_read() -> None:
    assert [event["type"] for event in Teller().tell(expiry(row("unknown", unknown="who uses it")))] == [
        "secret_unknown"
    ]
    assert [event["state"] for event in Teller().tell(expiry(row("a state of next year", key_id="k")))] == ["unknown"]


# -- runs


def test_access_beyond_the_mapping_and_missing_access_appear_and_clear() -> None:
    teller = Teller()
    assert teller.tell(summary()) == []
    told = teller.tell(
        summary(
            hosts={"cs01": {"planned": 1, "status": "planned"}},
            mapping={
                "surplus": [grant("Everyone")],
                "added": [grant("Ops")],
                "unmanaged": [{"user_group": "Old", "grants": 2}],
            },
        )
    )
    assert sorted((event["type"], event.get("drift"), event["subject"]) for event in told) == [
        ("drift_found", "missing", "Ops: Viewers on db1"),
        ("drift_found", "surplus", "Everyone: Viewers on db1"),
        ("drift_found", "unmanaged", "Old"),
        ("site_differs", None, "CommCell cs01"),
    ]
    (found,) = (event for event in told if event.get("drift") == "surplus")
    assert (found["principal"], found["commcell"], found["role"]) == ("Everyone", "cs01", "Viewers")
    assert sorted({event["type"] for event in teller.tell(summary())}) == ["drift_cleared", "site_converged"]
    assert teller.told == {}


def test_a_host_with_problems_says_nothing_of_its_drift() -> None:
    teller = Teller()
    teller.tell(summary(mapping={"surplus": [grant("Everyone")]}))
    problem = summary(hosts={"cs01": {"problems": ["could not be reached"]}}, status="problems")
    (event,) = teller.tell(problem)
    assert (event["type"], event["reason"]) == ("check_failed", "could not be reached")
    assert teller.tell(problem) == []
    assert teller.types(summary()) == [
        ("check_recovered", "CommCell cs01"),
        ("drift_cleared", "Everyone: Viewers on db1"),
    ]


def test_a_run_without_a_host_does_not_say_that_it_could_be_read() -> None:
    teller = Teller()
    teller.tell(summary(hosts={"localhost": {}, "cs01": {"problems": ["could not be reached"]}}))
    assert teller.tell(summary(hosts={"localhost": {}}, role_mappings={})) == []
    assert teller.types(summary()) == [("check_recovered", "CommCell cs01")]


def test_that_one_check_recovers_says_nothing_of_another() -> None:
    failed = source.read_document(
        summary(hosts={"cs01": {"problems": ["could not be reached"]}}, mapping={"surplus": [grant("x")]})
    )
    ids = [
        event["cvops"]["id"] for name in ("site", "nightly run") for event in source.find_events(name, failed, {})[0]
    ]
    assert len(ids) == len(set(ids)) == 2
    drifted = source.read_document(summary(mapping={"surplus": [grant("x")]}))
    assert (
        source.find_events("site", drifted, {})[0][0]["cvops"]["id"]
        == (source.find_events("nightly run", drifted, {})[0][0]["cvops"]["id"])
    )


def test_a_run_of_something_else_clears_nothing() -> None:
    teller = Teller()
    consent = {"status": "pending_consent", "consent_url": "https://login.example/adminconsent"}
    pending = {"registration": {"consent": consent, "application": {"app_id": "a", "display_name": "App"}}}
    assert teller.types(summary(mapping={"surplus": [grant("x")]}, hosts={"cs01": {"planned": 2}}, **pending)) == [
        ("consent_pending", "App"),
        ("drift_found", "x: Viewers on db1"),
        ("site_differs", "CommCell cs01"),
    ]
    assert teller.tell(summary(hosts={"localhost": {}}, role_mappings={})) == []
    pending["registration"]["consent"] = {"status": "granted"}
    told = teller.types(summary(**pending))
    assert [kind for kind, dummy in told] == ["consent_granted", "drift_cleared", "site_converged"]


def test_a_release_that_does_not_tell_the_surplus_is_not_one_without() -> None:
    teller = Teller()
    teller.tell(summary(mapping={"surplus": [grant("x")]}))
    assert [event["type"] for event in teller.tell(summary(mapping={"surplus": "unknown"}))] == ["drift_unknown"]
    assert [event["type"] for event in teller.tell(summary())] == ["drift_cleared", "drift_cleared"]


@pytest.mark.parametrize(
    ("host", "state", "changes"),
    [
        ({"status": "applied", "planned": 3}, None, 0),
        ({"status": "applied", "planned": 3, "left": ["+ a"], "remaining": 2}, "planned", 3),
        ({"status": "failed", "planned": 3, "message": "refused"}, "failed", 0),
        ({"status": "postponed", "planned": 2}, "planned", 2),
    ],
)
def test_what_a_job_leaves_is_told(host: Event, state: str | None, changes: int) -> None:
    events = Teller().tell(summary(check_mode=False, hosts={"cs01": host}))
    assert [(event["state"], event["changes"]) for event in events] == ([(state, changes)] if state else [])


def test_what_a_job_has_taken_away_is_no_drift() -> None:
    taken = {"surplus": [grant("x", removed=True)], "added": [grant("y")]}
    assert Teller().tell(summary(check_mode=False, mapping=taken)) == []
    assert len(Teller().tell(summary(check_mode=True, mapping=taken))) == 2


def test_approvals_and_failed_rotations_are_told() -> None:
    teller = Teller()
    waiting = {"credentials": {"commcells": {"cs01": [{"name": "azure", "pending_approval": True}]}}}
    assert teller.types(summary(check_mode=False, **waiting)) == [("approval_pending", "credential azure")]
    done = {"credentials": {"commcells": {"cs01": [{"name": "azure"}]}}}
    assert teller.tell(summary(**done)) == []
    assert teller.types(summary(check_mode=False, **done)) == [("approval_settled", "credential azure")]
    rotations = {"a": {"status": "failed", "fails": True, "outcome": "slots_full"}}
    rotations["b"] = {"status": "applied", "outcome": "pending_approval"}
    assert [kind for kind, dummy in teller.types({"rotations": rotations})] == ["approval_pending", "rotation_failed"]
    left = {name: {"status": "not_applied", "outcome": "", "fails": False} for name in rotations}
    assert teller.tell({"rotations": left}) == []
    fine = {name: {"status": "unchanged", "outcome": "not_due"} for name in rotations}
    assert [kind for kind, dummy in teller.types({"rotations": fine})] == ["approval_settled", "rotation_recovered"]


@pytest.mark.parametrize(
    "document", [[], "x", {}, {"rows": []}, {"hosts": {}}, {"status": "planned", "hosts": 1}, None]
)
def test_what_no_playbook_writes_is_a_failed_check(document: t.Any) -> None:
    with pytest.raises(source.CheckError):
        source.read_document(document)


def test_more_things_than_it_keeps_are_a_failed_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MOST_THINGS", 5)
    with pytest.raises(source.CheckError, match="are the most"):
        source.read_document(expiry(*[row(key_id=str(number)) for number in range(6)]))


# -- properties

STATES = st.sampled_from(["no_end", "superseded", "ok", "unknown", "warning", "critical", "expired", "missing"])
NAMES = st.sampled_from(["a", "b", "c", "d"])
ROWS = st.lists(
    st.builds(
        lambda name, state, key: row(state, consumer=name, key_id=key) if key else row(state, key_id=name),
        NAMES,
        STATES,
        st.sampled_from(["", "k1", "k2"]),
    ),
    max_size=6,
)
DOCUMENTS = st.builds(lambda rows, failed: expiry(*rows, failed=failed), ROWS, st.sampled_from([[], ["applications"]]))


@given(st.lists(DOCUMENTS, max_size=4), DOCUMENTS)
def test_the_same_state_twice_tells_nothing(earlier: list[Event], document: Event) -> None:
    teller = Teller()
    for one in [*earlier, document]:
        teller.tell(one)
    assert teller.tell(document) == []


@given(st.lists(DOCUMENTS, max_size=3), DOCUMENTS, st.randoms())
def test_the_order_of_what_was_read_never_matters(earlier: list[Event], document: Event, random: t.Any) -> None:
    one, other = Teller(), Teller()
    for before in earlier:
        one.tell(before)
        other.tell(before)
    shuffled = {**document, "rows": list(document["rows"]), "sources": list(document["sources"])}
    random.shuffle(shuffled["rows"])
    random.shuffle(shuffled["sources"])
    assert one.tell(document) == other.tell(shuffled)
    assert one.told == other.told


@given(st.lists(DOCUMENTS, min_size=1, max_size=6))
def test_the_last_event_of_each_thing_is_its_last_state(documents: list[Event]) -> None:
    """Of what was read whole; and what is remembered is what has been told and needs somebody."""
    teller = Teller()
    last: dict[str, str] = {}
    for document in documents:
        for event in teller.tell(document):
            assert event["previous_state"] == (
                last.get(event["id"]) if last.get(event["id"]) not in source.QUIET else None
            )
            last[event["id"]] = event["state"]
    assert {key: entry["state"] for key, entry in teller.told.items()} == {
        key: state for key, state in last.items() if state not in source.QUIET
    }
    whole = {**documents[-1], "sources": expiry()["sources"]}
    for event in teller.tell(whole):
        last[event["id"]] = event["state"]
    gravest: dict[str, t.Any] = {}
    for thing in sorted(source.read_document(whole).things, key=lambda thing: source.GRAVITY.index(thing.state)):
        gravest[thing.id] = thing.state
    needing = {key: state for key, state in gravest.items() if state not in source.QUIET}
    assert {key: state for key, state in last.items() if state not in source.QUIET} == needing


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(row())), JSON_VALUES), st.text(), JSON_VALUES)
def test_texts_of_services_are_data(changes: Event, name: str, odd: t.Any) -> None:
    """Whatever stands in a document: an event is small JSON without templates, hidden characters or new lines."""
    documents = [
        expiry(row(**{**changes, "state": "warning"})),
        summary(mapping={"surplus": [grant(name), odd], "unmanaged": odd}, hosts={name: {"problems": [name]}}),
    ]
    for document in documents:
        for event in Teller().tell(document):
            for value in event.values():
                assert value is None or isinstance(value, (str, int, float))
                if isinstance(value, str):
                    assert len(value) <= 301
                    assert not re.search(r"\{[{%#]|[%#}]\}|#jinja2:", value)
                    assert value.isprintable()


@pytest.mark.parametrize(
    "text", ["{{{ x }}}", "{%x%}", "{#x#}", "#jinja2:variable_start_string:'[%'", "{\u200b{x", "a\x1b[2Jb\u202ec"]
)
def test_no_text_is_a_template_or_steers_a_terminal(text: str) -> None:
    shown = source.clean_text(text)
    assert not re.search(r"\{[{%#]|[%#}]\}|#jinja2:", shown)
    assert shown.isprintable()


# -- what is remembered


def remember(path: pathlib.Path, told: Event | None = None) -> t.Any:
    """Return an open Memory, with *told* written."""

    async def work() -> t.Any:
        memory = source.Memory(path)
        await memory.open()
        if told is not None:
            memory.told = told
            memory.save()
        return memory

    return asyncio.run(work())


TOLD = {"c": {"secret:1": {"kind": "secret", "state": "warning", "mark": "", "scope": "keys", "subject": "s"}}}


def test_what_was_told_is_its_owners_alone_and_is_read_again(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "state.json"
    remember(path, TOLD).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    memory = remember(path)
    assert (memory.told, memory.is_damaged) == (TOLD, False)
    memory.close()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["state.json", "state.json.lock"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"version": 2, "checks": {}}',
        '{"version": 1, "checks": {"c": {"x": {"state": "warning"}}}}',
        "\xff",
        "null",
        "[" * 100000,
    ],
)
def test_a_damaged_file_is_put_aside(tmp_path: pathlib.Path, text: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(text, "latin-1")
    memory = remember(path)
    assert (memory.told, memory.is_damaged) == ({}, True)
    memory.close()
    assert (tmp_path / "state.json.damaged").read_text("latin-1") == text


def test_a_file_that_another_source_has_is_refused(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "LOCK_WAIT", 0.1)
    path = tmp_path / "state.json"
    memory = remember(path)
    with pytest.raises(RuntimeError, match="another source uses"):
        remember(path)
    memory.close()
    remember(path).close()


# -- the source itself

FAKE = """#!{python}
import json, os, sys, time
words = sys.argv[1:]
variables = {{}}
for place, word in enumerate(words):
    if word == "-e":
        variables.update(json.load(open(words[place + 1][1:])))
open({seen!r}, "a").write(json.dumps({{"words": words, "variables": variables, "pid": os.getpid()}}) + "\\n")
{body}
"""


class Place:
    """A folder with a program that stands for ansible-playbook, and a source that uses it."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.state, self.seen = folder / "state.json", folder / "seen.jsonl"

    def set_program(self, body: str) -> None:
        program = self.folder / "ansible-playbook"
        program.write_text(FAKE.format(python=sys.executable, seen=str(self.seen), body=body))
        program.chmod(0o700)

    def write(self, path: str, document: t.Any) -> str:
        """Return the path of a file with JSON."""
        (self.folder / path).write_text(document if isinstance(document, str) else json.dumps(document))
        return str(self.folder / path)

    def calls(self) -> list[Event]:
        return [json.loads(line) for line in self.seen.read_text().splitlines()] if self.seen.exists() else []

    def listen(self, until: t.Callable[[list[Event]], bool], seconds: float = 30, **args: t.Any) -> list[Event]:
        """Run the source until enough events came, or for so many seconds; return what they hold."""
        events: list[Event] = []

        class Queue:
            async def put(self, event: Event) -> None:
                events.append(event["cvops"])

        async def work() -> None:
            given_args = {
                "state_file": str(self.state),
                "ansible_playbook": str(self.folder / "ansible-playbook"),
                **args,
            }
            task = asyncio.create_task(source.main(Queue(), given_args))
            end = time.monotonic() + seconds
            while not task.done() and time.monotonic() < end and not until(events):
                await asyncio.sleep(0.02)
            await asyncio.sleep(0.1)  # to remember what was told
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            if not task.cancelled():
                task.result()

        asyncio.run(work())
        return events


@pytest.fixture
def place(tmp_path: pathlib.Path) -> Place:
    return Place(tmp_path)


def came(number: int) -> t.Callable[[list[Event]], bool]:
    return lambda events: len(events) >= number


WRITE = "open(variables['expiry_file'], 'w').write({document!r})\nsys.exit(2)"


def test_a_playbook_is_run_in_check_mode_and_told_once(place: Place) -> None:
    place.set_program(WRITE.format(document=json.dumps(expiry(row(key_id="k")))))
    (place.folder / "vars.json").write_text(json.dumps({"secret": "~hidden-value", "expiry_file": "/elsewhere"}))
    check = {
        "playbook": "cvops.identity.expiry",
        "interval": 1,
        "variables": {"expiry_warn_below_days": 40},
        "variables_files": [str(place.folder / "vars.json")],
        "inventory": "hosts,",
    }
    events = place.listen(lambda _events: len(place.calls()) >= 3, checks=[check])
    assert [event["type"] for event in events] == ["secret_expiring"]
    assert events[0]["check"] == "cvops.identity.expiry"
    call = place.calls()[0]
    assert call["words"][0] == "--check" and call["words"][-1] == "cvops.identity.expiry"
    assert "hosts," in call["words"]
    assert call["variables"]["expiry_warn_below_days"] == 40
    assert call["variables"]["expiry_file"] != "/elsewhere"
    assert call["variables"]["cvops_notify_url"] is None  # of the document: no webhook is told of each look
    assert "~hidden-value" not in json.dumps(call["words"]) and "40" not in call["words"]
    assert not pathlib.Path(call["variables"]["expiry_file"]).parent.exists()
    before = len(place.calls())
    assert place.listen(lambda _events: len(place.calls()) > before + 1, checks=[check]) == []


def test_a_check_that_fails_is_told_once_and_recovers(place: Place) -> None:
    place.set_program("print('x' * 600000, flush=True)\nprint('the end')\nsys.exit(4)")
    check = {"name": "nightly", "playbook": "cvops.identity.site", "interval": 1}
    events = place.listen(lambda _events: len(place.calls()) >= 3, checks=[check])
    assert [(event["type"], event["subject"]) for event in events] == [("check_failed", "nightly")]
    assert "ended with 4 and told nothing" in events[0]["reason"]
    (log,) = place.folder.glob("state.json.*.log")
    assert log.stat().st_size == source.KEPT_OUTPUT and log.read_text().endswith("the end\n")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    document = json.dumps(summary())
    place.set_program(f"open(variables['cvops_summary_file'], 'w').write({document!r})")
    assert [event["type"] for event in place.listen(came(1), checks=[check])] == ["check_recovered"]


def is_running(pid: int) -> bool:
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_playbook_that_is_two_of_them_is_a_failed_check(place: Place) -> None:
    writes = "".join(
        f"open(variables[{name!r}], 'w').write({json.dumps(document)!r})\n"
        for name, document in (("expiry_file", expiry()), ("cvops_summary_file", summary()))
    )
    place.set_program(writes)
    (event,) = place.listen(came(1), checks=[{"playbook": "both"}])
    assert (event["type"], "a check of its own" in event["reason"]) == ("check_failed", True)


def test_a_playbook_has_time_to_end_though_another_check_waits(place: Place) -> None:
    place.set_program(
        "import signal\n"
        "def end(*_words):\n    time.sleep(0.5)\n    open(__file__ + '.ended', 'w').close()\n    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "open(__file__ + '.began', 'w').close()\ntime.sleep(300)"
    )
    checks = [{"file": place.write("x.json", expiry()), "interval": 100}, {"playbook": "cvops.identity.site"}]
    place.listen(lambda _events: (place.folder / "ansible-playbook.began").exists(), checks=checks)
    assert (place.folder / "ansible-playbook.ended").exists()


STUBBORN = (
    "import signal, subprocess\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)'])\n"
    "open({seen!r}, 'a').write(json.dumps({{'pid': child.pid}}) + chr(10))\ntime.sleep(300)"
)


def test_what_it_has_started_ends_with_it(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "END_WAIT", 0.2)
    place.set_program(STUBBORN.format(seen=str(place.seen)))
    check = {"playbook": "cvops.identity.site"}
    assert place.listen(lambda _events: len(place.calls()) >= 2, checks=[check]) == []
    numbers = [call["pid"] for call in place.calls()]
    assert len(numbers) == 2
    end = time.monotonic() + 10
    while any(map(is_running, numbers)) and time.monotonic() < end:
        time.sleep(0.02)
    assert not any(map(is_running, numbers))


def test_a_playbook_that_does_not_end_is_a_failed_check(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "END_WAIT", 0.2)
    place.set_program(STUBBORN.format(seen=str(place.seen)))
    (event,) = place.listen(came(1), checks=[{"playbook": "cvops.identity.site", "timeout": 0.5}])
    assert (event["type"], "did not end within 0.5 seconds" in event["reason"]) == ("check_failed", True)


def test_a_file_is_read_and_one_that_is_not_written_any_more_is_a_failed_check(place: Place) -> None:
    path = place.write("summary.json", summary(mapping={"surplus": [grant("x")]}))
    check = {"file": path, "interval": 1, "stale_after": 3600}
    assert [event["type"] for event in place.listen(came(1), checks=[check])] == ["drift_found"]
    os.utime(path, (time.time() - 7200,) * 2)
    (event,) = place.listen(came(1), checks=[check])
    assert event["reason"] == "nobody has written the file for 3600 seconds"
    os.utime(path, (time.time() + 7200,) * 2)
    seen = place.listen(lambda _events: False, seconds=0.5, checks=[check])
    assert seen == []  # it has failed still, though its time is not of the past
    place.write("summary.json", summary())
    assert sorted(event["type"] for event in place.listen(came(2), checks=[check])) == [
        "check_recovered",
        "drift_cleared",
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "No such file or directory"),
        ("{", "is no JSON"),
        ("[" * 100000, "is no JSON"),
        ('{"rows": 1}', "is not what one of the playbooks writes"),
        ("9" * 5000, "is no JSON"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_and_is_never_all_clear(place: Place, text: str | None, reason: str) -> None:
    path = place.write("x.json", expiry(row(key_id="k")))
    check = {"file": path, "interval": 1}
    place.listen(came(1), checks=[check])
    if text is None:
        pathlib.Path(path).unlink()
    else:
        place.write("x.json", text)
    events = place.listen(came(1), checks=[check])
    assert [event["type"] for event in events] == ["check_failed"]
    assert reason in events[0]["reason"]
    assert len(json.loads(place.state.read_text())["checks"]["x.json"]) == 2


def test_a_pipe_or_a_huge_file_does_not_stop_it(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(place.folder / "pipe")
    monkeypatch.setattr(source, "LARGEST_DOCUMENT", 100)
    checks = [{"file": str(place.folder / "pipe")}, {"file": place.write("big.json", " " * 200)}]
    events = place.listen(came(2), checks=checks)
    assert sorted(event["reason"].partition(": ")[2] for event in events) == [
        "it has more than 100 bytes",
        "it is no file",
    ]


def test_an_error_that_nobody_expected_is_told_and_does_not_end_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "read_document", lambda _document: 1 / 0)
    path = place.write("x.json", expiry())
    (event,) = place.listen(came(1), checks=[{"file": path, "interval": 1}])
    assert event["reason"] == "an error that nobody expected: ZeroDivisionError"
    monkeypatch.undo()
    assert [event["type"] for event in place.listen(came(1), checks=[{"file": path}])] == ["check_recovered"]


def test_a_damaged_state_file_is_told_and_all_is_told_again(place: Place) -> None:
    check = {"file": place.write("x.json", expiry(row(key_id="k"))), "interval": 1}
    place.listen(came(1), checks=[check])
    place.state.write_text("{")
    events = place.listen(came(3), checks=[check])
    assert [(event["type"], event["check"]) for event in events] == [
        ("check_failed", "state_file"),
        ("check_recovered", "state_file"),
        ("secret_expiring", "x.json"),
    ]


def test_a_state_file_that_cannot_be_written_is_told_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_memory: t.Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(source.Memory, "save", refuse)
    check = {"file": place.write("x.json", expiry(row(key_id="k"))), "interval": 1}
    events = place.listen(lambda _events: False, seconds=2.5, checks=[check])
    assert [event["type"] for event in events] == ["secret_expiring", "check_failed"]
    assert events[1]["reason"].endswith("No space left on device")


def test_what_is_remembered_of_a_check_that_is_gone_is_forgotten(place: Place) -> None:
    old, new = (
        {"name": name, "file": place.write(f"{name}.json", expiry(row(key_id=name)))} for name in ("old", "new")
    )
    place.listen(came(1), checks=[old])
    place.listen(came(1), checks=[new])
    assert list(json.loads(place.state.read_text())["checks"]) == ["new"]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"checks": []}, "checks: a list of at least one check"),
        ({"checks": [{}]}, "checks[0]: needs either playbook or file"),
        ({"checks": [{"file": "a", "playbook": "b"}]}, "needs either playbook or file"),
        ({"checks": [{"file": "a", "intervall": 1}]}, "there is no intervall"),
        ({"checks": [{"file": "a", "interval": "1"}]}, "checks[0].interval: is of another type"),
        ({"checks": [{"file": "a", "interval": float("nan")}]}, "must be a number of seconds"),
        ({"checks": [{"file": "a", "interval": 0}]}, "at least 1 second"),
        ({"checks": [{"file": "a", "variables": {}}]}, "checks[0].variables: is for a playbook"),
        ({"checks": [{"file": "a/x"}, {"file": "b/x"}]}, "x is there more than once"),
        ({"checks": [{"playbook": "--version"}]}, "must be the name of a playbook"),
        ({"checks": [{"file": "a"}], "state": "x"}, "there is no state"),
        ({"checks": [{"file": "a"}], "state_file": ""}, "state_file: a path is needed"),
        ({"checks": [{"file": "a"}], "state_file": "/no/such/folder/x"}, "is no folder; create it"),
        ({"checks": [{"file": "a"}], "state_file": str(ROOT)}, "is no file; name one that the source may write"),
        ({"checks": [{"playbook": "p"}], "ansible_playbook": "/no/such/program"}, "there is no such program"),
    ],
)
def test_wrong_arguments_are_refused_by_name(place: Place, args: Event, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        place.listen(came(1), **args)


# -- what goes with it


def text_of(name: str) -> t.Any:
    return yaml.safe_load(getattr(source, name))


def test_documentation_schema_and_code_know_the_same_arguments() -> None:
    options = text_of("DOCUMENTATION")["options"]
    schema = json.loads((FOLDER / "schemas" / "state_changes.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    assert options.keys() == schema["properties"].keys() == {"checks", "state_file", "ansible_playbook"}
    parts = {name: part["properties"] for name, part in schema["$defs"].items()}
    known = {**parts["playbook_check"], **parts["file_check"]}
    assert options["checks"]["suboptions"].keys() == known.keys() == source._OPTIONS.keys()
    for name, part in [*schema["properties"].items(), *known.items()]:
        assert part["title"] and part["description"], name
    for example in text_of("EXAMPLES"):
        (args,) = example.values()
        jsonschema.validate(args, schema, jsonschema.Draft202012Validator)
        assert len(source.read_checks(args["checks"])) == len(args["checks"])


def test_it_takes_nothing_but_the_standard_library() -> None:
    tree = ast.parse((FOLDER / "state_changes.py").read_text())
    imported = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    names = {alias.name for node in imported if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in imported if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


def test_every_type_of_event_is_in_the_guide() -> None:
    guide = (ROOT / "docs" / "docsite" / "rst" / "guide_events.rst").read_text()
    for types_of_kind in source.TYPES.values():
        for name in types_of_kind.values():
            assert f"``{name}``" in guide, name


def test_the_credential_type_fills_what_it_asks_for() -> None:
    folder = FOLDER / "credential_types" / "state_changes"
    inputs, injectors = (yaml.safe_load((folder / f"{name}.yml").read_text()) for name in ("input", "injectors"))
    fields = {one["id"] for one in inputs["fields"]}
    assert set(inputs["required"]) <= fields
    assert injectors.keys() == {"env"}
    used = set(re.findall(r"\{\{ (\w+)", " ".join(injectors["env"].values())))
    assert used == fields
    secrets = {one["id"] for one in inputs["fields"] if one.get("secret")}
    assert secrets == {"client_secret", "commvault_password"}
