#include "sim/config/config.h"

#include "sim/base/text.h"
#include "tests/support/check.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Behind "no such file", if no shipped file has a name like it. */
#define NOWHERE                                                                              \
    "; nor is it shipped in shipped, which has parts, chips, clusters, models, servers and " \
    "studies\n"

static ll_arena *mem;
static ll_error err;

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    CHECK(f && fputs(text, f) >= 0 && fclose(f) == 0, "cannot write %s", path);
}

/* Read and parse `path` with set strings; the messages, "" if all went well. */
static const char *load(const char *path, int n_set, const char *const *set, ll_config **cfg)
{
    ll_source source;
    *cfg = NULL;
    ll_error_init(&err);
    ll_status s = ll_source_read(path, n_set, set, ll_comm_self(mem), mem, &source, &err);
    if (s == LL_OK) s = ll_config_parse(source, n_set, set, mem, cfg, &err);
    CHECK(s == err.status, "status %d, %d in the error", (int)s, (int)err.status);
    return err.text;
}

static void check_fails(const char *path, const char *want)
{
    ll_config *cfg;
    const char *got = load(path, 0, NULL, &cfg);
    CHECK(err.status == LL_ERR_CONFIG && strcmp(got, want) == 0, "%s: %s  want: %s", path, got,
          want);
}

static const ll_key chip_keys[] = {{.name = "name", .kind = LL_KIND_STRING, .doc = "name"}, {0}};

/* Name and origin of the text `name` in a group. */
static void check_name(ll_config *cfg, const char *group, const char *name, const char *origin)
{
    const char *got = NULL;
    ll_status s = ll_config_fill(cfg, group, chip_keys, &got, &err);
    CHECK(s == LL_OK && got && strcmp(got, name) == 0, "%s: %s %s", group, got, err.text);
    const ll_config_entry *e = ll_config_entry_at(cfg, ll_config_n_entry(cfg) - 1);
    CHECK(strcmp(e->origin, origin) == 0, "%s: %s", group, e->origin);
}

/* Lines are counted per file, before and after includes; paths are relative to the including file.
 */
static void test_include(void)
{
    mkdir("sub", 0777);
    write_file("main.cfg", "// @include \"nothing\"\n/*\n@include \"nothing\"\n*/\n"
                           "a = {\n  @include \"sub/chip.cfg\"  // a chip\n};\n"
                           "b = { x = \"@include\";\n name = \"b\"; };\n@include \"sub/c.cfg\"\n"
                           "d = { name = \"d\"; }; e = {\n name = 5; }");
    write_file("sub/chip.cfg", "\xef\xbb\xbf# the name\n\nname = \"chip\";");
    write_file("sub/c.cfg", "@include \"deep.cfg\"\r\n\r\nc2 = { name = \"c2\"; };\r\n");
    write_file("sub/deep.cfg", "c1 = { name = \"c1\"; };\n");
    ll_config *cfg;
    const char *got = load("main.cfg", 0, NULL, &cfg);
    CHECK(*got == 0, "%s", got);
    if (*got) return;
    check_name(cfg, "a", "chip", "sub/chip.cfg:3");
    check_name(cfg, "b", "b", "main.cfg:9");
    check_name(cfg, "c1", "c1", "sub/deep.cfg:1");
    check_name(cfg, "c2", "c2", "sub/c.cfg:3");
    check_name(cfg, "d", "d", "main.cfg:11");
    const char *name;
    ll_config_fill(cfg, "e", chip_keys, &name, &err);
    CHECK(strcmp(err.text, "main.cfg:12: e.name = 5: text needs quotes: write \"5\"\n") == 0, "%s",
          err.text);
}

/* Parts are found by name among those that are shipped, behind files of one's own. */
static void test_shipped(void)
{
    mkdir("shipped", 0777), mkdir("shipped/parts", 0777), mkdir("shipped/models", 0777);
    mkdir("parts", 0777);
    write_file("shipped/parts/fast_wire.cfg", "name = \"shipped\";\n");
    write_file("shipped/parts/own.cfg", "name = \"shipped\";\n");
    write_file("shipped/models/small.cfg", "name = \"small\";\n");
    write_file("parts/own.cfg", "name = \"mine\";\n");
    write_file("name.cfg", "a = {\n @include \"parts/fast_wire.cfg\"\n};\nb = {\n @include "
                           "\"small\"\n};\nc = {\n @include \"parts/own.cfg\"\n};\nd = {\n"
                           "};\nset = [ \"d = @models/small.cfg\" ];\n");
    ll_config *cfg;
    const char *got = load("name.cfg", 0, NULL, &cfg);
    CHECK(*got == 0, "%s", got);
    if (*got) return;
    check_name(cfg, "a", "shipped", "shipped/parts/fast_wire.cfg:1");
    check_name(cfg, "b", "small", "shipped/models/small.cfg:1");
    check_name(cfg, "c", "mine", "parts/own.cfg:1");
    check_name(cfg, "d", "small", "shipped/models/small.cfg:1");
    const char *const wrong[] = {"parts/fast_wir.cfg", "../parts/fast_wire.cfg",
                                 "chips/fast_wire.cfg", "/parts/fast_wire.cfg"};
    for (int i = 0; i < 4; i++) {
        write_file("name.cfg", ll_arena_printf(mem, "@include \"%s\"\n", wrong[i]));
        check_fails("name.cfg",
                    ll_arena_printf(mem,
                                    "name.cfg:1: @include \"%s\": no such file; nor is it shipped "
                                    "in shipped; did you mean \"parts/fast_wire.cfg\"?\n",
                                    wrong[i]));
    }
    write_file("name.cfg", "a = { @include \"small\" };\n");
    check_fails("name.cfg", "name.cfg:1: @include needs a line of its own: break the line before "
                            "it, and behind the name of the file\n");
    write_file("name.cfg", "a = { name = \"@include\"; /* @include */ }; # @include\n");
    got = load("name.cfg", 0, NULL, &cfg);
    CHECK(*got == 0, "%s", got);
}

/* A path through ".." is shown without it, unless that would be another file. */
static void test_short_paths(void)
{
    mkdir("sub/far", 0777);
    write_file("far.cfg", "a = { name = \"top\"; };\n");
    write_file("sub/far.cfg", "a = { name = \"sub\"; };\n");
    write_file("real.cfg", "@include \"sub/far/../../far.cfg\"\n");
    write_file("link.cfg", "@include \"short/../far.cfg\"\n");
    CHECK(symlink("sub/far", "short") == 0, "symlink");
    ll_config *cfg;
    const char *got = load("real.cfg", 0, NULL, &cfg);
    CHECK(*got == 0, "%s", got);
    if (!*got) check_name(cfg, "a", "top", "far.cfg:1");
    got = load("link.cfg", 0, NULL, &cfg);
    CHECK(*got == 0, "%s", got);
    if (!*got) check_name(cfg, "a", "sub", "short/../far.cfg:1");
    unlink("link.cfg");
}

static void test_bad_files(void)
{
    write_file("empty.cfg", "");
    write_file("blank.cfg", "\n \t\n");
    write_file("deep0.cfg", "@include \"deep1.cfg\"\n");
    for (int i = 1; i <= 20; i++)
        write_file(ll_arena_printf(mem, "deep%d.cfg", i),
                   ll_arena_printf(mem, "\n@include \"deep%d.cfg\"\n", i + 1));
    write_file("loop.cfg", "a = 1;\n@include \"sub/loop2.cfg\"\n");
    write_file("sub/loop2.cfg", "@include \"../loop.cfg\"\n");
    write_file("missing.cfg", "a = 1;\n@include \"sub/nothing.cfg\"\n");
    write_file("sub/missing.cfg", "@include \"nothing.cfg\"\n");
    write_file("directory.cfg", "@include \"sub\"\n");
    write_file("dangling.cfg", "@include \"link.cfg\"\n");
    write_file("open.cfg", "a = 1;\n@include \"sub/open.cfg\"\n*/");
    write_file("sub/open.cfg", "\n/* to the end\n");
    write_file("syntax.cfg", "@include \"sub/syntax.cfg\"\nb = 2;\n");
    write_file("sub/syntax.cfg", "a = 1;\nb = ;\n");
    write_file("twice.cfg", "@include \"sub/deep.cfg\"\n@include \"sub/deep.cfg\"\n");
    CHECK(symlink("nowhere", "link.cfg") == 0, "symlink");
    FILE *f = fopen("binary.cfg", "w");
    fwrite("a = 1;\nb\0c", 1, 10, f);
    fclose(f);
    const char expected[] = "expected libconfig text such as  name = \"x\";\n";
    check_fails("nothing.cfg", "nothing.cfg: no such file\n");
    check_fails("main.cfg/x", "main.cfg/x: no such file\n");
    check_fails("sub", "sub: a directory; expected a file of libconfig text\n");
    check_fails("link.cfg", "link.cfg: a symbolic link to a file that does not exist\n");
    check_fails("empty.cfg", ll_arena_printf(mem, "empty.cfg: the file is empty; %s", expected));
    check_fails("blank.cfg", ll_arena_printf(mem, "blank.cfg: the file is empty; %s", expected));
    check_fails(
        "binary.cfg",
        ll_arena_printf(mem, "binary.cfg: binary file (byte 0x00 in line 2); %s", expected));
    check_fails("missing.cfg", "missing.cfg:2: @include \"sub/nothing.cfg\": no such file" NOWHERE);
    check_fails(
        "sub/missing.cfg",
        "sub/missing.cfg:1: @include \"nothing.cfg\" (sub/nothing.cfg): no such file" NOWHERE);
    check_fails("directory.cfg",
                "directory.cfg:1: @include \"sub\": a directory; expected a file of "
                "libconfig text\n");
    check_fails("dangling.cfg", "dangling.cfg:1: @include \"link.cfg\": a symbolic link to a file "
                                "that does not exist\n");
    check_fails("loop.cfg", "sub/loop2.cfg:1: @include \"../loop.cfg\" (loop.cfg): a file includes "
                            "itself: loop.cfg -> sub/loop2.cfg -> loop.cfg\n");
    check_fails("deep0.cfg",
                "deep16.cfg:2: @include \"deep17.cfg\": included files are nested deeper "
                "than 16\n");
    check_fails("open.cfg", "sub/open.cfg:2: comment is never closed by */\n");
    check_fails("syntax.cfg", "sub/syntax.cfg:2: syntax error, in or before: b = ;\n");
    check_fails("twice.cfg",
                "sub/deep.cfg:1: this group already has 'c1', from sub/deep.cfg:1; keep one of "
                "the two, or change single keys of the first one at the top level: set = [ "
                "\"cluster.chip.memory = 80 GB\" ];\n");
}

/* Root may read everything, so this holds for other users only. */
static void test_permission(void)
{
    write_file("secret.cfg", "a = 1;\n");
    chmod("secret.cfg", 0);
    if (geteuid() != 0)
        check_fails("secret.cfg", "secret.cfg: permission denied; the file must be readable\n");
    chmod("secret.cfg", 0600);
}

/* A group is replaced by a file: from the command line, and from a file's own list. */
static void test_replace(void)
{
    write_file("study.cfg", "a = { name = \"old\"; gone = 1; };\nset = [ \"b = @sub/chip.cfg\",\n"
                            "\"b2.inner = @sub/chip.cfg\" ];\n");
    write_file("sub/other.cfg", "@include \"chip.cfg\"\n");
    write_file("sub/study.cfg", "set = [ \"b = @nothing.cfg\" ];\n");
    const char *set[] = {"a=@sub/other.cfg", "b.name = newer"};
    ll_config *cfg;
    const char *got = load("study.cfg", 2, set, &cfg);
    CHECK(*got == 0, "%s", got);
    if (*got) return;
    check_name(cfg, "a", "chip", "sub/chip.cfg:3");
    check_name(cfg, "b", "newer", "--set");
    check_name(cfg, "b2.inner", "chip", "sub/chip.cfg:3");
    /* A file whose only group has the name of what it replaces; another name stays a group in it.
     */
    write_file("sub/group.cfg", "a = { name = \"whole\"; };\n");
    const char *group[] = {"a=@sub/group.cfg", "b=@sub/group.cfg"};
    ll_config *grouped;
    got = load("study.cfg", 2, group, &grouped);
    CHECK(*got == 0, "%s", got);
    if (*got) return;
    check_name(grouped, "a", "whole", "sub/group.cfg:1");
    check_name(grouped, "b.a", "whole", "sub/group.cfg:1");
    CHECK(ll_config_finish(cfg, &err) == LL_OK, "%s", err.text);
    const char *bad = "a=@nothing.cfg";
    got = load("study.cfg", 1, &bad, &cfg);
    CHECK(strcmp(got, "--set: \"a=@nothing.cfg\": nothing.cfg: no such file" NOWHERE) == 0, "%s",
          got);
    check_fails("sub/study.cfg",
                "sub/study.cfg:1: \"b = @nothing.cfg\": sub/nothing.cfg: no such file" NOWHERE);
    write_file("sub/broken.cfg", "name = ;\n");
    bad = "a=@sub/broken.cfg";
    got = load("study.cfg", 1, &bad, &cfg);
    CHECK(strcmp(got, "sub/broken.cfg:1: syntax error, in or before: name = ;\n") == 0, "%s", got);
}

static const ll_key file_keys[] = {
    {.name = "file", .kind = LL_KIND_STRING, .flags = LL_KEY_PATH, .doc = "a file"}, {0}};

/* What `file` in a group is filled with, or why not. */
static void check_file(ll_config *cfg, const char *group, const char *name, const char *text)
{
    ll_text_file file = {"", ""};
    ll_error_init(&err);
    ll_config_fill(cfg, group, file_keys, &file, &err);
    const char *got = err.status == LL_OK ? file.text : err.text;
    CHECK(!strcmp(got, text) && (err.status != LL_OK || !strcmp(file.name, name)), "%s: %s: %s",
          group, file.name, got);
}

/* A file that a value names travels with the configuration, relative to the file that names it.
 * One that cannot be read is told where it is asked for, and not before. */
static void test_attached(void)
{
    write_file("sub/links.txt", "links\n");
    write_file("own.txt", "own \"text\"\n# @include \"x\"");
    write_file("sub/part.cfg", "file = \"links.txt\";\n");
    write_file("attach.cfg",
               "a = {\n  @include \"sub/part.cfg\"\n};\nb = { file = \"no.txt\"; x = 1; };\n"
               "c = { x = 1; }; d = { file = \"\"; };\n");
    const char *set[] = {"c.file=own.txt", "a2=@sub/part.cfg"};
    ll_config *cfg;
    const char *got = load("attach.cfg", 2, set, &cfg);
    CHECK(*got == 0, "%s", got);
    if (*got) return;
    remove("own.txt"); /* read already */
    check_file(cfg, "a", "sub/links.txt", "links\n");
    check_file(cfg, "a2", "sub/links.txt", "links\n");
    check_file(cfg, "c", "own.txt", "own \"text\"\n# @include \"x\"");
    check_file(cfg, "d", "", "");
    check_file(cfg, "b", "", "attach.cfg:4: b.file = \"no.txt\": no.txt: no such file\n");
}

/* A list of 20000 groups is read in well under a second. */
static void test_large(void)
{
    ll_text t;
    ll_text_init(&t, mem);
    ll_text_add(&t, "list = (\n");
    for (int i = 0; i < 20000; i++)
        ll_text_add(&t, "{ name = \"n%d\"; }%s\n", i, i < 19999 ? "," : "");
    ll_text_add(&t, ");\n");
    write_file("large.cfg", t.s);
    ll_config *cfg;
    int n = 0;
    const char *got = load("large.cfg", 0, NULL, &cfg);
    CHECK(*got == 0, "%s", got);
    if (*got) return;
    CHECK(ll_config_list(cfg, "list", &n, &err) == LL_OK && n == 20000, "%d: %s", n, err.text);
    check_name(cfg, "list[19999]", "n19999", "large.cfg:20001");
}

int main(void)
{
    char folder[] = "lltestXXXXXX";
    if (!mkdtemp(folder) || chdir(folder) != 0) return 1;
    mem = ll_arena_create("test");
    setenv("LINELOSS_CONFIGS", "shipped", 1);
    test_include();
    test_short_paths();
    test_bad_files();
    test_shipped();
    test_permission();
    test_replace();
    test_attached();
    test_large();
    ll_arena_destroy(mem);
    CHECK(ll_arena_balance_B() == 0, "balance %lld", (long long)ll_arena_balance_B());
    char remove[64];
    snprintf(remove, sizeof remove, "rm -r ../%s", folder);
    if (system(remove) != 0) return 1;
    return LL_CHECK_RESULT;
}
