# SPDX-License-Identifier: GPL-2.0-or-later
"""scripts/sbom names what is really there, and nothing else: libraries in the memory of a running ohtd, packages in the page."""
import json
import pathlib
import re
import subprocess

import pytest

from daemon import TOP

# A sanitizer brings libraries of its own.
pytestmark = pytest.mark.plain("filter")


@pytest.fixture(scope="module", name="sbom")
def _sbom(tmp_path_factory):
    file = tmp_path_factory.mktemp("sbom") / "oht.spdx.json"
    subprocess.run([TOP / "scripts/sbom", file], check=True, capture_output=True)
    return json.loads(file.read_text())


def parts(sbom, of):
    """{name: package} of what belongs to one of ours."""
    ids = {row["relatedSpdxElement"] for row in sbom["relationships"] if row["spdxElementId"] == f"SPDXRef-{of}"}
    return {each["name"]: each for each in sbom["packages"] if each["SPDXID"] in ids}


def loaded_with(file):
    """Names of a library and of those that it asks for."""
    done = subprocess.run(["ldd", file], capture_output=True, text=True, check=True)
    return {pathlib.Path(path).resolve().name for path in [file, *re.findall(r"(/\S+) \(", done.stdout)]}


def test_libraries_are_those_in_memory(daemon, sbom):
    files = set(re.findall(r" r-xp .* (/\S+\.so\S*)$", pathlib.Path(f"/proc/{daemon.process.pid}/maps").read_text(), re.M))
    services = {name for file in files if "/libnss_" in file for name in loaded_with(file)}
    own = loaded_with(f"/proc/{daemon.process.pid}/exe")
    # Of the machine's name services, what the program does not ask for itself.
    mapped = {pathlib.PurePath(path).name for path in files} - (services - own)
    listed = parts(sbom, "ohtd")
    assert len(mapped) > 10
    owners = {}
    for name, package in listed.items():
        locator = package["externalRefs"][0]["referenceLocator"]
        installed = f"{name}:{re.search('arch=([a-z0-9]+)', locator)[1]}"
        done = subprocess.run(["dpkg-query", "-L", installed], capture_output=True, text=True, check=True)
        owners |= {pathlib.PurePath(path).name: name for path in done.stdout.splitlines() if ".so" in path}
        number = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", installed], capture_output=True, text=True, check=True).stdout
        assert package["versionInfo"] == number and f"/{name}@{number}?" in locator
    assert mapped <= owners.keys(), "loaded, and not listed"
    assert {owners[name] for name in mapped} == listed.keys(), "listed, and not loaded"


def test_packages_of_the_page_are_those_in_it(sbom):
    bundled = re.findall(r"^(\S+) (\d\S*)\nSPDX-License-Identifier: (.+)$", (TOP / "build/web/THIRD-PARTY.txt").read_text(), re.MULTILINE)
    assert bundled and sorted(bundled) == sorted((each["name"], each["versionInfo"], each["licenseDeclared"]) for each in parts(sbom, "page").values())


def test_it_is_whole(sbom):
    """Each package has one id and belongs to something; all of ours are there."""
    ids = [each["SPDXID"] for each in sbom["packages"]]
    ends = {row[end] for row in sbom["relationships"] for end in ("spdxElementId", "relatedSpdxElement")}
    assert len(ids) == len(set(ids)) and set(ids) | {"SPDXRef-DOCUMENT"} == ends
    assert parts(sbom, "oht").keys() == {"ohtd", "ohtd-sender", "oht-fleet", "ohtctl", "oht-sim", "liboht", "page", "oht.ko"}
