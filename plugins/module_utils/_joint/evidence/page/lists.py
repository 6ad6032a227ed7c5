# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The long lists of the page as data: which columns they show, and rows as a dictionary and indexes for each column.

A column is ``{"v": [values], "i": place, "w": 2}``: the list's ``indexes`` have at that place a text, and in it row *r* has, from
``r * w`` on, the place of its value in *w* characters of :data:`DIGITS`, most significant first. Columns that go together (a role and its id)
share one such text; a value may then stand in ``v`` more than once. A column without ``i`` has one value for each row, or one for all. Many
values of one length, such as ids, are one text: ``f``, ``l`` characters each, after what they all begin with, ``p``. This is a fifth of the size
of rows, and searching and sorting touch each value once.
"""

from __future__ import annotations

import json
import os
import typing as t

from ...._core.visible import escape_invisible
from ..tables import Row
from . import words

#: All of ASCII that JSON and HTML leave as it is.
DIGITS = "".join(chr(code) for code in range(32, 127) if chr(code) not in '"\\<>&')
#: From so many values of one length on they are one text.
_MANY = 500
#: What would end a script or begin a comment in HTML, or end a line in old JavaScript.
_ESCAPED = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


class ListSpec(t.NamedTuple):
    """How the page shows a table: which columns first, by which one filters, which group the detail has.

    ``kinds``: how a column is shown where it is no plain text: ``left`` (a date and the days to it), ``since`` (a date and the days from it),
    ``flag``, ``severity``, ``tier``. ``nameless``: what stands for an empty name.
    """

    name: str
    noun: str
    opens: str
    nameless: str
    shown: tuple[str, ...]
    filters: tuple[str, ...]
    kinds: dict[str, str]
    groups: tuple[tuple[str, tuple[str, ...]], ...]
    sort: tuple[str, str] | None = None


ACCESS = ListSpec(
    "access",
    "row",
    "person",
    "(nobody)",
    ("person", "principal", "role", "entity", "effective_now", "in_mapping", "privileged"),
    ("commcell", "privileged", "person_kind", "grant_kind", "effective_now", "expected_at_next_login", "in_mapping"),
    {"privileged": "flag", "review_by": "left", "valid_until": "left", "approved_on": "since"},
    (
        (
            "Who",
            (
                "person",
                "person_kind",
                "user_principal_name",
                "entra_user_id",
                "entra_enabled",
                "commvault_user",
                "commvault_user_id",
                "commvault_enabled",
                "signs_in_with",
            ),
        ),
        (
            "Through",
            ("path", "entra_group", "entra_group_id", "principal", "principal_kind", "principal_id", "grant_kind"),
        ),
        ("May do", ("role", "role_id", "permissions", "privileged", "privileged_by")),
        ("On", ("commcell", "entity", "entity_kind", "entity_id", "company")),
        ("State", ("effective_now", "expected_at_next_login", "in_mapping")),
        (
            "Approval",
            ("business_owner", "approved_by", "approved_on", "ticket", "reason", "review_by", "valid_until", "id"),
        ),
    ),
    ("privileged", "ascending"),
)
FINDINGS = ListSpec(
    "findings",
    "finding",
    "title",
    "(no title)",
    ("severity", "title", "subject", "commcell", "status", "first_seen"),
    ("severity", "status", "rule", "commcell"),
    {"severity": "severity", "first_seen": "since", "accepted_until": "left"},
    (
        ("Finding", ("severity", "status", "title", "description", "remedy", "first_seen")),
        ("Acceptance", ("accepted_by", "accepted_until", "accept_reason")),
        ("About", ("subject", "subject_kind", "subject_id", "commcell", "rule", "id")),
    ),
    ("severity", "ascending"),
)
IDENTITIES = ListSpec(
    "identities",
    "row",
    "display_name",
    "(no name)",
    ("tier", "display_name", "credential_kind", "credential_name", "expires", "used_by"),
    ("tier", "credential_kind", "enabled"),
    {"tier": "tier", "expires": "left", "starts": "since"},
    (
        ("Application", ("display_name", "tier", "tier_because", "enabled", "owners", "app_id", "object_id")),
        ("May do", ("permissions_granted", "permissions_requested", "directory_roles", "policies")),
        (
            "Credential",
            ("credential_kind", "credential_name", "credential_id", "starts", "expires", "subject", "used_by", "id"),
        ),
    ),
)
LEAVERS = ListSpec(
    "leavers",
    "thing held",
    "person",
    "(no name)",
    ("person", "state", "since", "holds", "what", "commcell", "privileged"),
    ("state", "holds", "commcell", "privileged"),
    {"since": "since", "privileged": "flag"},
    (
        ("Who", ("person", "user_principal_name", "entra_user_id", "state", "since", "since_source")),
        ("Holds", ("holds", "what", "what_id", "privileged", "commcell", "offboard")),
        ("In Commvault", ("commvault_user", "commvault_user_id", "commvault_enabled", "id")),
    ),
)
CHANGES = ListSpec(
    "changes",
    "change",
    "what",
    "(not told)",
    ("change", "what", "commcell", "attribution", "who", "when"),
    ("change", "table", "commcell", "attribution"),
    {},
    (
        ("Change", ("change", "what", "columns", "before", "after", "commcell", "table", "row_id", "id")),
        ("Attribution", ("attribution", "who", "when", "sign_in", "why_unattributed")),
    ),
)
LISTS = (FINDINGS, ACCESS, IDENTITIES, LEAVERS, CHANGES)
#: The order of values that no alphabet has.
_ORDERS = {"severity": ["Critical", "High", "Medium", "Low"], "privileged": ["Yes", "Not known", "No"]}


class _Places(t.NamedTuple):
    """Columns with one place for each row: at that place stand the values of all of them."""

    names: list[str]
    values: list[list[str | list[str]]]
    found: list[int]


def encode_list(spec: ListSpec, columns: t.Sequence[str], rows: t.Sequence[Row]) -> dict[str, t.Any]:
    """Return a list for the page's script: what it shows and its rows, column by column; equal for equal rows."""
    encoded, indexes = encode_columns({name: [row.get(name) for row in rows] for name in columns if name != "rows"})
    return {
        "name": spec.name,
        "noun": spec.noun,
        "opens": spec.opens,
        "nameless": spec.nameless,
        "n": len(rows),
        "shown": list(spec.shown),
        "filters": list(spec.filters),
        "kinds": spec.kinds,
        "groups": [[title, list(names)] for title, names in spec.groups],
        "sort": list(spec.sort) if spec.sort else None,
        "order": _ORDERS,
        "columns": {name: {"t": words.name_column(name), **column} for name, column in encoded.items()},
        "indexes": indexes,
    }


def encode_columns(columns: t.Mapping[str, t.Sequence[t.Any]]) -> tuple[dict[str, dict[str, t.Any]], list[str]]:
    """Return columns as values for people with the places of their cells' values, and the texts that hold those places."""
    encoded: dict[str, dict[str, t.Any]] = {}
    texts: dict[str, int] = {}
    few: list[_Places] = []
    for name, cells in columns.items():
        places: dict[t.Any, int] = {}
        found = [places.setdefault(tuple(cell) if isinstance(cell, list) else cell, len(places)) for cell in cells]
        values = [_show_cell(name, key) for key in places]
        encoded[name] = _pack_values(values)
        if 1 < len(values) <= len(DIGITS) and len(values) < len(cells):
            few.append(_Places([name], [[value] for value in values], found))
        elif len(DIGITS) < len(values) < len(cells):  # otherwise the places are 0, 0, 0, … or 0, 1, 2, …
            encoded[name] |= _write_places(found, len(values), texts)
    for one in _join_places(few):
        written = _write_places(one.found, len(one.values), texts)
        for number, name in enumerate(one.names):
            encoded[name] = {"v": [values[number] for values in one.values], **written}
    return encoded, list(texts)


def _join_places(columns: t.Sequence[_Places]) -> list[_Places]:
    """Return neighbours together whose cells have few combinations, such as a kind of account and how it signs in: they need one text."""
    joined: list[_Places] = []
    for column in columns:
        last = joined[-1] if joined else None
        if last is None or len(set(zip(last.found, column.found, strict=True))) > len(DIGITS):
            joined.append(column)
            continue
        places: dict[tuple[int, int], int] = {}
        found = [places.setdefault(pair, len(places)) for pair in zip(last.found, column.found, strict=True)]
        values = [[*last.values[first], *column.values[second]] for first, second in places]
        joined[-1] = _Places([*last.names, *column.names], values, found)
    return joined


def _write_places(found: t.Sequence[int], count: int, texts: dict[str, int]) -> dict[str, t.Any]:
    """Return where in *texts*, which gets new ones, the places stand that are below *count*, and how wide each is."""
    width = 1
    while len(DIGITS) ** width < count:
        width += 1
    digits = [_format_index(place, width) for place in range(count)]
    return {"i": texts.setdefault("".join([digits[place] for place in found]), len(texts)), "w": width}


def dump_json(value: t.Any) -> str:
    """Return *value* as JSON that may stand in a script of a page: nothing in it can end the script or begin a comment."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).translate(_ESCAPED)


def _pack_values(values: list[str | list[str]]) -> dict[str, t.Any]:
    """Return many texts of one length as one text, others as they are."""
    texts = [value for value in values if isinstance(value, str)]
    longest = len(texts[0]) if texts else 0
    if (
        len(values) < _MANY
        or len(texts) < len(values)
        or any(len(text) != longest or not text.isascii() for text in texts)
    ):
        return {"v": values}
    shared = os.path.commonprefix(texts)
    return {"f": "".join([text[len(shared) :] for text in texts]), "l": longest - len(shared), "p": shared}


def find_rows(findings: t.Sequence[Row], rows: t.Mapping[str, t.Sequence[Row]]) -> dict[str, dict[str, list[int]]]:
    """Return by list and place of a finding the places of the rows that it is about; ids that stand in none of the lists *rows* are left out."""
    wanted = {key for finding in findings for key in _list(finding["rows"])}
    places = {
        name: {str(row["id"]): place for place, row in enumerate(listed) if row["id"] in wanted}
        for name, listed in rows.items()
    }
    return {
        name: {
            str(number): about
            for number, finding in enumerate(findings)
            if (about := [known[key] for key in _list(finding["rows"]) if key in known])
        }
        for name, known in places.items()
    }


def list_permissions(rows: t.Sequence[Row]) -> list[list[t.Any]]:
    """Return ``[CommCell, id of the role, role, [permissions], [privileged ones]]`` of each role, for the explorer by role."""
    roles: dict[tuple[str, str, str], tuple[list[str], list[str]]] = {}
    for row in rows:
        key = (str(row["commcell"]), str(row["role_id"] or ""), str(row["role"]))
        every, privileged = roles.setdefault(key, ([], []))
        if row["permission"]:
            (privileged if row["privileged"] is True else every).append(escape_invisible(str(row["permission"])))
    return [
        [*map(escape_invisible, key), sorted(every), sorted(privileged)]
        for key, (every, privileged) in sorted(roles.items())
    ]


def _show_cell(name: str, value: t.Any) -> str | list[str]:
    """Return a cell as the page shows it: a text or a list of texts, nothing in it invisible."""
    if isinstance(value, tuple):
        return [escape_invisible(words.name_value(name, item)) for item in value]
    return escape_invisible(words.name_value(name, value))


def _format_index(index: int, width: int) -> str:
    """Return *index* in *width* characters of DIGITS."""
    text = ""
    for _place in range(width):
        index, digit = divmod(index, len(DIGITS))
        text = DIGITS[digit] + text
    return text


def _list(cell: t.Any) -> list[str]:
    """Return a cell that holds a list of texts; an empty one for anything else."""
    return [str(item) for item in cell] if isinstance(cell, list) else []
