# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The Context of a lookup: the modules' own option specs, completed from the same sources in the same order."""

from __future__ import annotations

import contextlib
import functools
import typing as t

from ansible.errors import AnsibleError, AnsibleLookupError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.utils.display import Display

from ansible_collections.cvops.identity.plugins.module_utils._core.addresses import check_addresses
from ansible_collections.cvops.identity.plugins.module_utils._core.argument_specs import ArgumentSpec
from ansible_collections.cvops.identity.plugins.module_utils._core.cancellation import handle_signals
from ansible_collections.cvops.identity.plugins.module_utils._core.context import Context
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import CvopsError
from ansible_collections.cvops.identity.plugins.module_utils._core.option_sources import OptionSources, use_sources
from ansible_collections.cvops.identity.plugins.module_utils._core.option_values import (
    check_option_texts,
    prepare_options,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.redact import redact_text
from ansible_collections.cvops.identity.plugins.module_utils._core.runner import DEFAULT_DEADLINE_S
from ansible_collections.cvops.identity.plugins.module_utils._core.values import convert_to_builtins
from ansible_collections.cvops.identity.plugins.module_utils._core.visible import to_one_line
from ansible_collections.cvops.identity.plugins.plugin_utils.ansible_internals import (
    find_run_process,
    get_playbook_folder,
    list_secrets,
    render_template,
    temporary_folder,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.refusals import describe_refusal, suggest_options
from ansible_collections.cvops.identity.plugins.plugin_utils.reporting import DisplayReporter

display = Display()


@contextlib.contextmanager
def open_lookup_context(
    templar: t.Any,
    spec: ArgumentSpec,
    keywords: t.Mapping[str, t.Any],
    variables: t.Mapping[str, t.Any] | None,
    *,
    product: str,
) -> t.Iterator[Context]:
    """Provide a Context for the keywords of one lookup, and close it. Raises AnsibleLookupError in place of all expected errors.

    *product*: the option that takes what the lookup returns. Its variable is not read, because users set it by means of the lookup.
    """
    readable = {
        name: functools.partial(_render, templar, value)
        for name, value in (variables or {}).items()
        if name.startswith("cvops_") and name != f"cvops_{product}"
    }
    sources = OptionSources(variables=readable)
    try:
        options, secrets = _validate_keywords(spec, convert_to_builtins(keywords), sources)
    except CvopsError as exc:  # a value that cannot be plain data
        raise AnsibleLookupError(str(exc)) from None
    reporter = DisplayReporter(display, quiet=False)
    ctx = Context(
        options=options,
        reporter=reporter,
        spec=spec.options,
        base_directory=get_playbook_folder(variables or {}),
        sources=sources,
        verbosity=display.verbosity,
        run_directory=temporary_folder(),
        run_process=find_run_process(),
        secrets=secrets,
    )
    ctx.deadline_at = ctx.clock.monotonic() + (options.get("deadline") or DEFAULT_DEADLINE_S)
    ctx.warnings.extend(sources.warnings)
    try:
        # Ansible's own process may be the one that templates: it is told to stop, too, once everything is tidied up.
        with handle_signals(ctx.cancellation, resend=True), contextlib.closing(ctx):
            check_addresses(ctx.options, ctx.describe_source)
            prepare_options(ctx)
            check_option_texts(ctx)
            yield ctx
    except CvopsError as exc:
        raise AnsibleLookupError(redact_text(str(exc), ctx.secrets)) from None
    except AnsibleError:
        raise
    except Exception as exc:  # a traceback would show what it met
        said = to_one_line(redact_text(str(exc), ctx.secrets))
        raise AnsibleLookupError(f"Unexpected {type(exc).__name__}: {said}. This is a bug in the collection.") from None
    finally:
        ctx.close()  # once more, in case that a signal came between
        for message in ctx.warnings:
            display.warning(redact_text(message, ctx.secrets))


def _render(templar: t.Any, value: t.Any) -> t.Any:
    return convert_to_builtins(render_template(templar, value))


def _validate_keywords(
    spec: ArgumentSpec, keywords: dict[str, t.Any], sources: OptionSources
) -> tuple[dict[str, t.Any], set[str]]:
    """Return the options, and the secrets among them. Raises AnsibleLookupError for options that are refused or unknown."""
    unknown = sorted(set(keywords) - set(spec.options))
    if unknown:
        hints = suggest_options([(name,) for name in unknown], spec.options)
        raise AnsibleLookupError(
            f"unknown option {', '.join(unknown)}; there are: {', '.join(sorted(spec.options))}.{hints}"
        )
    with use_sources(sources):
        validated = ArgumentSpecValidator(spec.options, **spec.to_rule_kwargs()).validate(keywords)
    secrets = list_secrets(validated)
    if validated.errors.errors:
        raise AnsibleLookupError(describe_refusal(validated, spec.options, {**sources.values, **keywords}, "lookup"))
    return convert_to_builtins(validated.validated_parameters), secrets
