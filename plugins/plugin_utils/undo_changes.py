# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What the records of a run changed at one place, object by object, from before the run to after it, whatever number of steps did it. Pure.

Records are those of ``undo_records.py``. Steps that were not begun are no changes. Of a run that did not come to its end, all planned
steps are, and so is one that failed: what is there now says which of them were done.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.cvops.identity.plugins.module_utils._core.names import fold_case

from .filter_values import make_visible, to_text

Mapping = t.Mapping[str, t.Any]
Key: t.TypeAlias = t.Hashable


@dataclass
class ObjectChange:
    """An object's fields before and after; None: it did not exist. ``about``: its id, name and company, as the last step had them."""

    about: dict[str, t.Any]
    before: dict[str, t.Any] | None
    after: dict[str, t.Any] | None

    @property
    def was_created(self) -> bool:
        """Whether the run made it, and it was left."""
        return self.before is None and self.after is not None

    @property
    def was_deleted(self) -> bool:
        """Whether the run deleted it."""
        return self.before is not None and self.after is None


@dataclass
class PartChange:
    """A grant, a member or an owner: whether it was there before and after. ``about``: what it is."""

    about: dict[str, t.Any]
    before: bool
    after: bool


@dataclass
class PlaceChanges:
    """What a run changed at one place.

    ``by_hand``: what no program can undo, in words, a line for each object;
    ``unfinished``: modules of which it is not known how far they came.
    """

    grants: dict[Key, PartChange] = field(default_factory=dict)
    roles: dict[Key, ObjectChange] = field(default_factory=dict)
    user_groups: dict[Key, ObjectChange] = field(default_factory=dict)
    entra_groups: dict[Key, ObjectChange] = field(default_factory=dict)
    entra_members: dict[Key, PartChange] = field(default_factory=dict)
    by_hand: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)


#: What a person does to undo the writes of a module that this collection does not undo.
_BY_HAND = {
    "access_evidence": "a bundle that was written is a folder: keep it, because the next one is linked to it; nothing was changed at a service",
    "commvault_access_token": "tokens that were made are revoked with commvault_access_token (state: absent); the value of a"
    " revoked one is lost: create a new one and pass it on",
    "commvault_credential": "run commvault_credential with the former values, which planned.before of the record has; the former secret is not in it",
    "commvault_saml_app": "run commvault_saml_app with the former values, which planned.before of the record has; the former certificate is not in it:"
    " give that of the identity provider",
    "commvault_snapshot": "a document that was written is a file: delete it, or take the snapshot again; nothing was changed at the service",
    "commvault_user": "run commvault_user with the former values, which planned.before of the record has; the former password, and a user that was deleted"
    " with what it owned, do not come back",
    "commvault_user_group": "run commvault_user_group with the former values, which planned.before of the record has",
    "entra_admin_consent": "run entra_admin_consent with the former permissions, or in the portal: Enterprise applications, Permissions",
    "entra_app_role_assignment": "run entra_app_role_assignment with the former assignments, which planned.before of the record has",
    "entra_snapshot": "the former document is not kept; run entra_snapshot again for what is there now",
    "entra_application": "run the former document; a deleted application is restored with restore_deleted for 30 days",
    "entra_application_certificate": "a certificate that was added is removed with entra_application_certificate (state: absent, key_id); one that was"
    " removed is added again from its file",
    "entra_application_secret": "a secret that was made is deleted with entra_application_secret (state: absent, key_id); the value"
    " of a deleted one is lost: create a new one and pass it on",
    "entra_conditional_access_policy": "a policy that was put in force goes back at once with entra_conditional_access_policy (policy_state: report_only);"
    " one that was created is deleted with state: absent; former values, which planned.before of the record has, "
    "are given with exclusive: true, and evaluated again: name who must be able to sign in; a policy that was "
    "deleted can be restored in the portal for 30 days",
    "entra_federated_credential": "run entra_federated_credential with the former values, which planned.before of the record has",
    "entra_named_location": "run entra_named_location with the former values, which planned.before of the record has, and exclusive: true; one that was"
    " created is deleted (state: absent) once no policy names it; policies use a deleted and re-created location "
    "only after it is given to them again",
    "entra_service_principal": "run entra_service_principal with the former values, which planned.before of the record has; a signing certificate that"
    " was added is removed, and the former one activated again, with signing_certificate; the key of one that was removed is gone",
    "snapshot_pseudonyms": "a copy that was written is a folder of files: delete it, or make it again; nothing was changed at a service",
}
_OTHERWISE = "see planned.before of the record"
#: Modules that delete with ``state: absent`` what they created; of that nothing else has to be undone.
_CREATORS = frozenset(
    {
        "commvault_credential",
        "commvault_oidc_app",
        "commvault_saml_app",
        "commvault_user",
        "commvault_user_group",
        "entra_application",
        "entra_conditional_access_policy",
        "entra_federated_credential",
        "entra_named_location",
        "entra_service_principal",
    }
)
#: So many changes of one object are told.
_TOLD = 20


def collect_changes(records: t.Iterable[Mapping]) -> PlaceChanges:
    """Return what *records*, oldest first, changed; all of them are of one place."""
    found = PlaceChanges()
    by_hand: dict[tuple[str, str], _HandWork] = {}
    for record in records:
        if any(step["state"] in ("planned", "failed") for step in record["steps"]):
            found.unfinished.append(record["module"])
        for step in record["steps"]:
            if step["state"] != "left":
                if step["undo"] is None:
                    _take_hand_work(by_hand, step, record["module"])
                else:
                    _take_step(found, step["undo"])
    found.by_hand = [
        to_text(make_visible(f"{principal}: {work.describe(module)}")) for (module, principal), work in by_hand.items()
    ]
    return found


@dataclass
class _HandWork:
    """What a person has to undo of one object: its changes as ``sentences``; ``created``: that it was created, in words, else empty."""

    sentences: dict[str, None] = field(default_factory=dict)
    created: str = ""

    def describe(self, module: str) -> str:
        if self.created:
            return f"{self.created} ({module}); by hand: delete it with {module} (state: absent)"
        listed = list(self.sentences)
        more = f"; and {len(listed) - _TOLD} more, see the record" if len(listed) > _TOLD else ""
        return f"{'; '.join(listed[:_TOLD])}{more} ({module}); by hand: {_BY_HAND.get(module, _OTHERWISE)}"


def _take_hand_work(found: dict[tuple[str, str], _HandWork], step: Mapping, module: str) -> None:
    for number, change in enumerate(step["changes"]):
        work = found.setdefault((module, change["principal"]), _HandWork())
        work.sentences[change["sentence"]] = None
        if number == 0 and step["action"] == "create" and module in _CREATORS:
            verb = "was created" if step["state"] == "done" else "may have been created"
            work.created = f"the {change['kind']} {verb}"


def find_object_key(undo: Mapping) -> Key:
    """Return what tells an object of a record from others: its id, else its name and company."""
    number = undo.get("object_id", undo.get("id"))
    if number is not None:
        return number.lower() if isinstance(number, str) else number
    return fold_case(undo.get("name") or ""), fold_case(undo.get("company") or "")


def _take_step(found: PlaceChanges, undo: Mapping) -> None:
    if undo["kind"] == "grants":
        for is_added, grants in ((True, undo["added"]), (False, undo["removed"])):
            for grant in grants:
                _take_part(found.grants, _find_grant_key(grant), grant, is_added)
    elif undo["kind"] == "entra_members":
        about = {name: undo[name] for name in ("object_id", "name", "relation")}
        for is_added, ids in ((True, undo["added"]), (False, undo["removed"])):
            for member in ids:
                key = (find_object_key(undo), undo["relation"], member.lower())
                _take_part(found.entra_members, key, {**about, "member": member.lower()}, is_added)
    else:
        objects = {"role": found.roles, "user_group": found.user_groups, "entra_group": found.entra_groups}
        _take_object(objects[undo["kind"]], undo)


def _find_grant_key(grant: Mapping) -> Key:
    principal, entity = grant["principal"], grant["entity"]
    return (principal["kind"], find_object_key(principal), find_object_key(grant["role"]), entity["kind"], entity["id"])


def _take_part(parts: dict[Key, PartChange], key: Key, about: Mapping, is_added: bool) -> None:
    first = parts.get(key)
    parts[key] = PartChange(dict(about), not is_added if first is None else first.before, is_added)


def _take_object(objects: dict[Key, ObjectChange], undo: Mapping) -> None:
    about = {name: value for name, value in undo.items() if name not in ("kind", "before", "after")}
    key = find_object_key(undo)
    first = objects.get(key)
    if first is None:
        objects[key] = ObjectChange(about, undo["before"], undo["after"])
        return
    first.about = about
    if first.before is not None:
        first.before = {**(undo["before"] or {}), **first.before}
    first.after = None if undo["after"] is None else {**(first.after or {}), **undo["after"]}
