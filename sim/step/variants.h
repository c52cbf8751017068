/* A batch: variants of one study, run in one process.
 *
 * Whoever asks a question over many configurations (which figure matters, which layout, how it
 * scales) describes them as an array of ll_variant, and has it run:
 *
 *   ll_variant *v = ll_arena_array(mem, n, ll_variant);
 *   for (...) v[i] = (ll_variant){.n_change = 1, .change = &change[i]};
 *   LL_TRY(ll_variants_run(study, &(ll_batch_how){.name = "layouts"}, n, v, comm, mem, err));
 *   ... v[i].found: *found.why says why a variant cannot be run, else found.speed ...
 *
 * A variant differs from the study by changes of its configuration, which is then read anew (0.4
 * ms), or by a layout and software as structs, without text. How much of it is run, it says itself.
 *
 * Ranks share the variants, and what they found is in the order of the variants: the same bytes on
 * every rank, for any number of ranks. A variant that cannot be run says so in its place, and the
 * others go on. With a store, a variant that was finished before, in this process or in one that
 * was stopped, is not run again. */
#ifndef LL_STEP_VARIANTS_H
#define LL_STEP_VARIANTS_H

#include "sim/base/text.h"
#include "sim/step/result.h"
#include "sim/step/speed.h"

/* How much of a variant is run. */
typedef enum ll_extent {
    LL_EXTENT_EVEN,   /* its speed by engine `closed`, without jitter: tens of microseconds */
    LL_EXTENT_JITTER, /* the same with jitter */
    LL_EXTENT_REAL,   /* its speed by the study's engine, with its jitter */
    LL_EXTENT_LOSSES, /* the same with its losses, without self-checks and checksum */
    LL_EXTENT_WHOLE   /* all of it, with losses and self-checks: ll_run */
} ll_extent;

/* A loss of a whole run: what removing a cause gives back. */
typedef struct ll_found_loss {
    int cause;    /* index into the ladder of the study's workload */
    double chips; /* chips' worth of work that are lost to it */
} ll_found_loss;

/* What a variant came to: plain data, which ranks exchange and stores keep as bytes. */
typedef struct ll_found {
    char why[320]; /* "", or why the variant is illegal or cannot be run; all else is 0 then */
    ll_speed speed;
    int32_t n_chip;
    int32_t valid;          /* of LL_EXTENT_WHOLE: whether the self-checks hold */
    double memory_B;        /* per chip, of the fullest lane */
    double effective_chips; /* of LL_EXTENT_LOSSES and WHOLE, as all below */
    uint64_t checksum;      /* ll_result_checksum */
    int64_t tp, cp, pp, dp; /* its layout, as it was completed */
    int64_t global_batch;   /* sequences per step; of inference as ll_layout has it */
    int32_t n_loss;
    ll_found_loss loss[LL_MAX_LOSS];
} ll_found;

typedef struct ll_variant {
    int n_change;
    const ll_change *change; /* [n_change] */
    /* In place of changes, of training: both, or neither. */
    const ll_layout *layout;
    const ll_stack *stack;
    ll_extent extent;
    ll_found found; /* result */
} ll_variant;

/* Where finished variants are kept. Both functions are called on all ranks with the same
 * arguments, in the same order. */
typedef struct ll_batch_store {
    void *self;
    /* Whether the variant of that key is there; fills *out. The same on every rank. */
    bool (*find)(void *self, uint64_t key, ll_found *out);
    ll_status (*keep)(void *self, uint64_t key, const ll_found *found, ll_error *err);
} ll_batch_store;

/* What a variant came to as one line of text, at full precision, and back; false: it is no such
 * text. Not collective. */
void ll_found_write(const ll_found *found, ll_text *out);
bool ll_found_read(const char *text, ll_found *out);

typedef struct ll_batch_how {
    const char *name;            /* in the progress line: "layouts" */
    const ll_batch_store *store; /* NULL: none */
} ll_batch_how;

/* Run variant[n]. Errors: those of the store. Collective. */
ll_status ll_variants_run(const ll_study *study, const ll_batch_how *how, int n,
                          ll_variant *variant, ll_comm *comm, ll_error *err);

/* What identifies the result of a variant: the study's configuration, the variant's changes, how
 * much is run, and the version of the file format. Changes as structs have no key. */
uint64_t ll_variant_key(const ll_study *study, const ll_variant *variant);

#endif
