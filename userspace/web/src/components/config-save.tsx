// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Changes that are not saved yet: how many, their difference as the robot has checked it, and the way to save them.
 */
import { useEffect } from "preact/hooks";
import { feed, useLive } from "../api/live";
import { Problem } from "../api/problem";
import { call } from "../api/session";
import type { ConfigChange, Robot } from "../api/types";
import { changesOf, changing, draft, labelled, meanwhile, patchOf, readSettings, settings, undo } from "../config";
import { time } from "../format";
import { reasonText } from "../reasons";
import { useStore } from "../store";
import { texts } from "../texts";
import { Button, Notice } from "./basics";
import { Differences } from "./config-differences";
import { Form, type Member, type Values } from "./form";
import { confirm, Dialog, toast } from "./overlay";
import { isMoving } from "./stop";

const t = texts.config;
const REASON_BYTES_MAX = 200;
/* The robot may be asked twice, and the disk may be slow. */
export const CHANGE_MS = 30_000;

const CONFIRM_S_MIN = 5;
const CONFIRM_S_MAX = 600;
const CONFIRM_S = 60;

export const reasonMember = (): Member => ({ name: "reason", label: t.reason, kind: "text", min: 0, max: REASON_BYTES_MAX });

/** @wanted: a time stands there, unless the person takes it away. */
export const confirmMember = (wanted: boolean): Member => ({
	name: "confirm_within_s",
	label: t.confirmWithin,
	kind: "number",
	whole: true,
	min: CONFIRM_S_MIN,
	max: CONFIRM_S_MAX,
	unit: "s",
	hint: t.confirmHint(CONFIRM_S_MIN, CONFIRM_S_MAX),
	start: wanted ? String(CONFIRM_S) : "",
});

/** @moves: the robot does: then it is to wait, unless the person wants otherwise. */
export const standstillMember = (moves: boolean): Member => ({
	name: "apply_at",
	label: t.whileMoving,
	kind: "choice",
	choices: [
		{ value: "now", label: t.refuseIt },
		{ value: "standstill", label: t.waitForStandstill },
	],
	start: moves ? "standstill" : "now",
});

/** Says that it is live, and until when it has to be confirmed; or that it waits. */
export function toastLive({ version, state }: ConfigChange, within: Values[string] | undefined, saved: string): void {
	if (state === "waiting") toast(t.savedWaits(version), "warn");
	else if (state === "pending") toast(t.savedPending(version, Number(within)), "warn");
	else toast(saved, "ok");
	feed.refresh("health");
}

/* The query of what was filled in. */
export function queryOf(members: Values): string {
	const query = Object.entries(members).map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);

	return query.length ? `?${query.join("&")}` : "";
}

/** Asks for a change, with the password where it is needed. It is meant for the version of that tag: where another one is live, it is refused, and that one is read. */
export async function sendChange(method: "PATCH" | "POST", path: string, body: unknown, ifMatch = settings.get()?.tag): Promise<ConfigChange> {
	try {
		return await labelled(() =>
			call<ConfigChange>(method, path, { body, timeoutMs: CHANGE_MS, ...(ifMatch ? { ifMatch } : {}) }),
		);
	} catch (error) {
		if (isOutdated(error)) await readSettings();
		throw error;
	}
}

/** Sends the draft to be checked, or with a query to be saved: its reason, and when it returns. The tag is that of what the person has seen. */
export function sendDraft(ifMatch: string | undefined, query?: Values): Promise<ConfigChange> {
	const known = settings.get();
	const body = patchOf(known ? changesOf(known, draft.get()) : []);

	return query ? sendChange("PATCH", `config${queryOf(query)}`, body, ifMatch) : sendChange("POST", "config/check", body, ifMatch);
}

export function isOutdated(error: unknown): boolean {
	return error instanceof Problem && error.code === "config_changed";
}

/** Says who has made the version that is live, and when it was read. */
export function Live({ onRead }: { onRead: () => void }) {
	const known = useStore(settings);

	if (!known) return null;
	const { live, read } = known;

	return (
		<div class="config-live mute" id="config-live">
			<span>
				{live ? t.live(live.version, live.author, time(live.created)) : t.notWritten} {live?.reason ? t.because(live.reason) : ""}
			</span>
			<span>
				<span class="age">{texts.readAgain.readAt(time(read))}</span>{" "}
				<Button kind="plain" id="config-read" onPress={onRead}>
					{texts.readAgain.button}
				</Button>
			</span>
		</div>
	);
}

/** What others have changed below what was typed. */
export function Meanwhile() {
	const changes = useStore(meanwhile);
	const live = useStore(settings)?.live;

	// It is at the top, and the button that saves is at the bottom.
	useEffect(() => document.getElementById("config-meanwhile")?.scrollIntoView({ block: "nearest" }), [changes]);
	if (!changes.length) return null;
	return (
		<Notice
			tone="warn"
			id="config-meanwhile"
			role="alert"
			action={
				<Button kind="plain" onPress={() => meanwhile.set([])}>
					{texts.shell.dismiss}
				</Button>
			}
		>
			<b>{t.meanwhile(live ? t.live(live.version, live.author, time(live.created)) : t.anotherVersion)}</b>{" "}
			{live?.reason ? t.because(live.reason) : null}
			<Differences id="config-meanwhile-changes" label={t.anotherVersion} changes={changes} />
			<p>{t.draftKept}</p>
		</Notice>
	);
}

interface DifferenceProps {
	checked: ConfigChange;
	/** of the version for which it was checked */
	tag: string | undefined;
	close: () => void;
	/** another version has become live since the check */
	onOutdated: (error: unknown) => void;
}

/** What the robot needs for a change, and for what it would refuse it now. */
export function Standstill({ checked }: { checked: ConfigChange }) {
	return (
		<>
			{checked.needs_standstill ? <p class="dialog-text">{t.needsStandstill}</p> : null}
			{checked.why_not.length ? (
				<Notice tone="warn" id="config-why-not">
					<b>{t.refusedNow}</b>
					<ul>
						{checked.why_not.map((reason) => (
							<li key={reason.code}>{reasonText(reason)}</li>
						))}
					</ul>
				</Notice>
			) : null}
		</>
	);
}

export function Difference({ checked, tag, close, onOutdated }: DifferenceProps) {
	const moves = isMoving(useLive<Robot>("robot").data);
	const save = (query: Values) =>
		changing(async () => {
			const sent = Object.keys(draft.get());

			try {
				const made = await sendDraft(tag, query);

				undo(sent);
				toastLive(made, query.confirm_within_s, t.saved(made.version));
				close();
			} catch (error) {
				if (!isOutdated(error)) throw error;
				close();
				onOutdated(error);
				return;
			}
			await readSettings(sent);
		});

	return (
		<Dialog title={t.differenceTitle} id="config-difference" wide onClose={close}>
			{checked.changes.length ? (
				<>
					<Differences id="config-changes" label={t.differenceTitle} changes={checked.changes} />
					<Standstill checked={checked} />
					{/* What could move the robot otherwise than meant returns by itself, unless the person says that it stays. */}
					<Form
						id="config-save"
						members={[
							reasonMember(),
							confirmMember(checked.needs_standstill),
							...(checked.needs_standstill ? [standstillMember(moves)] : []),
						]}
						submit={t.save}
						onSend={save}
						onCancel={close}
					/>
				</>
			) : (
				<>
					<p class="dialog-text">{t.nothing}</p>
					<Button onPress={close}>{texts.shell.close}</Button>
				</>
			)}
		</Dialog>
	);
}

/** @count: of the changes. */
export function SaveBar({ count, busy, onReview }: { count: number; busy: boolean; onReview: () => void }) {
	const discard = async () => {
		if (!count || (await confirm(t.discardAsk, t.discardText(count), t.discard))) undo();
	};

	return (
		<div class="config-bar" id="config-bar">
			<span class="grow" role="status">
				{count ? t.changes(count) : texts.form.noChange}
			</span>
			<Button id="config-discard" onPress={() => void discard()}>
				{t.discard}
			</Button>
			<Button kind="primary" id="config-review" onPress={onReview}>
				{busy ? t.reviewing : t.review}
			</Button>
		</div>
	);
}
