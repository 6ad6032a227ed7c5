# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.cvops.identity.plugins.module_utils._core.data_text import build_file_name, dump_for_ansible
from ansible_collections.cvops.identity.plugins.plugin_utils.ansible_internals import (
    FilterText,
    get_playbook_folder,
    mark_untrusted,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.data_yaml import dump_data_yaml
from ansible_collections.cvops.identity.plugins.plugin_utils.output_files import resolve_path


def to_data_yaml(value: t.Any, comment: str | None = None) -> str:
    """Return *value* as YAML that Ansible reads back as equal data; see to_data_yaml.yml."""
    return _make_text(lambda: dump_data_yaml(value, comment))


def to_data_json(value: t.Any) -> str:
    """Return *value* as JSON that Ansible reads back as equal data; see to_data_json.yml."""
    return _make_text(lambda: dump_for_ansible(value))


def to_file_name(value: t.Any) -> str:
    """Return *value* as the name of a file; see to_file_name.yml."""
    return _make_text(lambda: build_file_name(str(value)))


def to_path(value: t.Any, playbook_dir: str) -> str:
    """Return *value* as an absolute path; see to_path.yml."""
    return _make_text(lambda: resolve_path(value, get_playbook_folder({"playbook_dir": playbook_dir})))


def _make_text(make: t.Callable[[], str]) -> str:
    try:
        return t.cast("str", mark_untrusted(FilterText(make())))
    except RecursionError:
        raise AnsibleFilterError("the value is nested too deeply to be written to a file") from None


class FilterModule:
    """Filters for files that Ansible may read again."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters by name."""
        return {
            "to_data_json": to_data_json,
            "to_data_yaml": to_data_yaml,
            "to_file_name": to_file_name,
            "to_path": to_path,
        }
