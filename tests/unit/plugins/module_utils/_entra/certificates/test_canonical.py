# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates in canonical form: known by what they are, in whatever form Graph names them, and never taken for none."""

from __future__ import annotations

import typing as t

import pytest
from certificate_examples import make_entry, make_public
from fake_graph import NOW, guid

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer
from ansible_collections.cvops.identity.plugins.module_utils._entra.certificates.canonical import (
    canonical_certificate,
    get_key_credentials,
    list_certificates,
    list_key_ids,
    sort_certificates,
)

SHA1 = "3C9A627F0DB155E824C690AB1F7D4308EE52B961"


@pytest.mark.parametrize(
    "answer",
    [{}, {"keyCredentials": None}, {"keyCredentials": {}}, {"keyCredentials": ["x"]}, None, [], {"keyCredentials": 0}],
)
def test_an_answer_without_the_collection_is_no_empty_collection(answer: t.Any) -> None:
    """Who sends back what was not told removes it."""
    with pytest.raises(BadAnswer, match="keyCredentials"):
        get_key_credentials(answer)


@pytest.mark.parametrize("key_id", [None, "", "seven", 7, guid(1) + " "])
def test_an_entry_that_could_not_be_sent_back_is_refused(key_id: t.Any) -> None:
    with pytest.raises(BadAnswer, match="key id"):
        get_key_credentials({"keyCredentials": [make_entry(1), {**make_entry(2), "keyId": key_id}]})


def test_an_empty_collection_is_one() -> None:
    assert get_key_credentials({"keyCredentials": []}) == []


def test_key_ids_have_small_letters() -> None:
    assert list_key_ids([{"keyId": guid(1).upper()}, {"keyId": guid(2)}]) == {guid(1), guid(2)}


def test_thumbprints_are_computed_from_the_certificate_itself() -> None:
    """The identifier is text that anybody may have set."""
    public = make_public()
    lying = canonical_certificate(make_entry(1, customKeyIdentifier=SHA1))
    assert lying.thumbprints == public.thumbprints and lying.thumbprint == public.thumbprint != SHA1
    told = canonical_certificate(make_entry(1, customKeyIdentifier=SHA1, key=None))
    assert told.thumbprints == {SHA1}
    unknown = canonical_certificate(make_entry(1, customKeyIdentifier="mine", key=None))
    assert (unknown.thumbprints, unknown.thumbprint) == (frozenset(), None)
    assert "thumbprint" not in unknown.describe() and guid(1) in unknown.describe()


def test_a_certificate_has_what_results_show() -> None:
    public = make_public()
    assert canonical_certificate(make_entry(1)).as_row() == {
        "key_id": guid(1),
        "thumbprint": public.thumbprint,
        "name": "job",
        "starts": "2026-03-01T09:41:00Z",
        "expires": "2026-05-31T09:41:00Z",
    }
    endless = canonical_certificate(make_entry(1, None, startDateTime=None, endDateTime=""))
    assert (endless.name, endless.as_row()["starts"], endless.as_row()["expires"]) == (None, None, None)
    assert endless.is_unexpired(NOW) and "without a name" in endless.describe()


@pytest.mark.parametrize("odd", [7, "soon", ["x"]])
def test_a_date_that_is_none_is_an_error(odd: t.Any) -> None:
    with pytest.raises(BadAnswer, match=guid(1)):
        canonical_certificate(make_entry(1, endDateTime=odd))


@pytest.mark.parametrize(
    ("kind", "counts"),
    [
        ({}, True),
        ({"usage": "Sign"}, False),
        ({"usage": "Encrypt"}, False),
        ({"type": "Symmetric"}, False),
        ({"type": "X509CertAndPassword", "usage": "Sign"}, False),
        ({"usage": None}, False),
    ],
)
def test_only_certificates_for_signing_in_are_listed(kind: dict[str, t.Any], counts: bool) -> None:
    assert bool(list_certificates([make_entry(1, **kind)])) is counts


def test_certificates_are_listed_in_the_order_of_their_ends() -> None:
    entries = [
        make_entry(3, endDateTime=None),
        make_entry(2, endDateTime="2026-06-01T00:00:00Z"),
        make_entry(1, endDateTime="2026-06-01T02:00:00+02:00"),
        make_entry(4, endDateTime="2026-05-01T00:00:00Z"),
    ]
    assert [item.key_id for item in list_certificates(entries)] == [guid(4), guid(1), guid(2), guid(3)]
    assert sort_certificates([]) == []
