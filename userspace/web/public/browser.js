// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the page needs of the browser, checked once before the page starts. It is written in the JavaScript of 2009, so that every
 * browser can read it. window.ohtBrowser is the sentence for people, which the page shows; "": nothing is missing. When the
 * page has not started, this file shows the sentence.
 */
(function () {
	"use strict";
	/* As "build.target" in vite.config.ts has it. */
	var NEEDED = "Chrome or Edge 90, Firefox 90, Safari 14, or a newer one";
	var TO_STOP = "To stop the machine, press the button at the machine.";

	function has(object, name) {
		return !!object && name in object;
	}

	function styles(property, value) {
		return has(window.CSS, "supports") && window.CSS.supports(property, value);
	}

	var checks = [
		["module scripts", has(document.createElement("script"), "noModule")],
		["fetch", has(window, "fetch")],
		["AbortController", has(window, "AbortController")],
		["WebSocket", has(window, "WebSocket")],
		["Promise.any", has(window.Promise, "any")],
		["Object.fromEntries", has(Object, "fromEntries")],
		["Array.flatMap", has(Array.prototype, "flatMap")],
		["String.replaceAll", has(String.prototype, "replaceAll")],
		["TextEncoder", has(window, "TextEncoder")],
		["URLSearchParams", has(window, "URLSearchParams")],
		["crypto.getRandomValues", has(window.crypto, "getRandomValues")],
		["PointerEvent", has(window, "PointerEvent")],
		["ResizeObserver", has(window, "ResizeObserver")],
		["events of matchMedia", has(window.MediaQueryList && window.MediaQueryList.prototype, "addEventListener")],
		["CSS variables", styles("color", "var(--x)")],
		["CSS grid", styles("display", "grid")]
	];
	var lacks = [];
	var i;

	for (i = 0; i < checks.length; i++) if (!checks[i][1]) lacks.push(checks[i][0]);
	window.ohtBrowser = !lacks.length
		? ""
		: "This browser lacks " + lacks.join(", ") + ": STOP on this page may not work. " + TO_STOP + " The page needs " + NEEDED + ".";

	function add(to, kind, text) {
		to.appendChild(document.createElement(kind)).textContent = text;
	}

	window.addEventListener("load", function () {
		var app = document.getElementById("app");
		var box;

		if (app.firstChild) return;
		box = document.createElement("main");
		box.className = "not-started";
		box.id = "not-started";
		add(box, "h1", "This page has not started");
		add(box, "p", TO_STOP);
		add(box, "p", lacks.length ? "This browser lacks " + lacks.join(", ") + "." : "This browser may be too old, or a file of the page did not come: load the page again.");
		add(box, "p", "The page needs " + NEEDED + ".");
		app.appendChild(box);
	});
})();
