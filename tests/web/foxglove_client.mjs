// SPDX-License-Identifier: GPL-2.0-or-later
// foxglove_client.mjs URL [SUBPROTOCOL]: the published client of Foxglove's protocol. Prints one JSON object for each
// thing that it is told, and does what its standard input says, a JSON array in each line: ["subscribe", TOPIC],
// ["unsubscribe", ID], ["raw", TEXT], ["binary", HEX], or the name of another method of the client with its arguments.
// NODE_EXTRA_CA_CERTS names the authority. Ends with the connection.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(new URL("../../userspace/web/package.json", import.meta.url));
const { FoxgloveClient } = require("@foxglove/ws-protocol");
const WebSocket = require("ws");
const [url, subprotocol = FoxgloveClient.SUPPORTED_SUBPROTOCOL] = process.argv.slice(2);
const tell = (event, more) => console.log(JSON.stringify({ event, ...more }));
const ws = new WebSocket(url, [subprotocol]);
const client = new FoxgloveClient({ ws });
const channels = new Map();
const decoder = new TextDecoder();

client.on("open", () => tell("open", { protocol: ws.protocol }));
client.on("error", (error) => tell("error", { message: String(error.message) }));
client.on("close", ({ code, reason }) => {
	tell("close", { code, reason });
	process.exit();
});
client.on("serverInfo", (info) => tell("serverInfo", { info }));
client.on("status", ({ level, message }) => tell("status", { level, message }));
client.on("advertise", (more) => {
	for (const channel of more) channels.set(channel.topic, channel);
	tell("advertise", { channels: more });
});
client.on("message", ({ subscriptionId, timestamp, data }) =>
	tell("message", { id: subscriptionId, timestamp: String(timestamp), data: JSON.parse(decoder.decode(data)) }),
);
createInterface({ input: process.stdin }).on("line", (line) => {
	const [what, ...words] = JSON.parse(line);

	if (what === "subscribe") tell("subscribed", { id: client.subscribe(channels.get(words[0]).id), topic: words[0] });
	else if (what === "raw") ws.send(words[0]);
	else if (what === "binary") ws.send(Buffer.from(words[0], "hex"));
	else client[what](...words);
});
