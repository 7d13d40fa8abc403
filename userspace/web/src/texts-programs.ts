// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Texts of the page Programs; texts.ts has them as texts.programs.
 */
export const programTexts = {
	title: "Programs",
	words: "agents heartbeat silent keys service accounts local users roles fleet",
	atWork: "At work",
	none: "No program has said since the last start that it is at work.",
	noneAct: "A program says so with a heartbeat: PUT agents/NAME/heartbeat.",
	name: "Program",
	of: (account: string) => `of ${account}`,
	state: "State",
	states: { idle: "idle", working: "works", waiting: "waits", failing: "fails" } as Record<string, string>,
	silent: "silent",
	saidLast: (state: string) => `said last: ${state}`,
	doing: "What it does",
	heard: "Heard",
	ago: (age: string) => `${age} ago`,
	known: "Known for",
	takeOut: "Take out",
	askTakeOut: (name: string): [string, string, string] => [
		`Take out ${name}?`,
		"Its alert ends. A program that is still there comes back with its next heartbeat.",
		"Take out",
	],
	keys: "Keys",
	keysNone: "No program has a key.",
	keysAct: "A service account has keys: Users, Let a program in.",
	key: "Key",
	account: "Account",
	local: "Local users",
	localMeans: "A program on the board needs no key. Its user has the role that the configuration gives it.",
	localNone: "Only root.",
	others: "all others",
	group: (name: string) => `group ${name}`,
	toConfiguration: "Change it",
};
