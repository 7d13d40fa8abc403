// SPDX-License-Identifier: GPL-2.0-or-later
// Checkpoints of the audit, src/checkpoint.ts: node --test checkpoint.test.mjs
import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { test } from "node:test";
import { part } from "./part.mjs";

const { isProven, readCheckpoint, signatureOf } = await part("checkpoint.ts");

/* ---- RFC 6962, 2.1, from its own words: lists of leaves, and no tree ---- */

const sha256 = (...parts) => createHash("sha256").update(Buffer.concat(parts)).digest();
const leaves = Array.from({ length: 21 }, (_, i) => sha256(Buffer.from([0, i])));

function splitOf(n) {
	let k = 1;

	while (2 * k < n) k *= 2;
	return k;
}

function rootOf(list) {
	if (!list.length) return sha256();
	if (list.length === 1) return list[0];
	const k = splitOf(list.length);

	return sha256(Buffer.from([1]), rootOf(list.slice(0, k)), rootOf(list.slice(k)));
}

function proofOf(m, list, whole) {
	const k = splitOf(list.length);

	if (m === list.length) return whole ? [] : [rootOf(list)];
	if (m <= k) return [...proofOf(m, list.slice(0, k), whole), rootOf(list.slice(k))];
	return [...proofOf(m - k, list.slice(k), false), rootOf(list.slice(0, k))];
}

const hex = (hash) => hash.toString("hex");
const at = (size, list = leaves) => ({ origin: "o", size, root: hex(rootOf(list.slice(0, size))) });

test("each tree goes on from each that is its beginning", async () => {
	for (let to = 1; to <= leaves.length; to++)
		for (let from = 1; from <= to; from++)
			assert.ok(await isProven(at(from), at(to), proofOf(from, leaves.slice(0, to), true).map(hex)), `${from} to ${to}`);
});

test("nothing else is proven: one record, one hash of the proof, one too few, one too many", async () => {
	const changed = leaves.map((leaf, i) => (i === 4 ? sha256(leaf) : leaf));

	for (const [from, to] of [[5, 5], [5, 6], [6, 21], [8, 16], [13, 21], [20, 21]]) {
		const proof = proofOf(from, leaves.slice(0, to), true).map(hex);
		const theirs = proofOf(from, changed.slice(0, to), true).map(hex);

		assert.ok(!(await isProven(at(from), at(to, changed), proof)), `${from} to ${to}: another tree`);
		assert.ok(!(await isProven(at(from), at(to, changed), theirs)), `${from} to ${to}: another tree with its proof`);
		assert.ok(!(await isProven(at(to), at(from), proof)) || from === to, `${from} to ${to}: cut`);
		assert.ok(!(await isProven(at(from), at(to), [...proof, hex(leaves[0])])), `${from} to ${to}: one too many`);
		for (let i = 0; i < proof.length; i++) {
			assert.ok(!(await isProven(at(from), at(to), proof.filter((_, j) => j !== i))), `${from} to ${to}: without ${i}`);
			for (const bad of [hex(sha256(Buffer.from("none of them"))), `${proof[i].slice(0, -1)}g`, proof[i].slice(2)])
				assert.ok(!(await isProven(at(from), at(to), proof.map((hash, j) => (i === j ? bad : hash)))), `${from} to ${to}: ${i} is ${bad}`);
		}
	}
});

/* ---- notes, as c2sp.org/signed-note and tlog-checkpoint say ---- */

function signed(origin, text, pair = generateKeyPairSync("ed25519"), name = origin) {
	const typed = Buffer.concat([Buffer.from([1]), pair.publicKey.export({ format: "der", type: "spki" }).subarray(-32)]);
	const hash = sha256(Buffer.from(`${name}\n`), typed).subarray(0, 4);
	const signature = Buffer.concat([hash, sign(null, Buffer.from(text), pair.privateKey)]).toString("base64");

	return { pair, verifier: `${name}+${hex(hash)}+${typed.toString("base64")}`, note: `${text}\n\u2014 ${name} ${signature}\n` };
}

const ORIGIN = "oht/0f1e2d3c4b5a6978/audit";
const ROOT = rootOf(leaves);
const TEXT = `${ORIGIN}\n21\n${ROOT.toString("base64")}\n`;

test("a note is read, and its signature is that of the key under the name of its origin", async () => {
	const { note, verifier, pair } = signed(ORIGIN, TEXT);

	assert.deepEqual(readCheckpoint(note), { origin: ORIGIN, size: 21, root: hex(ROOT) });
	assert.equal(await signatureOf(note, verifier), "good");
	// Of another key in front of it nothing is said.
	const other = signed(ORIGIN, TEXT).note.slice(TEXT.length + 1);

	assert.equal(await signatureOf(`${TEXT}\n${other}${note.slice(TEXT.length + 1)}`, verifier), "good");
	assert.equal(await signatureOf(`${TEXT}\n${other}`, verifier), "bad");
	assert.equal(await signatureOf(note.replace("\n21\n", "\n20\n"), verifier), "bad");
	assert.equal(await signatureOf(TEXT, verifier), "bad");
	const removed = signed(ORIGIN, TEXT, pair, `${ORIGIN}/removed`);

	assert.equal(await signatureOf(removed.note, removed.verifier), "bad", "the origin is not the name of the key");
	assert.equal(await signatureOf(note, verifier.replace(/\+[0-9a-f]{8}\+/, "+00000000+")), "bad");
	assert.equal(await signatureOf(note, "oht"), "bad");
});

test("what is no checkpoint is none", () => {
	for (const note of ["", "null", TEXT, `${ORIGIN}\n021\n${ROOT.toString("base64")}\n\n`, `${ORIGIN}\n-1\n${ROOT.toString("base64")}\n\n`,
		`${ORIGIN}\n21\n${ROOT.toString("base64").slice(4)}\n\n`, `${ORIGIN}\n21\n\n`, `\n21\n${ROOT.toString("base64")}\n\n`, `${ORIGIN}\n1e3\n${ROOT.toString("base64")}\n\n`])
		assert.equal(readCheckpoint(note), null, JSON.stringify(note));
});
