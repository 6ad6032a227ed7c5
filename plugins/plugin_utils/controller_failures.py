# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Why a task of a set-up failed, in the words of the controller, of the official modules or of the role itself; secrets in them are hidden.

Pure but for :func:`find_connection_problems`, which asks the collection loader and looks for configuration files.
"""

from __future__ import annotations

import importlib.util
import pathlib
import re
import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._core.redact import drop_short_secrets, redact_text

from .controller_model import KINDS, SURPLUS
from .filter_values import make_visible, require_list, require_mapping, to_text
from .passes import describe_failure

Mapping = t.Mapping[str, t.Any]

#: Tasks whose message is the role's own.
_OWN_ACTIONS = ("assert", "fail")
_LONGEST = 400
_TOLD = 10
#: The words of a look-up, as ansible-core 2.19 and later, and as earlier releases quote them; the latter say them twice.
_LOOKUP = re.compile(r"lookup plugin '[\w.]+' failed: (?P<said>.*)", re.DOTALL)
_EARLIER_LOOKUP = re.compile(r"running the lookup plugin '[\w.]+'.*?original message: (?P<said>.*)", re.DOTALL)
#: What ansible-core says of the arguments of a task may quote variables.
_QUOTING = re.compile(r"^(Task failed: )?Finalization of |undefined variable|error while templating|is undefined")


def find_connection_problems(collection: t.Any, named: t.Any = None) -> list[str]:
    """Return what is missing before the first request, all of it together: the official *collection*, the controller, the sign-in.

    *named*: whether ``host``, ``token``, ``user`` and ``password`` are given. A configuration file of that collection may say them, too.
    """
    given = require_mapping(named, "what is named")
    problems = [_find_collection_problem(collection)]
    if not any(path.is_file() for path in _list_configuration_files()):
        if not given.get("host"):
            problems.append("no controller is given: set CONTROLLER_HOST, or cvops_controller.connection.host")
        if not given.get("token") and not (given.get("user") and given.get("password")):
            lacks = "the password of the user" if given.get("user") else "who signs in to the controller"
            problems.append(
                f"{lacks} is not given: set CONTROLLER_OAUTH_TOKEN, or CONTROLLER_USERNAME and CONTROLLER_PASSWORD, or the keys of"
                " cvops_controller.connection"
            )
    return [problem for problem in problems if problem]


def _list_configuration_files() -> list[pathlib.Path]:
    """Return where the official collection looks for its configuration."""
    here = pathlib.Path.cwd()
    hidden = [folder / ".tower_cli.cfg" for folder in (*here.parents, pathlib.Path("~").expanduser())]
    return [pathlib.Path("/etc/tower/tower_cli.cfg"), here / "tower_cli.cfg", *hidden]


def _find_collection_problem(collection: t.Any) -> str:
    """Return what to do where the official *collection* is not installed, else an empty text."""
    try:
        if importlib.util.find_spec(f"ansible_collections.{to_text(collection)}.plugins.lookup.controller_api"):
            return ""
    except ImportError:
        pass
    return (
        f"the collection {collection}, whose modules are needed, is not installed where this runs: install it "
        "(ansible-galaxy collection install"
        f" {collection}), or name the one that is installed, awx.awx or ansible.controller, in cvops_controller.collection"
    )


def read_failure(result: Mapping, name: str = "", secrets: t.Iterable[t.Any] = ()) -> str:
    """Return in one line of limited length what a module or a look-up said when it failed; empty where it may quote variables.

    *name*: of the object that it was about, which is not said again. *secrets*: those of the connection.
    """
    message = to_text(result.get("msg"))
    if found := _LOOKUP.search(message):
        message = found["said"]
    elif found := _EARLIER_LOOKUP.search(message):
        half, rest = found["said"][: len(found["said"]) // 2 - 1], found["said"]
        message = half if rest == f"{half}. {half}" else rest
    elif _QUOTING.search(message):
        return ""
    head, _middle, rest = message.partition(f" {name}: ")
    if name and rest and head.startswith("Unable to "):
        message = rest
    told = redact_text(" ".join(message.split()), drop_short_secrets(secret for secret in secrets if secret))
    told = to_text(make_visible(told)).rstrip(".")
    return told if len(told) <= _LONGEST else f"{told[:_LONGEST]}…"


def describe_setup_failure(
    result: t.Any, task: t.Any, action: t.Any, hidden: t.Any = False, secrets: t.Any = None
) -> str:
    """Return why a task of the set-up failed, one text: for a loop what was said of each object.

    *hidden*: whether the task has ``no_log``; of such a task nothing is told. *secrets*: those of the connection.
    """
    found, known = require_mapping(result, "the result"), require_list(secrets, "the secrets")
    if hidden:
        return describe_failure({}, task)
    if to_text(action).rpartition(".")[2] in _OWN_ACTIONS:
        said = found.get("msg") or ""
        return "; ".join(to_text(make_visible(to_text(line))) for line in (said if isinstance(said, list) else [said]))
    failed = [item for item in require_list(found.get("results"), "results") if item.get("failed")]
    told: dict[str, list[str]] = {}
    for one in failed or [found]:
        item = one.get("item")
        name = to_text(item.get("name")) if isinstance(item, t.Mapping) else ""
        text = read_failure(one, name, known) or describe_failure({**one, "results": []}, task)
        told.setdefault(text, []).append(_name_item(item))
    lines = [_format_lines(text, names) for text, names in told.items()]
    more = [f"and {len(lines) - _TOLD} more"] if len(lines) > _TOLD else []
    return f"{make_visible(to_text(task))}: {'; '.join([*lines[:_TOLD], *more])}"


def _name_item(item: t.Any) -> str:
    if not isinstance(item, t.Mapping):
        return ""
    kind, _slash, rest = to_text(item.get("key")).removeprefix(SURPLUS).partition("/")
    return f"{KINDS.get(kind, 'organization')} {make_visible(to_text(item.get('name')) or rest)}"


def _format_lines(text: str, names: list[str]) -> str:
    told = [name for name in names if name]
    if not told:
        return text
    return f"{told[0]}{f' and {len(told) - 1} more' if len(told) > 1 else ''}: {text}"
