// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What went wrong, as the API says it (RFC 9457), and the same shape for a robot that does not answer at all.
 */
import { texts } from "../texts";

export interface MemberError {
	/** JSON pointer of the member, "/username" */
	pointer: string;
	/** what the page calls the member; undefined: as the pointer */
	label?: string;
	code: string;
	detail: string;
}

export interface ProblemBody {
	title?: string;
	code?: string;
	detail?: string;
	request_id?: string;
	errors?: MemberError[];
}

export class Problem extends Error {
	readonly status: number;
	readonly code: string;
	readonly errors: MemberError[];
	readonly requestId: string | undefined;
	/** performance.now() from which on it may be tried again */
	readonly retryAt: number | undefined;

	constructor(status: number, body: ProblemBody, retryAfterS?: number) {
		super(body.detail || body.title || texts.problem.unknown(status));
		this.status = status;
		this.code = body.code ?? `http_${status}`;
		this.errors = Array.isArray(body.errors) ? body.errors : [];
		this.requestId = body.request_id;
		this.retryAt = retryAfterS === undefined ? undefined : performance.now() + retryAfterS * 1000;
	}

	/** Without an answer: the network, or a robot that is off. */
	static noConnection(): Problem {
		return new Problem(0, { code: "no_connection", detail: texts.problem.noConnection });
	}

	/** The sentence for people; the reasons of the API where it gives some. */
	get sentence(): string {
		const reasons = this.errors.map(({ pointer, label, detail }) => {
			if (pointer.length <= 1) return detail;
			return `${label ? `${label} (${pointer})` : pointer.slice(1).replaceAll("_", " ")}: ${detail}`;
		});
		const text = reasons.length ? reasons.join("; ") : this.message;

		return text.charAt(0).toUpperCase() + text.slice(1);
	}

	/** What to do about it, where the page knows more than the API has said. */
	get advice(): string | undefined {
		return texts.advice[this.code] ?? texts.adviceByStatus[this.status];
	}
}

export async function problemOf(answer: Response): Promise<Problem> {
	const after = Number(answer.headers.get("retry-after"));
	const body: unknown = await answer.json().catch(() => null);

	return new Problem(
		answer.status,
		body !== null && typeof body === "object" ? body : {},
		Number.isFinite(after) && after > 0 ? after : undefined,
	);
}
