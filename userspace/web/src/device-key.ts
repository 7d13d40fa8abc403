// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The key of this device. The browser makes it, keeps it in its database, and lets no script read its private half. The storage of the page
 * has a mark beside it, so that a start of the page need not load this file to know that there is none.
 */
import { Problem } from "./api/problem";
import { send } from "./api/client";
import { deviceTexts as t } from "./texts-device";

const DATABASE = "oht";
const KEYS = "keys";
const OWN = "device";
/* In front of what is signed: no other signature of the key is one of these. */
const PURPOSE = "oht device 1\n";
const CURVE = { name: "ECDSA", namedCurve: "P-256" };

export interface Proof {
	public_key: string;
	challenge: string;
	signature: string;
}

/** Why this browser can have no key; undefined: it can. */
export function noKeys(): string | undefined {
	if (!globalThis.crypto?.subtle) return t.insecure;
	return globalThis.indexedDB ? undefined : t.noStore;
}

function answerOf<T>(request: IDBRequest<T>): Promise<T> {
	return new Promise((resolve, reject) => {
		request.onsuccess = () => resolve(request.result);
		request.onerror = () => reject(request.error);
	});
}

/* In a private window some browsers refuse the database, others the keys in it. */
async function inStore<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => Promise<T>): Promise<T> {
	let database: IDBDatabase | undefined;

	try {
		const opening = indexedDB.open(DATABASE, 1);

		opening.onupgradeneeded = () => opening.result.createObjectStore(KEYS);
		database = await answerOf(opening);
		const transaction = database.transaction(KEYS, mode);
		const over = new Promise((resolve, reject) => {
			transaction.oncomplete = resolve;
			transaction.onabort = reject;
		});
		const result = await act(transaction.objectStore(KEYS));

		// An administrator should accept no key that is not on the disk.
		await over;
		return result;
	} catch {
		throw new Problem(0, { code: "page", detail: t.noStore });
	} finally {
		database?.close();
	}
}

export function keptKey(): Promise<CryptoKeyPair | undefined> {
	return inStore("readonly", (store) => answerOf<CryptoKeyPair | undefined>(store.get(OWN)));
}

/** The key that is there, or else a new one: of two tabs that make one at once both take the first. */
export async function ownKey(): Promise<CryptoKeyPair> {
	const there = await keptKey();

	if (there) return there;
	const made = await crypto.subtle.generateKey(CURVE, false, ["sign", "verify"]);

	return inStore("readwrite", async (store) => {
		const first = await answerOf<CryptoKeyPair | undefined>(store.get(OWN));

		if (!first) await answerOf(store.put(made, OWN));
		return first ?? made;
	});
}

function base64(bytes: ArrayBuffer): string {
	return btoa(String.fromCharCode(...new Uint8Array(bytes)));
}

/** Asks for a challenge and signs it. */
export async function prove({ publicKey, privateKey }: CryptoKeyPair): Promise<Proof> {
	const public_key = base64(await crypto.subtle.exportKey("spki", publicKey));
	const { challenge } = await send<{ challenge: string }>("POST", "auth/device/challenge", { body: { public_key } });
	const text = new TextEncoder().encode(PURPOSE + challenge);

	return { public_key, challenge, signature: base64(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, privateKey, text)) };
}
