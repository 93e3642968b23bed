#include "varve/session/session.hpp"

#include "support/entities.hpp"
#include "support/stores.hpp"

using namespace test;

namespace {

using session_stores = on_every_store<Dataset, Chart, Note, Setting>;

}  // namespace

TEST_CASE_METHOD(session_stores, "PE-01 insert and two changes are three versions, each with exactly its own values",
                 "[saving]") {
  auto session = by("ada");
  auto& dataset = session.add(sales_dataset);
  const auto first = commit(session);
  dataset.table_name = "sales_2026";
  const auto second = commit(session);
  dataset.sql = "select 2";
  const auto third = commit(session);

  const varve::history<Dataset> history{store};
  const auto versions = history.versions(dataset.uuid).all();
  REQUIRE(versions.size() == 3);
  CHECK(versions[0].transaction() == first);
  CHECK(versions[1].transaction() == second);
  CHECK(versions[2].transaction() == third);
  CHECK(operations<Dataset>(dataset.id) == lines{"insert", "update", "update"});

  const auto at = [&](std::size_t i) { return history.state(versions[i]); };
  CHECK(at(0).table_name == "sales");
  CHECK(at(0).sql == "select 1");
  CHECK(at(1).table_name == "sales_2026");
  CHECK(at(1).sql == "select 1");
  CHECK(at(2).table_name == "sales_2026");
  CHECK(at(2).sql == "select 2");
  for (std::size_t i = 0; i < 3; ++i) {
    REQUIRE(at(i).metrics.size() == 1);
    CHECK(at(i).metrics[0].expression == "sum");
  }
}

TEST_CASE_METHOD(session_stores, "UPD-01 UPD-02 UPD-04 an update is a full row of operation 1 with its transaction",
                 "[saving]") {
  auto session = by("ada");
  auto& dataset = session.add(sales_dataset);
  commit(session);
  dataset.sql = "select 2";
  dataset.cache_timeout = 60;
  const auto at = commit(session);

  const auto version = versions<Dataset>(dataset.id).back();
  CHECK(static_cast<int>(version.operation()) == 1);
  CHECK(version.transaction() == at);
  const auto then = varve::history<Dataset>{store}.state(version);
  CHECK(then.table_name == "sales");
  CHECK(then.sql == "select 2");
  CHECK(then.cache_timeout == 60);
  const auto transaction = varve::find_transaction(store, at);
  REQUIRE(transaction);
  CHECK(transaction->actor == "ada");
  CHECK(transaction->issued_at == version.issued_at());
}

TEST_CASE_METHOD(session_stores, "UPD-03 PJ-01 TRX-02 SES-04 saving what is already there writes nothing", "[saving]") {
  const auto saved = save(sales_dataset);
  const auto before = transactions();

  auto session = by("bob");
  commit_nothing(session);  // without any object
  auto& dataset = session.get<Dataset>(saved.id);
  commit_nothing(session);
  dataset.table_name = std::string{"sales"};
  dataset.sql = "select 1";
  commit_nothing(session);
  session.save(saved);
  commit_nothing(session);
  std::swap(dataset.metrics[0], dataset.metrics[0]);
  commit_nothing(session);

  CHECK(transactions() == before);
  CHECK(versions<Dataset>(saved.id).size() == 1);
  CHECK(live<Dataset>(saved.id).changed_by == "ada");
}

TEST_CASE_METHOD(session_stores, "INS-01 INS-02 TRX-01 an insert is a row of operation 0 that leads to its transaction",
                 "[saving]") {
  const auto saved = save(sales_dataset, [] {
    varve::attribution who{varve::actor{"ada"}};
    who.message = "first import";
    return who;
  }());
  const auto versions_now = versions<Dataset>(saved.uuid);
  REQUIRE(versions_now.size() == 1);
  CHECK(static_cast<int>(versions_now[0].operation()) == 0);
  CHECK(versions_now[0].message() == "first import");
  CHECK(versions_now[0].changes().empty());
  CHECK(varve::find_transaction(store, versions_now[0].transaction()).has_value());
}

TEST_CASE_METHOD(session_stores, "INS-03 UTL-07 entities of one transaction have one version each", "[saving]") {
  auto session = by("ada");
  auto& first = session.add(Note{.text = "first"});
  session.flush();
  auto& second = session.add(Note{.text = "second"});
  session.flush();
  const auto at = commit(session);
  for (const auto id : {first.id, second.id}) {
    const auto list = versions<Note>(id);
    REQUIRE(list.size() == 1);
    CHECK(list[0].transaction() == at);
  }
}

TEST_CASE_METHOD(session_stores, "PE-02 entities of two types saved together share transaction, actor and time",
                 "[saving]") {
  auto session = by("ada");
  auto& dataset = session.add(sales_dataset);
  auto& chart = session.add(Chart{.slice_name = "by month"});
  const auto at = commit(session);
  const auto of_dataset = versions<Dataset>(dataset.uuid);
  const auto of_chart = versions<Chart>(chart.uuid);
  REQUIRE(of_dataset.size() == 1);
  REQUIRE(of_chart.size() == 1);
  CHECK(of_dataset[0].transaction() == at);
  CHECK(of_chart[0].transaction() == at);
  CHECK(of_dataset[0].issued_at() == of_chart[0].issued_at());
  CHECK(of_dataset[0].actor() == "ada");
  CHECK(of_chart[0].actor() == "ada");
}

TEST_CASE_METHOD(session_stores, "DEL-01 PE-10 a deletion has operation 2 and the last values", "[saving]") {
  auto session = by("ada");
  auto& dataset = session.add(sales_dataset);
  dataset.opened = 4;
  commit(session);
  const auto id = dataset.id;
  const auto uuid = dataset.uuid;
  session.erase<Dataset>(id);
  const auto at = commit(session);

  const auto list = versions<Dataset>(uuid);
  REQUIRE(list.size() == 2);
  CHECK(static_cast<int>(list[1].operation()) == 2);
  CHECK(list[1].is_deletion());
  CHECK(list[1].is_current());
  CHECK(list[1].changes().empty());
  const auto last = varve::history<Dataset>{store}.state(list[1]);
  CHECK(last.id == id);
  CHECK(last.table_name == "sales");
  CHECK(last.sql == "select 1");
  CHECK(last.opened == 4);
  CHECK(last.metrics.empty());
  CHECK(written_at(at) == std::map<std::string, std::size_t>{{"sql_metrics_version", 1}, {"tables_version", 1}});
  CHECK_FALSE(lives<Dataset>(id));
  CHECK_THROWS_AS(session.get<Dataset>(id), varve::input_error);
}

TEST_CASE_METHOD(session_stores, "EXC-01 EXC-02 EXC-03 PE-11 PJ-26 what is excluded is saved without a version",
                 "[saving]") {
  const auto saved = save(sales_dataset);
  auto session = by("bob");
  auto& dataset = session.get<Dataset>(saved.id);
  dataset.hits = 12;
  dataset.owners = {1, 2};  // no column at all
  dataset.metrics[0].touched_by = "eve";
  commit_nothing(session);
  CHECK(versions<Dataset>(saved.id).size() == 1);
  CHECK(live<Dataset>(saved.id).hits == 12);
  CHECK(live<Dataset>(saved.id).owners.empty());
  CHECK(live<Dataset>(saved.id).metrics[0].touched_by == "eve");
  CHECK(live<Dataset>(saved.id).changed_by == "ada");

  dataset.hits = 13;
  dataset.table_name = "renamed";
  dataset.metrics[0].touched_by = "mallory";
  commit(session);
  const varve::history<Dataset> history{store};
  const auto list = history.versions(saved.id).all();
  REQUIRE(list.size() == 2);
  CHECK(lines_of(list[1].changes()) == lines{R"(field edit ["table_name"] "sales" -> "renamed")"});
  CHECK(history.state(list[1]).hits == 0);
  CHECK(history.state(list[1]).metrics[0].touched_by.empty());
  CHECK(live<Dataset>(saved.id).hits == 13);
}

TEST_CASE_METHOD(session_stores, "noise is written live and kept with the next version, but makes none", "[saving]") {
  const auto saved = save(sales_dataset);
  auto session = by("bob");
  auto& dataset = session.get<Dataset>(saved.id);
  dataset.opened = 5;
  commit_nothing(session);
  CHECK(live<Dataset>(saved.id).opened == 5);
  CHECK(live<Dataset>(saved.id).changed_by == "ada");

  const varve::history<Dataset> history{store};
  CHECK(history.state(versions<Dataset>(saved.id).back()).opened == 0);
  dataset.opened = 6;
  dataset.sql = "select 2";
  commit(session);
  const auto list = versions<Dataset>(saved.id);
  REQUIRE(list.size() == 2);
  CHECK(history.state(list[1]).opened == 6);
  CHECK(lines_of(list[1].changes()) == lines{R"(field edit ["sql"] "select 1" -> "select 2")"});
}

TEST_CASE_METHOD(session_stores, "stamps are set by a save that makes a version, whatever the object says",
                 "[saving]") {
  set_clock(start);
  auto session = by("ada");
  auto& dataset = session.add(sales_dataset);
  dataset.created_by = "forged";
  dataset.changed_on = start - 24h;
  commit(session);
  CHECK(dataset.created_by == "ada");
  CHECK(dataset.changed_by == "ada");
  const auto created = dataset.created_on;
  CHECK(created == versions<Dataset>(dataset.id)[0].issued_at());
  CHECK(dataset.changed_on == created);

  auto other = by("bob");
  auto& again = other.get<Dataset>(dataset.id);
  again.sql = "select 2";
  again.created_by = "forged";
  again.created_on = start - 24h;
  commit(other);
  const auto now = live<Dataset>(dataset.id);
  CHECK(now.created_by == "ada");
  CHECK(now.created_on == created);
  CHECK(now.changed_by == "bob");
  CHECK(now.changed_on > created);
  CHECK(now.changed_on == versions<Dataset>(dataset.id)[1].issued_at());
  CHECK(records<Dataset>(dataset.id)[1] == lines{R"(field edit ["sql"] "select 1" -> "select 2")"});

  again.changed_by = "forged";  // a stamp alone is no change
  commit_nothing(other);
  CHECK(live<Dataset>(dataset.id).changed_by == "bob");
}

TEST_CASE_METHOD(session_stores, "a change of a child alone sets the stamps of its parent", "[saving]") {
  const auto saved = save(sales_dataset);
  auto session = by("bob");
  session.get<Dataset>(saved.id).metrics[0].expression = "avg price";
  commit(session);
  CHECK(live<Dataset>(saved.id).changed_by == "bob");
  CHECK(live<Dataset>(saved.id).created_by == "ada");
}

TEST_CASE_METHOD(session_stores, "stamps of numbers hold the actor's number, and nothing when there is none",
                 "[saving]") {
  auto session = by(varve::actor{"ada", 17});
  auto& note = session.add(Note{.text = "a"});
  commit(session);
  CHECK(note.written_by == 17);
  CHECK(note.edited_by == 17);
  auto other = by("bob");  // an actor without a number
  other.get<Note>(note.id).text = "b";
  commit(other);
  CHECK(live<Note>(note.id).written_by == 17);
  CHECK(live<Note>(note.id).edited_by == std::nullopt);
}

TEST_CASE_METHOD(session_stores, "ALI-01 ALI-03 UTL-10 UTL-16 a field with another column's name is read by its own",
                 "[saving]") {
  auto session = by("ada");
  auto& note = session.add(Note{.text = "a"});
  commit(session);
  const auto id = note.id;
  note.text = "b";
  commit(session);
  session.erase<Note>(id);
  commit(session);
  const varve::history<Note> history{store};
  const auto list = history.versions(id).all();
  REQUIRE(list.size() == 3);
  CHECK(history.state(list[0]).text == "a");
  CHECK(history.state(*history.previous(list[2])).text == "b");
  CHECK(lines_of(list[1].changes()) == lines{R"(field edit ["text"] "a" -> "b")"});
  CHECK(history.info().table->columns[1].name == "body");
  CHECK(history.info().table->shadow == "notes_past");
  CHECK(history.info().kind == "memo");
}

TEST_CASE_METHOD(session_stores,
                 "INS-05 CFG-01 CFG-03 CFG-06 an entity without versions is saved without a transaction", "[saving]") {
  auto session = by("ada");
  auto& setting = session.add(Setting{.name = "theme", .content = "dark"});
  commit_nothing(session);
  CHECK(setting.id != 0);
  setting.content = "light";
  commit_nothing(session);
  CHECK(transactions() == 0);
  CHECK(live<Setting>(setting.id).content == "light");
  CHECK(versions<Setting>(setting.id).empty());
  session.erase<Setting>(setting.id);
  commit_nothing(session);
  CHECK_FALSE(lives<Setting>(setting.id));
  CHECK(transactions() == 0);
}

TEST_CASE_METHOD(session_stores, "versioning of a whole store can be switched off and on, explicitly", "[saving]") {
  adopted_ = true;
  auto saved = save(sales_dataset);
  store.versioning(false);
  saved.table_name = "unseen";
  save(saved);
  const auto fresh = save(Dataset{.table_name = "never seen"});
  CHECK(versions<Dataset>(saved.id).size() == 1);
  CHECK(versions<Dataset>(fresh.id).empty());
  CHECK(live<Dataset>(saved.id).table_name == "unseen");
  // What was written meanwhile is drift: the next save takes it into its version, without a record.
  store.versioning(true);
  auto session = by("bob");
  session.get<Dataset>(saved.id).sql = "select 2";
  commit(session);
  const auto list = versions<Dataset>(saved.id);
  REQUIRE(list.size() == 2);
  CHECK(lines_of(list[1].changes()) == lines{R"(field edit ["sql"] "select 1" -> "select 2")"});
  CHECK(varve::history<Dataset>{store}.state(list[1]).table_name == "unseen");
  drifted_ = true;
}

TEST_CASE_METHOD(session_stores, "FLK-02 FLK-04 a save names its actor, or says that there is none", "[saving]") {
  const auto named = save(sales_dataset);
  CHECK(versions<Dataset>(named.id)[0].actor() == "ada");
  const auto unnamed = save(Dataset{.table_name = "b"}, varve::anonymous);
  const auto version = versions<Dataset>(unnamed.id)[0];
  CHECK(version.actor().empty());
  CHECK(varve::find_transaction(store, version.transaction())->actor == std::nullopt);
  CHECK(live<Dataset>(unnamed.id).created_by.empty());
  CHECK(live<Dataset>(unnamed.id).changed_by == std::nullopt);
}

TEST_CASE_METHOD(session_stores, "a save by nobody is refused before anything is written, and can be attributed then",
                 "[saving]") {
  varve::session session{store};
  auto& dataset = session.add(sales_dataset);
  CHECK_THROWS_WITH(session.commit(), Catch::Contains("actor") && Catch::Contains("varve::anonymous"));
  CHECK_THROWS_AS(session.flush(), varve::input_error);
  CHECK(everything_in(store).tables[0].live.empty());

  auto nameless = by(varve::actor{""});
  nameless.add(Dataset{.table_name = "b"});
  CHECK_THROWS_AS(nameless.commit(), varve::input_error);

  session.attribute(varve::actor{"ada"});
  if (session.is_modified()) {
    commit(session);
    CHECK(versions<Dataset>(dataset.id)[0].actor() == "ada");
  } else {
    FAIL("the object that waited to be saved was lost");
  }
}

TEST_CASE_METHOD(session_stores, "TMT-01 PJ-12 kind, message and meta of a save are kept literally", "[saving]") {
  varve::attribution who{varve::actor{R"(Zoë "the%_" O'Hara)"}};
  who.action_kind = "import";
  who.message = "line one\nline 'two' -- ; DROP TABLE tables";
  who.meta = R"({"ticket":"V-12","note":"50 % \"off\"_ äöü"})";
  const auto saved = save(sales_dataset, who);
  const auto version = versions<Dataset>(saved.id)[0];
  CHECK(version.actor() == R"(Zoë "the%_" O'Hara)");
  CHECK(version.action_kind() == "import");
  CHECK(version.message() == "line one\nline 'two' -- ; DROP TABLE tables");
  CHECK(version.meta() == who.meta);
  // Before: empty.
  const auto plain = versions<Dataset>(save(Dataset{.table_name = "b"}).id)[0];
  CHECK(plain.action_kind().empty());
  CHECK(plain.message().empty());
  CHECK(plain.meta().empty());
}

TEST_CASE_METHOD(session_stores, "issued_at never goes back, also when the clock does", "[saving]") {
  auto session = by("ada");
  auto& dataset = session.add(sales_dataset);
  commit(session);
  const auto first = versions<Dataset>(dataset.id)[0].issued_at();
  set_clock(start - 40 * 24h);
  dataset.sql = "select 2";
  commit(session);
  set_clock(start - 80 * 24h);
  const auto other = save(Dataset{.table_name = "another"});
  const auto list = versions<Dataset>(dataset.id);
  CHECK(list[1].issued_at() == first + 1us);
  CHECK(versions<Dataset>(other.id)[0].issued_at() == first + 2us);
  // As of the time of the first is still the first.
  CHECK(varve::history<Dataset>{store}.as_of(dataset.id, first)->sql == "select 1");
  CHECK(varve::history<Dataset>{store}.as_of(dataset.id, first + 1us)->sql == "select 2");
  set_clock(start + 24h);
  dataset.sql = "select 3";
  commit(session);
  CHECK(versions<Dataset>(dataset.id)[2].issued_at() == start + 24h + 1min);
}

TEST_CASE_METHOD(session_stores, "a value is saved under its key, or under its uuid when it has no key", "[saving]") {
  const auto saved = save(sales_dataset);
  Dataset by_uuid{.uuid = saved.uuid, .table_name = "by uuid"};
  const auto same = save(by_uuid);
  CHECK(same.id == saved.id);
  CHECK(versions<Dataset>(saved.uuid).size() == 2);
  CHECK(live<Dataset>(saved.id).table_name == "by uuid");

  Dataset by_key{.id = saved.id, .table_name = "by key"};  // without a uuid: it keeps its own
  CHECK(save(by_key).uuid == saved.uuid);
  CHECK(versions<Dataset>(saved.uuid).size() == 3);

  const auto stranger = varve::parse_uuid("8e0b1a4e-9d4b-4a6b-9f11-2c6c7f0f1a22").value();
  const auto fresh = save(Dataset{.uuid = stranger, .table_name = "new"});
  CHECK(fresh.id != saved.id);
  CHECK(fresh.uuid == stranger);
  // A value under another key is another entity.
  Dataset moved{.id = saved.id + 40, .table_name = "moved"};
  CHECK(save(moved).id == saved.id + 40);
  CHECK(versions<Dataset>(saved.id + 40).size() == 1);
  CHECK(lives<Dataset>(saved.id));
}

TEST_CASE_METHOD(session_stores, "the session keeps no reference to a value that it saved", "[saving]") {
  auto session = by("ada");
  Dataset value = sales_dataset;
  session.save(value);
  value.table_name = "changed after the save";
  commit(session);
  value.table_name = "changed after the commit";
  commit_nothing(session);
}

TEST_CASE_METHOD(session_stores, "a nil uuid is filled at insert, and a uuid never changes under its key", "[saving]") {
  auto session = by("ada");
  auto& dataset = session.add(sales_dataset);
  CHECK(dataset.uuid.is_nil());
  commit(session);
  CHECK_FALSE(dataset.uuid.is_nil());
  CHECK((dataset.uuid.octets[6] >> 4U) == 4);
  const auto known = dataset.uuid;

  dataset.uuid = {};  // forgotten: it keeps the one it has
  dataset.sql = "select 2";
  commit(session);
  CHECK(dataset.uuid == known);
  CHECK(versions<Dataset>(known).size() == 2);

  dataset.uuid = varve::random_uuid();
  CHECK_THROWS_AS(session.commit(), varve::input_error);
  session.rollback();
  CHECK(dataset.uuid == known);

  session.erase<Dataset>(dataset.id);
  session.save(Dataset{.id = dataset.id, .uuid = varve::random_uuid(), .table_name = "stranger"});
  CHECK_THROWS_WITH(session.commit(), Catch::Contains("uuid"));
  session.rollback();
  CHECK(versions<Dataset>(known).size() == 2);
  CHECK(live<Dataset>(known).table_name == "sales");
}

TEST_CASE_METHOD(session_stores, "PE-27 equal numbers of two kinds never share a history", "[saving]") {
  const auto dataset = save(Dataset{.id = 7, .table_name = "seven"});
  const auto chart = save(Chart{.id = 7, .slice_name = "seven too"});
  const auto note = save(Note{.id = 7, .text = "seven as well"});
  auto session = by("bob");
  session.get<Note>(7).text = "changed";
  commit(session);
  CHECK(versions<Dataset>(7).size() == 1);
  CHECK(versions<Chart>(7).size() == 1);
  CHECK(versions<Note>(7).size() == 2);
  CHECK(versions<Dataset>(chart.uuid).empty());
  CHECK(versions<Chart>(dataset.uuid).empty());
}

TEST_CASE_METHOD(session_stores, "a key that lived before does not inherit the past of the one before", "[saving]") {
  const auto old = save(Dataset{.id = 7, .table_name = "old"});
  auto session = by("ada");
  session.erase<Dataset>(7);
  commit(session);
  const auto fresh = save(Dataset{.id = 7, .table_name = "fresh"});
  REQUIRE(fresh.uuid != old.uuid);

  const varve::history<Dataset> history{store};
  CHECK(history.versions(old.uuid).count() == 2);
  CHECK(history.versions(fresh.uuid).count() == 1);
  CHECK(history.versions(7).count() == 1);  // of what lives there now
  CHECK(history.versions(7).all()[0].number() == 0);
  CHECK(operations<Dataset>(old.uuid) == lines{"insert", "delete"});
  const auto first = history.versions(old.uuid).all()[0];
  CHECK_FALSE(history.as_of(fresh.uuid, first.transaction()).has_value());
  CHECK(history.as_of(old.uuid, first.transaction())->table_name == "old");
  CHECK_FALSE(history.version(fresh.uuid, first.uuid()).has_value());
}

TEST_CASE_METHOD(session_stores, "keys that the store gave are never given twice", "[saving]") {
  auto session = by("ada");
  auto& note = session.add(Note{.text = "a"});
  commit(session);
  const auto id = note.id;
  CHECK(id > 0);
  session.erase<Note>(id);
  commit(session);
  CHECK(session.add(Note{.text = "b"}).id == 0);
  commit(session);
  const auto all = everything_in(store);
  for (const auto& table : all.tables)
    if (table.info->name == "notes") {
      REQUIRE(table.live.size() == 1);
      CHECK(varve::row_key::of(table.live[0], table.info->key).integer() > id);
    }
}

TEST_CASE_METHOD(session_stores, "PJ-38 transaction ids rise over more than a hundred saves", "[saving]") {
  auto session = by("ada");
  auto& note = session.add(Note{.text = "0"});
  auto last = commit(session);
  for (int i = 1; i < 120; ++i) {
    note.text = std::to_string(i);
    const auto at = commit(session);
    REQUIRE(at > last);
    last = at;
  }
  const auto list = versions<Note>(note.id);
  REQUIRE(list.size() == 120);
  for (std::size_t i = 0; i < list.size(); ++i) {
    REQUIRE(list[i].number() == i);
    REQUIRE(varve::history<Note>{store}.state(list[i]).text == std::to_string(i));
  }
  // Walked over page by page it is the same list.
  std::size_t seen = 0;
  for (const auto& version : varve::history<Note>{store}.versions(note.id)) REQUIRE(version.number() == seen++);
  CHECK(seen == 120);
}

TEST_CASE_METHOD(session_stores, "SES-01 a second session on the same store makes versions like the first",
                 "[saving]") {
  auto first = by("ada");
  auto& dataset = first.add(sales_dataset);
  commit(first);
  auto second = by("bob");
  second.get<Dataset>(dataset.uuid).sql = "select 2";
  commit(second);
  const auto list = versions<Dataset>(dataset.id);
  REQUIRE(list.size() == 2);
  CHECK(list[1].actor() == "bob");
}

TEST_CASE_METHOD(session_stores, "UTL-01 UTL-03 UTL-04 UTL-05 UTL-08 what is not saved yet can be asked for",
                 "[saving]") {
  auto session = by("ada");
  auto& dataset = session.add(sales_dataset);
  CHECK(session.is_modified());
  CHECK(session.pending(dataset).empty());  // all of it is new
  CHECK(varve::history<Dataset>{store}.versions(dataset.id).count() == 0);
  commit(session);
  CHECK_FALSE(session.is_modified());
  CHECK(varve::history<Dataset>{store}.versions(dataset.id).count() == 1);

  auto other = by("bob");
  auto& loaded = other.get<Dataset>(dataset.id);
  loaded.sql = "select 2";
  CHECK(other.is_modified());
  CHECK(lines_of(other.pending(loaded)) == lines{R"(field edit ["sql"] "select 1" -> "select 2")"});
  loaded.sql = "select 1";
  CHECK_FALSE(other.is_modified());
  CHECK(other.pending(loaded).empty());
}

TEST_CASE_METHOD(session_stores, "objects of a session stay where they are, one for each key", "[saving]") {
  auto session = by("ada");
  auto& dataset = session.add(sales_dataset);
  auto* const address = &dataset;
  for (int i = 0; i < 50; ++i) session.add(Note{.text = std::to_string(i)});
  commit(session);
  CHECK(&session.get<Dataset>(dataset.id) == address);
  CHECK(&session.get<Dataset>(dataset.uuid) == address);
  CHECK(session.find<Dataset>(dataset.id) == address);
  CHECK(&session.save(dataset) == address);
  CHECK(session.find<Dataset>(dataset.id + 1) == nullptr);
  CHECK(session.find<Dataset>(varve::random_uuid()) == nullptr);
  CHECK_THROWS_AS(session.get<Dataset>(dataset.id + 1), varve::input_error);
  CHECK_THROWS_AS(session.add(Dataset{.id = dataset.id}), varve::input_error);
}

TEST_CASE_METHOD(session_stores, "PE-19 TRX-04 TCH-02 a transaction tells which entities it touched, and how",
                 "[saving]") {
  auto session = by("ada");
  auto& kept = session.add(Note{.text = "kept"});
  auto& gone = session.add(Note{.text = "gone"});
  commit(session);
  kept.text = "changed";
  session.erase<Note>(gone.id);
  auto& dataset = session.add(sales_dataset);
  const auto at = commit(session);

  const auto touched = varve::touched_by(store, at);
  REQUIRE(touched.size() == 3);
  CHECK(touched[0].kind == "dataset");
  CHECK(touched[0].key.integer() == dataset.id);
  CHECK(touched[0].operation == varve::row_operation::insert);
  CHECK(touched[1].kind == "memo");
  CHECK(touched[1].key.integer() == kept.id);
  CHECK(touched[1].operation == varve::row_operation::update);
  CHECK(touched[2].key.integer() == gone.id);
  CHECK(touched[2].operation == varve::row_operation::remove);
  CHECK(varve::touched_by(store, {at.value + 1}).empty());
}

TEST_CASE_METHOD(session_stores, "what was erased before a savepoint stays erased when that is rolled back to",
                 "[saving][savepoint]") {
  const auto saved = save(sales_dataset);
  const auto other = save(Note{.text = "a"});
  auto session = by("ada");
  session.erase<Dataset>(saved.id);
  auto point = session.savepoint();
  session.get<Note>(other.id).text = "b";
  session.flush();
  point.rollback();
  CHECK(session.find<Dataset>(saved.id) == nullptr);
  commit(session);
  CHECK_FALSE(lives<Dataset>(saved.id));
  CHECK(live<Note>(other.id).text == "a");
}

TEST_CASE_METHOD(session_stores, "a savepoint of a transaction that has ended is over", "[saving][savepoint]") {
  auto session = by("ada");
  auto& note = session.add(Note{.text = "a"});
  auto old = session.savepoint();
  commit(session);
  note.text = "b";
  auto current = session.savepoint();
  CHECK_THROWS_WITH(old.rollback(), "this savepoint is over");
  CHECK_THROWS_WITH(old.release(), "this savepoint is over");
  CHECK(note.text == "b");
  current.release();
  commit(session);
  CHECK(live<Note>(note.id).text == "b");
}

TEST_CASE_METHOD(session_stores, "one child put into two parents goes to the first, the second gets a copy",
                 "[saving][children]") {
  auto session = by("ada");
  auto& x = session.add(sales_dataset);
  auto& y = session.add(Dataset{.table_name = "y"});
  auto& w = session.add(Dataset{.table_name = "w"});
  commit(session);
  const auto key = x.metrics[0].id;
  y.metrics = x.metrics;
  w.metrics = x.metrics;
  commit(session);
  CHECK(live<Dataset>(x.id).metrics.empty());
  CHECK(live<Dataset>(y.id).metrics.at(0).id == key);
  CHECK(live<Dataset>(w.id).metrics.at(0).id != key);
  CHECK(live<Dataset>(w.id).metrics.at(0).metric_name == "revenue");
}

TEST_CASE_METHOD(session_stores, "a child that moves leaves its old parent what was put there in its place",
                 "[saving][children]") {
  auto session = by("ada");
  auto& y = session.add(Dataset{.table_name = "y"});
  auto& x = session.add(sales_dataset);
  auto& z = session.add(Dataset{.table_name = "z"});
  commit(session);
  auto& taker = GENERATE(true, false) ? y : z;  // before or after it
  taker.metrics = x.metrics;
  x.metrics = {{.metric_name = "revenue", .expression = "another"}};  // without a key
  commit(session);
  const auto left = live<Dataset>(x.id).metrics;
  const auto taken = live<Dataset>(taker.id).metrics;
  REQUIRE((left.size() == 1 && taken.size() == 1));
  CHECK(left[0].expression == "another");
  CHECK(taken[0].expression == "sum");
  CHECK(left[0].id != taken[0].id);
}
