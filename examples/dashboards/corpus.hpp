#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "states.hpp"

namespace dashboards {

/// One line of a corpus: an entity as one save left it.
struct corpus_line {
  std::size_t number = 0;  ///< in its file, from 1
  entity_name name{};
  std::string key{};
  std::int64_t seq = 0;  ///< the version's number within the entity, from 0
  std::int64_t tx = 0;
  varve::time_point at{};
  std::optional<state> document{};  ///< nothing: a deletion
};

/// The lines with one `tx`.
struct corpus_save {
  std::size_t file = 0;  ///< index in `corpus::files`
  std::int64_t tx = 0;
  varve::time_point at{};
  std::vector<corpus_line> lines{};
};

/// Why a line, and with it its save, was left out.
struct bad_line {
  std::string file{};
  std::size_t number = 0;
  std::string reason{};
};
/// `a.jsonl:7: ...`
[[nodiscard]] std::string to_string(const bad_line& bad);

struct corpus {
  std::vector<std::string> files{};
  std::vector<corpus_save> saves{};  ///< by time; those of one file in the order of `tx`
  std::vector<bad_line> bad{};
  std::map<std::string, std::size_t> ignored{};  ///< members that no field takes (`chart.color`), and how often
  [[nodiscard]] std::size_t lines() const {
    std::size_t count = 0;
    for (const auto& save : saves) count += save.lines.size();
    return count;
  }
};

/// Reads corpora, one JSON object a line: `entity`, `key`, `seq`, `tx`, `at`, `doc`.
///
/// Documents become structs with all their links, by uuid. A bad line is told with its number and reason, and nothing
/// of its save is kept; the rest is. Errors: `std::runtime_error` for a file that cannot be read.
[[nodiscard]] corpus read_corpus(const std::vector<std::filesystem::path>& files);

/// The uuid of a key that is one; of any other a uuid made from its text, always the same.
[[nodiscard]] varve::uuid uuid_of_key(std::string_view key);

}  // namespace dashboards
