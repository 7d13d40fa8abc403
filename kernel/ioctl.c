// SPDX-License-Identifier: GPL-2.0-only
/*
 * One table, one dispatcher. Source: kernel.md, User-space contract; pattern of iommufd.
 */
#include <linux/build_bug.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "ioctl.h"
#include "timing.h"

#define OHT_RETRIES_MAX		10
#define OHT_WRITE_WORDS_MAX	123

/* The contract: what a program was compiled with must stay true. */
static_assert(sizeof(struct oht_info) == 128);
static_assert(offsetof(struct oht_info, baud_effective_mbps) == 56);
static_assert(sizeof(struct oht_transfer) == 40);
static_assert(offsetof(struct oht_transfer, words) == 32);
static_assert(sizeof(struct oht_cancel) == 16);
static_assert(sizeof(struct oht_estop_status) == 88);
static_assert(offsetof(struct oht_estop_status, since_ns) == 40);
static_assert(sizeof(struct oht_command) == 32);
static_assert(sizeof(struct oht_control) == 16);
static_assert(sizeof(struct oht_subscribe) == 8);
static_assert(sizeof(struct oht_telegram) == 32);
static_assert(offsetof(struct oht_telegram, words) == 16);
static_assert(sizeof(struct oht_telegrams) == 272);
static_assert(sizeof(struct oht_telegram_result) == 24);
static_assert(sizeof(struct oht_telegram_status) == 224);
static_assert(offsetof(struct oht_telegram_status, results) == 32);
static_assert(sizeof(struct oht_completion) == 280);
static_assert(offsetof(struct oht_completion, words) == 24);
static_assert(sizeof(struct oht_safety_record) == 56);
static_assert(sizeof(struct oht_record) == 320);
static_assert(offsetof(struct oht_record, completion) == 24);
static_assert(sizeof_field(struct oht_record, reserved) >= sizeof(struct oht_completion));

union oht_ioctl_arg {
	u32 size;
	struct oht_info info;
	struct oht_transfer transfer;
	struct oht_cancel cancel;
	struct oht_subscribe subscribe;
	struct oht_estop_status status;
	struct oht_command command;
	struct oht_control control;
	struct oht_telegrams telegrams;
	struct oht_telegram_status telegram_status;
};

static u64 oht_ioctl_caps(const struct oht_device *oht)
{
	u64 caps = OHT_CAP_ESTOP;

	if (oht->estop.channels > 1)
		caps |= OHT_CAP_CHANNEL_B;
	if (oht_core_has_bus(oht))
		caps |= OHT_CAP_BUS | oht->port_caps;
	return caps;
}

static int oht_ioctl_info(struct oht_file *file, union oht_ioctl_arg *arg)
{
	const struct oht_device *oht = file->oht;
	const struct oht_estop_config *config = &oht->estop.config;
	const struct oht_timing *timing = &oht->timing;
	struct oht_info *info = &arg->info;

	memset(info, 0, sizeof(*info));
	info->abi_version = OHT_ABI_VERSION;
	info->caps = oht_ioctl_caps(oht);
	memcpy(info->port, oht->port_kind, sizeof(info->port));
	info->baud_bps = timing->baud_bps;
	info->char_bits = timing->char_bits;
	info->baud_effective_mbps = timing->baud_effective_mbps;
	info->parity = timing->parity;
	info->stop_bits = timing->stop_bits;
	info->char_ns = timing->char_ns;
	info->t15_ns = timing->t15_ns;
	info->t35_ns = timing->t35_ns;
	info->turnaround_max_us = OHT_TURNAROUND_MAX_US;
	info->deadman_min_ms = OHT_DEADMAN_MIN_MS;
	info->deadman_max_ms = OHT_DEADMAN_MAX_MS;
	info->deadman_default_ms = config->deadman_default_ms;
	info->supervision_period_us = config->supervision_period_us;
	info->reset_stable_ms = config->reset_stable_ms;
	info->discrepancy_window_ms = config->discrepancy_window_ms;
	return 0;
}

static bool oht_ioctl_is_write(const struct oht_transfer *transfer)
{
	return transfer->function == OHT_FC_WRITE_REGISTER ||
	       transfer->function == OHT_FC_WRITE_REGISTERS;
}

/* Most registers that one request of this function carries, 0: unknown function. */
static unsigned int oht_ioctl_words_max(u8 function)
{
	switch (function) {
	case OHT_FC_READ_HOLDING:
	case OHT_FC_READ_INPUT:
		return OHT_WORDS_MAX;
	case OHT_FC_WRITE_REGISTER:
		return 1;
	case OHT_FC_WRITE_REGISTERS:
		return OHT_WRITE_WORDS_MAX;
	default:
		return 0;
	}
}

static int oht_ioctl_check_transfer(const struct oht_transfer *transfer)
{
	unsigned int words_max = oht_ioctl_words_max(transfer->function);

	if (transfer->reserved || (transfer->flags & ~OHT_TRANSFER_NEEDS_ENABLED))
		return -EINVAL;
	if (transfer->unit > OHT_UNIT_MAX || transfer->retries > OHT_RETRIES_MAX)
		return -EINVAL;
	if (transfer->priority < OHT_PRIO_COMMAND || transfer->priority > OHT_PRIO_BACKGROUND)
		return -EINVAL;
	if (transfer->timeout_us < OHT_TURNAROUND_MIN_US ||
	    transfer->timeout_us > OHT_TURNAROUND_MAX_US)
		return -EINVAL;
	if (!words_max || transfer->unit < OHT_UNIT_MIN)
		return -EOPNOTSUPP;
	if (!transfer->count || transfer->count > words_max ||
	    transfer->address + transfer->count > 0x10000)
		return -EINVAL;
	if (!oht_ioctl_is_write(transfer) && transfer->words)
		return -EINVAL;
	return 0;
}

static struct oht_call *oht_ioctl_make_call(const struct oht_transfer *transfer)
{
	struct oht_call *call;

	call = kzalloc(sizeof(*call), GFP_KERNEL_ACCOUNT);
	if (!call)
		return ERR_PTR(-ENOMEM);
	call->xfer.unit = transfer->unit;
	call->xfer.function = transfer->function;
	call->xfer.priority = transfer->priority;
	call->xfer.retries = transfer->retries;
	call->xfer.address = transfer->address;
	call->xfer.count = transfer->count;
	call->xfer.timeout_us = transfer->timeout_us;
	call->xfer.needs_enabled = transfer->flags & OHT_TRANSFER_NEEDS_ENABLED;
	if (oht_ioctl_is_write(transfer) &&
	    copy_from_user(call->xfer.words, u64_to_user_ptr(transfer->words),
			   transfer->count * sizeof(*call->xfer.words))) {
		kfree(call);
		return ERR_PTR(-EFAULT);
	}
	return call;
}

static int oht_ioctl_submit(struct oht_file *file, union oht_ioctl_arg *arg)
{
	struct oht_transfer *transfer = &arg->transfer;
	struct oht_call *call;
	int ret;

	ret = oht_ioctl_check_transfer(transfer);
	if (ret)
		return ret;
	if (!oht_core_has_bus(file->oht))
		return -EOPNOTSUPP;
	call = oht_ioctl_make_call(transfer);
	if (IS_ERR(call))
		return PTR_ERR(call);
	ret = oht_file_submit(file, call, &transfer->cookie);
	if (ret)
		kfree(call);
	return ret;
}

static int oht_ioctl_cancel(struct oht_file *file, union oht_ioctl_arg *arg)
{
	if (arg->cancel.flags)
		return -EINVAL;
	return oht_file_cancel(file, arg->cancel.cookie);
}

static int oht_ioctl_subscribe(struct oht_file *file, union oht_ioctl_arg *arg)
{
	if (arg->subscribe.mask & ~OHT_SUBSCRIBE_SAFETY)
		return -EINVAL;
	oht_file_subscribe(file, arg->subscribe.mask & OHT_SUBSCRIBE_SAFETY);
	return 0;
}

static int oht_ioctl_estop_status(struct oht_file *file, union oht_ioctl_arg *arg)
{
	oht_estop_status(&file->oht->estop, file, &arg->status);
	return 0;
}

static int oht_ioctl_check_command(const struct oht_command *command)
{
	if (command->flags || memchr_inv(command->reserved, 0, sizeof(command->reserved)))
		return -EINVAL;
	return 0;
}

static int oht_ioctl_stop(struct oht_file *file, union oht_ioctl_arg *arg)
{
	int ret = oht_ioctl_check_command(&arg->command);

	if (!ret)
		oht_estop_stop(&file->oht->estop, OHT_CAUSE_SOFTWARE, &arg->command.tag);
	return ret;
}

static int oht_ioctl_control(struct oht_file *file, union oht_ioctl_arg *arg)
{
	struct oht_estop *estop = &file->oht->estop;
	struct oht_control *control = &arg->control;

	if (control->reserved)
		return -EINVAL;
	switch (control->action) {
	case OHT_CONTROL_TAKE:
		return oht_estop_take(estop, file, &control->deadman_ms);
	case OHT_CONTROL_RELEASE:
		if (control->deadman_ms)
			return -EINVAL;
		return oht_estop_release(estop, file);
	default:
		return -EINVAL;
	}
}

static int oht_ioctl_reset(struct oht_file *file, union oht_ioctl_arg *arg)
{
	struct oht_command *command = &arg->command;

	return oht_ioctl_check_command(command) ?:
	       oht_estop_reset(&file->oht->estop, file, command->tag, &command->blocking);
}

static int oht_ioctl_enable(struct oht_file *file, union oht_ioctl_arg *arg)
{
	struct oht_command *command = &arg->command;

	return oht_ioctl_check_command(command) ?:
	       oht_estop_enable(&file->oht->estop, file, command->tag, &command->blocking);
}

static int oht_ioctl_disable(struct oht_file *file, union oht_ioctl_arg *arg)
{
	return oht_ioctl_check_command(&arg->command) ?:
	       oht_estop_disable(&file->oht->estop, file, arg->command.tag);
}

static int oht_ioctl_heartbeat(struct oht_file *file, union oht_ioctl_arg *arg)
{
	return oht_ioctl_check_command(&arg->command) ?:
	       oht_estop_heartbeat(&file->oht->estop, file);
}

static int oht_ioctl_telegrams(struct oht_file *file, union oht_ioctl_arg *arg)
{
	const struct oht_telegrams *telegrams = &arg->telegrams;
	unsigned int count = telegrams->count;

	if (telegrams->flags || telegrams->reserved || count > OHT_TELEGRAMS_MAX)
		return -EINVAL;
	if (memchr_inv(&telegrams->list[count], 0,
		       (OHT_TELEGRAMS_MAX - count) * sizeof(*telegrams->list)))
		return -EINVAL;
	if (!oht_core_has_bus(file->oht))
		return -EOPNOTSUPP;
	if (!oht_estop_is_controller(&file->oht->estop, file))
		return -EPERM;
	return oht_engine_set_telegrams(&file->oht->engine, telegrams->list, count);
}

static int oht_ioctl_telegram_status(struct oht_file *file, union oht_ioctl_arg *arg)
{
	if (!oht_core_has_bus(file->oht))
		return -EOPNOTSUPP;
	oht_engine_telegram_status(&file->oht->engine, &arg->telegram_status);
	return 0;
}

/**
 * struct oht_ioctl_op - one line of the table, at the place of its number
 * @size: of the structure; the first version is also the shortest accepted
 * @writes: needs a descriptor that is open for writing
 * @execute: does it; what it leaves in @arg goes back to the caller, also beside an error
 */
struct oht_ioctl_op {
	u16 size;
	bool writes;
	int (*execute)(struct oht_file *file, union oht_ioctl_arg *arg);
};

#define OHT_IOCTL_OP(_cmd, _member, _writes, _execute)			\
	[_IOC_NR(_cmd)] = {						\
		.size = sizeof_field(union oht_ioctl_arg, _member),	\
		.writes = _writes,					\
		.execute = _execute,					\
	}

static const struct oht_ioctl_op oht_ioctl_ops[] = {
	OHT_IOCTL_OP(OHT_IOC_INFO, info, false, oht_ioctl_info),
	OHT_IOCTL_OP(OHT_IOC_SUBMIT, transfer, true, oht_ioctl_submit),
	OHT_IOCTL_OP(OHT_IOC_CANCEL, cancel, true, oht_ioctl_cancel),
	OHT_IOCTL_OP(OHT_IOC_SUBSCRIBE, subscribe, false, oht_ioctl_subscribe),
	OHT_IOCTL_OP(OHT_IOC_ESTOP_STATUS, status, false, oht_ioctl_estop_status),
	OHT_IOCTL_OP(OHT_IOC_STOP, command, true, oht_ioctl_stop),
	OHT_IOCTL_OP(OHT_IOC_CONTROL, control, true, oht_ioctl_control),
	OHT_IOCTL_OP(OHT_IOC_RESET, command, true, oht_ioctl_reset),
	OHT_IOCTL_OP(OHT_IOC_ENABLE, command, true, oht_ioctl_enable),
	OHT_IOCTL_OP(OHT_IOC_DISABLE, command, true, oht_ioctl_disable),
	OHT_IOCTL_OP(OHT_IOC_HEARTBEAT, command, true, oht_ioctl_heartbeat),
	OHT_IOCTL_OP(OHT_IOC_TELEGRAMS, telegrams, true, oht_ioctl_telegrams),
	OHT_IOCTL_OP(OHT_IOC_TELEGRAM_STATUS, telegram_status, false,
		     oht_ioctl_telegram_status),
};

static const struct oht_ioctl_op *oht_ioctl_find(unsigned int cmd)
{
	unsigned int nr = _IOC_NR(cmd);

	if (nr >= ARRAY_SIZE(oht_ioctl_ops) || cmd != _IO(OHT_IOC_MAGIC, nr))
		return NULL;
	return &oht_ioctl_ops[nr];
}

long oht_ioctl_execute(struct oht_file *file, unsigned int cmd, void __user *user)
{
	const struct oht_ioctl_op *op = oht_ioctl_find(cmd);
	union oht_ioctl_arg arg = {};
	u32 user_size;
	int ret;

	if (!op)
		return -ENOTTY;
	if (op->writes && !file->writable)
		return -EBADF;
	if (get_user(user_size, (u32 __user *)user))
		return -EFAULT;
	if (user_size < op->size)
		return -EINVAL;
	/* Nobody's structure is that long; and the scan for zeroes must end soon. */
	if (user_size > PAGE_SIZE)
		return -E2BIG;
	ret = copy_struct_from_user(&arg, op->size, user, user_size);
	if (ret)
		return ret;
	ret = op->execute(file, &arg);
	arg.size = op->size;
	if (copy_to_user(user, &arg, min_t(u32, user_size, op->size)))
		return -EFAULT;
	return ret;
}
