// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The way in of a device: it asks to be let in, shows its six words until an administrator has decided, and logs in by its key.
 */
import { useEffect, useState } from "preact/hooks";
import { send } from "../api/client";
import { useLive } from "../api/live";
import { Problem } from "../api/problem";
import { keepDevice, loginDevice } from "../api/session";
import type { DeviceState, Health } from "../api/types";
import { asProblem } from "../components/act";
import { Button, Notice, Refusal } from "../components/basics";
import { Form, type Values } from "../components/form";
import { keptKey, noKeys, ownKey, prove } from "../device-key";
import { deviceTexts as t } from "../texts-device";

const LOOK_MS = 3000;
/* An unattended screen stops asking behind so many looks. */
const LOOKS_MAX = 300;

/* refused: the account is there, and may not log in; none: the browser has no key. */
type Stand = { state: DeviceState["state"] | "refused" | "none"; words?: string; name?: string };

async function logIn(key: CryptoKeyPair, name: string): Promise<Stand> {
	try {
		await loginDevice(await prove(key), name);
	} catch (error) {
		if (!(error instanceof Problem && error.code === "device_refused")) throw error;
	}
	return { state: "refused", name };
}

/* What the robot says; an accepted device logs in with it. */
async function look(): Promise<Stand> {
	const key = await keptKey();

	if (!key) return { state: "none" };
	const said = await send<DeviceState>("POST", "auth/device/state", { body: await prove(key) });

	if (said.state === "accepted" && said.name) {
		keepDevice(said.name);
		return logIn(key, said.name);
	}
	return { state: said.state, words: said.words };
}

async function enrol(note: unknown): Promise<Stand> {
	const key = await ownKey();

	try {
		const said = await send<DeviceState>("POST", "auth/device/enrol", { body: { ...(await prove(key)), ...(note ? { note } : {}) } });

		keepDevice("");
		return said.state === "accepted" ? look() : { state: said.state, words: said.words };
	} catch (error) {
		if (!(error instanceof Problem && error.code === "device_rejected")) throw error;
		keepDevice("");
		return { state: "rejected" };
	}
}

function Ask({ done }: { done: (stand: Stand) => void }) {
	return (
		<>
			<p class="gap-below">{t.intro}</p>
			<Form
				id="device"
				members={[{ name: "note", label: t.note, kind: "text", max: 128, hint: t.noteHint }]}
				submit={t.submit}
				onSend={async ({ note }: Values) => done(await enrol(note))}
			/>
		</>
	);
}

/* Looks again while the device waits: after a pause of its own, or after the pause that the robot asks for. */
function useStand() {
	const [stand, setStand] = useState<Stand>();
	const [problem, setProblem] = useState<Problem>();
	const [looks, setLooks] = useState(0);
	const waits = stand === undefined || stand.state === "waiting" || problem !== undefined;

	useEffect(() => {
		let over = false;
		const now = async () => {
			try {
				const said = await look();

				if (over) return;
				setStand(said);
				setProblem(undefined);
			} catch (error) {
				if (!over) setProblem(asProblem(error));
			}
			if (!over) setLooks(looks + 1);
		};
		const pause = Math.max(looks ? LOOK_MS : 0, (problem?.retryAt ?? 0) - performance.now());
		const timer = waits && looks < LOOKS_MAX ? setTimeout(() => void now(), pause) : undefined;

		return () => {
			over = true;
			clearTimeout(timer);
		};
	}, [waits, looks]);
	return {
		stand,
		problem,
		tired: looks >= LOOKS_MAX,
		again: () => {
			setStand(undefined);
			setLooks(0);
		},
		set: setStand,
	};
}

function Words({ of }: { of: string }) {
	return (
		<ol class="device-words" id="device-words" aria-label={t.words}>
			{of.split(" ").map((word) => (
				<li key={word}>{word}</li>
			))}
		</ol>
	);
}

function Known() {
	const { stand, problem, tired, again, set } = useStand();
	const takes = useLive<Health>("health").data?.devices;
	const [asks, setAsks] = useState(false);
	const state = stand?.state;

	if (asks)
		return (
			<Ask
				done={(next) => {
					setAsks(false);
					set(next);
				}}
			/>
		);
	return (
		<div id="device-stand" data-state={state}>
			{state === "waiting" ? (
				<>
					<Words of={stand?.words ?? ""} />
					<p role="status">{t.compare}</p>
				</>
			) : null}
			{!stand && !problem ? <p role="status">{t.looking}</p> : null}
			{state === "rejected" ? (
				<Notice tone="bad" role="alert">
					{t.rejected}
				</Notice>
			) : null}
			{state === "refused" ? (
				<Notice tone="warn" role="alert">
					{t.disabled(stand?.name ?? "")}
				</Notice>
			) : null}
			{state === "unknown" || state === "none" ? (
				<>
					<Notice tone="warn" role="alert">
						{state === "none" ? t.forgotten : t.unknown} {takes ? "" : t.off}
					</Notice>
					{takes ? (
						<Button id="device-again" kind="primary" onPress={() => setAsks(true)}>
							{t.again}
						</Button>
					) : null}
				</>
			) : null}
			{problem ? <Refusal problem={problem} /> : null}
			{tired || state === "refused" || state === "rejected" ? (
				<div class="actions">
					{tired ? <span class="mute">{t.tired}</span> : null}
					<Button id="device-look" onPress={again}>
						{t.look}
					</Button>
				</div>
			) : null}
		</div>
	);
}

/** `rest`: "new" for a browser that has never asked. */
export function Device({ rest }: { rest: string }) {
	const why = noKeys();
	const [asked, setAsked] = useState(rest !== "new");

	if (why)
		return (
			<Notice tone="warn" id="device-why" role="alert">
				{why}
			</Notice>
		);
	return asked ? <Known /> : <Ask done={() => setAsked(true)} />;
}
