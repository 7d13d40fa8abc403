// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * This browser as a witness of the audit: it keeps the newest checkpoint that it has seen, and each new one must be proven to go on
 * from there before it takes that one's place. What does not fit is kept beside it until an administrator takes note of it.
 *
 * The robot is asked when somebody logs in, each hour from then, and on the page Audit.
 */
import { Problem } from "./api/problem";
import { call, isAnswered, session } from "./api/session";
import type { AuditKey, AuditProof } from "./api/types";
import { type Checkpoint, isProven, readCheckpoint, type Signature, signatureOf } from "./checkpoint";
import { alone, forget, keep, kept, onKept } from "./storage";
import { Store } from "./store";

const SEEN = "oht.audit.seen";
const FINDING = "oht.audit.finding";
const LOCK = "oht.audit";
const HOUR_MS = 3_600_000;
/* The robot reads the hashes of all its records for a proof. */
const PROOF_MS = 60_000;

interface Seen {
	verifier: string;
	note: string;
	/** by the clock of this device */
	at: string;
}

/**
 * cut: fewer records than were seen; other: it does not go on from what was seen; key: another one signs; unsigned: its key does not
 * sign; removed: what was seen is too old for a proof
 */
const KINDS = ["cut", "other", "key", "unsigned", "removed"] as const;

export type Kind = (typeof KINDS)[number];

/** What does not fit. */
export interface Finding {
	kind: Kind;
	/** records, when this device saw them */
	had: number;
	since: string;
	/** records, when they were looked at again */
	has: number;
	at: string;
}

/** The newest checkpoint as the robot told it. */
export interface Told {
	checkpoint: Checkpoint;
	note: string;
	at: string;
	signature: Signature;
	/** from which it was proven to go on; undefined: this device saw none before, or it does not */
	before: { size: number; at: string } | undefined;
}

function parsed<T extends object>(text: string | null): T | undefined {
	try {
		const value: unknown = JSON.parse(text ?? "");

		return value !== null && typeof value === "object" ? (value as T) : undefined;
	} catch {
		return undefined;
	}
}

/* What the storage has otherwise, as of another version of the page, is no finding: every page shows it. */
function readFinding(text: string | null): Finding | undefined {
	const found = parsed<Finding>(text);

	return found && KINDS.includes(found.kind) && [found.had, found.has].every(Number.isInteger) ? found : undefined;
}

export const finding = new Store<Finding | undefined>(readFinding(kept(FINDING)));
export const newest = new Store<Told | undefined>(undefined);

/* What somebody has put there otherwise is no checkpoint. */
function readSeen(): { seen: Seen; checkpoint: Checkpoint } | undefined {
	const seen = parsed<Seen>(kept(SEEN));
	const checkpoint = readCheckpoint(String(seen?.note));

	return seen && checkpoint?.size ? { seen, checkpoint } : undefined;
}

async function proofOf(first: Checkpoint, second: Checkpoint): Promise<Kind | undefined> {
	try {
		const { hashes } = await call<AuditProof>("GET", `audit/proof?from=${first.size}&to=${second.size}`, { timeoutMs: PROOF_MS });

		return (await isProven(first, second, hashes)) ? undefined : "other";
	} catch (error) {
		if (error instanceof Problem && error.code === "audit_removed") return "removed";
		if (error instanceof Problem && error.code === "audit_no_proof") return "other";
		throw error;
	}
}

async function look(): Promise<void> {
	const { verifier } = await call<AuditKey>("GET", "audit/key");
	const note = await call<string>("GET", "audit/head", { as: "text" });
	const at = new Date().toISOString();
	const checkpoint = readCheckpoint(note) ?? { origin: "", size: 0, root: "" };
	const signature = await signatureOf(note, verifier);
	const before = readSeen();
	let kind: Kind | undefined;

	if (before && before.seen.verifier !== verifier) kind = "key";
	else if (signature === "bad") kind = "unsigned";
	else if (before && checkpoint.size < before.checkpoint.size) kind = "cut";
	else if (before) kind = await proofOf(before.checkpoint, checkpoint);
	newest.set({
		checkpoint,
		note,
		at,
		signature,
		before: before && !kind ? { size: before.checkpoint.size, at: before.seen.at } : undefined,
	});
	// The first finding stays as it was seen, and nothing takes the place of its checkpoint.
	if (finding.get()) return;
	if (kind) {
		const found = { kind, had: before?.checkpoint.size ?? 0, since: before?.seen.at ?? at, has: checkpoint.size, at };

		keep(FINDING, JSON.stringify(found));
		finding.set(found);
	} else {
		keep(SEEN, JSON.stringify({ verifier, note, at }));
	}
}

/** Asks the robot for its newest checkpoint, and for a proof; one tab at a time. What goes wrong on the way is thrown. */
export function witness(): Promise<void> {
	return alone(LOCK, look);
}

/** A person has taken note of what was found: this device begins anew with the next checkpoint. */
export async function takeNote(): Promise<void> {
	forget(SEEN);
	forget(FINDING);
	finding.set(undefined);
	await witness();
}

onKept(FINDING, (text) => finding.set(readFinding(text)));

function lookBeside(): void {
	if (isAnswered()) witness().catch(() => undefined);
}

let isOpen = false;

session.subscribe(() => {
	const wasOpen = isOpen;

	isOpen = isAnswered();
	if (isOpen && !wasOpen) lookBeside();
	if (session.get().state === "none") newest.set(undefined);
});
setInterval(lookBeside, HOUR_MS);
