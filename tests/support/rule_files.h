// Holds the table "file | rule" of a service's README to the files of its folder.
#pragma once

#include <set>
#include <string>

#include "tests/support/manual.h"

namespace paceline::test {

/// Each file that the table names is there, and each header of the folder that computes is named.
/// Those of the shell (service*, adapter_*, config, metrics) need no row.
///
///   elsewhere   headers that the README need not name
inline void check_rule_files(const std::string& folder,
                             const std::set<std::string>& elsewhere = {}) {
  const std::string root = source_folder() + "/";
  std::set<std::string> named;
  const auto table = read_table(folder + "/README.md", "Decides");
  for (const auto& row : table.rows)
    for (const auto& word : code_words(row[0])) {
      CAPTURE(word);
      named.insert(word);
      if (word.ends_with(".h"))
        CHECK((std::filesystem::exists(root + word) ||
               std::filesystem::exists(root + "common/ports/" + word)));
      else
        CHECK((std::filesystem::exists(root + folder + "/" + word + ".h") ||
               std::filesystem::exists(root + folder + "/" + word + ".cpp")));
    }
  static const std::regex shell{"service.*|adapter_.*|config|metrics"};
  for (const auto& entry : std::filesystem::directory_iterator{root + folder}) {
    const std::string name = entry.path().stem().string();
    if (entry.path().extension() != ".h" || std::regex_match(name, shell)) continue;
    CAPTURE(name);
    CHECK((named.contains(name) || elsewhere.contains(name)));
  }
}

}  // namespace paceline::test
