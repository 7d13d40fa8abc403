# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU's monitor: commands with answers, and events."""
import json
import threading

from .errors import SbcError


class Qmp:
    """One QMP connection. Any thread may call; a reader thread takes what arrives."""

    def __init__(self, sock):
        self._sock = sock
        self._file = sock.makefile("r", encoding="utf-8")
        self._changed = threading.Condition()
        self._answers = {}
        self._next = 0
        self._gone = False
        self.events = []
        self._listeners = {}
        if not self._file.readline():
            raise SbcError("the emulator ended")
        threading.Thread(target=self._read, name="qmp", daemon=True).start()
        self.command("qmp_capabilities")

    def _read(self):
        try:
            for line in self._file:
                message = json.loads(line)
                with self._changed:
                    if "event" in message:
                        self.events.append(message)
                    else:
                        self._answers[message.get("id")] = message
                    self._changed.notify_all()
                self._tell(message.get("event"))
        except (OSError, ValueError):
            pass
        with self._changed:
            self._gone = True
            self._changed.notify_all()

    def _tell(self, event):
        try:
            self._listeners.get(event, lambda: None)()
        except SbcError:
            pass        # the emulator has gone, or goes

    def on_event(self, name, listener):
        """Call listener() at each such event from now on; in the reader's thread, so it must not ask for commands here."""
        self._listeners[name] = listener

    def command(self, name, timeout=20, **arguments):
        """Run a monitor command and return what it returns; argument names take _ for -."""
        with self._changed:
            self._next += 1
            mine = self._next
            request = {"execute": name, "id": mine}
            if arguments:
                request["arguments"] = {k.replace("_", "-"): v for k, v in arguments.items()}
            try:
                self._sock.sendall(json.dumps(request).encode() + b"\n")
            except OSError as error:
                raise SbcError(f"the emulator has gone ({error})") from error
            if not self._changed.wait_for(lambda: mine in self._answers or self._gone, timeout):
                raise SbcError(f"the emulator does not answer '{name}' within {timeout} s")
            if mine not in self._answers:
                raise SbcError(f"the emulator ended before it answered '{name}'")
            answer = self._answers.pop(mine)
        if "error" in answer:
            raise SbcError(f"{name}: {answer['error'].get('desc', answer['error'])}")
        return answer["return"]

    def wait_event(self, name, timeout):
        """Wait for the event, also one that came earlier; returns it, or None when time is up."""
        def seen():
            return next((e for e in self.events if e["event"] == name), None)

        with self._changed:
            self._changed.wait_for(lambda: seen() is not None or self._gone, timeout)
            return seen()

    def find(self, kind, under="/machine/unattached"):
        """The path of the one device of that type in the emulator's object tree."""
        found = [f"{under}/{item['name']}" for item in self.command("qom-list", path=under)
                 if item["type"] == f"child<{kind}>"]
        if len(found) != 1:
            raise SbcError(f"expected one {kind} on the board, found {len(found)}")
        return found[0]

    def close(self):
        self._sock.close()
