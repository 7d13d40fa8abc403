// SPDX-License-Identifier: GPL-2.0-or-later
/// <reference types="vite/client" />

interface Window {
	/** public/browser.js: what the browser lacks, as a sentence; "": nothing */
	ohtBrowser: string;
}
