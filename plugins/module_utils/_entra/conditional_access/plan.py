# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The steps from a conditional access policy to what it shall be. Pure."""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import dataclass, field, replace

from ..._core.names import fold_case, keep_spelling
from ..._core.plan import Change, Plan, Step, add_ids
from ..._core.set_changes import find_set_changes
from .canonical import Form, Policy, build_branch, get_branch, list_unknown_members
from .evaluation import PENDING
from .fields import BY_OPTION, FIELDS, STATES, Refers
from .words import NOUN, describe_policy_changes, describe_policy_creation, describe_policy_removal

#: What people call an id, by what it is of.
Names: t.TypeAlias = t.Mapping[tuple[Refers, str], str]
#: What the options ask for, by option; None clears a field. Fields that are not managed are left out.
Desired: t.TypeAlias = t.Mapping[str, t.Any]
#: What people call the value of a field, by option and value: no two of a field are called the same.
_Labels: t.TypeAlias = t.Mapping[tuple[str, str], str]
#: Up to so many ids a new policy is known by each of them, beyond by those of each field together: earlier ids are tried in all combinations.
_MOST_IDS = 10
_SESSION = "sessionControls"
#: The one session control that is a switch by itself.
_BARE = "disableResilienceDefaults"
_FREQUENCY = "session.sign_in_frequency"


@dataclass(frozen=True)
class PolicyPlan:
    """What becomes of a policy. ``current``: as it is, None where there is none; the others: as it will be, empty for one that goes.

    ``plan``: the steps, and both sides with names for people.
    """

    plan: Plan
    current: Policy | None
    display_name: str = ""
    state: str = ""
    form: Form = field(default_factory=dict)

    @property
    def had_state(self) -> str:
        """The state before; empty where there was no policy."""
        return self.current.state if self.current else ""

    @property
    def had_form(self) -> Form:
        """The fields before; none where there was no policy."""
        return self.current.form if self.current else {}


def plan_policy(
    name: str | None, state: str | None, desired: Desired, current: Policy | None, exclusive: bool, names: Names
) -> PolicyPlan:
    """Return the steps that create the policy, or change the one that is there; none where it is as asked.

    *name*, *state*: None leaves them; a new policy without a state is in report-only.
    """
    form = merge_form(current.form if current else {}, desired, exclusive)
    labels = _label_values(names, form, current.form if current else {})
    if current is None:
        state = state or "report_only"
        fields = _tell(form, labels)
        after = {"display_name": name, "policy_state": state, **fields}
        body = {"displayName": name, "state": STATES[state], **_build_branches(_list_branches(form), form, {})}
        created, *others = describe_policy_creation(str(name), state, fields)
        told = (replace(created, ids=_list_ids(labels)), *others)
        plan = Plan({}, after, (Step("create", f"{NOUN} {name}", {"body": body}, told),))
        return PolicyPlan(plan, None, str(name or ""), state, form)
    before = _tell_policy(current, labels)
    wanted = keep_spelling(name, current.display_name) if name else current.display_name
    found = PolicyPlan(Plan(before, before), current, wanted, state or current.state, form)
    if (found.display_name, found.state, form) == (current.display_name, current.state, current.form):
        return found
    after = {"display_name": wanted, "policy_state": found.state, **_tell(form, labels)}
    steps = _list_changes(found, current, before, after)
    return replace(found, plan=Plan(before, after, _add_entry_ids(steps, labels)))


def _tell_policy(policy: Policy, labels: _Labels) -> dict[str, t.Any]:
    return {"display_name": policy.display_name, "policy_state": policy.state, **_tell(policy.form, labels)}


def _list_changes(
    planned: PolicyPlan, current: Policy, before: t.Mapping[str, t.Any], after: t.Mapping[str, t.Any]
) -> tuple[Step, ...]:
    """Return the steps that change a policy: one request, and a second one where a session control goes and others stay.

    Graph takes a session control away only with all of them; the others are then given anew. It refuses a policy that demands nothing, so
    the controls are switched off one by one where the policy has no others.
    """
    form, wire, name = planned.form, current.wire, current.display_name
    changed = {option for option in {*current.form, *form} if current.form.get(option) != form.get(option)}
    branches = sorted({BY_OPTION[option].branch for option in changed})
    body = _build_branches(branches, form, wire)
    if planned.display_name != name:
        body["displayName"] = planned.display_name
    if planned.state != current.state:
        body["state"] = STATES[planned.state]
    steps = [Step("update", f"{NOUN} {name}", {"body": body}, describe_policy_changes(name, before, after))]
    lost = _list_lost_controls(current, form)
    if lost and body[_SESSION] is not None and not any(option.startswith("grant.") for option in form):
        off = {name: False if name == _BARE else {"isEnabled": False} for name in lost}
        body[_SESSION] = {**body[_SESSION], **off}
    elif lost:
        rest, body[_SESSION] = body[_SESSION], None
        if rest is not None:
            sentence = (
                "write the other session controls again, because Entra ID removes one of them only together with all"
            )
            told = Change("~", "setting", name, sentence, {"field": _SESSION})
            steps.append(Step("restore_session", f"{NOUN} {name}: session", {"body": {_SESSION: rest}}, (told,)))
    return add_ids(steps, principal=current.object_id)


def plan_policy_removal(current: Policy | None, names: Names) -> PolicyPlan:
    """Return the step that deletes the policy, none when it does not exist."""
    if current is None:
        return PolicyPlan(Plan({}, {}), None)
    gone = describe_policy_removal(current.display_name, current.state, current.object_id)
    step = Step("delete", f"{NOUN} {current.display_name}", {}, gone)
    before = _tell_policy(current, _label_values(names, current.form))
    plan = Plan(before, {}, add_ids((step,), principal=current.object_id))
    return PolicyPlan(plan, current)


def merge_form(had: Form, desired: Desired, exclusive: bool) -> Form:
    """Return the fields as they will be: sets gain what is asked for and, when *exclusive* or asked to be empty, lose the rest."""
    form = dict(had)
    for option, value in desired.items():
        if BY_OPTION[option].is_set and value is not None:
            value = frozenset(find_set_changes(value, had.get(option) or (), exclusive or option in _WHOLE).after)
        if value in (None, frozenset(), "", False):
            form.pop(option, None)
        else:
            form[option] = value
    form.setdefault("client_app_types", frozenset({"all"}))
    if not any(option.startswith("grant.") and option != "grant.operator" for option in form):
        form.pop("grant.operator", None)
    elif "grant.operator" not in form:
        form["grant.operator"] = "or"
    if f"{_FREQUENCY}.interval" in form:
        form.setdefault(f"{_FREQUENCY}.authentication", "primary_and_secondary")
    return form


#: Sets of which nothing may stay that is not asked for: they say together what is meant.
_WHOLE = ("client_app_types",)


def list_lost_members(planned: PolicyPlan) -> list[str]:
    """Return the members that nobody manages and that are lost where a branch is replaced as a whole."""
    wire = planned.current.wire if planned.current else {}
    replaced = [step.data["body"] for step in planned.plan.steps if step.action == "update"]
    branches = {_SESSION for body in replaced if body.get(_SESSION, "") is None}
    branches |= {"grantControls" for body in replaced if body.get("grantControls", "") is None}
    branches |= {
        f"conditions.{name}"
        for body in replaced
        for name, value in (body.get("conditions") or {}).items()
        if value is None
    }
    return [
        f"{branch}.{name}"
        for branch in sorted(branches)
        for name in list_unknown_members(branch, get_branch(wire, branch))
    ]


def _list_lost_controls(current: Policy, form: Form) -> list[str]:
    """Return the session controls that are there and are to go, as Graph calls them."""
    had, has = (
        {_name_control(option) for option in side if option.startswith("session.")} for side in (current.form, form)
    )
    return sorted(had - has)


def _name_control(option: str) -> str:
    return BY_OPTION[option].member.split(".")[1]


def _list_branches(form: Form) -> list[str]:
    return sorted({BY_OPTION[option].branch for option in form})


def _build_branches(branches: t.Iterable[str], form: Form, wire: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the body with these branches; only what is managed is sent."""
    body: dict[str, t.Any] = {"conditions": {}}
    for branch in branches:
        first, _dot, rest = branch.partition(".")
        value = build_branch(branch, form, wire)
        if first == "conditions":
            body["conditions"][rest] = value
        else:
            body[first] = value
    if not body["conditions"]:
        del body["conditions"]
    return body


def _tell(form: t.Mapping[str, t.Any], labels: _Labels) -> dict[str, t.Any]:
    """Return fields for people: names in place of ids, sets as sorted lists."""
    found: dict[str, t.Any] = {}
    for option, value in form.items():
        if BY_OPTION[option].is_set:
            found[option] = sorted(labels.get((option, text), text) for text in value)
        else:
            found[option] = labels.get((option, value), value) if isinstance(value, str) else value
    return found


def name_value(option: str, text: str, names: Names) -> str:
    """Return what people call the value of a field: the name of an object, an id that nobody has named, a word."""
    refers = BY_OPTION[option].refers
    return names.get((refers, text), text) if refers else text


def _label_values(names: Names, *forms: Form) -> dict[tuple[str, str], str]:
    """Return what people call the values of fields that refer to objects: the name, and the id beside it where the name alone is not clear.

    It is not where two of a field have it, before or after, or where it reads like a word that stands in place of ids.
    """
    found: dict[tuple[str, str], str] = {}
    for item in FIELDS:
        if item.refers is None:
            continue
        texts = {text for form in forms for text in _list_texts(form.get(item.option))}
        called = {text: name_value(item.option, text, names) for text in texts}
        words = item.special or {}
        counts = Counter(map(fold_case, called.values()))
        for text, name in called.items():
            is_clear = counts[fold_case(name)] == 1 and fold_case(name) not in words
            has_id = text not in words and not text.startswith(PENDING)
            found[item.option, text] = name if is_clear or not has_id else f"{name} ({text})"
    return found


def _list_texts(value: t.Any) -> t.Collection[str]:
    """Return the values of a field that refers to objects."""
    return value if isinstance(value, frozenset) else [value] if value else []


def _list_ids(labels: _Labels) -> dict[str, str | None]:
    """Return the ids that a new policy refers to, by what they are called; None for what is still to be created."""
    found = {
        f"{option} {fold_case(label)}": text for (option, text), label in labels.items() if _is_reference(option, text)
    }
    if len(found) > _MOST_IDS:
        by_option: dict[str, list[str]] = {}
        for option, text in sorted(labels):
            if _is_reference(option, text):
                by_option.setdefault(option, []).append(text)
        found = {
            option: PENDING if any(text.startswith(PENDING) for text in texts) else " ".join(texts)
            for option, texts in by_option.items()
        }
    return {name: None if text.startswith(PENDING) else text for name, text in found.items()}


def _add_entry_ids(steps: t.Iterable[Step], labels: _Labels) -> tuple[Step, ...]:
    """Return *steps* whose changes know the ids of the entries that they add and remove, as far as these exist."""
    ids = {(option, label): text for (option, text), label in labels.items() if _is_reference(option, text)}

    def complete(change: Change) -> Change:
        text = ids.get((str(change.facts.get("field")), str(change.facts.get("value"))))
        return (
            replace(change, ids={**change.ids, "entry": None if text.startswith(PENDING) else text}) if text else change
        )

    return tuple(replace(step, changes=tuple(map(complete, step.changes))) for step in steps)


def _is_reference(option: str, text: str) -> bool:
    """Return whether a value is an object, and no word in place of one."""
    return text not in (BY_OPTION[option].special or {})
