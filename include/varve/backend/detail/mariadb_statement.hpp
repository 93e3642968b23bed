#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "varve/backend/detail/mariadb_answer.hpp"
#include "varve/backend/detail/mariadb_text.hpp"
#include "varve/sql/connection.hpp"

namespace varve::mariadb::detail {

class connection;

/// A statement whose values are written into its text. One whose rows nobody steps through waits for others, to be sent
/// together with them.
class statement final : public sql::statement {
 public:
  statement(connection& on, const std::string& text);

  void bind(int index, const value& v) override {
    const auto at = static_cast<std::size_t>(index) - 1;
    if (values_.size() <= at) values_.resize(at + 1);
    values_[at] = v;
  }
  bool step() override;
  void run() override { send({}); }
  void run(const row_taker& take) override { send(take); }
  [[nodiscard]] value column(int index) override { return rows_.column(index); }
  void reset() noexcept override {
    rows_.put({});
    asked_ = false;
    for (auto& one : values_) one = value::null();
  }

 private:
  void send(const row_taker& take);

  connection* on_;
  std::string told_;  ///< what errors show of the text
  template_text text_;
  std::vector<value> values_{};
  answer rows_{};
  bool asked_ = false;
};

}  // namespace varve::mariadb::detail
