// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test only: a GPIO controller whose interrupts are handled in a thread, as one whose own interrupt
 * was forced into a thread. All of its lines read high until the parameter `press` is 1; whoever
 * writes that is the thread.
 */
#include <linux/gpio/driver.h>
#include <linux/irqdomain.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/platform_device.h>

#define LINES	2

static struct gpio_chip thread_chip;
static bool thread_pressed;

static int thread_get(struct gpio_chip *chip, unsigned int line)
{
	return !READ_ONCE(thread_pressed);
}

static int thread_get_direction(struct gpio_chip *chip, unsigned int line)
{
	return GPIO_LINE_DIRECTION_IN;
}

static int thread_direction_input(struct gpio_chip *chip, unsigned int line)
{
	return 0;
}

static void thread_irq_mask(struct irq_data *data)
{
	gpiochip_disable_irq(irq_data_get_irq_chip_data(data), irqd_to_hwirq(data));
}

static void thread_irq_unmask(struct irq_data *data)
{
	gpiochip_enable_irq(irq_data_get_irq_chip_data(data), irqd_to_hwirq(data));
}

static int thread_irq_set_type(struct irq_data *data, unsigned int type)
{
	return 0;
}

static const struct irq_chip thread_irq_chip = {
	.name = "oht-thread",
	.irq_mask = thread_irq_mask,
	.irq_unmask = thread_irq_unmask,
	.irq_set_type = thread_irq_set_type,
	.flags = IRQCHIP_IMMUTABLE,
	GPIOCHIP_IRQ_RESOURCE_HELPERS,
};

static int thread_press(const char *value, const struct kernel_param *param)
{
	bool pressed;
	int line, ret;

	ret = kstrtobool(value, &pressed);
	if (ret)
		return ret;
	if (!thread_chip.irq.domain)
		return -ENODEV;
	WRITE_ONCE(thread_pressed, pressed);
	for (line = 0; line < LINES; line++)
		generic_handle_domain_irq_safe(thread_chip.irq.domain, line);
	return 0;
}

static const struct kernel_param_ops thread_press_ops = {
	.set = thread_press,
};

module_param_cb(press, &thread_press_ops, NULL, 0200);
MODULE_PARM_DESC(press, "open (1) or close (0) what is on all lines");

static int thread_probe(struct platform_device *pdev)
{
	struct gpio_irq_chip *irq = &thread_chip.irq;

	thread_chip = (struct gpio_chip) {
		.label = "oht-thread",
		.parent = &pdev->dev,
		.owner = THIS_MODULE,
		.base = -1,
		.ngpio = LINES,
		.get = thread_get,
		.get_direction = thread_get_direction,
		.direction_input = thread_direction_input,
	};
	gpio_irq_chip_set_chip(irq, &thread_irq_chip);
	irq->handler = handle_simple_irq;
	irq->default_type = IRQ_TYPE_NONE;
	return devm_gpiochip_add_data(&pdev->dev, &thread_chip, NULL);
}

static const struct of_device_id thread_matches[] = {
	{ .compatible = "oht,thread-gpio" },
	{ }
};
MODULE_DEVICE_TABLE(of, thread_matches);

static struct platform_driver thread_driver = {
	.probe = thread_probe,
	.driver = {
		.name = "oht_thread",
		.of_match_table = thread_matches,
		.suppress_bind_attrs = true,
	},
};
module_platform_driver(thread_driver);

MODULE_DESCRIPTION("A button whose interrupts are handled in a thread, for the tests of oht");
MODULE_AUTHOR("The oht developers");
MODULE_LICENSE("GPL");
