#include "sim/command/interrupt.h"

#include "sim/comm/progress.h"
#include "sim/print/output.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

/* A signal handler has no argument to find this by. */
static struct {
    const char *dir;
    bool is_told, is_terminal;
    double start_s;
} expected;

/* All functions below are async-signal-safe. A failed write to standard error is ignored. */
static void tell(const char *text)
{
    size_t n = strlen(text);
    while (n > 0) {
        const ssize_t done = write(STDERR_FILENO, text, n);
        if (done <= 0) return;
        text += done;
        n -= (size_t)done;
    }
}

static void tell_count(long n)
{
    char digits[24], *at = digits + sizeof digits - 1;
    *at = '\0';
    do
        *--at = (char)('0' + n % 10);
    while ((n /= 10) > 0);
    tell(at);
}

static void tell_all(int n_file)
{
    if (expected.is_terminal) tell("\n"); // after ^C, or a line of progress
    tell("lineloss: interrupted after ");
    tell_count((long)(ll_progress_clock_s() - expected.start_s));
    tell(" s; ");
    if (!expected.dir) {
        tell("there is no result\n");
        return;
    }
    if (n_file == 0) {
        tell("nothing was");
    } else {
        tell_count(n_file);
        tell(n_file == 1 ? " file was" : " files were");
    }
    tell(" written to ");
    tell(expected.dir);
    tell("\n");
}

static void on_signal(int number)
{
    const int n_file = ll_output_abandon();
    if (expected.is_told) tell_all(n_file);
    signal(number, SIG_DFL);
    raise(number);
}

void ll_interrupt_expect(const char *dir, bool is_told)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGXCPU};
    struct sigaction action = {.sa_handler = on_signal};
    expected.dir = dir;
    expected.is_told = is_told;
    expected.is_terminal = isatty(STDERR_FILENO);
    expected.start_s = ll_progress_clock_s();
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sigaction(numbers[i], &action, NULL);
    signal(SIGXFSZ,
           SIG_IGN); // a file beyond a size limit is then an error of write(), as on a full disk
}
