# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What the decisions of an access review make of the mapping document: a patch for people to commit, and what no mapping can say."""

from __future__ import annotations

import collections
import datetime
import os
import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.decisions import (
    DECISIONS,
    check_decisions,
    index_access,
    read_decisions,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.reading import read_bundle
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.revocations import (
    Revocations,
    plan_revocations,
)

from .access_questions import find_bundle
from .data_reading import DOCUMENT_LIMITS, DataFileError, abbreviate_text, read_text_file, resolve_path
from .filter_values import FilterInputError, make_visible, require_mapping, require_mappings, to_text
from .mapping_patch import MappingPatch, build_patch, read_mappings

Mapping = t.Mapping[str, t.Any]

#: The day is another one on the other side of the world.
_AHEAD = datetime.timedelta(hours=14)
_LISTS = ("removals", "group_changes", "by_hand", "to_change")
_TOLD = 200


def plan_review(options: Mapping, now: datetime.datetime) -> dict[str, t.Any]:
    """Return what the decisions in ``signoff`` about ``bundle`` make of the file ``document``; nothing is written.

    ``patch``: a unified diff, empty where nothing leaves the document; ``folder``: where it applies. ``removals``: what it takes out.
    ``group_changes``, ``by_hand``, ``to_change``: see Revocations. ``counts``: decisions by word. ``notes``: sentences. Raises ConfigError.
    """
    bundle_path, signoff, document = (_require_path(options, name) for name in ("bundle", "signoff", "document"))
    bundle = read_bundle(find_bundle(bundle_path))
    decisions = read_decisions(signoff)
    until = (now + _AHEAD).date()
    check_decisions(
        decisions, bundle.rows["signoff"], bundle.rows["access"], os.path.basename(signoff), until.isoformat()
    )
    name, folder = name_in_repository(document)
    text, mappings, fault = _read_document(document)
    found = plan_revocations(bundle.rows, decisions, index_access(bundle.rows["access"]), mappings, now.date())
    made = build_patch(text, name, found.removals) if found.removals else MappingPatch("", text, [], [])
    for removal, why in made.left:
        found.add_by_hand(removal.words, why, removal.rows)
    counted = collections.Counter(str(row["decision"]) for row in decisions)
    return {
        "patch": made.patch,
        "file": name,
        "folder": folder,
        "removals": [{"what": one.words, "rows": list(one.rows)} for one in made.done],
        "group_changes": found.group_changes,
        "by_hand": [{**one, "why": f"{fault}: {one['why']}" if fault else one["why"]} for one in found.by_hand],
        "to_change": found.to_change,
        "counts": {word: counted[word] for word in DECISIONS},
        "notes": list(_list_notes(bundle.manifest, found)),
        "bundle": f"bundle {bundle.manifest['name']} as of {bundle.manifest['as_of']}",
    }


def name_in_repository(path: str) -> tuple[str, str]:
    """Return the path of a file in its git repository, with slashes, and the repository's folder; else its name and the folder it is in."""
    folder = os.path.dirname(path)
    place = folder
    while not os.path.lexists(os.path.join(place, ".git")):
        above = os.path.dirname(place)
        if above == place:
            return os.path.basename(path), folder
        place = above
    return os.path.relpath(path, place).replace(os.sep, "/"), place


def format_review(found: t.Any, exclusive: t.Any = None, limit: int = _TOLD) -> list[str]:
    """Return what a review makes of the document as lines. *exclusive*: the value of ``role_mappings_exclusive``; *limit*: rows of each list, 0 for all."""
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 0:
        raise FilterInputError("limit must be 0 (no limit) or a positive number")
    told = make_visible(require_review(found))
    counts = ", ".join(f"{number} {word}" for word, number in require_mapping(told["counts"], "counts").items())
    lines = [f"{told['bundle']}: {counts}", *told["notes"]]
    lines += _format_list("Removed from the document by the patch", [row["what"] for row in told["removals"]], limit)
    if told["removals"] and to_text(exclusive).lower() not in ("principals", "managed", "true", "yes"):
        lines.append(
            "A grant that is removed from the document stays on the CommCell until converge_role_mappings runs with "
            "role_mappings_exclusive: principals"
        )
    lines += _format_list(
        "Change of a group, which the mapping cannot express",
        [_format_change(row) for row in told["group_changes"]],
        limit,
    )
    lines += _format_list("To be done by hand", [f"{row['what']}: {row['why']}" for row in told["by_hand"]], limit)
    return lines + _format_list(
        "Decided to be changed", [f"{row['what']}: {row['reason']}" for row in told["to_change"]], limit
    )


def require_review(value: t.Any) -> Mapping:
    """Return what the lookup review returns. Raises FilterInputError for anything else."""
    found = require_mapping(value, "the review")
    for name in _LISTS:
        if not isinstance(found.get(name), (list, tuple)):
            raise FilterInputError("the review must be what the lookup review returns")
        require_mappings(found[name], name)
    return found


def get_patch(found: t.Any) -> str:
    """Return the patch of a review as its exact text. Raises FilterInputError."""
    return to_text(require_review(found).get("patch"))


def _format_change(row: Mapping) -> str:
    ids = [f"group {row['group_object_id']}"] if row["group_object_id"] else []
    ids += [f"user {row['user_object_id']}"] if row["user_object_id"] else []
    told = f" ({', '.join(ids)})" if ids else ""
    return f"{row['words']}{told}; ends {row['loses']}"


def _format_list(title: str, rows: t.Sequence[str], limit: int) -> list[str]:
    shown = rows[:limit] if limit else rows
    more = [f"  {len(rows) - len(shown)} more, see the file"] if len(shown) < len(rows) else []
    return [f"{title}:", *(f"  {row}" for row in shown), *more] if rows else []


def _list_notes(manifest: Mapping, found: Revocations) -> t.Iterator[str]:
    if manifest["partial"]:
        yield "The bundle is not complete: others may hold the same access, see its population"
    if manifest["pseudonymised"]:
        yield "The bundle has pseudonyms instead of people and their ids, so users cannot be matched with the document or with Entra ID"


def _read_document(path: str) -> tuple[str, list[dict[str, t.Any]], str]:
    """Return the text of a document, its mappings, and why it cannot be changed, empty where it can."""
    try:
        text = read_text_file(path, DOCUMENT_LIMITS.size)
    except DataFileError as exc:
        raise ConfigError(f"review_document: {abbreviate_text(path, 4096)} {'; '.join(exc.args)}") from None
    try:
        return text, read_mappings(text.removeprefix("\ufeff"))[1], ""
    except DataFileError as exc:
        return text, [], f"the document {'; '.join(exc.args)}"


def _require_path(options: Mapping, name: str) -> str:
    path = resolve_path(options.get(name))
    if path is None:
        raise ConfigError(f"{name} is missing: a review needs bundle, signoff and document", source=f"option {name}")
    return path
