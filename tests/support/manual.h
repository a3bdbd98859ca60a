// What the tree's manuals say, beside what the code says: settings, log events, metrics.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <regex>
#include <set>

#include "common/base/result.h"
#include "common/base/time.h"
#include "tests/support/markdown_table.h"
// The last: its CHECK is the one we mean.
#include "tests/support/catch.h"

namespace paceline::test {

/// A whole file of the tree.
inline std::string tree_file(const std::string& path) {
  std::ifstream file{source_folder() + "/" + path};
  if (!file) throw std::runtime_error{path + ": cannot be opened"};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// What stands below a heading, up to the next one of any level.
inline std::string section_of(const std::string& path, const std::string& heading) {
  std::istringstream text{tree_file(path)};
  std::string section;
  bool below = false;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with('#'))
      below = line.substr(std::min(line.find_first_not_of("# "), line.size())) == heading;
    else if (below)
      section += line + "\n";
  }
  if (section.empty()) throw std::runtime_error{path + ": nothing below '" + heading + "'"};
  return section;
}

/// What stands between backticks, in the order of the text.
inline std::vector<std::string> code_words(const std::string& text) {
  static const std::regex word{"`([^`]+)`"};
  std::vector<std::string> words;
  for (std::sregex_iterator each{text.begin(), text.end(), word}, end; each != end; ++each)
    words.push_back((*each)[1]);
  return words;
}

/// The sources directly in these folders of the tree, without headers.
inline std::string sources_of(const std::vector<std::string>& folders) {
  std::string text;
  for (const auto& folder : folders)
    for (const auto& entry : std::filesystem::directory_iterator{source_folder() + "/" + folder})
      if (entry.path().extension() == ".cpp")
        text += tree_file(folder + "/" + entry.path().filename().string());
  return text;
}

/// The lines of a section that are indented by four, without the indent: an example.
inline std::string example_in(const std::string& section) {
  std::istringstream lines{section};
  std::string example;
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("    ")) example += line.substr(4) + "\n";
  return example;
}

/// The parts between separators, without blanks around them; none of an empty text.
inline std::vector<std::string> parts_of(std::string_view text, std::string_view separator) {
  std::vector<std::string> parts;
  while (text.find_first_not_of(" \n") != text.npos) {
    const auto end = std::min(text.find(separator), text.size());
    const auto first = std::min(text.find_first_not_of(" \n"), end);
    auto part = text.substr(first, end - first);
    while (part.ends_with(' ')) part.remove_suffix(1);
    parts.emplace_back(part);
    text.remove_prefix(std::min(end + separator.size(), text.size()));
  }
  return parts;
}

/// The literals that stand first behind a call in a source: texts_behind(source, "root.text(").
inline std::set<std::string> texts_behind(std::string_view source, std::string_view call) {
  std::set<std::string> texts;
  for (auto at = source.find(call); at != source.npos; at = source.find(call, at + 1)) {
    const auto begin = source.find_first_not_of(" \n", at + call.size());
    if (begin == source.npos || source[begin] != '"') continue;
    texts.emplace(source.substr(begin + 1, source.find('"', begin + 1) - begin - 1));
  }
  return texts;
}

/// A number or a duration ("60s" is "1m") in one form, anything else as it is.
inline std::string comparable(std::string text) {
  std::erase(text, '`');
  if (text == "none" || text == "\"\"") return "nothing";
  if (text.size() > 1 && text.starts_with('"')) return text.substr(1, text.size() - 2);
  if (const auto duration = parse_duration(text)) return format_duration(*duration);
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  return text.empty() || *end ? text : std::to_string(number);
}

/// "0.5..1 percent" -> "0.5", "1"; nothing for what is no range of numbers or durations.
inline std::optional<std::pair<std::string, std::string>> range_of(const std::string& cell) {
  static const std::regex range{R"(^(\d[\d.]*[a-z]*)\.\.(\d[\d.]*[a-z]*)( .*)?$)"};
  std::smatch found;
  if (!std::regex_match(cell, found, range)) return std::nullopt;
  return std::pair{comparable(found[1]), comparable(found[2])};
}

/// The ends of a range as TOML has them, and what lies just beyond; `below` is "" if nothing can.
struct RangeEdges {
  std::string least;
  std::string most;
  std::string below;
  std::string above;
};

/// "100ms..10m", "-1..1e6, if at all": nothing for what does not begin with a range of numbers or
/// durations.
inline std::optional<RangeEdges> edges_of(const std::string& cell) {
  static const std::regex range{R"(^([-\d.]+[a-z]*)\.\.([-\d.]+[a-z]*\d*)([ ,].*)?$)"};
  std::smatch found;
  if (!std::regex_match(cell, found, range)) return std::nullopt;
  const std::string least = found[1];
  const std::string most = found[2];
  const auto quoted = [](const std::string& text) { return "\"" + text + "\""; };
  const auto shortest = parse_duration(least);
  const auto longest = parse_duration(most);
  if (shortest && longest)
    return RangeEdges{quoted(least), quoted(most),
                      *shortest > 0s ? quoted(format_duration(*shortest - *shortest / 1000)) : "",
                      quoted(format_duration(*longest + *longest / 1000))};
  if ((least + most).find_first_of(".e") == std::string::npos)
    return RangeEdges{least, most, std::to_string(std::stoll(least) - 1),
                      std::to_string(std::stoll(most) + 1)};
  const double from = std::stod(least);
  return RangeEdges{least, most, std::to_string(from - std::max(from / 100, 1e-5)),
                    std::to_string(std::stod(most) * 1.01)};
}

/// Compares a table of settings (key, default, range, ...) with the code that reads them: the same
/// keys, the same defaults, the same ranges.
///
///   read      what is in force, as Settings::effective() says it, when this line stands in the
///             service's table
///   in_words  keys whose default the table describes instead of writing it down
inline void check_settings(const MarkdownTable& table,
                           const std::function<Result<std::string>(const std::string& line)>& read,
                           const std::set<std::string>& in_words = {}) {
  const auto effective = read("");
  REQUIRE(effective);
  std::map<std::string, std::string> in_force;
  std::istringstream lines{*effective};
  for (std::string line; std::getline(lines, line);) {
    const auto equals = line.find(" = ");
    const auto dot = line.rfind('.', equals);
    const auto begin = dot == line.npos ? 0 : dot + 1;
    in_force[line.substr(begin, equals - begin)] = line.substr(equals + 3);
  }

  std::set<std::string> listed;
  for (const auto& row : table.rows) {
    std::string key = row.at(0);
    std::erase(key, '`');
    CAPTURE(key);
    CHECK(listed.insert(key).second);
    if (!in_force.contains(key)) {
      CHECK("the table names a key that nobody reads" == key);
      continue;
    }
    if (!in_words.contains(key)) CHECK(comparable(row.at(1)) == comparable(in_force[key]));
    const auto range = range_of(row.at(2));
    if (!range) continue;
    // Beyond its range a value is refused with the range: whatever is too much or too little.
    std::optional<std::pair<std::string, std::string>> said;
    for (const char* beyond : {"9223372036854775807", "-1", "\"8760h\"", "\"0s\"", "1e300"}) {
      const auto refused = read(key + " = " + beyond);
      static const std::regex bounds{R"(not in \[([^,\]]+), ([^\]]+)\])"};
      std::smatch found;
      if (refused || !std::regex_search(refused.error().detail, found, bounds)) continue;
      said = {comparable(found[1]), comparable(found[2])};
      break;
    }
    REQUIRE(said);
    CHECK(*range == *said);
  }
  for (const auto& [key, value] : in_force) {
    CAPTURE(key);
    CHECK(listed.contains(key));
  }
}

/// Compares the events that a manual lists with those that sources write: each literal in a call of
/// the log stands in the manual, and each word of the manual is a literal of the sources.
///
///   heading     of the section of the manual that lists them
///   elsewhere   words that no literal of these folders is
inline void check_log_events(const std::string& manual, const std::string& heading,
                             const std::vector<std::string>& folders,
                             const std::set<std::string>& elsewhere = {}) {
  static const std::regex name{"[a-z][a-z_]*"};
  static const std::regex written{R"(log(?:_)?\.(?:info|warn|error)\(\s*"([a-z_]+)\")"};
  static const std::regex fault{R"(log_?,\s*"([a-z_]+)\")"};
  std::set<std::string> listed;
  for (const auto& word : code_words(section_of(manual, heading)))
    if (std::regex_match(word, name)) listed.insert(word);
  const std::string sources = sources_of(folders);

  for (const auto& pattern : {written, fault})
    for (std::sregex_iterator each{sources.begin(), sources.end(), pattern}, end; each != end;
         ++each) {
      std::string event = (*each)[1];
      if (event.ends_with("_over")) event.resize(event.size() - 5);  // What began, ends.
      CAPTURE(event);
      CHECK(listed.contains(event));
    }
  for (const auto& word : listed) {
    CAPTURE(word);
    CHECK((elsewhere.contains(word) || sources.find("\"" + word + "\"") != sources.npos));
  }
}

}  // namespace paceline::test
