#include "sim/engine/packet/calendar.h"

#include "sim/base/status.h"

#include <stddef.h>
#include <string.h>

_Static_assert(sizeof(ll_page) == LL_PAGE_B &&
                   offsetof(ll_page, event) + LL_PAGE_EVENTS * sizeof(ll_event) == LL_PAGE_B,
               "a page ends with its last event");

enum { MORE_PAGES = 32 };
enum { RUN = 8, MOST_MOVED = 16 }; /* events per run of merge sort; places by insertion */

void ll_calendar_init(ll_calendar *cal, int64_t delta_ps, int64_t n_link, ll_arena *mem)
{
    LL_ASSERT(delta_ps >= 1 && delta_ps <= 1 << 30, "delta %lld ps", (long long)delta_ps);
    *cal = (ll_calendar){.mem = mem,
                         .delta_ps = delta_ps,
                         .per_ps = UINT64_MAX / (uint64_t)delta_ps + 1,
                         .near_end = LL_CALENDAR_SLOTS,
                         .far_first = INT64_MAX,
                         .link_bits = LL_TILE_LINK_BITS};
    while (n_link > (int64_t)LL_CALENDAR_TILES << cal->link_bits)
        cal->link_bits++;
    cal->event = ll_arena_array(mem, LL_CALENDAR_SLOTS << LL_TILE_BITS, ll_event *);
    cal->credit = ll_arena_array(mem, LL_CALENDAR_SLOTS << LL_TILE_BITS, uint32_t *);
    cal->n_before =
        ll_arena_array(mem, LL_CALENDAR_DIGITS + ((int64_t)1 << cal->link_bits), uint32_t);
    while (delta_ps > (int64_t)1 << cal->dt_bits)
        cal->dt_bits++;
}

/* Pages for the free list, aligned to their size. */
static void more_pages(ll_calendar *cal)
{
    char *at = ll_arena_raw(cal->mem, MORE_PAGES + 1, LL_PAGE_B);
    at += (LL_PAGE_B - (uintptr_t)at % LL_PAGE_B) % LL_PAGE_B;
    for (int i = 0; i < MORE_PAGES; i++)
        ll_calendar_give(cal, (ll_page *)(at + (size_t)i * LL_PAGE_B));
}

ll_page *ll_calendar_page(ll_calendar *cal, uint64_t place, void *end, uint32_t n)
{
    if (cal->spare == NULL) more_pages(cal);
    ll_page *page = cal->spare, *full = end != NULL ? (ll_page *)end - 1 : NULL;
    cal->spare = page->next;
    page->next = full;
    if (full != NULL) full->n = n;
    cal->used[place >> LL_TILE_BITS] |= (uint64_t)1 << place % LL_CALENDAR_TILES;
    return page;
}

/* The page that `next`, of a slot, points into, or just behind. */
static ll_page *page_of(void *next)
{
    char *const last = (char *)next - 1;
    return (ll_page *)(void *)(last - (uintptr_t)last % LL_PAGE_B);
}

static uint64_t place_now(const ll_calendar *cal, int tile)
{
    return (uint64_t)cal->now % LL_CALENDAR_SLOTS << LL_TILE_BITS | (uint64_t)tile;
}

/* Removes the pages of events of a tile in the current window. */
static ll_page *take_events(ll_calendar *cal, int tile)
{
    ll_event **slot = &cal->event[place_now(cal, tile)], *next = *slot;
    if (next == NULL) return NULL;
    ll_page *page = page_of(next);
    page->n = (uint32_t)(next - page->event);
    *slot = NULL;
    return page;
}

ll_page *ll_calendar_credits(ll_calendar *cal, int tile)
{
    uint32_t **slot = &cal->credit[place_now(cal, tile)], *next = *slot;
    if (next == NULL) return NULL;
    ll_page *page = page_of(next);
    page->n = (uint32_t)(next - page->credit);
    *slot = NULL;
    return page;
}

void ll_calendar_put_far(ll_calendar *cal, const ll_parcel *parcel)
{
    if (cal->n_far == cal->cap_far) {
        const ll_parcel *old = cal->far;
        cal->cap_far = 2 * cal->cap_far + 1024;
        cal->far = ll_arena_array(cal->mem, cal->cap_far, ll_parcel);
        if (old != NULL) memcpy(cal->far, old, (size_t)cal->n_far * sizeof *old);
    }
    cal->far[cal->n_far++] = *parcel;
    if (parcel->window < cal->far_first) cal->far_first = parcel->window;
}

int64_t ll_calendar_next(const ll_calendar *cal)
{
    for (int64_t w = cal->now; w < cal->near_end; w++)
        if (cal->used[(uint64_t)w % LL_CALENDAR_SLOTS] != 0) return w;
    return cal->far_first;
}

/* Moves events of `far` that are near now into their slots. */
static void pull(ll_calendar *cal)
{
    int64_t n = 0;
    const int64_t n_far = cal->n_far;
    cal->far_first = INT64_MAX;
    cal->n_far = 0;
    for (int64_t i = 0; i < n_far; i++) {
        if (cal->far[i].window < cal->near_end) {
            ll_calendar_put_parcel(cal, &cal->far[i]);
            continue;
        }
        cal->far[n++] = cal->far[i];
        if (cal->far[i].window < cal->far_first) cal->far_first = cal->far[i].window;
    }
    cal->n_far = n;
}

void ll_calendar_go(ll_calendar *cal, int64_t window)
{
    cal->now = window;
    cal->now_ps = window * cal->delta_ps;
    const int64_t end = (window / LL_CALENDAR_BLOCK + 2) * LL_CALENDAR_BLOCK;
    if (end == cal->near_end) return;
    cal->near_end = end;
    if (cal->far_first < end) pull(cal);
}

/* ---- Sorting --------------------------------------------------------------------------------- */

/* Keys of two neighbouring fields: the events of a link by time and order, and all by link and
 * time. */
static inline uint64_t key_dt_order(const ll_event *e)
{
    return (uint64_t)e->dt_ps << 32 | e->order;
}
static inline uint64_t key_link_dt(const ll_event *e) { return (uint64_t)e->link << 32 | e->dt_ps; }

/* Of events of one link. */
static inline bool before(const ll_event *a, const ll_event *b)
{
    const uint64_t ka = key_dt_order(a), kb = key_dt_order(b);
    return (ka < kb) | ((ka == kb) & (a->flow < b->flow));
}

/* Sorts a few events by rank: the place of an event is the number of events before it. Branch-free.
 */
static inline void sort_run(ll_event *e, int64_t n)
{
    ll_event copy[RUN];
    int64_t place[RUN] = {0};
    for (int64_t i = 0; i < n; i++) {
        copy[i] = e[i];
        for (int64_t k = 0; k < i; k++) {
            const bool less = before(&e[i], &copy[k]);
            place[k] += less;
            place[i] += !less;
        }
    }
    for (int64_t i = 0; i < n; i++)
        e[place[i]] = copy[i];
}

static void merge(const ll_event *a, int64_t n_a, const ll_event *b, int64_t n_b, ll_event *out)
{
    const ll_event *const end_a = a + n_a, *const end_b = b + n_b;
    while (a < end_a && b < end_b) {
        const bool second = before(b, a);
        const ll_event *const first = second ? b : a;
        *out++ = *first;
        b += second;
        a += !second;
    }
    memcpy(out, a, (size_t)(end_a - a) * sizeof *a);
    memcpy(out + (end_a - a), b, (size_t)(end_b - b) * sizeof *b);
}

/* Sorts many events of one link: bottom-up merge sort of short runs. aside: [n] work space. */
static void merge_sort(ll_event *e, int64_t n, ll_event *aside)
{
    ll_event *from = e, *to = aside;
    for (int64_t i = 0; i < n; i += RUN)
        sort_run(e + i, n - i < RUN ? n - i : RUN);
    for (int64_t run = RUN; run < n; run *= 2) {
        for (int64_t i = 0; i < n; i += 2 * run) {
            const int64_t n_a = n - i < run ? n - i : run;
            const int64_t n_b = n - i - n_a < run ? n - i - n_a : run;
            merge(from + i, n_a, from + i + n_a, n_b, to + i);
        }
        ll_event *const swap = from;
        from = to;
        to = swap;
    }
    if (from != e) memcpy(e, from, (size_t)n * sizeof *e);
}

/* Moves e[at] down to its place among the sorted events before it; false if that is further than
 * `most` places, and then nothing is moved. */
static bool insert(ll_event *e, int64_t at, int64_t most)
{
    const ll_event x = e[at];
    int64_t to = at;
    for (; to > 0 &&
           (x.link < e[to - 1].link || (x.link == e[to - 1].link && before(&x, &e[to - 1])));
         to--)
        if (at - to == most) return false;
    memmove(e + to + 1, e + to, (size_t)(at - to) * sizeof *e);
    e[to] = x;
    return true;
}

static void reserve(ll_calendar *cal, int64_t n)
{
    if (n <= cal->cap_sorted) return;
    cal->cap_sorted = n + n / 2 + 1024;
    cal->sorted = ll_arena_array(cal->mem, cal->cap_sorted + LL_CALENDAR_SLACK, ll_event);
    cal->aside = ll_arena_array(cal->mem, cal->cap_sorted, ll_event);
}

/* Turns n counts into the sums of those before each. */
static void sum_up(uint32_t *count, uint32_t n)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t here = count[i];
        count[i] = sum;
        sum += here;
    }
}

/* Puts right what the digits left: events of a link at nearly the same time. n_before[i]: where
 * those of link i of the tile end. */
static void settle(ll_calendar *cal, const uint32_t *n_before, uint32_t mask, int64_t n)
{
    ll_event *const e = cal->sorted;
    for (int64_t i = 1; i < n; i++) {
        if (key_link_dt(&e[i - 1]) < key_link_dt(&e[i]) || insert(e, i, MOST_MOVED)) continue;
        const uint32_t link = e[i].link & mask;
        const int64_t begin = link > 0 ? n_before[link - 1] : 0, end = n_before[link];
        merge_sort(e + begin, end - begin, cal->aside);
        i = end;
    }
}

/* Sorts the n events of a tile in two counting passes, by the first digit of their time into
 * `aside`, then by link, each link in the order of digits, into `sorted`; then the few events that
 * have neighbours in time. About as many digits as events. */
static void sort_pages(ll_calendar *cal, const ll_page *pages, int64_t n)
{
    uint32_t *const digit = cal->n_before, *const link = digit + LL_CALENDAR_DIGITS;
    const uint32_t n_link = (uint32_t)1 << cal->link_bits, mask = n_link - 1;
    int shift = cal->dt_bits;
    uint32_t n_digit = 1;
    for (; shift > 0 && n_digit < n && n_digit < LL_CALENDAR_DIGITS; n_digit *= 2)
        shift--;
    memset(digit, 0, n_digit * sizeof *digit);
    memset(link, 0, n_link * sizeof *link);
    for (const ll_page *p = pages; p != NULL; p = p->next) {
        const ll_page *const ahead = p->next != NULL ? p->next : p;
        for (uint32_t i = 0; i < p->n; i++) {
            if (i % 4 == 0) __builtin_prefetch(&ahead->event[i]);
            digit[p->event[i].dt_ps >> shift]++;
            link[p->event[i].link & mask]++;
        }
    }
    sum_up(digit, n_digit);
    sum_up(link, n_link);
    for (const ll_page *p = pages; p != NULL; p = p->next)
        for (uint32_t i = 0; i < p->n; i++)
            cal->aside[digit[p->event[i].dt_ps >> shift]++] = p->event[i];
    for (int64_t i = 0; i < n; i++)
        cal->sorted[link[cal->aside[i].link & mask]++] = cal->aside[i];
    settle(cal, link, mask, n);
}

int64_t ll_calendar_take(ll_calendar *cal, int tile)
{
    ll_page *pages = take_events(cal, tile);
    int64_t n = 0;
    for (const ll_page *p = pages; p != NULL; p = p->next)
        n += p->n;
    LL_ASSERT(n < INT32_MAX, "%lld events in one window", (long long)n);
    reserve(cal, n);
    if (n <= 2 * (int64_t)RUN) {
        ll_event *to = cal->sorted;
        for (const ll_page *p = pages; p != NULL; to += p->n, p = p->next)
            memcpy(to, p->event, p->n * sizeof *to);
        for (int64_t i = 1; i < n; i++)
            insert(cal->sorted, i, n);
    } else {
        sort_pages(cal, pages, n);
    }
    while (pages != NULL)
        pages = ll_calendar_give(cal, pages);
    cal->used[(uint64_t)cal->now % LL_CALENDAR_SLOTS] &= ~((uint64_t)1 << tile);
    return n;
}
