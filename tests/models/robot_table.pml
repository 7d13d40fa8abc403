/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Made from userspace/data/state_machine.csv by scripts/state_machine.py: do not edit. */
#define BLOCKED	0
#define BOOT	1
#define CONFIG	2
#define DOCK	3
#define ESTOP	4
#define FAULT	5
#define IDLE	6
#define INIT	7
#define MOVE	8
#define PAUSED	9
#define SAFE	10
#define SHUTDOWN	11
#define E_BOOT_COMPLETE	0
#define E_ESTOP_TRIGGERED	1
#define E_FAULT_DETECTED	2
#define E_TIMEOUT	3
#define E_STOP_COMMAND	4
#define E_SHUTDOWN	5
#define E_INIT_COMPLETE	6
#define E_MOVE_COMMAND	7
#define E_JOG_COMMAND	8
#define E_HOME_COMMAND	9
#define E_DOCK_COMMAND	10
#define E_UNDOCK_COMMAND	11
#define E_CONFIG_COMMAND	12
#define E_DISABLE_COMMAND	13
#define E_TARGET_REACHED	14
#define E_JOG_REFRESH	15
#define E_JOG_EXPIRED	16
#define E_OBSTACLE_NEAR	17
#define E_OBSTACLE_CLEARED	18
#define E_OBSTACLE_DETECTED	19
#define E_PAUSE_COMMAND	20
#define E_RESUME_COMMAND	21
#define E_DOCK_COMPLETE	22
#define E_UNDOCK_COMPLETE	23
#define E_DOCK_FAILED	24
#define E_CONFIG_COMPLETE	25
#define E_CONFIG_FAILED	26
#define E_FAULT_CLEARED	27
#define E_ESTOP_RESET	28
#define E_SAFE_RESET	29
#define E_START	30
#define EVENTS	31

#define OUTPUTS_ON(s)	(s == IDLE || s == MOVE || s == PAUSED || s == BLOCKED || s == DOCK || s == CONFIG)

inline take()
{
	if
	:: state == BOOT && event == E_BOOT_COMPLETE ->
		cut();
		enter(INIT);
		off();
		done()
	:: state == BOOT && event == E_ESTOP_TRIGGERED ->
		cut();
		enter(ESTOP);
		latch();
		off();
		done()
	:: state == BOOT && event == E_FAULT_DETECTED ->
		cut();
		enter(FAULT);
		off();
		done()
	:: state == BOOT && event == E_TIMEOUT ->
		cut();
		enter(FAULT);
		off();
		done()
	:: state == BOOT && event == E_STOP_COMMAND ->
		enter(BOOT);
		off();
		done()
	:: state == BOOT && event == E_SHUTDOWN ->
		cut();
		enter(SHUTDOWN);
		off();
		done()
	:: state == INIT && event == E_INIT_COMPLETE && (true && true && !seen_latched && true && true && !(seen_latched) && !(unclean_restart) && auto_enable) && ZEROED ->
		ask_enable();
		if
		:: granted ->
			cut();
			enter(IDLE);
			zero();
			done()
		:: else
		fi
	:: state == INIT && event == E_INIT_COMPLETE && (true && true && !(seen_latched) && (unclean_restart || !(auto_enable) || (true || true || true))) ->
		ask_reset();
		if
		:: granted ->
			cut();
			enter(SAFE);
			off();
			done()
		:: else
		fi
	:: state == INIT && event == E_INIT_COMPLETE && seen_latched ->
		cut();
		enter(ESTOP);
		off();
		done()
	:: state == INIT && event == E_INIT_COMPLETE && (!(seen_latched) && (true || true)) ->
		cut();
		enter(FAULT);
		off();
		done()
	:: state == INIT && event == E_ESTOP_TRIGGERED ->
		cut();
		enter(ESTOP);
		latch();
		off();
		done()
	:: state == INIT && event == E_FAULT_DETECTED ->
		cut();
		enter(FAULT);
		off();
		done()
	:: state == INIT && event == E_TIMEOUT ->
		cut();
		enter(FAULT);
		off();
		done()
	:: state == INIT && event == E_STOP_COMMAND ->
		enter(INIT);
		off();
		done()
	:: state == INIT && event == E_SHUTDOWN ->
		cut();
		enter(SHUTDOWN);
		off();
		done()
	:: state == IDLE && event == E_MOVE_COMMAND && (!seen_latched && true && true && true && true) ->
		cut();
		enter(MOVE);
		begin_motion();
		done()
	:: state == IDLE && event == E_JOG_COMMAND && (!seen_latched && true && true) ->
		cut();
		enter(MOVE);
		begin_motion();
		done()
	:: state == IDLE && event == E_HOME_COMMAND && (!seen_latched && true && true && true) ->
		cut();
		enter(MOVE);
		begin_motion();
		done()
	:: state == IDLE && event == E_DOCK_COMMAND && !seen_latched ->
		cut();
		enter(DOCK);
		begin_motion();
		done()
	:: state == IDLE && event == E_UNDOCK_COMMAND && (!seen_latched && true && true && true) ->
		cut();
		enter(DOCK);
		begin_motion();
		done()
	:: state == IDLE && event == E_CONFIG_COMMAND && (!seen_latched && !DRIVEN) ->
		cut();
		enter(CONFIG);
		done()
	:: state == IDLE && event == E_DISABLE_COMMAND ->
		cut();
		enter(SAFE);
		off();
		done()
	:: state == IDLE && event == E_STOP_COMMAND ->
		enter(IDLE);
		zero();
		done()
	:: state == IDLE && event == E_ESTOP_TRIGGERED ->
		cut();
		enter(ESTOP);
		latch();
		off();
		zero();
		done()
	:: state == IDLE && event == E_FAULT_DETECTED ->
		cut();
		enter(FAULT);
		wait(true);
		done()
	:: state == IDLE && event == E_SHUTDOWN ->
		cut();
		enter(SHUTDOWN);
		wait(true);
		done()
	:: state == MOVE && event == E_TARGET_REACHED && (!DRIVEN && true) ->
		cut();
		enter(IDLE);
		zero();
		zero();
		done()
	:: state == MOVE && event == E_MOVE_COMMAND && (!seen_latched && true && true && true) ->
		enter(MOVE);
		begin_motion();
		done()
	:: state == MOVE && event == E_JOG_REFRESH ->
		enter(MOVE);
		done()
	:: state == MOVE && event == E_JOG_EXPIRED ->
		cut();
		enter(IDLE);
		wait(false);
		done()
	:: state == MOVE && event == E_OBSTACLE_NEAR && (true && true) ->
		enter(MOVE);
		done()
	:: state == MOVE && event == E_OBSTACLE_CLEARED ->
		enter(MOVE);
		done()
	:: state == MOVE && event == E_OBSTACLE_DETECTED && (true && true) ->
		cut();
		enter(IDLE);
		wait(false);
		done()
	:: state == MOVE && event == E_OBSTACLE_DETECTED && (true && true) ->
		cut();
		enter(BLOCKED);
		wait(false);
		done()
	:: state == MOVE && event == E_STOP_COMMAND ->
		cut();
		enter(IDLE);
		wait(false);
		done()
	:: state == MOVE && event == E_PAUSE_COMMAND ->
		cut();
		enter(PAUSED);
		wait(false);
		done()
	:: state == MOVE && event == E_DOCK_COMMAND && !seen_latched ->
		cut();
		enter(DOCK);
		begin_motion();
		done()
	:: state == MOVE && event == E_TIMEOUT && (true && true) ->
		cut();
		enter(IDLE);
		wait(false);
		done()
	:: state == MOVE && event == E_ESTOP_TRIGGERED ->
		cut();
		enter(ESTOP);
		latch();
		off();
		zero();
		done()
	:: state == MOVE && event == E_FAULT_DETECTED ->
		cut();
		enter(FAULT);
		wait(true);
		done()
	:: state == MOVE && event == E_SHUTDOWN ->
		cut();
		enter(SHUTDOWN);
		wait(true);
		done()
	:: state == PAUSED && event == E_RESUME_COMMAND && (true && !seen_latched && true && true && true && true) ->
		cut();
		enter(MOVE);
		begin_motion();
		done()
	:: state == PAUSED && event == E_RESUME_COMMAND && (true && !seen_latched && (true || true) && true) ->
		cut();
		enter(DOCK);
		begin_motion();
		done()
	:: state == PAUSED && event == E_MOVE_COMMAND && (!seen_latched && true && true && true && true) ->
		cut();
		enter(MOVE);
		begin_motion();
		done()
	:: state == PAUSED && event == E_STOP_COMMAND ->
		cut();
		enter(IDLE);
		done()
	:: state == PAUSED && event == E_DOCK_COMMAND && (!seen_latched && true && true) ->
		cut();
		enter(DOCK);
		begin_motion();
		done()
	:: state == PAUSED && event == E_PAUSE_COMMAND ->
		enter(PAUSED);
		done()
	:: state == PAUSED && event == E_DISABLE_COMMAND && (!DRIVEN || true) ->
		cut();
		enter(SAFE);
		off();
		done()
	:: state == PAUSED && event == E_TIMEOUT ->
		enter(PAUSED);
		done()
	:: state == PAUSED && event == E_ESTOP_TRIGGERED ->
		cut();
		enter(ESTOP);
		latch();
		off();
		zero();
		done()
	:: state == PAUSED && event == E_FAULT_DETECTED ->
		cut();
		enter(FAULT);
		wait(true);
		done()
	:: state == PAUSED && event == E_SHUTDOWN ->
		cut();
		enter(SHUTDOWN);
		wait(true);
		done()
	:: state == BLOCKED && event == E_OBSTACLE_CLEARED && (true && true && !seen_latched && true && true && true) ->
		cut();
		enter(MOVE);
		begin_motion();
		done()
	:: state == BLOCKED && event == E_OBSTACLE_CLEARED && (true && true && !seen_latched && (true || true) && true) ->
		cut();
		enter(DOCK);
		begin_motion();
		done()
	:: state == BLOCKED && event == E_OBSTACLE_CLEARED ->
		cut();
		enter(PAUSED);
		done()
	:: state == BLOCKED && event == E_RESUME_COMMAND && (true && !seen_latched && true && true && true && true) ->
		cut();
		enter(MOVE);
		begin_motion();
		done()
	:: state == BLOCKED && event == E_RESUME_COMMAND && (true && !seen_latched && (true || true) && true) ->
		cut();
		enter(DOCK);
		begin_motion();
		done()
	:: state == BLOCKED && event == E_MOVE_COMMAND && (!seen_latched && true && true && true && true) ->
		cut();
		enter(MOVE);
		begin_motion();
		done()
	:: state == BLOCKED && event == E_PAUSE_COMMAND ->
		cut();
		enter(PAUSED);
		done()
	:: state == BLOCKED && event == E_STOP_COMMAND ->
		cut();
		enter(IDLE);
		done()
	:: state == BLOCKED && event == E_DISABLE_COMMAND && (!DRIVEN || true) ->
		cut();
		enter(SAFE);
		off();
		done()
	:: state == BLOCKED && event == E_TIMEOUT ->
		enter(BLOCKED);
		done()
	:: state == BLOCKED && event == E_ESTOP_TRIGGERED ->
		cut();
		enter(ESTOP);
		latch();
		off();
		zero();
		done()
	:: state == BLOCKED && event == E_FAULT_DETECTED ->
		cut();
		enter(FAULT);
		wait(true);
		done()
	:: state == BLOCKED && event == E_SHUTDOWN ->
		cut();
		enter(SHUTDOWN);
		wait(true);
		done()
	:: state == DOCK && event == E_DOCK_COMPLETE && (true && !DRIVEN) ->
		cut();
		enter(IDLE);
		zero();
		done()
	:: state == DOCK && event == E_UNDOCK_COMPLETE && (true && !DRIVEN) ->
		cut();
		enter(IDLE);
		zero();
		done()
	:: state == DOCK && event == E_DOCK_FAILED ->
		enter(DOCK);
		begin_motion();
		done()
	:: state == DOCK && event == E_DOCK_FAILED ->
		cut();
		enter(IDLE);
		wait(false);
		done()
	:: state == DOCK && event == E_MOVE_COMMAND && (!seen_latched && true && true && true) ->
		cut();
		enter(MOVE);
		begin_motion();
		done()
	:: state == DOCK && event == E_OBSTACLE_DETECTED && (true && true) ->
		cut();
		enter(BLOCKED);
		wait(false);
		done()
	:: state == DOCK && event == E_STOP_COMMAND ->
		cut();
		enter(IDLE);
		wait(false);
		done()
	:: state == DOCK && event == E_PAUSE_COMMAND ->
		cut();
		enter(PAUSED);
		wait(false);
		done()
	:: state == DOCK && event == E_OBSTACLE_NEAR && (true && true) ->
		enter(DOCK);
		done()
	:: state == DOCK && event == E_TIMEOUT ->
		cut();
		enter(IDLE);
		wait(false);
		done()
	:: state == DOCK && event == E_ESTOP_TRIGGERED ->
		cut();
		enter(ESTOP);
		latch();
		off();
		zero();
		done()
	:: state == DOCK && event == E_FAULT_DETECTED ->
		cut();
		enter(FAULT);
		wait(true);
		done()
	:: state == DOCK && event == E_SHUTDOWN ->
		cut();
		enter(SHUTDOWN);
		wait(true);
		done()
	:: state == CONFIG && event == E_CONFIG_COMPLETE ->
		cut();
		enter(IDLE);
		done()
	:: state == CONFIG && event == E_CONFIG_FAILED ->
		cut();
		enter(FAULT);
		off();
		done()
	:: state == CONFIG && event == E_TIMEOUT ->
		cut();
		enter(IDLE);
		done()
	:: state == CONFIG && event == E_STOP_COMMAND ->
		cut();
		enter(IDLE);
		done()
	:: state == CONFIG && event == E_ESTOP_TRIGGERED ->
		cut();
		enter(ESTOP);
		latch();
		off();
		done()
	:: state == CONFIG && event == E_FAULT_DETECTED ->
		cut();
		enter(FAULT);
		off();
		done()
	:: state == CONFIG && event == E_SHUTDOWN ->
		cut();
		enter(SHUTDOWN);
		off();
		done()
	:: state == FAULT && event == E_FAULT_CLEARED && (true && !seen_latched && true && true && !(seen_latched) && !DRIVEN) ->
		ask_reset();
		if
		:: granted ->
			cut();
			enter(SAFE);
			off();
			done()
		:: else
		fi
	:: state == FAULT && event == E_FAULT_DETECTED ->
		enter(FAULT);
		done()
	:: state == FAULT && event == E_STOP_COMMAND ->
		enter(FAULT);
		zero();
		done()
	:: state == FAULT && event == E_ESTOP_TRIGGERED ->
		cut();
		enter(ESTOP);
		latch();
		off();
		zero();
		done()
	:: state == FAULT && event == E_SHUTDOWN ->
		cut();
		enter(SHUTDOWN);
		off();
		done()
	:: state == ESTOP && event == E_ESTOP_RESET && (seen_closed && true && true && !DRIVEN) ->
		ask_reset();
		if
		:: granted ->
			cut();
			enter(SAFE);
			off();
			done()
		:: else
		fi
	:: state == ESTOP && event == E_ESTOP_TRIGGERED ->
		enter(ESTOP);
		latch();
		done()
	:: state == ESTOP && event == E_FAULT_DETECTED ->
		enter(ESTOP);
		latch();
		done()
	:: state == ESTOP && event == E_FAULT_CLEARED ->
		enter(ESTOP);
		latch();
		done()
	:: state == ESTOP && event == E_STOP_COMMAND ->
		enter(ESTOP);
		zero();
		done()
	:: state == ESTOP && event == E_SHUTDOWN ->
		cut();
		enter(SHUTDOWN);
		latch();
		off();
		done()
	:: state == SAFE && event == E_SAFE_RESET && (true && !seen_latched && true && true && !(seen_latched)) && ZEROED ->
		ask_enable();
		if
		:: granted ->
			cut();
			enter(IDLE);
			zero();
			done()
		:: else
		fi
	:: state == SAFE && event == E_FAULT_DETECTED ->
		cut();
		enter(FAULT);
		off();
		done()
	:: state == SAFE && event == E_ESTOP_TRIGGERED ->
		cut();
		enter(ESTOP);
		latch();
		off();
		done()
	:: state == SAFE && event == E_STOP_COMMAND ->
		enter(SAFE);
		off();
		done()
	:: state == SAFE && event == E_SHUTDOWN ->
		cut();
		enter(SHUTDOWN);
		off();
		done()
	:: state == SHUTDOWN && event == E_ESTOP_TRIGGERED ->
		cut();
		enter(ESTOP);
		latch();
		off();
		done()
	:: state == SHUTDOWN && event == E_STOP_COMMAND ->
		enter(SHUTDOWN);
		off();
		done()
	:: state == SHUTDOWN && event == E_FAULT_DETECTED ->
		enter(SHUTDOWN);
		done()
	:: state == SHUTDOWN && event == E_START ->
		cut();
		enter(BOOT);
		farewell();
		done()
	/* Refused: no row, or a guard that is not true. */
	:: true
	fi
}
