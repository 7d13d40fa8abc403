// SPDX-License-Identifier: GPL-2.0-only
/*
 * One table, one dispatcher. Source: include/uapi/linux/oht.h; pattern of iommufd.
 */
#include <linux/build_bug.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "ioctl.h"
#include "ioctl_internal.h"
#include "timing.h"

/* The contract: what a program was compiled with must stay true. */
static_assert(sizeof(struct oht_info) == 128);
static_assert(offsetof(struct oht_info, baud_effective_mbps) == 56);
static_assert(sizeof(struct oht_transfer) == 40);
static_assert(offsetof(struct oht_transfer, write_address) == 28);
static_assert(offsetof(struct oht_transfer, words) == 32);
static_assert(sizeof(struct oht_cancel) == 16);
static_assert(sizeof(struct oht_estop_status) == 88);
static_assert(offsetof(struct oht_estop_status, since_ns) == 40);
static_assert(sizeof(struct oht_command) == 32);
static_assert(sizeof(struct oht_control) == 16);
static_assert(sizeof(struct oht_subscribe) == 16);
static_assert(sizeof(struct oht_self_test) == 16);
static_assert(offsetof(struct oht_estop_status, tested_ns) == 72);
static_assert(sizeof(struct oht_telegram) == 32);
static_assert(offsetof(struct oht_telegram, words) == 16);
static_assert(sizeof(struct oht_telegrams) == 272);
static_assert(sizeof(struct oht_telegram_result) == 24);
static_assert(sizeof(struct oht_telegram_status) == 224);
static_assert(offsetof(struct oht_telegram_status, results) == 32);
static_assert(sizeof(struct oht_completion) == 280);
static_assert(offsetof(struct oht_completion, words) == 24);
static_assert(offsetof(struct oht_completion, pdu) == 24);
static_assert(sizeof(struct oht_safety_record) == 56);
static_assert(sizeof(struct oht_module_set) == 32);
static_assert(sizeof(struct oht_module_status) == 448);
static_assert(offsetof(struct oht_module_status, turnaround_max_ns) == 32);
static_assert(offsetof(struct oht_module_status, details) == 96);
static_assert(sizeof(struct oht_module_record) == 48);
static_assert(sizeof(struct oht_record) == 320);
static_assert(offsetof(struct oht_record, completion) == 24);
static_assert(sizeof_field(struct oht_record, reserved) >= sizeof(struct oht_completion));

static u64 oht_ioctl_caps(const struct oht_device *oht)
{
	u64 caps = OHT_CAP_ESTOP;

	if (oht->estop.channels > 1)
		caps |= OHT_CAP_CHANNEL_B;
	if (oht->estop.feedbacks)
		caps |= OHT_CAP_FEEDBACK;
	if (oht->estop.button.gpio)
		caps |= OHT_CAP_RESET_BUTTON;
	if (oht->estop.pulse)
		caps |= OHT_CAP_PULSE;
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
	info->cpu_stall_us = config->cpu_stall_us;
	if (oht->estop.feedbacks)
		info->feedback_settle_ms = config->feedback_settle_ms;
	return 0;
}

static int oht_ioctl_fetch(void *to, const struct oht_transfer *transfer, unsigned int bytes)
{
	return copy_from_user(to, u64_to_user_ptr(transfer->words), bytes) ? -EFAULT : 0;
}

static int oht_ioctl_fill_raw(struct oht_xfer *xfer, const struct oht_transfer *transfer)
{
	int err;

	/* The rest is for the engine to say; this must be right before anything is copied. */
	if (transfer->function || transfer->count < 1 || transfer->count > sizeof(xfer->pdu))
		return -EINVAL;
	err = oht_ioctl_fetch(xfer->pdu, transfer, transfer->count);
	xfer->raw = true;
	xfer->function = xfer->pdu[0];
	return err;
}

static int oht_ioctl_fill(struct oht_xfer *xfer, const struct oht_transfer *transfer)
{
	struct oht_frame_request req;
	unsigned int words;
	int err;

	xfer->unit = transfer->unit;
	xfer->function = transfer->function;
	xfer->priority = transfer->priority;
	xfer->retries = transfer->retries;
	xfer->address = transfer->address;
	xfer->count = transfer->count;
	xfer->write_address = transfer->write_address;
	xfer->write_count = transfer->write_count;
	xfer->timeout_us = transfer->timeout_us;
	xfer->needs_enabled = transfer->flags & OHT_TRANSFER_NEEDS_ENABLED;
	if (transfer->flags & OHT_TRANSFER_RAW)
		return oht_ioctl_fill_raw(xfer, transfer);
	req = oht_xfer_request(xfer);
	err = oht_frame_check(&req);
	if (err)
		return err;
	words = oht_frame_values_sent(&req);
	if (!words)
		return transfer->words ? -EINVAL : 0;
	return oht_ioctl_fetch(xfer->words, transfer, words * sizeof(*xfer->words));
}

static int oht_ioctl_submit(struct oht_file *file, union oht_ioctl_arg *arg)
{
	struct oht_transfer *transfer = &arg->transfer;
	struct oht_call *call;
	int ret;

	if (transfer->flags & ~(OHT_TRANSFER_NEEDS_ENABLED | OHT_TRANSFER_RAW))
		return -EINVAL;
	if (!oht_core_has_bus(file->oht))
		return -EOPNOTSUPP;
	call = kzalloc(sizeof(*call), GFP_KERNEL_ACCOUNT);
	if (!call)
		return -ENOMEM;
	ret = oht_ioctl_fill(&call->xfer, transfer) ?:
	      oht_file_submit(file, call, &transfer->cookie);
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
	if (arg->subscribe.mask &
	    ~(OHT_SUBSCRIBE_SAFETY | OHT_SUBSCRIBE_CYCLE | OHT_SUBSCRIBE_MODULES))
		return -EINVAL;
	return oht_file_subscribe(file, arg->subscribe.mask, arg->subscribe.safety_from);
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
	int ret = oht_ioctl_check_command(&arg->command) ?:
		  oht_estop_disable(&file->oht->estop, file, arg->command.tag);

	/* What was to be written before is not what is to be written after the next enable. */
	if (!ret && oht_core_has_bus(file->oht))
		oht_cycle_forget_outputs(oht_run_cycle(file->oht->run));
	return ret;
}

static int oht_ioctl_heartbeat(struct oht_file *file, union oht_ioctl_arg *arg)
{
	return oht_ioctl_check_command(&arg->command) ?:
	       oht_estop_heartbeat(&file->oht->estop, file);
}

static int oht_ioctl_self_test(struct oht_file *file, union oht_ioctl_arg *arg)
{
	struct oht_self_test *test = &arg->self_test;

	if (test->flags || test->reserved)
		return -EINVAL;
	return oht_estop_self_test(&file->oht->estop, file, &test->failed);
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
	OHT_IOCTL_OP(OHT_IOC_SELF_TEST, self_test, true, oht_ioctl_self_test),
	OHT_IOCTL_OP(OHT_IOC_MODULE_SET, module_set, true, oht_ioctl_module_set),
	OHT_IOCTL_OP(OHT_IOC_MODULE_GET, module_status, false, oht_ioctl_module_get),
	OHT_IOCTL_OP(OHT_IOC_PLAN_STAGE, plan_stage, true, oht_ioctl_plan_stage),
	OHT_IOCTL_OP(OHT_IOC_PLAN_COMMIT, plan_commit, true, oht_ioctl_plan_commit),
	OHT_IOCTL_OP(OHT_IOC_PLAN_CLEAR, plan_clear, true, oht_ioctl_plan_clear),
	OHT_IOCTL_OP(OHT_IOC_OUTPUTS, outputs, true, oht_ioctl_outputs),
	OHT_IOCTL_OP(OHT_IOC_PLAN_STATUS, plan_status, false, oht_ioctl_plan_status),
};

static const struct oht_ioctl_op *oht_ioctl_find(unsigned int cmd)
{
	unsigned int nr = _IOC_NR(cmd);

	if (nr >= ARRAY_SIZE(oht_ioctl_ops) || cmd != _IO(OHT_IOC_MAGIC, nr) ||
	    !oht_ioctl_ops[nr].execute)
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
