/* The packets of an open loop (open.h) in a run: who sends when, and what is measured.
 *
 * A packet's sequence number in its flow is the number of the part of a slot in which it is
 * released, so that its time of release is a function of the number, on whatever rank it lands. The
 * rank of the source chip releases packets two windows of time ahead: they may leave over a link of
 * another rank, and paths = adaptive chooses by queues that all ranks know, those at the end of the
 * window at hand. So all times are two windows later than open.h says. */
#ifndef LL_SIM_ENGINE_PACKET_INJECTION_H
#define LL_SIM_ENGINE_PACKET_INJECTION_H

#include "sim/engine/packet/open.h"
#include "sim/engine/packet/running.h"

enum {
    LL_OPEN_BUCKET_BITS = 7, /* latencies are counted in buckets of 1/128 of a power of two */
    LL_OPEN_BUCKETS = 64 << LL_OPEN_BUCKET_BITS
};

/* Sums over the packets of this rank; over all ranks they do not depend on their number. */
typedef struct ll_open_sums {
    uint64_t n_sent[LL_OPEN_BATCHES];   /* released in the batch, those that take no link too */
    uint64_t n_landed[LL_OPEN_BATCHES]; /* landed in the batch, the same */
    uint64_t n_there[LL_OPEN_BATCHES];  /* released in the batch, and have landed over links */
    uint64_t sum_ps[LL_OPEN_BATCHES];   /* latency of these */
    uint64_t n_measured;                /* released in any batch, and take a link */
    uint64_t n_late;                    /* of those that have landed */
    uint64_t bucket[LL_OPEN_BUCKETS];   /* of those that have landed, by latency */
} ll_open_sums;

#define LL_OPEN_SELF UINT32_MAX

/* Home chips that send: chip[i] over flow[first[i]] .. flow[first[i + 1] - 1], places in the store,
 * or LL_OPEN_SELF. */
typedef struct ll_senders {
    int32_t n_chip;
    int32_t *chip;  /* [n_chip] */
    int64_t *first; /* [n_chip + 1] */
    uint32_t *flow; /* [first[n_chip]] */
} ll_senders;

struct ll_injection {
    const ll_open_load *load;
    const ll_senders *senders;
    int64_t slot_ps, part_ps;
    int64_t begin_ps, end_ps; /* of part 0; of the cool-down */
    int64_t late_ps;          /* a packet that needs more is late */
    uint32_t part, n_part;    /* parts of a slot, and of all */
    uint32_t next;            /* part that is not released yet */
    uint64_t below;           /* a draw of 32 bits below this releases a packet */
    uint64_t n_released;      /* packets that take a link */
    bool stuck;               /* nothing moves any more, before the end */
    int64_t most_ps;          /* longest latency of a measured packet */
    ll_open_sums sums;
};

/* Releases what leaves before the end of the second window after the one at hand, after ranks have
 * exchanged what belongs to that one. `window`: the next one that the calendars need. Returns the
 * next one of the run: none is skipped while packets are released, and none is left when time is
 * over. */
int64_t ll_injection_release(ll_packet_running *run, int64_t window);

/* The packet `seq` of the flow is whole at its destination at `ps`. */
void ll_injection_land(ll_packet_running *run, const ll_packet_flow *flow, uint32_t seq,
                       int64_t ps);

#endif
