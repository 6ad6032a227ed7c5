# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The logs of both services as one, for playbooks: joined, as a table, in which names are made visible, and as lines of OCSF."""

from __future__ import annotations

import json
import os
import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._core.csv_text import build_csv
from ansible_collections.cvops.identity.plugins.module_utils._core.data_text import normalize_data, unmark_unsafe_texts
from ansible_collections.cvops.identity.plugins.module_utils._core.values import convert_to_builtins
from ansible_collections.cvops.identity.plugins.module_utils._core.visible import escape_in_json
from ansible_collections.cvops.identity.plugins.module_utils._joint.access_log import join
from ansible_collections.cvops.identity.plugins.module_utils._joint.access_log.ocsf import build_ocsf_event
from ansible_collections.cvops.identity.plugins.module_utils._joint.access_log.people import DeclaredLink, KnownAccount
from ansible_collections.cvops.identity.plugins.module_utils._joint.access_log.reading import ReadingError, check_row

from .data_reading import DataFileError, Limits, abbreviate_text, read_data_file
from .declared_access import VARIABLE, list_policies
from .filter_values import FilterInputError, make_visible, require_list, require_mapping, require_mappings, to_text

Mapping = t.Mapping[str, t.Any]

#: An event has up to 4 kB and 220 values, keys counted, with the policies of its sign-in; so 50,000 of the largest fit.
LOG_LIMITS = Limits(size=256 * 1024 * 1024, values=12_000_000)
_LONGEST_REASON = 500
_KEYS = ("app_id", "object_id", "display_name", "unique_name")
_COLUMNS = (
    "time",
    "service",
    "commcell",
    "log",
    "handshake",
    "person",
    "entra_id",
    "app_id",
    "commvault_id",
    "operation",
    "activity",
    "outcome",
    "reason",
    "address",
    "object_kind",
    "object",
    "object_id",
    "before",
    "after",
    "correlation_id",
    "record_id",
)


def join_logs(
    results: t.Any,
    users: t.Any = None,
    links: t.Any = None,
    previous: t.Any = None,
    scope: t.Any = None,
    consoles: t.Any = None,
) -> dict[str, t.Any]:
    """Return the joined log of *results*, registered results by CommCell, ``localhost`` for Entra ID.

    *users*: results of commvault_security_info with user_details, by CommCell. *links*: accounts that are declared to be an identity's.
    *previous*: what this has returned before. *scope*: what was asked for. *consoles*: names and ids of the applications through which
    people sign on. Raises FilterInputError, also for more than the next run would read again.
    """
    given = {
        to_text(name): convert_to_builtins(require_mapping(value, "a result"))
        for name, value in require_mapping(results, "the results").items()
    }
    if not given:
        raise FilterInputError("there is no result: nothing was read")
    for found in given.values():
        if found.get("msg") is not None:
            found["msg"] = to_text(found["msg"])[:_LONGEST_REASON]
    known = [
        account
        for commcell, result in require_mapping(users, "users").items()
        for account in _list_accounts(to_text(commcell), require_mapping(result, "a result"))
    ]
    declared = [_read_link(link) for link in require_mappings(links, "links")]
    before = convert_to_builtins(require_mapping(previous, "previous"))
    names = [to_text(name) for name in require_list(consoles, "consoles")]
    try:
        joined = join.join_logs(given, known, declared, before, _write_scope(scope), names)
    except ReadingError as exc:
        raise FilterInputError(str(exc)) from None
    if _count_values(joined) > LOG_LIMITS.values:
        raise FilterInputError(
            f"there are {len(joined['events'])} events, more than the next run can read again: begin a new file, or read a shorter period"
        )
    return joined


def _write_scope(scope: t.Any) -> str:
    """Return what was asked for as a text in which the same is equal, whatever the order of names."""
    listed = _sort_names(convert_to_builtins(require_mapping(scope, "scope")))
    return json.dumps(listed, sort_keys=True) if listed else ""


def _sort_names(value: t.Any) -> t.Any:
    """Return *value* with its lists of names sorted, and without what is empty."""
    if isinstance(value, dict):
        return {name: kept for name, item in value.items() if (kept := _sort_names(item))}
    return sorted(map(to_text, value)) if isinstance(value, list) else value


def _count_values(value: t.Any) -> int:
    """Return how many values, keys counted, a structure holds."""
    if isinstance(value, dict):
        return 1 + len(value) + sum(map(_count_values, value.values()))
    return 1 + (sum(map(_count_values, value)) if isinstance(value, list) else 0)


def list_logged_subjects(variables: t.Any) -> dict[str, list[str]]:
    """Return whose entries of Entra ID's logs belong to a variables document: ``applications`` and other ``objects``, by id or name, each once.

    ``consoles``: those of the applications through which people sign on.

    *variables*: the evaluated variables by name.
    """
    given = require_mapping(variables, "the variables")
    parts = {name: require_mapping(given.get(name), name) for name in ("cvops_application", "cvops_sso", VARIABLE)}
    applications = [_get_key(parts["cvops_application"])]
    applications.append(_get_key(parts["cvops_sso"].get("application")))
    for app in require_mappings(parts["cvops_sso"].get("saml_apps"), "saml_apps"):
        applications.append(to_text(require_mapping(app.get("metadata"), "metadata").get("application")))
    consoles = list(applications)
    for rotation in require_mappings(given.get("cvops_rotations"), "cvops_rotations"):
        applications.append(_get_key(rotation.get("application")))
    objects = [_get_key(group) for group in require_mappings(given.get("cvops_entra_groups"), "cvops_entra_groups")]
    declared = parts[VARIABLE]
    objects += [_get_key(location) for location in require_mappings(declared.get("named_locations"), "named_locations")]
    objects += [_get_key(policy) for dummy, policy in list_policies(declared)]
    return {
        "consoles": [name for name in dict.fromkeys(consoles) if name],
        "applications": [name for name in dict.fromkeys(applications) if name],
        "objects": [name for name in dict.fromkeys(objects) if name],
    }


def _get_key(entry: t.Any) -> str:
    """Return by what an object is looked for: its id where it is given, else its name. A text is either already."""
    if not isinstance(entry, t.Mapping):
        return to_text(entry)
    return next((to_text(entry[name]) for name in _KEYS if entry.get(name)), "")


def find_log_start(previous: t.Any, host: t.Any, scope: t.Any = None) -> str:
    """Return since when the log of *host* is to be read after an earlier run, empty where it was not read with the same *scope*.

    Raises FilterInputError.
    """
    try:
        before = convert_to_builtins(require_mapping(previous, "previous"))
        return join.find_start(before, to_text(host), _write_scope(scope)) or ""
    except (ReadingError, ValueError) as exc:
        raise FilterInputError(str(exc)) from None


def read_log_file(path: str) -> tuple[dict[str, t.Any], list[str]]:
    """Return an earlier log from a file, and the problems with it; nothing where there is no file yet."""
    if not os.path.lexists(path):
        return {}, []
    try:
        # texts that look like templates stand in the file with Ansible's own mark
        found = unmark_unsafe_texts(read_data_file(path, LOG_LIMITS, only_json=True))
    except DataFileError as exc:
        return {}, [f"{abbreviate_text(path)}: {problem}" for problem in exc.args]
    if not isinstance(found, dict) or not found:
        return {}, [f"{abbreviate_text(path)}: is not a log that the playbook access_log has written"]
    try:
        join.find_start(found, "")
    except (ReadingError, ValueError) as exc:
        return {}, [f"{abbreviate_text(path)}: {exc}"]
    return found, []


def build_log_csv(joined: t.Any) -> str:
    """Return the events of a joined log as CSV, oldest first. Raises FilterInputError."""
    log = make_visible(require_log(joined))
    return build_csv(_COLUMNS, (_make_cells(row) for row in log["events"]))


def build_log_ocsf(joined: t.Any) -> str:
    """Return the events of a joined log as events of OCSF, oldest first: one JSON object in a line, without raw control characters.

    Raises FilterInputError.
    """
    return "".join(f"{_format_line(row)}\n" for row in require_log(joined)["events"])


def _format_line(row: Mapping) -> str:
    plain = t.cast("dict[str, t.Any]", normalize_data(row))
    try:
        check_row(plain, "events")
    except ReadingError as exc:
        raise FilterInputError(str(exc)) from None
    text = json.dumps(build_ocsf_event(plain), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return escape_in_json(text)


def _make_cells(row: Mapping) -> list[t.Any]:
    actor, target = row["actor"], row["object"]
    values = {
        **row,
        "app_id": actor.get("app_id"),
        "commvault_id": actor.get("commvault_id"),
        "object_kind": target.get("kind"),
        "object": target.get("name"),
        "object_id": target.get("id"),
        **{
            name: json.dumps(row[name], ensure_ascii=False, sort_keys=True) if row[name] else ""
            for name in ("before", "after")
        },
    }
    return [values.get(name) for name in _COLUMNS]


def require_log(value: t.Any) -> Mapping:
    """Return what join_logs returns. Raises FilterInputError for anything else."""
    log = require_mapping(value, "the joined log")
    for name in ("events", "people", "handshakes", "sources", "gaps"):
        if not isinstance(log.get(name), (list, tuple)):
            raise FilterInputError("the joined log must be what join_logs returns")
        require_mappings(log[name], name)
    require_mapping(log.get("counts"), "counts")
    return log


def _list_accounts(commcell: str, result: Mapping) -> list[KnownAccount]:
    security = require_mapping(result.get("security", result), "security")
    return [
        KnownAccount(
            commcell,
            to_text(user.get("id")) or None,
            to_text(user.get("name")),
            to_text(user.get("user_principal_name")),
            to_text(user.get("email")),
        )
        for user in require_mappings(security.get("users"), "users")
    ]


def _read_link(link: Mapping) -> DeclaredLink:
    values = {name: to_text(link.get(name)) for name in ("commvault_user", "identity", "commcell")}
    unknown = sorted(set(map(to_text, link)) - set(values))
    if unknown or not values["commvault_user"] or not values["identity"]:
        raise FilterInputError("a link needs commvault_user and identity, can have commcell, and nothing else")
    return DeclaredLink(values["commvault_user"], values["identity"], values["commcell"] or None)
