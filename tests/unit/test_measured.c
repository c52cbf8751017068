/* Tables of measured collectives as people bring them: the same rows in every form and between
 * whatever else a log has; and tables whose figures cannot be true, each told by its line. */
#include "sim/validate/curve.h"
#include "tests/support/check.h"

#include <string.h>

static ll_arena *mem;
static ll_curve_given given;

static ll_points parsed(const char *file, const char *text, const char *message)
{
    ll_points points = {0};
    ll_error err;
    ll_error_init(&err);
    const ll_status status = ll_curve_parse(file, text, &given, mem, &points, &err);
    if (message)
        CHECK(status == LL_ERR_CONFIG && strstr(err.text, message) && err.n_line == 1,
              "want '%s' alone, got '%s'", message, err.text);
    else
        CHECK(status == LL_OK, "%s", err.text);
    return points;
}

/* The points of a text are (n, size, time) of the list; n = 0 ends it. */
typedef struct want {
    int n;
    double size_B, time_us;
} want;

static void reads(const char *what, const char *file, const char *text, ll_collective collective,
                  const want *w)
{
    const ll_points p = parsed(file, text, NULL);
    int n = 0;
    for (; w[n].n; n++) {
        if (n >= p.n) continue;
        CHECK(p.point[n].n == w[n].n && p.point[n].collective == collective &&
                  p.point[n].size_B == w[n].size_B && !p.point[n].check,
              "%s, point %d: %d chips, %g B", what, n, p.point[n].n, p.point[n].size_B);
        CHECK_NEAR(p.point[n].time_s, 1e-6 * w[n].time_us, 1e-12);
    }
    CHECK(p.n == n, "%s: %d points of %d", what, p.n, n);
}

/* Two ranks; busbw of an all-reduce is algbw. */
#define RUN   "# nThread 1 nGpus 2 minBytes 8 maxBytes 8\n#\n# Using devices\n"
#define RANK0 "#  Rank  0 Group  0 Pid  1 on h device  0 [0x07] X\n"
#define RANK1 "#  Rank  1 Group  0 Pid  1 on h device  1 [0x0b] X\n"
#define COLUMNS                                                                                 \
    "#                                     out-of-place              in-place\n"                \
    "#  size  count  type  redop  root  time  algbw  busbw #wrong  time  algbw  busbw #wrong\n" \
    "#   (B) (elements)                 (us) (GB/s) (GB/s)         (us) (GB/s) (GB/s)\n"
#define HEADING RUN RANK0 RANK1 COLUMNS
#define ROW1    "   1048576  262144  float sum  -1  22.50 46.60 46.60 0 21.5 48.77 48.77 0\n"
#define ROW2    "  16777216 4194304  float sum  -1  101.0 166.1 166.1 0  101 166.1 166.1 N/A\n"
static const want two[] = {{2, 1048576, 22.5}, {2, 16777216, 101.0}, {0}};

static void test_noise(void)
{
    static const struct {
        const char *what, *text;
    } logs[] = {
        {"clean", HEADING ROW1 ROW2 "# Out of bounds values : 0 OK\n# Avg bus bandwidth : 23\n"},
        {"library", HEADING "h:3442:3442 [0] NCCL INFO Launch mode Parallel\n" ROW1
                            "h:3442:3442 [0] NCCL INFO comm 0x1 rank 0 nranks 2 cudaDev 0\n" ROW2},
        {"banners", "rccl-tests: Version develop:1\n$ mpirun -n 2 ./build/all_reduce_perf -g 1\n"
                    "NCCL version 2.27.3+cuda12.9\n" HEADING
                    "# Errors with asterisks indicate errors\n" ROW1 ROW2},
        {"prose", "## 2 nodes of 8\n8 GPUs each, all-reduce:\n```\n" HEADING ROW1 ROW2 "```\n"},
        {"size 0", HEADING "0 0 float sum -1 3.1 0.00 0.00 0 3.0 0.00 0.00 0\n" ROW1 ROW2},
        {"carriage returns",
         HEADING "   1048576  262144  float sum  -1  22.50 46.60 46.60 0\r\n" ROW2},
        {"zone", "[1,0]<stdout>:" RUN "0: " RANK0 "[0] " RANK1 "2026-01-31 10:00:00 " COLUMNS
                 "2026-01-31T10:00:00.123Z " ROW1 "node-01.local: " ROW2},
        {"time of day behind", HEADING
         "1048576 262144 float sum -1 22.50 46.60 46.60 0 21 49 49 0 2026-01-31 10:00:00\n" ROW2},
    };
    for (size_t i = 0; i < sizeof logs / sizeof *logs; i++)
        reads(logs[i].what, "runs/all_reduce_perf.log", logs[i].text, LL_ALL_REDUCE, two);
    const ll_points p =
        parsed("all_reduce", HEADING "8 2 float sum -1 0.00 0.00 0.00 0\n" ROW1, NULL);
    CHECK(p.n == 1 && p.n_untimed == 1, "%d points, %d untimed", p.n, p.n_untimed);
}

/* Headings without '#'; of old versions, with columns that their rows leave empty; with columns of
 * each iteration. The collective in the text, and busbw / algbw above 1, which only one has. */
static void test_headings(void)
{
    reads("no #", "all_reduce.txt",
          " Rank  0 Group  0 Pid 1\n Rank  1 Group  0 Pid 2\n"
          " size count type redop root time algbw busbw #wrong time algbw busbw #wrong\n" ROW1 ROW2,
          LL_ALL_REDUCE, two);
    reads("blank redop", "x",
          "# Collective test starting: alltoall_perf\n"
          "#  Rank  0 Pid 1\n#  Rank  1 Pid 1\n#  Rank  2 Pid 1\n#  Rank  3 Pid 1\n"
          "#  size  count  type  redop  time  algbw  busbw  error  time  algbw  busbw  error\n"
          "  64 4 float         9.5  0.01 0.01  0e+00   9.0 0.01 0.01 0e+00\n"
          "1073741824 4 float  16215 66.22 49.66  2e-07 16215 66.22 49.66 0e+00\n",
          LL_ALL_TO_ALL, (want[]){{4, 64, 9.5}, {4, 1073741824, 16215}, {0}});
    reads("iterations", "all_reduce",
          RUN RANK0 RANK1 "# size count type redop root time algbw busbw #wrong i_min i_max i_p99 "
                          "i_cv% time algbw busbw #wrong i_min i_max i_p99 i_cv%\n"
                          "1048576 262144 float sum -1 22.50 46.60 46.60 0 22 24 23 1.5 21 49 49 0 "
                          "21 22 22 1.2\n",
          LL_ALL_REDUCE, (want[]){{2, 1048576, 22.5}, {0}});
    reads("large times", "broadcast",
          HEADING "8589934592 2147483648 float none 0 1.2e+06 7.16 7.16 0 1.2e+06 7.16 7.16 0\n",
          LL_BROADCAST, (want[]){{2, 8589934592.0, 1.2e6}, {0}});
    reads("by its factor", "log",
          COLUMNS "1073741824 268435456 float sum -1 5457.26 196.75 368.92 0\n", LL_ALL_REDUCE,
          (want[]){{16, 1073741824, 5457.26}, {0}});
}

/* n of the list, of several lists, of --chips, and of the two rates where the list is cut. */
static void test_ranks(void)
{
    static const char sixteen[] = "268435456 67108864 float sum -1 1376.31 195.04 365.70 0\n"
                                  "1073741824 268435456 float sum -1 5457.26 196.75 368.92 0\n";
    static const want cut[] = {{16, 268435456, 1376.31}, {16, 1073741824, 5457.26}, {0}};
    const char *text =
        ll_arena_printf(mem, "%s%s%s", RUN RANK0 "#  Rank  1 Group 0 Pid...\n", COLUMNS, sixteen);
    reads("cut", "all_reduce", text, LL_ALL_REDUCE, cut);
    text = ll_arena_printf(mem, "%s%s%s", RUN "#  Rank  15 Group  0 Pid  1\n", COLUMNS, sixteen);
    reads("last line only", "all_reduce", text, LL_ALL_REDUCE, cut);
    text = ll_arena_printf(mem, "%s%s", COLUMNS, sixteen);
    reads("no list", "all_reduce", text, LL_ALL_REDUCE, cut);
    reads("last line of many", "all_reduce",
          RUN "#  Rank  1439 Group  0 Pid  1\n" COLUMNS
              "536870912 134217728 float sum -1 7108.4 75.53 150.95 0\n",
          LL_ALL_REDUCE, (want[]){{1440, 536870912, 7108.4}, {0}});
    parsed("all_reduce",
           RUN "#  Rank  1439 Group 0 Pid 1...\n" COLUMNS
               "536870912 134217728 float sum -1 7108.4 75.53 150.95 0\n",
           "all_reduce:8: figures of an unknown number of chips");
    reads("two runs", "all_reduce",
          HEADING ROW1 "# Out of bounds values : 0 OK\n" RUN RANK0 RANK1
                       "#  Rank  2 Group  0 Pid  1\n#  Rank  3 Group  0 Pid  1\n" COLUMNS
                       "1048576 262144 float sum -1 20.25 51.78 77.67 0\n",
          LL_ALL_REDUCE, (want[]){{2, 1048576, 22.5}, {4, 1048576, 20.25}, {0}});
    reads("several collectives", "log",
          "# Collective test starting: all_reduce_perf\n" HEADING ROW1
          "# Collective test starting: all_reduce_perf\n" HEADING ROW2,
          LL_ALL_REDUCE, two);
    reads("groups", "all_reduce",
          RUN RANK0 RANK1 "#  Rank  2 Group  1 Pid 1\n#  Rank  3 Group  1 Pid 1\n" COLUMNS ROW1,
          LL_ALL_REDUCE, (want[]){{2, 1048576, 22.5}, {0}});
    given.n_chip = 6;
    reads("--chips", "broadcast", COLUMNS "1048576 262144 float none 0 22.50 46.60 46.60 0\n",
          LL_BROADCAST, (want[]){{6, 1048576, 22.5}, {0}});
    parsed("all_reduce", HEADING ROW1, "all_reduce:9: 2 ranks are listed, but --chips is 6");
    parsed("all_reduce", text, "is not the 1.667 of all_reduce of 6 chips, but that of 16 (2 of 2");
    given.n_chip = 0;
}

/* The same two points as JSON of nccl-tests: a process of two GPUs has one entry in the list. */
#define JSON(config, first)                                                                       \
    "{\"version\": 1, \"args\": [\"build/all_reduce_perf\", \"-g\", \"2\"], \"config\": {" config \
    "},\n\"results\": [" first                                                                    \
    "{\"size\": 16777216, \"count\": 4194304, \"type\": \"float\", \"redop\": \"sum\", "          \
    "\"root\": \"-1\", \"out_of_place\": {\"time\": 101.0, \"alg_bw\": 166.11, \"bus_bw\": "      \
    "166.11, \"nwrong\": null}, \"in_place\": {\"time\": 1, \"alg_bw\": 2, \"bus_bw\": 3}}]}\n"
#define TWO_RANKS "\"nthreads\": 1, \"ngpus\": 2, \"devices\": [{\"rank\": 0, \"group\": 0}]"
#define JSON_ROW(time, wrong)                                                                    \
    "{\"size\": 1048576, \"out_of_place\": {\"" time "\": 22.5, \"alg_bw\": 46.60, \"bus_bw\": " \
    "46.60, \"nwrong\": " wrong "}},"

static void test_json(void)
{
    reads("JSON", "x.json", JSON(TWO_RANKS, JSON_ROW("time", "0")), LL_ALL_REDUCE, two);
    reads("JSON, no ranks", "x.json", JSON("", "") " ", LL_ALL_REDUCE,
          (want[]){{2, 16777216, 101.0}, {0}});
    parsed("x.json", JSON(TWO_RANKS, JSON_ROW("time", "3")), "x.json:1: #wrong: values came back");
    parsed("x.json", JSON(TWO_RANKS, JSON_ROW("cpu_time", "0")),
           "x.json: result 1: expected time, alg_bw and bus_bw in out_of_place; run nccl-tests "
           "without -C");
    parsed("x.json", JSON("\"nranks\": 8", ""), "is not the 1.75 of all_reduce of 8 chips");
    parsed("x.json", "{\n\"results\": [}", "x.json:2: no JSON: ");
    parsed("x.json", "{\"results\": []}", "x.json: no table of measured collectives");
}

static void test_comm(void)
{
    reads(
        "aiconfigurator", "nccl.csv",
        "framework,version,device,op_name,kernel_source,nccl_dtype,num_gpus,message_size,latency\n"
        "TRTLLM,2.29.2,NVIDIA H100 80GB HBM3,all_gather,NCCL,half,2,256,0.00531\n"
        "TRTLLM,2.29.2,NVIDIA H100 80GB HBM3,all_gather,NCCL,int8,4,1024,0.0062\n",
        LL_ALL_GATHER, (want[]){{2, 512, 5.31}, {4, 1024, 6.2}, {0}});
    parsed("nccl.csv",
           "op_name,nccl_dtype,num_gpus,message_size,latency\nall_gather,int3,2,256,0.1\n",
           "nccl.csv:2: nccl_dtype = 'int3'; expected int8, fp8, half");
}

#define KERNELS "chip,framework,kernel,ranks,elements,us\n"
static void test_kernels(void)
{
    static const char text[] = "# medians\n" KERNELS "a100_sxm,trtllm,TRTLLM,2,128,3.8\n"
                               "h100_sxm,vllm,vllm_graph,8,65536,7.9\n";
    reads("all-reduces by frameworks", "x.csv", text, LL_ALL_REDUCE,
          (want[]){{2, 256, 3.8}, {8, 131072, 7.9}, {0}});
    parsed("x.csv", KERNELS "h100_sxm,vllm,vllm_graph,1,128,4\n",
           "x.csv:2: ranks = '1'; expected a number of chips from 2");
    parsed("x.csv", KERNELS "h100_sxm,vllm,vllm_graph,2,12.5,4\n",
           "x.csv:2: elements = '12.5'; expected a whole number of elements");
    parsed("x.csv", KERNELS "h100_sxm,vllm,vllm_graph,2,128,0\n",
           "x.csv:2: us = '0'; expected microseconds above 0");
    parsed("x.csv", KERNELS ",vllm,vllm_graph,2,128,4\n", "x.csv:2: chip = ''; expected the name");
    parsed("x.csv", "chip,framework,kernel,ranks,elements\na,b,c,2,128\n", "'us'");
}

/* Rows of other chips are left out and counted, by either way of calling a chip. */
static void test_chips(void)
{
    static const struct {
        const char *device;
        bool is;
    } rows[] = {{"a100_sxm", false},
                {"h100_sxm", true},
                {"NVIDIA H100 80GB HBM3", true},
                {"NVIDIA H100 PCIe", false},
                {"NVIDIA H100 NVL", false},
                {"NVIDIA GH100", false},
                {"NVIDIA A100-SXM4-80GB", false},
                {"h800", true}};
    enum { N = sizeof rows / sizeof *rows };
    const ll_chip chip = {.name = "H100", .measured_as = "h100_sxm h800"};
    ll_point point[N + 1];
    ll_points points = {.n = N + 1, .point = point};
    ll_error err;
    ll_error_init(&err);
    for (int i = 0; i < N; i++)
        point[i] = (ll_point){.file = "x.csv", .line = i + 2, .chip = rows[i].device};
    point[N] = (ll_point){.line = N + 2}; /* does not say its chip */
    CHECK(ll_curve_of_chip(&chip, &points, &err) == LL_OK, "%s", err.text);
    CHECK(points.n == 4 && points.n_other_chip == 5, "%d rows, %d others", points.n,
          points.n_other_chip);
    for (int i = 0; i < points.n - 1; i++)
        CHECK(rows[points.point[i].line - 2].is, "line %d", points.point[i].line);
    points = (ll_points){.n = 1, .point = &(ll_point){.file = "x.csv", .line = 7, .chip = "l40s"}};
    CHECK(ll_curve_of_chip(&chip, &points, &err) == LL_ERR_CONFIG &&
              strstr(err.text, "x.csv:7: chip = 'l40s'; no row is of H100"),
          "%s", err.text);
}

#define HCCL "data_size(Bytes): | aveg_time(us): | alg_bandwidth(GB/s): | check_result:\n"
static void test_hccl(void)
{
    static const char text[] =
        "$ mpirun -n 8 ./bin/all_gather_test -b 8K -e 2G\n"
        "the minbytes is 8192, maxbytes is 16777216, iters is 20\n" HCCL
        "1048576           | 22.50          | 46.60338             | success\n"
        "16777216          | 101.00         | 166.11105            | NULL\n";
    given.n_chip = 8;
    reads("HCCL Test", "log", text, LL_ALL_GATHER,
          (want[]){{8, 1048576, 22.5}, {8, 16777216, 101.0}, {0}});
    parsed("all_reduce_test.txt", HCCL "1048576 | 22.50 | 46.60 | failed\n", ":2: #wrong: values");
    parsed("all_reduce_test.txt", HCCL "1048576 | 22.50 | 0.04660 | NULL\n",
           ":2: algbw = 0.0466 GB/s, but 1048576 B in 22.5 us are 46.6 GB/s (1 of 1 rows)");
    parsed("all_reduce_test.txt", HCCL "1048576 | 22.50\n",
           ":2: a row of HCCL Test; expected a size");
    given.n_chip = 0;
    parsed("log", text,
           "log:4: figures of an unknown number of chips: no list of ranks, and busbw "
           "/ algbw is not there; give it with --chips N");
}

static void test_refused(void)
{
    static const struct {
        const char *file, *text, *message;
    } bad[] = {
        {"x.log", HEADING "1048576 2 float sum -1 22.50 46.60 23.30 0\n",
         "x.log:9: figures of an unknown collective"},
        {"reduce_perf", HEADING ROW1, "reduce_perf:9: reduce is not modelled; expected all_reduce"},
        {"alltoallv", HEADING ROW1, "alltoallv is not modelled"},
        {"all_reduce", "8 2 float sum -1 1 0 0 0\n8 2 float sum -1 1 0 0 0\n",
         "all_reduce:1: figures without a heading"},
        {"all_reduce", RUN "# size count type redop root cputime algbw busbw #wrong\n" ROW1,
         ":4: a heading with the column 'cputime'; expected the columns time, algbw and busbw: "
         "run"},
        {"all_reduce", RUN "# size count latency\n" ROW1,
         ":4: a heading without the column 'time'"},
        {"all_reduce", HEADING "8 2 float sum -1 -4 0 0 0\n",
         ":9: time = '-4', algbw = '0', busbw"},
        {"all_reduce", HEADING "8 2 float sum -1 N/A N/A N/A N/A\n",
         ":9: time = 'N/A', algbw = 'N/A'"},
        {"all_reduce", HEADING "8 2 float sum -1\n", ":9: a row that is cut or torn: 5 fields"},
        {"all_reduce", HEADING ROW1 "  4096 h:1:1 [0] NCCL INFO x\n", ":10: '4096 h:1:1 [0] NCCL"},
        {"all_reduce", HEADING "h:1:1 [0] NCCL INFO Launch" ROW1,
         ":9: 'h:1:1 [0] NCCL INFO Launch"},
        /* columns and units: algbw is size / time */
        {"all_reduce", HEADING "1048576 262144 float sum -1 0.0225 46.60 46.60 0\n",
         ":9: algbw = 46.6 GB/s, but 1048576 B in 0.0225 us are 4.66e+04 GB/s (1 of 1 rows)"},
        /* ranks: busbw is algbw times the factor of n */
        {"all_reduce", HEADING ROW1 "16777216 4 float sum -1 101.0 166.1 290.7 0\n",
         ":10: busbw / algbw = 290.7 / 166.1 is not the 1 of all_reduce of 2 chips, but that of 8 "
         "(1 of 2 rows)"},
        {"all_reduce", RUN RANK0 RANK0 COLUMNS ROW1, ":5: the numbers of the ranks start again"},
        {"all_reduce", RUN RANK0 COLUMNS "1048576 2 float sum -1 3.00 349.5 0.00 0\n",
         ":8: busbw says that one rank ran alone"},
        {"all_reduce", COLUMNS "1048576 2 float sum -1 3.00 349.5 0.00 0\n",
         ":4: busbw says that one rank ran alone"},
        {"all_reduce",
         RUN RANK0
         "#  Rank 1 Group 1 Pid 1\n#  Rank 2 Group 0 Pid 1\n#  Rank 3 Group 1 Pid 1\n" COLUMNS ROW1,
         ":11: groups 0 to 1 of the ranks, whose members are apart"},
        {"sendrecv", COLUMNS ROW1,
         ":4: figures of an unknown number of chips: no list of ranks, and busbw / algbw is 1 for "
         "any; give it with --chips N"},
        {"all_reduce", COLUMNS "8 2 float sum -1 22.50 0.00 0.00 0\n",
         "busbw / algbw is not exact enough"},
        {"all_reduce",
         COLUMNS "8388608 131072 float none -1 166.6 50.34 47.19 N/A\n"
                 "67108864 1048576 float none -1 447.4 150.00 140.62 N/A\n",
         " chips; an all_gather, reduce_scatter or all_to_all among 16 would have it (2 of 2 "
         "rows)"},
        {"all_gather", HEADING "1073741824 268435456 float sum -1 5094.51 210.76 368.84 0\n",
         "is not the 0.5 of all_gather of 2 chips; an all_reduce among 8 would have it (1 of 1"},
        /* values that came back wrong */
        {"all_reduce",
         " size count type redop root time algbw busbw wrong\n"
         "67108864 16777216 float sum -1 369.4 181.69 340.67 7\n",
         ":2: #wrong: values came back wrong in 1 of 1 rows"},
        {"all_reduce",
         HEADING "1048576 262144 float sum -1 22.50 46.60 46.60 4096 21 49 49 0\n" ROW2,
         ":9: #wrong: values came back wrong in 1 of 2 rows; such times"},
        {"all_reduce", HEADING ROW1 "# Out of bounds values : 32 FAILED\n",
         ":10: #wrong: values came back wrong in 0 of 1 rows, and the run ends with FAILED"},
        {"all_reduce", HEADING, "all_reduce: no table of measured collectives; expected what nccl"},
        {"osu.txt",
         "# OSU MPI-CUDA Allreduce Latency Test\n# Size  Avg Latency(us)\n4 12.3\n8 12.4\n",
         "osu.txt: no table of measured collectives"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        parsed(bad[i].file, bad[i].text, bad[i].message);
}

int main(void)
{
    mem = ll_arena_create("test");
    test_noise();
    test_headings();
    test_ranks();
    test_json();
    test_comm();
    test_kernels();
    test_chips();
    test_hccl();
    test_refused();
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
