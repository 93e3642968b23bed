#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string>
#include <vector>

#include <varve/backend/sqlite.hpp>
#include <varve/varve.hpp>

/// The structs of a library as they were when varve 0.1.0 was released, and what wrote `0.1.0.db` with that release.
namespace library_0_1_0 {

struct Author {
  std::int64_t id{};
  varve::uuid uuid{};
  std::string name{};
};

struct Chapter {
  std::int64_t id{};
  std::string heading{};
  std::int32_t words{};
};

struct Report {
  std::int64_t id{};
  varve::uuid uuid{};
  std::string name{};
  std::string status{};
  std::int32_t pages{};
  std::string params{};
  std::vector<Chapter> chapters{};
  std::vector<varve::link<Author>> authors{};
};

/// Has no uuid: its versions are named after its kind and key.
struct Remark {
  std::int64_t id{};
  std::string text{};
};

}  // namespace library_0_1_0

template <>
struct varve::entity<library_0_1_0::Author> : varve::describe<varve::public_id<&library_0_1_0::Author::uuid>> {};
template <>
struct varve::entity<library_0_1_0::Report>
    : varve::describe<varve::table<"reports">, varve::public_id<&library_0_1_0::Report::uuid>,
                      varve::document<&library_0_1_0::Report::params>,
                      varve::children<&library_0_1_0::Report::chapters, varve::by<&library_0_1_0::Chapter::heading>>,
                      varve::links<&library_0_1_0::Report::authors>> {};
template <>
struct varve::entity<library_0_1_0::Remark> : varve::describe<> {};

namespace library_0_1_0 {

/// Writes the history into an empty database: two authors, a report of five versions (one of them a restore), one that
/// is created and deleted, and a remark that changed. One transaction a day.
inline void write(sqlite3* handle) {
  sqlite3_exec(handle, "PRAGMA page_size = 1024", nullptr, nullptr, nullptr);
  const varve::sqlite::store store{varve::borrow(handle)};
  varve::schema{store}.add<Author>().add<Report>().add<Remark>().apply();
  varve::session session{store, varve::actor{"ada"}};
  varve::time_point today = std::chrono::sys_days{std::chrono::year{2026} / 11 / 1};
  session.clock([&] { return today += std::chrono::days{1}; });
  const auto id = [](const char* text) { return varve::parse_uuid(text).value(); };

  auto& ada = session.add(Author{.uuid = id("a0000000-0000-4000-8000-000000000001"), .name = "ada"});
  auto& bob = session.add(Author{.uuid = id("a0000000-0000-4000-8000-000000000002"), .name = "bob"});
  session.commit();  // 1
  auto& report = session.add(Report{.uuid = id("b0000000-0000-4000-8000-000000000001"),
                                    .name = "layers",
                                    .status = "draft",
                                    .pages = 12,
                                    .params = R"({"font":"serif","size":10})",
                                    .chapters = {{.heading = "clay", .words = 900}, {.heading = "silt", .words = 400}},
                                    .authors = {{.key = ada.id}}});
  session.commit();  // 2
  report.name = "layers of a lake";
  report.pages = 14;
  report.params = R"({"font":"serif","size":11})";
  report.chapters[1].words = 450;
  session.commit();  // 3
  report.chapters.erase(report.chapters.begin());
  report.chapters.push_back({.heading = "sand", .words = 100});
  report.authors = {{.key = bob.id}};
  report.status = "final";
  session.commit();  // 4
  auto& gone =
      session.add(Report{.uuid = id("b0000000-0000-4000-8000-000000000002"), .name = "gone", .status = "draft"});
  auto& remark = session.add(Remark{.text = "nice"});
  session.commit();  // 5
  session.erase<Report>(gone.id);
  remark.text = "very nice";
  session.commit();  // 6
  const auto versions = varve::history<Report>{store}.versions(report.id).all();
  varve::reverter revert{session, versions[1]};
  revert.all();
  session.commit();  // 7
}

}  // namespace library_0_1_0
