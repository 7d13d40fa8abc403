#!/usr/bin/env node
// SPDX-License-Identifier: GPL-2.0-or-later
// Follow channels of ohtd's WebSocket and print each change as one line of JSON; comes back after every lost connection.
//
// follow.mjs [--url wss://localhost:8443] [--ca ca.crt] [--user NAME] CHANNEL...
//
// The password is the first line of standard input. Needs the packages of package-lock.json beside it: npm ci. What it shows:
// log in, subscribe, and leave state, resume and the waits between attempts to oht-client.
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { Client } from "oht-client";
import WebSocket from "ws";

const USAGE = "usage: follow.mjs [--url wss://localhost:8443] [--ca ca.crt] [--user NAME] CHANNEL...";
const LOGIN_MS = 8000;

function end(status, why) {
	console.error(why);
	process.exit(status);
}

function given() {
	try {
		const { values, positionals } = parseArgs({
			allowPositionals: true,
			options: {
				url: { type: "string", default: "wss://localhost:8443" },
				ca: { type: "string" },
				user: { type: "string", default: "viewer" },
			},
		});

		if (positionals.length) return { ...values, channels: positionals };
	} catch (error) {
		console.error(error.message);
	}
	return end(2, USAGE);
}

/* What a refusal says, with the members that it is about. */
function why({ detail, errors = [] }) {
	return [detail, ...errors.map((each) => `${each.pointer}: ${each.detail}`)].join("; ");
}

const { url, ca: caFile, user, channels } = given();
const ca = caFile && readFileSync(caFile);
const password = await new Promise((resolve) => createInterface(process.stdin).once("line", resolve).once("close", () => resolve("")));

/* { status, body } of a log-in; rejects without an answer. */
function logIn() {
	return new Promise((resolve, reject) => {
		const asked = request(
			`${url.replace(/^wss:/, "https:")}/api/v1/auth/login`,
			{ method: "POST", ca, headers: { "content-type": "application/json" }, timeout: LOGIN_MS },
			async (answer) => {
				try {
					let text = "";

					for await (const part of answer) text += part;
					resolve({ status: answer.statusCode, body: JSON.parse(text) });
				} catch (error) {
					reject(error);
				}
			},
		);

		asked.on("error", reject).on("timeout", () => asked.destroy(new Error("no answer to the log-in")));
		asked.end(JSON.stringify({ username: user, password }));
	});
}

let token;

/* The token is kept for the next connection, until the robot refuses it. */
async function credentials({ refused }) {
	if (token && !refused) return { token };
	const { status, body } = await logIn();

	if (status === 401) end(1, `refused: ${why(body)}`);
	if (status !== 200) throw new Error(why(body));
	token = body.access_token;
	return { token };
}

class Trusting extends WebSocket {
	constructor(address) {
		super(address, { ca });
	}
}

const client = new Client({ url: `${url}/api/v1/ws`, credentials, WebSocket: Trusting });

client.on("refused", (message) => end(1, `refused: ${why(message)}`));
client.on("ended", ({ code, reason }) => end(1, `closed: ${code} ${reason}`));
client.on("error", (error) => console.error(`no connection: ${error.message}`));
client.on("lost", ({ code, reason }) => console.error(`connection lost (${code} ${reason}), dialling again`));
client.on("change", ({ channel, type, seq, recovered, changed }) => {
	if (type === "resync") console.error(`${channel}: what was missed is not known`);
	else console.log(JSON.stringify({ channel, type, seq, recovered: recovered ?? null, data: changed }));
});
for (const channel of channels) client.subscribe(channel);
client.start();
