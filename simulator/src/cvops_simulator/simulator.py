# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One simulated site: a tenant, its CommCells and the listeners that serve them."""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from cvops_simulator.commvault.service import CommCellService
from cvops_simulator.control import ControlService
from cvops_simulator.controller.service import ControllerService
from cvops_simulator.core.context import Context
from cvops_simulator.core.server import Server
from cvops_simulator.core.site import Site
from cvops_simulator.core.tls import make_ca
from cvops_simulator.entra.graph.service import GraphService
from cvops_simulator.entra.identities import AUTOMATION_PERMISSIONS, Identity, adopt_identity, make_identity
from cvops_simulator.entra.imds import ImdsService
from cvops_simulator.entra.login.service import LoginService
from cvops_simulator.entra.seeding import make_tenant, reset_tenant
from cvops_simulator.keyvault.access import OFFICER
from cvops_simulator.keyvault.service import KeyVaultService
from cvops_simulator.seeds.commcell import LOCAL_ADMIN
from cvops_simulator.seeds.site import build_site
from cvops_simulator.snapshots.site import build_snapshot_site

if TYPE_CHECKING:
    from cvops_simulator.core.clock import Clock
    from cvops_simulator.core.faults import FaultRules
    from cvops_simulator.core.journal import Journal
    from cvops_simulator.core.service import Service
    from cvops_simulator.entra.replication import Replication

__all__ = ["Identity", "Simulator"]


class Simulator:
    """Everything of one site. Listens from `start` to `stop`, or inside a `with` block.

    `set`: size of the seeded site, S to XL; with `seed` it decides every id. `empty`: nothing of the mapping exists
    yet. `directory`: where the CA's files go (default: a temporary directory). `page_size`: largest page of Graph
    lists. `replication`: None means that every write is visible at once. `release`: Commvault's feature release.
    `port_base`: first of consecutive ports; 0 takes free ones. `snapshot`: a folder of documents of a real site, in
    place of a seeded one; `grant_automation`: what collected it may do everything in the copy. `notes` tells what the
    copy does not hold. `anomalies`: "evidence" plants what evidence of access has to find, in a site that is not empty.
    `controller`: an AWX as well, see `controller`. Raises SnapshotError for a folder that cannot be served.
    """

    def __init__(
        self,
        set: str = "S",
        seed: int = 1,
        empty: bool = False,
        directory: Path | str | None = None,
        page_size: int = 100,
        replication: Replication | None = None,
        release: int = 44,
        port_base: int = 0,
        snapshot: Path | str | None = None,
        grant_automation: bool = True,
        anomalies: str = "",
        controller: bool = False,
    ) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="cvops-simulator-") if directory is None else None
        self._directory = Path(self._temporary.name if self._temporary else str(directory))
        self._site_arguments = (set, seed, empty, anomalies)
        self._copy = None if snapshot is None else build_snapshot_site(Path(snapshot), grant_automation)
        self._grants_automation = grant_automation
        self._site: Site = self._copy or build_site(*self._site_arguments)
        self._context = Context()
        self._ca = make_ca(self._directory)
        self.tenant = make_tenant(self._site.tenant_seed, self._context.clock, replication)
        self._login = LoginService(self._context, self.tenant)
        self._graph = GraphService(self._context, self.tenant, self._login, page_size)
        self._imds = ImdsService(self._context, self.tenant, self._login)
        self.commcells: dict[str, CommCellService] = self._make_commcells(release, page_size)
        self._keyvault = KeyVaultService(self._context, self._login.issuer.verify, self.tenant.id)
        self._controller = ControllerService(self._context) if controller else None
        self._control = ControlService(self._context, self)
        self._server = Server(self.services, self._ca, port_base)
        for service in self.commcells.values():
            service.cell.verifier = self._login.issuer.verify
        graph_host = f"localhost:{self._graph.port}"
        self._login.bind_graph(frozenset({f"https://{graph_host}", "https://localhost"}), graph_host)
        self._keyvault.authority = self._login.url
        self._add_automation()

    def _make_commcells(self, release: int, page_size: int) -> dict[str, CommCellService]:
        return {
            name: CommCellService(name, data, self._context, release=release, page_size=page_size)
            for name, data in self._site.commcells.items()
        }

    def _add_automation(self) -> None:
        """Add what every site has beside its seed: the automation's identity, which may do anything in the vault."""
        self.automation: Identity
        #: What the copy of a snapshot does not hold of it, or holds beside it, one line each.
        self.notes = list(self._site.notes)
        if self._site.automation_app:
            app_id, secret = self._site.automation_app, self._site.automation_secret
            adopt_identity(self.tenant, app_id, secret, self._site.automation_rights)
            wanted = AUTOMATION_PERMISSIONS if self._grants_automation else ()
            self.automation, added = adopt_identity(self.tenant, app_id, secret, wanted)
            if added:
                self.notes.append(f"tenant: the automation gets these permissions in the copy: {', '.join(added)}")
        else:
            self.automation = make_identity(self.tenant, "svc-cvops-automation", AUTOMATION_PERMISSIONS)
        self._keyvault.access.grant(self.automation.object_id, *OFFICER)

    @property
    def services(self) -> list[Service]:
        """All services, in the order of their ports."""
        login, graph, imds, *cells = self.services_under_control
        return [login, graph, imds, self._control, *cells]

    @property
    def services_under_control(self) -> list[Service]:
        """All services but the control listener."""
        more = [] if self._controller is None else [self._controller]
        return [self._login, self._graph, self._imds, *self.commcells.values(), self._keyvault, *more]

    def start(self) -> Simulator:
        """Start all listeners."""
        self._server.start()
        return self

    def stop(self) -> None:
        """Stop all listeners and remove the temporary directory."""
        self._server.stop()
        if self._temporary is not None:
            self._temporary.cleanup()

    def __enter__(self) -> Simulator:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def reset(self) -> None:
        """Go back to the seeded state: objects, journal, faults, quotas, latency and clock. Addresses stay."""
        self._site = self._copy or build_site(*self._site_arguments)
        self._context.reset()
        reset_tenant(self.tenant, self._site.tenant_seed)
        self._login.reset()
        self._imds.reset()
        self._keyvault.reset()
        if self._controller is not None:
            self._controller.reset()
        for name, service in self.commcells.items():
            service.reset(self._site.commcells[name])
        self._add_automation()

    @property
    def site(self) -> Site:
        """The seed of this simulator, with the anomalies in it."""
        return self._site

    @property
    def login_url(self) -> str:
        """The token service; clients append `/{tenant}/...`."""
        return self._login.url

    @property
    def graph_url(self) -> str:
        """Microsoft Graph; clients append `/v1.0`."""
        return self._graph.url

    @property
    def imds_url(self) -> str:
        """Managed identity endpoints, plain http."""
        return self._imds.url

    @property
    def keyvault_url(self) -> str:
        """The vault; clients want `verify_challenge_resource=False`, as its host is none of Azure's."""
        return self._keyvault.url

    @property
    def keyvault(self) -> KeyVaultService:
        """The vault: `vault` has its state and timeline, `access` decides who may do what."""
        return self._keyvault

    @property
    def controller(self) -> ControllerService:
        """The AWX, of a simulator made with one: its state, playbooks, artifacts and the hook that runs jobs."""
        if self._controller is None:
            raise AttributeError("this simulator was made without a controller")
        return self._controller

    @property
    def control_url(self) -> str:
        """The control listener, plain http."""
        return self._control.url

    @property
    def ca_path(self) -> str:
        """PEM file of the CA that signed the listeners' certificate."""
        return str(self._ca.ca_path)

    @property
    def tenant_id(self) -> str:
        """The tenant's GUID."""
        return self.tenant.id

    @property
    def tenant_domain(self) -> str:
        """The tenant's initial domain."""
        return self.tenant.domain

    @property
    def login(self) -> LoginService:
        """The token service: its settings (`expires_in`, trusted issuers, device codes) are open to tests."""
        return self._login

    @property
    def imds(self) -> ImdsService:
        """The managed identity endpoints: tests choose here which identity they serve."""
        return self._imds

    @property
    def context(self) -> Context:
        """Clock, journal, faults, quotas and latency of this simulator."""
        return self._context

    @property
    def clock(self) -> Clock:
        """The clock that all services share."""
        return self._context.clock

    @property
    def journal(self) -> Journal:
        """All requests so far."""
        return self._context.journal

    @property
    def faults(self) -> FaultRules:
        """What goes wrong."""
        return self._context.faults

    def quota(self, service: str, writes: int = 100, reads: int = 1000, per: float = 3600.0) -> None:
        """Limit a service to so many writes and reads per `per` seconds."""
        self._context.quotas.set(service, self.clock.now(), writes, reads, per)

    def identity(self, *permissions: str, name: str | None = None) -> Identity:
        """Make another application with exactly these Graph application permissions (and a secret)."""
        return make_identity(self.tenant, name or "identity " + " ".join(permissions), permissions)

    def variables(self) -> dict[str, Any]:
        """Return the complete variables document of this site, with addresses and credentials."""
        document = copy.deepcopy(self._site.variables)
        document["cvops_connection"] = {
            "entra": {
                "tenant_id": self.tenant_id,
                "client_id": self.automation.client_id,
                "client_secret": self.automation.client_secret,
                "authority_url": self.login_url,
                "graph_url": self.graph_url,
                "instance_discovery": False,
                "ca_path": self.ca_path,
            },
            "commcells": {name: self._make_commcell_variables(cell) for name, cell in self.commcells.items()},
        }
        return document

    def break_glass_accounts(self) -> dict[str, dict[str, str]]:
        """Return by CommCell name and password of its local administrator for emergencies, if it has one."""
        found = {}
        for name, service in self.commcells.items():
            for user in service.state.users.named(LOCAL_ADMIN):
                if user.password:
                    found[name] = {"username": user.name, "password": user.password}
        return found

    def controller_environment(self) -> dict[str, str]:
        """Return the variables with which `awx.awx` and `awxkit` find the controller, sign in and trust its CA."""
        service = self.controller
        names = {"HOST": service.url, "USERNAME": service.username, "PASSWORD": service.password}
        trust = dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"), self.ca_path)
        return (
            {f"CONTROLLER_{name}": value for name, value in names.items()} | {"CONTROLLER_VERIFY_SSL": "true"} | trust
        )

    def _make_commcell_variables(self, cell: CommCellService) -> dict[str, Any]:
        username, password = cell.automation
        return {
            "url": cell.url,
            "auth_method": "password",
            "username": username,
            "password": password,
            "ca_path": self.ca_path,
        }
