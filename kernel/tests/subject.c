// SPDX-License-Identifier: GPL-2.0-only
/* The code under test once more, for oht_kunit: oht.ko exports none of it. */
#define NOTRACE		/* the tracepoints are those of oht.ko */
#include "../trace.h"
#include "cycle_fake.h"

/* What this one says is kept for the tests. */
#define trace_oht_cycle_enabled()	true
#define trace_oht_cycle			cyclic_told

#include "../frame.c"
#include "../timing.c"
#include "../plan.c"
#include "../engine.c"
#include "../engine_tx.c"
#include "../engine_held.c"
#include "../engine_rx.c"
#include "../engine_late.c"
#include "../engine_stop.c"
#include "../engine_slot.c"
#include "../image.c"
#include "../cycle.c"
#include "../cycle_look.c"
#include "../cycle_loss.c"
#include "../cycle_outputs.c"
#include "../cycle_tell.c"
#include "../port_rate.c"
#include "../port_pl011.c"
#include "../port_16550.c"
#include "../engine_unit.c"
#include "../engine_meter.c"
#include "../meter.c"
