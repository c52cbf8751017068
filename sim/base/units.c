#include "sim/base/units.h"

#include "sim/base/text.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct unit {
    const char *name;
    ll_kind kind;
    double scale;  /* to SI and bytes, */
    double divide; /* by this, which is exact for bits and small times: 2.1 us = 2.1 / 1e6 s */
} unit;

#define KI 1024.0
#define MI (KI * KI)
#define GI (KI * MI)
#define TI (KI * GI)

static const unit units[] = {
    {"s", LL_KIND_TIME, 1, 1},
    {"ms", LL_KIND_TIME, 1, 1e3},
    {"us", LL_KIND_TIME, 1, 1e6},
    {"\xc2\xb5s", LL_KIND_TIME, 1, 1e6}, /* micro sign */
    {"\xce\xbcs", LL_KIND_TIME, 1, 1e6}, /* Greek mu */
    {"ns", LL_KIND_TIME, 1, 1e9},
    {"ps", LL_KIND_TIME, 1, 1e12},
    {"min", LL_KIND_TIME, 60, 1},
    {"h", LL_KIND_TIME, 3600, 1},
    {"d", LL_KIND_TIME, 86400, 1},
    {"B", LL_KIND_SIZE, 1, 1},
    {"kB", LL_KIND_SIZE, 1e3, 1},
    {"MB", LL_KIND_SIZE, 1e6, 1},
    {"GB", LL_KIND_SIZE, 1e9, 1},
    {"TB", LL_KIND_SIZE, 1e12, 1},
    {"PB", LL_KIND_SIZE, 1e15, 1},
    {"EB", LL_KIND_SIZE, 1e18, 1},
    {"KiB", LL_KIND_SIZE, KI, 1},
    {"MiB", LL_KIND_SIZE, MI, 1},
    {"GiB", LL_KIND_SIZE, GI, 1},
    {"TiB", LL_KIND_SIZE, TI, 1},
    {"B/s", LL_KIND_RATE, 1, 1},
    {"kB/s", LL_KIND_RATE, 1e3, 1},
    {"MB/s", LL_KIND_RATE, 1e6, 1},
    {"GB/s", LL_KIND_RATE, 1e9, 1},
    {"TB/s", LL_KIND_RATE, 1e12, 1},
    {"PB/s", LL_KIND_RATE, 1e15, 1},
    {"EB/s", LL_KIND_RATE, 1e18, 1},
    {"KiB/s", LL_KIND_RATE, KI, 1},
    {"MiB/s", LL_KIND_RATE, MI, 1},
    {"GiB/s", LL_KIND_RATE, GI, 1},
    {"TiB/s", LL_KIND_RATE, TI, 1},
    {"kb/s", LL_KIND_RATE, 1e3, 8},
    {"Mb/s", LL_KIND_RATE, 1e6, 8},
    {"Gb/s", LL_KIND_RATE, 1e9, 8},
    {"Tb/s", LL_KIND_RATE, 1e12, 8},
    {"Pb/s", LL_KIND_RATE, 1e15, 8},
    {"kbit/s", LL_KIND_RATE, 1e3, 8},
    {"Mbit/s", LL_KIND_RATE, 1e6, 8},
    {"Gbit/s", LL_KIND_RATE, 1e9, 8},
    {"Tbit/s", LL_KIND_RATE, 1e12, 8},
    {"Pbit/s", LL_KIND_RATE, 1e15, 8},
    {"kbps", LL_KIND_RATE, 1e3, 8},
    {"Mbps", LL_KIND_RATE, 1e6, 8},
    {"Gbps", LL_KIND_RATE, 1e9, 8},
    {"Tbps", LL_KIND_RATE, 1e12, 8},
    {"Pbps", LL_KIND_RATE, 1e15, 8},
    {"FLOP/s", LL_KIND_COMPUTE, 1, 1},
    {"kFLOP/s", LL_KIND_COMPUTE, 1e3, 1},
    {"MFLOP/s", LL_KIND_COMPUTE, 1e6, 1},
    {"GFLOP/s", LL_KIND_COMPUTE, 1e9, 1},
    {"TFLOP/s", LL_KIND_COMPUTE, 1e12, 1},
    {"PFLOP/s", LL_KIND_COMPUTE, 1e15, 1},
    {"EFLOP/s", LL_KIND_COMPUTE, 1e18, 1},
    {"W", LL_KIND_POWER, 1, 1},
    {"kW", LL_KIND_POWER, 1e3, 1},
    {"MW", LL_KIND_POWER, 1e6, 1},
    {"GW", LL_KIND_POWER, 1e9, 1},
    {"%", LL_KIND_RATIO, 1, 100},
};
enum { N_UNIT = sizeof units / sizeof units[0] };

const char *ll_units_kind_name(ll_kind kind)
{
    static const char *const names[] = {
        [LL_KIND_COUNT] = "whole number", [LL_KIND_RATIO] = "ratio",
        [LL_KIND_TIME] = "time",          [LL_KIND_SIZE] = "size",
        [LL_KIND_RATE] = "rate",          [LL_KIND_COMPUTE] = "compute rate",
        [LL_KIND_POWER] = "power",        [LL_KIND_BOOL] = "true or false",
        [LL_KIND_STRING] = "text",        [LL_KIND_CHOICE] = "word"};
    return names[kind];
}

const char *ll_units_example(ll_kind kind)
{
    static const char *const examples[] = {
        [LL_KIND_COUNT] = "64",    [LL_KIND_RATIO] = "0.8",     [LL_KIND_TIME] = "2.1 us",
        [LL_KIND_SIZE] = "80 GB",  [LL_KIND_RATE] = "900 GB/s", [LL_KIND_COMPUTE] = "990 TFLOP/s",
        [LL_KIND_POWER] = "700 W", [LL_KIND_BOOL] = "true",     [LL_KIND_STRING] = "text",
        [LL_KIND_CHOICE] = "word"};
    return examples[kind];
}

/* "expected a rate such as "900 GB/s"" */
static void expected(ll_kind kind, char *out, size_t cap)
{
    const char *quote = kind == LL_KIND_COUNT || kind == LL_KIND_RATIO ? "" : "\"";
    snprintf(out, cap, "expected a %s such as %s%s%s", ll_units_kind_name(kind), quote,
             ll_units_example(kind), quote);
}

static const char *skip_digits(const char *s)
{
    while (isdigit((unsigned char)*s))
        s++;
    return s;
}

/* End of the decimal number at s, or s if there is none. No hexadecimal, inf or nan; an E that no
 * digits follow belongs to the unit ("2EB"). */
static const char *number_end(const char *s)
{
    const char *p = s + (*s == '+' || *s == '-');
    const char *whole = skip_digits(p);
    const char *end = *whole == '.' ? skip_digits(whole + 1) : whole;
    if (end == p || (end == p + 1 && *p == '.')) return s;
    if (*end == 'e' || *end == 'E') {
        const char *digits = end + 1 + (end[1] == '+' || end[1] == '-');
        if (isdigit((unsigned char)*digits)) end = skip_digits(digits);
    }
    return end;
}

static bool is_bits(const unit *u) { return u->kind == LL_KIND_RATE && u->divide > 1; }

static const unit *unit_find(const char *name)
{
    for (size_t i = 0; i < N_UNIT; i++)
        if (strcmp(units[i].name, name) == 0) return &units[i];
    return NULL;
}

/* The unit of `kind` that is spelt most like `name`, of bits or of bytes; NULL if none is near. */
static const char *nearest(ll_kind kind, bool bits, const char *name)
{
    const char *words[N_UNIT];
    int n = 0;
    for (size_t i = 0; i < N_UNIT; i++)
        if (units[i].kind == kind && is_bits(&units[i]) == bits) words[n++] = units[i].name;
    const int near = ll_text_nearest(name, n, words);
    return near < 0 ? NULL : words[near];
}

/* The message about a unit that is not one of `kind`. Who mistypes a unit may mean bits or bytes,
 * whatever the case of the b: both are offered, or that there are none in bits is said. */
static void explain_unit(ll_kind kind, const char *name, char *why, size_t cap)
{
    char want[128];
    expected(kind, want, sizeof want);
    const unit *u = unit_find(name);
    const char *bytes = nearest(kind, false, name), *bits = nearest(kind, true, name);
    if (u)
        snprintf(why, cap, "'%s' is a %s; %s", name, ll_units_kind_name(u->kind), want);
    else if (bytes && bits)
        snprintf(why, cap,
                 "unknown unit '%.40s', did you mean '%s' (bytes) or '%s' (bits, 8 times less)? %s",
                 name, bytes, bits, want);
    else if (bytes && kind == LL_KIND_SIZE && strchr(name, 'b'))
        snprintf(why, cap, "unknown unit '%.40s'; sizes are in bytes ('%s'): divide bits by 8; %s",
                 name, bytes, want);
    else if (bytes || bits)
        snprintf(why, cap, "unknown unit '%.40s', did you mean '%s'? %s", name,
                 bytes ? bytes : bits, want);
    else
        snprintf(why, cap, "unknown unit '%.40s'; %s", name, want);
}

/* A number and the word after it. */
typedef struct quantity {
    double number;
    bool whole; /* only digits and a sign */
    char unit[64];
} quantity;

static bool split(const char *text, quantity *out)
{
    while (isspace((unsigned char)*text))
        text++;
    const char *end = number_end(text);
    if (end == text) return false;
    out->number = strtod(text, NULL);
    out->whole = skip_digits(text + (*text == '+' || *text == '-')) == end;
    while (isspace((unsigned char)*end))
        end++;
    size_t n = strlen(end);
    while (n > 0 && isspace((unsigned char)end[n - 1]))
        n--;
    if (n >= sizeof out->unit) n = sizeof out->unit - 1; // and no unit is as long
    memcpy(out->unit, end, n);
    out->unit[n] = 0;
    return true;
}

/* Doubles hold every whole number below this one, and nothing else rounds to those. */
static const double COUNT_END = 9007199254740992.0;

static ll_status count_value(const quantity *q, double *value, char *why, size_t cap)
{
    char want[128];
    expected(LL_KIND_COUNT, want, sizeof want);
    if (*q->unit)
        snprintf(why, cap, "unexpected '%s' after the number; %s", q->unit, want);
    else if (!q->whole)
        snprintf(why, cap, "not a whole number; %s", want);
    else if (fabs(q->number) >= COUNT_END)
        snprintf(why, cap, "integer too large; at most 9007199254740991 (2^53 - 1)");
    else {
        *value = q->number;
        return LL_OK;
    }
    return LL_ERR_CONFIG;
}

/* "2:1" as 2. */
static bool colon_value(const char *text, double *value)
{
    const char *colon = strchr(text, ':');
    quantity over, under;
    if (!colon || !split(text, &over) || !split(colon + 1, &under)) return false;
    if (*over.unit != ':' || *under.unit || !(under.number > 0)) return false;
    *value = over.number / under.number;
    return isfinite(*value);
}

ll_status ll_units_parse(ll_kind kind, const char *text, double *value, char *why, size_t cap)
{
    LL_ASSERT(kind <= LL_KIND_POWER, "kind %d is no quantity", (int)kind);
    char want[128];
    expected(kind, want, sizeof want);
    quantity q;
    if (!split(text, &q)) {
        snprintf(why, cap, "not a number; %s", want);
        return LL_ERR_CONFIG;
    }
    if (kind == LL_KIND_COUNT) return count_value(&q, value, why, cap);
    if (kind == LL_KIND_RATIO && colon_value(text, value)) return LL_OK;
    if (!*q.unit && kind != LL_KIND_RATIO) {
        snprintf(why, cap, "no unit; %s", want);
        return LL_ERR_CONFIG;
    }
    const unit *u = *q.unit ? unit_find(q.unit) : NULL;
    if (*q.unit && (!u || u->kind != kind)) {
        explain_unit(kind, q.unit, why, cap);
        return LL_ERR_CONFIG;
    }
    double v = u ? q.number * u->scale / u->divide : q.number;
    if (!isfinite(v)) {
        snprintf(why, cap, "number too large; %s", want);
        return LL_ERR_CONFIG;
    }
    *value = v;
    return LL_OK;
}

bool ll_units_in_bits(ll_kind kind, const char *text)
{
    quantity q;
    if (kind != LL_KIND_RATE || !split(text, &q)) return false;
    const unit *u = unit_find(q.unit);
    return u && is_bits(u);
}

/* One step of a printed scale: from `from` on (after rounding to 4 digits), in units of `unit`. */
typedef struct step {
    double unit;
    const char *name;
} step;

static const step *steps_of(ll_kind kind)
{
    static const step time[] = {{86400, "d"}, {3600, "h"},  {60, "min"},   {1, "s"}, {1e-3, "ms"},
                                {1e-6, "us"}, {1e-9, "ns"}, {1e-12, "ps"}, {0, NULL}};
    static const step size[] = {{1e18, "EB"}, {1e15, "PB"}, {1e12, "TB"}, {1e9, "GB"},
                                {1e6, "MB"},  {1e3, "kB"},  {1, "B"},     {0, NULL}};
    static const step rate[] = {{1e18, "EB/s"}, {1e15, "PB/s"}, {1e12, "TB/s"}, {1e9, "GB/s"},
                                {1e6, "MB/s"},  {1e3, "kB/s"},  {1, "B/s"},     {0, NULL}};
    static const step compute[] = {{1e18, "EFLOP/s"}, {1e15, "PFLOP/s"}, {1e12, "TFLOP/s"},
                                   {1e9, "GFLOP/s"},  {1e6, "MFLOP/s"},  {1e3, "kFLOP/s"},
                                   {1, "FLOP/s"},     {0, NULL}};
    static const step power[] = {{1e9, "GW"}, {1e6, "MW"}, {1e3, "kW"}, {1, "W"}, {0, NULL}};
    static const step *const all[LL_KIND_POWER + 1] = {[LL_KIND_TIME] = time,
                                                       [LL_KIND_SIZE] = size,
                                                       [LL_KIND_RATE] = rate,
                                                       [LL_KIND_COMPUTE] = compute,
                                                       [LL_KIND_POWER] = power};
    return kind <= LL_KIND_POWER ? all[kind] : NULL;
}

bool ll_units_step(ll_kind kind, int i, double *scale, const char **name)
{
    const step *s = steps_of(kind);
    if (!s || !s[i].name) return false;
    *scale = s[i].unit;
    *name = s[i].name;
    return true;
}

void ll_units_format(ll_kind kind, double value, char *out, size_t cap)
{
    const step *s = steps_of(kind);
    if (!s) {
        snprintf(out, cap, kind == LL_KIND_COUNT ? "%.0f" : "%.4g", value);
        return;
    }
    // A value that rounds up to the next unit is printed in it: 999.96 GB is "1 TB". Minutes, hours
    // and days are used only from two of them on: 90 s reads better than 1.5 min.
    for (; s[1].name; s++) {
        double from = s->unit > 1 && kind == LL_KIND_TIME ? 2 * s->unit : s->unit;
        if (fabs(value) >= from * (1 - 0.5e-4)) break;
    }
    if (value == 0 && kind == LL_KIND_TIME) s = &steps_of(kind)[3]; // "0 s"
    snprintf(out, cap, "%.4g %s", value / s->unit, s->name);
}
