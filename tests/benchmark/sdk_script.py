# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a careful engineer would write on the official SDK: per group, look it up and send its associations."""

from __future__ import annotations

from urllib.parse import urlsplit

from cvpysdk.commcell import Commcell
from measuring import Served


def apply(site: Served, commcell: str) -> None:
    """One association request per group, as the SDK offers it; ADD by the SDK's own word for it."""
    connection = site.document["cvops_connection"]["commcells"][commcell]
    host = urlsplit(connection["url"]).netloc
    sdk = Commcell(host, connection["username"], connection["password"], certificate_path=site.ca_path)
    try:
        groups = sdk.user_groups
        for entry in site.document["cvops_role_mappings"]:
            name = entry["principal"]["entra_group"]["name"]
            associations: dict[str, dict[str, list[str]]] = {}
            for grant in entry["grants"]:
                for kind, names in grant["entities"].items() if isinstance(grant["entities"], dict) else ():
                    field = {"server_groups": "clientGroupName", "plans": "planName", "servers": "clientName"}.get(kind)
                    if field and isinstance(names, list):
                        associations[f"{grant['role']}-{kind}"] = {field: names, "role": [grant["role"]]}
            if associations and groups.has_user_group(name):
                groups.get(name).update_security_associations(associations, "UPDATE")
    finally:
        sdk.logout()
