/* Calendar queue: the events of a rank, by time window and tile of links.
 *
 *     window      now          now+1                     (256 windows: this block and the next)
 *     tile 0    [ pages ]    [ pages ]    [     ]  ...      far: everything later, in no order;
 *     tile 1    [ pages ]    [       ]    [     ]           looked through once per 128 windows
 *                 |    |
 *               events credits
 *
 * An event is 16 bytes; a credit, 4. Pages of 2 KiB come from a free list and return to it after
 * their window, so nothing is allocated twice and nothing is searched. For each window and tile the
 * calendar holds where the next event goes: pages are aligned to their size, so an address at a
 * multiple of it is the end of a full page, or NULL, and a page is missing. Events may be put in in
 * any order, as ll_calendar_take sorts them.
 *
 * A tile is some hundred neighbouring links; there are at most 64 tiles. Events and links of a tile
 * fit the L1 cache while they are sorted and served. Putting events into the pages of their tile is
 * the first pass of the sort. Compared with a single tile, CPU time per packet-hop of `bench/run
 * packet` is: 4 % less at 8192 chips (32,768 links, 64 or 16 tiles alike), 17 % less at 65,536.
 * Tiles are served in ascending order of links, which a flow with several paths depends on. */
#ifndef LL_ENGINE_PACKET_CALENDAR_H
#define LL_ENGINE_PACKET_CALENDAR_H

#include "sim/base/arena.h"

#include <stdbool.h>
#include <stdint.h>

/* Values of `flow` for events that are no packets; all flow numbers are smaller. */
#define LL_CALENDAR_END    (UINT32_MAX - 3) /* parcels only: end of a flow */
#define LL_CALENDAR_QUEUE  (UINT32_MAX - 2) /* parcels only: state of a queue */
#define LL_CALENDAR_TIMER  (UINT32_MAX - 1)
#define LL_CALENDAR_CREDIT UINT32_MAX

/* An event: a packet reaches the queue of a link; with flow = LL_CALENDAR_CREDIT, packets that wait
 * for credits may go on; with flow = LL_CALENDAR_TIMER, timer number `order` expires. Events of a
 * link are ordered by dt_ps, order, flow; no two are equal. The fields stand from the least to the
 * most significant one, so that one load reads two neighbours as a key. */
typedef struct ll_event {
    uint32_t flow;
    uint32_t order; /* sequence number << 7 | hop */
    uint32_t dt_ps; /* since the window began */
    uint32_t link;  /* own link */
} ll_event;

/* An event or a credit (flow = LL_CALENDAR_CREDIT, order = virtual lane) with its window, as sent
 * to other ranks. */
typedef struct ll_parcel {
    ll_event event;
    int64_t window;
} ll_parcel;

enum {
    LL_CALENDAR_SLACK = 16,    /* events that may be looked at beyond the end of `sorted` */
    LL_CALENDAR_DIGITS = 1024, /* of times in a window, at most */
    LL_PAGE_B = 2048,
    LL_PAGE_EVENTS = 127,
    LL_PAGE_CREDITS = 4 * LL_PAGE_EVENTS,
    LL_CALENDAR_BLOCK = 128,
    LL_CALENDAR_SLOTS = 2 * LL_CALENDAR_BLOCK,
    LL_TILE_BITS = 6,
    LL_CALENDAR_TILES = 1 << LL_TILE_BITS, /* at most: bits of a word */
    LL_TILE_LINK_BITS = 8                  /* of links in a tile, at least */
};

__extension__ typedef unsigned __int128 ll_wide;

typedef struct ll_page {
    struct ll_page *next;
    uint32_t n; /* set when the page is full, or taken */
    union {
        _Alignas(16) ll_event event[LL_PAGE_EVENTS];
        uint32_t credit[LL_PAGE_CREDITS]; /* link << 2 | virtual lane */
    };
} ll_page;

typedef struct ll_calendar {
    ll_arena *mem;
    int64_t delta_ps;
    uint64_t per_ps;     /* 2^64 / delta_ps, rounded up */
    int64_t now, now_ps; /* current window, and its start */
    int64_t near_end;    /* windows before this are in `event` and `credit` */
    int dt_bits;         /* of the times in a window */
    int link_bits;       /* log2 of the links per tile */
    ll_event **event;    /* [LL_CALENDAR_SLOTS][LL_CALENDAR_TILES] where the next goes */
    uint32_t **credit;   /* the same */
    uint64_t used[LL_CALENDAR_SLOTS]; /* bit set: the tile has pages */
    ll_page *spare;
    ll_parcel *far;                    /* [n_far] of [cap_far] */
    int64_t n_far, cap_far, far_first; /* far_first: the earliest window there */
    /* Work space of ll_calendar_take. */
    uint32_t *n_before; /* [LL_CALENDAR_DIGITS + links of a tile] */
    int64_t cap_sorted;
    ll_event *sorted, *aside;
} ll_calendar;

/* delta_ps: length of a window, 1 .. 2^30. */
void ll_calendar_init(ll_calendar *cal, int64_t delta_ps, int64_t n_link, ll_arena *mem);

/* The earliest window with events or credits, from the current one on; INT64_MAX: none. */
int64_t ll_calendar_next(const ll_calendar *cal);

/* Advances to a window, at most to ll_calendar_next. */
void ll_calendar_go(ll_calendar *cal, int64_t window);

/* Removes the events of the current window on the links of a tile and puts them into cal->sorted[0
 * .. n-1], sorted by link and event order; returns n. */
int64_t ll_calendar_take(ll_calendar *cal, int tile);

/* Removes the pages of credits of a tile in the current window; give them back by ll_calendar_give.
 */
ll_page *ll_calendar_credits(ll_calendar *cal, int tile);

void ll_calendar_put_far(ll_calendar *cal, const ll_parcel *parcel);

/* A new page for events or credits at `place`, before the full one, of n, that ends at `end`; NULL:
 * it is the first. */
ll_page *ll_calendar_page(ll_calendar *cal, uint64_t place, void *end, uint32_t n);

/* Whole windows in `ps`, which is below LL_CALENDAR_EXACT_PS; windows of 1 ps are not for this. */
#define LL_CALENDAR_EXACT_PS ((int64_t)1 << 33)
static inline uint64_t ll_calendar_quotient(uint64_t ps, uint64_t per_ps)
{
    return (uint64_t)((ll_wide)ps * per_ps >> 64);
}

/* The window that a time lies in; *dt_ps: offset in it. ps: since the start of the current window,
 * >= 0. */
static inline int64_t ll_calendar_window(const ll_calendar *cal, int64_t ps, uint32_t *dt_ps)
{
    const bool exact = ps < LL_CALENDAR_EXACT_PS && cal->delta_ps > 1;
    const int64_t k =
        exact ? (int64_t)ll_calendar_quotient((uint64_t)ps, cal->per_ps) : ps / cal->delta_ps;
    *dt_ps = (uint32_t)(ps - k * cal->delta_ps);
    return cal->now + k;
}

/* Tiles with events or credits in the current window: bit t for tile t. */
static inline uint64_t ll_calendar_tiles(const ll_calendar *cal)
{
    return cal->used[(uint64_t)cal->now % LL_CALENDAR_SLOTS];
}

/* Index into `event` and `credit`. */
static inline uint64_t ll_calendar_place(const ll_calendar *cal, int64_t window, uint32_t link)
{
    return (uint64_t)window % LL_CALENDAR_SLOTS << LL_TILE_BITS | link >> cal->link_bits;
}

/* `next` of a slot: no page has room there. */
static inline bool ll_page_missing(const void *next) { return (uintptr_t)next % LL_PAGE_B == 0; }

static inline void ll_calendar_put(ll_calendar *cal, int64_t window, const ll_event *event)
{
    if (window >= cal->near_end) {
        const ll_parcel parcel = {*event, window};
        ll_calendar_put_far(cal, &parcel);
        return;
    }
    const uint64_t place = ll_calendar_place(cal, window, event->link);
    ll_event *next = cal->event[place];
    if (ll_page_missing(next)) next = ll_calendar_page(cal, place, next, LL_PAGE_EVENTS)->event;
    *next = *event;
    cal->event[place] = next + 1;
}

static inline void ll_calendar_put_credit(ll_calendar *cal, int64_t window, uint32_t link,
                                          uint32_t vl)
{
    if (window >= cal->near_end) {
        const ll_parcel parcel = {{.link = link, .flow = LL_CALENDAR_CREDIT, .order = vl}, window};
        ll_calendar_put_far(cal, &parcel);
        return;
    }
    const uint64_t place = ll_calendar_place(cal, window, link);
    uint32_t *next = cal->credit[place];
    if (ll_page_missing(next)) next = ll_calendar_page(cal, place, next, LL_PAGE_CREDITS)->credit;
    *next = link << 2 | vl;
    cal->credit[place] = next + 1;
}

/* The near windows as they are seen while one is swept, so that all of it can stay in registers;
 * for the loop that takes most of the time. Says the same as the calendar. */
typedef struct ll_calendar_near {
    int64_t now, now_ps, delta_ps;
    uint64_t per_ps;
    uint64_t span_ps; /* since now_ps: before this, a time is near, and its quotient exact */
    ll_event **event;
    uint32_t **credit;
    int link_bits;
} ll_calendar_near;

static inline ll_calendar_near ll_calendar_near_of(const ll_calendar *cal)
{
    const int64_t near_ps = (cal->near_end - cal->now) * cal->delta_ps;
    const int64_t span_ps = near_ps < LL_CALENDAR_EXACT_PS ? near_ps : LL_CALENDAR_EXACT_PS;
    return (ll_calendar_near){.now = cal->now,
                              .now_ps = cal->now_ps,
                              .delta_ps = cal->delta_ps,
                              .per_ps = cal->per_ps,
                              .span_ps = cal->delta_ps > 1 ? (uint64_t)span_ps : 0,
                              .event = cal->event,
                              .credit = cal->credit,
                              .link_bits = cal->link_bits};
}

static inline uint64_t ll_near_place(const ll_calendar_near *near, uint64_t windows, uint32_t link)
{
    return ((uint64_t)near->now + windows) % LL_CALENDAR_SLOTS << LL_TILE_BITS |
           link >> near->link_bits;
}

/* Puts an event `ps` after now; its dt_ps is found here. */
static inline void ll_near_put(ll_calendar *cal, const ll_calendar_near *near, uint64_t ps,
                               ll_event event)
{
    const uint64_t windows = ll_calendar_quotient(ps, near->per_ps);
    const uint64_t place = ll_near_place(near, windows, event.link);
    ll_event *next = near->event[place];
    if (ll_page_missing(next)) next = ll_calendar_page(cal, place, next, LL_PAGE_EVENTS)->event;
    event.dt_ps = (uint32_t)(ps - windows * (uint64_t)near->delta_ps);
    *next = event;
    near->event[place] = next + 1;
}

static inline void ll_near_put_credit(ll_calendar *cal, const ll_calendar_near *near, uint64_t ps,
                                      uint32_t link, uint32_t vl)
{
    const uint64_t place = ll_near_place(near, ll_calendar_quotient(ps, near->per_ps), link);
    uint32_t *next = near->credit[place];
    if (ll_page_missing(next)) next = ll_calendar_page(cal, place, next, LL_PAGE_CREDITS)->credit;
    *next = link << 2 | vl;
    near->credit[place] = next + 1;
}

static inline void ll_calendar_put_parcel(ll_calendar *cal, const ll_parcel *p)
{
    if (p->event.flow == LL_CALENDAR_CREDIT)
        ll_calendar_put_credit(cal, p->window, p->event.link, p->event.order);
    else
        ll_calendar_put(cal, p->window, &p->event);
}

static inline ll_page *ll_calendar_give(ll_calendar *cal, ll_page *page)
{
    ll_page *next = page->next;
    page->next = cal->spare;
    cal->spare = page;
    return next;
}

#endif
