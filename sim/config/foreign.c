#include "sim/config/foreign.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

typedef struct word {
    const char *name, *hint;
} word;

#define CHUNKS "write 'interleave', the model chunks of each pipeline stage"
#define LAYERS "write 'pipeline_layout', in the same form"
#define ACCUMULATION                                                                       \
    "it is computed: the micro-batches of each replica are global_batch / (micro_batch x " \
    "dp)"
#define CHIPS "it is computed: the chips are the product of the sizes of cluster.topology"

/* Names of Megatron-LM, DeepSpeed, NeMo, PyTorch, Hugging Face and of papers. */
static const word words[] = {
    {"expert_parallel", "write 'ep'"},
    {"expert_parallel_size", "write 'ep'"},
    {"expert_model_parallel_size", "write 'ep'"},
    {"num_experts", "write 'experts'"},
    {"expert_tensor_parallel_size", "write 'etp'"},
    {"moe_router_topk", "write 'top_k'"},
    {"moe_ffn_hidden_size", "write 'expert_ffn'"},
    {"vpp", CHUNKS},
    {"virtual_stages", CHUNKS},
    {"virtual_pipeline", CHUNKS},
    {"virtual_pipeline_model_parallel_size", CHUNKS},
    {"pp_layout", LAYERS},
    {"pipeline_model_parallel_layout", LAYERS},
    {"gradient_accumulation", ACCUMULATION},
    {"gradient_accumulation_steps", ACCUMULATION},
    {"grad_accum", ACCUMULATION},
    {"accumulate_grad_batches", ACCUMULATION},
    {"micro_batches", ACCUMULATION},
    {"num_microbatches", ACCUMULATION},
    {"nodes", CHIPS},
    {"n_nodes", CHIPS},
    {"num_nodes", CHIPS},
    {"gpus", CHIPS},
    {"n_gpus", CHIPS},
    {"num_gpus", CHIPS},
    {"chips", CHIPS},
    {"world_size", CHIPS},
    {"gbs", "write 'global_batch'"},
    {"batch_size", "write 'global_batch', or 'micro_batch' for that of a chip"},
    {"global_batch_size", "write 'global_batch'"},
    {"mbs", "write 'micro_batch'"},
    {"micro_batch_size", "write 'micro_batch'"},
    {"seq", "write 'sequence'"},
    {"seq_len", "write 'sequence'"},
    {"seq_length", "write 'sequence'"},
    {"sequence_length", "write 'sequence'"},
    {"context_length", "write 'sequence'"},
    {"tensor_parallel", "write 'tp'"},
    {"tensor_parallel_size", "write 'tp'"},
    {"tensor_model_parallel_size", "write 'tp'"},
    {"pipeline_parallel", "write 'pp'"},
    {"pipeline_parallel_size", "write 'pp'"},
    {"pipeline_model_parallel_size", "write 'pp'"},
    {"context_parallel", "write 'cp'"},
    {"context_parallel_size", "write 'cp'"},
    {"data_parallel", "write 'dp'"},
    {"data_parallel_size", "write 'dp'"},
    {"replicas", "write 'dp'"},
    {"fsdp", "write 'zero = 3'"},
    {"zero_stage", "write 'zero'"},
    {"distributed_optimizer", "write 'zero = 1'"},
    {"dtype", "write 'precision'"},
    {"bf16", "write 'precision = \"bf16\"'"},
    {"fp8", "write 'precision = \"fp8\"'"},
    {"activation_checkpointing", "write 'recompute'"},
    {"recompute_granularity", "write 'recompute'"},
    {"num_layers", "write 'layers'"},
    {"n_layers", "write 'layers'"},
    {"hidden_size", "write 'hidden'"},
    {"d_model", "write 'hidden'"},
    {"num_attention_heads", "write 'heads'"},
    {"n_heads", "write 'heads'"},
    {"num_query_groups", "write 'kv_heads'"},
    {"num_key_value_heads", "write 'kv_heads'"},
    {"ffn_hidden_size", "write 'ffn'"},
    {"intermediate_size", "write 'ffn'"},
    {"vocab_size", "write 'vocab'"},
};

#define EDGES                                                              \
    "it is not built in: type = \"custom\" takes its links as a list, as " \
    "clusters/example_edge_list.cfg"

/* Kinds of interconnect; '_' stands for a space or a hyphen too. */
static const word values[] = {
    {"dragonfly+", "write \"dragonfly_plus\""},
    {"megafly", "write \"dragonfly_plus\""},
    {"slim_fly", "write \"slimfly\""},
    {"rail_optimized", "it is a clos with rails; rails that nothing joins are rail_only"},
    {"butterfly", EDGES},
    {"hypercube", "it is a hyperx of sizes 2 x 2 x ..., or a product of meshes of 2 chips"},
    {"flattened_butterfly", "write \"hyperx\""},
    {"full_mesh", "write \"mesh\""},
    {"fat_tree", "write \"fat_tree\""},
    {"fattree", "write \"fat_tree\""},
    {"leaf_spine", "write \"clos\""},
    {"spine_leaf", "write \"clos\""},
    {"rail", "it is a clos with rails"},
    {"2d_torus", "write \"torus\""},
    {"3d_torus", "write \"torus\""},
    {"2d_mesh", "a mesh is a full mesh here; a grid is a product of lines: type = \"product\""},
    {"3d_mesh", "a mesh is a full mesh here; a grid is a product of lines: type = \"product\""},
    {"grid", "it is a product of lines: type = \"product\""},
    {"star", "write \"switch\""},
    {"crossbar", "write \"switch\""},
    {"nvlink", "write \"switch\""},
    {"nvswitch", "write \"switch\""},
    {"infiniband", "write \"clos\""},
    {"roce", "write \"clos\""},
    {"ethernet", "write \"clos\""},
};

/* Whether a character matches one of a name, which is in small letters. */
static bool alike(char a, char of_name)
{
    if (of_name == '_' && (a == ' ' || a == '-')) return true;
    return tolower((unsigned char)a) == (unsigned char)of_name;
}

static bool same(const char *a, const char *b)
{
    while (*a && *b && alike(*a, *b)) {
        a++;
        b++;
    }
    return *a == *b;
}

static const char *hint_of(size_t n, const word *table, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (same(name, table[i].name)) return table[i].hint;
    return NULL;
}

const char *ll_foreign_key(const char *name)
{
    return hint_of(sizeof words / sizeof *words, words, name);
}

const char *ll_foreign_value(const char *value)
{
    return hint_of(sizeof values / sizeof *values, values, value);
}

/* The first line at or behind s that is neither empty nor a comment. */
static const char *line_of(const char *s)
{
    for (;;) {
        s += strspn(s, " \t\r\n");
        if (*s != '#') return s;
        s += strcspn(s, "\n");
    }
}

/* "job:" or "name: nvl72", where libconfig would need a brace, or quotes. */
static bool yaml_line(const char *s)
{
    const size_t n = strcspn(s, "\n");
    const char *colon = s + strcspn(s, ":\n");
    for (const char *c = s; c < colon; c++)
        if (!isalnum((unsigned char)*c) && *c != '_' && *c != '-') return false;
    if (colon == s || *colon != ':' || !strchr(" \r\n", colon[1])) return false;
    for (const char *c = s; c < s + n; c++)
        if (strchr(";={}\"()", *c)) return false;
    return true;
}

static bool ends_with(const char *s, const char *end)
{
    const size_t n = strlen(s), k = strlen(end);
    return n >= k && !strcasecmp(s + n - k, end);
}

const char *ll_foreign_format(const char *path, const char *text)
{
    const char *line = line_of(text);
    if (*line == '{' || *line == '[' || ends_with(path, ".json")) return "JSON";
    if (ends_with(path, ".yaml") || ends_with(path, ".yml")) return "YAML";
    if (!strncmp(line, "---", 3) || !strncmp(line, "%YAML", 5)) return "YAML";
    if (!yaml_line(line)) return NULL;
    const char *next = line_of(line + strcspn(line, "\n"));
    return *next && *next != '{' && *next != '(' ? "YAML" : NULL;
}
