# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Reads of what expires in Entra ID and on one CommCell. What cannot be read is a failed source, never nothing. Nothing is written."""

from __future__ import annotations

import typing as t

from ..._commvault.client import CommvaultClient
from ..._commvault.credentials.calls import Credentials
from ..._commvault.identity_providers.app_rows import OIDC_TYPE
from ..._commvault.identity_providers.read import AZURE_SAML_KIND, IdentityProviders, IdentityServer
from ..._commvault.key_holders.canonical import KeyHolder
from ..._commvault.key_holders.read import KeyHolders
from ..._commvault.oidc_apps.calls import OidcApps
from ..._commvault.references import parse_id
from ..._core.addresses import quote_segment
from ..._core.context import Context
from ..._core.errors import ApiError, AuthError, ConfigError, CvopsError, Throttled, Unreachable
from ..._core.parallel import map_in_parallel
from ..._core.redact import redact_text
from ..._core.values import get_objects, is_guid
from ..._core.visible import to_one_line
from ..._entra.applications.reference import READ_NEEDS, explain_application_id, format_application_path
from ..._entra.batches import ReadRequest, build_value_queries, read_in_batches
from ..._entra.client import GraphClient
from ..._entra.id_holders import MOST_EXPLAINED
from ..._entra.signing_certificates.canonical import find_private_parts
from ..._signin.commvault.token_pair_wire import parse_token_list
from .consumers import parse_credential_consumer, parse_holder_consumer, parse_oidc_consumer, parse_saml_consumer
from .facts import (
    COMMVAULT,
    COMMVAULT_SOURCES,
    ENTRA,
    FAILED,
    LEFT_OUT,
    NOT_OFFERED,
    READ,
    SAML_KIND,
    Application,
    Consumer,
    ExpiryFacts,
    Key,
    make_facts,
    make_source,
)
from .keys import (
    APPLICATION_SELECT,
    PRINCIPAL_SELECT,
    add_fingerprints,
    canonical_application,
    describe_missing_application,
    list_application_keys,
    list_federated_keys,
    list_principal_keys,
    list_token_keys,
)

Wire = dict[str, t.Any]
_FEDERATED_NEEDS = ("Application.Read.All",)
_KEY_NAMES = ("app_id", "object_id", "unique_name")
_LONGEST_REASON = 500
#: What the caller's token says of where it is from.
_CALLER_CLAIMS = {"tenant_id": "tid", "caller_app_id": "appid"}


def describe_failure(ctx: Context, error: CvopsError) -> str:
    """Return why a source could not be read, on one line and without secrets."""
    return to_one_line(redact_text(str(error), ctx.secrets), _LONGEST_REASON)


class EntraExpiryReader:
    """Reader of the keys of applications. ``errors`` holds what its failed sources met."""

    def __init__(self, ctx: Context, graph: GraphClient) -> None:
        self._ctx, self._graph = ctx, graph
        self.facts: ExpiryFacts = make_facts()
        self.errors: list[ApiError] = []

    def read(self, asked: t.Sequence[t.Mapping[str, t.Any]]) -> None:
        """Read the applications that *asked* names, all of the tenant where it names none, and what belongs to them.

        Two requests for one application, far less than that for many. Raises ConfigError for an application that is not named.
        """
        names = [_find_application_key(item, number) for number, item in enumerate(asked)]
        try:
            wires = self._read_named(names) if names else self._list_all("/applications", APPLICATION_SELECT)
            found = {str(wire["id"]): canonical_application(wire) for wire in wires}
            keys = [key for wire in wires for key in list_application_keys(wire, found[str(wire["id"])])]
            claims = self._graph.read_token_claims()
        except ApiError as exc:
            self._note_failure("applications", exc)
            return
        self.facts["key_list"] += keys
        self.facts["applications"] += list(found.values())
        caller = {name: str(claims.get(claim) or "").lower() or None for name, claim in _CALLER_CLAIMS.items()}
        self._note("applications", len(wires), complete=not names, **caller)
        if names:
            self._read_parts_of(list(found.values()))
        else:
            self._read_parts_of_all(list(found.values()))
        self._read_fingerprints()

    def _read_fingerprints(self) -> None:
        """Note the fingerprints of signing certificates, by which a CommCell marks its copy; a service principal by itself for each."""
        signing = [key for key in self.facts["key_list"] if key["kind"] == SAML_KIND]
        ids = sorted({str(key["object_id"]) for key in signing})
        if ids:
            self._attempt("signing_certificates", lambda: self._take_certificates(ids, signing))

    def _take_certificates(self, ids: t.Sequence[str], signing: t.Sequence[Key]) -> int:
        """Note the fingerprints of *signing*, of the service principals *ids*; return how many are known."""
        query = {"$select": "id,keyCredentials"}
        requests = [ReadRequest(f"/servicePrincipals/{quote_segment(one)}", query, is_list=False) for one in ids]
        answers = read_in_batches(self._graph, requests, intent="read signing certificates", needs=READ_NEEDS)
        for answer in answers:
            if isinstance(answer, dict):  # else it has been deleted since
                self._ctx.secrets.update(find_private_parts(get_objects(answer, "keyCredentials")))
                add_fingerprints(answer, signing)
        return sum(key["fingerprint"] is not None for key in signing)

    def _read_named(self, names: t.Sequence[tuple[str, str]]) -> list[Wire]:
        requests = [
            ReadRequest(format_application_path(name, value), {"$select": APPLICATION_SELECT}, is_list=False)
            for name, value in names
        ]
        answers = read_in_batches(self._graph, requests, intent="read applications with their keys", needs=READ_NEEDS)
        found: dict[str, Wire] = {}
        missing = []
        for (name, value), answer in zip(names, answers, strict=True):
            if isinstance(answer, dict):
                found[str(answer["id"])] = answer
            else:
                missing.append((name, value))
        self.facts["applications"] += [describe_missing_application(name, value) for name, value in missing]
        for name, value in missing[:MOST_EXPLAINED]:
            if told := explain_application_id(self._graph, name, value):
                self._ctx.warn(f"applications: no application with {name} {value} is in the tenant{told}")
        return list(found.values())

    def _list_all(self, path: str, select: str) -> list[Wire]:
        params = {"$select": select, "$top": "999"}
        return self._graph.list(path, intent=f"list {path[1:]} with their keys", needs=READ_NEEDS, params=params)

    def _read_parts_of(self, applications: list[Application]) -> None:
        """Read service principals and federated credentials of these applications, together; one by one where one of them fails."""
        principals, federated = self._build_principal_requests(applications), _build_federated_requests(applications)
        requests = [*principals, *federated]
        try:
            answers = self._read_lists(requests, "read the keys of service principals, and federated credentials")
        except (AuthError, Unreachable, Throttled) as exc:
            self._note_failure("service_principals", exc)
            self._note_failure("federated_credentials", exc)
        except ApiError:
            self._attempt(
                "service_principals", lambda: self._take_principals(self._read_principals(principals), applications)
            )
            self._attempt(
                "federated_credentials", lambda: self._take_federated(self._read_federated(federated), applications)
            )
        else:
            listed = answers[: len(principals)]
            self._attempt("service_principals", lambda: self._take_principals(listed, applications))
            self._attempt(
                "federated_credentials", lambda: self._take_federated(answers[len(principals) :], applications)
            )

    def _read_parts_of_all(self, applications: list[Application]) -> None:
        self._attempt(
            "service_principals",
            lambda: self._take_principals([self._list_all("/servicePrincipals", PRINCIPAL_SELECT)], applications),
        )
        federated = _build_federated_requests(applications)
        self._attempt(
            "federated_credentials", lambda: self._take_federated(self._read_federated(federated), applications)
        )

    def _build_principal_requests(self, applications: t.Sequence[Application]) -> list[ReadRequest]:
        path, params = "/servicePrincipals", {"$select": PRINCIPAL_SELECT}
        ids = sorted({str(item["app_id"]) for item in applications})
        return [ReadRequest(path, query) for query in build_value_queries(self._graph, path, "appId", ids, params)]

    def _read_principals(self, requests: t.Sequence[ReadRequest]) -> list[list[Wire]]:
        return self._read_lists(requests, "read the keys of service principals")

    def _read_federated(self, requests: t.Sequence[ReadRequest]) -> list[list[Wire]]:
        return self._read_lists(requests, "list federated credentials", _FEDERATED_NEEDS)

    def _read_lists(
        self, requests: t.Sequence[ReadRequest], intent: str, needs: t.Sequence[str] = READ_NEEDS
    ) -> list[list[Wire]]:
        return t.cast("list[list[Wire]]", read_in_batches(self._graph, requests, intent=intent, needs=needs))

    def _take_principals(self, lists: t.Iterable[t.Iterable[Wire]], applications: t.Sequence[Application]) -> int:
        """Note the keys of the listed service principals; return how many these are. Raises BadAnswer."""
        known = {item["app_id"]: item for item in applications}
        keys: list[Key] = []
        wires = [wire for listed in lists for wire in listed]
        for wire in wires:
            own = canonical_application(wire)
            application = known.get(own["app_id"])
            if application is not None:
                application["identifiers"] = sorted({*application["identifiers"], *own["identifiers"]})
            found = list_principal_keys(wire, application or own)
            if found and application is None:
                self.facts["applications"].append(own)
            keys += found
        self.facts["key_list"] += keys
        return len(wires)

    def _take_federated(self, lists: t.Iterable[t.Iterable[Wire]], applications: t.Sequence[Application]) -> int:
        """Note the federated credentials of each application; return how many these are. Raises BadAnswer."""
        keys = [
            key
            for application, listed in zip(applications, lists, strict=True)
            for key in list_federated_keys(listed, application)
        ]
        self.facts["key_list"] += keys
        return len(keys)

    def _attempt(self, what: str, read: t.Callable[[], int]) -> None:
        """Note a source by what came of *read*, which returns how much it has found."""
        try:
            count = read()
        except ApiError as exc:
            self._note_failure(what, exc)
        else:
            self._note(what, count)

    def _note(self, what: str, found: int, **more: t.Any) -> None:
        self.facts["sources"].append(make_source(ENTRA, what, found=found, **more))

    def _note_failure(self, what: str, error: ApiError) -> None:
        self.errors.append(error)
        reason = describe_failure(self._ctx, error)
        self.facts["sources"].append(make_source(ENTRA, what, status=FAILED, reason=reason))


class CommvaultExpiryReader:
    """Reader of what a CommCell holds keys for, and of the caller's own access tokens. ``errors`` holds what its failed sources met."""

    def __init__(self, ctx: Context, client: CommvaultClient, commcell: str | None) -> None:
        self._ctx, self._client, self._commcell = ctx, client, commcell or ""
        self._at_most = int(ctx.options.get("parallel_reads") or 1)
        self._providers = IdentityProviders(client)
        self._holders = KeyHolders(client, self._at_most)
        self.facts: ExpiryFacts = make_facts()
        self.errors: list[ApiError] = []

    def read(self, left_out: t.Container[str] = ()) -> None:
        """Read all sources but those *left_out*, each apart; none after one that shows that the CommCell cannot be reached or signed in to."""
        reads: dict[str, t.Callable[[], int | None]] = {
            "access_tokens": self._read_tokens,
            "credentials": self._read_credentials,
            "saml_apps": self._read_saml_apps,
            "oidc_apps": self._read_oidc_apps,
            "office365_clients": lambda: self._take_holders(self._holders.list_office_clients()),
            "key_management_servers": lambda: self._take_holders(self._holders.list_key_servers()),
        }
        hopeless: ApiError | None = None
        for what in COMMVAULT_SOURCES:
            if what in left_out:
                self._note(what, LEFT_OUT)
                continue
            try:
                if hopeless is not None:
                    raise hopeless
                found = reads[what]()
            except ApiError as exc:
                if exc is not hopeless:
                    self.errors.append(exc)
                hopeless = exc if isinstance(exc, (AuthError, Unreachable, Throttled)) else None
                self._note(what, FAILED, reason=describe_failure(self._ctx, exc))
            else:
                self._note(what, NOT_OFFERED if found is None else READ, found or 0)

    @property
    def commcell(self) -> str:
        """The name for the CommCell: that of the options, else its own. Raises ApiError."""
        self._commcell = self._commcell or self._client.commcell_name
        return self._commcell

    def _read_tokens(self) -> int | None:
        """Note the signed-in user's access tokens; return their number, None where the release has none."""
        owner = self._client.caller
        params = {"userId": str(owner[0])} if owner[0] else None
        answer = self._client.get("V4/AccessToken/", intent="list access tokens", params=params, unknown_ok=True)
        if answer is None:
            return None
        found = list_token_keys(parse_token_list(answer), self.commcell, owner[1])
        self.facts["key_list"] += found
        return len(found)

    def _read_credentials(self) -> int:
        """Note the credentials of applications of Entra ID; return their number. One request for each, as lists leave out what they hold."""
        listed = [one for one in Credentials(self._client).list_all() if one.is_azure_application]
        return self._take([parse_credential_consumer(one, self.commcell) for one in listed])

    def _read_saml_apps(self) -> int:
        """Note the SAML apps that trust Entra ID, or may do so; return their number."""
        named = [item for item in self._providers.list_providers() if _may_be_entra(item)]

        def read(server: IdentityServer) -> Consumer:
            """Return the SAML app as a consumer, with what the list tells where it cannot be read."""
            return parse_saml_consumer(server, self._providers.read_saml_app(server.name), self.commcell)

        self.commcell  # noqa: B018  read before threads ask for it
        return self._take(map_in_parallel(read, named, self._at_most, self._ctx, "SAML apps read"))

    def _read_oidc_apps(self) -> int | None:
        """Note the OpenID Connect apps that may be of Entra ID; return their number, None where the release lists no apps."""
        apps, rows = OidcApps(self._client), self._providers.app_rows
        if rows is None:
            self._providers.list_providers()
            rows = self._providers.app_rows
        if rows is None:
            return None
        named = [row for row in rows if parse_id(row.get("appType")) == OIDC_TYPE and row.get("isEnabled") is not False]
        self.commcell  # noqa: B018  read before threads ask for it
        found = map_in_parallel(apps.read, named, self._at_most, self._ctx, "OpenID Connect apps read")
        consumers = [parse_oidc_consumer(app, self.commcell) for app in found if app is not None]
        return self._take([one for one in consumers if one is not None])

    def _take_holders(self, holders: t.Sequence[KeyHolder] | None) -> int | None:
        """Note what keeps keys itself; return how many entries these are, None where the release lists none of the kind."""
        return None if holders is None else self._take([parse_holder_consumer(one, self.commcell) for one in holders])

    def _take(self, consumers: t.Sequence[Consumer]) -> int:
        self.facts["consumers"] += consumers
        return len(consumers)

    def _note(self, what: str, status: str, found: int = 0, *, reason: str | None = None) -> None:
        source = make_source(COMMVAULT, what, self._commcell or None, status=status, found=found, reason=reason)
        self.facts["sources"].append(source)


def _may_be_entra(server: IdentityServer) -> bool:
    return (
        server.kind == "saml" and server.enabled is not False and server.saml_kind in (None, "UNKNOWN", AZURE_SAML_KIND)
    )


def _build_federated_requests(applications: t.Iterable[Application]) -> list[ReadRequest]:
    return [
        ReadRequest(f"/applications/{quote_segment(str(item['object_id']))}/federatedIdentityCredentials")
        for item in applications
    ]


def _find_application_key(asked: t.Mapping[str, t.Any], number: int) -> tuple[str, str]:
    """Return the name and the value of the one key that an item of option applications has. Raises ConfigError."""
    where = f"applications[{number}]"
    for name in _KEY_NAMES:
        value = asked.get(name)
        if value and (name == "unique_name" or is_guid(value)):
            return name, str(value)
        if value:
            raise ConfigError(f"{where}.{name}: {value!r} is not a GUID", source=f"option {where}.{name}")
    raise ConfigError(f"{where}: give one of {', '.join(_KEY_NAMES)} with a value", source=f"option {where}")
