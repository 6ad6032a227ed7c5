# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The client of Microsoft Graph v1.0: addressing, paging, errors, and retries while replicas lag."""

from __future__ import annotations

import contextlib
import datetime
import typing as t
from dataclasses import replace
from urllib.parse import quote

from .._core.addresses import quote_segment
from .._core.answers import MIB
from .._core.context import Context, CountAs
from .._core.errors import ApiError, AuthError, BadAnswer, NotFound, add_token_source, mark_outcome_unknown
from .._core.http import Transport
from .._core.names import is_same_name, list_unicode_forms
from .._core.polling import Backoff
from .._core.recent_objects import RecentObjects
from .._core.reply import Reply
from .._core.retry import Repeat, RetryPolicy
from .._core.values import GUID
from .._core.work_progress import WorkProgress
from .._signin.clouds import get_graph_scope, get_graph_url
from .._signin.entra.sign_in import BearerCredentials, EntraSignIn
from .._signin.tokens import decode_claims
from .._signin.transport_settings import build_graph_settings
from .errors import build_graph_error
from .pacing import RequestPacing, add_headers
from .paging import add_key, check_object, explain_unusable_link
from .relations import KnownObjects
from .replication import ReplicationRules
from .write_permissions import describe_lacking

_SERVICE = "Microsoft Graph"
_LONGEST_PAUSE_S = 10.0
_CONFLICT_LIMIT_S = 15.0  # for which an object that exists already, and is not shown, is looked for
#: Limits of all pages of one list together: bytes, and items, which take more memory than they have bytes.
_LONGEST_LIST = 256 * MIB
_MOST_ITEMS = 1_000_000
_MOST_PAGES = 10_000
#: Graph may answer an empty page in the middle of a list; so many in a row that hold nothing new are no list that ends.
_MOST_IDLE_PAGES = 12


def format_alternate_key(name: str, value: str) -> str:
    """Return an alternate key as path text: ``(uniqueName='…')``, quotes doubled, the rest percent-encoded."""
    return f"({name}='{quote(value.replace(chr(39), chr(39) * 2), safe='')}')"


def quote_literal(value: str) -> str:
    """Return *value* as a string of $filter: in quotes, inner quotes doubled."""
    return "'" + value.replace("'", "''") + "'"


def build_name_filter(name: str) -> str:
    """Return the $filter for objects of this display name, and of one that differs from it in Unicode form only, which is told as near."""
    forms = [quote_literal(form) for form in list_unicode_forms(name)]
    return f"displayName eq {forms[0]}" if len(forms) == 1 else f"displayName in ({', '.join(forms)})"


def find_by_unique_name(found: t.Iterable[dict[str, t.Any]], unique_name: str | None) -> dict[str, t.Any] | None:
    """Return the object of *found* that has this unique name, or None.

    A replica that lags may deny the key and still list the object.
    """
    return next(iter(filter_by_name(found, "uniqueName", unique_name)), None) if unique_name else None


def filter_by_name(found: t.Iterable[dict[str, t.Any]], member: str, name: str) -> list[dict[str, t.Any]]:
    """Return the objects of *found* whose *member* is this name, letter case apart.

    Graph's own comparison is looser than ours and is not documented.
    """
    return [wire for wire in found if is_same_name(str(wire.get(member) or ""), name)]


class GraphClient:
    """A client of Graph for one task, signed in when it is first used.

    All methods that send raise ApiError and its subclasses (Unreachable, Throttled, AuthError, Forbidden, NotFound, BadAnswer).
    *intent* completes "Cannot …" in their messages; *needs* names the Graph permissions that suffice, least first.
    """

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self._root = get_graph_url(ctx.options)
        self._scope = get_graph_scope(ctx.options)
        self.sign_in = EntraSignIn(ctx)
        settings = replace(build_graph_settings(ctx.options), wait_for_turn=RequestPacing(ctx).wait_for_turn)
        self._transport = Transport(ctx, settings, BearerCredentials(self.sign_in, self._scope))
        self.recent_objects = RecentObjects(ctx)
        self.known_objects = KnownObjects()
        self._replication = ReplicationRules(self.recent_objects)
        ctx.plan_checks.append(lambda noun, plan: describe_lacking(noun, plan, self.read_token_claims))

    def format_reference(self, object_id: str) -> str:
        """Return the ``@odata.id`` of a directory object."""
        return f"{self._root}/v1.0/directoryObjects/{quote_segment(object_id)}"

    def get(
        self, path: str, *, intent: str, needs: t.Sequence[str] = (), params: t.Mapping[str, t.Any] | None = None
    ) -> dict[str, t.Any] | None:
        """Return one object, or None for 404 and one that is deleted. *path* is relative to the version, for example ``/groups/{id}``."""
        reply = self._send("GET", path, intent=intent, needs=needs, params=params, missing_ok=True)
        found = None if reply.status == 404 else check_object(self.read_object(reply), reply)
        self.note_shown(path, [found] if found else [])
        return None if found is None or self.is_deleted(path, found) else found

    def list_on(self, first: Reply, path: str, *, intent: str, needs: t.Sequence[str] = ()) -> list[dict[str, t.Any]]:
        """Return all objects of the collection at *path*, from its first page, which was answered, to the last, each once.

        A next link to another host, to anything but v1.0 there, or to a page that was read already is refused: following it would
        hand over the token, or never end. Raises BadAnswer for these, for pages in a row that hold nothing new, and for lists
        beyond all measure. An object that is on two pages, as after a change between them, is returned as first read.
        """
        found: list[dict[str, t.Any]] = []
        reply, links, keys, size, idle = first, set[str](), set[str](), 0, 0
        progress = WorkProgress(self.ctx, f"objects read so far (to {intent})")
        while True:
            page = self.read_object(reply)
            values = page.get("value")
            if not isinstance(values, list):
                raise reply.build_bad_answer("something that is not a list of objects")
            fresh = [item for item in values if add_key(keys, check_object(item, reply))]
            found.extend(fresh)
            following, size, idle = page.get("@odata.nextLink"), size + len(reply.content), 0 if fresh else idle + 1
            if not following:
                self.note_shown(path, found)
                return [item for item in found if not self.is_deleted(path, item)]
            why = explain_unusable_link(self._root, following, links)
            if size > _LONGEST_LIST or len(found) > _MOST_ITEMS or len(links) >= _MOST_PAGES:
                why = why or "it is too large"
            elif idle >= _MOST_IDLE_PAGES:
                why = why or f"{idle} pages in a row contain nothing new"
            if why:
                raise BadAnswer(
                    f"Cannot {intent}: the list of Microsoft Graph cannot be read to its end: {why}.",
                    **reply.get_error_facts(),
                )
            progress.tell(len(found))
            links.add(str(following))
            reply = self._send("GET", str(following), intent=intent, needs=needs)

    def list(
        self, path: str, *, intent: str, needs: t.Sequence[str] = (), params: t.Mapping[str, t.Any] | None = None
    ) -> list[dict[str, t.Any]]:
        """Return all objects of a collection; see :meth:`list_on`."""
        first = self.read_page(path, intent=intent, needs=needs, params=params)
        return self.list_on(first, path, intent=intent, needs=needs)

    def read_page(
        self,
        path: str,
        *,
        intent: str,
        needs: t.Sequence[str] = (),
        params: t.Mapping[str, t.Any] | None = None,
        repeat: Repeat = Repeat.BY_METHOD,
    ) -> Reply:
        """Return one page of a list as it was answered. *path*: below ``/beta`` where it begins so; or a next link that may be followed."""
        return self._send("GET", path, intent=intent, needs=needs, params=params, repeat=repeat)

    def send_batch(self, body: t.Mapping[str, t.Sequence[t.Any]], *, intent: str, needs: t.Sequence[str] = ()) -> Reply:
        """Return the answer to one request that holds others (``requests``), all of which read."""
        self.ctx.stats.add("batch_parts", len(body["requests"]))
        repeat, count_as = Repeat.ALWAYS, CountAs.READ
        return self._send("POST", "/$batch", intent=intent, needs=needs, body=body, repeat=repeat, count_as=count_as)

    @property
    def retry_policy(self) -> RetryPolicy:
        """When and how often a request is sent again."""
        return self._transport.settings.policy

    def is_deleted(self, path: str, wire: t.Mapping[str, t.Any]) -> bool:
        """Return True for an object that this run has deleted, read at *path* from a replica that goes on to show it."""
        if self._replication.is_suspended:
            return False
        return not path.startswith("/directory/deletedItems") and self.recent_objects.contains_deleted(
            str(wire.get("id"))
        )

    def note_shown(self, path: str, shown: t.Iterable[t.Mapping[str, t.Any]]) -> None:
        """Note what was read at *path*: where another replica does not know it yet, what is below it is waited for."""
        self._replication.note_shown(path, shown)

    def is_awaited(self, path: str) -> bool:
        """Return True for the *path* of an object that this run has created a short while ago: there "not found" means "not yet"."""
        if self._replication.is_suspended:
            return False
        return self.recent_objects.contains_any([*GUID.findall(path), path])

    def measure_address(self, path: str) -> int:
        """Return the length of the whole address of *path* with its query."""
        return len(f"{self._root}/v1.0{path}")

    def write(
        self,
        method: str,
        path: str,
        body: t.Any = None,
        *,
        intent: str,
        needs: t.Sequence[str] = (),
        repeat: Repeat = Repeat.BY_METHOD,
        headers: t.Mapping[str, str] | None = None,
        missing_ok: bool = False,
        count_as: CountAs = CountAs.METHOD,
        is_undone: t.Callable[[], bool] = lambda: True,
    ) -> dict[str, t.Any] | None:
        """Send a POST, PATCH or DELETE and return the answered object, or None where the service answers without a body.

        A DELETE that meets 404 on a second try has succeeded on the first. *missing_ok*: 404 is no error on the first try either.
        *is_undone*: see Transport.request. *count_as*: as a read for a POST that only looks.
        """
        reply = self._send(
            method,
            path,
            intent=intent,
            needs=needs,
            body=body,
            repeat=repeat,
            headers=headers,
            missing_ok=missing_ok,
            count_as=count_as,
            is_undone=is_undone,
        )
        # Graph's 200 has a body: an empty one is a gateway's, and nothing says that Graph has acted.
        told = reply.status == 200 or (reply.status < 300 and reply.content.strip())
        return self.read_object(reply) if told else None

    def upsert(
        self,
        collection: str,
        name: str,
        value: str,
        body: t.Mapping[str, t.Any],
        *,
        intent: str,
        needs: t.Sequence[str] = (),
        read_needs: t.Sequence[str] = (),
        select: str = "id",
    ) -> dict[str, t.Any]:
        """Create or update the object with this alternate key and return it as answered, else as read (*select*).

        Safe to repeat. The object is read where the answer shows nothing: one was there, ours of a try whose answer was lost
        among them, or the service only says that it created one. In each case it exists, so "not found" means "not yet". A conflict of
        the only try is raised: what is in the way is not ours and was not planned for.
        """
        path, was_repeated = f"/{collection}{format_alternate_key(name, value)}", False

        def is_undone() -> bool:
            nonlocal was_repeated
            was_repeated = True
            return True

        def send() -> dict[str, t.Any] | None:
            headers = {"Prefer": "create-if-missing"}
            return self.write(
                "PATCH", path, dict(body), intent=intent, needs=needs, headers=headers, is_undone=is_undone
            )

        # A replica that does not know the object yet takes the request for a creation: ours of a try whose answer was lost.
        backoff = Backoff(self.ctx)
        while True:
            try:
                shown = send()
                break
            except ApiError as exc:
                if not (was_repeated and exc.is_outdated) or exc.status == 404:
                    raise
                self._await_key(path, exc, backoff, intent=intent, needs=read_needs, select=select)
        self.recent_objects.add(path)
        if shown is None or not shown.get("id"):
            with mark_outcome_unknown():
                shown = self.get(path, intent=intent, needs=read_needs, params={"$select": select})
        if shown is None or not shown.get("id"):
            raise ApiError(
                f"Cannot {intent}: the service accepted it but does not show it", service=_SERVICE, may_have_acted=True
            )
        self.remember(shown)
        return shown

    def _await_key(
        self, path: str, conflict: ApiError, backoff: Backoff, *, intent: str, needs: t.Sequence[str], select: str
    ) -> None:
        """Wait until the object with the alternate key in *path* shows. Raises *conflict* where none does: another value is taken."""
        while True:
            if not backoff.fits_within(_CONFLICT_LIMIT_S):
                raise conflict
            told = f"waiting until the object with this name is visible (to {intent})"
            backoff.pause(about=told, limit_s=_CONFLICT_LIMIT_S)
            with mark_outcome_unknown():
                found = self.get(path, intent=intent, needs=needs, params={"$select": select})
            if found is not None:
                return

    def remember(self, created: t.Mapping[str, t.Any]) -> None:
        """Note an object that this run has created, by all its ids: replicas may deny it for a while."""
        self.recent_objects.add(*[str(created[name]) for name in ("id", "appId") if created.get(name)])

    def forget(self, *path_keys: str) -> None:
        """Note that this run has deleted these, by id or by path with an alternate key: from now on "not found" means gone."""
        self.recent_objects.discard(*path_keys)

    def without_waiting(self) -> contextlib.AbstractContextManager[None]:
        """Return a context in which replicas show as they are: nothing is waited for, and what this run has deleted is there still."""
        return self._replication.suspend()

    def expire_tokens(self, app_id: str) -> None:
        """Let the next task that signs in as the application *app_id* get a new token: its rights have changed."""
        self.sign_in.expire_tokens(app_id)

    def read_token_claims(self) -> dict[str, t.Any]:
        """Return what the token says about its holder, unverified; empty where it cannot be read."""
        return decode_claims(self.sign_in.get_token(self._scope).value)

    def get_service_time(self) -> datetime.datetime:
        """Return the time by the service's clock, as far as its last answer told; validity is judged by that clock."""
        ahead_s = self.ctx.service_timings.get_clock_difference_s(_SERVICE) or 0
        return self.ctx.clock.now() + datetime.timedelta(seconds=ahead_s)

    def _send(
        self,
        method: str,
        path: str,
        *,
        intent: str,
        needs: t.Sequence[str],
        params: t.Mapping[str, t.Any] | None = None,
        body: t.Any = None,
        repeat: Repeat = Repeat.BY_METHOD,
        headers: t.Mapping[str, str] | None = None,
        missing_ok: bool = False,
        is_undone: t.Callable[[], bool] = lambda: True,
        count_as: CountAs = CountAs.METHOD,
    ) -> Reply:
        version = "" if path.startswith("/beta/") else "/v1.0"
        url = path if path.startswith("https://") else f"{self._root}{version}{path}"
        backoff, counter = Backoff(self.ctx, longest_s=_LONGEST_PAUSE_S), count_as.find_counter(method)
        while True:
            reply = self._transport.request(
                method,
                url,
                params=params,
                json_body=body,
                headers=add_headers(url, headers),
                repeat=repeat,
                count_as=count_as,
                is_undone=is_undone,
            )
            if reply.status < 300:
                self._replication.note_done(counter)
                return reply
            error = build_graph_error(reply, intent, needs)
            if isinstance(error, AuthError) and self.sign_in.method == "token":
                error = add_token_source(error, self.ctx.describe_source("access_token"))
            gone = isinstance(error, NotFound) and (missing_ok or (method == "DELETE" and reply.tries > 1))
            limit_s = self._replication.get_retry_limit_s(error, method, url, body)
            if backoff.fits_within(limit_s):
                self.ctx.stats.add("retries")
                told = f"waiting until all servers of Entra ID know what exists (to {intent})"
                backoff.pause(about=told, limit_s=limit_s)
                count_as = CountAs.NOTHING
                continue
            self._replication.note_done(counter)  # the caller may take the refusal for "done already"
            if gone:
                return reply
            raise error

    def read_object(self, reply: Reply) -> dict[str, t.Any]:
        """Return the JSON object of an answer. Raises BadAnswer for anything else."""
        value = reply.json()
        if not isinstance(value, dict):
            raise reply.build_bad_answer("JSON, but not an object")
        return value
