# SPDX-License-Identifier: GPL-2.0-or-later
"""scripts/setup on machines that lack something: programs of the test's own stand in for what it asks."""
import pathlib
import shutil
import subprocess

import pytest

SETUP = pathlib.Path(__file__).resolve().parents[2] / "scripts/setup"
TOOLS = ("apt-get", "awk", "basename", "bash", "cat", "comm", "dirname", "dpkg", "env", "nproc", "sed", "sort", "tail", "tr")
WHOLE = {"dpkg-query": "exec /usr/bin/dpkg-query \"$@\"", "id": "echo 0", "df": "echo Avail; echo 4096M"}


def told_by(folder, lacking=(), **stubs):
    """Exit status, and the first words of each line with the rest of it."""
    for name in set(TOOLS) - set(lacking):
        (folder / name).symlink_to(shutil.which(name))
    for name, script in {**WHOLE, **stubs}.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    done = subprocess.run([SETUP], capture_output=True, text=True, timeout=60, check=False, env={"PATH": str(folder), "HOME": str(folder)})
    assert not done.stderr, done
    return done.returncode, [line.split(maxsplit=1) for line in done.stdout.splitlines()]


def test_a_package_that_is_not_there_comes_or_is_asked_for(tmp_path):
    code, told = told_by(tmp_path, **{"dpkg-query": "true"})
    assert code == 0 and [how for how, _ in told] == ["ok", "ok", "comes", "comes", "comes", "ok", "ok"], told
    # Each is named once, with the command that brings it.
    for what, name, (_, said), option in zip(("packages to build and run", "packages to build Debian packages", "packages to test"),
                                             ("ninja-build", "lintian", "chromium"), told[2:5], ("", " --package", " --test")):
        assert said.startswith(f"{what}: ") and said.endswith(f" - run scripts/install-packages{option}"), said
        assert [f" {name}:" in line for _, line in told[2:5]].count(True) == 1 and f" {name}:" in said, said


@pytest.mark.parametrize("stubs, wrong", [
    ({"id": "echo 1000", "dpkg-query": "true"}, ["packages to build and run", "packages to build Debian packages", "packages to test"]),
    ({"df": "echo Avail; echo 2047M"}, ["room at ", "room at "]),
])
def test_what_a_person_must_do_is_missing(tmp_path, stubs, wrong):
    code, told = told_by(tmp_path, **stubs)
    found = [what for how, what in told if how == "missing"]
    assert code == 1 and len(found) == len(wrong) and all(map(str.startswith, found, wrong)), told
    assert all("as root" in what or "make room" in what for what in found), told


def test_another_system_is_told_at_once(tmp_path):
    code, told = told_by(tmp_path, lacking=["apt-get"])
    assert code == 1 and len(told) == 1 and told[0][0] == "missing" and told[0][1].startswith("Debian 12: this is "), told


def test_a_page_whose_packages_do_not_come_says_why(tmp_path):
    """By the words of npm 9 behind a proxy with an authority of its own."""
    for name in ("scripts/build-web", "scripts/lib.sh", "docs/troubleshooting.md", "userspace/web/package.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SETUP.parents[1] / name, tmp_path / name)
    (tmp_path / "build").mkdir()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/npm").write_text("""#!/bin/sh
echo 'npm ERR! errno SELF_SIGNED_CERT_IN_CHAIN'
echo 'npm ERR! request to https://registry.npmjs.org/vite failed, reason: self-signed certificate in certificate chain'
echo 'npm ERR!     ~/.npm/_logs/debug-0.log'
exit 1
""")
    (tmp_path / "bin/npm").chmod(0o755)
    done = subprocess.run([tmp_path / "scripts/build-web"], capture_output=True, text=True, timeout=60, check=False,
                          env={"PATH": f"{tmp_path}/bin:/usr/bin:/bin", "HOME": str(tmp_path)})
    assert done.returncode and "failed, reason: self-signed certificate" in done.stderr and "it needs the npm registry" in done.stderr, done
