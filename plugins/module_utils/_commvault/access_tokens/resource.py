# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""One access token of the module commvault_access_token: read, planned, created, edited, revoked, and its pair stored."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._core.context import Context
from ..._core.errors import AmbiguousMatch, BadAnswer, ConfigError, CvopsError, NotFound
from ..._core.names import is_same_name
from ..._core.plan import Plan, Step, add_ids
from ..._core.resource import Action, Finding
from ..._core.risks import require_accepted_risk
from ..._signin.commvault.token_pair_wire import (
    get_token_id,
    get_token_name,
    parse_created_pair,
    parse_epoch,
)
from ..._stores.opening import open_token_store
from ..._stores.token_pair import LockedStore, TokenPair, TokenStore
from ..client import CommvaultClient
from ..confirm import wait_until_shown
from ..directory import Directory
from ..lookalikes import warn_of_lookalikes
from ..references import parse_reference_option
from ..releases import ACCESS_TOKENS, TOKENS_BY_PASSWORD_ONLY, describe_missing, warn_of_unknown_release
from .calls import AccessTokens, TokenRow
from .canonical import (
    WIRE_FIELDS,
    CanonicalAccessToken,
    canonical_access_token,
    find_narrowed_fields,
    format_timestamp,
    is_field_proven,
    is_restriction,
    list_unshown_fields,
    serialize_access_token,
)
from .checks import check_access_token, is_pair_of_token, list_late_options
from .desired import desired_access_token
from .plan import plan_access_token, plan_access_token_removal

_TOKEN_SIGN_INS = ("access_token", "token_store")


class AccessTokenResource:
    """One access token of the module commvault_access_token, among those of its owner."""

    noun = "access_token"

    def __init__(self, ctx: Context) -> None:
        self._ctx, self._client = ctx, CommvaultClient(ctx)
        self._tokens = AccessTokens(self._client)
        self._store: TokenStore | None = (
            open_token_store(ctx, ctx.options["store"]) if ctx.options.get("store") else None
        )
        self._row: TokenRow | None = None
        self._answered: TokenRow = {}
        self._planned = Plan({}, {})
        self._result: dict[str, t.Any] = {}
        self._values: dict[str, t.Any] = {}

    def plan(self) -> Plan:
        """Read the token and plan what the options ask for. Raises ConfigError, Problems, NotFound, AmbiguousMatch, GuardRefused."""
        options = self._ctx.options
        present = options["state"] == "present"
        wanted = desired_access_token(options) if present else {}
        release = self._client.release
        fault = describe_missing(ACCESS_TOKENS, release)
        if fault is not None:
            raise ConfigError(f"Access token {options.get('name') or options.get('id')}: {fault}")
        self._tokens.owner = self._find_owner(options)
        there = self._tokens.list_all()
        self._tokens.remember_known(there)
        self._row = self._select_token(there, options)
        pair = self._store.read_pair() if self._store else None
        self._ctx.secrets.update(pair.list_secrets() if pair else ())
        planned = self._plan_present(options, wanted, pair, release) if present else self._plan_absent(options, pair)
        if planned.changed:
            self._check_sign_in(release)
        if present:
            self._result = self._build_result(planned)
        number = get_token_id(self._row or {})
        # A token that is created in place of another one has no id yet.
        steps = [step if step.action == "create" else add_ids([step], principal=number)[0] for step in planned.steps]
        self._planned = dataclasses.replace(planned, steps=tuple(steps))
        return self._planned

    @property
    def actions(self) -> t.Mapping[str, Action]:
        """The method that carries out a step, by its action."""
        return {"create": self._create, "edit": self._edit, "revoke": self._revoke_current, "forget": self._clear_store}

    def verify(self) -> list[Finding]:
        """Wait until the list shows a token that was created, no longer shows a revoked one, and shows what was edited.

        Return the fields that are not shown as written. Raises WaitTimeout for limits and revocations that may not be in force.
        """
        actions = [step.action for step in self._planned.steps]
        if not {"create", "edit", "revoke"}.intersection(actions):
            return []
        narrowed = {"state"}
        if "edit" in actions:
            narrowed = find_narrowed_fields(self._planned.before, self._planned.after)
        subject = f"access token {self._planned.after.get('name') or self._planned.before.get('name')}"
        return list(wait_until_shown(self._ctx, self._find_unshown, subject, narrowed))

    def _find_unshown(self) -> list[str]:
        """Return the fields that are not shown as written; "list" for a created token, "state" for a revoked one."""
        number, before, after = get_token_id(self._row or {}), self._planned.before, self._planned.after
        rows = self._tokens.list_all()
        shown = next((row for row in rows if number is not None and get_token_id(row) == number), None)
        if not after:
            return [] if shown is None else ["state"]
        if self._planned.steps[-1].action == "create":
            self._tokens.revoke_late_orphans(rows, after["name"], number)
            return ["list"] if shown is None and number is not None else []
        seen = {**canonical_access_token(self._answered), **canonical_access_token(shown or {})}
        changed = [name for name, value in after.items() if value != before.get(name) and name in WIRE_FIELDS]
        return [name for name in changed if not is_field_proven(name, after[name], seen)]

    def result(self) -> dict[str, t.Any]:
        """Return the token after the plan; empty when it is absent."""
        return self._result

    def salvage(self) -> dict[str, t.Any]:
        """Return the values of a token created without a store: Commvault shows them only once, so no later failure may lose them."""
        return {"salvaged": {"access_token": self._values}} if self._values else {}

    def _revoke_current(self, step: Step) -> None:
        if self._store is not None and self._ctx.options["state"] == "present":
            with self._store.lock(create=True):
                pass  # what cannot be stored must not cost the token that is there
        self._tokens.revoke(str(get_token_id(self._row or {})))

    def _clear_store(self, step: Step) -> None:
        with t.cast(TokenStore, self._store).lock() as held:
            held.remove_pair()

    def _create(self, step: Step) -> None:
        if self._store is None:
            self._set_shown_values(self._post_token(step))
            return
        with self._store.lock(create=True) as held:
            self._store_pair(held, self._post_token(step))

    def _plan_present(
        self, options: t.Mapping[str, t.Any], wanted: CanonicalAccessToken, pair: TokenPair | None, release: int
    ) -> Plan:
        current = canonical_access_token(self._row) if self._row is not None else None
        self._check_options(options["name"], wanted, current, release)
        if current is None and options.get("id"):
            raise NotFound(
                f"{self._tokens.describe_owner()} has no access token with the id {options['id']}.",
                service="Commvault",
            )
        if current is not None:
            hidden = list_unshown_fields(wanted, current)
            written = [name for name in hidden if is_restriction(name, wanted[name])]
            hidden = [name for name in hidden if name not in written]
            if written:
                self._ctx.warn(
                    f"Commvault does not show {', '.join(written)} of access tokens. Whether they differ from the "
                    "options is unknown, so they are written."
                )
            if hidden:
                self._ctx.warn(
                    f"Commvault does not show {', '.join(hidden)} of access tokens, so differences from the options are not detected."
                )
        if self._store is None:
            return plan_access_token(options["name"], wanted, current)
        held = self._is_pair_kept(options["name"], wanted, pair)
        planned = plan_access_token(options["name"], wanted, current, self._store.location, held)
        if current is not None and not held:
            self._check_replacing(pair)
        return planned

    def _plan_absent(self, options: t.Mapping[str, t.Any], pair: TokenPair | None) -> Plan:
        current = canonical_access_token(self._row) if self._row is not None else None
        name = str(options.get("name") or (current or {}).get("name") or "")
        own = pair is not None and (
            is_pair_of_token(pair, name, self._row) or (bool(options.get("id")) and pair.token_id == options["id"])
        )
        return plan_access_token_removal(current, self._store.location if self._store is not None and own else None)

    def _is_pair_kept(self, name: str, wanted: CanonicalAccessToken, pair: TokenPair | None) -> bool:
        """Return whether the store holds a usable pair of this token. Raises ConfigError when it holds a usable pair of another one."""
        if pair is None:
            return False
        until = parse_epoch((self._row or {}).get("renewableUntilTimestamp"))
        if wanted.get("renewable_until") is not None or until is None:
            until = None  # about to be set, or not shown: the service decides
        dead = dataclasses.replace(pair, renewable_until=until).is_unusable(self._ctx.clock.now().timestamp())
        if is_pair_of_token(pair, name, self._row):
            return self._row is not None and not dead
        if not dead:
            raise ConfigError(
                f"The token store {t.cast(TokenStore, self._store).location} holds "
                f"{pair.label}{f' (id {pair.token_id})' if pair.token_id else ''},"
                f" which is not {name}. A store holds one token pair: choose another store, or revoke that token with this store first.",
                source="option store",
            )
        return False

    def _check_replacing(self, pair: TokenPair | None) -> None:
        """Raise GuardRefused (risk lost_value) when the value of the token may be kept elsewhere and would be revoked."""
        row = t.cast(TokenRow, self._row)
        if pair is not None and is_pair_of_token(pair, get_token_name(row), row):
            return
        require_accepted_risk(
            self._ctx,
            "lost_value",
            f"Access token {get_token_name(row)} (id {get_token_id(row)}) exists, but "
            f"{t.cast(TokenStore, self._store).location} does not hold its value, and Commvault does not show the "
            "value again. The token would be revoked and a new one created, and everything that uses the old one "
            "could no longer sign in.",
        )

    def _check_sign_in(self, release: int) -> None:
        method = self._ctx.options["commvault_auth_method"]
        if method in _TOKEN_SIGN_INS and (release == 0 or TOKENS_BY_PASSWORD_ONLY.is_certain(release)):
            raise ConfigError(
                f"commvault_auth_method is {method}, but access tokens cannot be created, changed or revoked by "
                "somebody who signed in with one"
                f" ({f'release 11.{release}' if release else 'current releases'}). Set commvault_auth_method to password for this task.",
                source=self._ctx.describe_source("commvault_auth_method"),
            )

    def _check_options(
        self, name: str, wanted: CanonicalAccessToken, current: CanonicalAccessToken | None, release: int
    ) -> None:
        """Raise Problems as check_access_token; warn where the release is unknown and may lack what is asked for."""
        about: dict[str, t.Any] = {
            "now": self._ctx.clock.now().timestamp(),
            "is_foreign": self._tokens.is_foreign_owner,
        }
        check_access_token(name, wanted, current, release, **about)
        late = [(option, needed.since) for option, needed, used in list_late_options(wanted, current, **about) if used]
        if late:
            told = ", ".join(f"{option} (11.{since})" for option, since in late)
            warn_of_unknown_release(
                self._ctx,
                release,
                f"Not every release supports {told}: a release without it refuses the token, or ignores the setting.",
            )

    def _find_owner(self, options: t.Mapping[str, t.Any]) -> tuple[int, str]:
        caller = self._client.caller
        wanted = options.get("user")
        if not wanted:
            return caller
        users = Directory(self._client).read_catalogue("users")
        found = users.find_reference(parse_reference_option(wanted, "user"))
        if options["state"] == "present":
            warn_of_lookalikes(self._ctx, users, found.name)
        self._tokens.is_foreign_owner = found.id != caller[0]
        if (
            self._tokens.is_foreign_owner
            and options["state"] == "present"
            and found.raw.get("isServiceAccount") is False
        ):
            raise ConfigError(
                f"user: {found.name} is an ordinary user; a token for another user is possible for service accounts only."
                " Sign in as that user, or leave user out.",
                source="option user",
            )
        return found.id, found.name

    def _select_token(self, there: t.Sequence[TokenRow], options: t.Mapping[str, t.Any]) -> TokenRow | None:
        number, name = options.get("id"), options.get("name")
        if number:
            found = next((row for row in there if get_token_id(row) == str(number)), None)
            if found is not None and name and not is_same_name(get_token_name(found), name):
                raise ConfigError(
                    f"Access token {number} is named {get_token_name(found)}, not {name}.", source="option id"
                )
            return found
        named = [row for row in there if is_same_name(get_token_name(row), str(name))]
        if len(named) > 1:
            ids = sorted(str(get_token_id(row)) for row in named)
            raise AmbiguousMatch(
                f"{self._tokens.describe_owner()} has {len(named)} access tokens named {name}: ids {', '.join(ids)}. Give the id.",
                candidates=ids,
            )
        return named[0] if named else None

    def _post_token(self, step: Step) -> TokenRow:
        self._row = self._tokens.create(step.data["settings"], step.subject)
        return self._row

    def _edit(self, step: Step) -> None:
        settings = step.data["settings"]
        if self._store is None or not settings.get("renewable_until"):
            self._send_edit(step)
            return
        until = serialize_access_token({"renewable_until": settings["renewable_until"]})["renewableUntilTimestamp"]
        with self._store.lock() as held:  # before the edit: a wait for it may be cut short
            self._send_edit(step)
            if held.pair is not None:
                held.write_pair(dataclasses.replace(held.pair, renewable_until=float(until)))

    def _send_edit(self, step: Step) -> None:
        self._answered = self._tokens.edit(str(get_token_id(self._row or {})), step.data["settings"], step.subject)

    def _store_pair(self, held: LockedStore, info: TokenRow) -> None:
        store, now = t.cast(TokenStore, self._store), self._ctx.clock.now().timestamp()
        try:
            pair = dataclasses.replace(
                parse_created_pair(info, now),
                custodian=store.custodian,
                custodian_since=now,
                commvault_url=self._ctx.options["commvault_url"],
            )
            held.write_pair(pair)
        except CvopsError:
            self._revoke_unstored(info)
            raise
        self._result = {**self._result, **_format_lifetimes(info), "value": None, "refresh_token": None}

    def _revoke_unstored(self, info: TokenRow) -> None:
        """Revoke a created token whose value could not be stored; warn where that fails."""
        number = get_token_id(info)
        try:
            if number is None:
                raise BadAnswer("The answer to its creation does not contain its id.", service="Commvault")
            self._tokens.revoke(str(number))
        except CvopsError as exc:
            self._ctx.warn(
                f"Access token {get_token_name(info)} (id {number}) was created, but could be neither stored nor "
                f"revoked: revoke it in the Command Center. {exc}"
            )

    def _set_shown_values(self, info: TokenRow) -> None:
        values = {"value": info["accessToken"], "refresh_token": info.get("refreshToken") or None}
        self._values = {"id": get_token_id(info), **values}
        self._result = {**self._result, **_format_lifetimes(info), **values}

    def _build_result(self, planned: Plan) -> dict[str, t.Any]:
        after, renews = planned.after, bool(planned.steps) and planned.steps[-1].action == "create"
        facts = {"id": None, "expires": after.get("expires"), "renewable_until": after.get("renewable_until")}
        if not renews and self._row is not None:
            until = after.get("renewable_until")
            facts = {**_format_lifetimes(self._row), **({"renewable_until": until} if until else {})}
        return {
            "name": after["name"],
            "user": self._tokens.owner[1] or None,
            **facts,
            "stored_in": self._store.location if self._store else None,
            "value": None,
            "refresh_token": None,
        }


def _format_lifetimes(row: TokenRow) -> dict[str, t.Any]:
    expires, until = parse_epoch(row.get("tokenExpiryTimestamp")), parse_epoch(row.get("renewableUntilTimestamp"))
    return {
        "id": get_token_id(row),
        "expires": format_timestamp(expires) if expires else None,
        "renewable_until": format_timestamp(until) if until else None,
    }
