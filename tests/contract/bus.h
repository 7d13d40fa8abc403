/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the tests of the daemon's bus seam (userspace/ohtd/bus/bus.h) share, and the place
 *           that each back-end brings: bus_fake.c, bus_rtu.c, bus_device.c.
 * Contexts: one thread.
 * Locks:    none.
 */
#ifndef CONTRACT_BUS_H
#define CONTRACT_BUS_H

#include <stdbool.h>
#include <stdint.h>

#include "bus/bus.h"
#include "contract.h"

#define NO_REGISTER	0x9999
#define BUS_CYCLE_MS	50

/**
 * struct bus_place - a back-end with its far end
 * @unit: a unit that answers
 * @other_unit: another one
 * @silent_unit: one that does not
 * @address: a register of @unit that may be written, and the one after it
 * @create: a bus that is not open, the channels closed for long, nobody the controller
 * @pass_ms: so much time passes; the bus may be used by nobody else meanwhile
 * @rival: somebody else takes the role (true), or gives it back; NULL: nobody else can
 * @press: the button, pressed (true) or released; NULL: there is none
 * @exchanges: are the plan's exchanges made? If not, only its form is kept
 * @unplug: the driver is taken away (true), or put back; NULL: there is none
 * @stalls: time is that of the host, and a far end that stalls may spoil an exchange
 */
struct bus_place {
	uint8_t unit;
	uint8_t other_unit;
	uint8_t silent_unit;
	uint16_t address;
	struct ohtd_bus *(*create)(void);
	void (*pass_ms)(struct ohtd_bus *bus, unsigned int ms);
	void (*rival)(bool takes);
	void (*press)(bool pressed);
	void (*unplug)(bool unplugged);
	bool (*exchanges)(void);
	bool stalls;
};

extern const struct bus_place place;
/* The bus of the present test, open. */
extern struct ohtd_bus *bus;

/*
 * The tests that hold for every back-end, and those of one that stops in hardware, that has outputs,
 * that has none, or whose outputs are simulated.
 */
int bus_main(void);
extern const struct contract_test bus_common_tests[], bus_hardware_tests[], bus_outputs_tests[],
	bus_simulated_tests[], bus_software_tests[];
extern const size_t bus_common_count, bus_hardware_count, bus_outputs_count, bus_simulated_count,
	bus_software_count;

void bus_reopen(void);
/* The role, with the longest deadman there is. */
void bus_take(void);
/* RESET as soon as it is accepted. */
void bus_reset(void);
void bus_enable(void);
struct oht_stop_status bus_status(void);

/* Puts a plan in force, with a cycle of BUS_CYCLE_MS; its generation. */
uint32_t bus_run_plan(const struct oht_cyclic_entry *entries, unsigned int count);
/* An entry of the image. */
struct oht_cyclic_value bus_value(unsigned int entry);

struct oht_request bus_read_of(uint8_t unit);
uint64_t bus_submit(const struct oht_request *request);
/* The next reply: of this transfer. Safety events before it are passed over. */
struct oht_reply bus_reply(uint64_t cookie);
/* The answer of a unit that answers; asked for once more where a host that stalls has spoiled the exchange. */
struct oht_reply bus_answer(const struct oht_request *request);
/* The next stop that is told; replies before it fail the test. */
struct oht_safety_event bus_told_stop(void);
/* Nothing comes any more. */
void bus_expect_quiet(unsigned int ms);

#endif /* CONTRACT_BUS_H */
