// SPDX-License-Identifier: GPL-2.0-or-later
import { defineConfig } from "vite";

// scripts/build-web gives the folder. Nothing is inlined: the content security policy takes files of our own only.
export default defineConfig({
	base: "./",
	esbuild: { jsx: "automatic", jsxImportSource: "preact", legalComments: "none" },
	build: {
		// What public/browser.js tells people. A missing function is not filled in: finish.mjs names those that are too new.
		target: ["chrome90", "edge90", "firefox90", "safari14"],
		assetsInlineLimit: 0,
		cssCodeSplit: false,
		modulePreload: { polyfill: false },
		reportCompressedSize: false,
		emptyOutDir: true,
	},
});
