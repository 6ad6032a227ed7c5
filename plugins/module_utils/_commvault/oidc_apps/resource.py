# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""One OpenID Connect app of the module commvault_oidc_app: read, planned, created, updated, deleted, and read back."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._core.approval import check_planned_again
from ..._core.context import Context
from ..._core.errors import BadAnswer
from ..._core.plan import Plan, Step
from ..._core.resource import Action, Finding
from ..acting_company import act_in_company
from ..app_associations import (
    Association,
    AssociationChanges,
    check_association_removals,
    find_lost,
    plan_associations,
    resolve_associations,
    warn_of_lost,
)
from ..catalogue import name_with_company
from ..client import CommvaultClient
from ..confirm import wait_until_shown
from ..console_urls import build_console_url, clean_console_urls, take_named_urls
from ..directory import Directory
from ..lookalikes import warn_of_lookalike_names
from ..name_checks import check_object_name
from ..references import parse_reference
from ..secret_marks import check_secret_options
from .associations import KINDS, make_association, parse_association
from .calls import OidcApps
from .canonical import OidcApp, OidcSettings, build_changed_row
from .checks import build_discovery_url, check_application_id, check_discovery_url
from .desired import desired_oidc_app, is_secret_written
from .plan import KIND, find_narrowed_fields, format_oidc_app, plan_oidc_app, plan_oidc_app_removal

#: Associations that an app has, None where Commvault does not show them.
Present: t.TypeAlias = "list[Association] | None"


class OidcAppResource:
    """One OpenID Connect app, at the level of the CommCell or in a company."""

    noun = "oidc_app"

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._client = CommvaultClient(act_in_company(ctx, ctx.options.get("company")))
        self._apps, self._directory = OidcApps(self._client), Directory(self._client)
        self._options: dict[str, t.Any] = dict(ctx.options)
        self._app: OidcApp | None = None
        self._after: OidcSettings | None = None
        self._had: Present = []
        self._wanted: dict[str, list[Association]] = {}
        self._changes = AssociationChanges([], [], [])
        self._lost: list[str] = []
        self._planned = Plan({}, {})
        self.key: str | None = None

    def plan(self) -> Plan:
        """Read the app and plan what the options ask for. Raises ConfigError, Problems, AmbiguousMatch, GuardRefused."""
        name = self._options["name"]
        check_object_name("name", name)
        if self._options["state"] == "present":
            check_secret_options(self._options, "secret")
            self._check_addresses()
        self._app = self._apps.find(name)
        self.key = self._app.key if self._app else None
        self._had = self._parse_present_associations(self._app)
        current = self._app.settings if self._app else None
        if self._options["state"] == "absent":
            principal = name_with_company(self._app.name if self._app else name, self._client.company_name)
            self._planned = plan_oidc_app_removal(name, current, self._had, self.key, principal)
            return self._planned
        warn_of_lookalike_names(self._ctx, KIND, "App", name, self._apps.rows.names)
        if current is None:
            self._complete_new_options()
        self._after = desired_oidc_app(name, self._options, current, self._options["exclusive"])
        self._check_discovery_url(current)
        self._wanted = self._resolve_associations()
        self._changes = self._plan_associations(self._had)
        check_association_removals(self._changes, self._options["max_removals"])
        self._planned = self._plan_steps(self._app, self._after, self._changes, self._had)
        return self._planned

    def _plan_associations(self, had: Present) -> AssociationChanges:
        """Return the changes to those that the app has, none where Commvault does not show them."""
        if had is None:
            return AssociationChanges([], [], [])
        return plan_associations(self._wanted, had, self._options["exclusive"])

    def _plan_steps(self, app: OidcApp | None, after: OidcSettings, changes: AssociationChanges, had: Present) -> Plan:
        name, current = app.name if app else self._options["name"], app.settings if app else None
        return plan_oidc_app(
            name,
            current,
            after,
            changes,
            had,
            writes_secret=is_secret_written(self._options, current),
            key=app.key if app else None,
            principal=name_with_company(name, self._client.company_name),
        )

    @property
    def actions(self) -> t.Mapping[str, Action]:
        """The method that carries out a step, by its action."""
        return {"create": self._create, "update": self._update, "delete": self._delete}

    def verify(self) -> list[Finding]:
        """Wait until the list and the app show what was written; a deleted one no more.

        Return the fields that are not shown as written. Raises WaitTimeout where somebody who is to be kept out may still sign in.
        """
        if not self._planned.changed:
            return []
        subject = f"{KIND} {self._options['name']}"
        found = wait_until_shown(self._ctx, self._find_unshown, subject, find_narrowed_fields(self._planned))
        warn_of_lost(self._ctx, subject, self._lost)
        return list(found)

    def result(self) -> dict[str, t.Any]:
        """Return the app after the plan, never its secret; empty when it is absent."""
        if self._after is None:
            return {}
        associations = self._had if self._had is None else self._changes.after
        name = self._app.name if self._app else self._options["name"]
        urls = self._take_reply_urls()
        return {
            **format_oidc_app(name, self._after, associations),
            "app_key": self.key,
            "company": self._client.company_name,
            "reply_url": urls[0] if urls else None,
            "reply_urls": urls,
        }

    def _take_reply_urls(self) -> list[str] | None:
        """Return the redirect URIs to register: those on a host that the task names; None where every one is on another.

        It is not an empty list then, since that would take all redirect URIs away from the registration that it is given to.
        """
        urls = t.cast(OidcSettings, self._after).reply_urls
        taken = take_named_urls(
            self._ctx,
            urls,
            [self._client.base_url, *(self._options.get("web_console_urls") or ())],
            subject=f"{KIND} {self._options['name']}",
            field="reply_url",
            # told in any case, for a list that is shorter than it should be is easily overlooked
            option="commvault_url or web_console_urls",
            hint="web_console_urls",
        )
        return taken if taken or not urls else None

    def _create(self, step: Step) -> None:
        after = t.cast(OidcSettings, self._after)
        tree = [dict(item.wire) for item in self._changes.after]
        self.key = self._apps.create(self._options["name"], after, self._options["secret"], tree)

    def _update(self, step: Step) -> None:
        app = self._look_again(t.cast(OidcApp, self._app), step)
        after = t.cast(OidcSettings, self._after)
        secret = self._options["secret"] if self._is_secret_known_or_due(app) else None
        tree = None if self._had is None else [dict(item.wire) for item in self._changes.after]
        self._apps.update(build_changed_row(app, after, secret, tree), step.subject)

    def _look_again(self, app: OidcApp, step: Step) -> OidcApp:
        """Return the app as it is right before the write, planned anew: it is sent as a whole, and what others have changed in it stays.

        Raises PlanChanged where more would be written than was planned, and BadAnswer.
        """
        shown = self._apps.read_before_write(app, step.subject)
        had = self._parse_present_associations(shown)
        if had is None and self._had is not None:
            raise BadAnswer(f"Commvault no longer shows who is associated with {KIND} {app.name}.", member="assocTree")
        after = desired_oidc_app(self._options["name"], self._options, shown.settings, self._options["exclusive"])
        changes = self._plan_associations(had)
        check_planned_again(step, self._plan_steps(shown, after, changes, had))
        self._app, self._had, self._after, self._changes = shown, had, after, changes
        return shown

    def _delete(self, step: Step) -> None:
        self._apps.delete(t.cast(OidcApp, self._app), step.subject)

    def _find_unshown(self) -> list[str]:
        """Return the fields that are not shown as written; "list" for a new app that is not listed, "state" for a deleted one that is."""
        shown = self._apps.read_again(self.key) if self.key else self._apps.read_created(self._options["name"])
        if self._after is None:
            return ["state"] if shown is not None else []
        if shown is None:
            return ["list"]
        self.key = shown.key
        wanted = dataclasses.asdict(self._after)
        found = [name for name, value in dataclasses.asdict(shown.settings).items() if value != wanted[name]]
        if shown.associations is not None and self._had is not None:
            seen = self._parse_associations(shown.associations)
            changes = self._changes
            kept = [item for item in changes.after if item not in changes.add]
            self._lost = find_lost(kept, seen)
            is_left = any(item.is_same(other) for item in changes.remove for other in seen)
            if is_left or find_lost(changes.add, seen):
                found.append("associations")
            if self._lost:
                found.append("other_associations")
        return found

    def _is_secret_known_or_due(self, app: OidcApp) -> bool:
        """Return whether the secret goes with the change: where it is due, and where the mark says that the app holds just this one."""
        if is_secret_written(self._options, app.settings):
            return True
        fingerprint = self._options.get("secret_fingerprint")
        is_known = fingerprint is not None and fingerprint == app.settings.secret_fingerprint
        return is_known and bool(self._options.get("secret"))

    def _check_addresses(self) -> None:
        if self._options.get("application_id") is not None:
            check_application_id(self._options["application_id"])
        if self._options.get("web_console_urls") is not None:
            self._options["web_console_urls"] = clean_console_urls(self._options["web_console_urls"])

    def _check_discovery_url(self, current: OidcSettings | None) -> None:
        """Check the address that is asked for; one that the app has and nobody manages is left alone."""
        after = t.cast(OidcSettings, self._after)
        if current is None or self._options.get("discovery_url") is not None:
            check_discovery_url(self._options, after.discovery_url, after.application_id)

    def _complete_new_options(self) -> None:
        """Fill in what a new app gets where the options leave it out."""
        if self._options.get("discovery_url") is None:
            self._options["discovery_url"] = build_discovery_url(self._options)
        if self._options.get("web_console_urls") is None:
            self._options["web_console_urls"] = [build_console_url(self._client.base_url)]

    def _parse_present_associations(self, app: OidcApp | None) -> Present:
        if app is None:
            return []
        return None if app.associations is None else self._parse_associations(app.associations)

    def _parse_associations(self, entries: t.Iterable[t.Mapping[str, t.Any]]) -> list[Association]:
        return [parse_association(entry, self._directory.is_company) for entry in entries]

    def _resolve_associations(self) -> dict[str, list[Association]]:
        """Return the associations that are managed, by kind; none where Commvault does not show those of the app. Raises Problems."""
        given = {
            kind: listed for kind, listed in (self._options.get("associations") or {}).items() if listed is not None
        }
        if self._had is None:
            if given:
                self._ctx.warn(
                    f"Commvault does not show who is associated with {KIND} {self._options['name']}: the associations are not changed."
                )
            return {}
        given = {kind: given[kind] for kind in KINDS if kind in given}
        return resolve_associations(given, self._resolve_association, f"{KIND} {self._options['name']}")

    def _resolve_association(self, kind: str, value: t.Any) -> Association:
        """Return the association that an option names. Raises ValueError, NotFound, AmbiguousMatch."""
        if kind == "domains":
            if not value.strip():
                raise ValueError("a name is needed")
            return make_association(kind, value, None)
        entry = self._directory.read_catalogue(kind).find_reference(parse_reference(value))
        return make_association(
            kind, entry.aliases[0] if kind == "companies" and entry.aliases else entry.name, entry.id
        )
