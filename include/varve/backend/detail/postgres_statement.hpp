#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "varve/backend/detail/postgres_answer.hpp"
#include "varve/core/bytes.hpp"
#include "varve/sql/connection.hpp"

namespace varve::postgres::detail {

class connection;

/// A statement that the server has prepared. Values are sent and come back as text. One whose rows nobody steps through
/// is sent, and its answer taken with the next that is waited for.
class statement final : public sql::statement {
 public:
  statement(connection& on, const std::string& text);
  ~statement() override;

  void bind(int index, const value& value) override;
  bool step() override;
  void run() override { send({}); }
  void run(const row_taker& take) override { send(take); }
  [[nodiscard]] value column(int index) override { return rows_.column(index); }
  void reset() noexcept override {
    rows_.put({});
    for (auto& one : values_) one.reset();
  }

 private:
  void send(const row_taker& take);

  connection* on_;
  std::string text_;
  std::string name_;
  std::uint64_t made_in_ = 0;  ///< the transaction, as the connection counts them
  std::vector<std::optional<std::string>> values_{};
  answer rows_{};
};

inline void statement::bind(int index, const value& v) {
  const auto at = static_cast<std::size_t>(index) - 1;
  if (values_.size() <= at) values_.resize(at + 1);
  auto& text = values_[at];
  switch (v.kind()) {
    case value_kind::null: text.reset(); break;
    case value_kind::integer: text = std::to_string(v.integer()); break;
    case value_kind::real: {
      char digits[32];
      const auto done = std::to_chars(digits, digits + sizeof digits, v.real());
      text = std::string{digits, done.ptr};
      break;
    }
    case value_kind::text:
      // It would end there. Fields are refused before; this is something that is asked for.
      if (v.view().find('\0') != std::string_view::npos)
        throw input_error("a text that holds a NUL character was asked for, which PostgreSQL has in no text",
                          {{}, {}, "read"});
      text = std::string{v.view()};
      break;
    case value_kind::blob: {
      std::string hex = "\\x";
      append_hex(hex, v.view());
      text = std::move(hex);
      break;
    }
  }
}

}  // namespace varve::postgres::detail
