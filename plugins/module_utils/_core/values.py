# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Values of options and of answers: exact builtin types, ids, numbers and dates, and members of JSON objects."""

from __future__ import annotations

import datetime
import re
import typing as t

from .errors import BadAnswer, ConfigError

#: 9999-12-31T23:59:59Z in epoch seconds, the last second that ``datetime`` can show.
LATEST_TIME = 253402300799.0
_LONGEST_TIME = 100
_OMIT_START = "__omit_place_holder__"
_OMIT_TEXT = re.compile(_OMIT_START + "[0-9a-f]{40}")
#: Names of the types of objects that stand for a text; ansible-core does not publish them.
_TEXT_TYPES = frozenset(("EncryptedString", "UUID", "Undefined"))
GUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")


class _Omitted:
    """The type of OMITTED."""


#: Stands for a value that ``omit`` leaves out, on every ansible-core.
OMITTED = _Omitted()


class AnswerObject(dict[str, t.Any]):
    """An object of an answer. Asked for a member that it has not, it raises BadAnswer: that is the answer's fault, not the code's."""

    def __missing__(self, name: str) -> t.NoReturn:
        raise BadAnswer(f"An answer has an object without {name}.", member=name)


def convert_to_builtins(value: t.Any, where: str = "") -> t.Any:
    """Return *value* rebuilt from exact builtins: tagged, unsafe and lazy types of any core become str, dict and list.

    Keys become text and dates ISO text, as they would on their way through a module's JSON arguments.
    Vault-encrypted text is decrypted by its own ``str()``. What ``default(omit)`` leaves in place of a value becomes None, and is
    left out of lists and mappings. *where*: the path of the value, for messages. Raises ConfigError for what cannot be plain data.
    """
    if is_omitted(value):
        return None
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _convert_text(value, where)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, t.Mapping):
        return {
            (name := _convert_key(key)): convert_to_builtins(item, f"{where}.{name}" if where else name)
            for key, item in value.items()
            if not is_omitted(item)
        }
    if isinstance(value, (list, tuple, set, frozenset, range, t.KeysView, t.ValuesView)):
        return [
            convert_to_builtins(item, f"{where}[{number}]") for number, item in enumerate(value) if not is_omitted(item)
        ]
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if _is_text_like(value):
        return _convert_text(str(value), where)
    raise ConfigError(
        f"{where or 'a value'}: a value of type {type(value).__name__} is not plain data (text, number, boolean, list, dictionary)",
        source=f"option {where}" if where else None,
    )


def is_omitted(value: t.Any) -> bool:
    """Return True for what ``omit`` is in templates: an object from ansible-core 2.19 on, a text that every run makes anew before."""
    if isinstance(value, str):
        return value.startswith(_OMIT_START) and _OMIT_TEXT.fullmatch(value) is not None
    return value is OMITTED or type(value).__name__ == "_OmitType"


def _convert_text(value: str, where: str) -> str:
    """Return *value* as an exact ``str``. Raises ConfigError for a text that contains what ``omit`` is on ansible-core before 2.19."""
    text = "".join((value,))
    if _OMIT_START in text and _OMIT_TEXT.search(text):
        raise ConfigError(
            f"{where or 'a value'}: omit is part of a longer text, but only a whole value can be omitted",
            source=f"option {where}" if where else None,
        )
    return text


def _is_text_like(value: t.Any) -> bool:
    """Return True for objects that stand for a text: encrypted texts of any ansible-core, paths, UUIDs, and jinja2's undefined, which raises."""
    if hasattr(value, "__ENCRYPTED__") or hasattr(value, "__fspath__"):
        return True
    return {kind.__name__ for kind in type(value).__mro__} & _TEXT_TYPES != set()


def _convert_key(key: t.Any) -> str:
    """Return a key as JSON writes it."""
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    return "".join((str(key),))


def is_guid(value: t.Any) -> bool:
    """Return True for the 8-4-4-4-12 hexadecimal form that Entra ID uses for every id."""
    return isinstance(value, str) and GUID.fullmatch(value) is not None


def parse_number(value: t.Any) -> int | None:
    """Return a whole number of up to 18 digits from an int or its decimal text; None for anything else, booleans among it.

    ``str.isdigit`` also accepts digits that ``int`` refuses, and ``int`` refuses texts of thousands of digits.
    """
    if isinstance(value, int):
        return None if isinstance(value, bool) or abs(value) >= 10**18 else value
    return int(value) if isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}", value.strip()) else None


def get_objects(holder: t.Any, name: str) -> list[AnswerObject]:
    """Return the objects in the list that a service gives as *name*; none where it gives no such member, or null.

    Raises BadAnswer for anything else than a list of objects: taking that for an empty list would be taking a failure for "nothing there".
    """
    return [AnswerObject(item) for item in _get_list(holder, name, dict, "objects")]


def get_texts(holder: t.Any, name: str) -> list[str]:
    """Return the texts in the list that a service gives as *name*; otherwise as :func:`get_objects`."""
    return [str(item) for item in _get_list(holder, name, str, "texts")]


def get_values(holder: t.Any, name: str) -> list[t.Any]:
    """Return what is in the list that a service gives as *name*, whatever it is; otherwise as :func:`get_objects`."""
    return _get_list(holder, name, object, "values")


def _get_list(holder: t.Any, name: str, kind: type, words: str) -> list[t.Any]:
    """Return the list in *holder*, whose items are of *kind*. Raises BadAnswer, which calls them *words*."""
    if holder is not None and not isinstance(holder, t.Mapping):
        raise BadAnswer(f"An answer has something that is not an object around {name}.", member=name)
    listed = holder.get(name) if holder is not None else None
    if listed is None:
        return []
    if not isinstance(listed, (list, tuple)) or not all(isinstance(item, kind) for item in listed):
        raise BadAnswer(f"An answer has something that is not a list of {words} as {name}.", member=name)
    return list(listed)


def get_object(holder: t.Any, name: str) -> AnswerObject:
    """Return the object that a service gives as *name*; an empty one where it gives none. Raises BadAnswer for anything else."""
    (found,) = get_objects({name: [holder.get(name)]}, name) if _has_value(holder, name) else [AnswerObject()]
    return found


def _has_value(holder: t.Any, name: str) -> bool:
    """Return True when *holder* is an object whose member *name* is not null."""
    return isinstance(holder, t.Mapping) and holder.get(name) is not None


def get_time(holder: t.Mapping[str, t.Any], name: str, of: str = "") -> datetime.datetime | None:
    """Return the date that a service gives as *name*; None where it gives none. Raises BadAnswer for what is no date.

    *of*: whose date it is, for the message, for example ``" of key 17"``.
    """
    given = holder.get(name)
    if given is None or given == "":
        return None
    try:
        return parse_time(given)
    except ValueError as exc:
        raise BadAnswer(f"An answer has no valid date as {name}{of}.", member=name) from exc


def format_time(moment: datetime.datetime) -> str:
    """Return *moment* as UTC text with seconds (RFC 3339), the only date form that results carry."""
    return moment.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def shift_time(moment: datetime.datetime, by: datetime.timedelta) -> datetime.datetime:
    """Return the moment that comes *by* later than *moment*, in UTC; the first or the last one that there is where that lies beyond it.

    Services name moments, and nothing keeps them from naming one at the end of time.
    """
    try:
        return moment.astimezone(datetime.timezone.utc) + by
    except OverflowError:
        edge = datetime.datetime.max if by > datetime.timedelta() else datetime.datetime.min
        return edge.replace(microsecond=0, tzinfo=datetime.timezone.utc)


def parse_time(text: str) -> datetime.datetime:
    """Return the moment of a service's date: no fraction or up to seven digits, ``Z`` or an offset; a bare date is midnight UTC.

    Raises ValueError for anything else, also for what is no text.
    """
    if not isinstance(text, str):
        raise ValueError(f"a {type(text).__name__} is not a date")
    cleaned = text[:_LONGEST_TIME].strip().replace("Z", "+00:00").replace("z", "+00:00")
    cleaned = re.sub(r"(\.\d{6})\d+", r"\1", cleaned)
    cleaned = re.sub(r"\.(\d{1,5})(?=[+-]|$)", lambda match: "." + match.group(1).ljust(6, "0"), cleaned)
    moment = datetime.datetime.fromisoformat(cleaned)
    try:
        moment.astimezone(datetime.timezone.utc)
    except OverflowError as exc:  # the first or the last day that there is, with an offset
        raise ValueError("a time out of range") from exc
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)
