# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""A federated credential in canonical form, and the steps to what it shall be. Pure."""

from __future__ import annotations

import re
import typing as t
from dataclasses import replace

from ..._core.errors import AmbiguousMatch, ConfigError, Problems
from ..._core.names import fold_case, is_same_name
from ..._core.object_changes import describe_creation, describe_object_changes
from ..._core.plan import Change, Plan, Step, find_changed_fields
from ..._core.values import get_texts
from ..._signin.clouds import TOKEN_EXCHANGE_AUDIENCES
from ..option_checks import describe_problem, find_long_texts
from ..uris import explain_issuer

CanonicalFederatedCredential = dict[str, t.Any]
#: The largest number of federated credentials of one application (Microsoft Learn).
LIMIT = 20
#: What is compared; the name identifies.
FIELDS = ("issuer", "subject", "audiences", "description")
_KIND = "federated credential"
_LONGEST = 600
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,119}")


def canonical_federated_credential(wire: t.Mapping[str, t.Any]) -> CanonicalFederatedCredential:
    """Return a credential of Graph under the names of our options; no description is empty text. Raises BadAnswer for audiences that are no texts."""
    return {
        "name": str(wire["name"]),
        "issuer": wire.get("issuer"),
        "subject": wire.get("subject"),
        "audiences": sorted(get_texts(wire, "audiences")),
        "description": wire.get("description") or "",
    }


def desired_federated_credential(
    options: t.Mapping[str, t.Any], issuer: str, subject: str
) -> CanonicalFederatedCredential:
    """Return the credential as the options ask for it; a description of None is not managed.

    Raises Problems with everything that Entra ID would refuse.
    """
    found: CanonicalFederatedCredential = {
        "name": options["name"],
        "issuer": issuer,
        "subject": subject,
        "audiences": sorted(options.get("audiences") or [TOKEN_EXCHANGE_AUDIENCES[options["cloud"]]]),
        "description": options.get("description"),
    }
    problems = find_long_texts(found, {"description": _LONGEST})
    if not _NAME.fullmatch(found["name"]):
        problems.append(describe_problem("name", "3 to 120 letters, digits, - and _, the first a letter or digit"))
    why = explain_issuer(issuer) if issuer else None
    if why:
        problems.append(describe_problem("issuer", f"{issuer!r}: {why}"))
    if len(found["audiences"]) != 1 or not 0 < len(found["audiences"][0]) <= _LONGEST:
        message = f"Entra ID takes exactly one audience, of 1 to {_LONGEST} characters"
        problems.append(describe_problem("audiences", message))
    problems += [
        describe_problem(name, f"empty or longer than {_LONGEST} characters")
        for name in ("issuer", "subject")
        if not 0 < len(found[name]) <= _LONGEST
    ]
    if problems:
        raise Problems(f"{len(problems)} options of the federated credential cannot be used", problems)
    return found


def plan_federated_credential(
    desired: CanonicalFederatedCredential, wires: t.Sequence[t.Mapping[str, t.Any]], application: str
) -> Plan:
    """Return the step that creates the credential of *application*, or changes the one of its name among *wires*.

    Raises ConfigError where another one has the same issuer and subject, and where the application has no room for one more.
    """
    current = find_credential_named(wires, desired["name"])
    twin = next(
        (
            str(wire["name"])
            for wire in wires
            if wire is not current
            and (wire.get("issuer"), wire.get("subject")) == (desired["issuer"], desired["subject"])
        ),
        None,
    )
    if twin is not None:
        raise ConfigError(
            f"The federated credential {twin} of this application trusts the same issuer and subject; Entra ID "
            "allows only one: use the name of that one, or remove it first",
            source="option name",
        )
    if current is None:
        if len(wires) >= LIMIT:
            names = ", ".join(sorted(str(wire["name"]) for wire in wires))
            raise ConfigError(f"The application has all {LIMIT} federated credentials that Entra ID allows ({names})")
        after = {**desired, "description": desired["description"] or ""}
        body = {name: value for name, value in after.items() if name != "name" and value != ""}
        told = describe_creation(_KIND, _name_principal(after, application), {field: after[field] for field in FIELDS})
        subject = f"federated credential {desired['name']}"
        return Plan({}, after, (Step("create", subject, {"body": body}, _add_name(told, after)),))
    before = canonical_federated_credential(current)
    changes = find_changed_fields({name: desired[name] for name in FIELDS}, before)
    subject = f"federated credential {desired['name']}: {', '.join(sorted(changes))}"
    told = describe_object_changes(
        _name_principal(before, application), {name: before[name] for name in changes}, changes
    )
    steps = (
        (Step("update", subject, {"id": current["id"], "body": changes}, _add_name(told, before)),) if changes else ()
    )
    return Plan(before, {**before, **changes}, steps)


def plan_federated_credential_removal(name: str, wires: t.Sequence[t.Mapping[str, t.Any]], application: str) -> Plan:
    """Return the step that deletes the credential *name* of *application*, none when it does not exist."""
    current = find_credential_named(wires, name)
    if current is None:
        return Plan({}, {})
    return Plan(
        canonical_federated_credential(current),
        {},
        (
            Step(
                "delete",
                f"federated credential {name}",
                {"id": current["id"]},
                (
                    Change(
                        "-", _KIND, _name_principal(current, application), f"delete the {_KIND}", {"id": current["id"]}
                    ),
                ),
            ),
        ),
    )


def _add_name(changes: t.Iterable[Change], credential: t.Mapping[str, t.Any]) -> tuple[Change, ...]:
    """Return *changes* with the name of the credential as a fact: the application's id counts in place of the principal."""
    fact = {"credential": fold_case(str(credential["name"]))}
    return tuple(replace(change, facts={**change.facts, **fact}) for change in changes)


def _name_principal(credential: t.Mapping[str, t.Any], application: str) -> str:
    return f"{credential['name']} of {application}"


def find_credential_named(wires: t.Sequence[t.Mapping[str, t.Any]], name: str) -> t.Mapping[str, t.Any] | None:
    """Return the credential of this name, letter case apart, or None. Raises AmbiguousMatch where two differ in letter case only."""
    found = [wire for wire in wires if is_same_name(str(wire["name"]), name)]
    if len(found) > 1:
        listed = ", ".join(sorted(f"{wire['name']} ({wire.get('id')})" for wire in found))
        raise AmbiguousMatch(
            f"{len(found)} federated credentials of the application have the name {name} (upper and lower case "
            f"ignored): {listed}. Keep one and remove the others in the portal.",
            candidates=sorted(str(wire.get("id")) for wire in found),
        )
    return found[0] if found else None
