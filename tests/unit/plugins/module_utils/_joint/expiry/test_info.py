# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""expiry_info as a whole: both services or one of them, what it says when parts fail, and when the task does."""

from __future__ import annotations

import typing as t

import pytest
from expiry_examples import LIMITS, NOW, SITE, application, key, make_facts

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import AuthError, ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry import info
from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry.facts import ExpiryFacts, make_source
from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry.rows import Thresholds, build_expiry_report

ERROR = AuthError("refused")
OPTIONS = {
    "services": ["entra", "commvault"],
    "applications": [{"unique_name": "x"}],
    "commcell": "cs01",
    "leave_out": ["credentials"],
    "warn_below_days": 30,
    "fail_below_days": 7,
}


class Reader:
    """One side of a task: what it finds, and what it met."""

    def __init__(self, facts: ExpiryFacts, errors: t.Sequence[AuthError] = ()) -> None:
        self.facts, self.errors, self.asked = facts, list(errors), t.cast("list[t.Any]", [])

    def read(self, *args: t.Any) -> None:
        self.asked.append(args)


def side(service: str, *, failed: bool = False) -> Reader:
    facts = {
        name: ([] if failed or (service == "commvault") != (name == "consumers") else items)
        for name, items in t.cast("dict[str, t.Any]", SITE).items()
    }
    source = make_source(
        service, "applications", status="failed" if failed else "read", reason="no" if failed else None
    )
    return Reader(t.cast("ExpiryFacts", {**facts, "sources": [source]}), [ERROR] if failed else [])


def run(
    make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch, entra: Reader, commvault: Reader, **options: t.Any
) -> tuple[dict[str, t.Any], t.Any]:
    ctx = make_ctx({**OPTIONS, **options})
    monkeypatch.setattr(info, "GraphClient", lambda _ctx: type("Graph", (), {"get_service_time": lambda self: NOW})())
    monkeypatch.setattr(info, "CommvaultClient", lambda _ctx: None)
    monkeypatch.setattr(info, "EntraExpiryReader", lambda *args: entra)
    monkeypatch.setattr(info, "CommvaultExpiryReader", lambda *args: commvault)
    return info.collect_expiring(ctx), ctx


def test_both_services_are_joined(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    entra, commvault = side("entra"), side("commvault")
    found, ctx = run(make_ctx, monkeypatch, entra, commvault)
    merged = {**SITE, "sources": [*commvault.facts["sources"], *entra.facts["sources"]]}
    assert found == build_expiry_report(t.cast("ExpiryFacts", merged), NOW, LIMITS)
    assert (entra.asked, commvault.asked) == ([([{"unique_name": "x"}],)], [(["credentials"],)])
    assert ctx.warnings == []


@pytest.mark.parametrize("service", ["entra", "commvault"])
def test_one_service_alone(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch, service: str) -> None:
    readers = {"entra": side("entra"), "commvault": side("commvault")}
    found, _ctx = run(make_ctx, monkeypatch, readers["entra"], readers["commvault"], services=[service])
    assert {name: bool(reader.asked) for name, reader in readers.items()} == {name: name == service for name in readers}
    assert found["sources"] == readers[service].facts["sources"]


@pytest.mark.parametrize("service", ["entra", "commvault"])
def test_a_service_that_fails_is_warned_of(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch, service: str) -> None:
    found, ctx = run(
        make_ctx,
        monkeypatch,
        side("entra", failed=service == "entra"),
        side("commvault", failed=service == "commvault"),
    )
    assert found["partial"] is True
    assert len(ctx.warnings) == 1
    assert "could not be read: no" in ctx.warnings[0]


def test_where_nothing_could_be_read_the_task_fails(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AuthError, match="refused"):
        run(make_ctx, monkeypatch, side("entra", failed=True), side("commvault", failed=True))


def test_nothing_to_read_is_no_good_news(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="services"):
        run(make_ctx, monkeypatch, side("entra"), side("commvault"), services=[])


@pytest.mark.parametrize(
    ("keys", "failed", "fail", "expected"),
    [
        ([key(1, 3)], [], 7, ["3 days left"]),
        ([key(1, 3)], [], None, None),
        ([key(1, 9)], [], 7, None),
        ([key(1, -1)], [], 0, ["expired"]),
        ([key(1, -1), key(2, 90)], [], 7, None),
        ([key(1, 90)], ["access_tokens"], 7, ["access tokens of Commvault (cs01) could not be read"]),
        ([key(1, 90)], ["access_tokens"], None, None),
    ],
)
def test_when_the_task_fails(
    keys: list[t.Any], failed: list[str], fail: int | None, expected: list[str] | None
) -> None:
    report = build_expiry_report(make_facts([application(1)], keys, failed=failed), NOW, Thresholds(30, fail))
    fault = info.find_expiry_fault(report)
    assert (fault is None) == (expected is None)
    for words in expected or []:
        assert words in str(fault)


def test_a_fault_tells_the_first_reasons_and_counts_the_rest() -> None:
    report = build_expiry_report(make_facts([application(1)], [key(n, -1) for n in range(14)]), NOW, LIMITS)
    fault = info.find_expiry_fault(report)
    assert fault is not None
    assert fault.facts["faults"] == 14
    assert str(fault).startswith("14 reasons to act: ")
    assert str(fault).endswith("; and 4 more")
