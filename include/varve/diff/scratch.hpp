#pragma once

#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/core/text_writer.hpp"
#include "varve/diff/detail/items.hpp"
#include "varve/diff/detail/members.hpp"
#include "varve/diff/detail/parse.hpp"
#include "varve/diff/record.hpp"

namespace varve {

/// Room that a diff works in and that its borrowed records view; used again it allocates little.
class diff_scratch {
 public:
  /// Drops the records of the diff before.
  void clear() {
    records_.clear();
    steps_.clear();
    texts_.clear();
    documents_.clear();
    members_.clear();
  }

  [[nodiscard]] std::span<const change_view> records() const { return records_; }
  [[nodiscard]] std::span<const path_step> path(const change_view& record) const {
    return {steps_.data() + record.path_begin, record.path_size};
  }
  [[nodiscard]] std::vector<change_view>& raw_records() { return records_; }
  /// Room for the comparison of a collection.
  [[nodiscard]] detail::item_changes& items() { return items_; }

  /// Room for the comparison of documents' texts.
  [[nodiscard]] detail::member_room& members() { return members_; }

  /// How many records there are, to go back to.
  struct position {
    std::size_t records = 0;
    std::size_t steps = 0;
  };
  [[nodiscard]] position mark() const { return {records_.size(), steps_.size()}; }
  /// Drops the records that were added since; texts and documents are kept.
  void drop_since(const position& mark) {
    records_.resize(mark.records);
    steps_.resize(mark.steps);
    members_.found.clear();
  }

  /// Keeps a text until `clear`.
  std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }
  /// Keeps a parsed document until `clear`.
  const detail::parsed_document& keep(detail::parsed_document&& document) {
    return documents_.emplace_back(std::move(document));
  }

  /// Whose records are added from now on.
  void about(std::string_view field) { field_ = field; }
  void add(std::string_view kind, operation op, std::span<const path_step> path, value_view from, value_view to) {
    records_.push_back({field_, kind, op, static_cast<std::uint32_t>(steps_.size()),
                        static_cast<std::uint32_t>(path.size()), from, to});
    steps_.insert(steps_.end(), path.begin(), path.end());
  }

  /// Appends the path of a record as a JSON array.
  void append_path(text_writer& out, const change_view& record) const {
    out.put('[');
    bool first = true;
    for (const auto& step : path(record)) {
      if (!first) out.put(',');
      first = false;
      append_json(out, step);
    }
    out.put(']');
  }

  [[nodiscard]] change_record owned(const change_view& record) const {
    change_record made;
    made.kind = record.kind;
    made.operation = record.operation;
    for (const auto& step : path(record)) {
      if (step.position >= 0)
        made.path.push_back(step.position);
      else
        made.path.push_back(std::string{step.name});
    }
    made.from = record.from.to_json();
    made.to = record.to.to_json();
    return made;
  }

 private:
  std::string_view field_{};
  std::vector<change_view> records_{};
  std::vector<path_step> steps_{};
  std::deque<std::string> texts_{};
  std::deque<detail::parsed_document> documents_{};
  detail::item_changes items_{};
  detail::member_room members_{};
};

}  // namespace varve
