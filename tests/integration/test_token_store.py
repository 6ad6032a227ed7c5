# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""commvault_auth_method token_store with a file: renewed once and in time, and never lost without a word, whenever a run is killed."""

from __future__ import annotations

import json
import pathlib
import shutil
import typing as t

import pytest
from cvops_simulator import Simulator
from cvops_simulator.commvault.tokens import AccessToken
from cvops_simulator.core.faults import Fault
from helpers import use_store
from helpers.checks import assert_no_secrets
from helpers.direct import connection, run_body
from helpers.playing import Player

from ansible_collections.cvops.identity.plugins.modules import commvault_access_token

pytestmark = pytest.mark.any_core

INFO = {"name": "info", "cvops.identity.commvault_security_info": {"subset": ["roles"]}}
LOOKUP = "lookup('cvops.identity.commvault_token')"


class Kept:
    """A token of the first CommCell and the file that keeps it."""

    def __init__(self, site: Simulator, folder: pathlib.Path) -> None:
        self.site, self.path = site, folder / "kept" / "cs01.json"
        made = run_body(commvault_access_token, site, {"name": "nightly", "store": {"file": str(self.path)}})
        assert made["changed"], made
        self.old_secrets = [self.document["access_token"], self.document["refresh_token"]]
        site.journal.clear()

    @property
    def sessions(self) -> t.Any:
        return self.site.commcells["cs01"].sessions.store

    @property
    def token(self) -> AccessToken | None:
        """The service's record; None when it was destroyed."""
        return t.cast("AccessToken | None", self.sessions.get(int(self.document["token_id"])))

    @property
    def document(self) -> dict[str, t.Any]:
        return t.cast("dict[str, t.Any]", json.loads(self.path.read_text()))

    def edit(self, **values: t.Any) -> None:
        """Change the file; None takes a key out."""
        merged = {**self.document, **values}
        self.path.write_text(json.dumps({name: value for name, value in merged.items() if value is not None}))

    def age(self, left_s: float) -> None:
        """Let the access token have so many seconds left (or be over), here and at the service."""
        assert self.token is not None
        self.token.expires = self.site.clock.now() + left_s
        self.edit(expires=int(self.token.expires), issued=int(self.token.expires - 7200))

    def options(self, path: pathlib.Path | None = None) -> dict[str, t.Any]:
        return {
            **connection(self.site),
            "commvault_auth_method": "token_store",
            "commvault_token_store": {"file": str(path or self.path)},
        }

    def use(self, die: str | None = None, path: pathlib.Path | None = None) -> dict[str, t.Any]:
        return use_store.run(self.options(path), die)

    @property
    def renewals(self) -> int:
        return len([entry for entry in self.site.journal.entries("cs01") if entry.path.lower().endswith("/renew")])

    def secrets(self) -> list[str]:
        token = self.token
        return [*self.old_secrets, *([token.access, token.refresh] if token else [])]


@pytest.fixture
def kept(site: Simulator, tmp_path: pathlib.Path) -> Kept:
    return Kept(site, tmp_path)


@pytest.fixture
def environment(kept: Kept) -> dict[str, str]:
    """The store as the default sign-in of a play."""
    return {"CVOPS_COMMVAULT_AUTH_METHOD": "token_store", "CVOPS_COMMVAULT_TOKEN_STORE": f"file={kept.path}"}


@pytest.mark.parametrize(("left_s", "renewals"), [(7000, 0), (200, 1), (-5, 1)], ids=["young", "nearly over", "over"])
def test_a_play_renews_when_it_is_time(
    kept: Kept, play: Player, environment: dict[str, str], in_process: bool, left_s: float, renewals: int
) -> None:
    kept.age(left_s)
    run = play([INFO, INFO], in_process=in_process, env=environment, verbosity=4).ok()
    assert kept.renewals == renewals
    assert kept.document["generation"] == renewals
    assert kept.token is not None
    assert (kept.document["access_token"], kept.document["refresh_token"]) == (kept.token.access, kept.token.refresh)
    assert_no_secrets(run, [run.folder], kept.secrets())
    assert sorted(path.name for path in kept.path.parent.iterdir()) in (
        ["cs01.json", "cs01.json.lock"],
        ["cs01.json"],
    )


def test_a_refused_token_is_renewed(kept: Kept) -> None:
    """The service's clock is far ahead of ours: the first 401 says so."""
    kept.site.clock.advance(8000)
    assert kept.use()["msg"] is None
    assert (kept.renewals, kept.document["generation"]) == (1, 1)


def test_short_lives_leave_half_of_them(kept: Kept) -> None:
    kept.site.commcells["cs01"].behaviours.token_life = 60.0
    kept.age(-1)
    assert kept.use()["msg"] is None
    assert kept.use()["msg"] is None
    assert kept.renewals == 1


def test_a_service_that_keeps_the_access_token(kept: Kept) -> None:
    kept.site.commcells["cs01"].behaviours.renew_keeps_access_token = True
    kept.age(-1)
    assert kept.use()["msg"] is None
    assert kept.document["access_token"] == kept.old_secrets[0]
    assert kept.document["refresh_token"] != kept.old_secrets[1]


@pytest.mark.parametrize("left_s", [100, -5])
def test_eight_processes_renew_once(kept: Kept, left_s: float) -> None:
    kept.age(left_s)
    started = [use_store.start(kept.options()) for dummy in range(8)]
    assert [use_store.finish(using)["msg"] for using in started] == [None] * 8
    assert kept.renewals == 1
    assert kept.sessions.destroyed == []


#: What the next run does when the access token is over: it works, or says why it cannot; and what it says.
KILLED = {
    "writing the note": (True, "It had sent nothing: the previous pair is intact."),
    "note in place": (False, "the pair may be void"),
    "before sending": (False, "the pair may be void"),
    "answer received": (False, "the pair may be void"),
    "new pair written": (True, "the new pair, which was found complete and is used"),
    "new pair in place": (True, "It had stored the new pair, which is used."),
}


@pytest.mark.parametrize("moment", use_store.MOMENTS)
def test_killed_at_every_step(kept: Kept, moment: str) -> None:
    kept.age(-5)
    assert kept.use(moment)["returncode"] == -9
    works, said = KILLED[moment]
    after = kept.use()
    assert (after["msg"] is None) is works
    words = " ".join([*after["warnings"], after["msg"] or ""])
    assert said in words
    if not works:
        assert "not tried again" in words
        assert "Create a new token with the module commvault_access_token" in words
        assert kept.use()["code"] == "renewal_unknown"
    assert kept.sessions.destroyed == [], "no pair was traded in twice"
    assert not any(secret in json.dumps(after) for secret in kept.secrets())
    again = kept.use()
    assert again["warnings"] == [], "said once"


@pytest.mark.whole
@pytest.mark.parametrize("moment", ["note in place", "before sending"])
def test_killed_before_sending_is_seen_while_the_token_lives(kept: Kept, moment: str) -> None:
    """The list of the service shows the expiry that the store knows: nothing was renewed, so the pair is."""
    kept.age(200)
    kept.use(moment)
    young = kept.use()
    assert young["msg"] is None
    assert "is not known" in " ".join(young["warnings"]), "the request could still be on its way"
    assert kept.renewals == 0
    note = kept.document["renewal"]
    kept.edit(renewal={**note, "at": int(kept.site.clock.now()) - 90})
    after = kept.use()
    assert after["msg"] is None
    assert "the previous pair is intact" in " ".join(after["warnings"])
    assert (kept.renewals, kept.document["generation"]) == (1, 1)


def test_killed_after_the_answer_is_seen_while_the_token_would_live(kept: Kept) -> None:
    kept.age(200)
    kept.use("answer received")
    kept.edit(renewal={**kept.document["renewal"], "at": int(kept.site.clock.now()) - 90})
    after = kept.use()
    assert after["code"] == "renewal_refused"
    assert "Commvault has renewed it, so the stored pair is void" in after["msg"]
    assert kept.sessions.destroyed == []


@pytest.mark.parametrize(("left_s", "works"), [(-5, False), (200, True)])
def test_a_lost_answer(kept: Kept, left_s: float, works: bool) -> None:
    """Nothing was done, but nobody can tell: what is left of the old token is used, and it is not traded in again."""
    kept.age(left_s)
    kept.site.faults.add(Fault("cs01", "POST", "*/Renew", "drop_before"))
    first = kept.use()
    assert (first["msg"] is None) is works
    assert "may be void" in " ".join([*first["warnings"], first["msg"] or ""])
    kept.use()
    assert kept.renewals == 1


def test_an_answer_that_got_lost_on_the_way_back_heals_with_a_new_token(kept: Kept) -> None:
    kept.age(-5)
    kept.site.faults.add(Fault("cs01", "POST", "*/Renew", "drop_after"))
    assert kept.use()["code"] == "renewal_unknown"
    made = run_body(commvault_access_token, kept.site, {"name": "nightly", "store": {"file": str(kept.path)}})
    assert made["changed"], made
    assert kept.use()["msg"] is None


@pytest.mark.parametrize(
    ("fault", "code", "stays"),
    [
        (Fault("cs01", "POST", "*/Renew", "status", status=429, retry_after=3600), "429", True),
        (Fault("cs01", "POST", "*/Renew", "status", status=503, retry_after=3600, body={}), None, True),
        (Fault("cs01", "POST", "*/Renew", "status", status=403), None, True),
        (Fault("cs01", "POST", "*/Renew", "status", status=404, body="<html><title>Gone</title>"), None, True),
        (Fault("cs01", "POST", "*/Renew", "html"), "renewal_unknown", False),
        (Fault("cs01", "POST", "*/Renew", "empty"), "renewal_unknown", False),
        (Fault("cs01", "POST", "*/Renew", "status", status=500), "renewal_unknown", False),
    ],
    ids=["throttled", "busy", "forbidden", "wrong path", "html", "empty", "failed"],
)
def test_answers_that_are_none(kept: Kept, fault: Fault, code: str | None, stays: bool) -> None:
    """A refusal that says nothing about the pair leaves it as it was; after anything doubtful it is not sent again."""
    kept.age(-5)
    kept.site.faults.add(fault)
    failed = kept.use()
    assert failed["msg"] is not None
    if code is not None:
        assert failed["code"] == code
    after = kept.use()
    assert (after["msg"] is None) is stays
    assert kept.renewals == (2 if stays else 1)


def test_broken_json_does_not_lose_the_pair(kept: Kept) -> None:
    """Seen in the field: members that are fine in an answer that is not."""
    kept.age(-5)
    assert kept.token is not None
    body = f'{{"accessToken": "{kept.token.access}", "refreshToken":"NEW-REFRESH", "tokenExpiryTimestamp": 4070908800, "x": }}'
    kept.token.expires = kept.site.clock.now() + 600
    kept.site.faults.add(Fault("cs01", "POST", "*/Renew", "status", status=200, body=body))
    assert kept.use()["msg"] is None
    assert (kept.document["refresh_token"], kept.document["expires"]) == ("NEW-REFRESH", "2099-01-01T00:00:00Z")


def test_another_host_does_not_renew(kept: Kept, play: Player, environment: dict[str, str]) -> None:
    """It uses what is valid, and says who the custodian is when it is over. The lookup keeps to that, too."""
    kept.edit(custodian={"host": "controller-a", "user": "awx", "since": "2026-01-01T00:00:00Z"})
    kept.age(100)
    assert kept.use()["msg"] is None
    looked = {"name": "look", "ansible.builtin.set_fact": {"same": "{{ " + LOOKUP + " == token }}"}}
    run = play([looked], env=environment, extra_vars={"token": kept.old_secrets[0]}).ok()
    assert run.result["ansible_facts"]["same"]
    kept.age(-5)
    refused = kept.use()
    assert refused["code"] == "other_custodian"
    assert "awx on controller-a, since 2026-01-01T00:00:00Z; this is" in refused["msg"]
    assert kept.renewals == 0
    failed = play([looked], env=environment, extra_vars={"token": ""})
    assert "awx on controller-a" in failed.result["msg"]
    assert kept.renewals == 0


@pytest.mark.every_core
def test_the_lookup_of_the_custodian_renews(kept: Kept, play: Player, environment: dict[str, str]) -> None:
    kept.age(-5)
    looked = {"name": "look", "ansible.builtin.set_fact": {"length": "{{ " + LOOKUP + " | length }}"}}
    run = play([looked], env=environment, verbosity=4).ok()
    assert (int(run.result["ansible_facts"]["length"]), kept.renewals) == (80, 1)
    assert_no_secrets(run, [run.folder], kept.secrets())


def test_a_copy_of_the_pair_is_detected(kept: Kept, tmp_path: pathlib.Path) -> None:
    """Both hosts think that it is theirs: the second one learns that the chain is gone, and why."""
    copied = tmp_path / "copied"
    kept.age(100)
    shutil.copytree(kept.path.parent, copied)
    assert kept.use()["msg"] is None
    refused = kept.use(path=copied / kept.path.name)
    assert refused["code"] == "renewal_refused"
    assert "two hosts must never share one pair" in refused["msg"]
    assert "the pair was not expired" in refused["msg"]
    before = kept.renewals
    again = kept.use(path=copied / kept.path.name)
    assert (again["code"], kept.renewals) == ("renewal_refused", before), "a dead pair is not sent again"


def test_a_revoked_token(kept: Kept) -> None:
    assert kept.token is not None
    kept.sessions.delete(kept.token)
    assert "or the token was revoked" in kept.use()["msg"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"refresh_token": None}, "SCIM and 1-Touch"),
        ({"renewable_until": "2026-01-01T00:00:00Z"}, "It was renewable until 2026-01-01T00:00:00Z"),
        ({"refresh_expires": 1767225600}, "Its refresh token was valid until 2026-01-01T00:00:00Z"),
    ],
)
def test_what_cannot_be_renewed(kept: Kept, values: dict[str, t.Any], said: str) -> None:
    kept.age(100)
    kept.edit(**values)
    usable = kept.use()
    assert usable["msg"] is None
    assert said in " ".join(usable["warnings"])
    kept.age(-5)
    refused = kept.use()
    assert refused["code"] == "not_renewable"
    assert said in refused["msg"]
    assert kept.renewals == 0


def test_a_store_is_needed_and_the_hint_names_the_method(kept: Kept) -> None:
    options = kept.options()
    missing = use_store.run({**options, "commvault_token_store": None})
    assert "commvault_auth_method token_store needs commvault_token_store" in missing["msg"]
    nobody = use_store.run({**options, "commvault_auth_method": "password", "commvault_username": None})
    assert "set commvault_auth_method to token_store" in nobody["msg"]
