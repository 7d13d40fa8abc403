// SPDX-License-Identifier: GPL-2.0-or-later
/* What a client calls itself, in the words of people. */
import { texts } from "../texts";

const t = texts.account;

/** "Mozilla/5.0 (X11; Linux x86_64) ... Chrome/120.0" -> "Chrome 120 on Linux" */
export function clientOf(agent: string): string {
	const browser = /(Firefox|Edg|Chrome|Version|ohtctl|curl)\/(\d+)/.exec(agent);
	const system = /(Windows|Android|iPhone|iPad|Mac OS X|Linux)/.exec(agent);
	const names: Record<string, string> = { Edg: "Edge", Version: "Safari" };

	if (!browser) return agent || t.unknownClient;
	return `${names[browser[1] ?? ""] ?? browser[1]} ${browser[2]}${system ? ` ${t.on} ${system[1]}` : ""}`;
}
