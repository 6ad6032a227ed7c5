# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What an earlier run has made on a controller and the document no longer has: marked objects, and what objects that stay still name. Pure.

A run marks what it makes, with the prefix of the document, in the description. Whoever takes the mark out makes the object their own.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .controller_model import KINDS, MARKED, SURPLUS, Mapping, get_mark, read_mark
from .controller_objects import ControllerPlan
from .filter_values import make_visible, require_list, require_mapping, to_text

#: Kinds that lie in the inventory; schedules lie in templates, and the others in the organization.
_IN_INVENTORY = ("hosts",)
#: Kinds that schedules start.
_STARTED = ("job_templates", "workflow_job_templates")
#: By kind, the field that the official modules can set but not clear, with the words for it and for the place in the document.
LASTING: t.Mapping[str, tuple[str, str, str]] = {
    "job_templates": ("execution_environment", "execution environment", "execution_environment"),
    "projects": ("credential", "credential", "project.credential"),
    "execution_environments": ("credential", "credential", "execution_environment.credential"),
}
#: So many objects are named beside the schedules that run.
_TOLD = 50


@dataclass(frozen=True)
class Surplus:
    """A marked object that the plan lacks. ``template``: the name of the one that a schedule starts; ``runs``: a schedule that is enabled."""

    kind: str
    id: int
    name: str
    template: str = ""
    runs: bool = False

    @property
    def key(self) -> str:
        """What tells it from all others, and from the objects of the plan."""
        return f"{SURPLUS}{self.kind}/{self.id}"

    @property
    def words(self) -> str:
        """The object in words for people; the id tells it from one of the same name."""
        of = f" of {make_visible(self.template)}" if self.template else ""
        return f"{KINDS[self.kind]} {make_visible(self.name)}{of} (id {self.id})"


def list_mark_queries(plan: ControllerPlan, known: Mapping, organization: t.Any) -> list[dict[str, t.Any]]:
    """Return the look-ups of marked objects that can be made by now and have not been made; ``all``: every page is read."""
    inventories = [_read_state(known, item.key).get("id") for item in plan.objects if item.kind == "inventories"]
    found = []
    for kind in MARKED:
        params: dict[str, t.Any] = {"description__contains": get_mark(), "page_size": 200}
        if organization is None or name_marked(kind) in known:
            continue
        if kind in _IN_INVENTORY:
            if inventories[:1] in ([], [None]):
                continue
            params["inventory"] = inventories[0]
        elif kind != "schedules":
            params["organization"] = organization
        found.append({"key": name_marked(kind), "endpoint": kind, "params": params, "all": True})
    return found


def name_marked(kind: str) -> str:
    """Return the key of the state under which the marked objects of a kind are."""
    return f"marked/{kind}"


def is_marked_key(key: str) -> bool:
    """Return whether the key of a look-up is that of marked objects."""
    return key.startswith("marked/")


def read_marked(objects: t.Iterable[Mapping]) -> list[dict[str, t.Any]]:
    """Return of the *objects* that have a mark what has to be known: ``id``, ``name``, ``prefix``, ``template`` (an id) and ``runs`` of schedules."""
    found = []
    for item in objects:
        prefix = read_mark(to_text(item.get("description")))
        if prefix is not None and isinstance(item.get("id"), int):
            found.append(
                {
                    "id": item["id"],
                    "name": to_text(item.get("name")),
                    "prefix": prefix,
                    "template": item.get("unified_job_template"),
                    "runs": item.get("enabled") is True,
                }
            )
    return found


def list_surplus(plan: ControllerPlan, known: Mapping) -> list[Surplus]:
    """Return the objects that an earlier run of this document has made and the document lacks: schedules that run first, then by kind and name."""
    found = [one for one, prefix in _list_marked(plan, known) if prefix == plan.settings.prefix]
    ranks = {kind: number for number, kind in enumerate(MARKED)}
    return sorted(found, key=lambda one: (not one.runs, ranks[one.kind], one.name, one.id))


def _list_marked(plan: ControllerPlan, known: Mapping) -> t.Iterator[tuple[Surplus, str]]:
    """Yield each marked object that is none of the plan, nor used by it, with its prefix."""
    planned = {(item.kind, _read_state(known, item.key).get("id")) for item in plan.objects}
    planned |= {(kind, _read_state(known, f"{kind}/{name}").get("id")) for kind, name in plan.uses}
    # Schedules are looked up without the organization; those of its templates count, and of no other.
    templates = {_read_state(known, item.key).get("id"): item.name for item in plan.objects if item.kind in _STARTED}
    templates |= {one["id"]: one["name"] for kind in _STARTED for one in _read_found(known, kind)}
    for kind in MARKED:
        for one in _read_found(known, kind):
            if (kind, one["id"]) in planned or (kind == "schedules" and one["template"] not in templates):
                continue
            template = templates[one["template"]] if kind == "schedules" else ""
            runs = kind == "schedules" and one["runs"]
            yield Surplus(kind, one["id"], one["name"], template, runs), one["prefix"]


def _read_state(known: Mapping, key: str) -> Mapping:
    return require_mapping(known.get(key), "a state")


def _read_found(known: Mapping, kind: str) -> list[Mapping]:
    return require_list(_read_state(known, name_marked(kind)).get("marked"), "marked objects")


def list_stops(plan: ControllerPlan, known: Mapping) -> list[dict[str, t.Any]]:
    """Return the schedules that are to be switched off, as a task writes them: by id, since a schedule is looked up by name or id."""
    return [
        {"key": one.key, "name": one.name, "options": {"name": str(one.id), "enabled": False}, "status": ""}
        for one in list_surplus(plan, known)
        if one.runs
    ]


def format_surplus(
    plan: ControllerPlan, known: Mapping, stopped: t.Collection[str] = (), done: bool = False
) -> list[str]:
    """Return in words what is there and the document lacks, empty where there is nothing.

    *stopped*: the keys of schedules that were switched off, or in check mode would be; *done*: whether a run is over.
    """
    surplus, lines = list_surplus(plan, known), list[str]()
    if surplus:
        lines.append(
            f"Made by an earlier run, and not in the document: {len(surplus)}. Delete what is not needed on the controller"
        )
    running = sum(one.runs for one in surplus)
    for one in surplus[: running + _TOLD]:
        if not one.runs:
            lines.append(f"  ? {one.words}")
        elif not done:
            lines.append(f"  - {one.words}: it is active, and is now disabled")
        else:
            end = "disabled; if it was renamed, enable the new one" if one.key in stopped else "IT STILL RUNS"
            lines.append(f"  - {one.words}: {end}")
    rest = len(surplus) - running - _TOLD
    lines += [f"  and {rest} more, all of them in awx_setup_result.surplus"] if rest > 0 else []
    return [*lines, *_format_lasting(plan, known), *_format_others(plan, known)]


def _format_lasting(plan: ControllerPlan, known: Mapping) -> list[str]:
    """Return what objects of the plan still name: the official modules cannot take it out."""
    lines = []
    for kind, (field, words, place) in LASTING.items():
        names = [
            to_text(make_visible(item.name))
            for item in plan.objects
            if item.kind == kind
            and not item.options.get(field)
            and _read_state(known, item.key).get("lasting") is not None
        ]
        if names:
            lines.append(
                f"  ? {KINDS[kind]} {', '.join(names)}: the document has no {words}, but the object has one; remove "
                f"it on the controller, or add it in cvops_controller.{place}"
            )
    return lines


def _format_others(plan: ControllerPlan, known: Mapping) -> list[str]:
    counts: dict[str, list[bool]] = {}
    for one, prefix in _list_marked(plan, known):
        if prefix != plan.settings.prefix:
            counts.setdefault(prefix, []).append(one.runs)
    return [
        f"  ? {len(runs)} objects with the prefix {make_visible(prefix)}, {sum(runs)} of them schedules that run: of "
        "another document, or of this one"
        " before its prefix was changed"
        for prefix, runs in sorted(counts.items())
    ]
