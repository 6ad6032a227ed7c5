# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The sources of option values: task, Ansible variables, environment. Each value that was not given remembers its source."""

from __future__ import annotations

import contextlib
import os
import typing as t
from dataclasses import dataclass, field

from ansible.module_utils.basic import AnsibleFallbackNotFound
from ansible.module_utils.parsing.convert_bool import boolean


@dataclass
class OptionSources:
    """The places to look for option values in, and what was found there.

    ``variables`` maps a variable name to a callable that renders its value (rendering may be costly or fail); ``found`` maps an
    option to the words that name its source, ``values`` to what was found; ``warnings`` name sources that disagree, never
    values. ``announced``: sources that are known beforehand, of options that the task has too: a variables document has them.
    """

    environ: t.Mapping[str, str] = field(default_factory=lambda: os.environ)
    variables: t.Mapping[str, t.Callable[[], t.Any]] = field(default_factory=dict)
    found: dict[str, str] = field(default_factory=dict)
    values: dict[str, t.Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    announced: t.Mapping[str, str] = field(default_factory=dict)

    def describe_source(self, option: str, given: bool) -> str:
        """Return the source of *option* in words; *given*: it has a value."""
        if option in self.found:
            return self.found[option]
        if option in self.announced:
            return self.announced[option]
        return f"option {option}" if given else "default"

    def find_value(self, option: str, environment_names: t.Sequence[str]) -> t.Any:
        """Return the value of the first source of *option* that has one. Raises AnsibleFallbackNotFound when none has."""
        hits: list[tuple[str, t.Any]] = []
        variable = f"cvops_{option}"
        if variable in self.variables:
            value = self.variables[variable]()
            if value is not None and not (isinstance(value, str) and not value.strip()):
                hits.append((f"variable {variable}", value))
        hits += [
            (f"environment variable {name}", self.environ[name])
            for name in environment_names
            if self.environ.get(name, "").strip()
        ]
        if not hits:
            raise AnsibleFallbackNotFound
        source, value = hits[0]
        differing = [other for other, other_value in hits[1:] if not _is_same_value(value, other_value)]
        if differing:
            self.warnings.append(
                f"{option} is set to different values in several places: {source} is used, {', '.join(differing)} ignored"
            )
        self.found[option], self.values[option] = source, value
        return value


def _is_same_value(value: t.Any, text: t.Any) -> bool:
    """Return True when a value of any type says the same as an environment variable's text."""
    if isinstance(value, bool):
        try:
            return bool(boolean(text)) is value
        except TypeError:
            return False
    return str(text) == str(value)


_active_sources = OptionSources()


@contextlib.contextmanager
def use_sources(sources: OptionSources) -> t.Iterator[OptionSources]:
    """Make *sources* the ones that the fallbacks consult while the body runs, for one validation."""
    global _active_sources
    previous, _active_sources = _active_sources, sources
    try:
        yield sources
    finally:
        _active_sources = previous


def find_option_value(option: str, *environment_names: str) -> t.Any:
    """Return the value of *option* from the sources in use: the collection's one fallback function."""
    return _active_sources.find_value(option, environment_names)


def build_fallback(option: str, *vendor_names: str) -> tuple[t.Any, ...]:
    """Return the value of an option's ``fallback`` key: ``CVOPS_<OPTION>`` first, then the vendors' names in order."""
    return (find_option_value, [option, f"CVOPS_{option.upper()}", *vendor_names])
