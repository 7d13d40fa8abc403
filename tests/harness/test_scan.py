# SPDX-License-Identifier: GPL-2.0-or-later
"""scripts/scan against a small tree of its own: findings, accepted ones, and entries that hold no more."""
import pathlib
import secrets
import shutil
import subprocess

import pytest

SCAN = pathlib.Path(__file__).resolve().parents[2] / "scripts/scan"


@pytest.fixture(name="tree")
def _tree(tmp_path):
    """A repository with the scan in it, and a function that runs its look for secrets: (exit status, output)."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(SCAN, tmp_path / "scripts/scan")
    subprocess.run(["git", "-C", tmp_path, "init", "-q"], check=True)

    def scan(accepted, **files):
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        (tmp_path / "scripts/scan-accepted.toml").write_text(accepted)
        subprocess.run(["git", "-C", tmp_path, "add", "."], check=True)
        done = subprocess.run([tmp_path / "scripts/scan", "secrets"], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr
    return scan


def entry(until, where="notes"):
    return f'[[finding]]\ntool = "secrets"\nid = "program-key"\nwhere = "{where}"\nreason = "of a test"\nuntil = {until}\n'


def test_a_committed_secret_is_found_unless_it_is_accepted_for_now(tree):
    key = f"first line\noht_a1b2_{secrets.token_urlsafe(32)}\n"
    assert tree("", notes="no key: oht_a1b2_short\n") == (0, "ok 1 - scan: secrets\n1..1\n")
    status, said = tree("", notes=key)
    assert status == 1 and "not ok 1 - scan: secrets\n#   notes: program-key: line 2\n" in said
    assert tree(entry("2999-01-01"))[0] == 0
    status, said = tree(entry("2020-01-01"))
    assert status == 1 and "was accepted until 2020-01-01: of a test" in said
    status, said = tree(entry("2999-01-01") + entry("2999-01-01", "gone"))
    assert status == 1 and "gone: program-key: is accepted, and nothing finds it any more" in said


def test_private_keys_and_tokens_are_found(tree):
    pem = subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519"], capture_output=True, text=True, check=True).stdout
    rsa = subprocess.run(["openssl", "genrsa", "1024"], capture_output=True, text=True, check=True).stdout
    token = ".".join(["eyJ" + secrets.token_urlsafe(20), "eyJ" + secrets.token_urlsafe(20), secrets.token_urlsafe(32)])
    status, said = tree("", a=pem, b=rsa, c=f"Bearer {token}", d="-----BEGIN PUBLIC KEY-----\n" + 90 * "A")
    assert status == 1
    assert sorted(line.split("   ")[1] for line in said.splitlines() if line.startswith("#")) == [
        "a: private-key: line 1", "b: private-key: line 1", "c: token: line 1"]


@pytest.mark.parametrize("text, complaint", [
    ('[[finding]]\ntool = "secrets"\n', "an entry needs id, reason, tool, until, where"),
    (entry('"soon"'), "with a known tool and a date"),
    (entry("2999-01-01").replace("secrets", "magic"), "with a known tool and a date"),
    (entry("2999-01-01") * 2, "is there twice"),
])
def test_a_list_that_is_wrong_is_refused(tree, text, complaint):
    status, said = tree(text)
    assert status == 1 and complaint in said
