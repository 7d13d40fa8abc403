#!/usr/bin/env node
// SPDX-License-Identifier: GPL-2.0-or-later
// Drives a VDA 5050 vehicle through its broker and says which parts of the standard it keeps to. README.md has the form of the file.
import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { CHECKS } from "./checks/index.mjs";
import { report, score, text } from "./lib/report.mjs";
import { TIMES, chosen, run } from "./lib/run.mjs";
import { schemas } from "./lib/schemas.mjs";
import { versionOf } from "./lib/versions.mjs";

const USAGE = `usage: vda5050-conformance [options] VEHICLE.json
       vda5050-conformance --list [--version 3.0]
  --only PART        only checks whose id has this part; may be given more than once
  --broker URL       another broker than the file names
  --version V        another version than the file names: 2.0, 2.1, 3.0
  --schemas DIR      judge messages by the official schemas in this folder as well
  --json FILE        write the report, with the messages of each failure
  --answer MS, --drive MS, --restart MS, --connect MS, --settle MS
                     time for an answer (${TIMES.answer}), for one edge (${TIMES.drive}), for a start of the vehicle (${TIMES.restart}),
                     for a connection to the broker (${TIMES.connect}), and before the vehicle is asked (${TIMES.settle})
  --kills N          how often the broker is killed in a row (3)
  --quiet            only the report
ends with 0 if nothing failed, with 1 if something did, with 2 if it could not be run
`;

const TEXT = { type: "string" };
const OPTIONS = {
	only: { ...TEXT, multiple: true }, broker: TEXT, version: TEXT, schemas: TEXT, json: TEXT, answer: TEXT, drive: TEXT, restart: TEXT, connect: TEXT,
	settle: TEXT, kills: TEXT, quiet: { type: "boolean" }, list: { type: "boolean" }, help: { type: "boolean" },
};

class Usage extends Error {}

function number(values, name) {
	if (values[name] === undefined) return undefined;
	if (!/^\d+$/.test(values[name])) throw new Usage(`--${name} wants a number, not "${values[name]}"`);
	return Number(values[name]);
}

function list(version) {
	const dialect = versionOf(version);
	for (const check of chosen(CHECKS, dialect.name)) {
		console.log(`${check.id.padEnd(28)} ${dialect.section(check.section).padEnd(9)} ${check.asks}${check.advice ? " (advice)" : ""}`);
	}
}

/** The vehicle's file, with what it must have. */
async function vehicleFile(path, values) {
	let file;
	try {
		file = JSON.parse(await readFile(path, "utf8"));
	} catch (error) {
		throw new Usage(`${path}: ${error.message}`);
	}
	if (values.version) file.version = values.version;
	if (values.broker) file.broker = values.broker;
	for (const name of ["version", "broker", "manufacturer", "serialNumber"]) {
		if (typeof file[name] !== "string" || !file[name]) throw new Usage(`${path}: "${name}" is missing`);
	}
	if (!Array.isArray(file.nodes) || file.nodes.length < 2 || file.nodes.some((node) => typeof node?.nodeId !== "string")) {
		throw new Usage(`${path}: "nodes" must name at least two nodes of a line, better four`);
	}
	return file;
}

async function main(args) {
	let parsed;
	try {
		parsed = parseArgs({ args, options: OPTIONS, allowPositionals: true });
	} catch (error) {
		throw new Usage(error.message);
	}
	const { values, positionals } = parsed;
	if (values.help) return console.log(USAGE);
	if (values.list) return list(values.version ?? "3.0");
	if (positionals.length !== 1) throw new Usage("one file names the vehicle");
	const times = Object.fromEntries(Object.keys(TIMES).map((name) => [name, number(values, name)]).filter(([, value]) => value !== undefined));
	const file = await vehicleFile(positionals[0], values);
	const options = { only: values.only, times, kills: number(values, "kills"), schemas: values.schemas && (await schemas(values.schemas)) };
	if (!chosen(CHECKS, versionOf(file.version).name, values.only).length) throw new Usage(`no check has ${values.only?.join(" or ")} in its id`);
	const result = await run(file, CHECKS, options, (row) => values.quiet || console.log(`${row.verdict.padEnd(15)} ${row.id}${row.why ? `: ${row.why}` : ""}`));
	if (values.json) await writeFile(values.json, `${JSON.stringify(report(result), null, 1)}\n`);
	console.log(`\n${text(result)}`);
	process.exitCode = score(result.rows).failed ? 1 : 0;
}

try {
	await main(process.argv.slice(2));
} catch (error) {
	console.error(error instanceof Usage ? `vda5050-conformance: ${error.message}\n${USAGE}` : `vda5050-conformance: ${error.message}`);
	process.exitCode = 2;
}
