# SPDX-License-Identifier: GPL-2.0-or-later
"""Which processes have to do with a folder."""
import os
import pathlib


def processes_of(folder):
    """Processes that work in that folder or have a file of it on their command line: [(pid, command line)]."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and int(entry.name) != os.getpid() and (
                    str(folder) in os.readlink(entry / "cwd")
                    or str(folder).encode() in (entry / "cmdline").read_bytes()):
                found.append((entry.name, (entry / "cmdline").read_bytes()[:80]))
        except OSError:
            pass
    return found
