"""Write what an image consists of, as CycloneDX 1.5 JSON, from what is installed in it.

Python distributions by their metadata, Java artefacts by the lock that they were checked with, and
the system's packages by dpkg. The document depends on these alone, so equal images have equal ones.

Usage: ``python sbom.py --java-lock java.lock --java-cache FOLDER``. Standard library only.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import quote

Component = dict[str, Any]


def python_components() -> Iterator[Component]:
    """The distributions that this interpreter can import."""
    for found in metadata.distributions():
        name, version = found.metadata["Name"], found.version
        normal = name.lower().replace("_", "-")
        yield _component(
            name, version, f"pkg:pypi/{quote(normal)}@{quote(version)}", _licence(found)
        )


def _licence(found: metadata.Distribution) -> str | None:
    """The expression, else the field where it is short enough to be a name (Core Metadata)."""
    text = found.metadata.get("License-Expression") or found.metadata.get("License") or ""
    if text and len(text) < 100 and "\n" not in text:
        return str(text)
    classifiers = found.metadata.get_all("Classifier") or []
    named = [c.rpartition(" :: ")[2] for c in classifiers if c.startswith("License :: ")]
    return " AND ".join(named) or None


def java_components(lock: Path, cache: Path) -> Iterator[Component]:
    """The artefacts of the lock whose sets are in the cache, with their checksums."""
    here = {folder.name.rpartition("-")[0] for folder in cache.iterdir() if folder.is_dir()}
    for line in lock.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, coordinates, sha256 = line.split()
            if name in here:
                group, artifact, version, extension = coordinates.split(":")
                kind = "" if extension == "jar" else f"?type={quote(extension)}"
                where = f"pkg:maven/{quote(group)}/{quote(artifact)}@{quote(version)}{kind}"
                made = _component(artifact, version, where, None)
                yield {**made, "group": group, "hashes": [{"alg": "SHA-256", "content": sha256}]}


def system_components() -> Iterator[Component]:
    """The packages that dpkg lists as installed; none where there is no dpkg."""
    wanted = "${db:Status-Abbrev}\t${Package}\t${Version}\t${Architecture}\n"
    try:
        listed = subprocess.run(
            ["dpkg-query", "--show", f"--showformat={wanted}"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    except FileNotFoundError:
        return
    for line in listed.splitlines():
        status, name, version, architecture = line.split("\t")
        if status.startswith("ii"):
            place = f"pkg:deb/debian/{quote(name)}@{quote(version)}?arch={quote(architecture)}"
            yield _component(name, version, place, None)


def _component(name: str, version: str, purl: str, licence: str | None) -> Component:
    made: Component = {"type": "library", "name": name, "version": version, "purl": purl}
    made["bom-ref"] = purl
    if licence:
        made["licenses"] = [{"license": {"name": licence}}]
    return made


def document(components: list[Component]) -> dict[str, Any]:
    """The bill of materials; its serial number is made of its components."""
    unique = {each["bom-ref"]: each for each in components}
    ordered = [unique[key] for key in sorted(unique)]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(ordered))}",
        "version": 1,
        "metadata": {"component": {"type": "container", "name": "lakestack"}},
        "components": ordered,
    }


def main() -> None:
    """Print the document."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--java-lock", type=Path, required=True)
    parser.add_argument("--java-cache", type=Path, required=True)
    given = parser.parse_args()
    found = [
        *python_components(),
        *java_components(given.java_lock, given.java_cache),
        *system_components(),
    ]
    json.dump(document(found), sys.stdout, indent=1)


if __name__ == "__main__":
    main()
