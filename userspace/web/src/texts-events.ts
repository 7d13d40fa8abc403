// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Texts of the last events on Overview; texts.ts has them as texts.events.
 */
export const eventTexts = {
	title: "Last events",
	none: "Nothing has happened yet.",
	robot: "Robot",
	command: "Command",
	module: "Module",
	/* Reasons that are worded for a refusal: here they have ended a command. */
	endedBy: { stop_cause: "The robot was stopped." } as Record<string, string | undefined>,
	outputsLow: (after: string) => `Outputs low after ${after}.`,
	commandIs: (command: string, state: string) => `${command}: ${state}.`,
	moduleIs: (name: string, unit: number, now: string, before: string) => `${name} (unit ${unit}): ${now}, before: ${before}.`,
};
