# SPDX-License-Identifier: GPL-2.0-or-later
"""A device tree in its binary form, read only: nodes with their properties, and addresses as the CPU sees them."""
import struct

MAGIC = 0xd00dfeed
BEGIN, END, PROPERTY, NOP, LAST = 1, 2, 3, 4, 9


class Node:
    """`properties` are bytes by name, `children` nodes by name."""

    def __init__(self, name, parent):
        self.name, self.parent = name, parent
        self.properties, self.children = {}, {}

    @property
    def path(self):
        return "/" if self.parent is None else self.parent.path.rstrip("/") + "/" + self.name

    def cells(self, name):
        """The property as numbers of 32 bits; none if it is not there."""
        value = self.properties.get(name, b"")
        return struct.unpack(f">{len(value) // 4}I", value)

    def strings(self, name):
        return self.properties.get(name, b"").decode().rstrip("\0").split("\0") if name in self.properties else []

    def number(self, name, default=0):
        return (self.cells(name) or (default,))[0]

    def walk(self):
        yield self
        for child in self.children.values():
            yield from child.walk()

    def enabled(self):
        """Is it and is all above it in use?"""
        status = (self.strings("status") or ["okay"])[0]
        return status in ("okay", "ok") and (self.parent is None or self.parent.enabled())

    def registers(self):
        """[(address, size)] of `reg`, translated by the `ranges` of all parents."""
        wide, long = self.parent.number("#address-cells", 2), self.parent.number("#size-cells", 1)
        return [(self.parent.to_cpu(address), size) for address, size in rows(self.cells("reg"), wide, long)]

    def to_cpu(self, address):
        """An address of this node's children, as the CPU sees it."""
        if self.parent is None:
            return address
        widths = (self.number("#address-cells", 2), self.parent.number("#address-cells", 2), self.number("#size-cells", 1))
        for ours, theirs, size in rows(self.cells("ranges"), *widths):
            if ours <= address < ours + size:
                return self.parent.to_cpu(theirs + address - ours)
        return self.parent.to_cpu(address)


def rows(cells, *widths):
    """Numbers of so many cells each, row by row."""
    for start in range(0, len(cells), sum(widths)):
        row, at = [], start
        for width in widths:
            row.append(int.from_bytes(struct.pack(f">{width}I", *cells[at:at + width]), "big"))
            at += width
        yield tuple(row)


def read(path):
    """The root of the tree in that file."""
    blob = path.read_bytes()
    magic, _, at, strings = struct.unpack_from(">4I", blob)
    assert magic == MAGIC, f"{path} is no device tree"
    node = None
    while True:
        token, = struct.unpack_from(">I", blob, at)
        at += 4
        if token == BEGIN:
            name = blob[at:blob.index(b"\0", at)].decode()
            at += (len(name) + 4) & ~3
            child = Node(name, node)
            if node is not None:
                node.children[name] = child
            node = child
        elif token == PROPERTY:
            length, offset = struct.unpack_from(">2I", blob, at)
            name = blob[strings + offset:blob.index(b"\0", strings + offset)].decode()
            node.properties[name] = blob[at + 8:at + 8 + length]
            at += 8 + (length + 3) & ~3
        elif token == END:
            if node.parent is None:
                return node
            node = node.parent
        else:
            assert token == NOP, f"{path}: token {token}"
