# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which certificate an app has to hold, whether it can be used, and the mark by which it is known."""

from __future__ import annotations

import pytest
from certificate_examples import make_public
from fake_graph import NOW
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._commvault.saml_apps.certificates import (
    CertificateMark,
    check_certificate,
    choose_certificate,
    format_mark,
    is_certificate_due,
    make_mark,
    parse_fingerprint_option,
    parse_mark,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.saml_apps.metadata import ProviderMetadata
from ansible_collections.cvops.identity.plugins.module_utils._commvault.secret_marks import (
    CERTIFICATE,
    join_mark,
    split_mark,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError

ONE, TWO = make_public("one"), make_public("two")
marks = st.builds(
    CertificateMark,
    st.text("0123456789ABCDEF", min_size=64, max_size=64),
    st.datetimes().map(lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")),
)


def make_metadata(*certificates: object) -> ProviderMetadata:
    return ProviderMetadata("https://sts.example/", "https://sts.example/in", "", tuple(certificates))  # type: ignore[arg-type]


@given(marks, st.text())
def test_a_mark_is_read_back_from_a_description(mark: CertificateMark, text: str) -> None:
    written = join_mark(text.replace("\r", "").rstrip(), format_mark(mark), CERTIFICATE)
    found = split_mark(written, CERTIFICATE)
    assert parse_mark(found.fingerprint) == mark and found.text == text.replace("\r", "").rstrip()
    assert split_mark(written).fingerprint is None  # it is no mark of a secret


@given(st.text() | st.none())
def test_other_texts_are_no_marks(text: str | None) -> None:
    found = parse_mark(text)
    assert found is None or format_mark(found) == text


def test_a_mark_has_the_fingerprint_that_pages_show() -> None:
    mark = make_mark(ONE)
    assert mark.fingerprint in ONE.thumbprints and len(mark.fingerprint) == 64


@pytest.mark.parametrize("form", ["sha-256", "small letters", "colons"])
def test_a_fingerprint_chooses_among_several(form: str) -> None:
    forms = {
        "sha-256": max(ONE.thumbprints, key=len),
        "small letters": ONE.thumbprint.lower(),
        "colons": ":".join([ONE.thumbprint[:20], ONE.thumbprint[20:]]),
    }
    wanted = parse_fingerprint_option(forms[form])
    assert choose_certificate(None, make_metadata(TWO, ONE), wanted) == ONE
    assert choose_certificate(ONE, make_metadata(TWO), wanted) == ONE
    with pytest.raises(ConfigError, match="no signing certificate with this fingerprint"):
        choose_certificate(None, make_metadata(TWO), wanted)
    with pytest.raises(ConfigError, match="not match the given certificate"):
        choose_certificate(TWO, None, wanted)


def test_what_is_given_goes_first_and_nothing_is_guessed() -> None:
    assert choose_certificate(TWO, make_metadata(ONE), None) == TWO
    assert choose_certificate(None, make_metadata(ONE), None) == ONE
    assert choose_certificate(None, None, "AB" * 32) is None
    with pytest.raises(ConfigError, match="2 signing certificates") as caught:
        choose_certificate(None, make_metadata(ONE, TWO), None)
    assert ONE.thumbprint in str(caught.value) and TWO.thumbprint in str(caught.value)
    assert parse_fingerprint_option(None) is None
    with pytest.raises(ConfigError, match="not a SHA-256"):
        parse_fingerprint_option("AB" * 31)


def test_a_certificate_that_nobody_could_sign_in_with_is_refused() -> None:
    check_certificate(ONE, NOW)
    for made, said in (
        (make_public("old", starts=-9, ends=-1), "has expired"),
        (make_public("new", starts=1), "is not valid before"),
        (make_public("weak", kind="1024"), "1024 bits"),
    ):
        with pytest.raises(ConfigError, match=said):
            check_certificate(made, NOW)


@given(marks, marks)
def test_the_policy_says_whether_a_certificate_is_written_over_another(
    wanted: CertificateMark, shown: CertificateMark
) -> None:
    assert is_certificate_due("always", wanted, wanted) and not is_certificate_due("on_create", wanted, None)
    assert is_certificate_due("fingerprint", wanted, None)
    assert is_certificate_due("fingerprint", wanted, shown) is (wanted.fingerprint != shown.fingerprint)
