// SPDX-License-Identifier: GPL-2.0-or-later
// Runs checks one after the other against one vehicle, and keeps what was seen.
import { spawn } from "node:child_process";
import { Link } from "./link.mjs";
import { Failed, NotApplicable, Vehicle } from "./vehicle.mjs";
import { versionOf } from "./versions.mjs";

/** Times in ms: an answer, a drive along one edge, a start of the vehicle, a connection of the kit, and what is waited before the vehicle is asked. */
export const TIMES = { answer: 3000, drive: 60000, restart: 30000, connect: 30000, settle: 200 };

const EVIDENCE = 30;

/** A command of the vehicle's file: a line for the shell, or a function. */
function execute(command, ms) {
	if (typeof command === "function") return command();
	return new Promise((done, fail) => {
		const child = spawn(command, { shell: true, stdio: ["ignore", "ignore", "inherit"], timeout: ms });
		child.on("error", fail);
		child.on("exit", (code) => (code === 0 ? done() : fail(new NotApplicable(`"${command}" ends with ${code}`))));
	});
}

/** What a check is given. */
function context(vehicle, options) {
	const { file, link, times, dialect } = vehicle;
	return {
		vehicle, link, file, times, dialect, schemas: options.schemas, kills: options.kills ?? 3,
		need(what, why) {
			if (!what) throw new NotApplicable(why);
		},
		must(what, why) {
			if (!what) throw new Failed(why);
		},
		async command(name) {
			const command = file.commands?.[name];
			if (!command) throw new NotApplicable(`the file has no command "${name}"`);
			await execute(command, times.restart);
		},
		has: (...names) => {
			for (const name of names) if (!file.commands?.[name]) throw new NotApplicable(`the file has no command "${name}"`);
		},
	};
}

/** Run one check; the row of the report. */
async function one(check, t) {
	const mark = check.passive ? 0 : t.link.mark();
	const began = Date.now();
	const row = { id: check.id, section: t.dialect.section(check.section), asks: check.asks, advice: Boolean(check.advice) };
	try {
		await check.run(t);
		row.verdict = "pass";
	} catch (error) {
		if (error instanceof NotApplicable) row.verdict = "not applicable";
		else if (error instanceof Failed) row.verdict = "fail";
		else throw error;
		row.why = error.message;
	}
	row.ms = Date.now() - began;
	if (row.verdict === "fail" && !check.passive) {
		const log = t.link.log.slice(mark);
		row.messages = log.slice(-EVIDENCE).map(({ at, topic, sent, qos, retain, text }) => ({ at, to: sent ? "vehicle" : "kit", topic, qos, retain, text: text.slice(0, 4000) }));
	}
	return row;
}

/** After a failure: a vehicle that cannot be brought to rest is killed and started, so that one failure does not cause the next. */
async function revive(t) {
	const { kill, start } = t.file.commands ?? {};
	if (!kill || !start) return;
	try {
		await t.vehicle.rest();
	} catch {
		const mark = t.link.mark();
		await execute(kill, t.times.restart).catch(() => {});
		await execute(start, t.times.restart).catch(() => {});
		await t.link.until("connection", mark, t.times.restart, (body) => body.connectionState === "ONLINE");
	}
}

/** Checks that a version has; @only: parts of ids. */
export function chosen(checks, version, only = []) {
	return checks.filter((check) => (!check.versions || check.versions.includes(version)) && (!only.length || only.some((part) => check.id.includes(part))));
}

/** The vehicle of a file, ready to be asked. */
export async function meet(file, options = {}) {
	const dialect = versionOf(file.version);
	const times = { ...TIMES, ...options.times };
	const prefix = `${file.interfaceName ?? dialect.interfaceName}/${dialect.major}/${file.manufacturer}/${file.serialNumber}/`;
	const link = new Link(options.broker ?? file.broker, prefix, file.login);
	try {
		await link.open(times.connect, times.answer);
	} catch (error) {
		await link.close();
		throw error;
	}
	return new Vehicle(link, { ...file, version: dialect.sent }, dialect, times);
}

/** Run @checks against the vehicle of @file. @tell is called with each row. */
export async function run(file, checks, options = {}, tell = () => {}) {
	const vehicle = await meet(file, options);
	const t = context(vehicle, options);
	const rows = [];
	try {
		const list = chosen(checks, vehicle.dialect.name, options.only);
		// A check of all messages comes last, when there are some.
		const order = [...list.filter((check) => !check.passive), ...list.filter((check) => check.passive)];
		if (order.some((check) => check.passive)) await warm(vehicle);
		for (const check of order) {
			const row = await one(check, t);
			rows.push(row);
			tell(row);
			if (row.verdict === "fail" && !check.passive && check !== order.at(-1)) await revive(t);
		}
	} finally {
		await vehicle.link.close();
	}
	return { version: vehicle.dialect.sent, vehicle: `${file.manufacturer} ${file.serialNumber}`, rows };
}

/** Some messages of each kind, for the checks that only read. What fails here, fails in a check of its own. */
async function warm(vehicle) {
	try {
		await vehicle.factsheet();
		await vehicle.act("factsheetRequest");
		await vehicle.drive(await vehicle.ready(1));
	} catch (error) {
		if (!(error instanceof Failed || error instanceof NotApplicable)) throw error;
	}
}
