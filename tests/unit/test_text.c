#include "sim/base/text.h"

#include "tests/support/check.h"

#include <inttypes.h>
#include <string.h>

static void test_grow(void)
{
    ll_arena *mem = ll_arena_create("test");
    ll_text t;
    ll_text_init(&t, mem);
    CHECK(t.n == 0 && t.s[0] == 0, "n = %zu", t.n);
    for (int i = 0; i < 1000; i++)
        ll_text_add(&t, "%03d,", i);
    ll_text_add_bytes(&t, "end!!", 3);
    CHECK(t.n == 4003 && strlen(t.s) == 4003, "n = %zu", t.n);
    CHECK(memcmp(t.s, "000,001,", 8) == 0 && strcmp(t.s + 3996, "999,end") == 0, "%s", t.s + 3990);
    ll_text_add_bytes(&t, "a\0b", 3);
    CHECK(t.n == 4006 && memcmp(t.s + 4003, "a\0b", 4) == 0, "n = %zu", t.n);
    ll_arena_destroy(mem);
}

static void test_distance(void)
{
    const struct {
        const char *a, *b;
        int d;
    } pairs[] = {{"chips", "chips", 0}, {"chps", "chips", 1}, {"chisp", "chips", 1},
                 {"CHIPS", "chips", 0}, {"", "abc", 3},       {"kitten", "sitting", 3},
                 {"ring", "switch", 5}, {"abcd", "badc", 2}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        int d = ll_text_distance(pairs[i].a, pairs[i].b),
            r = ll_text_distance(pairs[i].b, pairs[i].a);
        CHECK(d == pairs[i].d && r == d, "%s %s: %d and %d", pairs[i].a, pairs[i].b, d, r);
    }
}

static void test_nearest(void)
{
    const char *const words[] = {"chips", "link_bandwidth", "latency", "ring", "pp"};
    const struct {
        const char *word;
        int i;
    } cases[] = {{"chps", 0},    {"latencey", 2}, {"rnig", 3},  {"bandwidth", 1}, {"lat", 2},
                 {"switch", -1}, {"x", -1},       {"zzzz", -1}, {"ppp", 4},       {"", -1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int got = ll_text_nearest(cases[i].word, 5, words);
        CHECK(got == cases[i].i, "%s: %d, want %d", cases[i].word, got, cases[i].i);
    }
    CHECK(ll_text_nearest("chips", 0, words) == -1, "a word from no words");
    static char big[5000];
    memset(big, 'c', sizeof big - 1);
    CHECK(ll_text_nearest(big, 5, words) == -1, "a word of 4999 letters");
}

/* Values published with the algorithm (Fowler, Noll, Vo): FNV-1a of "" is the start, of "a" and
 * "foobar" as below. */
static void test_hash(void)
{
    uint64_t h = ll_text_hash(LL_HASH_START, "", 0);
    CHECK(h == 0xcbf29ce484222325, "%016" PRIx64, h);
    h = ll_text_hash(LL_HASH_START, "a", 1);
    CHECK(h == 0xaf63dc4c8601ec8c, "%016" PRIx64, h);
    h = ll_text_hash(ll_text_hash(LL_HASH_START, "foo", 3), "bar", 3);
    CHECK(h == 0x85944171f73967e8, "%016" PRIx64, h);
}

/* Controls of 7 and 8 bits, half a character, one in a form too long; no tab, no other scripts. */
static void test_unprintable(void)
{
    static const char *const bad[] = {"a\033[1m",
                                      "a\x7f",
                                      ("a\xc2\x9b"
                                       "1m"),
                                      "a\xe9",
                                      "a\xc3",
                                      "a\n",
                                      "a\xc0\xaf",
                                      "a\xed\xa0\x80",
                                      "a\x80"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *at = ll_text_unprintable(bad[i]);
        CHECK(at == bad[i] + 1, "case %zu", i);
    }
    CHECK(ll_text_unprintable("Z\xc3\xbcrich\t\xe6\x97\xa5 \xf0\x9f\x98\x80") == NULL, "UTF-8");
    FILE *file = tmpfile();
    char got[64] = "";
    CHECK(file && ll_text_print("a\033[1m\xc3\xbc\n\xe9", file), "tmpfile");
    if (!file) return;
    rewind(file);
    CHECK(fread(got, 1, sizeof got - 1, file) > 0 && !strcmp(got, "a\\x1b[1m\xc3\xbc\n\\xe9"), "%s",
          got);
    (void)fclose(file);
}

int main(void)
{
    test_unprintable();
    test_grow();
    test_distance();
    test_nearest();
    test_hash();
    return LL_CHECK_RESULT;
}
