# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What OCSF 1.1.0 requires of the classes that are used, written down from its description, and a check of events against it."""

from __future__ import annotations

import ipaddress
import typing as t

#: Required of every event, and its type.
REQUIRED: dict[str, type] = {
    "activity_id": int,
    "category_uid": int,
    "class_uid": int,
    "type_uid": int,
    "time": int,
    "severity_id": int,
    "metadata": dict,
}
#: By class: name, category, activities beside 0 and 99, required objects, attributes of which one has to be there.
CLASSES: dict[int, tuple[str, int, set[int], tuple[str, ...], tuple[str, ...]]] = {
    0: ("Base Event", 0, set(), (), ()),
    3001: ("Account Change", 3, set(range(1, 12)), ("user",), ()),
    3002: ("Authentication", 3, {1, 2, 3, 4, 5}, ("user",), ("service", "dst_endpoint")),
    3004: ("Entity Management", 3, {1, 2, 3, 4}, ("entity",), ()),
    3005: ("User Access Management", 3, {1, 2}, ("user", "privileges"), ()),
    3006: ("Group Management", 3, {1, 2, 3, 4}, ("group",), ("privileges", "user")),
}
#: Attributes that each class may have, beside those of every event.
COMMON = {
    *REQUIRED,
    *("activity_name", "category_name", "class_name", "type_name", "severity", "status", "status_id", "status_detail"),
    *("message", "actor", "src_endpoint", "unmapped"),
}
OWN = {3001: {"user"}, 3002: {"user", "service"}, 3004: {"entity"}, 3005: {"user", "privileges"}}
OWN[3006] = {"group", "user", "privileges"}
SEVERITIES = {0: "Unknown", 1: "Informational", 2: "Low", 3: "Medium", 4: "High", 5: "Critical"}
STATUSES = {0: "Unknown", 1: "Success", 2: "Failure"}


def find_faults(event: dict[str, t.Any]) -> list[str]:
    """Return what the schema refuses in an event."""
    faults = [name for name, kind in REQUIRED.items() if type(event.get(name)) is not kind]
    if faults:
        return faults
    title, category, activities, objects, one_of = CLASSES[event["class_uid"]]
    checks = {
        "activity_id": event["activity_id"] in {0, 99, *activities},
        "activity_name": event["activity_id"] != 99 or bool(event.get("activity_name")),
        "category_uid": event["category_uid"] == category,
        "class_name": event.get("class_name") == title,
        "type_uid": event["type_uid"] == event["class_uid"] * 100 + event["activity_id"],
        "severity": SEVERITIES.get(event["severity_id"]) == event.get("severity"),
        "status": STATUSES.get(event["status_id"]) == event.get("status"),
        "required": all(event.get(name) for name in objects),
        "one of": not one_of or any(event.get(name) for name in one_of),
        "attributes": event.keys() <= COMMON | OWN.get(event["class_uid"], set()),
        "version": event["metadata"].get("version") == "1.1.0",
        "product": bool(event["metadata"].get("product", {}).get("vendor_name")),
        "privileges": all(isinstance(name, str) and name for name in event.get("privileges", [])),
    }
    for place, named in (
        ("user", event.get("user")),
        ("actor", event.get("actor", {}).get("user") if "actor" in event else None),
        ("entity", event.get("entity")),
        ("group", event.get("group")),
        ("service", event.get("service")),
    ):
        if place in event and not (named and (named.get("name") or named.get("uid"))):
            checks[place] = False
        if named and "type_id" in named and named["type_id"] not in {0, 1, 2, 3, 99}:
            checks[f"{place}.type_id"] = False
    endpoint = event.get("src_endpoint")
    if endpoint is not None:
        checks["src_endpoint"] = bool(endpoint.get("ip") or endpoint.get("name"))
        if endpoint.get("ip"):
            ipaddress.ip_address(endpoint["ip"])
    return [name for name, holds in checks.items() if not holds]
