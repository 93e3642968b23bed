#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "varve/backend/detail/mariadb_answer.hpp"
#include "varve/backend/detail/mariadb_prepared.hpp"
#include "varve/backend/detail/mariadb_text.hpp"
#include "varve/sql/connection.hpp"

namespace varve::mariadb::detail {

class connection;

/// A statement whose values are written into its text. One whose rows nobody steps through waits for others, to be sent
/// together with them. A question that is asked alone, and not for the first time, is prepared.
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
  [[nodiscard]] value column(int index) override {
    return is_prepared_ ? prepared_->column(index) : rows_.column(index);
  }
  void reset() noexcept override {
    rows_.put({});
    if (std::exchange(is_prepared_, false)) prepared_->forget();
    asked_ = false;
    for (auto& one : values_) one = value::null();
  }

 private:
  void send(const row_taker& take);
  [[nodiscard]] bool ask_prepared();

  connection* on_;
  std::string told_;  ///< what errors show of the text
  template_text text_;
  std::vector<value> values_{};
  answer rows_{};
  bool asked_ = false;
  /// How it is asked. Preparing takes a round trip, which what is asked once does not get back.
  enum class stage : std::uint8_t { not_asked, asked, prepared, as_text_only };
  stage stage_ = stage::not_asked;
  std::unique_ptr<prepared_question> prepared_{};
  std::vector<std::size_t> marks_{};  ///< of the prepared text: the numbers of its values
  bool is_prepared_ = false;          ///< the rows at hand are those of the prepared question
};

}  // namespace varve::mariadb::detail
