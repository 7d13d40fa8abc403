# SPDX-License-Identifier: GPL-2.0-or-later
"""Child processes that die with us, however we end."""
import concurrent.futures
import subprocess

# The kernel sends the parent-death signal when the *thread* that made the child ends; this one ends with the
# process.
_forker = concurrent.futures.ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawn")


def spawn(command, log, cwd):
    """Start command with its output appended to the file log. In a session of its own: Ctrl-C is for us,
    and we end it in order."""
    def start():
        with open(log, "ab") as out:
            return subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "--", *command], cwd=cwd,
                                    stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
    return _forker.submit(start).result()


def end(process, timeout):
    """Ask a child to end, insist after timeout seconds."""
    process.terminate()
    try:
        process.wait(timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def last_line(log):
    """The last line that a child said, for an error message."""
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except FileNotFoundError:
        lines = []
    return lines[-1] if lines else "it said nothing"
