#pragma once

/// A SQLite store that dies at a statement of one's choice.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "varve/backend/detail/sqlite_connection.hpp"
#include "varve/backend/sqlite.hpp"

namespace test {

/// Counts statements, and from one of them on nothing works any more.
struct fuse {
  long left = 0;
  bool after = false;  ///< the last commit takes effect, but its answer is lost
  varve::error_kind kind = varve::error_kind::other;
  bool loses_answer = false;  ///< the next commit takes effect, and its answer alone is lost
  void spend() {
    if (left-- <= 0) throw varve::backend_error(kind, "died");
  }
};

class failing_connection final : public varve::sql::connection {
 public:
  failing_connection(const std::string& path, std::shared_ptr<fuse> until)
      : inner_(path, varve::sqlite::options{.full_sync = false}), fuse_(std::move(until)) {}
  ~failing_connection() override { forget_statements(); }

  void execute(const std::string& text) override {
    fuse_->spend();
    inner_.execute(text);
  }
  std::int64_t last_key() override { return inner_.last_key(); }
  std::size_t changed_rows() override { return inner_.changed_rows(); }
  bool in_transaction() override { return inner_.in_transaction(); }
  void begin_write() override {
    fuse_->spend();
    inner_.begin_write();
  }
  void begin_read() override {
    fuse_->spend();
    inner_.begin_read();
  }
  void commit() override {
    if (!fuse_->after) fuse_->spend();
    inner_.commit();
    if (std::exchange(fuse_->loses_answer, false)) throw varve::backend_error(fuse_->kind, "the answer was lost");
    if (fuse_->after) fuse_->spend();
  }
  void rollback() noexcept override { inner_.rollback(); }
  std::vector<varve::sql::table_column> columns(std::string_view table) override { return inner_.columns(table); }
  bool has_index(std::string_view name) override { return inner_.has_index(name); }
  std::vector<std::string> allow_null(std::string_view table, const varve::sql::table_column& column) override {
    return inner_.allow_null(table, column);
  }
  void end_allow_null() noexcept override { inner_.end_allow_null(); }
  std::string name() const override { return inner_.name(); }

 protected:
  std::unique_ptr<varve::sql::statement> prepare(const std::string& text) override {
    return std::make_unique<statement>(inner_.prepared(text), fuse_);
  }

 private:
  class statement final : public varve::sql::statement {
   public:
    statement(varve::sql::statement& inner, std::shared_ptr<fuse> until) : inner_(inner), fuse_(std::move(until)) {}
    void bind(int index, const varve::value& value) override {
      begun_ = false;
      inner_.bind(index, value);
    }
    bool step() override {
      if (!std::exchange(begun_, true)) fuse_->spend();
      return inner_.step();
    }
    varve::value column(int index) override { return inner_.column(index); }
    void reset() noexcept override {
      begun_ = false;
      inner_.reset();
    }

   private:
    varve::sql::statement& inner_;
    std::shared_ptr<fuse> fuse_;
    bool begun_ = false;
  };

  varve::sqlite::detail::connection inner_;
  std::shared_ptr<fuse> fuse_;
};

/// A store on a file that works until its fuse blows.
class failing_store : public varve::store_handle {
 public:
  failing_store(const std::string& path, const std::shared_ptr<fuse>& until)
      : store_handle(std::make_shared<varve::sql::sql_store>(
            varve::sqlite::detail::dialect,
            [path, until]() -> std::unique_ptr<varve::sql::connection> {
              return std::make_unique<failing_connection>(path, until);
            },
            false, false)) {}
};

}  // namespace test
