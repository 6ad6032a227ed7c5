# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""One SAML app of the module commvault_saml_app: read, planned, created, updated, redirected, deleted, and read back."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._core.approval import check_planned_again
from ..._core.context import Context
from ..._core.errors import ApiError, ConfigError, WaitTimeout
from ..._core.plan import Plan, Step
from ..._core.polling import poll_until
from ..._core.public_certificates import PublicCertificate, load_public_certificate
from ..._core.resource import Action, Finding
from ..._core.risks import require_accepted_risk
from ..acting_company import act_in_company
from ..app_associations import (
    Association,
    AssociationChanges,
    check_association_removals,
    find_lost,
    plan_associations,
    warn_of_lost,
)
from ..catalogue import name_with_company
from ..client import CommvaultClient
from ..confirm import wait_until_shown
from ..console_urls import build_console_url, take_named_urls
from ..create import LAG_LIMIT_S
from ..envelope import is_declined
from ..lookalikes import warn_of_lookalike_names
from ..name_checks import check_object_name
from .associations import AssociationResolver, warn_of_hidden_users
from .calls import SamlApps
from .canonical import SamlAppState, SamlSettings, Wire, build_update_body, is_created_part, make_created_settings
from .certificates import CertificateMark, check_certificate, choose_certificate, make_mark, parse_fingerprint_option
from .checks import check_auto_create, check_saml_options
from .desired import desired_saml_app, get_provider, is_certificate_written
from .local_sign_in import prove_local_sign_in
from .metadata import ProviderMetadata
from .metadata_source import load_metadata
from .plan import KIND, find_narrowed_fields, format_saml_app, is_console_changed, plan_saml_app, plan_saml_app_removal

RISKS = ("lock_out", "rename")

#: Stands for the mark of a certificate that an earlier task of the run makes.
_UNKNOWN_MARK = CertificateMark("", "")

#: What results have of the identity provider.
_OF_PROVIDER = ("entity_id", "sign_on_url", "sign_out_url", "certificate_fingerprint", "certificate_expires")

#: Settings that not every release and account is shown.
_SOMETIMES_SHOWN = ("enabled", "auto_create_users", "auto_redirect", "name_id")


class SamlAppResource:
    """One SAML app, at the level of the CommCell or in a company."""

    noun = "saml_app"

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._client = CommvaultClient(act_in_company(ctx, ctx.options.get("company")))
        self._apps, self._resolver = SamlApps(self._client), AssociationResolver(ctx, self._client)
        self._options: dict[str, t.Any] = dict(ctx.options)
        self._app: SamlAppState | None = None
        self._after: SamlSettings | None = None
        self._metadata: ProviderMetadata | None = None
        self._certificate: PublicCertificate | None = None
        self._wanted: dict[str, list[Association]] = {}
        self._changes = AssociationChanges([], [], [])
        self._lost: list[str] = []
        self._planned = Plan({}, {})
        #: Nothing is known of the identity provider yet: an earlier task of the run makes it.
        self._is_unknown = bool(ctx.options["pending_metadata"] and ctx.check_mode)

    def plan(self) -> Plan:
        """Read metadata and app, and plan what the options ask for. Raises ConfigError, Problems, AmbiguousMatch, GuardRefused."""
        name = self._options["name"]
        check_object_name("name", name)
        if self._options["state"] == "absent":
            return self._plan_removal(name)
        check_saml_options(self._options)
        given = load_public_certificate(self._ctx) if self._options.get("certificate") is not None else None
        wanted = parse_fingerprint_option(self._options.get("certificate_fingerprint"))
        self._metadata, self._certificate = self._read_provider(given, wanted)
        self._app = self._apps.find(name)
        current = self._app.settings if self._app else None
        warn_of_lookalike_names(self._ctx, KIND, "App", name, self._apps.rows.names)
        if current is None:
            self._complete_new_options()
        self._after, is_written = self._lay_over(self._app)
        self._check_certificate(current, wanted, is_written)
        self._wanted = self._resolver.resolve(self._options)
        self._changes = self._plan_associations(self._app)
        check_association_removals(self._changes, self._options["max_removals"])
        warn_of_hidden_users(self._ctx, self._client.release, self._app, self._changes)
        check_auto_create(self._options, self._after, self._changes.after)
        self._check_redirect(current)
        if current is None:
            self._check_rename(name)
        self._planned = self._plan_steps(self._app, self._after, self._changes, is_written)
        return self._planned

    def _lay_over(self, app: SamlAppState | None) -> tuple[SamlSettings, bool]:
        """Return what is asked for of an app, None before it exists, and whether the certificate is written. Raises ConfigError."""
        current = app.settings if app else None
        mark = make_mark(self._certificate) if self._certificate else None
        after = desired_saml_app(self._options, current, self._metadata, mark)
        is_due = mark is not None and is_certificate_written(self._options, current, after, mark)
        return after, self._is_unknown or is_due

    def _plan_associations(self, app: SamlAppState | None) -> AssociationChanges:
        return plan_associations(self._wanted, app.associations if app else (), self._options["exclusive"])

    def _plan_steps(
        self, app: SamlAppState | None, after: SamlSettings, changes: AssociationChanges, is_written: bool
    ) -> Plan:
        mark = make_mark(self._certificate) if self._certificate else _UNKNOWN_MARK
        return plan_saml_app(
            app.name if app else self._options["name"],
            app.settings if app else None,
            after,
            changes,
            app.associations if app else (),
            written=mark if is_written else None,
            key=app.key if app else None,
            principal=self._build_principal(self._options["name"]),
            is_pending=self._options["pending_metadata"],
        )

    @property
    def actions(self) -> t.Mapping[str, Action]:
        """The method that carries out a step, by its action."""
        return {"create": self._create, "update": self._update, "redirect": self._redirect, "delete": self._delete}

    def wait_before(self, step: Step) -> None:
        """Wait until an app that has just been created shows, with the key that the next steps need. Raises WaitTimeout."""
        if step.action not in ("update", "redirect") or self._app is not None:
            return
        name = self._options["name"]
        self._app = poll_until(
            self._ctx,
            lambda: self._apps.read_again(name),
            lambda found: found is not None and (step.action != "redirect" or found.flags is not None),
            what=f"{KIND} {name} to show",
            timeout_s=LAG_LIMIT_S,
        )

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
        """Return the app after the plan; empty when it is absent."""
        if self._after is None:
            return {}
        name = self._app.name if self._app else self._options["name"]
        is_pending = self._ctx.check_mode and is_console_changed(self._app.settings if self._app else None, self._after)
        return {
            **format_saml_app(name, self._after, self._changes.after),
            **(dict.fromkeys(_OF_PROVIDER) if self._is_unknown else {}),
            "app_key": self._app.key if self._app else None,
            "company": self._client.company_name,
            "reply_url": None if is_pending else self._take_address("reply_url"),
            "reply_url_pending": is_pending,
            "sign_out_reply_url": None if is_pending else self._take_address("sign_out_reply_url"),
        }

    def _take_address(self, field: str) -> str | None:
        """Return an address that Commvault shows for Entra ID; None for one on a host that the task does not name.

        That is a warning where the task names the console, and Commvault shows another host none the less.
        """
        url: str | None = getattr(self._app, field) if self._app else None
        endpoint = self._options.get("service_provider_endpoint")
        named = [self._client.base_url, endpoint, *(self._options.get("service_provider_aliases") or ())]
        taken = take_named_urls(
            self._ctx,
            [url] if url is not None else [],
            [str(item) for item in named if item],
            subject=f"{KIND} {self._options['name']}",
            field=field,
            option="service_provider_endpoint" if endpoint else "",
            hint="service_provider_aliases",
        )
        return taken[0] if taken else None

    def _plan_removal(self, name: str) -> Plan:
        self._app = self._apps.find(name)
        current = self._app.settings if self._app else None
        had = self._app.associations if self._app else ()
        key = self._app.key if self._app else None
        self._planned = plan_saml_app_removal(name, current, had, key, self._build_principal(name))
        return self._planned

    def _create(self, step: Step) -> None:
        after, certificate = t.cast(SamlSettings, self._after), t.cast(PublicCertificate, self._certificate)
        first = [item for item in self._changes.after if is_created_part(item)]
        self._apps.create(self._options["name"], after, certificate.encode(), first)

    def _update(self, step: Step) -> None:
        if not self._planned.before:  # created by this run: what creation did not take
            after = t.cast(SamlSettings, self._after)
            first = [item for item in self._changes.after if is_created_part(item)]
            body = build_update_body(make_created_settings(after), after, None, first, self._changes.after)
        else:
            body = self._build_update(t.cast(SamlAppState, self._app), step)
        if body:  # else somebody else was faster
            self._apps.update(t.cast(SamlAppState, self._app).name, body, step.subject)

    def _build_update(self, app: SamlAppState, step: Step) -> Wire:
        """Return the body for the app as it is right before the write: lists are sent whole, and what others have added to them stays.

        Raises PlanChanged where more would be written than was planned.
        """
        shown = self._apps.read_before_write(app, step.subject)
        after, is_written = self._lay_over(shown)
        changes = self._plan_associations(shown)
        check_planned_again(step, self._plan_steps(shown, after, changes, is_written))
        certificate = t.cast(PublicCertificate, self._certificate).encode() if is_written else None
        self._app, self._after, self._changes = shown, after, changes
        return build_update_body(shown.settings, after, certificate, shown.associations, changes.after)

    def _redirect(self, step: Step) -> None:
        is_on = bool(t.cast(SamlSettings, self._after).auto_redirect)
        self._apps.set_redirect(t.cast(SamlAppState, self._app), is_on, step.subject)

    def _delete(self, step: Step) -> None:
        self._apps.delete(t.cast(SamlAppState, self._app), step.subject)

    def _find_unshown(self) -> list[str]:
        """Return the fields that are not shown as written; "list" for a new app that is not listed, "state" for a deleted one that is."""
        name = self._app.name if self._app else self._options["name"]
        if self._after is None:
            return ["state"] if self._apps.is_there(t.cast(SamlAppState, self._app)) else []
        shown = self._apps.read_again(name)
        if shown is None:
            return ["list"]
        self._app = shown
        wanted = dataclasses.asdict(self._after)
        found = [
            name
            for name, value in dataclasses.asdict(shown.settings).items()
            # what nobody asked for may be anything where it was not known before, and may not be shown at all
            if value != wanted[name]
            and wanted[name] is not None
            and not (value is None and name in _SOMETIMES_SHOWN and self._options.get(name) is None)
        ]
        changes = self._changes
        sent = {is_created_part(item) for item in (*changes.add, *changes.remove)}  # each of the two lists whole
        kept = [item for item in changes.after if is_created_part(item) in sent and item not in changes.add]
        self._lost = find_lost(kept, shown.associations)
        is_left = any(item.is_same(other) for item in changes.remove for other in shown.associations)
        if is_left or find_lost(changes.add, shown.associations):
            found.append("associations")
        if self._lost:
            found.append("other_associations")
        return found

    def _build_principal(self, name: str) -> str:
        return name_with_company(self._app.name if self._app else name, self._client.company_name)

    def _read_provider(
        self, given: PublicCertificate | None, wanted: str | None
    ) -> tuple[ProviderMetadata | None, PublicCertificate | None]:
        """Return the metadata and the certificate that the app has to hold, as far as the options name them.

        What an earlier task of the run has prepared is waited for. Raises ConfigError, Unreachable, ApiError.
        """
        if self._is_unknown:
            return None, None
        if not self._options["pending_metadata"]:
            metadata = load_metadata(self._ctx)
            return metadata, choose_certificate(given, metadata, wanted)
        last: list[ConfigError] = []

        def look() -> tuple[ProviderMetadata | None, PublicCertificate | None] | None:
            try:
                metadata = load_metadata(self._ctx)
                return metadata, choose_certificate(given, metadata, wanted)
            except ConfigError as exc:
                last[:] = [exc]
                return None

        try:
            return t.cast(
                "tuple[ProviderMetadata, PublicCertificate]",
                poll_until(
                    self._ctx,
                    look,
                    lambda found: found is not None,
                    what="the metadata of the application to show what this run has prepared",
                    timeout_s=LAG_LIMIT_S,
                ),
            )
        except WaitTimeout:
            if last:
                raise last[0] from None
            raise

    def _complete_new_options(self) -> None:
        """Fill in what a new app gets where the options leave it out."""
        if self._options.get("service_provider_endpoint") is None:
            self._options["service_provider_endpoint"] = build_console_url(self._client.base_url)

    def _check_certificate(self, current: SamlSettings | None, wanted: str | None, is_written: bool) -> None:
        """Check a certificate that is to be written, and that the provider's addresses do not change without one. Raises ConfigError."""
        after = t.cast(SamlSettings, self._after)
        if self._certificate is not None and is_written:
            check_certificate(self._certificate, self._ctx.clock.now())
        elif not self._is_unknown and (current is None or get_provider(current) != get_provider(after)):
            raise ConfigError(
                f"{KIND} {self._options['name']}: Commvault accepts addresses of the identity provider only together "
                "with its certificate; give metadata or certificate",
                source="option certificate",
            )
        held = current.certificate if current else None
        if (
            self._certificate is None
            and not self._is_unknown
            and wanted is not None
            and (held is None or held.fingerprint != wanted)
        ):
            raise ConfigError(
                f"certificate_fingerprint: {KIND} {self._options['name']} is not marked to hold this certificate, "
                "and the certificate itself is not given: give metadata or certificate",
                source="option certificate_fingerprint",
            )

    def _check_redirect(self, current: SamlSettings | None) -> None:
        """Prove that somebody can sign in without the identity provider, before everybody is sent to it, or to an app that is disabled."""
        asked, had = self._options.get("auto_redirect"), current.auto_redirect if current is not None else False
        if asked is not None and had is None:
            raise ConfigError(
                f"auto_redirect: Commvault does not show the flags of {KIND} {self._options['name']} to this "
                "account, so this one cannot be set without changing the others",
                source="option auto_redirect",
            )
        after = t.cast(SamlSettings, self._after)
        is_disabled = after.enabled is False and (current is None or current.enabled is not False)
        if not after.auto_redirect or (had and not is_disabled):
            return
        account = self._options.get("break_glass")
        if account:
            name = prove_local_sign_in(self._ctx, account)
            self._ctx.debug(
                1, f"{name} can sign in without the identity provider and has administrator rights on the CommCell."
            )
            return
        require_accepted_risk(
            self._ctx,
            "lock_out",
            f"Everybody who opens the web console would be sent directly to the identity provider of {KIND} {self._options['name']}"
            f"{', although the app is disabled' if after.enabled is False else ''}, and it is not proven that any local "
            "administrator can sign in without it. Name one in break_glass.",
            "somebody can",
        )

    def _check_rename(self, name: str) -> None:
        """Refuse an app that may be another one under a new name: it would have another key, and so another reply URL in Entra ID."""
        after = t.cast(SamlSettings, self._after)
        try:
            others = self._apps.list_others(name)
        except ApiError as exc:
            if not is_declined(exc):
                raise
            danger = f"It cannot be checked whether {name} would be an existing app under a new name: {exc}"
            require_accepted_risk(self._ctx, "rename", danger, "a second app is meant")
            return
        for other in others:
            settings = other.settings
            if self._is_unknown:  # of the same endpoint, it may be of the same provider
                settings = dataclasses.replace(settings, entity_id=after.entity_id)
            if (settings.entity_id, settings.service_provider_endpoint) == (
                after.entity_id,
                after.service_provider_endpoint,
            ):
                require_accepted_risk(
                    self._ctx,
                    "rename",
                    f"{KIND} {other.name} has the same identity provider and the same endpoint. An app cannot be "
                    f"renamed: {name} would be a second app with another app key and another reply URL, which has to "
                    "be added in Entra ID first.",
                    "a second app is meant",
                )
