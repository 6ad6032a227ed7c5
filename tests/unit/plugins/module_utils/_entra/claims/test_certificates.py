# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which certificate signs SAML tokens."""

from __future__ import annotations

import random
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer
from ansible_collections.cvops.identity.plugins.module_utils._entra.claims.certificates import list_signing_certificates


def key(identifier: str, ends: str, usage: str = "Verify") -> dict[str, str]:
    return {"customKeyIdentifier": identifier, "endDateTime": ends, "keyId": f"{identifier}-{usage}", "usage": usage}


def test_the_active_certificate() -> None:
    """Both halves of a certificate are one; the preferred one signs, else the one that ends last."""
    keys = [
        key("3q2+7w==", "2027-01-01T00:00:00Z", "Sign"),
        key("3q2+7w==", "2027-01-01T00:00:00Z"),
        key("AAAA", "2028-01-01T00:00:00.1234567Z"),
    ]
    found = list_signing_certificates({"preferredTokenSigningKeyThumbprint": "deadbeef", "keyCredentials": keys})
    assert [(item.thumbprint, item.active) for item in found] == [("DEADBEEF", True), ("000000", False)]
    found = list_signing_certificates({"keyCredentials": keys})
    assert [item.active for item in found] == [False, True]
    assert list_signing_certificates({}) == ()


@pytest.mark.parametrize("ends", ["", None])
def test_a_certificate_without_an_end_is_the_one_that_ends_last(ends: t.Any) -> None:
    keys = [{**key("AAAA", ""), "endDateTime": ends}, key("3q2+7w==", "2027-01-01T00:00:00Z")]
    found = list_signing_certificates({"keyCredentials": keys})
    assert [(item.thumbprint, item.active) for item in found] == [("DEADBEEF", False), ("000000", True)]


@pytest.mark.parametrize("ends", ["never", 7, False, ["x"]])
def test_a_certificate_without_a_readable_end_is_not_left_out(ends: t.Any) -> None:
    """Else another one would be taken for the one that signs."""
    keys = [key("3q2+7w==", "2027-01-01T00:00:00Z"), {**key("AAAA", ""), "endDateTime": ends}]
    with pytest.raises(BadAnswer, match="endDateTime"):
        list_signing_certificates({"preferredTokenSigningKeyThumbprint": "000000", "keyCredentials": keys})


@given(
    st.lists(st.tuples(st.sampled_from(["3q2+7w==", "AAAA", "AQID"]), st.sampled_from(["2027", "2028"])), max_size=6),
    st.sampled_from([None, "deadbeef", "000000", "ffff"]),
    st.randoms(use_true_random=False),
)
def test_one_certificate_signs_in_whatever_order_they_are_listed(
    rows: list[tuple[str, str]], preferred: str | None, chance: random.Random
) -> None:
    ends = dict(rows)
    keys = [key(name, f"{ends[name]}-01-01T00:00:00Z", usage) for name in ends for usage in ("Sign", "Verify")]
    principal = {"preferredTokenSigningKeyThumbprint": preferred, "keyCredentials": keys}
    found = list_signing_certificates(principal)
    assert [item.active for item in found].count(True) == (1 if ends else 0)
    named = any(item.thumbprint == str(preferred).upper() for item in found)
    assert all(item.is_named is (named or len(found) == 1) for item in found)  # else it is a guess
    assert [item.ends for item in found] == sorted(item.ends for item in found)
    chance.shuffle(keys)
    again = list_signing_certificates(principal)
    assert {(item.thumbprint, item.ends) for item in again} == {(item.thumbprint, item.ends) for item in found}


def test_a_thumbprint_that_cannot_be_read_is_compared_as_it_is() -> None:
    keys = [key("not base64!", "2027-01-01T00:00:00Z"), key("AAAA", "2028-01-01T00:00:00Z")]
    found = list_signing_certificates({"preferredTokenSigningKeyThumbprint": "Not Base64!", "keyCredentials": keys})
    assert [(item.thumbprint, item.active) for item in found] == [(None, True), ("000000", False)]
    nameless = [{"keyId": "k", "endDateTime": "2027-01-01T00:00:00Z", "displayName": None}]
    (only,) = list_signing_certificates({"keyCredentials": nameless})
    assert (only.key_id, only.name, only.thumbprint, only.active) == ("k", "", None, True)
