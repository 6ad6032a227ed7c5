# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of an app: created, completed, redirected; each change told once, and in the order that locks nobody out."""

from __future__ import annotations

import dataclasses
import typing as t

from hypothesis import given
from hypothesis import strategies as st
from saml_examples import CONSOLE, ENTITY, GROUPS, SIGN_ON, make_body, make_row

from ansible_collections.cvops.identity.plugins.module_utils._commvault.app_associations import (
    Association,
    AssociationChanges,
    plan_associations,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.saml_apps.canonical import (
    SamlSettings,
    make_association,
    parse_saml_state,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.saml_apps.certificates import CertificateMark
from ansible_collections.cvops.identity.plugins.module_utils._commvault.saml_apps.plan import (
    find_narrowed_fields,
    format_saml_app,
    is_console_changed,
    plan_saml_app,
    plan_saml_app_removal,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Plan, list_planned_changes

SHOWN = parse_saml_state(make_body(), make_row())
CURRENT, HAD = SHOWN.settings, SHOWN.associations
MARK = CertificateMark("CD" * 32, "2029-01-01T00:00:00Z")
SUFFIX, DEFAULT = (
    make_association("email_suffixes", "new.example", None),
    make_association("default_user_groups", "ops", 21),
)
KEPT = AssociationChanges([], [], list(HAD))


def told(plan: Plan) -> list[str]:
    return [f"{step.action} {change.sign} {change.sentence}" for step in plan.steps for change in step.changes]


def test_a_new_app_is_created_completed_and_redirected() -> None:
    after = SamlSettings(
        True, "People", ENTITY, SIGN_ON, "", MARK, CONSOLE, (), "email", (("user_groups", GROUPS),), True, True
    )
    plan = plan_saml_app(
        "people", None, after, AssociationChanges([SUFFIX, DEFAULT], [], [SUFFIX, DEFAULT]), (), written=MARK
    )
    assert told(plan) == [
        f'create + create the SAML app with automatic creation of users false, description "People", enabled true, identity provider "{ENTITY}",'
        f' service provider endpoint "{CONSOLE}", sign-on URL "{SIGN_ON}"',
        f"create ~ trust only what the certificate {MARK.fingerprint} signs, which is valid until 2029-01-01T00:00:00Z",
        "create + add e-mail suffix new.example",
        f'update ~ set attribute mappings user groups to "{GROUPS}"',
        "update ~ set automatic creation of users to true",
        'update ~ set NameID to "email"',
        "update + add default user group ops",
        "redirect ~ send everybody who opens the web console directly to the identity provider",
    ]


def test_redirect_is_switched_on_last_and_off_first() -> None:
    on = dataclasses.replace(CURRENT, auto_redirect=True, enabled=False)
    assert [step.action for step in plan_saml_app("people", CURRENT, on, KEPT, HAD, written=None).steps] == [
        "update",
        "redirect",
    ]
    back = plan_saml_app("people", on, CURRENT, KEPT, HAD, written=None)
    assert [step.action for step in back.steps] == ["redirect", "update"]
    assert find_narrowed_fields(back) == {"auto_redirect"}


def test_a_certificate_that_is_written_again_shows_in_the_diff() -> None:
    plan = plan_saml_app("people", CURRENT, CURRENT, KEPT, HAD, written=CURRENT.certificate)
    assert (plan.before["certificate_written"], plan.after["certificate_written"]) == (False, True)
    assert [step.action for step in plan.steps] == ["update"]


def test_what_keeps_somebody_out_has_to_be_seen() -> None:
    def narrowed(changes: AssociationChanges = KEPT, **fields: t.Any) -> set[str]:
        after = dataclasses.replace(CURRENT, **fields)
        return find_narrowed_fields(plan_saml_app("people", CURRENT, after, changes, HAD, written=None))

    assert narrowed() == set() and narrowed(description="x", auto_create_users=True) == set()
    assert narrowed(enabled=False, attribute_mappings=()) == {"enabled", "attribute_mappings"}
    assert narrowed(entity_id="other", name_id="user_principal_name") == {"entity_id", "name_id"}
    assert narrowed(plan_associations({"email_suffixes": []}, HAD, False)) == {"associations"}
    assert narrowed(plan_associations({"default_user_groups": []}, HAD, False)) == {"associations"}
    assert find_narrowed_fields(plan_saml_app_removal("people", CURRENT, HAD, "k", "people")) == {"state"}


def test_another_console_has_other_reply_urls() -> None:
    one, other = (
        SamlSettings(service_provider_endpoint=url) for url in (CONSOLE, "https://other.example:443/webconsole")
    )
    assert [is_console_changed(*pair) for pair in ((one, one), (one, other), (None, one))] == [False, True, False]


def test_an_app_that_is_not_there_is_not_removed() -> None:
    assert not plan_saml_app_removal("people", None, (), None, "people").changed
    gone = plan_saml_app_removal("people", CURRENT, HAD, "k", "people (company corp)")
    assert told(gone) == ["delete - delete the SAML app: nobody signs in through it any more"]
    assert gone.steps[0].changes[0].principal == "people (company corp)"


entries = st.lists(
    st.sampled_from(
        [SUFFIX, DEFAULT, make_association("companies", "corp", 30), make_association("companies", "corp", 31)]
        + [make_association("email_suffixes", "corp.example", None), Association("users", "anna", 4, {"id": 4})]
    ),
    unique_by=lambda item: (item.kind, item.name, item.id),
)


@given(entries, st.permutations(range(3)), entries, st.booleans())
def test_planning_again_gives_nothing_and_order_does_not_matter(
    had: list[Association], order: list[int], wanted: list[Association], exclusive: bool
) -> None:
    asked = {
        item.kind: [other for other in wanted if other.kind == item.kind] for item in wanted if item.kind != "users"
    }
    changes = plan_associations(asked, had, exclusive)
    first = plan_saml_app("people", CURRENT, CURRENT, changes, had, written=None)
    again = plan_associations(asked, changes.after, exclusive)
    assert not plan_saml_app("people", CURRENT, CURRENT, again, changes.after, written=None).changed
    turned = plan_associations(dict(reversed(asked.items())), list(reversed(had)), exclusive)
    other = plan_saml_app("people", CURRENT, CURRENT, turned, list(reversed(had)), written=None)
    assert sorted(told(first)) == sorted(told(other))
    assert [item for item in changes.after if item.kind == "users"] == [item for item in had if item.kind == "users"]
    assert format_saml_app("people", CURRENT, changes.after) == first.after


@given(st.booleans(), st.text("abc", max_size=3), st.text("abc", max_size=3))
def test_what_an_earlier_task_prepares_is_told_in_the_same_words_before_and_after(
    is_new: bool, entity: str, sign_on: str
) -> None:
    """An approval of the plan, in which nothing of the provider is known, covers the run that knows it."""
    current, had = (None, ()) if is_new else (CURRENT, HAD)
    before = current or SamlSettings(auto_create_users=False, auto_redirect=False)
    unknown = dataclasses.replace(before, service_provider_endpoint=CONSOLE, auto_redirect=True)
    known = dataclasses.replace(unknown, entity_id=entity, sign_on_url=sign_on, certificate=MARK)
    ids = [
        [
            change["id"]
            for change in list_planned_changes(
                "saml_app", plan_saml_app("people", current, after, KEPT, had, written=mark, is_pending=True)
            )
        ]
        for after, mark in ((unknown, CertificateMark("", "")), (known, MARK))
    ]
    assert ids[0] == ids[1] and ids[0]
    sentences = told(plan_saml_app("people", current, known, KEPT, had, written=MARK, is_pending=True))
    assert any("Entra ID application that this run prepares" in sentence for sentence in sentences)
    assert not any(MARK.fingerprint in sentence for sentence in sentences)
