// SPDX-License-Identifier: GPL-2.0-or-later
// The kit judged: a vehicle that keeps to the standard passes every check, and each fault is found by the checks that ask for it.
// OHT_SOAK=1: the right vehicle ten times more, in an order by OHT_SEED, and a broker that is killed a hundred times.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { CHECKS } from "../checks/index.mjs";
import { chosen, run } from "../lib/run.mjs";
import { Broker } from "./broker.mjs";
import { MUTANTS, UNPROVEN } from "./mutants.mjs";
import { Scripted } from "./scripted.mjs";

// Nothing depends on how quick this machine is: what passes is waited for, and only a check that is to fail runs into its time.
const PATIENT = { answer: 30000, drive: 30000, restart: 30000, connect: 30000, settle: 0 };
const HASTY = { answer: 300, drive: 300, restart: 500, connect: 30000, settle: 0 };
const LANES = 32;
const SOAK = process.env.OHT_SOAK === "1";

const needsBroker = (id) => id.startsWith("broker.") || id === "will.anew";
let broker;
let serial = 0;

before(async () => { broker = await Broker.open(); });
after(() => broker.kill());

/** Run checks against a vehicle of its own; with a broker of its own if one of them kills it. */
async function judged(version, fault, checks, times, { kills, ...more } = {}) {
	const mine = checks.some(({ id }) => needsBroker(id)) ? await Broker.open() : broker;
	const vehicle = new Scripted({ url: mine.url, serialNumber: `s${serial++}`, version, fault, waitsForBroker: mine !== broker, ...more });
	await vehicle.start();
	const file = vehicle.file();
	if (mine !== broker) Object.assign(file.commands, mine.commands());
	try {
		return (await run(file, checks, { times, kills })).rows;
	} finally {
		await vehicle.kill();
		if (mine !== broker) await mine.kill();
	}
}

/** Do all jobs, some at a time. */
async function lanes(jobs) {
	const left = [...jobs];
	const lane = async () => {
		while (left.length) await left.shift()();
	};
	await Promise.all(Array.from({ length: LANES }, lane));
}

const said = (rows) => rows.map(({ id, verdict, why }) => `${id} ${verdict}${why ? `: ${why}` : ""}`).join("\n");

/** The order of a seed: checks do not rely on one another. */
function shuffled(list, seed) {
	const out = [...list];
	let state = seed >>> 0 || 1;
	for (let at = out.length - 1; at > 0; at--) {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		const other = state % (at + 1);
		[out[at], out[other]] = [out[other], out[at]];
	}
	return out;
}

if (SOAK) {
	test("checks do not rely on their order, and the broker may end 100 times", async () => {
		const seed = Number(process.env.OHT_SEED ?? 1);
		const all = chosen(CHECKS, "3.0").filter(({ id }) => !UNPROVEN.includes(id));
		for (let nth = 0; nth < 10; nth++) {
			const rows = await judged("3.0", "", shuffled(all, seed + nth), PATIENT, { intervalS: 0.5, minimumS: 0.000001, kills: nth ? 1 : 100 });
			// The vehicle's trick for broker.drives-on works from where it starts only.
			const bad = rows.filter(({ id, verdict }) => verdict !== "pass" && id !== "broker.drives-on");
			assert.equal(bad.length, 0, `OHT_SEED=${seed + nth}\n${said(bad)}`);
		}
	});
}

const CLI = new URL("../vda5050-conformance.mjs", import.meta.url).pathname;

/** Run the program against a vehicle of its own. */
async function program(fault, more, change = (file) => file) {
	const folder = await mkdtemp(join(tmpdir(), "kit-"));
	const vehicle = new Scripted({ url: broker.url, serialNumber: `s${serial++}`, fault });
	await vehicle.start();
	try {
		const path = join(folder, "vehicle.json");
		await writeFile(path, JSON.stringify(change({ ...vehicle.file(), commands: { kill: "exit 3", start: "true" } })));
		const args = [...more, "--settle", "0", "--json", join(folder, "report.json"), path];
		const child = spawn(process.execPath, [CLI, ...args], { stdio: ["ignore", "pipe", "pipe"], timeout: 60000 });
		let said = "";
		for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => { said += data; });
		const [code] = await once(child, "close");
		const report = await readFile(join(folder, "report.json"), "utf8").then(JSON.parse, () => null);
		return { code, said, report };
	} finally {
		await vehicle.kill();
		await rm(folder, { recursive: true });
	}
}

// All at once: most of the time is spent waiting for what does not come.
describe("the kit", { concurrency: true }, () => {
	for (const version of SOAK ? ["3.0", "2.1", "2.0"] : ["3.0", "2.1"]) {
		test(`a vehicle of version ${version} that does everything right has 100 %`, async () => {
			// Passive checks go with each part, so that they read all messages.
			const all = chosen(CHECKS, version).filter(({ id }) => !UNPROVEN.includes(id));
			const passive = all.filter((check) => check.passive);
			const active = all.filter((check) => !check.passive);
			const restarts = active.filter(({ id }) => needsBroker(id));
			const rest = active.filter(({ id }) => !needsBroker(id));
			const size = Math.ceil(rest.length / 6);
			const parts = [restarts, ...Array.from({ length: 6 }, (_, at) => rest.slice(at * size, (at + 1) * size))];
			const rows = (await Promise.all(parts.map((part) => judged(version, "", [...part, ...passive], PATIENT, { intervalS: 0.5, minimumS: 0.000001 })))).flat();
			const bad = rows.filter((row) => row.verdict !== "pass");
			assert.equal(bad.length, 0, said(bad));
			assert.ok(rows.length >= 130, `${rows.length} rows`);
		});
	}

	test("each fault is found by the checks that ask for it", async () => {
		const missed = [];
		// The gate takes each sixth of them, the night all.
		const faults = Object.entries(MUTANTS).filter((_, at) => SOAK || at % 6 === 0);
		await lanes(faults.map(([fault, ids]) => async () => {
			const checks = CHECKS.filter(({ id }) => ids.includes(id));
			assert.equal(checks.length, ids.length, `${fault} names a check that is not there: ${ids}`);
			const more = { intervalS: fault === "no-beat" ? 0.2 : 30 };
			const hurry = !SOAK && !checks.every((check) => check.passive);
			const rows = await judged("3.0", fault, checks, hurry ? HASTY : PATIENT, more);
			// A machine that stalls in a hurry leaves a check without its occasion: only what is found with patience counts then.
			const again = hurry && rows.some((row) => row.verdict !== "fail");
			const last = again ? await judged("3.0", fault, checks, PATIENT, more) : rows;
			for (const row of last) if (row.verdict !== "fail") missed.push(`${fault}: ${row.id} ${row.verdict} ${row.why ?? ""}`);
		}));
		assert.equal(missed.join("\n"), "");
	});
	test("says what passed, with the score and exit code 0", async () => {
		const { code, said, report } = await program("", ["--only", "order.accept", "--only", "will.sent", "--answer", "30000"]);
		assert.equal(code, 0, said);
		assert.deepEqual(report.rows.map(({ id, verdict }) => [id, verdict]), [["order.accept", "pass"], ["will.sent", "not applicable"]]);
		assert.equal(report.score.percent, 100);
		assert.match(said, /will\.sent: "exit 3" ends with 3/);
	});
	test("says what failed, with the messages and exit code 1", async () => {
		const { code, said, report } = await program("refusal-takes-id", ["--only", "refuse.start", "--answer", "30000"]);
		assert.equal(code, 1, said);
		const row = report.rows.find(({ id }) => id === "refuse.start");
		assert.match(row.why, /the order was taken over/);
		assert.ok(row.messages.some(({ topic, to }) => topic === "order" && to === "vehicle"));
		assert.equal(row.section, "6.1.4.7");
	});
	test("judges by schemas of the user's", async () => {
		const folder = await mkdtemp(join(tmpdir(), "schemas-"));
		const rule = (properties) => JSON.stringify({ $schema: "https://json-schema.org/draft/2020-12/schema", type: "object", properties });
		await writeFile(join(folder, "state.schema"), rule({ driving: { type: "string" } }));
		await writeFile(join(folder, "connection.schema"), rule({ headerId: { type: "integer" } }));
		await writeFile(join(folder, "factsheet.schema"), "{ no schema");
		const { report } = await program("", ["--only", "schema", "--schemas", folder]);
		await rm(folder, { recursive: true });
		assert.deepEqual(report.rows.map(({ verdict }) => verdict), ["fail", "pass", "not applicable", "not applicable"]);
		assert.match(report.rows[0].why, /driving must be string/);
	});
	for (const [what, args, change] of [
		["an unknown version", ["--version", "1.1"]], ["a file without nodes", [], ({ nodes, ...file }) => file],
		["no broker", ["--connect", "200"], (file) => ({ ...file, broker: "mqtt://127.0.0.1:1" })],
	]) {
		test(`ends with 2: ${what}`, async () => {
			const { code, said } = await program("", args, change);
			assert.equal(code, 2, said);
			assert.match(said, /^vda5050-conformance: /m);
		});
	}
});

test("each check is proven by a fault", () => {
	const proven = new Set([...Object.values(MUTANTS).flat(), ...UNPROVEN]);
	assert.deepEqual(CHECKS.map(({ id }) => id).filter((id) => !proven.has(id)), []);
});
