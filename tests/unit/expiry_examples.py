# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Facts of expiry tests: makers of applications, keys, consumers and sources, and strategies of sites in which much may be odd."""

from __future__ import annotations

import datetime
import typing as t

from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.values import format_time
from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry import facts as f
from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry.rows import Thresholds, build_expiry_report

NOW = datetime.datetime(2026, 3, 2, 9, 41, tzinfo=datetime.timezone.utc)
TENANT = "7b1f0b1e-3b3a-4a0a-9a0e-2f7a9c1b6d11"
LIMITS = Thresholds(30, 7)


def guid(number: int) -> str:
    return f"abcdef00-0000-4000-8000-{number:012d}"


def in_days(days: float) -> str:
    return format_time(NOW + datetime.timedelta(days=days))


def application(number: int, name: str = "", **more: t.Any) -> f.Application:
    found = {
        "application": name or f"app-{number}",
        "app_id": guid(number),
        "object_id": guid(100 + number),
        "identifiers": [],
        "is_found": True,
    }
    return t.cast("f.Application", {**found, **more})


def key(number: int, days: float | None = 100.5, of: int | None = 1, kind: str = "secret", **more: t.Any) -> f.Key:
    """A key with *days* left, of the application number *of*."""
    found = {
        "kind": kind,
        "key_id": guid(1000 + number),
        "name": f"key-{number}",
        "application": None if of is None else f"app-{of}",
        "app_id": None if of is None else guid(of),
        "object_id": None if of is None else guid(100 + of),
        "starts": in_days(-100),
        "expires": None if days is None else in_days(days),
        "thumbprint": None,
        "active": None,
        "is_named": None,
        "fingerprint": None,
        "commcell": None,
        "owner": None,
    }
    return t.cast("f.Key", {**found, **more})


def token(number: int, days: float | None, commcell: str = "cs01") -> f.Key:
    return key(number, days, None, "access_token", key_id=str(number), commcell=commcell, owner="svc", starts=None)


def certificate(number: int, days: float, active: bool, of: int = 1, **more: t.Any) -> f.Key:
    """A signing certificate, whose fingerprint is that of the number."""
    known = {"thumbprint": f"{number:040X}", "fingerprint": f"{number:064X}", "is_named": True}
    return key(number, days, of, "saml_signing_certificate", active=active, **{**known, **more})


def saml_app(name: str = "corp", holds: int | None = None, days: float = 40, **more: t.Any) -> f.Consumer:
    """A SAML app that is marked to hold the certificate of the number, with *days* left; of the application with the usual identifier."""
    mark = {} if holds is None else {"fingerprint": f"{holds:064X}", "expires": in_days(days)}
    return consumer(name, None, None, "saml_app", **{"identifiers": ["https://cv.example"], **mark, **more})


def consumer(name: str, holds: int | None, of: int | None = 1, kind: str = "credential", **more: t.Any) -> f.Consumer:
    """A consumer of the application number *of* that says that it holds the key number *holds*."""
    found = {
        "kind": kind,
        "name": name,
        "commcell": "cs01",
        "company": None,
        "app_id": None if of is None else guid(of),
        "tenant_id": TENANT,
        "key_id": None if holds is None else guid(1000 + holds),
        "identifiers": [],
        "credential": None,
        "fingerprint": None,
        "expires": None,
    }
    return t.cast("f.Consumer", {**found, **more})


def make_facts(
    applications: t.Iterable[f.Application] = (),
    keys: t.Iterable[f.Key] = (),
    consumers: t.Iterable[f.Consumer] = (),
    failed: t.Container[str] = (),
    complete: bool = True,
) -> f.ExpiryFacts:
    """Facts of which the sources named *failed* could not be read."""
    sources = [
        f.make_source(
            service,
            what,
            place,
            status="failed" if what in failed else "read",
            reason="HTTP 500" if what in failed else None,
            tenant_id=TENANT if what == "applications" else None,
            complete=complete and what == "applications",
        )
        for service, what, place in (
            ("entra", "applications", None),
            ("entra", "service_principals", None),
            ("entra", "federated_credentials", None),
            ("commvault", "access_tokens", "cs01"),
            ("commvault", "saml_apps", "cs01"),
        )
    ]
    return {
        "applications": list(applications),
        "key_list": list(keys),
        "consumers": list(consumers),
        "sources": sources,
    }


#: A site with something of everything.
SITE = make_facts(
    [application(1, identifiers=["https://cv.example"]), application(2), application(3, app_id=None, is_found=False)],
    [
        key(1, 12.5),
        key(2, -3.5),
        key(3, None, 2),
        key(4, 3, 2, "certificate"),
        key(5, 200.5, kind="service_principal_secret"),
        key(6, None, kind="federated_credential"),
        certificate(7, 40, True),
        token(8, 20.5),
    ],
    [
        consumer("azure-prod", 1),
        consumer("azure-old", 99),
        consumer("azure-unmarked", None, 2),
        consumer("corp", None, None, "saml_app", identifiers=["https://cv.example"]),
    ],
)
REPORT = build_expiry_report(SITE, NOW, LIMITS)


def _ends() -> st.SearchStrategy[float | None]:
    return st.one_of(st.none(), st.floats(-400, 400).map(lambda days: round(days, 2)))


@st.composite
def all_facts(draw: st.DrawFn) -> f.ExpiryFacts:
    """Sites of up to three applications whose keys and consumers are few enough to meet."""
    kinds = st.sampled_from([*f.CLIENT_KINDS, f.FEDERATED_KIND, f.SAML_KIND, f.TOKEN_KIND])
    keys: list[f.Key] = []
    for number in range(draw(st.integers(0, 6))):
        kind, days, of = draw(kinds), draw(_ends()), draw(st.integers(1, 3))
        if kind == f.TOKEN_KIND:
            keys.append(token(number, days))
        else:
            signs: dict[str, t.Any] = {}
            if kind == f.SAML_KIND:
                digest = draw(st.sampled_from([None, f"{number:064X}"]))
                signs = {"active": draw(st.booleans()), "is_named": draw(st.booleans()), "fingerprint": digest}
            keys.append(key(number, days, of, kind, starts=in_days(draw(st.sampled_from([-9, 9]))), **signs))
    consumers = [
        consumer(
            f"consumer-{number}",
            draw(st.one_of(st.none(), st.integers(0, 7))),
            draw(st.one_of(st.none(), st.integers(1, 4))),
            draw(st.sampled_from(["credential", "oidc_app", "saml_app", *f.HOLDER_KINDS])),
            credential=draw(st.sampled_from([None, None, None, "consumer-0", "CONSUMER-1"])),
            identifiers=draw(st.sampled_from([[], ["https://cv.example"], ["https://other.example"]])),
            **draw(
                st.sampled_from([{}, *({"fingerprint": f"{held:064X}", "expires": in_days(held)} for held in range(4))])
            ),
        )
        for number in range(draw(st.integers(0, 4)))
    ]
    applications = [
        application(
            number,
            is_found=draw(st.sampled_from([True, True, True, False])),
            identifiers=draw(st.sampled_from([[], ["https://cv.example"]])),
        )
        for number in range(1, 4)
    ]
    failed = draw(st.sets(st.sampled_from(["applications", "service_principals", "access_tokens"])))
    return make_facts(applications, keys, consumers, failed, draw(st.booleans()))
