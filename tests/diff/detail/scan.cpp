#include "varve/diff/detail/scan.hpp"

#include <catch2/catch.hpp>

#include <random>
#include <string>

namespace {

using namespace varve::detail;

/// Characters that structure is made of, at random.
std::string random_text(std::mt19937& random) {
  std::string text;
  const bool quoted = random() % 2 == 0;
  for (std::size_t n = random() % 300; n > 0; --n)
    text.push_back("{[]}{[]}\"\\\\\\ abc\x80"[random() % (quoted ? 18 : 8)]);
  return text;
}

/// The end of a container, one character after the other. A quote behind a backslash is none, also outside of strings.
std::size_t container_end(const std::string& text) {
  std::size_t depth = 0;
  bool in_string = false, escaped = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"' && !escaped) in_string = !in_string;
    escaped = c == '\\' && !escaped;
    if (in_string) continue;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) return i + 1;
  }
  return 0;
}
/// The end of a string, one character after the other.
std::size_t string_end(const std::string& text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      return i + 1;
  }
  return 0;
}

template <class Characters>
void check_container(const std::string& text) {
  const char* end = skip_container<Characters>(text.data(), text.data() + text.size());
  REQUIRE((end == nullptr ? 0 : static_cast<std::size_t>(end - text.data())) == container_end(text));
}
template <class Characters>
void check_string(const std::string& text) {
  const char* end = skip_string<Characters>(text.data(), text.data() + text.size());
  REQUIRE((end == nullptr ? 0 : static_cast<std::size_t>(end - text.data())) == string_end(text));
}

}  // namespace

TEMPLATE_TEST_CASE("ends of containers and strings are found in any text", "[diff][scan]", plain_characters,
                   fast_characters) {
  std::mt19937 random{1};
  for (int i = 0; i < 20'000; ++i) {
    const auto text = random_text(random);
    check_string<TestType>("\"" + text);
    check_container<TestType>("[" + text);
  }
}

TEMPLATE_TEST_CASE("a same prefix has its length", "[diff][scan]", plain_characters, fast_characters) {
  for (std::size_t size = 0; size < 200; ++size)
    for (std::size_t at = 0; at <= size; at += 1 + at / 8) {
      const std::string a(size, 'x');
      std::string b = a;
      if (at < size) b[at] = 'y';
      CHECK(TestType::same_prefix(a.data(), b.data(), size) == at);
    }
}
