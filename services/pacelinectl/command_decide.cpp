// `decide`: the pacer's engine for whoever drives it by JSON lines on standard input.
#include <fmt/format.h>

#include <array>

#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/decide_stream.h"

namespace paceline::pacelinectl {

Outcome command_decide(const Request& request, Environment& environment) {
  DecideStream stream{request.decide};
  std::array<char, 65'536> chunk;
  std::string kept;       // The beginning of a line whose end has not come yet.
  std::string out;        // One answer: each is flushed.
  bool too_long = false;  // The rest of the line is thrown away.
  const auto say = [&](std::string_view answer) {
    out.assign(answer);
    out += '\n';
    return environment.write_output(out);
  };
  for (;;) {
    const auto got = environment.read_input(chunk);
    if (!got) return failed(exit_not_answered, got.error().detail);
    std::string_view rest{chunk.data(), *got};
    const bool at_end = rest.empty();
    if (at_end && kept.empty() && !too_long) break;
    if (at_end) rest = "\n";  // A last line without its break.
    for (auto end = rest.find('\n'); end != rest.npos; end = rest.find('\n')) {
      std::string_view line = rest.substr(0, end);
      rest.remove_prefix(end + 1);
      if (!kept.empty()) line = kept.append(line);
      if (line.ends_with('\r')) line.remove_suffix(1);
      too_long = too_long || line.size() > longest_decide_line;
      const auto done = say(too_long ? stream.refuse_long() : stream.answer(line));
      if (!done) return failed(exit_not_answered, done.error().detail);
      too_long = false;
      kept.clear();
    }
    if (at_end) break;
    if (kept.size() + rest.size() > longest_decide_line) too_long = true;
    if (too_long)
      kept.clear();
    else
      kept.append(rest);
  }
  if (stream.refused() == 0) return {};
  return failed(exit_mistakes,
                fmt::format("decide: {} of {} lines refused", stream.refused(), stream.lines()));
}

}  // namespace paceline::pacelinectl
