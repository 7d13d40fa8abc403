// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The session of this browser. The access token is in this tab's memory only; the refresh token is in a cookie that no script can
 * read. All tabs of a browser are one session: they share that cookie, which can be used once, so a lock of the browser
 * lets one tab at a time use it. A browser that keeps nothing refuses cookies too, and its tabs hear nothing of each other:
 * there each tab is a session by itself, with its refresh token in its memory.
 */
import { alone, forget, forgetful, keep, kept, onKept } from "../storage";
import { Store } from "../store";
import { type Method, type Sending, send } from "./client";
import { Problem } from "./problem";
import type { Grant, Role } from "./types";

export const ROLES: Role[] = ["viewer", "operator", "supervisor", "administrator"];

export interface Session {
	/** starting: not known yet; none: log in; open; ended: it was open, and the page is kept */
	state: "starting" | "none" | "open" | "ended";
	user: string;
	role: Role | null;
	/** the account must have a second factor and has none: nothing else is answered */
	enrol: boolean;
}

export const session = new Store<Session>({ state: "starting", user: "", role: null, enrol: false });

const KEPT = "oht.session";
/* Account of this device; "" while an administrator has not accepted it. */
const DEVICE = "oht.device";
const LOCK = "oht.session";
/* Of an access token's life, when it is renewed. */
const RENEW_PART = 0.8;

let access: string | null = null;
/* Of a tab that is a session by itself. */
let ownRefresh: string | null = null;
let renewAt = 0;
let renewing: Promise<void> | null = null;
/* The person has logged out: the device does not log in by itself. */
let left = false;

/*
 * The storage says only that there is a session and whose; other tabs hear of each change. ENDED is in the place of the user when the
 * robot has refused to renew it: the other tabs keep their pages and ask to log in again. A log-out removes it.
 */
const ENDED = "";

function take(grant: Grant, user: string): void {
	access = grant.access_token;
	ownRefresh = grant.refresh_token ?? null;
	renewAt = performance.now() + grant.expires_in * 1000 * RENEW_PART;
	keep(KEPT, user);
	left = false;
	session.set({ state: "open", user, role: grant.role, enrol: grant.must_enrol });
}

/** The token that the stop is sent with: as it is, also when it is too old. */
export function accessToken(): string | null {
	return access;
}

/** Does the robot answer this session? Without the second factor that the account must have it answers no more than enrolling needs. */
export function isAnswered(): boolean {
	const { state, enrol } = session.get();

	return state === "open" && !enrol;
}

export function may(role: Role | null): boolean {
	const mine = session.get().role;

	return !role || (mine !== null && ROLES.indexOf(mine) >= ROLES.indexOf(role));
}

function end(state: "none" | "ended"): void {
	access = null;
	ownRefresh = null;
	renewAt = 0;
	session.set({ ...session.get(), state });
}

/* Also a request that began before the end and is refused behind it leaves the page as it is. */
function endKept(): void {
	const { state } = session.get();

	end(state === "open" || state === "ended" ? "ended" : "none");
}

async function renewAlone(): Promise<void> {
	const user = kept(KEPT);

	if (!user) {
		endKept();
		throw new Problem(401, { code: "token_missing" });
	}
	try {
		take(await send<Grant>("POST", "auth/refresh", { body: ownRefresh ? { refresh_token: ownRefresh } : {} }), user);
	} catch (error) {
		if (error instanceof Problem && error.status === 401) {
			keep(KEPT, ENDED);
			endKept();
		}
		throw error;
	}
}

function renew(): Promise<void> {
	renewing ??= alone(LOCK, renewAlone).finally(() => {
		renewing = null;
	});
	return renewing;
}

function renewBeside(): void {
	renew().catch(() => undefined);
}

const WORN = new Set(["token_expired", "token_invalid", "token_missing"]);

async function callRenewed<T>(method: Method, path: string, sending: Sending = {}): Promise<T> {
	if (!access || performance.now() > renewAt) await renew();
	try {
		return await send<T>(method, path, { ...sending, token: access });
	} catch (error) {
		if (!(error instanceof Problem) || error.status !== 401) throw error;
		if (!WORN.has(error.code)) {
			end("ended");
			throw error;
		}
	}
	// Refused before anything was done, so that the same may be sent again.
	await renew();
	return send<T>(method, path, { ...sending, token: access });
}

/* Elevates the session, or throws. */
let elevate: ((path: string) => Promise<void>) | null = null;

/** @param ask hears of which request */
export function elevateBy(ask: (path: string) => Promise<void>): void {
	elevate = ask;
}

/**
 * A request in the name of the person who is logged in. When the session must be elevated for it, the person gives the password and
 * the same is sent once more: the refusal has changed nothing.
 */
export async function call<T>(method: Method, path: string, sending: Sending = {}): Promise<T> {
	try {
		return await callRenewed<T>(method, path, sending);
	} catch (error) {
		if (!(error instanceof Problem)) throw error;
		if (error.code === "second_factor_required") session.set({ ...session.get(), enrol: true });
		if (!elevate || error.code !== "elevation_required") throw error;
	}
	await elevate(path);
	return callRenewed<T>(method, path, sending);
}

/**
 * A request with the token as it is: a renewal that is due goes beside it and helps the next one. For requests that must not be
 * sent late.
 */
export async function callAtOnce<T>(method: Method, path: string, sending: Sending = {}): Promise<T> {
	const token = access;

	if (performance.now() > renewAt) renewBeside();
	try {
		return await send<T>(method, path, { ...sending, token });
	} catch (error) {
		if (error instanceof Problem && error.status === 401 && WORN.has(error.code) && token === access) renewBeside();
		throw error;
	}
}

/** Takes up the session of an earlier load of the page. */
export async function resume(): Promise<void> {
	if (!kept(KEPT)) {
		end("none");
		return;
	}
	try {
		await renew();
	} catch (error) {
		// Without an answer the session is neither there nor gone.
		if (error instanceof Problem && error.status !== 401) throw error;
	}
}

/** @param code of the second factor, where there is one */
export async function login(username: string, password: string, code?: unknown): Promise<void> {
	const body = { username, password, ...(code ? { code } : {}), cookie: !forgetful.get() };

	// Behind a log-in of this device that is under way, which would take the cookie away from the person.
	await alone(LOCK, async () => take(await send<Grant>("POST", "auth/login", { body }), username));
}

/** The account of this device, "" while it waits; null: this browser is none. */
export function deviceName(): string | null {
	return kept(DEVICE);
}

export function keepDevice(name: string): void {
	keep(DEVICE, name);
}

/** Is it the device that is logged in, and not a person? */
export function isDevice(): boolean {
	const { user } = session.get();

	return user !== "" && user === deviceName();
}

/** Does this device log in by itself where nobody is logged in? */
export function isOnItsOwn(): boolean {
	return !left && deviceName() !== null;
}

/**
 * Leaves the session of a person as it is who has logged in meanwhile, also in another tab.
 *
 * @param proof challenge and signature of this device
 */
export async function loginDevice(proof: object, name: string): Promise<void> {
	await alone(LOCK, async () => {
		const user = kept(KEPT);

		if (user && user !== name) return;
		take(await send<Grant>("POST", "auth/device/login", { body: { ...proof, cookie: !forgetful.get() } }), name);
	});
}

/** Ends all other sessions of the account; this one goes on. */
export async function changePassword(old_password: string, new_password: string, code?: unknown): Promise<void> {
	const body = { old_password, new_password, ...(code ? { code } : {}), cookie: ownRefresh === null };

	take(await call<Grant>("POST", "auth/password/change", { body }), session.get().user);
}

/** The second factor is there. */
export function enrolled(): void {
	session.set({ ...session.get(), enrol: false });
}

/** Also without an answer this page forgets the session. */
export function logout(): void {
	if (access) send("POST", "auth/logout", { token: access, body: {}, keepalive: true }).catch(() => undefined);
	forget(KEPT);
	left = true;
	end("none");
}

// Another tab has logged out or in, or has heard that the session is over.
onKept(KEPT, (user) => {
	if (user === null) {
		left = true;
		end("none");
	} else if (user === ENDED) endKept();
	else if (session.get().state !== "open" || user !== session.get().user) resume().catch(() => undefined);
});
