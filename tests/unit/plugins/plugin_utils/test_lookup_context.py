# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Context of a lookup: where options come from, how it ends, and which errors leave it."""

from __future__ import annotations

import os
import signal
import typing as t

import pytest
from ansible.errors import AnsibleError, AnsibleLookupError

from ansible_collections.cvops.identity.plugins.module_utils._core.argument_specs import ArgumentSpec
from ansible_collections.cvops.identity.plugins.module_utils._core.context import Context
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._core.option_sources import build_fallback
from ansible_collections.cvops.identity.plugins.module_utils._core.runner import DEFAULT_DEADLINE_S
from ansible_collections.cvops.identity.plugins.plugin_utils import lookup_context as subject
from ansible_collections.cvops.identity.plugins.plugin_utils.ansible_internals import temporary_folder

SECRET = "Planted~4760"
SPEC = ArgumentSpec(
    {
        "name": {"type": "str", "fallback": build_fallback("name")},
        "password": {"type": "str", "no_log": True, "fallback": build_fallback("password")},
        "product": {"type": "str", "no_log": True, "fallback": build_fallback("product")},
        "note": {"type": "str"},
        "graph_url": {"type": "str"},
        "ca_path": {"type": "path"},
        "deadline": {"type": "int"},
    }
)


class _OmitType:
    """Named as the type of ``omit`` in ansible-core 2.19 and later."""


OMITTED: list[t.Any] = [_OmitType(), "__omit_place_holder__" + "0f" * 20]


class StubTemplar:
    """Templating that knows one text, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[t.Any] = []

    def template(self, value: t.Any) -> t.Any:
        """Return *value* rendered."""
        self.asked.append(value)
        return "rendered" if value == "{{ name }}" else value


@pytest.fixture
def warned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Warnings that were displayed; the environment gives no option."""
    for name in ("CVOPS_NAME", "CVOPS_PASSWORD", "CVOPS_PRODUCT"):
        monkeypatch.delenv(name, raising=False)
    found: list[str] = []
    monkeypatch.setattr(subject.display, "warning", found.append)
    return found


def open_context(variables: t.Any = None, templar: t.Any = None, **keywords: t.Any) -> t.Any:
    """Return the context manager for some keywords."""
    return subject.open_lookup_context(templar or StubTemplar(), SPEC, keywords, variables, product="product")


def test_options_come_from_keywords_variables_and_environment(
    warned: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CVOPS_NAME", "environment")
    with open_context() as ctx:
        assert ctx.options["name"] == "environment"
    with open_context({"cvops_name": "{{ name }}"}) as ctx:
        assert ctx.options["name"] == "rendered"
        assert ctx.describe_source("name") == "variable cvops_name"
    with open_context({"cvops_name": "{{ name }}"}, name="keyword") as ctx:
        assert ctx.options["name"] == "keyword"
    (warning,) = warned
    assert warning.startswith("name is set to different values in several places: variable cvops_name is used")


def test_only_variables_of_options_are_rendered_and_not_that_of_the_product(warned: list[str]) -> None:
    """The product's variable may hold the very lookup that is running."""
    templar = StubTemplar()
    variables = {"cvops_product": "{{ lookup }}", "cvops_note": "x", "cvops_other": "x", "name": "x", "cvops_name": "n"}
    with open_context(variables, templar) as ctx:
        assert (ctx.options["product"], ctx.options["note"], ctx.options["name"]) == (None, None, "n")
    assert templar.asked == ["n"]


def test_the_context_knows_its_run_and_its_deadline(warned: list[str]) -> None:
    with open_context(password=SECRET) as ctx:
        assert (ctx.run_directory, ctx.run_process) == (temporary_folder(), os.getpid())
        assert ctx.secrets == {SECRET}
        assert DEFAULT_DEADLINE_S - 60 < ctx.remaining_s() <= DEFAULT_DEADLINE_S
    with open_context(deadline=60) as ctx:
        assert 0 < ctx.remaining_s() <= 60


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        (
            {"nmae": SECRET},
            "unknown option nmae; there are: ca_path, deadline, graph_url, name, note, password, product.",
        ),
        ({"nmae": SECRET}, "did you mean name?"),
        ({"b": 1, "a": 2}, "unknown option a, b;"),
        ({"deadline": SECRET}, "deadline"),
        ({"graph_url": f"https://user:{SECRET}@host"}, "graph_url"),
    ],
)
def test_what_is_refused_is_one_error_without_values(warned: list[str], keywords: dict[str, t.Any], words: str) -> None:
    with pytest.raises(AnsibleLookupError) as caught, open_context(**keywords):
        pytest.fail("the body must not run")
    assert words in str(caught.value)
    assert SECRET not in str(caught.value)


def test_an_expected_error_becomes_one_of_the_lookup_without_secrets(warned: list[str]) -> None:
    with pytest.raises(AnsibleLookupError) as caught, open_context(password=SECRET):
        raise ConfigError(f"refused: {SECRET}")
    assert str(caught.value) == "refused: ********"
    assert caught.value.__cause__ is None


def test_an_error_of_ansible_stays_as_it_is(warned: list[str]) -> None:
    error = AnsibleError("of templating")
    with pytest.raises(AnsibleError) as caught, open_context():
        raise error
    assert caught.value is error


def test_an_error_that_nobody_expected_is_named_on_one_line_without_secrets(warned: list[str]) -> None:
    with pytest.raises(AnsibleLookupError) as caught, open_context(password=SECRET):
        raise ZeroDivisionError(f"by {SECRET}\n\x1b[2K")
    assert str(caught.value).startswith("Unexpected ZeroDivisionError: by ********")
    assert str(caught.value).isprintable()
    assert "a bug in the collection" in str(caught.value)


@pytest.mark.parametrize("error", [None, ConfigError("x"), ValueError("x")])
def test_the_context_is_closed_and_warnings_are_displayed_however_it_ends(
    warned: list[str], error: Exception | None
) -> None:
    closed: list[bool] = []

    def use(ctx: Context) -> None:
        ctx.on_close(lambda: closed.append(True))
        ctx.warnings.append(f"careful with {SECRET}")
        if error:
            raise error

    if error:
        with pytest.raises(AnsibleLookupError), open_context(password=SECRET) as ctx:
            use(ctx)
    else:
        with open_context(password=SECRET) as ctx:
            use(ctx)
    assert closed == [True]
    assert warned == ["careful with ********"]


def test_a_signal_ends_the_lookup_first_and_then_the_process_that_templates(warned: list[str]) -> None:
    received: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: received.append(number))
    closed: list[bool] = []
    try:
        with pytest.raises(AnsibleLookupError), open_context() as ctx:
            ctx.on_close(lambda: closed.append(received == []))
            os.kill(os.getpid(), signal.SIGTERM)
            ctx.cancellation.check()
        assert closed == [True], "closed before the process is told"
        assert received == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("omit", OMITTED)
def test_an_omitted_option_counts_as_not_given(warned: list[str], omit: t.Any) -> None:
    with open_context({"cvops_name": "variable"}, name=omit) as ctx:
        assert ctx.options["name"] == "variable"
    with open_context({"cvops_name": omit}) as ctx:
        assert ctx.options["name"] is None


def test_what_is_no_data_is_refused_by_the_name_of_its_option(warned: list[str]) -> None:
    with pytest.raises(AnsibleLookupError, match="name: a value of type object is not plain data"):
        open_context(name=object()).__enter__()
    with pytest.raises(AnsibleLookupError, match="a value of type object is not plain data"):
        open_context({"cvops_name": object()}).__enter__()


def test_an_empty_key_is_refused_by_name(warned: list[str]) -> None:
    with pytest.raises(AnsibleLookupError, match="option note: the text is empty"):
        open_context(note="").__enter__()


def test_relative_paths_begin_in_the_folder_of_the_playbook(warned: list[str]) -> None:
    with open_context({"playbook_dir": "/play"}, ca_path="ca.pem", password=f"{SECRET}\r\n") as ctx:
        assert (ctx.options["ca_path"], ctx.options["password"]) == ("/play/ca.pem", SECRET)
        assert SECRET in ctx.secrets
