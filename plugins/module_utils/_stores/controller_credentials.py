# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Credentials of a controller and jobs that use them: found, checked, written, run.

Facts: a secret input is shown as ``$encrypted$`` and never read back. A change of ``inputs`` replaces all of them, in which ``$encrypted$``
keeps what is stored, so that the others are sent as they were read. What the type has no field for is refused. A field with a source in another
store takes its value from there when a job starts, whatever is written. A launch leaves out what the template does not ask for and says so in
``ignored_fields``; that of a template whose jobs are sliced makes a workflow job.
"""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import dataclass, field

from .._core.context import Context
from .._core.errors import AmbiguousMatch, ApiError, BadAnswer, ConfigError, Forbidden
from .._core.polling import poll_until
from .._core.values import get_time
from .._core.visible import to_one_line
from .controller_client import SERVICE, ControllerClient, Wire

#: How a job ends.
_ENDED = ("successful", "failed", "error", "canceled")
_JOBS: t.Mapping[str, str] = {"job": "jobs", "workflow_job": "workflow_jobs"}
#: What every controller says of a launch, and what these are.
_TOLD_OF_LAUNCHES: t.Mapping[str, type] = {
    "variables_needed_to_start": list,
    "passwords_needed_to_start": list,
    "inventory_needed_to_start": bool,
}
#: Fields in which a credential of an application names it, in our credential types and in the controller's own.
_APPLICATION_FIELDS = ("client_id", "client")
_MOST_TOLD = 8


@dataclass(frozen=True)
class ControllerCredential:
    """A credential. ``inputs``: as read, secrets as ``$encrypted$``; ``application``: the app id that it names; ``may_edit`` None: not told.

    ``modified``: when anything of it was last changed, by the clock of the controller; None: not told.
    """

    id: int
    label: str
    type_id: int
    description: str
    inputs: Wire = field(repr=False)
    application: str | None = None
    may_edit: bool | None = None
    modified: datetime.datetime | None = None


@dataclass(frozen=True)
class ProofJob:
    """The job that shows that a credential works: its template, and with what it is launched."""

    template: str
    organization: str | None = None
    extra_vars: Wire = field(default_factory=dict)
    limit: str | None = None
    within_s: float = 600.0


class ControllerCredentials:
    """The credentials of one controller."""

    def __init__(self, ctx: Context, client: ControllerClient) -> None:
        self._ctx, self.client = ctx, client

    def find(self, wanted: t.Mapping[str, t.Any]) -> ControllerCredential:
        """Return the credential with the ``id``, or the ``name`` in the ``organization`` and of the ``credential_type``, as far as these are given.

        Raises ConfigError where this account sees none, AmbiguousMatch for several.
        """
        if wanted.get("id") is not None:
            return self.read(int(wanted["id"]))
        name = str(wanted["name"])
        found = self.client.list_named("credentials", name, f"look for credential {name!r}")
        scope = {"organization": wanted.get("organization"), "credential_type": wanted.get("credential_type")}
        return _parse_credential(_choose_one("credential", name, found, scope))

    def read(self, credential_id: int) -> ControllerCredential:
        """Return the credential with the id. Raises ApiError."""
        intent = f"read credential {credential_id}"
        return _parse_credential(self._read_one(f"/credentials/{credential_id}/", credential_id, intent))

    def check_field(self, credential: ControllerCredential, name: str) -> None:
        """Raise ConfigError or Forbidden unless the field *name* can be written and holds a secret."""
        if credential.may_edit is False:
            raise Forbidden(f"{credential.label} cannot be changed: this account needs the role Admin on it.")
        type_id = credential.type_id
        wire = self._read_one(f"/credential_types/{type_id}/", type_id, f"read the type of {credential.label}")
        inputs = wire.get("inputs")
        fields = inputs.get("fields") if isinstance(inputs, dict) else None
        if not isinstance(fields, list) or not all(isinstance(one, dict) for one in fields):
            raise BadAnswer(f"The type of {credential.label} has no list of fields.", service=SERVICE)
        secret = [to_one_line(str(one.get("id")), 80) for one in fields if one.get("secret") is True]
        if name not in secret:
            is_there = any(one.get("id") == name for one in fields)
            what = "is not secret, so that everybody could read the value" if is_there else "does not exist"
            told = ", ".join(secret[:_MOST_TOLD]) or "none"
            raise ConfigError(f"{credential.label}: its field {name!r} {what}; secret ones are: {told}.")
        linked = self.client.list_objects(
            "credential_input_sources",
            {"target_credential": credential.id},
            f"read where the fields of {credential.label} come from",
        )
        names = [one.get("input_field_name") for one in linked]
        if not all(isinstance(one, str) for one in names):
            raise BadAnswer(
                f"{SERVICE} does not say which fields of {credential.label} come from elsewhere.", service=SERVICE
            )
        if name in names:
            raise ConfigError(
                f"{credential.label}: its field {name!r} is read from another store when a job starts, so a value "
                "written here has no effect: make that store the target."
            )

    def write_secret(self, credential: ControllerCredential, name: str, value: str, description: str) -> None:
        """Write *value* into the field *name* and *description*, in one request. Raises ApiError."""
        body = {"inputs": {**credential.inputs, name: value}, "description": description}
        self._patch(credential, body, "write the secret of")

    def write_description(self, credential: ControllerCredential, description: str) -> None:
        """Write *description* alone, which leaves all fields as they are. Raises ApiError."""
        self._patch(credential, {"description": description}, "write the description of")

    def _patch(self, credential: ControllerCredential, body: Wire, what: str) -> None:
        self.client.patch(
            f"/credentials/{credential.id}/", body, f"{what} {credential.label}", "the role Admin on the credential"
        )

    def check_job(self, credential: ControllerCredential, job: ProofJob) -> None:
        """Raise ConfigError or Forbidden unless a job of the template uses the credential and can be launched without a person's answers."""
        template = self._find_template(job)
        label = f"job template {job.template!r}"
        summary = _get_mapping(template, "summary_fields")
        if _get_mapping(summary, "user_capabilities").get("start") is False:
            raise Forbidden(f"{label} cannot be launched: this account needs the role Execute on it.")
        used = summary.get("credentials")
        ids = [one.get("id") for one in used if isinstance(one, dict)] if isinstance(used, list) else []
        if credential.id not in ids:
            raise ConfigError(f"{label} does not use {credential.label}, so its jobs prove nothing: add it there.")
        launch = self.client.get(f"/job_templates/{_get_id(template)}/launch/", f"read what {label} asks for")
        if not all(isinstance(launch.get(key), kind) for key, kind in _TOLD_OF_LAUNCHES.items()):
            raise BadAnswer(f"{SERVICE} does not say what a launch of {label} needs.", service=SERVICE)
        faults = list(_find_launch_faults(launch, job))
        if faults:
            raise ConfigError(f"{label} {'; '.join(faults)}.")

    def run_job(self, job: ProofJob) -> int:
        """Launch a job of the template, wait for its end and return its id. Raises ApiError unless it was successful, WaitTimeout."""
        template = self._find_template(job)
        body: Wire = {name: value for name, value in (("extra_vars", job.extra_vars), ("limit", job.limit)) if value}
        intent = f"launch job template {job.template!r}"
        made = self.client.post(
            f"/job_templates/{_get_id(template)}/launch/", body, intent, "the role Execute on the template"
        )
        kind, number = str(made.get("type")), _get_id(made)
        if kind not in _JOBS:
            raise BadAnswer(f"Cannot {intent}: {SERVICE} answered with something that is not a job.", service=SERVICE)
        ignored = made.get("ignored_fields")
        if ignored:
            names = ", ".join(to_one_line(str(name), 80) for name in _list_names(ignored)[:_MOST_TOLD])
            raise ConfigError(
                f"Job {number} of job template {job.template!r} runs without {names}, for which the template does not ask"
            )
        what = f"job {number} of job template {job.template!r}"
        last = poll_until(
            self._ctx,
            lambda: self._read_one(f"/{_JOBS[kind]}/{number}/", number, f"read {what}"),
            lambda seen: seen.get("status") in _ENDED,
            what=f"the end of {what}",
            timeout_s=job.within_s,
            first_pause_s=1.0,
        )
        if last.get("status") != "successful":
            why = last.get("job_explanation")
            told = f" ({to_one_line(why, 300)})" if isinstance(why, str) and why else ""
            raise ApiError(f"{what} ended as {last['status']}{told}: its output says why.", service=SERVICE)
        return number

    def _read_one(self, path: str, number: int, intent: str) -> Wire:
        """Return the object at *path*, whose id is *number*. Raises ApiError, BadAnswer for another one."""
        found = self.client.get(path, intent)
        if _get_id(found) != number:
            raise BadAnswer(f"Cannot {intent}: {SERVICE} shows another object than that.", service=SERVICE)
        return found

    def _find_template(self, job: ProofJob) -> Wire:
        found = self.client.list_named("job_templates", job.template, f"look for job template {job.template!r}")
        return _choose_one("job template", job.template, found, {"organization": job.organization})


def _list_names(ignored: t.Any) -> list[t.Any]:
    """Return the names of what a launch has ignored, whatever shape that has."""
    return list(ignored) if isinstance(ignored, (dict, list)) else [ignored]


def _find_launch_faults(launch: Wire, job: ProofJob) -> t.Iterator[str]:
    """Yield why a launch of a template needs a person, or would leave out what is given."""
    missing = [name for name in map(str, launch["variables_needed_to_start"]) if name not in job.extra_vars]
    if missing:
        told = ", ".join(to_one_line(name, 80) for name in missing[:_MOST_TOLD])
        yield f"needs answers to start ({told}): give them in extra_vars"
    for name, what in (
        ("passwords_needed_to_start", "a password"),
        ("inventory_needed_to_start", "an inventory"),
        ("credential_needed_to_start", "a credential"),
    ):
        if launch.get(name):
            yield f"asks for {what} at each launch"
    if job.extra_vars and not launch.get("ask_variables_on_launch") and not launch.get("survey_enabled"):
        yield "takes no extra_vars: let it prompt for variables, or leave them out"
    if job.limit and not launch.get("ask_limit_on_launch"):
        yield "takes no limit: let it prompt for the limit, or leave it out"


def _choose_one(what: str, name: str, found: t.Sequence[Wire], scope: t.Mapping[str, t.Any]) -> Wire:
    """Return the one of *found* whose related objects have the names in *scope*. Raises ConfigError, AmbiguousMatch."""
    chosen = [
        one
        for one in found
        if one.get("name") == name
        if all(wanted is None or _get_name(one, related) == wanted for related, wanted in scope.items())
    ]
    given = ", ".join(f"{related.replace('_', ' ')} {wanted!r}" for related, wanted in scope.items() if wanted)
    label = f"{what} {name!r}{f' ({given})' if given else ''}"
    if not chosen:
        raise ConfigError(f"There is no {label} that this account sees.", source="option targets")
    if len(chosen) > 1:
        told = "; ".join(
            to_one_line(", ".join([f"id {_get_id(one)}", *(f"{key} {_get_name(one, key)!r}" for key in scope)]), 200)
            for one in chosen[:_MOST_TOLD]
        )
        raise AmbiguousMatch(
            f"There are several with the name of {label}: {told}. Say which one.",
            candidates=[_get_id(one) for one in chosen],
            source="option targets",
        )
    return chosen[0]


def _parse_credential(wire: Wire) -> ControllerCredential:
    inputs, description = wire.get("inputs"), wire.get("description")
    type_id = wire.get("credential_type")
    if not isinstance(inputs, dict) or not isinstance(description, (str, type(None))) or not _is_id(type_id):
        raise BadAnswer("The controller shows a credential of another form than credentials have.", service=SERVICE)
    named = (inputs.get(name) for name in _APPLICATION_FIELDS)
    edit = _get_mapping(_get_mapping(wire, "summary_fields"), "user_capabilities").get("edit")
    return ControllerCredential(
        _get_id(wire),
        f"credential {to_one_line(str(wire.get('name')), 200)!r}",
        t.cast(int, type_id),
        description or "",
        inputs,
        next((value for value in named if isinstance(value, str)), None),
        edit if isinstance(edit, bool) else None,
        get_time(wire, "modified", " of a credential"),
    )


def _get_name(wire: Wire, related: str) -> t.Any:
    return _get_mapping(_get_mapping(wire, "summary_fields"), related).get("name")


def _get_mapping(wire: Wire, name: str) -> Wire:
    found = wire.get(name)
    return found if isinstance(found, dict) else {}


def _get_id(wire: Wire) -> int:
    """Return the id of an object. Raises BadAnswer for none."""
    if not _is_id(wire.get("id")):
        raise BadAnswer("The controller shows an object without an id.", service=SERVICE)
    return t.cast(int, wire["id"])


def _is_id(value: t.Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
