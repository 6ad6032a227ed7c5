# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Companies, V1 (Organization) and V4."""

from __future__ import annotations

from typing import Any

from cvops_simulator.commvault.catalogue import ADMINISTRATIVE_MANAGEMENT
from cvops_simulator.commvault.envelopes import DUPLICATE, ApiError, invalid, make_success_g
from cvops_simulator.commvault.lifecycle import check_name
from cvops_simulator.commvault.list_filters import render_list
from cvops_simulator.commvault.model import COMPANY, Company, UserGroup
from cvops_simulator.commvault.references import find_addressed, make_guid
from cvops_simulator.commvault.routing import Call, Routes
from cvops_simulator.core.names import fold_case

_CREATE = frozenset(
    {"name", "companyAlias", "alias", "contact", "emailSuffix", "primaryDomain", "plans", "sendOnboardingEmail"}
)
_UPDATE = frozenset({"newName", "newAlias", "general", "settings", "operators"})
_TENANT_GROUPS = ("Tenant Admin", "Tenant Operator", "Tenant Users")
_MODES = ("DISABLED", "ENABLED_FOR_ALL", "ENABLED_FOR_USER_GROUP_INCLUSION")


def register(routes: Routes) -> None:
    """Add the routes of this file."""
    routes.add("GET", "Organization", _list, envelope="S")
    routes.add("POST", "Organization", _create, envelope="O")
    routes.add("PUT", "Organization", _update, envelope="E")
    routes.add("GET", "Organization/{id}", _read, envelope="S")
    routes.add("PUT", "Organization/{id}", _update, envelope="E")
    routes.add("DELETE", "Organization/{id}", _delete, envelope="S")
    routes.add("POST", "Organization/{id}/action/activate", _activate, envelope="O")
    routes.add("POST", "Organization/{id}/action/deactivate", _deactivate, envelope="O")
    routes.add("GET", "V4/company", _list_v4)
    routes.add("POST", "V4/company", _create_v4)
    routes.add("GET", "V4/company/{id}", _read_v4)
    routes.add("PUT", "V4/company/{id}", _update_v4)
    routes.add("DELETE", "V4/company/{id}", _delete)
    routes.add("GET", "V4/company/{id}/LocalAuthentication", _read_local)
    routes.add("PUT", "V4/company/{id}/LocalAuthentication/Action/Enable", _local_enable, envelope="E")
    routes.add("PUT", "V4/company/{id}/LocalAuthentication/Action/Disable", _local_disable, envelope="E")


def _list_visible(call: Call, companies: Any) -> list[Company]:
    scope = call.caller.company_id
    return [
        item for item in companies if (not scope or item.id == scope) and (call.caller.rights.sees(COMPANY, item.id))
    ]


def _render_provider(call: Call, company: Company) -> dict[str, Any]:
    return {
        "shortName": {"id": company.id, "domainName": company.alias, "_type_": COMPANY},
        "connectName": company.name,
        "providerGUID": company.guid,
        "status": 0 if company.status == "ACTIVE" else 1,
        "flags": {},
        "commcell": {"commCellName": call.state.name},
        "primaryContacts": [{"fullName": company.contact_name, "email": company.contact_email}],
        "associatedEntitiesCount": [],
        "ownerCompanyName": "Commcell",
    }


def _list(call: Call) -> dict[str, Any]:
    rows = [_render_provider(call, company) for company in _list_visible(call, call.lists.companies)]
    short = {"name": "shortName.domainName", "id": "shortName.id"}
    return render_list(call, "providers", rows, short)


def _read(call: Call) -> dict[str, Any]:
    company = find_addressed(call.state.companies, call, "Company")
    return {
        "organizationInfo": {
            "organization": {
                "shortName": {"id": company.id, "domainName": company.alias},
                "connectName": company.name,
                "providerGUID": company.guid,
                "emailDomainNames": company.email_domains,
                "description": "",
                "deactivateOptions": _render_options(company),
            },
            "organizationProperties": {
                "primaryContacts": [{"fullName": company.contact_name, "email": company.contact_email}],
                "isActive": company.status == "ACTIVE",
            },
            "planDetails": [],
            "planDetailsOperationType": 1,
        }
    }


def _render_options(company: Company) -> dict[str, bool]:
    off = company.status != "ACTIVE"
    return {"disableBackup": off, "disableRestore": off, "disableLogin": off}


def _add(call: Call, name: Any, alias: Any) -> Company:
    call.caller.rights.require({ADMINISTRATIVE_MANAGEMENT})
    company_name = check_name(name, "company")
    short = check_name(alias, "company alias")
    taken = {fold_case(text) for item in call.state.companies for text in (item.name, item.alias)}
    if {fold_case(company_name), fold_case(short)} & taken:
        raise ApiError(DUPLICATE, f"Company [{company_name}] already exists")
    company = Company(call.state.companies.new_id(), company_name, short, make_guid())
    call.state.companies.add(company)
    for title in _TENANT_GROUPS:
        group_id = call.state.groups.new_id()
        call.state.groups.add(UserGroup(group_id, f"{short}\\{title}", make_guid(), company_id=company.id, system=True))
    return company


def _create(call: Call) -> dict[str, Any]:
    info = call.body().get("organizationInfo") or {}
    organization = info.get("organization") or {}
    company = _add(call, organization.get("connectName"), (organization.get("shortName") or {}).get("domainName"))
    company.email_domains = list(organization.get("emailDomainNames") or [])
    contacts = (info.get("organizationProperties") or {}).get("primaryContacts") or [{}]
    company.contact_name = str(contacts[0].get("fullName") or "")
    company.contact_email = str(contacts[0].get("email") or "")
    return {"response": {"errorCode": 0, "errorString": "", "entity": {"providerId": company.id}}}


def _update(call: Call) -> dict[str, Any]:
    call.caller.rights.require({ADMINISTRATIVE_MANAGEMENT})
    call.params.setdefault("id", call.query.get("organizationid", ""))
    company, data = find_addressed(call.state.companies, call, "Company"), call.body()
    _rename(call, company, data.get("newCompanyName"), data.get("newAliasName"))
    domains = (data.get("organizationInfo") or {}).get("organization", {}).get("emailDomainNames")
    if domains is not None:
        company.email_domains = list(domains)
    return {"error": {"errorCode": 0, "errorMessage": ""}}


def _rename(call: Call, company: Company, name: Any, alias: Any) -> None:
    if name:
        call.state.companies.rename(company, check_name(name, "company"))
    if alias:
        company.alias = check_name(alias, "company alias")


def _delete(call: Call) -> dict[str, Any]:
    call.caller.rights.require({ADMINISTRATIVE_MANAGEMENT})
    company = find_addressed(call.state.companies, call, "Company")
    if company.status == "ACTIVE":
        raise invalid(f"Company [{company.name}] is active: deactivate it first")
    for group in call.state.groups:
        if group.company_id == company.id:
            for grant in call.state.grants.of_principal(group.kind, group.id):
                call.state.grants.remove(grant)
            call.state.groups.remove(group)
    for grant in call.state.grants.of_entity(COMPANY, company.id):
        call.state.grants.remove(grant)
    call.state.companies.remove(company)
    return make_success_g()


def _set_status(call: Call, status: str) -> dict[str, Any]:
    call.caller.rights.require({ADMINISTRATIVE_MANAGEMENT})
    find_addressed(call.state.companies, call, "Company").status = status
    return {"response": {"errorCode": 0, "errorString": ""}}


def _activate(call: Call) -> dict[str, Any]:
    return _set_status(call, "ACTIVE")


def _deactivate(call: Call) -> dict[str, Any]:
    return _set_status(call, "DEACTIVATED")


def _render_row_v4(call: Call, company: Company) -> dict[str, Any]:
    return {
        "id": company.id,
        "name": company.name,
        "GUID": company.guid,
        "alias": company.alias,
        "status": company.status,
        "isReseller": False,
        "commcell": {"name": call.state.name},
        "operators": [],
    }


def _list_v4(call: Call) -> dict[str, Any]:
    rows = [_render_row_v4(call, company) for company in _list_visible(call, call.cell.lists(v4=True).companies)]
    return {"companyCount": len(rows), "companies": rows}


def _read_v4(call: Call) -> dict[str, Any]:
    company = find_addressed(call.state.companies, call, "Company")
    return {
        **_render_row_v4(call, company),
        "general": {"companyAlias": company.alias, "emailSuffixes": company.email_domains},
    }


def _create_v4(call: Call) -> dict[str, Any]:
    data = call.strict_body(_CREATE)
    company = _add(call, data.get("name"), data.get("companyAlias") or data.get("alias"))
    return {"id": company.id, "GUID": company.guid, "name": company.name}


def _update_v4(call: Call) -> dict[str, Any]:
    call.caller.rights.require({ADMINISTRATIVE_MANAGEMENT})
    company, data = find_addressed(call.state.companies, call, "Company"), call.strict_body(_UPDATE)
    _rename(call, company, data.get("newName"), data.get("newAlias"))
    return make_success_g()


def _read_local(call: Call) -> dict[str, Any]:
    company = find_addressed(call.state.companies, call, "Company")
    return {
        "localAuthenticationInfo": {"mode": company.local_authentication, "userGroups": []},
        "error": {"errorCode": 0},
    }


def _local_enable(call: Call) -> dict[str, Any]:
    call.caller.rights.require({ADMINISTRATIVE_MANAGEMENT})
    info = call.body().get("localAuthenticationInfo") or {}
    mode = str(info.get("mode") or "ENABLED_FOR_ALL")
    if mode not in _MODES:
        raise invalid(f"[{mode}] is not a mode")
    find_addressed(call.state.companies, call, "Company").local_authentication = mode
    return {"error": {"errorCode": 0, "errorMessage": ""}}


def _local_disable(call: Call) -> dict[str, Any]:
    call.caller.rights.require({ADMINISTRATIVE_MANAGEMENT})
    find_addressed(call.state.companies, call, "Company").local_authentication = "DISABLED"
    return {"error": {"errorCode": 0, "errorMessage": ""}}
