// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Touch lock: nothing on the page can be touched but the stop. It opens by a touch that lasts.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { Store, useStore } from "../store";
import { texts } from "../texts";

const HOLD_MS = 1000;

export const locked = new Store(false);

export function LockCover() {
	const on = useStore(locked);
	const [holding, setHolding] = useState(false);
	const timer = useRef<ReturnType<typeof setTimeout>>();
	const button = useRef<HTMLButtonElement>(null);

	const hold = () => {
		if (timer.current !== undefined) return;
		setHolding(true);
		timer.current = setTimeout(() => {
			letGo();
			locked.set(false);
		}, HOLD_MS);
	};
	const letGo = () => {
		clearTimeout(timer.current);
		timer.current = undefined;
		setHolding(false);
	};

	useEffect(() => {
		if (on) button.current?.focus();
		return letGo;
	}, [on]);
	if (!on) return null;
	return (
		<div class="cover" id="lock">
			<div class="dialog" role="dialog" aria-labelledby="lock-title" aria-describedby="lock-text">
				<h2 id="lock-title">{texts.shell.locked}</h2>
				<p class="dialog-text" id="lock-text">
					{texts.shell.lockedText}
				</p>
				<button
					ref={button}
					type="button"
					id="unlock"
					class={`button hold ${holding ? "holding" : ""}`}
					onPointerDown={hold}
					onPointerUp={letGo}
					onPointerLeave={letGo}
					onKeyDown={(event) => {
						if (event.key === "Enter" && !event.repeat) hold();
					}}
					onKeyUp={letGo}
					onBlur={letGo}
				>
					{texts.shell.unlock}
				</button>
			</div>
		</div>
	);
}
