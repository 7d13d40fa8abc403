/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the gateway has counted.
 * Contexts: gateway thread writes; any thread reads.
 * Locks:    none; atomics.
 */
#ifndef OHTD_GATEWAY_FIGURES_H
#define OHTD_GATEWAY_FIGURES_H

#include <stdatomic.h>
#include <stdint.h>

/**
 * struct ohtd_gateway_figures - since the start
 * @clients: connected now
 * @refused: connections for which there was no place
 * @cut: connections that were ended: idle, half sent, not read, or no Modbus
 * @requests: of clients
 * @exceptions: of these, answered with an exception
 * @from_image: reads that were answered without the bus
 * @bus_reads: requests on the bus
 * @joined: reads that were answered along with another
 * @writes: that were carried out
 * @writes_refused: that were not
 */
struct ohtd_gateway_figures {
	_Atomic uint64_t clients;
	_Atomic uint64_t refused;
	_Atomic uint64_t cut;
	_Atomic uint64_t requests;
	_Atomic uint64_t exceptions;
	_Atomic uint64_t from_image;
	_Atomic uint64_t bus_reads;
	_Atomic uint64_t joined;
	_Atomic uint64_t writes;
	_Atomic uint64_t writes_refused;
};

#endif
