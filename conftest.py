# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets plain pytest import ``ansible_collections.cvops.identity`` from any checkout, and keeps tests on loopback.

Ansible finds collections by their place in a folder tree. A checkout may lie anywhere, so a tree that holds one
link to it is made under ``.build`` (a dot folder: no tool walks into the loop).
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "scripts"))

from loopback_guard import loopback_only  # noqa: E402 - the scripts folder had to be put on the path first


def _collections_path() -> pathlib.Path:
    """The folder to give to Ansible; the link in it may be made by several pytest workers at once."""
    if ROOT.parts[-3:] == ("ansible_collections", "cvops", "identity"):
        return ROOT.parents[2]
    tree = ROOT / ".build" / "tree"
    link = tree / "ansible_collections" / "cvops" / "identity"
    link.parent.mkdir(parents=True, exist_ok=True)
    if link.is_symlink() and link.resolve() != ROOT:  # the checkout was moved or copied
        link.unlink(missing_ok=True)
    with contextlib.suppress(FileExistsError):
        link.symlink_to(ROOT, target_is_directory=True)
    return tree


def _load_collections(path: pathlib.Path) -> None:
    """Install Ansible's import hook, once; subprocesses get the same path."""
    os.environ["ANSIBLE_COLLECTIONS_PATH"] = str(path)
    from ansible.plugins.loader import init_plugin_loader
    from ansible.utils.collection_loader import AnsibleCollectionConfig

    if AnsibleCollectionConfig.collection_finder is None:
        init_plugin_loader([str(path)])


_load_collections(_collections_path())


@pytest.fixture(autouse=True, scope="session")
def _no_traffic_beyond_loopback():
    """Any connection that would leave the machine fails the test that tries it."""
    with loopback_only():
        yield
