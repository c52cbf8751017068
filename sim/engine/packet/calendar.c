#include "sim/engine/packet/calendar.h"

#include "sim/base/status.h"

#include <stdbool.h>
#include <string.h>

enum { RUN = 8 }; /* events per run, sorted by insertion */

void ll_calendar_init(ll_calendar *cal, int64_t delta_ps, int64_t n_link, ll_arena *mem)
{
    LL_ASSERT(delta_ps >= 1 && delta_ps <= 1 << 30, "delta %lld ps", (long long)delta_ps);
    *cal = (ll_calendar){.mem = mem,
                         .delta_ps = delta_ps,
                         .per_delta = ((uint64_t)1 << 44) / (uint64_t)delta_ps,
                         .near_end = LL_CALENDAR_SLOTS,
                         .far_first = INT64_MAX,
                         .link_bits = LL_TILE_LINK_BITS};
    while (n_link > (int64_t)LL_CALENDAR_TILES << cal->link_bits)
        cal->link_bits++;
    while (n_link > (int64_t)1 << (cal->tile_bits + cal->link_bits))
        cal->tile_bits++;
    cal->event = ll_arena_array(mem, LL_CALENDAR_SLOTS << cal->tile_bits, ll_page *);
    cal->credit = ll_arena_array(mem, LL_CALENDAR_SLOTS << cal->tile_bits, ll_page *);
    cal->count = ll_arena_array(mem, ((int64_t)1 << cal->link_bits) + 1, uint32_t);
}

ll_page *ll_calendar_page(ll_calendar *cal, ll_page **slot)
{
    ll_page *page = cal->spare;
    if (page != NULL)
        cal->spare = page->next;
    else
        page = ll_arena_new(cal->mem, ll_page);
    page->next = *slot;
    page->n = 0;
    *slot = page;
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

static inline bool before(const ll_event *a, const ll_event *b)
{
    const uint64_t ka = (uint64_t)a->dt_ps << 32 | a->order;
    const uint64_t kb = (uint64_t)b->dt_ps << 32 | b->order;
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

/* Sorts few events on many links, where comparing is cheaper than counting through all links. */
static void sort_few(ll_event *e, int64_t n)
{
    for (int64_t i = 1; i < n; i++) {
        const ll_event x = e[i];
        int64_t k = i;
        for (; k > 0 &&
               (x.link < e[k - 1].link || (x.link == e[k - 1].link && before(&x, &e[k - 1])));
             k--)
            e[k] = e[k - 1];
        e[k] = x;
    }
}

static void reserve(ll_calendar *cal, int64_t n)
{
    if (n <= cal->cap_sorted) return;
    cal->cap_sorted = n + n / 2 + 1024;
    cal->sorted = ll_arena_array(cal->mem, cal->cap_sorted + LL_CALENDAR_SLACK, ll_event);
    cal->aside = ll_arena_array(cal->mem, cal->cap_sorted, ll_event);
}

/* Counting sort of the pages of a tile by link, then each link by itself. */
static void sort_pages(ll_calendar *cal, const ll_page *pages, int64_t n)
{
    uint32_t *const count = cal->count;
    const uint32_t n_link = (uint32_t)1 << cal->link_bits, mask = n_link - 1;
    memset(count, 0, (n_link + 1) * sizeof *count);
    for (const ll_page *p = pages; p != NULL; p = p->next)
        for (uint32_t i = 0; i < p->n; i++)
            count[(p->event[i].link & mask) + 1]++;
    for (uint32_t l = 1; l < n_link; l++)
        count[l + 1] += count[l];
    for (const ll_page *p = pages; p != NULL; p = p->next)
        for (uint32_t i = 0; i < p->n; i++)
            cal->sorted[count[p->event[i].link & mask]++] = p->event[i];
    for (int64_t i = 0; i < n;) {
        const int64_t end = count[cal->sorted[i].link & mask];
        if (end - i > RUN)
            merge_sort(cal->sorted + i, end - i, cal->aside);
        else if (end - i > 1)
            sort_run(cal->sorted + i, end - i);
        i = end;
    }
}

int64_t ll_calendar_take(ll_calendar *cal, int tile)
{
    ll_page *pages = ll_calendar_pages(cal, cal->event, tile);
    int64_t n = 0;
    for (const ll_page *p = pages; p != NULL; p = p->next)
        n += p->n;
    LL_ASSERT(n < INT32_MAX, "%lld events in one window", (long long)n);
    reserve(cal, n);
    if (n <= 2 * (int64_t)RUN) {
        ll_event *to = cal->sorted;
        for (const ll_page *p = pages; p != NULL; to += p->n, p = p->next)
            memcpy(to, p->event, p->n * sizeof *to);
        sort_few(cal->sorted, n);
    } else {
        sort_pages(cal, pages, n);
    }
    while (pages != NULL)
        pages = ll_calendar_give(cal, pages);
    cal->used[(uint64_t)cal->now % LL_CALENDAR_SLOTS] &= ~((uint64_t)1 << tile);
    return n;
}
