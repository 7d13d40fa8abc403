// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Wheel, drag and pinch over the charts. What is below a finger stays below it.
 */
import { useRef } from "preact/hooks";
import { moved, type Span, zoomed } from "../past";

/* A notch of a wheel. */
const NOTCH = 1.2;
const NOTCH_PX = 100;
const LINE_PX = 33;
/* A hand that presses is never quite still. */
const DRAG_PX = 4;
/* Two fingers nearer to each other say nothing. */
const PINCH_PX = 10;

interface Grip {
	/** px from the begin of the axis */
	x: number;
	startX: number;
	/** the time that it holds */
	ms: number;
}

interface Wanted {
	span: Span;
	axis: HTMLElement | null;
	onSpan: (span: Span) => void;
	onPoint: (atMs: number | null) => void;
}

/** The span in which each grip has its time below it; null: nothing has moved. */
function heldSpan(grips: Grip[], { fromMs, toMs }: Span, widthPx: number): Span | null {
	const [one, two] = grips;

	if (!one) return null;
	if (!two) {
		const begin = one.ms - (one.x / widthPx) * (toMs - fromMs);

		return { fromMs: begin, toMs: begin + toMs - fromMs };
	}
	const perPx = (two.ms - one.ms) / (two.x - one.x);

	if (Math.abs(two.x - one.x) < PINCH_PX || !(perPx > 0)) return null;
	return { fromMs: one.ms - one.x * perPx, toMs: one.ms + (widthPx - one.x) * perPx };
}

export function useGestures(wanted: Wanted) {
	const now = useRef(wanted);
	const grips = useRef(new Map<number, Grip>()).current;
	const isDragging = useRef(false);

	now.current = wanted;
	const box = () => now.current.axis?.getBoundingClientRect() ?? new DOMRect(0, 0, 1, 1);
	const timeAt = (x: number) => {
		const { fromMs, toMs } = now.current.span;

		return fromMs + (x / box().width) * (toMs - fromMs);
	};
	const point = (x: number) => now.current.onPoint(x >= 0 && x <= box().width ? timeAt(x) : null);
	const regrip = () => {
		for (const grip of grips.values()) Object.assign(grip, { ms: timeAt(grip.x), startX: grip.x });
	};
	const drop = (event: PointerEvent) => {
		if (!grips.delete(event.pointerId)) return;
		regrip();
		isDragging.current = isDragging.current && grips.size > 0;
	};

	return {
		onWheel: (event: WheelEvent) => {
			const x = event.clientX - box().left;
			const scale = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PX : 1;
			const [across, along] = [event.deltaX * scale, event.deltaY * scale];
			const { span, onSpan } = now.current;

			// Beside the pictures a wheel scrolls the page.
			if (x < 0) return;
			event.preventDefault();
			if (event.shiftKey || Math.abs(across) > Math.abs(along)) onSpan(moved(span, (across || along) / box().width));
			else onSpan(zoomed(span, timeAt(x), NOTCH ** (along / NOTCH_PX)));
		},
		onPointerDown: (event: PointerEvent) => {
			const x = event.clientX - box().left;

			if (event.button !== 0 || x < 0 || grips.size > 1) return;
			regrip();
			grips.set(event.pointerId, { x, startX: x, ms: timeAt(x) });
			point(x);
		},
		onPointerMove: (event: PointerEvent) => {
			const x = event.clientX - box().left;
			const grip = grips.get(event.pointerId);

			if (!grip) {
				point(x);
				return;
			}
			grip.x = x;
			if (!isDragging.current && Math.abs(x - grip.startX) < DRAG_PX) return;
			if (!isDragging.current) (event.currentTarget as Element).setPointerCapture(event.pointerId);
			isDragging.current = true;
			const span = heldSpan([...grips.values()], now.current.span, box().width);

			if (span) now.current.onSpan(span);
		},
		onPointerUp: drop,
		onPointerCancel: drop,
		onPointerLeave: (event: PointerEvent) => {
			if (event.pointerType === "mouse" && !isDragging.current) now.current.onPoint(null);
		},
	};
}
