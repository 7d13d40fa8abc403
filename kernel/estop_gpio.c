// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lines and numbers of the emergency stop: reading the device tree, refusing what cannot be
 * used in a hard interrupt. Every refusal is one line that names the property.
 * Source: dts/bindings/oht,rs485.yaml.
 */
#include <linux/device.h>
#include <linux/interrupt.h>
#include <linux/ioport.h>
#include <linux/irq.h>
#include <linux/mm.h>
#include <linux/of.h>
#include <linux/property.h>
#include <dt-bindings/gpio/gpio.h>

#include "estop_internal.h"

#define OHT_GPIO_LINES_MAX	9
#define OHT_CUT_CELLS		4
#define OHT_STALL_PERIODS	2
#define OHT_STALL_MAX_US	1000000

struct oht_gpio_property {
	const char *name;
	int min;
	int max;
};

/* All lines of the device, also those of other rooms: no line may serve two purposes. */
static const struct oht_gpio_property oht_gpio_properties[] = {
	{ "estop-gpios", 1, OHT_ESTOP_CHANNELS_MAX },
	{ "enable-gpios", OHT_ESTOP_OUTPUTS, OHT_ESTOP_OUTPUTS },
	{ "enable-pulse-gpios", 0, 1 },
	{ "enable-feedback-gpios", 0, OHT_ESTOP_OUTPUTS },
	{ "reset-gpios", 0, 1 },
	{ "de-gpios", 0, 1 },
};

/* One line as the device tree names it; the last cell are the flags. */
struct oht_gpio_line {
	const char *name;
	int index;
	struct of_phandle_args args;
};

static bool oht_gpio_same_line(const struct of_phandle_args *a, const struct of_phandle_args *b)
{
	int i;

	if (a->np != b->np || a->args_count != b->args_count)
		return false;
	for (i = 0; i + 1 < a->args_count; i++)
		if (a->args[i] != b->args[i])
			return false;
	return true;
}

static int oht_gpio_check_line(struct device *dev, const struct oht_gpio_line *lines, int count)
{
	const struct oht_gpio_line *line = &lines[count];
	u32 flags = line->args.args[line->args.args_count - 1];
	int i;

	if (flags & GPIO_SINGLE_ENDED)
		return dev_err_probe(dev, -EINVAL,
				     "%s[%d]: open drain or open source is not allowed\n",
				     line->name, line->index);
	for (i = 0; i < count; i++)
		if (oht_gpio_same_line(&lines[i].args, &line->args))
			return dev_err_probe(dev, -EINVAL, "%s[%d]: same line as %s[%d]\n",
					     line->name, line->index, lines[i].name,
					     lines[i].index);
	return 0;
}

static int oht_gpio_parse_line(struct device *dev, struct oht_gpio_line *line)
{
	int ret;

	ret = of_parse_phandle_with_args(dev->of_node, line->name, "#gpio-cells", line->index,
					 &line->args);
	if (ret || !line->args.args_count)
		return dev_err_probe(dev, ret ?: -EINVAL, "%s[%d]: not a GPIO\n", line->name,
				     line->index);
	/* Compared by address only: the tree does not go away while we look at it. */
	of_node_put(line->args.np);
	return 0;
}

static int oht_gpio_check_property(struct device *dev, const struct oht_gpio_property *property,
				   struct oht_gpio_line *lines, int *used)
{
	int i, ret, count;

	count = of_count_phandle_with_args(dev->of_node, property->name, "#gpio-cells");
	if (count == -ENOENT)
		count = 0;
	if (count < 0)
		return dev_err_probe(dev, count, "%s: not a list of GPIO lines\n",
				     property->name);
	if (count < property->min || count > property->max)
		return dev_err_probe(dev, -EINVAL, "%s: %d lines, must be %d..%d\n",
				     property->name, count, property->min, property->max);
	for (i = 0; i < count; i++) {
		lines[*used].name = property->name;
		lines[*used].index = i;
		ret = oht_gpio_parse_line(dev, &lines[*used]);
		if (!ret)
			ret = oht_gpio_check_line(dev, lines, *used);
		if (ret)
			return ret;
		(*used)++;
	}
	return 0;
}

/* Checks that need no claimed line. */
static int oht_gpio_check_tree(struct device *dev)
{
	struct oht_gpio_line lines[OHT_GPIO_LINES_MAX];
	int i, ret, used = 0;

	for (i = 0; i < ARRAY_SIZE(oht_gpio_properties); i++) {
		ret = oht_gpio_check_property(dev, &oht_gpio_properties[i], lines, &used);
		if (ret)
			return ret;
	}
	return 0;
}

struct oht_estop_number {
	const char *name;
	u32 *value;
	u32 normal;
	u32 min;
	u32 max;
};

static int oht_estop_read_number(struct device *dev, const struct oht_estop_number *number)
{
	int ret;

	*number->value = number->normal;
	if (!device_property_present(dev, number->name))
		return 0;
	ret = device_property_read_u32(dev, number->name, number->value);
	if (ret)
		return dev_err_probe(dev, ret, "%s: not a number\n", number->name);
	if (*number->value < number->min || *number->value > number->max)
		return dev_err_probe(dev, -EINVAL, "%s: %u is out of range, must be %u..%u\n",
				     number->name, *number->value, number->min, number->max);
	return 0;
}

/* No shorter than what the supervision timer can be seen to keep. */
static int oht_estop_read_stall(struct device *dev, struct oht_estop_config *config)
{
	u32 shortest_us = OHT_STALL_PERIODS * config->supervision_period_us;
	const struct oht_estop_number number = {
		"oht,cpu-stall-us", &config->cpu_stall_us, shortest_us, shortest_us,
		OHT_STALL_MAX_US
	};

	return oht_estop_read_number(dev, &number);
}

static int oht_estop_read_config(struct device *dev, struct oht_estop_config *config)
{
	const struct oht_estop_number numbers[] = {
		{ "oht,deadman-default-ms", &config->deadman_default_ms, 100,
		  OHT_DEADMAN_MIN_MS, OHT_DEADMAN_MAX_MS },
		{ "oht,reset-stable-ms", &config->reset_stable_ms, 500, 10, 10000 },
		{ "oht,discrepancy-window-ms", &config->discrepancy_window_ms, 500, 10, 1000 },
		{ "oht,supervision-period-us", &config->supervision_period_us, 2000, 500, 10000 },
		{ "oht,feedback-settle-ms", &config->feedback_settle_ms, 50, 5, 1000 },
	};
	int i, ret;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		ret = oht_estop_read_number(dev, &numbers[i]);
		if (ret)
			return ret;
	}
	return oht_estop_read_stall(dev, config);
}

static int oht_estop_map_cut(struct device *dev, struct oht_estop_cut *cut, const u32 *cells)
{
	u64 address = (u64)cells[0] << 32 | cells[1];

	cut->mask = cells[2];
	cut->value = cells[3];
	if (!address || address % sizeof(u32) || (phys_addr_t)address != address)
		return dev_err_probe(dev, -EINVAL,
				     "oht,panic-write: %#llx is no register address\n", address);
	if (!cut->mask || (cut->value & ~cut->mask))
		return dev_err_probe(dev, -EINVAL,
				     "oht,panic-write: value %#x is not within mask %#x\n",
				     cut->value, cut->mask);
	if (region_intersects(address, sizeof(u32), IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE) !=
	    REGION_DISJOINT)
		return dev_err_probe(dev, -EINVAL,
				     "oht,panic-write: %#llx is memory, no register\n", address);
	/* The register is not claimed: it belongs to the GPIO driver, which has it mapped too. */
	cut->reg = devm_ioremap(dev, address, sizeof(u32));
	/* Not ENOMEM, for which newer kernels print no line. */
	if (!cut->reg)
		return dev_err_probe(dev, -EINVAL,
				     "oht,panic-write: %#llx cannot be mapped: beyond the bus?\n",
				     address);
	return 0;
}

static int oht_estop_read_cuts(struct oht_estop *estop)
{
	u32 cells[OHT_ESTOP_CUTS_MAX * OHT_CUT_CELLS];
	struct device *dev = estop->dev;
	int i, ret, count;

	if (!device_property_present(dev, "oht,panic-write"))
		return 0;
	count = device_property_count_u32(dev, "oht,panic-write");
	if (count <= 0 || count > ARRAY_SIZE(cells) || count % OHT_CUT_CELLS)
		return dev_err_probe(dev, -EINVAL,
				     "oht,panic-write: %d cells, must be 1..%d times <address-high address-low mask value>\n",
				     max(count, 0), OHT_ESTOP_CUTS_MAX);
	ret = device_property_read_u32_array(dev, "oht,panic-write", cells, count);
	if (ret)
		return dev_err_probe(dev, ret, "oht,panic-write: cannot be read\n");
	for (i = 0; i < count / OHT_CUT_CELLS; i++) {
		ret = oht_estop_map_cut(dev, &estop->cut[i], &cells[i * OHT_CUT_CELLS]);
		if (ret)
			return ret;
	}
	estop->cuts = i;
	return 0;
}

/* Claims one line; it is written in a hard interrupt, so its chip must not sleep. */
static int oht_estop_claim(struct device *dev, struct oht_gpio_line *line, enum gpiod_flags flags,
			   struct gpio_desc **gpio)
{
	*gpio = devm_gpiod_get_index(dev, line->name, line->index, flags);
	if (IS_ERR(*gpio))
		return dev_err_probe(dev, PTR_ERR(*gpio), "%s-gpios[%d]: cannot be claimed\n",
				     line->name, line->index);
	if (gpiod_cansleep(*gpio))
		return dev_err_probe(dev, -EINVAL, "%s-gpios[%d]: a GPIO that can sleep\n",
				     line->name, line->index);
	return 0;
}

static int oht_estop_claim_outputs(struct oht_estop *estop)
{
	bool low_allowed = device_property_read_bool(estop->dev, "oht,allow-active-low-enable");
	struct oht_gpio_line line = { .name = "enable" };
	int ret;

	for (; line.index < OHT_ESTOP_OUTPUTS; line.index++) {
		ret = oht_estop_claim(estop->dev, &line, GPIOD_OUT_LOW,
				      &estop->enable[line.index]);
		if (ret)
			return ret;
		/* An active-low enable is on when the board loses its supply or its driver. */
		if (gpiod_is_active_low(estop->enable[line.index]) && !low_allowed)
			return dev_err_probe(estop->dev, -EINVAL,
					     "enable-gpios[%d]: active low, needs oht,allow-active-low-enable\n",
					     line.index);
	}
	return 0;
}

static int oht_estop_claim_inputs(struct oht_estop *estop)
{
	struct oht_gpio_line line = { .name = "estop" };
	struct oht_estop_channel *channel;
	int ret;

	estop->channels = of_count_phandle_with_args(estop->dev->of_node, "estop-gpios",
						     "#gpio-cells");
	for (; line.index < estop->channels; line.index++) {
		channel = &estop->channel[line.index];
		channel->estop = estop;
		channel->input = OHT_INPUT_A << line.index;
		channel->cause = OHT_CAUSE_BUTTON_A + line.index;
		estop->all_closed |= channel->input;
		ret = oht_estop_claim(estop->dev, &line, GPIOD_IN, &channel->gpio);
		if (ret)
			return ret;
	}
	return 0;
}

/* One line alone is wired through the contacts of both outputs. */
static int oht_estop_claim_feedback(struct oht_estop *estop)
{
	struct oht_gpio_line line = { .name = "enable-feedback" };
	int count, ret;

	count = of_count_phandle_with_args(estop->dev->of_node, "enable-feedback-gpios",
					   "#gpio-cells");
	for (; line.index < count; line.index++) {
		estop->feedback[line.index].input = OHT_INPUT_FEEDBACK_1 << line.index;
		ret = oht_estop_claim(estop->dev, &line, GPIOD_IN,
				      &estop->feedback[line.index].gpio);
		if (ret)
			return ret;
	}
	if (line.index == 1)
		estop->feedback[0].input |= OHT_INPUT_FEEDBACK_2;
	estop->feedbacks = line.index;
	return 0;
}

/* Both of its levels mean the same to what it drives, so it may be active low. */
static int oht_estop_claim_pulse(struct oht_estop *estop)
{
	struct oht_gpio_line line = { .name = "enable-pulse" };

	if (!device_property_present(estop->dev, "enable-pulse-gpios"))
		return 0;
	return oht_estop_claim(estop->dev, &line, GPIOD_OUT_LOW, &estop->pulse);
}

static int oht_estop_claim_button(struct oht_estop *estop)
{
	struct oht_gpio_line line = { .name = "reset" };

	if (!device_property_present(estop->dev, "reset-gpios"))
		return 0;
	return oht_estop_claim(estop->dev, &line, GPIOD_IN, &estop->button.gpio);
}

int oht_estop_gpio_init(struct oht_estop *estop, struct device *dev)
{
	int ret;

	ret = oht_gpio_check_tree(dev);
	if (!ret)
		ret = oht_estop_read_config(dev, &estop->config);
	if (!ret)
		ret = oht_estop_read_cuts(estop);
	if (!ret)
		ret = oht_estop_require_init(estop);
	if (!ret)
		ret = oht_estop_claim_outputs(estop);
	if (!ret)
		ret = oht_estop_claim_pulse(estop);
	if (!ret)
		ret = oht_estop_claim_inputs(estop);
	if (!ret)
		ret = oht_estop_claim_feedback(estop);
	if (!ret)
		ret = oht_estop_claim_button(estop);
	return ret;
}

static int oht_estop_check_chip(struct oht_estop *estop, int index, int irq)
{
	struct irq_chip *chip = irq_get_chip(irq);

	if (!chip || !chip->irq_set_type)
		return dev_err_probe(estop->dev, -EINVAL,
				     "estop-gpios[%d]: no interrupt on both edges\n", index);
	if (chip->irq_bus_lock)
		return dev_err_probe(estop->dev, -EINVAL,
				     "estop-gpios[%d]: interrupt chip behind a bus\n", index);
	return 0;
}

static int oht_estop_watch_channel(struct oht_estop *estop, int index)
{
	struct oht_estop_channel *channel = &estop->channel[index];
	int ret, irq = gpiod_to_irq(channel->gpio);

	if (irq < 0)
		return dev_err_probe(estop->dev, irq, "estop-gpios[%d]: no interrupt\n", index);
	ret = oht_estop_check_chip(estop, index, irq);
	if (ret)
		return ret;
	/* Nested threads are refused here as well: there is no thread function. */
	ret = request_irq(irq, oht_estop_edge,
			  IRQF_TRIGGER_RISING | IRQF_TRIGGER_FALLING | IRQF_NO_THREAD,
			  index ? "oht-estop-b" : "oht-estop-a", channel);
	if (ret)
		return dev_err_probe(estop->dev, ret,
				     "estop-gpios[%d]: no hard interrupt on both edges\n", index);
	channel->irq = irq;
	if (irq_get_trigger_type(irq) == IRQ_TYPE_EDGE_BOTH)
		return 0;
	free_irq(irq, channel);
	return dev_err_probe(estop->dev, -EINVAL, "estop-gpios[%d]: no interrupt on both edges\n",
			     index);
}

/*
 * The bank may have kept an edge from before we came, of one channel only. It has stopped the
 * machine, but is no channel that has opened alone.
 */
static void oht_estop_forget_edges(struct oht_estop *estop)
{
	unsigned long flags = oht_estop_lock(estop);

	oht_agree_forget(&estop->agree);
	oht_estop_unlock(estop, flags);
}

int oht_estop_gpio_watch(struct oht_estop *estop)
{
	unsigned int i;
	int ret;

	for (i = 0; i < estop->channels; i++) {
		ret = oht_estop_watch_channel(estop, i);
		if (ret) {
			oht_estop_gpio_unwatch(estop, i);
			return ret;
		}
	}
	oht_estop_forget_edges(estop);
	return 0;
}

void oht_estop_gpio_unwatch(struct oht_estop *estop, unsigned int channels)
{
	while (channels--)
		free_irq(estop->channel[channels].irq, &estop->channel[channels]);
}
