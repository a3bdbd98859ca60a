// Mistakes while they are being collected: each with its place, given back in the file's order.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "topology/check.h"

namespace paceline {

class Findings {
 public:
  explicit Findings(std::string_view file) : file_{file} {}

  void add(int line, int column, std::string what);
  void add(const Location& where, std::string what);

  /// An error without a location counts as said of the file's start.
  void add(const Error& error);

  /// The value, or after noting the error `otherwise`.
  template <class T>
  T take(Result<T> value, T otherwise) {
    if (value) return *std::move(value);
    add(value.error());
    return otherwise;
  }

  const std::string& file() const { return file_; }
  bool empty() const { return found_.empty(); }
  bool full() const { return found_.size() >= max_findings; }
  std::vector<Mistake> in_order() const;

  /// More are not noted: a file with so many is read again after the first repairs anyway.
  static constexpr std::size_t max_findings = 200;

 private:
  std::string file_;
  std::vector<Mistake> found_;
};

}  // namespace paceline
