# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about options that no tool of Ansible's checks, as functions from what is written to what is wrong with it."""

from __future__ import annotations

import typing as t

from collection_facts import walk_options

Options = t.Mapping[str, t.Mapping[str, t.Any]]

YAML_BOOLEANS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false"})
SECRET_WORDS = frozenset(
    [
        "certificate",
        "credential",
        "key",
        "keys",
        "otp",
        "passphrase",
        "password",
        "passwords",
        "pin",
        "secret",
        "secrets",
        "token",
        "tokens",
    ]
)
COMPARED = {"type": "str", "required": False, "default": None, "choices": None, "elements": None, "aliases": []}


def boolean_names(names: t.Iterable[t.Any]) -> list[str]:
    """Those that YAML 1.1 reads as a boolean: a key ``on:`` reaches Ansible as ``true:``."""
    return sorted(str(name) for name in names if isinstance(name, bool) or str(name).lower() in YAML_BOOLEANS)


def silent_secrets(options: Options) -> list[str]:
    """Options named like a secret that do not say whether they are one."""
    named = ((name, option) for name, option in walk_options(options) if option.get("type") != "bool")
    return [name for name, option in named if SECRET_WORDS & set(_last(name)) and "no_log" not in option]


def doc_differences(documented: Options, accepted: Options) -> list[str]:
    """Where the documentation's options and the argument spec's differ, suboptions included; one sentence each."""
    docs, spec = dict(walk_options(_with_options(documented))), dict(walk_options(accepted))
    found = [f"{name}: accepted, not documented" for name in sorted(spec.keys() - docs.keys())]
    found += [f"{name}: documented, not accepted" for name in sorted(docs.keys() - spec.keys())]
    for name in sorted(spec.keys() & docs.keys()):
        for field, unsaid in COMPARED.items():
            said, meant = (_plain(side[name].get(field, unsaid)) for side in (docs, spec))
            if said != meant:
                found.append(f"{name}: documented {field} {said!r}, accepted {meant!r}")
    return found


def _with_options(documented: Options) -> dict[str, dict[str, t.Any]]:
    """Documentation calls suboptions ``suboptions``, argument specs ``options``."""
    return {
        name: {**option, "options": _with_options(option.get("suboptions") or {})}
        for name, option in documented.items()
    }


def _plain(value: t.Any) -> t.Any:
    return list(value) if isinstance(value, tuple) else value


def _last(name: str) -> list[str]:
    return name.rpartition(".")[2].split("_")
