#include "corpus.hpp"

#include <fmt/format.h>
#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <limits>
#include <set>
#include <stdexcept>
#include <utility>

#include "fields.hpp"

namespace dashboards {
namespace {

using nlohmann::json;

[[noreturn]] void refuse(const std::string& reason) { throw std::runtime_error(reason); }

const char* type_word(const json& value) {
  switch (value.type()) {
    case json::value_t::null: return "null";
    case json::value_t::object: return "an object";
    case json::value_t::array: return "a list";
    case json::value_t::string: return "a text";
    case json::value_t::boolean: return "true or false";
    default: return "a number";
  }
}

// ---- one value into one field ----

void check_text(const std::string& name, std::string_view text) {
  if (const char* defect = varve::text_defect(text)) refuse(fmt::format("{} {}", name, defect));
}

std::string text_in(const std::string& name, const json& value) {
  if (!value.is_string()) refuse(fmt::format("{} is {}, not a text", name, type_word(value)));
  auto text = value.get<std::string>();
  check_text(name, text);
  return text;
}

void read_field(const std::string& name, const json& value, role, std::string& field) { field = text_in(name, value); }
void read_field(const std::string& name, const json& value, role what, std::optional<std::string>& field) {
  if (value.is_string())
    field = text_in(name, value);
  else if (what == role::document || (what == role::unversioned && value.is_structured()))
    field = value.dump();
  else
    refuse(fmt::format("{} is {}, not a text", name, type_word(value)));
}
void read_field(const std::string& name, const json& value, role, std::optional<bool>& field) {
  if (!value.is_boolean()) refuse(fmt::format("{} is {}, not true or false", name, type_word(value)));
  field = value.get<bool>();
}
void read_field(const std::string& name, const json& value, role, std::optional<std::int64_t>& field) {
  const bool too_large =
      value.is_number_unsigned() &&
      value.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!value.is_number_integer() || too_large)
    refuse(fmt::format("{} is {}, not a whole number of 64 bits", name, type_word(value)));
  field = value.get<std::int64_t>();
}
void read_field(const std::string& name, const json& value, role, std::optional<varve::time_point>& field) {
  field = varve::parse_time(text_in(name, value));
  if (!field) refuse(fmt::format("{} is no time", name));
}
void read_field(const std::string&, const json& value, role, std::optional<json>& field) { field = value; }
void read_field(const std::string& name, const json& value, role what, std::vector<std::int64_t>& field) {
  if (!value.is_array()) refuse(fmt::format("{} is {}, not a list", name, type_word(value)));
  for (const auto& item : value) {
    std::optional<std::int64_t> number;
    read_field(name, item, what, number);
    field.push_back(*number);
  }
}

// ---- objects ----

/// Counts members that no field takes.
class ignored_members {
 public:
  void add(std::string_view kind, const std::string& member) { ++counts[fmt::format("{}.{}", kind, member)]; }

  std::map<std::string, std::size_t> counts{};
};

constexpr std::string_view word_of(const TableColumn*) { return "column"; }
constexpr std::string_view word_of(const SqlMetric*) { return "metric"; }
constexpr std::string_view word_of(const Chart*) { return "chart"; }
constexpr std::string_view word_of(const Dashboard*) { return "dashboard"; }
constexpr std::string_view word_of(const Dataset*) { return "dataset"; }

/// Fills the plain fields of a struct, and returns the names of the members that they took.
template <class Struct>
std::set<std::string, std::less<>> read_fields(const json& object, const std::string& prefix, Struct& into) {
  std::set<std::string, std::less<>> taken;
  each_field(&into, [&](const char* name, auto member, role what) {
    taken.insert(name);
    const auto found = object.find(name);
    if (found == object.end() || found->is_null()) return;
    read_field(prefix + name, *found, what, into.*member);
  });
  return taken;
}

template <class Child>
std::vector<Child> read_children(const std::string& name, const json& list, bool duplicates, ignored_members& ignored) {
  if (!list.is_array()) refuse(fmt::format("{} is {}, not a list", name, type_word(list)));
  std::vector<Child> children;
  std::set<std::string> names;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto place = fmt::format("{}[{}]", name, i);
    if (!list[i].is_object()) refuse(fmt::format("{} is {}, not an object", place, type_word(list[i])));
    auto& child = children.emplace_back();
    const auto taken = read_fields(list[i], place + ".", child);
    for (const auto& [member, value] : list[i].items())
      if (!taken.contains(member)) ignored.add(word_of(&child), member);
    if (name_of(child).empty()) refuse(fmt::format("{} has no name", place));
    if (!duplicates && !names.insert(name_of(child)).second)
      refuse(fmt::format("{} has two items with the name {}", name, name_of(child)));
  }
  return children;
}

std::vector<varve::link<Chart>> read_links(const json& list) {
  if (!list.is_array()) refuse(fmt::format("slices is {}, not a list", type_word(list)));
  std::vector<varve::link<Chart>> links;
  std::set<varve::uuid> known;
  for (const auto& item : list) {
    const auto uuid = uuid_of_key(text_in("slices", item));
    if (known.insert(uuid).second) links.push_back({0, uuid});
  }
  return links;
}

template <class Entity>
Entity read_entity(const entity_name& name, std::string_view key, const json& object, ignored_members& ignored) {
  Entity entity;
  entity.uuid = name.uuid;
  auto taken = read_fields(object, {}, entity);
  taken.insert("uuid");
  if (const auto uuid = object.find("uuid"); uuid != object.end() && !uuid->is_null()) {
    const auto given = varve::parse_uuid(text_in("uuid", *uuid));
    if (varve::parse_uuid(key) && given != name.uuid) refuse("uuid is not the line's key");
  }
  if constexpr (std::is_same_v<Entity, Dashboard>) {
    taken.insert("slices");
    if (const auto list = object.find("slices"); list != object.end() && !list->is_null())
      entity.slices = read_links(*list);
  }
  each_collection(&entity, [&](const char* member, auto pointer) {
    taken.insert(member);
    using child = typename std::remove_cvref_t<decltype(entity.*pointer)>::value_type;
    if (const auto list = object.find(member); list != object.end() && !list->is_null())
      entity.*pointer = read_children<child>(member, *list, std::is_same_v<child, TableColumn>, ignored);
  });
  for (const auto& [member, value] : object.items())
    if (!taken.contains(member)) ignored.add(word_of(&entity), member);
  return entity;
}

state read_state(const entity_name& name, std::string_view key, const json& object, ignored_members& ignored) {
  if (!object.is_object()) refuse(fmt::format("doc is {}, neither an object nor null", type_word(object)));
  switch (name.kind) {
    case entity_kind::dashboard: return read_entity<Dashboard>(name, key, object, ignored);
    case entity_kind::chart: return read_entity<Chart>(name, key, object, ignored);
    case entity_kind::dataset: return read_entity<Dataset>(name, key, object, ignored);
  }
  refuse("its kind is not known");
}

// ---- lines ----

const json& must_have(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) refuse(fmt::format("has no member {}", name));
  return *found;
}
std::int64_t number_in(const json& object, const char* name) {
  std::optional<std::int64_t> number;
  read_field(name, must_have(object, name), role::versioned, number);
  return *number;
}

json parse_line(std::string_view text) {
  try {
    auto object = json::parse(text);
    if (!object.is_object()) refuse(fmt::format("is {}, not an object", type_word(object)));
    return object;
  } catch (const json::parse_error& error) {
    refuse(fmt::format("is no JSON: {}", error.what()));
  }
}

corpus_line read_line(const json& object, ignored_members& ignored) {
  corpus_line line;
  line.tx = number_in(object, "tx");
  line.seq = number_in(object, "seq");
  const auto word = text_in("entity", must_have(object, "entity"));
  const auto kind = parse_kind(word);
  if (!kind) refuse(fmt::format("entity is \"{}\", neither dashboard, chart nor dataset", word));
  line.key = text_in("key", must_have(object, "key"));
  if (line.key.empty()) refuse("key is empty");
  line.name = {*kind, uuid_of_key(line.key)};
  const auto at = varve::parse_time(text_in("at", must_have(object, "at")));
  if (!at) refuse("at is no time");
  line.at = *at;
  const auto& document = must_have(object, "doc");
  if (!document.is_null()) line.document = read_state(line.name, line.key, document, ignored);
  return line;
}

/// The `tx` in the text of a line that is no JSON: what was cut off at its end often still has it.
std::optional<std::int64_t> guess_tx(std::string_view text) {
  constexpr std::string_view name = "\"tx\":";
  const auto found = text.find(name);
  if (found == std::string_view::npos) return std::nullopt;
  text.remove_prefix(found + name.size());
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  std::int64_t number = 0;
  std::size_t digits = 0;
  while (digits < text.size() && digits < 18 && text[digits] >= '0' && text[digits] <= '9')
    number = number * 10 + (text[digits++] - '0');
  // With nothing behind its digits the number itself may have been cut.
  return digits == 0 || digits == text.size() ? std::nullopt : std::optional{number};
}

/// Reads one file: groups its lines into saves, and takes out those that have a bad line.
class file_reader {
 public:
  file_reader(corpus& into, std::size_t file) : into_(into), file_(file) {}

  void line(std::size_t number, std::string_view text) {
    if (text.find_first_not_of(" \t\r") == std::string_view::npos) return;
    std::optional<std::int64_t> tx = guess_tx(text);
    try {
      const auto object = parse_line(text);
      tx.reset();
      if (const auto member = object.find("tx"); member != object.end() && member->is_number_integer())
        tx = member->get<std::int64_t>();
      ignored_members ignored;
      auto read = read_line(object, ignored);
      read.number = number;
      see(read.tx);
      keep(std::move(read), ignored.counts);
    } catch (const std::exception& error) {
      into_.bad.push_back({into_.files[file_], number, error.what()});
      if (tx) {
        see(*tx);
        bad_.insert(*tx);
      } else {
        // It stands at the end of one save or at the start of the next: neither can be known to be whole.
        if (last_) bad_.insert(*last_);
        next_is_bad_ = true;
      }
    }
  }

  void finish() {
    for (auto& [tx, save] : saves_) {
      if (bad_.contains(tx)) continue;
      for (const auto& [member, count] : ignored_[tx]) into_.ignored[member] += count;
      into_.saves.push_back(std::move(save));
    }
  }

 private:
  void see(std::int64_t tx) {
    if (std::exchange(next_is_bad_, false)) bad_.insert(tx);
    last_ = tx;
  }
  void keep(corpus_line line, const std::map<std::string, std::size_t>& ignored) {
    const auto tx = line.tx;
    if (!known_.insert({tx, line.name}).second)
      refuse(fmt::format("{} stands twice in save {}", to_string(line.name), tx));
    auto& save = saves_[tx];
    save.file = file_;
    save.tx = tx;
    save.at = std::max(save.at, line.at);
    save.lines.push_back(std::move(line));
    for (const auto& [member, count] : ignored) ignored_[tx][member] += count;
  }

  corpus& into_;
  std::size_t file_;
  std::map<std::int64_t, corpus_save> saves_{};
  std::map<std::int64_t, std::map<std::string, std::size_t>> ignored_{};
  std::set<std::pair<std::int64_t, entity_name>> known_{};
  std::set<std::int64_t> bad_{};
  std::optional<std::int64_t> last_{};
  bool next_is_bad_ = false;
};

/// Several files are saved side by side, by time; the saves of one file stay in their order.
void order_by_time(std::vector<corpus_save>& saves) {
  std::vector<std::pair<varve::time_point, std::size_t>> order;
  for (std::size_t i = 0; i < saves.size(); ++i) {
    auto at = saves[i].at;
    if (i > 0 && saves[i - 1].file == saves[i].file) at = std::max(at, order.back().first);
    order.emplace_back(at, i);
  }
  std::sort(order.begin(), order.end());
  std::vector<corpus_save> sorted;
  sorted.reserve(saves.size());
  for (const auto& [at, i] : order) sorted.push_back(std::move(saves[i]));
  saves = std::move(sorted);
}

}  // namespace

std::string to_string(const bad_line& bad) { return fmt::format("{}:{}: {}", bad.file, bad.number, bad.reason); }

corpus read_corpus(const std::vector<std::filesystem::path>& files) {
  corpus made;
  for (const auto& path : files) {
    std::ifstream stream{path, std::ios::binary};
    if (!stream || std::filesystem::is_directory(path)) refuse(fmt::format("cannot read {}", path.string()));
    made.files.push_back(path.string());
    file_reader reader{made, made.files.size() - 1};
    std::string text;
    for (std::size_t number = 1; std::getline(stream, text); ++number) reader.line(number, text);
    if (stream.bad()) refuse(fmt::format("cannot read {} to its end", path.string()));
    reader.finish();
  }
  order_by_time(made.saves);
  return made;
}

varve::uuid uuid_of_key(std::string_view key) {
  if (const auto id = varve::parse_uuid(key)) return *id;
  constexpr boost::uuids::uuid space{
      {0x5e, 0x0b, 0xb1, 0x9e, 0x3d, 0x0e, 0x4f, 0x4c, 0x8a, 0x51, 0x6a, 0x60, 0x12, 0x8c, 0x77, 0xd1}};
  const auto made = boost::uuids::name_generator_sha1{space}(std::string{key});
  varve::uuid id;
  std::copy(made.begin(), made.end(), id.octets.begin());
  return id;
}

}  // namespace dashboards
