#pragma once

#include <fmt/format.h>
#include <mysql.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "varve/backend/detail/mariadb_answer.hpp"
#include "varve/sql/connection.hpp"

/// Questions whose text the server reads once, and whose values go and come as they are.
namespace varve::mariadb::detail {

class prepared_question final : public sql::answered_row {
 public:
  explicit prepared_question(MYSQL* on) : handle_(mysql_stmt_init(on)) {
    if (handle_ == nullptr) throw std::bad_alloc{};
  }

  /// \return whether the server took it, and answers what reads the same in a text.
  [[nodiscard]] bool prepare(const std::string& text) {
    if (mysql_stmt_prepare(handle_.get(), text.data(), text.size()) != 0) return false;
    return take_fields();
  }
  /// \return whether it was answered.
  [[nodiscard]] bool ask(std::span<const value> values) {
    const std::vector<parameter> given{values.begin(), values.end()};
    std::vector<MYSQL_BIND> binds;
    for (const auto& one : given) binds.push_back(one.bind());
    auto* const handle = handle_.get();
    if (!binds.empty() && mysql_stmt_bind_param(handle, binds.data()) != 0) return false;
    // Its columns may have got other types since.
    return mysql_stmt_execute(handle) == 0 && mysql_stmt_store_result(handle) == 0 && take_fields() && bind_places();
  }
  [[nodiscard]] bool step() {
    const int done = mysql_stmt_fetch(handle_.get());
    if (done == 0 || done == MYSQL_DATA_TRUNCATED) return true;  // texts are fetched when they are asked for
    if (done != MYSQL_NO_DATA)
      throw backend_error(error_kind::other, "MariaDB: a row of an answer cannot be read: " + why(), {},
                          static_cast<int>(code()));
    forget();
    return false;
  }
  void forget() noexcept {
    mysql_stmt_free_result(handle_.get());
    for (auto& one : places_)
      if (one.text.capacity() > most_kept) one.text = std::string{};
  }
  [[nodiscard]] value column(int index) override {
    auto& place = places_[static_cast<std::size_t>(index)];
    if (place.is_null != 0) return value::null();
    const auto& field = *mysql_fetch_field_direct(fields_.get(), static_cast<unsigned>(index));
    switch (place.bound) {
      case MYSQL_TYPE_LONGLONG:
        if (place.number < 0 && is_unsigned(field)) throw too_large(field);
        return value::of(place.number);
      case MYSQL_TYPE_DOUBLE: return value::of(place.real);
      case MYSQL_TYPE_DATETIME: {
        const auto& t = place.time;
        place.text = fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}", t.year, t.month, t.day, t.hour, t.minute,
                                 t.second, t.second_part);
        return value::text(place.text);
      }
      default:
        return field.type == MYSQL_TYPE_NEWDECIMAL ? value_of_decimal(text_of(index))
                                                   : value_of_bytes(field, text_of(index));
    }
  }

  [[nodiscard]] unsigned code() const { return mysql_stmt_errno(handle_.get()); }
  [[nodiscard]] std::string why() const { return mysql_stmt_error(handle_.get()); }

 private:
  struct end {
    void operator()(MYSQL_STMT* handle) const { mysql_stmt_close(handle); }
  };
  /// A value on its way to the server.
  struct parameter {
    value given;
    std::int64_t number = 0;
    double real = 0;
    unsigned long length = 0;

    parameter(const value& v) : given(v) {  // NOLINT(google-explicit-constructor)
      if (v.kind() == value_kind::integer) number = v.integer();
      if (v.kind() == value_kind::real) real = v.real();
      if (v.kind() == value_kind::text || v.kind() == value_kind::blob) length = v.view().size();
    }
    [[nodiscard]] MYSQL_BIND bind() const {
      MYSQL_BIND made{};
      switch (given.kind()) {
        case value_kind::null: made.buffer_type = MYSQL_TYPE_NULL; return made;
        case value_kind::integer: made.buffer_type = MYSQL_TYPE_LONGLONG; break;
        case value_kind::real: made.buffer_type = MYSQL_TYPE_DOUBLE; break;
        case value_kind::text: made.buffer_type = MYSQL_TYPE_STRING; break;
        case value_kind::blob: made.buffer_type = MYSQL_TYPE_BLOB; break;
      }
      // The library reads what these point to.
      const void* from = given.kind() == value_kind::integer ? static_cast<const void*>(&number)
                         : given.kind() == value_kind::real  ? static_cast<const void*>(&real)
                                                             : given.view().data();
      made.buffer = const_cast<void*>(from);
      made.buffer_length = length;
      made.length = const_cast<unsigned long*>(&length);
      return made;
    }
  };
  /// Where a column of the row at hand is.
  struct column_place {
    enum_field_types bound = MYSQL_TYPE_NULL;  ///< as what it comes
    std::int64_t number = 0;
    double real = 0;
    MYSQL_TIME time{};
    std::string text{};
    unsigned long length = 0;
    my_bool is_null = 0, is_cut = 0;
  };

  /// \return whether their values are those that a text would have: a real of single precision has six digits there.
  bool take_fields() {
    fields_.reset(mysql_stmt_result_metadata(handle_.get()));
    if (fields_ == nullptr) return false;
    places_.resize(mysql_num_fields(fields_.get()));
    for (unsigned i = 0; i < places_.size(); ++i) {
      switch (mysql_fetch_field_direct(fields_.get(), i)->type) {
        case MYSQL_TYPE_FLOAT:
        case MYSQL_TYPE_DECIMAL:
        case MYSQL_TYPE_YEAR:
        case MYSQL_TYPE_DATE:
        case MYSQL_TYPE_TIME: return false;
        default: break;
      }
    }
    return true;
  }
  bool bind_places() {
    std::vector<MYSQL_BIND> binds(places_.size());
    for (unsigned i = 0; i < places_.size(); ++i) {
      auto& place = places_[i];
      auto& bind = binds[i];
      const auto& field = *mysql_fetch_field_direct(fields_.get(), i);
      bind.is_null = &place.is_null;
      bind.error = &place.is_cut;
      bind.length = &place.length;
      switch (field.type) {
        case MYSQL_TYPE_TINY:
        case MYSQL_TYPE_SHORT:
        case MYSQL_TYPE_INT24:
        case MYSQL_TYPE_LONG:
        case MYSQL_TYPE_LONGLONG:
          bind.buffer_type = MYSQL_TYPE_LONGLONG;
          bind.buffer = &place.number;
          bind.is_unsigned = is_unsigned(field) ? 1 : 0;
          break;
        case MYSQL_TYPE_DOUBLE:
          bind.buffer_type = MYSQL_TYPE_DOUBLE;
          bind.buffer = &place.real;
          break;
        case MYSQL_TYPE_DATETIME:
        case MYSQL_TYPE_TIMESTAMP:
          bind.buffer_type = MYSQL_TYPE_DATETIME;
          bind.buffer = &place.time;
          break;
        default:
          bind.buffer_type = MYSQL_TYPE_BLOB;  // its length alone
          break;
      }
      place.bound = bind.buffer_type;
    }
    return mysql_stmt_bind_result(handle_.get(), binds.data()) == 0;
  }

  /// Texts of up to so many bytes keep their room for the next row.
  static constexpr std::size_t most_kept = 1U << 16U;

  [[nodiscard]] std::string_view text_of(int index) {
    auto& place = places_[static_cast<std::size_t>(index)];
    place.text.resize(place.length);
    if (place.length == 0) return {};
    MYSQL_BIND bind{};
    unsigned long length = 0;
    bind.buffer_type = MYSQL_TYPE_BLOB;
    bind.buffer = place.text.data();
    bind.buffer_length = place.length;
    bind.length = &length;
    if (mysql_stmt_fetch_column(handle_.get(), &bind, static_cast<unsigned>(index), 0) != 0 || length != place.length)
      throw backend_error(error_kind::other, "MariaDB: a column of an answer cannot be read: " + why(), {},
                          static_cast<int>(code()));
    return place.text;
  }

  std::unique_ptr<MYSQL_STMT, end> handle_;
  result fields_{};
  std::vector<column_place> places_{};
};

}  // namespace varve::mariadb::detail
