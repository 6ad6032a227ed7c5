# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What the page says first: the state in a sentence, the findings by rule, the population and where it comes from. Pure."""

from __future__ import annotations

import typing as t

from ..population import name_source
from ..tables import SEVERITIES, Row, Tables
from . import words

#: Findings that stand in the page itself, of one rule and of all; the list below has the others.
PER_RULE, IN_ALL = 5, 240
#: Sources that stand in the page itself, of those that are not complete and of those that are; causes of a partial bundle, and places of one.
MOST_SOURCES, MOST_CAUSES = 100, 12
_COMPLETE = (("bad", "Not complete"), ("unsure", "Not known"), ("good", "Complete"))
Links = t.Mapping[str, t.Mapping[str, t.Sequence[int]]]
_STATUS_ORDER = ("open", "not_evaluable", "accepted")
#: What a row of a list is called, by the list.
_LINK_NOUNS = {"access": "grant", "identities": "row of applications", "leavers": "thing held", "changes": "change"}


class Group(t.NamedTuple):
    """The findings of one rule with one severity and status."""

    rule: str
    severity: str
    status: str
    title: str
    remedy: str
    total: int
    rows: list[dict[str, t.Any]]


def count_findings(findings: t.Sequence[Row]) -> dict[str, int]:
    """Return how many findings are open by severity, and ``open``, ``accepted``, ``not_evaluable`` of all severities."""
    counts = dict.fromkeys((*SEVERITIES, "open", "accepted", "not_evaluable"), 0)
    for row in findings:
        status = str(row["status"])
        counts[status] = counts.get(status, 0) + 1
        if status == "open":
            severity = str(row["severity"])
            counts[severity] = counts.get(severity, 0) + 1
    return counts


def group_findings(findings: t.Sequence[Row], as_of: str, links: Links) -> list[Group]:
    """Return the findings by rule, the grave and open ones first; of many the first ones only, ``total`` tells of how many.

    *links*: by list and place of a finding the rows that it is about, see :func:`lists.find_rows`.
    """
    groups: dict[tuple[str, str, str], list[tuple[int, Row]]] = {}
    for place, row in enumerate(findings):
        groups.setdefault((str(row["severity"]), str(row["status"]), str(row["rule"])), []).append((place, row))
    room = IN_ALL
    built = []
    for severity, status, rule in sorted(groups, key=_rank_group):
        rows = groups[severity, status, rule]
        titles, remedies = ({str(row[name]) for _place, row in rows} for name in ("title", "remedy"))
        few = rows[: min(PER_RULE, room)]
        room -= len(few)
        shown = [_show_finding(place, row, as_of, links, len(titles) > 1, len(remedies) > 1) for place, row in few]
        title = titles.pop() if len(titles) == 1 else rule.replace("_", " ").capitalize()
        built.append(
            Group(rule, severity, status, title, remedies.pop() if len(remedies) == 1 else "", len(rows), shown)
        )
    return built


def group_causes(partial: t.Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return why the bundle is partial, each cause once with what it is true of; *partial* are texts ``what: cause``, others are causes of their own."""
    causes: dict[str, list[str]] = {}
    for text in partial:
        what, colon, cause = text.partition(": ")
        causes.setdefault(cause if colon else text, []).extend([what] if colon else [])
    return list(causes.items())


def build_state(tables: Tables, counts: t.Mapping[str, int], population: t.Mapping[str, t.Any]) -> dict[str, str]:
    """Return ``level`` (critical, high, medium, low, none) and the sentence that begins the page."""
    grave = [f"{counts[name]:,} {name}" for name in SEVERITIES if counts[name]]
    level = next((name for name in SEVERITIES if counts[name]), "none")
    where = (
        f"{words.count_of(population['accounts'], 'account')} {_hold(population['accounts'])} "
        f"{words.count_of(population['grants'], 'grant')} on {words.count_of(population['commcells'], 'CommCell')}"
    )
    if not tables.rows["access"]:
        where = f"No grant was seen on {words.count_of(population['commcells'], 'CommCell')}"
    if grave:
        noun = "finding is" if counts["open"] == 1 else "findings are"
        return {"level": level, "headline": f"{words.join_words(grave)} {noun} open.", "rest": f"{where}."}
    return {"level": level, "headline": "No finding is open.", "rest": f"{where}."}


def build_population(tables: Tables, about: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the counts of accounts and grants, the collectors with the age of what they read, and the sources, incomplete ones first."""
    accounts: dict[tuple[str, ...], str] = {}
    grants: set[tuple[t.Any, ...]] = set()
    privileged: set[tuple[str, ...]] = set()
    kinds: dict[str, int] = {}
    for row in tables.rows["access"]:
        grants.add(identify_grant(row))
        kind = str(row["person_kind"])
        if kind == "nobody":
            continue
        who = identify_person(row)
        if who not in accounts:
            accounts[who] = kind
            kinds[kind] = kinds.get(kind, 0) + 1
        if row["privileged"] is True:
            privileged.add(who)
    sources = sorted(tables.rows["population"], key=_rank_source)
    return {
        "accounts": len(accounts),
        "kinds": [(words.name_value("person_kind", kind), count) for kind, count in sorted(kinds.items())],
        "grants": len(grants),
        "rows": len(tables.rows["access"]),
        "privileged": len(privileged),
        "commcells": len(about["commcells"]),
        "unassigned": sum(1 for row in tables.rows["access"] if row["person_kind"] == "nobody"),
        "not_evaluable": kinds.get("not_evaluable", 0),
        "collectors": _list_collectors(about),
        "sources": [
            (
                [_show_source(row) for row in sources if (row["complete"] is True) is complete][:MOST_SOURCES],
                sum((row["complete"] is True) is complete for row in sources),
            )
            for complete in (False, True)
        ],
        "sources_in_all": len(sources),
        "incomplete": sum(row["complete"] is not True for row in sources),
    }


def identify_person(row: Row) -> tuple[str, ...]:
    """Return what makes the holder of a row of access one person: the Entra ID user, else the user of one CommCell, else the name there."""
    if row["entra_user_id"]:
        return ("entra", str(row["entra_user_id"]))
    if row["commvault_user_id"]:
        return ("commvault", str(row["commcell"]), str(row["commvault_user_id"]))
    return ("name", str(row["commcell"]), str(row["person_kind"]), str(row["person"]))


def identify_grant(row: Row) -> tuple[t.Any, ...]:
    """Return what makes a grant one, however many people have it."""
    names = ("commcell", "principal_kind", "principal_id", "role_id", "entity_kind", "entity_id", "grant_kind")
    permissions = row["permissions"]
    return (*(row[name] for name in names), *(permissions if isinstance(permissions, list) else ()))


def _rank_group(key: tuple[str, str, str]) -> tuple[int, int, str]:
    severity, status, rule = key
    return (_rank(_STATUS_ORDER, status), _rank(SEVERITIES, severity), rule)


def _rank(order: t.Sequence[str], value: str) -> int:
    return order.index(value) if value in order else len(order)


def _rank_source(row: Row) -> tuple[int, list[str]]:
    """Return the order of a source: not complete, not known, complete; each by service, CommCell and name."""
    state = 0 if row["complete"] is False else 1 if row["complete"] is None else 2
    return state, [str(row[name] or "") for name in ("side", "commcell", "source", "id")]


def _hold(number: int) -> str:
    return "holds" if number == 1 else "hold"


def _show_finding(
    place: int,
    row: Row,
    as_of: str,
    links: Links,
    with_title: bool,
    with_remedy: bool,
) -> dict[str, t.Any]:
    """Return a finding for the page; its title and remedy only where those of its rule differ."""
    found = {name: rows[str(place)] for name, rows in links.items() if str(place) in rows}
    age = words.days_from(row["first_seen"], as_of)
    return {
        "place": place,
        "id": row["id"],
        "title": row["title"] if with_title else "",
        "subject": row["subject"],
        "subject_kind": words.name_value("entity_kind", row["subject_kind"]),
        "commcell": row["commcell"],
        "description": row["description"],
        "remedy": row["remedy"] if with_remedy else "",
        "first_seen": row["first_seen"],
        "age": "" if not age else words.count_of(age, "day"),
        "new": age == 0,
        "links": [
            (name, words.count_of(len(found[name]), noun)) for name, noun in _LINK_NOUNS.items() if name in found
        ],
    }


def _list_collectors(about: t.Mapping[str, t.Any]) -> list[dict[str, t.Any]]:
    """Return each service that was read: which, by whom, when, and how old that is seen from ``as_of``."""
    read = [
        {"side": "Commvault", "name": one["name"], "id": one["id"], "release": one["release"], **_show_collector(one)}
        for one in about["commcells"]
    ]
    if about["entra"]:
        tenant = about["tenant"] or {}
        name = str(tenant.get("displayName") or tenant.get("domain") or "Tenant")
        read.append(
            {
                "side": "Entra ID",
                "name": name,
                "id": tenant.get("id") or "",
                "release": "",
                **_show_collector(about["entra"]),
            }
        )
    for row in read:
        age = words.days_from(row["ended"], about["as_of"])
        row["age"] = (
            ""
            if age is None
            else "same day"
            if age == 0
            else f"{words.count_of(abs(age), 'day')} " + ("before" if age > 0 else "after")
        )
        row["stale"] = age is not None and age > 7
        row["ended"] = words.tell_time(row["ended"])
    return read


def _show_collector(read: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return who read, and with how many rights."""
    collector = read["collector"] or {}
    rights = collector.get("rights")
    return {
        "ended": read["ended"],
        "collector": collector.get("name") or collector.get("id") or "",
        "collector_kind": str(collector.get("kind") or "").replace("_", " "),
        "rights": None if rights is None else list(rights),
    }


def _show_source(row: Row) -> dict[str, t.Any]:
    level, state = _COMPLETE[_rank_source(row)[0]]
    count = str(row["count"] if row["count"] is not None else "")
    return {
        "side": {"entra": "Entra ID", "commvault": "Commvault"}.get(str(row["side"]), row["side"]),
        "commcell": row["commcell"],
        "source": name_source(str(row["source"] or "")),
        "count": f"{int(count):,}" if count.isascii() and count.isdigit() else count,
        "level": level,
        "state": state,
        "why": row["why"],
    }
