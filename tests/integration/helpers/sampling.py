# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sweeps of which ``make test`` runs a sample, and which cases that is.

``SWEEPS`` and ``MANY`` are the only places that say so. A sample is the same in every run. It holds every kind of case at least once: each value of
each parameter of the test, or, where a parameter names a module and what the module does, each module. ``make test-all`` runs all.
"""

from __future__ import annotations

import os
import re
import typing as t
import zlib

#: ``CVOPS_FAULTS=whole``: tests that go through a sweep themselves take all of it, else a fixed sample.
WHOLE = os.environ.get("CVOPS_FAULTS") == "whole"


class Sweep(t.NamedTuple):
    """A sample is one in so many of the cases, and more where it takes more to hold every kind.

    ``kind``: what of a case's name is its kind; None: the value of each of its parameters is one.
    """

    one_in: int
    kind: str | None = None


class Case(t.NamedTuple):
    """One case of a sweep: the whole name of the test, and the value of each of its parameters, by the parameter's place.

    ``any_core``: one core is enough for it.
    """

    node_id: str
    values: t.Mapping[int, str]
    any_core: bool = False


#: What is before the first blank or punctuation of a case such as ``entra_group: create``.
MODULE = r"\[(\w+)"
#: All cases are of one kind: lists and addresses that the same code reads.
ONE_KIND = r"(\[)"
#: A test with so many cases, for which one core is enough, is a sweep of one kind, also where it is not in the table.
MANY = 3
MANY_CASES = Sweep(3, ONE_KIND)
#: By file and function.
SWEEPS: dict[str, Sweep] = {
    "test_absence.py::test_what_one_answer_denies_is_removed_all_the_same": Sweep(2, ONE_KIND),
    "test_access.py::test_nobody_who_can_is_missing": Sweep(2, ONE_KIND),
    "test_access.py::test_what_cannot_be_asked_is_told": Sweep(6, ONE_KIND),
    "test_bad_days.py::test_a_list_that_answers_200_with_an_error_inside": Sweep(2, ONE_KIND),
    "test_bad_days.py::test_names_of_all_kinds": Sweep(4),
    "test_check_mode.py::test_check_mode_predicts": Sweep(12, ONE_KIND),
    "test_commvault_audit_info.py::test_the_same_rows_however_they_are_served": Sweep(2, ONE_KIND),
    "test_commvault_audit_info.py::test_what_every_module_does_is_found_with_who_did_it": Sweep(2, ONE_KIND),
    "test_commvault_lag.py::test_a_task_waits_until_what_it_wrote_is_shown": Sweep(2, ONE_KIND),
    "test_commvault_role.py::test_bad_input": Sweep(2, ONE_KIND),
    "test_commvault_role.py::test_odd_names": Sweep(2, ONE_KIND),
    "test_commvault_role_mappings.py::test_user_groups_are_waited_for_so_that_the_next_run_makes_no_second_ones": Sweep(
        2, ONE_KIND
    ),
    "test_commvault_snapshot.py::test_a_read_that_fails_ends_the_task_and_the_older_document_stays": Sweep(
        12, ONE_KIND
    ),
    "test_commvault_snapshot.py::test_releases": Sweep(2, ONE_KIND),
    "test_commvault_snapshot.py::test_what_is_refused_is_told_and_the_rest_is_read": Sweep(12, ONE_KIND),
    "test_commvault_user_group.py::test_bad_input": Sweep(2, ONE_KIND),
    "test_conditional_access_bad_days.py::test_the_real_reason_is_told_of_every_request": Sweep(2, ONE_KIND),
    "test_entra_app_role_assignment.py::test_a_lost_answer_makes_no_second_assignment": Sweep(2, ONE_KIND),
    "test_entra_application_certificate.py::test_no_foreign_key_is_lost_at_any_instant": Sweep(2, ONE_KIND),
    "test_entra_conditional_access_info.py::test_a_read_that_fails_is_told_and_is_no_pass": Sweep(6, ONE_KIND),
    "test_entra_conditional_access_info.py::test_what_it_returns_is_what_the_writing_module_takes": Sweep(16, ONE_KIND),
    "test_entra_conditional_access_policy.py::test_from_each_shape_to_the_next": Sweep(3, ONE_KIND),
    "test_entra_conditional_access_policy.py::test_no_perpetual_change": Sweep(16, ONE_KIND),
    "test_entra_groups.py::test_half_done_work_is_told_and_goes_on": Sweep(4, ONE_KIND),
    "test_entra_snapshot.py::test_a_refused_part_is_told_with_its_permission": Sweep(6, ONE_KIND),
    "test_evidence_killed.py::test_files_that_may_not_grow": Sweep(2, ONE_KIND),
    "test_evidence_killed.py::test_killed_at_any_call_for_a_file": Sweep(8, ONE_KIND),
    "test_evidence_killed.py::test_links_in_the_place_of_what_is_written_are_not_followed": Sweep(2, ONE_KIND),
    "test_evidence_killed.py::test_refused_at_any_call_for_a_file": Sweep(16, ONE_KIND),
    "test_fault_sweep.py::test_a_fault_at_any_request_costs_a_further_run_at_most": Sweep(3, MODULE),
    "test_fault_sweep.py::test_a_write_that_is_answered_and_not_carried_out_is_told": Sweep(12, ONE_KIND),
    "test_fresh_objects.py::test_nothing_that_was_shown_is_said_to_be_missing": Sweep(6, ONE_KIND),
    "test_ids_of_other_kinds.py::test_an_id_of_another_kind_is_named": Sweep(3, ONE_KIND),
    "test_missing_libraries.py::test_a_report_that_needs_another_library_says_so": Sweep(2, ONE_KIND),
    "test_missing_libraries.py::test_every_playbook_says_it": Sweep(4, ONE_KIND),
    "test_missing_libraries.py::test_what_needs_another_library_says_so": Sweep(2, ONE_KIND),
    "test_permission_presets.py::test_a_wrong_document_is_told_with_the_nearest_preset": Sweep(2, ONE_KIND),
    "test_pseudonyms_hold.py::test_evidence_is_the_same_but_for_whom_it_is_about": Sweep(2, ONE_KIND),
    "test_pseudonyms_hold.py::test_nobody_is_in_any_byte": Sweep(2, ONE_KIND),
    "test_rehearsal.py::test_a_copy_shows_what_the_site_shows": Sweep(2, ONE_KIND),
    "test_rehearsal.py::test_the_snapshot_of_a_copy_is_that_of_the_site": Sweep(3, ONE_KIND),
    "test_releases.py::test_every_module_works_or_tells_why_it_cannot": Sweep(16, ONE_KIND),
    "test_releases.py::test_options_that_need_a_release": Sweep(6, ONE_KIND),
    "test_rotation_costs.py::test_a_run_in_the_final_state": Sweep(2, ONE_KIND),
    "test_rotation_faults.py::test_a_full_disk_at_any_call_costs_a_further_run": Sweep(4, ONE_KIND),
    "test_rotation_faults.py::test_a_key_vault_that_refuses_from_any_request_on_costs_a_further_run": Sweep(
        8, ONE_KIND
    ),
    "test_rotation_faults.py::test_a_rotation_of_certificates_that_is_made_wrong_is_seen": Sweep(4, ONE_KIND),
    "test_rotation_faults.py::test_a_rotation_that_is_made_wrong_is_seen": Sweep(4, ONE_KIND),
    "test_rotation_faults.py::test_a_trouble_at_any_request_costs_a_further_run_at_most": Sweep(8, ONE_KIND),
    "test_rotation_faults.py::test_a_trouble_while_conditional_access_blocks_the_proof_loses_nothing": Sweep(
        8, ONE_KIND
    ),
    "test_rotation_faults.py::test_a_vault_that_refuses_from_any_request_on_costs_a_further_run": Sweep(4, ONE_KIND),
    "test_rotation_faults.py::test_an_approval_that_takes_three_runs_is_waited_for": Sweep(4, ONE_KIND),
    "test_rotation_faults.py::test_another_run_at_any_request_does_no_harm": Sweep(4, ONE_KIND),
    "test_rotation_faults.py::test_one_of_three_targets_that_fails_for_ever_does_no_harm": Sweep(4, ONE_KIND),
    "test_rotation_faults.py::test_troubles_in_two_runs_cost_one_more": Sweep(4, ONE_KIND),
    "test_secret_store_key_vault.py::test_a_write_whose_answer_is_lost_leads_to_one_value": Sweep(3, ONE_KIND),
    "test_sign_on_cases.py::test_preflight_says_what_the_sign_on_gives": Sweep(6, ONE_KIND),
    "test_signing_certificates.py::test_a_fault_in_later_stages": Sweep(4, ONE_KIND),
    "test_signing_certificates.py::test_a_lost_answer_leaves_one_certificate": Sweep(2, ONE_KIND),
    "test_snapshot_failing_reads.py::test_nothing_is_lacking_in_silence": Sweep(2, ONE_KIND),
    "test_snapshot_odd_answers.py::test_an_answer_that_names_no_list_is_not_complete": Sweep(8, ONE_KIND),
    "test_snapshot_odd_answers.py::test_ids_that_are_none": Sweep(3),
    "test_steps.py::test_every_write_belongs_to_a_step_and_every_step_is_written": Sweep(8, ONE_KIND),
    "test_token_store.py::test_answers_that_are_none": Sweep(2, ONE_KIND),
    "test_token_store.py::test_killed_at_every_step": Sweep(4, ONE_KIND),
    "test_token_store_vault.py::test_what_is_wrong_is_one_message": Sweep(2, ONE_KIND),
    "test_validate.py::test_a_playbook_says_what_is_wrong": Sweep(36, ONE_KIND),
    "test_validate.py::test_what_only_playbooks_and_roles_set_is_not_taken_from_outside": Sweep(20, ONE_KIND),
    "test_workload_identity.py::test_a_token_that_is_not_the_pods_signs_nobody_in": Sweep(2, ONE_KIND),
}


def name_sweep(node_id: str) -> str:
    """File and function of a test, as in ``SWEEPS``."""
    return node_id.partition("[")[0].rpartition("/")[2]


def list_kinds(case: Case, sweep: Sweep) -> frozenset[t.Hashable]:
    """The kinds of a case. Raises ValueError where the pattern finds none."""
    if sweep.kind is None:
        return frozenset(case.values.items())
    found = re.search(sweep.kind, case.node_id)
    if found is None:
        raise ValueError(f"{case.node_id} has no kind: {sweep.kind}")
    return frozenset(found.groups())


def choose_sample(cases: t.Sequence[Case], sweep: Sweep) -> set[str]:
    """The names of the cases in the sample: by their names alone, so that every process of the tests chooses the same."""
    left = sorted(cases, key=lambda case: (zlib.crc32(case.node_id.encode()), case.node_id))
    lacking = frozenset[t.Hashable]().union(*(list_kinds(case, sweep) for case in left))
    chosen: set[str] = set()
    while lacking:
        best = max(left, key=lambda case: len(list_kinds(case, sweep) & lacking))
        left.remove(best)
        chosen.add(best.node_id)
        lacking -= list_kinds(best, sweep)
    wanted = -(-len(cases) // sweep.one_in)
    return chosen | {case.node_id for case in left[: max(0, wanted - len(chosen))]}


def list_rest_of_sweeps(cases: t.Iterable[Case]) -> set[str]:
    """The names of the cases that are in no sample, of all tests; what is no case of a sweep is left out of the answer."""
    by_name: dict[str, list[Case]] = {}
    for case in cases:
        by_name.setdefault(name_sweep(case.node_id), []).append(case)
    rest: set[str] = set()
    for name, found in by_name.items():
        many = MANY_CASES if len(found) >= MANY and all(case.any_core for case in found) else None
        if sweep := SWEEPS.get(name, many):
            rest |= {case.node_id for case in found} - choose_sample(found, sweep)
    return rest
