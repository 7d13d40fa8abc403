// SPDX-License-Identifier: GPL-2.0-or-later
// check_asyncapi.mjs FILE: all rules of AsyncAPI 3.0 that its published parser knows. Prints the faults as JSON,
// [[rule, place, message], ...]. Warnings count as faults; that there is a newer version of AsyncAPI is none.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { Parser } = createRequire(new URL("../../userspace/web/package.json", import.meta.url))("@asyncapi/parser");
const { document, diagnostics } = await new Parser().parse(readFileSync(process.argv[2], "utf8"));
const faults = diagnostics
	.filter(({ code }) => code !== "asyncapi-latest-version")
	.map(({ code, path, message }) => [String(code), path.join("/"), message]);

if (!document && !faults.length) faults.push(["parser", "", "the parser makes nothing of it"]);
console.log(JSON.stringify(faults));
