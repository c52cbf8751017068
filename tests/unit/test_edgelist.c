/* Edge lists: what is read, and what is refused, with file and line. */
#include "sim/base/text.h"
#include "tests/support/check.h"
#include "topology/edgelist.h"

#include <string.h>

static ll_status read_text(ll_arena *mem, const char *text, ll_edgelist *out, ll_error *err)
{
    ll_error_init(err);
    return ll_edgelist_parse(&(ll_text_file){"edges", text}, mem, out, err);
}

static void test_good(ll_arena *mem)
{
    ll_edgelist list;
    ll_error err;
    ll_status status = read_text(mem,
                                 "# two chips, one switch\n"
                                 "chips 2\n\n"
                                 "node sw   # its name\n"
                                 "0 <-> sw 18 50 GB/s 300 ns\n"
                                 "sw -> 1\t1 400Gb/s 0.5us",
                                 &list, &err);
    CHECK(status == LL_OK, "%s", err.text);
    CHECK(list.n_chip == 2 && list.n_node == 3 && list.n_link == 3, "%d %d %lld", list.n_chip,
          list.n_node, (long long)list.n_link);
    const ll_link *l = list.link; // <-> gives 0 -> sw, then sw -> 0; the switch is node 2
    CHECK(l[0].from == 0 && l[0].to == 2 && l[1].from == 2 && l[1].to == 0, "<->");
    CHECK(l[2].from == 2 && l[2].to == 1 && l[2].width == 1 && l[0].width == 18, "->");
    CHECK(l[1].bw_Bps == 50e9 && l[1].latency_s == 300e-9, "%g %g", l[1].bw_Bps, l[1].latency_s);
    // 400 Gb/s is 50 GB/s
    CHECK(l[2].bw_Bps == 50e9 && l[2].latency_s == 0.5e-6, "%g %g", l[2].bw_Bps, l[2].latency_s);
}

/* What a file may state of its parts. */
static void test_stated(ll_arena *mem)
{
    ll_edgelist list;
    ll_error err;
    const ll_status status = read_text(mem,
                                       "chips 4\n"
                                       "dimension nv 2 in_network\n"
                                       "dimension ib 2\n"
                                       "switch A nv\n"
                                       "switch switch ib # called as the word is\n"
                                       "node c\n"
                                       "switch <-> 0 1 1 GB/s 1 ns\n",
                                       &list, &err);
    CHECK(status == LL_OK, "%s", err.text);
    CHECK(list.n_dim == 2 && list.dim[0].size == 2 && list.dim[0].reduces && !list.dim[1].reduces,
          "%d dimensions", list.n_dim);
    CHECK(!strcmp(list.dim[1].name, "ib") && !strcmp(list.name[1], "switch"), "names");
    CHECK(list.switch_dim[0] == 0 && list.switch_dim[1] == 1 && list.switch_dim[2] == -1,
          "dimensions of the switches");
    CHECK(list.n_link == 2 && list.link[0].from == 5, "%lld links", (long long)list.n_link);
}

static const struct {
    const char *text, *want; /* `want` is part of the message; it begins with the line */
} bad[] = {
    {"", ":0: no `chips N`"},
    {"# nothing\n", "no `chips N`"},
    {"node a\n", ":1: `chips N` must come first"},
    {"chips\n", ":1: expected `chips N`"},
    {"chips 0\n", ":1: chips 0: must be 1 .. 2048"},
    {"chips 2049\n", ":1: chips 2049"},
    {"sw->1 1 1 GB/s 1 ns\n", ":1: `chips N` must come first"},
    {"chips 2\n0->1 1 1 GB/s 1 ns\n", ":2: expected `A <-> B"},
    {"chips 2.5\n", ":1: chips '2.5'"},
    {"chips 2\nchips 2\n", ":2: `chips` is given twice"},
    {"chips 2\nnode\n", ":2: expected `node NAME`"},
    {"chips 2\nnode 7\n", ":2: node '7': numbers are for chips"},
    {"chips 2\nnode a\nnode a\n", ":3: node 'a' is declared twice"},
    {"chips 2\nswitch a nv\n", ":2: no dimension 'nv'; it is stated first"},
    {"chips 2\nswitch a nv 3\n", ":2: expected `switch NAME`, or `switch NAME DIMENSION`"},
    {"chips 2\ndimension nv\n", ":2: expected `dimension NAME SIZE`"},
    {"chips 2\ndimension nv 2 sharp\n", ":2: expected `dimension NAME SIZE`"},
    {"chips 2\ndimension nv 0\n", ":2: size 0: must be 1 .. 2048"},
    {"chips 2\ndimension nv 2\ndimension nv 1\n", ":3: dimension 'nv' is stated twice"},
    {"chips 2\n0 -> 2 1 1 GB/s 1 ns\n", ":2: no chip 2; the chips are 0 .. 1"},
    {"chips 2\n0 -> 99999999999999999999 1 1 GB/s 1 ns\n", ":2: no chip 99999999999999999999"},
    {"chips 2\n0 -> sw 1 1 GB/s 1 ns\n", ":2: unknown node 'sw'"},
    {"chips 2\n0 - 1 1 1 GB/s 1 ns\n", ":2: expected `A <-> B"},
    {"chips 2\n0 -> 1\n", ":2: expected B, width"},
    {"chips 2\n0 -> 0 1 1 GB/s 1 ns\n", ":2: a link from '0' to itself"},
    {"chips 2\n0 -> 1 0 1 GB/s 1 ns\n", ":2: width 0"},
    {"chips 2\n0 -> 1 1 50 GB 1 ns\n", ":2: '50 GB': "},
    {"chips 2\n0 -> 1 1 50\n", ":2: '50': "},
    {"chips 2\n0 -> 1 1 0 GB/s 1 ns\n", ":2: '0 GB/s': the bandwidth of a lane must be 1 B/s .. 1"},
    {"chips 2\n0 -> 1 1 0.9 B/s 1 ns\n", ":2: '0.9 B/s': the bandwidth of a lane must be 1 B/s"},
    {"chips 2\n0 -> 1 1 1.1 EB/s 1 ns\n", ":2: '1.1 EB/s': the bandwidth of a lane must be"},
    {"chips 2\n0 -> 1 1 1e299 GB/s 1 ns\n", ":2: '1e299 GB/s': the bandwidth of a lane must"},
    {"chips 2\n0 -> 1 1 1 GB/s 1e300 s\n",
     ":2: '1e300 s': the latency must be 0 s, or 1 ps .. 1 s"},
    {"chips 2\n0 -> 1 1 1 GB/s 1.1 s\n", ":2: '1.1 s': the latency must be 0 s, or 1 ps .. 1 s"},
    {"chips 2\n0 -> 1 1 1 GB/s 1e-300 s\n", ":2: '1e-300 s': the latency must be 0 s, or 1 ps"},
    {"chips 2\n0 -> 1 0x1 1 GB/s 1 ns\n", ":2: width '0x1': "},
    {"chips 2\n0 -> 1 1 1 GB/s\n", ":2: the time is missing"},
    {"chips 2\n0 -> 1 1 1 GB/s -1 ns\n", ":2: '-1 ns': the latency must be 0 s, or 1 ps .. 1 s"},
    {"chips 2\n0 -> 1 1 1 GB/s 1 ns 3\n", ":2: unexpected '3'"},
    {"chips 2\n0 -> 1 1 1 GB/s 1 ns 3 4 5\n", ":2: unexpected '"},
};

int main(void)
{
    ll_arena *mem = ll_arena_create("test");
    ll_edgelist list;
    ll_error err;
    test_good(mem);
    test_stated(mem);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ll_status status = read_text(mem, bad[i].text, &list, &err);
        CHECK(status == LL_ERR_CONFIG && strstr(err.text, bad[i].want), "'%s' gave '%s', want '%s'",
              bad[i].text, err.text, bad[i].want);
    }
    char text[1024] = "chips 2\n#";
    memset(text + strlen(text), 'x', 900); // refused, not read as two lines
    CHECK(read_text(mem, text, &list, &err) == LL_ERR_CONFIG && strstr(err.text, ":2: the line is"),
          "%s", err.text);
    /* Far more links than chips: as many as there are lines, and space for them. */
    ll_text many;
    ll_text_init(&many, mem);
    ll_text_add(&many, "chips 2\n");
    for (int i = 0; i < 1000; i++)
        ll_text_add(&many, "0 <-> 1 %d 1 GB/s 1 ns\n", i + 1);
    CHECK(read_text(mem, many.s, &list, &err) == LL_OK && list.n_link == 2000, "%s", err.text);
    CHECK(list.link[1999].from == 1 && list.link[1999].width == 1000 && list.link[0].width == 1,
          "%d lanes", list.link[1999].width);
    ll_arena_destroy(mem);
    CHECK(ll_arena_balance_B() == 0, "%lld bytes left", (long long)ll_arena_balance_B());
    return LL_CHECK_RESULT;
}
