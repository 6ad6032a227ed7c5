# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Rules of Entra ID on the options of several nouns: how long texts are, what a tag is, how many owners there are. Pure."""

from __future__ import annotations

import typing as t

Problem = dict[str, str]
_LONGEST_TAG = 256
#: Microsoft Learn (service limits): of a group, and of an application.
_MOST_OWNERS = 100


def describe_problem(where: str, message: str) -> Problem:
    """Return a problem for Problems about the option *where*."""
    return {"kind": "config", "where": where, "message": message}


def find_long_texts(options: t.Mapping[str, t.Any], longest: t.Mapping[str, int]) -> list[Problem]:
    """Return a problem for each option that has more characters than *longest* says of it."""
    return [
        describe_problem(name, f"longer than {most} characters")
        for name, most in longest.items()
        if len(options.get(name) or "") > most
    ]


def find_wrong_tags(tags: t.Sequence[str] | None) -> list[Problem]:
    """Return a problem for each of *tags* that is empty, too long or has a blank."""
    return [
        describe_problem(f"tags[{index}]", f"a tag has 1 to {_LONGEST_TAG} characters and no blanks")
        for index, tag in enumerate(tags or ())
        if not tag or len(tag) > _LONGEST_TAG or any(letter.isspace() for letter in tag)
    ]


def find_excess_owners(owners: t.Sequence[str] | None, noun: str) -> list[Problem]:
    """Return the problem of more *owners* than *noun*, such as "a group", can have."""
    if len(set(owners or ())) <= _MOST_OWNERS:
        return []
    return [describe_problem("owners", f"{noun} has at most {_MOST_OWNERS} owners")]
