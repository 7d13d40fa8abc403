// SPDX-License-Identifier: GPL-2.0-or-later
// Form of all messages that were heard: members, types, header, topics. These checks read what the others have caused.
import { BREAK } from "../lib/link.mjs";
import { MEMBERS, judge } from "../lib/members.mjs";

const TOPICS = ["state", "connection", "factsheet", "visualization"];
const SECTIONS = { state: "7.8", connection: "7.7", factsheet: "7.10", visualization: "7.9" };
const OF_FLEET = ["order", "instantActions", "zoneSet", "responses"];
const HOUR = 3600 * 1000;

/** All messages of a topic; the check does not apply if there is none. */
function all(t, topic) {
	const heard = t.link.heard(topic).filter(({ text }) => text !== "");
	t.need(heard.length, `the vehicle has sent nothing on the topic ${topic}`);
	return heard;
}

const where = (entry) => `${entry.topic} of ${entry.at}`;

/** Did the vehicle begin anew between two places of the log, or was the kit away? Then header ids may do as they like. */
function beganAnew(t, before, after) {
	const between = t.link.log.slice(t.link.log.indexOf(before), t.link.log.indexOf(after) + 1);
	return between.some(({ topic, sent }) => topic === BREAK || (topic === "connection" && !sent));
}

/** The last will was written at the start of the connection: its header id and time are old. */
const isWill = (t, { body }) => body?.connectionState === t.dialect.broken;

function passive(id, section, asks, run, more = {}) {
	return { id, section, asks, passive: true, run, ...more };
}

export const MESSAGES = [
	...TOPICS.map((topic) => passive(`members.${topic}`, SECTIONS[topic], `each message on ${topic} has all mandatory members, with their types`, (t) => {
		for (const entry of all(t, topic)) {
			const wrong = judge(entry.body, MEMBERS[t.dialect.name][topic]);
			t.must(!wrong.length, `${where(entry)}: ${wrong.slice(0, 4).join("; ")}${wrong.length > 4 ? `; and ${wrong.length - 4} more` : ""}`);
		}
	})),
	...TOPICS.map((topic) => passive(`schema.${topic}`, "7", `each message on ${topic} fits the official schema`, (t) => {
		t.need(t.schemas, "no folder of schemas was given (--schemas)");
		const fits = t.schemas[topic];
		t.need(typeof fits === "function", `the schema of ${topic} cannot be used: ${fits ?? "there is none"}`);
		for (const entry of all(t, topic)) t.must(fits(entry.body), `${where(entry)}: ${fits.errors?.map((each) => `${each.instancePath} ${each.message}`).slice(0, 4).join("; ")}`);
	})),
	...TOPICS.map((topic) => passive(`header.${topic}`, "7.2", `header ids on ${topic} count up by one`, (t) => {
		const heard = all(t, topic).filter((entry) => !isWill(t, entry));
		for (let at = 1; at < heard.length; at++) {
			const [before, after] = [heard[at - 1], heard[at]];
			if (after.body?.headerId === before.body?.headerId + 1) continue;
			if (beganAnew(t, before, after) && topic !== "connection") continue;
			// A restart may count the will as a message, and may begin at the start again.
			if (topic === "connection" && (after.body?.headerId > before.body?.headerId || after.body?.headerId <= 1)) continue;
			t.must(false, `${where(after)}: header id ${after.body?.headerId} comes after ${before.body?.headerId}`);
		}
	})),
	passive("message.json", "7.1.2", "each message is JSON", (t) => {
		const bad = t.link.log.find(({ sent, body, text }) => !sent && body === undefined && text !== "");
		t.must(!bad, `${bad && where(bad)} is no JSON: ${bad?.text.slice(0, 80)}`);
	}),
	passive("message.topics", "4.3", "the vehicle publishes on its own topics only, with their exact names", (t) => {
		const bad = t.link.log.find(({ sent, topic }) => !sent && !TOPICS.includes(topic) && !OF_FLEET.includes(topic));
		t.must(!bad, `it publishes on the topic ${bad?.topic}`);
	}),
	passive("message.names", "7.2", "manufacturer and serial number are those of the topic", (t) => {
		for (const topic of TOPICS) {
			const bad = t.link.heard(topic).find(({ body }) => body && (body.manufacturer !== t.file.manufacturer || body.serialNumber !== t.file.serialNumber));
			t.must(!bad, `${bad && where(bad)} is of ${bad?.body.manufacturer} ${bad?.body.serialNumber}`);
		}
	}),
	passive("message.version", "7.2", "the version of each message is the one that is asked for", (t) => {
		const fits = new RegExp(`^${t.dialect.name.replace(".", "\\.")}\\.\\d+$`);
		const bad = TOPICS.flatMap((topic) => t.link.heard(topic)).find(({ body }) => body && !fits.test(body.version));
		t.must(!bad, `${bad && where(bad)} has the version ${bad?.body.version}`);
	}),
	passive("message.time", "7.2", "each time stamp is the time of sending, in UTC with milliseconds", (t) => {
		const fits = t.dialect.name === "3.0" ? /^[\d-]{10}T[\d:]{8}\.\d{3}Z$/ : /^[\d-]{10}T[\d:]{8}\.\d{1,6}Z$/;
		for (const entry of TOPICS.flatMap((topic) => t.link.heard(topic))) {
			const time = String(entry.body?.timestamp);
			if (!entry.body || isWill(t, entry)) continue;
			t.must(fits.test(time), `${where(entry)} has the time ${time}`);
			t.must(Math.abs(Date.parse(time) - Date.parse(entry.at)) < HOUR, `${where(entry)} has the time ${time}`);
		}
	}),
	passive("message.order-of-time", "7.2", "time stamps of states do not go back", (t) => {
		const states = all(t, "state");
		const at = states.findIndex(({ body }, place) => place > 0 && body?.timestamp < states[place - 1].body?.timestamp);
		t.must(at < 0, `${states[at]?.body.timestamp} comes after ${states[at - 1]?.body.timestamp}`);
	}, { advice: true }),
	...["state", "factsheet", "visualization"].map((topic) => passive(`qos.${topic}`, "4.1", `messages on ${topic} have QoS 0`, (t) => {
		const bad = all(t, topic).find(({ qos }) => qos !== 0);
		t.must(!bad, `${bad && where(bad)} has QoS ${bad?.qos}`);
	})),
	passive("qos.connection", "4.1", "messages on connection have QoS 1", (t) => {
		const bad = all(t, "connection").find(({ qos }) => qos !== 1);
		t.must(!bad, `${bad && where(bad)} has QoS ${bad?.qos}`);
	}),
	...["connection", "factsheet"].map((topic) => passive(`retain.${topic}`, topic === "connection" ? "6.5" : "6.10", `each message on ${topic} has the retained flag`, (t) => {
		const bad = all(t, topic).find(({ retain }) => !retain);
		t.must(!bad, `${bad && where(bad)} is not retained`);
	})),
	passive("state.sequence", "6.1.1", "nodes have even sequence ids, edges odd ones, in rising order", (t) => {
		for (const entry of all(t, "state")) {
			for (const [list, odd] of [["nodeStates", 0], ["edgeStates", 1]]) {
				const ids = (entry.body?.[list] ?? []).map((each) => each.sequenceId);
				const good = ids.every((id, at) => id % 2 === odd && (at === 0 || id > ids[at - 1]));
				t.must(good, `${where(entry)}: ${list} have the sequence ids ${ids.join(", ")}`);
			}
		}
	}),
	passive("state.edges", "6.6.2", "each node that is ahead has its edge ahead as well", (t) => {
		for (const entry of all(t, "state")) {
			const [nodes, edges] = [entry.body?.nodeStates?.length ?? 0, entry.body?.edgeStates?.length ?? 0];
			t.must(nodes === edges || (t.dialect.name !== "3.0" && nodes === edges + 1), `${where(entry)} lists ${nodes} nodes and ${edges} edges`);
		}
	}),
	passive("state.actions", "6.6.9", "an action that is over stays as it is", (t) => {
		const over = new Map();
		for (const entry of all(t, "state")) {
			for (const { actionId, actionStatus } of [...(entry.body?.actionStates ?? []), ...(entry.body?.instantActionStates ?? [])]) {
				const end = over.get(actionId);
				t.must(!end || end === actionStatus, `${where(entry)}: action ${actionId} is ${actionStatus} after ${end}`);
				if (["FINISHED", "FAILED"].includes(actionStatus)) over.set(actionId, actionStatus);
			}
		}
	}),
	passive("state.soc", "7.8", "the state of charge lies between 0 and 100", (t) => {
		const name = t.dialect.name === "3.0" ? "stateOfCharge" : "batteryCharge";
		const bad = all(t, "state").find(({ body }) => !(body?.[t.dialect.power]?.[name] >= 0 && body[t.dialect.power][name] <= 100));
		t.must(!bad, `${bad && where(bad)} has ${name} ${bad?.body?.[t.dialect.power]?.[name]}`);
	}),
];
