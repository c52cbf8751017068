/* Files of flows: what is read, by hand, and what is refused, with its line. */
#include "sim/traffic/flow_file.h"
#include "tests/support/check.h"

#include <math.h>
#include <string.h>

static ll_arena *mem;

static ll_traffic read(const char *text)
{
    ll_traffic t = {0};
    ll_error err;
    ll_error_init(&err);
    CHECK(ll_flow_file_parse("f", text, 8, mem, &t, &err) == LL_OK, "%s", err.text);
    return t;
}

static void refused(const char *text, const char *why)
{
    ll_traffic t;
    ll_error err;
    ll_error_init(&err);
    CHECK(ll_flow_file_parse("f", text, 8, mem, &t, &err) == LL_ERR_CONFIG, "read: %s", text);
    CHECK(strstr(err.text, why) != NULL, "'%s' says %s", text, err.text);
}

static bool near(double a, double b) { return fabs(a - b) <= 1e-12 * fabs(b); }

static void plain(void)
{
    const ll_traffic t = read("# chips from 0\n"
                              "0 1 1 MiB\n"
                              "\n"
                              "1 2 65536 5 us  # later\r\n"
                              "2 3 1kB after=0,3\n"
                              "7 7 0 3e-6 after=1 after=0\n");
    CHECK(t.n_list == 4, "%lld flows", (long long)t.n_list);
    CHECK(near(t.list_B[0], 1048576) && near(t.list_B[1], 65536) && near(t.list_B[2], 1000), "%g",
          t.list_B[2]);
    CHECK(t.start_s[0] == 0 && near(t.start_s[1], 5e-6) && near(t.start_s[3], 3e-6), "%g",
          t.start_s[1]);
    CHECK(t.first_after[2] == 0 && t.first_after[3] == 2 && t.first_after[4] == 4, "%lld",
          (long long)t.first_after[4]);
    CHECK(t.after[0] == 0 && t.after[1] == 3 && t.after[2] == 1 && t.after[3] == 0, "flows");
    CHECK(read("0 1 8\n").start_s == NULL, "a list without times is timed");
}

/* Flow 2 waits for both others, by a barrier; flow 3 for flow 2. Starts are picoseconds. */
static void matrix(void)
{
    const ll_traffic t = read("Nodes 8\nConnections 4\nTriggers 2\n"
                              "0->3 id 1 start 0 size 2000000 send_done_trigger 1\n"
                              "5->3 id 2 start 10000000 size 100 recv_done_trigger 1\n"
                              "3->7 id 3 trigger 1 size 300 send_done_trigger 9\n"
                              "7->0 id 4 trigger 9 size 400 prio 2000000\n"
                              "trigger id 1 barrier count 2\n"
                              "trigger id 9 oneshot\n");
    CHECK(t.n_list == 4 && near(t.start_s[1], 10e-6) && near(t.list_B[2], 300), "%g", t.start_s[1]);
    CHECK(t.first_after[2] == 0 && t.first_after[3] == 2 && t.first_after[4] == 3, "barrier");
    CHECK(t.after[0] == 0 && t.after[1] == 1 && t.after[2] == 2, "who fires");
}

int main(void)
{
    mem = ll_arena_create("test");
    plain();
    matrix();
    refused("# nothing\n", "f: no flows");
    refused("0 1 1MiB\n0 8 1MiB\n", "f:2: destination '8': expected a whole number from 0 to 7");
    refused("0 1\n", "f:1: line '0': expected SRC DST BYTES");
    refused("0 1 4 us\n", "f:1: size '4 us'");
    refused("0 1 4 4 B\n", "f:1: start '4 B'");
    refused("0 1 -4\n", "f:1: size '-4': expected 0 B to 1 PB");
    refused("0 1 nan\n", "f:1: size 'nan'");
    refused("0 1 4 5us then\n", "f:1: after the size 'then'");
    refused("0 1 4\n0 1 4 after=2\n", "f:2: waits for flow 2: expected 0 to 1");
    refused("0 1 4 after=1\n0 1 4 after=0\n", "f:1: this flow never starts");
    refused("Nodes 9\n", "f:1: Nodes '9': expected a whole number from 1 to 8");
    refused("Nodes 8\nConnections 2\n0->1 start 0 size 4\n", "Connections says 2");
    refused("Nodes 8\n0->1 start 0 size 4 prio 1\n", "f:2: prio '1'");
    refused("Nodes 8\n0->1 size 4\n", "f:2: flow '0->1': expected a size, and a start");
    refused("Nodes 8\n0->1 trigger 3 size 4\n", "f:2: trigger '3'");
    refused("Nodes 8\n0->1 trigger 3 size 4\ntrigger id 3 oneshot\n", "f:3: trigger '3'");
    refused("Nodes 8\nfailure 1\n", "f:2: line 'failure'");
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
