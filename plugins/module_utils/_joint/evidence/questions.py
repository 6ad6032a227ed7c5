# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Questions to the tables of a bundle: who can do something on an entity, what can a person do, what is due for review. Pure.

What the tables cannot tell is an answer of its own, never a no: members that are not visible, servers of a server group, sources that were not
read completely.
"""

from __future__ import annotations

import typing as t

from ..._commvault.overview.document import CommCellDocument
from ..._core.errors import AmbiguousMatch, ConfigError
from ..._core.names import fold_case, is_same_name
from .population import join_doubles, name_source
from .question import Question, tell_near
from .tables import Row

Rows = t.Mapping[str, t.Sequence[Row]]

#: Columns by which a person is found; a display name counts where none of these fits.
_PERSON_COLUMNS = ("user_principal_name", "entra_user_id", "commvault_user")
_NOBODY = "nobody"
_COPIED = (
    *("id", "commcell", "person", "person_kind", "user_principal_name", "entra_user_id", "commvault_user"),
    *(
        "principal_kind",
        "principal",
        "role",
        "permissions",
        "privileged",
        "entity_kind",
        "entity_id",
        "entity",
        "company",
    ),
    *(
        "grant_kind",
        "effective_now",
        "expected_at_next_login",
        "in_mapping",
        "business_owner",
        "review_by",
        "valid_until",
    ),
)
_MOST_CANDIDATES = 10


class Answer(t.TypedDict):
    """``answers``: one row per person and grant. ``not_evaluable``: ``kind``, ``commcell``, ``subject``, ``why`` and ``rows`` (ids)."""

    answers: list[Row]
    not_evaluable: list[Row]


def answer_question(rows: Rows, question: Question, commcells: t.Sequence[CommCellDocument] = ()) -> Answer:
    """Return what the tables tell to *question*, sorted by CommCell, person, principal, role and entity.

    *rows*: of a bundle by the name of the table. *commcells*: the documents that they were made of, which know entities without grants and
    to which company an entity belongs. Raises ConfigError for names that nothing has, AmbiguousMatch for names of several things.
    """
    access = [row for row in rows["access"] if _is_in(row, question)]
    # One that could not be read is in the population alone: it is no wrong name.
    is_unread = any(row["commcell"] and _is_in(row, question) for row in rows["population"])
    is_listed = is_unread or any(_is_named(one, question) for one in commcells)
    if question.commcell is not None and not access and not is_listed:
        known = sorted({str(row["commcell"]) for row in rows["access"]} | {str(one["name"]) for one in commcells})
        raise ConfigError(f"commcell: there is no CommCell {question.commcell!r}{tell_near(question.commcell, known)}")
    documents = [one for one in commcells if question.commcell is None or _is_named(one, question)]
    held = _Rights([row for row in rows["roles"] if _is_in(row, question)], access, documents, question)
    reach = _Reach(access, documents, question)
    people = _find_person(access, documents, question)
    found: Answer = {"answers": [], "not_evaluable": []}
    hidden: dict[tuple[str, str, str, str], list[str]] = {}
    undated = 0
    for row in access:
        is_hidden = _is_hidden(row)
        if row["person_kind"] == _NOBODY or (people is not None and _identify(row) != people and not is_hidden):
            continue
        reached, rights = reach.judge(row), held.judge(row)
        if reached is None or rights is False or not _is_due(row, question):
            undated += reached is not None and rights is not False and _has_no_date(row, question)
            continue
        for doubt in _list_doubts(row, reached, rights):
            hidden.setdefault(doubt, []).append(str(row["id"]))
        if not is_hidden and rights is True and reached != IN_GROUP:
            found["answers"].append(_make_answer(row, reached, question))
    found["answers"].sort(key=_sort_key)
    found["not_evaluable"] = [
        {"kind": kind, "commcell": commcell, "subject": subject, "why": why, "rows": sorted(ids)}
        for (kind, commcell, subject, why), ids in sorted(hidden.items())
    ]
    found["not_evaluable"] += _list_gaps(rows, question)
    if undated:
        told = f"{undated} rows have no date in the mapping document, so it is not known whether they are due"
        found["not_evaluable"].append({"kind": "no_date", "commcell": "", "subject": "", "why": told, "rows": []})
    return found


#: How a grant reaches an entity; in groups: whether the server belongs to the server group is not in the data.
DIRECT, ALL_OF_A_KIND, COMMCELL, COMPANY, IN_GROUP = "entity", "all of the kind", "CommCell", "company", "server group"
COMPANY_UNKNOWN = "company, if it is the entity's"


class _Reach:
    """Whether a grant reaches what is asked for."""

    def __init__(self, access: t.Sequence[Row], documents: t.Sequence[CommCellDocument], question: Question) -> None:
        self._kind, self._asked = question.entity_kind, question.entity
        self._found: dict[str, tuple[str, str | None]] = {}
        if self._kind is None or self._asked is None:
            return
        known: dict[str, dict[str, tuple[str, str | None]]] = {}
        for row in access:
            if row["entity_kind"] == self._kind and row["entity_id"] != "all":
                known.setdefault(str(row["commcell"]), {})[str(row["entity_id"])] = (str(row["entity"]), None)
        for one in documents:
            listed = one["companies"] if self._kind == "company" else one["entities"].get(self._kind, [])
            # Releases that show no companies name none anywhere; then an entity may be of any.
            is_shown = self._kind == "company" or any(entity.get("company") for entity in listed)
            for entity in listed:
                told = (str(entity["name"]), str(entity.get("company") or "") if is_shown else None)
                known.setdefault(str(one["name"]), {})[str(entity["id"])] = told
        for commcell, entities in known.items():
            picked = _pick(
                self._asked, {key: name for key, (name, _company) in entities.items()}, f"entity on {commcell}"
            )
            if picked is not None:
                self._found[commcell] = (picked, entities[picked][1])
        if not self._found:
            names = [name for entities in known.values() for name, _company in entities.values()]
            raise ConfigError(
                f"access_entity (who.entity): no CommCell of the data has {self._kind} {self._asked!r}{tell_near(self._asked, names)}"
            )

    def judge(self, row: Row) -> str | None:
        """Return how the row's grant reaches the entity, None where it does not."""
        kind, key = str(row["entity_kind"]), str(row["entity_id"])
        if self._kind is None:
            return DIRECT
        if self._asked is None:
            return DIRECT if kind == self._kind else (COMMCELL if kind == "commcell" else None)
        found = self._found.get(str(row["commcell"]))
        if found is None:
            return None
        if kind == "commcell":
            return COMMCELL
        if kind == self._kind and key in (found[0], "all"):
            return ALL_OF_A_KIND if key == "all" else DIRECT
        if kind == "company" and self._kind != "company":
            return self._judge_company(row, found[1])
        return IN_GROUP if (kind, self._kind) == ("server_groups", "servers") else None

    @staticmethod
    def _judge_company(row: Row, company: str | None) -> str | None:
        if company is None:
            return COMPANY_UNKNOWN
        if not company:  # an entity of the CommCell's own level
            return None
        is_same = row["entity_id"] in (company, "all") or is_same_name(str(row["entity"]), company)
        return COMPANY if is_same else None


class _Rights:
    """Whether a grant gives what is asked for: by its role, or by single permissions."""

    def __init__(
        self,
        roles: t.Sequence[Row],
        access: t.Sequence[Row],
        documents: t.Sequence[CommCellDocument],
        question: Question,
    ) -> None:
        self._permission, self._asked_role = question.permission, question.role
        self._roles: dict[str, str] = {}
        #: Roles of which the permissions are known; one without any has a row, too.
        self._known = {(str(row["commcell"]), str(row["role_id"])) for row in roles}
        self._holding: set[tuple[str, str]] = set()
        if self._asked_role is not None:
            self._find_roles(roles, access)
        if self._permission is not None:
            self._find_permission(roles, access, documents)

    def _find_roles(self, roles: t.Sequence[Row], access: t.Sequence[Row]) -> None:
        asked, known = str(self._asked_role), dict[str, dict[str, str]]()
        for row in [*roles, *access]:
            if row["role_id"]:
                known.setdefault(str(row["commcell"]), {})[str(row["role_id"])] = str(row["role"])
        for commcell, names in known.items():
            if picked := _pick(asked, names, f"role on {commcell}"):
                self._roles[commcell] = picked
        if not self._roles:
            raise ConfigError(
                f"access_role (who.role): no CommCell of the data has a role {asked!r}"
                + tell_near(asked, [name for names in known.values() for name in names.values()])
            )

    def _find_permission(
        self, roles: t.Sequence[Row], access: t.Sequence[Row], documents: t.Sequence[CommCellDocument]
    ) -> None:
        asked = str(self._permission)
        listed = [(str(row["permission"]), str(row["permission_id"])) for row in roles if not _is_every(row)]
        listed += [(name, name) for row in access for name in _to_list(row["permissions"])]
        listed += [(str(one["name"]), str(one["id"])) for document in documents for one in document["permissions"]]
        matches = {name for name, key in listed if name and (is_same_name(name, asked) or key == asked)}
        if not matches:
            raise ConfigError(
                f"access_permission (who.permission): nothing in the data has a permission {asked!r}"
                + tell_near(asked, [name for name, _key in listed])
            )
        self._names = {*map(fold_case, matches), fold_case(asked)}
        self._holding = {
            (str(row["commcell"]), str(row["role_id"]))
            for row in roles
            if _is_every(row) or fold_case(str(row["permission"])) in self._names
        }

    def judge(self, row: Row) -> bool | None:
        """Return whether the row's grant gives it; None where the data does not tell."""
        commcell, role = str(row["commcell"]), str(row["role_id"] or "")
        if self._asked_role is not None and self._roles.get(commcell) != role:
            return False
        if self._permission is None:
            return True
        if any(fold_case(name) in self._names for name in _to_list(row["permissions"])):
            return True
        if role:
            return (commcell, role) in self._holding or (False if (commcell, role) in self._known else None)
        return None if not row["permissions"] else False


def _is_every(row: Row) -> bool:
    """Return True for the row of the built-in role that holds every permission, none of which the service lists."""
    return row["permission"] == "all" and not row["permission_id"]


def _find_person(
    access: t.Sequence[Row], documents: t.Sequence[CommCellDocument], question: Question
) -> tuple[str, str] | None:
    """Return who is asked about, as :func:`_identify` does; None where nobody is. Raises ConfigError and AmbiguousMatch."""
    asked = question.person
    if asked is None:
        return None
    for columns in (_PERSON_COLUMNS, ("person",)):
        found: dict[tuple[str, str], str] = {}
        for row in access:
            if any(row[column] and is_same_name(str(row[column]), asked) for column in columns):
                found.setdefault(_identify(row), _describe_person(row))
        if len(found) > 1:
            told = "; ".join(sorted(found.values())[:_MOST_CANDIDATES])
            raise AmbiguousMatch(
                f"person: several people match {asked!r}: {told}. Give the object id, the user principal name, or also commcell.",
                candidates=sorted(found.values()),
            )
        if found:
            return next(iter(found))
    for document in documents:
        for user in document["users"]:
            if any(is_same_name(str(user.get(name) or ""), asked) for name in ("name", "user_principal_name")):
                return (str(document["name"]), str(user["id"]))
    names = [str(row[column]) for row in access for column in (*_PERSON_COLUMNS, "person") if row[column]]
    raise ConfigError(
        f"person: nobody in the data has the user principal name, object id, Commvault user or name {asked!r}"
        + tell_near(asked, names)
    )


def _is_hidden(row: Row) -> bool:
    """Return True for a row that stands for people who cannot be seen, such as the members of a directory's group."""
    return row["person_kind"] != _NOBODY and not row["entra_user_id"] and not row["commvault_user_id"]


def _identify(row: Row) -> tuple[str, str]:
    """Return what is the same for all rows of one person: the id in Entra ID, else that of the user of one CommCell."""
    return (
        ("", str(row["entra_user_id"]))
        if row["entra_user_id"]
        else (str(row["commcell"]), str(row["commvault_user_id"]))
    )


def _describe_person(row: Row) -> str:
    known = row["user_principal_name"] or row["entra_user_id"] or f"user {row['commvault_user']} of {row['commcell']}"
    return f"{row['person'] or row['commvault_user']} ({known})"


def _list_doubts(row: Row, reached: str, rights: bool | None) -> t.Iterator[tuple[str, str, str, str]]:
    """Yield what cannot be told about a row that may be an answer: kind, CommCell, subject, why."""
    commcell, principal = str(row["commcell"]), str(row["principal"])
    if rights is None:
        what = row["role"] or f"the {row['grant_kind']} grant of {principal} on {row['entity']}"
        yield ("permissions", commcell, str(what), "which permissions it has is not in the data")
    if reached == IN_GROUP:
        group = "all server groups" if row["entity_id"] == "all" else str(row["entity"])
        yield ("server_group", commcell, group, "whether the server belongs to the server group is not in the data")
    if reached == COMPANY_UNKNOWN:
        yield ("company", commcell, str(row["entity"]), "whether the entity belongs to the company is not in the data")
    if _is_hidden(row):
        yield ("members", commcell, principal, "its members are not visible, so it may be anybody")
    elif "unknown" in (row["effective_now"], row["expected_at_next_login"]) and _can(row) != "yes":
        yield ("sign_in", commcell, _describe_person(row), "it is not known whether the access is in force")


def _list_gaps(rows: Rows, question: Question) -> list[Row]:
    """Return a row for each source that was not read completely: what it does not show may be an answer."""
    return [
        {
            "kind": "source",
            "commcell": str(row["commcell"] or ""),
            "subject": name_source(str(row["source"])),
            "why": str(row["why"] or "this account is not allowed to see everything"),
            "rows": [str(one["id"]) for one in (row, *doubles)],
        }
        for row, *doubles in join_doubles(rows["population"])
        if not row["commcell"] or _is_in(row, question)
    ]


def _make_answer(row: Row, reached: str, question: Question) -> Row:
    path = _to_list(row["path"])
    through = (
        " > ".join([*path, str(row["principal"])])
        if row["principal_kind"] != "user" or path
        else "a grant of their own"
    )
    return {
        **{name: row[name] for name in _COPIED},
        "path": path,
        "how": through,
        "reach": reached,
        "permission": question.permission,
        "can": "unknown" if reached == COMPANY_UNKNOWN else _can(row),
    }


def _can(row: Row) -> t.Literal["yes", "no", "unknown"]:
    """Return whether the person has the access now or after the next sign-in."""
    states = (row["effective_now"], row["expected_at_next_login"])
    return "yes" if "yes" in states else ("unknown" if "unknown" in states else "no")


def _is_due(row: Row, question: Question) -> bool:
    pairs = ((question.review_by_before, row["review_by"]), (question.valid_until_before, row["valid_until"]))
    return all(bool(date) and str(date)[:10] < before for before, date in pairs if before is not None)


def _has_no_date(row: Row, question: Question) -> bool:
    """Return True where a review is asked for and the mapping says none; a grant without an end is an ordinary one."""
    return question.review_by_before is not None and not row["review_by"]


def _is_in(row: Row, question: Question) -> bool:
    return question.commcell is None or is_same_name(str(row["commcell"]), question.commcell)


def _is_named(document: CommCellDocument, question: Question) -> bool:
    return is_same_name(str(document["name"]), str(question.commcell))


def _sort_key(row: Row) -> list[str]:
    names = ("commcell", "person", "commvault_user", "principal", "role", "entity_kind", "entity", "id")
    return [str(row[name] or "") for name in names]


def _pick(asked: str, names: t.Mapping[str, str], what: str) -> str | None:
    """Return the id that *asked* names, by name or id; None for none of them. Raises AmbiguousMatch."""
    found = sorted(key for key, name in names.items() if is_same_name(name, asked)) or [
        key for key in names if key == asked
    ]
    if len(found) > 1:
        told = ", ".join(found[:_MOST_CANDIDATES])
        raise AmbiguousMatch(f"several have the name {asked!r} ({what}): give one of the ids {told}", candidates=found)
    return found[0] if found else None


def _to_list(value: t.Any) -> list[str]:
    """Return a cell as a list, whether it is one or its text."""
    return [str(item) for item in value] if isinstance(value, list) else ([str(value)] if value else [])
