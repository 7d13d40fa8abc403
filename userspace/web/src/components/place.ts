// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An element as the place of a picture: its width, and the drawing in it.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { loadPlot } from "../idle";

type Place = HTMLDivElement | null;

/** Calls @act when the element has taken its place, and whenever its size has changed. */
export function useResize(place: Place, act: (place: HTMLDivElement) => void): void {
	const newest = useRef(act);

	newest.current = act;
	useEffect(() => {
		if (!place) return;
		const watch = new ResizeObserver(() => newest.current(place));

		watch.observe(place);
		return () => watch.disconnect();
	}, [place]);
}

export interface Axis {
	place: Place;
	setPlace: (place: Place) => void;
	widthPx: number;
}

/** An element and its width. An element that takes its place is watched in its turn. */
export function useWidth(): Axis {
	const [place, setPlace] = useState<Place>(null);
	const [widthPx, setWidth] = useState(0);

	useResize(place, ({ clientWidth }) => setWidth(clientWidth));
	return { place, setPlace, widthPx };
}

interface Drawn {
	resize(): void;
	end(): void;
}

type Make<Plot> = (plots: typeof import("../plot"), place: HTMLDivElement) => Plot;

/** The drawing in that place, made anew for another @of; undefined: not loaded yet. @onFail: it could not be loaded. */
export function usePlot<Plot extends Drawn>(place: Place, of: unknown, make: Make<Plot>, onFail: () => void): Plot | undefined {
	const [plot, setPlot] = useState<Plot>();

	useEffect(() => {
		let gone = false;
		let made: Plot | undefined;

		setPlot(undefined);
		if (!place) return;
		loadPlot().then((plots) => {
			if (gone) return;
			made = make(plots, place);
			setPlot(made);
		}, () => gone || onFail());
		return () => {
			gone = true;
			made?.end();
		};
	}, [place, of]);
	useResize(place, () => plot?.resize());
	return plot;
}
