# The configuration of a JSON result as libconfig text that gives the same result again:
#   jq -r -f again.jq result.json
# Texts of files that keys name are not in it: jq -r '.files[] | .text' has them.
def keys_of: [scan("[^.\\[\\]]+|\\[[0-9]+\\]") | if startswith("[") then .[1:-1] | tonumber else . end];
def quoted: "\"" + (gsub("\\\\"; "\\\\") | gsub("\""; "\\\"")) + "\"";
def libconfig($depth):
    if type == "object" then
        [to_entries[] | "  " * $depth + .key + (if .value | type == "string" then " = " else " : " end)
            + (.value | libconfig($depth + 1)) + ";\n"]
        | add | if $depth == 0 then . else "{\n" + . + "  " * ($depth - 1) + "}" end
    elif type == "array" then "(" + (map(libconfig($depth + 1)) | join(", ")) + ")"
    else quoted end;
reduce .config[] as $row ({};
    setpath($row.path | keys_of; $row.typed + (if $row.evidence | IN("none", "unstated") then ""
        else " | " + $row.evidence + ": " + $row.source end)))
| libconfig(0)
