// SPDX-License-Identifier: GPL-2.0-or-later
// A part of the page that imports nothing but types, as a module of Node.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const WEB = new URL("../../userspace/web/", import.meta.url);
const typescript = createRequire(new URL("package.json", WEB))("typescript");

export function part(path) {
	const { outputText } = typescript.transpileModule(readFileSync(new URL(`src/${path}`, WEB), "utf8"), {
		compilerOptions: { target: "es2022", module: "es2022" },
	});

	return import(`data:text/javascript,${encodeURIComponent(outputText)}`);
}
