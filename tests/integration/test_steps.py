# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the steps of a run say is what the run did: their sentences against the state of the services and the requests they got."""

from __future__ import annotations

import collections
import dataclasses
import typing as t

import pytest
from cvops_simulator import Simulator
from helpers.cases import CASES, Case
from helpers.checks import assert_no_writes, writes
from helpers.effects import (
    DEACTIVATION,
    OBSERVED,
    READING,
    Effect,
    find_actions,
    find_principal,
    name_objects,
    observe,
)
from helpers.playing import Player, Run

pytestmark = pytest.mark.any_core

Make = t.Callable[..., Simulator]
#: What a sentence of a step begins with, when something comes and when it goes.
_VERBS = {"+": ("add", "create", "grant", "register", "restore"), "-": ("remove", "delete", "revoke"), "~": ("link",)}
#: What takes something away while it holds: the sign of the step, and that of the effect.
_SWITCHES = {"deactivate": ("-", "+"), "activate": ("+", "-")}
Told = tuple[str, str, str]


def list_steps(run: Run) -> list[dict[str, t.Any]]:
    """The steps of all tasks of a run."""
    return [step for result in run.results for step in result.get("steps", ()) if result.action.startswith("cvops.")]


def read_sentence(step: t.Mapping[str, t.Any]) -> Told | None:
    """Sign, principal and what comes or goes; None for steps whose effect is not observed."""
    verb, _blank, what = str(step["sentence"]).partition(" ")
    if step["kind"] not in OBSERVED:
        return None
    if step["kind"] == "membership":  # told of the member, and observed of the group
        group = what.rpartition(" user group ")[2]
        assert verb == {"+": "add", "-": "remove"}[step["sign"]], step
        return step["sign"], group, f"member {step['principal']}"
    if step["kind"] == "user" and verb in ("create", "delete"):
        return step["sign"], str(step["principal"]), "the user"
    if verb in _SWITCHES:
        sign, effect = _SWITCHES[verb]
        assert step["sign"] == sign, step
        return effect, str(step["principal"]), DEACTIVATION
    assert verb in _VERBS[step["sign"]], step
    if what.startswith("the "):
        what = what.partition(" with ")[0]
    return "-" if step["sign"] == "-" else "+", str(step["principal"]), what


def list_changes(before: frozenset[Effect], after: frozenset[Effect]) -> collections.Counter[Told]:
    """What came and what went; what went with the object that it belonged to is not counted."""
    gone = before - after
    lost = {(effect.place, effect.principal, effect.what) for effect in gone if effect.what.startswith("the ")}
    lost |= {(place, name, "the service principal") for place, name, what in lost if what == "the application"}
    groups = {f"to the Entra group {name}" for dummy, name, what in lost if what == "the group"}
    members = {(place, f"member {name}") for place, name, what in lost if what == "the user"}
    ended = [
        effect
        for effect in gone
        if (effect.place, effect.principal, effect.needs) not in lost
        and effect.what not in groups
        and (effect.place, effect.what) not in members
    ]
    came = [("+", effect.principal, effect.what) for effect in after - before]
    return collections.Counter([*came, *(("-", effect.principal, effect.what) for effect in ended)])


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.changes and not case.is_local], ids=lambda case: case.name
)
def test_every_write_belongs_to_a_step_and_every_step_is_written(case: Case, site: Simulator, play: Player) -> None:
    options = case.options(site)
    before, names = observe(site), name_objects(site)
    site.journal.clear()
    task = {"name": case.name, f"cvops.identity.{case.module}": options}
    predicted = list_steps(play([task], check=True).ok())
    assert_no_writes(site)
    steps = list_steps(play([task]).ok())
    assert steps == predicted and steps

    told = collections.Counter(read for read in map(read_sentence, steps) if read is not None)
    assert told == list_changes(before, observe(site))

    names = {**name_objects(site), **names}
    told_names: dict[str, list[str]] = collections.defaultdict(list)
    for step in steps:
        told_names[step["action"]].append(f"{step['principal']}: {step['sentence']}")
    sent: collections.Counter[tuple[str, ...]] = collections.Counter()
    for entry in writes(site):
        actions = tuple(action for action in find_actions(case.module, entry) if action in told_names)
        assert actions, f"{entry.method} {entry.path} belongs to no step"
        sent[actions] += 1
        named = find_principal(entry, names)
        known = [text for action in actions for text in told_names[action]]
        assert named is None or any(named in text for text in known), f"{entry.path} is about {named}, not {known}"
    for action in told_names.keys() - READING.get(case.module, frozenset()):
        assert any(action in actions and count >= len(actions) for actions, count in sent.items()), action


@pytest.mark.whole
def test_a_site_from_nothing_is_told_sentence_by_sentence(make_site: Make, make_player: t.Any) -> None:
    site = make_site(set="M", empty=True)
    player = make_player(site)
    document, before = site.variables(), observe(site)
    run = player("cvops.identity.site", extra_vars=document).ok()
    decided = next(number for number, result in enumerate(run.results) if result.task == "Plan")
    steps = list_steps(dataclasses.replace(run, results=run.results[decided:]))
    told = collections.Counter(read for read in map(read_sentence, steps) if read is not None)
    done = list_changes(before, observe(site))
    assert told - done == collections.Counter() and done - told == collections.Counter()
    assert len(steps) > 100


@pytest.mark.whole
def test_the_steps_of_a_site_from_nothing_are_the_same_before_and_while_they_are_written(
    make_site: Make, make_player: t.Any
) -> None:
    """Everything is pending in check mode: groups, roles, the application. What is approved then is what is written."""
    site = make_site(set="S", empty=True)
    player = make_player(site)
    document = site.variables()
    predicted = list_steps(player("cvops.identity.site", check=True, extra_vars=document).ok())
    real = list_steps(player("cvops.identity.site", extra_vars=document).ok())
    told, done = ({(step["id"], step["principal"], step["sentence"]) for step in steps} for steps in (predicted, real))
    assert told - done == set() and done - told == set()
