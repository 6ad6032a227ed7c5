# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a rotation deals with: targets that do as they are told, secrets of an application, options as the argument spec completes them."""

from __future__ import annotations

import copy
import datetime
import typing as t
from dataclasses import replace

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from fake_graph import NOW, guid

from ansible_collections.cvops.identity.plugins.module_utils._core.values import format_time
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.options import rotation_options
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.state import TargetState
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.targets.base import KeyValue

FILE: dict[str, t.Any] = {"file": {"path": "/nowhere/secret.json"}}


def complete_options(*targets: dict[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
    """Return the options as the argument spec completes them; without *targets* there is one file."""
    given = {"rotation_name": "backup", "targets": [copy.deepcopy(target) for target in targets or (FILE,)], **more}
    validated = ArgumentSpecValidator(rotation_options()).validate(given)
    assert not validated.errors.errors, validated.errors.msg
    return {"accept_risk": None, **validated.validated_parameters}


def build_key(number: int, age_days: float, name: str = "backup", lifetime_days: float = 183) -> dict[str, t.Any]:
    """Return a passwordCredential of the rotation *name* as Graph lists it."""
    starts = NOW - datetime.timedelta(days=age_days)
    ends = starts + datetime.timedelta(days=lifetime_days)
    return {
        "keyId": guid(number).upper(),
        "displayName": f"cvops/{name}/aaaaaa{number:06}",
        "startDateTime": format_time(starts),
        "endDateTime": format_time(ends),
    }


class FakeTarget:
    """A consumer, or what *use* says, that holds the key ``key_id``.

    ``error``: raised by its next write; ``refusal``: by its check; ``answer``: what its switch comes to; ``switched``: the values.
    """

    kind = "fake"

    def __init__(
        self, name: str, use: t.Any = "consumer", error: Exception | None = None, key_id: str | None = "old"
    ) -> None:
        self.name, self.use, self.error, self.key_id = name, use, error, key_id
        self.refusal: Exception | None = None
        self.switched: list[str] = []
        self.answer: t.Any = "switched"

    def read(self) -> TargetState:
        return TargetState(self.name, self.kind, self.use, self.key_id)

    def check(self) -> None:
        if self.refusal is not None:
            raise self.refusal

    def switch(self, key: KeyValue) -> t.Any:
        self._fail()
        self.switched.append(key.value)
        return self.answer

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error


class FakeStore(FakeTarget):
    """A store that keeps ``kept``, a key that ends at ``kept_until``; ``looks``: how often that was read."""

    kept: KeyValue | None = None
    kept_until: datetime.datetime | None = None
    looks = 0

    def __init__(self, name: str, error: Exception | None = None, key_id: str | None = "old") -> None:
        super().__init__(name, "store", error, key_id)

    def read_pending(self, state: TargetState) -> TargetState:
        self.looks += 1
        if self.kept is None:
            return state
        return replace(state, pending_key_id=self.kept.key_id, pending_expires=self.kept_until)

    def keep(self, key: KeyValue) -> None:
        self._fail()
        self.kept = key

    def discard(self, key_id: str) -> None:
        self.kept = None

    def recover(self, key_id: str) -> KeyValue | None:
        return self.kept if self.kept and self.kept.key_id == key_id else None


class FakeSecrets:
    """The secrets of an application.

    ``added``: what Graph answers to an addition, or ``refusal`` in its place; ``removed``, ``gone``: the keys that were removed, and whose
    end was waited for; ``removed_as_new``: those that were removed as new ones; ``is_listed``: whether the added one shows in time.
    """

    def __init__(self, added: t.Mapping[str, t.Any]) -> None:
        self.added = dict(added)
        self.refusal: Exception | None = None
        self.removed: list[str] = []
        self.removed_as_new: list[str] = []
        self.gone: list[str] = []
        self.is_listed = True

    def build_writer(self, *_args: t.Any) -> FakeSecrets:
        """Stand in for the class SecretWriter."""
        return self

    def add(self, name: str, lifetime_days: int) -> dict[str, t.Any]:
        if self.refusal is not None:
            raise self.refusal
        return dict(self.added)

    def remove(self, key_id: str, *, is_new: bool = False) -> None:
        self.removed.append(key_id)
        self.removed_as_new += [key_id] if is_new else []

    def await_gone(self, key_id: str) -> None:
        self.gone.append(key_id)

    def await_listed(self, key_id: str) -> bool:
        return self.is_listed
