# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Byte code of templates: compiled once for all runs that tests start.

Every task of a run compiles its templates in a process of its own, half of what that process computes. The code is found by the template's
text and all that decides what becomes of it. Code in which a filter or a test was already carried out, because all that went into it was
constant, is not kept: it may hold what a file was at that time.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import marshal
import os
import pathlib
import sys
import types
import typing as t

import jinja2
from jinja2 import nodes
from jinja2.environment import TemplateExpression
from jinja2.utils import internalcode

#: Attributes of an environment that decide how a text is read, and what code is made for it.
_DECISIVE = (
    "block_start_string",
    "block_end_string",
    "variable_start_string",
    "variable_end_string",
    "comment_start_string",
    "comment_end_string",
    "line_statement_prefix",
    "line_comment_prefix",
    "trim_blocks",
    "lstrip_blocks",
    "newline_sequence",
    "keep_trailing_newline",
    "optimized",
    "autoescape",
    "sandboxed",
    "is_async",
)
_compile = jinja2.Environment.compile
_compile_expression = jinja2.Environment.compile_expression
_carry_out = nodes._FilterTestCommon.as_const


@dataclasses.dataclass
class CompiledTemplate:
    """What is already compiled: stands for its source."""

    code: types.CodeType


class SharedTemplates:
    """The code of templates, below *folder*."""

    def __init__(self, folder: pathlib.Path) -> None:
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self._awaited: pathlib.Path | None = None
        self._carried_out = 0

    def install(self) -> None:
        """Let Jinja in this process, and in forks of it, take the code from here."""
        shared = self

        @internalcode
        def compile_once(
            self: jinja2.Environment, source: str | nodes.Template, *names: t.Any, **more: t.Any
        ) -> str | types.CodeType:
            if isinstance(source, CompiledTemplate):
                return source.code
            if names or more:
                return t.cast("str | types.CodeType", _compile(self, source, *names, **more))
            place, shared._awaited = shared._awaited, None
            if isinstance(source, str):
                place = shared._find_place("template", self, source)
            return (shared._read(place) if place else None) or shared._compile(self, source, place)

        def compile_expression_once(
            self: jinja2.Environment, source: str, undefined_to_none: bool = True
        ) -> TemplateExpression:
            place = shared._find_place("expression", self, source)
            if code := shared._read(place):
                template = self.from_string(t.cast("nodes.Template", CompiledTemplate(code)))
                return TemplateExpression(template, undefined_to_none)
            shared._awaited = place
            try:
                return _compile_expression(self, source, undefined_to_none)
            finally:
                shared._awaited = None

        def carry_out(self: nodes._FilterTestCommon, eval_ctx: nodes.EvalContext | None = None) -> t.Any:
            value = _carry_out(self, eval_ctx)
            shared._carried_out += 1
            return value

        jinja2.Environment.compile = compile_once  # type: ignore[method-assign, assignment]
        jinja2.Environment.compile_expression = compile_expression_once  # type: ignore[method-assign]
        nodes._FilterTestCommon.as_const = carry_out  # type: ignore[method-assign]

    def _compile(
        self, environment: jinja2.Environment, source: str | nodes.Template, place: pathlib.Path | None
    ) -> types.CodeType:
        before = self._carried_out
        code = _compile(environment, source)
        if place and self._carried_out == before:
            with contextlib.suppress(OSError):
                own = place.with_name(f"{place.name}.{os.getpid()}")
                own.write_bytes(marshal.dumps(code))
                own.replace(place)  # whole, or not there
        return code

    def _read(self, place: pathlib.Path) -> types.CodeType | None:
        try:
            return t.cast("types.CodeType", marshal.loads(place.read_bytes()))
        except OSError:
            return None

    def _find_place(self, kind: str, environment: jinja2.Environment, source: str) -> pathlib.Path:
        decisive = [getattr(environment, name, None) for name in _DECISIVE]
        finalize = getattr(environment.finalize, "__qualname__", environment.finalize)
        known = (kind, type(environment), finalize, sorted(environment.extensions), decisive, _ansible_state())
        digest = hashlib.sha256(f"{known}\n".encode() + source.encode(errors="surrogatepass"))
        return self._folder / digest.hexdigest()


def _ansible_state() -> tuple[t.Any, ...]:
    """What ansible-core's own reader of templates, from 2.19 on, looks at beside the environment."""
    bits: t.Any = sys.modules.get("ansible._internal._templating._jinja_bits")
    if bits is None:
        return ()
    context = bits._TemplateCompileContext.current(optional=True)
    return (context and context.escape_backslashes, bits._TemplateConfig.allow_embedded_templates)
