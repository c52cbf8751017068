#include "sim/work/experts.h"

#include "sim/model/moe.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const char *const load_names[] = {"uniform", "balanced",  "power", "given",
                                         "skewed",  "redundant", NULL};
static const char *const dispatcher_names[] = {"all_to_all", "distinct", "gather", NULL};

#define COUNT(name_, field, doc_)                                                                  \
    {                                                                                              \
        .name = (name_), .kind = LL_KIND_COUNT, .offset = offsetof(ll_experts, field), .def = "1", \
        .min = 1, .max = 1e6, .doc = (doc_)                                                        \
    }
#define SWITCH(name_, field, doc_)                                                    \
    {                                                                                 \
        .name = (name_), .kind = LL_KIND_BOOL, .offset = offsetof(ll_experts, field), \
        .def = "false", .doc = (doc_)                                                 \
    }

const ll_key ll_experts_keys[] = {
    COUNT("ep", ep, "expert-parallel size: groups of chips that hold different experts"),
    COUNT("etp", etp, "tensor-parallel size of experts"),
    {.name = "routing",
     .kind = LL_KIND_CHOICE,
     .offset = offsetof(ll_experts, load),
     .def = "uniform",
     .choices = load_names,
     .doc =
         "load of the expert-parallel ranks. uniform, balanced: equal; power: drawn from a power "
         "law; given: by expert_shares; skewed, redundant: the fullest has 2.56 and 1.11 times the "
         "mean (DeepSeek-R1 on 32 "
         "ranks, without and with redundant experts)"},
    {.name = "routing_exponent",
     .kind = LL_KIND_RATIO,
     .offset = offsetof(ll_experts, exponent),
     .def = "0",
     .min = 0,
     .max = 10,
     .doc = "routing = \"power\": exponent of the popularities of experts; 0: 1.2"},
    {.name = "expert_shares",
     .kind = LL_KIND_STRING,
     .offset = offsetof(ll_experts, shares),
     .def = "",
     .doc =
         "routing = \"given\": how often each expert is picked, in any unit, such as a histogram "
         "of a router: as many numbers as experts, with spaces between"},
    {.name = "capacity",
     .kind = LL_KIND_RATIO,
     .offset = offsetof(ll_experts, capacity),
     .def = "0",
     .min = 0,
     .max = 1e3,
     .doc = "capacity factor: tokens of an expert over the mean; fewer are padded to it, more are "
            "dropped; 0: no token is padded or dropped"},
    {.name = "dispatcher",
     .kind = LL_KIND_CHOICE,
     .offset = offsetof(ll_experts, dispatcher),
     .def = "all_to_all",
     .choices = dispatcher_names,
     .doc =
         "a token is sent once for each of its experts (all_to_all), or once to each chip that "
         "has some of them (distinct: DeepEP, HybridEP); or all tokens are gathered on all chips "
         "(gather: inference)"},
    SWITCH("dispatch_fp8", dispatch_fp8, "tokens are sent to their experts in FP8"),
    SWITCH("overlap_shared", overlap_shared,
           "overlap the exchange of tokens with the shared experts"),
    SWITCH("overlap_exchange", overlap_exchange,
           "overlap the exchange of tokens with the kernels of another micro-batch: 1f1b becomes "
           "combined_1f1b, which runs a forward and a backward pass together; of inference: with "
           "those of the other half of the batch"),
    SWITCH("reserve_exchange", reserve_exchange,
           "pairs: kernels never have the multiprocessors of the dispatcher, as in DeepSeek's "
           "DualPipe; false: they miss them while an exchange runs"),
    {0}};

static const ll_moe_param *moe_of(const ll_model *model)
{
    for (int r = 0; r < model->n_run; r++)
        for (int i = 0; i < model->run[r].n_block; i++)
            if (model->run[r].block[i].type == &ll_block_moe) return model->run[r].block[i].param;
    return NULL;
}

/* The numbers of a text; out: [n], NULL: they are only counted. Returns how many there are, or -1 -
 * i if number i is none, or below zero. */
static int64_t shares_parse(const char *text, int64_t n, double *out)
{
    int64_t i = 0;
    for (const char *at = text; *(at += strspn(at, " ")); i++) {
        char *end;
        const double x = strtod(at, &end);
        if (end == at || (*end && *end != ' ') || !(x >= 0 && x < 1e300)) return -1 - i;
        if (out && i < n) out[i] = x;
        at = end;
    }
    return i;
}

void ll_experts_route(ll_experts *e, const ll_model *model, double n_token, int64_t seed,
                      ll_arena *mem)
{
    /* (max - mean) / mean of the tokens of a rank: DeepSeek-R1, EP 32, translation prompts, 1.56;
     * with 9 slots per rank for its 8 experts 0.109 (NVIDIA/TensorRT-LLM 22de8b3, tech blog 4). */
    static const double skewed = 1.56, redundant = 0.109;
    const ll_moe_param *m = moe_of(model);
    ll_routed routed;
    e->hot = e->load == LL_LOAD_SKEWED ? 1 + skewed : 1;
    if (e->load == LL_LOAD_REDUNDANT) e->hot = 1 + redundant;
    if (e->ep == 1) e->hot = 1;
    if (m && e->load == LL_LOAD_GIVEN) {
        double *share = ll_arena_array(mem, m->n_expert, double);
        shares_parse(e->shares, m->n_expert, share);
        e->share = share;
    }
    const bool drawn = e->load == LL_LOAD_POWER || e->load == LL_LOAD_GIVEN;
    if (!m || e->ep == 1 || !drawn || m->n_expert % e->ep) return;
    const ll_routing law = ll_moe_routing(m, e, seed);
    const ll_arena_mark mark = ll_arena_here(mem);
    ll_routing_draw(&law, (int32_t)e->ep, n_token * (double)e->ep, mem, &routed);
    e->hot = routed.max_copies / routed.mean_copies;
    ll_arena_release(mem, mark);
}

static bool unused(const ll_experts *e, const char **key)
{
    const struct {
        const char *key;
        bool set;
    } keys[] = {{"job.ep", e->ep > 1},
                {"job.etp", e->etp > 1},
                {"job.capacity", e->capacity > 0},
                {"job.dispatcher", e->dispatcher != LL_DISPATCHER_ALL_TO_ALL},
                {"job.routing", e->load != LL_LOAD_UNIFORM},
                {"job.routing_exponent", e->exponent > 0},
                {"job.expert_shares", e->shares[0] != 0},
                {"job.dispatch_fp8", e->dispatch_fp8},
                {"job.overlap_shared", e->overlap_shared},
                {"job.overlap_exchange", e->overlap_exchange},
                {"job.reserve_exchange", e->reserve_exchange}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i].set) {
            *key = keys[i].key;
            return true;
        }
    return false;
}

/* Whether expert_shares and routing fit each other and the model. */
static bool shares_legal(const ll_experts *e, const ll_moe_param *m, ll_faults *why)
{
    const int64_t n = shares_parse(e->shares, 0, NULL);
    if (e->load != LL_LOAD_GIVEN)
        return n == 0 ||
               ll_fault_add(why, "job.expert_shares",
                            "has an effect with routing = \"given\" alone; write that, or "
                            "leave it out");
    if (n < 0)
        return ll_fault_add(why, "job.expert_shares", "number %lld is none, or below zero",
                            (long long)-n);
    if (n != m->n_expert)
        return ll_fault_add(why, "job.expert_shares", "has %lld numbers for %lld experts",
                            (long long)n, (long long)m->n_expert);
    if (strspn(e->shares, " 0.") == strlen(e->shares))
        return ll_fault_add(why, "job.expert_shares", "no expert is picked");
    return m->n_group == 0 ||
           ll_fault_add(why, "job.routing",
                        "node-limited routing is modelled for uniform and balanced picks; write "
                        "uniform, or skewed for a fullest rank");
}

bool ll_experts_legal(const ll_experts *e, const ll_model *model, int64_t n_stage, ll_faults *why)
{
    const ll_moe_param *m = moe_of(model);
    const char *key;
    bool ok = true;
    if (!m && unused(e, &key))
        return ll_fault_add(why, key, "the model has no experts; leave it out");
    if (!m) return true;
    if (n_stage % (e->ep * e->etp)) {
        int64_t below = e->ep < n_stage / e->etp ? e->ep : n_stage / e->etp;
        while (below > 1 && (n_stage % (below * e->etp) || m->n_expert % below))
            below--;
        ok = ll_fault_add(why, "job.ep",
                          "ep %lld x etp %lld must divide the tp cp dp = %lld chips of a stage; "
                          "nearest ep: %lld",
                          (long long)e->ep, (long long)e->etp, (long long)n_stage,
                          (long long)(below ? below : 1));
    }
    if (e->capacity > 0 && e->capacity < 1)
        ok = ll_fault_add(why, "job.capacity",
                          "expected 1 or more of the mean, or 0: no token is dropped");
    if (e->exponent > 0 && e->load != LL_LOAD_POWER)
        ok = ll_fault_add(why, "job.routing_exponent",
                          "has an effect with routing = \"power\" alone; write that, or leave it "
                          "out");
    if (e->load == LL_LOAD_POWER && m->n_group > 0)
        ok = ll_fault_add(why, "job.routing",
                          "node-limited routing is modelled for uniform and balanced picks; "
                          "write uniform, or skewed for a fullest rank");
    ok = shares_legal(e, m, why) && ok;
    if (e->overlap_shared && m->shared_ffn == 0)
        ok = ll_fault_add(why, "job.overlap_shared",
                          "the model has no shared experts; leave it out");
    return ok;
}
