# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Who can do what, over a bundle of access evidence or a snapshot, for the lookup and the playbook: reading, lines and a table."""

from __future__ import annotations

import os
import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._commvault.overview.document import CommCellDocument
from ansible_collections.cvops.identity.plugins.module_utils._core.csv_text import build_csv
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._core.values import convert_to_builtins
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.build import build_tables
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.manifest import MANIFEST
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.question import make_question
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.questions import answer_question
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.reading import read_bundle, read_manifest
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.tables import Inputs, Row
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.words import describe_entity
from ansible_collections.cvops.identity.plugins.module_utils._joint.snapshot.files import read_snapshot

from .data_reading import resolve_path
from .filter_values import FilterInputError, make_visible, require_mapping, require_mappings, to_text
from .report_lines import format_table

Mapping = t.Mapping[str, t.Any]

SNAPSHOT = "snapshot"
#: What a question is made of, in the playbook's variables and in the lookup's options.
_PARTS = ("permission", "role", "entity", "person", "review_by_before", "valid_until_before", "commcell")
_WHO = ("permission", "role", "entity")
_COLUMNS = (
    *(
        "commcell",
        "person",
        "user_principal_name",
        "entra_user_id",
        "commvault_user",
        "how",
        "reach",
        "role",
        "permissions",
    ),
    *(
        "entity_kind",
        "entity",
        "entity_id",
        "grant_kind",
        "privileged",
        "can",
        "effective_now",
        "expected_at_next_login",
    ),
    *("in_mapping", "business_owner", "review_by", "valid_until", "id"),
)
_TOLD = 200


class Source(t.NamedTuple):
    """What is asked: rows by table, the documents they were made of as far as they can be read, what it is in words, and what it lacks."""

    rows: dict[str, list[Row]]
    commcells: list[CommCellDocument]
    words: str
    lacks: list[Row]


def ask_about_access(options: Mapping) -> dict[str, t.Any]:
    """Return ``answers``, ``not_evaluable`` and ``source`` for the options of the lookup. Raises ConfigError, AmbiguousMatch."""
    given = convert_to_builtins({name: value for name, value in options.items() if value is not None})
    question = make_question(given)
    bundle, snapshot = (resolve_path(given.get(name)) for name in ("bundle", "snapshot"))
    if (bundle is None) == (snapshot is None):
        raise ConfigError("give bundle or snapshot: the folder with the data")
    source = _read_bundle(bundle) if bundle else _read_snapshot(str(snapshot), given)
    found = answer_question(source.rows, question, source.commcells)
    return {
        "answers": found["answers"],
        "not_evaluable": [*found["not_evaluable"], *source.lacks],
        "source": source.words,
    }


def build_question(variables: t.Any) -> dict[str, t.Any]:
    """Return the lookup's options from the variables of the playbook, ``access_permission`` and so on; empty ones are left out."""
    given = convert_to_builtins(require_mapping(variables, "the variables"))
    asked = {name: given[f"access_{name}"] for name in _PARTS if given.get(f"access_{name}") not in (None, "", {})}
    who = {name: asked.pop(name) for name in _WHO if name in asked}
    return {**asked, **({"who": who} if who else {})}


def check_question(options: t.Any) -> list[str]:
    """Return what is wrong with a question, before anything is read for it."""
    try:
        make_question(require_mapping(options, "the question"))
    except ConfigError as exc:
        return [str(exc)]
    return []


def find_bundle(folder: str) -> str:
    """Return the bundle that *folder* is, or the newest one in it. Raises ConfigError."""
    if os.path.lexists(os.path.join(folder, MANIFEST)):
        return folder
    try:
        inner = sorted(entry.path for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False))
    except OSError as exc:
        raise ConfigError(f"bundle: {folder} cannot be read: {exc.strerror}", source="option bundle") from exc
    dated, faults = [], []
    for path in inner:
        if not os.path.lexists(os.path.join(path, MANIFEST)):
            continue
        try:
            manifest = read_manifest(path)[0]
        except ConfigError as exc:
            faults.append(str(exc))
            continue
        dated.append((manifest["as_of"], manifest["created"], path))
    if faults:  # one of them may be the newest
        raise ConfigError(f"bundle: {'; '.join(faults)}: give the folder of one bundle", source="option bundle")
    if not dated:
        raise ConfigError(
            f"bundle: {folder} is not a bundle and contains none; the playbook access_evidence creates bundles",
            source="option bundle",
        )
    return max(dated)[2]


def _read_bundle(folder: str) -> Source:
    path = find_bundle(folder)
    bundle = read_bundle(path)
    words = f"bundle {bundle.manifest['name']} as of {bundle.manifest['as_of']}"
    try:
        return Source(bundle.rows, read_snapshot(os.path.join(path, SNAPSHOT), "bundle").commcells, words, [])
    except ConfigError as exc:
        why = f"it cannot be read which entities exist and to which company they belong: {exc}"
        return Source(
            bundle.rows,
            [],
            words,
            [{"kind": "documents", "commcell": "", "subject": "snapshot", "why": why, "rows": []}],
        )


def _read_snapshot(folder: str, given: Mapping) -> Source:
    found = read_snapshot(folder)
    document = require_mapping(given["document"], "document") if given.get("document") else None
    missing = {to_text(name): to_text(why) for name, why in require_mapping(given.get("missing"), "missing").items()}
    inputs = Inputs(found.commcells, found.entra, missing, document)
    times = sorted({one["provenance"]["ended"] for one in found.commcells})
    return Source(
        build_tables(inputs).rows, found.commcells, f"snapshot as of {times[0] if times else 'an unknown time'}", []
    )


def format_answer(answer: t.Any, limit: int = _TOLD) -> list[str]:
    """Return an answer as lines: a table, then what the data does not tell. *limit*: so many rows of each; 0 for all."""
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 0:
        raise FilterInputError("limit must be 0 (no limit) or a positive number")
    found = make_visible(_require_answer(answer))
    answers, doubts = found["answers"], found["not_evaluable"]
    people = {
        (row.get("entra_user_id") or row["commcell"], row.get("user_principal_name") or row["commvault_user"])
        for row in answers
    }
    lines = [
        f"{found['source']}: {_count(len(answers), 'grant', 'grants')} of {_count(len(people), 'person', 'people')}, "
        f"{_count(len(doubts), 'thing', 'things')} that cannot be determined"
    ]
    shown = answers[:limit] if limit else answers
    if shown:
        head = ("Person", "CommCell", "Through", "Role", "On", "Reaches by", "Can")
        lines += format_table([head, *map(_format_row, shown)])
    lines += [f"{len(answers) - len(shown)} more, see the file"] if len(shown) < len(answers) else []
    told = doubts[:limit] if limit else doubts
    lines += [f"not evaluable: {_place(row)}{row['why']}" for row in told]
    return [
        *lines,
        *(
            [f"{len(doubts) - len(told)} more that cannot be determined, see the file"]
            if len(told) < len(doubts)
            else []
        ),
    ]


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def build_answer_csv(answer: t.Any) -> str:
    """Return the answers as CSV, what cannot be determined as rows with ``can`` not_evaluable. Raises FilterInputError."""
    found = make_visible(_require_answer(answer))
    rows = [{**row, "permissions": "; ".join(row["permissions"])} for row in found["answers"]]
    rows += [
        {
            "commcell": row["commcell"],
            "person": row["subject"],
            "how": row["why"],
            "can": "not_evaluable",
            "id": "; ".join(row["rows"]),
        }
        for row in found["not_evaluable"]
    ]
    return build_csv(_COLUMNS, ([row.get(name) for name in _COLUMNS] for row in rows))


def _format_row(row: Mapping) -> tuple[str, ...]:
    person = to_text(row["user_principal_name"] or row["commvault_user"] or row["entra_user_id"])
    named = f"{row['person']} ({person})" if row["person"] and row["person"] != person else person
    role = to_text(row["role"]) or ", ".join(row["permissions"]) or to_text(row["grant_kind"])
    on = describe_entity(row["entity_kind"], row["entity_id"], row["entity"])
    can = {"yes": "yes", "no": "no, it is disabled or blocked"}.get(row["can"], "cannot be determined")
    if row["can"] == "yes" and row["effective_now"] != "yes":
        can = "after the next sign-in"
    elif row["can"] == "yes" and row["expected_at_next_login"] == "no":
        can = "yes, until the next sign-in"
    return (named, to_text(row["commcell"]), to_text(row["how"]), role, on, to_text(row["reach"]), can)


def _place(row: Mapping) -> str:
    named = ", ".join(to_text(row[name]) for name in ("commcell", "subject") if row[name])
    return f"{named}: " if named else ""


def _require_answer(value: t.Any) -> Mapping:
    """Return what the lookup access returns. Raises FilterInputError for anything else."""
    answer = require_mapping(value, "the answer")
    for name in ("answers", "not_evaluable"):
        if not isinstance(answer.get(name), (list, tuple)):
            raise FilterInputError("the answer must be what the lookup access returns")
        require_mappings(answer[name], name)
    return answer
