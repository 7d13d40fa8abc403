# SPDX-License-Identifier: GPL-2.0-or-later
"""Packages of npm that tests need, as a lock file names them."""
import fcntl
import hashlib
import shutil
import subprocess

from daemon import TOP


def install_packages(folder):
    """Those of the folder's lock file, once for each; workers of a run share the folder.

    Optional ones are left out, and no package runs anything of its own: nothing is compiled.
    """
    digest = hashlib.sha256(b"".join((folder / name).read_bytes() for name in ("package.json", "package-lock.json"))).hexdigest()
    stamp = folder / "node_modules/.oht-digest"
    (TOP / "build").mkdir(exist_ok=True)
    with open(TOP / f"build/.{folder.name}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.is_file() or stamp.read_text(encoding="utf-8") != digest:
            done = subprocess.run([shutil.which("npm"), "ci", "--omit=optional", "--ignore-scripts"], cwd=folder, capture_output=True,
                                  text=True, check=False, timeout=250)
            assert done.returncode == 0, done.stderr
            stamp.write_text(digest, encoding="utf-8")
