/* The command line: what is kept, what is refused, and with which words. */
#include "sim/command/command.h"
#include "sim/command/help.h"
#include "sim/command/options.h"
#include "tests/support/check.h"

#include <string.h>

enum { MAX_ARG = 32 };

/* "run a --set x=1" -> parsed, cut at spaces. */
static ll_status parse(const char *line, ll_arena *mem, ll_options *out, ll_error *err)
{
    char *argv[MAX_ARG] = {"lineloss"}, *rest = ll_arena_strdup(mem, line);
    int argc = 1;
    for (char *word = strtok_r(rest, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        argv[argc++] = word;
    ll_error_init(err);
    return ll_options_parse(argc, argv, mem, out, err);
}

static void test_kept(ll_arena *mem)
{
    ll_options o;
    ll_error err;
    ll_status status =
        parse("run --set a.b=1 nvl72 --seed=7 --format csv --fold off -o dir --engine closed "
              "--set c=2 --petsc -ll_x 3 --format",
              mem, &o, &err);
    CHECK(status == LL_OK, "%s", err.text);
    CHECK(o.command == &ll_command_run, "command");
    CHECK(o.n_arg == 1 && !strcmp(o.arg[0], "nvl72"), "%d arguments", o.n_arg);
    static const char *const set[] = {"a.b=1", "--seed seed=7", "--fold engine.fold=off",
                                      "--engine engine.type=closed", "c=2"};
    CHECK(o.n_set == 5, "%d settings", o.n_set);
    for (int i = 0; i < 5 && i < o.n_set; i++)
        CHECK(!strcmp(o.set[i], set[i]), "%s, expected %s", o.set[i], set[i]);
    CHECK(o.format == LL_FORMAT_CSV, "format %d", (int)o.format);
    CHECK(!strcmp(o.value[LL_OPT_OUT], "dir"), "%s", o.value[LL_OPT_OUT]);
    /* All after --petsc belongs to PETSc, whatever it looks like. */
    CHECK(o.n_petsc == 3 && !strcmp(o.petsc[2], "--format"), "%d for PETSc", o.n_petsc);
    CHECK(parse("run -- --odd", mem, &o, &err) == LL_OK && !strcmp(o.arg[0], "--odd"), "%s",
          err.text);
    CHECK(parse("run --help", mem, &o, &err) == LL_OK && o.value[LL_OPT_HELP], "%s", err.text);
}

/* The settings of argument k, separated by commas, then a bar and those of its part alone. */
static const char *settings_of(const ll_options *o, int k, ll_arena *mem)
{
    const char *s = "";
    for (int i = 0; i < o->arg_set[k].n_set; i++)
        s = ll_arena_printf(mem, "%s%s,", s, o->arg_set[k].set[i]);
    return ll_arena_printf(mem, "%s|%s", s, o->arg_set[k].own);
}

/* `--` separates variants: which settings hold for which study. */
static void test_variants(ll_arena *mem)
{
    static const struct {
        const char *line;
        int n_arg;
        const char *of[3];
    } cases[] = {
        {"run a --set x=1 --seed 2", 1, {"x=1,--seed seed=2,|"}},
        {"compare a b --set x=1", 2, {"x=1,|", "x=1,|"}},
        {"compare a --set x=1 -- a --set x=2", 2, {"x=1,|x=1", "x=2,|x=2"}},
        {"compare --engine closed a -- a b --set x=2|why",
         3,
         {"--engine engine.type=closed,|", "--engine engine.type=closed,x=2|why,|x=2",
          "--engine engine.type=closed,x=2|why,|x=2"}},
        {"compare --set x=1 a -- --set y=2 a --set x=3 --seed 4",
         2,
         {"x=1,|", "y=2,x=3,--seed seed=4,|y=2 x=3 seed=4"}},
        {"compare r/a.json r/a.timing.json r/b.check.json r/b.json", 2, {"|", "|"}},
        {"compare a -- a -- a --fold off",
         3,
         {"|", "|", "--fold engine.fold=off,|engine.fold=off"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ll_options o;
        ll_error err;
        CHECK(parse(cases[i].line, mem, &o, &err) == LL_OK, "'%s': %s", cases[i].line, err.text);
        CHECK(o.n_arg == cases[i].n_arg, "'%s': %d arguments", cases[i].line, o.n_arg);
        for (int k = 0; k < o.n_arg && k < cases[i].n_arg; k++) {
            const char *got = settings_of(&o, k, mem);
            CHECK(!strcmp(got, cases[i].of[k]), "'%s': study %d has %s, expected %s", cases[i].line,
                  k, got, cases[i].of[k]);
        }
    }
}

static void test_refused(ll_arena *mem)
{
    static const char *const cases[][2] = {
        {"", "no command"},
        {"runn x", "did you mean 'run'?"},
        {"run x --engin closed", "did you mean '--engine'?"},
        {"net x --size 8B", "did you mean '--sizes'?"},
        {"run x --sizes 8B", "has no option '--sizes'"},
        {"run x --fold maybe=1 extra", "one argument too many"},
        {"run x --set nothing", "PATH=VALUE"},
        {"check", "which study?"},
        {"run x -o=", "no name"},
        {"run x --format csv --format json", "--format is given twice, as 'csv' and as 'json'"},
        {"run x --progress --progress", "--progress is given twice"},
        {"run x --seed 1 --seed 2", "`--seed 1` and `--seed 2` set the same key"},
        {"run --seed 1 x --set seed=2", "`--seed 1` and `--set seed=2` set the same key"},
        {"compare --seed 1 a b --seed 2", "set the same key"},
        {"compare a -- b --seed 2 --seed=3", "set the same key"},
        {"compare -- a", "part 1 of those that `--` separates names no study"},
        {"compare a --set x=1 --", "part 2 of those that `--` separates names no study"},
        {"compare a -- --set x=1 -- b", "part 2 of those that `--` separates names no study"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ll_options o;
        ll_error err;
        ll_status status = parse(cases[i][0], mem, &o, &err);
        CHECK(status == LL_ERR_CONFIG, "'%s': status %d", cases[i][0], (int)status);
        CHECK(strstr(err.text, cases[i][1]), "'%s': %s", cases[i][0], err.text);
    }
}

/* The tables agree with each other: every command says what it is, and takes only options that
 * exist. */
static void test_commands(ll_arena *mem)
{
    int n = 0;
    for (; ll_commands[n]; n++) {
        const ll_command *c = ll_commands[n];
        ll_text text;
        ll_text_init(&text, mem);
        ll_help(&(ll_options){.command = c}, &text);
        CHECK(c->run && c->doc && *c->doc && strstr(c->help, "Examples:"), "%s", c->name);
        CHECK(strstr(text.s, "--help"), "%s", text.s);
        CHECK(c->options < LL_OPT_BIT(LL_N_OPT), "%s: %llx", c->name,
              (unsigned long long)c->options);
        CHECK(c->min_arg <= c->max_arg, "%s", c->name);
    }
    CHECK(n > 0 && n < 32, "%d commands", n);
}

int main(void)
{
    ll_arena *mem = ll_arena_create("test");
    test_kept(mem);
    test_variants(mem);
    test_refused(mem);
    test_commands(mem);
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
