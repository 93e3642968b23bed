#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "corpus.hpp"

namespace dashboards {

enum class version_kind { created, baseline, changed, deleted };

/// A version that a history must have.
struct expected_version {
  version_kind what = version_kind::created;
  std::shared_ptr<const state> document{};  ///< null for a deletion
};

/// A line as it is to be saved: links to charts that do not live after the save are taken out.
struct planned_line {
  const corpus_line* line = nullptr;
  std::shared_ptr<const state> document{};  ///< null: a deletion
};
struct planned_save {
  const corpus_save* save = nullptr;
  std::vector<planned_line> lines{};
  std::size_t links_dropped = 0;
};

/// The histories that a replay must give, worked out from the lines alone by comparing structs field by field: a model
/// of what varve does which shares no code with it.
class expected_histories {
 public:
  /// What a save comes to; nothing is changed.
  [[nodiscard]] planned_save plan(const corpus_save& save) const;
  /// What adopting the first state of every entity of a corpus comes to; all of them live together.
  [[nodiscard]] planned_save plan_adoption(const corpus& corpus) const;

  /// Notes that these lines live now and have no history.
  void adopt(const planned_save& adopted);
  /// Notes the versions that a save makes.
  void apply(const planned_save& planned);

  [[nodiscard]] const std::map<entity_name, std::vector<expected_version>>& versions() const { return versions_; }
  [[nodiscard]] std::size_t count() const;
  /// Null when it does not live.
  [[nodiscard]] const state* live(const entity_name& name) const;
  [[nodiscard]] bool lives(const varve::uuid& chart) const { return live({entity_kind::chart, chart}) != nullptr; }

 private:
  struct living {
    std::shared_ptr<const state> document{};
    bool has_history = false;
  };
  void make_baseline(const entity_name& name, living& entity);
  void make_baselines_of_links(const state* board);
  void drop_links_to(const std::set<varve::uuid>& gone, const planned_save& planned);

  std::map<entity_name, living> live_{};
  std::map<entity_name, std::vector<expected_version>> versions_{};
};

}  // namespace dashboards
