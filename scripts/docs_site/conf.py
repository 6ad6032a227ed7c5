# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Sphinx makes the site of the pages that antsibull-docs writes: `make docs`. Nothing is fetched."""

from __future__ import annotations

import importlib.util
import re
import typing as t

if t.TYPE_CHECKING:
    from docutils import nodes
    from sphinx.addnodes import pending_xref
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

ANSIBLE = "https://docs.ansible.com/projects/ansible/latest/"
#: Pages of Ansible that antsibull-docs and the guides refer to, by label; Sphinx would fetch a list of all of them.
ANSIBLE_PAGES = {
    "action_plugins": "plugins/action.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}
_BUILTIN_MODULE = re.compile(r"ansible_collections\.ansible\.builtin\.(\w+)_module")

project = html_title = "cvops.identity"
copyright = "the cvops.identity authors"
extensions = ["sphinx_antsibull_ext"]
nitpicky = True
default_role = "any"
smartquotes = False  # what stands between quotes is typed as it stands there
highlight_language = "text"
pygments_style = "ansible"
html_theme = "alabaster"
html_theme_options = {
    "body_max_width": "none",
    "font_family": "sans-serif",
    "font_size": "16px",
    "page_width": "min(1500px, 96vw)",
    "show_relbar_bottom": True,
}
# without the list of all pages, which takes a fifth of the time and is the first page anyway
html_sidebars = {"**": ["about.html", "searchfield.html", "localtoc.html"]}
html_copy_source = html_use_index = False


def ansible_address(label: str) -> str | None:
    """Return the address of Ansible's page with this label; None: we know of none."""
    if page := ANSIBLE_PAGES.get(label):
        return ANSIBLE + page
    module = _BUILTIN_MODULE.fullmatch(label)
    if module and importlib.util.find_spec(f"ansible.modules.{module[1]}"):
        return f"{ANSIBLE}collections/ansible/builtin/{module[1]}_module.html"
    return None


def link_to_ansible(
    _app: Sphinx, _environment: BuildEnvironment, reference: pending_xref, shown: nodes.TextElement
) -> nodes.reference | None:
    """Return a link to Ansible's documentation for a label that no page of ours has; None: Sphinx warns."""
    from docutils import nodes

    address = ansible_address(reference["reftarget"])
    return nodes.reference("", "", shown, internal=False, refuri=address) if address else None


def setup(app: Sphinx) -> None:
    """Let Sphinx ask before it warns."""
    app.connect("missing-reference", link_to_ansible)
