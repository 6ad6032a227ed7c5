# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page "Many tenants and companies": its example with two companies on one CommCell, and a second tenant on the same CommCell."""

from __future__ import annotations

import pathlib
import re
import shlex
import textwrap
import typing as t
from collections.abc import Callable

import pytest
import yaml
from collection_tree import ROOT
from cvops_simulator import Simulator
from cvops_simulator.commvault.model import PLAN, USER_GROUP, Company, Entity
from helpers.playing import Player

pytestmark = pytest.mark.any_core

GUIDE = (ROOT / "docs" / "docsite" / "rst" / "guide_service_providers.rst").read_text()
COMPANIES = {"acme": 9101, "globex": 9102, "initech": 9103}


def blocks(language: str) -> list[str]:
    """The code blocks of the page in this language."""
    found = re.findall(rf"^\.\. code-block:: {language}\n\n((?:   .*\n|\n)+)", GUIDE, re.MULTILINE)
    return [textwrap.dedent(text) for text in found]


def lead_to(document: dict[str, t.Any], tenant: Simulator, provider: Simulator) -> dict[str, t.Any]:
    """A document of the page with the connection of simulators: the tenant of one, the CommCell of another."""
    shown, entra = document["cvops_connection"], tenant.variables()["cvops_connection"]["entra"]
    (cell,) = provider.variables()["cvops_connection"]["commcells"].values()
    led = {name: {**cell, "company": one["company"]} for name, one in shown["commcells"].items()}
    return {**document, "cvops_connection": {"entra": entra, "commcells": led}}


def held(site: Simulator, name: str) -> list[tuple[int, int]]:
    """Of the user group of this name its company, and the plan on which it has a role."""
    (cell,) = site.commcells.values()
    groups = [group for group in cell.state.groups if group.name.rpartition("\\")[2] == name]
    return [
        (group.company_id, grant.entity_id)
        for group in groups
        for grant in cell.state.grants.of_principal(USER_GROUP, group.id)
    ]


def test_companies_of_one_commcell_and_a_second_tenant(
    make_site: Callable[..., Simulator], bare: Player, tmp_path: pathlib.Path
) -> None:
    provider, customer = make_site(set="S", empty=True), make_site(set="S", seed=2, empty=True)
    assert provider.tenant_id != customer.tenant_id
    (cell,) = provider.commcells.values()
    for alias, number in COMPANIES.items():
        cell.state.companies.add(Company(number, f"{alias.title()} Ltd", alias))
        cell.state.entities[PLAN].add(Entity(PLAN, number + 100, "gold", company_id=number))
    companies, tenant = (yaml.safe_load(text) for text in blocks("yaml"))
    path = tmp_path / "companies.yml"
    path.write_text(yaml.safe_dump(lead_to(companies, provider, provider)))
    check, one, rest = (shlex.split(line)[1:] for line in blocks("shell")[0].splitlines() if line)

    def type_command(words: list[str]) -> t.Any:
        playbook, *more = (word.replace("@companies.yml", f"@{path}") for word in words)
        return bare(playbook, *more).ok()

    type_command(check)
    assert provider.journal.writes() == []
    type_command(one)
    assert held(provider, "GG-acme-Operator") == [(COMPANIES["acme"], COMPANIES["acme"] + 100)]
    assert held(provider, "GG-globex-Operator") == []
    type_command(rest)
    assert held(provider, "GG-globex-Operator") == [(COMPANIES["globex"], COMPANIES["globex"] + 100)]

    name = "GG-initech-Operator"
    grants = [{"role": {"name": "View", "company": "Commcell"}, "entities": {"plans": ["gold"]}}]
    wanted = {
        **lead_to(tenant, customer, provider),
        "cvops_entra_groups": [{"display_name": name, "unique_name": name.lower()}],
        "cvops_role_mappings": [{"principal": {"entra_group": name}, "grants": grants}],
        "role_mappings_exclusive": "managed",
    }
    bare("cvops.identity.site", extra_vars=wanted).ok()
    assert held(provider, name) == [(COMPANIES["initech"], COMPANIES["initech"] + 100)]
    assert [group["displayName"] for group in customer.tenant.groups.values()].count(name) == 1
    assert held(provider, "GG-acme-Operator") == [(COMPANIES["acme"], COMPANIES["acme"] + 100)]
