#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "options.hpp"
#include "stores.hpp"

/// A file for the length of a test.
class temporary_text {
 public:
  explicit temporary_text(const std::string& text) : file_(dashboards::temporary_file("varve-test")) {
    std::ofstream{file_, std::ios::binary} << text;
  }
  temporary_text(const temporary_text&) = delete;
  temporary_text& operator=(const temporary_text&) = delete;
  ~temporary_text() { dashboards::remove_database(file_); }
  [[nodiscard]] const std::filesystem::path& path() const { return file_; }

 private:
  std::filesystem::path file_;
};

[[nodiscard]] inline dashboards::corpus corpus_of(const std::string& text) {
  const temporary_text file{text};
  return dashboards::read_corpus({file.path()});
}

/// A line of a corpus; `doc` is JSON text.
[[nodiscard]] inline std::string line_of(const std::string& entity, const std::string& key, int seq, int tx,
                                         std::string doc) {
  std::erase(doc, '\n');
  return R"({"entity":")" + entity + R"(","key":")" + key + R"(","seq":)" + std::to_string(seq) + R"(,"tx":)" +
         std::to_string(tx) + R"(,"at":"2024-01-01T00:00:)" + (tx < 10 ? "0" : "") + std::to_string(tx) +
         R"(Z","doc":)" + doc + "}\n";
}

/// A uuid of one digit.
[[nodiscard]] inline std::string id(char digit) {
  return std::string(8, digit) + "-0000-4000-8000-" + std::string(12, digit);
}

[[nodiscard]] inline dashboards::entity_name chart_name(char digit) {
  return {dashboards::entity_kind::chart, dashboards::uuid_of_key(id(digit))};
}
[[nodiscard]] inline dashboards::entity_name dashboard_name(char digit) {
  return {dashboards::entity_kind::dashboard, dashboards::uuid_of_key(id(digit))};
}
