// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Control of the robot: take it, give it back, or take it from another session with a reason.
 */
import { useEffect, useState } from "preact/hooks";
import { feed, useLive } from "../api/live";
import { call, session } from "../api/session";
import type { Control } from "../api/types";
import { time } from "../format";
import { texts } from "../texts";
import { useAct } from "./act";
import { Button, Card, Skeleton, useAge } from "./basics";
import { Form } from "./form";
import { LiveText } from "./live-text";
import { Dialog } from "./overlay";
import { Refused } from "./refused";

const t = texts.drive;
const REASON_BYTES = { min: 1, max: 127 };
/* Control ends 10 s after the last word of its session; to look at it is none. */
const KEEP_MS = 3000;

/*
 * Only a page that is seen keeps control, so this has to be said again and again. It reads nothing. Without a WebSocket a
 * request says it.
 */
function keep(): void {
	if (!document.hidden && !feed.ping()) call("POST", "control", { body: {} }).catch(() => undefined);
}

/* Handed over to this user, and no session of this user has accepted it yet. */
function isOffered({ mine, holder, session: holding }: Control): boolean {
	return !mine && holding === null && holder === session.get().user;
}

function said({ held, mine, holder, since, reason }: Control): { head: string; more: string } {
	if (!held) return { head: t.nobody, more: t.nobodyMeans };
	if (mine) return { head: t.youHold, more: t.sinceEnds(time(since)) };
	return {
		head: t.holds(holder ?? ""),
		more: `${t.since(time(since))} ${reason ? t.takenOver(reason) : ""}`,
	};
}

function TakeOver({ holder, onClose }: { holder: string; onClose: () => void }) {
	return (
		<Dialog title={t.takeOverTitle(holder)} text={t.takeOverText(holder)} id="take-over-dialog" onClose={onClose}>
			<Form
				id="take-over"
				submit={t.takeOver}
				members={[{ name: "reason", label: t.reason, kind: "text", required: true, ...REASON_BYTES }]}
				onSend={async ({ reason }) => {
					await call("POST", "control/take-over", { body: { reason } });
					feed.refresh("control");
					onClose();
				}}
				onCancel={onClose}
			/>
		</Dialog>
	);
}

export function ControlCard({ may }: { may: boolean }) {
	const reading = useLive<Control>("control");
	const age = useAge(reading, reading.data ? 0 : null);
	const act = useAct();
	const [asking, setAsking] = useState<string>();
	const control = reading.data;
	const mine = control?.mine ?? false;

	useEffect(() => {
		const timer = mine ? setInterval(keep, KEEP_MS) : undefined;

		return () => clearInterval(timer);
	}, [mine]);
	if (!control)
		return (
			<Card title={t.control} span="" id="drive-control">
				<Skeleton lines={2} />
			</Card>
		);
	const { head, more } = said(control);
	const ask = (method: "POST" | "DELETE") =>
		act.run(async () => {
			await call(method, "control", method === "POST" ? { body: {} } : {});
			feed.refresh("control");
		});

	return (
		<Card title={t.control} age={age} span="" id="drive-control">
			<div class="figure word" id="holder" role="status">
				<LiveText text={head} />
			</div>
			<p class="sub">
				<LiveText text={more} />
			</p>
			{!may ? null : (
				<p class="act-row">
					{control.mine ? (
						<Button id="release" onPress={() => void ask("DELETE")}>
							{t.release}
						</Button>
					) : control.held && !isOffered(control) ? (
						<Button id="take-over-open" onPress={() => setAsking(control.holder ?? "")}>
							{t.takeOver}
						</Button>
					) : (
						<Button id="take" onPress={() => void ask("POST")}>
							{t.take}
						</Button>
					)}
				</p>
			)}
			<Refused problem={act.problem} id="control-problem" />
			{asking !== undefined ? <TakeOver holder={asking} onClose={() => setAsking(undefined)} /> : null}
		</Card>
	);
}
