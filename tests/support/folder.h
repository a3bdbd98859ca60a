// A folder of a test's own, gone at its end.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

#include "common/base/check.h"

namespace paceline::test {

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "paceline-XXXXXX").string();
    if (!mkdtemp(pattern.data())) check_failed("mkdtemp", __FILE__, __LINE__);
    path_ = pattern;
  }
  ~Folder() {
    std::error_code ignored;  // A folder that stays behind in /tmp spoils no test.
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace paceline::test
