# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules about who may import what: kept by the collection, and each shown to bite on a small tree that breaks it."""

from __future__ import annotations

import pathlib

import pytest
from layers import violations

ROOT = pathlib.Path(__file__).resolve().parents[2]
OURS = "ansible_collections.cvops.identity.plugins"


def test_the_collection_keeps_the_rules() -> None:
    assert list((ROOT / "plugins").rglob("*.py")), "no plugins: this test would say nothing"
    assert violations(ROOT) == []


def tree(root: pathlib.Path, files: dict[str, str]) -> pathlib.Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


BREACHES = {
    "_core knows no sign-in": (
        "module_utils/_core/a.py",
        f"from {OURS}.module_utils._signin import b",
        "_core must not",
    ),
    "_signin knows no service": (
        "module_utils/_signin/a.py",
        f"import {OURS}.module_utils._entra.b",
        "_signin must not",
    ),
    "_core knows no store": (
        "module_utils/_core/a.py",
        f"from {OURS}.module_utils._stores import b",
        "_core must not import _stores",
    ),
    "_stores know no sign-in": (
        "module_utils/_stores/a.py",
        "from .._signin.b import C",
        "_stores must not import _signin",
    ),
    "_stores know no service": (
        "module_utils/_stores/a.py",
        "from .._commvault.b import C",
        "_stores must not import _commvault",
    ),
    "_entra knows no Commvault": (
        "module_utils/_entra/a.py",
        f"from {OURS}.module_utils._commvault.b import C",
        "_entra",
    ),
    "nor from a noun's folder": ("module_utils/_entra/groups/a.py", "from ..._commvault.b import C", "_entra must not"),
    "_commvault knows no Entra": ("module_utils/_commvault/a.py", "from .._entra.b import C", "_commvault must not"),
    "_commvault knows no joint work": ("module_utils/_commvault/a.py", "from .. import _joint", "_commvault must not"),
    "_joint knows no module": ("module_utils/_joint/a.py", f"from {OURS}.modules import b", "_joint must not"),
    "modules import no controller code": ("modules/a.py", f"from {OURS}.plugin_utils.b import C", "modules must not"),
    "modules import no other module": ("modules/a.py", "from . import b", "modules must not"),
    "lookups import no module": ("lookup/a.py", f"from {OURS}.modules.b import C", "lookup must not"),
    "plugin_utils import no action": ("plugin_utils/a.py", "from ..action import b", "plugin_utils must not"),
    "nor inside a function": ("module_utils/_core/a.py", "def f():\n    from .._joint import b", "_core must not"),
    "nor for types": (
        "module_utils/_core/a.py",
        f"import typing as t\nif t.TYPE_CHECKING:\n    from {OURS}.module_utils._entra import b",
        "_core must not",
    ),
    "nor by name": (
        "module_utils/_core/a.py",
        f"import importlib\nimportlib.import_module('{OURS}.module_utils._joint')",
        "_core must not",
    ),
    "nor by a computed name": ("module_utils/_core/a.py", "__import__(name)", "imports a name that is not written"),
    "utilities stand in a layer": ("module_utils/helper.py", "", "belongs to no layer"),
    "plugins stand in a layer": ("strategy/a.py", "", "belongs to no layer"),
    "requests in one file": (
        "module_utils/_core/retry.py",
        "try:\n    import requests\nexcept ImportError:\n    pass",
        "http.py",
    ),
    "requests guarded": ("module_utils/_core/http.py", "import requests", "must be imported guarded"),
    "msal below _signin": (
        "module_utils/_entra/a.py",
        "def f():\n    import msal",
        "msal is imported below _signin only",
    ),
    "msal lazily": ("module_utils/_signin/a.py", "import msal", "msal must be imported lazily"),
    "msal guarded on the controller": ("plugin_utils/a.py", "import msal", "msal must be imported guarded"),
    "vault clients in the stores": (
        "module_utils/_signin/a.py",
        "def f():\n    import hvac",
        "hvac is imported in _stores only",
    ),
    "vault clients by parts too": (
        "module_utils/_joint/a.py",
        "def f():\n    from hvac.exceptions import VaultError",
        "hvac is imported in _stores only",
    ),
    "vault clients lazily": ("module_utils/_stores/a.py", "import hvac.exceptions", "hvac must be imported lazily"),
    "vault clients nor early on the controller": (
        "plugin_utils/a.py",
        "try:\n    import hvac\nexcept ImportError:\n    hvac = None",
        "hvac is imported in _stores only",
    ),
    "no urllib": ("modules/a.py", "import urllib.request", "HTTP code beside"),
    "no urllib from": ("modules/a.py", "from urllib.request import urlopen", "HTTP code beside"),
    "no httpx": ("lookup/a.py", "import httpx", "HTTP code beside"),
    "no http.client": ("module_utils/_core/a.py", "from http import client", "HTTP code beside"),
    "no open_url": ("modules/a.py", "from ansible.module_utils.urls import open_url", "HTTP code beside"),
    "modules run without ansible-core": (
        "modules/a.py",
        "from ansible.errors import AnsibleError",
        "on the controller only",
    ),
    "nothing is found by __file__": ("module_utils/_core/a.py", "HERE = __file__", "__file__"),
    "no file of the repository": ("module_utils/_core/a.py", "open('../../simulator/x')", "outside of the artifact"),
}


@pytest.mark.parametrize(("name", "code", "fault"), BREACHES.values(), ids=BREACHES)
def test_a_breach_is_found(tmp_path: pathlib.Path, name: str, code: str, fault: str) -> None:
    found = violations(tree(tmp_path, {f"plugins/{name}": code}))
    assert len(found) == 1
    assert name in found[0]
    assert fault in found[0]


ALLOWED = {
    "down": ("module_utils/_joint/a.py", "from .._entra import b\nfrom .._commvault import c\nfrom .._core.d import E"),
    "down to the stores": (
        "module_utils/_signin/a.py",
        "from .._stores.b import C\nfrom .._core.d import E",
    ),
    "stores on the core": ("module_utils/_stores/a.py", "from .b import C\nfrom .._core.d import E"),
    "lazy vault client": ("module_utils/_stores/a.py", "def f():\n    import hvac\n    return hvac"),
    "within a layer": ("module_utils/_entra/a.py", "from .b import C\nfrom . import d"),
    "from a noun's folder": (
        "module_utils/_entra/groups/a.py",
        "from ..._core.b import C\nfrom ..client import D\nfrom ..users.e import F\nfrom . import g",
    ),
    "guarded requests in the transport": (
        "module_utils/_core/http.py",
        "try:\n    import requests\nexcept ImportError:\n    requests = None",
    ),
    "lazy msal": ("module_utils/_signin/a.py", "def f():\n    import msal\n    return msal"),
    "suppressed msal": (
        "plugin_utils/a.py",
        "import contextlib\nwith contextlib.suppress(ImportError):\n    import msal",
    ),
    "controller code on the controller": ("lookup/a.py", "from ansible.errors import AnsibleError"),
    "taking addresses apart": ("module_utils/_core/a.py", "from urllib.parse import quote"),
    "prose": ("module_utils/_core/a.py", '"""See tests/unit."""\nDOCUMENTATION = "a playbook in docs/guide.md"'),
    "addresses": ("module_utils/_core/a.py", "HELP = 'https://learn.microsoft.com/docs/'"),
}


@pytest.mark.parametrize(("name", "code"), ALLOWED.values(), ids=ALLOWED)
def test_what_is_allowed_passes(tmp_path: pathlib.Path, name: str, code: str) -> None:
    assert violations(tree(tmp_path, {f"plugins/{name}": code})) == []


@pytest.mark.parametrize("name", ["roles/r/tasks/main.yml", "playbooks/site.yml", "roles/r/templates/a.j2"])
@pytest.mark.parametrize("text", ["src: ../../../simulator/x", "include_vars: '{{ playbook_dir }}/../tests/vars.yml'"])
def test_roles_and_playbooks_stay_inside(tmp_path: pathlib.Path, name: str, text: str) -> None:
    assert violations(tree(tmp_path, {name: f"{text}\n", "plugins/modules/a.py": ""})) != []


def test_comments_and_addresses_in_playbooks_are_no_files(tmp_path: pathlib.Path) -> None:
    text = "# see ../README.md\nurl: https://example.com/docs/x\n"
    assert violations(tree(tmp_path, {"playbooks/site.yml": text})) == []


def test_links_are_found(tmp_path: pathlib.Path) -> None:
    tree(tmp_path, {"elsewhere.yml": "", "playbooks/site.yml": ""})
    (tmp_path / "playbooks" / "linked.yml").symlink_to(tmp_path / "elsewhere.yml")
    assert violations(tmp_path) == ["playbooks/linked.yml: is a link"]
