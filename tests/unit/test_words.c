#include "sim/base/words.h"

#include "tests/support/check.h"

#include <string.h>

static const char *const engines[] = {"closed", "flow", "packet"};

static void hinted(const ll_words *words, const char *word, const char *want)
{
    char hint[128];
    CHECK(!strcmp(ll_words_hint(words, word, hint, sizeof hint), want), "%s: %s", word, hint);
}

static void test_hint(void)
{
    const ll_words all = {3, engines, NULL}, told = {3, engines, "`lineloss list` shows them"};
    hinted(&all, "paket", "did you mean 'packet'? expected one of: closed, flow, packet");
    hinted(&all, "zzzzzz", "expected one of: closed, flow, packet");
    hinted(&told, "paket", "did you mean 'packet'?");
    hinted(&told, "zzzzzz", "`lineloss list` shows them");
    hinted(&(ll_words){0, NULL, NULL}, "x", "");
    char small[12];
    CHECK(!strcmp(ll_words_hint(&all, "zzzzzz", small, sizeof small), "expected on"), "%s", small);
}

static void test_pick(void)
{
    const ll_words all = {3, engines, NULL};
    ll_error err;
    int i = -1;
    ll_error_init(&err);
    CHECK(ll_words_pick(&all, "packet", &i, &err, "--beside %s: ", "packet") == LL_OK, "%s",
          err.text);
    CHECK(i == 2, "i = %d", i);
    CHECK(ll_words_pick(&all, "Flow", &i, &err, "--beside %s: ", "Flow") == LL_ERR_CONFIG, "i = %d",
          i);
    CHECK(i == 2, "i = %d", i);
    CHECK(!strcmp(err.text,
                  "--beside Flow: did you mean 'flow'? expected one of: closed, flow, packet\n"),
          "%s", err.text);
}

int main(void)
{
    test_hint();
    test_pick();
    return LL_CHECK_RESULT;
}
