// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Texts of the page Audit and of what this browser has found as a witness; texts.ts has them as texts.audit.
 */
const records = (count: number) => (count === 1 ? "1 record" : `${count} records`);

const FIND_OUT =
	"No page and no account can do this, only a person with access to the robot's computer or its card. Run “ohtctl audit verify” on the computers " +
	"that have seen the audit before, and find out whether an old copy of the state folder was put back.";

export const auditTexts = {
	title: "Audit",
	words: "who changed what refused log records checkpoint witness proof trail",
	list: "Changes, and attempts that were refused",
	older: "Older records",
	none: "No record is like that.",
	noneYet: "There is no record yet.",
	showAll: "Show all",
	search: "Search the records",
	filters: "Who, act, object, result, time",
	who: "Who",
	act: "Act",
	object: "Object",
	result: "Result",
	from: "From",
	to: "To",
	hints: { who: "anna", act: "PATCH config", object: "version 7", result: "403 role" } as Record<string, string>,
	time: "Time",
	what: "What",
	address: "Client",
	nobody: "not logged in",
	open: (number: number) => `Open record ${number}`,
	// ---- one record
	record: (number: number) => `Record ${number}`,
	only: "Only these",
	onlyOf: (name: string, value: string) => `Only these: ${name} ${value}`,
	requestId: "Request id",
	boot: "Boot of the computer",
	leaf: "Hash in the tree",
	member: "Member",
	before: "Before",
	after: "After",
	asked: "Asked for",
	values: "Before and after",
	noValues: "The record has no values.",
	notThere: "–",
	// ---- the checkpoint
	checkpoint: "Checkpoint",
	goesOn: (now: number, before: number, when: string) =>
		`${records(now)}, and the robot has proven that they go on from the ${before} that this device saw at ${when}.`,
	same: (now: number, when: string) => `${records(now)}, the same that this device saw at ${when}.`,
	begins: (now: number) => `${records(now)}. This device keeps this checkpoint, and asks for a proof from now on.`,
	fits: "Fits",
	first: "First one",
	fitsNot: "Does not fit",
	asTold: (now: number) => `${records(now)} now. What this device saw before is told above.`,
	signatures: {
		good: "Its signature is good.",
		bad: "Its signature is not good.",
		unchecked: "This browser cannot check its signature (Ed25519): only the tree is checked. “ohtctl audit head” checks the signature, too.",
	},
	note: "The checkpoint as it is signed",
	// ---- what was found
	found: {
		cut: (had: number, since: string, has: number) =>
			`The audit was cut, or an old copy is in place: it had ${records(had)} at ${since}, it has ${has} now.`,
		other: (had: number, since: string, has: number) =>
			`The audit was changed: the robot cannot prove that its ${records(has)} of now go on from the ${had} that this device saw at ${since}.`,
		key: (had: number, since: string) => `The audit is signed with another key than at ${since}, when this device saw ${records(had)}.`,
		unsigned: (_had: number, since: string, has: number) =>
			`The newest checkpoint of the audit (${records(has)}) is not signed with the robot's key. It was looked at at ${since}.`,
		removed: (had: number, since: string) =>
			`The ${records(had)} that this device saw of the audit at ${since} were removed for their age. Whether they were changed before that is not known.`,
	},
	todo: {
		cut: FIND_OUT,
		other: FIND_OUT,
		key: `The key is a new one where the state folder was lost, and another one where another robot has this address. Otherwise: ${FIND_OUT}`,
		unsigned: FIND_OUT,
		removed: "It is so where nobody has logged in on this device for long. Compare with another computer that has seen the audit since.",
	},
	takeNote: "Take note",
	takeNoteAsk: "Take note of it?",
	takeNoteText: "This device forgets the checkpoint that it saw, and begins anew with the one of now. This message goes away on this device.",
	administrator: "An administrator takes note of it here.",
	toAudit: "To the audit",
};
