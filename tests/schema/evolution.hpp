#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <varve/varve.hpp>

/// The structs of an application over its years, all of the same kinds.
namespace first {

struct Person {
  std::int64_t id{};
  varve::uuid uuid{};
  std::string name{};
};
struct Place {
  std::string street{};
  std::string town{};
};
struct Part {
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
  Place home{};
  std::vector<Part> parts{};
  std::vector<varve::link<Person>> authors{};
};
/// Has no uuid: versions are named after kind and key.
struct Remark {
  std::int64_t id{};
  std::string text{};
};

}  // namespace first

/// Fields, children and links came; a field and nothing else went.
namespace grown {

struct Person {
  std::int64_t id{};
  varve::uuid uuid{};
  std::string name{};
};
struct Place {
  std::string street{};
  std::string town{};
};
struct Part {
  std::int64_t id{};
  std::string heading{};
  std::int32_t words{};
  std::int64_t level{};
};
struct Review {
  std::int64_t id{};
  std::string reviewer{};
  std::int64_t mark{};
};
struct Report {
  std::int64_t id{};
  varve::uuid uuid{};
  std::string name{};
  std::int32_t pages{};
  Place home{};
  std::int64_t priority{};
  std::optional<std::string> summary{};
  std::vector<Part> parts{};
  std::vector<varve::link<Person>> authors{};
  std::vector<Review> reviews{};
  std::vector<varve::link<Person>> readers{};
};

}  // namespace grown

/// Everything has another name.
namespace renamed {

struct Writer {
  std::int64_t id{};
  varve::uuid uuid{};
  std::string full_name{};
};
struct Address {
  std::string road{};
  std::string town{};
};
struct Section {
  std::int64_t id{};
  std::string title{};
  std::int32_t length{};
};
struct Document {
  std::int64_t id{};
  varve::uuid uuid{};
  std::string title{};
  std::string status{};
  std::int32_t pages{};
  Address address{};
  std::vector<Section> sections{};
  std::vector<varve::link<Writer>> writers{};
};
struct Comment {
  std::int64_t id{};
  std::string words{};
};

}  // namespace renamed

template <>
struct varve::entity<first::Person> : varve::describe<varve::public_id<&first::Person::uuid>> {};
template <>
struct varve::entity<first::Report>
    : varve::describe<varve::public_id<&first::Report::uuid>, varve::embedded<&first::Report::home>,
                      varve::children<&first::Report::parts, varve::by<&first::Part::heading>>,
                      varve::links<&first::Report::authors>> {};
template <>
struct varve::entity<first::Remark> : varve::describe<> {};

template <>
struct varve::entity<grown::Person> : varve::describe<varve::public_id<&grown::Person::uuid>> {};
template <>
struct varve::entity<grown::Report>
    : varve::describe<varve::public_id<&grown::Report::uuid>, varve::embedded<&grown::Report::home>,
                      varve::children<&grown::Report::parts, varve::by<&grown::Part::heading>>,
                      varve::links<&grown::Report::authors>,
                      varve::children<&grown::Report::reviews, varve::by<&grown::Review::reviewer>>,
                      varve::links<&grown::Report::readers>> {};

template <>
struct varve::entity<renamed::Writer>
    : varve::describe<varve::formerly_kind<"person">, varve::public_id<&renamed::Writer::uuid>,
                      varve::formerly<&renamed::Writer::full_name, "name">> {};
template <>
struct varve::entity<renamed::Address> : varve::describe<varve::formerly<&renamed::Address::road, "street">> {};
template <>
struct varve::entity<renamed::Section>
    : varve::describe<varve::formerly_kind<"part">, varve::formerly<&renamed::Section::title, "heading">,
                      varve::formerly<&renamed::Section::length, "words">> {};
template <>
struct varve::entity<renamed::Document>
    : varve::describe<varve::formerly_kind<"report">, varve::public_id<&renamed::Document::uuid>,
                      varve::formerly<&renamed::Document::title, "name", "label">,
                      varve::embedded<&renamed::Document::address>,
                      varve::formerly<&renamed::Document::address, "home">,
                      varve::children<&renamed::Document::sections, varve::by<&renamed::Section::title>>,
                      varve::formerly<&renamed::Document::sections, "parts">,
                      varve::links<&renamed::Document::writers>,
                      varve::formerly<&renamed::Document::writers, "authors">> {};
template <>
struct varve::entity<renamed::Comment>
    : varve::describe<varve::formerly_kind<"remark">, varve::formerly<&renamed::Comment::words, "text">> {};

/// Fields have other types.
namespace retyped {

struct Place {
  std::string street{};
  std::optional<std::string> town{};
};
struct Part {
  std::int64_t id{};
  std::string heading{};
  std::optional<std::int64_t> words{};
};
enum class Status { draft, final };
struct Report {
  std::int64_t id{};
  varve::uuid uuid{};
  std::optional<std::string> name{};
  Status status{};
  double pages{};
  Place home{};
  std::vector<Part> parts{};
  std::vector<varve::link<first::Person>> authors{};
};
struct Remark {
  std::int64_t id{};
  std::int64_t text{};
};

}  // namespace retyped

template <>
inline constexpr auto varve::enum_names<retyped::Status> =
    std::array{std::pair{retyped::Status::draft, "draft"}, std::pair{retyped::Status::final, "final"}};
template <>
struct varve::entity<retyped::Report>
    : varve::describe<varve::public_id<&retyped::Report::uuid>, varve::embedded<&retyped::Report::home>,
                      varve::children<&retyped::Report::parts, varve::by<&retyped::Part::heading>>,
                      varve::links<&retyped::Report::authors>> {};
template <>
struct varve::entity<retyped::Remark> : varve::describe<> {};

/// The kind `reading`, whose plain values and flags get other types.
namespace counted {

struct Reading {
  std::int64_t id{};
  std::int64_t checked{};
  std::map<std::string, std::string> levels{};
  nlohmann::json notes{};
};

}  // namespace counted
namespace recounted {

struct Reading {
  std::int64_t id{};
  bool checked{};
  std::map<std::string, std::int64_t> levels{};
  nlohmann::json notes{};
};
struct Opaque {
  std::int64_t id{};
  std::int64_t checked{};
  std::map<std::string, std::string> levels{};
  std::string notes{};
};

}  // namespace recounted

template <>
struct varve::entity<counted::Reading>
    : varve::describe<varve::children<&counted::Reading::levels>, varve::document<&counted::Reading::notes>> {};
template <>
struct varve::entity<recounted::Reading>
    : varve::describe<varve::children<&recounted::Reading::levels>, varve::document<&recounted::Reading::notes>> {};
template <>
struct varve::entity<recounted::Opaque>
    : varve::describe<varve::kind<"reading">, varve::children<&recounted::Opaque::levels>> {};

/// The kind `report` again, each time with something that its database contradicts.
namespace wrong {

struct OtherKey {
  std::string name{};
  varve::uuid uuid{};
};
struct NoUuid {
  std::int64_t id{};
  std::string name{};
};
struct OtherTable {
  std::int64_t id{};
  varve::uuid uuid{};
};
struct OtherName {
  std::int64_t id{};
  varve::uuid uuid{};
  std::vector<first::Part> parts{};
};
struct OtherParent {
  std::int64_t id{};
  varve::uuid uuid{};
  std::vector<first::Part> parts{};
};
struct Ordered {
  std::int64_t id{};
  varve::uuid uuid{};
  std::vector<first::Part> parts{};
};
struct OtherField {
  std::int64_t id{};
  varve::uuid uuid{};
  std::vector<first::Part> pieces{};
};
struct OtherColumn {
  std::int64_t id{};
  varve::uuid uuid{};
  std::string name{};
};
struct Text {
  std::int64_t id{};
  varve::uuid uuid{};
  std::string pages{};
};
/// Takes another kind's table.
struct Thief {
  std::int64_t id{};
  std::string name{};
};
struct RemarkWithUuid {
  std::int64_t id{};
  varve::uuid uuid{};
};

}  // namespace wrong

template <>
struct varve::entity<wrong::OtherKey>
    : varve::describe<varve::kind<"report">, varve::key<&wrong::OtherKey::name>, varve::public_id<&wrong::OtherKey::uuid>> {};
template <>
struct varve::entity<wrong::NoUuid> : varve::describe<varve::kind<"report">> {};
template <>
struct varve::entity<wrong::OtherTable>
    : varve::describe<varve::kind<"report">, varve::table<"papers">, varve::public_id<&wrong::OtherTable::uuid>> {};
template <>
struct varve::entity<wrong::OtherName>
    : varve::describe<varve::kind<"report">, varve::public_id<&wrong::OtherName::uuid>,
                      varve::children<&wrong::OtherName::parts, varve::by<&first::Part::words>>> {};
template <>
struct varve::entity<wrong::OtherParent>
    : varve::describe<varve::kind<"report">, varve::public_id<&wrong::OtherParent::uuid>,
                      varve::children<&wrong::OtherParent::parts, varve::by<&first::Part::heading>,
                                      varve::parent_column<"owner_id">>> {};
template <>
struct varve::entity<wrong::Ordered>
    : varve::describe<varve::kind<"report">, varve::public_id<&wrong::Ordered::uuid>,
                      varve::children<&wrong::Ordered::parts, varve::by<&first::Part::heading>, varve::ordered>> {};
template <>
struct varve::entity<wrong::OtherField>
    : varve::describe<varve::kind<"report">, varve::public_id<&wrong::OtherField::uuid>,
                      varve::children<&wrong::OtherField::pieces, varve::by<&first::Part::heading>>> {};
template <>
struct varve::entity<wrong::OtherColumn>
    : varve::describe<varve::kind<"report">, varve::public_id<&wrong::OtherColumn::uuid>,
                      varve::column<&wrong::OtherColumn::name, "title">> {};
template <>
struct varve::entity<wrong::Text> : varve::describe<varve::kind<"report">, varve::public_id<&wrong::Text::uuid>> {};
template <>
struct varve::entity<wrong::Thief> : varve::describe<varve::table<"part">> {};
template <>
struct varve::entity<wrong::RemarkWithUuid>
    : varve::describe<varve::kind<"remark">, varve::public_id<&wrong::RemarkWithUuid::uuid>> {};

namespace first {

/// Versions of report 1: created, changed in all that it has, changed in a part alone.
inline void write(const varve::store_handle& store) {
  varve::session session{store, varve::actor{"ada"}};
  auto& ada = session.add(Person{.name = "ada"});
  auto& bob = session.add(Person{.name = "bob"});
  session.commit();  // 1
  auto& report = session.add(Report{.name = "layers",
                                    .status = "draft",
                                    .pages = 12,
                                    .home = {.street = "quay", .town = "Kiel"},
                                    .parts = {{.heading = "clay", .words = 900}, {.heading = "silt", .words = 400}},
                                    .authors = {{.key = ada.id}}});
  auto& remark = session.add(Remark{.text = "nice"});
  session.commit();  // 2
  report.name = "lake";
  report.status = "final";
  report.pages = 14;
  report.home.street = "pier";
  report.parts[1].words = 450;
  report.parts.erase(report.parts.begin());
  report.parts.push_back({.heading = "sand", .words = 100});
  report.authors = {{.key = bob.id}};
  remark.text = "very nice";
  session.commit();  // 3
  report.parts[0].words = 460;
  session.commit();  // 4
}

}  // namespace first
