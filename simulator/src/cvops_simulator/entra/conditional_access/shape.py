# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The form in which the service keeps and shows conditional access policies.

Rows hold every property of their type. Properties that the schema does not know stay where they are.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cvops_simulator.entra.identifiers import is_guid
from cvops_simulator.entra.schema import (
    Property,
    find_derived_type,
    get_graph_type,
    is_complex,
    is_flags,
    list_members,
)

if TYPE_CHECKING:
    from cvops_simulator.entra.behaviours import Behaviours
    from cvops_simulator.entra.store import Row

POLICY = "conditionalAccessPolicy"
#: Words that stand among ids, as the service writes them.
_WORDS = {
    word.lower(): word
    for word in (
        "All",
        "None",
        "GuestsOrExternalUsers",
        "AllTrusted",
        "Office365",
        "MicrosoftAdminPortals",
        "ServicePrincipalsInMyTenant",
    )
}
#: Conditions that are null when they say nothing.
_COLLAPSING = ("authenticationFlows", "clientApplications", "devices", "locations", "platforms")
#: What the beta version of Graph alone shows of the conditions: property -> type that holds it.
_BETA_ONLY = {
    "agentIdRiskLevels": "conditionalAccessConditionSet",
    "agentSignIn": "conditionalAccessConditionSet",
    "agentIdServicePrincipalFilter": "conditionalAccessClientApplications",
    "includeAgentIdServicePrincipals": "conditionalAccessClientApplications",
    "excludeAgentIdServicePrincipals": "conditionalAccessClientApplications",
}
_SIGN_IN_FREQUENCY = {"authenticationType": "primaryAndSecondaryAuthentication", "frequencyInterval": "timeBased"}


def fold_words(type_name: str, value: Any) -> Any:
    """Return a body with the service's own spelling of enumerations, of ids and of words such as `All`."""
    if not isinstance(value, dict):
        return copy.deepcopy(value)
    known = get_graph_type(find_derived_type(type_name, value)).properties
    return {name: _fold_property(known[name], item) if name in known else item for name, item in value.items()}


def _fold_property(prop: Property, value: Any) -> Any:
    if isinstance(value, list):
        return [_fold_item(prop, item) for item in value]
    return _fold_item(prop, value)


def _fold_item(prop: Property, value: Any) -> Any:
    if is_complex(prop.type):
        return fold_words(prop.type, value)
    if not isinstance(value, str):
        return value
    members = {member.lower(): member for member in list_members(prop.type)}
    if members:
        words = value.split(",") if is_flags(prop.type) else [value]
        return ",".join(members.get(word.strip().lower(), word.strip()) for word in words)
    if prop.collection and prop.type == "Edm.String":
        return value.lower() if is_guid(value) else _WORDS.get(value.lower(), value)
    return value.upper() if prop.name == "operator" else value


def complete(type_name: str, value: Row) -> Row:
    """Return a value with every property of its type: missing lists empty, everything else that is missing null."""
    actual = find_derived_type(type_name, value)
    row: Row = {"@odata.type": value["@odata.type"]} if actual != type_name else {}
    for name, prop in get_graph_type(actual).properties.items():
        item = value.get(name)
        if prop.collection:
            row[name] = [complete(prop.type, x) for x in item or []] if is_complex(prop.type) else list(item or [])
        elif is_complex(prop.type) and name != "authenticationStrength":
            row[name] = complete(prop.type, item) if item is not None else None
        else:
            row[name] = copy.deepcopy(item)
    return {**row, **{name: copy.deepcopy(item) for name, item in value.items() if name not in row and "@" not in name}}


def make_policy(values: Row) -> Row:
    """Return a new policy from a body."""
    row = complete(POLICY, values)
    conditions = values.get("conditions")
    if conditions is not None and "clientAppTypes" not in conditions:
        row["conditions"]["clientAppTypes"] = ["all"]
    return row


def change_policy(row: Row, values: Row, whole: bool) -> Row:
    """Return a policy after PATCH. `whole`: objects are replaced, else what they do not name stays."""
    if not whole:
        return _merge(POLICY, row, values)
    return {**row, **{name: item for name, item in make_policy(values).items() if name in values}}


def _merge(type_name: str, row: Row, values: Row) -> Row:
    """Lay values over a row: objects per property, lists whole; null removes an object, but no session control."""
    known = get_graph_type(type_name).properties
    merged = dict(row)
    for name, value in values.items():
        prop = known.get(name)
        if "@" in name or (value is None and type_name == "conditionalAccessSessionControls"):
            continue
        if prop is None or prop.collection or not is_complex(prop.type) or value is None:
            merged[name] = copy.deepcopy(value)
        elif name == "authenticationStrength":
            merged[name] = {"id": value.get("id")}
        elif merged.get(name) is None or "@odata.type" in value:
            merged[name] = complete(prop.type, value)
        else:
            merged[name] = _merge(prop.type, merged[name], value)
    return merged


def settle(row: Row) -> Row:
    """Return a policy as the service keeps it: what says nothing is null, and defaults are filled in."""
    conditions = {name: _drop_empty(item) if name in _COLLAPSING else item for name, item in row["conditions"].items()}
    users = conditions["users"]
    if users is not None:
        guests = ("includeGuestsOrExternalUsers", "excludeGuestsOrExternalUsers")
        conditions["users"] = {key: _drop_empty(item) if key in guests else item for key, item in users.items()}
    grant, session = row["grantControls"], row["sessionControls"]
    if grant is not None and not any(item for name, item in grant.items() if name != "operator"):
        grant = None
    elif grant is not None and grant["authenticationStrength"] is not None:
        grant = {**grant, "authenticationStrength": {"id": grant["authenticationStrength"].get("id")}}
    if session is not None:
        session = {name: _settle_control(name, item) for name, item in session.items()}
        session = session if any(item is not None for item in session.values()) else None
    return {**row, "conditions": conditions, "grantControls": grant, "sessionControls": session}


def _drop_empty(value: Any) -> Any:
    if isinstance(value, dict) and not any(item not in ("none", None, [], "") for item in value.values()):
        return None
    return value


def _settle_control(name: str, value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if not value.get("isEnabled"):
        return None
    if name == "signInFrequency":
        return {**value, **{key: item for key, item in _SIGN_IN_FREQUENCY.items() if value.get(key) is None}}
    return value


def show_policy(row: Row, behaviours: Behaviours, beta: bool, unknown_members: bool) -> Row:
    """Return a policy as it is answered. `unknown_members`: newer members of enumerations are named, too."""
    shown: Row = _show(POLICY, row, behaviours.list_order, beta)
    grant, session = shown["grantControls"], shown["sessionControls"]
    if grant is not None and not unknown_members:
        grant["builtInControls"] = [
            "unknownFutureValue" if item == "riskRemediation" else item for item in grant["builtInControls"]
        ]
    if session is not None:
        _show_controls_off(session, behaviours)
    return shown


def _show_controls_off(session: Row, behaviours: Behaviours) -> None:
    known = get_graph_type("conditionalAccessSessionControls").properties
    for name, prop in known.items():
        if session[name] is None and is_complex(prop.type) and behaviours.shows_session_controls_off:
            session[name] = {**complete(prop.type, {}), "isEnabled": False}
    if session["signInFrequency"] is None and behaviours.fills_sign_in_frequency:
        empty = complete("signInFrequencySessionControl", {})
        session["signInFrequency"] = {**empty, **_SIGN_IN_FREQUENCY, "isEnabled": False}


def _show(type_name: str, value: Row, order: str, beta: bool) -> Any:
    actual = find_derived_type(type_name, value)
    known = get_graph_type(actual).properties
    shown: Row = {}
    for name, item in value.items():
        prop = known.get(name)
        if not beta and _BETA_ONLY.get(name) == actual:
            continue
        if prop is not None and isinstance(item, dict):
            shown[name] = _show(prop.type, item, order, beta)
        elif prop is not None and prop.collection and prop.type == "Edm.String":
            shown[name] = put_in_order(item, order)
        else:
            shown[name] = copy.deepcopy(item)
    return shown


def put_in_order(items: list[str], order: str) -> list[str]:
    """Return a list in the order in which the service answers it; see `Behaviours.list_order`."""
    arrange: dict[str, Callable[[list[str]], list[str]]] = {
        "sorted": lambda given: sorted(given),
        "sent": lambda given: list(given),
        "reversed": lambda given: given[::-1],
    }
    return arrange[order](items)


def extend(row: Row, values: Row) -> Row:
    """Return a policy with properties that the schema need not know, as another client of the service has set them."""
    merged = dict(row)
    for name, value in values.items():
        nested = isinstance(value, dict) and isinstance(merged.get(name), dict)
        merged[name] = extend(merged[name], value) if nested else copy.deepcopy(value)
    return merged
