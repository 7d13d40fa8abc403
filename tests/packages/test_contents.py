# SPDX-License-Identifier: GPL-2.0-or-later
"""What is in the packages, what is not, and that the same sources give the same bytes."""
import hashlib
import os
import re
import subprocess

import pytest

from conftest import ARCHITECTURES, BOARD, NATIVE, PACKAGES, TOP, VERSION, build, script

MACHINE = {"amd64": "Advanced Micro Devices X86-64", "arm64": "AArch64"}
SELFTESTS = "usr/libexec/oht/selftest"
PROGRAMS = {"ohtd": ["usr/sbin/ohtd", "usr/bin/oht-sim", "usr/libexec/oht/oht-sim-robot", "usr/libexec/oht/ohtd-sender"], "ohtctl": ["usr/bin/ohtctl"],
            "oht-fleet": ["usr/libexec/oht/oht-fleet"],
            "oht-selftest": [f"{SELFTESTS}/uapi_test", f"{SELFTESTS}/refusal_test"]}
WANTED = {
    "ohtd": {"etc/oht/ohtd.conf", "lib/systemd/system/ohtd.service", "usr/sbin/ohtd", "usr/sbin/oht-upgrade", "usr/bin/oht-sim",
             "usr/libexec/oht/oht-sim-robot", "usr/libexec/oht/ohtd-sender", "usr/share/oht/web/index.html", "usr/share/man/man8/ohtd.8.gz", "usr/share/man/man8/oht-upgrade.8.gz", "usr/share/man/man1/oht-sim.1.gz",
             "usr/share/doc/ohtd/docs/install.md", "usr/share/doc/ohtd/copyright",
             "usr/share/doc/ohtd/examples/monitoring/oht.rules.yml"},
    "ohtctl": {"usr/bin/ohtctl", "lib/udev/rules.d/60-oht.rules", "usr/lib/sysusers.d/oht.conf",
               "usr/share/bash-completion/completions/ohtctl", "usr/share/man/man1/ohtctl.1.gz",
               "usr/share/oht/modules.csv", "usr/share/oht/state_machine.csv"},
    "oht-fleet": {"etc/oht/oht-fleet.conf", "lib/systemd/system/oht-fleet.service", "usr/lib/sysusers.d/oht-fleet.conf", "usr/libexec/oht/oht-fleet"},
    "liboht0": {"usr/lib/{triplet}/liboht.so.0"},
    "liboht-dev": {"usr/include/oht_client.h", "usr/include/linux/oht.h", "usr/lib/{triplet}/liboht.so",
                   "usr/lib/{triplet}/liboht.a", "usr/lib/{triplet}/pkgconfig/liboht.pc"},
    "oht-dkms": {f"usr/src/oht-{VERSION}/dkms.conf", f"usr/src/oht-{VERSION}/kernel/Kbuild",
                 f"usr/src/oht-{VERSION}/kernel/platform.c", f"usr/src/oht-{VERSION}/include/uapi/linux/oht.h",
                 *(f"usr/share/oht/overlays/oht-{board}.dtbo" for board in ("orangepi-5b", "rpi-4", "rpi-5", "virt"))},
    "oht-sim-dkms": {f"usr/src/oht-sim-{VERSION}/{path}" for path in ("dkms.conf", "kernel/Kbuild", "kernel/sim/main.c",
                                                                     "kernel/bind.h", "include/uapi/linux/oht.h")},
    "oht-selftest": {"usr/sbin/oht-selftest", "usr/share/man/man8/oht-selftest.8.gz",
                     *(f"{SELFTESTS}/{name}" for name in ("run_selftest.sh", "settings", "kselftest-list.txt",
                                                          *(path.stem for path in (TOP / "tests/kselftest").glob("*_test.c"))))},
}
TRIPLET = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
# The maintainer has no address outside, since the project has no home there yet.
NO_ADDRESS = "bogus-mail-host,bogus-mail-host-in-debian-changelog"

every_architecture = pytest.mark.parametrize(
    "arch", [pytest.param(arch, marks=[] if arch == NATIVE else pytest.mark.long) for arch in ARCHITECTURES])


def run(*command, **more):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def listing(deb):
    """{path: (mode, owner)} of what is no folder."""
    rows = (line.split() for line in run("dpkg-deb", "-c", deb).splitlines())
    return {row[5].removeprefix("./"): (row[0], row[1]) for row in rows if not row[5].endswith("/")}


def field(deb, name):
    return run("dpkg-deb", "-f", deb, name).strip()


@every_architecture
def test_eight_packages_of_one_version(built, arch):
    names = built[arch].names()
    assert set(names) == set(WANTED)
    for name, deb in names.items():
        assert field(deb, "Version") == VERSION
        assert field(deb, "Architecture") == ("all" if name.endswith("-dkms") else arch)


@every_architecture
@pytest.mark.parametrize("package", sorted(WANTED))
def test_files(built, arch, package):
    files = listing(built[arch].deb(package))
    missing = {path.format(triplet=TRIPLET[arch]) for path in WANTED[package]} - set(files)
    assert not missing, sorted(files)
    for path, (mode, owner) in files.items():
        assert owner == "root/root", path
        program = re.match(rf"usr/s?bin/|usr/libexec/oht/(ohtd-sender|oht-fleet|oht-sim-robot)$|{SELFTESTS}/\w+_test$|{SELFTESTS}/.*\.sh$", path)
        assert mode in ("lrwxrwxrwx", "-rwxr-xr-x" if program else "-rw-r--r--"), f"{path} is {mode}"


@every_architecture
def test_no_secret_is_shipped(built, arch):
    """Certificate, key, database and first account come into being on the machine."""
    for deb in built[arch].names().values():
        for path in listing(deb):
            assert not re.search(r"\.(pem|key|crt|db|p12)$|/var/|credential|demo|setup-code", path), path
            assert not path.startswith(("var/", "run/", "home/", "root/", "tmp/")), path


@every_architecture
def test_programs_are_of_their_architecture(built, arch, tmp_path):
    for package, programs in PROGRAMS.items():
        run("dpkg-deb", "-x", built[arch].deb(package), tmp_path)
        for program in programs:
            assert MACHINE[arch] in run("readelf", "-h", tmp_path / program)
            # Position-independent, and all symbols bound before the first line of main().
            dynamic = run("readelf", "-d", tmp_path / program)
            assert "BIND_NOW" in dynamic and "PIE" in dynamic
            assert not re.search("R(UN)?PATH", dynamic)


def test_version_has_one_place(built, tmp_path):
    run("dpkg-deb", "-x", built[NATIVE].deb("ohtctl"), tmp_path)
    run("dpkg-deb", "-x", built[NATIVE].deb("ohtd"), tmp_path)
    run("dpkg-deb", "-x", built[NATIVE].deb("liboht-dev"), tmp_path)
    assert run(tmp_path / "usr/sbin/ohtd", "--version").split() == ["ohtd", VERSION]
    assert f"ohtctl {VERSION}," in run(tmp_path / "usr/bin/ohtctl", "--version")
    assert f"Version: {VERSION}\n" in next(tmp_path.rglob("liboht.pc")).read_text()


def test_configuration_is_a_conffile_and_good(built, tmp_path):
    deb = built[NATIVE].deb("ohtd")
    run("dpkg-deb", "-R", deb, tmp_path)
    assert (tmp_path / "DEBIAN/conffiles").read_text().split() == ["/etc/oht/ohtd.conf"]
    text = (tmp_path / "etc/oht/ohtd.conf").read_text()
    # What stands there is read where the package has not been installed, so the tables come from here.
    config = tmp_path / "ohtd.conf"
    config.write_text(text.replace("#data = /usr/share/oht", f"data = {TOP}/userspace/data"))
    run(tmp_path / "usr/sbin/ohtd", "--config", config, "--check-config")


def test_a_program_builds_with_the_library_of_the_package(built, tmp_path):
    for package in ("liboht0", "liboht-dev"):
        run("dpkg-deb", "-x", built[NATIVE].deb(package), tmp_path)
    pc = {**os.environ, "PKG_CONFIG_PATH": str(next(tmp_path.rglob("pkgconfig"))), "PKG_CONFIG_SYSROOT_DIR": str(tmp_path)}
    flags = run("pkg-config", "--cflags", "--libs", "liboht", env=pc).split()
    flags += [f"-I{tmp_path}/usr/include"]
    library = next(tmp_path.rglob("liboht.so.0")).parent
    source = next(tmp_path.rglob("example.c"))
    run("gcc", "-o", tmp_path / "example", source, f"-L{library}", *flags)
    device = tmp_path / "source.c"
    device.write_text("#include <linux/oht.h>\n#include <linux/oht_plan.h>\nint main(void) { return OHT_ABI_VERSION; }\n")
    run("gcc", "-I", tmp_path / "usr/include", "-o", tmp_path / "device", device)
    assert "liboht.so.0" in run("readelf", "-d", tmp_path / "example")


@every_architecture
def test_lintian(built, arch):
    changes, = built[arch].folder.glob("*.changes")
    done = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning", "--suppress-tags", NO_ADDRESS, changes],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0 and not done.stdout.strip(), done.stdout + done.stderr


@pytest.mark.long
def test_the_same_sources_give_the_same_bytes(built, tmp_path):
    """In another folder, another zone, another language, with other permissions and one job."""
    before = os.umask(0o027)
    try:
        again = build("--arch", BOARD, "--out", PACKAGES / "again", TZ="Pacific/Kiritimati", LC_ALL="C", OHT_JOBS="1")
    finally:
        os.umask(before)
    ours = {deb.name: hashlib.sha256(deb.read_bytes()).hexdigest() for deb in built[BOARD].names().values()}
    theirs = {deb.name: hashlib.sha256(deb.read_bytes()).hexdigest() for deb in again.names().values()}
    assert ours == theirs


@pytest.mark.long
def test_source_of_the_module_is_the_same_from_every_architecture(built):
    sums = {hashlib.sha256(built[arch].deb("oht-dkms").read_bytes()).hexdigest() for arch in ARCHITECTURES}
    assert len(sums) == 1


# ---- refusals of what builds and installs ----

@pytest.mark.parametrize("arguments, word", [
    (["--arch", "riscv64"], "'riscv64'"),
    (["--arch"], "--arch"),
    (["--out"], "--out"),
    (["--signed"], "'--signed'"),
])
def test_build_refuses(arguments, word):
    done = script("build-deb", *arguments)
    assert done.returncode == 1 and word in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr


@pytest.mark.parametrize("arguments, word", [
    (["build/there"], "'build/there'"),
    (["Makefile"], "'Makefile'"),
    ([f"{TOP}/Makefile"], "no folder"),
    (["/a", "/b"], "usage"),
])
def test_install_refuses(arguments, word):
    done = script("install", *arguments)
    assert done.returncode == 1 and word in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr


def test_install_into_a_folder(built, tmp_path):
    """make install puts the same files there as the packages have, outside of what Debian adds, and keeps what was changed."""
    own = tmp_path / "with space/etc/oht/ohtd.conf"
    own.parent.mkdir(parents=True)
    own.write_text("[log]\nlevel = debug\n")
    done = subprocess.run(["make", "install", f"DESTDIR={tmp_path}/with space"], cwd=TOP, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    root = tmp_path / "with space"
    ours = {str(p.relative_to(root)) for p in root.rglob("*") if not p.is_dir()}
    assert own.read_text() == "[log]\nlevel = debug\n" and f"{own}.new" in done.stderr
    assert own.with_suffix(".conf.new").read_bytes() == (TOP / "userspace/etc/ohtd.conf").read_bytes()
    ours = {path for path in ours if not path.startswith("usr/share/doc/") and path != "etc/oht/ohtd.conf.new"}
    packed = {re.sub(r"^lib/", "usr/lib/", re.sub(r"^(usr/share/man/.*)\.gz$", r"\1", path))
              for deb in built[NATIVE].names().values() for path in listing(deb)}
    # The self-tests are for a robot, and install themselves: make -C tests/kselftest install.
    packed = {path for path in packed if not path.startswith(("usr/share/doc/", "usr/src/", SELFTESTS)) and "oht-selftest" not in path}
    assert ours == packed


def test_links_of_installed_documents(built, tmp_path):
    """They are installed as a tree, so links between them, and to what they name, lead somewhere."""
    run("dpkg-deb", "-x", built[NATIVE].names()["ohtd"], tmp_path)
    folder = tmp_path / "usr/share/doc/ohtd"
    assert (folder / "README.md").is_file() and (folder / "docs/hardware.md").is_file()
    done = script("check-links", folder)
    assert done.returncode == 0 and not done.stdout, done.stdout
