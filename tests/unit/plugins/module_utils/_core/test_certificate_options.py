# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that give a certificate: as text, as base64 or as a file, and no message shows what was given."""

from __future__ import annotations

import base64
import pathlib
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.certificate_options import (
    decode_der_text,
    read_certificate_option,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError

PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
DER = b"\x30\x82\x01\x02" + b"x" * 90


def read(make_ctx: t.Any, value: str, folder: pathlib.Path | None = None) -> tuple[bytes, str]:
    ctx = make_ctx({"certificate": value})
    ctx.base_directory = str(folder) if folder else None
    return read_certificate_option(ctx, "certificate", "a certificate")


@pytest.mark.parametrize("value", [PEM, f" {PEM} ", PEM.replace("\n", "\\n")])
def test_text_in_pem_form_is_the_content(make_ctx: t.Any, value: str) -> None:
    content, place = read(make_ctx, value)
    assert content.decode().strip() == PEM.strip() and place.startswith("text from ")


def test_base64_text_is_decoded(make_ctx: t.Any) -> None:
    text = base64.b64encode(DER).decode()
    assert read(make_ctx, f"{text[:40]}\n {text[40:]}")[0] == DER


@pytest.mark.parametrize("content", [PEM.encode(), DER, base64.b64encode(DER) + b"\n"])
def test_a_file_is_found_from_the_folder_of_the_playbook_on(
    make_ctx: t.Any, tmp_path: pathlib.Path, content: bytes
) -> None:
    (tmp_path / "a.pem").write_bytes(content)
    found, place = read(make_ctx, "./a.pem", tmp_path)
    assert found == (PEM.encode() if content == PEM.encode() else DER)
    assert "a.pem" in place and str(tmp_path) in place


@pytest.mark.parametrize(
    ("value", "said"), [("no certificate", "neither a certificate nor the path"), ("./none.pem", "No such file")]
)
def test_what_is_neither_is_refused(make_ctx: t.Any, tmp_path: pathlib.Path, value: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        read(make_ctx, value, tmp_path)
    assert caught.value.facts["source"]


@pytest.mark.parametrize("text", [b"", b"AAAA", b"MI!", b"MII", "M\u0130".encode()])
def test_what_is_no_base64_of_der_is_none(text: bytes) -> None:
    assert decode_der_text(text) is None
