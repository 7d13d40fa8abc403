// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The acts by which the outputs come on again, and go off.
 */
import { feed } from "../api/live";
import { call, may } from "../api/session";
import type { Robot, Safety } from "../api/types";
import { reasonText } from "../reasons";
import { texts } from "../texts";
import { useAct } from "./act";
import { Button, Refusal } from "./basics";
import { confirm, toast } from "./overlay";

const t = texts.safety;

/** A reason to say on the button: the role first, then what the API says. */
export function whyNot(role: "operator" | "supervisor", state: boolean, reasons: string[], wrong: string): string | undefined {
	if (!may(role)) return texts.shell.needs(texts.roles[role] ?? role);
	if (!state) return wrong;
	return reasons.length ? reasons.join(" ") : undefined;
}

interface ActsProps {
	safety: Safety;
	robot: Robot | undefined;
	/** says what has been done, where the page does not show it by itself */
	tell?: (text: string) => void;
}

/** The way back after a stop: clear, reset, enable, each an act of its own; and disable. */
export function Acts({ safety, robot, tell = toast }: ActsProps) {
	const act = useAct();
	const { state } = safety;

	const post = (path: string, body: unknown, done: string) =>
		act.run(async () => {
			await call("POST", path, { body });
			feed.refresh("safety");
			feed.refresh("robot");
			tell(done);
		});
	const ask = async (title: string, text: string, button: string, path: string, body: unknown, done: string) => {
		if (await confirm(title, text, button)) await post(path, body, done);
	};
	/* What this person has seen: a stop that comes while the dialog is open is not cleared by it. */
	const seen = { journal_seq: safety.journal_seq };

	return (
		<>
			{robot?.state === "fault" ? (
				<div class="first-step">
					<h3>{t.clear}</h3>
					<p class="mute">{robot.faults.map(reasonText).join(" ") || t.clearMeans}</p>
					<Button
						id="clear"
						kind="primary"
						why={whyNot("operator", true, [], "")}
						onPress={() => void post("robot/commands", { verb: "reset_fault" }, t.clearDone)}
					>
						{t.clear}
					</Button>
				</div>
			) : null}
			<ol class="steps">
				<li>
					<h3>{t.reset}</h3>
					<p class="mute">{t.resetMeans}</p>
					<Button
						id="reset"
						kind={state === "stopped" ? "primary" : ""}
						why={whyNot("supervisor", state === "stopped", safety.why_not_reset.map(reasonText), t.notStopped)}
						onPress={() => void ask(t.askReset, t.askResetText, t.reset, "safety/reset", seen, t.resetDone)}
					>
						{t.reset}
					</Button>
				</li>
				<li>
					<h3>{t.enable}</h3>
					<p class="mute">{t.enableMeans}</p>
					{state === "enabled" ? (
						<Button
							id="disable"
							why={whyNot("operator", true, [], "")}
							onPress={() => void post("robot/commands", { verb: "disable" }, t.disableDone)}
						>
							{t.disable}
						</Button>
					) : (
						<Button
							id="enable"
							kind={state === "ready" ? "primary" : ""}
							why={whyNot(
								"operator",
								state === "ready",
								safety.why_not_enable.map(reasonText),
								t.notReady,
							)}
							onPress={() => void ask(t.askEnable, t.askEnableText, t.enable, "safety/enable", {}, t.enableDone)}
						>
							{t.enable}
						</Button>
					)}
				</li>
			</ol>
			{act.problem ? (
				<div id="act-problem">
					<Refusal problem={act.problem} />
				</div>
			) : null}
		</>
	);
}
