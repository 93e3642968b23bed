#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "varve/core/inline.hpp"
#include "varve/core/reflection.hpp"
#include "varve/history/version.hpp"
#include "varve/restore/detail/past.hpp"
#include "varve/restore/plan.hpp"
#include "varve/session/session.hpp"

namespace varve {

/// Brings an entity back to a version, one relation at a time; nothing of the past is rewritten.
///
/// Each step is flushed into the session's transaction; `session.commit()` makes one new version of them, whose action
/// kind is `restore` and whose meta names the version restored. Audit stamps, noise, excluded fields and what lies
/// outside the descriptor stay as they are; children keep their keys; the content of linked entities is not touched.
///
/// Errors: `input_error` for a deletion (there is nothing to restore to), a key that another uuid has now, a to-one
///         reference whose target is gone (unless `clear_references`), an excluded column that a deleted entity cannot
///         get back; `backend_error` of kind damaged for a history with holes; `conflict_error` when a child lives
///         under another parent now. All before anything of the restore is written.
/// Threads: as the session.
class reverter {
 public:
  VARVE_INLINE reverter(session& session, const version& version);
  /// As it comes from `history`: nothing stands for a version that does not exist.
  VARVE_INLINE reverter(session& session, const std::optional<version>& version);

  /// To-one references whose target no longer lives are cleared instead of refused.
  reverter& clear_references(bool clear = true) {
    clear_references_ = clear;
    return *this;
  }

  /// What `all` would write. What the application changed in the session is flushed first.
  [[nodiscard]] VARVE_INLINE restore_plan plan();
  /// Restores all, if the entity still is at the version that the plan saw; `conflict_error` else.
  VARVE_INLINE void apply(const restore_plan& plan);

  /// Fields, then each relation in the descriptor's order, each flushed before the next.
  VARVE_INLINE void all();
  /// The scalar fields alone.
  VARVE_INLINE void fields();
  /// One relation alone: `revert.relation<&Dataset::metrics>()`.
  template <auto Member>
  void relation() {
    relation(detail::name_of<Member>);
  }
  VARVE_INLINE void relation(std::string_view field);

  /// Links that were left out so far, as their targets no longer live.
  [[nodiscard]] const std::vector<skipped_link>& skipped() const { return skipped_; }

 private:
  VARVE_INLINE void load(const version& version);

  VARVE_INLINE detail::managed* find_live();
  VARVE_INLINE detail::managed& must_live();
  VARVE_INLINE std::size_t begin();
  VARVE_INLINE void act(std::size_t written);
  VARVE_INLINE void check(const detail::managed* live);
  VARVE_INLINE void restore_fields(detail::managed& live);
  VARVE_INLINE void restore_relation(detail::managed& live, std::size_t r);
  VARVE_INLINE void insert_again();
  VARVE_INLINE detail::entity_state wanted_state(const detail::managed* live, std::vector<skipped_link>& skipped);
  VARVE_INLINE void count_rows(restore_plan& made, const detail::managed* live, const void* target) const;

  detail::unit_of_work* work_;
  detail::past_version past_{};
  std::vector<skipped_link> skipped_{};
  bool clear_references_ = false;
};

}  // namespace varve

#ifndef VARVE_COMPILED
#include "varve/restore/detail/reverter_impl.hpp"
#endif
