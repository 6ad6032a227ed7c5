# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables documents for tests: those that the documentation shows, and one that uses most keys."""

from __future__ import annotations

import re
import textwrap
import typing as t

import yaml
from collection_tree import ROOT

from ansible_collections.cvops.identity.plugins.plugin_utils.variables_schema import SCHEMA

_FENCED = re.compile(r"^([ ]*)```yaml\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
_RST_BLOCK = re.compile(r"^( *)\.\. code-block:: yaml\n((?:\s*\n|\1 +.*\n)+)", re.MULTILINE)


class Loader(yaml.SafeLoader):
    """Reads what Ansible reads, as far as the documentation uses it."""


Loader.add_constructor("!vault", lambda loader, node: "{{ encrypted }}")
Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


def list_shown_documents() -> dict[str, dict[str, t.Any]]:
    """Return the documents in the documentation by the place where they stand."""
    found: dict[str, dict[str, t.Any]] = {}
    pages = [ROOT / "README.md", *sorted(ROOT.glob("roles/*/README.md")), *sorted(ROOT.glob("docs/docsite/rst/*.rst"))]
    for page in pages:
        text = page.read_text()
        blocks = [match[2] for pattern in (_FENCED, _RST_BLOCK) for match in pattern.finditer(text)]
        for number, block in enumerate(blocks, start=1):
            for document in _list_documents(textwrap.dedent(block)):
                found[f"{page.relative_to(ROOT)}-{number}-{len(found)}"] = document
    for page in sorted(ROOT.glob("docs/examples/*.yml")):
        for document in _list_documents(page.read_text()):
            found[str(page.relative_to(ROOT))] = document
    return found


def _list_documents(text: str) -> t.Iterator[dict[str, t.Any]]:
    try:
        loaded = yaml.load(text, Loader)  # noqa: S506
    except yaml.YAMLError:
        return  # a part of a file, with an ellipsis
    for candidate in _list_variables(loaded):
        known = {name: value for name, value in candidate.items() if name in SCHEMA}
        if known:
            yield known


def _list_variables(loaded: t.Any) -> t.Iterator[dict[str, t.Any]]:
    """Yield what may be variables: the mapping itself, and the ``vars`` of plays, roles and tasks."""
    if isinstance(loaded, dict):
        yield loaded
        for value in loaded.values():
            if isinstance(value, list):
                yield from _list_variables(value)
        if isinstance(loaded.get("vars"), dict):
            yield loaded["vars"]
    elif isinstance(loaded, list):
        for item in loaded:
            yield from _list_variables(item)


WHOLE: dict[str, t.Any] = {
    "cvops_connection": {
        "entra": {"tenant_id": "t", "client_id": "c", "client_secret": "{{ vault_secret }}", "timeout": "30"},
        "commcells": {
            "cs01": {
                "url": "https://cs01",
                "auth_method": "password",
                "username": "u",
                "password": 12345,
                "validate_certs": "yes",
            },
            "cs02": {"url": "https://cs02", "token_store": {"file": "/var/lib/cvops/cs02.json"}},
        },
    },
    "cvops_application": {
        "unique_name": "commvault",
        "display_name": "Commvault",
        "web": {"redirect_uris": ["https://cs01/x"], "implicit_grant": {"id_tokens": True}},
        "app_roles": [{"value": "Read", "display_name": "Read", "description": "d", "allowed_member_types": ["User"]}],
        "api_permissions": [{"api": "Microsoft Graph", "application": ["User.Read.All"]}],
        "access_token_version": 2,
        "service_principal": {"assignment_required": True, "tags": "a, b"},
        "grant_admin_consent": True,
    },
    "cvops_entra_groups": [
        {"display_name": "GG-One", "unique_name": "gg-one", "members": ["a@corp.example"], "exclusive": False},
        {"object_id": "e0b1b6c9-71c2-4d0b-a9e9-2c1f3a5d7780", "state": "absent"},
    ],
    "cvops_commvault_roles": [{"name": "Operator", "permissions": ["View"], "categories": [], "commcells": ["cs*"]}],
    "cvops_role_mappings": [
        {
            "principal": {"entra_group": {"name": "GG-One", "object_id": "e0b1b6c9-71c2-4d0b-a9e9-2c1f3a5d7780"}},
            "user_group": {"name": "GG-One", "company": "corp"},
            "commcells": ["cs01"],
            "grants": [
                {
                    "role": "Operator",
                    "entities": {"server_groups": ["one", {"name": "two", "company": 7}], "plans": "gold"},
                },
                {
                    "role": {"name": "View", "company": "corp"},
                    "entities": {"servers": {"matching": "x*", "at_most": 20}},
                },
                {"role": 12, "entities": "commcell", "valid_until": "2027-01-31"},
                {"role": "View", "entities": {"type": 3, "id": 12}},
            ],
            "approval": {"ticket": "CHG1"},
            "review_by": "2027-03-31",
        },
        {"principal": {"user": "bob"}, "state": "absent"},
    ],
    "cvops_sso": {"saml_app": "Entra", "sample_users": ["a@corp.example"], "application": {"app_id": "a"}},
    "cvops_break_glass": {"commvault_users": ["admin"]},
    "role_mappings_max_removals": "20",
    "role_mappings_exclusive": False,
    "role_mappings_accept_risk": ["own_rights"],
    "role_mappings_accept_reason": "the automation's own group",
    "cvops_only": "cs*",
}
