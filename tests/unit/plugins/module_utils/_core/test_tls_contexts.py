# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One TLS context for each CA and process: what is loaded, how often, and what a CA that cannot be used is told."""

from __future__ import annotations

import os
import pathlib
import ssl
import subprocess
import sys
import textwrap
import time
import typing as t

import certifi
import pytest
import trustme
from collection_tree import collections_path

from ansible_collections.cvops.identity.plugins.module_utils._core import tls_contexts
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError, Unreachable
from ansible_collections.cvops.identity.plugins.module_utils._core.http import Transport, preload_tls_contexts
from ansible_collections.cvops.identity.plugins.module_utils._core.http_settings import HttpSettings
from ansible_collections.cvops.identity.plugins.module_utils._core.retry import RetryPolicy

ONCE = RetryPolicy(tries=1)


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What this process loads from now on, having loaded nothing so far."""
    paths: list[str] = []
    load = ssl.SSLContext.load_verify_locations

    def note(context: ssl.SSLContext, cafile: t.Any = None, capath: t.Any = None, cadata: t.Any = None) -> None:
        paths.append(str(cafile or capath))
        load(context, cafile, capath, cadata)

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", note)
    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", lambda *_given: paths.append("of the system"))
    monkeypatch.setattr(tls_contexts, "_contexts", {})
    return paths


def transport(ctx: t.Any, **settings: t.Any) -> Transport:
    return Transport(ctx, HttpSettings(**{"service": "Service", "policy": ONCE, "environ": {}, **settings}))


def load(**settings: t.Any) -> ssl.SSLContext:
    return tls_contexts.load_tls_context(
        HttpSettings(**{"service": "Service", "environ": {}, **settings}), certifi.where(), create
    )


def create(verifies: bool) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if not verifies:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def test_a_bundle_is_loaded_once_for_all_services_and_connections(
    make_ctx: t.Any, secured: t.Any, answer: t.Any, loads: list[str]
) -> None:
    for dummy in range(3):
        ctx = make_ctx()
        service = transport(ctx, ca_path=secured.ca_path)
        secured.server.says(answer(drop=True), answer())
        with pytest.raises(Unreachable):
            service.request("POST", secured.server.url)
        assert service.request("GET", secured.server.url).status == 200
        ctx.close()
    assert loads == [secured.ca_path]


def test_what_is_loaded_before_is_not_loaded_again(make_ctx: t.Any, secured: t.Any, loads: list[str]) -> None:
    preload_tls_contexts([secured.ca_path, "/nothing"])
    assert transport(make_ctx(), ca_path=secured.ca_path).request("GET", secured.server.url).status == 200
    assert loads == [secured.ca_path]


def test_a_worker_of_ansible_finds_the_bundle_of_the_environment_loaded(secured: t.Any) -> None:
    program = textwrap.dedent(
        """
        import os
        from ansible.plugins.loader import init_plugin_loader
        init_plugin_loader(os.environ["ANSIBLE_COLLECTIONS_PATH"].split(":"))
        from ansible_collections.cvops.identity.plugins.action import entra_group
        from ansible_collections.cvops.identity.plugins.module_utils._core import tls_contexts
        print(sorted(map(str, tls_contexts._contexts)))
        """
    )
    environment = {**os.environ, "CVOPS_CA_PATH": secured.ca_path, "CVOPS_COMMVAULT_CA_PATH": secured.ca_path}
    environment["ANSIBLE_COLLECTIONS_PATH"] = str(collections_path())
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str([secured.ca_path])


def test_the_usual_bundle_is_that_of_the_environment_or_of_the_library(
    secured: t.Any, loads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    preload_tls_contexts([None, None])
    monkeypatch.setenv("SSL_CERT_FILE", secured.ca_path)
    preload_tls_contexts([None])
    assert loads == [certifi.where(), secured.ca_path]


def test_other_options_are_other_contexts(make_ctx: t.Any, secured: t.Any, tmp_path: pathlib.Path) -> None:
    """What one task switches off or trusts counts for no other task of the process."""
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    trusting = transport(make_ctx(), ca_path=secured.ca_path)
    unverified = transport(make_ctx(), ca_path=secured.ca_path, validate_certs=False)
    for dummy in range(2):
        assert trusting.request("GET", secured.server.url).status == 200
        assert unverified.request("GET", secured.server.url).status == 200
        for settings in ({"ca_path": str(other)}, {}):
            with pytest.raises(Unreachable) as refused:
                transport(make_ctx(), **settings).request("GET", secured.server.url)
            assert refused.value.code == "certificate"


def test_the_name_of_the_host_is_verified(make_ctx: t.Any, secured: t.Any, tmp_path: pathlib.Path) -> None:
    authority, bundle, own = trustme.CA(), tmp_path / "ca.pem", tmp_path / "own.pem"
    authority.cert_pem.write_to_path(str(bundle))
    authority.issue_cert("elsewhere.example").private_key_and_cert_chain_pem.write_to_path(str(own))
    named_otherwise = type(secured.server)(own)
    try:
        with pytest.raises(Unreachable, match="not trusted") as refused:
            transport(make_ctx(), ca_path=str(bundle)).request("GET", named_otherwise.url)
        assert refused.value.code == "certificate"
    finally:
        named_otherwise.stop()


def test_a_bundle_that_changes_on_disk_is_loaded_again(
    make_ctx: t.Any, secured: t.Any, tmp_path: pathlib.Path, loads: list[str]
) -> None:
    bundle = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(bundle))
    with pytest.raises(Unreachable):
        transport(make_ctx(), ca_path=str(bundle)).request("GET", secured.server.url)
    bundle.write_bytes(pathlib.Path(secured.ca_path).read_bytes())
    os.utime(bundle, ns=(1, 1))
    assert transport(make_ctx(), ca_path=str(bundle)).request("GET", secured.server.url).status == 200
    bundle.unlink()
    with pytest.raises(ConfigError, match="does not exist"):
        transport(make_ctx(), ca_path=str(bundle))
    assert loads == [str(bundle)] * 2


def test_a_bundle_is_loaded_again_after_one_that_cannot_be(tmp_path: pathlib.Path, secured: t.Any) -> None:
    bundle = tmp_path / "ca.pem"
    assert "does not exist" in refuse_ca(bundle)
    bundle.write_bytes(pathlib.Path(secured.ca_path).read_bytes())
    assert load(ca_path=str(bundle)) is load(ca_path=str(bundle))


def refuse_ca(path: t.Any, **settings: t.Any) -> str:
    """Return what is said about a CA bundle that cannot be used."""
    with pytest.raises(ConfigError) as refused:
        load(**(settings or {"ca_path": str(path)}))
    return str(refused.value)


def test_a_ca_without_certificate_is_refused_by_the_name_of_its_option(tmp_path: pathlib.Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("none here\n")
    said = refuse_ca(bundle)
    assert said.startswith(
        f"option ca_path: The CA bundle {bundle} for Service holds no certificate; it is not in PEM form"
    )
    bundle.write_text("")
    assert refuse_ca(bundle).endswith("holds no certificate; the file is empty")
    bundle.write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    assert "holds no certificate" in refuse_ca(bundle)
    other = refuse_ca(bundle, ca_path=str(bundle), ca_option="commvault_ca_path")
    assert other.startswith("option commvault_ca_path: ")


def test_a_certificate_that_is_cut_off_is_refused(tmp_path: pathlib.Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")
    assert refuse_ca(bundle).endswith("contains a certificate that cannot be read; it may be incomplete")


def test_a_ca_of_the_environment_is_named_by_its_variable(tmp_path: pathlib.Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("none")
    said = refuse_ca(bundle, environ={"SSL_CERT_FILE": str(bundle)})
    assert said.startswith(f"The CA bundle {bundle} from SSL_CERT_FILE for Service holds no certificate")


def test_a_folder_of_cas_needs_hashed_names(tmp_path: pathlib.Path, secured: t.Any) -> None:
    assert "openssl rehash" in refuse_ca(tmp_path)
    (tmp_path / "0a1b2c3d.0").write_text(pathlib.Path(secured.ca_path).read_text())
    load(ca_path=str(tmp_path))


def test_a_path_that_cannot_be_opened_is_told(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").write_text("x")
    assert "cannot be read: Not a directory" in refuse_ca(tmp_path / "file" / "ca.pem")
    assert "cannot be read: its path cannot be used" in refuse_ca("/x\0y")


def test_no_bundle_is_looked_at_without_validation(tmp_path: pathlib.Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("none")
    assert load(ca_path=str(bundle), validate_certs=False).verify_mode == ssl.CERT_NONE
    assert load().verify_mode == ssl.CERT_REQUIRED


def test_a_large_bundle_with_a_certificate_that_cannot_be_read_is_refused(tmp_path: pathlib.Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n" + "#" * 70_000)
    assert refuse_ca(bundle).endswith("it may be incomplete")


def test_a_bundle_that_is_written_over_with_its_size_and_time_kept_is_loaded_again(
    tmp_path: pathlib.Path, secured: t.Any
) -> None:
    path = tmp_path / "ca.pem"
    path.write_bytes(pathlib.Path(secured.ca_path).read_bytes())
    before, status = load(ca_path=str(path)), path.stat()
    time.sleep(0.02)  # longer than a file system's clock takes for one tick
    path.write_bytes(path.read_bytes())
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert load(ca_path=str(path)) is not before


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: pathlib.Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigError, match="is neither a file nor a folder"):
        load(ca_path=str(tmp_path / "pipe"))
