// What is loaded within a transaction that writes, where each statement sees what is committed by then.
#include <functional>

#include "support/server.hpp"

using namespace test;

namespace {

/// What happens before one of the statements that are counted.
struct interruption {
  int left = 0;  ///< statements until then; none are counted at 0
  std::function<void()> work{};
};

class interrupted_connection final : public forwarding_connection {
 public:
  interrupted_connection(std::unique_ptr<varve::sql::connection> inner, std::shared_ptr<interruption> by)
      : forwarding_connection(std::move(inner)), by_(std::move(by)) {}

 protected:
  void before_statement() override {
    if (by_->left > 0 && --by_->left == 0) by_->work();
  }

 private:
  std::shared_ptr<interruption> by_;
};

class interrupted_store : public varve::store_handle {
 public:
  interrupted_store(const std::string& connection, const std::shared_ptr<interruption>& by)
      : store_handle(store_over([connection, by]() -> std::unique_ptr<varve::sql::connection> {
          return std::make_unique<interrupted_connection>(the_server().connect(connection), by);
        })) {}
};

}  // namespace

TEST_CASE("an entity that another saves while it is loaded is loaded as a whole or conflicts", "[server][conflict]") {
  const server_place<Recipe> data;
  const auto by = std::make_shared<interruption>();
  const interrupted_store store{*data.connection, by};
  const bool writes = GENERATE(false, true);  // before it loads
  INFO((writes ? "within a write transaction" : "alone"));
  int saved = 0, refused = 0;
  bool was_interrupted = true;
  for (int at = 1; was_interrupted; ++at) {
    INFO("before statement " << at);
    std::int64_t id = 0;
    {
      varve::session session{data.store, varve::actor{"ada"}};
      auto& added = session.add(Recipe{.name = "-", .steps = {{.name = "cut", .text = "-"}}});
      session.commit();
      id = added.id;
    }
    const auto change_both = [id, &by](varve::session& session, const std::string& how) {
      auto& recipe = session.get<Recipe>(id);
      by->left = 0;
      recipe.name += how;
      recipe.steps[0].text += how;
    };
    was_interrupted = false;
    by->work = [&] {
      was_interrupted = true;
      varve::session other{data.store, varve::actor{"bob"}};
      change_both(other, "a");
      other.commit();
    };
    varve::session session{store, varve::actor{"ada"}};
    if (writes) {
      session.add(Recipe{.name = "another"});
      session.flush();
    }
    by->left = at;
    change_both(session, "b");
    std::string wanted = was_interrupted ? "-ab" : "-b";
    try {
      session.commit();
      ++saved;
    } catch (const varve::conflict_error&) {
      wanted = "-a";
      ++refused;
    }
    varve::session reads{data.store};
    const auto& recipe = reads.get<Recipe>(id);
    CHECK(recipe.name == wanted);
    CHECK(recipe.steps[0].text == wanted);
  }
  CHECK(saved > 0);
  CHECK(refused > 0);
  CHECK(found_by_doctor(data.store) == lines{});
}
