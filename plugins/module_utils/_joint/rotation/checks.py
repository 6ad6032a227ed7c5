# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What is wrong with the options of a rotation beyond what the argument spec says, and which places its targets are. Pure: nothing is read."""

from __future__ import annotations

import os
import re
import typing as t

from ..._core.names import fold_case
from ..._core.values import is_guid
from ..._entra.certificates.key_pair import LONGEST_NAME, is_common_name

Options = t.Mapping[str, t.Any]

STORE_KINDS = ("file", "hashi_vault", "azure_key_vault")
#: Consumers that a CommCell holds.
COMMVAULT_KINDS = ("commvault_credential", "commvault_oidc_app")
CONTROLLER = "controller_credential"
CONSUMER_KINDS = (*COMMVAULT_KINDS, CONTROLLER)
TARGET_KINDS = (*STORE_KINDS, *CONSUMER_KINDS, "external", "return")
#: The hours during which the old key goes on working, longer than the longest job and any token; applications that refer to a Key Vault
#: read it once a day.
LEAST_OVERLAP_HOURS = 24
_LEAST_OVERLAP_OF: t.Mapping[str, int] = {"azure_key_vault": 25}
#: Days that a key lives beyond two intervals, so that a missed run does no harm.
MARGIN_DAYS = 3
#: More than any application lives, and few enough to reckon with.
_LONGEST_LIFETIME = 36500
#: The end of a scope for which an application signs in by itself.
_EVERYTHING = "/.default"
#: The id of a field, which a mark holds beside the key id.
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,59}")
_ROTATION_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
#: What the place has at its end in which a store keeps what nobody reads yet.
_PENDING: t.Mapping[str, str] = {"file": ".pending", "hashi_vault": "-pending", "azure_key_vault": "-pending"}


class Flaw(t.NamedTuple):
    """What is wrong with one option, ``where`` below those of the rotation."""

    where: str
    message: str


class PlaceOfTarget(t.NamedTuple):
    """Where a target writes, in a form in which the same place is always the same; ``number`` is that of the target."""

    number: int
    place: tuple[str, ...]


def find_option_flaws(options: Options) -> list[Flaw]:
    """Return what cannot be right in *options*, which are as the argument spec completes them, in the order of the documentation."""
    found: list[Flaw] = []
    if not _ROTATION_NAME.fullmatch(options["rotation_name"]):
        text = "1 to 60 letters, digits, dots, hyphens and underscores, beginning with a letter or digit"
        found.append(Flaw("rotation_name", text))
    app_id = (options.get("application") or {}).get("app_id")
    if app_id and not is_guid(app_id):
        found.append(Flaw("application.app_id", "not a client id, which is a GUID; give a name in unique_name"))
    found += _find_kind_flaws(options)
    found += _find_time_flaws(options)
    found += _find_target_flaws(options["targets"])
    found += _find_commcell_flaws(options)
    prove = options["prove"]
    if prove["successes"] < 1 or prove["over_seconds"] < 0 or prove["within_seconds"] < prove["over_seconds"]:
        text = "successes must be 1 or more, and over_seconds between 0 and within_seconds"
        found.append(Flaw("prove", text))
    if prove["scope"] and not str(prove["scope"]).endswith(_EVERYTHING):
        text = f"ends with {_EVERYTHING}, such as https://management.azure.com{_EVERYTHING}"
        found.append(Flaw("prove.scope", text))
    for number, key_id in enumerate(options["adopt_key_ids"]):
        if not is_guid(key_id):
            found.append(
                Flaw(f"adopt_key_ids[{number}]", "not a key id, which is a GUID; entra_application_info lists them")
            )
    if options["max_keys"] < 2:
        found.append(Flaw("max_keys", "2 or more: the old and the new key"))
    return found


def compute_overlap_hours(asked: int | None, targets: t.Sequence[Options]) -> int:
    """Return for how many hours the old key goes on working, at least what the *targets* need."""
    return max([asked or 0, LEAST_OVERLAP_HOURS, *map(_get_least_overlap, targets)])


def find_kind(target: Options) -> str | None:
    """Return which key of an entry of ``targets`` says what it is; None for none."""
    return next((kind for kind in TARGET_KINDS if target.get(kind)), None)


def list_places(targets: t.Sequence[Options]) -> list[PlaceOfTarget]:
    """Return the places in which *targets* write a value, with those in which stores keep what nobody reads yet."""
    found = []
    for number, target in enumerate(targets):
        kind = find_kind(target)
        if kind in STORE_KINDS:
            place = _build_store_place(kind, target[kind])
            found += [PlaceOfTarget(number, place), PlaceOfTarget(number, (*place[:-1], place[-1] + _PENDING[kind]))]
        elif kind == CONTROLLER:
            found.append(PlaceOfTarget(number, _build_controller_place(target[kind])))
        elif kind in COMMVAULT_KINDS:
            named = (str(target[kind].get(key) or "") for key in ("commcell", "company", "name"))
            found.append(PlaceOfTarget(number, (kind, *map(fold_case, named))))
    return found


def _build_store_place(kind: str, store: Options) -> tuple[str, ...]:
    """Return where a store is; what is known of a key stands beside it, so that two fields of one secret are one place."""
    if kind == "file":
        return (kind, os.path.abspath(os.path.expanduser(str(store.get("path") or ""))))
    if kind == "hashi_vault":
        server = [str(store.get(key) or "").rstrip("/") for key in ("url", "namespace")]
        return (kind, *server, str(store.get("mount") or "secret").strip("/"), str(store.get("path") or "").strip("/"))
    return (kind, fold_case(str(store.get("vault_url") or "").rstrip("/")), fold_case(str(store.get("name") or "")))


def _build_controller_place(target: Options) -> tuple[str, ...]:
    """Return which credential it is, whose description tells of one field alone; a controller's names differ by case, and ids have none beside them."""
    server = fold_case(str(target.get("url") or "").rstrip("/"))
    named = (str(target.get(key) or "") for key in ("id", "name", "organization", "credential_type"))
    return (CONTROLLER, server, *named)


def _get_least_overlap(target: Options) -> int:
    return _LEAST_OVERLAP_OF.get(find_kind(target) or "", LEAST_OVERLAP_HOURS)


def _find_kind_flaws(options: Options) -> t.Iterator[Flaw]:
    """Yield what does not go with the kind of keys that is asked for.

    Commvault's credentials and apps hold a secret; what its older calls know of certificates is not known well enough to be written.
    """
    asked = options["certificate"]
    if options["kind"] != "certificate":
        if asked is not None:
            yield Flaw("certificate", f"needs kind certificate, but kind is {options['kind']}")
        return
    name = (asked or {}).get("common_name")
    if name is not None and not is_common_name(str(name)):
        yield Flaw("certificate.common_name", f"1 to {LONGEST_NAME} characters in one line")
    for number, target in enumerate(options["targets"]):
        kind = find_kind(target)
        if kind in COMMVAULT_KINDS:
            text = "cannot hold a certificate: Commvault keeps a client secret there. Give it its own rotation of kind secret"
            yield Flaw(f"targets[{number}].{kind}", text)


def _find_time_flaws(options: Options) -> t.Iterator[Flaw]:
    """Yield what is wrong with how long a key lives, and how long two of them do."""
    lifetime, before = options["lifetime_days"], options["rotate_before_days"]
    overlap, targets = options["overlap_hours"], options["targets"]
    if not 2 <= lifetime <= _LONGEST_LIFETIME:
        yield Flaw("lifetime_days", f"must be between 2 and {_LONGEST_LIFETIME}")
    elif not 1 <= before < lifetime:
        text = (
            f"{before} must be 1 or more, and less than lifetime_days, which is {lifetime}; take half of it and 2 days"
        )
        yield Flaw("rotate_before_days", text)
    elif lifetime < 2 * (lifetime - before) + MARGIN_DAYS and "short_lifetime" not in (options["accept_risk"] or ()):
        yield Flaw(
            "lifetime_days",
            f"a key is replaced after {lifetime - before} days and is valid for {lifetime}: twice that and "
            f"{MARGIN_DAYS} days are needed so that a missed run does no harm. Raise rotate_before_days to "
            f"{(lifetime + MARGIN_DAYS + 1) // 2} or more, or set accept_risk: [short_lifetime] with an accept_reason",
        )
    least = compute_overlap_hours(None, targets)
    if overlap is not None and overlap < least:
        kinds = sorted({str(find_kind(target)) for target in targets if _get_least_overlap(target) == least})
        yield Flaw("overlap_hours", f"at least {least} for these targets ({', '.join(kinds)})")
    if 1 <= before < lifetime <= _LONGEST_LIFETIME and compute_overlap_hours(overlap, targets) >= before * 24:
        text = f"the old key expires before overlap_hours ({compute_overlap_hours(overlap, targets)}) are over"
        yield Flaw("rotate_before_days", text)


def _find_target_flaws(targets: t.Sequence[Options]) -> t.Iterator[Flaw]:
    kinds = [find_kind(target) for target in targets]
    for number, kind in enumerate(kinds):
        if kind is None:
            yield Flaw(f"targets[{number}]", f"is empty: give it one of {', '.join(TARGET_KINDS)}")
        acknowledged = targets[number][kind].get("acknowledged_key_id") if kind in ("external", CONTROLLER) else None
        if acknowledged and not is_guid(acknowledged):
            yield Flaw(f"targets[{number}].{kind}.acknowledged_key_id", "not a key id, which is a GUID")
        if kind == CONTROLLER:
            yield from _find_controller_flaws(targets[number][kind], f"targets[{number}].{kind}")
    yield from _find_repeated_targets(targets)
    if None in kinds:
        return
    if not targets:
        yield Flaw("targets", "is an empty list, so nobody would get the secret: name a store or a consumer")
    elif not any(kind in STORE_KINDS for kind in kinds) and "external" in kinds:
        yield Flaw("targets", "an external target gets its value from a store, but there is none: add one")


def _find_controller_flaws(target: Options, where: str) -> t.Iterator[Flaw]:
    """Yield what is wrong with the target that is a credential of a controller, whose options may come without the defaults of its job."""
    if bool(target.get("name")) == (target.get("id") is not None):
        yield Flaw(where, "give it either the id of the credential or its name")
    elif target.get("id") is not None:
        beside = [key for key in ("organization", "credential_type") if target.get(key)]
        if beside:
            yield Flaw(f"{where}.{beside[0]}", "is used with name only: an id identifies the credential by itself")
    field = target.get("field")
    if field is not None and not _FIELD.fullmatch(str(field)):
        yield Flaw(
            f"{where}.field", "not the id of a field: 1 to 60 letters, digits and underscores, such as client_secret"
        )
    if target.get("token") and (target.get("username") or target.get("password")):
        yield Flaw(f"{where}.token", "give it either a token, or username and password")
    within = (target.get("proof_job") or {}).get("within_seconds")
    if within is not None and int(within) < 1:
        yield Flaw(f"{where}.proof_job.within_seconds", "must be 1 or more")


def _find_commcell_flaws(options: Options) -> t.Iterator[Flaw]:
    """Yield CommCells that ``commcells`` has twice, and those that it lacks and a target names; None where they are not told."""
    if options["commcells"] is None:
        return
    known = [str(item["commcell"]) for item in options["commcells"]]
    for number, name in enumerate(known):
        if name in known[:number]:
            yield Flaw(f"commcells[{number}].commcell", f"is already used by commcells[{known.index(name)}]")
    for number, target in enumerate(options["targets"]):
        kind = find_kind(target)
        wanted = target[kind].get("commcell") if kind in COMMVAULT_KINDS else None
        if wanted is not None and wanted not in known:
            told = ", ".join(map(repr, known[:8])) or "none"
            yield Flaw(f"targets[{number}].{kind}.commcell", f"commcells has no {wanted!r}; it has {told}")


def _find_repeated_targets(targets: t.Sequence[Options]) -> t.Iterator[Flaw]:
    places: dict[tuple[str, ...], int] = {}
    names: dict[str, int] = {}
    repeated: set[int] = set()
    for number, place in list_places(targets):
        first = places.setdefault(place, number)
        if first != number and number not in repeated:
            repeated.add(number)
            yield Flaw(f"targets[{number}]", f"is also the place of targets[{first}]: use each place once")
    for number, target in enumerate(targets):
        name = target.get("name")
        first = names.setdefault(str(name), number) if name else number
        if first != number:
            yield Flaw(f"targets[{number}].name", f"is already used by targets[{first}]: give each target its own name")
