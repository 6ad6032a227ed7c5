# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""``report.html`` of a bundle: one file that needs nothing else, made of templates, a style and a script that lie beside this.

Nothing in it depends on the clock or the machine: equal tables and equal ``about`` give equal bytes. Everything but the long lists is in the
page as text; the lists are data that its script shows page by page. The content security policy names the digests of that one style and that
one script and allows nothing else, so that no name in the data can run, and nothing is ever asked for from anywhere.
"""

from __future__ import annotations

import base64
import hashlib
import pkgutil
import re
import typing as t

from ...._core.libraries import build_missing_error
from ...._core.visible import escape_invisible
from ..tables import ACCESS, CHANGES, FINDINGS, IDENTITIES, LEAVERS, SEVERITIES, Tables
from . import lists, matrix, overview, policies, registers, timeline, words

if t.TYPE_CHECKING:
    import jinja2

#: The script's parts, in their order.
SCRIPTS = ("data.js", "list.js", "explorer.js", "page.js")
STYLES = ("page.css", "print.css")
_COLUMNS = {table.name: table.columns for table in (ACCESS, CHANGES, FINDINGS, IDENTITIES, LEAVERS)}


def render_page(tables: Tables, about: t.Mapping[str, t.Any]) -> str:
    """Return the page for *tables*.

    *about*: ``title``, ``bundle_id``, ``as_of``, ``created``, ``collection_version``, ``tenant`` (``id``, ``displayName``, ``domain``; or None),
    ``commcells`` (each ``name``, ``id``, ``release``, ``ended``, ``collector``), ``entra`` (``ended``, ``collector``; or None), ``previous``
    (``name``, ``as_of``, ``manifest_sha256``; or None), ``pseudonymised``, ``pseudonyms`` (of the manifest; or None),
    ``policy_report`` (of entra_conditional_access_info; or None) and
    ``limits`` (``rows``: lists that are longer are told, not shown). Raises MissingLibrary where Jinja2 is not installed.
    """
    environment, markup = _prepare_templates()
    data = _build_lists(tables, about)
    style, script = (_join_assets(names) for names in (STYLES, SCRIPTS))
    view = _build_view(tables, about, data)
    return environment.get_template("page.html.j2").render(
        view,
        style=markup(style),
        script=markup(script),
        data=markup(lists.dump_json(data)),
        policy=(
            f"default-src 'none'; style-src '{_hash_source(style)}'; script-src '{_hash_source(script)}'; "
            "base-uri 'none'; form-action 'none'"
        ),
    )


def _build_lists(tables: Tables, about: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return what the page's script reads: each list that is not too long, and which rows of them the findings are about."""
    most = int(about["limits"]["rows"])
    shown = [spec for spec in lists.LISTS if 0 < len(tables.rows[spec.name]) <= most]
    findings = tables.rows["findings"] if len(tables.rows["findings"]) <= most else []
    rows = {spec.name: tables.rows[spec.name] for spec in shown if spec.name != "findings"}
    return {
        "as_of": str(about["as_of"])[:10],
        "lists": [lists.encode_list(spec, _COLUMNS[spec.name], tables.rows[spec.name]) for spec in shown],
        "links": lists.find_rows(findings, rows),
        "roles": lists.list_permissions(tables.rows["roles"]) if len(tables.rows["roles"]) <= most else [],
    }


def _build_view(tables: Tables, about: t.Mapping[str, t.Any], data: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return what the templates show."""
    as_of = str(about["as_of"])
    access = tables.rows["access"]
    several = len(about["commcells"]) > 1
    counts = overview.count_findings(tables.rows["findings"])
    population = overview.build_population(tables, about)
    return {
        "about": about,
        "as_of": words.tell_time(as_of),
        "created": words.tell_time(about["created"]),
        "partial": tables.partial,
        "causes": overview.group_causes(tables.partial),
        "most_causes": overview.MOST_CAUSES,
        "severities": SEVERITIES,
        "counts": counts,
        "new": sum(row["status"] == "open" and row["first_seen"] == as_of[:10] for row in tables.rows["findings"]),
        "state": overview.build_state(tables, counts, population),
        "groups": overview.group_findings(tables.rows["findings"], as_of, data["links"]),
        "population": population,
        "roles_matrix": matrix.build_roles_matrix(tables.rows["roles"], access, several),
        "groups_matrix": matrix.build_groups_matrix(access, several),
        "applications": registers.build_applications(tables.rows["identities"], as_of),
        "timeline": timeline.build_timeline(tables, as_of),
        "leavers": registers.build_leavers(tables.rows["leavers"], as_of),
        "policies": policies.build_policies(about["policy_report"]),
        "changes": registers.build_changes(tables),
        "review": registers.build_review(tables),
        "lengths": {name: len(rows) for name, rows in tables.rows.items()},
        "listed": [one["name"] for one in data["lists"]],
        "most_rows": int(about["limits"]["rows"]),
        "count_of": words.count_of,
        "name_value": words.name_value,
    }


def _prepare_templates() -> tuple[jinja2.Environment, t.Callable[[str], t.Any]]:
    """Return Jinja2 set up for the page, and what marks a text of our own as safe. Raises MissingLibrary."""
    try:
        import jinja2
        import markupsafe
    except ImportError as exc:
        raise build_missing_error("jinja2", "report.html", exc) from None

    def finalize(value: t.Any) -> t.Any:
        """Make what cannot be seen visible in whatever a template prints, before it is escaped."""
        if isinstance(value, markupsafe.Markup):
            return value
        return "" if value is None else escape_invisible(str(value))

    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=finalize,
        loader=jinja2.FunctionLoader(_read_asset),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment, markupsafe.Markup


def _read_asset(name: str) -> str:
    """Return a file that lies in ``assets`` beside this one, through whatever has loaded this package."""
    found = pkgutil.get_data(__package__ or "", f"assets/{name}")
    if found is None:
        raise FileNotFoundError(f"the collection lacks a file of report.html: {name}")
    text = found.decode("utf-8")
    # what people need to read a template is a tenth of a page
    return re.sub(r"\n[ \t]+", "\n", text) if name.endswith(".j2") else text


def _join_assets(names: t.Sequence[str]) -> str:
    return "\n".join(_read_asset(name) for name in names)


def _hash_source(text: str) -> str:
    """Return the name of a text in a content security policy."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
