/* Structs filled from text by a table of keys. */
#include "sim/base/key.h"
#include "tests/support/check.h"

#include <string.h>

typedef struct param {
    int64_t size;
    double bandwidth_Bps, share;
    bool folded;
    int mode;
    const char *name;
    ll_text_file table;
} param;

static const char *const modes[] = {"slow", "fast", NULL};
static const ll_key keys[] = {
    {"size", LL_KIND_COUNT, 0, offsetof(param, size), NULL, 1, 8, NULL, ""},
    {"bandwidth", LL_KIND_RATE, 0, offsetof(param, bandwidth_Bps), "2 GB/s", 1, 1e18, NULL, ""},
    {"share", LL_KIND_RATIO, 0, offsetof(param, share), "25 %", 0, 1, NULL, ""},
    {"folded", LL_KIND_BOOL, 0, offsetof(param, folded), "true", 0, 0, NULL, ""},
    {"mode", LL_KIND_CHOICE, 0, offsetof(param, mode), "slow", 0, 0, modes, ""},
    {"name", LL_KIND_STRING, 0, offsetof(param, name), "one", 0, 0, NULL, ""},
    {"table_file", LL_KIND_STRING, LL_KEY_PATH, offsetof(param, table), "", 0, 0, NULL, ""},
    {0}};

int main(void)
{
    ll_arena *mem = ll_arena_create("test");
    param p = {0};
    CHECK(ll_key_fill(keys, "size=8", mem, &p, NULL) == LL_OK, "defaults");
    CHECK(p.size == 8 && p.bandwidth_Bps == 2e9 && p.share == 0.25 && p.folded && p.mode == 0,
          "size %lld, %g B/s, %g, mode %d", (long long)p.size, p.bandwidth_Bps, p.share, p.mode);
    CHECK(!strcmp(p.name, "one") && !*p.table.name && !*p.table.text, "%s", p.name);
    const char *all = "share=1; size=3; bandwidth=8 Gb/s; folded=false; mode=fast; name=a b; "
                      "table_file=x.csv;";
    CHECK(ll_key_fill(keys, all, mem, &p, NULL) == LL_OK, "all");
    CHECK(p.size == 3 && p.bandwidth_Bps == 1e9 && p.share == 1 && !p.folded && p.mode == 1,
          "size %lld, %g B/s, %g, mode %d", (long long)p.size, p.bandwidth_Bps, p.share, p.mode);
    CHECK(!strcmp(p.name, "a b") && !strcmp(p.table.name, "x.csv") && !*p.table.text, "%s", p.name);
    static const struct {
        const char *text, *message;
    } bad[] = {{"", "missing key 'size'"},
               {"size=9", "size = 9: expected 1 to 8"},
               {"size=2; width=1", "unknown key 'width'"},
               {"size=2; siz=1", "unknown key 'siz'"},
               {"size", "unknown key 'size'"},
               {"size=2; bandwidth=3", "bandwidth = 3: "},
               {"size=2; folded=yes", "folded = yes: not one of its words"},
               {"size=2; mode=fas", "mode = fas: not one of its words"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ll_error err;
        ll_error_init(&err);
        CHECK(ll_key_fill(keys, bad[i].text, mem, &p, &err) == LL_ERR_CONFIG, "%s", bad[i].text);
        CHECK(strstr(err.text, bad[i].message), "'%s': %s", bad[i].text, err.text);
    }
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
