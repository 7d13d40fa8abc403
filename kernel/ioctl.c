// SPDX-License-Identifier: GPL-2.0-only
/*
 * One table, one dispatcher. Source: include/uapi/linux/oht.h; pattern of iommufd.
 */
#include <linux/build_bug.h>
#include <linux/kernel.h>
#include <linux/nospec.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "ioctl.h"
#include "ioctl_internal.h"
#include "timing.h"

/* The ABI: sizes and numbers that programs were compiled with never change. */
static_assert(sizeof(struct oht_info) == 128);
static_assert(offsetof(struct oht_info, baud_effective_millibps) == 56);
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
static_assert(sizeof(struct oht_completion) == 288);
static_assert(offsetof(struct oht_completion, pause_us) == 280);
static_assert(offsetof(struct oht_completion, words) == 24);
static_assert(offsetof(struct oht_completion, pdu) == 24);
static_assert(sizeof(struct oht_safety_record) == 56);
static_assert(sizeof(struct oht_unit_set) == 32);
static_assert(sizeof(struct oht_unit_status) == 608);
static_assert(offsetof(struct oht_unit_status, turnaround_max_ns) == 32);
static_assert(offsetof(struct oht_unit_status, bytes_stray) == 72);
static_assert(offsetof(struct oht_unit_status, pauses) == 88);
static_assert(offsetof(struct oht_unit_status, details) == 96);
static_assert(offsetof(struct oht_unit_status, conformance) == 352);
static_assert(sizeof(struct oht_unit_record) == 48);
static_assert(sizeof(struct oht_record) == 320);
static_assert(offsetof(struct oht_record, completion) == 24);
static_assert(sizeof_field(struct oht_record, reserved) >= sizeof(struct oht_completion));

static int oht_ioctl_info(struct oht_file *file, struct oht_ioctl_call *call)
{
	const struct oht_device *oht = file->oht;
	const struct oht_estop_config *config = &oht->estop.config;
	const struct oht_timing *timing = &oht->timing;
	struct oht_info *info = &call->arg.info;

	memset(info, 0, sizeof(*info));
	info->abi_version = OHT_ABI_VERSION;
	info->caps = oht_core_caps(oht);
	memcpy(info->port, oht->port_kind, sizeof(info->port));
	info->baud_bps = timing->baud_bps;
	info->char_bits = timing->char_bits;
	info->baud_effective_millibps = timing->baud_effective_millibps;
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

	/* The engine checks the rest; this must be right before anything is copied. */
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
	xfer->while_stopped = transfer->flags & OHT_TRANSFER_WHILE_STOPPED;
	xfer->any_unit = transfer->flags & OHT_TRANSFER_ANY_UNIT;
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

/* Reserves the cookie that success answers. */
static int oht_ioctl_prepare_submit(struct oht_file *file, struct oht_ioctl_call *call)
{
	struct oht_transfer *transfer = &call->arg.transfer;
	int ret;

	if (transfer->flags &
	    ~(OHT_TRANSFER_WHILE_STOPPED | OHT_TRANSFER_RAW | OHT_TRANSFER_ANY_UNIT))
		return -EINVAL;
	if (!oht_core_has_bus(file->oht))
		return -EOPNOTSUPP;
	call->transfer = oht_file_get_call(file);
	if (!call->transfer)
		return -ENOMEM;
	ret = oht_ioctl_fill(&call->transfer->xfer, transfer);
	if (!ret)
		transfer->cookie = oht_file_reserve(file, call->transfer);
	return ret;
}

static int oht_ioctl_submit(struct oht_file *file, struct oht_ioctl_call *call)
{
	int ret;

	if (!oht_core_has_bus(file->oht))
		return -EOPNOTSUPP;
	ret = oht_file_submit(file, call->transfer);
	if (!ret)
		call->transfer = NULL;
	return ret;
}

static void oht_ioctl_release_transfer(struct oht_file *file, struct oht_ioctl_call *call)
{
	oht_file_put_call(file, call->transfer);
}

static int oht_ioctl_cancel(struct oht_file *file, struct oht_ioctl_call *call)
{
	if (call->arg.cancel.flags)
		return -EINVAL;
	return oht_file_cancel(file, call->arg.cancel.cookie);
}

static int oht_ioctl_subscribe(struct oht_file *file, struct oht_ioctl_call *call)
{
	const struct oht_subscribe *subscribe = &call->arg.subscribe;

	if (subscribe->mask &
	    ~(OHT_SUBSCRIBE_SAFETY | OHT_SUBSCRIBE_CYCLE | OHT_SUBSCRIBE_UNITS))
		return -EINVAL;
	return oht_file_subscribe(file, subscribe->mask, subscribe->safety_from);
}

static int oht_ioctl_estop_status(struct oht_file *file, struct oht_ioctl_call *call)
{
	oht_estop_status(&file->oht->estop, file, &call->arg.status);
	return 0;
}

/* The mask of blocking causes of a command that succeeds is empty. */
static int oht_ioctl_prepare_command(struct oht_file *file, struct oht_ioctl_call *call)
{
	struct oht_command *command = &call->arg.command;

	if (command->flags || memchr_inv(command->reserved, 0, sizeof(command->reserved)))
		return -EINVAL;
	command->blocking = 0;
	return 0;
}

static int oht_ioctl_stop(struct oht_file *file, struct oht_ioctl_call *call)
{
	oht_estop_stop(&file->oht->estop, OHT_CAUSE_SOFTWARE, &call->arg.command.tag);
	return 0;
}

/* Taking the role answers the heartbeat period in force. */
static int oht_ioctl_prepare_control(struct oht_file *file, struct oht_ioctl_call *call)
{
	struct oht_control *control = &call->arg.control;

	if (control->reserved)
		return -EINVAL;
	switch (control->action) {
	case OHT_CONTROL_TAKE:
		if (!control->deadman_ms)
			control->deadman_ms = file->oht->estop.config.deadman_default_ms;
		return 0;
	case OHT_CONTROL_RELEASE:
		return control->deadman_ms ? -EINVAL : 0;
	default:
		return -EINVAL;
	}
}

static int oht_ioctl_control(struct oht_file *file, struct oht_ioctl_call *call)
{
	struct oht_estop *estop = &file->oht->estop;
	const struct oht_control *control = &call->arg.control;
	int ret;

	if (control->action == OHT_CONTROL_RELEASE)
		return oht_estop_release(estop, file);
	/* Transfers of the last controller end first. */
	down_write(&file->oht->role);
	ret = oht_estop_take(estop, file, control->deadman_ms);
	up_write(&file->oht->role);
	return ret;
}

static int oht_ioctl_reset(struct oht_file *file, struct oht_ioctl_call *call)
{
	struct oht_command *command = &call->arg.command;

	return oht_estop_reset(&file->oht->estop, file, command->tag, &command->blocking);
}

static int oht_ioctl_enable(struct oht_file *file, struct oht_ioctl_call *call)
{
	struct oht_command *command = &call->arg.command;

	return oht_estop_enable(&file->oht->estop, file, command->tag, &command->blocking);
}

static int oht_ioctl_disable(struct oht_file *file, struct oht_ioctl_call *call)
{
	struct oht_device *oht = file->oht;
	int ret = oht_estop_disable(&oht->estop, file, call->arg.command.tag);

	/* This takes the engine's lock: a write that the gate let through has begun by then. */
	if (!ret && oht_core_has_bus(oht))
		oht_cycle_stopped(oht_run_cycle(oht->run));
	return ret;
}

static int oht_ioctl_heartbeat(struct oht_file *file, struct oht_ioctl_call *call)
{
	return oht_estop_heartbeat(&file->oht->estop, file);
}

static int oht_ioctl_prepare_self_test(struct oht_file *file, struct oht_ioctl_call *call)
{
	struct oht_self_test *test = &call->arg.self_test;

	if (test->flags || test->reserved)
		return -EINVAL;
	test->failed = 0;
	return 0;
}

/* The result is also in the status, for a caller whose memory has gone. */
static int oht_ioctl_self_test(struct oht_file *file, struct oht_ioctl_call *call)
{
	struct oht_self_test *test = &call->arg.self_test;
	int ret = oht_estop_self_test(&file->oht->estop, file, &test->failed);

	call->untold = test->failed;
	return ret;
}

static int oht_ioctl_prepare_telegrams(struct oht_file *file, struct oht_ioctl_call *call)
{
	const struct oht_telegrams *telegrams = &call->arg.telegrams;
	unsigned int count = telegrams->count;

	if (telegrams->flags || telegrams->reserved || count > OHT_TELEGRAMS_MAX)
		return -EINVAL;
	if (memchr_inv(&telegrams->list[count], 0,
		       (OHT_TELEGRAMS_MAX - count) * sizeof(*telegrams->list)))
		return -EINVAL;
	return 0;
}

static int oht_ioctl_telegrams(struct oht_file *file, struct oht_ioctl_call *call)
{
	const struct oht_telegrams *telegrams = &call->arg.telegrams;

	if (!oht_core_has_bus(file->oht))
		return -EOPNOTSUPP;
	if (!oht_estop_is_controller(&file->oht->estop, file))
		return -EPERM;
	return oht_engine_set_telegrams(&file->oht->engine, telegrams->list, telegrams->count);
}

static int oht_ioctl_telegram_status(struct oht_file *file, struct oht_ioctl_call *call)
{
	if (!oht_core_has_bus(file->oht))
		return -EOPNOTSUPP;
	oht_engine_telegram_status(&file->oht->engine, &call->arg.telegram_status);
	return 0;
}

/* oht_ioctl_op.flags */
#define OHT_OP_WRITES	BIT(0)	/* needs a descriptor that is open for writing */
#define OHT_OP_ASKS	BIT(1)	/* changes nothing: the answer is known only afterwards */
#define OHT_OP_ALWAYS	BIT(2)	/* is executed whatever is wrong with the structure */
#define OHT_OP_ROLE	BIT(3)	/* acts for the controller: the role is not taken meanwhile */

/**
 * struct oht_ioctl_op - one line of the table, at the place of its number
 * @min_size: of the structure's first version, the shortest that is accepted, once the structure
 *	has grown after the interface was frozen; 0: the same as @size
 * @size: of the structure as this kernel knows it
 * @flags: OHT_OP_*
 * @prepare: checks, fetches, and writes the answer of success; NULL: nothing to do
 * @execute: acts; what it leaves in the structure beside an error goes back to the caller
 * @release: frees what prepare has allocated; NULL: nothing
 */
struct oht_ioctl_op {
	u16 min_size;
	u16 size;
	u16 flags;
	int (*prepare)(struct oht_file *file, struct oht_ioctl_call *call);
	int (*execute)(struct oht_file *file, struct oht_ioctl_call *call);
	void (*release)(struct oht_file *file, struct oht_ioctl_call *call);
};

#define OHT_IOCTL_OP(_cmd, _member, _flags, _prepare, _execute, _release) \
	[_IOC_NR(_cmd)] = {						\
		.size = sizeof_field(union oht_ioctl_arg, _member),	\
		.flags = _flags,					\
		.prepare = _prepare,					\
		.execute = _execute,					\
		.release = _release,					\
	}

#define OHT_IOCTL_ASK(_cmd, _member, _execute)				\
	OHT_IOCTL_OP(_cmd, _member, OHT_OP_ASKS, NULL, _execute, NULL)

#define OHT_IOCTL_ACT(_cmd, _member, _prepare, _execute)		\
	OHT_IOCTL_OP(_cmd, _member, OHT_OP_WRITES, _prepare, _execute, NULL)

#define OHT_IOCTL_LEAD(_cmd, _member, _prepare, _execute)		\
	OHT_IOCTL_OP(_cmd, _member, OHT_OP_WRITES | OHT_OP_ROLE, _prepare, _execute, NULL)

static const struct oht_ioctl_op oht_ioctl_ops[] = {
	OHT_IOCTL_ASK(OHT_IOC_INFO, info, oht_ioctl_info),
	OHT_IOCTL_OP(OHT_IOC_SUBMIT, transfer, OHT_OP_WRITES, oht_ioctl_prepare_submit,
		     oht_ioctl_submit, oht_ioctl_release_transfer),
	OHT_IOCTL_ACT(OHT_IOC_CANCEL, cancel, NULL, oht_ioctl_cancel),
	OHT_IOCTL_OP(OHT_IOC_SUBSCRIBE, subscribe, 0, NULL, oht_ioctl_subscribe, NULL),
	OHT_IOCTL_ASK(OHT_IOC_ESTOP_STATUS, status, oht_ioctl_estop_status),
	OHT_IOCTL_OP(OHT_IOC_STOP, command, OHT_OP_ALWAYS, oht_ioctl_prepare_command,
		     oht_ioctl_stop, NULL),
	OHT_IOCTL_ACT(OHT_IOC_CONTROL, control, oht_ioctl_prepare_control, oht_ioctl_control),
	OHT_IOCTL_ACT(OHT_IOC_RESET, command, oht_ioctl_prepare_command, oht_ioctl_reset),
	OHT_IOCTL_ACT(OHT_IOC_ENABLE, command, oht_ioctl_prepare_command, oht_ioctl_enable),
	OHT_IOCTL_ACT(OHT_IOC_DISABLE, command, oht_ioctl_prepare_command, oht_ioctl_disable),
	OHT_IOCTL_ACT(OHT_IOC_HEARTBEAT, command, oht_ioctl_prepare_command,
		      oht_ioctl_heartbeat),
	OHT_IOCTL_LEAD(OHT_IOC_TELEGRAMS, telegrams, oht_ioctl_prepare_telegrams,
		       oht_ioctl_telegrams),
	OHT_IOCTL_ASK(OHT_IOC_TELEGRAM_STATUS, telegram_status, oht_ioctl_telegram_status),
	OHT_IOCTL_ACT(OHT_IOC_SELF_TEST, self_test, oht_ioctl_prepare_self_test,
		      oht_ioctl_self_test),
	OHT_IOCTL_LEAD(OHT_IOC_UNIT_SET, unit_set, oht_ioctl_prepare_unit_set,
		       oht_ioctl_unit_set),
	OHT_IOCTL_ASK(OHT_IOC_UNIT_GET, unit_status, oht_ioctl_unit_get),
	OHT_IOCTL_OP(OHT_IOC_PLAN_STAGE, plan_stage, OHT_OP_WRITES | OHT_OP_ROLE,
		     oht_ioctl_prepare_plan_stage, oht_ioctl_plan_stage, oht_ioctl_release_plan),
	OHT_IOCTL_LEAD(OHT_IOC_PLAN_COMMIT, plan_commit, oht_ioctl_prepare_plan_commit,
		       oht_ioctl_plan_commit),
	OHT_IOCTL_LEAD(OHT_IOC_PLAN_CLEAR, plan_clear, oht_ioctl_prepare_plan_clear,
		       oht_ioctl_plan_clear),
	OHT_IOCTL_LEAD(OHT_IOC_OUTPUTS, outputs, oht_ioctl_prepare_outputs, oht_ioctl_outputs),
	OHT_IOCTL_ASK(OHT_IOC_PLAN_STATUS, plan_status, oht_ioctl_plan_status),
};

static const struct oht_ioctl_op *oht_ioctl_find(unsigned int cmd)
{
	unsigned int nr = _IOC_NR(cmd);

	if (nr >= ARRAY_SIZE(oht_ioctl_ops) || cmd != _IO(OHT_IOC_MAGIC, nr))
		return NULL;
	nr = array_index_nospec(nr, ARRAY_SIZE(oht_ioctl_ops));
	return oht_ioctl_ops[nr].execute ? &oht_ioctl_ops[nr] : NULL;
}

static int oht_ioctl_copy_in(const struct oht_ioctl_op *op, union oht_ioctl_arg *arg,
			     void __user *user, u32 *user_size)
{
	if (get_user(*user_size, (u32 __user *)user))
		return -EFAULT;
	if (*user_size < (op->min_size ?: op->size))
		return -EINVAL;
	/* No structure is longer; it also bounds the check for trailing zeroes. */
	if (*user_size > PAGE_SIZE)
		return -E2BIG;
	return copy_struct_from_user(arg, op->size, user, *user_size);
}

static int oht_ioctl_copy_out(const struct oht_ioctl_op *op, union oht_ioctl_arg *arg,
			      void __user *user, u32 user_size)
{
	arg->size = op->size;
	return copy_to_user(user, arg, min_t(u32, user_size, op->size)) ? -EFAULT : 0;
}

/*
 * Everything before the act: the structure, the memory it points to, and the answer of success. A
 * call that only reads has no answer yet.
 */
static int oht_ioctl_begin(struct oht_file *file, const struct oht_ioctl_op *op,
			   struct oht_ioctl_call *call, void __user *user, u32 *user_size)
{
	int ret = oht_ioctl_copy_in(op, &call->arg, user, user_size);
	int told;

	if (ret || (op->flags & OHT_OP_ASKS))
		return ret;
	if (op->prepare)
		ret = op->prepare(file, call);
	told = oht_ioctl_copy_out(op, &call->arg, user, *user_size);
	return told ?: ret;
}

/*
 * A call that asks whether the caller is the controller, and then acts on something that
 * estop->lock does not protect, does both before another descriptor can become the controller.
 */
static int oht_ioctl_execute_locked(struct oht_file *file, const struct oht_ioctl_op *op,
				    struct oht_ioctl_call *call)
{
	struct oht_device *oht = file->oht;
	int ret;

	if (!(op->flags & OHT_OP_ROLE))
		return op->execute(file, call);
	down_read(&oht->role);
	ret = op->execute(file, call);
	up_read(&oht->role);
	return ret;
}

/* The act. The device may be gone by now; during the act it stays. */
static int oht_ioctl_act(struct oht_file *file, const struct oht_ioctl_op *op,
			 struct oht_ioctl_call *call)
{
	struct oht_device *oht = file->oht;
	int ret = -ENODEV;

	down_read(&oht->life);
	if (!oht->gone)
		ret = oht_ioctl_execute_locked(file, op, call);
	up_read(&oht->life);
	return ret;
}

long oht_ioctl_execute(struct oht_file *file, unsigned int cmd, void __user *user)
{
	const struct oht_ioctl_op *op = oht_ioctl_find(cmd);
	struct oht_ioctl_call call = {};
	u32 user_size = 0;
	int ret, done;

	if (READ_ONCE(file->oht->gone))
		return -ENODEV;
	if (!op)
		return -ENOTTY;
	if ((op->flags & OHT_OP_WRITES) && !file->writable)
		return -EBADF;
	ret = oht_ioctl_begin(file, op, &call, user, &user_size);
	if (ret)
		/* A wrong structure is ignored as a whole, also the tag of a stop. */
		memset(&call.arg, 0, sizeof(call.arg));
	if (!ret || (op->flags & OHT_OP_ALWAYS)) {
		done = oht_ioctl_act(file, op, &call);
		/* An act has written its success before; every other answer is written now. */
		if (!ret && (done || call.untold || (op->flags & OHT_OP_ASKS)))
			ret = oht_ioctl_copy_out(op, &call.arg, user, user_size);
		ret = ret ?: done;
	}
	if (op->release)
		op->release(file, &call);
	return ret;
}
