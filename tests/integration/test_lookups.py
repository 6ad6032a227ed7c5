# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookups entra_token and commvault_token: same options and sources as the modules, nothing shown that is secret."""

from __future__ import annotations

import typing as t

from cvops_simulator import Simulator
from helpers.blocked_addresses import block_application
from helpers.checks import assert_no_secrets, assert_no_writes
from helpers.playing import Player

ENTRA, COMMVAULT = "cvops.identity.entra_token", "cvops.identity.commvault_token"


def fact(name: str, expression: str, **keywords: t.Any) -> dict[str, t.Any]:
    return {
        "name": name,
        "ansible.builtin.set_fact": {"found": "{{ " + expression + " }}"},
        "ignore_errors": True,
        **keywords,
    }


def found(result: t.Mapping[str, t.Any]) -> t.Any:
    return result["ansible_facts"]["found"]


def test_tokens_of_entra(site: Simulator, play: Player) -> None:
    resource = site.tenant_id  # any GUID is taken for a resource
    run = play(
        [
            fact("default", f"lookup('{ENTRA}', return='details')"),
            fact("header", f"lookup('{ENTRA}', 'https://graph.microsoft.com', return='header')"),
            fact("two", f"query('{ENTRA}', 'https://graph.microsoft.com/', 'https://graph.microsoft.com/.default')"),
            fact("used", f"lookup('{ENTRA}')"),
            {
                "name": "groups",
                "cvops.identity.entra_group_info": {
                    "prefix": "GG-",
                    "auth_method": "token",
                    "access_token": "{{ found }}",
                },
            },
            {
                "name": "groups by variable",
                "cvops.identity.entra_group_info": {"prefix": "GG-"},
                "vars": {"cvops_access_token": "{{ lookup('" + ENTRA + "') }}"},
            },
            fact("unknown resource", f"lookup('{ENTRA}', '{resource}')"),
        ]
    )
    details = found(run.one("default"))
    assert sorted(details) == ["client_id", "expires", "scope", "tenant_id", "token"]
    assert details["scope"] == "https://graph.microsoft.com/.default"
    assert (details["tenant_id"], details["client_id"]) == (site.tenant_id, site.automation.client_id)
    assert details["expires"].endswith("Z")
    header = found(run.one("header"))
    assert list(header) == ["Authorization"]
    assert header["Authorization"].startswith("Bearer ey")
    assert [len(token.split(".")) for token in found(run.one("two"))] == [3, 3]
    assert run.one("groups")["groups"]
    assert run.one("groups by variable")["groups"] == run.one("groups")["groups"]
    assert "AADSTS500011" in run.one("unknown resource")["msg"]
    assert_no_writes(site)


def test_what_cannot_be_is_one_clear_message(site: Simulator, play: Player) -> None:
    wrong = "wrong-secret-4711"
    run = play(
        [
            fact("unknown option", f"lookup('{ENTRA}', scope='x')"),
            fact("no scope", f"lookup('{ENTRA}', 'graph')"),
            fact("blank", f"lookup('{ENTRA}', ' ')"),
            fact("choice", f"lookup('{ENTRA}', return='json')"),
            fact("wrong secret", f"lookup('{ENTRA}', client_secret='{wrong}')", no_log=True),
            fact("wrong secret seen", f"lookup('{ENTRA}', client_secret=wrong)"),
            fact("term", f"lookup('{COMMVAULT}', 'cs01')"),
            fact("no user", f"lookup('{COMMVAULT}', commvault_username='')"),
            fact("wrong password", f"lookup('{COMMVAULT}', commvault_password=wrong)"),
        ],
        extra_vars={"wrong": wrong},
    )
    assert all(result.failed for result in run.results)
    messages = {result.task: result.get("msg", "") for result in run.results}
    assert "unknown option scope" in messages["unknown option"]
    assert "neither a scope nor a resource" in messages["no scope"]
    assert "one scope or one resource" in messages["blank"]
    assert "value of return must be one of" in messages["choice"]
    assert "AADSTS7000215" in messages["wrong secret seen"]
    assert "client_secret from option client_secret" in messages["wrong secret seen"]
    assert "takes no terms" in messages["term"]
    assert "commvault_username" in messages["no user"]
    assert "not tried again" in messages["wrong password"]
    assert wrong not in "".join(messages.values())
    logins = [entry for entry in site.journal.entries("cs01") if entry.path.lower().endswith("/login")]
    assert len(logins) == 1


def test_sources_and_their_order(site: Simulator, play: Player) -> None:
    """Option, then variable (rendered), then CVOPS_*, then the vendors' names; a clash is told without values."""
    client = site.identity("Group.Read.All")
    show = f"lookup('{ENTRA}', return='details').client_id"
    run = play(
        [
            fact("environment", show),
            fact(
                "variable", show, vars={"cvops_client_id": "{{ other }}", "cvops_client_secret": "{{ other_secret }}"}
            ),
            fact(
                "option", f"lookup('{ENTRA}', return='details', client_id=other, client_secret=other_secret).client_id"
            ),
        ],
        extra_vars={"other": client.client_id, "other_secret": client.client_secret},
        env={"AZURE_CLIENT_ID": "d1ad2f3e-5f5c-4a3f-8d7e-0d7a7f1c2b3a"},
    ).ok()
    assert found(run.one("environment")) == site.automation.client_id
    assert found(run.one("variable")) == client.client_id
    assert found(run.one("option")) == client.client_id
    assert (
        "client_id is set to different values in several places: environment variable CVOPS_CLIENT_ID is used"
        in run.text.replace("\n", " ")
    )
    assert_no_secrets(run, [], [client.client_secret, site.automation.client_secret])


def test_a_commvault_token_lives_on(site: Simulator, play: Player) -> None:
    """The login is not ended, and the token signs a request in."""
    (cell,) = site.commcells.values()
    ready = cell.access_token()
    uri = {"url": f"{cell.url}/Role", "headers": "{{ found }}", "ca_path": site.ca_path, "follow_redirects": "none"}
    run = play(
        [
            fact("login", f"lookup('{COMMVAULT}', return='header')"),
            {"name": "use it", "ansible.builtin.uri": uri},
            fact("token", f"lookup('{COMMVAULT}')"),
            fact("ready", f"lookup('{COMMVAULT}', commvault_auth_method='access_token', commvault_access_token=ready)"),
            fact("same", "found == ready"),  # from ansible-core 2.22 on, callbacks do not get the option's value
        ],
        extra_vars={"ready": ready},
    ).ok()
    assert list(found(run.one("login"))) == ["Authtoken"]
    assert found(run.one("token")).startswith("QSDK ")
    assert found(run.one("same")) is True
    assert run.one("use it")["status"] == 200
    paths = [entry.path.lower().rsplit("/", 1)[-1] for entry in site.journal.entries(cell.name)]
    assert paths.count("login") == 2
    assert "logout" not in paths


def test_conditional_access_is_told(site: Simulator, play: Player) -> None:
    block_application(site, site.automation.client_id)
    said = play([fact("entra", f"lookup('{ENTRA}')")]).one("entra")["msg"]
    assert "AADSTS53003" in said and "whatever the credential" in said


def test_nothing_is_shown(site: Simulator, play: Player) -> None:
    """At -vvvv neither tokens nor passwords are in what is printed; the tasks' own results are hidden by no_log."""
    (cell,) = site.commcells.values()
    run = play(
        [
            fact("entra", f"lookup('{ENTRA}')", no_log=True),
            fact("commvault", f"lookup('{COMMVAULT}')", no_log=True),
        ],
        verbosity=4,
    ).ok()
    assert "eyJ" not in run.text
    assert "QSDK" not in run.text
    assert_no_secrets(run, [run.folder], [site.automation.client_secret, cell.admin[1]])
