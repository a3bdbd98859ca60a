// Lines for `pacelinectl decide`.
#include <simdjson.h>

#include "services/pacelinectl/decide_stream.h"
#include "tests/fuzz/fuzz.h"

namespace paceline::fuzz {
namespace {

constexpr std::size_t longest_refusal = 4096;  // [bytes]

void check_answer(std::string_view answer, bool refused) {
  CHECK(answer.find('\n') == answer.npos);
  static simdjson::dom::parser parser;
  simdjson::dom::object object;
  CHECK(parser.parse(answer.data(), answer.size()).get(object) == simdjson::SUCCESS);
  if (refused) {
    std::string_view message;
    CHECK(object.at_pointer("/error/message").get(message) == simdjson::SUCCESS &&
          !message.empty());
    CHECK(answer.size() <= longest_refusal);
    return;
  }
  const auto within = [&](std::string_view name, double low, double high) {
    double value = 0;
    return object.at_key(name).get(value) == simdjson::SUCCESS && value >= low && value <= high;
  };
  CHECK(within("invitations", 0, 1e6) && within("max_pending", 0, 1e6) && within("m", 0, 1e6));
  CHECK(within("reactive", 0, 1e6) && within("reactive_state", 0, 1));
  CHECK(within("predicted_wait_s", 0, 1e12) && within("reactive_demand", 0, 1e12));
}

}  // namespace

FUZZ(decide) {
  pacelinectl::DecideStream stream{{}};
  for (int lines = 0; !input.empty() && lines < 30; ++lines) {
    const auto refused = stream.refused();
    const auto answer = stream.answer(take_part(input, '\n'));
    check_answer(answer, stream.refused() > refused);
  }
  CHECK(stream.refused() <= stream.lines() && stream.targets() <= stream.lines());
}

}  // namespace paceline::fuzz
