#include "sim/config/config.h"

#include "sim/base/rng.h"
#include "sim/base/text.h"
#include "tests/support/check.h"

#include <stddef.h>
#include <string.h>

typedef struct machine {
    int64_t n_chip;
    double bw_Bps, latency_s, memory_B, busy_frac, peak_flop_per_s, power_W;
    bool overlap;
    int kind;
    const char *label, *trace;
} machine;

typedef struct dimension {
    int64_t size;
    const char *name;
} dimension;

static const char *const kinds[] = {"ring", "switch", "full_mesh", NULL};

#define OFF(field) .offset = offsetof(machine, field)
static const ll_key machine_keys[] = {
    {.name = "chips", .kind = LL_KIND_COUNT, OFF(n_chip), .min = 1, .max = 1e6, .doc = "chips"},
    {.name = "bandwidth",
     .kind = LL_KIND_RATE,
     .flags = LL_KEY_FACT,
     OFF(bw_Bps),
     .def = "50 GB/s",
     .min = 1,
     .max = 1e15,
     .doc = "of a link"},
    {.name = "latency",
     .kind = LL_KIND_TIME,
     OFF(latency_s),
     .def = "1 us",
     .min = 0,
     .max = 1,
     .doc = "of a link"},
    {.name = "memory",
     .kind = LL_KIND_SIZE,
     .flags = LL_KEY_FACT,
     OFF(memory_B),
     .def = "80 GB",
     .min = 1e6,
     .max = 1e15,
     .doc = "of a chip"},
    {.name = "busy",
     .kind = LL_KIND_RATIO,
     .flags = LL_KEY_FACT,
     OFF(busy_frac),
     .def = "0.5",
     .min = 0,
     .max = 1,
     .doc = "fraction of the time"},
    {.name = "peak",
     .kind = LL_KIND_COMPUTE,
     OFF(peak_flop_per_s),
     .def = "1 TFLOP/s",
     .min = 0,
     .max = INFINITY,
     .doc = "of a chip"},
    {.name = "power",
     .kind = LL_KIND_POWER,
     OFF(power_W),
     .def = "700 W",
     .min = 0,
     .max = 1e6,
     .doc = "of a chip"},
    {.name = "overlap",
     .kind = LL_KIND_BOOL,
     .flags = LL_KEY_FACT,
     OFF(overlap),
     .def = "false",
     .doc = "hide transfers"},
    {.name = "kind",
     .kind = LL_KIND_CHOICE,
     OFF(kind),
     .choices = kinds,
     .def = "switch",
     .doc = "of the network"},
    {.name = "label", .kind = LL_KIND_STRING, OFF(label), .def = "", .doc = "for reports"},
    {.name = "trace", .kind = LL_KIND_STRING, OFF(trace), .def = "", .doc = "flows"},
    {0}};

static const ll_key dimension_keys[] = {{.name = "size",
                                         .kind = LL_KIND_COUNT,
                                         .offset = offsetof(dimension, size),
                                         .min = 2,
                                         .max = 1e6,
                                         .doc = "chips along it"},
                                        {.name = "name",
                                         .kind = LL_KIND_STRING,
                                         .offset = offsetof(dimension, name),
                                         .def = "x",
                                         .doc = "name"},
                                        {0}};

/* One read of a text that stands for the file "dir/t.cfg": the group "machine", the list
 * "machine.dimensions", the group "job" for one further key. */
typedef struct reading {
    ll_arena *mem;
    ll_config *cfg;
    machine m;
    int n_dim;
    dimension dim[4];
    ll_status status;
    ll_error err;
} reading;

static void read_text(reading *r, const char *text, int n_set, const char *const *set)
{
    ll_source source;
    r->mem = ll_arena_create("test");
    r->n_dim = 0;
    memset(&r->m, 0, sizeof r->m);
    ll_error_init(&r->err);
    r->status = ll_source_text("dir/t.cfg", text, r->mem, &source, &r->err);
    if (r->status == LL_OK)
        r->status = ll_config_parse(source, n_set, set, r->mem, &r->cfg, &r->err);
    if (r->status != LL_OK) return;
    ll_config_fill(r->cfg, "machine", machine_keys, &r->m, &r->err);
    if (ll_config_list(r->cfg, "machine.dimensions", &r->n_dim, &r->err) != LL_OK) r->n_dim = 0;
    for (int i = 0; i < r->n_dim && i < 4; i++) {
        const char *path = ll_arena_printf(r->mem, "machine.dimensions[%d]", i);
        ll_config_fill(r->cfg, path, dimension_keys, &r->dim[i], &r->err);
    }
    r->status = ll_config_finish(r->cfg, &r->err);
}

static reading r; // large because of its error text

static void close_reading(void) { ll_arena_destroy(r.mem); }

static void test_values(void)
{
    read_text(&r,
              "// a comment { with ( brackets\n"
              "machine : {\n"
              "  chips = 0x48; /* \"72\n */ bandwidth = \"900 GB/s | vendor: sheet | p. 3\"\n"
              "  latency = \"250 ns\"; memory = \"80 \" \"GiB\"; busy = \"80 %|measured\";\n"
              "  peak = \"2.5 PFLOP/s\"; power = \"1 kW\"; overlap = TRUE; kind = \"full_mesh\";\n"
              "  label = \"a | b # { 1e400\"; trace = \"flows/x.txt\";\n"
              "  dimensions = ( { size = 8L }, { size = 900000000000 ; name = \"y\" } );\n"
              "};\n",
              0, NULL);
    // 900000000000 is above the bound of `size`, and it must be seen as what it is.
    CHECK(strcmp(r.err.text,
                 "dir/t.cfg:8: machine.dimensions[1].size = 900000000000: out of bounds; "
                 "expected a whole number from 2 to 1000000\n") == 0,
          "%s", r.err.text);
    CHECK(r.m.n_chip == 72 && r.m.overlap && r.m.kind == 2, "%lld", (long long)r.m.n_chip);
    CHECK_NEAR(r.m.bw_Bps, 900e9, 0);
    CHECK_NEAR(r.m.latency_s, 250e-9, 1e-15);
    CHECK_NEAR(r.m.memory_B, 80.0 * 1024 * 1024 * 1024, 0);
    CHECK_NEAR(r.m.busy_frac, 0.8, 1e-15);
    CHECK_NEAR(r.m.peak_flop_per_s, 2.5e15, 0);
    CHECK_NEAR(r.m.power_W, 1000, 0);
    CHECK(strcmp(r.m.label, "a | b # { 1e400") == 0, "%s", r.m.label);
    CHECK(strcmp(r.m.trace, "flows/x.txt") == 0, "%s", r.m.trace);
    CHECK(r.n_dim == 2 && r.dim[0].size == 8 && strcmp(r.dim[1].name, "y") == 0, "%d", r.n_dim);
    close_reading();
}

static void check_entry(int i, const char *path, const char *text, double value, const char *origin,
                        ll_evidence evidence, const char *source)
{
    const ll_config_entry *e = ll_config_entry_at(r.cfg, i);
    CHECK(strcmp(e->path, path) == 0, "%s", e->path);
    CHECK(strcmp(e->text, text) == 0, "%s: %s", path, e->text);
    CHECK(fabs(e->value - value) <= 1e-15 * fabs(value), "%s: %.17g", path, e->value);
    CHECK(strcmp(e->origin, origin) == 0, "%s: %s", path, e->origin);
    CHECK(e->evidence == evidence, "%s: %s", path, ll_evidence_name(e->evidence));
    CHECK(strcmp(e->source, source) == 0, "%s: %s", path, e->source);
    CHECK(strstr(path, e->key->name) && e->kind == e->key->kind, "%s: %s", path, e->key->name);
}

static void test_entries(void)
{
    const char *set[] = {"machine.power=  1.2 kW | press: rumour", "machine.trace=b.txt",
                         "machine.memory = 96 GB | derived: 12 x 8 GB", "machine.label=\"x = y\""};
    read_text(
        &r,
        "machine = {\n chips = 4;\n bandwidth = \"400 Gb/s\";\n memory = \"1 GB\";\n"
        " busy = 0.75;\n trace = \"a.txt\"; dimensions = ( { size = 4 } );\n};\n"
        "set = [\n \"machine.dimensions[0].size = 5\",\n \"machine.overlap = true | assumed:\"\n"
        "];\n",
        4, set);
    CHECK(r.status == LL_OK, "%s", r.err.text);
    CHECK(ll_config_n_entry(r.cfg) == 13, "%d entries", ll_config_n_entry(r.cfg));
    check_entry(0, "machine.chips", "4", 4, "dir/t.cfg:2", LL_EVIDENCE_NONE, "");
    check_entry(1, "machine.bandwidth", "400 Gb/s", 50e9, "dir/t.cfg:3", LL_EVIDENCE_UNSTATED, "");
    check_entry(2, "machine.latency", "1 us", 1e-6, "default", LL_EVIDENCE_NONE, "");
    check_entry(3, "machine.memory", "96 GB", 96e9, "--set", LL_EVIDENCE_DERIVED, "12 x 8 GB");
    check_entry(4, "machine.busy", "0.75", 0.75, "dir/t.cfg:5", LL_EVIDENCE_UNSTATED, "");
    check_entry(5, "machine.peak", "1 TFLOP/s", 1e12, "default", LL_EVIDENCE_NONE, "");
    check_entry(6, "machine.power", "1.2 kW", 1200, "--set", LL_EVIDENCE_NONE, "rumour");
    check_entry(7, "machine.overlap", "true", 0, "dir/t.cfg:10", LL_EVIDENCE_ASSUMED, "");
    check_entry(8, "machine.kind", "switch", 0, "default", LL_EVIDENCE_NONE, "");
    check_entry(9, "machine.label", "x = y", 0, "--set", LL_EVIDENCE_NONE, "");
    check_entry(10, "machine.trace", "b.txt", 0, "--set", LL_EVIDENCE_NONE, "");
    check_entry(11, "machine.dimensions[0].size", "5", 5, "dir/t.cfg:9", LL_EVIDENCE_NONE, "");
    CHECK(r.m.overlap && r.m.kind == 1 && r.dim[0].size == 5, "%lld", (long long)r.dim[0].size);
    // On the command line a file is relative to the current directory, in a file to that file.
    CHECK(strcmp(r.m.trace, "b.txt") == 0, "%s", r.m.trace);
    // A fact that is left to its default is an assumption.
    CHECK(ll_config_has(r.cfg, "machine.memory") && !ll_config_has(r.cfg, "machine.latency") &&
              ll_config_has(r.cfg, "machine.dimensions[0]") && !ll_config_has(r.cfg, "job") &&
              ll_config_has(r.cfg, "machine.power"),
          "ll_config_has");
    close_reading();
    read_text(&r, "machine = { chips = 4; };", 0, NULL);
    check_entry(1, "machine.bandwidth", "50 GB/s", 50e9, "default", LL_EVIDENCE_ASSUMED, "");
    close_reading();
}

/* libconfig's escapes, and strings that follow each other. */
static void test_strings(void)
{
    read_text(&r, "machine = { chips = 4; label = \"a\\\"b\\\\c\\x41\\q\" // and\n \"\\t.\"; };", 0,
              NULL);
    CHECK(r.status == LL_OK && strcmp(r.m.label, "a\"b\\cA\\q\t.") == 0, "%s%s", r.err.text,
          r.status == LL_OK ? r.m.label : "");
    close_reading();
}

typedef struct bad_case {
    const char *text; /* in a group `machine` of line 1, if it does not begin with '!' */
    const char *set;
    const char *messages; /* without "dir/t.cfg", which stands for each '@' */
} bad_case;

#define KNOWN "chips, bandwidth, latency, memory, busy, peak, power, overlap, kind, label, trace"
#define EVIDENCE                                                                               \
    "expected after the bar: measured, vendor, derived, press, unverified or assumed, with a " \
    "colon "                                                                                   \
    "and the source; or choice, for what you decide yourself\n"

static const bad_case bad[] = {
    /* Names. */
    {"chps = 4;", NULL, "@:2: unknown key 'chps' in 'machine'; did you mean 'chips'?\n"},
    {"chips = 4; latencey = \"1 us\";", NULL,
     "@:2: unknown key 'latencey' in 'machine'; did you mean 'latency'?\n"},
    {"chips = 4; wibble = 5;", NULL,
     "@:2: unknown key 'wibble' in 'machine'; known here: chips, bandwidth, latency, memory, busy, "
     "peak, power, overlap, kind, label, trace, dimensions\n"},
    {"chips = 4; wibble = { x = 5; };", NULL,
     "@:2: unknown group 'wibble' in 'machine'; known here: chips, bandwidth, latency, memory, "
     "busy, peak, power, overlap, kind, label, trace, dimensions\n"},
    {"!machine = { chips = 4; };\n\nmachin = { };", NULL,
     "@:3: unknown group 'machin' at the top level; did you mean 'machine'?\n"},
    {"!name = \"x\";", NULL,
     "@: missing key 'chips' in 'machine' (chips); write for example: chips = 64;\n"},
    {"latency = \"1 us\";", NULL,
     "@:1: missing key 'chips' in 'machine' (chips); write for example: chips = 64;\n"},
    {"chips = 4; dimensions = ( { size = 3 },\n { name = \"b\" } );", NULL,
     "@:3: missing key 'size' in 'machine.dimensions[1]' (chips along it); write for example: size "
     "= 64;\n"},
    {"chips = 4; dimensions = ( { size = 3 },\n { size = 4; nme = \"b\" } );", NULL,
     "@:3: unknown key 'nme' in 'machine.dimensions[1]'; did you mean 'name'?\n"},
    /* Units and numbers. */
    {"chips = 4; bandwidth = \"900 GB\";", NULL,
     "@:2: machine.bandwidth = \"900 GB\": 'GB' is a size; expected a rate such as \"900 GB/s\"\n"},
    {"chips = 4;\nbandwidth = 50;", NULL,
     "@:3: machine.bandwidth = 50: a rate needs a unit: write \"50 GB/s\"\n"},
    {"chips = 4; bandwidth = \"50\";", NULL,
     "@:2: machine.bandwidth = \"50\": no unit; expected a rate such as \"900 GB/s\"\n"},
    {"chips = 4; bandwidth = 50 GB/s;", NULL,
     "@:2: a number with a unit needs quotes: write \"50 GB/s\"\n"},
    {"chips = 4; memory = \"-3 GB\";", NULL,
     "@:2: machine.memory = \"-3 GB\": out of bounds; expected a size from 1 MB to 1 PB\n"},
    {"chips = 4; peak = \"-3 TFLOP/s\";", NULL,
     "@:2: machine.peak = \"-3 TFLOP/s\": out of bounds; expected a compute rate of at least 0 "
     "FLOP/s\n"},
    {"chips = 0;", NULL,
     "@:2: machine.chips = 0: out of bounds; expected a whole number from 1 to 1000000\n"},
    {"chips = 4294967297;", NULL,
     "@:2: machine.chips = 4294967297: out of bounds; expected a whole number from 1 to 1000000\n"},
    {"chips = 99999999999999999999;", NULL,
     "@:2: integer 99999999999999999999 does not fit in 64 bits\n"},
    {"chips = 0x1ffffffffffffffffL;", NULL,
     "@:2: integer 0x1ffffffffffffffff does not fit in 64 bits\n"},
    {"chips = 4; busy = 1e400;", NULL, "@:2: number 1e400 is too large; at most about 1.8e308\n"},
    {"chips = 4; busy = -.5;", NULL,
     "@:2: machine.busy = -.5: out of bounds; expected a ratio from 0 to 1\n"},
    {"chips = 4; busy = .;", NULL,
     "@:2: machine.busy = .: not a number; expected a ratio such as 0.8\n"},
    {"chips = 4.0;", NULL,
     "@:2: machine.chips = 4.0: not a whole number; expected a whole number such as 64\n"},
    {"chips = \"4 chips\";", NULL,
     "@:2: machine.chips = \"4 chips\": unexpected 'chips' after the number; expected a whole "
     "number "
     "such as 64\n"},
    /* Types. */
    {"chips = true;", NULL, "@:2: machine.chips = true: expected a whole number such as 64\n"},
    {"chips = { x = 1; };", NULL, "@:2: machine.chips: expected a whole number such as 64\n"},
    {"chips = [ 1, 2 ];", NULL, "@:2: machine.chips: expected a whole number such as 64\n"},
    {"chips = 4; overlap = 1;", NULL,
     "@:2: machine.overlap = 1: expected true or false, without quotes\n"},
    {"chips = 4; overlap = \"yes\";", NULL,
     "@:2: machine.overlap = \"yes\": expected true or false, without quotes\n"},
    {"chips = 4; label = 8;", NULL, "@:2: machine.label = 8: text needs quotes: write \"8\"\n"},
    {"chips = 4; label = HGX H100;", NULL, "@:2: text needs quotes: write \"HGX H100\"\n"},
    {"chips = 4; kind = \"rnig\";", NULL,
     "@:2: machine.kind = \"rnig\": did you mean 'ring'? expected one of: ring, switch, "
     "full_mesh\n"},
    {"chips = 4; kind = \"zzz\";", NULL,
     "@:2: machine.kind = \"zzz\": expected one of: ring, switch, full_mesh\n"},
    {"chips = 4; kind = 3;", NULL,
     "@:2: machine.kind = 3: expected a word in quotes, such as \"ring\"\n"},
    {"!machine = 5;", NULL, "@:1: machine = 5: expected a group { ... }\n"},
    {"chips = 4; dimensions = { };", NULL,
     "@:2: machine.dimensions: expected a list ( { ... }, { ... } )\n"},
    {"chips = 4; dimensions = ( 1, { size = 2 } );", NULL,
     "@:2: machine.dimensions[0] = 1: expected a group { ... }\n"},
    /* Evidence. */
    {"chips = 4; memory = \"80 GB | vendr: sheet\";", NULL,
     "@:2: machine.memory = \"80 GB | vendr: sheet\": unknown evidence 'vendr', did you mean "
     "'vendor'? " EVIDENCE},
    {"chips = 4; memory = \"80 GB | data sheet\";", NULL,
     "@:2: machine.memory = \"80 GB | data sheet\": " EVIDENCE},
    {"chips = 4; memory = \"80 GB | vendor sheet\";", NULL,
     "@:2: machine.memory = \"80 GB | vendor sheet\": " EVIDENCE},
    {"chips = 4; memory = \"80 GB |\";", NULL, "@:2: machine.memory = \"80 GB |\": " EVIDENCE},
    {"chips = 4; memory = \"80 GB | unstated: x\";", NULL,
     "@:2: machine.memory = \"80 GB | unstated: x\": " EVIDENCE},
    /* Syntax. */
    {"chips = 4; chips = 5;", NULL,
     "@:2: this group already has 'chips', from dir/t.cfg:2; keep one of the two, or change "
     "single keys of the first one at the top level: set = [ \"cluster.chip.memory = 80 GB\" ];\n"},
    {"chips = = 4;", NULL, "@:2: syntax error, in or before: chips = = 4;\n"},
    {"chips = 1 2;", NULL, "@:2: syntax error, in or before: chips = 1 2;\n"},
    {"!machine = {\n chips = 4;\n", NULL,
     "@:1: the bracket that is opened here is never closed by '}'\n"},
    {"!machine = { chips = 4; };\n};\n", NULL, "@:2: '}' closes nothing\n"},
    {"!machine = {\n chips = 4; )\n", NULL, "@:2: ')' where '}' is expected, which closes @:1\n"},
    {"label = \"abc;", NULL, "@:2: no closing quote on this line: \"abc;\n"},
    {"chips = 4; label = \"a\\x1b[0m\";", NULL, "@:2: control character \\x1b in a string\n"},
    {"chips = 4; label = \"a \"quoted\" b\";", NULL,
     "@:2: after the closing quote: quoted; a quote within text is written \\\"\n"},
    {"chips = 4; /* open", NULL, "@:2: comment is never closed by */\n"},
    {"chips = 4;\n@include nothing", NULL,
     "@:3: expected  @include \"file\"  on a line of its own\n"},
    {"!", NULL, "@: the file is empty; expected libconfig text such as  name = \"x\";\n"},
    {"! \n\t\n", NULL, "@: the file is empty; expected libconfig text such as  name = \"x\";\n"},
    {"!a = 1;\nb\001", NULL,
     "@: binary file (byte 0x01 in line 2); expected libconfig text such as  name = \"x\";\n"},
    /* Set strings. */
    {"chips = 4;", "machine.chps=8",
     "--set: unknown path 'machine.chps'; did you mean 'machine.chips'?\n"},
    {"chips = 4;", "chips=8", "--set: unknown path 'chips'; did you mean 'machine.chips'?\n"},
    {"chips = 4;", "a.b.c=8", "--set: unknown path 'a.b.c'; known here: machine\n"},
    {"chips = 4;", "machine.zzz=8",
     "--set: unknown path 'machine.zzz'; known here: chips, bandwidth, latency, memory, busy, "
     "peak, "
     "power, overlap, kind, label, trace, dimensions\n"},
    {"chips = 4;", "machine.chips",
     "--set: \"machine.chips\": expected path=value, such as cluster.chip.memory=80 GB\n"},
    {"chips = 4;", "machine.chips=",
     "--set: \"machine.chips=\": expected path=value, such as cluster.chip.memory=80 GB\n"},
    {"chips = 4;", "machine.memory=80",
     "--set: machine.memory = 80: no unit; expected a size such as \"80 GB\"\n"},
    {"chips = 4;", "machine=8",
     "--set: machine is a group: set a key in it, or write machine=@FILE to replace it\n"},
    {"chips = 4;", "machine.chips.x=8",
     "--set: machine.chips.x: 'machine.chips' is a value, not a "
     "group\n"},
    {"chips = 4;", "machine..chips=8",
     "--set: machine..chips: '.chips' is not a path; expected names as in cluster.chip.memory\n"},
    {"chips = 4; dimensions = ( { size = 4 } );", "machine.dimensions[1].size=8",
     "--set: machine.dimensions[1].size: the list 'machine.dimensions' has 1 elements, numbered "
     "from 0\n"},
    {"chips = 4; dimensions = ( { size = 4 } );", "machine.dimensions[0].szie=8",
     "--set: unknown path 'machine.dimensions[0].szie'; did you mean "
     "'machine.dimensions[0].size'?\n"},
    {"chips = 4;", "machine[0]=8", "--set: machine[0]: 'machine' is not a list\n"},
    {"chips = 4;", "machine=@nowhere.cfg",
     "--set: machine = @nowhere.cfg: that file was not read\n"},
    {"!machine = { chips = 4; };\nset = [\n \"machine.chips = 9\",\n \"machine.chis = 9\" ];", NULL,
     "@:4: unknown path 'machine.chis'; did you mean 'machine.chips'?\n"},
    {"!machine = { chips = 4; };\nset = \"machine.chips = 9\";", NULL,
     "@:2: set = \"machine.chips = 9\": expected a list of strings, such as set = [ \"job.tp = 8\" "
     "];\n"},
    {"!machine = { chips = 4; };\nset = [ 3 ];", NULL,
     "@:2: set[0] = 3: expected a string such as \"job.tp = 8\"\n"},
    /* Several at once; a misspelling is reported even so, a strange key only when all else is
     * right. */
    {"chps = 4;\nlatency = 3;\nkidn = \"ring\";\nwibble = 1;\nbusy = \"2\";", NULL,
     "@:2: unknown key 'chps' in 'machine'; did you mean 'chips'?\n"
     "@:3: machine.latency = 3: a time needs a unit: write \"3 us\"\n"
     "@:6: machine.busy = \"2\": out of bounds; expected a ratio from 0 to 1\n"
     "@:4: unknown key 'kidn' in 'machine'; did you mean 'kind'?\n"},
};

/* Replace each '@' that begins a place by the file's name. */
static const char *in_full(const char *s, ll_arena *mem)
{
    char *out = ll_arena_array(mem, 16 * strlen(s) + 1, char);
    for (char *to = out; *s; s++) {
        bool place = *s == '@' && s[1] == ':';
        const char *part = place ? "dir/t.cfg" : "";
        strcat(to, part);
        to += strlen(part);
        if (!place) *to++ = *s;
    }
    return out;
}

static void test_bad(void)
{
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ll_arena *mem = ll_arena_create("test");
        const char *text = *bad[i].text == '!'
                               ? bad[i].text + 1
                               : ll_arena_printf(mem, "machine = {\n%s\n};\n", bad[i].text);
        read_text(&r, text, bad[i].set ? 1 : 0, &bad[i].set);
        const char *want = in_full(bad[i].messages, mem);
        CHECK(r.status == LL_ERR_CONFIG, "case %zu: status %d", i, (int)r.status);
        CHECK(strcmp(r.err.text, want) == 0, "case %zu: %s  want: %s", i, r.err.text, want);
        close_reading();
        ll_arena_destroy(mem);
    }
}

static void test_many(void)
{
    ll_arena *mem = ll_arena_create("test");
    ll_text t;
    ll_text_init(&t, mem);
    ll_text_add(&t, "machine = { chips = 4;\n");
    for (int i = 0; i < 50; i++)
        ll_text_add(&t, "zzz%d = 1;\n", i);
    ll_text_add(&t, "};\n");
    read_text(&r, t.s, 0, NULL);
    CHECK(r.err.n_line == 50 && strstr(r.err.text, "dir/t.cfg:21: unknown key 'zzz19'"), "%s",
          r.err.text);
    CHECK(!strstr(r.err.text, "zzz20"), "%s", r.err.text);
    close_reading();
    ll_arena_destroy(mem);
}

static void test_fault(void)
{
    read_text(&r, "machine = {\n chips = 6;\n dimensions = (\n { size = 4 } );\n};\n", 0, NULL);
    ll_error err;
    ll_error_init(&err);
    ll_status s = ll_config_fault(r.cfg, "machine.chips", &err, "must divide by %d", 4);
    CHECK(s == LL_ERR_CONFIG, "%d", (int)s);
    ll_config_fault(r.cfg, "machine.dimensions[0]", &err, "too small");
    ll_config_fault(r.cfg, "machine.latency", &err, "too short");
    ll_config_fault(r.cfg, "machine.dimensions[0].nothing", &err, "where is it");
    ll_config_fault(r.cfg, "nothing", &err, "where is it");
    const char *want = "dir/t.cfg:2: machine.chips = 6: must divide by 4\n"
                       "dir/t.cfg:4: machine.dimensions[0]: too small\n"
                       "dir/t.cfg:1: machine.latency = 1 us (default): too short\n"
                       "dir/t.cfg:4: machine.dimensions[0].nothing: where is it\n"
                       "dir/t.cfg: nothing: where is it\n";
    CHECK(strcmp(err.text, want) == 0, "%s", err.text);
    close_reading();
}

/* Two tables that read one group: each knows the other's keys once both have asked. */
static void test_two_tables(void)
{
    static const ll_key more[] = {
        {.name = "links", .kind = LL_KIND_COUNT, .def = "1", .min = 1, .max = 9, .doc = "links"},
        {0}};
    ll_arena *mem = ll_arena_create("test");
    ll_source source;
    ll_config *cfg;
    static ll_error err;
    ll_error_init(&err);
    machine m;
    int64_t links = 0;
    ll_source_text("t", "machine = { links = 3; chips = 2; }", mem, &source, &err);
    ll_config_parse(source, 0, NULL, mem, &cfg, &err);
    ll_config_fill(cfg, "machine", machine_keys, &m, &err);
    ll_config_fill(cfg, "machine", more, &links, &err);
    ll_config_fill(cfg, "machine", more, &links, &err);
    ll_status s = ll_config_finish(cfg, &err);
    CHECK(s == LL_OK && links == 3 && m.n_chip == 2, "%s", err.text);
    CHECK(ll_config_n_entry(cfg) == 12, "%d", ll_config_n_entry(cfg));
    const ll_node *node = NULL;
    s = ll_config_group(cfg, "machine", &node, &err);
    CHECK(s == LL_OK && node, "%s", err.text);
    ll_arena_destroy(mem);
}

/* Random damage to a good text: whatever comes out, no crash, and a fault has a message. */
static void test_damage(void)
{
    static const char good[] =
        "machine : {\n  chips = 0x48; /* \"72\n */ bandwidth = \"900 GB/s | vendor: x\"\n"
        "  latency = \"250 ns\"; busy = 0.5e-1; overlap = TRUE; label = \"a\\\"b\";\n"
        "  dimensions = ( { size = 8L }, { size = -9 ; name = \"y\" } ); # end\n};\n"
        "set = [ \"machine.dimensions[0].size = 5\", \"machine.kind = ring\" ];\n";
    static const char chars[] = "{}()[]\"=:;,.#/*\\ \n@|-+0179aexL_%\t\r\x7f\xc3";
    const char *set = "machine.power = 3 kW";
    int n_good = 0;
    for (uint64_t i = 0; i < 2000; i++) {
        char text[sizeof good];
        memcpy(text, good, sizeof good);
        int n = 1 + (int)(ll_rng_bits(1, i, 0) % 4);
        for (int j = 0; j < n; j++) {
            uint64_t at = ll_rng_bits(1, i, 1 + 2 * (uint64_t)j) % (sizeof good - 1);
            uint64_t c = ll_rng_bits(1, i, 2 + 2 * (uint64_t)j) % (sizeof chars - 1);
            text[at] = chars[c];
        }
        if (i % 5 == 0) text[ll_rng_bits(2, i, 0) % sizeof good] = 0;
        read_text(&r, text, 1, &set);
        n_good += r.status == LL_OK;
        bool said = r.err.n_line > 0 && r.err.used > 0 && r.err.text[r.err.used - 1] == '\n';
        CHECK(said == (r.status != LL_OK), "damage %d: status %d: %s", (int)i, (int)r.status,
              r.err.text);
        close_reading();
    }
    CHECK(n_good < 1000, "%d of 2000 damaged texts were accepted", n_good);
    CHECK(ll_arena_balance_B() == 0, "balance %lld", (long long)ll_arena_balance_B());
}

int main(void)
{
    test_values();
    test_entries();
    test_strings();
    test_bad();
    test_many();
    test_fault();
    test_two_tables();
    test_damage();
    return LL_CHECK_RESULT;
}
