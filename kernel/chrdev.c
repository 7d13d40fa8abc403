// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/oht%d: a stream of whole records. Source: include/uapi/linux/oht.h.
 *
 * The device may go while descriptors are open: then read() gives what is left and ends, poll()
 * says EPOLLHUP, and every ioctl is ENODEV.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/uaccess.h>

#include "chrdev.h"
#include "file.h"
#include "ioctl.h"

static int oht_chrdev_open(struct inode *inode, struct file *filp)
{
	struct oht_device *oht = container_of(inode->i_cdev, struct oht_device, cdev);
	struct oht_file *file;
	int ret = 0;

	down_read(&oht->life);
	if (oht->gone) {
		ret = -ENODEV;
		goto unlock;
	}
	file = oht_file_create(oht, filp->f_mode & FMODE_WRITE);
	if (IS_ERR(file)) {
		ret = PTR_ERR(file);
		goto unlock;
	}
	filp->private_data = file;
	stream_open(inode, filp);
unlock:
	up_read(&oht->life);
	return ret;
}

static int oht_chrdev_release(struct inode *inode, struct file *filp)
{
	struct oht_file *file = filp->private_data;
	struct oht_device *oht = file->oht;

	/* The stop comes first: the controller may just have died. */
	down_read(&oht->life);
	if (!oht->gone)
		oht_estop_forget(&oht->estop, file);
	up_read(&oht->life);
	oht_file_destroy(file);
	return 0;
}

/* No record comes any more, but those that are there already. */
static bool oht_chrdev_ended(const struct oht_file *file)
{
	/* Pairs with oht_core_wake_all(). */
	return smp_load_acquire(&file->oht->ended);
}

/* Copies whole records as long as there are some and room for them. Bytes, or -EFAULT. */
static ssize_t oht_chrdev_copy(struct oht_file *file, char __user *buffer, size_t count)
{
	struct oht_record *record = &file->record;
	ssize_t copied = 0;

	mutex_lock(&file->mutex);
	while (count - copied >= sizeof(*record) && oht_file_peek(file, record)) {
		/* A record that cannot be copied stays queued. */
		if (copy_to_user(buffer + copied, record, sizeof(*record))) {
			copied = copied ?: -EFAULT;
			break;
		}
		oht_file_reap(file, record);
		copied += sizeof(*record);
	}
	mutex_unlock(&file->mutex);
	return copied;
}

static ssize_t oht_chrdev_read(struct file *filp, char __user *buffer, size_t count, loff_t *pos)
{
	struct oht_file *file = filp->private_data;
	ssize_t copied;
	bool ended;
	int ret;

	if (count < sizeof(struct oht_record))
		return -EINVAL;
	for (;;) {
		/* Read before the records: the last ones are made before it is set. */
		ended = oht_chrdev_ended(file);
		copied = oht_chrdev_copy(file, buffer, min_t(size_t, count, INT_MAX));
		if (copied || ended)
			return copied;
		if (filp->f_flags & O_NONBLOCK)
			return -EAGAIN;
		ret = wait_event_interruptible(file->listener.wait,
					       oht_file_ready(file) || oht_chrdev_ended(file));
		if (ret)
			return ret;
	}
}

static __poll_t oht_chrdev_poll(struct file *filp, poll_table *wait)
{
	struct oht_file *file = filp->private_data;
	__poll_t mask = 0;

	poll_wait(filp, &file->listener.wait, wait);
	if (oht_chrdev_ended(file))
		mask |= EPOLLHUP | EPOLLERR;
	return mask | oht_file_ready(file);
}

static long oht_chrdev_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	return oht_ioctl_execute(filp->private_data, cmd, (void __user *)arg);
}

/* The image lives as long as the device object, and this descriptor keeps that alive. */
static int oht_chrdev_mmap(struct file *filp, struct vm_area_struct *vma)
{
	struct oht_file *file = filp->private_data;

	if (READ_ONCE(file->oht->gone))
		return -ENODEV;
	if (!oht_core_has_bus(file->oht))
		return -EOPNOTSUPP;
	return oht_image_map(oht_run_cycle(file->oht->run)->image, vma);
}

const struct file_operations oht_chrdev_fops = {
	.owner = THIS_MODULE,
	.open = oht_chrdev_open,
	.release = oht_chrdev_release,
	.read = oht_chrdev_read,
	.poll = oht_chrdev_poll,
	.mmap = oht_chrdev_mmap,
	.unlocked_ioctl = oht_chrdev_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
