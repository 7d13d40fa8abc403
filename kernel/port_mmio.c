// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bits.h>
#include <linux/clk.h>
#include <linux/device.h>
#include <linux/io.h>
#include <linux/iopoll.h>
#include <linux/ioport.h>
#include <linux/irq.h>
#include <linux/mm.h>
#include <linux/platform_device.h>
#include <linux/property.h>
#include <linux/reset.h>
#include <linux/string.h>
#include "port_mmio.h"

#define OHT_MMIO_POLL_US	100
#define OHT_MMIO_WAIT_US	20000

u32 oht_mmio_read(const struct oht_mmio *io, unsigned int offset)
{
	switch (io->width_bytes) {
	case 1:
		return readb_relaxed(io->base + offset);
	case 2:
		return readw_relaxed(io->base + offset);
	default:
		return readl_relaxed(io->base + offset);
	}
}

void oht_mmio_write(const struct oht_mmio *io, unsigned int offset, u32 value)
{
	switch (io->width_bytes) {
	case 1:
		writeb_relaxed(value, io->base + offset);
		break;
	case 2:
		writew_relaxed(value, io->base + offset);
		break;
	default:
		writel_relaxed(value, io->base + offset);
		break;
	}
}

bool oht_mmio_wait(const struct oht_mmio *io, unsigned int offset, u32 mask, u32 want)
{
	u32 value;

	return !read_poll_timeout(oht_mmio_read, value, (value & mask) == want, OHT_MMIO_POLL_US,
				  OHT_MMIO_WAIT_US, false, io, offset);
}

static int oht_mmio_read_shift(struct oht_mmio *io)
{
	io->shift = 0;
	device_property_read_u32(io->dev, "reg-shift", &io->shift);
	if (io->shift <= 2)
		return 0;
	return dev_err_probe(io->dev, -EINVAL, "reg-shift: %u is not 0, 1 or 2\n", io->shift);
}

static int oht_mmio_read_width(struct oht_mmio *io, u32 widths_bytes)
{
	u32 least_bytes = __ffs(widths_bytes);
	u32 most_bytes = __fls(widths_bytes);

	io->width_bytes = least_bytes;
	device_property_read_u32(io->dev, "reg-io-width", &io->width_bytes);
	if (io->width_bytes == least_bytes || io->width_bytes == most_bytes)
		return 0;
	return dev_err_probe(io->dev, -EINVAL, "reg-io-width: %u is not %u or %u\n",
			     io->width_bytes, least_bytes, most_bytes);
}

static void oht_mmio_assert_reset(void *reset)
{
	reset_control_assert(reset);
}

static int oht_mmio_release_reset(struct device *dev)
{
	struct reset_control *reset = devm_reset_control_get_optional_exclusive(dev, NULL);
	int err;

	if (IS_ERR(reset))
		return dev_err_probe(dev, PTR_ERR(reset), "resets: cannot be had\n");
	err = reset_control_deassert(reset);
	if (err)
		return dev_err_probe(dev, err, "resets: cannot be released\n");
	return devm_add_action_or_reset(dev, oht_mmio_assert_reset, reset);
}

/*
 * A range that cannot be had is a mistake in the tree. devm_ioremap_resource() would add a line
 * that names no property, and arm64 a backtrace if it is memory.
 */
static int oht_mmio_map_registers(struct oht_mmio *io)
{
	struct platform_device *pdev = to_platform_device(io->dev);
	struct resource *reg = platform_get_resource(pdev, IORESOURCE_MEM, 0);

	if (!reg || !resource_size(reg))
		return dev_err_probe(io->dev, -EINVAL, "reg: missing, or without a length\n");
	io->size_bytes = resource_size(reg);
	if (region_intersects(reg->start, io->size_bytes, IORESOURCE_SYSTEM_RAM,
			      IORES_DESC_NONE) != REGION_DISJOINT)
		return dev_err_probe(io->dev, -EINVAL, "reg: %pR is memory, no register\n", reg);
	if (!devm_request_mem_region(io->dev, reg->start, io->size_bytes, dev_name(io->dev)))
		return dev_err_probe(io->dev, -EINVAL, "reg: %pR is in use by another device\n",
				     reg);
	io->base = devm_ioremap(io->dev, reg->start, io->size_bytes);
	if (!io->base)
		return dev_err_probe(io->dev, -EINVAL,
				     "reg: %pR cannot be mapped: beyond the bus?\n", reg);
	return 0;
}

int oht_mmio_map(struct oht_mmio *io, struct device *dev, u32 widths_bytes)
{
	int err;

	io->dev = dev;
	err = oht_mmio_read_width(io, widths_bytes);
	if (!err)
		err = oht_mmio_read_shift(io);
	if (!err)
		err = oht_mmio_map_registers(io);
	if (err)
		return err;
	io->irq = platform_get_irq_optional(to_platform_device(dev), 0);
	if (io->irq == -ENXIO)
		return dev_err_probe(dev, io->irq, "interrupts: none\n");
	if (io->irq < 0)
		return dev_err_probe(dev, io->irq, "interrupts: cannot be had\n");
	return oht_mmio_release_reset(dev);
}

int oht_mmio_clock(struct device *dev, const char *name, u32 *clock_hz)
{
	struct clk *clk = devm_clk_get_optional_enabled(dev, name);

	if (IS_ERR(clk))
		return dev_err_probe(dev, PTR_ERR(clk), "clocks: %s cannot be had\n",
				     name ?: "the first one");
	if (clock_hz)
		*clock_hz = clk_get_rate(clk);
	return 0;
}

/* The other users of the line, for a message: names are constant while their owner is there. */
static void oht_mmio_other_user(int irq, char *name, size_t bytes)
{
	struct irq_desc *desc = irq_data_to_desc(irq_get_irq_data(irq));
	unsigned long flags;

	raw_spin_lock_irqsave(&desc->lock, flags);
	strscpy(name, desc->action && desc->action->name ? desc->action->name : "somebody", bytes);
	raw_spin_unlock_irqrestore(&desc->lock, flags);
}

int oht_mmio_request_irq(const struct oht_mmio *io, irq_handler_t handler, void *context)
{
	char other[32];
	int err;

	err = request_irq(io->irq, handler, IRQF_NO_THREAD | IRQF_SHARED | IRQF_PROBE_SHARED,
			  dev_name(io->dev), context);
	if (err == -EBUSY) {
		oht_mmio_other_user(io->irq, other, sizeof(other));
		return dev_err_probe(io->dev, err,
				     "interrupts: %d cannot be shared with %s: threaded, or another trigger\n",
				     io->irq, other);
	}
	if (err)
		return dev_err_probe(io->dev, err, "interrupts: %d cannot be claimed\n", io->irq);
	return 0;
}

void oht_mmio_free_irq(const struct oht_mmio *io, void *context)
{
	free_irq(io->irq, context);
}
