// SPDX-License-Identifier: GPL-2.0-or-later
// mcap_reader.mjs FILE: the published reader of MCAP, once from the beginning to the end with all checksums, once by
// the index. Prints one JSON object.
import { createRequire } from "node:module";
import { open, readFile } from "node:fs/promises";

const require = createRequire(new URL("../../userspace/web/package.json", import.meta.url));
const { McapIndexedReader, McapStreamReader } = require("@mcap/core");
const [path] = process.argv.slice(2);
const decoder = new TextDecoder();
const plain = (key, value) =>
	typeof value === "bigint" ? Number(value) : value instanceof Map ? Object.fromEntries(value) : value;

async function stream() {
	const reader = new McapStreamReader({ validateCrcs: true, includeChunks: true });
	const records = {};

	reader.append(await readFile(path));
	for (let record; (record = reader.nextRecord()); ) records[record.type] = (records[record.type] ?? 0) + 1;
	return { done: reader.done(), records };
}

async function indexed() {
	const file = await open(path);
	const { size } = await file.stat();
	const readable = {
		size: async () => BigInt(size),
		read: async (at, length) => {
			const bytes = new Uint8Array(Number(length));
			await file.read(bytes, 0, bytes.length, Number(at));
			return bytes;
		},
	};
	const reader = await McapIndexedReader.Initialize({ readable });
	const topics = {};

	for await (const message of reader.readMessages()) {
		const { topic } = reader.channelsById.get(message.channelId);
		topics[topic] ??= [];
		topics[topic].push([String(message.logTime), message.sequence, JSON.parse(decoder.decode(message.data))]);
	}
	await file.close();
	return {
		header: reader.header,
		statistics: reader.statistics,
		offsets: [...reader.summaryOffsetsByOpcode.keys()],
		schemas: [...reader.schemasById.values()].map(({ id, name, encoding, data }) => ({ id, name, encoding, data: decoder.decode(data) })),
		channels: [...reader.channelsById.values()],
		topics,
	};
}

console.log(JSON.stringify({ stream: await stream(), ...(await indexed()) }, plain));
