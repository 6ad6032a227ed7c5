# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""An object of a controller, and the kinds of them. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

Mapping = t.Mapping[str, t.Any]
#: Kind and name of an object.
Reference = tuple[str, str]

#: The kinds in the order of their dependencies, with the words for one object.
KINDS: t.Mapping[str, str] = {
    "credential_types": "credential type",
    "credentials": "credential",
    "execution_environments": "execution environment",
    "notification_templates": "notification template",
    "projects": "project",
    "inventories": "inventory",
    "hosts": "host",
    "groups": "group",
    "job_templates": "job template",
    "workflow_job_templates": "workflow",
    "workflow_nodes": "workflow node",
    "workflow_links": "links of the workflow node",
    "schedules": "schedule",
}
#: The group of the inventory in which the playbooks look for CommCells.
GROUP = "cvops_commcells"
EVENTS = ("started", "success", "error")
#: The nodes of the workflow that asks for an approval.
PLAN_NODE, APPROVE_NODE, APPLY_NODE = "plan", "approve", "apply"
#: Kinds whose objects are marked in their description. Credential types and execution environments are shared by organizations, and hold nothing.
MARKED = (
    "schedules",
    "workflow_job_templates",
    "job_templates",
    "credentials",
    "notification_templates",
    "projects",
    "inventories",
    "hosts",
)
#: Keys of what is there and not in the document begin with it.
SURPLUS = "surplus/"
_MAKER = "Made by cvops.identity.awx_setup"
_MARK = f"{_MAKER}, prefix "


@dataclass(frozen=True)
class ControllerObject:
    """An object of a controller: ``options`` of its module, those that are given only ``once``, when it is made, and what it ``needs``.

    ``parent``: the object within which the name is unique, empty where that is the organization. ``words``: what it is for.
    """

    kind: str
    name: str
    options: Mapping
    once: Mapping = field(default_factory=dict)
    needs: tuple[Reference, ...] = ()
    parent: str = ""
    words: str = ""

    @property
    def key(self) -> str:
        """What tells it from all others of the plan."""
        return "/".join([self.kind, *([self.parent] if self.parent else []), self.name])


def get_mark() -> str:
    """Return what the marks of all documents begin with; no blank at its end, which a filter might lose."""
    return _MAKER


def mark_description(words: str, prefix: str) -> str:
    """Return a description that says who has made the object, and with which prefix."""
    return f"{words}{'. ' if words else ''}{_MARK}{prefix}."


def read_mark(description: str) -> str | None:
    """Return the prefix in the mark of a description, None where it has no mark."""
    _words, found, prefix = description.rpartition(_MARK)
    return prefix.strip().removesuffix(".") if found else None


def build_object(kind: str, name: str, options: Mapping, **more: t.Any) -> ControllerObject:
    """Return an object with those of its *options* that have a value."""
    return ControllerObject(kind, name, {key: value for key, value in options.items() if value is not None}, **more)
