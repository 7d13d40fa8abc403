// SPDX-License-Identifier: GPL-2.0-or-later
// One of Node's libraries for Modbus as the client of the gateway: node ask.mjs LIBRARY PORT ASKED, prints the answers as JSON.
//
// ASKED is a list of [ID, VERB, UNIT, ADDRESS, ...]: "read" and "input" take a count, "write" a value, "many" a list of values. They are
// asked one behind the other; those of a list within the list all at once. An answer is its list of values, or the number of the
// exception.
import { once } from "node:events";
import { Socket } from "node:net";
import Jsmodbus from "jsmodbus";
import ModbusRTU from "modbus-serial";

const HOST = "127.0.0.1";
const [library, port, asked] = process.argv.slice(2);

/* One connection for all units; requests that do not wait for one another are told apart by their transaction ids. */
async function modbusSerial() {
	const client = new ModbusRTU();

	await client.connectTCP(HOST, { port: Number(port) });
	client.setTimeout(20000);
	return {
		ask(unit, verb, address, what) {
			client.setID(unit);
			if (verb === "read") return client.readHoldingRegisters(address, what).then(({ data }) => data);
			if (verb === "input") return client.readInputRegisters(address, what).then(({ data }) => data);
			if (verb === "write") return client.writeRegister(address, what).then(({ value }) => [value]);
			return client.writeRegisters(address, what).then(({ length }) => Array(length).fill(null));
		},
		code: (error) => error.modbusCode,
		end: () => client.close(() => {}),
	};
}

/* A unit is a connection here, with one request at a time. */
async function jsmodbus() {
	const clients = new Map();

	async function of(unit) {
		if (!clients.has(unit)) {
			const socket = new Socket();
			const client = new Jsmodbus.client.TCP(socket, unit, 20000);

			clients.set(unit, once(socket, "connect").then(() => client));
			socket.connect({ host: HOST, port: Number(port) });
		}
		return clients.get(unit);
	}

	return {
		async ask(unit, verb, address, what) {
			const client = await of(unit);
			const values = ({ response }) => response.body.valuesAsArray;

			if (verb === "read") return client.readHoldingRegisters(address, what).then(values);
			if (verb === "input") return client.readInputRegisters(address, what).then(values);
			if (verb === "write") return client.writeSingleRegister(address, what).then(({ response }) => [response.body.value]);
			return client.writeMultipleRegisters(address, what).then(({ response }) => Array(response.body.quantity).fill(null));
		},
		code: (error) => error.response?.body.code,
		end: async () => {
			for (const client of clients.values()) (await client).socket.end();
		},
	};
}

const client = await { "modbus-serial": modbusSerial, jsmodbus }[library]();
const answers = {};

async function one([id, verb, unit, address, what]) {
	try {
		answers[id] = [...(await client.ask(unit, verb, address, what))];
	} catch (error) {
		answers[id] = client.code(error);
		if (answers[id] === undefined) throw error;
	}
}

for (const each of JSON.parse(asked)) await (Array.isArray(each[0]) ? Promise.all(each.map(one)) : one(each));
await client.end();
console.log(JSON.stringify(answers));
