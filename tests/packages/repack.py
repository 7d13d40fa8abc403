# SPDX-License-Identifier: GPL-2.0-or-later
"""The same packages, one version later, without building them: the number is exchanged wherever it stands in them."""
import gzip
import hashlib
import shutil
import subprocess


def later(version):
    """The next version of the same length, so that it fits into the programs."""
    digits = "".join(c for c in version if c.isdigit())
    following = f"{int(digits) + 1:0{len(digits)}}"
    assert len(following) == len(digits), f"after {version} comes none of the same length"
    new = iter(following)
    return "".join(next(new) if c.isdigit() else c for c in version)


def _exchange(path, old, new):
    """In a file, compressed or not; its mode stays."""
    packed = path.suffix == ".gz"
    data = path.read_bytes()
    text = gzip.decompress(data) if packed else data
    if old in text:
        text = text.replace(old, new)
        path.write_bytes(gzip.compress(text, mtime=0) if packed else text)


def _sums(tree):
    """What dpkg is told of the files."""
    files = sorted(p for p in tree.rglob("*") if p.is_file() and not p.is_symlink() and "DEBIAN" not in p.relative_to(tree).parts)
    return "".join(f"{hashlib.md5(p.read_bytes()).hexdigest()}  {p.relative_to(tree)}\n" for p in files)


def repack(debs, folder, version, following, programs=()):
    """Write these packages to the folder, with the following version instead of theirs, and other programs: {path: text}."""
    old, new = version.encode(), following.encode()
    for deb in debs:
        tree = folder / deb.name.partition("_")[0]
        subprocess.run(["dpkg-deb", "-R", deb, tree], check=True)
        for path in tree.rglob("*"):
            if path.is_file() and not path.is_symlink():
                _exchange(path, old, new)
        for name, text in dict(programs).items():
            if (tree / name).exists():
                (tree / name).write_text(text)
        for source in tree.glob(f"usr/src/*-{version}"):
            source.rename(source.with_name(source.name.replace(version, following)))
        (tree / "DEBIAN/md5sums").write_text(_sums(tree))
        target = folder / deb.name.replace(f"_{version}_", f"_{following}_")
        subprocess.run(["dpkg-deb", "--root-owner-group", "-b", tree, target], check=True, stdout=subprocess.DEVNULL)
        shutil.rmtree(tree)
