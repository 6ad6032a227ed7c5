# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Argument specs that can be merged: options together with the rules between them."""

from __future__ import annotations

import typing as t


class ArgumentSpec:
    """The options of a module and their cross-option rules, in the words of AnsibleModule."""

    def __init__(
        self,
        options: t.Mapping[str, t.Mapping[str, t.Any]],
        *,
        required_if: t.Sequence[t.Sequence[t.Any]] = (),
        required_together: t.Sequence[t.Sequence[str]] = (),
        required_one_of: t.Sequence[t.Sequence[str]] = (),
        mutually_exclusive: t.Sequence[t.Sequence[str]] = (),
        required_by: t.Mapping[str, t.Sequence[str]] | None = None,
    ) -> None:
        self.options: dict[str, dict[str, t.Any]] = {name: dict(option) for name, option in options.items()}
        self.required_if = [list(rule) for rule in required_if]
        self.required_together = [list(rule) for rule in required_together]
        self.required_one_of = [list(rule) for rule in required_one_of]
        self.mutually_exclusive = [list(rule) for rule in mutually_exclusive]
        self.required_by = {name: list(needed) for name, needed in (required_by or {}).items()}

    def merge(self, *others: ArgumentSpec) -> ArgumentSpec:
        """Return a new spec with all options and all rules. Raises ValueError for an option that two specs define differently."""
        merged = ArgumentSpec(self.options, **self.to_rule_kwargs())
        for other in others:
            for name, option in other.options.items():
                if merged.options.setdefault(name, dict(option)) != option:
                    raise ValueError(f"option {name} is defined twice and differently")
            merged.required_if += other.required_if
            merged.required_together += other.required_together
            merged.required_one_of += other.required_one_of
            merged.mutually_exclusive += other.mutually_exclusive
            for name, needed in other.required_by.items():
                merged.required_by[name] = list(dict.fromkeys([*merged.required_by.get(name, []), *needed]))
        return merged

    def to_rule_kwargs(self) -> dict[str, t.Any]:
        """Return the cross-option rules as keyword arguments of AnsibleModule and ArgumentSpecValidator."""
        return {
            "required_if": self.required_if,
            "required_together": self.required_together,
            "required_one_of": self.required_one_of,
            "mutually_exclusive": self.mutually_exclusive,
            "required_by": self.required_by,
        }

    def to_kwargs(self) -> dict[str, t.Any]:
        """Return the keyword arguments of AnsibleModule."""
        return {"argument_spec": self.options, **self.to_rule_kwargs()}
