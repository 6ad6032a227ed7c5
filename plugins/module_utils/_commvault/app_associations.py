# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Who may sign in through an identity provider app, whatever its kind: comparison and planning of its associations."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._core.context import Context
from .._core.errors import AmbiguousMatch, NotFound, Problems
from .._core.names import is_same_name
from .._core.plan import Change
from .._core.risks import check_removals

#: The kind of what an app is associated with and the options do not name; nobody manages it.
OTHERS = "others"
WORDS = {
    "users": "user",
    "user_groups": "user group",
    "companies": "company",
    "domains": "domain",
    "email_suffixes": "e-mail suffix",
    "default_user_groups": "default user group",
}


@dataclass(frozen=True)
class Association:
    """One association. ``id``: None where it is not known, as that of a domain by name. ``wire``: the entry as it is sent.

    ``pending``: folded name and company id of what an earlier task of the run creates and is not there yet, None of all else.
    """

    kind: str
    name: str
    id: int | None
    wire: t.Mapping[str, t.Any]
    pending: tuple[str, int] | None = None

    def is_same(self, other: Association) -> bool:
        """Return whether both are about the same object: by id, or by name where one has no id; what is pending is no object that is there."""
        if self.kind != other.kind or self.pending != other.pending:
            return False
        if self.id is not None and other.id is not None:
            return self.id == other.id
        return is_same_name(self.name, other.name)


class AssociationChanges(t.NamedTuple):
    """What is added, what is removed, and what there is afterwards."""

    add: list[Association]
    remove: list[Association]
    after: list[Association]


def plan_associations(
    wanted: t.Mapping[str, t.Sequence[Association]], current: t.Sequence[Association], exclusive: bool
) -> AssociationChanges:
    """Return the changes to *current*. *wanted*: by kind, only those that are managed; an empty list removes all of its kind.

    Without *exclusive*, associations are only added. Others keep their entries, and their order.
    """
    added: list[Association] = []
    removed: list[Association] = []
    for kind, listed in wanted.items():
        have = [item for item in current if item.kind == kind]
        for item in listed:
            if not any(item.is_same(other) for other in (*have, *added)):
                added.append(item)
        if exclusive or not listed:
            removed += [item for item in have if not any(item.is_same(other) for other in listed)]
    after = [item for item in current if item not in removed] + added
    return AssociationChanges(added, removed, after)


def find_lost(kept: t.Iterable[Association], shown: t.Sequence[Association]) -> list[str]:
    """Return those of *kept* that are not *shown*, in words, sorted."""
    lost = [item for item in kept if not any(item.is_same(other) for other in shown)]
    return sorted(f"{WORDS.get(item.kind, item.kind)} {item.name}" for item in lost)


def warn_of_lost(ctx: Context, subject: str, lost: t.Sequence[str]) -> None:
    """Warn of associations that others had made, and that are gone after a write; they are not written again."""
    if lost:
        ctx.warn(
            f"{subject}: {', '.join(lost)} {'was' if len(lost) == 1 else 'were'} there before this task wrote the "
            "app, and Commvault no longer shows that. Check whether somebody else has removed it; if not, associate "
            "it again."
        )


def describe_associations(associations: t.Iterable[Association], kinds: t.Iterable[str]) -> dict[str, list[str]]:
    """Return the names by kind, of *kinds* and those that nobody manages, sorted; namesakes with their ids."""
    found: dict[str, list[str]] = {kind: [] for kind in (*kinds, OTHERS)}
    listed = list(associations)
    for item in listed:
        twins = [other for other in listed if other.kind == item.kind and is_same_name(other.name, item.name)]
        found[item.kind].append(f"{item.name} (id {item.id})" if len(twins) > 1 and item.id else item.name)
    return {kind: sorted(names) for kind, names in found.items()}


def describe_association_changes(principal: str, changes: AssociationChanges) -> list[Change]:
    """Return one change per association that the app *principal* gains or loses."""
    return [
        Change(
            "+" if verb == "add" else "-",
            "association",
            principal,
            f"{verb} {WORDS.get(item.kind, item.kind)} {item.name}",
            {"kind": item.kind},
            {"associated": item.id},
        )
        for verb, listed in (("add", changes.add), ("remove", changes.remove))
        for item in listed
        if item.kind != OTHERS
    ]


def check_association_removals(changes: AssociationChanges, limit: int) -> None:
    """Raise GuardRefused where more than *limit* associations would go."""
    gone = [f"{WORDS.get(item.kind, item.kind)} {item.name}" for item in changes.remove]
    check_removals(gone, limit, "associations", "the list")


def resolve_associations(
    given: t.Mapping[str, t.Sequence[t.Any]],
    resolve: t.Callable[[str, t.Any], Association],
    subject: str,
    places: t.Mapping[str, str] | None = None,
) -> dict[str, list[Association]]:
    """Return the associations that options name, by kind. Raises Problems with all that cannot be resolved.

    *resolve*: of a kind and a value; it raises NotFound, AmbiguousMatch, ValueError. *subject*: the app, for the message; *places*:
    the option of a kind that is not one of ``associations``.
    """
    found: dict[str, list[Association]] = {}
    problems = []
    for kind, listed in given.items():
        found[kind] = []
        for index, value in enumerate(listed):
            where = f"{(places or {}).get(kind, f'associations.{kind}')}[{index}]"
            try:
                found[kind].append(resolve(kind, value))
            except (AmbiguousMatch, NotFound) as exc:
                problems.append({"kind": exc.kind, "where": where, "message": str(exc)})
            except ValueError as exc:
                problems.append({"kind": "config", "where": where, "message": str(exc)})
    if problems:
        raise Problems(f"{subject} cannot be planned:", problems)
    return found
