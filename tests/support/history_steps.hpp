#pragma once

/// Histories as values: lists of plain steps, which can be made at random, run, cut shorter and printed as a program.

#include <algorithm>
#include <array>
#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace test {

/// What a step does. Steps that change something open a unit of work; those from `commit` on end it first.
enum class act {
  add,          ///< an entity, perhaps under a key that was another's
  edit,         ///< a field, a child, a link
  move,         ///< a child to another parent
  erase,        ///< an entity, with the links to it
  restore,      ///< an entity to a version
  restore_one,  ///< its fields alone, or one relation
  flush,
  savepoint,
  rollback_to,  ///< a savepoint
  release,      ///< a savepoint
  rollback,     ///< the unit of work
  commit,
  adopt,      ///< all drift
  add_past,   ///< an entity, past varve: one without a history
  edit_past,  ///< an entity's own field, past varve
  drift,      ///< anything, past varve, and its adoption
  conflict,   ///< one session saves what another has loaded, and the other saves too
  prune,
};

/// A step with the numbers that say to what it is done, each modulo what there is.
struct step {
  act what = act::commit;
  std::array<unsigned, 4> with{};  ///< kind of entity, which of them, what of it, value

  friend bool operator==(const step&, const step&) = default;
};

using history_steps = std::vector<step>;

inline std::string_view name_of(act what) {
  constexpr std::string_view names[] = {"add",   "edit",      "move",        "erase",   "restore",  "restore_one",
                                        "flush", "savepoint", "rollback_to", "release", "rollback", "commit",
                                        "adopt", "add_past",  "edit_past",   "drift",   "conflict", "prune"};
  return names[static_cast<std::size_t>(what)];
}

/// A test case that takes these steps.
inline std::string program_of(const history_steps& steps, std::string_view run) {
  std::string text = "TEST_CASE(\"a history that failed\", \"[model]\") {\n  " + std::string{run} + "({\n";
  for (const auto& one : steps) {
    text += "      {act::" + std::string{name_of(one.what)} + ", {";
    for (std::size_t i = 0; i < one.with.size(); ++i) text += (i > 0 ? ", " : "") + std::to_string(one.with[i]);
    text += "}},\n";
  }
  return text + "  });\n}\n";
}

/// A history of so many steps.
/// \param without  what is not among them.
inline history_steps random_steps(unsigned seed, std::size_t count, const std::vector<act>& without = {}) {
  struct share {
    act what;
    unsigned of;
  };
  constexpr share shares[] = {{act::add, 14},        {act::edit, 46},       {act::move, 6},      {act::erase, 6},
                              {act::restore, 9},     {act::restore_one, 5}, {act::flush, 10},    {act::savepoint, 6},
                              {act::rollback_to, 4}, {act::release, 3},     {act::rollback, 1},  {act::commit, 18},
                              {act::adopt, 1},       {act::add_past, 3},    {act::edit_past, 2}, {act::drift, 3},
                              {act::conflict, 2},    {act::prune, 2}};
  unsigned all = 0;
  for (const auto& one : shares) all += one.of;
  std::mt19937 random{seed};
  const auto pick = [&](unsigned size) { return static_cast<unsigned>(random() % size); };
  history_steps steps;
  while (steps.size() < count) {
    unsigned left = pick(all);
    step made;
    for (const auto& one : shares) {
      made.what = one.what;
      if (left < one.of) break;
      left -= one.of;
    }
    made.with = {pick(5), pick(12), pick(36), pick(72)};
    if (std::find(without.begin(), without.end(), made.what) == without.end()) steps.push_back(made);
  }
  return steps;
}

}  // namespace test
