// One line of `decide`: a target's statistics and feedback as JSON, checked against its schema
// (DECIDE.md lists every key with its unit and range).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/pacing_options.h"
#include "services/pacer/pacing_inputs.h"

namespace paceline::pacelinectl {

struct DecideLine {
  // A line of membership has nothing else: agents, each with his targets.
  bool is_membership = false;
  std::vector<std::pair<std::string, std::vector<std::string>>> membership{};
  std::string_view target;   // Valid until the next line is parsed.
  std::string_view channel;  // "" = as before; of a target's first line: a channel without a name.
  std::string_view pool;     // "" = as before; of a target's first line: none.
  double time_s = 0;
  pacer::PacingInputs inputs{};
  PacingOptions options{};  // What the line says of them: see apply_options().
};

/// What is wrong with a line.
struct LineMistake {
  std::string key;    // "statistics.idle"; "" = the line as a whole.
  std::string value;  // As it stood, cut to 80 bytes; "" = absent.
  std::string what;   // A sentence that names key, value and range.
};

/// Reads lines; keeps its buffers between them.
class DecideLineReader {
 public:
  DecideLineReader();
  ~DecideLineReader();
  DecideLineReader(const DecideLineReader&) = delete;
  DecideLineReader& operator=(const DecideLineReader&) = delete;

  /// True, and line() holds it; false, and mistake() says why. Nothing is kept of a bad line.
  bool read(std::string_view text);

  /// Applies what the line says of options to those of its target, which read() could not know.
  void apply_options(PacingOptions& options) const;

  const DecideLine& line() const { return line_; }
  const LineMistake& mistake() const { return mistake_; }

 private:
  struct Json;

  std::unique_ptr<Json> json_;  // Keeps simdjson behind one file.
  DecideLine line_;
  LineMistake mistake_;
  unsigned options_given_ = 0;  // A bit for each option that the line names.
};

}  // namespace paceline::pacelinectl
