# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write or check the schema of the variables document, for the collection and as JSON Schema for editors.

Its source are the argument specs of the roles (which variables there are, and their keys) and of the modules (the rules between keys,
the connection). What they cannot say is here: the forms of raw values, and variables that only playbooks read.
Runs in an environment that has ansible-core. Usage: variables_schema.py --check | --write
"""

from __future__ import annotations

import copy
import json
import pathlib
import re
import sys
import typing as t

import yaml
from collection_facts import load_collections, load_module, text_constants
from collection_tree import ROOT
from generated_files import check_or_write
from json_schema import BOOLEANS, build_json_schema
from shared_parts import Name, format_python, share_parts

Option = dict[str, t.Any]
Options = dict[str, Option]

PYTHON = ROOT / "plugins" / "plugin_utils" / "variables_schema.py"
JSON = ROOT / "docs" / "schema" / "access.json"
RULES = ("required_if", "required_together", "required_one_of", "mutually_exclusive", "required_by")
KEPT = ("type", "elements", "choices", "required", "default", *RULES)
PREFIX = "commvault_"
HEAD = '''# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The schema of the variables document. Written by scripts/variables_schema.py from the argument specs of modules and roles."""

from __future__ import annotations

import typing as t

Part = dict[str, t.Any]

# fmt: off
'''

#: What the playbooks read beside the variables of roles.
OF_PLAYBOOKS: Options = {
    "cvops_document": {
        "type": "list",
        "elements": "str",
        "may_be_empty": True,
        "description": "Documents that are taken as data.",
    },
    "cvops_only": {
        "type": "list",
        "elements": "str",
        "may_be_empty": True,  # a survey answers so
        "description": "Name patterns of the CommCells that this run is for.",
    },
    "cvops_at_once": {
        "type": "int",
        "description": "How many CommCells a run works on at once, at most, from 1 on. Forks decide where it is not given.",
    },
    "cvops_summary_file": {"type": "path", "description": "Where a playbook writes its summary, as JSON."},
    "cvops_comparison_file": {
        "type": "path",
        "description": "Where a playbook writes who has what on which CommCell, in the form that the end of the name says: .md, .csv or .json.",
    },
    "cvops_plan_people": {
        "type": "bool",
        "description": "Whether the plan says, person by person, who gains and who loses access.",
    },
    "cvops_plan_file": {"type": "path", "description": "Where a playbook writes its plan, as Markdown."},
    "cvops_notify_url": {
        "type": "str",
        "description": "The webhook that is told what came of a run; its address is a secret.",
    },
    "cvops_notify_when": {
        "type": "str",
        "choices": ["always", "changes", "problems"],
        "description": "Of which runs the webhook is told.",
    },
    "cvops_show_access": {"type": "bool", "description": "Whether the report says who may do what."},
    "cvops_approved_plan": {
        "type": "str",
        "description": "The digest of the plan that was approved; any other is refused. With the word nothing the run ends with its plan.",
    },
    "cvops_publish_plan": {
        "type": "bool",
        "description": "Whether a plan is handed on to the jobs after it, as artifacts of a controller's workflow.",
    },
    "cvops_plan_markdown": {
        "type": "str",
        "may_be_empty": True,
        "description": "The plan that was approved, as the job of the plan handed it on. Nothing reads it.",
    },
    "cvops_approval_node": {
        "type": "dict",
        "description": "The approval of a controller's workflow into which the plan is written. awx_setup sets it.",
        "options": {
            "collection": {"type": "str", "choices": ["awx.awx", "ansible.controller"], "required": True},
            "organization": {"type": "str", "required": True},
            "workflow": {"type": "str", "required": True},
            "identifier": {"type": "str", "required": True},
            "name": {"type": "str", "required": True},
            "timeout": {"type": "int"},
        },
    },
    "cvops_approval_from": {
        "type": "dict",
        "description": "The controller that is asked who approved. awx_setup sets it.",
        "options": {
            "collection": {"type": "str", "choices": ["awx.awx", "ansible.controller"], "required": True},
            "organization": {"type": "str", "required": True},
        },
    },
    "awx_setup_export_file": {
        "type": "path",
        "description": "Where the playbook awx_setup_export writes the variables of infra.aap_configuration.",
    },
    "cvops_run_record_dir": {"type": "path", "on_demand": True},
    "cvops_in_process": {"type": "bool", "on_demand": True},
    "doctor_fail": {
        "type": "bool",
        "description": "Whether the playbook doctor fails when something is amiss. Without it, it fails where nothing is configured.",
    },
    "doctor_file": {"type": "path", "description": "Where the playbook doctor writes what it found, as JSON."},
    "doctor_probe_file": {
        "type": "path",
        "description": "Where the playbook doctor writes, as JSON and without names, what came of its probes. Without it, none is asked.",
    },
    "doctor_playbooks": {
        "type": "list",
        "elements": "str",
        "description": "The playbooks that must be able to run, for doctor_fail.",
    },
    "access_permission": {
        "type": "str",
        "description": "The playbook access tells who has this permission, a name or an id.",
    },
    "access_role": {"type": "str", "description": "The playbook access tells who has this role, a name or an id."},
    "access_entity": {
        "forms": [
            {"type": "str"},
            {
                "type": "dict",
                "options": {
                    "kind": {"type": "str", "required": True},
                    "name": {"forms": [{"type": "str"}, {"type": "int"}], "words": "a name"},
                    "id": {"forms": [{"type": "int"}, {"type": "str"}], "words": "an id (a number)"},
                },
            },
        ],
        "words": "commcell, a text such as servers:db01, or a mapping with kind, and name or id",
        "description": "On what, for the playbook access.",
    },
    "access_person": {
        "type": "str",
        "description": "The playbook access tells what this person can do: user principal name, object id, name of the Commvault user, or full name.",
    },
    "access_review_by_before": {
        "type": "str",
        "description": "The playbook access tells the grants that are to be reviewed before this date.",
    },
    "access_valid_until_before": {
        "type": "str",
        "description": "The playbook access tells the grants that end before this date.",
    },
    "access_commcell": {
        "type": "str",
        "description": "The CommCell that the playbook access is asked about. When left out, all.",
    },
    "access_bundle": {
        "type": "path",
        "description": "The bundle that the playbook access is asked about, or a folder of bundles, of which the newest is taken.",
    },
    "access_snapshot": {"type": "path", "description": "The snapshot that the playbook access is asked about."},
    "access_lines": {
        "type": "int",
        "description": "So many answers, and things that cannot be told, are told by the playbook access. When left out, 200; 0 for all.",
    },
    "access_file": {"type": "path", "description": "Where the playbook access writes its answer, as JSON."},
    "access_csv": {"type": "path", "description": "Where the playbook access writes its answer as a table."},
    "access_evidence_dir": {
        "type": "path",
        "description": "The folder in which the playbook access_evidence seals its bundles, one chain of them.",
    },
    "access_evidence_snapshot": {
        "type": "path",
        "description": "The folder of a snapshot that the playbook access_evidence makes the bundle of. When left out, it reads the services.",
    },
    "access_evidence_log": {
        "type": "path",
        "description": "The file of the playbook access_log (access_log_file), by which changes get their authors.",
    },
    "access_evidence_rules": {
        "type": "list",
        "elements": "dict",
        "description": "Segregation of duties, in place of the rules that are built in.",
        "options": {
            "id": {"type": "str", "required": True, "description": "A short name."},
            "title": {"type": "str", "required": True, "description": "What is wrong, in words."},
            "severity": {
                "type": "str",
                "choices": ["critical", "high", "medium", "low"],
                "description": "Of its findings. When left out, high.",
            },
            "first": {
                "type": "list",
                "elements": "str",
                "required": True,
                "description": "Names of permissions or roles, shell patterns.",
            },
            "second": {
                "type": "list",
                "elements": "str",
                "required": True,
                "description": "Names that nobody may hold beside one of first.",
            },
            "remedy": {"type": "str", "description": "What to do, in words."},
        },
    },
    "access_evidence_previous": {
        "type": "str",
        "description": "The folder of the bundle before. When left out, the newest one; none begins a chain.",
    },
    "access_evidence_decisions": {
        "type": "list",
        "elements": "path",
        "description": "Filled-in copies of signoff.csv and action_plan.csv. When left out, those of the bundle before.",
    },
    "access_evidence_drills": {
        "type": "raw",
        "description": "Rehearsals of break-glass accounts: a list, or the file in which the playbook break_glass_drill keeps them."
        " When left out, break_glass_drill_file where that is set.",
        "words": "a list of drills, or the path of a file",
        "forms": [
            {"type": "str"},
            {
                "type": "list",
                "elements": "dict",
                "options": {
                    "commcell": {"type": "str", "required": True, "description": "Name of the CommCell."},
                    "user": {"type": "str", "required": True, "description": "Login name of the account."},
                    "outcome": {
                        "type": "str",
                        "required": True,
                        "choices": ["worked", "not_proven", "failed"],
                        "description": "Whether the account could log in; not_proven where its rights were not shown.",
                    },
                    "date": {"type": "str", "required": True, "description": "When, RFC 3339."},
                },
            },
        ],
    },
    "access_evidence_formats": {
        "type": "list",
        "elements": "str",
        "choices": ["csv", "html", "vanta", "ciso_assistant", "oscal", "attestation", "junit"],
        "description": "What a bundle holds beside the tables as JSON. When left out, everything.",
    },
    "access_evidence_pseudonym_key_file": {
        "type": "path",
        "description": "A file with the key by which people are given pseudonyms. When left out, they have their names.",
    },
    "access_evidence_manifest_sink": {
        "type": "list",
        "elements": "path",
        "description": "Text files that keep the hash of each manifest, too, where the bundles are not.",
    },
    "access_evidence_sign_with": {"type": "path", "description": "The key file of ssh-keygen that signs the manifest."},
    "access_evidence_allowed_signers": {
        "type": "path",
        "description": "The file of allowed signers, one of whom must have signed each bundle that is verified.",
    },
    "access_evidence_fail_on": {
        "type": "str",
        "choices": ["critical", "high", "medium", "low"],
        "description": "The severity of open findings from which the playbook access_evidence fails. When left out, it does not for any.",
    },
    "access_evidence_verify": {
        "type": "bool",
        "description": "Whether the playbook access_evidence only verifies the bundles that are there.",
    },
    "access_log_since": {
        "type": "str",
        "description": "Since when the playbook access_log reads, a time or how long ago. When left out, 7d; a log that is continued is read on from its end.",
    },
    "access_log_until": {"type": "str", "description": "Until when the playbook access_log reads. When left out, now."},
    "access_log_applications": {
        "type": "list",
        "elements": "str",
        "description": "The applications whose sign-ins and changes the playbook access_log reads, by name or id. When left out, those of the document.",
    },
    "access_log_users": {
        "type": "list",
        "elements": "str",
        "description": "Users of Entra ID whose sign-ins and changes the playbook access_log reads, too.",
    },
    "access_log_objects": {
        "type": "list",
        "elements": "str",
        "description": "Other objects of Entra ID whose changes the playbook access_log reads, such as policies. When left out, those of the document.",
    },
    "access_log_everything": {
        "type": "bool",
        "description": "Whether the playbook access_log reads all of Entra ID's entries, whosever they are.",
    },
    "access_log_commvault_users": {
        "type": "list",
        "elements": "str",
        "description": "The users of the CommCells whose entries the playbook access_log reads. When left out, all.",
    },
    "access_log_consoles": {
        "type": "list",
        "elements": "str",
        "description": "The applications through which people and programs sign on to CommCells, by name or id. When left out, those of the document.",
    },
    "access_log_max_rows": {
        "type": "int",
        "description": "So many entries of each log the playbook access_log reads in one run; the next one goes on there. When left out, 5000.",
    },
    "access_log_user_details": {
        "type": "bool",
        "description": "Whether the playbook access_log reads who the users of the CommCells are, one call for each. Else their login names tell.",
    },
    "access_log_links": {
        "type": "list",
        "elements": "dict",
        "description": "Accounts of CommCells that are an identity's whatever their names, such as those of programs.",
        "options": {
            "commvault_user": {"type": "str", "required": True, "description": "Login name on the CommCell."},
            "identity": {
                "type": "str",
                "required": True,
                "description": "User principal name, object id or application id in Entra ID.",
            },
            "commcell": {"type": "str", "description": "The CommCell. When left out, all."},
        },
    },
    "access_log_lines": {
        "type": "int",
        "description": "So many log-ins, changes and refusals are told by the playbook access_log. When left out, 50; 0 for all.",
    },
    "access_log_file": {
        "type": "path",
        "description": "Where the playbook access_log keeps what it read, as JSON. A file that is there is continued.",
    },
    "access_log_csv": {"type": "path", "description": "Where the playbook access_log writes the entries as a table."},
    "access_log_ocsf": {
        "type": "path",
        "description": "Where the playbook access_log writes the entries as events of OCSF, one JSON object in a line.",
    },
    "access_log_fail": {
        "type": "bool",
        "description": "Whether the playbook access_log fails where a part of a log could not be read.",
    },
    "break_glass_drill_accounts": {
        "type": "dict",
        "description": "The local account of each CommCell that the playbook break_glass_drill logs in with, by the name of the CommCell.",
        "values": {
            "type": "dict",
            "options": {
                "username": {"type": "str", "required": True, "description": "Name of the account."},
                "password": {"type": "str", "required": True, "description": "Its password."},
                "pin": {
                    "type": "str",
                    "description": "PIN of two-factor authentication, where the CommCell asks for one.",
                },
            },
        },
    },
    "break_glass_drill_file": {
        "type": "path",
        "description": "Where the playbook break_glass_drill keeps what came of its drills, as JSON. A file that is there is continued.",
    },
    "snapshot_dir": {
        "type": "path",
        "description": "The folder in which the playbook snapshot keeps its files, for this user alone.",
    },
    "snapshot_pseudonym_key_file": {
        "type": "path",
        "description": "The file with the key of the pseudonyms of people in the files of the playbook snapshot. When left out, people are named.",
    },
    "export_entra_file": {
        "type": "path",
        "description": "Where the playbook export_entra writes what is there, as YAML; further applications beside it, with a number in the name.",
    },
    "export_entra_applications": {
        "type": "list",
        "elements": "str",
        "description": "The applications that the playbook export_entra exports, by application id, unique name or display name. When left out, those"
        " of the document.",
    },
    "export_entra_groups": {
        "type": "list",
        "elements": "str",
        "description": "The groups that the playbook export_entra exports, by object id, unique name or display name, beside those that hold roles of"
        " the applications. When left out, those of the document.",
    },
    "expiry_warn_below_days": {
        "type": "int",
        "description": "With fewer days left, the playbook expiry warns. When left out, 30.",
    },
    "expiry_fail_below_days": {
        "type": "int",
        "description": "With fewer days left, and where something has ended, is missing or could not be read, the playbook expiry fails.",
    },
    "expiry_show_all": {
        "type": "bool",
        "description": "Whether the report of the playbook expiry also shows what is well.",
    },
    "expiry_file": {"type": "path", "description": "Where the playbook expiry writes what it found, as JSON."},
    "expiry_textfile": {"type": "path", "description": "Where the playbook expiry writes metrics for node_exporter."},
    "expiry_textfile_mode": {"type": "str", "description": "The mode of the file of metrics. When left out, 0644."},
    "expiry_calendar": {"type": "path", "description": "Where the playbook expiry writes an iCalendar."},
    "expiry_junit": {"type": "path", "description": "Where the playbook expiry writes JUnit XML."},
    "preflight_fail": {"type": "bool", "description": "Whether the playbook preflight fails when sign-on is broken."},
    "revert_record": {
        "type": "list",
        "elements": "str",
        "description": "What the playbook revert undoes: run records of one run, or a folder of records together with revert_run.",
    },
    "revert_run": {
        "type": "str",
        "description": "The run of the folder that is undone: the field run of its records, or its job id.",
    },
    "revert_overwrite": {
        "type": "bool",
        "description": "Whether the playbook revert also sets back what was changed since the run. When left out, that is left and told.",
    },
    "revert_max_removals": {
        "type": "int",
        "description": "The largest number of grants, and of members and owners, that the playbook revert removes. When left out, 20.",
    },
    "revert_accept_risk": {
        "type": "list",
        "elements": "str",
        "choices": ["break_glass", "last_admin", "own_rights", "rename"],
        "description": "Risks that the playbook revert may take, see accept_risk of the modules.",
    },
    "revert_accept_reason": {"type": "str", "description": "Why the risks are accepted."},
    "review_bundle": {
        "type": "path",
        "description": "The bundle that was reviewed, for the playbook review, or a folder of bundles, of which the newest is taken.",
    },
    "review_signoff": {"type": "path", "description": "The filled-in copy of the signoff.csv of that bundle."},
    "review_document": {
        "type": "path",
        "description": "The file that declares cvops_role_mappings, for which the playbook review makes a patch.",
    },
    "review_patch": {"type": "path", "description": "Where the playbook review writes its patch."},
    "review_file": {"type": "path", "description": "Where the playbook review writes what it found, as JSON."},
    "review_lines": {
        "type": "int",
        "description": "So many rows of each list are told by the playbook review. When left out, 200; 0 for all.",
    },
    "roll_over_to": {
        "type": "str",
        "choices": ["next", "former"],
        "description": "To which signing certificate the playbook roll_over_certificate goes. When left out, next.",
    },
    "roll_over_remove_former": {
        "type": "bool",
        "description": "Whether the playbook roll_over_certificate removes the certificates that signed before, in place of a roll-over. When left out, no.",
    },
    "preflight_file": {"type": "path", "description": "Where the playbook preflight writes what it found, as JSON."},
}

ID: Option = {"forms": [{"type": "int"}, {"type": "str"}], "words": "an id (a number)"}
COMPANY: Option = {"forms": [{"type": "str"}, {"type": "int"}], "words": "a name, or an id (a number)"}
NAME: Option = {"forms": [{"type": "str"}, {"type": "int"}], "words": "a name"}
REFERENCE_KEYS: Options = {"name": NAME, "id": ID, "company": COMPANY}
REFERENCE: Option = {
    "forms": [
        {"type": "str"},
        {"type": "int"},
        # What a task returned may be given as it is: with an id, its other keys do no harm.
        {"type": "dict", "options": REFERENCE_KEYS, "required_one_of": [["name", "id"]], "loose_with": ["id"]},
    ],
    "words": "a name, an id (a number), or a mapping with name or id, and company",
}
ENTRA_GROUP: Option = {
    "forms": [
        {"type": "str"},
        {"type": "int"},
        {
            "type": "dict",
            "options": {"name": NAME, "object_id": {"type": "str"}},
            "required_one_of": [["name", "object_id"]],
            "loose_with": ["object_id"],
        },
    ],
    "words": "a name, or a mapping with name, object_id or both",
}
PATTERN: Option = {
    "type": "dict",
    "options": {
        "matching": {"type": "str", "required": True},
        "at_most": {"type": "int", "required": True},
        "company": COMPANY,
    },
}
ENTITIES_OF_KIND: Option = {
    "forms": [*REFERENCE["forms"], PATTERN, {"type": "list", "items": REFERENCE}],
    "words": "all, a name, a list of names, or {matching: PATTERN, at_most: NUMBER}",
}
WHOLE: Option = {"forms": [{"type": "bool", "only": True}, {"type": "str", "choices": ["all"]}], "words": "true"}
COMPANIES: Option = {
    "forms": [{"type": "bool", "only": True}, *ENTITIES_OF_KIND["forms"]],
    "words": ENTITIES_OF_KIND["words"],
}
EXCLUSIVE: Option = {
    "forms": [{"type": "bool"}, {"type": "str", "choices": ["none", "principals", "managed"], "also": list(BOOLEANS)}],
    "words": "none, principals or managed",
    "needs_if": {"managed": ["role_mappings_managed_groups"]},
}
DATE: Option = {"type": "str", "date": True, "description": "A date such as 2027-01-31."}


def build_entities() -> Option:
    """Return the option ``entities`` of a grant, with the kinds that the collection knows."""
    from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import ENTITY_TYPES
    from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.parse import ALIASES

    special = {"commcell": WHOLE, "company": COMPANIES}
    kinds = {kind: {**special.get(kind, ENTITIES_OF_KIND), "not_null": True} for kind in (*ENTITY_TYPES, *ALIASES)}
    by_type = {"type": "dict", "options": {"type": {**ID, "required": True}, "id": {**ID, "required": True}}}
    return {
        "required": True,
        "forms": [
            {"type": "str", "choices": ["commcell", "company"]},
            {"type": "dict", "options": kinds},
            by_type,
        ],
        "words": "commcell, company, or a mapping of kinds such as {plans: [gold]}",
    }


def describe_mapping(entry: Options) -> Options:
    """Return the keys of an entry of the mapping with the forms of its raw values."""
    principal = entry["principal"]["options"]
    for kind in principal:
        principal[kind] |= ENTRA_GROUP if kind == "entra_group" else REFERENCE
    one = [list(principal)]
    entry["principal"] |= {"required_one_of": one, "mutually_exclusive": one}
    entry["user_group"] |= REFERENCE
    entry["review_by"] |= DATE
    grant = entry["grants"]["options"]
    grant["role"] |= {**REFERENCE, "required": True}
    grant["entities"] |= build_entities()
    grant["valid_until"] |= DATE
    return entry


def read_role_variables() -> Options:
    """Return the variables of all roles by name; of one that several describe, the description with its keys."""
    found: Options = {}
    for path in sorted((ROOT / "roles").glob("*/meta/argument_specs.yml")):
        for entry_point in yaml.safe_load(path.read_text())["argument_specs"].values():
            for name, option in entry_point.get("options", {}).items():
                if name not in found or ("options" in option and len(str(option)) > len(str(found[name]))):
                    found[name] = option
    return found


def get_spec(module: str) -> t.Any:
    """Return the argument spec of a module."""
    return load_module(module).SPEC


def get_rules(module: str) -> Option:
    """Return the rules between the options of a module that are not about its sign-in."""
    return {name: rule for name, rule in get_spec(module).to_rule_kwargs().items() if rule}


def add_inner_rules(option: Option, spec: t.Mapping[str, t.Any]) -> None:
    """Give *option*, in place, the rules between suboptions that the argument spec of a module has for it."""
    option |= {name: spec[name] for name in RULES if name in spec}


def select_options(module: str, *left_out: str) -> Options:
    """Return what a module takes, without the sign-in."""
    left_out = (*left_out, "approved_steps")  # of plans, not of documents
    options = get_spec(module).options.items()
    return {name: option for name, option in options if "fallback" not in option and name not in left_out}


def build_connection(described: Option) -> Option:
    """Return the option ``cvops_connection``: the keys of modules for both services."""
    options = get_spec("commvault_role").options
    signs_in = {name: option for name, option in options.items() if "fallback" in option}
    entra = {name: option for name, option in signs_in.items() if not name.startswith(PREFIX)}
    commcell = {name.removeprefix(PREFIX): option for name, option in signs_in.items() if name.startswith(PREFIX)}
    told = described["options"]["entra"]["options"]
    entra = {
        name: {**option, "description": told.get(name, {}).get("description", "")} for name, option in entra.items()
    }
    keys = {
        "entra": {**described["options"]["entra"], "options": entra},
        "commcells": {**described["options"]["commcells"], "values": {"type": "dict", "options": commcell}},
    }
    for key in keys.values():
        key.pop("required", None)  # doctor works with half of a connection
    return {**described, "options": keys}


def build_variables() -> Options:
    """Return the whole schema, with descriptions."""
    found = read_role_variables()
    found["cvops_connection"] = build_connection(found["cvops_connection"])
    found["cvops_application"] |= get_rules("entra_application")
    principal_rules = get_rules("entra_service_principal")
    found["cvops_application"]["options"]["service_principal"] |= {
        name: rule for name, rule in principal_rules.items() if name.startswith("required_by")
    }
    assigned = found["cvops_application"]["options"]["app_role_assignments"]
    assigned |= {
        name: rule for name, rule in get_rules("entra_app_role_assignment").items() if name.startswith("required_by")
    }
    add_inner_rules(assigned["options"]["assignments"], get_spec("entra_app_role_assignment").options["assignments"])
    wanted = get_spec("entra_application").options["api_permissions"]
    for name in ("cvops_application", "cvops_bootstrap"):
        add_inner_rules(found[name]["options"]["api_permissions"], wanted)
    found["cvops_entra_groups"] |= get_rules("entra_group")
    found["cvops_commvault_roles"] |= get_rules("commvault_role")
    describe_mapping(found["cvops_role_mappings"]["options"])
    sso = get_spec("sso_preflight_info")
    keys = ("match_by", "application", "saml_app", "oidc_app", "sample_users", "user_limit")
    found["cvops_sso"] = {
        "type": "dict",
        "description": "How people sign on.",
        "options": {
            **{name: sso.options[name] for name in keys},
            "saml_apps": describe_saml_apps(found["cvops_sso"]["options"]["saml_apps"]),
        },
        **get_rules("sso_preflight_info"),
    }
    describe_bootstrap(found["cvops_bootstrap"])
    describe_credentials(found["cvops_commvault_credentials"])
    describe_break_glass(found["commvault_sso_break_glass"])
    describe_rotations(found["cvops_rotations"])
    describe_conditional_access(found["cvops_conditional_access"])
    describe_controller(found["cvops_controller"])
    found["secret_rotation_only"]["may_be_empty"] = True  # a survey answers so
    found["role_mappings_exclusive"] |= EXCLUSIVE
    for name, needed in get_spec("commvault_role_mappings").required_by.items():
        found[f"role_mappings_{name}"]["needs"] = [f"role_mappings_{other}" for other in needed]
    for option in found.values():
        option.pop("required", None)  # what a playbook needs is told by variables_document.py
    found |= {name: {**found.get(name, {}), **option} for name, option in OF_PLAYBOOKS.items()}
    found["expiry_leave_out"] = {
        **get_spec("expiry_info").options["leave_out"],
        "description": "What of each CommCell the playbook expiry does not read, such as what the account may not see.",
    }
    found["expiry_applications"] = {
        **get_spec("expiry_info").options["applications"],
        "description": "The applications of which the playbook expiry reads the keys. When left out, all.",
    }
    found["doctor_playbooks"]["choices"] = sorted(list_judged_playbooks())
    for name, option in get_spec("commvault_role").options.items():
        if "fallback" in option:
            found[f"cvops_{name}"] = {**option, "on_demand": True}
    return dict(sorted(found.items(), key=order))


def describe_controller(option: Option) -> None:
    """Give ``cvops_controller``, in place, what its mappings of names hold: identities, CommCells, jobs, questions and schedules."""
    from ansible_collections.cvops.identity.plugins.module_utils._entra.federated_credentials.workloads import (
        IDENTITIES,
    )
    from ansible_collections.cvops.identity.plugins.plugin_utils.controller_settings import (
        COMMCELL_METHODS,
        JOBS,
        METHODS,
    )
    from ansible_collections.cvops.identity.plugins.plugin_utils.controller_surveys import TYPES

    keys = option["options"]
    named = {"type": "str", "description": "A credential that is there. When left out, an empty one is made."}
    identity = {
        "method": {"type": "str", "choices": list(METHODS), "description": "How it signs in."},
        "credential": named,
    }
    keys["identities"]["options"] = {name: {"type": "dict", "options": identity} for name in IDENTITIES}
    accounts = {name: {"type": "str", "description": "Its service account."} for name in IDENTITIES}
    keys["workload_identity"]["options"]["kubernetes"]["options"]["service_accounts"]["options"] = accounts
    keys["commcells"]["values"] = {
        "type": "dict",
        "options": {
            "method": {"type": "str", "choices": list(COMMCELL_METHODS), "description": "How jobs sign in."},
            "credential": named,
            "env_prefix": {"type": "str", "description": "How the environment variables of the credential begin."},
        },
    }
    schedule = {
        "type": "dict",
        "description": "When it is launched.",
        "options": {
            "name": {"type": "str", "description": "Its name. When left out, that of the template with schedule."},
            "rrule": {
                "type": "str",
                "description": "Such as DTSTART;TZID=Europe/Berlin:20270104T050000 RRULE:FREQ=DAILY;INTERVAL=1.",
            },
            "enabled": {
                "type": "bool",
                "description": "Whether it runs. When left out, it is made at rest, and stays as people set it.",
            },
            "answers": {"type": "dict", "description": "Answers to questions of the survey, by variable."},
        },
    }
    question = {
        "variable": {"type": "str", "required": True, "description": "The variable that is answered."},
        "question": {"type": "str", "required": True, "description": "What is asked."},
        "type": {"type": "str", "choices": list(TYPES), "description": "The kind of answer. When left out, text."},
        "required": {"type": "bool", "description": "Whether an answer is needed."},
        "default": {"type": "raw", "description": "The answer where nobody gives one."},
        "choices": {"type": "list", "elements": "str", "description": "The answers that there are."},
        "min": {"type": "int", "description": "The smallest number, or length."},
        "max": {"type": "int", "description": "The largest number, or length."},
    }
    survey = {"type": "list", "elements": "dict", "description": "Further questions.", "options": question}
    job = {
        "enabled": {"type": "bool", "description": "Whether it is made."},
        "identity": {
            "type": "str",
            "choices": list(IDENTITIES),
            "description": "Whom it signs in to Entra ID as. When left out, the one that its playbook needs.",
        },
        "name": {"type": "str", "description": "Its name."},
        "timeout": {"type": "int", "description": "Seconds after which the job is ended; 0 for never."},
        "variables": {"type": "dict", "description": "Variables of this job, beside those of all jobs."},
        "survey": survey,
        "schedule": schedule,
    }
    keys["jobs"]["options"] = {
        kind: {"type": "dict", "description": f"What {said.words}.", "options": job} for kind, said in JOBS.items()
    }
    keys["workflow"]["options"] |= {"survey": survey, "schedule": schedule}
    keys["project"]["options"]["playbooks"]["may_be_empty"] = True


def describe_break_glass(option: Option) -> None:
    """Give the accounts that get in without Entra ID, in place, their keys by CommCell and the rules between them."""
    keys = option["options"]
    own = {name: {**keys[name], "required": name != "pin"} for name in ("username", "password", "pin")}
    keys["commcells"]["values"] = {"type": "dict", "options": own}
    option |= {"required_together": [["username", "password"]], "required_one_of": [["username", "commcells"]]}


def describe_saml_apps(option: Option) -> Option:
    """Return the SAML apps with the forms of their raw values and the rules between their keys, without those of what the role gives."""
    keys = option["options"]
    keys["company"] = {**COMPANY, "description": keys["company"]["description"]}
    for claim in keys["attribute_mappings"]["options"].values():
        claim["may_be_empty"] = True  # it removes the mapping
    for listed in (*keys["associations"]["options"].values(), keys["default_user_groups"]):
        if listed.get("elements") == "raw":
            listed["items"] = REFERENCE
    rules = get_rules("commvault_saml_app")
    return {**option, **{name: rule for name, rule in rules.items() if name == "required_by"}}


def describe_credentials(option: Option) -> None:
    """Give the credentials, in place, the forms of their raw values and the rules between their keys."""
    keys, spec = option["options"], get_spec("commvault_credential").options
    keys["company"] |= COMPANY
    for name in ("owner", "shared_with"):
        add_inner_rules(keys[name], spec[name])
        for kind in ("user", "user_group"):
            keys[name]["options"][kind] |= REFERENCE


def list_judged_playbooks() -> list[str]:
    """Return the playbooks that connection_info judges."""
    from ansible_collections.cvops.identity.plugins.module_utils._joint.connection.needs import PLAYBOOKS

    return list(PLAYBOOKS)


def order(item: tuple[str, Option]) -> tuple[int, str]:
    """Return the place of a variable: the document's own in the order in which people write them, then all others."""
    first = ("cvops_connection", "cvops_bootstrap", "cvops_application", "cvops_entra_groups", "cvops_commvault_roles")
    last = (
        "cvops_commvault_credentials",
        "cvops_conditional_access",
        "cvops_break_glass",
        "cvops_rotations",
        "cvops_controller",
    )
    listed = [*first, "cvops_role_mappings", "cvops_sso", *last]
    return (listed.index(item[0]) if item[0] in listed else len(listed), item[0])


def describe_bootstrap(option: Option) -> None:
    """Add the keys of sign-ins and federated credentials, and the rules, to ``cvops_bootstrap``."""
    keys = option["options"]
    entra = {
        name: inner
        for name, inner in get_spec("commvault_role").options.items()
        if "fallback" in inner and not name.startswith(PREFIX)
    }
    for name in ("sign_in", "verify_with"):
        keys[name]["options"] = entra
    keys["federated_credentials"] |= {
        "options": select_options("entra_federated_credential", "application", "state"),
        **get_rules("entra_federated_credential"),
    }
    one = [["application", "managed_identity"]]
    option |= {"required_one_of": one, "mutually_exclusive": one, "required_by": {"secret": ["application"]}}


def describe_rotations(option: Option) -> None:
    """Add the keys of a rotation to ``cvops_rotations``, with the words of the module's documentation.

    A value that a task returns is for that task alone, and the CommCells are those of the connection.
    """
    keys = copy.deepcopy(select_options("secret_rotation", "commcells"))
    describe_options(keys, read_documented_options("secret_rotation"))
    del keys["targets"]["options"]["return"]
    for rule in ("required_one_of", "mutually_exclusive"):
        keys["targets"][rule] = [[name for name in names if name != "return"] for names in keys["targets"][rule]]
    option["options"] = {
        **keys,
        "tags": {
            "type": "list",
            "elements": "str",
            "description": "Tags of a run that choose the rotation, beside its name.",
        },
    }
    option |= get_rules("secret_rotation")


def describe_conditional_access(option: Option) -> None:
    """Add the keys of locations, policies and sign-ins to ``cvops_conditional_access``, with the words of the modules' documentation.

    What every policy gets stands at the top, and what the run creates is told by the role.
    """
    keys, policy = option["options"], "entra_conditional_access_policy"
    for_all = ("break_glass", "caller_address")
    pending = ("pending_named_locations", "pending_entra_groups", "pending_applications")
    documented = read_documented_options(policy)
    for name, module, left_out in (
        ("named_locations", "entra_named_location", ("pending_policies",)),
        ("policies", policy, (*for_all, *pending)),
    ):
        inner = copy.deepcopy(select_options(module, *left_out))
        describe_options(inner, read_documented_options(module))
        keys[name] |= {"options": inner, **get_rules(module)}
    for name in ("must_get_in", "one_must_get_in"):
        tried = copy.deepcopy(get_spec(policy).options[name])
        describe_options({name: tried}, documented)
        keys[name] |= tried


def read_documented_options(module: str) -> Options:
    """Return the options that the documentation of a module describes itself, without those of fragments."""
    text = text_constants(ROOT / "plugins" / "modules" / f"{module}.py")["DOCUMENTATION"]
    return t.cast("Options", yaml.safe_load(text)["options"])


def describe_options(options: Options, documented: t.Mapping[str, t.Any]) -> None:
    """Give *options*, at every depth and in place, the descriptions of *documented*, without its markup."""
    for name, option in options.items():
        told = documented.get(name) or {}
        said = told.get("description") or ""
        text = said if isinstance(said, str) else " ".join(said)
        if text:
            option["description"] = re.sub(r"\b[A-Z]+\(([^()]*)\)", r"\1", text)
        describe_options(option.get("options") or {}, told.get("suboptions") or {})


def simplify(options: t.Mapping[str, t.Any], in_connection: bool = False, described: bool = False) -> Options:
    """Return *options* in plain data, with what a check needs and nothing else; *described*: also with their descriptions."""
    return {name: simplify_option(option, name, in_connection, described) for name, option in options.items()}


def simplify_option(option: t.Mapping[str, t.Any], name: str, in_connection: bool, described: bool) -> Option:
    """Return one option as :func:`simplify` does."""
    from ansible_collections.cvops.identity.plugins.module_utils._core.option_values import may_be_empty

    inside = in_connection or "fallback" in option
    kept = {key: to_plain(option[key]) for key in KEPT if option.get(key) not in (None, False, [], {}, ())}
    if kept.get("type") == "raw" and "forms" in option:
        del kept["type"]
    kept |= {
        key: to_plain(option[key])
        for key in ("loose_with", "only", "words", "on_demand", "date", "not_null", "needs", "needs_if", "also")
        if key in option
    }
    is_text = "str" in (option.get("type", "str"), option.get("elements")) or option.get("type") == "path"
    if option.get("on_demand"):
        kept["may_be_empty"] = True  # what a controller injects for a field that was left out
    elif "forms" not in option and is_text and (option.get("may_be_empty") or may_be_empty(name, is_connection=inside)):
        kept["may_be_empty"] = True
    if option.get("options") is not None:
        kept["options"] = simplify(option["options"], inside, described)
    for key in ("values", "items"):
        if key in option:
            kept[key] = simplify_option(option[key], "", inside or key == "values", described)
    if "forms" in option:
        kept["forms"] = [simplify_option(form, name, inside, described) for form in option["forms"]]
    if described and option.get("description"):
        said = option["description"]
        kept["description"] = said if isinstance(said, str) else " ".join(said)
    if described and option.get("no_log"):
        kept["secret"] = True
    return kept


def to_plain(value: t.Any) -> t.Any:
    """Return *value* with lists in place of tuples."""
    return json.loads(json.dumps(value))


def render_python(variables: Options) -> str:
    """Return the text of the Python file."""
    tree, parts = share_parts(simplify(variables), lambda number: Name(f"_PART_{number}"))
    shared = "".join(f"_PART_{number}: Part = {format_python(part)}\n" for number, part in enumerate(parts, start=1))
    return f"{HEAD}{shared}SCHEMA: dict[str, Part] = {format_python(tree)}\n"


def render_json(variables: Options) -> str:
    """Return the text of the JSON Schema."""
    schema = build_json_schema(simplify(variables, described=True))
    defined = schema.pop("$defs")
    tree, parts = share_parts(
        schema,
        lambda number: {"$ref": f"#/$defs/part{number}"},
        ("properties",),
        ("description", "writeOnly"),
        shortest=60,
    )
    shared = {f"part{number}": part for number, part in enumerate(parts, start=1)}
    return json.dumps({**tree, "$defs": {**defined, **shared}}, indent=1) + "\n"


def expected() -> dict[pathlib.Path, str]:
    """Return the text of each file that this script writes."""
    return {PYTHON: render_python(build_variables()), JSON: render_json(build_variables())}


if __name__ == "__main__":
    load_collections()
    sys.exit(check_or_write(expected(), __doc__))
