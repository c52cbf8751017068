# The JSON of lineloss as lines "stable id <TAB> value", by the table names.tsv:
#   jq -r --rawfile names names.tsv -f flatten.jq result.json
#
# A path names a value in the JSON printed today: engine_stats.n_flow, losses[].chips, and [].time_us if
# the document is a list. "[]" stands for any item; in an id the item's own name takes its place, so
# that losses[].chips of the item whose cause is "kernels" becomes loss[kernels].chips.

def rows: $names | split("\n") | map(select(length > 0 and (startswith("#") | not)) | split("\t"));
def table($kind; $from; $to): rows | map(select(.[0] == $kind) | {key: .[$from], value: .[$to]}) | from_entries;

table("key"; 1; 2) as $key            # path of a list -> the fields that tell its items apart
| table("value"; 2; 1) as $id         # path -> stable id
| table("ignored"; 1; 1) as $ignored  # paths, with all that is below them
| table("word"; 2; 1) as $word        # a word in the text of a value -> its stable spelling
| (rows | map(select(.[0] | endswith("[]")) | {key: (.[0] + .[2]), value: .[1]}) | from_entries) as $item

| def item_name($list):
      if $key[$list] == null then error("names.tsv has no key for the items of the list " + $list) else . end
      | [.[$key[$list] | split(" ")[]] | tostring] | join(" ") | $item[$list + .] // .;
  def words: [match("[A-Za-z0-9_]+|[^A-Za-z0-9_]+"; "g").string | $word[.] // .] | join("");
  # What is below `.`: [path, [name of each item on the way], value].
  def leaves($path; $items):
      if $ignored[$path] != null then empty
      elif type == "object" then
          to_entries[] | .key as $k | .value
          | leaves(if $path == "" then $k else $path + "." + $k end; $items)
      elif type == "array" then
          ($path + "[]") as $list | .[] | item_name($list) as $name
          | with_entries(select(.key as $k | $key[$list] | split(" ") | index($k) | not))
          | leaves($list; $items + [$name])
      else [$path, $items, .] end;
  # "loss[].chips" and ["kernels"] make "loss[kernels].chips".
  def named($items): split("[]") as $part
      | reduce range(1; $part | length) as $i ($part[0]; . + "[" + $items[$i - 1] + "]" + $part[$i]);

  leaves(""; [])
  | . as [$path, $items, $value]
  | [$id[$path | named($items)] // ($id[$path] // $path | named($items)),
     ($value | if type == "string" then words else tostring end)]
  | join("\t")
