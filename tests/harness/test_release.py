# SPDX-License-Identifier: GPL-2.0-or-later
"""A release that is what its maker signed is good; anything else is not, and says why."""
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]


def openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


def key(folder, name, *algorithm):
    """Its private half; the other is beside it."""
    openssl("genpkey", "-algorithm", *(algorithm or ["ed25519"]), "-out", folder / f"{name}.key")
    openssl("pkey", "-in", folder / f"{name}.key", "-pubout", "-out", folder / f"{name}.pub")
    return folder / f"{name}.key"


def run(script, *words, cwd=TOP):
    return subprocess.run([script, *map(str, words)], cwd=cwd, capture_output=True, text=True, check=False)


@pytest.fixture(name="made", scope="module")
def _made(tmp_path_factory):
    """A clone without changes, two artefacts, a release of them, and what the release script said."""
    folder = tmp_path_factory.mktemp("release")
    clone = folder / "clone"
    for name in ("scripts/release", "scripts/lib.sh", "debian/changelog"):
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(TOP / name, clone / name)
    for words in (["init", "-q"], ["add", "-A"], ["-c", "user.name=a", "-c", "user.email=a@b.example", "commit", "-q", "-m", "all"]):
        subprocess.run(["git", *words], cwd=clone, check=True)
    (folder / "ohtd_0.1.0_amd64.deb").write_bytes(b"a package")
    (folder / "oht.tar").write_bytes(b"an image")
    key(folder, "ours")
    key(folder, "other")
    done = run(clone / "scripts/release", folder / "ours.key", folder / "good", folder / "ohtd_0.1.0_amd64.deb", folder / "oht.tar", cwd=clone)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(name="copy")
def _copy(made, tmp_path):
    return pathlib.Path(shutil.copytree(made / "good", tmp_path / "copy"))


def verify(made, folder, name="ours"):
    return run(TOP / "scripts/verify-release", made / f"{name}.pub", folder)


def test_what_was_signed_is_good(made, copy):
    done = verify(made, copy)
    assert done.returncode == 0 and done.stdout.endswith(f"good: 3 files, signed by {made}/ours.pub\n"), done
    said = json.loads((copy / "release.json").read_text())
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=made / "clone", capture_output=True, text=True, check=True).stdout.strip()
    assert said["commit"] == head and said["version"] == "0.1.0"


def flipped(copy):
    file = copy / "oht.tar"
    file.write_bytes(b"An image")


def unlisted(copy):
    (copy / "ohtctl_0.1.0_amd64.deb").write_bytes(b"another")


def hidden(copy):
    (copy / ".later").write_bytes(b"another")


def listed_anew(copy):
    flipped(copy)
    sums = subprocess.run("sha256sum *.deb *.tar *.json >SHA256SUMS", shell=True, cwd=copy, check=True)
    assert sums.returncode == 0


def linked(copy):
    (copy / "oht.tar").rename(copy.parent / "oht.tar")
    (copy / "oht.tar").symlink_to(copy.parent / "oht.tar")


def in_a_folder(copy):
    (copy / "more").mkdir()


@pytest.mark.parametrize("harm,said", [
    (flipped, "is not what was signed"), (unlisted, "ohtctl_0.1.0_amd64.deb is not in the signed list"), (hidden, ".later is not in the signed list"),
    (listed_anew, "is not signed by"), (linked, "oht.tar is no file"), (in_a_folder, "more is no file"),
    (lambda copy: (copy / "oht.tar").unlink(), "is missing"), (lambda copy: (copy / "SHA256SUMS.sig").unlink(), "has no SHA256SUMS.sig"),
    (lambda copy: (copy / "SHA256SUMS.sig").write_bytes(b""), "is not signed by"),
    (lambda copy: (copy / "SHA256SUMS").write_text(""), "is not signed by")],
    ids=["a bit", "a file more", "a hidden file", "a list of its own", "a link", "a folder", "a file less", "no signature", "an empty signature", "an empty list"])
def test_what_was_changed_is_refused(made, copy, harm, said):
    harm(copy)
    done = verify(made, copy)
    assert done.returncode == 1 and said in done.stderr and "good" not in done.stdout, done


def test_another_key_is_refused(made, copy, tmp_path):
    assert "is not signed by" in verify(made, copy, "other").stderr
    key(tmp_path, "weak", "RSA", "-pkeyopt", "rsa_keygen_bits:1024")
    done = run(TOP / "scripts/verify-release", tmp_path / "weak.pub", copy)
    assert done.returncode == 1 and "no public key of Ed25519" in done.stderr
    assert run(TOP / "scripts/verify-release", made / "ours.key", copy).returncode == 1


def test_what_is_no_release_is_not_made(made, tmp_path):
    script, clone = made / "clone/scripts/release", made / "clone"
    odd = tmp_path / "-rf x.deb"
    odd.write_bytes(b"")
    (tmp_path / "oht.tar").write_bytes(b"another image")
    for words, said in (([made / "ours.pub", tmp_path / "a", made / "oht.tar"], "no private key"),
                        ([made / "ours.key", made / "good", made / "oht.tar"], "is there already"),
                        ([made / "ours.key", tmp_path / "b", odd], "is no name for an artefact"),
                        ([made / "ours.key", tmp_path / "c", made / "oht.tar", made / "oht.tar", tmp_path / "oht.tar"], "two artefacts have the name oht.tar")):
        done = run(script, *words, cwd=clone)
        assert done.returncode and said in done.stderr, (words, done)
    (clone / "more").write_text("")
    done = run(script, made / "ours.key", tmp_path / "d", made / "oht.tar", cwd=clone)
    (clone / "more").unlink()
    assert done.returncode and "the tree has changes" in done.stderr and not (tmp_path / "d").exists()


def test_a_maintainer_makes_one_as_contributing_says(made, tmp_path):
    """Each command of the document but the builds, whose artefacts are put there, with a home of the test."""
    said = re.search(r"^## A release\n(.*?)^## ", (TOP / "docs/contributing.md").read_text(encoding="utf-8"), re.M | re.S)[1]
    commands = [line.strip() for block in re.findall(r"^ *```sh\n(.*?)^ *```$", said, re.M | re.S) for line in block.splitlines()]
    builds = [line for line in commands if line.startswith("make ")]
    assert builds == ["make deb image sbom"] and len(commands) == 7, commands
    clone, home = tmp_path / "tree", tmp_path / "home"
    home.mkdir()
    shutil.copytree(made / "clone", clone)
    shutil.copy(TOP / "scripts/verify-release", clone / "scripts")
    # As that of the tree leaves out what is built.
    (clone / ".gitignore").write_text("/build/\n")
    for name in ("packages/amd64/ohtd_0.1.0_amd64.deb", "packages/arm64/ohtd_0.1.0_arm64.deb", "image/oht_0.1.0_amd64.oci.tar", "oht.spdx.json"):
        (clone / "build" / name).parent.mkdir(parents=True, exist_ok=True)
        (clone / "build" / name).write_text(name)

    def do(command):
        return subprocess.run(["bash", "-c", command], cwd=clone, capture_output=True, text=True, check=False, env={**os.environ, "HOME": str(home)})
    assert do("git add -A && git -c user.name=a -c user.email=a@b.example commit -q -m 'one more'").returncode == 0
    for command in commands:
        if command not in builds:
            done = do(command)
            assert done.returncode == 0, (command, done)
    assert done.stdout.endswith(f"good: 5 files, signed by {home}/oht-release.pub\n"), done.stdout
    assert (home / "oht-release.key").stat().st_mode & 0o777 == 0o600
    (clone / "build/release/oht.spdx.json").write_text("another")
    done = do(commands[-1])
    assert done.returncode == 1 and "is not what was signed" in done.stderr
    # The version is that of its tag.
    assert do("git tag -d v0.1.0 && git tag v0.2.0").returncode == 0
    done = do(next(line for line in commands if line.startswith("scripts/release")).replace("build/release", "build/second"))
    assert done.returncode and "has the tag v0.2.0, and debian/changelog has version 0.1.0" in done.stderr, done
    assert not (clone / "build/second").exists()
