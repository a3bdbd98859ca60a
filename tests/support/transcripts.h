// Transcripts: scripts of commands, each followed by what came of it. What comes of them today must be what
// is written; PACELINE_BLESS=1 writes it anew, and the difference in the commit says what a change does.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/source_folder.h"

namespace paceline::test {

/// Plays each *.txt of a folder of the tree, and holds what comes out against the file.
///
///   least    scripts that there must be
///   play     what comes of a script's commands, with them
///   is_same  whether that is what was written
inline void check_transcripts(
    const std::string& folder, std::size_t least,
    const std::function<std::string(const std::string& script)>& play,
    const std::function<bool(const std::string& written, const std::string& played)>& is_same) {
  std::vector<std::filesystem::path> scripts;
  for (const auto& entry :
       std::filesystem::directory_iterator{std::filesystem::path{source_folder()} / folder})
    if (entry.path().extension() == ".txt") scripts.push_back(entry.path());
  std::ranges::sort(scripts);
  REQUIRE(scripts.size() >= least);
  const bool bless = std::getenv("PACELINE_BLESS") != nullptr;
  for (const auto& script : scripts) {
    std::stringstream written;
    written << std::ifstream{script}.rdbuf();
    const std::string played = play(written.str());
    if (bless) std::ofstream{script} << played;
    INFO(script.filename().string() << ": with PACELINE_BLESS=1 this test writes what comes out");
    CHECK((bless || is_same(written.str(), played)));
  }
}

}  // namespace paceline::test
