/* The calendar of the packet engine against the obvious way: all events in one array, sorted. */
#include "sim/base/rng.h"
#include "sim/engine/packet/calendar.h"
#include "tests/support/check.h"

#include <stdbool.h>
#include <string.h>

enum { FEW = 50, MANY = 20000, DELTA = 300007, N_EVENT = 20000, N_CREDIT = 3000 };

static int by_all(const ll_parcel *x, const ll_parcel *y)
{
    const int64_t p[5] = {x->window, x->event.link, x->event.dt_ps, x->event.order, x->event.flow};
    const int64_t q[5] = {y->window, y->event.link, y->event.dt_ps, y->event.order, y->event.flow};
    for (int i = 0; i < 5; i++)
        if (p[i] != q[i]) return p[i] < q[i] ? -1 : 1;
    return 0;
}

/* Events up to `reach` windows ahead, many at the same time and on few links; each is taken in its
 * window, in order, and half of them put another one further ahead when they are. */
static void check_order(uint32_t n_link, double reach, double share_busy)
{
    ll_arena *mem = ll_arena_create("calendar");
    ll_calendar *cal = ll_arena_new(mem, ll_calendar);
    ll_parcel *all = ll_arena_array(mem, N_EVENT, ll_parcel);
    ll_calendar_init(cal, DELTA, n_link, mem);
    int n = 0, n_taken = 0;
    for (int64_t w = 0; w != INT64_MAX; w = ll_calendar_next(cal)) {
        CHECK(w >= cal->now, "window %lld after %lld", (long long)w, (long long)cal->now);
        ll_calendar_go(cal, w);
        const int n_before = n_taken;
        for (uint64_t left = ll_calendar_tiles(cal); left != 0; left &= left - 1) {
            const int64_t n_tile = ll_calendar_take(cal, __builtin_ctzll(left));
            for (int64_t i = 0; i < n_tile; i++, n_taken++)
                all[n_taken] = (ll_parcel){cal->sorted[i], w};
        }
        const int n_now = n_taken - n_before;
        /* More, while there is room; the first window has no others to start from. */
        for (int k = 0; k < (w == 0 ? 500 : 2 * n_now) && n < N_EVENT; k++, n++) {
            const uint64_t i = (uint64_t)n;
            const double u = ll_rng_u01(1, i, 0);
            const int64_t ps = DELTA + (int64_t)(u * u * u * reach * DELTA) / 1000 * 1000;
            ll_event e = {.order = (uint32_t)(8 * ll_rng_u01(1, i, 1)), .flow = (uint32_t)n};
            e.link =
                ll_rng_u01(1, i, 2) < share_busy ? 7 : (uint32_t)(n_link * ll_rng_u01(1, i, 3));
            const int64_t window = ll_calendar_window(cal, ps, &e.dt_ps);
            CHECK(window == w + ps / DELTA && e.dt_ps == ps % DELTA, "%lld ps", (long long)ps);
            ll_calendar_put(cal, window, &e);
        }
    }
    CHECK(n_taken == N_EVENT, "%d of %d events", n_taken, N_EVENT);
    /* They came out sorted; and as many of each flow as went in, that is one. */
    static bool seen[N_EVENT];
    memset(seen, 0, sizeof seen);
    int n_bad = 0;
    for (int i = 0; i < n_taken; i++) {
        n_bad += seen[all[i].event.flow] || (i > 0 && by_all(&all[i - 1], &all[i]) >= 0);
        seen[all[i].event.flow] = true;
    }
    CHECK(n_bad == 0, "%d events twice or out of order, reach %g, busy %g", n_bad, reach,
          share_busy);
    ll_arena_destroy(mem);
}

/* Credits come back in the window that they were put in, near or far. */
static void check_credits(uint32_t n_link, double reach)
{
    ll_arena *mem = ll_arena_create("calendar");
    ll_calendar *cal = ll_arena_new(mem, ll_calendar);
    int64_t want = 0, got = 0; /* sums of window * (4 link + lane + 1) */
    int n = 0;
    ll_calendar_init(cal, DELTA, n_link, mem);
    for (int i = 0; i < N_CREDIT; i++) {
        const int64_t w = (int64_t)(reach * ll_rng_u01(2, (uint64_t)i, 0));
        const uint32_t link = (uint32_t)i % n_link, vl = (uint32_t)i % 4;
        ll_calendar_put_credit(cal, w, link, vl);
        want += w * (4 * (int64_t)link + vl + 1);
    }
    for (int64_t w = ll_calendar_next(cal); w != INT64_MAX; w = ll_calendar_next(cal)) {
        ll_calendar_go(cal, w);
        for (uint64_t left = ll_calendar_tiles(cal); left != 0; left &= left - 1) {
            const int tile = __builtin_ctzll(left);
            ll_page *page = ll_calendar_credits(cal, tile);
            for (; page; page = ll_calendar_give(cal, page))
                for (uint32_t i = 0; i < page->n; i++, n++)
                    got += w * ((int64_t)page->credit[i] + 1);
            CHECK(ll_calendar_take(cal, tile) == 0, "events in window %lld", (long long)w);
        }
        CHECK(ll_calendar_tiles(cal) == 0, "tiles left in window %lld", (long long)w);
    }
    CHECK(n == N_CREDIT && got == want, "%d credits, %lld for %lld", n, (long long)got,
          (long long)want);
    ll_arena_destroy(mem);
}

int main(void)
{
    for (uint32_t n_link = FEW; n_link <= MANY; n_link += MANY - FEW) { // one tile; 40
        check_order(n_link, 3, 0);     /* near, many in one window */
        check_order(n_link, 3, 0.9);   /* nearly all on one link */
        check_order(n_link, 900, 0.1); /* few in a window */
        check_order(n_link, 1e5, 0.1); /* most of them far */
        check_credits(n_link, 10);
        check_credits(n_link, 1e5);
    }
    CHECK(ll_arena_balance_B() == 0, "%lld bytes", (long long)ll_arena_balance_B());
    return LL_CHECK_RESULT;
}
