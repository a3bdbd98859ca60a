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
  /// `file`: as it opens every error of the Settings that are read.
  explicit Findings(std::string_view file) : file_{file} {}

  void add(int line, int column, std::string what);

  /// An error that begins with "FILE:LINE:COLUMN: "; without that it counts as said of the file's
  /// start.
  void add(const Error& error);

  /// `where` as Settings::where() gives it.
  void add(std::string_view where, std::string_view what);

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
  struct Finding {
    int line;
    int column;
    std::string what;
  };

  std::string file_;
  std::vector<Finding> found_;
};

}  // namespace paceline
