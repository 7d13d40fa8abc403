// SPDX-License-Identifier: GPL-2.0-or-later
/* Why a connection or a command ends, and what follows from that. */

/*
 * The codes of x-close-codes in asyncapi.json that do not say yes. A test holds them against the daemon's.
 * Of others, 3500 to 3999 and 4500 to 4999 say never: a wide-spread use, so that a robot can add codes.
 */
const LOGIN = new Set([4401]);
const NEVER = new Set([1002, 1003, 1007, 1009]);

/**
 * @param {number} code
 * @returns {"yes" | "login" | "never"}
 */
export function comeAgain(code) {
	if (LOGIN.has(code)) return "login";
	return NEVER.has(code) || (code >= 3500 && code <= 3999) || (code >= 4500 && code <= 4999) ? "never" : "yes";
}

/** There is no connection, or it ended before the answer came. */
export class ConnectionLost extends Error {
	/**
	 * @param {string} message
	 * @param {boolean} sent
	 */
	constructor(message, sent) {
		super(message);
		this.name = "ConnectionLost";
		/** the command may have been carried out */
		this.sent = sent;
	}
}

/** The robot has said why it does not do a command. */
export class CommandRefused extends Error {
	/**
	 * @param {number} status
	 * @param {{ code?: string, detail?: string, errors?: import("./index.js").MemberError[] }} body
	 */
	constructor(status, body) {
		super(body.detail ?? `refused with status ${status}`);
		this.name = "CommandRefused";
		this.status = status;
		this.code = body.code ?? `http_${status}`;
		this.errors = Array.isArray(body.errors) ? body.errors : [];
	}
}
