// Saving in SQLite (S1 to S4): rows of 18 fields of which 1, 3 or 10 change, one of many children, long documents.
//
// Beside varve's session: code written by hand with the C API that writes the same rows into the same tables (the
// floor), the same with leaner tables, triggers that write the same shadow rows and records, the session extension (a
// changeset instead), and the live write alone. In memory, and in a file with a write-ahead log and synchronous NORMAL;
// one save a transaction, and 100. Statements, pages and bytes are counted in the file, over as many saves as rows.

#define SQLITE_ENABLE_SESSION 1
#define SQLITE_ENABLE_PREUPDATE_HOOK 1

#include <memory>

#include "child_saves.hpp"
#include "common.hpp"
#include "document_data.hpp"
#include "wide_saves.hpp"

namespace {

using namespace bench;
using way = wide_by_hand::way;

/// A changeset instead of shadow rows and records.
class wide_by_session_extension : public wide_saves {
 public:
  explicit wide_by_session_extension(bool file) : wide_saves(file), transaction_(in) {
    in.run("CREATE TABLE changesets (id INTEGER PRIMARY KEY, changeset BLOB NOT NULL)");
  }
  void save(std::size_t round, std::size_t count, std::size_t fields) {
    const std::int64_t id = transaction_.begin();
    sqlite3_session* session = nullptr;
    sqlite3session_create(in.handle(), "main", &session);
    sqlite3session_attach(session, "wides");
    std::string text = "UPDATE wides SET ";
    for (std::size_t f = 0; f < fields; ++f) text += std::string{f > 0 ? ", " : ""} + wide_names[f] + " = ?1";
    auto* update = in.prepared(text + " WHERE id = ?2");
    const std::string value = text_of(100'000'000 + static_cast<std::int64_t>(round));
    for (std::size_t k = 0; k < count; ++k) {
      sqlite3_bind_text(update, 1, value.data(), static_cast<int>(value.size()), SQLITE_STATIC);
      sqlite3_bind_int64(update, 2, static_cast<std::int64_t>((round * count + k) % wide_rows + 1));
      in.step(update);
    }
    int bytes = 0;
    void* changeset = nullptr;
    const bool made = sqlite3session_changeset(session, &bytes, &changeset) == SQLITE_OK && bytes > 0;
    sqlite3session_delete(session);
    if (!made) throw std::runtime_error("the session extension made no changeset");
    auto* insert = in.prepared("INSERT INTO changesets (id, changeset) VALUES (?1, ?2)");
    sqlite3_bind_int64(insert, 1, id);
    sqlite3_bind_blob(insert, 2, changeset, bytes, sqlite3_free);
    in.step(insert);
    transaction_.commit();
  }

 private:
  hand_transaction transaction_;
};

void show(benchmark::State& state, const database::counts& counts) {
  state.counters["statements"] = counts.statements;
  state.counters["pages"] = counts.pages;
  state.counters["bytes"] = counts.bytes;
}

/// Registers one way; its database is made at the first run and kept for the others.
template <class Make>
void register_way(const std::string& name, const std::string& variant, std::size_t count, std::size_t fields, bool file,
                  Make make) {
  using way_type = typename decltype(make())::element_type;
  struct kept {
    std::unique_ptr<way_type> way{};
    std::size_t round = 0;
    database::counts counts{};
  };
  const auto all = std::make_shared<kept>();
  add("sqlite/" + name + "/" + variant, [=](benchmark::State& state) {
    if (all->way == nullptr) {
      all->way = make();
      const auto save = [&](std::size_t) { all->way->save(all->round++, count, fields); };
      for (std::size_t i = 0; i < wide_rows / count; ++i) save(i);
      all->counts = all->way->in.count(wide_rows / count, save);
    }
    for (auto _ : state) all->way->save(all->round++, count, fields);
    if (file) show(state, all->counts);
  });
}

/// All ways have written the same rows after the same saves.
void check() {
  for (const std::size_t count : {std::size_t{1}, std::size_t{100}}) {
    wide_by_varve varve{false, count > 1};
    wide_by_hand hand{false, way::hand}, lean{false, way::lean}, triggers{false, way::triggers};
    std::size_t round = 0;
    for (const std::size_t fields : {1U, 3U, 10U})
      for (std::size_t i = 0; i < 2 * wide_rows / count; ++i, ++round) {
        varve.save(round, count, fields);
        for (auto* other : {&hand, &lean, &triggers}) other->save(round, count, fields);
      }
    const auto rows = varve.rows();
    require(hand.rows() == rows, "the rows written by hand");
    require(lean.rows() == rows, "the rows in leaner tables");
    require(triggers.rows() == rows, "the rows written by triggers");
  }
}

void register_wide() {
  check();
  for (const bool file : {false, true})
    for (const std::size_t count : {std::size_t{1}, std::size_t{100}})
      for (const std::size_t fields : {std::size_t{1}, std::size_t{3}, std::size_t{10}}) {
        if (count > 1 && fields != 3) continue;
        const std::string name = std::string{file ? "WAL" : "memory"} + ", " + std::to_string(count) +
                                 " a transaction/" + std::to_string(fields);
        const auto by = [&](const char* variant, auto make) { register_way(name, variant, count, fields, file, make); };
        by("varve", [=] { return std::make_unique<wide_by_varve>(file, count > 1); });
        by("hand", [=] { return std::make_unique<wide_by_hand>(file, way::hand); });
        by("lean", [=] { return std::make_unique<wide_by_hand>(file, way::lean); });
        by("triggers", [=] { return std::make_unique<wide_by_hand>(file, way::triggers); });
        by("session extension", [=] { return std::make_unique<wide_by_session_extension>(file); });
        by("live", [=] { return std::make_unique<wide_by_hand>(file, way::live); });
      }
}

// ---- one field of one child of many ----

void register_children() {
  {
    child_saves varve{10}, hand{10};
    for (std::size_t round = 0; round < 30; ++round) {
      varve.by_varve(round);
      hand.by_hand(round);
    }
    require(varve.rows() == hand.rows(), "the rows of children written by hand");
  }
  for (const std::size_t children : {std::size_t{10}, std::size_t{100}, std::size_t{1000}}) {
    for (const bool hand : {false, true}) {
      const auto all = std::make_shared<std::unique_ptr<child_saves>>();
      const auto counts = std::make_shared<database::counts>();
      const auto round = std::make_shared<std::size_t>(0);
      add("sqlite/WAL, 1 field of 1 child/" + std::to_string(children) + (hand ? "/hand" : "/varve"),
          [=](benchmark::State& state) {
            const auto save = [&](std::size_t) {
              hand ? (*all)->by_hand((*round)++) : (*all)->by_varve((*round)++);
            };
            if (*all == nullptr) {
              *all = std::make_unique<child_saves>(children);
              for (std::size_t i = 0; i < 100; ++i) save(i);
              *counts = (*all)->in.count(200, save);
            }
            for (auto _ : state) save(0);
            show(state, *counts);
          });
    }
  }
}

// ---- documents of 200 KB ----

/// Documents of which one chart's width changes, back and forth.
class document_saves {
 public:
  enum class way { varve, hand, without_closing };
  explicit document_saves(way how) : in(true), how_(how), store_(varve::borrow(in.handle())) {
    varve::schema{store_}.add<Layout>().apply();
    std::mt19937 random{20261126};
    states_ = layouts_of(random, 200'000, 1, false);
    for (std::size_t i = 0; i < count; ++i) {
      auto& session = sessions_.emplace_back(store_, varve::actor{"benchmark"});
      entities_.push_back(&session.add(Layout{.document = states_.first}));
      session.commit();
    }
    table_ = std::make_unique<hand_table>(in, "layouts");
    transaction_ = std::make_unique<hand_transaction>(in);
    note({1, states_.first}, {1, states_.second}, 0);
    note({1, states_.second}, {1, states_.first}, 1);
  }
  void save(std::size_t round) {
    const std::size_t at = round % count;
    const std::size_t odd = round / count % 2;
    auto& document = entities_[at]->document;
    document = odd == 0 ? states_.second : states_.first;
    if (how_ == way::varve) {
      sessions_[at].commit();
      return;
    }
    const std::int64_t transaction = transaction_->begin();
    auto* update = in.prepared("UPDATE layouts SET document = ?1 WHERE id = ?2");
    sqlite3_bind_text(update, 1, document.data(), static_cast<int>(document.size()), SQLITE_STATIC);
    sqlite3_bind_int64(update, 2, entities_[at]->id);
    in.step(update);
    table_->version(entities_[at]->id, transaction, how_ == way::hand);
    transaction_->record(transaction, "layout", entities_[at]->id, 0, "field", texts_[odd][0], texts_[odd][1],
                         texts_[odd][2]);
    transaction_->commit();
  }
  /// What the saves wrote: all but the times and tokens.
  [[nodiscard]] std::vector<std::string> rows() {
    auto all = in.ask("SELECT * FROM layouts_version ORDER BY id, transaction_id");
    for (const auto& row :
         in.ask("SELECT transaction_id, entity_kind, entity_id, sequence, kind, operation, path, from_value, to_value "
                "FROM version_changes ORDER BY 1, 2, 3, 4"))
      all.push_back(row);
    return all;
  }

  static constexpr std::size_t count = 10;
  database in;

 private:
  static void append_path(const varve::diff_scratch& scratch, const varve::change_view& record, std::string& text) {
    varve::text_writer writer{text};
    scratch.append_path(writer, record);
  }
  void note(const Layout& before, const Layout& after, std::size_t odd) {
    varve::diff_scratch scratch;
    for (const auto& record : varve::diff(before, after, scratch)) {
      append_path(scratch, record, texts_[odd][0]);
      record.from.append_json_to(texts_[odd][1]);
      record.to.append_json_to(texts_[odd][2]);
    }
  }

  way how_;
  varve::sqlite::store store_;
  std::vector<varve::session> sessions_{};
  std::vector<Layout*> entities_{};
  std::pair<std::string, std::string> states_{};
  std::string texts_[2][3];  ///< the record's path, old and new value, there and back
  std::unique_ptr<hand_table> table_{};
  std::unique_ptr<hand_transaction> transaction_{};
};

void register_documents() {
  using document_way = document_saves::way;
  {
    document_saves varve{document_way::varve}, hand{document_way::hand};
    for (std::size_t round = 0; round < 3 * document_saves::count; ++round) {
      varve.save(round);
      hand.save(round);
    }
    require(varve.rows() == hand.rows(), "the rows of documents written by hand");
  }
  const std::pair<document_way, const char*> ways[] = {
      {document_way::varve, "varve"}, {document_way::hand, "hand"}, {document_way::without_closing, "without closing"}};
  for (const auto& [how, variant] : ways) {
    const auto all = std::make_shared<std::unique_ptr<document_saves>>();
    const auto counts = std::make_shared<database::counts>();
    const auto round = std::make_shared<std::size_t>(0);
    add(std::string{"sqlite/WAL, document/200/"} + variant, [=, how = how](benchmark::State& state) {
      const auto save = [&](std::size_t) { (*all)->save((*round)++); };
      if (*all == nullptr) {
        *all = std::make_unique<document_saves>(how);
        for (std::size_t i = 0; i < document_saves::count; ++i) save(i);
        *counts = (*all)->in.count(2 * document_saves::count, save);
      }
      for (auto _ : state) save(0);
      show(state, *counts);
    })->Iterations(2 * document_saves::count);
  }
}

void register_all() {
  register_wide();
  register_children();
  register_documents();
}

}  // namespace

int main(int argc, char** argv) { return bench::run(argc, argv, register_all); }
