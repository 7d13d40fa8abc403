// SPDX-License-Identifier: GPL-2.0-or-later
// The virtual AGV of vda-5050-lib (VDA 5050 2.0): node agv.mjs BROKER. SIGTERM ends it in good order.
import lib from "vda-5050-lib";

const { AgvController, VirtualAgvAdapter } = lib;
const agv = new AgvController(
	{ manufacturer: "vda-5050-lib", serialNumber: "virtual" },
	{ interfaceName: "uagv", transport: { brokerUrl: process.argv[2] ?? "mqtt://127.0.0.1:1883" }, vdaVersion: "2.0.0" },
	{ agvAdapterType: VirtualAgvAdapter },
	{ initialPosition: { mapId: "hall", x: 0, y: 0, theta: 0, lastNodeId: "a" }, vehicleSpeed: 4 },
);

process.on("SIGTERM", async () => {
	await agv.stop();
	process.exit(0);
});
await agv.start();
