# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Surveys: what a specification may hold, how it is stored, and which answers it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cvops_simulator.controller.errors import ApiError
from cvops_simulator.controller.facts import CONTRACT, ENCRYPTED

_QUESTION_TYPES = tuple(CONTRACT["question_types"])
_CHOOSING = ("multiplechoice", "multiselect")
_TEXTS = ("text", "textarea", "password")
_TYPES: Mapping[str, tuple[tuple[type, ...], str]] = {
    **dict.fromkeys((*_TEXTS, *_CHOOSING), ((str,), "string")),
    "integer": ((int,), "integer"),
    "float": ((int, float), "float"),
}


def make_stored_spec(body: Any, stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return a survey as it is stored: blank lines of choices dropped, kept passwords in place. Raises ApiError."""
    _check_top(body)
    spec, seen = [], set()
    passwords = {item["variable"]: item.get("default") for item in stored.get("spec", []) if item["type"] == "password"}
    for index, question in enumerate(body["spec"]):
        if not isinstance(question, dict):
            raise _wrong(f"Survey question {index} is not a json object.")
        _check_question(index, question)
        if question["variable"] in seen:
            raise _wrong(f"'variable' '{question['variable']}' duplicated in survey question {index}.")
        seen.add(question["variable"])
        question = dict(question)
        if question["type"] in _CHOOSING:
            for key in ("choices", "default"):
                if isinstance(question.get(key), str):
                    question[key] = "\n".join(line.strip() for line in question[key].splitlines() if line.strip())
        if question["type"] == "password" and question.get("default") == ENCRYPTED:
            question["default"] = passwords.get(question["variable"]) or ""
        spec.append(question)
    return {**body, "spec": spec}


def _check_top(body: Any) -> None:
    fields = {"spec": (list, "list of items"), "name": (str, "string"), "description": (str, "string")}
    for name in fields:
        if name not in body:
            raise _wrong(f"Field '{name}' is missing from survey spec.")
    for name, (kind, word) in fields.items():
        if not isinstance(body[name], kind):
            raise _wrong(f"Expected {word} for field '{name}', received {type(body[name]).__name__} type.")
    if not body["spec"]:
        raise _wrong("'spec' doesn't contain any items.")


def _check_question(index: int, question: Mapping[str, Any]) -> None:
    for key in ("type", "question_name", "variable", "required"):
        if key not in question:
            raise _wrong(f"'{key}' missing from survey question {index}")
    kind, default = question["type"], question.get("default")
    if kind not in _QUESTION_TYPES:
        known = ", ".join(_QUESTION_TYPES)
        raise _wrong(f"'{kind}' in survey question {index} is not one of '{known}' allowed question types.")
    for key in ("question_name", "variable"):
        if not isinstance(question[key], str):
            raise _wrong(f"'{key}' in survey question {index} expected to be string.")
    if not isinstance(question["required"], bool):
        raise _wrong(f"'required' in survey question {index} expected to be boolean.")
    for key in ("min", "max"):
        if question.get(key) is not None and not _is_of(question[key], (int,)):
            raise _wrong(f"The {key} limit in survey question {index} expected to be integer.")
    if kind in _CHOOSING and "choices" not in question:
        raise _wrong(f"Survey question {index} of type {kind} must specify choices.")
    if kind in _CHOOSING and not _are_choices(question["choices"]):
        raise _wrong(f"'choices' in survey question {index} expected to be string or list of strings.")
    if default == ENCRYPTED and kind != "password":
        raise _wrong(
            f"{ENCRYPTED} is a reserved keyword for password question defaults, survey question {index} is type {kind}."
        )
    if "default" in question and default != "":
        _check_default(index, question)


def _check_default(index: int, question: Mapping[str, Any]) -> None:
    kind, default = question["type"], question["default"]
    types, word = _TYPES[kind]
    if not _is_of(default, types):
        raise _wrong(f"Default value {default} in survey question {index} expected to be {word}.")
    if kind in _CHOOSING:
        values = [line.strip() for line in default.splitlines() if line.strip()]
        if kind == "multiplechoice" and len(values) > 1:
            raise _wrong("Multiple Choice (Single Select) can only have one default value.")
        if any(value not in list_choices(question) for value in values):
            raise _wrong("Default choice must be answered from the choices listed.")


def _are_choices(choices: Any) -> bool:
    return isinstance(choices, str) or (isinstance(choices, list) and all(isinstance(item, str) for item in choices))


def list_choices(question: Mapping[str, Any]) -> list[str]:
    """Return the choices of a question, which are a list or lines of text."""
    choices = question.get("choices") or []
    return choices.splitlines() if isinstance(choices, str) else list(choices)


def show_survey(survey: Mapping[str, Any]) -> dict[str, Any]:
    """Return a survey as the API shows it: defaults of passwords hidden."""
    spec = [
        {**item, "default": ENCRYPTED} if item["type"] == "password" and item.get("default") else item
        for item in survey.get("spec", [])
    ]
    return {**survey, "spec": spec} if survey else {}


def check_answers(survey: Mapping[str, Any], answers: Mapping[str, Any], ask_required: bool = True) -> list[str]:
    """Return what is wrong with the answers to a survey."""
    return [text for question in survey.get("spec", []) for text in _check_answer(question, answers, ask_required)]


def list_variables(survey: Mapping[str, Any]) -> list[str]:
    """Return the variables of a survey."""
    return [question["variable"] for question in survey.get("spec", [])]


def list_needed(survey: Mapping[str, Any]) -> list[str]:
    """Return the variables without which nothing starts: required, and no default that would do."""
    return [
        item["variable"] for item in survey.get("spec", []) if item["required"] and item.get("default") in (None, "")
    ]


def make_defaults(survey: Mapping[str, Any]) -> dict[str, Any]:
    """Return the defaults that are answers, too: text of several choices is none, nor is empty text a number."""
    return {
        question["variable"]: question["default"]
        for question in survey.get("spec", [])
        if question.get("default") is not None
        and not list(_check_answer(question, {question["variable"]: question["default"]}, False))
    }


def _check_answer(question: Mapping[str, Any], answers: Mapping[str, Any], ask_required: bool) -> Iterator[str]:
    name, kind = question["variable"], question["type"]
    if name not in answers:
        if ask_required and question["required"]:
            yield f"'{name}' value missing"
        return
    value = answers[name]
    if kind in _TEXTS:
        if not isinstance(value, str):
            yield f"Value {value} for '{name}' expected to be a string."
        elif not (kind == "password" and value == ENCRYPTED):
            yield from _check_size(question, len(value), f" (length is {len(value)} must be at least ")
    elif kind in ("integer", "float"):
        if not _is_of(value, _TYPES[kind][0]):
            word = "an integer" if kind == "integer" else "a numeric type"
            yield f"Value {value} for '{name}' expected to be {word}."
        else:
            yield from _check_size(question, value, " (must be at least ")
    elif kind == "multiselect" and not isinstance(value, list):
        yield f"'{name}' value is expected to be a list."
    else:
        choices = list_choices(question)
        for item in value if kind == "multiselect" else [value]:
            if item not in choices:
                yield f"Value {item} for '{name}' expected to be one of {choices}."


def _check_size(question: Mapping[str, Any], size: float, too_small: str) -> Iterator[str]:
    name, least, most = question["variable"], question.get("min"), question.get("max")
    if least is not None and size < least:
        yield f"'{name}' value {size} is too small{too_small}{least})."
    if most is not None and size > most:
        yield f"'{name}' value {size} is too large (must be no more than {most})."


def _is_of(value: Any, types: tuple[type, ...]) -> bool:
    return isinstance(value, types) and not isinstance(value, bool)


def _wrong(text: str) -> ApiError:
    return ApiError(400, {"error": text})
