#include <catch2/catch.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "diff/document_check.hpp"
#include "diff/random_document.hpp"
#include "support/rounds.hpp"

namespace {

using namespace document_check;

void check_pairs(std::uint64_t first_seed, std::uint64_t count) {
  std::uint64_t differ = 0;
  for (std::uint64_t seed = first_seed; seed < first_seed + count; ++seed) {
    random_document::maker random{seed};
    auto document = random.make_document(seed % 2 == 0);
    const auto from = random.print(document);
    if (random.once_in(20)) document = random.make_document(seed % 2 == 0);
    for (std::size_t edits = random.below(5); edits > 0; --edits) random.change(document);
    const auto to = random.print(document);
    if (from != to) ++differ;
    const auto& choice = choices()[random.below(choices().size())];
    if (const char* broken = broken_law(from, to, choice))
      FAIL("seed " << seed << ", rules " << choice.name << ": " << broken << "\n" << from << "\n" << to);
  }
  CHECK(differ > count / 2);
}

void check_rows(std::uint64_t first_seed, std::uint64_t count) {
  std::uint64_t differ = 0;
  for (std::uint64_t seed = first_seed; seed < first_seed + count; ++seed) {
    random_document::maker random{~seed};
    auto document = random.make_document(true);
    std::vector<std::string> texts{random.print(document)};
    for (std::size_t steps = 2 + random.below(3); steps > 0; --steps) {
      for (std::size_t edits = random.below(3); edits > 0; --edits) random.change(document);
      texts.push_back(random.print(document));
    }
    if (texts.front() != texts.back()) ++differ;
    const auto& choice = choices()[random.below(2)];
    if (const char* broken = broken_composition(texts, choice)) {
      std::string all;
      for (const auto& text : texts) all += text + "\n";
      FAIL("seed " << seed << ", rules " << choice.name << ": " << broken << "\n" << all);
    }
  }
  CHECK(differ > count / 2);
}

}  // namespace

TEST_CASE("texts in step give the records of parsing both, and replay exactly", "[diff][documents]") {
  check_pairs(1, test::rounds(20'000));
}

TEST_CASE("records of documents that are not faithful compose", "[diff][documents]") { check_rows(1, test::rounds(5'000)); }

TEST_CASE("a million pairs of texts, and rows of them", "[diff][documents][.long]") {
  check_pairs(1'000'000, 1'000'000);
  check_rows(1'000'000, 200'000);
}
