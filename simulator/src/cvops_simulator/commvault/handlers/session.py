# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Log-in, log-out, renewal of login tokens, and who the caller is."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from starlette.responses import PlainTextResponse, Response

from cvops_simulator.commvault.audit_trail import LOW, MAJOR, MINOR, clean_text
from cvops_simulator.commvault.auth import denied
from cvops_simulator.commvault.model import COMMCELL, COMMCELL_ID, User
from cvops_simulator.commvault.routing import Call, Routes
from cvops_simulator.commvault.sessions import Session, strip_prefix
from cvops_simulator.commvault.xml import make_xml_response, parse_xml
from cvops_simulator.core.names import fold_case

_LOCK_AFTER = 5
_LOCK_SECONDS = 3600.0
#: A session that died by idling can be renewed by the device that opened it for this long.
_RENEWABLE_SECONDS = 86400.0
#: Codes of events; invented.
_LOGIN_FAILED, _LOCKED = "19:1001", "19:1002"


def register(routes: Routes) -> None:
    """Add the routes of this file."""
    routes.add("POST", "Login", _login, public=True, write=False)
    routes.add("POST", "Logout", _logout, write=False)
    routes.add("POST", "RenewLoginToken", _renew, public=True, write=False)
    routes.add("GET", "Commcell/SamlToken", _issue_saml_token)
    routes.add("POST", "WhoAmI", _who_am_i, write=False)
    routes.add("GET", "WhoAmI", _who_am_i)
    routes.add("GET", "V2/WhoAmI", _who_am_i_v2)
    routes.add("GET", "GetUserMappings", _read_user_mappings)
    routes.add("GET", "CommServ", _read_commserv)


def _parse_credentials(call: Call) -> tuple[str, str, str, dict[str, Any]]:
    """Return the user name, password, device, rest of a log-in body in JSON or XML."""
    if call.raw.lstrip().startswith(b"<"):
        data: dict[str, Any] = dict(parse_xml(call.raw).attrib)
    else:
        data = call.body()
    name = str(data.get("username") or "")
    if data.get("domain"):
        name = f"{data['domain']}\\{name}"
    try:
        password = base64.b64decode(str(data.get("password") or ""), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        password = ""
    return name, password, str(data.get("deviceId") or ""), data


def _login(call: Call) -> Response | dict[str, Any]:
    name, password, device, data = _parse_credentials(call)
    as_xml = call.headers.get("accept", "").startswith("application/xml") or data.get("mode") == 5
    if isinstance(data.get("autoLogin"), dict):
        return _auto_login(call, str(data["autoLogin"].get("encryptedMessage") or ""))
    user = _find_user(call, name)
    if user is not None and user.locked_until > call.now:
        _record_failure(call, user, name)
        return _render_failure(call, user, "The account is locked.", as_xml)
    if user is None or not _accepts_password(call, user, password):
        if user is not None:
            user.failed_logins += 1
            if user.failed_logins >= _LOCK_AFTER:
                user.locked_until = call.now + _LOCK_SECONDS
        _record_failure(call, user, name)
        return _render_failure(call, user, "The user name or password is not correct. Please try again.", as_xml)
    user.failed_logins = 0
    user.last_login = call.now
    token = call.cell.sessions.login(user.id, device, call.now)
    call.cell.audit_session(user, "Login", f"User [{clean_text(user.name)}]\nMethod: [Password]")
    answer = _render_login(call, user, token)
    return make_xml_response("DM2ContentIndexing_CheckCredentialResp", answer) if as_xml else answer


def _find_user(call: Call, name: str) -> User | None:
    for user in call.state.users.named(name):
        return user
    wanted = fold_case(name)
    if not wanted:
        return None
    return next((user for user in call.state.users if wanted in (fold_case(user.email), fold_case(user.upn))), None)


def _accepts_password(call: Call, user: User, password: str) -> bool:
    if not user.enabled or not user.approved or user.is_service_account or user.password is None:
        return False
    company = call.state.companies.get(user.company_id)
    if company is not None and company.local_authentication == "DISABLED":
        return False
    return bool(password) and password == user.password + call.cell.behaviours.two_factor_pin


def _auto_login(call: Call, message: str) -> dict[str, Any]:
    session = call.cell.sessions.logins.get(strip_prefix(message))
    user = call.state.users.get(session.user_id) if session else None
    if user is None:
        return {"errList": [{"errLogMessage": "The SAML token is not valid.", "errorCode": 1116}]}
    call.cell.audit_session(user, "Login", f"User [{clean_text(user.name)}]\nMethod: [SAML token]")
    return _render_login(call, user, call.cell.sessions.login(user.id, "", call.now))


def _record_failure(call: Call, user: User | None, name: str) -> None:
    """Write a log-in that failed into the audit trail and the event log, with the lock that may have come of it."""
    who = (user.id, user.name) if user is not None else (0, name)
    shown = clean_text(who[1])
    call.cell.trail.write(call.now, LOW, who, "Login Failed", f"User [{shown}]\nMethod: [Password]")
    call.cell.trail.report(call.now, MINOR, _LOGIN_FAILED, f"User [{shown}] failed to log in.")
    if user is not None and user.locked_until > call.now:
        call.cell.trail.report(call.now, MAJOR, _LOCKED, f"User [{shown}] is locked after failed log-ins.")


def _render_failure(call: Call, user: User | None, message: str, as_xml: bool) -> Response | dict[str, Any]:
    left = max(0, int(user.locked_until - call.now)) if user is not None else 0
    answer = {
        "errList": [{"errLogMessage": message, "errorCode": 1116}],
        "isAccountLocked": left > 0,
        "remainingLockTime": left,
        "loginAttempts": user.failed_logins if user is not None else 0,
    }
    return make_xml_response("DM2ContentIndexing_CheckCredentialResp", answer) if as_xml else answer


def _render_organization(call: Call, user: User) -> dict[str, Any]:
    company = call.state.companies.get(user.company_id)
    return {
        "providerId": user.company_id,
        "GUID": company.guid if company else call.state.guid,
        "providerDomainName": company.alias if company else "Commcell",
    }


def _render_login(call: Call, user: User, token: str) -> dict[str, Any]:
    return {
        "aliasName": str(user.id),
        "userGUID": user.guid,
        "loginAttempts": 0,
        "remainingLockTime": 0,
        "smtpAddress": user.email,
        "userName": user.name,
        "providerType": 1,
        "ccn": 0,
        "token": token,
        "capability": 4328650366975,
        "forcePasswordChange": False,
        "isAccountLocked": False,
        "errList": [],
        "company": {},
        "ownerOrganization": _render_organization(call, user),
        "providerOrganization": _render_organization(call, user),
        "additionalResp": {"nameValues": [{"name": "USERNAME", "value": user.name}]},
    }


def _logout(call: Call) -> Response:
    call.cell.sessions.logins.pop(call.caller.token, None)
    user = call.caller.user
    call.cell.audit_session(user, "Logout", f"User [{clean_text(user.name)}]")
    return PlainTextResponse("User logged out")


def _renew(call: Call) -> dict[str, Any]:
    data = call.body()
    sessions = call.cell.sessions
    old = strip_prefix(str(data.get("sessionId") or ""))
    session: Session | None = sessions.logins.get(old)
    device = str(data.get("deviceId") or "")
    if session is None or session.device_id != device or call.now - session.used > _RENEWABLE_SECONDS:
        return {"error": {"errLogMessage": "The session is not valid.", "errorCode": 1}}
    user = call.state.users.get(session.user_id)
    if user is None or not user.enabled:
        return {"error": {"errLogMessage": "The user is not enabled.", "errorCode": 1}}
    del sessions.logins[old]
    return {"token": sessions.login(session.user_id, device, call.now)}


def _issue_saml_token(call: Call) -> dict[str, Any]:
    if call.caller.by != "login":
        raise denied()
    return {"token": call.cell.sessions.login(call.caller.user.id, "", call.now, "SAML ")}


def _who_am_i(call: Call) -> Response | dict[str, Any]:
    user = call.caller.user
    entity = {"userId": user.id, "userName": user.name, "userGUID": user.guid}
    if not call.wants_json:
        return make_xml_response("CvEntities_ProcessingInstructionInfo", {"user": entity})
    return {"user": entity, "errorCode": 0}


def _who_am_i_v2(call: Call) -> dict[str, Any]:
    user = call.caller.user
    company = call.state.companies.get(user.company_id)
    return {
        "id": user.id,
        "name": user.name,
        "GUID": user.guid,
        "fullName": user.full_name,
        "email": user.email,
        "userPrincipalName": user.upn,
        "company": {"id": user.company_id, "name": company.name if company else "Commcell"},
    }


def _read_user_mappings(call: Call) -> dict[str, Any]:
    caller = call.caller
    companies = list(call.state.companies) if caller.rights.master else []
    return {
        "userRole": 0 if caller.rights.master else 5,
        "operatorCompanies": [{"providerId": item.id, "providerDomainName": item.alias} for item in companies],
    }


def _read_commserv(call: Call) -> dict[str, Any]:
    call.caller.rights.require({31}, COMMCELL, COMMCELL_ID)
    release = call.cell.release
    return {
        "commcell": {
            "commCellName": call.state.name,
            "commCellId": COMMCELL_ID,
            "csGUID": call.state.guid,
            "_type_": COMMCELL,
        },
        "hostName": f"{call.state.name}.corp.example",
        "currentSPVersion": release,
        "releaseName": "11",
        "csVersionInfo": f"11.0 SP{release}.2",
        "csTimeZone": {"TimeZoneName": call.cell.behaviours.time_zone},
        "timeZone": "0:0:(UTC) Coordinated Universal Time",
    }
