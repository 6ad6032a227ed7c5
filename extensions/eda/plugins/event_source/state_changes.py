# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# pylint: disable=line-too-long
# ruff: noqa: ANN401, COM812, EM101, EM102, TRY003, TRY004
# What documents hold may be anything, and a message stands where it is raised, as in the rest of the collection.
"""An event source: one event whenever something of the access between Commvault and Entra ID has another state than before.

ansible-rulebook loads this file alone, so that it imports nothing but the standard library.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import hashlib
import json
import logging
import os
import pathlib
import re
import shutil
import signal
import stat
import sys
import tempfile
import time
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

DOCUMENTATION = r"""
---
short_description: Events when a secret is about to expire, or access differs from what is declared
description:
  - Runs checks, such as the playbooks C(cvops.identity.expiry) and C(cvops.identity.site) in check mode, or reads the files that jobs
    write, and emits one event for each change of a state. The guide "Events" lists all events.
  - What has been told is kept in a file, so that a restart tells nothing again.
  - A check that cannot be made is an event, and never ends the source.
options:
  checks:
    description:
      - What is looked at. Each has O(checks[].playbook), which is run, or O(checks[].file), which something else writes.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Names the check in events and in what is remembered. The name of the playbook or of the file when left out.
        type: str
      playbook:
        description:
          - A playbook that is run in check mode, so that it changes nothing. One of C(cvops.identity.expiry), C(cvops.identity.site),
            C(cvops.identity.converge_role_mappings) and C(cvops.identity.rotate_secrets), or one that imports them.
        type: str
      file:
        description:
          - JSON that C(expiry_file) or C(cvops_summary_file) of one of these playbooks names.
        type: path
      variables:
        description:
          - Extra variables of the playbook. No secrets, since controllers show rulebooks; these belong into
            O(checks[].variables_files) or the environment.
        type: dict
        default: {}
      variables_files:
        description:
          - Files with extra variables, of which later ones win, and O(checks[].variables) over all.
        type: list
        elements: path
        default: []
      inventory:
        description:
          - An inventory. That of Ansible's settings when left out.
        type: path
      interval:
        description:
          - Seconds from one look to the next. 3600 for a playbook and 60 for a file when left out.
        type: float
      timeout:
        description:
          - Seconds after which a playbook is ended, and the check has failed.
        type: float
        default: 1800
      stale_after:
        description:
          - Seconds after which a file that nobody has written anew is a check that has failed. 0 is never.
        type: float
        default: 90000
  state_file:
    description:
      - Where what has been told is kept, with mode 0600. Its folder has to exist. Each source needs a file of its own.
    type: path
    required: true
  ansible_playbook:
    description:
      - The program that runs playbooks. That of the same environment as ansible-rulebook when left out, else the first on the path.
    type: path
"""

EXAMPLES = r"""
- cvops.identity.state_changes:
    state_file: /var/lib/cvops/events.json
    checks:
      - playbook: cvops.identity.expiry
        interval: 21600
        variables_files: [/etc/cvops/access.yml]
        variables:
          expiry_warn_below_days: 21
      - playbook: cvops.identity.site
        variables_files: [/etc/cvops/access.yml]

- cvops.identity.state_changes:
    state_file: /var/lib/cvops/events.json
    checks:
      - name: nightly run
        file: /srv/jobs/summary.json
"""

LOGGER = logging.getLogger(__name__)

Document = Mapping[str, Any]

#: Bytes of a document that is read, things in it, and characters of a text in an event.
LARGEST_DOCUMENT = 64 * 1024 * 1024
MOST_THINGS = 20_000
LONGEST_TEXT = 300
#: Bytes of the end of a playbook's output that are kept.
KEPT_OUTPUT = 256 * 1024
#: Seconds: before a failed check is tried again, at first; for a lock that another source lets go; for a playbook to end when told to.
FIRST_RETRY = 60.0
LOCK_WAIT = 30.0
END_WAIT = 10.0
_PIPE_WAIT = 5.0

#: States that need nobody. What is not remembered is in one of them, or was never seen.
QUIET = ("ok", "no_end", "superseded", "none", "gone", "granted")
UNKNOWN, FAILED, GONE = "unknown", "failed", "gone"
#: From what needs nobody to what is broken: where one thing is told twice, the graver one counts.
GRAVITY = (*QUIET, UNKNOWN, "warning", "planned", "pending", "drifted", "critical", "expired", "missing", FAILED)
#: Types of events by kind of thing and state; None is for every other state.
TYPES: Mapping[str, Mapping[str | None, str]] = {
    "secret": {
        "warning": "secret_expiring",
        "critical": "secret_expiring",
        "expired": "secret_expired",
        "missing": "secret_missing",
        UNKNOWN: "secret_unknown",
        GONE: "secret_gone",
        None: "secret_renewed",
    },
    "drift": {"drifted": "drift_found", UNKNOWN: "drift_unknown", None: "drift_cleared"},
    "site": {"planned": "site_differs", FAILED: "site_differs", None: "site_converged"},
    "consent": {"pending": "consent_pending", None: "consent_granted"},
    "approval": {"pending": "approval_pending", None: "approval_settled"},
    "rotation": {FAILED: "rotation_failed", None: "rotation_recovered"},
    "check": {FAILED: "check_failed", None: "check_recovered"},
}
#: States of what is not there any more.
_ABSENT = {"secret": GONE, "drift": "none", "consent": "granted"}
#: Keys of expiry_info's rows that an event carries.
ROW_FACTS = (
    "consumer",
    "consumer_kind",
    "application",
    "app_id",
    "object_id",
    "key_id",
    "thumbprint",
    "name",
    "expires",
)
#: And of grants, or of groups.
GRANT_FACTS = ("principal_kind", "role", "entity_type", "entity", "company")
_TOKEN, _PROVIDER = "access_token", "identity_provider_certificate"
#: In place of all lists of a service of which nothing could be read.
_EVERYTHING = "everything"
_SPLIT_MARKS = re.compile(r"(\{)(?=[{%#])|([}%#])(?=\})|(#jinja2)(?=:)")
#: Blanks that are letters by category.
_BLANK_LETTERS = "\u115f\u1160\u3164\uffa0"
_LAST_SHORT = 0xFFFF
#: Numbers up to here are the same for every program that reads them.
_LARGEST_NUMBER = 2**53
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


class CheckError(Exception):
    """A check that could not be made. The message says why, without anything that a service or a program wrote."""


# -- what events say


def clean_text(value: Any, longest: int = LONGEST_TEXT) -> str:
    """Return a text of a service so that nothing in it is hidden, steers a terminal or is a template, cut at *longest* characters.

    An event goes into conditions, extra variables and playbooks, where Ansible would evaluate what looks like a template.
    """
    text = value if isinstance(value, str) else str(value)
    shown = "".join(_show_character(character) for character in " ".join(text[: 4 * longest].split())[:longest])
    shown = _SPLIT_MARKS.sub(lambda found: f"{found[0]} ", shown)
    return shown if len(text) <= longest and len(shown) <= 2 * longest else f"{shown[:longest]}…"


def _show_character(character: str) -> str:
    if character in _BLANK_LETTERS or unicodedata.category(character) in _HIDDEN:
        code = ord(character)
        return f"\\u{code:04x}" if code <= _LAST_SHORT else f"\\U{code:08x}"
    return character


def clean_value(value: Any) -> Any:
    """Return a value as an event carries it: numbers, truth values and None as they are, everything else as a clean text."""
    is_number = isinstance(value, (int, float)) and -_LARGEST_NUMBER <= value <= _LARGEST_NUMBER
    return value if value is None or is_number else clean_text(value)


def make_id(kind: str, *parts: Any) -> str:
    """Return the id of a thing: the same for the same parts, whatever is in them."""
    text = json.dumps([None if part is None else str(part) for part in parts])
    return f"{kind}:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:24]}"


@dataclass(frozen=True)
class Thing:
    """Something that has a state. ``scope``: what has to be read before its absence says something.

    ``mark``: where it differs, the same state is told again, such as the id of another key. ``facts``: what else an event says.
    """

    id: str
    kind: str
    state: str
    subject: str
    scope: str = ""
    mark: str = ""
    facts: Document = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """What a document says. ``read``: the scopes of which it says everything, so that what it does not name is not there."""

    things: tuple[Thing, ...]
    read: frozenset[str] = frozenset()
    checked_at: str | None = None


def find_events(
    check: str, found: Found, told: Mapping[str, Mapping[str, str]]
) -> tuple[list[dict[str, Any]], dict[str, dict[str, str]]]:
    """Return the events of a check, sorted by their ids, and what is told afterwards, by id. Pure.

    *told*: what was told before, by id: ``kind``, ``state``, ``mark``, ``scope`` and ``subject`` of what needs somebody.
    """
    things: dict[str, Thing | None] = {}
    for named in sorted(found.things, key=_get_order):
        # Two checks may fail at the same host: that one of them recovers says nothing about the other.
        key = make_id("check", check, named.id) if named.kind == "check" else named.id
        things[key] = replace(named, id=key)
    events, after = [], {}
    for key in sorted({*things, *told}):
        before, thing = told.get(key, {}), things.get(key)
        if thing is None:
            if before["scope"] not in found.read:
                after[key] = dict(before)  # that it is not named says nothing
                continue
            state = _ABSENT.get(before["kind"], "ok")
            thing = Thing(key, before["kind"], state, before["subject"], before["scope"])
        is_quiet = thing.state in QUIET
        previous = before.get("state")
        if bool(before) if is_quiet else (previous, before.get("mark")) != (thing.state, thing.mark):
            events.append(build_event(check, thing, previous, found.checked_at))
        if not is_quiet:
            after[key] = {
                "kind": thing.kind,
                "state": thing.state,
                "mark": thing.mark,
                "scope": thing.scope,
                "subject": clean_text(thing.subject),
            }
    return events, after


def _get_order(thing: Thing) -> tuple[int, str]:
    gravity = GRAVITY.index(thing.state) if thing.state in GRAVITY else len(GRAVITY)
    return gravity, repr((thing.mark, thing.scope, thing.subject, sorted(thing.facts.items())))


def build_event(check: str, thing: Thing, previous: str | None, checked_at: str | None = None) -> dict[str, Any]:
    """Return an event: all that it says is below ``cvops``, every text in it clean."""
    types = TYPES[thing.kind]
    return {
        "cvops": {
            **{clean_text(name): clean_value(value) for name, value in thing.facts.items()},
            "type": types.get(thing.state, types[None]),
            "id": thing.id,
            "kind": thing.kind,
            "state": thing.state,
            "previous_state": previous,
            "subject": clean_text(thing.subject),
            "check": clean_text(check),
            "checked_at": clean_value(checked_at),
        },
    }


# -- what documents say


def read_document(document: Any) -> Found:
    """Return what the JSON of one of the playbooks says. Raises CheckError for anything else."""
    document = unmark(document)
    if not isinstance(document, Mapping):
        raise CheckError("the file is not what one of the playbooks writes")
    if isinstance(document.get("rows"), list) and isinstance(document.get("sources"), list):
        found = _read_expiry(document)
    elif isinstance(document.get("rotations"), (Mapping, list)):
        found = Found(tuple(_list_rotations(document["rotations"])))
    elif isinstance(document.get("hosts"), (Mapping, list)) and isinstance(document.get("status"), str):
        found = _read_summary(document)
    else:
        raise CheckError("the file is not what one of the playbooks writes")
    if len(found.things) > MOST_THINGS:
        raise CheckError(f"there are {len(found.things)} things in it, and {MOST_THINGS} are the most")
    return found


def unmark(value: Any) -> Any:
    """Return data without the marks that keep Ansible from evaluating texts when it reads the file."""
    if isinstance(value, list):
        return [unmark(item) for item in value]
    if isinstance(value, dict):
        if value.keys() == {"__ansible_unsafe"}:
            return value["__ansible_unsafe"]
        return {key: unmark(item) for key, item in value.items()}
    return value


def _list_mappings(value: Any) -> list[Document]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _require_mapping(value: Any) -> Document:
    return value if isinstance(value, Mapping) else {}


def _list_named(value: Any) -> list[tuple[str, Any]]:
    """Return names and values of a mapping, also where it became a list of keys and values, as one with odd names does."""
    if isinstance(value, Mapping):
        return [(str(name), item) for name, item in value.items()]
    return [(str(item.get("key")), item.get("value")) for item in _list_mappings(value)]


def _read_expiry(document: Document) -> Found:
    """Return the keys of expiry_info, and the sources that could not be read.

    While one of them could not, a key that is not there, or of which nothing is known, stays as it was: the source is what is told. So
    does what is of a service that the run was not about; and a list of a service of which nothing could be read.
    """
    sources, is_partial = [], False
    read: set[str] = set()
    unread: set[str] = set()
    for source in _list_mappings(document["sources"]):
        has_failed = source.get("status") == FAILED
        is_partial = is_partial or has_failed
        commcell, what = source.get("commcell"), source.get("what")
        scope = f"sources/{commcell or ''}"
        (unread if has_failed and what == _EVERYTHING else read).add(scope)
        subject = f"{str(what).replace('_', ' ')} of {commcell or 'Entra ID'}"
        facts = {"commcell": commcell, "reason": source.get("reason")}
        parts = ("source", source.get("service"), commcell, what)
        sources.append(_make_check(FAILED if has_failed else "ok", subject, facts, *parts, scope=scope))
    keys = [_make_secret(row) for row in _list_mappings(document["rows"])]
    read -= unread
    if is_partial:
        keys = [thing for thing in keys if thing.state != UNKNOWN]
    else:
        read |= {scope.replace("sources/", "keys/", 1) for scope in read}
    checked_at = document.get("checked_at")
    return Found((*sources, *keys), frozenset(read), checked_at if isinstance(checked_at, str) else None)


def _make_check(state: str, subject: str, facts: Document, *parts: Any, scope: str = "") -> Thing:
    """Return whether a part of a check could be made. Without a *scope*, that it is not named never says that it could."""
    return Thing(make_id("check", *parts), "check", state, subject, scope, facts=facts)


def _make_secret(row: Document) -> Thing:
    """Return a key, or what a consumer holds: that is the same thing when its key is renewed."""
    kind, commcell, consumer = row.get("kind"), row.get("commcell"), row.get("consumer")
    if consumer is not None and kind != _TOKEN:
        parts: tuple[Any, ...] = ("consumer", commcell, consumer, kind == _PROVIDER)
    else:
        parts = ("key", commcell, kind, row.get("app_id"), row.get("object_id"), row.get("key_id") or row.get("name"))
    subject = str(consumer or row.get("name") or row.get("key_id") or row.get("application") or "a key")
    state = str(row.get("state"))
    facts = {
        "commcell": commcell,
        "key_kind": kind,
        "days_left": row.get("days_left"),
        "reason": row.get("unknown"),
        **{name: row.get(name) for name in ROW_FACTS},
    }
    state = state if state in TYPES["secret"] or state in QUIET else UNKNOWN
    return Thing(
        make_id("secret", *parts),
        "secret",
        state,
        subject,
        f"keys/{commcell or ''}",
        str(row.get("key_id") or ""),
        facts,
    )


def _read_summary(document: Document) -> Found:
    """Return what came of a run of site or converge_role_mappings: hosts that differ, access beyond the mapping, consent and approvals.

    Nothing is known of a host with problems, and of what the run was not about.
    """
    is_check = document.get("check_mode") is not False
    things: list[Thing] = []
    read: set[str] = set()
    unread = set()
    for host, told in _list_named(document["hosts"]):
        came = _require_mapping(told)
        problems = came.get("problems")
        subject = "Entra ID" if host == "localhost" else f"CommCell {host}"
        facts = {"commcell": None if host == "localhost" else host}
        if problems:
            unread.add(host)
            facts["reason"] = "; ".join(map(str, problems)) if isinstance(problems, list) else str(problems)
        else:
            things.append(_make_site(host, came, subject, facts, is_check=is_check))
        things.append(_make_check(FAILED if problems else "ok", subject, facts, "host", host))
    for commcell, noun in _list_mapped(document):
        if commcell not in unread:
            scopes, drift = _read_drift(commcell, noun, is_check=is_check)
            read |= scopes
            things += drift
    if not is_check:
        read |= {f"approval/{commcell}" for commcell, rows in _list_credentials(document) if commcell not in unread}
    things += [*_list_consents(document), *_list_approvals(document)]
    return Found(tuple(things), frozenset(read))


def _make_site(host: str, came: Document, subject: str, facts: Document, *, is_check: bool) -> Thing:
    """Return whether a host is as declared."""
    counts = {name: came[name] if isinstance(came.get(name), int) else 0 for name in ("planned", "remaining", "held")}
    left = came["left"] if isinstance(came.get("left"), list) else []
    status = came.get("status")
    changes = len(left) + counts["remaining"] + counts["held"]
    if is_check or status in ("not_applied", "postponed", "refused"):
        changes = counts["planned"]
    state = FAILED if status in (FAILED, "plan_changed") else "planned" if changes else "ok"
    facts = {**facts, "changes": changes, "reason": came.get("message") or None}
    return Thing(make_id("site", host), "site", state, subject, f"site/{host}", str(changes), facts)


def _list_mapped(document: Document) -> Iterator[tuple[str, Document]]:
    """Yield the CommCells whose mapping the run was about, and what came of it."""
    for commcell, told in _list_named(_require_mapping(document.get("role_mappings")).get("commcells")):
        noun = _require_mapping(told).get("mappings")
        if isinstance(noun, Mapping):
            yield commcell, noun


def _read_drift(commcell: str, noun: Document, *, is_check: bool) -> tuple[set[str], list[Thing]]:
    """Return the scopes that are known, and what differs from the mapping."""
    read: set[str] = set()
    things: list[Thing] = []
    names = {"surplus": "surplus", "unmanaged": "unmanaged", **({"added": "missing"} if is_check else {})}
    for name, drift in names.items():
        rows = noun.get(name)
        if isinstance(rows, list):
            read.add(f"drift/{drift}/{commcell}")
            things += _list_drift(commcell, rows, drift, is_check=is_check)
        elif rows is not None:
            things.append(_make_unknown_drift(commcell, drift))
    return read, things


def _list_drift(commcell: str, rows: list[Any], drift: str, *, is_check: bool) -> Iterator[Thing]:
    """Yield the grants, or groups, of a CommCell that differ; not those that the run has taken away."""
    for row in _list_mappings(rows):
        if row.get("removed") and not is_check:
            continue
        name = str(row.get("principal") or row.get("user_group") or row.get("name") or "")
        subject = f"{name}: {row['role']} on {row.get('entity')}" if row.get("role") else name
        facts = {
            "commcell": commcell,
            "drift": drift,
            **{part: row.get(part) for part in GRANT_FACTS},
            "principal": name,
        }
        parts = (commcell, drift, name, *(row.get(part) for part in GRANT_FACTS))
        yield Thing(make_id("drift", *parts), "drift", "drifted", subject, f"drift/{drift}/{commcell}", facts=facts)


def _make_unknown_drift(commcell: str, drift: str) -> Thing:
    """Return that a CommCell does not tell what differs, as old releases do not."""
    facts = {"commcell": commcell, "drift": drift}
    subject = f"{drift} access on CommCell {commcell}"
    return Thing(make_id("drift", commcell, drift), "drift", UNKNOWN, subject, f"drift/{drift}/{commcell}", facts=facts)


def _list_consents(document: Document) -> Iterator[Thing]:
    """Yield whether the application has the consent that it needs, where the run says so."""
    registration = _require_mapping(document.get("registration"))
    consent = _require_mapping(registration.get("consent"))
    state = {"pending_consent": "pending", "granted": "granted"}.get(str(consent.get("status")))
    if state is not None:
        application = _require_mapping(registration.get("application"))
        subject = str(application.get("display_name") or application.get("app_id") or "the application")
        facts = {"app_id": application.get("app_id"), "consent_url": consent.get("consent_url")}
        yield Thing(make_id("consent", application.get("app_id")), "consent", state, subject, "consent", facts=facts)


def _list_credentials(document: Document) -> list[tuple[str, Any]]:
    return _list_named(_require_mapping(document.get("credentials")).get("commcells"))


def _list_approvals(document: Document) -> Iterator[Thing]:
    """Yield the credentials that wait for somebody's approval on a CommCell."""
    for commcell, rows in _list_credentials(document):
        for row in _list_mappings(rows):
            if row.get("pending_approval"):
                name = f"credential {row.get('name')}"
                key = make_id("approval", commcell, name)
                yield Thing(key, "approval", "pending", name, f"approval/{commcell}", facts={"commcell": commcell})


def _list_rotations(rotations: Any) -> Iterator[Thing]:
    """Yield whether rotations have failed, or wait for an approval; nothing of one that was not begun."""
    for label, told in _list_named(rotations):
        came = _require_mapping(told)
        if came.get("status") in ("refused", "not_applied"):
            continue
        has_failed = bool(came.get("fails")) or came.get("status") in (FAILED, "problems", "plan_changed")
        facts = {"outcome": came.get("outcome") or None, "reason": came.get("message") or None}
        scope = f"rotation/{label}"
        yield Thing(make_id("rotation", label), "rotation", FAILED if has_failed else "ok", label, scope, facts=facts)
        if came.get("outcome"):
            state = "pending" if came["outcome"] == "pending_approval" else "ok"
            key = make_id("approval", "rotation", label)
            yield Thing(key, "approval", state, f"rotation {label}", scope, facts=facts)


# -- what is told


class Memory:
    """What was told and not cleared, by check, in a file of the source's own."""

    def __init__(self, path: pathlib.Path) -> None:
        """Keep *path*; nothing is read."""
        self._path = path
        self._lock = -1
        self.told: dict[str, dict[str, dict[str, str]]] = {}
        self.is_damaged = False

    async def open(self) -> None:
        """Take the file, and read it. Raises RuntimeError where another source has it, OSError where it may not be used."""
        self._lock = os.open(f"{self._path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        until = time.monotonic() + LOCK_WAIT
        while True:
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    msg = f"state_file: another source uses {self._path}; each needs a file of its own"
                    raise RuntimeError(msg) from None
                await asyncio.sleep(0.5)
        try:
            self.told = _read_told(self._path)
        except FileNotFoundError:
            self.told = {}
        except (ValueError, RecursionError):
            self.is_damaged = True
            self._path.replace(f"{self._path}.damaged")

    def save(self) -> None:
        """Write what is told, under another name first. Raises OSError."""
        text = json.dumps({"version": 1, "checks": self.told}, sort_keys=True)
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            pathlib.Path(name).replace(self._path)
        except BaseException:
            with contextlib.suppress(OSError):
                pathlib.Path(name).unlink()
            raise

    def close(self) -> None:
        """Let another source have the file."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def _read_told(path: pathlib.Path) -> dict[str, dict[str, dict[str, str]]]:
    """Return what a file of Memory says. Raises ValueError for anything else."""
    document = json.loads(read_text(path))
    checks = document.get("checks") if isinstance(document, dict) and document.get("version") == 1 else None
    names = ("kind", "state", "mark", "scope", "subject")
    if not isinstance(checks, dict) or not all(isinstance(entries, dict) for entries in checks.values()):
        raise ValueError("not what this source writes")
    for entries in checks.values():
        for entry in entries.values():
            if not isinstance(entry, dict) or not all(isinstance(entry.get(name), str) for name in names):
                raise ValueError("not what this source writes")
            if entry["kind"] not in TYPES:
                raise ValueError("not what this source writes")
    return checks


def read_text(path: pathlib.Path) -> str:
    """Return the text of a regular file of at most LARGEST_DOCUMENT bytes. Raises OSError, and ValueError for anything else."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise ValueError("it is no file")
        text = stream.read(LARGEST_DOCUMENT + 1)
    if len(text) > LARGEST_DOCUMENT:
        raise ValueError(f"it has more than {LARGEST_DOCUMENT} bytes")
    return text.decode("utf-8")


# -- checks


@dataclass(frozen=True)
class Check:
    """One entry of ``checks``, judged."""

    name: str
    playbook: str
    file: str
    variables: Document
    variables_files: tuple[str, ...]
    inventory: str
    interval: float
    timeout: float
    stale_after: float


def read_checks(value: Any) -> list[Check]:
    """Return the entries of ``checks``. Raises ValueError that names what is wrong."""
    if not isinstance(value, list) or not value:
        raise ValueError("checks: a list of at least one check is needed")
    checks = [_read_check(f"checks[{place}]", entry) for place, entry in enumerate(value)]
    names = [check.name for check in checks]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"checks: {', '.join(twice)} is there more than once: give each a name")
    return checks


_OPTIONS: Mapping[str, type | tuple[type, ...]] = {
    "name": str,
    "playbook": str,
    "file": str,
    "variables": dict,
    "variables_files": list,
    "inventory": str,
    "interval": (int, float),
    "timeout": (int, float),
    "stale_after": (int, float),
}


def _make_absolute(path: str) -> pathlib.Path:
    return pathlib.Path.cwd() / pathlib.Path(path).expanduser()


def _read_check(place: str, entry: Any) -> Check:
    given = _read_options(place, entry)
    playbook, file = given.get("playbook", ""), given.get("file", "")
    if bool(playbook) == bool(file):
        raise ValueError(f"{place}: needs either playbook or file")
    if playbook.startswith("-") or "\0" in playbook:
        raise ValueError(f"{place}.playbook: must be the name of a playbook")
    useless = [name for name in ("variables", "variables_files", "inventory", "timeout") if file and name in given]
    if useless:
        raise ValueError(f"{place}.{useless[0]}: is for a playbook, and this check reads a file")
    files = given.get("variables_files", [])
    if not all(isinstance(name, str) for name in files):
        raise ValueError(f"{place}.variables_files: must be a list of paths")
    interval = float(given.get("interval", 60 if file else 3600))
    if interval < 1:
        raise ValueError(f"{place}.interval: must be at least 1 second")
    return Check(
        clean_text(given.get("name") or playbook or pathlib.PurePath(file).name),
        playbook,
        str(pathlib.Path(file).expanduser()) if file else "",
        given.get("variables", {}),
        tuple(str(_make_absolute(name)) for name in files),
        given.get("inventory", ""),
        interval,
        float(given.get("timeout", 1800)),
        float(given.get("stale_after", 90000)),
    )


def _read_options(place: str, entry: Any) -> dict[str, Any]:
    """Return what is given of a check, each of its type. Raises ValueError."""
    if not isinstance(entry, dict):
        raise ValueError(f"{place}: must be a mapping")
    given = {name: value for name, value in entry.items() if value is not None}
    for name, value in given.items():
        if name not in _OPTIONS:
            raise ValueError(f"{place}: there is no {name}; there are {', '.join(_OPTIONS)}")
        if not isinstance(value, _OPTIONS[name]) or isinstance(value, bool):
            raise ValueError(f"{place}.{name}: is of another type than it must be")
        if isinstance(value, (int, float)) and not 0 <= value < float("inf"):
            raise ValueError(f"{place}.{name}: must be a number of seconds")
    return given


def read_file(check: Check, now: float) -> Found:
    """Return what the file of a check says. Raises CheckError."""
    path = pathlib.Path(check.file)
    try:
        age = now - path.stat().st_mtime
        text = read_text(path)
    except OSError as exc:
        raise CheckError(f"the file cannot be read: {os.strerror(exc.errno or errno.EIO)}") from None
    except ValueError as exc:
        raise CheckError(f"the file cannot be read: {_say(exc)}") from None
    if check.stale_after and age > check.stale_after:
        raise CheckError(f"nobody has written the file for {check.stale_after:g} seconds")
    if check.stale_after and age < -check.stale_after:  # it would not be stale for as long
        raise CheckError("by its time the file will be written in the future: one of the clocks is wrong")
    return read_document(parse(text))


def _say(exc: ValueError) -> str:
    return "it is no UTF-8" if isinstance(exc, UnicodeDecodeError) else str(exc)


def parse(text: str) -> Any:
    """Return the value of a JSON text. Raises CheckError."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise CheckError("the file is no JSON") from None


def find_program(given: str) -> str:
    """Return the path of ansible-playbook. Raises ValueError."""
    beside = pathlib.Path(sys.executable).with_name("ansible-playbook")
    found = shutil.which(given) if given else str(beside) if beside.exists() else shutil.which("ansible-playbook")
    if not found:
        raise ValueError("ansible_playbook: there is no such program")
    return found


async def run_playbook(check: Check, program: str, log: pathlib.Path) -> Found:
    """Run the playbook of a check, and return what it found; its output, but for the beginning of a long one, is in *log*.

    Raises CheckError. The program is ended, with all that it has started, when the task is cancelled.
    """
    with tempfile.TemporaryDirectory(prefix="cvops-events-") as folder:
        results = {name: pathlib.Path(folder, f"{name}.json") for name in ("expiry_file", "cvops_summary_file")}
        own = pathlib.Path(folder, "variables.json")
        # A look is no run to tell a webhook of, unless the check itself says so.
        variables = {"cvops_notify_url": None, **check.variables, **{name: str(path) for name, path in results.items()}}
        await asyncio.to_thread(own.write_text, json.dumps(variables), "utf-8")  # the folder is its owner's alone
        words = [program, "--check"]
        for name in (*check.variables_files, str(own)):
            words += ["-e", f"@{name}"]
        words += ["-i", check.inventory] if check.inventory else []
        status = await _run([*words, check.playbook], check.timeout, log)
        found = [await asyncio.to_thread(_read_result, path) for path in results.values()]
    told = [one for one in found if one is not None]
    if not told:
        raise CheckError(f"the playbook ended with {status} and told nothing; what it wrote is in {log}")
    if len(told) > 1:  # a run that ends between them would be taken for a whole one
        raise CheckError("it is expiry and another one in one playbook; make each of them a check of its own")
    return told[0]


def _read_result(path: pathlib.Path) -> Found | None:
    """Return what the file of a playbook says, None where there is none. Raises CheckError."""
    try:
        text = read_text(path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        raise CheckError("what the playbook has found cannot be read") from None
    return read_document(parse(text))


async def _run(words: list[str], limit: float, log: pathlib.Path) -> int:
    """Run a program in a process group of its own; return its status. Raises CheckError where it did not end in time."""
    try:
        process = await asyncio.create_subprocess_exec(
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as exc:
        raise CheckError(f"ansible-playbook cannot be started: {os.strerror(exc.errno or errno.EIO)}") from None
    reader = asyncio.create_task(_keep_output(process.stdout, log))
    try:
        return await asyncio.wait_for(process.wait(), limit or None)
    except asyncio.TimeoutError:  # noqa: UP041 - another one before Python 3.11
        raise CheckError(f"the playbook did not end within {limit:g} seconds; what it wrote is in {log}") from None
    finally:
        if process.returncode is None:
            await _end(process)
        # what the program has started may hold the pipe
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(reader, _PIPE_WAIT)


async def _end(process: asyncio.subprocess.Process) -> None:
    """End a program, and all that it has started: it has the number of its own process group."""
    try:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(process.wait(), END_WAIT)
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


async def _keep_output(stream: asyncio.StreamReader | None, log: pathlib.Path) -> None:
    kept = b""
    try:
        while stream is not None and (part := await stream.read(65536)):
            kept = (kept + part)[-KEPT_OUTPUT:]
    finally:
        with contextlib.suppress(OSError):
            handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(handle, "wb") as target:
                os.fchmod(target.fileno(), 0o600)
                target.write(kept)


# -- the source


class Source:
    """Makes all checks again and again, and puts what has changed into the queue."""

    def __init__(self, queue: Any, args: Document) -> None:
        """Judge *args*. Raises ValueError that names what is wrong."""
        unknown = sorted(set(args) - {"checks", "state_file", "ansible_playbook", "eda_feedback_queue"})
        if unknown:
            raise ValueError(f"there is no {unknown[0]}; there are checks, state_file, ansible_playbook")
        self._queue = queue
        self.checks = read_checks(args.get("checks"))
        path = args.get("state_file")
        if not isinstance(path, str) or not path:
            raise ValueError("state_file: a path is needed")
        self._path = _make_absolute(path)
        if not self._path.parent.is_dir():
            raise ValueError(f"state_file: {self._path.parent} is no folder; create it")
        if self._path.exists() and not self._path.is_file():
            raise ValueError(f"state_file: {self._path} is no file; name one that the source may write")
        runs = any(check.playbook for check in self.checks)
        self._program = find_program(str(args.get("ansible_playbook") or "")) if runs else ""
        self._memory = Memory(self._path)
        self._running = asyncio.Lock()
        self._is_unsaved = False

    async def run(self) -> None:
        """Make the checks until the task is cancelled. Raises where the state file cannot be used."""
        tasks: list[asyncio.Task[None]] = []
        try:
            await self._memory.open()
            if self._memory.is_damaged:
                reason = "what has been told before cannot be read, so that all of it is told again"
                await self._queue.put(_build_own_event("ok", FAILED, reason))
                await self._queue.put(_build_own_event(FAILED, "ok", None))
            names = {check.name for check in self.checks}
            self._memory.told = {name: told for name, told in self._memory.told.items() if name in names}
            tasks = [asyncio.create_task(self._repeat(check)) for check in self.checks]
            await asyncio.gather(*tasks)
        except asyncio.CancelledError:
            # gather does not wait for the others once the first of them is cancelled, and one of them may be ending a playbook
            await asyncio.gather(*tasks, return_exceptions=True)
            raise
        finally:
            self._memory.close()

    async def _repeat(self, check: Check) -> None:
        failures = 0
        while True:
            try:
                is_made = await self._look(check)
            except Exception:  # pylint: disable=broad-exception-caught  # the source must not end
                LOGGER.exception("cvops.identity.state_changes: %s", check.name)
                is_made = False
            failures = 0 if is_made else failures + 1
            retry = FIRST_RETRY * 2 ** min(failures - 1, 10) if failures else check.interval
            await asyncio.sleep(min(retry, check.interval))

    async def _look(self, check: Check) -> bool:
        """Make a check once, and tell what has changed; return whether it could be made."""
        told = self._memory.told.get(check.name, {})
        reason = None
        try:
            found = await self._make(check)
            whole = _make_check("ok", check.name, {}, "whole", check.name)
            events, after = find_events(check.name, replace(found, things=(*found.things, whole)), told)
        except CheckError as exc:
            reason = str(exc)
        except Exception as exc:  # pylint: disable=broad-exception-caught  # the check has not been made
            LOGGER.exception("cvops.identity.state_changes: %s", check.name)
            reason = f"an error that nobody expected: {type(exc).__name__}"
        if reason is not None:
            whole = _make_check(FAILED, check.name, {"reason": reason}, "whole", check.name)
            events, after = find_events(check.name, Found((whole,)), told)  # of all else nothing is known
        await self._tell(check.name, events, after)
        return reason is None

    async def _make(self, check: Check) -> Found:
        if check.file:
            return await asyncio.to_thread(read_file, check, time.time())
        log = self._path.with_name(f"{self._path.name}.{hashlib.sha256(check.name.encode()).hexdigest()[:8]}.log")
        async with self._running:
            return await run_playbook(check, self._program, log)

    async def _tell(self, name: str, events: list[dict[str, Any]], after: dict[str, dict[str, str]]) -> None:
        """Put the events into the queue, then remember them: what is cut off in between is told again, and nothing is lost."""
        for event in events:
            await self._queue.put(event)
        if not events and self._memory.told.get(name, {}) == after and not self._is_unsaved:
            return
        self._memory.told[name] = after
        reason = None
        try:
            await asyncio.to_thread(self._memory.save)
        except OSError as exc:
            reason = f"what has been told cannot be written: {os.strerror(exc.errno or errno.EIO)}"
            LOGGER.error("cvops.identity.state_changes: state_file: %s", reason)  # noqa: TRY400 - the reason is enough
        if self._is_unsaved != (reason is not None):
            self._is_unsaved = reason is not None
            states = ("ok", FAILED) if self._is_unsaved else (FAILED, "ok")
            await self._queue.put(_build_own_event(*states, reason))


def _build_own_event(previous: str, state: str, reason: str | None) -> dict[str, Any]:
    """Return an event about the state file."""
    thing = _make_check(state, "state_file", {"reason": reason}, "state_file")
    return build_event("state_file", thing, None if previous == "ok" else previous)


async def main(queue: asyncio.Queue[Any], args: dict[str, Any]) -> None:
    """Emit events until the task is cancelled; see DOCUMENTATION for *args*."""
    await Source(queue, args).run()
