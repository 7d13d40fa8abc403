// SPDX-License-Identifier: GPL-2.0-or-later
// After vite: the licences of the bundled packages, each file of assets compressed beside itself, and limits on the files
// that a browser loads. The page itself stays as it is: of a compressed page the length tells what is in it (BREACH).
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

/* Compressed. The first load is what index.html names: all that stops and drives the robot. Every other file is loaded later. */
const LIMITS_KIB = { first: 110, later: 40, all: 220 };
const SMALLEST_BYTES = 512;
/* Under the licence of the page. */
const OURS = new Set(["node_modules/oht-client"]);
const out = process.argv[2];

/* Every package that is not for building only is in the page. */
function licences() {
	const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8"));
	const parts = ["The page contains these packages.\n"];

	for (const [place, { version, license, dev, optional }] of Object.entries(packages)) {
		if (dev || optional || !place.includes("node_modules/") || OURS.has(place)) continue;
		const file = readdirSync(place).find((name) => /^licen[cs]e/i.test(name));

		if (!license || !file) throw new Error(`error: ${place} has no licence`);
		parts.push(
			`\n${place.replace(/^.*node_modules\//, "")} ${version}\nSPDX-License-Identifier: ${license}\n\n`,
			readFileSync(join(place, file), "utf8"),
		);
	}
	return parts.join("");
}

function compress(path) {
	const data = readFileSync(path);

	if (data.length < SMALLEST_BYTES) return data.length;
	const brotli = brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });

	writeFileSync(`${path}.br`, brotli);
	/* Not by node, whose zlib makes other bytes in each build of node: an image is the same on each machine. */
	writeFileSync(`${path}.gz`, execFileSync("gzip", ["-9", "-n", "-c"], { input: data, maxBuffer: 1 << 26 }));
	return brotli.length;
}

function files(folder) {
	return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
		entry.isDirectory() ? files(join(folder, entry.name)) : [join(folder, entry.name)],
	);
}

/*
 * Functions and CSS that the browsers of vite.config.ts lack: vite writes newer syntax as older, and these as they are. What only looks
 * plainer without (:has, :focus-visible, accent-color) may stay, and what is asked for before it is used.
 */
const TOO_NEW = {
	".js": [
		/AbortSignal\.(any|timeout)/, /structuredClone/, /randomUUID/, /Object\.(hasOwn|groupBy)/, /\.findLast(Index)?\(/,
		/\.to(Sorted|Reversed|Spliced)\(/, /Promise\.(withResolvers|try)/, /showModal|showPopover/, /\(\?<[=!]/, /checkVisibility/,
	],
	".css": [
		/light-dark\(|color-mix\(|oklch\(/, /@layer|@container|@property|@scope/, /\d[dsl]v[hw]\b/, /aspect-ratio:/, /[{;]inset(-inline|-block)?:/,
		/(margin|padding)-(inline|block):/, /text-wrap:|field-sizing:/, /\n?[{;]\s*&/,
	],
};

for (const name of readdirSync(join(out, "assets")))
	for (const pattern of TOO_NEW[name.slice(name.lastIndexOf("."))] ?? []) {
		const found = pattern.exec(readFileSync(join(out, "assets", name), "utf8"));

		if (found) throw new Error(`error: ${name} has ${JSON.stringify(found[0])}, which browsers of vite.config.ts lack`);
	}

writeFileSync(join(out, "THIRD-PARTY.txt"), licences());

const kib = (bytes) => bytes / 1024;
const sum = (list) => list.reduce((total, [, bytes]) => total + bytes, 0);
const index = readFileSync(join(out, "index.html"), "utf8");
const loaded = files(join(out, "assets")).map((path) => [basename(path), compress(path)]);
const first = loaded.filter(([name]) => index.includes(`assets/${name}"`));
const sizes = [["the first load", sum(first), LIMITS_KIB.first]];

if (!first.length) throw new Error("error: index.html names no file of assets");
for (const [name, bytes] of loaded.filter((file) => !first.includes(file))) sizes.push([name, bytes, LIMITS_KIB.later]);
sizes.push(["JS and CSS", sum(loaded), LIMITS_KIB.all]);
for (const [what, bytes, limit] of sizes)
	if (kib(bytes) > limit) throw new Error(`error: ${what} has ${kib(bytes).toFixed(1)} KiB compressed, the limit is ${limit} KiB`);
writeFileSync(join(out, "..", "web.kib"), `${kib(sum(first)).toFixed(1)}\n`);
