// A sender of a state channel that says anything, and the reader that hears it: chunks (fuzz.h) of which the first
// byte says whether the others are published, kept for the next question, or only time passes.
#include <deque>

#include "common/ports/state_channel.h"
#include "common/wire/codec.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/sim_world.h"

namespace paceline::fuzz {
namespace {

constexpr int shards = 4;
constexpr std::size_t most_rows = 8;
const std::vector<std::string> few{"t0", "t1", "t2"};
const std::vector<std::string> others{"t3", "t2", "t0", "t9"};

}  // namespace

FUZZ(stream) {
  test::SimWorld sim{1};
  World& liar = sim.process({"a", "publisher", 0});
  World& listener = sim.process({"b", "pacer", 0});
  std::deque<Bytes> replies;
  liar.bus.answer([&](const std::string&, Payload) {
    ControlReply reply;
    if (!replies.empty()) {
      reply.body.assign(replies.front().begin(), replies.front().end());
      replies.pop_front();
    }
    return encode(reply);
  });
  std::size_t rows = few.size();
  std::size_t told = 0;
  StateReader<TargetFeedback> reader{
      listener,
      "feedback",
      {.shards = shards, .rows = most_rows},
      few,
      [&](const Address&, const FeedbackHead&, const std::vector<std::uint32_t>& changed) {
        for (const auto index : changed) CHECK(index < rows);
        ++told;
      }};
  std::size_t published = 0;
  std::size_t questions = 0;
  while (!input.empty() && published + questions < 100) {
    auto chunk = take_chunk(input);
    const auto what = take_choice(chunk, 4);
    const auto bytes = bytes_of(chunk);
    if (what == 0 && !bytes.empty()) {
      liar.bus.publish("feedback", bytes);
      ++published;
    }
    if (what == 1) {
      replies.emplace_back(bytes.begin(), bytes.end());
      ++questions;
    }
    if (what == 2) {
      rows = rows == few.size() ? others.size() : few.size();
      reader.reset_ids(rows == few.size() ? few : others);
    }
    sim.run_for(what == 3 ? 3s : 5ms);
    CHECK(reader.senders().size() <= shards + 1);
    for (std::uint32_t i = 0; i < rows; ++i)
      CHECK(reader.row(i).pending >= 0 && (reader.known(i) || reader.row(i) == TargetFeedback{}));
    for (const auto& [stream, sender] : reader.senders())
      CHECK(sender.map.size() <= most_rows && sender.content <= listener.clock.now());
  }
  CHECK(told <= published + questions);
}

}  // namespace paceline::fuzz
