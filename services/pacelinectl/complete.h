// What may stand where the cursor is, for the shells: from the table that parses the command line.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace paceline::pacelinectl {

struct Completion {
  std::vector<std::pair<std::string, std::string>> values;  // With a few words about each.
  bool files = false;                                       // The shell's own file names, too.
};

/// Words that only the cluster knows: of kind TARGET, NODE or PROCESS, beginning with the text.
using LiveValues =
    std::function<std::vector<std::string>(const std::string& kind, const std::string& beginning)>;

/// `words`: what was typed behind the program's name; the last is being typed and may be "".
Completion complete(const std::vector<std::string>& words, const LiveValues& live);

/// The script for bash, zsh or fish; "" for another shell.
std::string completion_script(std::string_view shell);

}  // namespace paceline::pacelinectl
