// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rate of a UART whose divisor is ours. Not in port.c: the tests put a fake in the place of
 * that file, and run this one.
 */
#include <linux/device.h>
#include "port.h"

int oht_port_set_rate(struct oht_port *port, u32 clock_hz, oht_port_choose_fn choose,
		      struct oht_divisor *divisor, struct oht_line *line)
{
	int err = oht_port_read_line(port->dev, line);

	if (err)
		return err;
	if (!line->baud_bps)
		return dev_err_probe(port->dev, -ERANGE,
				     "current-speed: 0 is out of its range\n");
	err = choose(clock_hz, line->baud_bps, divisor);
	if (err)
		return dev_err_probe(port->dev, err,
				     "current-speed: %u cannot be made from %u Hz\n",
				     line->baud_bps, clock_hz);
	return oht_port_set_timing(port, line, divisor->effective_millibps);
}
