// SPDX-License-Identifier: GPL-2.0-or-later
// The master of vda-5050-lib (VDA 5050 2.0) drives a vehicle there and back: node master.mjs BROKER INTERFACE MANUFACTURER SERIAL MAP X1 X2 ORDERS.
// It begins at X1. It ends with 0 if each order was driven to its end, node by node, one after the other.
import lib from "vda-5050-lib";

const [broker, interfaceName, manufacturer, serialNumber, mapId, ...numbers] = process.argv.slice(2);
const [here, there, orders] = numbers.map(Number);
const ANSWER_MS = 60000;
// Its check of what comes takes no other version than its own, not even 2.1.
const master = new lib.MasterController(
	{ interfaceName, transport: { brokerUrl: broker }, vdaVersion: "2.0.0", topicObjectValidation: { inbound: false } }, {},
);

function orderOf(number) {
	const ends = number % 2 ? [there, here] : [here, there];
	const nodes = ends.map((x, at) => ({
		nodeId: `at-${x}`, sequenceId: 2 * at, released: true, actions: [], nodePosition: { x, y: 0, mapId },
	}));
	const edge = { edgeId: `edge-${number}`, sequenceId: 1, startNodeId: nodes[0].nodeId, endNodeId: nodes[1].nodeId, released: true, actions: [] };
	return { orderId: `master-${number}`, orderUpdateId: 0, nodes, edges: [edge] };
}

/** What the library tells of an order until it is over. */
function drive(number) {
	const seen = [];
	return new Promise((done, fail) => {
		const timer = setTimeout(() => fail(new Error(`order ${number} is not over within ${ANSWER_MS} ms; seen: ${seen}`)), ANSWER_MS);
		const end = (error, canceled) => {
			clearTimeout(timer);
			if (error || canceled) fail(new Error(`order ${number}: ${canceled ? "cancelled" : JSON.stringify(error)}`));
			else done(seen);
		};
		master.assignOrder({ manufacturer, serialNumber }, orderOf(number), {
			onOrderProcessed: (error, canceled, active) => active || end(error, canceled),
			onNodeTraversed: (node) => seen.push(node.nodeId),
			onEdgeTraversing: () => {},
			onActionStateChanged: () => {},
		}).catch(fail);
	});
}

await master.start();
try {
	for (let number = 0; number < orders; number++) {
		const seen = await drive(number);
		const want = orderOf(number).nodes.at(-1).nodeId;
		if (seen.at(-1) !== want) throw new Error(`order ${number} ended at ${seen.at(-1)}, not at ${want}`);
	}
	console.log(`${orders} orders driven`);
} catch (error) {
	console.error(error.message);
	process.exitCode = 1;
} finally {
	await master.stop();
}
