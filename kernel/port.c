// SPDX-License-Identifier: GPL-2.0-only
#include <linux/device.h>
#include <linux/export.h>
#include <linux/gpio/consumer.h>
#include <linux/property.h>
#include <linux/string.h>
#include "compat.h"
#include "port.h"

/* Where each number of struct oht_line comes from. */
struct oht_port_property {
	const char *member;
	const char *name;
	size_t offset;
	u32 fallback;
};

#define OHT_LINE(member_, name_, fallback_) \
	{ #member_, name_, offsetof(struct oht_line, member_), fallback_ }

static const struct oht_port_property oht_port_properties[] = {
	OHT_LINE(baud_bps, "current-speed", 0),
	OHT_LINE(stop_bits, "oht,stop-bits", 1),
	OHT_LINE(gap_char_bits, "oht,gap-char-bits", OHT_GAP_CHAR_BITS_DEFAULT),
	OHT_LINE(inter_frame_us, "oht,inter-frame-us", 0),
	OHT_LINE(de_setup_us, "oht,de-setup-us", 0),
	OHT_LINE(de_hold_us, "oht,de-hold-us", 0),
};

static const char * const oht_port_parities[] = {
	[OHT_PARITY_NONE] = "none",
	[OHT_PARITY_EVEN] = "even",
	[OHT_PARITY_ODD] = "odd",
};

static u32 *oht_port_member(const struct oht_line *line, const struct oht_port_property *p)
{
	return (u32 *)((u8 *)line + p->offset);
}

static int oht_port_read_parity(struct device *dev, struct oht_line *line)
{
	const char *text;
	int err, found;

	line->parity = OHT_PARITY_NONE;
	if (!device_property_present(dev, "oht,parity"))
		return 0;
	err = device_property_read_string(dev, "oht,parity", &text);
	if (err)
		return dev_err_probe(dev, err, "oht,parity: not a string\n");
	found = match_string(oht_port_parities, ARRAY_SIZE(oht_port_parities), text);
	if (found < 0)
		return dev_err_probe(dev, -EINVAL,
				     "oht,parity: \"%s\" is not none, even or odd\n", text);
	line->parity = found;
	return 0;
}

int oht_port_read_line(struct device *dev, struct oht_line *line)
{
	const struct oht_port_property *p;
	unsigned int i;
	int err;

	if (!device_property_present(dev, "current-speed"))
		return dev_err_probe(dev, -EINVAL, "current-speed: missing\n");
	for (i = 0; i < ARRAY_SIZE(oht_port_properties); i++) {
		p = &oht_port_properties[i];
		*oht_port_member(line, p) = p->fallback;
		if (!device_property_present(dev, p->name))
			continue;
		err = device_property_read_u32(dev, p->name, oht_port_member(line, p));
		if (err)
			return dev_err_probe(dev, err, "%s: not one 32-bit number\n", p->name);
	}
	return oht_port_read_parity(dev, line);
}
EXPORT_SYMBOL_OHT(oht_port_read_line);

int oht_port_set_timing(struct oht_port *port, const struct oht_line *line, u64 effective_millibps)
{
	const struct oht_port_property *p;
	const char *what;
	unsigned int i;
	int err;

	err = oht_timing_init(&port->timing, line, effective_millibps, &what);
	if (!err)
		return 0;
	for (i = 0; i < ARRAY_SIZE(oht_port_properties); i++) {
		p = &oht_port_properties[i];
		if (strcmp(p->member, what))
			continue;
		return dev_err_probe(port->dev, err, "%s: %u is out of its range\n", p->name,
				     *oht_port_member(line, p));
	}
	return dev_err_probe(port->dev, err, "line settings: %s is out of its range\n", what);
}
EXPORT_SYMBOL_OHT(oht_port_set_timing);

int oht_port_get_de(struct oht_port *port, bool *rts)
{
	struct gpio_desc *de;

	de = devm_gpiod_get_optional(port->dev, "de", GPIOD_OUT_LOW);
	if (IS_ERR(de))
		return dev_err_probe(port->dev, PTR_ERR(de), "de-gpios: cannot be claimed\n");
	if (de && gpiod_cansleep(de))
		return dev_err_probe(port->dev, -EINVAL,
				     "de-gpios: line can sleep, an interrupt cannot switch it\n");
	port->de = de;
	if (rts)
		*rts = false;
	if (!device_property_read_bool(port->dev, "oht,de-rts"))
		return 0;
	if (!rts)
		return dev_err_probe(port->dev, -EINVAL, "oht,de-rts: no such output here\n");
	if (de)
		return dev_err_probe(port->dev, -EINVAL,
				     "oht,de-rts and de-gpios exclude each other\n");
	*rts = true;
	return 0;
}
EXPORT_SYMBOL_OHT(oht_port_get_de);

void oht_port_set_de(struct oht_port *port, bool on)
{
	gpiod_set_value(port->de, on);
}
EXPORT_SYMBOL_OHT(oht_port_set_de);
