// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a person may do about an alert: say that it was seen, have no person called for it for a time, and say something of it.
 */
import { useEffect, useState } from "preact/hooks";
import { feed } from "../api/live";
import { call, may } from "../api/session";
import type { Alert, AlertComment, AlertShelf, List } from "../api/types";
import { time } from "../format";
import { texts } from "../texts";
import { useAct } from "./act";
import { Button, Refusal } from "./basics";
import { Form, type Member, type Values } from "./form";
import { Dialog, toast } from "./overlay";

const t = texts.alerts;
const REASON_BYTES = { min: 1, max: 200 };
const COMMENT_BYTES = { min: 1, max: 500 };

/* ---- comments ---- */

function Said({ number, text, close }: { number: number; text: string; close: () => void }) {
	const [items, setItems] = useState<AlertComment[]>();
	const act = useAct();
	const path = `alerts/${number}/comments`;
	const read = async () => setItems((await call<List<AlertComment>>("GET", path)).items);
	const send = async (values: Values) => {
		await call("POST", path, { body: values });
		await read();
	};

	useEffect(() => {
		void act.run(read);
	}, [number]);
	return (
		<Dialog title={t.commentsOf(text)} id="comments" onClose={close}>
			{act.problem ? <Refusal problem={act.problem} /> : null}
			{items && !items.length ? <p class="mute">{t.commentsNone}</p> : null}
			<ul class="comings whole">
				{items?.map(({ id, made, by, text: said }) => (
					<li key={id}>
						{said}
						<p class="sub">{t.said(by, time(made))}</p>
					</li>
				))}
			</ul>
			{may("operator") ? (
				<Form
					id="comment"
					members={[{ name: "text", label: t.comment, kind: "text", required: true, ...COMMENT_BYTES }]}
					submit={t.commentSend}
					onSend={send}
					onCancel={close}
					cancelText={texts.shell.close}
				/>
			) : (
				<div class="actions">
					<Button onPress={close}>{texts.shell.close}</Button>
				</div>
			)}
		</Dialog>
	);
}

/** The button to what was said of it. */
export function Comments({ number, text }: { number: number; text: string }) {
	const [open, setOpen] = useState(false);

	return (
		<>
			<Button kind="plain" label={t.commentsOf(text)} onPress={() => setOpen(true)}>
				{t.comments}
			</Button>
			{open ? <Said number={number} text={text} close={() => setOpen(false)} /> : null}
		</>
	);
}

/* ---- a shelf ---- */

function Shelve({ number, text, close }: { number: number; text: string; close: () => void }) {
	const members: Member[] = [
		{
			name: "minutes",
			label: t.shelveFor,
			kind: "choice",
			choices: Object.entries(t.shelfTimes).map(([value, label]) => ({ value, label })),
			start: "60",
		},
		{ name: "reason", label: t.shelveWhy, kind: "text", required: true, ...REASON_BYTES },
	];
	const send = async ({ minutes, reason }: Values) => {
		const shelf = await call<AlertShelf>("POST", `alerts/${number}/shelve`, { body: { minutes: Number(minutes), reason } });

		toast(t.shelvedDone(time(shelf.until)));
		feed.refresh("alerts");
		close();
	};

	return (
		<Dialog title={t.shelveIt(text)} text={t.shelveText} id="shelve" onClose={close}>
			<Form id="shelf" members={members} submit={t.shelveDo} onSend={send} onCancel={close} />
		</Dialog>
	);
}

/* ---- all of it ---- */

/** The persons who have seen or shelved an alert, and the buttons of allowed acts. Emergencies are not shelved; the daemon knows what else is not. */
export function AlertCare({ alert }: { alert: Alert }) {
	const { number, text, times, severity, acknowledged, acknowledged_by, shelved_until, shelved_by, shelved_reason } = alert;
	const [shelving, setShelving] = useState(false);
	const act = useAct();
	const post = (what: string, body: object) =>
		void act.run(async () => {
			await call("POST", `alerts/${number}/${what}`, { body });
			feed.refresh("alerts");
		});

	return (
		<>
			{acknowledged ? <p class="sub">{t.seen(acknowledged_by ?? "", time(acknowledged))}</p> : null}
			{shelved_until ? <p class="sub">{t.shelved(time(shelved_until), shelved_by ?? "", shelved_reason ?? "")}</p> : null}
			{number === null ? null : (
				<div class="care">
					{acknowledged || !may("operator") ? null : (
						<Button label={t.acknowledgeIt(text)} onPress={() => post("acknowledge", times ? { times } : {})}>
							{t.acknowledge}
						</Button>
					)}
					{severity === "emergency" || !may("operator") ? null : shelved_until ? (
						<Button label={t.unshelveIt(text)} onPress={() => post("unshelve", {})}>
							{t.unshelve}
						</Button>
					) : (
						<Button label={t.shelveIt(text)} onPress={() => setShelving(true)}>
							{t.shelve}
						</Button>
					)}
					<Comments number={number} text={text} />
				</div>
			)}
			{act.problem ? <Refusal problem={act.problem} /> : null}
			{shelving && number !== null ? <Shelve number={number} text={text} close={() => setShelving(false)} /> : null}
		</>
	);
}
