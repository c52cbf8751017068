/* A configuration that is written out and read again is the same one: every study that is shipped,
 * and values with characters that need care. */
#include "sim/config/config.h"
#include "sim/config/config_write.h"
#include "sim/config/shipped.h"
#include "sim/work/study.h"
#include "tests/support/check.h"

#include <string.h>

/* The text of what was read; omit: values that are defaults. */
static const char *written(const ll_config *cfg, bool omit, ll_arena *mem)
{
    const int n = ll_config_n_entry(cfg);
    ll_config_line *line = ll_arena_array(mem, n, ll_config_line);
    for (int i = 0; i < n; i++) {
        const ll_config_entry *e = ll_config_entry_at(cfg, i);
        const bool stated = e->evidence != LL_EVIDENCE_NONE && e->evidence != LL_EVIDENCE_UNSTATED;
        line[i] = (ll_config_line){.path = e->path,
                                   .text = e->text,
                                   .evidence = stated ? ll_evidence_name(e->evidence) : NULL,
                                   .source = e->source,
                                   .omit = omit && !strcmp(e->origin, "default")};
    }
    ll_text out;
    ll_text_init(&out, mem);
    ll_config_write(n, line, &out);
    return out.s;
}

static void check_study(const char *name, ll_comm *comm, ll_arena *mem)
{
    ll_error err;
    ll_study study, again;
    ll_source source;
    const ll_study_source from = {.path = name, .what = LL_STUDY_WHOLE};
    ll_error_init(&err);
    CHECK(ll_study_load(&from, comm, mem, &study, &err) == LL_OK, "%s: %s", name, err.text);
    if (err.status != LL_OK) return;
    const char *text = written(study.config, true, mem);
    const ll_config_file *file;
    const int n_file = ll_config_files(study.config, mem, &file);
    ll_status status = ll_source_text("again", text, mem, &source, &err);
    for (int i = 0; i < n_file && status == LL_OK; i++)
        ll_source_attach("again", file[i].name, file[i].text, mem, &source);
    if (status == LL_OK) status = ll_study_parse(&from, source, mem, &again, &err);
    CHECK(status == LL_OK, "%s: %s", name, err.text);
    if (status != LL_OK) return;
    CHECK(ll_config_hash(again.config) == ll_config_hash(study.config), "%s: another hash", name);
    CHECK(ll_config_n_entry(again.config) == ll_config_n_entry(study.config), "%s", name);
    for (int i = 0; i < ll_config_n_entry(study.config); i++) {
        const ll_config_entry *a = ll_config_entry_at(study.config, i);
        const ll_config_entry *b = ll_config_entry_at(again.config, i);
        CHECK(!strcmp(a->path, b->path) && !strcmp(a->source, b->source) &&
                  a->evidence == b->evidence,
              "%s: %s: '%s' became '%s'", name, a->path, a->source, b->source);
    }
}

/* Quotes, backslashes and bars; groups and lists whose lines do not stand together. */
static void check_text(ll_arena *mem)
{
    const ll_config_line line[] = {
        {"name", "a \"b\" \\c", NULL, "", false},
        {"list[0].x", "1", NULL, "", false},
        {"g.inner.y", "2 s", "assumed", "say \"so\"", false},
        {"list[1].x", "3", NULL, "", false},
        {"g.z", "4", "choice", "", false},
        {"g.omitted", "5", NULL, "", true},
        {"list[0].w", "6", NULL, "", false},
    };
    ll_text out;
    ll_text_init(&out, mem);
    ll_config_write((int)(sizeof line / sizeof *line), line, &out);
    const char *want = "name = \"a \\\"b\\\" \\\\c\";\n"
                       "list = ({\n"
                       "    x = \"1\";\n"
                       "    w = \"6\";\n"
                       "}, {\n"
                       "    x = \"3\";\n"
                       "});\n"
                       "g : {\n"
                       "    inner : {\n"
                       "        y = \"2 s | assumed: say \\\"so\\\"\";\n"
                       "    };\n"
                       "    z = \"4 | choice\";\n"
                       "};\n";
    CHECK(!strcmp(out.s, want), "written:\n%s", out.s);
}

int main(void)
{
    ll_arena *mem = ll_arena_create("test");
    ll_comm *comm = ll_comm_self(mem);
    const char *const *name;
    const int n = ll_shipped_names("studies", comm, mem, &name);
    CHECK(n > 5, "%d studies", n);
    for (int i = 0; i < n; i++)
        check_study(name[i], comm, mem);
    check_text(mem);
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
