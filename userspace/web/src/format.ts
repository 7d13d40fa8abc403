// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Numbers, times and names as people read them. Decimals are fixed, so that nothing jumps.
 */
const pad = (n: number, width = 2) => String(n).padStart(width, "0");

/** A stretch of time: "0.4 s", "3 min", "2 d". */
export function span(ms: number): string {
	const s = ms / 1000;

	if (s < 10) return `${s.toFixed(1)} s`;
	if (s < 120) return `${s.toFixed(0)} s`;
	if (s < 7200) return `${Math.round(s / 60)} min`;
	if (s < 172800) return `${Math.round(s / 3600)} h`;
	return `${Math.round(s / 86400)} d`;
}

/** Local time; with the date when that is not today. */
export function time(iso: string | null | undefined, withDate = false): string {
	const at = iso ? new Date(iso) : null;

	if (!at || Number.isNaN(at.getTime())) return "–";
	const day = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
	const clock = `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;

	return withDate || at.toDateString() !== new Date().toDateString() ? `${day} ${clock}` : clock;
}

/** As a field for date and time has it: local, without a zone. */
export function fieldTime(ms: number): string {
	return time(new Date(ms).toISOString(), true).replace(" ", "T");
}

/** "1.2 MiB" */
export function size(bytes: number): string {
	const units = ["KiB", "MiB", "GiB"];
	let at = 0;
	let value = bytes / 1024;

	if (bytes < 1024) return `${bytes} B`;
	for (; value >= 1024 && at < units.length - 1; at++) value /= 1024;
	return `${value.toFixed(1)} ${units[at]}`;
}

export function sentence(text: string): string {
	return text.charAt(0).toUpperCase() + text.slice(1);
}

/** "travel_motor" -> "Travel motor" */
export function title(name: string): string {
	return sentence(name.replaceAll("_", " "));
}

export function words(code: string): string {
	return code.replaceAll("_", " ");
}

const UNITS: Record<string, string> = { degC: "°C", deg: "°", us: "µs", ohm: "Ω", "mm/s2": "mm/s²", "mm/s3": "mm/s³" };

export function unit(name: string | null): string {
	return name ? (UNITS[name] ?? name) : "";
}

/** Nanoseconds in the unit that fits. */
export function nanoseconds(ns: number): [string, string] {
	if (ns < 1e3) return [ns.toFixed(0), "ns"];
	if (ns < 1e6) return [(ns / 1e3).toFixed(1), "µs"];
	return [(ns / 1e6).toFixed(2), "ms"];
}
