# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


"""The plan for people: what an approver sees, that nothing is left out unsaid, and the digest of it."""

from __future__ import annotations

import json
import random
import re
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import FilterInputError
from ansible_collections.cvops.identity.plugins.plugin_utils.plan_lines import compute_digest, format_plan

HOSTILE = "a\x1b[2K\nok: [localhost] \u202e```{{ 1 }}"
SHOWN = "a\\x1b[2K ok: [localhost] \\u202e```{{ 1 }}"


def step(sign: str, kind: str, principal: str, sentence: str, number: int = 0) -> dict[str, t.Any]:
    return {
        "id": f"{number:016x}",
        "action": "add",
        "sign": sign,
        "kind": kind,
        "principal": principal,
        "sentence": sentence,
    }


GROUPS = {
    "results": [
        {
            "changed": True,
            "group": {},
            "steps": [
                step("+", "group", "GG-Operators", "create the group", 1),
                step("+", "member", "GG-Operators", "add member j.vega@corp.example", 2),
            ],
        },
        {"changed": False, "group": {}, "steps": []},
        {"skipped": True},
    ]
}
CONSENT = {
    "consent": {
        "status": "pending_consent",
        "missing": [{"api": "Microsoft Graph", "application": ["Group.Read.All"], "delegated": ["User.Read"]}],
        "consent_url": "https://login.example/adminconsent",
    },
    "steps": [],
}
ROW = {"principal": "Auditors", "role": "View", "entity_type": "plans", "entity": "gold"}
MAPPING = {
    "role_mappings": {
        "remaining": 7,
        "surplus": [ROW],
        "unmanaged": [{"user_group": "CV-Old", "grants": 4}],
        "unchecked": [{**ROW, "principal": "Operators"}],
        "unverified": [{"name": "GG-Operators", "object_id": "8d0f"}],
        "not_confirmed": [],
    },
    "steps": [
        step("+", "user group", "Operators", "create the user group", 3),
        step("+", "grant", "Operators", "grant View on plans gold", 4),
        step("+", "grant", "Operators", "grant View on plans silver", 5),
        step("-", "grant", "Auditors", "revoke Admin on the CommCell", 6),
        step("~", "user group", "Operators", "link to the Entra group GG-Operators", 7),
    ],
}
REFUSED = {
    "failed": True,
    "msg": "1 problem",
    "error": {"kind": "config", "problems": [{"where": "mappings[3].role", "message": "no role is named Veiw"}]},
}
PLANS = {"cs02": [REFUSED], "cs01": [MAPPING], "localhost": [GROUPS, CONSENT]}


def test_a_plan_as_lines() -> None:
    assert format_plan(PLANS) == [
        "Plan: 1 group created, 1 member added, 1 user group created, 1 changed, 2 grants added, 1 removed",
        "Entra ID: 1 group created, 1 member added",
        "  GG-Operators",
        "    + create the group",
        "    + add member j.vega@corp.example",
        "  Waiting for somebody",
        "    consent to the application permission Group.Read.All of Microsoft Graph, to be granted at https://login.example/adminconsent",
        "    consent to the delegated permission User.Read of Microsoft Graph, to be granted at https://login.example/adminconsent",
        "CommCell cs01: 1 user group created, 1 changed, 2 grants added, 1 removed",
        "  Auditors",
        "    - revoke Admin on the CommCell",
        "  Operators",
        "    + create the user group",
        "    + grant View on plans gold",
        "    + grant View on plans silver",
        "    ~ link to the Entra group GG-Operators",
        "  Waiting for somebody",
        "    7 write requests, for the next run (max_writes, canary)",
        "  Surplus: access that is not in the document, and stays",
        "    Auditors: View on plans gold",
        "  Unmanaged: groups with access and without an entry",
        "    CV-Old: 4 grants",
        "  Not checked: whether the signed-in identity may do this",
        "    Operators: View on plans gold",
        "  Not verified: what these object ids identify",
        "    GG-Operators (8d0f)",
        "CommCell cs02: nothing to do",
        "  Problems",
        "    mappings[3].role: no role is named Veiw",
    ]


def test_certificates_are_counted_with_their_noun() -> None:
    kinds = [("+", "signing certificate"), ("~", "signing certificate"), ("~", "active signing certificate")]
    steps = [step(sign, kind, "App", f"{sign} {kind}", number) for number, (sign, kind) in enumerate(kinds)]
    (first, *_rest) = format_plan({"localhost": [{"steps": steps}]})
    assert first.endswith(
        "1 signing certificate added, 1 signing certificate changed, 1 signing certificate put to use"
    )


def test_a_plan_as_markdown() -> None:
    assert format_plan(
        {"cs01": [*MAPPING["steps"][3:]], "cs_2": [{"failed": True, "msg": "no <route>"}]}, markdown=True
    ) == [
        "# Plan: 1 grant removed, 1 user group changed",
        "",
        "## CommCell cs01",
        "",
        "```diff",
        "  Auditors",
        "-   revoke Admin on the CommCell",
        "  Operators",
        "~   link to the Entra group GG-Operators",
        "```",
        "",
        "## CommCell cs\\_2: nothing to do",
        "",
        "### Problems",
        "",
        "- no \\<route\\>",
    ]


def test_surplus_that_is_not_known_is_told_as_such_and_no_surplus_is_no_line() -> None:
    assert "    unknown" in format_plan({"cs01": [{"role_mappings": {"surplus": "unknown"}}]})
    assert format_plan({"cs01": [{"role_mappings": {"surplus": [], "unmanaged": []}}]}) == [
        "Plan: nothing to do",
        "CommCell cs01",
    ]


def test_approved_steps_that_somebody_else_did_are_told() -> None:
    policy = {"policy_state": "report_only", "held_back": [{"why": "no log"}]}
    lines = format_plan({"cs01": [{"steps": [], "steps_gone": ["a"], "policy": policy}]})
    assert "    1 approved steps: its policy stays in report-only, or somebody else has done it already" in lines
    lines = format_plan({"cs01": [{"steps": [], "steps_gone": ["a", "b"]}]})
    assert lines[-1] == "    2 approved steps: somebody else has done it already"


def test_where_not_all_is_shown_removals_are_left_out_last_and_what_is_left_out_is_counted() -> None:
    many = [step("+", "grant", f"G{number:03}", f"grant View on plans {number}", number) for number in range(216)]
    lines = format_plan({"cs01": [*many, step("-", "grant", "Z", "revoke Admin on the CommCell", 999)]}, limit=3)
    assert lines[1:] == [
        "CommCell cs01",
        "  G000",
        "    + grant View on plans 0",
        "  G001",
        "    + grant View on plans 1",
        "  Z",
        "    - revoke Admin on the CommCell",
        "  and 214 more",
    ]
    rows = [{**ROW, "entity": f"plan {number}"} for number in range(5)]
    cut = format_plan({"cs01": [{"role_mappings": {"surplus": rows}}]}, limit=2)
    assert cut[-1] == "    and 3 more"


def test_where_the_rest_is_stands_behind_its_number() -> None:
    many = [step("+", "grant", "G", f"grant View on plans {number}", number) for number in range(3)]
    rows = [{**ROW, "entity": f"plan {number}"} for number in range(3)]
    lines = format_plan({"cs01": [*many, {"role_mappings": {"surplus": rows}}]}, limit=2, rest="see plan.md")
    assert [line for line in lines if "more" in line] == ["  and 1 more, see plan.md", "    and 1 more, see plan.md"]
    assert not any("plan.md" in line for line in format_plan({"cs01": many}, rest="see plan.md"))


def test_a_host_is_told_with_the_tenant_or_the_commcell_that_its_results_are_about() -> None:
    own = {"steps": [], "target": "6f0f6f0a"}
    lines = format_plan(
        {"localhost": [own, {"results": [own]}], "cs01": [{"steps": [], "target": f"https://{HOSTILE}"}]}
    )
    assert lines[1:] == ["Entra ID (tenant 6f0f6f0a)", f"CommCell cs01 (https://{SHOWN})"]


def test_totals_of_a_host_are_told_where_they_are_not_those_of_the_plan() -> None:
    own = step("+", "grant", "G", "grant View", 1)
    assert format_plan({"localhost": [], "cs01": [own]}) == [
        "Plan: 1 grant added",
        "Entra ID: nothing to do",
        "CommCell cs01",
        "  G",
        "    + grant View",
    ]
    assert format_plan({"cs01": [own], "cs02": [own]})[1:5:3] == [
        "CommCell cs01: 1 grant added",
        "CommCell cs02: 1 grant added",
    ]


def test_a_long_sentence_has_each_setting_on_a_line_and_nothing_else_is_parted() -> None:
    settings = ["access token version 1", 'display name "Sign-on, for all"', "implicit grant of ID tokens false"]
    sentence = f'register the application with {", ".join(settings)}, sign-in audience "AzureADMyOrg"'
    long = step("+", "application", "App", sentence, 1)
    assert format_plan({"localhost": [long]})[3:] == [
        "    + register the application with",
        *(f"        {setting}" for setting in [*settings, 'sign-in audience "AzureADMyOrg"']),
    ]
    assert format_plan({"localhost": [long]}, markdown=True)[6:9] == [
        "+   register the application with",
        "+     access token version 1",
        '+     display name "Sign-on, for all"',
    ]
    short = "create the role with enabled true, visible to all false"
    name = f"grant View with {'x' * 80}, - revoke Admin 1, and 7 true"
    for other in (short, name):
        assert format_plan({"cs01": [step("+", "role", "R", other)]})[3:] == [f"    + {other}"]


def test_the_same_steps_elsewhere_are_another_plan() -> None:
    """What is approved for one site must not be what is approved for another one with the same names, where all is still to be made."""
    steps = [step("+", "group", "GG", "create the group", 1)]

    def make_plans(tenant: str, address: str) -> dict[str, t.Any]:
        return {"localhost": [{"steps": steps, "target": tenant}], "cs01": [{"steps": steps, "target": address}]}

    digests = {
        compute_digest(make_plans(tenant, address))
        for tenant in ("6f0f6f0a", "0b7c1d2e")
        for address in ("https://a", "https://b")
    }
    assert len(digests) == 4
    assert compute_digest(make_plans("6f0f6f0a", "https://a")) in digests


@given(
    st.dictionaries(
        st.sampled_from(["localhost", "cs01", "cs02"]),
        st.tuples(st.sets(st.integers(0, 9), min_size=1), st.sampled_from(["https://a", "https://b", "6f0f6f0a"])),
    ),
    st.data(),
)
def test_two_plans_have_one_digest_exactly_where_steps_and_targets_of_all_hosts_are_the_same(
    plans: dict[str, tuple[set[int], str]], data: st.DataObject
) -> None:
    def make_results(numbers: t.Iterable[int], target: str) -> list[dict[str, t.Any]]:
        return [{"steps": [step("+", "grant", "GG", "grant", number)], "target": target} for number in numbers]

    def digest(found: t.Mapping[str, tuple[set[int], str]]) -> str:
        return compute_digest({host: make_results(numbers, target) for host, (numbers, target) in found.items()})

    mixed = data.draw(st.permutations(sorted(plans)))
    shuffled = {
        host: make_results(data.draw(st.permutations(sorted(plans[host][0]))), plans[host][1]) for host in mixed
    }
    assert compute_digest(shuffled) == digest(plans)
    for host, (numbers, target) in plans.items():
        assert digest({**plans, host: (numbers, f"{target}x")}) != digest(plans)
        assert digest({**plans, host: (numbers | {10}, target)}) != digest(plans)


def test_names_cannot_make_lines_of_their_own_and_no_name_ends_the_block_of_a_file() -> None:
    hostile = [step("+", "grant", HOSTILE, f"grant {HOSTILE}", 1)]
    assert format_plan({HOSTILE: hostile})[1:] == [
        f"CommCell {SHOWN}",
        f"  {SHOWN}",
        f"    + grant {SHOWN}",
    ]
    lines = format_plan({"cs01": [*hostile, step("-", "grant", "```", "```", 2)]}, markdown=True)
    assert [line for line in lines if re.fullmatch(r" {0,3}`{4,}(diff)?", line)] == ["````diff", "````"]


@pytest.mark.parametrize("limit", [-1, "many", True, 1.5, None])
def test_a_limit_that_is_no_number_is_refused(limit: t.Any) -> None:
    with pytest.raises(FilterInputError, match="limit must be 0"):
        format_plan({}, limit=limit)


def test_results_of_another_form_are_refused() -> None:
    for plans in ([1], {"cs01": 5}, {"cs01": ["text"]}, {"cs01": [{"steps": "none"}]}):
        for make in (format_plan, compute_digest):
            with pytest.raises(FilterInputError):
                make(plans)


NAMES = st.text("abAB `\x1b\n", min_size=1, max_size=4)
STEPS = st.lists(
    st.builds(step, st.sampled_from("+-~"), st.sampled_from(("grant", "role")), NAMES, NAMES, st.integers(0, 99)),
    max_size=8,
)
HOSTS = st.dictionaries(st.sampled_from(("localhost", "cs01", "cs02")), STEPS)


@given(HOSTS, st.booleans())
def test_every_step_is_one_line_under_its_principal(plans: dict[str, list[dict[str, t.Any]]], markdown: bool) -> None:
    lines = format_plan(plans, markdown=markdown)
    pattern = r"([-+~])   " if markdown else r"    ([-+~]) "
    signs = [match[1] for match in (re.match(pattern, line) for line in lines) if match]
    assert sorted(signs) == sorted(item["sign"] for steps in plans.values() for item in steps)
    assert all("\n" not in line and "\x1b" not in line for line in lines)


@given(HOSTS, st.integers(1, 9))
def test_shown_and_left_out_steps_are_all_steps(plans: dict[str, list[dict[str, t.Any]]], limit: int) -> None:
    lines = format_plan(plans, limit=limit)
    shown = sum(bool(re.match(r"    [-+~] ", line)) for line in lines)
    left = sum(int(match[1]) for match in (re.fullmatch(r"  and (\d+) more", line) for line in lines) if match)
    assert shown + left == sum(map(len, plans.values()))


@given(HOSTS, st.randoms(use_true_random=False))
def test_the_order_of_hosts_tasks_and_steps_makes_no_difference_to_the_digest(
    plans: dict[str, list[dict[str, t.Any]]], chance: random.Random
) -> None:
    mixed: dict[str, t.Any] = {}
    for host in chance.sample(sorted(plans), len(plans)):
        steps = chance.sample(plans[host], len(plans[host]))
        cut = chance.randint(0, len(steps))
        mixed[host] = [{"results": [{"steps": steps[:cut]}, {"skipped": True}]}, {"steps": steps[cut:]}]
    assert compute_digest(mixed) == compute_digest({**plans, "idle": []})
    assert format_plan({**mixed}, limit=0)[0].count("grant") == format_plan(plans)[0].count("grant")


@given(HOSTS, HOSTS)
def test_two_plans_have_one_digest_exactly_when_they_hold_the_same_steps(
    one: dict[str, list[dict[str, t.Any]]], two: dict[str, list[dict[str, t.Any]]]
) -> None:
    def ids(plans: dict[str, list[dict[str, t.Any]]]) -> str:
        return json.dumps({host: sorted({s["id"] for s in steps}) for host, steps in sorted(plans.items()) if steps})

    assert (compute_digest(one) == compute_digest(two)) == (ids(one) == ids(two))


class _Watched(dict[str, t.Any]):
    """A mapping that notes which members are taken out of it; to take all of them is an error."""

    def __init__(self, members: dict[str, t.Any]) -> None:
        super().__init__(members)
        self.taken: set[str] = set()

    def __getitem__(self, name: str) -> t.Any:
        self.taken.add(name)
        return super().__getitem__(name)

    def items(self) -> t.NoReturn:
        """Refuse it."""
        raise AssertionError("all members were taken")


def test_only_what_is_told_is_taken_out_of_the_result_of_a_mapping() -> None:
    """ansible-core looks for templates in every value that is taken out of a variable, and grants are many."""
    mapped = _Watched({"grants": [ROW], "surplus": [ROW], "unmanaged": "unknown", "remaining": 2})
    lines = format_plan({"cs01": [{"role_mappings": mapped}]})
    assert mapped.taken == {"surplus", "unmanaged", "remaining"}
    assert "    Auditors: View on plans gold" in lines
    assert "    unknown" in lines


def test_a_policy_that_is_put_in_force_is_counted_in_words_and_never_cut() -> None:
    """Of a thousand additions before it, it is shown first; what a policy does not cover, and what speaks against it, stands beside the steps."""
    many = [step("+", "member", f"GG-{number:04}", "add member x", number) for number in range(1000)]
    forced = step("~", "enforcement", "CA1", "put in force: report-only -> in force", 2001)
    ended = step("~", "end of enforcement", "CA2", "take out of force: in force -> off", 2002)
    lines = format_plan({"localhost": [{"steps": [*many, forced, {**forced, "principal": "CA3"}, ended]}]}, 3)
    assert lines[0] == "Plan: 1000 members added, 2 policies put in force, 1 policy taken out of force"
    assert (
        "    ~ put in force: report-only -> in force" in lines and "    ~ take out of force: in force -> off" in lines
    )
    created = step("+", "conditional access policy", "CA1", "create the conditional access policy", 1)
    policy = {
        "display_name": "CA1",
        "client_applications": {"include": [{"id": "1"}]},
        "held_back": [{"who": None, "why": "the log was not read"}],
    }
    told = format_plan({"localhost": [{"policy": policy, "steps": [created]}]})
    assert told[0] == "Plan: 1 conditional access policy created"
    assert told[told.index("  Sign-ins that the policy would have refused") + 1] == "    CA1: the log was not read"
    assert "Workload Identities Premium" in told[told.index("  Not covered") + 1]
    unchanged = format_plan({"localhost": [{"policy": policy, "steps": []}]})
    assert "  Not covered" not in unchanged and "    CA1: the log was not read" in unchanged
