#include "sim/base/status.h"

#include "tests/support/check.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static ll_status third_call_fails(int *n) { return ++*n == 3 ? LL_ERR_RUN : LL_OK; }

static ll_status calls(int *n)
{
    LL_TRY(third_call_fails(n));
    LL_TRY(third_call_fails(n));
    LL_TRY(third_call_fails(n));
    LL_TRY(third_call_fails(n));
    return LL_OK;
}

static void test_try(void)
{
    int n = 0;
    ll_status s = calls(&n);
    CHECK(s == LL_ERR_RUN && n == 3, "status %d after %d calls", (int)s, n);
}

static void test_first_wins(void)
{
    static ll_error err;
    ll_error_init(&err);
    CHECK(err.status == LL_OK && err.used == 0 && err.text[0] == 0, "used %zu", err.used);
    ll_status s = ll_error_set(&err, LL_ERR_RUN, "link %d", 7);
    CHECK(s == LL_ERR_RUN, "%d", (int)s);
    s = ll_error_set(&err, LL_ERR_CONFIG, "later");
    CHECK(s == LL_ERR_CONFIG && err.status == LL_ERR_RUN, "%d, first %d", (int)s, (int)err.status);
    CHECK(strcmp(err.text, "link 7\n") == 0, "\"%s\"", err.text);
    CHECK(err.used == 7 && err.n_line == 1, "used %zu, lines %d", err.used, err.n_line);
}

static void test_list(void)
{
    static ll_error err;
    ll_error_init(&err);
    for (int i = 1; i <= 20; i++)
        ll_error_add(&err, i == 1 ? LL_ERR_CONFIG : LL_ERR_RUN, "fault %d", i);
    CHECK(err.status == LL_ERR_CONFIG && err.n_line == 20, "%d %d", (int)err.status, err.n_line);
    for (int i = 21; i <= 123; i++) {
        ll_status s = ll_error_add(&err, LL_ERR_CONFIG, "fault %d", i);
        CHECK(s == LL_ERR_CONFIG, "%d", (int)s);
    }
    // 123 messages: 20 are kept, the rest is counted.
    CHECK(err.n_line == 123, "%d", err.n_line);
    const char *end = "fault 19\nfault 20\n";
    CHECK(strcmp(err.text + err.used - strlen(end), end) == 0, "%s", err.text);
    CHECK(strlen(err.text) == err.used, "%zu", err.used);
}

static void test_long(void)
{
    static ll_error err;
    static char big[40000];
    memset(big, 'x', sizeof big - 1);
    ll_error_init(&err);
    for (int i = 0; i < 30; i++)
        ll_error_add(&err, LL_ERR_CONFIG, "%d %s", i, big);
    CHECK(err.used < LL_ERROR_TEXT && strlen(err.text) == err.used, "used %zu", err.used);
    int n = 0;
    for (const char *p = err.text; (p = strchr(p, '\n')); p++)
        n++;
    CHECK(n == 20 && err.n_line == 30, "%d lines of %d", n, err.n_line);
    CHECK(strstr(err.text, "xxx...\n19 xxx"), "%s", err.text);
    ll_error_init(&err);
    ll_error_set(&err, LL_ERR_RUN, "%s", big);
    CHECK(err.used < LL_ERROR_TEXT && err.text[err.used - 1] == '\n', "used %zu", err.used);
}

static void leave(int exit_code) { _exit(exit_code + 40); }

/* Run the failing assertion in a child; what it wrote to stderr, and its exit code. */
static int failing_child(char *out, size_t cap)
{
    int end[2];
    if (pipe(end) != 0) return -1;
    pid_t child = fork();
    if (child == 0) {
        dup2(end[1], 2);
        ll_assert_on_fail(leave);
        int i = 5, n = 3;
        LL_ASSERT(i < n, "i = %d, n = %d", i, n);
        _exit(0);
    }
    close(end[1]);
    size_t used = 0;
    for (ssize_t got; (got = read(end[0], out + used, cap - 1 - used)) > 0;)
        used += (size_t)got;
    out[used] = 0;
    close(end[0]);
    int how = 0;
    waitpid(child, &how, 0);
    return WIFEXITED(how) ? WEXITSTATUS(how) : -1;
}

static void test_assert(void)
{
    static char out[4096];
    int code = failing_child(out, sizeof out);
    CHECK(code == LL_ERR_INTERNAL + 40, "exit code %d", code);
    CHECK(strstr(out, "i < n: i = 5, n = 3\n") && strstr(out, "test_status.c:"), "\"%s\"", out);
    LL_ASSERT(1 + 1 == 2, "%s", "must pass");
}

int main(void)
{
    test_try();
    test_first_wins();
    test_list();
    test_long();
    test_assert();
    return LL_CHECK_RESULT;
}
