/* The page of results: well-formed, complete, on its own, whatever the names are. */
#include "sim/report/html.h"
#include "sim/report/page.h"
#include "tests/support/check.h"
#include "tests/support/report_make.h"
#include "tests/support/xml_check.h"

static void test_escapes(ll_arena *mem)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"a<b>&\"c'", "a&lt;b&gt;&amp;&quot;c&#39;"},
        {"gr\xC3\xB6\xC3\x9F"
         "e \xF0\x9F\x98\x80",
         "gr\xC3\xB6\xC3\x9F"
         "e \xF0\x9F\x98\x80"},
        /* a control character, a byte that begins nothing, half a character, one written too long,
         * half of a surrogate pair */
        {"\x1B", "\xEF\xBF\xBD"},
        {"\xFF", "\xEF\xBF\xBD"},
        {"\xC3", "\xEF\xBF\xBD"},
        {"\xC0\xBC", "\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ll_text out;
        ll_text_init(&out, mem);
        ll_html_text(&out, cases[i].text);
        CHECK(!strcmp(out.s, cases[i].want), "%zu: %s", i, out.s);
    }
    ll_text out;
    ll_text_init(&out, mem);
    ll_html_url(&out, "javascript:a b/\xC3\xBC%.csv");
    CHECK(!strcmp(out.s, "./javascript%3Aa%20b/%C3%BC%25.csv"), "%s", out.s);
}

/* The checker itself finds what is wrong. */
static void test_checker(void)
{
    static const char *const bad[] = {"<a>",           "<a></b>",         "<a b=c></a>",
                                      "<a>&nbsp;</a>", "<a b=\"<\"></a>", "<a/><b/>",
                                      "<a>\x01</a>",   "x<a/>",           ""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(xml_wrong(bad[i]), "%s passes", bad[i]);
    CHECK(!xml_wrong("<!DOCTYPE html>\n<a b=\"&lt;\">c &amp; d<e/></a>\n"), "a good one fails");
}

static int n_of(const char *text, const char *part)
{
    int n = 0;
    for (const char *s = text; (s = strstr(s, part)); s += strlen(part))
        n++;
    return n;
}

/* Every id="..." once; every href="#..." one of them. */
static void check_ids(const char *text, ll_arena *mem)
{
    int n = 0;
    for (const char *s = text; (s = strstr(s, " id=\"")); s++, n++) {
        const char *id = ll_arena_printf(mem, " id=\"%.*s\"", (int)strcspn(s + 5, "\""), s + 5);
        CHECK(n_of(text, id) == 1, "%d times%s", n_of(text, id), id);
    }
    CHECK(n > 10, "%d ids", n);
    for (const char *s = text; (s = strstr(s, "href=\"#")); s++) {
        const char *id = ll_arena_printf(mem, " id=\"%.*s\"", (int)strcspn(s + 7, "\""), s + 7);
        CHECK(n_of(text, id) == 1, "a link to nowhere:%s", id);
    }
}

static const char *page_of(int n, const ll_page_topic *topic, ll_arena *mem)
{
    ll_text out;
    ll_text_init(&out, mem);
    ll_page_text(n, topic, mem, &out);
    const char *wrong = xml_wrong(out.s);
    CHECK(!wrong, "not well-formed at %.80s", wrong);
    /* Nothing is fetched from anywhere, and nothing runs. */
    static const char *const outside[] = {"http", "src=", "<script", "@import", "url(", "<link"};
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
        CHECK(!strstr(out.s, outside[i]), "%s in the page", outside[i]);
    return out.s;
}

static void test_page(ll_arena *mem)
{
    const ll_report a[] = {report_make("nvl72", 72, made_usual, mem),
                           report_make("<&\"x", 8192, made_gain, mem)};
    const ll_report b[] = {a[0], report_make("gr\xC3\xB6\xC3\x9F"
                                             "er",
                                             64, made_other, mem)};
    static const char *const file[] = {"same/compare.csv", "a b/\"x\".pdf", NULL};
    ll_table *differs =
        ll_table_create(mem, "", 2, (ll_column[]){{.name = "key"}, {.name = "<&\"x"}});
    ll_table_row(differs);
    ll_table_set(differs, 0, "job.tp < 8");
    const ll_page_topic topic[] = {
        {"same & work", "Is 1 < 2?", "Yes & <b>no</b>.", 2, a, differs, file},
        {"other", "And \"now\"?", "72 do the work of 32.", 2, b, NULL, NULL}};
    const char *page = page_of(2, topic, mem);
    check_ids(page, mem);
    static const char *const parts[] = {
        "Is 1 &lt; 2?",
        "Yes &amp; &lt;b&gt;no&lt;/b&gt;.",
        "And &quot;now&quot;?",
        "&lt;&amp;&quot;x",
        ("gr\xC3\xB6\xC3\x9F"
         "er"),
        "job.tp &lt; 8",
        "What differs",
        "href=\"./same/compare.csv\"",
        "href=\"./a%20b/%22x%22.pdf\"",
        "<td class=\"n\">32.0</td><td class=\"n\">44.5 %</td>", /* effective, of all */
        "16 % off, 21 of 21 too short",
        "<td class=\"n\">38 %</td>",                           /* 44.5 * 1.5 / 1.75 */
        "<td class=\"n\">22.8</td><td class=\"n\">31.6</td>",  /* kernels of nvl72 */
        "<td class=\"n\">-81.9</td><td class=\"n\">-1.0</td>", /* what jitter gains */
        "a &quot;chip&quot; &amp; more",
        "chips &lt;1&gt;: beyond",
        "weights",
        "tp gather"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        CHECK(strstr(page, parts[i]), "no %s", parts[i]);
    /* nvl72 is in both topics, and told of once. */
    CHECK(n_of(page, "<section id=\"study-") == 3, "%d studies",
          n_of(page, "<section id=\"study-"));
    /* Each topic with its waterfalls, the bars, and each study's transfers, in two forms. */
    CHECK(n_of(page, "<svg") == 2 * (2 + 1 + 3), "%d pictures", n_of(page, "<svg"));
}

int main(void)
{
    ll_arena *mem = ll_arena_create("test");
    test_escapes(mem);
    test_checker();
    test_page(mem);
    page_of(0, NULL, mem);
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
