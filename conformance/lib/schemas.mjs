// SPDX-License-Identifier: GPL-2.0-or-later
// The official schemas, from a folder of the user's: they are no part of this kit.
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import Ajv from "ajv";
import Ajv2020 from "ajv/dist/2020.js";

/** {topic: function that judges a message, or why there is none}. Formats are not asked for: members.mjs judges times. */
export async function schemas(folder) {
	const found = {};
	for (const name of await readdir(folder)) {
		const topic = /^(\w+)\.schema(\.json)?$/.exec(name)?.[1];
		if (!topic) continue;
		try {
			const schema = JSON.parse((await readFile(join(folder, name), "utf8")).replace(/^\uFEFF/, ""));
			const Judge = String(schema.$schema).includes("2020-12") ? Ajv2020 : Ajv;
			found[topic] = new Judge({ strict: false, allErrors: true, validateFormats: false }).compile(schema);
		} catch (error) {
			found[topic] = error.message;
		}
	}
	return found;
}
