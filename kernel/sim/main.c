// SPDX-License-Identifier: GPL-2.0-only
/*
 * oht_sim: a platform device "oht,rs485-sim" gets the engine of oht.ko, and a wire in software.
 *
 * Settings are module parameters (of all slaves, or lists in the order of their units from 2 on);
 * what the observer saw is debugfs oht_sim/results, and writing there begins anew. Lines written to
 * oht_sim/registers, one at a time, give the slaves other registers, until something begins anew.
 */
#include <linux/debugfs.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "../bind.h"
#include "../compat.h"
#include "sim.h"

#define OHT_SIM_LINE_BYTES	64

struct oht_sim_settings oht_sim_settings = {
	.level = 1,
	.seed = 1,
	.turnaround_ns = { [0 ... OHT_SIM_SLAVES - 1] = 1750000 },
	.every = 1,
	.late_ns = 100000000,
	.babble_ns = 1000000000,
	.flip_bit = -1,
	.stop_address = -1,
	.motion_address = -1,
};

module_param_named(coarse, oht_sim_settings.coarse, bool, 0600);
MODULE_PARM_DESC(coarse, "an event per frame instead of one per character");
module_param_named(level, oht_sim_settings.level, uint, 0600);
MODULE_PARM_DESC(level, "characters in the receiver that raise its interrupt, 1..14; fewer do after 32 bits");
module_param_named(echo, oht_sim_settings.echo, bool, 0600);
MODULE_PARM_DESC(echo, "our own characters are heard again");
module_param_named(seed, oht_sim_settings.seed, uint, 0600);
MODULE_PARM_DESC(seed, "of everything random; taken when the counters are reset");
module_param_named(faults, oht_sim_settings.faults, uint, 0600);
MODULE_PARM_DESC(faults, "mask of what may become of an answer, see sim.h");
module_param_named(every, oht_sim_settings.every, uint, 0600);
MODULE_PARM_DESC(every, "that happens to one answer of so many");
module_param_named(unit, oht_sim_settings.unit, uint, 0600);
MODULE_PARM_DESC(unit, "and only to those of this unit; 0: of any");
module_param_named(late_ns, oht_sim_settings.late_ns, uint, 0600);
MODULE_PARM_DESC(late_ns, "how much later a late answer comes");
module_param_named(babble_ns, oht_sim_settings.babble_ns, uint, 0600);
MODULE_PARM_DESC(babble_ns, "how long babble lasts");
module_param_named(flip_bit, oht_sim_settings.flip_bit, int, 0600);
MODULE_PARM_DESC(flip_bit, "which bit is flipped, 9 to a character; -1: any");
module_param_array_named(ppm, oht_sim_settings.ppm, int, NULL, 0600);
MODULE_PARM_DESC(ppm, "how fast each slave's clock runs, -50000..50000");
module_param_array_named(turnaround_ns, oht_sim_settings.turnaround_ns, uint, NULL, 0600);
MODULE_PARM_DESC(turnaround_ns, "silence of each slave before its answer");

module_param_named(grid_origin_ns, oht_sim_settings.grid_origin_ns, ullong, 0600);
MODULE_PARM_DESC(grid_origin_ns, "a point of the grid that cycles should begin on");
module_param_named(grid_ns, oht_sim_settings.grid_ns, ullong, 0600);
MODULE_PARM_DESC(grid_ns, "its period; 0: cycles are not judged");
module_param_named(grid_unit, oht_sim_settings.grid_unit, uint, 0600);
MODULE_PARM_DESC(grid_unit, "the unit whose first request begins a cycle");

module_param_named(pause_ns, oht_sim_settings.pause_ns, uint, 0600);
MODULE_PARM_DESC(pause_ns, "silence between the characters of an answer");
module_param_named(pause_unit, oht_sim_settings.pause_unit, uint, 0600);
MODULE_PARM_DESC(pause_unit, "the unit whose answers have it; 0: none");
module_param_named(stop_address, oht_sim_settings.stop_address, int, 0600);
MODULE_PARM_DESC(stop_address, "the register that a stop telegram writes, -1: none");
module_param_named(motion_address, oht_sim_settings.motion_address, int, 0600);
MODULE_PARM_DESC(motion_address, "the register that moves, not to be written behind a stop, -1: none");
module_param_named(stopped, oht_sim_settings.stopped, bool, 0600);
MODULE_PARM_DESC(stopped, "a stop telegram has been heard; write N before the machine may move again");

/* One wire; written by probe and remove under the device's lock. */
static struct oht_sim_wire *oht_sim_wire;
static struct dentry *oht_sim_debug;
static bool oht_sim_leaving;

static int oht_sim_results_show(struct seq_file *s, void *unused)
{
	oht_sim_show(s->private, s);
	return 0;
}

static int oht_sim_results_open(struct inode *inode, struct file *file)
{
	return single_open(file, oht_sim_results_show, inode->i_private);
}

static ssize_t oht_sim_results_write(struct file *file, const char __user *user, size_t bytes,
				     loff_t *pos)
{
	struct oht_sim_wire *w = file_inode(file)->i_private;
	unsigned long flags;

	raw_spin_lock_irqsave(&w->lock, flags);
	oht_sim_forget(w);
	oht_sim_slaves_reset(w);
	raw_spin_unlock_irqrestore(&w->lock, flags);
	return bytes;
}

static const struct file_operations oht_sim_results_fops = {
	.owner = THIS_MODULE,
	.open = oht_sim_results_open,
	.read = seq_read,
	.write = oht_sim_results_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static ssize_t oht_sim_registers_write(struct file *file, const char __user *user, size_t bytes,
				       loff_t *pos)
{
	struct oht_sim_wire *w = file_inode(file)->i_private;
	unsigned long flags;
	char *line;
	int err;

	if (bytes > OHT_SIM_LINE_BYTES)
		return -EINVAL;
	line = memdup_user_nul(user, bytes);
	if (IS_ERR(line))
		return PTR_ERR(line);
	raw_spin_lock_irqsave(&w->lock, flags);
	err = oht_sim_slaves_set(w, line);
	raw_spin_unlock_irqrestore(&w->lock, flags);
	kfree(line);
	return err ?: bytes;
}

static const struct file_operations oht_sim_registers_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = oht_sim_registers_write,
};

static int oht_sim_backend_probe(struct device *dev, struct oht_port **port)
{
	int err = oht_sim_port_init(oht_sim_wire, dev);

	if (err)
		return err;
	oht_sim_slaves_reset(oht_sim_wire);
	*port = &oht_sim_wire->port;
	return 0;
}

static const struct oht_port_backend oht_sim_backend = {
	.kind = "sim",
	.probe = oht_sim_backend_probe,
};

static void oht_sim_free(void)
{
	kvfree(oht_sim_wire);
	oht_sim_wire = NULL;
}

static int oht_sim_probe(struct platform_device *pdev)
{
	int err;

	if (oht_sim_wire)
		return dev_err_probe(&pdev->dev, -EBUSY, "there is one wire, and it is taken\n");
	oht_sim_wire = kvzalloc(sizeof(*oht_sim_wire), GFP_KERNEL);
	if (!oht_sim_wire)
		return -ENOMEM;
	err = oht_bind_attach(&pdev->dev, &oht_sim_backend);
	if (err)
		goto free;
	err = oht_sim_tty_add(oht_sim_wire);
	if (err)
		goto detach;
	oht_sim_debug = debugfs_create_dir("oht_sim", NULL);
	debugfs_create_file("results", 0600, oht_sim_debug, oht_sim_wire, &oht_sim_results_fops);
	debugfs_create_file("registers", 0200, oht_sim_debug, oht_sim_wire,
			    &oht_sim_registers_fops);
	return 0;

detach:
	oht_bind_detach(&pdev->dev, false);
free:
	oht_sim_free();
	return err;
}

static void oht_sim_unbind(struct platform_device *pdev)
{
	debugfs_remove(oht_sim_debug);
	oht_sim_tty_remove(oht_sim_wire);
	oht_bind_detach(&pdev->dev, oht_sim_leaving);
	hrtimer_cancel(&oht_sim_wire->timer);
	oht_sim_free();
}

OHT_PLATFORM_REMOVE(oht_sim_remove, oht_sim_unbind)

static void oht_sim_shutdown(struct platform_device *pdev)
{
	oht_bind_shutdown(&pdev->dev);
}

static const struct of_device_id oht_sim_matches[] = {
	{ .compatible = "oht,rs485-sim" },
	{ }
};
MODULE_DEVICE_TABLE(of, oht_sim_matches);

static struct platform_driver oht_sim_driver = {
	.probe = oht_sim_probe,
	.remove = oht_sim_remove,
	.shutdown = oht_sim_shutdown,
	.driver = {
		.name = "oht_sim",
		.of_match_table = oht_sim_matches,
		.pm = pm_sleep_ptr(&oht_bind_pm_ops),
	},
};

static int __init oht_sim_init(void)
{
	return platform_driver_register(&oht_sim_driver);
}
module_init(oht_sim_init);

static void __exit oht_sim_exit(void)
{
	oht_sim_leaving = true;
	platform_driver_unregister(&oht_sim_driver);
}
module_exit(oht_sim_exit);

MODULE_DESCRIPTION("RS485 wire in software with slaves and an observer, for tests of oht");
MODULE_AUTHOR("The oht developers");
MODULE_LICENSE("GPL");
OHT_IMPORT();
