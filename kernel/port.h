/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     the seam between the engine and a UART: registers and DE line below, states above.
 * Contexts: see each callback; the interrupt handler of a port calls up, the engine calls down.
 * Locks:    none of its own: the callbacks of the second group run under the engine's lock.
 */
#ifndef OHT_PORT_H
#define OHT_PORT_H

#include <linux/bits.h>
#include <linux/types.h>
#include "timing.h"

struct device;
struct gpio_desc;
struct oht_port;

/* oht_port_byte.flags: what the receiver found wrong with a character */
#define OHT_BYTE_FRAMING	BIT(0)
#define OHT_BYTE_PARITY		BIT(1)
#define OHT_BYTE_OVERRUN	BIT(2)	/* at least one character before this one is lost */
#define OHT_BYTE_BREAK		BIT(3)

/* Ordinarily a handler begins that soon after its interrupt; see oht_port.rx_hold_ns. */
#define OHT_PORT_LATENCY_NS	100000

struct oht_port_byte {
	u8 data;
	u8 flags;
};

/**
 * struct oht_port_ops - what a UART must be able to do
 *
 * Process context, may sleep, no lock held:
 * @start: switch receiver and interrupt on; from here on oht_port.event is called. 0 or errno.
 * @stop: switch both off; when it returns, oht_port.event is not running and not called again.
 *
 * Any context, interrupts off, engine lock held; must not sleep, must not call up:
 * @set_de: drive the line (true) or let go of it; does nothing if the transceiver turns by itself
 * @send: take up to @bytes bytes into the transmitter, return how many. If that is fewer, call
 *	oht_port.event when there is room again.
 * @transmitting: true until the last stop bit of everything that was taken has left. May be false
 *	too early on a UART without such a bit; the engine has its own clock as well. With exact
 *	timing by no more than a character.
 * @cut: begin to throw away what was taken and has not left. The character in the shift register
 *	may still leave; nothing after it does.
 * @cut_end: called one character after @cut: make the transmitter ready again
 * @receive: take the next received character; false: none is left. Must re-arm the interrupt by
 *	being called until it returns false.
 */
struct oht_port_ops {
	int (*start)(struct oht_port *port);
	void (*stop)(struct oht_port *port);

	void (*set_de)(struct oht_port *port, bool on);
	unsigned int (*send)(struct oht_port *port, const u8 *data, unsigned int bytes);
	bool (*transmitting)(struct oht_port *port);
	void (*cut)(struct oht_port *port);
	void (*cut_end)(struct oht_port *port);
	bool (*receive)(struct oht_port *port, struct oht_port_byte *byte);
};

/**
 * struct oht_port - one UART
 * @ops: set by the back-end, constant
 * @kind: name of the back-end ("pl011"), constant after probe
 * @dev: device that errors are reported for, constant
 * @timing: constant after probe
 * @caps: OHT_CAP_EXACT_TIMING or 0, constant
 * @rx_hold_ns: longest silence for which the receiver keeps characters to itself, interrupt latency
 *	included as far as it is ordinary; 0: not known. Only the conformance meter asks. Constant.
 * @send_late_ns: how much later than @send a transmission may begin; 0 where we own the registers.
 *	Such a port takes nothing at first, calls @event once it has sent, and then takes all.
 *	Constant
 * @de: driver enable line or NULL, constant; its level is written under the engine's lock only
 * @event: set by the engine before @start: bytes have arrived, or there is room to send. Called in
 *	hard interrupt context with the CLOCK_MONOTONIC time at which the handler began; without
 *	OHT_CAP_EXACT_TIMING in a thread, with the time at which that saw them.
 * @event_context: first argument of @event
 */
struct oht_port {
	const struct oht_port_ops *ops;
	const char *kind;
	struct device *dev;
	struct oht_timing timing;
	u64 caps;
	u32 rx_hold_ns;
	u64 send_late_ns;
	struct gpio_desc *de;
	void (*event)(void *context, u64 stamp_ns);
	void *event_context;
};

/**
 * oht_port_read_line() - read the line's settings from the device tree
 * @dev: the device
 * @line: out
 *
 * current-speed is required; oht,parity, oht,stop-bits, oht,gap-char-bits, oht,inter-frame-us,
 * oht,de-setup-us and oht,de-hold-us have defaults. Reports a wrong one itself. Process context.
 *
 * Return: 0 or the errno that was reported.
 */
int oht_port_read_line(struct device *dev, struct oht_line *line);

/**
 * oht_port_set_timing() - compute the port's times, report by property name what is wrong
 * @port: with @dev set
 * @line: from oht_port_read_line()
 * @effective_millibps: what the divisor makes, milli-bit per second
 *
 * Return: 0 or the errno that was reported.
 */
int oht_port_set_timing(struct oht_port *port, const struct oht_line *line, u64 effective_millibps);

/* oht_timing_*_divisor() of some kind of UART. */
typedef int (*oht_port_choose_fn)(u32 clock_hz, u32 baud_bps, struct oht_divisor *divisor);

/**
 * oht_port_set_rate() - read the line's settings, choose the divisor, compute the port's times
 * @port: with @dev set
 * @clock_hz: what is divided, not 0
 * @choose: how a divisor is chosen for this kind of UART
 * @divisor: out
 * @line: out: as oht_port_read_line() found it
 *
 * Reports a wrong setting, or a rate that cannot be made, itself. Process context.
 *
 * Return: 0 or the errno that was reported.
 */
int oht_port_set_rate(struct oht_port *port, u32 clock_hz, oht_port_choose_fn choose,
		      struct oht_divisor *divisor, struct oht_line *line);

/**
 * oht_port_get_de() - claim the optional de-gpios line, driven low; or see oht,de-rts
 * @port: with @dev set; @de is filled, NULL if there is no such property
 * @rts: out: the UART's RTS output is the driver enable; NULL: this port cannot do that
 *
 * A line that can sleep is refused, and both at once. Process context.
 *
 * Return: 0 or the errno that was reported.
 */
int oht_port_get_de(struct oht_port *port, bool *rts);

/* oht_port_ops.set_de for a driver enable on a GPIO, or none. Any context, engine lock held. */
void oht_port_set_de(struct oht_port *port, bool on);

/**
 * struct oht_port_backend - one kind of UART
 * @kind: its name, becomes oht_port.kind
 * @probe: take over the UART of the device: registers, clocks, reset, DE line; not yet started.
 *	Process context, may sleep. What it makes is devm-managed; there is no counterpart. Every
 *	error has been reported with dev_err_probe() and names the property and its value.
 *	Return: 0 and the port with everything but @event and @kind set; -EPROBE_DEFER; -EINVAL,
 *	-ERANGE or -EDOM for a wrong property; another errno for a UART that cannot be had.
 */
struct oht_port_backend {
	const char *kind;
	int (*probe)(struct device *dev, struct oht_port **port);
};

/* Platform devices with compatible "oht,rs485-pl011" and "oht,rs485-16550". */
extern const struct oht_port_backend oht_port_pl011;
extern const struct oht_port_backend oht_port_16550;

#endif /* OHT_PORT_H */
