# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The token of another issuer: which option it comes from, read anew at each use, masked, and one clear error without it."""

from __future__ import annotations

import os
import pathlib
import typing as t

import pytest
from token_service import SCOPE, TokenService, build_jwt, make_sign_in_context

from ansible_collections.cvops.identity.plugins.module_utils._core.context import Clock, Context
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    AuthError,
    BlockedByConditionalAccess,
    ConfigError,
)
from ansible_collections.cvops.identity.plugins.module_utils._signin.clouds import TOKEN_EXCHANGE_AUDIENCES
from ansible_collections.cvops.identity.plugins.module_utils._signin.entra import federated, managed_identity
from ansible_collections.cvops.identity.plugins.module_utils._signin.entra.methods import FederatedMethod
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import CLOUDS
from ansible_collections.cvops.identity.plugins.module_utils._signin.tokens import Token

TOKEN = build_jwt(iss="https://k8s.example", sub="system:serviceaccount:awx:cvops")


class SleepingClock(Clock):
    """Sleeps take no time and are counted."""

    slept_s = 0.0

    def monotonic(self) -> float:
        return self.slept_s


def waiting_context(
    path: pathlib.Path, meanwhile: t.Callable[[], t.Any] = lambda: None
) -> tuple[Context, SleepingClock]:
    """Return a context in which *meanwhile* happens during the first wait, and its clock."""
    ctx, clock = context(federated_token_file=str(path)), SleepingClock()

    def sleep(seconds: float) -> None:
        clock.slept_s += seconds
        meanwhile()

    ctx.clock = clock
    ctx.sleep = sleep  # type: ignore[method-assign]
    return ctx, clock


def context(**options: t.Any) -> Context:
    return make_sign_in_context("federated", **{"federated_token": None, **options})


def test_the_first_source_that_is_given_counts(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "token"
    path.write_text(TOKEN)
    every = {
        "federated_token": " given \n",
        "federated_token_file": str(path),
        "federated_managed_identity": "system",
    }
    assert federated.get_source_option(context(**every)) == "federated_token"
    assert federated.read_assertion(context(**every)) == "given"
    del every["federated_token"]
    assert federated.get_source_option(context(**every)) == "federated_token_file"
    assert federated.read_assertion(context(**every)) == TOKEN
    del every["federated_token_file"]
    assert federated.get_source_option(context(**every)) == "federated_managed_identity"


def test_a_file_is_read_at_each_use_and_its_content_masked(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "token"
    ctx = context(federated_token_file=str(path))
    for content in (TOKEN, build_jwt(sub="second")):
        path.write_text(f"{content}\n")
        assert federated.read_assertion(ctx) == content
        assert content in ctx.secrets


def test_a_file_below_the_home_folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "token").write_text(TOKEN)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert federated.read_assertion(context(federated_token_file="~/token")) == TOKEN


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file"),
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"\xff\xfe", "holds no token: it is not text"),
        (b"s.hvs-token-of-a-vault", "holds no token, or a part of one"),
        (TOKEN[:-12].rpartition(".")[0].encode(), "holds no token, or a part of one"),
        (TOKEN.replace(".", " ").encode(), "holds no token, or a part of one"),
        (b"a.b.c", "holds no token, or a part of one"),
        (b"x" * ((1 << 20) + 1), "is not an ordinary file, or is larger than"),
    ],
)
def test_a_file_without_a_token_is_one_clear_error(tmp_path: pathlib.Path, content: bytes | None, said: str) -> None:
    """It is looked at for some seconds, and what it holds is never shown."""
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content)
    ctx, clock = waiting_context(path)
    with pytest.raises(ConfigError) as refused:
        federated.read_assertion(ctx)
    assert str(refused.value).startswith(f"federated_token_file: {path} {said}")
    assert str(refused.value).endswith("and that has not changed in 5 s") and 3 < clock.slept_s < 6
    shown = (content or b"").decode("ascii", "replace").strip()
    assert len(shown) < 8 or shown not in str(refused.value)


def test_a_pipe_or_a_folder_is_no_token_file_and_is_not_waited_for(tmp_path: pathlib.Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path):
        with pytest.raises(ConfigError, match="is not an ordinary file|cannot be read"):
            federated.read_assertion(waiting_context(path)[0])


@pytest.mark.parametrize("before", [None, "", TOKEN[:20]], ids=["missing", "empty", "half"])
def test_a_file_that_is_just_being_written_is_looked_at_again(tmp_path: pathlib.Path, before: str | None) -> None:
    path = tmp_path / "token"
    if before is not None:
        path.write_text(before)
    ctx, _clock = waiting_context(path, lambda: path.write_text(TOKEN))
    assert federated.read_assertion(ctx) == TOKEN


def test_a_link_that_is_replaced_as_kubernetes_does_leads_to_the_new_token(tmp_path: pathlib.Path) -> None:
    ctx = context(federated_token_file=str(tmp_path / "token"))
    (tmp_path / "token").symlink_to("..data/token")
    for number in (1, 2):
        folder, wanted = tmp_path / f"..2026_{number}", build_jwt(sub=f"pod-{number}")
        folder.mkdir()
        (folder / "token").write_text(wanted)
        (tmp_path / "..data_tmp").symlink_to(folder.name)
        os.rename(tmp_path / "..data_tmp", tmp_path / "..data")
        assert federated.read_assertion(ctx) == wanted
        assert federated.has_new_assertion(ctx, TOKEN) and not federated.has_new_assertion(ctx, wanted)
    assert not federated.has_new_assertion(context(federated_token="given"), TOKEN), "text stays what it is"


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize(("named", "client_id"), [("system", None), ("client-1", "client-1")])
def test_a_managed_identity_is_asked_for_the_audience_of_the_cloud(
    monkeypatch: pytest.MonkeyPatch, cloud: str, named: str, client_id: str | None
) -> None:
    asked = []

    def acquire(_ctx: Context, wanted: str | None, scope: str) -> Token:
        asked.append((wanted, scope))
        return Token("of-the-identity", 0.0, scope)

    monkeypatch.setattr(managed_identity, "acquire_token", acquire)
    assert federated.read_assertion(context(cloud=cloud, federated_managed_identity=named)) == "of-the-identity"
    assert asked == [(client_id, f"{TOKEN_EXCHANGE_AUDIENCES[cloud]}/.default")]
    assert TOKEN_EXCHANGE_AUDIENCES[cloud].startswith("api://AzureADTokenExchange")


def test_the_fingerprint_is_that_of_the_source(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "token"
    path.write_text("first")
    first = federated.compute_fingerprint(context(federated_token_file=str(path)))
    path.write_text("second")
    assert federated.compute_fingerprint(context(federated_token_file=str(path))) == first
    others = [
        context(federated_token_file=f"{path}2"),
        context(federated_token=str(path)),
        context(federated_managed_identity="system"),
        context(federated_managed_identity="client-1"),
    ]
    assert len({first, *map(federated.compute_fingerprint, others)}) == 5


def test_only_a_token_of_a_managed_identity_is_bound_to_the_machine() -> None:
    assert FederatedMethod(context(federated_managed_identity="system")).is_machine_bound
    assert not FederatedMethod(context(federated_token="a.b.c")).is_machine_bound


def test_a_refusal_shows_what_the_presented_token_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """That is what a federated credential must match; the token itself is not shown."""
    service = TokenService(
        monkeypatch, token='{"error": "invalid_client", "error_description": "AADSTS700213: no match"}'
    )
    service.status = 400
    presented = build_jwt(
        iss="https://issuer.example", sub="repo:a/b", aud="api://AzureADTokenExchange", other="hidden"
    )
    with pytest.raises(AuthError) as refused:
        FederatedMethod(context(federated_token=presented)).acquire_token(SCOPE)
    assert refused.value.code == "AADSTS700213"
    assert "issuer https://issuer.example, subject repo:a/b, audience api://AzureADTokenExchange" in str(refused.value)
    assert refused.value.facts["presented"] == {
        "iss": "https://issuer.example",
        "sub": "repo:a/b",
        "aud": "api://AzureADTokenExchange",
    }
    assert presented not in str(refused.value) and "hidden" not in str(refused.value)


def test_a_refused_token_that_is_no_jwt_adds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    service = TokenService(monkeypatch, token='{"error": "invalid_client"}')
    service.status = 400
    with pytest.raises(AuthError) as refused:
        FederatedMethod(context(federated_token="opaque")).acquire_token(SCOPE)
    assert "presented" not in str(refused.value)


ISSUER = "https://token.actions.githubusercontent.com"
BOTH_SUBJECTS = [
    (
        {"sub": "repo:corp@17/access@4711:ref:refs/heads/main"},
        ["repo:corp/access:ref:refs/heads/main", "github.owner_id 17", "github.repository_id 4711"],
    ),
    (
        {"sub": "repo:corp/access:environment:prod", "repository_owner_id": "17", "repository_id": "4711"},
        ["repo:corp@17/access@4711:environment:prod", "immutable subjects"],
    ),
    ({"sub": "repo:corp/access:environment:prod"}, []),
    ({"sub": "repo:corp/access:pull_request", "repository_owner_id": "x", "repository_id": {"a": 1}}, []),
    ({"sub": "project_path:corp/access:ref_type:branch:ref:main", "repository_id": "4711"}, []),
]


@pytest.mark.parametrize(("claims", "said"), BOTH_SUBJECTS)
@pytest.mark.parametrize("code", ["AADSTS700213", "AADSTS70021", "AADSTS7002138"])
def test_both_subjects_of_a_job_of_github_stand_side_by_side(
    claims: dict[str, t.Any], said: list[str], code: str
) -> None:
    token = build_jwt(iss=ISSUER, aud="api://AzureADTokenExchange", **claims)
    told = str(federated.add_presented_claims(AuthError("Refused.", code=code), token))
    assert claims["sub"] in told
    assert all(words in told for words in said)
    assert bool(said) is ("does not match it" in told)


def test_subjects_are_explained_only_where_no_credential_matched() -> None:
    claims = BOTH_SUBJECTS[0][0]
    told = str(federated.add_presented_claims(AuthError("Refused.", code="AADSTS700024"), build_jwt(**claims)))
    assert claims["sub"] in told and "github" not in told


def test_a_sign_in_that_conditional_access_blocked_stays_one() -> None:
    exc = BlockedByConditionalAccess("Refused.", code="AADSTS53003")
    assert federated.add_presented_claims(exc, build_jwt(iss=ISSUER)).kind == "conditional_access"


@pytest.mark.parametrize("name", ["iss", "sub", "aud"])
def test_claims_of_another_issuer_are_shown_short_and_on_one_line(name: str) -> None:
    for value in ("x" * 5000, "a\n\x1b[31mfatal: b", {"deep": ["x"] * 2000}, ["a\nb", 7], None):
        exc = federated.add_presented_claims(AuthError("Refused.", code="AADSTS700213"), build_jwt(**{name: value}))
        assert len(exc.facts["presented"][name]) < 700
        assert not {"\n", "\x1b"} & set(str(exc) + exc.facts["presented"][name])
