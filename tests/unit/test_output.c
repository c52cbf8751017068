/* Result files as sets: whole or not there, and never in place of another configuration's. */
#include "sim/print/output.h"
#include "tests/support/check.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/ll_output_XXXXXX";

/* The text of dir/name; "" if there is none. */
static const char *content(const char *name, ll_arena *mem)
{
    char *text = ll_arena_array(mem, 100000, char);
    FILE *f = fopen(ll_arena_printf(mem, "%s/%s", dir, name), "r");
    if (f) text[fread(text, 1, 99999, f)] = '\0';
    if (f) fclose(f);
    return text;
}

/* Files and folders in dir, hidden ones too. */
static int n_entry(void)
{
    int n = -2; /* . and .. */
    DIR *d = opendir(dir);
    while (d && readdir(d))
        n++;
    if (d) closedir(d);
    return n;
}

static ll_output set_of(const char *identity)
{
    return (ll_output){.dir = dir, .main = "a.json", .identity = identity};
}

/* a.json with the identity and some figure, and a.csv with the figure. */
static ll_status set_write(ll_output *set, const char *figure, ll_arena *mem, ll_error *err)
{
    ll_comm *self = ll_comm_self(mem);
    ll_text text;
    LL_TRY(ll_output_begin(set, self, mem, err));
    ll_text_init(&text, mem);
    ll_text_add(&text, "%s", figure);
    LL_TRY(ll_output_write(set->stage, "a.csv", &text, self, err));
    ll_text_init(&text, mem);
    ll_text_add(&text, "{\n  %s,\n  %s\n}\n", set->identity, figure);
    return ll_output_write(set->stage, "a.json", &text, self, err);
}

/* The same, and moved to its place. */
static void set_put(ll_output *set, const char *figure, ll_arena *mem)
{
    ll_error err;
    ll_error_init(&err);
    CHECK(set_write(set, figure, mem, &err) == LL_OK, "%s", err.text);
    CHECK(ll_output_commit(set, ll_comm_self(mem), &err) == LL_OK, "%s", err.text);
}

/* Nothing is there before all is complete. */
static void test_whole(ll_arena *mem)
{
    ll_comm *self = ll_comm_self(mem);
    ll_error err;
    ll_error_init(&err);
    ll_output one = set_of(ll_output_identity(1, mem));
    CHECK(!strcmp(one.identity, "\"config_hash\": \"0000000000000001\""), "%s", one.identity);
    CHECK(ll_output_check(&one, self, &err) == LL_OK, "%s", err.text);
    CHECK(set_write(&one, "first", mem, &err) == LL_OK, "%s", err.text);
    CHECK(!*content("a.json", mem) && !*content("a.csv", mem), "there before all are complete");
    CHECK(ll_output_commit(&one, self, &err) == LL_OK, "%s", err.text);
    CHECK(!strcmp(content("a.csv", mem), "first") && n_entry() == 2, "%d", n_entry());
}

/* The same configuration once more. */
static void test_replaced(ll_arena *mem)
{
    ll_error err;
    ll_error_init(&err);
    ll_output one = set_of(ll_output_identity(1, mem));
    CHECK(ll_output_check(&one, ll_comm_self(mem), &err) == LL_OK, "%s", err.text);
    set_put(&one, "again", mem);
    CHECK(!strcmp(content("a.csv", mem), "again") && n_entry() == 2, "%d", n_entry());
}

/* Another configuration is refused before the work; where one has appeared since, the set goes
 * beside it, whole. */
static void test_other(ll_arena *mem)
{
    ll_comm *self = ll_comm_self(mem);
    ll_error err;
    ll_error_init(&err);
    ll_output two = set_of(ll_output_identity(2, mem));
    CHECK(ll_output_check(&two, self, &err) == LL_ERR_CONFIG, "not refused");
    CHECK(strstr(err.text, "--force"), "%s", err.text);
    for (int i = 2; i <= 3; i++) {
        set_put(&two, "other", mem);
        CHECK(!strcmp(content("a.csv", mem), "again") && n_entry() == i + 1, "%d", n_entry());
        CHECK(!strcmp(content(ll_arena_printf(mem, "a-%d/a.csv", i), mem), "other"), "beside");
        CHECK(strstr(content(ll_arena_printf(mem, "a-%d/a.json", i), mem), "002"), "beside");
    }
    ll_error_init(&err);
    two.force = true;
    CHECK(ll_output_check(&two, self, &err) == LL_OK, "%s", err.text);
    set_put(&two, "forced", mem);
    CHECK(!strcmp(content("a.csv", mem), "forced") && n_entry() == 4, "%d", n_entry());
}

/* No file of a set whose last one cannot be written. */
static void test_full_disk(ll_arena *mem)
{
    const struct rlimit little = {4096, RLIM_INFINITY};
    struct rlimit was;
    ll_error err;
    ll_error_init(&err);
    ll_output set = set_of(ll_output_identity(2, mem));
    char *large = ll_arena_array(mem, 8193, char);
    memset(large, 'x', 8192);
    ll_text text;
    ll_text_init(&text, mem);
    ll_text_add(&text, "%s", large);
    const int n = n_entry();
    CHECK(set_write(&set, "small", mem, &err) == LL_OK, "%s", err.text);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &was);
    setrlimit(RLIMIT_FSIZE, &little);
    const ll_status status = ll_output_write(set.stage, "a.txt", &text, ll_comm_self(mem), &err);
    setrlimit(RLIMIT_FSIZE, &was);
    CHECK(status == LL_ERR_RUN && strstr(err.text, "cannot write"), "%s", err.text);
    ll_output_abandon();
    CHECK(!strcmp(content("a.csv", mem), "forced") && n_entry() == n, "%d entries", n_entry());
}

/* A directory that was made for nothing goes again, and its parent; one with files stays. */
static void test_abandoned(ll_arena *mem)
{
    ll_comm *self = ll_comm_self(mem);
    ll_error err;
    ll_error_init(&err);
    const char *deep = ll_arena_printf(mem, "%s/new/deep", dir);
    ll_output set = {.dir = deep, .main = "a.json"};
    const int n = n_entry();
    CHECK(ll_output_check(&set, self, &err) == LL_OK && n_entry() == n + 1, "%s", err.text);
    ll_output_abandon();
    CHECK(n_entry() == n, "%d entries", n_entry());
    CHECK(set_write(&set, "x", mem, &err) == LL_OK, "%s", err.text); /* makes it once more */
    CHECK(ll_output_commit(&set, self, &err) == LL_OK, "%s", err.text);
    ll_output_abandon();
    CHECK(!strcmp(content("new/deep/a.csv", mem), "x"), "a result is gone");
}

static void test_names(ll_arena *mem)
{
    static const char *const plain[] = {"job.tp=4 | assumed: why", "--seed seed=2"};
    static const char *const index[] = {"a[1].b=2"}, *const other[] = {"a.1_.b=2"};
    const char *name = ll_output_variant("nvl72", 2, plain, mem);
    CHECK(!strcmp(name, "nvl72+job.tp=4+seed=2"), "%s", name);
    CHECK(!strcmp(ll_output_file_name(name, ".json", mem), "nvl72+job.tp=4+seed=2.json"), "file");
    CHECK(!strcmp(ll_output_variant("nvl72", 0, NULL, mem), "nvl72"), "no settings");
    /* What would be the same name tells settings apart by their hash. */
    const char *a = ll_output_file_name(ll_output_variant("x", 1, index, mem), "", mem);
    const char *b = ll_output_file_name(ll_output_variant("x", 1, other, mem), "", mem);
    CHECK(!strncmp(a, "x+a_1_.b=2-", 11) && strcmp(a, b) != 0, "%s, %s", a, b);
    /* A unit is part of the value. */
    static const char *const decimal[] = {"m=80 GB | vendor: x"}, *const binary[] = {"m=80 GiB"};
    a = ll_output_file_name(ll_output_variant("x", 1, decimal, mem), "", mem);
    b = ll_output_file_name(ll_output_variant("x", 1, binary, mem), "", mem);
    CHECK(!strncmp(a, "x+m=80_GB-", 10) && strcmp(a, b) != 0, "%s, %s", a, b);
    char path[300];
    memset(path, 'p', sizeof path - 1);
    path[299] = '\0';
    const char *const lengthy[] = {path};
    CHECK(strlen(ll_output_variant("x", 1, lengthy, mem)) < 140, "a long name");
}

int main(void)
{
    ll_arena *mem = ll_arena_create("test");
    CHECK(mkdtemp(dir), "%s", dir);
    test_whole(mem);
    test_replaced(mem);
    test_other(mem);
    test_full_disk(mem);
    test_abandoned(mem);
    test_names(mem);
    CHECK(system(ll_arena_printf(mem, "rm -r %s", dir)) == 0, "%s", dir);
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
