#include "sim/base/arena.h"

#include "tests/support/check.h"

#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int is_zero(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i]) return 0;
    return 1;
}

static void test_alloc(void)
{
    ll_arena *mem = ll_arena_create("test");
    char *last = NULL;
    for (size_t i = 0; i < 2000; i++) {
        size_t n = i % 137;
        char *p = ll_arena_array(mem, n, char);
        CHECK(p && is_zero(p, n), "allocation %zu of %zu bytes", i, n);
        CHECK((uintptr_t)p % (n >= 64 ? 64 : 16) == 0, "%zu bytes at %p", n, (void *)p);
        CHECK(p != last || i == 0 || (i - 1) % 137 == 0, "allocation %zu overlaps", i);
        memset(p, 0xAA, n);
        last = p;
    }
    // Larger than any block so far, and usable to the last byte.
    size_t big = 3000000;
    double *d = ll_arena_array(mem, big, double);
    d[0] = 1;
    d[big - 1] = 2;
    CHECK_NEAR(d[0] + d[big - 1], 3, 0);
    ll_arena_destroy(mem);
    CHECK(ll_arena_balance_B() == 0, "balance %lld", (long long)ll_arena_balance_B());
    CHECK(ll_arena_peak_B() >= big * sizeof(double), "peak %zu", ll_arena_peak_B());
    ll_arena_peak_restart();
    CHECK(ll_arena_peak_B() == (size_t)ll_arena_balance_B(), "peak %zu, in use %lld",
          ll_arena_peak_B(), (long long)ll_arena_balance_B());
}

static void test_contents_stay(void)
{
    ll_arena *mem = ll_arena_create("test");
    enum { N = 500 };
    int *p[N];
    for (int i = 0; i < N; i++) {
        p[i] = ll_arena_array(mem, i + 1, int);
        for (int j = 0; j <= i; j++)
            p[i][j] = i * 1000 + j;
    }
    for (int i = 0; i < N; i++)
        for (int j = 0; j <= i; j++)
            CHECK(p[i][j] == i * 1000 + j, "p[%d][%d] = %d", i, j, p[i][j]);
    ll_arena_destroy(mem);
}

static void test_marks(void)
{
    ll_arena *mem = ll_arena_create("test");
    ll_arena_mark empty = ll_arena_here(mem);
    char *keep = ll_arena_strdup(mem, "kept");
    ll_arena_mark mark = ll_arena_here(mem);
    char *scratch = ll_arena_array(mem, 100, char);
    memset(scratch, 0x55, 100);
    for (int i = 0; i < 100; i++)
        memset(ll_arena_array(mem, 10000, char), 0x55, 10000);
    ll_arena_release(mem, mark);
    // The same place again, zeroed again.
    char *again = ll_arena_array(mem, 100, char);
    CHECK(again == scratch && is_zero(again, 100), "%p after %p", (void *)again, (void *)scratch);
    CHECK(strcmp(keep, "kept") == 0, "%s", keep);
    // A loop of scratch use needs no more memory from the system after its first turn.
    int64_t before = 0;
    for (int i = 0; i < 10; i++) {
        ll_arena_mark here = ll_arena_here(mem);
        ll_arena_array(mem, 1 << 20, char);
        ll_arena_release(mem, here);
        if (i == 0) before = ll_arena_balance_B();
    }
    CHECK(ll_arena_balance_B() == before, "%lld, first %lld", (long long)ll_arena_balance_B(),
          (long long)before);
    ll_arena_release(mem, empty);
    ll_arena_reset(mem);
    CHECK(is_zero(ll_arena_array(mem, 5000, char), 5000), "not zero after reset");
    ll_arena_destroy(mem);
    CHECK(ll_arena_balance_B() == 0, "balance %lld", (long long)ll_arena_balance_B());
}

static void test_strings(void)
{
    ll_arena *mem = ll_arena_create("test");
    const char *s = ll_arena_printf(mem, "%s-%05d", "chip", 42);
    CHECK(strcmp(s, "chip-00042") == 0, "%s", s);
    s = ll_arena_strndup(mem, "NVL72", 3);
    CHECK(strcmp(s, "NVL") == 0, "%s", s);
    s = ll_arena_strndup(mem, "", 0);
    CHECK(*s == 0, "%s", s);
    ll_arena_destroy(mem);
}

/* Exit code of a process that asks for n objects of `size` bytes. */
static int child_that_takes(size_t n, size_t size)
{
    pid_t child = fork();
    if (child == 0) {
        dup2(open("/dev/null", O_WRONLY), 2);
        ll_arena *mem = ll_arena_create("test");
        char *p = ll_arena_alloc(mem, n, size);
        _exit(p ? 0 : 99);
    }
    int how = 0;
    waitpid(child, &how, 0);
    return WIFEXITED(how) ? WEXITSTATUS(how) : -1;
}

static void test_too_large(void)
{
    // (2^61 + 1) * 8 wraps to 8 in 64 bits: it must not be taken for a small request.
    int code = child_that_takes(((size_t)1 << 61) + 1, 8);
    CHECK(code == 2, "exit code %d", code);
    code = child_that_takes(10, 8);
    CHECK(code == 0, "exit code %d", code);
}

int main(void)
{
    test_alloc();
    test_contents_stay();
    test_marks();
    test_strings();
    test_too_large();
    return LL_CHECK_RESULT;
}
