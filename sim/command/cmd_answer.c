/* lineloss answer: the main comparisons on one screen, and as a page for a browser. */
#include "sim/command/cases.h"
#include "sim/command/command.h"
#include "sim/config/shipped.h"
#include "sim/report/answer.h"
#include "sim/report/difference.h"
#include "sim/report/page.h"

#include <ctype.h>
#include <string.h>

enum { MAX_TOPIC = 16, MAX_CASE = 64 };

typedef struct title {
    const char *text;
} title;

static const ll_key title_keys[] = {{.name = "title",
                                     .kind = LL_KIND_STRING,
                                     .offset = offsetof(title, text),
                                     .def = "",
                                     .doc = "the first line"},
                                    {0}};

/* A comparison that the file lists. */
typedef struct topic {
    const char *name, *question, *studies;
    int says;
    int n;
    int index[LL_MAX_COMPARE]; /* [n] of the cases */
} topic;

static const ll_key topic_keys[] = {
    {.name = "name",
     .kind = LL_KIND_STRING,
     .offset = offsetof(topic, name),
     .doc = "folder of its results"},
    {.name = "question",
     .kind = LL_KIND_STRING,
     .offset = offsetof(topic, question),
     .doc = "what is compared"},
    {.name = "says",
     .kind = LL_KIND_CHOICE,
     .offset = offsetof(topic, says),
     .def = "effective",
     .choices = ll_answer_says_names,
     .doc = "effective: chips of each study; ratio: a chip beside one of the first study"},
    {.name = "studies",
     .kind = LL_KIND_STRING,
     .offset = offsetof(topic, studies),
     .doc = "names or files of studies, with spaces between them"},
    {0}};

typedef struct answer {
    title title;
    int n_topic, n_name;
    topic topic[MAX_TOPIC];
    const char *name[MAX_CASE];  /* [n_name] every study once */
    ll_cases cases;              /* of them */
    ll_cases part[MAX_TOPIC];    /* [n_topic] */
    const char *said[MAX_TOPIC]; /* [n_topic] the answers */
} answer;

/* Index of a study among all studies; a new one is added. */
static int name_index(answer *a, const char *name)
{
    for (int i = 0; i < a->n_name; i++)
        if (!strcmp(a->name[i], name)) return i;
    a->name[a->n_name] = name;
    return a->n_name++;
}

/* The studies of a topic, by name. */
static ll_status names_split(answer *a, int i, const ll_config *cfg, ll_arena *mem, ll_error *err)
{
    topic *t = &a->topic[i];
    for (const char *s = t->studies + strspn(t->studies, " "); *s; s += strspn(s, " ")) {
        const size_t n = strcspn(s, " ");
        if (t->n == LL_MAX_COMPARE || a->n_name == MAX_CASE)
            return ll_config_fault(cfg, ll_arena_printf(mem, "topics[%d].studies", i), err,
                                   "at most %d studies, and %d in all topics", LL_MAX_COMPARE,
                                   MAX_CASE);
        t->index[t->n++] = name_index(a, ll_arena_strndup(mem, s, n));
        s += n;
    }
    if (t->n >= 2) return LL_OK;
    return ll_config_fault(cfg, ll_arena_printf(mem, "topics[%d].studies", i), err,
                           "names %d; a comparison needs two or more", t->n);
}

static ll_status topics_fill(answer *a, ll_config *cfg, ll_arena *mem, ll_error *err)
{
    LL_TRY(ll_config_fill(cfg, "", title_keys, &a->title, err));
    LL_TRY(ll_config_list(cfg, "topics", &a->n_topic, err));
    if (a->n_topic < 1 || a->n_topic > MAX_TOPIC)
        return ll_config_fault(cfg, "topics", err, "%d of them; expected 1 to %d", a->n_topic,
                               MAX_TOPIC);
    for (int i = 0; i < a->n_topic; i++) {
        const char *path = ll_arena_printf(mem, "topics[%d]", i);
        LL_TRY(ll_config_fill(cfg, path, topic_keys, &a->topic[i], err));
        LL_TRY(names_split(a, i, cfg, mem, err));
    }
    return LL_OK;
}

static ll_status topics_read(const char *path, answer *a, ll_comm *comm, ll_arena *mem,
                             ll_error *err)
{
    ll_source source;
    ll_config *cfg;
    LL_TRY(ll_source_read(path, 0, NULL, comm, mem, &source, err));
    LL_TRY(ll_config_parse(source, 0, NULL, mem, &cfg, err));
    const ll_status fill = topics_fill(a, cfg, mem, err);
    const ll_status rest = ll_config_finish(cfg, err);
    return fill != LL_OK ? fill : rest;
}

/* The comparison of a topic, into a folder of its own. */
static ll_status topic_write(answer *a, int i, const char *dir, ll_comm *comm, ll_arena *mem,
                             ll_error *err)
{
    bool drawn;
    ll_cases *part = &a->part[i];
    ll_cases_pick(&a->cases, a->topic[i].n, a->topic[i].index, mem, part);
    LL_TRY(ll_cases_effects(part, comm, mem, err));
    ll_output set = {
        .dir = ll_arena_printf(mem, "%s/%s", dir, ll_output_file_name(a->topic[i].name, "", mem)),
        .main = "compare.json"};
    LL_TRY(ll_output_check(&set, comm, err));
    LL_TRY(ll_output_begin(&set, comm, mem, err));
    LL_TRY(ll_cases_write(part, set.stage, comm, mem, &drawn, err));
    return ll_output_commit(&set, comm, err);
}

/* Paths from the page, ended by NULL. */
static const char *const *links(const char *name, ll_arena *mem)
{
    static const char *const files[] = {"compare.txt", "compare.md", "compare.csv", "compare.json",
                                        "compare.svg", "bars.svg",   NULL};
    enum { N_FILE = sizeof files / sizeof *files };
    const char **out = ll_arena_array(mem, N_FILE, const char *);
    for (int i = 0; files[i]; i++)
        out[i] = ll_arena_printf(mem, "%s/%s", name, files[i]);
    return out;
}

/* The text after a colon on the screen, as a sentence of its own for the page. */
static const char *sentence(const char *said, ll_arena *mem)
{
    char *s = ll_arena_strdup(mem, said);
    s[0] = (char)toupper((unsigned char)s[0]);
    return s;
}

static ll_status page_write(const answer *a, const char *dir, ll_comm *comm, ll_arena *mem,
                            ll_error *err)
{
    ll_page_topic page[MAX_TOPIC];
    for (int i = 0; i < a->n_topic; i++) {
        const ll_cases *part = &a->part[i];
        page[i] = (ll_page_topic){
            .key = a->topic[i].name,
            .question = a->topic[i].question,
            .answer = sentence(a->said[i], mem),
            .n = part->n,
            .report = part->report,
            .differs = part->effects ? ll_effects_table(part->effects, part->label, mem) : NULL,
            .file = links(ll_output_file_name(a->topic[i].name, "", mem), mem)};
    }
    return ll_page_write(dir, a->n_topic, page, comm, mem, err);
}

static ll_status screen_print(const answer *a, const char *dir, ll_comm *comm, ll_arena *mem,
                              ll_error *err)
{
    ll_answer_topic told[MAX_TOPIC];
    ll_text text;
    ll_text_init(&text, mem);
    for (int i = 0; i < a->n_topic; i++)
        told[i] = (ll_answer_topic){a->topic[i].question, a->said[i]};
    if (ll_comm_rank(comm) == 0) {
        ll_answer_print(a->title.text, a->n_topic, told, a->cases.n, a->cases.report, mem, &text);
        ll_text_add(&text, "More, with pictures: %s/index.html, and files in %s/*/\n", dir, dir);
    }
    return ll_command_print(comm, &text, err);
}

/* Every study of the topics, with the settings of the command line. */
static ll_status cases_load(answer *a, const ll_options *opt, ll_comm *comm, ll_arena *mem,
                            ll_error *err)
{
    ll_settings *settings = ll_arena_array(mem, a->n_name, ll_settings);
    for (int i = 0; i < a->n_name; i++)
        settings[i] = (ll_settings){.n_set = opt->n_set, .set = opt->set, .own = ""};
    return ll_cases_load(a->n_name, a->name, settings, comm, mem, &a->cases, err);
}

static ll_status topics_write(answer *a, const char *dir, ll_comm *comm, ll_arena *mem,
                              ll_error *err)
{
    for (int i = 0; i < a->n_topic; i++) {
        LL_TRY(topic_write(a, i, dir, comm, mem, err));
        a->said[i] = ll_answer_sentence((ll_answer_says)a->topic[i].says, a->part[i].n,
                                        a->part[i].report, mem);
    }
    return page_write(a, dir, comm, mem, err);
}

static ll_status run(const ll_options *opt, ll_comm *comm, ll_arena *mem, ll_error *err)
{
    const char *dir = opt->value[LL_OPT_OUT] ? opt->value[LL_OPT_OUT] : "results";
    const char *shipped = ll_arena_printf(mem, "%s/answer.cfg", ll_shipped_dir(comm, mem));
    bool valid;
    answer *a = ll_arena_new(mem, answer);
    LL_TRY(topics_read(opt->n_arg ? opt->arg[0] : shipped, a, comm, mem, err));
    LL_TRY(cases_load(a, opt, comm, mem, err));
    LL_TRY(ll_output_prepare(dir, comm, err));
    LL_TRY(ll_cases_run(&a->cases, &(ll_engine_list){0}, comm, mem, &valid, err));
    LL_TRY(topics_write(a, dir, comm, mem, err));
    LL_TRY(screen_print(a, dir, comm, mem, err));
    return valid ? LL_OK
                 : ll_error_set(err, LL_ERR_RUN, "a result is INVALID: run that study by itself");
}

const ll_command ll_command_answer = {
    .name = "answer",
    .doc = "the main question on one screen: 72 chips or 8192, scale alone, fabric alone",
    .usage = "[FILE]",
    .help =
        "Runs the studies of several comparisons, each study once. Prints the answer to each\n"
        "comparison in a sentence, with what is known of its error, and a table with a row and a\n"
        "bar for each study. Writes to DIR (default: results) index.html, a page with all tables\n"
        "and pictures, and a folder for each comparison, as `lineloss compare` does.\n"
        "\n"
        "FILE lists other comparisons; answer.cfg among the shipped configurations is an example.\n"
        "\n"
        "Examples:\n"
        "  lineloss answer\n"
        "  lineloss answer mine.cfg -o mine",
    .options = LL_OPT_STUDY | LL_OPT_BIT(LL_OPT_OUT),
    .min_arg = 0,
    .max_arg = 1,
    .missing_arg = "",
    .run = run,
};
