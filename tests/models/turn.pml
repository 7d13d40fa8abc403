/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cycle.c, cycle_outputs.c and engine_slot.c as a model for spin: the outputs of one entry of a plan, sent in its turn and
 * out of turn (OHT_OUTPUTS_NOW). Two exchanges may carry them. Each step is one hold of engine->lock. Outputs are numbers that
 * rise, so that an older one is a smaller one. A stop is in outputs.pml. Names are those of the code.
 */
#define OHT_XFER_NEW	0
#define OHT_XFER_QUEUED	1
#define OHT_XFER_ACTIVE	2

#define SETS		5
#define TICKS		4

/* ---- struct oht_cycle_entry ---- */
byte outputs;
byte xfer = OHT_XFER_NEW;	/* the exchange of its turn */
byte xfer_words;
bool xfer_urgent;		/* its turn, hastened */
byte urgent = OHT_XFER_NEW;	/* the one out of turn */
byte urgent_words;

/* ---- what is only there to be proven ---- */
byte wire;			/* what was sent last */
bool owed;			/* no exchange and no turn has taken up the newest outputs yet */

/* oht_cycle_renew() */
inline renew()
{
#if !defined(MUTANT_QUEUED_IS_NOT_RENEWED) && !defined(MUTANT_QUEUED_IS_PASSED)
	if
	:: xfer == OHT_XFER_QUEUED -> xfer_words = outputs
	:: else
	fi;
#endif
	if
	:: urgent == OHT_XFER_QUEUED -> urgent_words = outputs
	:: else
	fi
}

/* oht_cycle_hurry(), with oht_cycle_carrier(); oht_cycle_may_hurry() says yes or no */
inline hurry()
{
	renew();
	if
	:: urgent == OHT_XFER_QUEUED -> owed = false
#ifdef MUTANT_QUEUED_IS_PASSED
	:: urgent == OHT_XFER_NEW ->
#else
	:: urgent == OHT_XFER_NEW && xfer != OHT_XFER_QUEUED ->
#endif
		if
		:: urgent = OHT_XFER_QUEUED; urgent_words = outputs; owed = false
		:: skip
		fi
	:: xfer == OHT_XFER_QUEUED && urgent != OHT_XFER_QUEUED ->
		owed = false;
		if
		:: xfer_urgent = true
		:: skip
		fi
	:: urgent == OHT_XFER_ACTIVE && xfer != OHT_XFER_QUEUED ->
		if
		:: xfer == OHT_XFER_NEW -> xfer = OHT_XFER_QUEUED; xfer_words = outputs; xfer_urgent = true; owed = false
		:: skip
		fi
	fi
}

/* oht_cycle_set_outputs() */
active proctype setter()
{
	byte n;

	do
	:: n < SETS ->
		atomic {
			n++;
			outputs++;
			owed = true;
			if
			:: hurry()
			:: skip
			fi
		}
	:: else -> break
	od
}

/* oht_cycle_begin_entry(), with oht_cycle_is_served() */
active proctype tick()
{
	byte n;

	do
	:: n < TICKS ->
		atomic {
			n++;
			if
			:: outputs == 0
			:: outputs && xfer == OHT_XFER_NEW && urgent == OHT_XFER_NEW ->
				xfer = OHT_XFER_QUEUED; xfer_words = outputs; xfer_urgent = false; owed = false
			:: outputs && (xfer != OHT_XFER_NEW || urgent != OHT_XFER_NEW) ->
				renew();
				if
				:: xfer == OHT_XFER_QUEUED || urgent == OHT_XFER_QUEUED -> owed = false
				/* A cycle that is late has its turn; the newest outputs have the next one. */
				:: xfer == OHT_XFER_ACTIVE && urgent != OHT_XFER_QUEUED
				:: xfer == OHT_XFER_NEW && urgent == OHT_XFER_ACTIVE ->
					if
#ifdef MUTANT_OLDER_ON_THE_WIRE_SERVES
					:: true -> owed = false
#else
					:: urgent_words == outputs -> owed = false
#endif
					:: else -> xfer = OHT_XFER_QUEUED; xfer_words = outputs; xfer_urgent = false; owed = false
					fi
				fi
			fi
		}
	:: else -> break
	od
}

inline send(state, words)
{
	state = OHT_XFER_ACTIVE;
	/* No older outputs go out behind newer ones. */
	assert(words >= wire);
	wire = words
}

/* One at a time: what is urgent first, and of two urgent ones the one that was queued first, which may be either. */
active proctype engine()
{
end_engine:
	do
	:: atomic { xfer != OHT_XFER_ACTIVE && urgent != OHT_XFER_ACTIVE && urgent == OHT_XFER_QUEUED -> send(urgent, urgent_words) }
	:: atomic { xfer == OHT_XFER_QUEUED && urgent == OHT_XFER_NEW -> send(xfer, xfer_words) }
	:: atomic { xfer == OHT_XFER_QUEUED && xfer_urgent && urgent == OHT_XFER_QUEUED -> send(xfer, xfer_words) }
	:: atomic { xfer == OHT_XFER_ACTIVE -> xfer = OHT_XFER_NEW }
	:: atomic { urgent == OHT_XFER_ACTIVE -> urgent = OHT_XFER_NEW }
	/* Nothing is under way, and the newest were taken up: they were sent. */
	:: atomic { xfer == OHT_XFER_NEW && urgent == OHT_XFER_NEW && !owed -> assert(wire == outputs) }
	od
}
