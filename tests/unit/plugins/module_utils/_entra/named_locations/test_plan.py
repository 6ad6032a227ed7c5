# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planning a named location: what it converges to, and that it leaves alone what it does not manage."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import guid
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer, ConfigError, Problems
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Plan
from ansible_collections.cvops.identity.plugins.module_utils._entra.named_locations.plan import (
    Location,
    plan_location,
    plan_location_removal,
    read_desired,
    read_location,
)

IP_TYPE, COUNTRY_TYPE = "#microsoft.graph.ipNamedLocation", "#microsoft.graph.countryNamedLocation"
RANGES = st.lists(
    st.sampled_from(["203.0.113.16/28", "198.51.100.7/32", "192.0.2.0/24", "2001:db8:40::/48"]), max_size=4
)
CODES = st.lists(st.sampled_from(["CH", "LI", "AT", "DE"]), max_size=4)
SWITCHES = st.sampled_from([None, True, False])
IP_OPTIONS = st.fixed_dictionaries({"ip_ranges": RANGES.filter(bool) | st.none(), "trusted": SWITCHES})
COUNTRY_OPTIONS = st.fixed_dictionaries(
    {
        "countries": CODES.filter(bool) | st.none(),
        "include_unknown_countries": SWITCHES,
        "country_lookup": st.sampled_from([None, "client_ip_address", "authenticator_app_gps"]),
    }
)
IP_WIRES = st.builds(lambda ranges, trusted: ip_wire(ranges, isTrusted=trusted), RANGES.filter(bool), st.booleans())
COUNTRY_WIRES = st.builds(
    lambda codes, unknown, lookup: country_wire(
        codes, includeUnknownCountriesAndRegions=unknown, countryLookupMethod=lookup
    ),
    CODES.filter(bool),
    st.booleans(),
    st.sampled_from(["clientIpAddress", "authenticatorAppGps"]),
)
PAIRS = st.tuples(IP_WIRES, IP_OPTIONS) | st.tuples(COUNTRY_WIRES, COUNTRY_OPTIONS)


def ip_wire(ranges: t.Sequence[str], **more: t.Any) -> dict[str, t.Any]:
    listed = [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": text} for text in ranges]
    return {
        "@odata.type": IP_TYPE,
        "id": guid(1),
        "displayName": "Egress",
        "isTrusted": False,
        "ipRanges": listed,
        "createdDateTime": "2026-01-01T00:00:00Z",
        **more,
    }


def country_wire(codes: t.Sequence[str], **more: t.Any) -> dict[str, t.Any]:
    return {
        "@odata.type": COUNTRY_TYPE,
        "id": guid(1),
        "displayName": "Egress",
        "countriesAndRegions": list(codes),
        "includeUnknownCountriesAndRegions": False,
        "countryLookupMethod": "clientIpAddress",
        **more,
    }


def make_plan(options: t.Mapping[str, t.Any], current: Location | None, exclusive: bool = False) -> Plan:
    kind, desired = read_desired({"display_name": "Egress", **options}, current)
    return plan_location(options.get("display_name", "Egress"), kind, desired, current, exclusive)


def carry_out(wire: t.Mapping[str, t.Any] | None, plan: Plan) -> dict[str, t.Any]:
    """What the service has after the steps: properties that are sent replace those that are there."""
    found = dict(wire or {"id": guid(1)})
    for step in plan.steps:
        found.update(step.data["body"])
    return found


@given(PAIRS, st.booleans())
def test_a_plan_converges_and_leaves_alone_what_is_not_managed(
    pair: tuple[dict[str, t.Any], dict[str, t.Any]], exclusive: bool
) -> None:
    wire, options = pair
    first = make_plan(options, read_location(wire), exclusive)
    after = carry_out(wire, first)
    again = make_plan(options, read_location(after), exclusive)
    assert not again.changed and again.before == first.after
    for name, member in (
        ("ip_ranges", "ipRanges"),
        ("trusted", "isTrusted"),
        ("countries", "countriesAndRegions"),
        ("include_unknown_countries", "includeUnknownCountriesAndRegions"),
        ("country_lookup", "countryLookupMethod"),
    ):
        if options.get(name) is None:
            assert after.get(member) == wire.get(member)
    for name in ("ip_ranges", "countries"):
        if options.get(name) is not None:
            wanted, had = set(options[name]), set(first.before[name])
            assert set(first.after[name]) == (wanted if exclusive else wanted | had)
    assert len(first.steps) <= 1, "one request, whatever changes"


@given(PAIRS, st.booleans(), st.randoms(use_true_random=False))
def test_the_order_does_not_matter(
    pair: tuple[dict[str, t.Any], dict[str, t.Any]], exclusive: bool, random: t.Any
) -> None:
    wire, options = pair
    mixed, asked = dict(wire), dict(options)
    for holder, names in ((mixed, ("ipRanges", "countriesAndRegions")), (asked, ("ip_ranges", "countries"))):
        for name in names:
            if holder.get(name):
                holder[name] = random.sample(holder[name], len(holder[name]))
    assert make_plan(asked, read_location(mixed), exclusive) == make_plan(options, read_location(wire), exclusive)


@given(st.one_of(IP_OPTIONS.filter(lambda o: o["ip_ranges"]), COUNTRY_OPTIONS.filter(lambda o: o["countries"])))
def test_a_new_location_is_as_asked_at_once(options: dict[str, t.Any]) -> None:
    first = make_plan(options, None)
    (step,) = first.steps
    assert step.action == "create" and step.data["body"]["displayName"] == "Egress"
    again = make_plan(options, read_location(carry_out(None, first)), exclusive=True)
    assert not again.changed and again.after == first.after


def test_ranges_that_stay_are_sent_as_the_service_shows_them() -> None:
    odd = {"@odata.type": "#microsoft.graph.someNewRange", "cidrAddress": "a new form", "note": 1}
    shown = {"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "203.0.113.17/28", "label": "old"}
    plan = make_plan({"ip_ranges": ["192.0.2.0/24"]}, read_location(ip_wire([], ipRanges=[odd, shown])))
    (step,) = plan.steps
    new = {"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "192.0.2.0/24"}
    assert sorted(map(str, step.data["body"]["ipRanges"])) == sorted(map(str, [odd, shown, new]))
    assert step.data["body"]["@odata.type"] == IP_TYPE and "displayName" not in step.data["body"]
    assert not make_plan({"ip_ranges": ["203.0.113.16/28"]}, read_location(ip_wire([], ipRanges=[shown]))).changed


def test_a_range_of_ipv6_is_labelled_as_one() -> None:
    body = make_plan({"ip_ranges": ["2001:db8:40::/48"]}, None).steps[0].data["body"]
    assert body["ipRanges"] == [{"@odata.type": "#microsoft.graph.iPv6CidrRange", "cidrAddress": "2001:db8:40::/48"}]
    assert body["isTrusted"] is False


def test_each_range_is_a_sentence_of_the_plan() -> None:
    current = read_location(ip_wire(["203.0.113.16/28"]))
    plan = make_plan({"ip_ranges": ["192.0.2.0/24"], "trusted": True}, current, exclusive=True)
    told = sorted((change.sign, change.sentence) for step in plan.steps for change in step.changes)
    assert told == [
        ("+", "add IP range 192.0.2.0/24"),
        ("-", "remove IP range 203.0.113.16/28"),
        ("~", "set trusted to true"),
    ]
    assert all(change.ids == {"principal": guid(1)} for step in plan.steps for change in step.changes)


def test_a_name_is_changed_by_the_id_only_and_never_in_letter_case_only() -> None:
    current = read_location(ip_wire(["203.0.113.16/28"]))
    assert not make_plan({"display_name": "EGRESS", "ip_ranges": ["203.0.113.16/28"]}, current).changed
    (step,) = make_plan({"display_name": "New", "ip_ranges": ["203.0.113.16/28"]}, current).steps
    assert step.data["body"] == {"@odata.type": IP_TYPE, "displayName": "New"}


@pytest.mark.parametrize(("trusted", "actions"), [(True, ["distrust", "delete"]), (False, ["delete"])])
def test_a_trusted_location_is_distrusted_before_it_is_deleted(trusted: bool, actions: list[str]) -> None:
    plan = plan_location_removal(read_location(ip_wire(["203.0.113.16/28"], isTrusted=trusted)))
    assert [step.action for step in plan.steps] == actions and plan.after == {}
    assert plan_location_removal(read_location(country_wire(["CH"]))).steps[0].action == "delete"
    assert not plan_location_removal(None).changed


@pytest.mark.parametrize(
    ("options", "where", "told"),
    [
        ({}, "ip_ranges or countries", "a new one needs"),
        ({"trusted": True}, "ip_ranges", "a new one needs ip_ranges"),
        ({"country_lookup": "client_ip_address"}, "countries", "a new one needs countries"),
        ({"ip_ranges": []}, "ip_ranges", "at least one"),
        ({"countries": []}, "countries", "at least one"),
        ({"ip_ranges": ["203.0.113.16/28"], "countries": ["CH"]}, "countries", "give one kind"),
        ({"display_name": None, "ip_ranges": ["203.0.113.16/28"]}, "display_name", "needs a name"),
    ],
)
def test_what_cannot_become_a_location_is_told(options: dict[str, t.Any], where: str, told: str) -> None:
    with pytest.raises(Problems) as caught:
        make_plan(options, None)
    (problem,) = caught.value.facts["problems"]
    assert problem["where"] == where and told in problem["message"]


def test_several_problems_are_told_together() -> None:
    with pytest.raises(Problems) as caught:
        make_plan({"ip_ranges": ["x", "y"], "countries": ["UK"]}, None)
    assert [one["where"] for one in caught.value.facts["problems"]] == [
        "countries",
        "ip_ranges[0]",
        "ip_ranges[1]",
        "countries[0]",
    ]


@pytest.mark.parametrize(
    ("wire", "options"),
    [
        (ip_wire(["203.0.113.16/28"]), {"countries": ["CH"]}),
        (country_wire(["CH"]), {"trusted": False}),
        (ip_wire([], **{"@odata.type": "#microsoft.graph.compliantNetworkNamedLocation"}), {"trusted": False}),
        (ip_wire([], **{"@odata.type": None}), {}),
    ],
)
def test_a_location_of_another_kind_is_left_alone(wire: dict[str, t.Any], options: dict[str, t.Any]) -> None:
    with pytest.raises(ConfigError, match="of another kind"):
        make_plan(options, read_location(wire))


@pytest.mark.parametrize(
    "wire",
    [
        ip_wire([], id=None),
        ip_wire([], ipRanges={"cidrAddress": "203.0.113.16/28"}),
        ip_wire([], ipRanges=["203.0.113.16/28"]),
        ip_wire([], ipRanges=[{"cidr": "203.0.113.16/28"}]),
        country_wire([], countriesAndRegions="CH"),
        country_wire([], countriesAndRegions=[1]),
    ],
)
def test_what_is_no_location_is_a_bad_answer(wire: dict[str, t.Any]) -> None:
    with pytest.raises(BadAnswer):
        read_location(wire)


def test_a_way_to_find_the_country_that_is_new_is_kept() -> None:
    current = read_location(country_wire(["CH"], countryLookupMethod="bySatellite"))
    (step,) = make_plan({"countries": ["LI"]}, current).steps
    assert "countryLookupMethod" not in step.data["body"] and current.fields["country_lookup"] == "bySatellite"
