#pragma once

#include <utility>

#include "varve/diff/diff.hpp"
#include "varve/session/detail/unit_of_work.hpp"
#include "varve/session/session.hpp"

namespace varve {

VARVE_INLINE void savepoint::rollback() { work_->rollback_to(place_); }
VARVE_INLINE void savepoint::release() { work_->release(place_); }

VARVE_INLINE session::session(store_handle store, attribution who)
    : work_(std::make_unique<detail::unit_of_work>(std::move(store), std::move(who))) {
  work_->self(this);
}
VARVE_INLINE session::session(store_handle store)
    : work_(std::make_unique<detail::unit_of_work>(std::move(store), std::nullopt)) {
  work_->self(this);
}
VARVE_INLINE session::session(session&& other) noexcept : work_(std::move(other.work_)) { work_->self(this); }
VARVE_INLINE session& session::operator=(session&& other) noexcept {
  work_ = std::move(other.work_);
  work_->self(this);
  return *this;
}
VARVE_INLINE session::~session() = default;

VARVE_INLINE void session::flush() { work_->flush(); }
VARVE_INLINE commit_result session::commit() { return work_->commit(); }
VARVE_INLINE void session::rollback() { work_->rollback(); }
VARVE_INLINE varve::savepoint session::savepoint() { return {*work_, work_->savepoint()}; }
VARVE_INLINE void session::begin() { work_->begin(); }
VARVE_INLINE bool session::is_modified() { return work_->is_modified(); }

VARVE_INLINE void session::attribute(attribution who) { work_->who() = std::move(who); }
VARVE_INLINE std::optional<attribution>& session::attributed() { return work_->who(); }
VARVE_INLINE varve::hooks& session::hooks() { return work_->hooks(); }
VARVE_INLINE record_limits& session::limits() { return work_->limits(); }
VARVE_INLINE void session::clock(std::function<time_point()> clock) { work_->set_clock(std::move(clock)); }
VARVE_INLINE store_handle session::store() const { return work_->store(); }

VARVE_INLINE void* session::add(const entity_info& info, std::shared_ptr<void> object) {
  return work_->add(info, std::move(object)).object.get();
}
VARVE_INLINE void* session::get(const entity_info& info, const row_key& key) {
  return work_->get(info, key).object.get();
}
VARVE_INLINE void* session::find(const entity_info& info, const row_key& key) {
  auto* entry = key.empty() ? nullptr : work_->find(info, key);
  return entry == nullptr ? nullptr : entry->object.get();
}
VARVE_INLINE void* session::save(const entity_info& info, const void* value) {
  return work_->save(info, detail::copy_state(info, value)).object.get();
}
VARVE_INLINE void session::erase(const entity_info& info, const row_key& key) { work_->erase(info, key); }
VARVE_INLINE void session::expect(const entity_info& info, const row_key& key, transaction_id version) {
  work_->expect(info, key, version);
}
VARVE_INLINE std::vector<change_record> session::pending(const entity_info& info, const void* object) {
  const auto* entry = work_->entry_of(object);
  if (entry == nullptr || !entry->base || entry->erased) return {};
  diff_scratch scratch;
  detail::diff_into(info, entry->base->object.get(), object, rules_of(info), scratch);
  return detail::owned_records(scratch);
}
VARVE_INLINE row_key session::key_of_uuid(const entity_info& info, const uuid& id) {
  return work_->key_of_uuid(info, id);
}

}  // namespace varve
