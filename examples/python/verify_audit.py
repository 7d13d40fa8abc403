#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Verify the audit of an ohtd without a line of its code: docs/audit.md says how it is made.

verify_audit.py records.json key.json head.txt [proof.json older.txt]

records.json: the items of all pages of GET audit?sort=number; key.json: GET audit/key; head.txt: GET audit/head. proof.json: GET
audit/proof?from=A&to=B with A the records of an older checkpoint that was kept, older.txt, and B those of head.txt. If records
were removed for their age, proof.json is needed, with A = B if no older checkpoint is there.

Only Python's standard library, and the command openssl for the signatures.
"""
import base64
import datetime
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

COLUMNS = ("number", "time", "boot_id", "who", "act", "object", "before", "after", "result", "from", "request_id")
# Of a public key of Ed25519 in DER.
ED25519_DER = bytes.fromhex("302a300506032b6570032100")


class Altered(Exception):
    """What was found."""


def check(good, what):
    if not good:
        raise Altered(what)


# ---- signed notes ----

def read_verifier(text):
    name, key_hash, key = text.split("+", 2)
    key = base64.b64decode(key, validate=True)
    check(len(key) == 33 and key[0] == 1, "the key is not of Ed25519")
    check(hashlib.sha256(name.encode() + b"\n" + key).digest()[:4].hex() == key_hash, "the hash of the key is wrong")
    return name, key


def is_signed(key, text, signature):
    with tempfile.TemporaryDirectory() as folder:
        files = [pathlib.Path(folder, name) for name in ("key", "text", "signature")]
        for file, data in zip(files, (ED25519_DER + key[1:], text, signature)):
            file.write_bytes(data)
        return not subprocess.run(
            ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", files[0], "-rawin", "-in", files[1],
             "-sigfile", files[2]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode


def open_checkpoint(note, name, key):
    """(size, root, lines behind it) of a checkpoint that the key has signed."""
    text, _, signatures = note.partition("\n\n")
    text += "\n"
    lines = text.splitlines()
    check(len(lines) >= 3 and lines[0] == name, f"this is no checkpoint of {name}")
    key_hash = hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]
    for line in signatures.splitlines():
        dash, signer, value = line.split(" ", 2)
        value = base64.b64decode(value, validate=True)
        if dash == "\N{EM DASH}" and signer == name and value[:4] == key_hash and is_signed(key, text.encode(), value[4:]):
            return int(lines[1]), base64.b64decode(lines[2], validate=True), lines[3:]
    raise Altered("no signature of the key")


# ---- the tree, RFC 6962 ----

def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def leaf_of(record):
    values = {**record, "number": str(record["number"]), "time": str(milliseconds(record["time"]))}
    columns = ["oht-audit-1", *(values[name] or "" for name in COLUMNS)]
    encoded = [column.encode() for column in columns]
    return hashlib.sha256(b"\0" + b"".join(b"%d:%s," % (len(text), text) for text in encoded)).digest()


def milliseconds(text):
    since = datetime.datetime.fromisoformat(text.replace("Z", "+00:00")) - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return since // datetime.timedelta(milliseconds=1)


def add(edge, size, leaf):
    while size & 1:
        leaf = node(edge.pop(), leaf)
        size >>= 1
    edge.append(leaf)


def root_of(edge):
    if not edge:
        return hashlib.sha256().digest()
    root = edge[-1]
    for left in reversed(edge[:-1]):
        root = node(left, root)
    return root


def is_proven(first_size, first, second_size, second, proof):
    """RFC 9162, 2.1.4.2."""
    if first_size == second_size:
        return not proof and first == second
    proof = list(proof)
    f, s = first_size - 1, second_size - 1
    while f & 1:
        f, s = f >> 1, s >> 1
    one = two = proof.pop(0) if f else first
    for step in proof:
        if not s:
            return False
        if f & 1 or f == s:
            one, two = node(step, one), node(step, two)
            while f and not f & 1:
                f, s = f >> 1, s >> 1
        else:
            two = node(two, step)
        f, s = f >> 1, s >> 1
    return not s and (one, two) == (first, second)


# ---- all together ----

def removed_of(proof, name, key):
    """(size, edge, those of them that are kept as (size, root)) of the records that were removed for their age."""
    if not proof or not proof["removed"]:
        return 0, [], (0, root_of([]))
    edge = [bytes.fromhex(text) for text in proof["removed_edge"]]
    size, root, more = open_checkpoint(proof["removed_checkpoint"], name + "/removed", key)
    check((size, root) == (proof["removed"], root_of(edge)), "what was removed is not what was signed as removed")
    kept = next((line.split(" ") for line in more if line.startswith("kept ")), None)
    return size, edge, (int(kept[1]), base64.b64decode(kept[2], validate=True)) if kept else (0, root_of([]))


def verify(records, key_answer, head, proof=None, older=None):
    """How many records are those of the checkpoint."""
    name, key = read_verifier(key_answer["verifier"])
    size, root, _ = open_checkpoint(head, name, key)
    at, edge, kept = removed_of(proof, name, key)
    removed, kept_count, kept_edge = at, 0, []
    for record in records:
        if at == size:
            break
        is_kept = record["number"] <= removed
        check(is_kept or record["number"] == at + 1, f"record {at + 1} is missing: there is {record['number']}")
        leaf = leaf_of(record)
        check(leaf.hex() == record["leaf"], f"record {record['number']} was changed")
        if is_kept:
            add(kept_edge, kept_count, leaf)
            kept_count += 1
        else:
            add(edge, at, leaf)
            at += 1
    check((kept_count, root_of(kept_edge)) == kept, "the older records that are kept are others than those that were signed")
    check(at == size, f"records from {at + 1} on are missing: the checkpoint has {size}")
    check(root_of(edge) == root, "the records are others than those that were signed")
    if older:
        seen_size, seen_root, _ = open_checkpoint(older, name, key)
        check(seen_size <= size, f"the audit was cut: {size} records, {seen_size} were seen")
        check(is_proven(seen_size, seen_root, size, root, [bytes.fromhex(text) for text in proof["hashes"]]),
              "the records do not go on from those that were seen")
    return size


def main():
    texts = [pathlib.Path(name).read_text(encoding="utf-8") for name in sys.argv[1:]]
    if len(texts) not in (3, 4, 5):
        sys.exit(__doc__)
    try:
        count = verify(json.loads(texts[0]), json.loads(texts[1]), texts[2], json.loads(texts[3]) if texts[3:] else None,
                       texts[4] if texts[4:] else None)
    except Altered as found:
        sys.exit(f"verify_audit: {found}")
    print(f"{count} records are those of the checkpoint")


if __name__ == "__main__":
    main()
