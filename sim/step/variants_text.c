/* What a variant came to as one line of text, and back: for stores that keep it in a file. */
#include "sim/step/variants.h"

#include <stdlib.h>
#include <string.h>

void ll_found_write(const ll_found *f, ll_text *out)
{
    ll_text_add(out, "%d %d %lld %lld %lld %lld %lld %d %016llx %.17g %.17g %.17g", f->n_chip,
                f->valid, (long long)f->tp, (long long)f->cp, (long long)f->pp, (long long)f->dp,
                (long long)f->global_batch, f->n_loss, (unsigned long long)f->checksum, f->memory_B,
                f->effective_chips, f->speed.iteration_s);
    ll_text_add(out, " %.17g", f->speed.headline);
    for (int i = 0; i < LL_MAX_METRIC; i++)
        ll_text_add(out, " %.17g", f->speed.value[i]);
    for (int i = 0; i < f->n_loss; i++)
        ll_text_add(out, " %d %.17g", f->loss[i].cause, f->loss[i].chips);
    ll_text_add(out, "|%s", f->why);
}

typedef struct reader {
    const char *s;
    bool ok;
} reader;

static double next(reader *r)
{
    char *end;
    const double x = strtod(r->s, &end);
    r->ok = r->ok && end != r->s;
    r->s = end;
    return x;
}

static int64_t next_whole(reader *r, int base)
{
    char *end;
    const uint64_t x = strtoull(r->s, &end, base);
    r->ok = r->ok && end != r->s;
    r->s = end;
    return (int64_t)x;
}

bool ll_found_read(const char *text, ll_found *out)
{
    reader r = {text, true};
    memset(out, 0, sizeof *out);
    out->n_chip = (int32_t)next_whole(&r, 10);
    out->valid = (int32_t)next_whole(&r, 10);
    out->tp = next_whole(&r, 10);
    out->cp = next_whole(&r, 10);
    out->pp = next_whole(&r, 10);
    out->dp = next_whole(&r, 10);
    out->global_batch = next_whole(&r, 10);
    out->n_loss = (int32_t)next_whole(&r, 10);
    out->checksum = (uint64_t)next_whole(&r, 16);
    out->memory_B = next(&r);
    out->effective_chips = next(&r);
    out->speed.iteration_s = next(&r);
    out->speed.headline = next(&r);
    for (int i = 0; i < LL_MAX_METRIC; i++)
        out->speed.value[i] = next(&r);
    if (!r.ok || out->n_loss < 0 || out->n_loss > LL_MAX_LOSS) return false;
    for (int i = 0; i < out->n_loss; i++) {
        out->loss[i].cause = (int)next_whole(&r, 10);
        out->loss[i].chips = next(&r);
    }
    if (!r.ok || *r.s != '|' || strlen(r.s + 1) >= sizeof out->why) return false;
    memcpy(out->why, r.s + 1, strlen(r.s + 1) + 1);
    return true;
}
