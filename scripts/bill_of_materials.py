# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write what an execution environment gets with this collection as a bill of materials: CycloneDX 1.6, JSON.

Those are the libraries of ``meta/ee-requirements.txt`` and all that they need, in the releases that an installer chose: they are read from an
environment into which those requirements were installed, and nothing else counts.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import json
import pathlib
import re
import typing as t
import uuid

import yaml
from collection_tree import ROOT
from environments import LIBRARIES
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from reproducible_archive import source_time

Component = dict[str, t.Any]
#: The name space of serial numbers: the same contents have the same number.
NAMES = uuid.uuid5(uuid.NAMESPACE_URL, "https://github.com/cvops/identity")


def declared(text: str) -> list[Requirement]:
    """Return the requirements of a file."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [Requirement(line) for line in lines if line]


def installed(folder: pathlib.Path) -> dict[str, importlib.metadata.Distribution]:
    """Return the distributions of an environment's site-packages, by normalized name."""
    found = importlib.metadata.distributions(path=[str(folder)])
    return {canonicalize_name(distribution.name): distribution for distribution in found}


def needed(
    requirements: t.Iterable[Requirement], distributions: t.Mapping[str, importlib.metadata.Distribution]
) -> dict[str, list[str]]:
    """Return what is needed directly and indirectly: by name, the names that each needs itself, sorted.

    Raises SystemExit for a requirement that is not installed, or in a release that it does not allow.
    """
    graph: dict[str, list[str]] = {}
    extras: dict[str, set[str]] = {}
    waiting = list(requirements)
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        distribution = distributions.get(name)
        if distribution is None or not requirement.specifier.contains(distribution.version, prereleases=True):
            raise SystemExit(f"not installed as needed: {requirement}")
        asked = extras.setdefault(name, set())
        if name in graph and requirement.extras <= asked:
            continue
        asked |= requirement.extras
        wanted = [
            other
            for other in map(Requirement, distribution.requires or [])
            if other.marker is None or any(other.marker.evaluate({"extra": extra}) for extra in ("", *asked))
        ]
        graph[name] = sorted({canonicalize_name(other.name) for other in wanted})
        waiting += wanted
    return graph


def write_bill(
    galaxy: t.Mapping[str, t.Any],
    requirements: t.Sequence[Requirement],
    distributions: t.Mapping[str, importlib.metadata.Distribution],
    seconds: int,
) -> dict[str, t.Any]:
    """Return the bill of the collection that *galaxy* describes, of that time: equal for equal environments."""
    graph = needed(requirements, distributions)
    name, version = f"{galaxy['namespace']}.{galaxy['name']}", galaxy["version"]
    collection: Component = {
        "type": "application",
        "bom-ref": f"pkg:generic/{name}@{version}",
        "name": name,
        "version": version,
        "description": " ".join(galaxy["description"].split()),
        "licenses": [{"license": {"id": identifier}} for identifier in galaxy["license"]],
        "purl": f"pkg:generic/{name}@{version}",
        "externalReferences": [
            {"type": "vcs", "url": galaxy["repository"]},
            {"type": "issue-tracker", "url": galaxy["issues"]},
        ],
    }
    components = {key: describe(distributions[key]) for key in sorted(graph)}
    needs = [{"ref": components[key]["bom-ref"], "dependsOn": refs(graph[key], components)} for key in sorted(graph)]
    direct = sorted({canonicalize_name(requirement.name) for requirement in requirements})
    bill = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).isoformat(),
            "component": collection,
        },
        "components": list(components.values()),
        "dependencies": [{"ref": collection["bom-ref"], "dependsOn": refs(direct, components)}, *needs],
    }
    return {**bill, "serialNumber": f"urn:uuid:{uuid.uuid5(NAMES, json.dumps(bill, sort_keys=True))}"}


def refs(names: t.Iterable[str], components: t.Mapping[str, Component]) -> list[str]:
    """Return what components of these names are referred to by."""
    return [components[name]["bom-ref"] for name in names]


def describe(distribution: importlib.metadata.Distribution) -> Component:
    """Return a library as component, with the licence that it declares."""
    purl = f"pkg:pypi/{canonicalize_name(distribution.name)}@{distribution.version}"
    component: Component = {
        "type": "library",
        "bom-ref": purl,
        "name": distribution.name,
        "version": distribution.version,
        "purl": purl,
    }
    if licences := declared_licences(distribution.metadata):
        component["licenses"] = licences
    return component


def declared_licences(metadata: importlib.metadata.PackageMetadata) -> list[dict[str, t.Any]]:
    """Return the licence as a CycloneDX list: an SPDX expression, else the names that a distribution gives."""
    if "License-Expression" in metadata:
        return [{"expression": metadata["License-Expression"]}]
    classifiers = [text for text in metadata.get_all("Classifier") or [] if text.startswith("License :: ")]
    names = sorted({text.rpartition(" :: ")[2] for text in classifiers} - {"OSI Approved"})
    (text, *_more) = metadata.get_all("License") or [""]
    if not names and re.fullmatch(r"[^\n]{1,100}", text):
        names = [text]
    return [{"license": {"name": name}} for name in names]


def main() -> None:
    """Write the bill of an environment to a file."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("packages", type=pathlib.Path, help="the site-packages folder of the environment")
    parser.add_argument("dest", type=pathlib.Path, help="the file to write")
    options = parser.parse_args()
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text("utf-8"))
    bill = write_bill(galaxy, declared(LIBRARIES.read_text("utf-8")), installed(options.packages), source_time())
    options.dest.parent.mkdir(parents=True, exist_ok=True)
    options.dest.write_text(json.dumps(bill, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{options.dest}: {len(bill['components'])} libraries")


if __name__ == "__main__":
    main()
