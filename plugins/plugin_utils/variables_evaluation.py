# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Evaluation of the templates in a variables document, each apart, so that one that fails is told by its place and nothing else."""

from __future__ import annotations

import re
import typing as t

from ansible.errors import AnsibleError

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import CvopsError
from ansible_collections.cvops.identity.plugins.module_utils._core.values import convert_to_builtins, is_omitted
from ansible_collections.cvops.identity.plugins.plugin_utils.variables_checks import UNKNOWN, Place, Problem

#: Evaluates one value with all templates in it, as ansible-core does it; raises what its templates raise.
Render = t.Callable[[t.Any], t.Any]

_NAME = "[A-Za-z_][A-Za-z0-9_]{0,79}"
_UNDEFINED = re.compile(rf"'({_NAME})' is undefined")
_NO_ATTRIBUTE = re.compile(rf"has no attribute '?({_NAME})'?")
_ALONE = re.compile(rf"\s*\{{\{{\s*({_NAME})\s*\}}\}}\s*")
_LOOKUP = re.compile(r"""\b(?:lookup|query|q)\s*\(\s*['"]([\w.]{1,100})['"]""")
_DEEPEST = 60
#: More than any document has; a value that aliases of YAML repeat in itself has more than any machine can count.
_MOST_VALUES = 2_000_000


def evaluate_variable(name: str, given: t.Mapping[str, t.Any], render: Render) -> tuple[t.Any, list[Problem]]:
    """Return the value of the variable *name* of *given* in builtin types, with UNKNOWN for what fails, and a problem for each failure.

    The problem names the place, and what is undefined or which lookup failed; never the template or the words of the failure,
    for both may hold secrets.
    """
    problems: list[Problem] = []
    count = 0

    def evaluate(raw: t.Any, place: Place, depth: int) -> t.Any:
        """Return the value of one part; omit's mark when it is left out."""
        nonlocal count
        count += 1
        if count > _MOST_VALUES:
            if count == _MOST_VALUES + 1:
                problems.append(Problem(name, f"contains more than {_MOST_VALUES} values; aliases may repeat them"))
            return UNKNOWN
        if depth > _DEEPEST:
            problems.append(place.describe("is nested too deeply"))
            return UNKNOWN
        if isinstance(raw, t.Mapping):
            keys = {key: _convert_key(key) for key in raw}
            found = {key: evaluate(raw[given], place.enter(key), depth + 1) for given, key in keys.items()}
            return {key: item for key, item in found.items() if not is_omitted(item)}
        if isinstance(raw, (list, tuple)):
            items = [evaluate(item, place.enter_item(number, item), depth + 1) for number, item in enumerate(raw)]
            return [item for item in items if not is_omitted(item)]
        try:
            rendered = render(raw) if _may_need_evaluation(raw) else raw
            return rendered if is_omitted(rendered) else convert_to_builtins(rendered, place.path)
        except CvopsError as exc:  # what cannot be plain data; the message names the place, and never the value
            problems.append(place.describe(str(exc).removeprefix(f"{place.path}: ")))
        except Exception as exc:  # a template runs plugins of others, which may raise anything
            before = len(problems)
            named = _ALONE.fullmatch(_get_template_text(raw))
            if named and named[1] in given:
                # The variable that it stands for shows better where the failure is. That it was evaluated shows that it may be.
                evaluate(given[named[1]], place, depth + 1)
            if len(problems) == before:
                problems.append(place.describe(describe_failure(raw, exc)))
        return UNKNOWN

    found = evaluate(given[name], Place(name), 0)
    return (None if is_omitted(found) else found), problems


def _may_need_evaluation(raw: t.Any) -> bool:
    """Return False for plain values and texts without a mark of a template: most values of a large document."""
    if isinstance(raw, str) and not hasattr(raw, "__ENCRYPTED__"):
        return "{" in raw or raw.startswith("#jinja2")
    return raw is not None and not isinstance(raw, (bool, int, float))


def _convert_key(key: t.Any) -> str:
    return str(next(iter(convert_to_builtins({key: None}))))


def has_lookup(template: str) -> bool:
    """Return True when the text calls a lookup."""
    return re.search(r"\b(?:lookup|query|q)\s*\(", template) is not None


def describe_failure(template: t.Any, failure: BaseException) -> str:
    """Return what to say about a *template* that ended in *failure*: names of variables, attributes and lookups, nothing else."""
    text = _get_template_text(template)
    said = str(failure)
    undefined = list(dict.fromkeys(_UNDEFINED.findall(said)))
    if undefined:
        return f"uses {', '.join(undefined)}, which is not defined"
    # An attribute may be the value of another variable: only what the author wrote here is shown.
    attributes = [name for name in dict.fromkeys(_NO_ATTRIBUTE.findall(said)) if re.search(rf"\b{name}\b", text)]
    if attributes:
        return f"uses {', '.join(attributes)}, which does not exist"
    lookups = list(dict.fromkeys(_LOOKUP.findall(text)))
    if lookups:
        return f"its lookup {', '.join(lookups)} fails; test it alone with ansible.builtin.debug"
    if not text:
        return "cannot be decrypted; give the right vault password"
    kind = "fails" if isinstance(failure, AnsibleError) else f"fails with {type(failure).__name__}"
    return f"its template {kind}; test it alone with ansible.builtin.debug"


def _get_template_text(template: t.Any) -> str:
    """Return the text of a template; empty for an encrypted text, which must not be decrypted for a message."""
    return str(template) if isinstance(template, str) and not hasattr(template, "__ENCRYPTED__") else ""
