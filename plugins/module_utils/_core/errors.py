# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The errors of the collection, in one hierarchy; each knows how it looks in a task result."""

from __future__ import annotations

import contextlib
import typing as t

from .visible import to_one_line

#: Longer messages are cut: a service may say what it likes.
_LONGEST_MESSAGE = 8000


class CvopsError(Exception):
    """Base of all expected failures.

    *facts* go into the result's ``error`` beside ``kind``: service, status, code, request_id, method, path, source, …
    Facts that are None are left out. Neither message nor facts may hold a secret. The message becomes one line without control
    characters, since it may quote a service, whose text must not be taken for lines of Ansible's own.
    """

    kind = "error"
    #: Whether the step that failed has written something that the service acknowledged.
    has_written = False

    def __init__(self, message: str, **facts: t.Any) -> None:
        super().__init__(to_one_line(message, _LONGEST_MESSAGE))
        self.facts: dict[str, t.Any] = {name: fact for name, fact in facts.items() if fact is not None}

    def as_result(self) -> dict[str, t.Any]:
        """Return ``{"msg": str, "error": {"kind": str, ...}}``, the two keys of every failed task of this collection."""
        return {"msg": str(self), "error": {"kind": self.kind, **self.facts}}


class ConfigError(CvopsError):
    """The caller's input cannot be right; nothing was sent to change anything."""

    kind = "config"


class Problems(ConfigError):
    """Several findings about the input, reported together before the first write.

    Each problem is ``{"kind": str, "where": str, "message": str}``; ``where`` is the option path. With ``principal``, ``role`` or
    ``entity`` it names whom and what it is about. The message shows the first of them, ``error.problems`` has all.
    """

    shown = 25

    def __init__(self, summary: str, problems: t.Sequence[t.Mapping[str, t.Any]]) -> None:
        listed = [dict(problem) for problem in problems]
        lines = [to_one_line(f"{describe_place(problem)}: {problem['message']}") for problem in listed[: self.shown]]
        if len(listed) > self.shown:
            lines.append(f"… and {len(listed) - self.shown} more, see error.problems")
        super().__init__(summary, problems=listed)
        self.args = ("\n- ".join([str(self), *lines]),)


def describe_place(problem: t.Mapping[str, t.Any]) -> str:
    """Return where a problem is, with the names that go with the place, such as ``mappings[50].grants[0].role (Operators)``."""
    named = [str(problem[name]) for name in ("principal", "entity") if problem.get(name)]
    return f"{problem.get('where')} ({', '.join(named)})" if named else str(problem.get("where"))


class InternalFault(CvopsError):
    """A fault of this collection or of a library below it, in place of a traceback; ``place`` names module and line."""

    kind = "internal"


class GuardRefused(ConfigError):
    """The change is possible but dangerous, and the caller did not accept the named risk."""

    kind = "guard"


class PlanChanged(ConfigError):
    """What is there is not what the plan was made for; the write was not sent.

    The plan holds steps that were not approved, which ``not_approved`` lists as results do; or another object has the name by now; or
    somebody else has changed the object since, so that more would be written than was planned.
    """

    kind = "plan_changed"


class DriftFound(CvopsError):
    """Everything was done, and something is there that the input does not want; the caller asked for a failure then."""

    kind = "drift"


class AmbiguousMatch(ConfigError):
    """More than one object answers to a name; ``candidates`` lists their ids."""

    kind = "ambiguous"


class MissingLibrary(CvopsError):
    """A Python library that the task needs is not importable; ``library`` names it."""

    kind = "missing_library"


class WaitTimeout(CvopsError):
    """Something that was awaited did not come in time; what was written stays written."""

    kind = "timeout"


class Cancelled(CvopsError):
    """The run was told to stop (signal or task timeout); the steps done are in the result."""

    kind = "cancelled"


class ApiError(CvopsError):
    """A service refused or failed.

    ``may_have_acted``: the request may have taken effect although no answer says so. ``said``: the service's own text where it was
    kept, without the intent that stands before it in the message and holds names. ``is_outdated``: nothing was done, because what
    was read before is not what is there, such as an object that is gone or exists already: reading again tells what there is.
    """

    kind = "api"

    def __init__(
        self, message: str, *, may_have_acted: bool = False, said: str = "", is_outdated: bool = False, **facts: t.Any
    ) -> None:
        super().__init__(message, **facts)
        self.may_have_acted, self.said, self.is_outdated = may_have_acted, said, is_outdated

    @property
    def status(self) -> int | None:
        """HTTP status of the answer, None when there was none."""
        return self.facts.get("status")

    @property
    def code(self) -> str | None:
        """The service's own error code as text, None when it told none."""
        return self.facts.get("code")


class Unreachable(ApiError):
    """No answer: name resolution, refused or lost connection, TLS, proxy, timeout."""

    kind = "unreachable"


class AuthError(ApiError):
    """Sign-in failed, or the service does not accept the token."""

    kind = "auth"


class BlockedByConditionalAccess(AuthError):
    """A policy of conditional access refused a sign-in, which says nothing of the credential: to try again changes nothing."""

    kind = "conditional_access"


def add_token_source(error: AuthError, source: str) -> AuthError:
    """Return the error with the words for where the refused token came from: one that is given as an option cannot be renewed."""
    return AuthError(f"{error} The token came from {source}: get a new one.", **{**error.facts, "source": source})


class Forbidden(ApiError):
    """Signed in, but without the permission that the call needs."""

    kind = "forbidden"


class NotFound(ApiError):
    """The object is not there (or not yet: see recent_objects for objects of this run)."""

    kind = "not_found"


class Throttled(ApiError):
    """Told to slow down for longer than this task may wait; ``retry_after_s`` says how long."""

    kind = "throttled"


class BadAnswer(ApiError):
    """An answer that is not what the service sends: HTML, an empty body, broken JSON, a redirect, a foreign next link."""

    kind = "bad_answer"


@contextlib.contextmanager
def mark_outcome_unknown(*, is_acknowledged: bool = False) -> t.Iterator[None]:
    """Mark errors of the body with ``outcome: unknown``: it looks what became of a write.

    *is_acknowledged*: the service has answered that it was done; else the answer was lost.
    """
    try:
        yield
    except CvopsError as exc:
        exc.facts.setdefault("outcome", "unknown")
        exc.has_written = exc.has_written or is_acknowledged
        raise
