// SPDX-License-Identifier: GPL-2.0-or-later
// After vite: the licences of the bundled packages, each file of assets compressed beside itself, and a limit on the files
// that a browser loads. The page itself stays as it is: of a compressed page the length tells what is in it (BREACH).
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const LIMIT_KIB = 150;
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
	writeFileSync(`${path}.gz`, gzipSync(data, { level: 9 }));
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

const loaded = files(join(out, "assets"))
	.map((path) => [path, compress(path)])
	.reduce((sum, [, bytes]) => sum + bytes, 0);

writeFileSync(join(out, "..", "web.kib"), `${(loaded / 1024).toFixed(1)}\n`);
if (loaded > LIMIT_KIB * 1024) throw new Error(`error: JS and CSS have ${loaded} bytes compressed, the limit is ${LIMIT_KIB} KiB`);
