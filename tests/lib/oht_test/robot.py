# SPDX-License-Identifier: GPL-2.0-or-later
"""A board with ohtd in it, and a client of its API that checks the certificate."""
import subprocess

from vsbc.paths import TOP

from .board import Board, build_dtb
from .client import PASSWORD, ROLES, Client, trusting
from .wait import free_port, until

OHTD = TOP / "build/userspace/native/userspace/ohtd/main/ohtd"
START_S = 60
# Of late-host.dtso: a host that stalls for half a second is no subject of what is tested with ohtd.
ROBOT_DEADMAN_MS = 3000
# The server closes a connection that is idle for 10 s.
KEPT_S = 3


def make_accounts(folder, more=()):
    """A database with one account per role, made here: hashing a password takes seconds in the guest.

    `more`: names of further accounts, which begin as viewers.
    """
    config = folder / "ohtd.conf"
    config.write_text(f"[paths]\nstate = {folder}/state\n")
    (folder / "state").mkdir(mode=0o700)
    for name, role in [*zip(ROLES, ROLES), *((name, "viewer") for name in more)]:
        subprocess.run([OHTD, "--config", config, "--add-user", name, "--role", role],
                       input=PASSWORD + "\n", text=True, check=True, capture_output=True)
    return (folder / "state/oht.db").read_bytes()


class Robot(Board, Client):
    """A board that ohtd drives, used over HTTPS."""

    def __init__(self, state, kernel, accounts, **options):
        """`accounts` as from make_accounts(), or None: those on its disk."""
        Client.__init__(self, free_port(), keep_s=KEPT_S)
        self._accounts = accounts is not None
        config = (TOP / "scripts/vsbc/guest/ohtd.conf").read_text()
        # Losing a module is a subject of some tests and must not come from the host's noise in all the others.
        config = "\n".join("time_factor = 15" if line.startswith("time_factor") else line
                           for line in config.splitlines()) + "\n"
        files = {"/etc/oht/ohtd.conf": config.encode(), **options.pop("files", {})}
        if accounts:
            files["/etc/oht/oht.db"] = (accounts, 0o600)
        options["dtb"] = options.get("dtb") or build_dtb("late-host")
        Board.__init__(self, state, kernel, port=self.port, files=files, **options)

    def __enter__(self):
        Board.__enter__(self)
        try:
            self.start_daemon()
        except BaseException:
            self.machine.stop()
            raise
        return self

    def start_daemon(self, with_accounts=True):
        """Have ohtd started, with the accounts that were given or with what is in its place; returns when it serves."""
        if with_accounts and self._accounts:
            # The daemon would have synchronised what it makes; a power cut may come at once.
            self.guest.check("cp /etc/oht/oht.db /var/lib/oht/oht.db && chown oht:oht /var/lib/oht/oht.db && sync")
        self.guest.check("touch /var/lib/oht/.demo-accounts && rm /run/vsbc/daemon.off")
        self.wait_ready()
        self._context = trusting(self.guest.check("cat /var/lib/oht/ca.crt"))
        self.tokens.clear()

    def stop_daemon(self, signal="TERM"):
        """End ohtd; nobody starts it again."""
        self.guest.check(f"touch /run/vsbc/daemon.off; rm -f /run/oht/ready; kill -{signal} $(pidof ohtd)")
        until(lambda: self.daemon_pid() is None, what="the end of ohtd")

    def wait_ready(self):
        """Wait until ohtd serves requests; an earlier one took its connections with it."""
        self.hang_up()
        try:
            until(lambda: self.guest.run("test -e /run/oht/ready")[0] == 0, START_S, "ohtd being ready")
        except AssertionError as error:
            said = self.guest.run("logread | grep ohtd | tail -n 3; ps | grep -c ohtd")[1]
            raise AssertionError(f"{error}; ohtd said: {said}") from error

    def daemon_pid(self):
        """Process id of the ohtd that serves, in the guest; None while there is none."""
        code, output = self.guest.run("pidof ohtd")
        return int(output.split()[0]) if code == 0 else None

    def safety(self):
        answer = self.get("safety")
        assert answer.status == 200, answer
        return answer.json

    def causes(self):
        return {cause["code"] for cause in self.safety()["causes"]}

    def health_of_modules(self):
        """{address: health}."""
        return {module["address"]: module["health"] for module in self.get("modules").json["items"]}

    def wait_modules_good(self):
        until(lambda: self.health_of_modules() == dict.fromkeys((2, 3, 4, 5), "good"), 60, "four good modules")

    def wait_resettable(self):
        """Wait until nothing is in the way of a reset."""
        try:
            until(lambda: not self.safety()["why_not_reset"], what="nothing in the way of a reset")
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.safety()}") from error

    def accepts(self, path, role):
        """An act of a person is done; if it is not, what stopped the robot meanwhile is said."""
        answer = self.post(path, role=role)
        assert answer.status == 200, (answer.code, self.safety()["causes"], self.health_of_modules())

    def arm(self):
        """Reset and enable over the API; both outputs are high outside when this returns."""
        self.pins.release()
        if self.safety()["state"] != "stopped":
            assert self.post("safety/stop", role="operator").status == 200
        self.wait_modules_good()
        if self.safety()["state"] == "stopped":
            self.wait_resettable()
        if self.get("robot").json["state"] == "fault":
            # From a fault without a stop there is a way of its own; what the fault was may be over a moment later.
            until(lambda: self.post("robot/commands", {"verb": "reset_fault"}, role="operator").status == 200,
                  what="the end of the fault")
        else:
            self.accepts("safety/reset", "supervisor")
        until(lambda: not self.safety()["why_not_enable"], what="nothing in the way of enabling")
        self.accepts("safety/enable", "operator")
        assert self.pins.wait_enables(1), "enabled, but the outputs are not high outside"
