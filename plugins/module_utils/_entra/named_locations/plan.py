# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""A named location in canonical form, and the steps to what it shall be. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._core.errors import BadAnswer, ConfigError, Problems
from ..._core.names import keep_spelling
from ..._core.object_changes import describe_creation, describe_object_changes
from ..._core.plan import Change, Plan, Step, add_ids
from ..._core.set_changes import find_set_changes
from ..._core.values import get_objects, get_texts
from ..option_checks import Problem, describe_problem
from .options import LOOKUPS, OF_COUNTRY, OF_IP
from .places import canonical_range, parse_countries, parse_ranges

Kind: t.TypeAlias = t.Literal["ip", "country", "other"]
Fields: t.TypeAlias = dict[str, t.Any]
Wire: t.TypeAlias = t.Mapping[str, t.Any]

TYPES: dict[str, Kind] = {
    "#microsoft.graph.ipNamedLocation": "ip",
    "#microsoft.graph.countryNamedLocation": "country",
}
_TYPE_OF: dict[Kind, str] = {kind: name for name, kind in TYPES.items()}
#: The fields of each kind with what a new location has where the task does not say.
FIELDS: dict[Kind, Fields] = {
    "ip": {"ip_ranges": [], "trusted": False},
    "country": {"countries": [], "include_unknown_countries": False, "country_lookup": "client_ip_address"},
    "other": {},
}
_SETS = ("ip_ranges", "countries")
_WORDS = {"ip_ranges": "IP range", "countries": "country"}
_NOUN = "named location"


@dataclass(frozen=True)
class Location:
    """A location as it is. ``fields``: those of its kind; ``ranges``: Graph's own objects by the range in canonical form."""

    object_id: str
    display_name: str
    kind: Kind
    type_name: str
    fields: Fields
    ranges: t.Mapping[str, Wire]

    @property
    def form(self) -> Fields:
        """The location under the names of the options."""
        return {"display_name": self.display_name, "kind": self.kind, **self.fields}


def read_location(wire: Wire) -> Location:
    """Return a location of Graph. Raises BadAnswer for one without id, and for members of another type than theirs."""
    if not wire.get("id"):
        raise BadAnswer("An answer has a named location without an id.", member="id")
    type_name = str(wire.get("@odata.type") or "")
    kind = TYPES.get(type_name, "other")
    fields: Fields = {}
    ranges: dict[str, Wire] = {}
    if kind == "ip":
        ranges = {canonical_range(str(item["cidrAddress"])): item for item in get_objects(wire, "ipRanges")}
        fields = {"ip_ranges": sorted(ranges), "trusted": wire.get("isTrusted") is True}
    elif kind == "country":
        told = str(wire.get("countryLookupMethod") or "clientIpAddress")
        fields = {
            "countries": sorted({code.upper() for code in get_texts(wire, "countriesAndRegions")}),
            "include_unknown_countries": wire.get("includeUnknownCountriesAndRegions") is True,
            "country_lookup": next((name for name, word in LOOKUPS.items() if word == told), told),
        }
    return Location(str(wire["id"]), str(wire.get("displayName") or ""), kind, type_name, fields, ranges)


def read_desired(options: t.Mapping[str, t.Any], current: Location | None) -> tuple[Kind, Fields]:
    """Return the kind of location that the options ask for, and its fields; None for a field that they do not manage.

    Raises Problems with everything in the options that cannot be meant, and ConfigError for a location of another kind.
    """
    problems: list[Problem] = []
    given = {kind: [name for name in names if options.get(name) is not None] for kind, names in _BY_KIND.items()}
    if all(given.values()):
        message = f"{given['ip'][0]} is for locations with IP ranges, and {given['country'][0]} for locations with countries: give one kind"
        problems.append(describe_problem(given["country"][0], message))
    found: Fields = {name: options.get(name) for name in (*OF_IP, *OF_COUNTRY)}
    for name, parse in (("ip_ranges", parse_ranges), ("countries", parse_countries)):
        if found[name] is not None:
            found[name], wrong = parse(found[name], name)
            problems += wrong
            if not found[name] and not wrong:
                message = "a location needs at least one: add it, or remove the location with state: absent"
                problems.append(describe_problem(name, message))
    asked: list[Kind] = [kind for kind in _BY_KIND if given[kind]]
    if current is None and not problems:
        problems = _find_missing(options, asked)
    if problems:
        raise Problems(f"{len(problems)} options of the named location cannot be used", problems)
    if current is not None and (current.kind == "other" or (asked and asked != [current.kind])):
        raise ConfigError(
            f"Named location {current.display_name} ({current.object_id}) is of another kind "
            f"({current.type_name or 'untold'}), and the kind cannot be changed: choose another display_name",
            source="option object_id" if options.get("object_id") else "option display_name",
        )
    kind = current.kind if current is not None else asked[0]
    return kind, {name: found[name] for name in FIELDS[kind]}


_BY_KIND: dict[Kind, tuple[str, ...]] = {"ip": OF_IP, "country": OF_COUNTRY}


def _find_missing(options: t.Mapping[str, t.Any], asked: t.Sequence[Kind]) -> list[Problem]:
    """Return the problem of a new location that lacks what makes it one."""
    needed = {"ip": "ip_ranges", "country": "countries"}.get(asked[0]) if asked else "ip_ranges or countries"
    if not options.get("display_name"):
        return [describe_problem("display_name", "a new location needs a name")]
    if needed is None or options.get(needed) is not None:
        return []
    return [describe_problem(needed, f"there is no location {options['display_name']}, and a new one needs {needed}")]


def plan_location(name: str | None, kind: Kind, desired: Fields, current: Location | None, exclusive: bool) -> Plan:
    """Return the step that creates the location, or changes the one that is there; none where it is as asked.

    *name*: the display name that is asked for, None to leave it. *desired*: of :func:`read_desired`.
    """
    if current is None:
        after = {"display_name": name, "kind": kind, **FIELDS[kind]}
        after.update({field: value for field, value in desired.items() if value is not None})
        body = {"displayName": name, **_build_body(kind, _TYPE_OF[kind], after, {})}
        told = describe_creation(_NOUN, str(name), {field: after[field] for field in FIELDS[kind]}, _WORDS)
        return Plan({}, after, (Step("create", f"{_NOUN} {name}", {"body": body}, told),))
    before = current.form
    after = {**before, "display_name": keep_spelling(name, current.display_name) if name else current.display_name}
    for field, value in desired.items():
        if value is not None:
            after[field] = find_set_changes(value, before[field], exclusive).after if field in _SETS else value
    changed = {field: value for field, value in after.items() if value != before[field]}
    if not changed:
        return Plan(before, after)
    body = _build_body(kind, current.type_name, changed, current.ranges)
    if "display_name" in changed:
        body["displayName"] = changed["display_name"]
    told = describe_object_changes(current.display_name, {field: before[field] for field in changed}, changed, _WORDS)
    step = Step("update", f"{_NOUN} {current.display_name}: {', '.join(sorted(changed))}", {"body": body}, told)
    return Plan(before, after, add_ids((step,), principal=current.object_id))


def plan_location_removal(current: Location | None) -> Plan:
    """Return the steps that delete the location: Entra ID deletes no trusted one, so it stops being trusted first."""
    if current is None:
        return Plan({}, {})
    name = current.display_name
    steps = []
    if current.fields.get("trusted"):
        body = {"@odata.type": current.type_name, "isTrusted": False}
        sentence = "remove the trust from the named location, as Entra ID requires before the deletion"
        told = Change("~", "setting", name, sentence, {"field": "trusted", "value": False})
        steps.append(Step("distrust", f"{_NOUN} {name}: trusted", {"body": body}, (told,)))
    gone = Change("-", _NOUN, name, f"delete the {_NOUN}", {"object_id": current.object_id})
    steps.append(Step("delete", f"{_NOUN} {name}", {}, (gone,)))
    return Plan(current.form, {}, add_ids(steps, principal=current.object_id))


def _build_body(kind: Kind, type_name: str, fields: Fields, ranges: t.Mapping[str, Wire]) -> Fields:
    """Return what Graph is sent for *fields*; *ranges*: Graph's own objects of what is there, which stay as they are.

    Ranges are replaced as a whole, so all are sent. The type is demanded in creations and in changes.
    """
    body: Fields = {"@odata.type": type_name}
    if "ip_ranges" in fields:
        body["ipRanges"] = [
            dict(ranges[text]) if text in ranges else _build_range(text) for text in fields["ip_ranges"]
        ]
    if "trusted" in fields:
        body["isTrusted"] = fields["trusted"]
    if "countries" in fields:
        body["countriesAndRegions"] = fields["countries"]
    if "include_unknown_countries" in fields:
        body["includeUnknownCountriesAndRegions"] = fields["include_unknown_countries"]
    if "country_lookup" in fields:
        body["countryLookupMethod"] = LOOKUPS[fields["country_lookup"]]
    return body


def _build_range(text: str) -> Fields:
    version = "iPv6CidrRange" if ":" in text else "iPv4CidrRange"
    return {"@odata.type": f"#microsoft.graph.{version}", "cidrAddress": text}
