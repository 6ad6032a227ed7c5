# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Problems of the credentials in a variables document that show beside its other variables only. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._commvault.secret_marks import (
    ROTATED,
    check_secret_options,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._core.names import fold_case

from .declared import is_commcell_covered
from .declared_credentials import is_of_registration, name_task
from .filter_values import to_text
from .variables_checks import Place, Problem

Values = t.Mapping[str, t.Any]

_VARIABLE = "cvops_commvault_credentials"


def find_credential_problems(values: Values) -> t.Iterator[Problem]:
    """Yield what contradicts itself in the credentials of a document, or what contradicts them; the values fit the schema."""
    declared = values.get(_VARIABLE)
    if not isinstance(declared, list):
        return
    commcells = _list_commcells(values.get("cvops_connection"))
    repeated, rotated = (
        _find_repeated(declared, commcells),
        _find_rotated(declared, commcells, values.get("cvops_rotations")),
    )
    application = values.get("cvops_application")
    is_gone = isinstance(application, t.Mapping) and application.get("state") == "absent"
    for number, item in enumerate(declared):
        place = Place(_VARIABLE).enter_item(number, item)
        if number in repeated:
            first, commcell = repeated[number]
            where = f" for CommCell {commcell}" if commcell else ""
            yield place.enter("name").describe(
                f"is already used by {_VARIABLE}[{first}]{where}; describe each credential once"
            )
        if item.get("state") == "absent":
            if number in rotated:
                yield place.enter("state").describe(f"is absent, but {rotated[number]} writes a secret to it")
            continue
        try:
            check_secret_options(item, "secret")
        except ConfigError as exc:
            yield place.enter(str(exc.facts["source"]).removeprefix("option ")).describe(str(exc))
        if number in rotated and item.get("secret_policy") != ROTATED:
            yield place.enter("secret_policy").describe(
                f"must be {ROTATED}, because {rotated[number]} writes its secret"
            )
        if is_gone and is_of_registration(item):
            yield place.enter("azure_application_id").describe(
                "is missing, and cvops_application, which would be used instead, is absent; name the application, "
                "or give the credential state: absent"
            )


def _list_commcells(connection: t.Any) -> list[str]:
    """Return the CommCells of the connection; one without a name where there is none, as where a document is looked at alone."""
    commcells = connection.get("commcells") if isinstance(connection, t.Mapping) else None
    return list(map(to_text, commcells)) if commcells and isinstance(commcells, t.Mapping) else [""]


def _find_repeated(declared: t.Sequence[Values], commcells: t.Sequence[str]) -> dict[int, tuple[int, str]]:
    """Return by the number of a credential the number of the one before it that is the same one on a CommCell, and that CommCell."""
    found: dict[int, tuple[int, str]] = {}
    for commcell in commcells:
        seen: dict[t.Any, int] = {}
        for number, item in enumerate(declared):
            if is_commcell_covered(item.get("commcells"), commcell):
                # By their words, too: plans and results know them by these.
                for key in (_identify(item), name_task(item)):
                    first = seen.setdefault(key, number)
                    if first != number:
                        found.setdefault(number, (first, commcell))
    return found


def _find_rotated(declared: t.Sequence[Values], commcells: t.Sequence[str], rotations: t.Any) -> dict[int, str]:
    """Return by the number of a credential the target of the first rotation that writes to it, as the document has it."""
    found: dict[int, str] = {}
    for number, rotation in enumerate(rotations if isinstance(rotations, list) else ()):
        targets = rotation.get("targets") if isinstance(rotation, t.Mapping) else None
        for position, target in enumerate(targets if isinstance(targets, list) else ()):
            wanted = target.get("commvault_credential") if isinstance(target, t.Mapping) else None
            if not isinstance(wanted, t.Mapping):
                continue
            given = wanted.get("commcell")
            reached = commcells if given is None else [to_text(given)]
            for place, item in enumerate(declared):
                if _may_be_same(item, wanted) and any(
                    is_commcell_covered(item.get("commcells"), name) for name in reached
                ):
                    found.setdefault(place, f"cvops_rotations[{number}].targets[{position}]")
    return found


def _identify(item: Values) -> tuple[str, str]:
    return fold_case(to_text(item.get("name"))), fold_case(to_text(item.get("company")))


def _may_be_same(item: Values, wanted: Values) -> bool:
    """Return whether a rotation may write to a credential: a company by its id, and one by its name, may be the same one."""
    (name, company), (other_name, other_company) = _identify(item), _identify(wanted)
    is_open = bool(company and other_company) and company.isdigit() != other_company.isdigit()
    return name == other_name and (company == other_company or is_open)
