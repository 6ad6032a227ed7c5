# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Options of commvault_audit_info: their spec, and what they ask for. Pure."""

from __future__ import annotations

import datetime
import typing as t
import zoneinfo
from dataclasses import dataclass

from ..._core.argument_specs import ArgumentSpec
from ..._core.context import Context
from ..._core.errors import ConfigError
from ..._core.option_faults import OptionFaults
from ..._core.periods import Period, find_zoneless, parse_period, parse_span

AUDIT_TRAIL, EVENTS = "audit_trail", "events"
LOGS = (AUDIT_TRAIL, EVENTS)
#: Severities, gravest first. Source of the first: the vendor's page on the audit trail; of the second: the parameters of the call.
AUDIT_SEVERITIES = ("critical", "high", "medium", "low")
EVENT_SEVERITIES = ("critical", "major", "minor", "information")
_SEVERITIES = tuple(dict.fromkeys((*AUDIT_SEVERITIES, *EVENT_SEVERITIES)))
_OF_LOG = {AUDIT_TRAIL: AUDIT_SEVERITIES, EVENTS: EVENT_SEVERITIES}


@dataclass(frozen=True)
class Wanted:
    """What to read. ``severities``: by log, all of them where the option is left out. ``zone``: of times that name none, None: not given."""

    period: Period
    logs: tuple[str, ...]
    users: tuple[str, ...]
    operations: tuple[str, ...]
    severities: t.Mapping[str, tuple[str, ...]]
    late_by: datetime.timedelta
    max_rows: int
    zone: datetime.tzinfo | None
    all_severities: bool = True


def build_log_spec() -> ArgumentSpec:
    """Return the options beside those of the connection."""
    return ArgumentSpec(
        {
            "users": {"type": "list", "elements": "str"},
            "operations": {"type": "list", "elements": "str"},
            "severities": {"type": "list", "elements": "str", "choices": list(_SEVERITIES)},
            "logs": {"type": "list", "elements": "str", "choices": list(LOGS), "default": [AUDIT_TRAIL]},
            "since": {"type": "str", "default": "24h"},
            "until": {"type": "str"},
            "late_by": {"type": "str", "default": "15m"},
            "time_zone": {"type": "str"},
            "max_rows": {"type": "int", "default": 20000},
            "query": {"type": "str"},
        }
    )


def parse_options(ctx: Context) -> Wanted:
    """Return what the options of the task ask for. Raises ConfigError for one fault, Problems for several."""
    options, faults = ctx.options, OptionFaults()
    period = faults.attempt(lambda: parse_period(options["since"], options["until"], ctx.clock.now()))
    late_by = faults.attempt(lambda: parse_span(options["late_by"], "late_by"))
    zone = faults.attempt(lambda: find_zone(options["time_zone"]) if options["time_zone"] else None)
    faults.attempt(lambda: _check_lists(options))
    if options["max_rows"] < 1:
        faults.note("max_rows", f"{options['max_rows']} is not a number of rows: give 1 or more")
    faults.raise_any()
    for told in find_zoneless({name: options[name] for name in ("since", "until")}):
        ctx.warn(told)
    chosen = options["severities"]
    return Wanted(
        t.cast("Period", period),
        tuple(log for log in LOGS if log in options["logs"]),
        tuple(dict.fromkeys(options["users"] or ())),
        tuple(dict.fromkeys(options["operations"] or ())),
        {log: tuple(one for one in known if chosen is None or one in chosen) for log, known in _OF_LOG.items()},
        t.cast("datetime.timedelta", late_by),
        options["max_rows"],
        zone,
        chosen is None,
    )


def find_zone(name: str) -> datetime.tzinfo:
    """Return the time zone of a name such as Europe/Berlin. Raises ConfigError where this Python knows none of that name."""
    if name.strip().upper() in ("UTC", "GMT", "ETC/UTC", "COORDINATED UNIVERSAL TIME"):
        return datetime.timezone.utc
    try:
        return zoneinfo.ZoneInfo(name)
    except (OSError, ValueError) as exc:  # ZoneInfoNotFoundError is a KeyError
        raise _build_zone_error(name) from exc
    except KeyError as exc:
        raise _build_zone_error(name) from exc


def _build_zone_error(name: str) -> ConfigError:
    return ConfigError(
        f"option time_zone: {name!r} is not a time zone that this machine knows. Give a name of the IANA database, "
        "such as Europe/Berlin; if the machine has no such database, install the Python package tzdata.",
        source="option time_zone",
    )


def _check_lists(options: t.Mapping[str, t.Any]) -> None:
    """Raise where nothing could be found: no log at all, no user, or severities of which a log that is to be read has none."""
    for name in ("logs", "users", "operations", "severities"):
        if options[name] is not None and not options[name]:
            raise ConfigError(
                f"option {name}: an empty list selects nothing. Leave the option out, or name some",
                source=f"option {name}",
            )
    for log in options["logs"]:
        if options["severities"] is not None and not set(options["severities"]) & set(_OF_LOG[log]):
            raise ConfigError(
                f"option severities: none of {', '.join(options['severities'])} is in {log}, which has {', '.join(_OF_LOG[log])}."
                f" Name one of these too, or remove {log} from logs",
                source="option severities",
            )
    if options["users"] is not None and EVENTS in options["logs"]:
        raise ConfigError(
            "option users: the event log does not contain who did something. Remove events from logs, or leave users out",
            source="option users",
        )
