# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Graph gives as credentials, as token signing certificates."""

from __future__ import annotations

import base64
import datetime
import typing as t

import pytest
from fake_graph import guid
from fake_signing import START, get_thumbprint, list_of, make_der, make_principal, make_signing
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer
from ansible_collections.cvops.identity.plugins.module_utils._entra.signing_certificates.canonical import (
    PasswordEntry,
    find_active,
    find_private_parts,
    get_signing_entries,
    read_preferred,
    remove_private_parts,
)

DAY = datetime.timedelta(days=1)


def test_the_entries_of_one_certificate_belong_together() -> None:
    principal = make_principal(make_signing(1, "late", 900), make_signing(3, "soon", 20))
    soon, late = list_of(principal)
    assert [item.thumbprint for item in (soon, late)] == [get_thumbprint("soon"), get_thumbprint("late")]
    assert soon.entry_ids == {guid(3), guid(4), f"password {guid(3)}"}
    assert (soon.certificate.key_id, soon.der) == (guid(4), make_der("soon"))
    assert "own" not in soon.describe() and get_thumbprint("soon") in soon.describe()


def test_a_password_of_somebody_else_under_the_same_identifier_stays() -> None:
    keys, passwords = make_signing(1, "a")
    strange = {**passwords[0], "keyId": guid(50)}
    (found,) = list_of(make_principal((keys, [*passwords, strange])))
    assert f"password {guid(50)}" not in found.entry_ids


def test_a_certificate_to_verify_alone_is_one_to_sign_in_with_unless_it_is_active() -> None:
    principal = make_principal(make_signing(1, "own", sign=False))
    assert list_of(principal) == []
    (found,) = list_of({**principal, "preferredTokenSigningKeyThumbprint": get_thumbprint("own")})
    assert found.explain_unusable(START) == "Entra ID has no private key for it"


def test_nothing_that_entra_cannot_sign_with_is_usable() -> None:
    usable, ended, later = list_of(
        make_principal(
            make_signing(1, "usable", 5), make_signing(3, "ended", 6, -9), make_signing(5, "later", 7, starts_days=3)
        )
    )
    assert usable.explain_unusable(START) is None
    assert "it has ended" in str(ended.explain_unusable(START + 6 * DAY))
    assert "it is not valid before" in str(later.explain_unusable(START))
    keys, passwords = make_signing(1, "x")
    unknown = [{**key, "customKeyIdentifier": "odd", "key": None} for key in keys]
    (found,) = list_of(make_principal((unknown, passwords)))
    assert "thumbprint" in str(found.explain_unusable(START))


@pytest.mark.parametrize(
    "given_as", [str.lower, str.upper, lambda text: base64.b64encode(bytes.fromhex(text)).decode()]
)
def test_the_active_one_is_named_by_its_thumbprint_however_it_is_written(given_as: t.Any) -> None:
    principal = make_principal(make_signing(1, "a"), make_signing(3, "b"), preferred=given_as(get_thumbprint("b")))
    active = find_active(list_of(principal), read_preferred(principal))
    assert active is not None and active.thumbprint == get_thumbprint("b")
    assert find_active(list_of(principal), "0" * 40) is None and find_active(list_of(principal), None) is None


@pytest.mark.parametrize(
    "broken",
    [
        {"keyCredentials": None},
        {"passwordCredentials": None},
        {"passwordCredentials": "none"},
        {"passwordCredentials": [{"keyId": "x"}]},
        {"keyCredentials": [{"keyId": None}]},
    ],
)
def test_what_is_not_told_is_never_taken_for_none(broken: dict[str, t.Any]) -> None:
    with pytest.raises(BadAnswer):
        get_signing_entries({**make_principal(make_signing(1, "a")), **broken})


def test_private_parts_are_found_and_taken_out() -> None:
    pfx = base64.b64encode(b"0\x82\x01\x00\x02\x01\x03pfx").decode()
    pem = base64.b64encode(b"-----BEGIN PRIVATE KEY-----\nAA\n").decode()
    keys, passwords = make_signing(1, "a")
    keys[0]["key"], passwords[0]["secretText"] = pfx, "the secret"
    entries = get_signing_entries(make_principal((keys, passwords)))
    assert find_private_parts(entries) == [pfx, "the secret"]
    cleaned = [remove_private_parts(entry) for entry in entries]
    assert find_private_parts(cleaned) == [] and pfx not in str(cleaned) and "the secret" not in str(cleaned)
    assert [isinstance(entry, PasswordEntry) for entry in cleaned] == [
        isinstance(entry, PasswordEntry) for entry in entries
    ]
    assert find_private_parts([{**keys[1], "key": pfx}]) == [pfx]
    assert pem not in str(remove_private_parts({**keys[0], "key": pem}))


@given(st.permutations(range(4)))
def test_the_order_of_entries_does_not_matter(order: list[int]) -> None:
    principal = make_principal(make_signing(1, "a", 5), make_signing(3, "b", 9))
    shuffled = {**principal, "keyCredentials": [principal["keyCredentials"][number] for number in order]}
    assert [item.thumbprint for item in list_of(shuffled)] == [item.thumbprint for item in list_of(principal)]
    assert [item.entry_ids for item in list_of(shuffled)] == [item.entry_ids for item in list_of(principal)]
