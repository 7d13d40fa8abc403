// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Restart of the daemon. It is refused while anything moves: here nobody stops a robot by the way.
 */
import { call, may } from "../api/session";
import { texts } from "../texts";
import { useAct } from "./act";
import { Button, Refusal } from "./basics";
import { confirm, toast } from "./overlay";

const t = texts.restart;

/** @ask, @text: the question before it, where it is another than usual. */
export function Restart({ ask = t.ask, text = t.askText }: { ask?: string; text?: string }) {
	const act = useAct();
	const restart = async () => {
		if (!(await confirm(ask, text, t.restart))) return;
		await act.run(async () => {
			await call("POST", "system/restart", { body: {} });
			toast(t.begun);
		});
	};

	return (
		<div class="actions gap-above">
			<Button
				id="restart"
				onPress={() => void restart()}
				why={may("administrator") ? undefined : texts.shell.needs(texts.roles.administrator ?? "")}
			>
				{t.restart}
			</Button>
			{act.problem ? <Refusal problem={act.problem} /> : null}
		</div>
	);
}
