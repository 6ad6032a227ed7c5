# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One CommCell apart from HTTP: its state, its sessions, and how it behaves."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cvops_simulator.commvault.audit_changes import list_changes, take_snapshot
from cvops_simulator.commvault.audit_trail import LOW, AuditTrail
from cvops_simulator.commvault.behaviours import Behaviours
from cvops_simulator.commvault.releases import check_release, has_feature
from cvops_simulator.commvault.sessions import SamlSignOns, Sessions
from cvops_simulator.commvault.state import Lists, State
from cvops_simulator.commvault.tokens import TokenStore

if TYPE_CHECKING:
    from cvops_simulator.commvault.model import CommCellSeed, User
    from cvops_simulator.commvault.tokens import AccessToken
    from cvops_simulator.core.clock import Clock

#: Checks an external token and returns its claims; raises ValueError for a bad one.
Verifier = Callable[[str], "dict[str, Any]"]


class Cell:
    """What handlers work on. `state`, `behaviours`, `sessions` and `release` may change while it runs."""

    state: State
    behaviours: Behaviours
    sessions: Sessions
    release: int

    def __init__(self, seed: CommCellSeed, clock: Clock, release: int = 44) -> None:
        self.clock = clock
        #: Checks tokens of an external provider; set by whoever knows one.
        self.verifier: Verifier | None = None
        self._first_release = check_release(release)
        self.reset(seed)

    def reset(self, seed: CommCellSeed) -> None:
        """Go back to a seed: state, behaviours, sessions and release."""
        self._seed = seed
        self.state = State(seed)
        self.behaviours = Behaviours()
        self.sessions = Sessions(store=TokenStore(seed.access_tokens))
        self.sign_ons = SamlSignOns()
        self.trail = AuditTrail()
        self.release = seed.release or self._first_release
        #: Writes that wait for an approval, oldest first.
        self.waiting_writes: list[Callable[[], None]] = []
        self._stale: tuple[Lists, float] | None = None
        #: What was before each write that lists do not show yet, and until when.
        self._replicas: list[tuple[float, State, list[AccessToken]]] = []

    def has(self, feature: str) -> bool:
        """Tell whether the release has a feature of the table in `releases`."""
        return has_feature(self.release, feature)

    @property
    def admin(self) -> tuple[str, str]:
        """Name and password of user 1."""
        user = self.state.users.get(1)
        return ("admin", user.password or "") if user is not None else ("admin", "")

    @property
    def automation(self) -> tuple[str, str]:
        """Name and password of the automation account, a member of `master`."""
        return self._seed.automation

    def user(self, name: str) -> User:
        """Return a user by name. Raises IndexError without one."""
        return self.state.users.named(name)[0]

    def approve_writes(self) -> int:
        """Carry out what waits for an approval, in its order, and return how much that was."""
        waiting, self.waiting_writes = self.waiting_writes, []
        with self.audited(lambda: self.state.users.get(1)):
            for write in waiting:
                write()
        return len(waiting)

    @contextmanager
    def audited(self, find_user: Callable[[], User | None], with_users: bool = True) -> Iterator[None]:
        """Write into the audit trail what the body changes, even if it fails, as done by the user found then."""
        before = take_snapshot(self.state, self.sessions.store, with_users)
        try:
            yield
        finally:
            user = find_user()
            who = (user.id, user.name) if user is not None else (0, "")
            for change in list_changes(before, self.state, self.sessions.store):
                self.trail.write(self.clock.now(), change.severity, who, *change[1:])

    def audit_session(self, user: User, operation: str, details: str) -> None:
        """Write a log-in or log-out into the audit trail."""
        self.trail.write(self.clock.now(), LOW, (user.id, user.name), operation, details, user.company_id)

    def access_token(self, user: str = "", **limits: Any) -> str:
        """Issue an access token for a user (default: the automation account); `limits`: api_endpoints, allowed_ips."""
        now = self.clock.now()
        owner = self.user(user or self.automation[0])
        name = f"test-{len(self.sessions.store.of_user(owner.id)) + 1}"
        token = self.sessions.store.create(name, owner.id, 2, now + self.token_life, now + 90 * 86400)
        for key, value in limits.items():
            setattr(token, key, value)
        return token.access

    @property
    def token_life(self) -> float:
        """Seconds that an access token lives."""
        return self.behaviours.token_life or (7200.0 if self.has("long_access_tokens") else 1800.0)

    def lists(self, hard: bool = False, v4: bool = False) -> Lists:
        """Return what a list call shows now; `hard`: the client asks for fresh lists."""
        replica = self._find_replica()
        if replica is not None:
            return replica[1]
        if self._stale is None or hard or (v4 and not self.behaviours.list_lag_v4):
            if hard:
                self._stale = None
            return self.state
        lists, until = self._stale
        if self.clock.now() >= until:
            self._stale = None
            return self.state
        return lists

    def details(self) -> State:
        """Return what reads of single objects show now."""
        replica = self._find_replica() if self.behaviours.details_lag else None
        return self.state if replica is None else replica[1]

    def listed_tokens(self, user_id: int) -> list[AccessToken]:
        """Return what the list of a user's access tokens shows now."""
        replica = self._find_replica()
        shown = self.sessions.store.of_user(user_id) if replica is None else replica[2]
        return [token for token in shown if token.user_id == user_id]

    def _find_replica(self) -> tuple[float, State, list[AccessToken]] | None:
        while self._replicas and self.clock.now() >= self._replicas[0][0]:
            self._replicas.pop(0)
        return self._replicas[0] if self._replicas else None

    def keep_lists(self) -> None:
        """Keep what lists show now for as long as `list_lag` and `replication_lag` say; to be called before a write."""
        if self.behaviours.replication_lag:
            until = self.clock.now() + self.behaviours.replication_lag
            tokens = [copy.deepcopy(token) for token in self.sessions.store.list_all()]
            self._replicas.append((until, copy.deepcopy(self.state), tokens))
        if self.behaviours.list_lag:
            lists = self.lists()
            until = self.clock.now() + self.behaviours.list_lag
            self._stale = (lists.snapshot() if lists is self.state else lists, until)
