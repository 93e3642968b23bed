#include "verify.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "laws.hpp"

#include "varve/history/doctor.hpp"
#include "varve/history/history.hpp"
#include "varve/restore/reverter.hpp"
#include "varve/session/session.hpp"

namespace dashboards {
namespace {

// ---- counting ----

template <class Entity>
void count_versions(varve::store_reader& reader, history_counts& counts) {
  const auto& info = varve::info_of<Entity>();
  std::optional<std::pair<varve::row_key, varve::transaction_id>> place;
  for (;;) {
    const auto rows = reader.shadow_after(*info.table, place, 500);
    if (rows.empty()) return;
    for (const auto& row : rows) {
      place = {varve::row_key::of(row.row, info.table->key), row.begin};
      ++counts.versions;
      if (row.operation == varve::row_operation::update &&
          reader.changes(info.kind, place->first, row.begin, row.begin).empty())
        ++counts.without_records;
    }
  }
}

// ---- reading back ----

[[nodiscard]] bool is_as_expected(const varve::version& version, version_kind what) {
  switch (what) {
    case version_kind::created: return version.operation() == varve::row_operation::insert && !version.is_baseline();
    case version_kind::baseline: return version.operation() == varve::row_operation::insert && version.is_baseline();
    case version_kind::changed: return version.operation() == varve::row_operation::update;
    case version_kind::deleted: return version.is_deletion();
  }
  return false;
}

/// Whether a record was cut for storage; the versions themselves have the values then.
[[nodiscard]] bool is_cut(const varve::change_list& records) {
  const auto is_marker = [](const nlohmann::json& value) {
    return value.is_object() && value.size() == 3 && value.contains("truncated") && value.contains("preview");
  };
  return std::any_of(records.begin(), records.end(), [&](const varve::change_record& record) {
    return record.operation == varve::operation::update || is_marker(record.from) || is_marker(record.to);
  });
}

class history_verifier {
 public:
  history_verifier(varve::store_handle store, const expected_histories& expected, verify_result& result)
      : store_(std::move(store)), expected_(expected), result_(result) {}

  template <class Entity>
  void verify(const entity_name& name, const std::vector<expected_version>& expected) {
    const varve::history<Entity> history{store_};
    const auto found = history.versions(name.uuid).all();
    if (found.size() != expected.size())
      tell(result_.readback_mismatches, "{} has {} versions instead of {}", to_string(name), found.size(),
           expected.size());
    std::vector<state> chain;
    for (std::size_t i = 0; i < std::min(found.size(), expected.size()); ++i) {
      const auto& version = found[i];
      if (!is_as_expected(version, expected[i].what) || version.number() != i)
        tell(result_.readback_mismatches, "{} version {} is of another kind than expected", to_string(name), i);
      if (!expected[i].document || version.is_deletion()) {
        check_chain(chain);
        continue;
      }
      const state read = history.state(version);
      if (!same(read, *expected[i].document))
        tell(result_.readback_mismatches, "{} version {} differs from its document: {}", to_string(name), i,
             differences(read, *expected[i].document));
      const auto then = history.as_of(name.uuid, version.issued_at());
      if (!then || !same(*then, read))
        tell(result_.readback_mismatches, "{} as of version {}'s time is another", to_string(name), i);
      if (version.operation() == varve::row_operation::insert)
        check_chain(chain);
      else if (!chain.empty() && !is_cut(version.changes()))
        note(find_breaches(chain.back(), read, version.changes().records()));
      chain.push_back(read);
    }
    check_chain(chain);
    check_live<Entity>(name);
  }

 private:
  template <class... Args>
  void tell(std::size_t& count, fmt::format_string<Args...> text, Args&&... args) {
    ++count;
    result_.details.push_back(fmt::format(text, std::forward<Args>(args)...));
  }
  void note(std::vector<std::string> breaches) {
    result_.replay_mismatches += breaches.size();
    for (auto& breach : breaches) result_.details.push_back(std::move(breach));
  }
  /// The laws speak of the updates between an insert and a deletion.
  void check_chain(std::vector<state>& chain) {
    note(find_breaches(chain));
    chain.clear();
  }
  template <class Entity>
  void check_live(const entity_name& name) {
    varve::session session{store_};
    const auto* live = session.find<Entity>(name.uuid);
    const auto* expected = expected_.live(name);
    if ((live == nullptr) != (expected == nullptr) || (live != nullptr && !same(*live, *expected)))
      tell(result_.readback_mismatches, "{} lives in another state than its last document", to_string(name));
  }

  varve::store_handle store_;
  const expected_histories& expected_;
  verify_result& result_;
};

// ---- restoring ----

class restore_verifier {
 public:
  restore_verifier(varve::store_handle copy, verify_result& result) : store_(std::move(copy)), result_(result) {}

  template <class Entity>
  void verify(const entity_name& name, const std::vector<expected_version>& expected) {
    const varve::history<Entity> history{store_};
    const auto versions = history.versions(name.uuid).all();
    for (std::size_t i = 0; i < std::min(versions.size(), expected.size()); ++i)
      if (expected[i].document && !versions[i].is_deletion())
        restore<Entity>(history, name, versions[i], *expected[i].document, i);
  }

 private:
  template <class... Args>
  void tell(fmt::format_string<Args...> text, Args&&... args) {
    ++result_.restore_mismatches;
    result_.details.push_back(fmt::format(text, std::forward<Args>(args)...));
  }

  template <class Entity>
  void restore(const varve::history<Entity>& history, const entity_name& name, const varve::version& version,
               const state& document, std::size_t number) {
    const auto what = fmt::format("{} restored to version {}", to_string(name), number);
    ++result_.restores;
    try {
      const auto before = live<Entity>(name);
      varve::session session{store_, varve::actor{"verify", 2}};
      varve::reverter revert{session, version};
      revert.all();
      const auto done = session.commit();

      auto wanted = document;
      take_out_skipped(wanted, revert.skipped(), what);
      const auto after = live<Entity>(name);
      if (!after) return tell("{} does not live", what);
      if (!same(*after, wanted)) tell("{} differs: {}", what, differences(*after, wanted));
      if (before && same(*before, wanted) != !done.transaction)
        tell("{} {} a version", what, done.transaction ? "changed nothing and made" : "made no");
      check_left_alone(before, *after, history.state(version), what);
    } catch (const varve::error& error) {
      tell("{}: {}", what, error.what());
    }
  }

  template <class Entity>
  std::optional<Entity> live(const entity_name& name) {
    varve::session session{store_};
    const auto* found = session.find<Entity>(name.uuid);
    return found == nullptr ? std::nullopt : std::optional{*found};
  }

  /// Links that were skipped are not expected; their charts must really be gone.
  void take_out_skipped(state& wanted, const std::vector<varve::skipped_link>& skipped, const std::string& what) {
    auto* board = std::get_if<Dashboard>(&wanted);
    for (const auto& link : skipped) {
      ++result_.restore_links_skipped;
      const auto chart = varve::parse_uuid(link.target);
      if (board == nullptr || !chart || live<Chart>({entity_kind::chart, *chart}))
        tell("{} left out a link to {}, which lives", what, link.target);
      else
        std::erase_if(board->slices, [&](const varve::link<Chart>& l) { return l.uuid == *chart; });
    }
  }

  /// Key, creation stamps and unversioned fields stay; children that were there keep their keys.
  template <class Entity>
  void check_left_alone(const std::optional<Entity>& before, const Entity& after, const Entity& then,
                        const std::string& what) {
    if (after.id != then.id) tell("{} has another key", what);
    if (after.created_on != (before ? before->created_on : then.created_on)) tell("{} has another creation time", what);
    if constexpr (std::is_same_v<Entity, Chart>)
      if (after.query_context != (before ? before->query_context : std::nullopt))
        tell("{} has another query_context", what);
    if constexpr (std::is_same_v<Entity, Dataset>) {
      if (!before) return;
      std::map<std::string, std::int64_t> keys;
      for (const auto& metric : before->metrics) keys[metric.metric_name] = metric.id;
      for (const auto& metric : after.metrics)
        if (const auto known = keys.find(metric.metric_name); known != keys.end() && known->second != metric.id)
          tell("{} gave metric {} another key", what, metric.metric_name);
    }
  }

  varve::store_handle store_;
  verify_result& result_;
};

template <class Verifier>
void verify_one(Verifier& verifier, const entity_name& name, const std::vector<expected_version>& versions) {
  switch (name.kind) {
    case entity_kind::dashboard: return verifier.template verify<Dashboard>(name, versions);
    case entity_kind::chart: return verifier.template verify<Chart>(name, versions);
    case entity_kind::dataset: return verifier.template verify<Dataset>(name, versions);
  }
}

/// What the doctor finds in the whole store.
void check_invariants(const varve::store_handle& store, verify_result& result) {
  const auto report = varve::check_history(store);
  result.invariant_violations += report.count();
  for (const auto& violation : report.violations) result.details.push_back(fmt::format("{}", violation));
}

}  // namespace

history_counts count_history(const varve::store_handle& store) {
  history_counts counts;
  const auto reader = store.base().snapshot();
  count_versions<Dashboard>(*reader, counts);
  count_versions<Chart>(*reader, counts);
  count_versions<Dataset>(*reader, counts);
  varve::transaction_id last{};
  for (;;) {
    const auto rows = reader->transactions_after(last, 500);
    if (rows.empty()) return counts;
    counts.transactions += rows.size();
    last = rows.back().id;
  }
}

void verify_history(const varve::store_handle& store, const expected_histories& expected, verify_result& result,
                    const std::function<void()>& step) {
  history_verifier verifier{store, expected, result};
  for (const auto& [name, versions] : expected.versions()) {
    verify_one(verifier, name, versions);
    if (step) step();
  }
  if (const auto found = count_history(store).versions; found != expected.count()) {
    ++result.readback_mismatches;
    result.details.push_back(fmt::format("the store has {} versions instead of {}", found, expected.count()));
  }
  check_invariants(store, result);
}

void verify_restores(const varve::store_handle& copy, const expected_histories& expected, verify_result& result,
                     const std::function<void()>& step) {
  restore_verifier verifier{copy, result};
  for (const auto& [name, versions] :
       expected.versions()) {  // dashboards first: their charts are as the replay left them
    verify_one(verifier, name, versions);
    if (step) step();
  }
  check_invariants(copy, result);
}

}  // namespace dashboards
