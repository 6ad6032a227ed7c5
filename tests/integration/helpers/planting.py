# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Credentials inside every option that takes a text, made from the argument specs: no option is left out because nobody thought of it."""

from __future__ import annotations

import collections.abc
import copy
import dataclasses
import importlib
import itertools
import typing as t

from cvops_simulator import Simulator

from helpers.cases import CASES, discovered

#: How credentials come inside another value; ``{}`` is the place of each.
ADDRESS = "https://svc:{}@localhost:1/x"
ADDRESS_WITHOUT_SCHEME = "svc:{}@localhost:1"
EVERYTHING = (
    "see https://svc:{}@localhost:1/x and Authorization: Bearer {} and"
    ' {{"client_secret": "{}", "port": 1}} and password={}&grant_type=x'
)
#: Parts of the names of options that take an address.
_ADDRESS_NAMES = ("url", "uri", "proxy", "issuer", "scope")
_TEXTS = ("str", "raw", "path", "dict", "json", "jsonarg")

Path = tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Planted:
    """A task with ``secrets`` inside some of its options."""

    name: str
    module: str
    options: dict[str, t.Any]
    secrets: tuple[str, ...]


def list_text_options(spec: t.Mapping[str, t.Mapping[str, t.Any]], above: Path = ()) -> t.Iterator[Path]:
    """Yield the paths of the options that take any text, at every depth."""
    for name, option in spec.items():
        inner = option.get("options")
        if inner:
            yield from list_text_options(inner, (*above, name))
        elif not option.get("choices") and (option.get("elements") or option.get("type", "str")) in _TEXTS:
            yield (*above, name)


def plant_one_by_one(site: Simulator) -> list[Planted]:
    """Return a task for every text option and form; an option that several modules share is planted in one of them."""
    found: list[Planted] = []
    seen: set[Path] = set()
    numbers = itertools.count(1)
    for module, spec, base in _list_modules(site):
        for path in list_text_options(spec):
            if path in seen:
                continue
            seen.add(path)
            is_address = any(part in path[-1] for part in _ADDRESS_NAMES)
            for form in (ADDRESS, EVERYTHING, *([ADDRESS_WITHOUT_SCHEME] if is_address else [])):
                text, secrets = _fill(form, numbers)
                name = f"{module} {'.'.join(path)}: {form[:4]}"
                options = {**copy.deepcopy(base), **_put(spec, path, text)}
                found.append(Planted(name, module, options, secrets))
    return found


def plant_all_at_once(site: Simulator) -> list[Planted]:
    """Return a task for every module, with credentials inside all of its text options."""
    found: list[Planted] = []
    numbers = itertools.count(1)
    for module, spec, base in _list_modules(site):
        options, planted = copy.deepcopy(base), ()
        for path in list_text_options(spec):
            text, secrets = _fill(EVERYTHING, numbers)
            _merge(options, _put(spec, path, text))
            planted = (*planted, *secrets)
        found.append(Planted(f"{module}: everything", module, options, planted))
    return found


def plant_in_new_objects(site: Simulator) -> list[Planted]:
    """Return tasks that write: each makes an object of its own, with credentials inside one text of it."""
    names = {
        "entra_application": ("unique_name", "display_name"),
        "entra_group": ("unique_name", "display_name"),
        "commvault_role": ("name",),
        "commvault_user": ("name",),
        "commvault_user_group": ("name",),
    }
    found: list[Planted] = []
    numbers = itertools.count(1)
    for module, spec, base in _list_modules(site):
        connection = {name for name, option in spec.items() if "fallback" in option}
        for path in list_text_options(spec) if module in names else ():
            if path[0] in connection or path[-1] in (*names[module], "approved_steps"):
                continue
            number = next(numbers)
            text, secrets = _fill(EVERYTHING, numbers)
            own = {name: f"planted-{number}" for name in names[module]}
            options = {**copy.deepcopy(base), **own, **_put(spec, path, text)}
            found.append(Planted(f"{module} {'.'.join(path)}", module, options, secrets))
    return found


def _list_modules(site: Simulator) -> t.Iterator[tuple[str, dict[str, t.Any], dict[str, t.Any]]]:
    """Yield each module with its argument spec and options that work."""
    for module in sorted(discovered()):
        (case, *_others) = sorted((case for case in CASES if case.module == module), key=lambda case: not case.changes)
        loaded = importlib.import_module(f"ansible_collections.cvops.identity.plugins.modules.{module}")
        yield module, loaded.SPEC.options, case.options(site)


def _fill(form: str, numbers: t.Iterator[int]) -> tuple[str, tuple[str, ...]]:
    """Return the text with a secret of its own at each place, and the secrets."""
    secrets = tuple(f"Planted4711x{next(numbers)}y" for _place in range(form.count("{}")))
    return form.format(*secrets), secrets


def _put(spec: t.Mapping[str, t.Any], path: Path, text: str) -> dict[str, t.Any]:
    """Return the outermost option with *text* at *path*; other suboptions that are required get a value."""
    name, rest = path[0], path[1:]
    option = spec[name]
    if rest:
        inner = option["options"]
        needed = {key: "x" for key, one in inner.items() if one.get("required") and key != rest[0]}
        value: t.Any = {**needed, **_put(inner, rest, text)}
    else:
        value = {"x": text} if option.get("elements", option.get("type", "str")) == "dict" else text
    return {name: [value] if option.get("type") == "list" else value}


def _merge(options: dict[str, t.Any], more: t.Mapping[str, t.Any]) -> None:
    """Put *more* into *options*, below the options that are there already."""
    for name, value in more.items():
        old = options.get(name)
        if isinstance(old, dict) and isinstance(value, collections.abc.Mapping):
            _merge(old, value)
        elif isinstance(old, list) and old and isinstance(old[0], dict) and isinstance(value[0], dict):
            _merge(old[0], value[0])
        else:
            options[name] = value
