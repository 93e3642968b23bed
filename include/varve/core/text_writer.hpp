#pragma once

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace varve {

/// Appends many short pieces to a string, each by a copy into room that is there already. While the writer lives the
/// string may be longer than what was written; the writer's end cuts it.
class text_writer {
 public:
  explicit text_writer(std::string& out) : out_(out), size_(out.size()) {}
  text_writer(const text_writer&) = delete;
  text_writer& operator=(const text_writer&) = delete;
  ~text_writer() { out_.resize(size_); }  // never longer, so it allocates nothing

  void put(char c) {
    *room(1) = c;
    ++size_;
  }
  void put(std::string_view text) {
    char* at = room(text.size());
    if (!text.empty()) std::memcpy(at, text.data(), text.size());
    size_ += text.size();
  }
  /// Room for some characters, of which `wrote` tells how many are used.
  [[nodiscard]] char* room(std::size_t characters) {
    if (out_.size() - size_ < characters) out_.resize(size_ + characters + 128);
    return out_.data() + size_;
  }
  void wrote(std::size_t characters) { size_ += characters; }
  /// How long the string is so far.
  [[nodiscard]] std::size_t size() const { return size_; }
  /// What was written from a place on; until the next piece.
  [[nodiscard]] std::string_view written(std::size_t from) const {
    return std::string_view{out_}.substr(from, size_ - from);
  }
  /// Takes back what was written from a place on.
  void cut(std::size_t from) { size_ = from; }

 private:
  std::string& out_;
  std::size_t size_;
};

}  // namespace varve
