# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Reading of run records in order to undo what they tell: which they are, and whether each has the form that this release writes.

A record is another's document. Nothing in it is evaluated, and only what is checked here leaves this file.
"""

from __future__ import annotations

import os
import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._core.data_text import unmark_unsafe_texts
from ansible_collections.cvops.identity.plugins.module_utils._core.run_record import SCHEMA_VERSION, STEP_STATES
from ansible_collections.cvops.identity.plugins.module_utils._core.values import is_guid
from ansible_collections.cvops.identity.plugins.plugin_utils.counts import count_words
from ansible_collections.cvops.identity.plugins.plugin_utils.data_reading import (
    DataFileError,
    Limits,
    abbreviate_text,
    limit_problems,
    read_data_file,
    resolve_path,
)

Record = dict[str, t.Any]
Form: t.TypeAlias = "t.Callable[[t.Any], bool]"

#: So many records of a folder are looked at, the newest first, and so many runs or files of it are told.
_MOST_RECORDS = 2000
#: A record has 1 kB and 60 values, keys counted, for each grant that its run changed.
RECORD_LIMITS = Limits(size=48 * 1024 * 1024, values=3_000_000)
_TOLD = 10
_LONGEST_TEXT = 100_000
_LONGEST_PATH = 4096
_PREFIX = "cvops.identity."
_ENTRA_GROUP_FIELDS = ("display_name", "unique_name", "mail_nickname", "description")
_STEP_KEYS = ("action", "state", "undo", "changes")


class RecordError(Exception):
    """A record that cannot be used; the argument says why."""


def _is_text(value: t.Any) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST_TEXT


def _is_number(value: t.Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -1 <= value < 2**63


def _is_flag(value: t.Any) -> bool:
    return isinstance(value, bool)


def _or_none(form: Form) -> Form:
    return lambda value: value is None or form(value)


def _list_of(form: Form) -> Form:
    return lambda value: isinstance(value, list) and all(map(form, value))


def _mapping_of(forms: t.Mapping[str, Form], *, partly: bool = False) -> Form:
    """Return the form of a mapping with exactly the keys of *forms*; *partly*: with some of them."""

    def is_of_form(value: t.Any) -> bool:
        if not isinstance(value, dict) or not (value.keys() <= forms.keys()):
            return False
        return (partly or value.keys() == forms.keys()) and all(forms[name](item) for name, item in value.items())

    return is_of_form


def _one_of(*values: str) -> Form:
    return lambda value: isinstance(value, str) and value in values


def _is_entity_kind(value: t.Any) -> bool:
    return _is_text(value) and value.replace("_", "").replace(":", "").isalnum()


_NUMBERED = {"id": _or_none(_is_number), "name": _is_text}
_PRINCIPAL = {**_NUMBERED, "kind": _one_of("user", "user_group", "external_group")}
_GRANTS = _list_of(
    _mapping_of(
        {
            "principal": _mapping_of(_PRINCIPAL),
            "role": _mapping_of(_NUMBERED),
            "entity": _mapping_of({"kind": _is_entity_kind, "id": _is_number}),
        }
    )
)
_ROLE = _or_none(
    _mapping_of(
        {
            "name": _is_text,
            "description": _is_text,
            "enabled": _is_flag,
            "visible_to_all": _is_flag,
            "permissions": _list_of(_is_text),
        },
        partly=True,
    )
)
_LINK = _or_none(_mapping_of({"entra_group_id": _or_none(is_guid)}, partly=True))
_FIELDS = _or_none(_mapping_of(dict.fromkeys(_ENTRA_GROUP_FIELDS, _is_text), partly=True))
_AT_ENTRA = {"object_id": _or_none(is_guid), "name": _or_none(_is_text)}
#: What undoing a step takes, by its kind.
FORMS: t.Mapping[str, t.Mapping[str, Form]] = {
    "grants": {"added": _GRANTS, "removed": _GRANTS},
    "role": {**_NUMBERED, "company": _is_text, "before": _ROLE, "after": _ROLE},
    "user_group": {**_NUMBERED, "company": _is_text, "before": _LINK, "after": _LINK},
    "entra_group": {**_AT_ENTRA, "before": _FIELDS, "after": _FIELDS},
    "entra_members": {
        **_AT_ENTRA,
        "relation": _one_of("members", "owners"),
        "added": _list_of(is_guid),
        "removed": _list_of(is_guid),
    },
}
_CHANGE = {"sign": _one_of("+", "-", "~"), "kind": _is_text, "principal": _is_text, "sentence": _is_text}


class RunNotChosen(RecordError):
    """A folder has records of several runs, and none is asked for; ``listed``: its last runs, one line each, and what was left out."""

    def __init__(self, *problems: str, listed: t.Sequence[str] = ()) -> None:
        super().__init__(*problems)
        self.listed = listed


class RunRecords(t.NamedTuple):
    """The ``records`` of one run, oldest first, empty when there are ``problems``; ``warnings``: of files that may be records of it, too.

    ``runs``: lines that name the runs to choose from, where that is all that is wrong.
    """

    records: list[Record]
    problems: list[str]
    warnings: list[str]
    runs: list[str]


def read_run_records(paths: t.Sequence[t.Any], run: str = "") -> RunRecords:
    """Return the records in the files, or of *run* in the folders, that *paths* name; relative ones begin in the working directory.

    *run*: the field ``run`` of the records, or the ``job_id`` of their operator. All records must be of one run.
    """
    found: list[tuple[str, Record]] = []
    problems: list[str] = []
    unread: list[str] = []
    runs: list[str] = []
    is_refused = False
    for given in paths:
        path = resolve_path(given)
        if path is None:
            is_refused = True
            problems.append(
                f"revert_record: {abbreviate_text(given)!r} is not the path of a record or of a folder of records"
            )
            continue
        try:
            if os.path.isdir(path):
                chosen, left_out = _read_folder(path, run)
                found += chosen
                unread += left_out
            else:
                found.append((path, read_record(path)))
        except (RecordError, DataFileError) as exc:
            listed = exc.listed if isinstance(exc, RunNotChosen) else ()
            runs += [f"{abbreviate_text(given, _LONGEST_PATH)}: {line}" for line in listed]
            is_refused = is_refused or not listed
            problems += [f"{abbreviate_text(given, _LONGEST_PATH)}: {fault}" for fault in exc.args]
    problems += _find_other_runs([record for dummy, record in found])
    if not (found or problems):
        problems.append("revert_record is empty")
    ordered = sorted(found, key=lambda item: (item[1]["began"], item[0]))
    warnings = (
        [f"{len(unread)} files cannot be read, and may be records of the run: {'; '.join(unread[:_TOLD])}"]
        if unread
        else []
    )
    records = [] if problems else [record for dummy, record in ordered]
    return RunRecords(records, problems, warnings, [] if is_refused or found else runs)


def read_record(path: str) -> Record:
    """Return the record in a file, with what undoing it takes and nothing else. Raises RecordError, DataFileError."""
    return check_record(_read_content(path))


def check_record(found: t.Any) -> Record:
    """Return of a record what undoing it takes. Raises RecordError where it has not the form that this release writes."""
    if not isinstance(found, dict) or "schema" not in found or not str(found.get("module")).startswith(_PREFIX):
        raise RecordError("is not a run record")
    version = found["schema"]
    if not _is_number(version) or version > SCHEMA_VERSION:
        raise RecordError("was written by a newer release of cvops.identity: undo it with that one")
    if version < SCHEMA_VERSION:
        raise RecordError(
            "was written by an older release of cvops.identity, which did not store what is needed to undo it: undo "
            "by hand what its fields planned and applied show"
        )
    texts = ("module", "run", "place", "began", "outcome")
    steps = found.get("steps")
    if not all(_is_text(found.get(name)) for name in texts) or not isinstance(steps, list):
        raise RecordError("does not have the form of a run record")
    operator = found.get("operator")
    job = operator.get("job_id") if isinstance(operator, dict) else None
    return {
        **{name: found[name] for name in texts},
        "module": found["module"].removeprefix(_PREFIX),
        "job_id": job if _is_text(job) else "",
        "steps": [_check_step(step, number) for number, step in enumerate(steps)],
    }


def _check_step(step: t.Any, number: int) -> Record:
    if not isinstance(step, dict) or step.get("state") not in STEP_STATES or not _is_text(step.get("action")):
        raise RecordError(f"steps[{number}] does not have the form of a step")
    if not _list_of(_mapping_of(_CHANGE))(step.get("changes")):
        raise RecordError(f"steps[{number}].changes does not have the form of changes")
    undo = step.get("undo")
    if undo is not None:
        kind = undo.get("kind") if isinstance(undo, dict) else None
        form = FORMS.get(kind) if isinstance(kind, str) else None
        if form is None or not _mapping_of({**form, "kind": _is_text})(undo):
            raise RecordError(f"steps[{number}].undo does not have the form of an undo entry")
    return {name: step.get(name) for name in _STEP_KEYS}


def _read_content(path: str) -> t.Any:
    """Return what is in a file, with the texts that :func:`.data_text.dump_for_ansible` has marked. Raises RecordError, DataFileError."""
    if _is_missing(path):
        raise RecordError(f"there is no such file or folder (looked for {abbreviate_text(path, _LONGEST_PATH)})")
    found = read_data_file(path, RECORD_LIMITS) if path.endswith(".json") else None
    if found is None:
        raise RecordError("is not a run record: run records are files with names that end with .json")
    return unmark_unsafe_texts(found)


def _is_missing(path: str) -> bool:
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):  # whether it is there is not known: reading it tells more
        pass
    return False


def _claims_run(content: t.Any, run: str) -> bool:
    """Return whether a file that cannot be used says that it is a record of *run*."""
    given = content if isinstance(content, dict) else {}
    operator = given.get("operator")
    return bool(run) and run in (given.get("run"), operator.get("job_id") if isinstance(operator, dict) else None)


def _read_folder(path: str, run: str) -> tuple[list[tuple[str, Record]], list[str]]:
    """Return the records of *run* in a folder, and the files that cannot be read, which may be some.

    Raises RecordError that names the last runs where none is asked for (then RunNotChosen), or there is none, and for a record of *run* that
    cannot be used.
    """
    try:
        names = sorted((name for name in os.listdir(path) if name.endswith(".json")), reverse=True)[:_MOST_RECORDS]
    except OSError as exc:
        raise RecordError(f"cannot be read: {exc.strerror}") from None
    found: list[tuple[str, Record]] = []
    faults: list[str] = []
    unread: list[str] = []
    own_faults: list[str] = []
    for name in names:
        file, content = os.path.join(path, name), None
        try:
            content = _read_content(file)
            found.append((file, check_record(content)))
        except (RecordError, DataFileError) as exc:
            faults.append(f"{abbreviate_text(name)} {exc.args[0]}")
            if isinstance(exc, DataFileError):
                unread.append(f"{abbreviate_text(file, _LONGEST_PATH)} {exc.args[0]}")
            elif _claims_run(content, run):
                own_faults.append(f"{abbreviate_text(name)}, a record of this run, {exc.args[0]}")
    if own_faults:
        raise RecordError(*limit_problems(own_faults))
    chosen = [item for item in found if run and run in (item[1]["run"], item[1]["job_id"])]
    if chosen:
        return chosen, unread
    what = (
        f"has no record of run {abbreviate_text(run)!r}" if run else "is a folder: choose the run with -e revert_run="
    )
    listed = _describe_runs([record for dummy, record in found])
    told = [f"{what}. Its last runs: {'; '.join(listed)}" if listed else f"{what}. It has no run that can be undone"]
    left_out = [f"{len(faults)} files are left out, such as {faults[0]}"] if faults else []
    if listed and not run:
        raise RunNotChosen(*told, *left_out, listed=[*listed, *left_out])
    raise RecordError(*told, *left_out)


def _describe_runs(records: t.Sequence[Record]) -> list[str]:
    runs: dict[str, list[Record]] = {}
    for record in records:
        runs.setdefault(record["run"] or record["job_id"], []).append(record)
    runs.pop("", None)
    told = []
    for run, listed in sorted(runs.items(), key=lambda item: max(record["began"] for record in item[1]), reverse=True):
        job = f" (job {abbreviate_text(listed[0]['job_id'])})" if listed[0]["job_id"] else ""
        modules = ", ".join(sorted({abbreviate_text(record["module"]) for record in listed}))
        began = min(record["began"] for record in listed)
        steps = sum(len(record["steps"]) for record in listed)
        told.append(f"{abbreviate_text(run)}{job} of {abbreviate_text(began)}, {count_words(steps, 'step')}, {modules}")
    return told[:_TOLD]


def _find_other_runs(records: t.Sequence[Record]) -> list[str]:
    runs = {record["run"] for record in records}
    if len(runs) <= 1 or len({record["job_id"] or record["run"] for record in records}) == 1:
        return []
    return [f"the records are of {len(runs)} runs: undo one at a time, the last one first"]
