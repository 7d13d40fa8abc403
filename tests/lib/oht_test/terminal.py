# SPDX-License-Identifier: GPL-2.0-or-later
"""A program on a terminal of our own: what it draws, as rows of text, and keys for it."""
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios

from oht_test.wait import until

SEQUENCE = re.compile(r"\x1b\[([?0-9;]*)([A-Za-z])|\x1b")


class Terminal:
    """Rows and columns; understands what a picture in place needs, and fails at anything else."""

    def __init__(self, command, rows=24, columns=80, **more):
        self.master, slave = pty.openpty()
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.resize(rows, columns)
        self.modes = {}
        self.raw = ""
        self._rest = b""
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True, **more)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)

    def resize(self, rows, columns):
        """A window of another size; what was in it is gone, as in a window that is drawn anew."""
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.rows, self.columns = rows, columns
        self.cells = [[" "] * columns for _ in range(rows)]
        self.marked = [[False] * columns for _ in range(rows)]
        self.at = [0, 0]
        self.reverse = False

    def press(self, keys):
        """Keys of a person."""
        os.write(self.master, keys.encode())

    def is_as_before(self):
        """Does the line take keys as it did before the program?"""
        return termios.tcgetattr(self.slave) == self.before

    # ---- what is drawn ----

    def _control(self, number, final):
        if final == "H":
            row, column = (int(part) - 1 for part in number.split(";"))
            assert 0 <= row < self.rows and 0 <= column < self.columns, f"outside: {number}"
            self.at = [row, column]
        elif final == "K" and number == "2":
            self.cells[self.at[0]] = [" "] * self.columns
            self.marked[self.at[0]] = [False] * self.columns
        elif final == "J" and number == "2":
            self.cells = [[" "] * self.columns for _ in range(self.rows)]
            self.marked = [[False] * self.columns for _ in range(self.rows)]
        elif final == "m" and number in ("", "7"):
            self.reverse = number == "7"
        elif final in "hl" and number.startswith("?"):
            self.modes[number] = final == "h"
        else:
            raise AssertionError(f"an unknown sequence: {number}{final}")

    def _put(self, char):
        if char == "\r":
            self.at[1] = 0
        elif char == "\n":
            self.at[0] = min(self.at[0] + 1, self.rows - 1)
        else:
            assert " " <= char <= "~", f"a character that acts on the terminal: {char!r}"
            assert self.at[1] < self.columns, "a line would wrap"
            self.cells[self.at[0]][self.at[1]] = char
            self.marked[self.at[0]][self.at[1]] = self.reverse
            self.at[1] += 1

    def take(self):
        """Reads what has been written, and draws it."""
        while select.select([self.master], [], [], 0)[0]:
            try:
                more = os.read(self.master, 65536)
            except OSError:
                break
            if not more:
                break
            self._rest += more
        # A sequence or a character may have come in part.
        whole = self._rest.rsplit(b"\x1b", 1)
        if len(whole) == 2 and not re.match(rb"\[[?0-9;]*[A-Za-z]", whole[1]):
            data, self._rest = whole[0], b"\x1b" + whole[1]
        else:
            data, self._rest = self._rest, b""
        text = data.decode()
        self.raw += text
        at = 0
        for found in SEQUENCE.finditer(text):
            for char in text[at:found.start()]:
                self._put(char)
            assert found.group(2), "a bare escape"
            self._control(found.group(1), found.group(2))
            at = found.end()
        for char in text[at:]:
            self._put(char)

    def lines(self):
        """All rows, without the blanks at their ends."""
        self.take()
        return ["".join(row).rstrip() for row in self.cells]

    def text(self):
        """All rows as one text."""
        return "\n".join(self.lines())

    def is_marked(self, word):
        """Does a row with this word stand out?"""
        return any(word in line and any(self.marked[i]) for i, line in enumerate(self.lines()))

    def wait(self, condition, what):
        """Until this is true of the text; returns the text."""
        return until(lambda: condition(text := self.text()) and text, what=what)

    def end(self):
        """Exit status of the program that ends by itself."""
        until(lambda: (self.take(), self.process.poll())[1] is not None, what="the end of the program")
        self.take()
        return self.process.returncode
