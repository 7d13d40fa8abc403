// SPDX-License-Identifier: GPL-2.0-or-later
/* A channel of the robot: its state, made from its messages, and the place behind the newest one. */

/** @typedef {import("./index.js").ChannelMessage} ChannelMessage */

export class Subscription {
	/** @type {Record<string, unknown> | undefined} */
	state;
	/** of the newest message; 0: none that could be gone on from */
	seq = 0;
	/** @type {boolean | undefined} */
	recovered;
	/** performance.now() of the newest message of this connection; 0: none yet */
	at = 0;
	isOpen = false;
	/** the whole state has been asked for, or what is behind a message: what came before does not count */
	asked = false;
	#say;
	#told;

	/**
	 * @param {string} channel
	 * @param {import("./index.js").SubscribeOptions} options
	 * @param {{ say: (subscription: Subscription, opens: boolean) => void, told: (change: any) => void }} client
	 */
	constructor(channel, options, client) {
		this.channel = channel;
		this.options = options;
		this.#say = client.say;
		this.#told = client.told;
	}

	open() {
		if (this.isOpen) return;
		this.isOpen = true;
		this.#say(this, true);
	}

	close() {
		if (!this.isOpen) return;
		this.isOpen = false;
		this.lost();
		this.#say(this, false);
	}

	/** @param {number} withinMs */
	fresh(withinMs) {
		return this.at > 0 && performance.now() - this.at < withinMs;
	}

	/** Nobody shall see what there is, or go on from it. */
	forget() {
		this.state = undefined;
		this.seq = 0;
	}

	/** The connection is gone; state and place stay. */
	lost() {
		this.at = 0;
		this.asked = false;
	}

	/**
	 * The request; with a place to go on from if there is one.
	 * @param {number} epoch
	 */
	request(epoch) {
		const { signals, maxRateHz } = this.options;

		this.asked = true;
		return {
			type: "subscribe",
			channel: this.channel,
			...(signals && { filter: { signals } }),
			...(maxRateHz && { max_rate_hz: maxRateHz }),
			...(this.state && this.seq && { since: { epoch, seq: this.seq } }),
		};
	}

	/**
	 * A message of this channel. False: messages are missing, and it must be asked for the whole state.
	 * @param {ChannelMessage} message
	 * @param {number} epoch
	 */
	take(message, epoch) {
		const { type, seq, data, conflated = 0 } = message;

		if (type === "resync") {
			this.forget();
			this.#told({ channel: this.channel, type, epoch, subscription: this });
			return true;
		}
		if (!data || !Number.isSafeInteger(seq)) return true;
		if (type === "snapshot") {
			if (message.recovered && !this.state) return this.#missed();
			this.recovered = message.recovered === true;
			this.asked = false;
		} else if (this.asked) {
			// It is of the subscription before.
			return true;
		} else if (!this.state || seq !== this.seq + 1 + conflated) {
			return this.#missed();
		}
		this.state = type === "snapshot" && !message.recovered ? data : { ...this.state, ...data };
		this.seq = seq;
		this.at = performance.now();
		this.#told({
			channel: this.channel,
			type,
			seq,
			epoch,
			ts: message.ts,
			recovered: type === "snapshot" ? this.recovered : undefined,
			conflated,
			changed: data,
			state: this.state,
			subscription: this,
		});
		return true;
	}

	#missed() {
		this.seq = 0;
		return false;
	}
}
