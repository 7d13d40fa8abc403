/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     registers of the PL011 under the kernel's names; the kernel does not export them.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 *
 * Source: PrimeCell UART (PL011) Technical Reference Manual, 3.2 and 3.3.
 */
#ifndef OHT_SHIM_LINUX_AMBA_SERIAL_H
#define OHT_SHIM_LINUX_AMBA_SERIAL_H

#define UART01x_DR		0x000
#define UART01x_ECR		0x004
#define UART01x_FR		0x018
#define UART011_IBRD		0x024
#define UART011_FBRD		0x028
#define UART011_LCRH		0x02c
#define UART011_CR		0x030
#define UART011_IFLS		0x034
#define UART011_IMSC		0x038
#define UART011_MIS		0x040
#define UART011_ICR		0x044
#define UART011_DMACR		0x048

#define UART011_DR_FE		(1 << 8)
#define UART011_DR_PE		(1 << 9)
#define UART011_DR_BE		(1 << 10)
#define UART011_DR_OE		(1 << 11)

#define UART01x_FR_BUSY		(1 << 3)
#define UART01x_FR_RXFE		(1 << 4)
#define UART01x_FR_TXFF		(1 << 5)

#define UART01x_LCRH_PEN	(1 << 1)
#define UART01x_LCRH_EPS	(1 << 2)
#define UART01x_LCRH_STP2	(1 << 3)
#define UART01x_LCRH_FEN	(1 << 4)
#define UART01x_LCRH_WLEN_8	(3 << 5)

#define UART01x_CR_UARTEN	(1 << 0)
#define UART011_CR_TXE		(1 << 8)
#define UART011_CR_RXE		(1 << 9)

#define UART011_IFLS_TX4_8	(2 << 0)
#define UART011_IFLS_RX1_8	(0 << 3)

#define UART011_RXIM		(1 << 4)
#define UART011_TXIM		(1 << 5)
#define UART011_RTIM		(1 << 6)
#define UART011_RXIS		UART011_RXIM
#define UART011_TXIS		UART011_TXIM
#define UART011_RTIS		UART011_RTIM

#endif /* OHT_SHIM_LINUX_AMBA_SERIAL_H */
