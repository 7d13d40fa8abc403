// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A jog: the robot moves while a button or key is held. The page asks again and again under one id, and the robot stops by
 * itself when no request comes. Whatever makes it doubtful that a person still holds and sees ends the jog; what has ended
 * never goes on, the next jog needs a new press.
 */
import type { Command } from "oht-client";
import { link } from "./api/client";
import { feed } from "./api/live";
import { Problem } from "./api/problem";
import { callAtOnce, session } from "./api/session";
import type { CommandAnswer, Robot } from "./api/types";
import { stop } from "./stop";
import { Store } from "./store";

const REPEAT_MS = 50;
/* The browser has six connections to the robot: some stay free for the stop. */
const UNDER_WAY_MAX = 3;
/* The first answer comes when the drive has echoed, or at the deadline of the command. */
const FIRST_MS = 2500;
const SILENT_MS = 500;
const TIMEOUT_MS = 2000;

export type JogEnd =
	| "release"
	| "blur"
	| "hidden"
	| "touch"
	| "key"
	| "left"
	| "stopped"
	| "expired"
	| "offline"
	| "silent"
	| "refused";

/* After these the robot is not told: it refuses, is stopped, or cannot be reached and stops by itself. */
const UNTOLD = new Set<JogEnd>(["refused", "stopped", "offline", "silent"]);

export interface JogState {
	/** asked: held, and no answer yet; moving: the robot has taken it */
	phase: "off" | "asked" | "moving";
	/** 1 forward, -1 back, 0 none */
	direction: -1 | 0 | 1;
	/** why the last jog ended */
	ended: JogEnd | null;
	problem: Problem | undefined;
}

const OFF: JogState = { phase: "off", direction: 0, ended: null, problem: undefined };

export const jog = new Store<JogState>(OFF);

/** The finger or key that holds the jog. */
export type Holder = { pointer: number } | { key: string };

function jogNumber(robot = feed.read<Robot>("robot").data): number | null {
	return robot?.command?.verb === "jog" ? robot.command.number : null;
}

/* crypto.randomUUID() is younger than the tablets on the machines. */
const randomId = () => crypto.getRandomValues(new Uint32Array(4)).join("-");

class Run {
	readonly id = randomId();
	over = false;
	/** requests that have no answer yet */
	underWay = 0;
	/** performance.now() of the newest answer; before the first: of the beginning */
	heardAt = performance.now();
	patienceMs = FIRST_MS;
	/** of the command before; of this one, once the robot has told it */
	readonly before = jogNumber();
	number: number | null = null;
	/** since the last stop that was sent */
	taken = false;
	/** the robot is not told of the end */
	quiet = false;
	timer: ReturnType<typeof setInterval> | undefined;
	unlisten: (() => void)[] = [];

	constructor(
		readonly speed_mm_s: number,
		readonly holder: Holder,
	) {}
}

let run: Run | undefined;

/*
 * Over the WebSocket, where messages keep their order and a lost connection is known at once; else as a request. The robot,
 * where the answer has it.
 */
function post(body: Command, keepalive = false): Promise<Robot | undefined> {
	return (
		feed.command(body)?.then(() => undefined) ??
		callAtOnce<CommandAnswer>("POST", "robot/commands", { timeoutMs: TIMEOUT_MS, keepalive, urgent: body.verb === "stop", body }).then(
			({ robot }) => robot,
		)
	);
}

/* A request that was under way may reach the robot behind the stop: then the robot is told once more. */
function tellStop(mine: Run): void {
	if (!mine.taken || mine.quiet) return;
	mine.taken = false;
	post({ verb: "stop" }, true).catch(() => undefined);
}

function heard(mine: Run, robot: Robot | undefined): void {
	const number = jogNumber(robot);

	mine.taken = true;
	mine.heardAt = performance.now();
	// A robot that waits longer for the next request is on a slower machine.
	mine.patienceMs = Math.max(SILENT_MS, 2 * (feed.read<Robot>("robot").data?.jog_expiry_ms ?? 0));
	if (mine.over) return;
	// The robot had stopped meanwhile and has begun anew: the line is too slow to jog on.
	if (mine.number !== null && number !== null && number !== mine.number) {
		finish(mine, "expired");
	} else {
		if (number !== mine.before) mine.number ??= number;
		jog.set({ ...jog.get(), phase: "moving" });
	}
}

function failed(mine: Run, error: unknown): void {
	const problem = error instanceof Problem ? error : Problem.noConnection();

	finish(mine, problem.status === 0 ? "offline" : "refused", problem);
}

function ask(mine: Run): void {
	mine.underWay++;
	post({ verb: "jog", speed_mm_s: mine.speed_mm_s, id: mine.id })
		.then(
			(robot) => heard(mine, robot),
			(error) => failed(mine, error),
		)
		.finally(() => {
			mine.underWay--;
			if (mine.over && !mine.underWay) tellStop(mine);
		});
}

function turn(mine: Run): void {
	if (performance.now() - mine.heardAt > mine.patienceMs) finish(mine, "silent", Problem.noConnection());
	else if (mine.underWay < UNDER_WAY_MAX) ask(mine);
}

function finish(mine: Run, ended: JogEnd, problem?: Problem): void {
	if (mine.over) return;
	mine.over = true;
	run = undefined;
	clearInterval(mine.timer);
	for (const end of mine.unlisten) end();
	mine.quiet = UNTOLD.has(ended);
	// The message first: the drawing can wait.
	tellStop(mine);
	jog.set({ ...OFF, ended, problem });
}

/* All that casts doubt on the person who holds. Each press of another finger or key is one. */
function listen(mine: Run): void {
	const { holder } = mine;
	const on = (target: EventTarget, name: string, ended: JogEnd, is: (event: Event) => boolean = () => true) => {
		const listener = (event: Event) => {
			if (is(event)) finish(mine, ended);
		};

		target.addEventListener(name, listener, true);
		mine.unlisten.push(() => target.removeEventListener(name, listener, true));
	};
	const held = (event: Event) =>
		"pointer" in holder
			? event instanceof PointerEvent && event.pointerId === holder.pointer
			: event instanceof KeyboardEvent && event.key === holder.key;

	for (const name of ["pointerup", "pointercancel", "keyup"]) on(window, name, "release", held);
	on(window, "pointerdown", "touch");
	on(window, "keydown", "key", (event) => !(held(event) && (event as KeyboardEvent).repeat));
	on(window, "blur", "blur", (event) => event.target === window);
	on(window, "pagehide", "hidden");
	on(document, "visibilitychange", "hidden");
	on(window, "offline", "offline");
	on(window, "hashchange", "left");
	mine.unlisten.push(
		link.subscribe(() => link.get().online || finish(mine, "offline", Problem.noConnection())),
		session.subscribe(() => session.get().state === "open" || finish(mine, "left")),
		stop.subscribe(() => stop.get().phase === "sent" && finish(mine, "stopped")),
	);
}

/** Begins to jog. It ends by itself as soon as the holder lets go, or anything else comes between. */
export function beginJog(speed_mm_s: number, holder: Holder): void {
	if (run) return;
	const mine = new Run(speed_mm_s, holder);

	run = mine;
	jog.set({ ...OFF, phase: "asked", direction: speed_mm_s < 0 ? -1 : 1 });
	ask(mine);
	mine.timer = setInterval(() => turn(mine), REPEAT_MS);
	// Behind the event that began it, which is a press itself.
	listen(mine);
}

/** Ends the jog, if there is one. */
export function endJog(ended: JogEnd): void {
	if (run) finish(run, ended);
}
