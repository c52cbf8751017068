/* What a library takes for a group that spans several domains.
 *
 * NCCL predicts latency + bytes / bandwidth of each algorithm and protocol and takes the smallest
 * (tuning.cc of 2.20 to 2.30, whose constants are here, in us and GB/s). It counts channels at the
 * rate of the NICs that it found, at most what one chip's NVLink carries; trees of two domains
 * count the rate inside. Plug-ins of clouds, and RCCL here, go by tables of sizes instead. */
#include "sim/collective/plan.h"

#include <math.h>

typedef struct setting {
    int tuner; /* ll_tuner */
    int chip;  /* 0: Ampere, 1: Hopper, 2: Blackwell */
    bool arm;
    double n, domains, members;       /* n = domains * members */
    double inside_GBps, between_GBps; /* of all channels */
    double nic_GBps;
    double channels, heads;
} setting;

/* Of Ampere, Hopper, Blackwell; of 2 and of more domains. From 2.28 on Blackwell has others. */
static const double tree_cap[3][2] = {{23.6, 17.8}, {41.4, 36}, {83, 72}};
static const double tree_cap_2_28[2] = {42.8, 24};
static const double ll128_cap[3][2] = {{20, 20}, {36.7, 29}, {73.4, 58}};
static const double ll128_cap_2_28[2] = {31.67, 20};
static const double switch_cap[3][2] = {{23.6, 17.8}, {57.7, 45.5}, {96, 43.8}};

static double tree_cap_of(const setting *s, ll_protocol p)
{
    const int many = s->domains > 2;
    const bool newer = s->chip == 2 && s->tuner >= LL_TUNER_NCCL_2_28;
    if (p == LL_PROTOCOL_LL128) return newer ? ll128_cap_2_28[many] : ll128_cap[s->chip][many];
    return newer ? tree_cap_2_28[many] : tree_cap[s->chip][many];
}

double ll_tuner_correction(ll_protocol p, double size_B)
{
    enum { N = 24 };
    static const double factor[LL_N_PROTOCOL][N] = {
        {1, 1, 1, 1, .9, .8, .7, .7, .7, .7, .6, .5, .4, .4, .5, .6, .7, .8, .9, 1, 1, 1, 1, 1},
        {1, 1, 1, 1, 1, .9, .8, .8, .8, .7, .6, .6, .6, .6, .6, .6, .8, .9, .9, .9, .9, 1, 1, 1},
        {.9, .9, .9, .9, .9, .9, .9, .8, .7, .6, .6, .5,
         .5, .5, .5, .6, .7, .8, .7, .7, .8, .9, .9, .9}};
    const double k = floor(log2(size_B / 64));
    return k >= 0 && k < N ? factor[p][(int)k] : 1;
}

static double us_of(double latency_us, double size_B, double GBps)
{
    return latency_us + size_B / (1e3 * GBps);
}

static double tree_us(const setting *s, ll_protocol p, double size_B)
{
    static const double base[] = {6.8, 14, 8.4}, inside[] = {.6, 1.25, 4}, net[] = {5, 8.5, 14};
    static const double pattern = .85; /* assumed: that of one parent and two children on a chip */
    const double rate =
        s->domains > 2 ? s->between_GBps : fmin(s->inside_GBps, 2 * s->between_GBps);
    double bus = fmin(.92 * rate, s->channels * tree_cap_of(s, LL_PROTOCOL_SIMPLE));
    if (p == LL_PROTOCOL_LL) bus = fmin(bus / 3.8, s->domains > 2 ? 20.4 : 39);
    if (p == LL_PROTOCOL_LL128) bus = fmin(bus * 120 / 128, s->channels * tree_cap_of(s, p));
    if (s->members > 1) bus *= pattern;
    const double latency =
        base[p] + 2 * ((s->members - 1) * inside[p] + floor(log2(s->domains)) * net[p]);
    return us_of(latency, size_B, bus / 2 * ll_tuner_correction(p, size_B));
}

/* From 2.28 on NVLSTree counts what the switches reach of two transfers at once. */
static double switch_tree_us(const setting *s, double size_B)
{
    static const double efficiency[] = {0, .85, .74};
    const double inside = s->inside_GBps / 8, nic = s->nic_GBps;
    const bool two = s->domains <= 2, newer = s->tuner >= LL_TUNER_NCCL_2_28;
    double GBps = s->heads * fmin(inside, two ? nic : nic / 2) * 5 / 6;
    if (newer) {
        const bool latest = s->chip == 2 && s->tuner >= LL_TUNER_NCCL_2_30;
        const double cap = latest && !two ? 80 : switch_cap[s->chip][!two];
        const double each = fmin(fmin(2 * inside * efficiency[s->chip], two ? 2 * nic : nic), cap);
        GBps = s->heads * each * s->n / (2 * (s->n - 1));
        if (s->tuner >= LL_TUNER_NCCL_2_29 && s->chip == 2 && !s->arm)
            GBps *= ll_tuner_correction(LL_PROTOCOL_SIMPLE, size_B);
    }
    const double net = newer ? 20.9 : 14;
    return us_of(25 + 2 * floor(log2(s->domains)) * net, size_B, GBps);
}

/* A chip alone in its domain counts the tree's hop; a long all-reduce 1.4 times the latency. */
static double ring_us(const setting *s, ll_collective what, ll_protocol p, double size_B)
{
    static const double base[] = {6.6, 14, 8.4}, inside[] = {1, 1.9, 3.4}, net[] = {2.7, 4, 14},
                        alone[] = {5, 8.5, 14}, max_GBps[] = {39, 20.4};
    const int turns = what == LL_ALL_REDUCE ? 2 : 1;
    const double steps = turns * (s->n - 1), crossing = turns * (s->domains - 1);
    double bus = s->between_GBps, latency = base[p] + (steps - crossing) * inside[p] +
                                            crossing * (s->members > 1 ? net[p] : alone[p]);
    if (p == LL_PROTOCOL_LL) bus = fmin(bus / 2, max_GBps[s->domains > 2]);
    if (p == LL_PROTOCOL_LL128) bus *= .92;
    if (p == LL_PROTOCOL_SIMPLE && what == LL_ALL_REDUCE && size_B / (s->channels * s->n) >= 64)
        latency *= s->chip == 0 ? 1.9 : 1.4;
    return us_of(latency, size_B, bus * s->n / steps);
}

/* NICs of half the rate per channel are counted twice: 16 channels on 8 NICs. */
static setting setting_of(const ll_software *software, const ll_plan *plan)
{
    const ll_software *soft = &software[plan->dimension];
    const ll_software *inside = plan->dimension > 0 ? &software[plan->dimension - 1] : soft;
    setting s = {.tuner = soft->between.tuner,
                 .nic_GBps = .96e-9 * plan->nic_Bps,
                 .arm = inside->arm,
                 .domains = plan->n_domain};
    s.chip = inside->generation >= 100 ? 2 : inside->generation >= 90 ? 1 : 0;
    s.n = plan->group_size;
    s.members = ll_plan_members(plan);
    s.heads = soft->between.nics > 0 ? fmin((double)soft->between.nics, s.members) : s.members;
    s.inside_GBps = 1e-9 * inside->guess.rate_Bps[LL_PROTOCOL_SIMPLE];
    if (s.inside_GBps <= 0) s.inside_GBps = s.heads * s.nic_GBps;
    s.between_GBps = fmin(s.heads * s.nic_GBps, s.inside_GBps);
    s.channels = fmin(16, 2 * s.heads);
    if (s.members <= 1) s.inside_GBps = s.between_GBps;
    return s;
}

/* What a table of sizes takes comes first, what it does not take after it. */
static double table_s(const ll_between *t, const ll_plan *plan)
{
    const bool few = plan->n_domain <= t->switch_domains && ll_plan_members(plan) > 1;
    ll_algorithm takes = LL_ALGORITHM_RING;
    if (plan->size_B <= t->tree_most_B * plan->group_size)
        takes = LL_ALGORITHM_TREE;
    else if (few && (plan->n_domain == 2 || plan->size_B <= t->switch_most_B * plan->n_domain))
        takes = LL_ALGORITHM_IN_NETWORK_TREE;
    const bool ring = ll_plan_is_ring(plan);
    if (plan->collective != LL_ALL_REDUCE) return ring ? 1 : 2;
    return plan->algorithm == takes || (ring && takes == LL_ALGORITHM_RING) ? 1 : 2;
}

static double protocols_us(const ll_software *software, const ll_plan *plan, ll_protocol *protocol)
{
    const setting s = setting_of(software, plan);
    double best_us = (double)INFINITY;
    for (ll_protocol p = LL_PROTOCOL_LL; p < LL_N_PROTOCOL; p++) {
        bool known = true;
        for (int i = 0; i < plan->n_round; i++)
            known = known && software[plan->round[i].dimension].protocol_frac[p] > 0;
        if (!known) continue;
        const double us = plan->algorithm == LL_ALGORITHM_TREE
                              ? tree_us(&s, p, plan->size_B)
                              : ring_us(&s, plan->collective, p, plan->size_B);
        if (us < best_us) *protocol = p;
        best_us = fmin(best_us, us);
    }
    return best_us;
}

double ll_tuner_guess(const ll_software *software, const ll_plan *plan, ll_protocol *protocol)
{
    const ll_between *between = &software[plan->dimension].between;
    if (plan->n_domain == 0 || plan->collective == LL_BROADCAST ||
        ll_collective_pairwise(plan->collective))
        return 0;
    if (plan->algorithm == LL_ALGORITHM_RING && ll_plan_members(plan) > 1)
        return (double)INFINITY; /* one NIC of each domain alone */
    if (plan->algorithm == LL_ALGORITHM_IN_NETWORK_TREE) *protocol = LL_PROTOCOL_SIMPLE;
    if (between->tuner == LL_TUNER_TABLE) {
        const bool ring = ll_plan_is_ring(plan);
        if (ring && between->ring_most_B > 0 &&
            plan->size_B / plan->group_size > between->ring_most_B)
            *protocol = LL_PROTOCOL_SIMPLE;
        return table_s(between, plan);
    }
    if (plan->algorithm == LL_ALGORITHM_IN_NETWORK_TREE) {
        const setting s = setting_of(software, plan);
        return 1e-6 * switch_tree_us(&s, plan->size_B);
    }
    return 1e-6 * protocols_us(software, plan, protocol);
}
