#include "sim/engine/flow/direction.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { CG_MAX = 1000, PAIRS_MAX = 16 /* of the matrix, for each entry of a flow */ };

static const double weak = 1e-3;  /* links of K_ll below this part of the slope are not stiff */
static const double pivot = 1e-4; /* least pivot, of the diagonal */
static const double first_shift = 0.01; /* of the diagonal, if a pivot is too small; then tripled */
static const double last_shift = 1e6;

/* A stiff link: what its owner knows. */
typedef struct stiff_link {
    double diagonal, f;
} stiff_link;

/* A flow on a stiff link: share * sqrt(stiffness of the row), so that K = sum over rows of v v'. */
typedef struct stiff_entry {
    double v;
    int32_t link; /* number among the stiff ones */
    int32_t more; /* entries of the same row that follow */
} stiff_entry;

/* The lower triangle, row by row, columns ascending, so that the diagonal comes last. */
typedef struct triangle {
    int64_t *first; /* [n + 1] */
    int32_t *column;
    double *value, *factor;
} triangle;

struct ll_direction {
    const ll_throughput *t;
    ll_comm *comm;
    ll_arena *scratch; /* of one direction */
    double *diagonal;  /* [n_own] slope + K_ll */
    bool *stiff;       /* [n_own] */
    int64_t n, lo;     /* stiff links; the first of this rank */
    const stiff_link *link;
    int64_t n_entry;
    const stiff_entry *entry;
    const triangle *matrix; /* NULL: products go through the entries */
};

ll_direction *ll_direction_create(const ll_throughput *t, ll_comm *comm, ll_arena *mem)
{
    ll_direction *d = ll_arena_new(mem, ll_direction);
    *d = (ll_direction){.t = t, .comm = comm, .scratch = ll_arena_create("Newton direction")};
    d->diagonal = ll_arena_array(mem, t->n_own, double);
    d->stiff = ll_arena_array(mem, t->n_own, bool);
    /* One block for what a direction takes, so that memory is not given back and taken again. */
    (void)ll_arena_raw(d->scratch, 1, (size_t)(64 * t->n_own + 32 * t->sys.first[t->sys.n_row]));
    return d;
}

void ll_direction_destroy(ll_direction *d) { ll_arena_destroy(d->scratch); }

/* --- what is stiff ---------------------------------------------------------------------------- */

void ll_direction_choose(ll_direction *d, const double *f, double *v)
{
    const ll_throughput *t = d->t;
    ll_arena_reset(d->scratch);
    stiff_link *own = ll_arena_fill(d->scratch, t->n_own, stiff_link);
    int64_t n = 0;
    for (int64_t l = 0; l < t->n_own; l++) {
        d->stiff[l] = v[l] > weak * t->slope[l];
        d->diagonal[l] = t->slope[l] + v[l];
        if (d->stiff[l]) own[n] = (stiff_link){d->diagonal[l], f[l]};
        v[l] = d->stiff[l] ? (double)n++ : -1;
    }
    d->n = n;
    d->lo = 0;
    d->link = own;
    if (ll_comm_size(d->comm) > 1) {
        size_t size;
        const int64_t *of_rank = ll_comm_gather(d->comm, d->scratch, &n, sizeof n, &size);
        for (int r = 0; r < ll_comm_rank(d->comm); r++)
            d->lo += of_rank[r];
        d->link = ll_comm_gather(d->comm, d->scratch, own, (size_t)n * sizeof *own, &size);
        d->n = (int64_t)(size / sizeof *own);
        for (int64_t l = 0; l < t->n_own; l++)
            if (d->stiff[l]) v[l] += (double)d->lo;
    }
}

/* The entries of rows with two stiff links or more; one alone is in the diagonal. */
static void pack(ll_direction *d, const double *number)
{
    const ll_throughput *t = d->t;
    stiff_entry *entry = ll_arena_fill(d->scratch, t->first[t->n_act], stiff_entry);
    int64_t n = 0;
    for (int64_t i = 0; i < t->n_act; i++) {
        const int64_t begin = n;
        const double root = sqrt(t->stiff[i]);
        for (int64_t e = t->first[i]; e < t->first[i + 1]; e++)
            if (number[t->link[e]] >= 0)
                entry[n++] = (stiff_entry){t->share[e] * root, (int32_t)number[t->link[e]], 0};
        if (n - begin < 2) n = begin;
        for (int64_t e = begin; e < n; e++)
            entry[e].more = (int32_t)(n - e - 1);
    }
    d->entry = entry;
    d->n_entry = n;
    if (ll_comm_size(d->comm) == 1) return;
    size_t size;
    d->entry = ll_comm_gather(d->comm, d->scratch, entry, (size_t)n * sizeof *entry, &size);
    d->n_entry = (int64_t)(size / sizeof *entry);
}

/* --- the matrix ------------------------------------------------------------------------------- */

/* Pairs of links that rows make, each as often as it is made. */
static int64_t count_pairs(const ll_direction *d)
{
    int64_t n = 0;
    for (int64_t e = 0; e < d->n_entry; e++)
        n += d->entry[e].more;
    return n;
}

typedef struct stiff_pair {
    int32_t column;
    double value;
} stiff_pair;

static int by_column(const void *a, const void *b)
{
    const stiff_pair *p = a, *q = b;
    return (p->column > q->column) - (p->column < q->column);
}

/* Writes row k from its pairs: equal columns are added up. Returns where the next row begins. */
static int64_t write_row(triangle *m, int64_t k, int64_t at, int64_t n, stiff_pair *pair)
{
    m->first[k] = at;
    qsort(pair, (size_t)n, sizeof *pair, by_column);
    for (int64_t i = 0; i < n; i++) {
        if (at > m->first[k] && m->column[at - 1] == pair[i].column) {
            m->value[at - 1] += pair[i].value;
            continue;
        }
        m->column[at] = pair[i].column;
        m->value[at++] = pair[i].value;
    }
    return at;
}

/* slope + K of the stiff links. Rows add their pairs in one order, so that sums are the same. */
static triangle *assemble(const ll_direction *d, int64_t n_pair)
{
    const int64_t room = n_pair + d->n;
    triangle *m = ll_arena_new(d->scratch, triangle);
    m->first = ll_arena_fill(d->scratch, d->n + 1, int64_t);
    m->column = ll_arena_fill(d->scratch, room, int32_t);
    m->value = ll_arena_fill(d->scratch, room, double);
    m->factor = ll_arena_fill(d->scratch, room, double);
    stiff_pair *pair = ll_arena_fill(d->scratch, n_pair, stiff_pair);
    int64_t *begin = ll_arena_array(d->scratch, d->n + 2, int64_t); /* of pairs of a row */
    for (int64_t e = 0; e < d->n_entry; e++)
        for (int32_t k = 1; k <= d->entry[e].more; k++) {
            const int32_t a = d->entry[e].link, b = d->entry[e + k].link;
            begin[(a > b ? a : b) + 2]++;
        }
    for (int64_t k = 2; k < d->n + 2; k++)
        begin[k] += begin[k - 1];
    for (int64_t e = 0; e < d->n_entry; e++)
        for (int32_t k = 1; k <= d->entry[e].more; k++) {
            const stiff_entry *a = &d->entry[e], *b = &d->entry[e + k];
            const bool above = a->link > b->link;
            pair[begin[(above ? a->link : b->link) + 1]++] =
                (stiff_pair){above ? b->link : a->link, a->v * b->v};
        }
    int64_t at = 0;
    for (int64_t k = 0; k < d->n; k++) {
        at = write_row(m, k, at, begin[k + 1] - begin[k], pair + begin[k]);
        m->column[at] = (int32_t)k;
        m->value[at++] = d->link[k].diagonal;
    }
    m->first[d->n] = at;
    return m;
}

/* Row k of the incomplete factor, of the matrix with its diagonal times 1 + shift. */
static bool factor_row(const triangle *m, int64_t k, double shift)
{
    const int64_t begin = m->first[k], diagonal = m->first[k + 1] - 1;
    double rest = m->value[diagonal] * (1 + shift);
    for (int64_t e = begin; e < diagonal; e++) {
        const int64_t c = m->column[e], end = m->first[c + 1] - 1;
        double v = m->value[e];
        for (int64_t a = begin, b = m->first[c]; a < e && b < end;) {
            if (m->column[a] == m->column[b])
                v -= m->factor[a++] * m->factor[b++];
            else if (m->column[a] < m->column[b])
                a++;
            else
                b++;
        }
        v /= m->factor[end];
        m->factor[e] = v;
        rest -= v * v;
    }
    const bool good = rest > pivot * m->value[diagonal];
    m->factor[diagonal] = good ? sqrt(rest) : 0;
    return good;
}

static void factorise(const triangle *m, int64_t n)
{
    double shift = 0;
    for (int64_t k = 0; k < n;) {
        if (factor_row(m, k, shift)) {
            k++;
            continue;
        }
        shift = shift > 0 ? 3 * shift : first_shift;
        k = shift < last_shift ? 0 : n; /* beyond that, F is not finite, and nothing helps */
    }
}

/* --- conjugate gradients ---------------------------------------------------------------------- */

static void product(const ll_direction *d, const double *v, double *out)
{
    const triangle *m = d->matrix;
    for (int64_t k = 0; k < d->n; k++)
        out[k] = d->link[k].diagonal * v[k];
    for (int64_t k = 0; k < d->n && m != NULL; k++) {
        double sum = 0;
        for (int64_t e = m->first[k]; e < m->first[k + 1] - 1; e++) {
            sum += m->value[e] * v[m->column[e]];
            out[m->column[e]] += m->value[e] * v[k];
        }
        out[k] += sum;
    }
    for (int64_t e = 0, end; e < d->n_entry && m == NULL; e = end) {
        double sum = 0;
        end = e + d->entry[e].more + 1;
        for (int64_t i = e; i < end; i++)
            sum += d->entry[i].v * v[d->entry[i].link];
        for (int64_t i = e; i < end; i++) {
            const stiff_entry *q = &d->entry[i]; /* the square is in the diagonal */
            out[q->link] += q->v * (sum - q->v * v[q->link]);
        }
    }
}

static void precondition(const ll_direction *d, const double *r, double *z)
{
    const triangle *m = d->matrix;
    for (int64_t k = 0; k < d->n && m == NULL; k++)
        z[k] = r[k] / d->link[k].diagonal;
    for (int64_t k = 0; k < d->n && m != NULL; k++) {
        const int64_t diagonal = m->first[k + 1] - 1;
        double v = r[k];
        for (int64_t e = m->first[k]; e < diagonal; e++)
            v -= m->factor[e] * z[m->column[e]];
        z[k] = v / m->factor[diagonal];
    }
    for (int64_t k = d->n - 1; k >= 0 && m != NULL; k--) {
        const int64_t diagonal = m->first[k + 1] - 1;
        const double v = z[k] / m->factor[diagonal];
        z[k] = v;
        for (int64_t e = m->first[k]; e < diagonal; e++)
            z[m->column[e]] -= m->factor[e] * v;
    }
}

static double dot(int64_t n, const double *a, const double *b)
{
    double sum = 0;
    for (int64_t k = 0; k < n; k++)
        sum += a[k] * b[k];
    return sum;
}

/* x := the solution, to rtol of the natural norm. Returns the steps. */
static int conjugate_gradients(const ll_direction *d, double rtol, double *x)
{
    const int64_t n = d->n;
    double *r = ll_arena_fill(d->scratch, n, double), *z = ll_arena_fill(d->scratch, n, double);
    double *p = ll_arena_fill(d->scratch, n, double), *q = ll_arena_fill(d->scratch, n, double);
    for (int64_t k = 0; k < n; k++)
        r[k] = d->link[k].f;
    precondition(d, r, p);
    double rz = dot(n, r, p);
    const double enough = rtol * rtol * rz;
    int step = 0;
    for (; step < CG_MAX && rz > enough; step++) {
        product(d, p, q);
        const double length = rz / dot(n, p, q), before = rz;
        for (int64_t k = 0; k < n; k++) {
            x[k] += length * p[k];
            r[k] -= length * q[k];
        }
        precondition(d, r, z);
        rz = dot(n, r, z);
        for (int64_t k = 0; k < n; k++)
            p[k] = z[k] + rz / before * p[k];
    }
    return step;
}

int ll_direction_find(ll_direction *d, const double *f, const double *number, double rtol,
                      double *out)
{
    const ll_throughput *t = d->t;
    pack(d, number);
    const int64_t n_pair = count_pairs(d);
    d->matrix = NULL;
    if (n_pair <= PAIRS_MAX * d->n_entry) {
        triangle *m = assemble(d, n_pair);
        factorise(m, d->n);
        d->matrix = m;
    }
    double *x = ll_arena_array(d->scratch, d->n, double);
    const int n_step = conjugate_gradients(d, rtol, x);
    int64_t k = d->lo;
    for (int64_t l = 0; l < t->n_own; l++)
        out[l] = d->stiff[l] ? x[k++] : f[l] / d->diagonal[l];
    return n_step;
}
