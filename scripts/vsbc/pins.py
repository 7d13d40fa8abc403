# SPDX-License-Identifier: GPL-2.0-or-later
"""The board's pins from outside the guest: button lines in, relays and DE out, over qtest.

Nothing is polled: QEMU prints every change of an output, a reader thread stamps it on arrival.
"""
import collections
import threading
import time

from .errors import SbcError

# dts/oht-virt.dtso names the same pins.
BUTTON = {"a": 0, "b": 1}
FEEDBACK = 2
ENABLES = (4, 5)
OUTPUTS = {"enable1": 4, "enable2": 5, "de": 6}
# Antivalent contacts: closed (healthy) reads a = 1, b = 0.
HEALTHY = {"a": 1, "b": 0}

# How long to wait for a level. No bound of what the guest does: a busy host holds it up.
PATIENCE_S = 30

Change = collections.namedtuple("Change", "mono_ns wall_ns pin level")


class Pins:
    """The GPIO controller `path` of the emulator, through a qtest connection of our own."""

    def __init__(self, sock, path):
        self._sock = sock
        self._path = path
        self._changed = threading.Condition()
        self._asking = threading.Lock()
        self._answers = collections.deque()
        self._gone = False
        self._last = {pin: Change(None, None, pin, 0) for pin in range(8)}
        self._counts = collections.Counter()
        self.history = collections.deque(maxlen=20000)
        self._driving = threading.RLock()
        self._driven = {}
        threading.Thread(target=self._read, name="qtest", daemon=True).start()
        self._ask(f"irq_intercept_out {path}")
        for channel in BUTTON:
            self.release(channel)

    def _read(self):
        rest = b""
        while True:
            try:
                data = self._sock.recv(65536)
            except OSError:
                data = b""
            mono_ns, wall_ns = time.monotonic_ns(), time.time_ns()
            lines = (rest + data).split(b"\n")
            rest = lines.pop()
            with self._changed:
                for line in lines:
                    self._take(line.decode("ascii", "replace").split(), mono_ns, wall_ns)
                self._gone = not data
                self._changed.notify_all()
            if not data:
                return

    def _take(self, words, mono_ns, wall_ns):
        if words[:1] == ["IRQ"] and words[1] in ("raise", "lower"):
            change = Change(mono_ns, wall_ns, int(words[2]), int(words[1] == "raise"))
            if self._last[change.pin].level != change.level:
                self._counts[change.pin] += 1
                self._last[change.pin] = change
                self.history.append(change)
        elif words:
            self._answers.append(words)

    def _ask(self, *lines):
        """Send qtest commands, which the emulator carries out together; returns the time just before they left."""
        with self._asking:
            sent_ns = time.monotonic_ns()
            try:
                self._sock.sendall("".join(f"{line}\n" for line in lines).encode())
            except OSError as error:
                raise SbcError(f"the emulator has gone ({error})") from error
            answers = [self._take_answer() for _ in lines]
        for line, answer in zip(lines, answers):
            if answer[0] != "OK":
                raise SbcError(f"qtest refuses '{line}': {' '.join(answer)}")
        return sent_ns

    def _take_answer(self):
        with self._changed:
            if not self._changed.wait_for(lambda: self._answers or self._gone, 20):
                raise SbcError("the emulator does not answer on its qtest socket")
            if not self._answers:
                raise SbcError("the emulator has gone")
            return self._answers.popleft()

    def drive(self, pin, level):
        """Set an input pin; returns the monotonic time just before the change."""
        return self.drive_all({pin: level})

    def drive_all(self, levels):
        """Set input pins, by pin, with no stall of this host between them; returns the time just before the change."""
        with self._driving:
            self._driven.update(levels)
            return self._ask(*(f"set_irq_in {self._path} unnamed-gpio-in {pin} {level}" for pin, level in levels.items()))

    def drive_again(self):
        """After a reset, in which the emulated bank forgets its inputs: what is wired to a real one stays."""
        # No button moves in between: the older level would undo it.
        with self._driving:
            self.drive_all(self._driven)

    def write_register(self, address, value):
        """Write 32 bits at a physical address behind the guest's back, as a power domain does that was off."""
        self._ask(f"writel {address:#x} {value:#x}")

    def press(self, channel=None):
        """Open the contact of channel a, b or both; returns the time just before the first."""
        return self._set(channel, pressed=True)

    def release(self, channel=None):
        """Close the contact of channel a, b or both again."""
        return self._set(channel, pressed=False)

    def _set(self, channel, pressed):
        if channel not in (None, *BUTTON):
            raise SbcError(f"no button channel '{channel}': a or b, or none for both")
        names = BUTTON if channel is None else [channel]
        return self.drive_all({BUTTON[name]: HEALTHY[name] ^ int(pressed) for name in names})

    def level(self, pin):
        """The level of an output pin, as far as we have heard."""
        return self._last[pin].level

    def levels(self, pins):
        """The levels of output pins now, whatever of it our reader has not taken yet."""
        # The emulator says things in the order in which they happen: this answer comes after every change before it.
        self._ask("endianness")
        return [self.level(pin) for pin in pins]

    def last(self, pin):
        """The last change of an output pin; its times are None when it never changed."""
        return self._last[pin]

    def count(self, pin):
        """How many times the output pin has changed."""
        return self._counts[pin]

    def wait(self, until, timeout):
        """Wait until until(self) is true; returns whether it became true in time."""
        with self._changed:
            return bool(self._changed.wait_for(lambda: until(self) or self._gone, timeout)) and until(self)

    def wait_level(self, pin, level, timeout=PATIENCE_S):
        """Wait for an output pin to have that level; returns whether it did in time."""
        return self.wait(lambda pins: pins.level(pin) == level, timeout)

    def wait_enables(self, level, timeout=PATIENCE_S):
        """Wait for both enable outputs to have that level; returns whether they did in time."""
        return self.wait(lambda pins: all(pins.level(p) == level for p in ENABLES), timeout)

    def both_high(self):
        """Whether both enable outputs are high, as far as we have heard: then the relays feed the drive."""
        return all(self.level(pin) for pin in ENABLES)

    def follow_enables(self, act):
        """Call act() in a thread of its own, now and after each change of an enable output."""
        def counts(_=None):
            return [self._counts[pin] for pin in ENABLES]

        def follow():
            while not self._gone:
                seen = counts()
                act()
                while not self._gone and not self.wait(lambda _: counts() != seen, PATIENCE_S):
                    pass
        threading.Thread(target=follow, name="relays", daemon=True).start()

    def press_to_low_ns(self, channel=None, timeout=PATIENCE_S):
        """Press, and return the time until both enable outputs were seen low; None if they stayed."""
        if not all(self.level(pin) for pin in ENABLES):
            raise SbcError("the enable outputs are not both high, so a press shows nothing")
        pressed_ns = self.press(channel)
        if not self.wait_enables(0, timeout):
            return None
        return max(self.last(pin).mono_ns for pin in ENABLES) - pressed_ns

    def report(self):
        """Outputs and button lines as one JSON-able object."""
        outputs = {}
        for name, pin in OUTPUTS.items():
            change = self._last[pin]
            outputs[name] = {"pin": pin, "level": change.level, "changes": self._counts[pin],
                             "monotonic_ns": change.mono_ns, "wall_ns": change.wall_ns}
        button = {name: "released" if self._driven[pin] == HEALTHY[name] else "pressed" for name, pin in BUTTON.items()}
        return {"outputs": outputs, "button": button}

    def close(self):
        self._sock.close()
