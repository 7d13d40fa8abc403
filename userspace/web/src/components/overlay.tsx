// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What lies over the page: dialogs and toasts. Neither the browser's top layer nor its modal dialogs are used, because
 * these would cover the stop or make it deaf. The shell makes everything but the stop inert while a dialog is open.
 */
import type { ComponentChildren } from "preact";
import { createPortal } from "preact/compat";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { focusAround, isNowhere } from "../focus";
import { Store, useStore } from "../store";
import { texts } from "../texts";
import { Button, type Tone, Shape } from "./basics";

/** How many dialogs are open. */
export const dialogs = new Store(0);

interface DialogProps {
	title: string;
	id?: string;
	/** what it asks or says, for those too who do not see it */
	text?: string | undefined;
	children: ComponentChildren;
	/** none: it cannot be left without an answer */
	onClose?: () => void;
	wide?: boolean;
}

export function Dialog({ title, id, text, children, onClose, wide = false }: DialogProps) {
	const name = useId();
	const said = useId();
	const box = useRef<HTMLDivElement>(null);

	// Before the dialog is painted: a key that follows belongs to what the person sees.
	useLayoutEffect(() => {
		const before = document.activeElement;

		dialogs.set(dialogs.get() + 1);
		(
			box.current?.querySelector<HTMLElement>("[data-first]") ??
			box.current?.querySelector<HTMLElement>("input, select, .button.primary") ??
			box.current
		)?.focus();
		return () => {
			dialogs.set(dialogs.get() - 1);
			// Once the page below can have the focus again, and unless the person has put it elsewhere by then.
			setTimeout(() => {
				if (!isNowhere()) return;
				if (before instanceof HTMLElement && before.isConnected) before.focus();
				else focusAround(document.querySelector("main"));
			});
		};
	}, []);
	// Outside of what opens it: that is inert as long as the dialog is there.
	return createPortal(
		<div class="cover">
			<div
				ref={box}
				class={`dialog ${wide ? "wide" : ""}`}
				id={id}
				role="dialog"
				aria-labelledby={name}
				aria-describedby={text ? said : undefined}
				tabIndex={-1}
				onKeyDown={(event) => {
					if (event.key === "Escape") onClose?.();
				}}
			>
				<h2 id={name}>{title}</h2>
				{text ? (
					<p class="dialog-text" id={said}>
						{text}
					</p>
				) : null}
				{children}
			</div>
		</div>,
		document.body,
	);
}

interface Question {
	title: string;
	text: string;
	act: string;
	answer: (yes: boolean) => void;
}

const question = new Store<Question | null>(null);

/** Asks before an act; true when the person wants it. */
export function confirm(title: string, text: string, act: string): Promise<boolean> {
	question.get()?.answer(false);
	return new Promise((resolve) => {
		question.set({
			title,
			text,
			act,
			answer: (yes) => {
				question.set(null);
				resolve(yes);
			},
		});
	});
}

export function Confirm() {
	const asked = useStore(question);

	if (!asked) return null;
	return (
		<Dialog title={asked.title} text={asked.text} id="confirm" onClose={() => asked.answer(false)}>
			<div class="actions">
				<Button kind="primary" id="confirm-yes" onPress={() => asked.answer(true)}>
					{asked.act}
				</Button>
				<Button id="confirm-no" first onPress={() => asked.answer(false)}>
					{texts.shell.cancel}
				</Button>
			</div>
		</Dialog>
	);
}

interface Toast {
	number: number;
	tone: Tone;
	text: string;
}

const toasts = new Store<Toast[]>([]);
const SHOWN_MS = 8000;
const SHOWN_MAX = 3;
let number = 0;

function drop(gone: number): void {
	toasts.set(toasts.get().filter((t) => t.number !== gone));
}

/** Says what has been done, at the bottom left: away from the stop. */
export function toast(text: string, tone: Tone = "ok"): void {
	const mine = ++number;

	toasts.set([...toasts.get(), { number: mine, tone, text }].slice(-SHOWN_MAX));
	setTimeout(() => drop(mine), SHOWN_MS);
}

export function Toasts() {
	const shown = useStore(toasts);

	return (
		<div class="toasts" role="status">
			{shown.map((t) => (
				<div key={t.number} class={`toast tone-${t.tone}`}>
					<Shape tone={t.tone} />
					<span>{t.text}</span>
					<button
						type="button"
						class="icon-button"
						aria-label={texts.shell.dismiss}
						onClick={() => drop(t.number)}
					>
						×
					</button>
				</div>
			))}
		</div>
	);
}
