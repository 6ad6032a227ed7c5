# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Arguments of filters: their types are checked first, and no message contains the value."""

from __future__ import annotations

import functools
import typing as t

from ansible.errors import AnsibleFilterError
from jinja2 import Undefined

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError, MissingLibrary
from ansible_collections.cvops.identity.plugins.module_utils._core.values import convert_to_builtins
from ansible_collections.cvops.identity.plugins.module_utils._core.visible import escape_structure
from ansible_collections.cvops.identity.plugins.plugin_utils import inert_text
from ansible_collections.cvops.identity.plugins.plugin_utils.ansible_internals import mark_untrusted

Result = t.TypeVar("Result")

_FORMS: tuple[tuple[t.Any, str], ...] = (
    (bool, "a boolean"),
    (str, "a text"),
    ((int, float), "a number"),
    (t.Mapping, "a mapping"),
    ((list, tuple), "a list"),
)


class FilterInputError(ValueError):
    """An argument that a filter cannot use. The message says what it is and what it should be, never the value."""


def require_mapping(value: t.Any, what: str) -> t.Mapping[t.Any, t.Any]:
    """Return *value* when it is a mapping, an empty one for null and empty values. Raises FilterInputError for anything else."""
    if isinstance(value, t.Mapping):
        return value
    if not value:
        return {}
    raise FilterInputError(f"{what} must be a mapping, not {_name_type(value)}")


def require_list(value: t.Any, what: str) -> list[t.Any]:
    """Return the items of a list, or of a text with commas as Ansible's options take it; none for null and empty values.

    Raises FilterInputError for anything else.
    """
    if not value:
        return []
    if isinstance(value, str):
        return [item.strip() for item in to_text(value).split(",")]
    if isinstance(value, (list, tuple, set, frozenset)):
        return list(value)
    raise FilterInputError(f"{what} must be a list, not {_name_type(value)}")


def require_mappings(value: t.Any, what: str) -> list[t.Mapping[t.Any, t.Any]]:
    """Return the items of a list of mappings, none for null. Raises FilterInputError for anything else; the message names the item."""
    return [require_mapping(item, f"{what}[{number}]") for number, item in enumerate(require_list(value, what))]


def to_text(value: t.Any) -> str:
    """Return *value* as an exact ``str``, empty for null."""
    return "" if value is None else "".join((str(value),))


def convert_dates_to_text(value: t.Any) -> t.Any:
    """Return *value* with dates and keys as text at any depth. Raises ConfigError for what cannot be plain data."""
    return convert_to_builtins(value)


def make_visible(value: t.Any) -> t.Any:
    """Return *value* in builtin types, with invisible characters escaped in every text and key."""
    return escape_structure(convert_to_builtins(value))


def show_members(value: t.Mapping[t.Any, t.Any], names: t.Iterable[str]) -> dict[str, t.Any]:
    """Return those members of *value* that *names* tells and that it has, as :func:`make_visible` returns them.

    From ansible-core 2.19 on, each value that is taken out of a variable at any depth is searched for templates: a large result has thousands.
    """
    return {name: make_visible(value[name]) for name in names if name in value}


def build_filter(name: str, compute: t.Callable[..., Result]) -> t.Callable[..., Result]:
    """Return *compute* as the filter *name*, which raises AnsibleFilterError with its name in place of FilterInputError and the like.

    An undefined value raises Jinja's own error, so that Ansible says which variable it is: before ansible-core 2.19 filters are called with it.
    The result is marked as no template: before 2.19, core looks at the result alone when the value came through hostvars.
    """

    @functools.wraps(compute)
    def filtered(*args: t.Any, **options: t.Any) -> Result:
        for value in (*args, *options.values()):
            if isinstance(value, Undefined):
                str(value)
        try:
            return t.cast("Result", mark_untrusted(compute(*args, **options)))
        except (FilterInputError, ConfigError, MissingLibrary) as exc:
            raise AnsibleFilterError(f"cvops.identity.{name}: {exc}") from None

    return filtered


def build_filters(**computations: t.Callable[..., t.Any]) -> dict[str, t.Callable[..., t.Any]]:
    """Return each of the *computations* as the filter of its name, as :func:`build_filter` makes it.

    Where ansible-core evaluates texts that it keeps, the results hold no template: they are for people, and names in them only show.
    """
    return {name: build_filter(name, _return_inert(compute)) for name, compute in computations.items()}


def build_exact_filters(**computations: t.Callable[..., t.Any]) -> dict[str, t.Callable[..., t.Any]]:
    """Return filters whose results must not be changed, such as options that hold secrets: no playbook keeps them in a fact that hosts share."""
    return {name: build_filter(name, compute) for name, compute in computations.items()}


def refuse_templates(value: Result) -> Result:
    """Return *value*. Raises FilterInputError when ansible-core would evaluate a text in it, and changing the text would change what is written."""
    if inert_text.EVALUATES_KEPT_TEXTS and inert_text.holds_template(value):
        raise FilterInputError(
            "a name of a service or a run record holds the beginning of a template ({{, {% or {#), and this release of ansible-core may evaluate it "
            f"(CVE-2024-11079). Update ansible-core to at least {inert_text.list_repaired()}"
        )
    return value


def _return_inert(compute: t.Callable[..., Result]) -> t.Callable[..., Result]:
    if not inert_text.EVALUATES_KEPT_TEXTS:
        return compute

    @functools.wraps(compute)
    def computed(*args: t.Any, **options: t.Any) -> Result:
        return t.cast("Result", inert_text.make_inert(compute(*args, **options)))

    return computed


def _name_type(value: t.Any) -> str:
    return next((form for kind, form in _FORMS if isinstance(value, kind)), "a value of another type")
