# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A site that is a copy of a snapshot."""

from __future__ import annotations

import secrets
import uuid
from pathlib import Path
from typing import Any

from cvops_simulator.commvault.model import COMMCELL, COMMCELL_ID, USER, CommCellSeed, Grant, User
from cvops_simulator.core.names import fold_case
from cvops_simulator.core.site import Site
from cvops_simulator.entra.identifiers import is_guid
from cvops_simulator.entra.wellknown import list_resources
from cvops_simulator.snapshots.commcell import MASTER, CommCellReader
from cvops_simulator.snapshots.files import Document, read_snapshot
from cvops_simulator.snapshots.notes import Notes
from cvops_simulator.snapshots.tenant import TenantReader

#: The account that a copy gets where its snapshot was read by none that could sign in to it.
AUTOMATION = "svc-cvops-rehearsal"


def build_snapshot_site(folder: Path, grant_automation: bool) -> Site:
    """Return the site of a folder's documents. Raises SnapshotError.

    What collected the snapshot is the automation of the copy. `grant_automation`: it gets what its rights lack.
    """
    snapshot = read_snapshot(folder)
    notes = Notes("tenant")
    notes.tell_sources(snapshot.entra["provenance"])
    seed = TenantReader(snapshot.entra, notes).read()
    site = Site(seed, automation_secret=_make_secret())
    _choose_application(snapshot.entra, site, notes)
    site.notes += notes.lines
    for name, document in snapshot.commcells.items():
        cell_notes = Notes(name)
        cell_notes.tell_sources(document["provenance"])
        cell = CommCellReader(document, cell_notes, _make_secret).read()
        _choose_automation(document, cell, cell_notes, grant_automation)
        site.commcells[name] = cell
        site.notes += cell_notes.lines
    return site


def _make_secret() -> str:
    """Return a password that meets usual complexity rules."""
    return f"Aa1-{secrets.token_hex(20)}"


def _choose_application(document: Document, site: Site, notes: Notes) -> None:
    """Let what collected be the automation, and add what of it the snapshot does not show; a person cannot be it."""
    collector, seed = document["provenance"]["collector"], site.tenant_seed
    key, name = str(collector["id"] or "").lower(), str(collector["name"] or "collector")
    if collector["kind"] != "application" or not is_guid(key):
        notes.tell(
            "what collected the snapshot is no application: the copy has one more application, as which the automation"
            " signs in",
            collector["name"] or collector["id"] or collector["kind"],
        )
        return
    rows = (*seed.applications, *seed.service_principals)
    app_id = next((str(row["appId"]) for row in rows if key in (row["appId"].lower(), row["id"].lower())), key)
    site.automation_app = app_id
    if app_id not in [row["appId"] for row in seed.service_principals]:
        object_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"service principal {app_id}"))
        seed.service_principals.append({"id": object_id, "appId": app_id, "displayName": name})
        known = {role["value"] for role in list_resources()[0]["appRoles"]}
        site.automation_rights = [right for right in collector.get("rights") or () if right in known]
        if unknown := [right for right in collector.get("rights") or () if right not in known]:
            notes.tell("rights of what collected the snapshot that the simulator does not know", *unknown)
        notes.tell(
            "what collected the snapshot is not in it: it is in the copy, with the rights that are told of it", name
        )
    if app_id not in [row["appId"] for row in seed.applications]:
        object_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"application {app_id}"))
        own: dict[str, Any] = {"servicePrincipal": None, "owners": []}
        seed.applications.append({"id": object_id, "appId": app_id, "displayName": name, **own})
        notes.tell("the registration of what collected the snapshot is in the copy, and not in the snapshot", name)


def _choose_automation(document: Document, seed: CommCellSeed, notes: Notes, grant: bool) -> None:
    """Give a password to the user that collected, or to a new one, and make it a member of master if wanted."""
    collector = document["provenance"]["collector"]
    user = next((one for one in seed.users if str(one.id) == str(collector["id"])), None)
    usable = collector["kind"] == "commvault_user" and user is not None
    if user is None or not usable or user.is_service_account or not user.enabled or user.locked_until:
        notes.tell(
            "what collected the snapshot is no user in it that can sign in with a password: the copy has one more user,"
            " as which the automation signs in",
            collector["name"] or collector["id"] or collector["kind"],
        )
        user, grant = _add_user(seed), True
    else:
        user.password = _make_secret()
    seed.automation = (user.name, user.password or "")
    if grant and _add_to_master(seed, user):
        notes.tell(f"the automation, user {user.name}, holds everything in the copy, as a member of master")


def _add_user(seed: CommCellSeed) -> User:
    taken, number, name = {fold_case(user.name) for user in seed.users}, 1, AUTOMATION
    while fold_case(name) in taken:
        number += 1
        name = f"{AUTOMATION}-{number}"
    user = User(
        max((user.id for user in seed.users), default=10) + 1, name, full_name="Rehearsal", password=_make_secret()
    )
    seed.users.append(user)
    return user


def _add_to_master(seed: CommCellSeed, user: User) -> bool:
    """Let a user hold everything; False: it did."""
    master = next((group for group in seed.groups if group.id == MASTER and not group.provider), None)
    if master is None or not master.enabled:
        grant = Grant(USER, user.id, 1, COMMCELL, COMMCELL_ID)
        is_new = grant not in seed.grants
        seed.grants += [grant] if is_new else []
        return is_new
    is_new = user.id not in master.member_ids
    master.member_ids.add(user.id)
    return is_new
