# SPDX-License-Identifier: GPL-2.0-or-later
"""The few lines of the `newc` archive that the kernel unpacks behind the main image."""
import posixpath
import stat

REGULAR = stat.S_IFREG
FOLDER = stat.S_IFDIR


def _entry(name, mode, data, inode):
    fields = (inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08X" % f for f in fields) + name.encode() + b"\0"
    head += b"\0" * (-len(head) % 4)
    return head + data + b"\0" * (-len(data) % 4)


def archive(files):
    """An archive of {absolute path: bytes or (bytes, mode)}, with the folders above them."""
    out, folders = [], set()
    for path, content in files.items():
        data, mode = content if isinstance(content, tuple) else (content, 0o644)
        name = path.lstrip("/")
        above = posixpath.dirname(name)
        chain = []
        while above and above not in folders:
            chain.append(above)
            folders.add(above)
            above = posixpath.dirname(above)
        for folder in reversed(chain):
            out.append(_entry(folder, FOLDER | 0o755, b"", len(out) + 1))
        out.append(_entry(name, REGULAR | mode, data, len(out) + 1))
    out.append(_entry("TRAILER!!!", 0, b"", 0))
    # The kernel looks for the next archive at multiples of four; 512 is what cpio writes.
    body = b"".join(out)
    return body + b"\0" * (-len(body) % 512)
