// The server by which a process answers questions (REQ/REP): the common ones by itself, others as its
// service says.
//
//   ControlServer control{world};
//   control.status([&](StatusReply& reply) { reply.fields.push_back({"role", "master"}); });
//   control.question(Question::explain, [&](const auto& arguments) -> Result<Bytes> { ... });
//   control.keyframe("pace", shard, [&] { return writer.keyframe(); });
//
// By itself it answers: "status" (StatusReply), "metrics" (MetricsReply), "loglevel LEVEL" (empty
// body), "reload" (StatusReply), "keyframe CHANNEL SHARD" (the frame). What it does not know is
// refused, naming what it does. A process of another node may ask what is_for_other_nodes() says; the
// rest it is refused, and that is logged once for each node.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/ports/world.h"
#include "common/wire/codec.h"

namespace paceline {

class ControlServer {
 public:
  using Arguments = std::vector<std::string>;

  explicit ControlServer(World& world);
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  void status(std::function<void(StatusReply&)> fill) { status_ = std::move(fill); }
  void question(Question question, std::function<Result<Bytes>(const Arguments&)> answer);
  void keyframe(std::string channel, int shard, std::function<Bytes()> frame);

 private:
  Bytes answer(const std::string& node, Payload request);
  Result<Bytes> answer_to(const std::string& node, const ControlRequest& request);
  Error not_for(const std::string& node, Question question);
  Bytes status_answer() const;

  World& world_;
  Instant started_;
  std::function<void(StatusReply&)> status_;
  std::map<Question, std::function<Result<Bytes>(const Arguments&)>> questions_;
  std::map<std::pair<std::string, int>, std::function<Bytes()>> keyframes_;
  std::set<std::string> told_;  // Nodes that asked what is not for them.
  Counter& asked_;
  Counter& refused_;
};

/// Asks `whom` and decodes the answer; `done` is called exactly once.
template <class Answer>
void ask_control(Bus& bus, const Address& whom, ControlRequest request, Duration deadline,
                 std::function<void(Result<Answer>)> done) {
  bus.ask(whom, encode(request), deadline, [done = std::move(done)](Result<Bytes> bytes) {
    done([&]() -> Result<Answer> {
      const ControlReply reply = TRY(decode<ControlReply>(TRY(std::move(bytes))));
      if (!reply.ok) return fail(Errc::refused, reply.error);
      return decode<Answer>(
          {reinterpret_cast<const std::uint8_t*>(reply.body.data()), reply.body.size()});
    }());
  });
}

}  // namespace paceline
