# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A watch over a rotation: at every request, and before and after every moment that passes, what must always hold is looked at."""

from __future__ import annotations

import base64
import datetime
import hashlib
import pathlib
import re
import typing as t
import urllib.parse

import pytest
from cvops_simulator import Simulator
from cvops_simulator.entra.secrets import add_secret

from ansible_collections.cvops.identity.plugins.module_utils._entra.certificates.key_pair import make_key_pair
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.keys import certificate_keys

from .certificates import list_private_lines, plant_certificate
from .rotating import Rotating

_MARKER = re.compile("cvops/backup/([0-9a-f]{6})[0-9a-f]{6}")


class Watch:
    """The watch over one application. ``wrong``: what did not hold, in words; ``values``: every secret that there ever was,
    of a private key lines that nothing else has.

    ``consumers``: functions that return the value which a consumer uses now, None for none, by the consumer's name.
    """

    def __init__(self, rotating: Rotating, consumers: t.Mapping[str, t.Callable[[], str | None]]) -> None:
        self._rotating, self._consumers = rotating, consumers
        self.wrong: list[str] = []
        self.values: set[str] = set()
        self.is_watching = False
        self._worked: set[str] = set()
        own = {key for key, name in rotating.keys().items() if _MARKER.fullmatch(name)}
        self.foreign = rotating.list_all_keys() - own

    def begin(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Look at every request that the simulator has served, and whenever its clock moves on."""
        site, self.is_watching = self._rotating.site, True
        add, advance = site.journal.add, site.clock.advance

        def add_and_look(entry: t.Any) -> None:
            add(entry)
            self.look(f"{entry.method} {entry.path}")

        def advance_and_look(seconds: float) -> float:
            self.look("before a wait")
            result = advance(seconds)
            self.look(f"after {seconds:.1f} s")
            return result

        monkeypatch.setattr(site.journal, "add", add_and_look)
        monkeypatch.setattr(site.clock, "advance", advance_and_look)
        make_key_pair = certificate_keys.make_key_pair

        def make_and_note(*args: t.Any) -> t.Any:
            pair = make_key_pair(*args)
            self.values.update(list_private_lines(pair.private_key))
            return pair

        monkeypatch.setattr(certificate_keys, "make_key_pair", make_and_note)

    def look(self, when: str) -> None:
        """Compare what consumers use with what every replica of the token service accepts, and look for foreign keys."""
        site = self._rotating.site
        self.values.update(str(row["text"]) for row in site.tenant.store.primary().rows("secrets").values())
        for name, read in self._consumers.items():
            value = read()
            if value is not None and self._rotating.kind == "certificate":
                self.values.update(list_private_lines(value))
            works = value is not None and self.is_accepted_everywhere(value)
            if name in self._worked and not works:
                self._note(f"{name} uses a key that some replica refuses ({when})")
            elif value is not None and not works and name not in self._worked:
                self._note(f"{name} was given a key that some replica refuses ({when})")
            if works:
                self._worked.add(name)
        missing = self.foreign - self._rotating.list_all_keys()
        if missing:
            self._note(f"foreign keys are gone: {sorted(missing)} ({when})")

    def is_accepted_everywhere(self, value: str) -> bool:
        """Return whether every replica takes *value* now for a key of the application."""
        store, now = self._rotating.site.tenant.store, self._rotating.site.clock.now()
        replicas = range(store.replication.replicas) if store.replication else [None]
        known = self._rotating.to_known(value)
        return all(self._is_accepted(known, replica, now) for replica in replicas)

    def _is_accepted(self, known: str, replica: int | None, now: float) -> bool:
        store = self._rotating.site.tenant.store
        table, member = ("certificates", "der") if self._rotating.kind == "certificate" else ("secrets", "text")
        keys = store.keys(table) if replica is not None else store.tables.get(table, {})
        for key in keys:
            row = store.read_replica(table, key, replica) if replica is not None else store.primary().get(table, key)
            if row is not None and row[member] == known:
                return bool(row["start"] <= now < row["end"])
        return False

    def count_orphans(self, held: t.Collection[str]) -> int:
        """Return the most keys of one rotation that nobody holds."""
        rotations = [
            found.group(1)
            for key, name in self._rotating.keys().items()
            if (found := _MARKER.fullmatch(name)) and key not in held
        ]
        return max((rotations.count(one) for one in set(rotations)), default=0)

    def find_leaks(
        self, texts: t.Mapping[str, str], folders: t.Iterable[pathlib.Path], stores: t.Collection[pathlib.Path] = ()
    ) -> list[str]:
        """Return where a secret stands, in one of its forms: the names of *texts*, and files of *folders* that are none of *stores*."""
        forms = [form for value in self.values for form in list_forms(value)]
        found = [name for name, text in texts.items() if any(form in text for form in forms)]
        for path in (path for folder in folders for path in folder.rglob("*") if path.is_file() and path not in stores):
            text = path.read_text(errors="replace")
            if any(form in text for form in forms):
                found.append(str(path))
        return found

    def _note(self, what: str) -> None:
        if what not in self.wrong and len(self.wrong) < 5:
            self.wrong.append(what)


def list_forms(value: str) -> list[str]:
    """Return a secret as it may be written: as it is, encoded, and its hashes."""
    data = value.encode()
    encoded = [base64.b64encode(data).decode().rstrip("="), base64.urlsafe_b64encode(data).decode().rstrip("=")]
    hashes = [hashlib.new(name, data).hexdigest() for name in ("md5", "sha1", "sha256", "sha512")]
    return [value, repr(value)[1:-1], urllib.parse.quote(value, safe=""), *encoded, *hashes]


def seed_key(site: Simulator, rotating: Rotating, name: str, age_s: float, left_s: float) -> tuple[str, str]:
    """Add a key that every replica knows and that began *age_s* ago; return its id and value."""
    now = site.clock.now()
    if rotating.kind == "certificate":
        begun, ends = (datetime.datetime.fromtimestamp(at, datetime.timezone.utc) for at in (now - age_s, now + left_s))
        pair = make_key_pair("seeded", begun, ends, 2048)
        key_id = plant_certificate(site, rotating.app_id, pair.certificate_pem, name, starts=begun, ends=ends)
        return key_id, pair.bundle
    values = {
        "displayName": name,
        "startDateTime": site.clock.iso(now - age_s),
        "endDateTime": site.clock.iso(now + left_s),
    }
    added = add_secret(site.tenant, "application", rotating.wire(), values, replicated=True)
    return added["keyId"], added["secretText"]
