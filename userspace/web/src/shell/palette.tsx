// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Search of pages and acts by a key: Ctrl K, or "/" outside of a text field.
 */
import { useEffect, useState } from "preact/hooks";
import { logout, may } from "../api/session";
import { Dialog, dialogs } from "../components/overlay";
import { pages } from "../pages";
import { go } from "../router";
import { Store, useStore } from "../store";
import { texts } from "../texts";
import { setTheme } from "./appearance";
import { locked } from "./lock";

export const paletteOpen = new Store(false);

interface Entry {
	title: string;
	kind: string;
	words: string;
	run: () => void;
}

function entries(): Entry[] {
	return [
		...pages
			.filter((page) => may(page.role))
			.map((page) => ({
				title: page.title,
				kind: texts.palette.page,
				words: page.words,
				run: () => go(page.path),
			})),
		...(["auto", "light", "dark"] as const).map((wanted) => ({
			title: `${texts.shell.theme}: ${texts.shell.themes[wanted]}`,
			kind: texts.palette.act,
			words: "theme",
			run: () => setTheme(wanted),
		})),
		{ title: texts.shell.lock, kind: texts.palette.act, words: "touch clean", run: () => locked.set(true) },
		{ title: texts.shell.logout, kind: texts.palette.act, words: "leave", run: logout },
	];
}

export function usePaletteKey(): void {
	useEffect(() => {
		const onKey = (event: KeyboardEvent) => {
			const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
			const wanted = (event.key === "k" && (event.ctrlKey || event.metaKey)) || (event.key === "/" && !typing);

			if (!wanted || locked.get() || (dialogs.get() && !paletteOpen.get())) return;
			event.preventDefault();
			paletteOpen.set(!paletteOpen.get());
		};

		addEventListener("keydown", onKey);
		return () => removeEventListener("keydown", onKey);
	}, []);
}

function Search() {
	const [text, setText] = useState("");
	const [at, setAt] = useState(0);
	const wanted = text.trim().toLowerCase();
	const found = entries().filter((e) => `${e.title} ${e.words}`.toLowerCase().includes(wanted));
	const close = () => paletteOpen.set(false);
	const take = (entry: Entry | undefined) => {
		if (!entry) return;
		close();
		entry.run();
	};

	return (
		<Dialog title={texts.palette.title} id="palette" onClose={close}>
			<input
				type="search"
				id="palette-search"
				role="combobox"
				aria-expanded="true"
				aria-controls="palette-found"
				aria-activedescendant={found.length ? `palette-${at}` : undefined}
				aria-label={texts.palette.title}
				placeholder={texts.palette.placeholder}
				value={text}
				onInput={(event) => {
					setText(event.currentTarget.value);
					setAt(0);
				}}
				onKeyDown={(event) => {
					const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;

					if (step) {
						event.preventDefault();
						setAt((at + step + found.length) % Math.max(found.length, 1));
					} else if (event.key === "Enter" && !event.repeat) {
						take(found[at]);
					}
				}}
			/>
			<div id="palette-found" class="found" role="listbox" aria-label={texts.palette.title}>
				{found.map((entry, i) => (
					<div
						key={entry.title}
						id={`palette-${i}`}
						role="option"
						tabIndex={-1}
						aria-selected={i === at}
						onClick={() => take(entry)}
						onKeyDown={() => undefined}
					>
						{entry.title} <span class="mute">{entry.kind}</span>
					</div>
				))}
			</div>
			{found.length ? null : <p class="empty">{texts.palette.none}</p>}
		</Dialog>
	);
}

export function Palette() {
	return useStore(paletteOpen) ? <Search /> : null;
}
