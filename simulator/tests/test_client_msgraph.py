# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""msgraph-sdk against Graph."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from azure.identity import ClientSecretCredential
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.applications.applications_request_builder import ApplicationsRequestBuilder
from msgraph.generated.applications.item.add_password.add_password_post_request_body import AddPasswordPostRequestBody
from msgraph.generated.applications.item.application_item_request_builder import ApplicationItemRequestBuilder
from msgraph.generated.applications.item.remove_password.remove_password_post_request_body import (
    RemovePasswordPostRequestBody,
)
from msgraph.generated.audit_logs.sign_ins.sign_ins_request_builder import SignInsRequestBuilder
from msgraph.generated.identity.conditional_access.evaluate.evaluate_post_request_body import EvaluatePostRequestBody
from msgraph.generated.models.app_role import AppRole
from msgraph.generated.models.app_role_assignment import AppRoleAssignment
from msgraph.generated.models.application import Application
from msgraph.generated.models.application_context import ApplicationContext
from msgraph.generated.models.conditional_access_applications import ConditionalAccessApplications
from msgraph.generated.models.conditional_access_authentication_flows import ConditionalAccessAuthenticationFlows
from msgraph.generated.models.conditional_access_client_app import ConditionalAccessClientApp
from msgraph.generated.models.conditional_access_client_applications import ConditionalAccessClientApplications
from msgraph.generated.models.conditional_access_condition_set import ConditionalAccessConditionSet
from msgraph.generated.models.conditional_access_devices import ConditionalAccessDevices
from msgraph.generated.models.conditional_access_enumerated_external_tenants import (
    ConditionalAccessEnumeratedExternalTenants,
)
from msgraph.generated.models.conditional_access_external_tenants_membership_kind import (
    ConditionalAccessExternalTenantsMembershipKind,
)
from msgraph.generated.models.conditional_access_filter import ConditionalAccessFilter
from msgraph.generated.models.conditional_access_grant_control import ConditionalAccessGrantControl
from msgraph.generated.models.conditional_access_grant_controls import ConditionalAccessGrantControls
from msgraph.generated.models.conditional_access_guest_or_external_user_types import (
    ConditionalAccessGuestOrExternalUserTypes,
)
from msgraph.generated.models.conditional_access_guests_or_external_users import ConditionalAccessGuestsOrExternalUsers
from msgraph.generated.models.conditional_access_locations import ConditionalAccessLocations
from msgraph.generated.models.conditional_access_policy import ConditionalAccessPolicy
from msgraph.generated.models.conditional_access_policy_state import ConditionalAccessPolicyState
from msgraph.generated.models.conditional_access_session_controls import ConditionalAccessSessionControls
from msgraph.generated.models.conditional_access_transfer_methods import ConditionalAccessTransferMethods
from msgraph.generated.models.conditional_access_users import ConditionalAccessUsers
from msgraph.generated.models.country_named_location import CountryNamedLocation
from msgraph.generated.models.filter_mode import FilterMode
from msgraph.generated.models.group import Group
from msgraph.generated.models.i_pv4_cidr_range import IPv4CidrRange
from msgraph.generated.models.i_pv6_cidr_range import IPv6CidrRange
from msgraph.generated.models.ip_named_location import IpNamedLocation
from msgraph.generated.models.key_credential import KeyCredential
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.password_credential import PasswordCredential
from msgraph.generated.models.persistent_browser_session_control import PersistentBrowserSessionControl
from msgraph.generated.models.persistent_browser_session_mode import PersistentBrowserSessionMode
from msgraph.generated.models.reference_create import ReferenceCreate
from msgraph.generated.models.service_principal import ServicePrincipal
from msgraph.generated.models.service_principal_sign_in import ServicePrincipalSignIn
from msgraph.generated.models.sign_in_conditions import SignInConditions
from msgraph.generated.models.sign_in_frequency_authentication_type import SignInFrequencyAuthenticationType
from msgraph.generated.models.sign_in_frequency_interval import SignInFrequencyInterval
from msgraph.generated.models.sign_in_frequency_session_control import SignInFrequencySessionControl
from msgraph.generated.models.what_if_analysis_reasons import WhatIfAnalysisReasons
from msgraph.generated.service_principals.item.add_token_signing_certificate.add_token_signing_certificate_post_request_body import (  # noqa: E501
    AddTokenSigningCertificatePostRequestBody,
)
from msgraph_core import GraphClientFactory

from access_bodies import policy
from certificates import Certificate, make_certificate
from cvops_simulator import Fault, Identity, Simulator
from cvops_simulator.entra.conditional_access.policies import add_policy
from cvops_simulator.testing import running_simulator

Steps = Callable[[GraphServiceClient], Awaitable[None]]


def run(sim: Simulator, steps: Steps, identity: Identity | None = None) -> None:
    """Run steps with a client of an identity (default: the automation)."""
    who = identity or sim.automation

    async def inner() -> None:
        context = ssl.create_default_context(cafile=sim.ca_path)
        options: dict[str, Any] = {"disable_instance_discovery": True, "connection_verify": sim.ca_path}
        credential = ClientSecretCredential(
            sim.tenant_id, who.client_id, who.client_secret, authority=sim.login_url, **options
        )
        provider = AzureIdentityAuthenticationProvider(credential, allowed_hosts=["localhost"])
        async with httpx.AsyncClient(verify=context, trust_env=False) as http:
            client = GraphClientFactory.create_with_default_middleware(client=http)
            adapter = GraphRequestAdapter(provider, client=client)
            adapter.base_url = f"{sim.graph_url}/v1.0"
            await steps(GraphServiceClient(request_adapter=adapter))

    asyncio.run(inner())


def test_application_from_create_to_delete(sim: Simulator) -> None:
    async def steps(client: GraphServiceClient) -> None:
        created = await client.applications.post(
            Application(display_name="build-runner", sign_in_audience="AzureADMyOrg")
        )
        assert created and created.id and created.app_id and created.web and created.web.redirect_uris == []
        item = client.applications.by_application_id(created.id)
        role_id = "3f0c6d2e-31a5-4b0b-9f5b-0d6f4a1c2b3d"
        role = {
            "allowed_member_types": ["User"],
            "display_name": "Operate",
            "description": "Operate",
            "value": "Operate",
        }
        await item.patch(Application(notes="by SDK", app_roles=[AppRole(id=role_id, is_enabled=True, **role)]))  # type: ignore[arg-type]
        read = await item.get()
        assert read and read.notes == "by SDK" and read.app_roles and str(read.app_roles[0].id) == role_id
        by_app_id = await client.applications_with_app_id(created.app_id).get()
        assert by_app_id and by_app_id.id == created.id
        principal = await client.service_principals.post(ServicePrincipal(app_id=created.app_id))
        assert principal and principal.app_roles and principal.service_principal_type == "Application"
        await item.delete()
        with pytest.raises(ODataError) as caught:
            await item.get()
        assert caught.value.response_status_code == 404
        assert caught.value.error and caught.value.error.code == "Request_ResourceNotFound"

    run(sim, steps)
    assert any(entry["row"]["displayName"] == "build-runner" for entry in sim.tenant.deleted.values())


def test_passwords(sim: Simulator) -> None:
    async def steps(client: GraphServiceClient) -> None:
        created = await client.applications.post(Application(display_name="with password"))
        assert created and created.id
        item = client.applications.by_application_id(created.id)
        body = AddPasswordPostRequestBody(password_credential=PasswordCredential(display_name="first"))
        added = await item.add_password.post(body)
        assert added and added.secret_text and len(added.secret_text) >= 34 and added.hint == added.secret_text[:3]
        read = await item.get()
        assert read and read.password_credentials and read.password_credentials[0].secret_text is None
        assert read.password_credentials[0].key_id == added.key_id
        await item.remove_password.post(RemovePasswordPostRequestBody(key_id=added.key_id))
        read = await item.get()
        assert read and read.password_credentials == []

    run(sim, steps)


def test_certificates(sim: Simulator) -> None:
    """A certificate is added beside another one, as the SDK reads and writes them; one that is left out goes."""
    first, second = make_certificate("first"), make_certificate("second")

    async def steps(client: GraphServiceClient) -> None:
        created = await client.applications.post(Application(display_name="keys"))
        assert created is not None and created.id is not None
        item = client.applications.by_application_id(created.id)

        async def read() -> list[KeyCredential]:
            query = ApplicationItemRequestBuilder.ApplicationItemRequestBuilderGetQueryParameters(
                select=["id", "keyCredentials"]
            )
            found = await item.get(RequestConfiguration(query_parameters=query))
            assert found is not None and found.key_credentials is not None
            return found.key_credentials

        def make(name: str, certificate: Certificate) -> KeyCredential:
            key = certificate.certificate.public_bytes(Encoding.DER)
            return KeyCredential(display_name=name, type="AsymmetricX509Cert", usage="Verify", key=key)

        await item.patch(Application(key_credentials=[make("first", first)]))
        (held,) = await read()
        assert held.key == first.certificate.public_bytes(Encoding.DER)
        assert held.custom_key_identifier == bytes.fromhex(first.thumbprint)
        assert held.end_date_time == first.certificate.not_valid_after_utc
        held.key = None
        await item.patch(Application(key_credentials=[held, make("second", second)]))
        both = await read()
        assert [one.display_name for one in both] == ["first", "second"]
        assert both[0].key_id == held.key_id and both[0].key == first.certificate.public_bytes(Encoding.DER)
        late = make("late", second)
        late.end_date_time = second.certificate.not_valid_after_utc + timedelta(days=1)
        with pytest.raises(ODataError) as caught:
            await item.patch(Application(key_credentials=[*both, late]))
        assert caught.value.error is not None and caught.value.error.code == "KeyCredentialsInvalidEndDate"
        both[1].key = None
        await item.patch(Application(key_credentials=both[1:]))
        (left,) = await read()
        assert left.display_name == "second"

    run(sim, steps)


def test_group_and_members(sim: Simulator) -> None:
    users = list(sim.tenant.users)[:3]

    async def steps(client: GraphServiceClient) -> None:
        group = Group(display_name="ops", mail_nickname="ops", mail_enabled=False, security_enabled=True)
        group.additional_data = {"members@odata.bind": [f"{sim.graph_url}/v1.0/directoryObjects/{users[0]}"]}
        created = await client.groups.post(group)
        assert created and created.id
        item = client.groups.by_group_id(created.id)
        for user in users[1:]:
            reference = ReferenceCreate(odata_id=f"{sim.graph_url}/v1.0/directoryObjects/{user}")
            await item.members.ref.post(reference)
        with pytest.raises(ODataError) as caught:
            await item.members.ref.post(ReferenceCreate(odata_id=f"{sim.graph_url}/v1.0/directoryObjects/{users[0]}"))
        assert "already exist" in str(caught.value.error and caught.value.error.message)
        await item.members.by_directory_object_id(users[2]).ref.delete()
        members = await item.members.get()
        assert members and members.value
        assert [(member.id, member.odata_type) for member in members.value] == [
            (users[0], "#microsoft.graph.user"),
            (users[1], "#microsoft.graph.user"),
        ]

    run(sim, steps)


def test_app_role_assignment(sim: Simulator) -> None:
    client_sp = sim.identity().object_id
    resource = sim.tenant.service_principal_of("00000003-0000-0000-c000-000000000000")
    assert resource is not None
    role = next(item for item in resource["appRoles"] if item["value"] == "User.Read.All")

    async def steps(client: GraphServiceClient) -> None:
        item = client.service_principals.by_service_principal_id(resource["id"])
        grant = AppRoleAssignment(principal_id=client_sp, resource_id=resource["id"], app_role_id=role["id"])
        created = await item.app_role_assigned_to.post(grant)
        assert created and created.id and created.principal_type == "ServicePrincipal"
        held = await client.service_principals.by_service_principal_id(client_sp).app_role_assignments.get()
        assert held and held.value and [str(row.app_role_id) for row in held.value] == [role["id"]]
        await item.app_role_assigned_to.by_app_role_assignment_id(created.id).delete()

    run(sim, steps)
    assert not [row for row in sim.tenant.app_role_assignments.values() if row["principalId"] == client_sp]


def test_signing_certificates(sim: Simulator) -> None:
    """Added, which activates nothing, then activated; the private parts are not read back."""

    async def steps(client: GraphServiceClient) -> None:
        application = await client.applications.post(Application(display_name="sign-on"))
        assert application
        created = await client.service_principals.post(
            ServicePrincipal(app_id=application.app_id, preferred_single_sign_on_mode="saml")
        )
        assert created and created.id
        item = client.service_principals.by_service_principal_id(created.id)
        ends = datetime.now(UTC) + timedelta(days=300)
        body = AddTokenSigningCertificatePostRequestBody(display_name="CN=sign-on", end_date_time=ends)
        made = await item.add_token_signing_certificate.post(body)
        assert made and made.key and made.thumbprint and made.display_name == "CN=sign-on"
        certificate = x509.load_der_x509_certificate(made.key)
        thumbprint = certificate.fingerprint(hashes.SHA1()).hex().upper()
        assert made.thumbprint.upper() == thumbprint
        found = await item.get()
        assert found and found.preferred_token_signing_key_thumbprint is None
        assert sorted(str(entry.usage) for entry in found.key_credentials or []) == ["Sign", "Verify"]
        assert all(entry.key is None for entry in found.key_credentials or [])
        await item.patch(ServicePrincipal(preferred_token_signing_key_thumbprint=thumbprint))
        found = await item.get()
        assert found and found.preferred_token_signing_key_thumbprint == thumbprint

    run(sim, steps)


def test_paging_and_filter() -> None:
    with running_simulator(set="S", seed=1, page_size=3) as small:
        expected = sorted(row["id"] for row in small.tenant.users.values())

        async def steps(client: GraphServiceClient) -> None:
            found: list[str] = []
            page = await client.users.get()
            pages = 0
            while page:
                pages += 1
                found += [str(user.id) for user in page.value or []]
                link = page.odata_next_link
                page = await client.users.with_url(link).get() if link else None
            assert sorted(found) == expected
            assert pages == -(-len(expected) // 3)
            query = ApplicationsRequestBuilder.ApplicationsRequestBuilderGetQueryParameters(
                filter=f"appId eq '{small.automation.client_id}'", select=["id", "displayName"]
            )
            options = ApplicationsRequestBuilder.ApplicationsRequestBuilderGetRequestConfiguration(
                query_parameters=query
            )
            result = await client.applications.get(request_configuration=options)  # type: ignore[arg-type]
            assert result and result.value and result.value[0].id == small.automation.app_object_id
            assert result.value[0].app_id is None

        run(small, steps)


def test_the_sdk_repeats_a_throttled_request(sim: Simulator) -> None:
    fault = sim.faults.add(Fault("graph", method="GET", path="/v1.0/users", action="status", status=429, retry_after=1))

    async def steps(client: GraphServiceClient) -> None:
        users = await client.users.get()
        assert users and users.value

    run(sim, steps)
    assert fault.hits == 1
    assert [entry.status for entry in sim.journal.entries("graph")] == [429, 200]


def test_missing_permission(sim: Simulator) -> None:
    async def steps(client: GraphServiceClient) -> None:
        with pytest.raises(ODataError) as caught:
            await client.applications.post(Application(display_name="refused"))
        assert caught.value.response_status_code == 403
        assert caught.value.error and caught.value.error.code == "Authorization_RequestDenied"

    run(sim, steps, sim.identity("Group.Read.All"))


def test_named_locations_from_create_to_delete(sim: Simulator) -> None:
    async def steps(client: GraphServiceClient) -> None:
        locations = client.identity.conditional_access.named_locations
        ranges = [IPv4CidrRange(cidr_address="203.0.113.0/24"), IPv6CidrRange(cidr_address="2001:db8::/32")]
        created = await locations.post(IpNamedLocation(display_name="office", is_trusted=True, ip_ranges=ranges))
        assert isinstance(created, IpNamedLocation) and created.id and created.ip_ranges
        assert [type(item) for item in created.ip_ranges] == [IPv4CidrRange, IPv6CidrRange]
        item = locations.by_named_location_id(created.id)
        with pytest.raises(ODataError):
            await item.delete()
        await item.patch(IpNamedLocation(is_trusted=False, ip_ranges=ranges[:1]))
        read = await item.get()
        assert isinstance(read, IpNamedLocation) and read.is_trusted is False and len(read.ip_ranges or []) == 1
        await locations.post(CountryNamedLocation(display_name="home", countries_and_regions=["CH"]))
        listed = await locations.get()
        assert listed and [type(x) for x in listed.value or []] == [IpNamedLocation, CountryNamedLocation]
        await item.delete()
        with pytest.raises(ODataError) as caught:
            await item.get()
        assert caught.value.response_status_code == 404

    run(sim, steps)


def test_policies_from_create_to_delete(sim: Simulator) -> None:
    async def steps(client: GraphServiceClient) -> None:
        policies = client.identity.conditional_access.policies
        conditions = ConditionalAccessConditionSet(
            applications=ConditionalAccessApplications(include_applications=["All"]),
            client_app_types=[ConditionalAccessClientApp.Browser],
            users=ConditionalAccessUsers(include_users=["All"]),
            locations=ConditionalAccessLocations(include_locations=["All"], exclude_locations=["AllTrusted"]),
        )
        wanted = ConditionalAccessPolicy(
            display_name="MFA outside",
            state=ConditionalAccessPolicyState.EnabledForReportingButNotEnforced,
            conditions=conditions,
            grant_controls=ConditionalAccessGrantControls(
                operator="OR", built_in_controls=[ConditionalAccessGrantControl.Mfa]
            ),
        )
        created = await policies.post(wanted)
        assert created and created.id and created.created_date_time and created.session_controls is None
        item = policies.by_conditional_access_policy_id(created.id)
        await item.patch(ConditionalAccessPolicy(state=ConditionalAccessPolicyState.Enabled))
        read = await item.get()
        assert read and read.state == ConditionalAccessPolicyState.Enabled and read.modified_date_time
        assert read.conditions and read.conditions.client_app_types == [ConditionalAccessClientApp.Browser]
        assert read.conditions.locations and read.conditions.locations.exclude_locations == ["AllTrusted"]
        assert read.grant_controls and read.grant_controls.authentication_strength is None
        strengths = await client.identity.conditional_access.authentication_strength.policies.get()
        assert strengths and len(strengths.value or []) == 3
        await item.delete()
        listed = await policies.get()
        assert listed and listed.value == []
        wanted.conditions = ConditionalAccessConditionSet(users=ConditionalAccessUsers(include_users=["All"]))
        with pytest.raises(ODataError) as caught:
            await policies.post(wanted)
        assert caught.value.error and caught.value.error.inner_error
        assert str(caught.value.error.inner_error.additional_data["message"]).startswith("1007")

    run(sim, steps)


def test_policies_of_all_kinds_come_back_as_objects_of_the_sdk(sim: Simulator) -> None:
    """Guests of one tenant, workload identities, a device filter, flows, session controls; flags are read as lists."""
    everything = ConditionalAccessApplications(include_applications=["All"])
    reports = ConditionalAccessPolicyState.EnabledForReportingButNotEnforced
    block = ConditionalAccessGrantControls(operator="OR", built_in_controls=[ConditionalAccessGrantControl.Block])
    tenants = ConditionalAccessEnumeratedExternalTenants(
        odata_type="#microsoft.graph.conditionalAccessEnumeratedExternalTenants",
        membership_kind=ConditionalAccessExternalTenantsMembershipKind.Enumerated,
        members=["3f0c6d2e-31a5-4b0b-9f5b-0d6f4a1c2b3d"],
    )
    # The SDK reads flags as a list, and writes one of them only.
    guest: Any = ConditionalAccessGuestOrExternalUserTypes.ServiceProvider
    flow: Any = ConditionalAccessTransferMethods.DeviceCodeFlow
    filtered = ConditionalAccessFilter(mode=FilterMode.Exclude, rule='device.trustType -eq "ServerAD"')
    people = ConditionalAccessPolicy(
        display_name="guests",
        state=reports,
        conditions=ConditionalAccessConditionSet(
            applications=everything,
            users=ConditionalAccessUsers(
                include_guests_or_external_users=ConditionalAccessGuestsOrExternalUsers(
                    guest_or_external_user_types=guest, external_tenants=tenants
                )
            ),
            devices=ConditionalAccessDevices(device_filter=filtered),
            authentication_flows=ConditionalAccessAuthenticationFlows(transfer_methods=flow),
        ),
        grant_controls=block,
    )
    session = ConditionalAccessPolicy(
        display_name="session",
        state=reports,
        conditions=ConditionalAccessConditionSet(
            applications=everything, users=ConditionalAccessUsers(include_users=["All"])
        ),
        session_controls=ConditionalAccessSessionControls(
            persistent_browser=PersistentBrowserSessionControl(
                is_enabled=True, mode=PersistentBrowserSessionMode.Never
            ),
            sign_in_frequency=SignInFrequencySessionControl(
                is_enabled=True,
                frequency_interval=SignInFrequencyInterval.EveryTime,
                authentication_type=SignInFrequencyAuthenticationType.PrimaryAndSecondaryAuthentication,
            ),
        ),
    )
    workloads = ConditionalAccessPolicy(
        display_name="workloads",
        state=reports,
        conditions=ConditionalAccessConditionSet(
            applications=everything,
            client_applications=ConditionalAccessClientApplications(
                include_service_principals=["ServicePrincipalsInMyTenant"],
                exclude_service_principals=[sim.automation.object_id],
            ),
            locations=ConditionalAccessLocations(include_locations=["All"], exclude_locations=["AllTrusted"]),
        ),
        grant_controls=block,
    )

    async def steps(client: GraphServiceClient) -> None:
        policies = client.identity.conditional_access.policies
        for wanted in (people, session, workloads):
            await policies.post(wanted)
        listed = await policies.get()
        assert listed and listed.value
        found = {item.display_name: item for item in listed.value}
        conditions = found["guests"].conditions
        assert conditions and conditions.users and conditions.devices and conditions.authentication_flows
        guests = conditions.users.include_guests_or_external_users
        assert guests and guests.guest_or_external_user_types == [guest]
        assert isinstance(guests.external_tenants, ConditionalAccessEnumeratedExternalTenants)
        assert guests.external_tenants.members == tenants.members
        assert conditions.devices.device_filter and conditions.devices.device_filter.rule == filtered.rule
        assert conditions.authentication_flows.transfer_methods == [flow]
        controls = found["session"].session_controls
        assert controls and controls.persistent_browser and controls.sign_in_frequency
        assert controls.persistent_browser.mode == PersistentBrowserSessionMode.Never
        assert controls.sign_in_frequency.frequency_interval == SignInFrequencyInterval.EveryTime
        assert controls.cloud_app_security is None and found["session"].grant_controls is None
        clients = found["workloads"].conditions
        assert clients and clients.client_applications
        assert clients.client_applications.exclude_service_principals == [sim.automation.object_id]
        for item in listed.value:
            unknown = set(item.additional_data) - {"@odata.context"}
            assert not unknown and item.conditions and not item.conditions.additional_data, "the SDK knows all of it"

    run(sim, steps)


def test_what_if(sim: Simulator) -> None:
    async def steps(client: GraphServiceClient) -> None:
        add_policy(sim.tenant, policy(displayName="people"))
        body = EvaluatePostRequestBody(
            sign_in_identity=ServicePrincipalSignIn(service_principal_id=sim.automation.object_id),
            sign_in_context=ApplicationContext(include_applications=["00000003-0000-0000-c000-000000000000"]),
            sign_in_conditions=SignInConditions(ip_address="198.51.100.20", country="DE"),
            applied_policies_only=False,
        )
        answer = await client.identity.conditional_access.evaluate.post(body)
        assert answer and answer.value and answer.value[0].display_name == "people"
        assert answer.value[0].policy_applies is False
        assert answer.value[0].analysis_reasons == [WhatIfAnalysisReasons.WorkloadIdentities]

    run(sim, steps)


def test_logs(sim: Simulator) -> None:
    async def steps(client: GraphServiceClient) -> None:
        sim.tenant.behaviours.v1_takes_event_types = True
        await client.groups.post(
            Group(display_name="ops", mail_enabled=False, mail_nickname="ops", security_enabled=True)
        )
        audits = await client.audit_logs.directory_audits.get()
        assert audits and audits.value and audits.value[0].activity_display_name == "Add group"
        entry = audits.value[0]
        assert entry.initiated_by and entry.initiated_by.app and entry.target_resources and not entry.additional_data
        assert entry.target_resources[0].type == "Group" and not entry.target_resources[0].additional_data
        asked = SignInsRequestBuilder.SignInsRequestBuilderGetQueryParameters(
            filter="signInEventTypes/any(t: t eq 'servicePrincipal')"
        )
        sign_ins = await client.audit_logs.sign_ins.get(RequestConfiguration(query_parameters=asked))
        assert sign_ins and sign_ins.value and sign_ins.value[0].service_principal_id == sim.automation.object_id
        found = sign_ins.value[0]
        assert found.status and found.status.error_code == 0 and not found.additional_data

    run(sim, steps)
