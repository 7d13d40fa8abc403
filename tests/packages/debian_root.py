# SPDX-License-Identifier: GPL-2.0-or-later
"""A Debian 12 of this machine's architecture in a folder, and commands in it.

Made of the archive's own packages: apt of this machine picks them as for an empty system, dpkg-deb unpacks them, dpkg in it
configures them. It is made once and kept in the cache; tests work on a copy. Commands run in namespaces of their own: they see no
process, no mount and no network of this machine, and whatever they start ends with them.
"""
import fcntl
import hashlib
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import tempfile

from vsbc import paths

# dkms brings compiler and make, which oht-dkms depends on.
WANTED = ("?essential", "acl", "apt", "ca-certificates", "curl", "dkms", "init-system-helpers", "iproute2", "kmod", "procps",
          "systemd", "systemd-sysv", "udev", "usr-is-merged")
# What our packages depend on, since there is no archive to take it from in the folder.
LIBRARIES = ("libcsv3", "libcurl4", "libh2o-evloop0.13", "libjson-c5", "libjwt0", "libmodbus5", "libnl-3-200", "libnl-genl-3-200",
             "libnl-genl-3-dev", "libqrencode4", "libseccomp2", "libsqlite3-0", "libwslay1", "libzxcvbn0")
# Debian 12 has merged these into /usr; a link that is there before the packages come stays.
MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
DEVICES = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9), "tty": (5, 0)}
INSIDE = """set -e
mount --make-rprivate /
mount -t proc proc "$0/proc"
mount -t sysfs -o ro sysfs "$0/sys"
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts "$0/dev/pts"
mount -t tmpfs -o mode=755 tmpfs "$0/run"
ip link set lo up
exec env -i HOME=/root TERM=dumb LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin \
	chroot "$0" /bin/sh -c "$1"
"""


def as_root(*command):
    """The command with the rights that chroot wants."""
    words = [str(word) for word in command]
    return words if os.getuid() == 0 else ["sudo", "-n", *words]


def must(*command, **more):
    """Output of a command of this machine that must succeed."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **more)
    assert done.returncode == 0, f"{command[0]}: {(done.stderr or done.stdout).strip()[-800:]}"
    return done.stdout


class Root:
    """The folder."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def command(self, script):
        """What runs a shell script in it."""
        return as_root("unshare", "--mount", "--pid", "--fork", "--kill-child", "--net", "--uts", "--ipc",
                       "sh", "-c", INSIDE, self.folder, script)

    def run(self, script, timeout=600):
        """(exit code, output) of a shell script in it, as its root."""
        done = subprocess.run(self.command(script), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=timeout, check=False)
        return done.returncode, done.stdout.rstrip("\n")

    def check(self, script, timeout=600):
        """Output of a script that must succeed."""
        code, said = self.run(script, timeout)
        assert code == 0, f"{script!r} exits {code}: {said[-1500:]}"
        return said

    def take(self, path, source):
        """Put a file of this machine there."""
        must(*as_root("install", "-D", "-m", "644", source, self.folder / path.lstrip("/")))

    def remove(self):
        """All of it, with what belongs to others."""
        must(*as_root("rm", "-rf", "--one-file-system", self.folder))


def _download(work, architecture, more):
    """What apt-get would install where nothing is yet."""
    (work / "archives/partial").mkdir(parents=True)
    (work / "status").touch()
    settings = {"APT::Architecture": architecture, "APT::Architectures": architecture, "APT::Install-Recommends": "0",
                "APT::Sandbox::User": "", "Debug::NoLocking": "1", "Dir::State::status": work / "status",
                "Dir::Cache::archives": work / "archives", "Dir::Cache::pkgcache": "", "Dir::Cache::srcpkgcache": ""}
    words = [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]
    must("apt-get", "-q", "-y", *words, "--download-only", "install", *WANTED, *LIBRARIES, *more)


def _unpack(deb, root, work):
    """Its files into the root, and the package into dpkg's database as unpacked; returns its paragraph of the status file."""
    info = root / "var/lib/dpkg/info"
    control = work / "control"
    shutil.rmtree(control, ignore_errors=True)
    must("dpkg-deb", "-e", deb, control)
    tar = work / "data.tar"
    with open(tar, "wb") as out:
        subprocess.run(["dpkg-deb", "--fsys-tarfile", deb], stdout=out, check=True)
    must("tar", "-x", "-p", "--keep-directory-symlink", "-C", root, "-f", tar)
    first, rest = (control / "control").read_text().strip("\n").split("\n", 1)
    fields = dict(re.findall(r"^(Architecture|Multi-Arch): (.*)$", rest, re.M))
    name = first.removeprefix("Package: ")
    if fields.get("Multi-Arch") == "same":
        name += ":" + fields["Architecture"]
    listed = (line.rstrip("/").removeprefix(".") for line in must("tar", "-t", "-f", tar).splitlines())
    (info / f"{name}.list").write_text("".join(f"{path or '/.'}\n" for path in listed))
    lines = [first, "Status: install ok unpacked", rest]
    if (control / "conffiles").exists():
        names = [line for line in (control / "conffiles").read_text().splitlines() if line.startswith("/")]
        sums = [hashlib.md5((root / path[1:]).read_bytes()).hexdigest() for path in names]
        lines += ["Conffiles:", *(f" {path} {value}" for path, value in zip(names, sums))]
    for part in control.iterdir():
        if part.name != "control":
            shutil.move(part, info / f"{name}.{part.name}")
    return "\n".join(lines) + "\n"


def fill(work, architecture):
    """Unpack what was downloaded into work/root; run with root's rights, so that owners are kept."""
    work = pathlib.Path(work)
    root = work / "root"
    for name in MERGED:
        (root / "usr" / name).mkdir(parents=True)
        (root / name).symlink_to(f"usr/{name}")
    dpkg = root / "var/lib/dpkg"
    (dpkg / "info").mkdir(parents=True)
    (dpkg / "updates").mkdir()
    (dpkg / "info/format").write_text("1\n")
    (dpkg / "arch").write_text(architecture + "\n")
    (dpkg / "available").touch()
    (dpkg / "status").write_text("\n".join(_unpack(deb, root, work) for deb in sorted((work / "archives").glob("*.deb"))))
    for name, (major, minor) in DEVICES.items():
        os.mknod(root / "dev" / name, 0o020666, os.makedev(major, minor))
        (root / "dev" / name).chmod(0o666)
    (root / "dev/pts").mkdir(exist_ok=True)
    for name, target in {"ptmx": "pts/ptmx", "fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}.items():
        (root / "dev" / name).symlink_to(target)
    (root / "etc/hosts").write_text("127.0.0.1 localhost\n")
    (root / "etc/fstab").touch()


# What dpkg would have done while unpacking for those two, then all the rest.
CONFIGURE = """
for package in base-passwd dash; do
	[ ! -x /var/lib/dpkg/info/$package.preinst ] || DPKG_MAINTSCRIPT_NAME=preinst DPKG_MAINTSCRIPT_PACKAGE=$package \
		/var/lib/dpkg/info/$package.preinst install || exit 1
done
dpkg --force-unsafe-io --force-depends --configure base-passwd && dpkg --force-unsafe-io --configure -a
"""


def unpack(work, architecture, *more):
    """A system of that architecture in the folder work, with more packages than usual; nothing is configured."""
    _download(work, architecture, more)
    script = f"import sys; sys.path[:0] = [{str(paths.SCRIPTS)!r}, {str(pathlib.Path(__file__).parent)!r}]; " \
             f"import debian_root; debian_root.fill({str(work)!r}, {architecture!r})"
    must(*as_root("/usr/bin/python3", "-B", "-c", script))
    return Root(work / "root")


def _make(target, architecture):
    with tempfile.TemporaryDirectory(prefix=".make.", dir=target.parent) as name:
        root = unpack(pathlib.Path(name), architecture)
        try:
            root.check(CONFIGURE, 1800)
            must(*as_root("mv", root.folder, target))
        finally:
            root.remove()


def cached(architecture):
    """The folder of the untouched system; made if it is not there."""
    key = hashlib.sha256(pathlib.Path(__file__).read_bytes()).hexdigest()[:12]
    roots = paths.CACHE / "roots"
    roots.mkdir(parents=True, exist_ok=True)
    target = roots / f"debian-{architecture}-{key}"
    with open(roots / ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            older = list(roots.glob(f"debian-{architecture}-*"))
            _make(target, architecture)
            for old in older:
                Root(old).remove()
    return target


def copy(architecture, folder):
    """A system of one's own, in that folder."""
    root = Root(folder)
    root.remove()
    must(*as_root("cp", "-a", cached(architecture), root.folder))
    return root


def quoted(text):
    """For a shell."""
    return shlex.quote(text)
