# SPDX-License-Identifier: GPL-2.0-or-later
"""oht-dkms with the real DKMS of this machine: what it builds, and for whom it does not."""
import re
import subprocess
import tarfile

import pytest

SKIPPED = 77


def modinfo(module, field):
    done = subprocess.run(["/sbin/modinfo", "-F", field, module], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def unpacked(archive, folder):
    """{name: file} of the modules in it."""
    with tarfile.open(archive) as packed:
        packed.extractall(folder)
    return {path.name: path for path in folder.rglob("*.ko")}


@pytest.mark.long
def test_builds_for_the_kernel_of_the_board(dkms, modules, tmp_path):
    found = unpacked(modules, tmp_path)
    assert set(found) == {"oht.ko", "oht_serdev.ko"}
    for module in found.values():
        assert modinfo(module, "vermagic").startswith(dkms.release + " ")
    assert re.search(r"^of:.*oht,rs485-pl011", modinfo(found["oht.ko"], "alias"), re.M), "udev could not find it"


@pytest.mark.long
def test_the_simulator_is_built_from_a_package_of_its_own(dkms, simulator, tmp_path):
    found = unpacked(simulator, tmp_path)
    assert set(found) == {"oht_sim.ko"}
    assert modinfo(found["oht_sim.ko"], "vermagic").startswith(dkms.release + " ")
    assert "oht" in modinfo(found["oht_sim.ko"], "depends").split(",")


@pytest.mark.long
def test_modules_are_signed(dkms, modules, tmp_path):
    """With the key that framework.conf names; the first build has made it."""
    for module in unpacked(modules, tmp_path).values():
        assert modinfo(module, "signer") == "DKMS module signing key"
        assert modinfo(module, "sig_hashalgo") == "sha256"
    key, certificate = dkms.folder / "mok.key", dkms.folder / "mok.pub"
    told = subprocess.run(["openssl", "x509", "-inform", "DER", "-in", certificate, "-noout", "-serial"], check=True,
                          capture_output=True, text=True).stdout.strip().removeprefix("serial=")
    module = next(tmp_path.rglob("oht.ko"))
    assert modinfo(module, "sig_key").replace(":", "") == told and key.read_text().startswith("-----BEGIN PRIVATE KEY")


@pytest.mark.long
def test_the_archive_has_no_source(modules):
    with tarfile.open(modules) as archive:
        assert not [name for name in archive.getnames() if name.endswith((".c", ".h"))]


@pytest.mark.parametrize("option", ["OF", "GPIOLIB", "HIGH_RES_TIMERS", "CRC16"])
def test_skips_a_kernel_that_lacks(dkms, tmp_path, option):
    """It must neither fail nor build there: a PC with the package installed gets new kernels all the same."""
    tree = tmp_path / "kernel"
    tree.mkdir()
    config = (dkms.kernel / "build/.config").read_text()
    (tree / ".config").write_text(re.sub(rf"^CONFIG_{option}=.$", f"# CONFIG_{option} is not set", config, flags=re.M))
    (tree / "Makefile").write_text("all:\n")
    done = dkms.run("build", "--force", kernel=tree)
    assert done.returncode == SKIPPED and "BUILD_EXCLUSIVE" in done.stdout + done.stderr, done.stdout + done.stderr
