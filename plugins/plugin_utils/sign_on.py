# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Single sign-on of the role commvault_sso: what its tasks hand to one another, between Entra ID and the CommCells.

Entra ID signs; each CommCell has SAML apps that believe it; Entra ID has to know their reply URLs; then people may be sent there at once.
"""

from __future__ import annotations

import typing as t

from ansible.module_utils.common.validation import check_type_bool

from .declared import is_commcell_covered
from .filter_values import FilterInputError, make_visible, require_list, require_mapping, require_mappings, to_text

Mapping = t.Mapping[str, t.Any]

#: Tasks of a pass, by what they are about.
SAML_APP, REPLY_URL = "SAML app ", "reply URL of SAML app "
#: Passes: everything; a plan of everything; all but sending people there; only that.
STAGES = ("", "plan", "apply", "redirect")
#: Steps of the service principal after which its metadata is another one.
_PREPARING = frozenset({"create", "activate_signing_certificate"})


def describe_provider(application: t.Any, service_principal: t.Any, is_in_run: t.Any = True) -> dict[str, t.Any]:
    """Return what SAML apps need to know of the application in Entra ID, out of the registered results of its two tasks.

    ``application``: its application id, null while it does not exist; ``fingerprint``: SHA-256 of the certificate that signs, null where the
    task does not manage certificates; ``pending``: the run itself makes or changes what its metadata says. *is_in_run*: whether the
    tasks belong to the run, and not only say what is there.
    """
    told = require_mapping(application, "the result of the application")
    found = require_mapping(told.get("application"), "the application")
    result = require_mapping(service_principal, "the result of the service principal")
    principal = require_mapping(result.get("service_principal"), "the service principal")
    rows = require_mappings(principal.get("signing_certificates"), "signing certificates")
    active: Mapping = next((row for row in rows if row.get("active")), {})
    actions = {to_text(step.get("action")) for step in require_mappings(result.get("steps"), "steps")}
    has_failed = bool(told) and ("application" not in told or "error" in result)
    is_prepared = not found.get("app_id") or has_failed or bool(actions & _PREPARING)
    return {
        "application": found.get("app_id"),
        # A plan that is not carried out says what would be active.
        "fingerprint": active.get("fingerprint_sha256") if is_in_run or not actions & _PREPARING else None,
        "pending": bool(is_in_run) and is_prepared,
    }


def get_break_glass(accounts: t.Any, commcell: t.Any) -> dict[str, t.Any]:
    """Return the local administrator of a CommCell: its own one under ``commcells``, else that for all; empty without one."""
    given = require_mapping(accounts, "commvault_sso_break_glass")
    own = require_mapping(given.get("commcells"), "commvault_sso_break_glass.commcells").get(commcell)
    shared = {name: value for name, value in given.items() if name != "commcells" and value is not None}
    return dict(require_mapping(own, "the account of the CommCell")) or shared


def list_saml_apps(sso: t.Any, commcell: t.Any) -> list[dict[str, t.Any]]:
    """Return the SAML apps that cvops_sso declares for the CommCell, as the module takes them, each with its ``task``."""
    listed = require_mappings(require_mapping(sso, "cvops_sso").get("saml_apps"), "cvops_sso.saml_apps")
    found = []
    for item in listed:
        if is_commcell_covered(item.get("commcells"), commcell):
            company = f" of company {to_text(item['company'])}" if item.get("company") else ""
            own = {name: value for name, value in item.items() if name != "commcells" and value is not None}
            found.append({**own, "task": f"{SAML_APP}{to_text(item.get('name'))}{company}"})
    return found


def list_coming_groups(mapping: t.Any, declared: t.Any = None) -> list[dict[str, t.Any]]:
    """Return the user groups that the mapping of the same run creates, as commvault_saml_app takes them.

    *mapping*: the registered result of its plan, empty where it is no part of the run; *declared*: the entries of cvops_role_mappings. Where
    that task has failed, which says so itself and lets nothing be written, every group that an entry may mean counts.
    """
    result = require_mapping(mapping, "the result of the mapping")
    if "error" not in result:
        found = require_mapping(result.get("role_mappings"), "role_mappings")
        return [dict(group) for group in require_mappings(found.get("user_group_references"), "user groups")]
    entries = require_mappings(declared, "cvops_role_mappings")
    named = [
        group
        for entry in entries
        for group in (
            entry.get("user_group"),
            require_mapping(entry.get("principal"), "the principal").get("entra_group"),
        )
    ]
    listed = [group if isinstance(group, t.Mapping) else {"name": group} for group in named]
    return [
        {name: group[name] for name in ("name", "company") if group.get(name)} for group in listed if group.get("name")
    ]


def build_saml_app_options(
    app: t.Any, provider: t.Any, break_glass: t.Any, stage: t.Any, coming_groups: t.Any = None
) -> dict[str, t.Any]:
    """Return the options of commvault_saml_app for an app of :func:`list_saml_apps`.

    *provider*: see :func:`describe_provider`; *break_glass*: the local administrator, empty without one; *stage*: one of STAGES;
    *coming_groups*: see :func:`list_coming_groups`. Raises FilterInputError.
    """
    if stage not in STAGES:
        raise FilterInputError(f"the stage must be one of {', '.join(map(repr, STAGES))}")
    options = {name: value for name, value in require_mapping(app, "the SAML app").items() if name != "task"}
    if options.get("state") == "absent":
        return options
    told = require_mapping(provider, "the identity provider")
    if stage == "redirect":  # what the app holds is as the run has made it
        console = ("service_provider_endpoint", "service_provider_aliases")  # they say which reply URL is its own
        kept = ("name", "company", "auto_redirect", "accept_risk", "accept_reason", *console)
        options = {name: value for name, value in options.items() if name in kept}
    else:
        options["pending_metadata"] = bool(told.get("pending"))
        if told.get("application"):
            options["metadata"] = {"application": told["application"]}
            if told.get("fingerprint"):
                options["certificate_fingerprint"] = told["fingerprint"]
        if coming := require_mappings(coming_groups, "user groups"):
            options["pending_user_groups"] = coming
    if stage == "apply" and is_redirected(options):
        del options["auto_redirect"]
    if break_glass:
        options["break_glass"] = break_glass
    return options


def is_redirected(app: t.Any) -> bool:
    """Return True where people are to be sent to the identity provider at once."""
    value = require_mapping(app, "the SAML app").get("auto_redirect")
    return value is not None and bool(check_type_bool(value))


def note_nobody_assigned(plans: t.Any, application: t.Any, sso: t.Any) -> list[str]:
    """Return what is to be told of a plan that sends everybody to Entra ID where the document lets nobody in; mostly nothing.

    *plans*: by host; *application*, *sso*: what the document declares. Who is assigned already is not looked at.
    """
    declared = require_mapping(application, "cvops_application")
    principal = require_mapping(declared.get("service_principal"), "cvops_application.service_principal")
    required = principal.get("assignment_required")
    assigned = require_mapping(declared.get("app_role_assignments"), "cvops_application.app_role_assignments")
    if required is None or not check_type_bool(required) or assigned.get("assignments"):
        return []
    switched = [
        make_visible(to_text(commcell))
        for commcell, plan in require_mapping(plans, "the plans").items()
        if split_saml_steps(plan, list_saml_apps(sso, commcell))["redirect"]
    ]
    if not switched:
        return []
    return [
        f"auto_redirect is switched on ({', '.join(switched)}), an assignment is required to sign in "
        "(cvops_application.service_principal.assignment_required), and the document assigns nobody. Who is not assigned already cannot sign in: "
        "name groups in cvops_application.app_role_assignments, and run cvops.identity.preflight first"
    ]


def split_saml_steps(plan: t.Any, apps: t.Any) -> dict[str, t.Any]:
    """Return the ids of the steps that SAML apps have in a CommCell's plan, by task: those of the first pass, and ``redirect``, the last.

    *apps*: of :func:`list_saml_apps`.
    """
    steps = require_mapping(require_mapping(plan, "the plan").get("steps"), "steps")
    found: dict[str, t.Any] = {"apply": {}, "redirect": {}}
    for app in require_mappings(apps, "the SAML apps"):
        task = to_text(app.get("task"))
        listed = require_mappings(steps.get(task), "steps")
        last = [step for step in listed if step.get("action") == "redirect" and is_redirected(app)]
        first = [step for step in listed if step not in last]
        for name, chosen in (("apply", first), ("redirect", last)):
            if chosen:
                found[name][task] = [to_text(step.get("id")) for step in chosen]
    return found


def is_saml_app_created(results: t.Any) -> bool:
    """Return whether one of the registered results of SAML apps, by task, creates an app."""
    found = [require_mapping(item, "a result") for item in require_mapping(results, "the results").values()]
    return any(
        step.get("action") == "create" for item in found for step in require_mappings(item.get("steps"), "steps")
    )


def name_results_by_item(result: t.Any) -> dict[str, t.Any]:
    """Return the results of a loop by the ``name`` of its items; nothing of a loop that did not run."""
    listed = require_mappings(require_mapping(result, "the result").get("results"), "results of a loop")
    return {to_text(require_mapping(item.get("item"), "item").get("name")): item for item in listed}


def list_reply_urls(results: t.Any, application: t.Any) -> list[dict[str, t.Any]]:
    """Return the reply URLs that the application in Entra ID lacks, each with ``name`` and ``uri``, null for one that is not known yet.

    *results*: by CommCell, registered results of SAML apps by task; *application*: the registered result of the registration.
    """
    known = _list_redirect_uris(application)
    return [
        {"name": name, "uri": app.get("reply_url")}
        for name, app in _walk_apps(results)
        if app.get("reply_url") not in known and (app.get("reply_url") or _is_reply_url_to_come(app))
    ]


def find_reply_url_problems(results: t.Any) -> list[str]:
    """Return a problem for each app that is there and whose reply URL is not known, out of results as for :func:`list_reply_urls`.

    The module leaves out what is on a host that nobody named.
    """
    return [
        f"{make_visible(name)}: Commvault shows none on a host that the document names, so it cannot be set in Entra "
        "ID; give the address of the web"
        " console as service_provider_endpoint of the app, or as one of its service_provider_aliases"
        for name, app in _walk_apps(results)
        if not app.get("reply_url") and not _is_reply_url_to_come(app)
    ]


def _is_reply_url_to_come(app: Mapping) -> bool:
    """Return whether the run makes the reply URL: of an app that it creates, or that it gives another address of the web console."""
    return not app.get("app_key") or bool(app.get("reply_url_pending"))


def _walk_apps(results: t.Any) -> t.Iterator[tuple[str, Mapping]]:
    """Yield the name of the reply URL and the app of each result that has one."""
    for commcell, tasks in require_mapping(results, "the results by CommCell").items():
        for task, result in require_mapping(tasks, "the results by task").items():
            app = require_mapping(require_mapping(result, "a result").get("saml_app"), "the SAML app")
            if app:
                yield _name_reply_url(task, commcell), app


def _list_redirect_uris(application: t.Any) -> list[t.Any]:
    told = require_mapping(require_mapping(application, "the result").get("application"), "the application")
    return require_list(require_mapping(told.get("web"), "web").get("redirect_uris"), "redirect URIs")


def list_unregistered(results: t.Any, commcell: t.Any, application: t.Any, replies: t.Any = None) -> list[str]:
    """Return the tasks of a CommCell's SAML apps whose reply URL Entra ID is not known to have, so that nobody may be sent there yet.

    *results*: registered results by task; *application*: the registered result of the registration, empty where that is a plan which was not
    carried out; *replies*: that of the loop over reply URLs.
    """
    known = _list_redirect_uris(application)
    done = {name for name, result in name_results_by_item(replies).items() if _is_written(result)}
    found = []
    for task, result in require_mapping(results, "the results by task").items():
        uri = require_mapping(require_mapping(result, "a result").get("saml_app"), "the SAML app").get("reply_url")
        if not (uri and uri in known) and _name_reply_url(task, commcell) not in done:
            found.append(to_text(task))
    return found


def _is_written(result: Mapping) -> bool:
    """Return whether a registered result of ours is of a task that came to its end, with everything shown as written."""
    noun = require_mapping(result.get("application"), "the application")
    return has_ended(result) and not noun.get("not_confirmed")


def has_ended(result: t.Any) -> bool:
    """Return whether a registered result is of a task of ours that came to its end; one that crashed has no ``stats``."""
    found = require_mapping(result, "a result")
    return "error" not in found and "stats" in found


def _name_reply_url(task: t.Any, commcell: t.Any) -> str:
    return f"{REPLY_URL}{to_text(task).removeprefix(SAML_APP)} on {to_text(commcell)}"


def list_saml_results(results: t.Any, switched: t.Any = None) -> dict[str, list[t.Any]]:
    """Return by CommCell its SAML apps as they are afterwards. *results*, *switched*: of the first and the last pass, as for :func:`list_reply_urls`."""
    last = require_mapping(switched, "the results of the last pass")
    found = {}
    for commcell, tasks in require_mapping(results, "the results by CommCell").items():
        latest = {
            **require_mapping(tasks, "the results by task"),
            **require_mapping(last.get(commcell), "the results by task"),
        }
        apps = [require_mapping(result, "a result").get("saml_app") for result in latest.values()]
        found[to_text(commcell)] = [app for app in apps if app]
    return found


def list_present_apps(sso: t.Any, commcells: t.Any) -> list[dict[str, t.Any]]:
    """Return the SAML apps of all CommCells that are present, each with its ``commcell``, and ``name``, by which results are told apart."""
    return [
        {"app": app, "commcell": to_text(commcell), "name": f"{app['task']} on {to_text(commcell)}"}
        for commcell in require_list(commcells, "the CommCells")
        for app in list_saml_apps(sso, commcell)
        if app.get("state") != "absent"
    ]
