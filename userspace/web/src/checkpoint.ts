// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Checkpoints of the audit in the form of docs/audit.md: signed notes (C2SP) of a Merkle tree (RFC 6962). SHA-256 and Ed25519 are
 * those of the browser; nothing here asks the robot.
 */

export interface Checkpoint {
	origin: string;
	/** records of the tree */
	size: number;
	/** of the tree, hexadecimal */
	root: string;
}

/** unchecked: this browser has no Ed25519 */
export type Signature = "good" | "bad" | "unchecked";

const ED25519 = 1;
const HASH_BYTES = 32;
const KEY_HASH_BYTES = 4;
const SIGNATURE_BYTES = 64;
const NODE = 1;

const bytesOf = (text: string) => new TextEncoder().encode(text);

const hexOf = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

function fromHex(text: string) {
	return /^[0-9a-f]{64}$/.test(text) ? Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)) : null;
}

/* Exactly that many bytes, in the only form that base64 has for them. */
function fromBase64(text: string, length: number) {
	try {
		const binary = atob(text);

		return binary.length === length && btoa(binary) === text ? Uint8Array.from(binary, (c) => c.charCodeAt(0)) : null;
	} catch {
		return null;
	}
}

async function sha256(...parts: Uint8Array[]) {
	const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
	let at = 0;

	for (const part of parts) {
		all.set(part, at);
		at += part.length;
	}
	return new Uint8Array(await crypto.subtle.digest("SHA-256", all));
}

/** What a note says; null: it is no checkpoint. Its signature is for signatureOf(). */
export function readCheckpoint(note: string): Checkpoint | null {
	const [, origin, size, text] = /^([^\n]+)\n(0|[1-9]\d{0,14})\n([^\n]+)\n(?:[^\n]+\n)*\n/.exec(note) ?? [];
	const root = fromBase64(text ?? "", HASH_BYTES);

	return origin && size && root ? { origin, size: Number(size), root: hexOf(root) } : null;
}

/* "name+hash+key" as signed-note has it; null: it is no key of Ed25519, or its hash is of another. */
async function readVerifier(verifier: string) {
	const [, name, hash, text] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(verifier) ?? [];
	const typed = fromBase64(text ?? "", 1 + HASH_BYTES);

	if (!name || !typed || typed[0] !== ED25519) return null;
	const keyHash = (await sha256(bytesOf(`${name}\n`), typed)).slice(0, KEY_HASH_BYTES);

	return hexOf(keyHash) === hash ? { name, hash, key: typed.slice(1) } : null;
}

/* Signatures of other keys are passed over. */
function signaturesOf(note: string, name: string, hash: string) {
	const lines = note.slice(note.indexOf("\n\n") + 2).split("\n");
	const begin = `\u2014 ${name} `;

	return lines.flatMap((line) => {
		const bytes = line.startsWith(begin) ? fromBase64(line.slice(begin.length), KEY_HASH_BYTES + SIGNATURE_BYTES) : null;

		return bytes && hexOf(bytes.slice(0, KEY_HASH_BYTES)) === hash ? [bytes.slice(KEY_HASH_BYTES)] : [];
	});
}

/** Has the key of @verifier signed this checkpoint, under the name of its origin? */
export async function signatureOf(note: string, verifier: string): Promise<Signature> {
	const told = await readVerifier(verifier);

	if (!told || readCheckpoint(note)?.origin !== told.name) return "bad";
	try {
		const key = await crypto.subtle.importKey("raw", told.key, { name: "Ed25519" }, false, ["verify"]);
		const text = bytesOf(note.slice(0, note.indexOf("\n\n") + 1));

		for (const signature of signaturesOf(note, told.name, told.hash))
			if (await crypto.subtle.verify({ name: "Ed25519" }, key, signature, text)) return "good";
		return "bad";
	} catch (error) {
		// Browsers differ in what they say of an algorithm that they do not have.
		return error instanceof DOMException && error.name === "DataError" ? "bad" : "unchecked";
	}
}

/**
 * Are the records of @first the beginning of those of @second? (RFC 9162, 2.1.4.2)
 * @first: has one record at least
 * @hashes: the consistency proof between the two, hexadecimal
 */
export async function isProven(first: Checkpoint, second: Checkpoint, hashes: string[]): Promise<boolean> {
	const read = hashes.map(fromHex);
	const proof = read.flatMap((hash) => (hash ? [hash] : []));
	const half = (n: number) => Math.floor(n / 2);
	const node = (left: Uint8Array, right: Uint8Array) => sha256(Uint8Array.of(NODE), left, right);
	let f = first.size - 1;
	let s = second.size - 1;

	if (proof.length !== hashes.length || f < 0 || f > s) return false;
	if (f === s) return !proof.length && first.root === second.root;
	while (f % 2) {
		f = half(f);
		s = half(s);
	}
	const begin = f ? proof.shift() : fromHex(first.root);

	if (!begin) return false;
	let one: Uint8Array = begin;
	let two: Uint8Array = begin;

	for (const step of proof) {
		if (!s) return false;
		if (f % 2 || f === s) {
			one = await node(step, one);
			two = await node(step, two);
			while (f && !(f % 2)) {
				f = half(f);
				s = half(s);
			}
		} else {
			two = await node(two, step);
		}
		f = half(f);
		s = half(s);
	}
	return !s && hexOf(one) === first.root && hexOf(two) === second.root;
}
