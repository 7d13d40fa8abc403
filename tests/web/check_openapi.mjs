// SPDX-License-Identifier: GPL-2.0-or-later
// check_openapi.mjs FILE: all rules of OpenAPI 3.1 that Redocly's validator knows, with the examples held against their
// schemas. Prints the faults as JSON, [[rule, place, message], ...]. Warnings count as faults.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { createConfig, lintFromString } = createRequire(new URL("../../userspace/web/package.json", import.meta.url))("@redocly/openapi-core");
const path = process.argv[2];
const config = await createConfig({ extends: ["recommended-strict"] });
const faults = await lintFromString({ source: readFileSync(path, "utf8"), absoluteRef: path, config });

console.log(JSON.stringify(faults.map(({ ruleId, location, message }) => [ruleId, location[0].pointer ?? "", message])));
