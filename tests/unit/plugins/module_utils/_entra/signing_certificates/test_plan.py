# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps from the certificates that are there to those that shall be."""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

import pytest
from fake_signing import DEFAULTS, START, get_thumbprint, list_of, make_principal, make_signing
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Step
from ansible_collections.cvops.identity.plugins.module_utils._entra.certificates.canonical import Certificate
from ansible_collections.cvops.identity.plugins.module_utils._entra.signing_certificates.canonical import (
    SigningCertificate,
    find_active,
    get_signing_entries,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.signing_certificates.options import read_wanted
from ansible_collections.cvops.identity.plugins.module_utils._entra.signing_certificates.plan import (
    build_rows,
    find_problems,
    plan_signing_certificates,
)

NAMES = ("a", "b", "c", "d")
ADD, ACTIVATE, REMOVE = (f"{verb}_signing_certificate" for verb in ("add", "activate", "remove"))


def plan(principal: dict[str, t.Any], **asked: t.Any) -> list[Step]:
    """The steps for a service principal, where nothing is wrong."""
    preferred, wanted = principal["preferredTokenSigningKeyThumbprint"], read_wanted({**DEFAULTS, **asked})
    listed = list_of(principal)
    assert find_problems(wanted, listed, preferred, get_signing_entries(principal), START) == []
    return plan_signing_certificates(wanted, listed, preferred, START, "Sign-on")[0]


def actions(steps: list[Step]) -> list[str]:
    return [step.action for step in steps]


def complain(principal: dict[str, t.Any], **asked: t.Any) -> str:
    preferred, wanted = principal["preferredTokenSigningKeyThumbprint"], read_wanted({**DEFAULTS, **asked})
    entries = get_signing_entries(principal)
    return "\n".join(p["message"] for p in find_problems(wanted, list_of(principal), preferred, entries, START))


@pytest.mark.parametrize(
    ("ends", "asked", "expected"),
    [
        ([], {}, [ADD]),
        ([], {"activate": "first"}, [ADD, ACTIVATE]),
        ([400], {}, []),
        ([400], {"activate": "first"}, [ACTIVATE]),
        ([20], {}, [ADD]),
        ([30], {}, [ADD]),
        ([31], {}, []),
        ([20], {"renew_before_days": 10}, []),
        ([-1], {"renew_before_days": 0}, [ADD]),
        ([20, 400], {}, []),
        ([20], {"activate": "first"}, [ADD, ACTIVATE]),
    ],
)
def test_one_is_added_where_none_ends_late_enough(
    ends: list[float], asked: dict[str, t.Any], expected: list[str]
) -> None:
    certificates = [make_signing(10 * number, f"c{number}", days) for number, days in enumerate(ends)]
    assert actions(plan(make_principal(*certificates), **asked)) == expected


def test_first_activates_nothing_where_one_is_active() -> None:
    principal = make_principal(make_signing(1, "a", 20), make_signing(3, "b"), preferred=get_thumbprint("a"))
    assert plan(principal, activate="first") == []
    ended = make_principal(make_signing(1, "a", -5), make_signing(3, "b"), preferred=get_thumbprint("a"))
    assert plan(ended, activate="first") == []
    dangling = {**principal, "preferredTokenSigningKeyThumbprint": "0" * 40}
    (step,) = plan(dangling, activate="first")
    assert step.data["thumbprint"] == get_thumbprint("b")


def test_first_takes_what_can_sign_now() -> None:
    later = make_signing(5, "later", 900, starts_days=3)
    (step,) = plan(make_principal(make_signing(1, "a", 20), later), activate="first")
    assert step.data["thumbprint"] == get_thumbprint("a")
    assert plan(make_principal(later), activate="first") == []


def test_activating_is_told_as_what_it_is() -> None:
    principal = make_principal(make_signing(1, "a"), make_signing(3, "b"), preferred=get_thumbprint("a"))
    (step,) = plan(principal, activate=get_thumbprint("b"))
    (change,) = step.changes
    assert get_thumbprint("a") in change.sentence and get_thumbprint("b") in change.sentence
    assert "must have it" in change.sentence
    assert plan(principal, activate=get_thumbprint("a")) == []


def test_removing_names_all_entries_and_nothing_else() -> None:
    principal = make_principal(
        make_signing(1, "a"), make_signing(3, "b"), make_signing(5, "own", sign=False), preferred=get_thumbprint("a")
    )
    (step,) = plan(principal, remove=[get_thumbprint("b"), "0" * 40])
    (other,) = [item for item in list_of(principal) if item.thumbprint == get_thumbprint("b")]
    assert step.data["entry_ids"] == sorted(other.entry_ids)
    assert get_thumbprint("b") in step.data["thumbprints"] and len(step.data["thumbprints"]) == 2


def test_what_signs_or_is_to_sign_is_never_removed() -> None:
    a, b = get_thumbprint("a"), get_thumbprint("b")
    principal = make_principal(make_signing(1, "a"), make_signing(3, "b", 500), preferred=a)
    assert "it is active" in complain(principal, remove=[a])
    assert "it is active" in complain(principal, remove=[a], activate=b)
    assert "the one to activate" in complain(principal, remove=[b], activate=b)
    assert complain(principal, remove=[b]) == ""
    unset = {**principal, "preferredTokenSigningKeyThumbprint": None}
    assert "Entra ID may sign with this one" in complain(unset, remove=[b])
    assert complain(unset, remove=[a], activate="first") == ""
    assert "does not sign tokens" in complain(make_principal(make_signing(1, "a", sign=False)), remove=[a])


def test_only_what_is_there_and_valid_is_activated() -> None:
    principal = make_principal(
        make_signing(1, "ended", -1), make_signing(3, "later", 90, starts_days=2), make_signing(5, "own", sign=False)
    )
    assert "has ended" in complain(principal, activate=get_thumbprint("ended"))
    assert "not valid before" in complain(principal, activate=get_thumbprint("later"))
    assert "no certificate" in complain(principal, activate=get_thumbprint("own"))
    assert "no certificate" in complain(principal, activate="0" * 40)
    active = {**principal, "preferredTokenSigningKeyThumbprint": get_thumbprint("ended")}
    assert complain(active, activate=get_thumbprint("ended")) == "", "nothing is to be done"


def test_rows_tell_what_a_partner_needs() -> None:
    principal = make_principal(make_signing(1, "a", 10.5), preferred=get_thumbprint("a"))
    (row,) = build_rows(list_of(principal), get_thumbprint("a"), START)
    assert (row["days_left"], row["active"], len(row["fingerprint_sha256"])) == (10, True, 64)
    (row,) = build_rows(list_of(principal), None, START + datetime.timedelta(days=11))
    assert (row["days_left"], row["active"]) == (-1, False)
    bare = make_principal(([{**key, "key": None} for key in make_signing(1, "a")[0]], []))
    (row,) = build_rows(list_of(bare), None, START)
    assert (row["thumbprint"], row["certificate"], row["fingerprint_sha256"]) == (get_thumbprint("a"), None, None)


certificates = st.lists(
    st.tuples(
        st.sampled_from([-5.0, 0.0, 10.0, 30.0, 31.0, 400.0]), st.sampled_from([-20.0, -1.0, 2.0]), st.booleans()
    ),
    max_size=4,
)
askings = st.fixed_dictionaries(
    {
        "activate": st.sampled_from(["never", "first", *map(get_thumbprint, NAMES)]),
        "remove": st.lists(st.sampled_from([*map(get_thumbprint, NAMES)]), max_size=3),
        "renew_before_days": st.sampled_from([0, 30, 100]),
    }
)


@given(certificates, askings, st.sampled_from([None, "0" * 40, *map(get_thumbprint, NAMES)]), st.randoms())
def test_after_a_plan_nothing_is_left_to_do_and_order_never_matters(
    dates: list[tuple[float, float, bool]], asked: dict[str, t.Any], preferred: str | None, random: t.Any
) -> None:
    made = [
        make_signing(10 * number, NAMES[number], end, start, sign)
        for number, (end, start, sign) in enumerate(dates)
        if end > start
    ]
    principal = make_principal(*made, preferred=preferred)
    wanted, listed, entries = read_wanted({**DEFAULTS, **asked}), list_of(principal), get_signing_entries(principal)
    if find_problems(wanted, listed, preferred, entries, START):
        return
    steps, before, after = plan_signing_certificates(wanted, listed, preferred, START, "x")
    random.shuffle(entries)
    again = plan_signing_certificates(wanted, list_of(principal), preferred, START, "x")
    assert again == (steps, before, after)
    left, active = carry_out(listed, steps, preferred)
    assert plan_signing_certificates(wanted, left, active, START, "x")[0] == []
    assert find_problems(wanted, left, active, [], START) == []
    assert len(after) == len(left) and sum(row["active"] for row in after) == (find_active(left, active) is not None)
    # What is active stays, what nobody named stays.
    was, thumbprints = find_active(listed, preferred), {item.thumbprint for item in left}
    assert was is None or was.thumbprint in thumbprints
    assert all(item.thumbprint in thumbprints for item in listed if item.thumbprint not in wanted.remove)
    if asked["activate"] == "never":
        assert active == preferred


def carry_out(
    listed: list[SigningCertificate], steps: list[Step], preferred: str | None
) -> tuple[list[SigningCertificate], str | None]:
    """Return the certificates and the thumbprint of the active one after *steps*."""
    for step in steps:
        if step.action == ADD:
            made = Certificate("", "CN=new", frozenset([get_thumbprint("new")]), START, START + step.data["lifetime"])
            listed = [*listed, SigningCertificate(made, frozenset(["new"]))]
        elif step.action == ACTIVATE:
            preferred = step.data["thumbprint"] or get_thumbprint("new")
        else:
            gone = set(step.data["entry_ids"])
            assert all(item.entry_ids <= gone or not item.entry_ids & gone for item in listed)
            listed = [item for item in listed if not item.entry_ids & gone]
    return sorted(listed, key=lambda item: item.certificate.expires or START), preferred


def test_the_plan_knows_every_field_of_the_wanted() -> None:
    assert {field.name for field in dataclasses.fields(read_wanted(DEFAULTS))} == {
        "name",
        "lifetime",
        "renew_before",
        "activate",
        "remove",
    }
