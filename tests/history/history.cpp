#include "varve/history/history.hpp"
#include "varve/history/retention.hpp"

#include <algorithm>
#include <iterator>

#include "support/entities.hpp"
#include "support/stores.hpp"

using namespace test;

namespace {

using history_stores = on_every_store<Dataset, Note, Chart, Dashboard, Cell, Country>;

}  // namespace

TEST_CASE_METHOD(history_stores, "ACC-05 versions of entities whose saves interleave are their own", "[reading]") {
  auto session = by("ada");
  auto& a = session.add(Note{.text = "a1"});
  auto& b = session.add(Note{.text = "b1"});
  commit(session);
  for (const auto* text : {"2", "3"}) {
    a.text = std::string{"a"} + text;
    commit(session);
    b.text = std::string{"b"} + text;
    commit(session);
  }
  const varve::history<Note> history{store};
  lines seen;
  for (std::optional<varve::version> at = history.versions(a.id).newest_first().page(1).at(0); at;
       at = history.previous(*at))
    seen.push_back(history.state(*at).text);
  CHECK(seen == lines{"a3", "a2", "a1"});
}

TEST_CASE_METHOD(history_stores, "PE-09 an unknown entity has an empty list, and that is no error", "[reading]") {
  save(sales_dataset);
  const varve::history<Dataset> history{store};
  for (const auto& list :
       {history.versions(99), history.versions(varve::random_uuid()), history.versions(varve::uuid{})}) {
    CHECK(list.all().empty());
    CHECK(list.count() == 0);
    CHECK(list.page(5).empty());
    CHECK(list.begin() == list.end());
  }
  CHECK_FALSE(history.as_of(99, varve::transaction_id{1}).has_value());
  CHECK_FALSE(history.as_of(99, start).has_value());
  CHECK_FALSE(history.latest(varve::random_uuid(), varve::transaction_id{1}).has_value());
  CHECK_FALSE(history.version(99, varve::transaction_id{1}).has_value());
  CHECK_FALSE(history.version(varve::random_uuid(), varve::random_uuid()).has_value());
  CHECK(varve::history<Country>{store}.versions("nowhere").all().empty());
  CHECK(varve::history<Country>{store}.versions(std::string{"a\0b", 3}).all().empty());
  CHECK(varve::history<Cell>{store}.versions(1, "A").all().empty());
}

TEST_CASE_METHOD(history_stores, "PE-08 before creation and after deletion an entity did not exist", "[reading]") {
  const auto other = save(Note{.text = "earlier"});
  auto session = by("ada");
  auto& dataset = session.add(sales_dataset);
  const auto created = commit(session);
  const auto uuid = dataset.uuid;
  const auto id = dataset.id;
  session.erase<Dataset>(id);
  const auto deleted = commit(session);
  save(Note{.text = "later"});

  const varve::history<Dataset> history{store};
  const varve::transaction_id before{created.value - 1}, after{deleted.value + 1};
  const auto created_at = history.versions(uuid).all().at(0).issued_at();
  const auto deleted_at = history.versions(uuid).all().at(1).issued_at();
  for (const auto& none :
       {history.as_of(uuid, before), history.as_of(uuid, deleted), history.as_of(uuid, after), history.as_of(id, after),
        history.as_of(uuid, created_at - 1us), history.as_of(uuid, deleted_at), history.as_of(uuid, deleted_at + 24h)})
    CHECK_FALSE(none.has_value());
  CHECK(history.as_of(uuid, created)->table_name == "sales");
  CHECK(history.as_of(uuid, created_at)->metrics.size() == 1);
  CHECK(history.as_of(uuid, deleted_at - 1us)->table_name == "sales");
  // Asked for the version instead, the deletion comes.
  CHECK_FALSE(history.latest(uuid, before).has_value());
  CHECK(history.latest(uuid, after)->is_deletion());
  CHECK(history.latest(uuid, after)->transaction() == deleted);
  CHECK(history.latest(uuid, deleted_at)->is_deletion());
  CHECK_FALSE(history.latest(uuid, deleted_at - 1us)->is_deletion());
  static_cast<void>(other);
}

TEST_CASE_METHOD(history_stores, "as of a time is the newest of the entity's own versions not later", "[reading]") {
  auto session = by("ada");
  auto& note = session.add(Note{.text = "0"});
  std::vector<varve::transaction_id> made{commit(session)};
  for (int i = 1; i < 12; ++i) {
    for (int k = 0; k < i % 3; ++k) save(Note{.text = "noise between"});
    note.text = std::to_string(i);
    made.push_back(commit(session));
  }
  const varve::history<Note> history{store};
  const auto list = history.versions(note.id).all();
  REQUIRE(list.size() == 12);
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto at = list[i].issued_at();
    CHECK(history.as_of(note.id, at)->text == std::to_string(i));
    CHECK(history.as_of(note.id, at + 1us)->text == std::to_string(i));
    CHECK(history.latest(note.id, at)->transaction() == made[i]);
    const auto before = history.as_of(note.id, at - 1us);
    if (i == 0)
      CHECK_FALSE(before.has_value());
    else
      CHECK(before->text == std::to_string(i - 1));
    CHECK(history.as_of(note.id, made[i])->text == std::to_string(i));
    // PE-21: state by instant equals state by the transaction found for that instant.
    CHECK(varve::transaction_at(store, at)->id == made[i]);
  }
  CHECK(history.as_of(note.id, std::chrono::sys_days{std::chrono::year{2030} / 1 / 1})->text == "11");
}

TEST_CASE_METHOD(history_stores, "PE-20 PE-21 the transaction of an instant is the latest not after it", "[reading]") {
  CHECK_FALSE(varve::transaction_at(store, start + 24h).has_value());
  const auto first = save(Note{.text = "a"});
  const auto second = save(Note{.text = "b"});
  const auto of = [&](const Note& note) { return versions<Note>(note.id)[0]; };
  CHECK_FALSE(varve::transaction_at(store, of(first).issued_at() - 1us).has_value());
  CHECK(varve::transaction_at(store, of(first).issued_at())->id == of(first).transaction());
  CHECK(varve::transaction_at(store, of(second).issued_at() - 1us)->id == of(first).transaction());
  CHECK(varve::transaction_at(store, of(second).issued_at() + 24h)->id == of(second).transaction());
  CHECK_FALSE(varve::find_transaction(store, {of(second).transaction().value + 1}).has_value());
  const varve::history<Note> history{store};
  const auto instant = of(second).issued_at() - 1us;
  CHECK(history.as_of(first.id, instant)->text ==
        history.as_of(first.id, varve::transaction_at(store, instant)->id)->text);
  CHECK_FALSE(history.as_of(second.id, instant).has_value());
}

TEST_CASE_METHOD(history_stores, "PJ-06 PJ-14 PJ-16 versions are paged in both directions", "[reading]") {
  auto session = by("ada");
  auto& dataset = session.add(sales_dataset);
  std::vector<varve::transaction_id> made{commit(session)};
  for (int i = 1; i < 10; ++i) {
    dataset.metrics[0].expression = std::to_string(i);
    dataset.metrics.push_back({.metric_name = std::to_string(i)});
    made.push_back(commit(session));
  }
  const auto list = varve::history<Dataset>{store}.versions(dataset.id);
  CHECK(list.count() == 10);
  const auto numbers = [](const std::vector<varve::version>& page) {
    std::vector<std::size_t> found;
    for (const auto& version : page) found.push_back(version.number());
    return found;
  };
  using pages = std::vector<std::size_t>;
  CHECK(numbers(list.page(3)) == pages{0, 1, 2});
  CHECK(numbers(list.behind(made[2]).page(3)) == pages{3, 4, 5});
  CHECK(numbers(list.behind(made[8]).page(3)) == pages{9});
  CHECK(numbers(list.behind(made[9]).page(3)).empty());
  CHECK(numbers(list.newest_first().page(3)) == pages{9, 8, 7});
  CHECK(numbers(list.newest_first().behind(made[7]).page(3)) == pages{6, 5, 4});
  CHECK(numbers(list.newest_first().behind(made[1]).page(3)) == pages{0});
  CHECK(numbers(list.newest_first().behind(made[0]).page(3)).empty());
  CHECK(numbers(list.page(1000)).size() == 10);
  CHECK(list.page(0).empty());
  // Records come with their own version, whichever the page.
  const auto page = list.newest_first().page(2);
  CHECK(page[0].changes().size() == 2);
  CHECK_THAT(line_of(page[0].changes().records()[0]), Catch::Contains(R"("expression":"9")"));
  CHECK_THAT(line_of(page[1].changes().records()[0]), Catch::Contains(R"("expression":"8")"));
}

TEST_CASE_METHOD(history_stores, "PJ-08 a range of versions includes both ends, and an end may be open", "[reading]") {
  auto session = by("ada");
  auto& note = session.add(Note{.text = "0"});
  std::vector<varve::transaction_id> made{commit(session)};
  for (int i = 1; i < 6; ++i) {
    save(Note{.text = "between"});
    note.text = std::to_string(i);
    made.push_back(commit(session));
  }
  const varve::history<Note> history{store};
  const auto texts = [&](const varve::version_list& list) {
    lines found;
    for (const auto& version : list) found.push_back(history.state(version).text);
    return found;
  };
  const auto list = history.versions(note.id);
  CHECK(texts(list.between(made[1], made[3])) == lines{"1", "2", "3"});
  CHECK(texts(list.between(std::nullopt, made[1])) == lines{"0", "1"});
  CHECK(texts(list.between(made[4], std::nullopt)) == lines{"4", "5"});
  CHECK(texts(list.between({}, {})).size() == 6);
  CHECK(texts(list.between(varve::transaction_id{made[1].value + 1}, varve::transaction_id{made[3].value - 1})) ==
        lines{"2"});
  CHECK(texts(list.newest_first().between(made[1], made[3])) == lines{"3", "2", "1"});
  CHECK(texts(list.newest_first().between(made[1], made[3]).behind(made[2])) == lines{"1"});
  CHECK(list.between(made[1], made[3]).count() == 3);
  CHECK(list.between(made[3], made[1]).all().empty());
}

TEST_CASE_METHOD(history_stores, "a version is found by uuid, by transaction and by id, another entity's is not",
                 "[reading]") {
  auto session = by("ada");
  auto& a = session.add(sales_dataset);
  auto& b = session.add(Dataset{.table_name = "b"});
  const auto together = commit(session);
  a.sql = "select 2";
  const auto alone = commit(session);
  const varve::history<Dataset> history{store};
  const auto of_a = history.versions(a.uuid).all();
  const auto of_b = history.versions(b.uuid).all();

  CHECK(history.version(a.uuid, of_a[1].uuid())->transaction() == alone);
  CHECK(history.version(a.id, of_a[0].uuid())->transaction() == together);
  CHECK(history.version(a.uuid, alone)->uuid() == of_a[1].uuid());
  CHECK(history.version(of_a[1].id())->uuid() == of_a[1].uuid());
  CHECK(history.version(of_a[1].id())->number() == 1);
  // Another entity's version, an unknown one, and a transaction that did not touch it.
  CHECK_FALSE(history.version(a.uuid, of_b[0].uuid()).has_value());
  CHECK_FALSE(history.version(b.uuid, of_a[1].uuid()).has_value());
  CHECK_FALSE(history.version(a.uuid, varve::random_uuid()).has_value());
  CHECK_FALSE(history.version(b.uuid, alone).has_value());
  CHECK_FALSE(history.version(varve::version_id{of_b[0].id().entity, alone}).has_value());
  CHECK_FALSE(history.version(varve::version_id{}).has_value());
  CHECK(of_a[0].uuid() != of_b[0].uuid());
}

TEST_CASE_METHOD(history_stores, "PE-44 reading history never changes what a live read gives", "[reading]") {
  auto session = by("ada");
  auto& dataset = session.add(sales_dataset);
  commit(session);
  dataset.table_name = "second";
  commit(session);
  const varve::history<Dataset> history{store};
  const auto old = history.state(history.versions(dataset.id).all()[0]);
  CHECK(old.table_name == "sales");
  CHECK(session.get<Dataset>(dataset.id).table_name == "second");
  CHECK(live<Dataset>(dataset.id).table_name == "second");
  dataset.table_name = "not saved";
  CHECK(history.as_of(dataset.id, varve::transaction_id{1})->table_name == "sales");
  CHECK(dataset.table_name == "not saved");
  session.flush();
  if (which != backend::sqlite_memory) CHECK(live<Dataset>(dataset.id).table_name == "second");
  CHECK(history.versions(dataset.id).count() == 2);  // an open transaction has made no version yet
  session.rollback();
  CHECK(session.get<Dataset>(dataset.id).table_name == "second");
}

TEST_CASE_METHOD(history_stores, "CHS-01 CHS-02 PJ-02 PE-41 a version's records are its changes, a creation has none",
                 "[reading]") {
  auto session = by("ada");
  auto& dataset = session.add(sales_dataset);
  commit(session);
  dataset.table_name = "second";
  dataset.sql.reset();
  dataset.cache_timeout = 60;
  commit(session);
  const auto list = versions<Dataset>(dataset.id);
  CHECK(list[0].changes().empty());
  CHECK(list[0].changes().headline() == "created");
  CHECK(lines_of(list[1].changes()) == lines{R"(field add ["cache_timeout"] null -> 60)",
                                             R"(field remove ["sql"] "select 1" -> null)",
                                             R"(field edit ["table_name"] "sales" -> "second")"});
  std::set<std::string> changed;
  for (const auto& record : list[1].changes()) changed.insert(record.path[0].get<std::string>());
  CHECK(changed == std::set<std::string>{"cache_timeout", "sql", "table_name"});
}

TEST_CASE_METHOD(history_stores,
                 "PJ-05 a deletion is a terminal version, and its values are those of the version before",
                 "[reading]") {
  const auto saved = save(sales_dataset);
  auto session = by("ada");
  session.erase<Dataset>(saved.id);
  commit(session);
  const varve::history<Dataset> history{store};
  const auto list = history.versions(saved.uuid).all();
  CHECK(list[1].changes().headline() == "deleted");
  const auto gone = history.diff(list[0], list[1]);
  CHECK(lines_of(gone.records).size() == 1);  // its fields stay, its child is gone
  CHECK_THAT(lines_of(gone.records)[0], Catch::StartsWith(R"(metric remove ["metrics","revenue"])"));
}

TEST_CASE_METHOD(history_stores, "two versions are compared as a save would have recorded it, in both directions",
                 "[reading]") {
  auto session = by("ada");
  auto& dataset = session.add(sales_dataset);
  commit(session);
  dataset.table_name = "second";
  dataset.metrics.push_back({.metric_name = "count"});
  commit(session);
  dataset.table_name = "third";
  dataset.metrics[0].expression = "avg";
  commit(session);
  dataset.metrics.pop_back();
  commit(session);
  const varve::history<Dataset> history{store};
  const auto list = history.versions(dataset.id).all();
  const auto delta = history.diff(list[0], list[3]);
  CHECK(delta.before.table_name == "sales");
  CHECK(delta.after.table_name == "third");
  CHECK(lines_of(delta.records) ==
        lines{R"(field edit ["table_name"] "sales" -> "third")",
              R"(metric edit ["metrics","revenue"] {"expression":"sum","metric_name":"revenue","warning":null} -> )"
              R"({"expression":"avg","metric_name":"revenue","warning":null})"});
  CHECK(lines_of(history.diff(list[2], list[3]).records) == lines_of(list[3].changes()));
  CHECK(history.diff(list[1], list[1]).records.empty());
  const auto back = history.diff(list[3], list[0]);
  CHECK(back.records.size() == 2);
  auto state = delta.before;
  varve::apply(state, std::span<const varve::change_record>{delta.records});
  CHECK(varve::equivalent(state, delta.after));
}

TEST_CASE_METHOD(history_stores, "PJ-17 what several kinds did can be read as one stream of transactions",
                 "[reading]") {
  auto session = by("ada");
  auto& dataset = session.add(sales_dataset);
  auto& note = session.add(Note{.text = "a"});
  commit(session);
  dataset.sql = "select 2";
  note.text = "b";
  const auto at = commit(session);
  const auto records = store.base().snapshot()->changes_of(at);
  REQUIRE(records.size() == 2);
  CHECK(records[0].entity_kind == "dataset");
  CHECK(records[0].entity.integer() == dataset.id);
  CHECK(records[0].path == R"(["sql"])");
  CHECK(records[1].entity_kind == "memo");
  CHECK(records[1].from == R"("a")");
}

TEST_CASE_METHOD(history_stores, "a list of versions may outlive the store's handle that it was asked of",
                 "[reading]") {
  const auto saved = save(sales_dataset);
  std::size_t seen = 0;
  for (const auto& version : varve::history<Dataset>{store}.versions(saved.uuid)) seen += version.number() + 1;
  CHECK(seen == 1);
}

TEST_CASE_METHOD(history_stores, "PE-40 PJ-13 the versions in which a field or a collection changed", "[reading]") {
  auto session = by("ada");
  auto& dataset = session.add(sales_dataset);
  const auto created = commit(session);
  dataset.table_name = "renamed";
  const auto renamed = commit(session);
  dataset.metrics[0].expression = "avg";
  const auto metric = commit(session);
  dataset.sql.reset();
  dataset.table_name = "again";
  const auto both = commit(session);
  dataset.metrics.clear();
  const auto cleared = commit(session);
  const auto uuid = dataset.uuid;
  session.erase<Dataset>(dataset.id);
  commit(session);
  const varve::history<Dataset> history{store};
  const auto ids = [](const std::vector<varve::version>& versions) {
    std::vector<varve::transaction_id> found;
    for (const auto& version : versions) found.push_back(version.transaction());
    return found;
  };
  using transactions = std::vector<varve::transaction_id>;
  CHECK(ids(history.that_changed<&Dataset::table_name>(uuid)) == transactions{created, renamed, both});
  CHECK(ids(history.that_changed<&Dataset::sql>(uuid)) == transactions{created, both});
  CHECK(ids(history.that_changed<&Dataset::metrics>(uuid)) == transactions{created, metric, cleared});
  CHECK(ids(history.that_changed<&Dataset::cache_timeout>(uuid)).empty());
  CHECK(ids(history.that_changed<&Dataset::sql, &Dataset::metrics>(uuid)) ==
        transactions{created, metric, both, cleared});
  CHECK(history.that_changed<&Dataset::sql>(varve::random_uuid()).empty());
  // Where one changed and another did not: the one list without the other.
  const auto names = ids(history.that_changed<&Dataset::table_name>(uuid)),
             queries = ids(history.that_changed<&Dataset::sql>(uuid));
  transactions names_alone;
  std::set_difference(names.begin(), names.end(), queries.begin(), queries.end(), std::back_inserter(names_alone));
  CHECK(names_alone == transactions{renamed});
}

TEST_CASE_METHOD(history_stores,
                 "a child that was deleted and lives again under another owner is no change of the first one",
                 "[reading]") {
  auto session = by("ada");
  auto& owner = session.add(Dataset{.table_name = "a", .metrics = {{.metric_name = "m"}}});
  const auto first = commit(session);
  const auto metric = owner.metrics[0];
  const auto key = owner.id;
  const auto id = owner.uuid;
  session.erase<Dataset>(key);
  commit(session);
  session.add(Dataset{.id = key, .uuid = id, .table_name = "a"});
  session.add(Dataset{.table_name = "b", .metrics = {metric}});
  commit(session);
  const auto changed = varve::history<Dataset>{store}.that_changed<&Dataset::metrics>(id);
  REQUIRE(changed.size() == 1);
  CHECK(changed[0].transaction() == first);
}

TEST_CASE_METHOD(history_stores,
                 "of a pruned history the oldest version that is kept counts as what changed all that it has",
                 "[reading]") {
  auto session = by("ada");
  auto& dataset = session.add(Dataset{.table_name = "a", .metrics = {{.metric_name = "m"}, {.metric_name = "gone"}}});
  commit(session);
  dataset.metrics.pop_back();
  dataset.sql = "1";
  commit(session);
  dataset.sql = "2";
  const auto kept = commit(session);
  dataset.sql = "3";
  const auto newest = commit(session);
  varve::prune_options options;
  options.clock = [time = versions<Dataset>(dataset.uuid).back().issued_at()] { return time; };
  REQUIRE(varve::prune(store, 0s, options).finished);
  const auto ids = [](const std::vector<varve::version>& changed) {
    std::vector<varve::transaction_id> found;
    for (const auto& version : changed) found.push_back(version.transaction());
    return found;
  };
  using transactions = std::vector<varve::transaction_id>;
  const varve::history<Dataset> history{store};
  REQUIRE(ids(history.versions(dataset.uuid).all()) == transactions{kept, newest});
  CHECK(ids(history.that_changed<&Dataset::metrics>(dataset.uuid)) == transactions{kept});
  CHECK(ids(history.that_changed<&Dataset::table_name>(dataset.uuid)) == transactions{kept});
  CHECK(ids(history.that_changed<&Dataset::sql>(dataset.uuid)) == transactions{kept, newest});
  CHECK(history.that_changed<&Dataset::columns>(dataset.uuid).empty());
}

TEST_CASE_METHOD(history_stores, "PE-39 all entities of a kind as of an instant, page by page", "[reading]") {
  auto session = by("ada");
  const auto nothing_yet = start;
  std::vector<varve::transaction_id> made;
  for (int i = 0; i < 5; ++i) {
    session.add(Dataset{.table_name = "t" + std::to_string(i), .metrics = {{.metric_name = "m" + std::to_string(i)}}});
    made.push_back(commit(session));
  }
  session.get<Dataset>(2).table_name = "changed";
  const auto changed = commit(session);
  session.erase<Dataset>(3);
  const auto erased = commit(session);
  save(Note{.text = "another kind"});
  const varve::history<Dataset> history{store};
  const auto names = [](const std::vector<varve::past_entity<Dataset>>& found) {
    lines told;
    for (const auto& one : found) {
      told.push_back(one.state.table_name + (one.is_deleted ? " deleted" : ""));
      for (const auto& child : one.state.metrics) told.back() += " " + child.metric_name;
    }
    return told;
  };
  CHECK(names(history.all_as_of(nothing_yet)).empty());
  CHECK(names(history.all_as_of(made[1])) == lines{"t0 m0", "t1 m1"});
  CHECK(names(history.all_as_of(changed)) == lines{"t0 m0", "changed m1", "t2 m2", "t3 m3", "t4 m4"});
  CHECK(names(history.all_as_of(erased)) == lines{"t0 m0", "changed m1", "t3 m3", "t4 m4"});
  CHECK(names(history.all_as_of_with_deleted(erased)) == lines{"t0 m0", "changed m1", "t2 deleted", "t3 m3", "t4 m4"});
  CHECK(names(history.all_as_of(varve::find_transaction(store, made[2])->issued_at)) ==
        lines{"t0 m0", "t1 m1", "t2 m2"});
  lines seen;
  std::optional<varve::version_id> behind;
  for (;;) {
    const auto page = history.all_as_of(erased, 2, behind);
    for (auto& name : names(page)) seen.push_back(std::move(name));
    if (page.size() < 2) break;
    behind = page.back().id;
  }
  CHECK(seen == names(history.all_as_of(erased)));
  CHECK(history.all_as_of(erased).at(1).id.transaction == changed);
}

TEST_CASE_METHOD(history_stores, "all entities of a kind with a key of several columns", "[reading]") {
  for (const auto* column : {"A", "B"})
    for (int row = 1; row <= 3; ++row) save(Cell{.row = row, .col = column});
  varve::session session{store, varve::actor{"ada"}};
  session.erase<Cell>(2, "A");
  const auto at = *session.commit().transaction;
  const varve::history<Cell> history{store};
  CHECK(history.all_as_of(at).size() == 5);
  CHECK(history.all_as_of(varve::transaction_id{at.value - 1}).size() == 6);
  std::size_t seen = 0;
  std::optional<varve::version_id> behind;
  for (;;) {
    const auto page = history.all_as_of(at, 2, behind);
    seen += page.size();
    if (page.size() < 2) break;
    behind = page.back().id;
  }
  CHECK(seen == 5);
}

TEST_CASE_METHOD(history_stores, "the newest transaction not after a time, among many", "[reading]") {
  auto session = by("ada");
  auto& note = session.add(Note{.text = "0"});
  std::vector<varve::transaction_id> made{commit(session)};
  for (int i = 1; i < 40; ++i) {
    note.text = std::to_string(i);
    made.push_back(commit(session));
  }
  for (const auto id : made) {
    const auto at = varve::find_transaction(store, id)->issued_at;
    CHECK(varve::transaction_at(store, at)->id == id);
    CHECK(varve::transaction_at(store, at + 1us)->id == id);
    if (id == made.front())
      CHECK_FALSE(varve::transaction_at(store, at - 1us).has_value());
    else
      CHECK(varve::transaction_at(store, at - 1us)->id.value == id.value - 1);
  }
}
