/// What a save that is refused leaves in the session's objects.

#include <stdexcept>

#include "support/entities.hpp"
#include "support/stores.hpp"

using namespace test;

namespace {

struct Signature {
  std::string by{};
  std::optional<std::string> on_behalf{};
};
struct Contract {
  std::int64_t id{};
  std::string title{};
  std::int64_t views{};  // noise
  std::optional<Signature> signature{};
};

namespace crm {
struct Label {
  std::int64_t id{};
  std::string name{};
};
}  // namespace crm
namespace blog {
struct Label {
  std::int64_t id{};
  std::optional<std::string> name{};
};
}  // namespace blog
struct Word {
  std::int64_t id{};
  std::string text{};
};
struct Sheet {
  std::int64_t id{};
  std::vector<Word> words{};
};
struct Index {
  std::int64_t id{};
  std::vector<Word> words{};
};

struct Ticket {
  std::int64_t id{};
  std::string text{};
  std::optional<std::int8_t> edited_by{};
};
struct Preference {  // unversioned
  std::int64_t id{};
  std::string content{};
};

using refused_stores = on_every_store<Note, Recipe, Contract, Preference, Ticket>;

}  // namespace

template <>
struct varve::entity<Ticket> : varve::describe<varve::changed_by<&Ticket::edited_by>> {};
template <>
struct varve::entity<Signature> : varve::describe<varve::changed_by<&Signature::by>> {};
template <>
struct varve::entity<Preference> : varve::describe<varve::unversioned> {};
template <>
struct varve::entity<crm::Label> : varve::describe<> {};
template <>
struct varve::entity<blog::Label> : varve::describe<> {};
template <>
struct varve::entity<Sheet> : varve::describe<varve::children<&Sheet::words, varve::by<&Word::text>>> {};
template <>
struct varve::entity<Index> : varve::describe<varve::children<&Index::words, varve::by<&Word::text>>> {};
template <>
struct varve::entity<Contract>
    : varve::describe<varve::noise<&Contract::views>, varve::embedded<&Contract::signature>> {};

TEST_CASE_METHOD(refused_stores, "a hook that flushes and then fails leaves nothing that counts as saved", "[hooks]") {
  const auto saved = save(Note{.text = "old"});
  auto session = by("ada");
  bool fails = true;
  session.hooks().before_commit.push_back([&](varve::session& in) {
    in.flush();
    if (fails) throw std::runtime_error{"not today"};
  });
  auto& note = session.get<Note>(saved.id);
  note.text = "new";
  CHECK_THROWS_WITH(session.commit(), "not today");
  CHECK_THROWS_AS(session.commit(), varve::error);  // until a rollback
  session.rollback();
  CHECK(note.text == "old");
  fails = false;
  note.text = "new";
  commit(session);
  CHECK(live<Note>(saved.id).text == "new");
}

TEST_CASE_METHOD(refused_stores, "a child that a refused save took from another parent is that parent's again",
                 "[children]") {
  const auto from = save(Recipe{.name = "from", .steps = {{.name = "boil"}}});
  const auto to = save(Recipe{.name = "to"});
  auto session = by("ada");
  auto& a = session.get<Recipe>(from.id);
  auto& b = session.get<Recipe>(to.id);
  b.steps.push_back(a.steps[0]);
  b.steps.push_back({.name = "bad", .text = "\xff"});
  CHECK_THROWS_AS(session.commit(), varve::input_error);
  CHECK_THROWS_AS(session.commit(), varve::error);
  session.rollback();
  CHECK(a.steps.size() == 1);
  CHECK(b.steps.empty());
  b.name = "changed";
  commit(session);
  CHECK(live<Recipe>(from.id).steps.size() == 1);
}

TEST_CASE_METHOD(refused_stores, "a hook after capture changes nothing", "[hooks]") {
  const auto saved = save(Note{.text = "old"});
  auto session = by("ada");
  auto& note = session.get<Note>(saved.id);
  std::string wanted = "in the hook";
  session.hooks().after_capture.push_back([&](const varve::write_set&) {
    if (wanted == "erase") session.erase<Note>(saved.id);
    if (wanted == "add") session.add(Note{.text = "more"});
    if (!wanted.empty()) note.text = wanted;
  });
  note.text = "new";
  CHECK_THROWS_WITH(session.commit(), Catch::Contains("a hook after capture wrote to memo"));
  CHECK(live<Note>(saved.id).text == "old");
  for (const auto* what : {"erase", "add"}) {
    wanted = what;
    CHECK_THROWS_WITH(session.commit(), Catch::Contains("in a hook after capture"));
  }
  wanted.clear();
  commit(session);
  CHECK(live<Note>(saved.id).text == "in the hook");  // that was written to the object, and is saved now
}

TEST_CASE_METHOD(refused_stores, "a stamp in a struct that is absent waits for it", "[stamps]") {
  auto session = by("ada");
  auto& contract = session.add(Contract{.title = "lease"});
  commit(session);
  contract.views = 3;
  commit_nothing(session);
  CHECK_FALSE(contract.signature);
  contract.signature = Signature{.on_behalf = "bob"};
  commit(session);
  CHECK(live<Contract>(contract.id).signature->by == "ada");
  contract.views = 4;
  commit_nothing(session);
  CHECK(live<Contract>(contract.id).signature->by == "ada");
}

TEST_CASE_METHOD(refused_stores, "an entity without versions that another session deleted is a conflict",
                 "[conflict]") {
  const auto saved = save(Preference{.content = "dark"});
  auto session = by("ada");
  auto& held = session.get<Preference>(saved.id);
  auto other = by("bob");
  other.erase<Preference>(saved.id);
  other.commit();
  held.content = "light";
  CHECK_THROWS_AS(session.commit(), varve::conflict_error);
  CHECK_FALSE(lives<Preference>(saved.id));
}

TEST_CASE("a kind is of one struct, and a table of one collection", "[input]") {
  const varve::memory_store store;
  varve::session session{store, varve::actor{"ada"}};
  session.add(crm::Label{.name = "a"});
  CHECK_THROWS_WITH(session.add(blog::Label{.name = "b"}), Catch::Contains("kind label"));
  session.add(Sheet{.words = {{.text = "a"}}});
  CHECK_THROWS_WITH(session.add(Index{}), Catch::Contains("both have a table word"));
  session.commit();
}

TEST_CASE_METHOD(refused_stores, "an actor whose id the field cannot hold is refused before anything is written",
                 "[input]") {
  varve::session session{store, varve::actor{"ada", 1000}};
  auto& ticket = session.add(Ticket{.text = "a"});
  CHECK_THROWS_WITH(session.commit(), Catch::Contains("actor's id 1000") && Catch::Contains("edited_by"));
  CHECK(transactions() == 0);
  session.rollback();
  session.attribute(varve::actor{"ada", 100});
  auto& again = session.add(Ticket{.text = "a"});
  commit(session);
  CHECK(again.edited_by == 100);
  static_cast<void>(ticket);
}
