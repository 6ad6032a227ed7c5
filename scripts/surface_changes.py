# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a surface takes away from an older one: the rules of semantic versions for everything that others build on. Pure."""

from __future__ import annotations

import json
import typing as t

Surface = t.Mapping[str, t.Mapping[str, t.Any]]

REMEDY = (
    "CONTRIBUTING.md, Versions and deprecation: keep it and deprecate it; it may go in the next major version, with an entry in"
    " tests/upgrade/exceptions.json for"
)


def find_breaks(kept: Surface, current: Surface) -> dict[str, str]:
    """Return what *kept* promises and *current* does not: a sentence for each break, by a name that is the same in every run.

    Adding is allowed, and so is to accept more. An option that is new and required breaks what is older than its owner's.
    """
    found: dict[str, str] = {}
    gone = [name for name in kept if name not in current]
    for name in gone:
        if not any(name.startswith((f"{other} ", f"{other}.")) for other in gone):  # its parts go with it
            found[name] = f"{name} is gone"
    for name, facts in current.items():
        if name in kept:
            changes = _compare(kept[name], facts)
            if rules := _find_new_rules(kept, name, facts.get("rules", ())):
                changes["rules"] = f"has a new rule: {'; '.join(rules)}"
            for about, told in changes.items():
                found[f"{name}: {about}"] = f"{name}: {told}"
        elif facts.get("required") and _owner(name) in kept:
            found[name] = f"{name} is new and required"
    return found


def _owner(name: str) -> str:
    """Return what a name is a part of: the option around it, else the module, role or the like."""
    inner, dot, dummy = name.rpartition(".")
    return inner if dot else name.rpartition(" option ")[0]


def _compare(old: t.Mapping[str, t.Any], new: t.Mapping[str, t.Any]) -> dict[str, str]:
    """Return what of a name became narrower or another, by what it is about."""
    found = {}
    for fact in ("type", "elements", "default", "positional", "requires"):
        if old.get(fact) != new.get(fact):
            found[fact] = f"{fact} was {json.dumps(old.get(fact))} and is {json.dumps(new.get(fact))}"
    if new.get("required") and not old.get("required"):
        found["required"] = "is required now"
    if "choices" in new:
        lost = [one for one in old["choices"] if one not in new["choices"]] if "choices" in old else None
        if lost is None:
            found["choices"] = "has choices now"
        elif lost:
            found["choices"] = f"no longer accepts {', '.join(map(str, lost))}"
    if lost := [one for one in old.get("aliases", ()) if one not in new.get("aliases", ())]:
        found["aliases"] = f"lost the alias {', '.join(lost)}"
    return found


def _find_new_rules(kept: Surface, owner: str, rules: t.Iterable[t.Any]) -> list[str]:
    """Return the rules that refuse what was accepted. One about a new option, or a new choice, refuses nothing that anybody could write."""
    old = kept[owner].get("rules", ())
    joint = "." if " option " in owner or owner.startswith("variable ") else " option "

    def known(option: str) -> t.Mapping[str, t.Any] | None:
        return kept.get(f"{owner}{joint}{option}")

    found = []
    for rule, row in rules:
        if rule in ("required_if", "required_by"):
            first = known(row[0])
            is_new = first is None or (rule == "required_if" and row[1] not in first.get("choices", [row[1]]))
        else:
            left = [name for name in row if known(name) is not None]
            same = any(kind == rule and set(left) == set(other) for kind, other in old)
            is_new = same or (rule != "required_one_of" and len(left) < 2)
        if not is_new and [rule, row] not in old:
            found.append(f"{rule} {json.dumps(row)}")
    return found


def judge_breaks(breaks: t.Mapping[str, str], exceptions: t.Mapping[str, str], kept: str, version: str) -> list[str]:
    """Return the faults of a version after the one that was *kept*: breaks without an exception, exceptions that are none.

    *exceptions*: what this version may take away, by name, each with the reason. Only a major version may.
    """
    faults = []
    is_major = parse_version(version)[0] > parse_version(kept)[0]
    if exceptions and not is_major:
        faults.append(f"exceptions are for a major version, and {version} is none after {kept}")
    allowed = exceptions if is_major else {}
    faults += [
        f"{told}, since {kept}. {REMEDY} {json.dumps(name)}" for name, told in breaks.items() if not allowed.get(name)
    ]
    faults += [
        f"the exception {name!r} is about nothing that went away since {kept}"
        for name in exceptions
        if name not in breaks
    ]
    return faults


def parse_version(text: str) -> tuple[int, ...]:
    """Return the three numbers of a version. Raises ValueError for another form."""
    numbers = tuple(int(one) for one in text.split("."))
    if len(numbers) != 3:
        raise ValueError(f"no version of three numbers: {text!r}")
    return numbers
