// The command line as data: what --help, completion and man pages are made from.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace paceline::pacelinectl {

/// A word behind a command.
struct ArgumentRule {
  std::string name;  // "TARGET": what it stands for decides what completes it.
  std::string help;
  bool required = false;
};

struct OptionRule {
  std::string name;   // "--limit"
  std::string value;  // "N"; "" = a flag.
  std::string help;
  std::string environment;  // The variable that stands for it; "" = none.
  std::string fallback;     // "" = none.
};

struct CommandRule {
  std::string name;  // "status", "check" (of topology), "pacelinectl" (the whole).
  std::string summary;
  std::string details;  // Longer text with examples, as --help ends; may be empty.
  std::vector<ArgumentRule> arguments;
  std::vector<OptionRule> options;  // Without those of the commands above it.
  std::vector<CommandRule> commands;

  const CommandRule* find(std::string_view command) const;
};

/// Everything that parse_arguments() understands.
const CommandRule& command_line();

}  // namespace paceline::pacelinectl
