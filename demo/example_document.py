# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write docs/examples/set_m.yml, the example of a variables document: the simulator's set M, with comments.

Usage: cvops-simulator variables --set M --seed 1 --empty | example_document.py > docs/examples/set_m.yml
"""

from __future__ import annotations

import sys
import typing as t

import yaml

HEAD = """\
---
# Everything that the playbook cvops.identity.site needs, in one document: an enterprise with three CommCells, 60 Entra groups and about 370 grants.
# Written by demo/example_document.py; the simulator's set M, so that it can be tried without a tenant:
#
#   cvops-simulator serve --set M --seed 1 --empty --dir DIR        (writes DIR/variables.yml, with the simulator's addresses)
#   ansible-playbook cvops.identity.site -e @docs/examples/set_m.yml -e @DIR/variables.yml --check --diff
"""
#: Sections in their order: what stands above each.
COMMENTS = {
    "cvops_connection": """\
# How to reach both services. What is left out comes from the environment (CVOPS_CLIENT_SECRET, AZURE_CLIENT_SECRET, ...), so that a document in git holds no
# secrets; or keep them in Ansible Vault, or in a lookup. The names of the CommCells are yours; roles and mappings refer to them.
""",
    "cvops_application": """\
# The registration of Commvault in Entra ID: the options of cvops.identity.entra_application. service_principal holds those of the enterprise application;
# with grant_admin_consent, the API permissions are granted, or reported as pending where the identity may not grant.
""",
    "cvops_entra_groups": """\
# The Entra groups: the options of cvops.identity.entra_group. With unique_name a group is never created twice. Members are added only, unless the group says
# exclusive: true. A group that is synchronised or kept by others is left out here; its mapping then names its object_id.
""",
    "cvops_commvault_roles": """\
# The Commvault roles: the options of cvops.identity.commvault_role, and the CommCells (name patterns) that have them. Categories stand for all of their
# permissions. The permissions of a role are exactly these, unless it says exclusive: false.
""",
    "cvops_role_mappings": """\
# Who has which role where. commcells are name patterns; without them, all. Entities are named by kind: server_groups, servers, plans, storage_pools,
# workflows, credentials, company; or the whole CommCell. state: absent takes an entry's grants away. approval and business_owner are kept as evidence.
""",
}


class Dumper(yaml.SafeDumper):
    """Lists indented below their key, as yamllint wants them, and short things in one line."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent in any case."""
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: t.Any) -> bool:
        """Return True: write what stands twice twice."""
        return True


def _flat(value: t.Any) -> bool:
    inner = value.values() if isinstance(value, dict) else value
    return bool(value) and not any(isinstance(item, (dict, list)) for item in inner)


def _mapping(dumper: Dumper, value: dict[str, t.Any]) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", value.items(), flow_style=False)


def _sequence(dumper: Dumper, value: list[t.Any]) -> yaml.Node:
    short = _flat(value) and len(", ".join(map(str, value))) < 100
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=short or not value)


Dumper.add_representer(dict, _mapping)
Dumper.add_representer(list, _sequence)


def connection(commcells: t.Iterable[str]) -> dict[str, t.Any]:
    """Return what a real site would write."""
    return {
        "entra": {
            "tenant_id": "00000000-0000-0000-0000-000000000000",
            "client_id": "00000000-0000-0000-0000-000000000000",
            "client_secret": "{{ vault_cvops_client_secret }}",
        },
        "commcells": {
            name: {
                "url": f"https://{name}.corp.example/commandcenter/api",
                "username": "svc-cvops",
                "password": "{{ vault_" + name.replace("-", "_") + "_password }}",
            }
            for name in commcells
        },
    }


def text(variables: t.Mapping[str, t.Any]) -> str:
    """Return the document for the simulator's *variables*."""
    document = {**variables, "cvops_connection": connection(variables["cvops_connection"]["commcells"])}
    parts = [HEAD]
    for name, comment in COMMENTS.items():
        part = yaml.dump({name: document[name]}, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=140)
        parts.append(f"{comment}{part}")
    return "\n".join(parts)


def main() -> int:
    """Write the document for the variables on standard input; return the exit code."""
    sys.stdout.write(text(yaml.safe_load(sys.stdin)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
