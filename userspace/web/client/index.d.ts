// SPDX-License-Identifier: GPL-2.0-or-later

/** What the robot is asked with: an access token (POST auth/login) or a ticket (POST auth/ticket). */
export type Credentials = { token: string } | { ticket: string };

/** An end of a connection: a close code of RFC 6455 or of the robot, and its word. */
export interface End {
	code: number;
	reason: string;
}

/** The part of a WebSocket that is used; that of browsers, of Node 22 and of the package ws have it. */
export interface WebSocketLike {
	onopen: ((event: never) => void) | null;
	onmessage: ((event: never) => void) | null;
	onclose: ((event: never) => void) | null;
	onerror: ((event: never) => void) | null;
	send(text: string): void;
	close(code?: number): void;
	/** of ws: ends at once */
	terminate?(): void;
}

export interface ClientOptions {
	/** wss://HOST:8443/api/v1/ws */
	url: string;
	/**
	 * A function is asked before each connection, after a refusal with its close code. It answers undefined for "not
	 * now", which is asked again later, and null for the end. Constant ones end the client when they are refused; none
	 * at all are for the local socket.
	 */
	credentials?:
		| Credentials
		| ((asked: { refused: End | undefined }) => Credentials | null | undefined | Promise<Credentials | null | undefined>);
	/**
	 * https://HOST:8443/api/v1/, with the slash. Where no socket opens, channels come over GET stream of it, and commands and
	 * the stop are requests. A socket is tried every 30 s beside. Without this option there are sockets only.
	 */
	http?: string;
	/** the global one */
	fetch?: typeof fetch;
	/** the global one, which Node has from 22 on */
	WebSocket?: new (url: string) => WebSocketLike;
	/** after so long without a message the connection is given up; 3000. Channels tell twice a second. */
	silenceMs?: number;
	/** the longest first wait, 500, and the longest one at all, 30000; each is a random part of a doubled limit */
	firstWaitMs?: number;
	longestWaitMs?: number;
	/** 0 to 1 */
	random?: () => number;
}

export interface Ts {
	utc: string;
	monotonic_ns: number;
}

/** A message of a channel, as the robot sends it. */
export interface ChannelMessage {
	type: "snapshot" | "update" | "event" | "resync";
	channel: string;
	seq: number;
	ts: Ts;
	recovered?: boolean;
	conflated?: number;
	data?: Record<string, unknown>;
}

/** The state of a channel is another one now. */
export interface Told<S> {
	channel: string;
	type: "snapshot" | "update" | "event";
	seq: number;
	epoch: number;
	ts: Ts;
	/**
	 * Of a snapshot: true: the state before goes on, and what was missed comes next; false: this is a new state, and what
	 * has been missed is not known.
	 */
	recovered: boolean | undefined;
	/** messages that were left out; this one has what they said */
	conflated: number;
	changed: Partial<S>;
	state: S;
	subscription: Subscription<S>;
}

/** What should be gone on from is not there any more: a whole state comes next. */
export interface Resync<S> {
	channel: string;
	type: "resync";
	epoch: number;
	subscription: Subscription<S>;
}

export type Change<S> = Told<S> | Resync<S>;

export interface SubscribeOptions<S = Record<string, unknown>> {
	/** only these signals of the channel telemetry */
	signals?: readonly string[] | undefined;
	/** 1 to 100; events are told at once all the same. A stream has the lowest of all its channels. */
	maxRateHz?: number | undefined;
	onChange?: ((change: Change<S>) => void) | undefined;
}

export interface Subscription<S> {
	readonly channel: string;
	/** undefined: nothing has come yet, or a resync has */
	readonly state: S | undefined;
	/** of the newest message; 0: none that could be gone on from */
	readonly seq: number;
	/** what the newest snapshot said */
	readonly recovered: boolean | undefined;
	readonly isOpen: boolean;
	/** Has a message come on this connection within that time? */
	fresh(withinMs: number): boolean;
	/** Goes on where close() has left off, if the robot still can. Another one of the same channel is closed. */
	open(): void;
	close(): void;
	/** Forgets the state and the place. */
	forget(): void;
}

export interface MemberError {
	pointer: string;
	code: string;
	detail: string;
}

/** A message of this client was wrong; about a subscription: nothing will come of it. */
export interface Refused {
	type: "error";
	code: string;
	detail: string;
	errors?: MemberError[];
}

/** As the body of POST robot/commands. */
export interface Command {
	verb: string;
	id?: string;
	valid_for_ms?: number;
	position_mm?: number;
	station?: string;
	speed_mm_s?: number;
	queue?: "replace" | "append";
	not_after?: string;
}

export interface CommandResult {
	id: string | null;
	number: number | null;
	state: string;
	why_not: { code: string; text: string; address: number | null }[];
}

/** As POST safety/stop answers. */
export interface Stopped {
	state: string;
	/** it was stopped already */
	repeated: boolean;
	/** the device has cut the outputs */
	hardware: boolean;
	outputs: { enable1: boolean | null; enable2: boolean | null };
	called_ns: number;
	call_us: number;
}

export interface Events {
	/** the robot has answered; subscriptions are asked for */
	open: { epoch: number };
	/** any subscription has another state */
	change: Change<Record<string, unknown>>;
	/** a connection has ended or did not open; another is dialled, unless ended comes too */
	lost: End;
	/** it is not dialled again before start() */
	ended: End;
	refused: Refused;
	/** of credentials() or of the WebSocket's constructor */
	error: unknown;
}

export type Channels = { [channel: string]: Record<string, unknown> };

/** @template C what the channels have: their states by their names */
export class Client<C = Channels> {
	constructor(options: ClientOptions);
	readonly connected: boolean;
	/** what the channels come over; undefined: there is no connection */
	readonly over: "socket" | "stream" | undefined;
	/** names the run of the daemon; 0: none yet */
	readonly epoch: number;
	/** why it is not dialled again; undefined: it is */
	readonly ended: End | undefined;
	/** Dials; at once if it waits, and also after an end. */
	start(): void;
	stop(): void;
	/** The page is shown, or the network is back: a line that has gone silent is given up, and dialled at once. */
	wake(): void;
	subscribe<N extends keyof C & string>(channel: N, options?: SubscribeOptions<C[N]>): Subscription<C[N]>;
	/** The same, not opened yet. */
	channel<N extends keyof C & string>(channel: N, options?: SubscribeOptions<C[N]>): Subscription<C[N]>;
	/** @throws CommandRefused, ConnectionLost, RangeError: it is longer than the robot takes */
	command(command: Command, options?: { timeoutMs?: number }): Promise<CommandResult>;
	/**
	 * Stops and latches as POST safety/stop does, which the verb "stop" of a command does not.
	 * @throws CommandRefused, ConnectionLost
	 */
	safetyStop(options?: { timeoutMs?: number }): Promise<Stopped>;
	/** Says only that somebody is here, which keeps control; false: there is no socket to say it on. */
	ping(): boolean;
	/** Returns what takes the handler away again. */
	on<E extends keyof Events>(event: E, handler: (event: Events[E]) => void): () => void;
}

/** There is no connection, or it ended before the answer came. */
export class ConnectionLost extends Error {
	constructor(message: string, sent: boolean);
	/** the command may have been carried out */
	readonly sent: boolean;
}

/** The robot has said why it does not do a command. */
export class CommandRefused extends Error {
	constructor(status: number, body: { code?: string; detail?: string; errors?: MemberError[] });
	/** of HTTP */
	readonly status: number;
	/** GET errors has all */
	readonly code: string;
	readonly errors: MemberError[];
}

/** May a client come again after this close code: yes, with other credentials, or never? */
export function comeAgain(code: number): "yes" | "login" | "never";
