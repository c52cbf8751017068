/* Prints tables that are hard to set as LaTeX: signs that TeX reads otherwise, words longer than a
 * column, more columns and more rows than a page holds. */
#include "sim/print/table.h"

#include <stdio.h>

static void print(const ll_table *t, ll_arena *mem)
{
    ll_text text;
    ll_text_init(&text, mem);
    ll_table_print(t, LL_FORMAT_LATEX, 0, &text);
    fwrite(text.s, 1, text.n, stdout);
}

static void awkward(ll_arena *mem)
{
    static const char *const words[] = {
        "[in brackets] & 5 % of $x_y^z$ #1 {or} ~home\\user <a|b> \"quoted\" --set",
        "*starred",
        "cluster.topology.dimensions[1].switch_latency_of_a_very_long_name",
        "an_identifier_without_any_place_to_break_except_underscores_which_are_many",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "pneumonoultramicroscopicsilicovolcanoconiosis is one word",
        "hierarchical(direct, direct, ring), Gr\303\266\303\237e",
        "",
        "-"};
    ll_table *t =
        ll_table_create(mem, "Awkward: 100 % of [a_b] & \\c", 4,
                        (ll_column[]){{.name = "key & value"},
                                      {.name = "time without contention (us)", .right = true},
                                      {.name = "share_%", .decimal = true},
                                      {.name = "what [it] is"}});
    t->label = "tab:awkward_1";
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        ll_table_row(t);
        ll_table_set(t, 0, "%s", words[i]);
        ll_table_set(t, 1, "%s", i % 2 ? "-0.25" : "8,192");
        ll_table_set(t, 2, "%s", i == 3 ? "a word, or several of them" : i % 2 ? "43.85 %" : "-");
        ll_table_set(t, 3, "%s", words[sizeof words / sizeof *words - 1 - i]);
    }
    print(t, mem);
}

/* n columns of numbers behind one of text. */
static void numbers(int n, int n_row, bool decimal, ll_arena *mem)
{
    ll_column column[64] = {{.name = "quantity"}};
    for (int c = 1; c <= n; c++)
        column[c] = (ll_column){.name = ll_arena_printf(mem, "gb200_%d", 72 << c % 8),
                                .right = !decimal,
                                .decimal = decimal};
    ll_table *t =
        ll_table_create(mem, ll_arena_printf(mem, "%d columns, %d rows", n, n_row), n + 1, column);
    t->caption =
        "Numbers, in a sentence that is longer than the column of a paper is wide: it wraps.";
    for (int r = 0; r < n_row; r++) {
        ll_table_row(t);
        ll_table_set(t, 0, "row %d", r);
        for (int c = 1; c <= n; c++)
            ll_table_set(t, c, "%.*f GB/s", r % 4, 1234.5678 * (c + r));
    }
    print(t, mem);
}

int main(void)
{
    ll_arena *mem = ll_arena_create("latex");
    awkward(mem);
    numbers(2, 5, true, mem);
    numbers(3, 205, false, mem);
    numbers(7, 5, true, mem);
    numbers(25, 5, false, mem);
    numbers(1, 0, true, mem);
    ll_arena_destroy(mem);
    return 0;
}
