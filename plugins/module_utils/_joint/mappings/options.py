# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The options of role mappings: the specification of ``mappings``, and the values of all that commvault_role_mappings takes."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._commvault.references import ObjectReference, parse_reference_option
from ..._core.context import Context
from ..._core.errors import ConfigError
from ..._core.values import is_guid

#: Who loses what the mapping does not name: nobody, its principals, or the managed groups without an entry, too.
Exclusive: t.TypeAlias = t.Literal["none", "principals", "managed"]
#: Older documents have a boolean, which variables from a command line carry as text.
_EXCLUSIVE: dict[str, Exclusive] = {
    **dict.fromkeys(("none", "false", "no", "off", "n", "f", "0"), "none"),
    **dict.fromkeys(("principals", "true", "yes", "on", "y", "t", "1"), "principals"),
    "managed": "managed",
}

_PRINCIPAL = {
    kind: {"type": "raw"} for kind in ("entra_group", "user_group", "directory_group", "user", "service_account")
}
_GRANT = {
    "role": {"type": "raw", "required": True},
    "entities": {"type": "raw", "required": True},
    "valid_until": {"type": "raw"},
    "approval": {"type": "dict"},
}
_ENTRY = {
    "principal": {"type": "dict", "required": True, "options": _PRINCIPAL},
    "user_group": {"type": "raw"},
    "commcells": {"type": "list", "elements": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "relink": {"type": "bool", "default": False},
    "grants": {"type": "list", "elements": "dict", "options": _GRANT},
    "approval": {"type": "dict"},
    "business_owner": {"type": "str"},
    "review_by": {"type": "raw"},
}


def mappings_option() -> dict[str, t.Any]:
    """Return the specification of ``mappings``, which several modules take in the same form."""
    return {"type": "list", "elements": "dict", "required": True, "options": _ENTRY}


@dataclass(frozen=True)
class MappingsOptions:
    """The options of commvault_role_mappings, beside those of sign-in and risks, as values.

    ``pending_roles``: what the task, or in check mode an earlier one, would create; ``pending_entra_groups``: what earlier tasks
    would create, empty in a real run.
    """

    mappings: t.Sequence[t.Mapping[str, t.Any]]
    document: str | None
    commcell: str | None
    exclusive: Exclusive
    fail_on_drift: bool
    tell_effects: bool
    create_user_groups: bool
    link_entra_groups: bool
    match_by: str
    require_object_id: str
    max_writes: int | None
    max_removals: int
    canary: bool
    managed_groups: tuple[str, ...]
    break_glass_users: tuple[str, ...]
    break_glass_entra_groups: tuple[str, ...]
    check_rights: bool
    parallel_reads: int
    pending_roles: tuple[ObjectReference, ...]
    pending_entra_groups: tuple[str, ...]
    known_entra_groups: t.Mapping[str, t.Any]

    def list_guarded_object_ids(self) -> dict[str, str]:
        """Return the object ids among the Entra groups of ``break_glass``, by their place in the options."""
        named = enumerate(self.break_glass_entra_groups)
        return {f"break_glass.entra_groups[{index}]": name for index, name in named if is_guid(name)}


def read_mappings_options(ctx: Context, declared_roles: tuple[ObjectReference, ...] = ()) -> MappingsOptions:
    """Return the values of the task's options. Raises ConfigError for what is no mode, and for a pending role that is no reference.

    What earlier tasks were to create is pending in check mode alone: in a real run it exists by now, or is missing.
    *declared_roles*: those that the task itself creates; they are pending in both.
    """
    given = ctx.options
    break_glass = given["break_glass"] or {}
    return MappingsOptions(
        mappings=given["mappings"] or (),
        document=given.get("document"),
        commcell=given.get("commcell"),
        exclusive=_parse_exclusive(given["exclusive"], given["managed_groups"]),
        fail_on_drift=given["fail_on_drift"],
        tell_effects=given["tell_effects"],
        create_user_groups=given["create_user_groups"],
        link_entra_groups=given["link_entra_groups"],
        match_by=given["match_by"],
        require_object_id=given["require_object_id"],
        max_writes=given.get("max_writes"),
        max_removals=given["max_removals"],
        canary=given["canary"],
        managed_groups=_texts(given["managed_groups"]),
        break_glass_users=_texts(break_glass.get("commvault_users")),
        break_glass_entra_groups=_texts(break_glass.get("entra_groups")),
        check_rights=given["check_rights"],
        parallel_reads=given["parallel_reads"],
        pending_roles=declared_roles + (_references("pending_roles", given["pending_roles"]) if ctx.check_mode else ()),
        pending_entra_groups=_texts(given["pending_entra_groups"]) if ctx.check_mode else (),
        known_entra_groups=given["known_entra_groups"] or {},
    )


def _parse_exclusive(value: t.Any, managed_groups: t.Sequence[t.Any] | None) -> Exclusive:
    """Return the mode of option ``exclusive``. Raises ConfigError for another word, and for ``managed`` without managed groups."""
    mode = _EXCLUSIVE.get(str(value).strip().lower())
    if mode is None:
        raise ConfigError(
            f"exclusive is none, principals or managed, or a boolean (false: none, true: principals), not {value!r}",
            source="option exclusive",
        )
    if mode == "managed" and not managed_groups:
        raise ConfigError(
            "exclusive: managed removes the grants of groups that match managed_groups and have no entry, and managed_groups"
            " is empty: give name patterns there, or use exclusive: principals",
            source="option managed_groups",
        )
    return mode


def _texts(values: t.Iterable[t.Any] | None) -> tuple[str, ...]:
    return tuple(str(value) for value in values or ())


def _references(option: str, values: t.Iterable[t.Any] | None) -> tuple[ObjectReference, ...]:
    return tuple(parse_reference_option(value, f"{option}[{index}]") for index, value in enumerate(values or ()))
