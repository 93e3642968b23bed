#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/core/inline.hpp"
#include "varve/diff/visitor.hpp"
#include "varve/history/transaction_query.hpp"
#include "varve/history/version.hpp"
#include "varve/store/detail/make_key.hpp"

namespace varve {

namespace detail {

/// The type of a field's value where it has one.
template <auto Member>
using ranged = typename without_optional<type_of<Member>>::type;

}  // namespace detail

/// Versions that fit, of one entity, of a kind or of all kinds in use: by who made them, why and when, and by what their
/// fields held.
///
/// Each question that is added narrows the list, which reads nothing until a page is asked for. It is in the order of
/// kinds, keys and transactions. Versions of entities that no longer live are part of it, deletions on request.
/// Cost: of a page three statements for each kind that has some, one for each that has none. Values, and who, why and
///       when, are looked for version by version from where the page begins: among those of one entity, where one is
///       named, else among all of the kind. On SQLite each end of a time costs one statement more; one
///       entity of a kind with a uuid costs one more anywhere.
class version_search : public transaction_query<version_search> {
 public:
  explicit version_search(store_handle store) : store_(std::move(store)) {}

  /// Of entities of this kind.
  template <entity_type Entity>
  [[nodiscard]] version_search of() const {
    return of(info_of<Entity>());
  }
  /// Of one entity, named by its uuid or by the values of its key.
  template <entity_type Entity, class Part, class... Parts>
  [[nodiscard]] version_search of(const Part& part, const Parts&... parts) const {
    if constexpr (detail::names_public_id<Entity, Part, Parts...>) {
      return of(info_of<Entity>(), part, std::nullopt);
    } else {
      value_buffer buffer;
      return of(info_of<Entity>(), std::nullopt, detail::make_key<Entity>(buffer, part, parts...));
    }
  }
  /// In which a field had this value: `where<&Dataset::sql>("select 1")`. Compared as it is stored; asked for several
  /// times, all of them. Errors: `input_error` for collections and for fields that no version holds.
  /// \tparam Entity  whose versions, where the field is of a struct that it extends.
  template <auto Member, entity_type Entity = detail::owner_of<Member>>
  [[nodiscard]] version_search where(const detail::type_of<Member>& value) const {
    return where_any<Member, Entity>({value});
  }
  /// In which a field had one of these values; of more than 10,000 an `input_error`.
  template <auto Member, entity_type Entity = detail::owner_of<Member>>
  [[nodiscard]] version_search where_any(const std::vector<detail::type_of<Member>>& values) const {
    std::vector<std::shared_ptr<void>> states;
    for (const auto& value : values) {
      auto state = std::make_shared<Entity>();
      (*state).*Member = value;
      states.push_back(std::move(state));
    }
    return where(info_of<Entity>(), detail::index_of<Entity>(detail::name_of<Member>), states);
  }
  /// In which a field was between two values, both included; an end that is nothing is open. For numbers, texts (by their
  /// bytes) and times; null is in no range. Errors: as `where`, and `input_error` for fields of other types.
  template <auto Member, entity_type Entity = detail::owner_of<Member>>
  [[nodiscard]] version_search where_between(const std::optional<detail::ranged<Member>>& first,
                                             const std::optional<detail::ranged<Member>>& last) const {
    std::shared_ptr<void> states[2];
    for (const auto& [state, value] : {std::pair{&states[0], &first}, std::pair{&states[1], &last}}) {
      if (!*value) continue;
      auto made = std::make_shared<Entity>();
      (*made).*Member = **value;
      *state = std::move(made);
    }
    return where_between(info_of<Entity>(), detail::index_of<Entity>(detail::name_of<Member>), states[0].get(),
                         states[1].get());
  }
  /// Versions that are deletions too; they hold the last values.
  [[nodiscard]] VARVE_INLINE version_search with_deletions() const;
  /// Those behind a version, in the list's order.
  [[nodiscard]] VARVE_INLINE version_search behind(const version& place) const;

  /// The first `size` of them.
  [[nodiscard]] VARVE_INLINE std::vector<version> page(std::size_t size) const;

 private:
  [[nodiscard]] VARVE_INLINE version_search of(const entity_info& info) const;
  [[nodiscard]] VARVE_INLINE version_search of(const entity_info& info, std::optional<uuid> id,
                                               std::optional<row_key> key) const;
  /// \param states  structs whose field has the value.
  [[nodiscard]] VARVE_INLINE version_search where(const entity_info& info, std::size_t field,
                                                  const std::vector<std::shared_ptr<void>>& states) const;
  /// \param first,last  structs whose field has the value; null: the end is open.
  [[nodiscard]] VARVE_INLINE version_search where_between(const entity_info& info, std::size_t field, const void* first,
                                                          const void* last) const;
  /// Adds versions of one kind until there are `size`.
  VARVE_INLINE void add(store_reader& reader, const entity_info& info, version_filter filter, std::size_t size,
                        std::vector<version>& found) const;

  store_handle store_;
  const entity_info* info_ = nullptr;
  version_filter filter_{};
  bool of_one_ = false;
  std::optional<version> behind_{};
};

}  // namespace varve

#ifndef VARVE_COMPILED
#include "varve/history/detail/version_search_impl.hpp"
#endif
