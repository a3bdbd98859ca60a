#include "services/pacelinectl/manual.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace paceline::pacelinectl {
namespace {

// man(7) takes a line that begins with . or ' for a request, and - for a hyphen.
std::string roff(std::string_view text) {
  std::string out;
  bool line_start = true;
  for (const char c : text) {
    if (line_start && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
    line_start = c == '\n';
  }
  return out;
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::string heading(const std::string& title, const std::string& summary) {
  return fmt::format(
      ".TH \"{}\" \"1\" \"2026-11-25\" \"paceline {}\" \"Paceline\"\n.SH NAME\n{} \\- {}\n",
      roff(upper(title)), PACELINE_VERSION, roff(title), roff(summary));
}

std::string synopsis(const std::string& path, const CommandRule& command) {
  std::string text = fmt::format("\\fB{}\\fR", roff(path));
  if (!command.options.empty()) text += " [\\fIoptions\\fR]";
  for (const ArgumentRule& argument : command.arguments)
    text += argument.required ? fmt::format(" \\fI{}\\fR", roff(argument.name))
                              : fmt::format(" [\\fI{}\\fR]", roff(argument.name));
  return text + "\n";
}

std::string tagged(const std::string& tag, const std::string& text) {
  return fmt::format(".TP\n{}\n{}\n", tag, roff(text));
}

std::string option_text(const OptionRule& option) {
  std::string tag = fmt::format("\\fB{}\\fR", roff(option.name));
  if (!option.value.empty()) tag += fmt::format(" \\fI{}\\fR", roff(option.value));
  std::string help = option.help;
  if (!option.fallback.empty()) help += fmt::format(" (default: {})", option.fallback);
  if (!option.environment.empty()) help += fmt::format(" [{}]", option.environment);
  return tagged(tag, help);
}

/// Text as it stands in --help: paragraphs, and what is indented or behind "Example" as it is.
std::string details_text(std::string_view details) {
  std::string text;
  bool examples = false;
  while (!details.empty()) {
    const auto end = std::min(details.find('\n'), details.size());
    const std::string_view line = details.substr(0, end);
    details.remove_prefix(std::min(end + 1, details.size()));
    if (line.starts_with("Example")) {
      text += ".SH EXAMPLES\n.nf\n";
      examples = true;
    } else if (line.empty()) {
      if (!examples && !details.starts_with("Example")) text += ".PP\n";
    } else {
      text += roff(line) + "\n";
    }
  }
  return text + (examples ? ".fi\n" : "");
}

std::string arguments_and_options(const CommandRule& command) {
  std::string text;
  for (const ArgumentRule& argument : command.arguments)
    text += tagged(fmt::format("\\fI{}\\fR", roff(argument.name)), argument.help);
  for (const OptionRule& option : command.options) text += option_text(option);
  return text;
}

constexpr const char* exit_status =
    ".SH EXIT STATUS\n.TP\n0\nFine.\n.TP\n1\nNobody answered, or the answer was no.\n.TP\n2\n"
    "The command line is wrong, or a file cannot be read.\n.TP\n3\nA check found mistakes, or the "
    "topology file has one.\n";

}  // namespace

std::string manual_page(const CommandRule& command) {
  const std::string title = "pacelinectl-" + command.name;
  std::string text = heading(title, command.summary) + ".SH SYNOPSIS\n" +
                     synopsis("pacelinectl " + command.name, command);
  for (const CommandRule& below : command.commands)
    text += ".br\n" + synopsis(fmt::format("pacelinectl {} {}", command.name, below.name), below);
  text += ".SH OPTIONS\n" + arguments_and_options(command);
  for (const CommandRule& below : command.commands)
    text +=
        fmt::format(".SS {} {}\n{}.\n", roff(command.name), roff(below.name), roff(below.summary)) +
        arguments_and_options(below);
  if (!command.details.empty()) {
    if (!command.details.starts_with("Example")) text += ".SH DESCRIPTION\n";
    text += details_text(command.details);
  }
  return text + exit_status + ".SH SEE ALSO\n.BR pacelinectl (1)\n";
}

std::string manual_page() {
  const CommandRule& all = command_line();
  std::string text =
      heading("pacelinectl", "asks the processes of a Paceline cluster, checks its files") +
      ".SH SYNOPSIS\n\\fBpacelinectl\\fR [\\fIoptions\\fR] \\fICOMMAND\\fR [\\fIarguments\\fR]\n"
      ".SH DESCRIPTION\nOne run, one answer; it decides nothing. Options may stand before or "
      "behind the command.\n.SH OPTIONS\n";
  for (const OptionRule& option : all.options) text += option_text(option);
  text += ".SH COMMANDS\n";
  for (const CommandRule& command : all.commands) {
    text += tagged(fmt::format("\\fB{}\\fR, see \\fBpacelinectl\\-{}\\fR(1)", roff(command.name),
                               roff(command.name)),
                   command.summary);
  }
  text += exit_status;
  text += ".SH ENVIRONMENT\n";
  for (const OptionRule& option : all.options)
    if (!option.environment.empty())
      text += tagged(fmt::format("\\fB{}\\fR", roff(option.environment)),
                     fmt::format("Stands for {}.", option.name));
  text += tagged("\\fBNO_COLOR\\fR", "No colours, whatever its value.");
  text += ".SH FILES\n" + tagged("\\fI/etc/paceline/topology.toml\\fR", "The cluster.");
  return text;
}

std::vector<std::pair<std::string, std::string>> manual_pages() {
  std::vector<std::pair<std::string, std::string>> pages = {{"pacelinectl.1", manual_page()}};
  for (const CommandRule& command : command_line().commands)
    pages.emplace_back(fmt::format("pacelinectl-{}.1", command.name), manual_page(command));
  return pages;
}

}  // namespace paceline::pacelinectl
