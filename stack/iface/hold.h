/*
 * Packets with a time of departure, as Linux's sch_fq keeps them: below IP,
 * in the order of their times, whatever becomes of the socket meanwhile.
 * TCP_TX_DELAY is what gives them one.
 */
#ifndef IFACE_HOLD_H
#define IFACE_HOLD_H

#include "iface/iface.h"

#define HOLD_MAX 10000 /* packets of an interface, sch_fq's limit */
#define HOLD_HORIZON_US 10000000 /* what is to leave later is lost; sch_fq */

/* Takes packet until packet->departs_us. -ENOBUFS: there are HOLD_MAX. */
int hold_packet(struct iface *iface, struct packet_out *packet);
/* TIME_NEVER: none is held. */
int64_t hold_next_deadline(const struct iface *iface);
/* Those whose time has come are put into the interface's queue. */
void hold_run_timers(struct iface *iface, int64_t now_us);
/* All of them are lost. */
void hold_clear(struct iface *iface);

#endif
