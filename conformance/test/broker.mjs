// SPDX-License-Identifier: GPL-2.0-or-later
// mosquitto on a free port of this machine, which a test can kill and start again.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect, createServer } from "node:net";

const PLACES = [process.env.OHT_MOSQUITTO, "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/opt/homebrew/sbin/mosquitto"];
const running = new Set();

process.on("exit", () => {
	for (const child of running) child.kill("SIGKILL");
});

async function freePort() {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address();
	server.close();
	await once(server, "close");
	return port;
}

const answers = (port) => new Promise((done) => {
	const socket = connect(port, "127.0.0.1", () => done(true)).on("error", () => done(false));
	socket.on("close", () => {}).setTimeout(1000, () => socket.destroy());
	setImmediate(() => socket.end());
});

export class Broker {
	static async open() {
		const broker = new Broker();
		broker.port = await freePort();
		broker.url = `mqtt://127.0.0.1:${broker.port}`;
		await broker.start();
		return broker;
	}

	async start() {
		const program = PLACES.find((place) => place && existsSync(place));
		if (!program) throw new Error("mosquitto is not there: Debian has it in the package mosquitto");
		this.child = spawn(program, ["-p", String(this.port)], { stdio: "ignore" });
		running.add(this.child);
		while (!(await answers(this.port))) {
			if (this.child.exitCode !== null) throw new Error(`mosquitto ends with ${this.child.exitCode}`);
			await new Promise((done) => setTimeout(done, 10));
		}
	}

	async kill() {
		const end = once(this.child, "exit");
		this.child.kill("SIGKILL");
		await end;
		running.delete(this.child);
	}

	/** The commands by which a vehicle's file names it. */
	commands() {
		return { brokerStop: () => this.kill(), brokerStart: () => this.start() };
	}
}
