// An experiment file in memory: TOML values that remember where they were written.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace elbo::host::experiment {

/// A place in a file, or a word of the command line (line 0).
struct Where {
  std::string source;  // "quickstart.toml", "--set train.max_epochs"
  uint32_t line = 0, column = 0;
};

/// "quickstart.toml:7:12", "--set train.max_epochs"
std::string to_string(const Where& where);

struct Node;
struct Entry;

/// Keys and values in the order of the file. Copies share their entries until one of them is changed: a sweep makes 100,000 variants of one
/// file, which are the same but for a key or two.
class Table {
 public:
  Where where;  // of the section's header

  const std::vector<Entry>& entries() const;
  const Node* find(std::string_view key) const;
  /// Takes the place of an entry with the same key.
  void set(Entry entry);
  void erase(std::string_view key);
  std::vector<std::string> keys() const;

 private:
  /// To be changed: no longer those of a copy.
  std::vector<Entry>& own_entries();

  std::shared_ptr<std::vector<Entry>> entries_;  // null: none
};

using List = std::vector<Node>;

struct Node {
  Where where;
  std::variant<bool, int64_t, double, std::string, List, Table> value;
};

struct Entry {
  std::string key;
  Where where;
  Node node;
  int layer = 0;  // see Layer
};

/// What was laid over what: an entry of a later layer replaces that of an earlier one.
enum Layer : int { in_file, in_variant, in_sweep, in_set };

/// Makes all entries, those of the tables within too, part of a layer.
void put_in_layer(Table& table, Layer layer);

/// The values of `over` replace those of `base`, table by table. A section whose `plugin` changes starts afresh, because
/// the other options belonged to the plugin that it had.
void merge(Table& base, const Table& over);

/// Sets the value at a dotted path ("train.optimizer.lr" in parts), by the rules of merge.
void set_at(Table& root, const std::vector<std::string>& path, const Where& where, const Node& node,
            Layer layer = in_set);

/// As it would be written in TOML.
std::string to_string(const Node& node);
/// "an integer", "a list", ...
std::string type_name(const Node& node);

}  // namespace elbo::host::experiment
