// Two nodes and a witness, their real services on virtual time: statistics in, publications out.
//
//   Cluster cluster{seed};
//   cluster.sim.run_for(5s);
//   cluster.kill("a");                        // every process of the node, as kill -9
//   cluster.engagement.accepted               // what the endpoint took, in its order
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/wire/engagement.h"
#include "services/elector/service.h"
#include "services/pacer/service.h"
#include "services/publisher/service.h"
#include "tests/scenario/no_checkpoint.h"
#include "tests/support/http_calls.h"
#include "tests/support/sim_world.h"

namespace paceline::test {
using namespace elector;
using namespace pacer;
using namespace publisher;

/// The engagement endpoint of a cluster: fences by term and sequence, as the contract says.
class Engagement {
 public:
  struct Accepted {
    Duration at{};  // True time.
    std::string node;
    std::uint64_t term = 0;
    std::uint64_t sequence = 0;
    std::int64_t invitations = 0;  // The sum of all targets' `proactive`.
  };

  HttpAnswer take(const HttpRequest& request, Duration now);

  std::vector<Accepted> accepted;
  std::size_t fenced = 0;

 private:
  std::uint64_t term_ = 0;
  std::uint64_t sequence_ = 0;
  std::map<std::string, TargetFeedback> counts_;
};

/// One publisher's way to the endpoint: delays and loses requests and answers alike.
class Uplink final : public Http {
 public:
  Uplink(SimWorld& sim, World& world, World& cloud, Engagement& engagement)
      : sim_{sim}, world_{world}, cloud_{cloud}, engagement_{engagement} {}

  HttpCall send(HttpRequest request, Done done) override;
  void cancel(HttpCall call) override { calls_.cancel(call); }

  double loss = 0;  // [0..1] of requests, and of answers.

 private:
  SimWorld& sim_;
  World& world_;
  World& cloud_;
  Engagement& engagement_;
  // Shared with what is on its way: when the publisher is gone, nobody is told.
  HttpCalls calls_;
};

class Cluster {
 public:
  explicit Cluster(std::uint64_t seed);

  void start(const std::string& node);
  void kill(const std::string& node);
  void kill_process(const std::string& node, const std::string& process);
  void start_process(const std::string& node, const std::string& process);
  bool runs(const std::string& node, const std::string& process) const;

  /// Nodes whose publisher's gate is open now.
  std::vector<std::string> open() const;
  /// The node that holds a lease now, or "".
  std::string master() const;
  /// What runs on a node as its pacer.
  const Pacer& pacer(const std::string& node) const { return *nodes_.at(node).pacer; }

  SimWorld sim;
  Engagement engagement;
  /// Of what publishers and endpoint say to each other from now on.
  void lose(double share);
  /// One node's way to the endpoint is gone, or back; the bus is not.
  void cut_uplink(const std::string& node, bool cut);

 private:
  struct Disk final : TermStore {
    DurableState state;
    DurableState load() override { return state; }
    Result<void> save(const DurableState& saved) override {
      state = saved;
      return {};
    }
    elector::Orders orders;
    Result<elector::Orders> load_orders() override { return orders; }
    Result<void> save_orders(const elector::Orders& saved) override {
      orders = saved;
      return {};
    }
  };
  struct NoWatch final : ProcessWatch {
    Result<void> watch(std::int64_t, std::function<void()>) override {
      return fail(Errc::not_found, "virtual processes have no pid");
    }
  };
  // A statfeed that tells of calm agents.
  struct Feed {
    Feed(World& world, const std::vector<std::string>& ids);
    ControlServer control;
    StateWriter<TargetStat> writer;
  };
  struct Node {
    std::unique_ptr<Feed> statfeed;
    std::unique_ptr<Pacer> pacer;
    std::unique_ptr<Elector> elector;
    std::unique_ptr<Uplink> uplink;
    std::unique_ptr<Publisher> publisher;
    Disk disk;
  };

  ElectorConfig elector_config(const std::string& node) const;
  PacerConfig pacer_config(const std::string& node) const;
  PublisherConfig publisher_config(const std::string& node) const;

  World& cloud_;
  double loss_ = 0;
  std::set<std::string> cut_;
  NoWatch no_watch_;
  NoCheckpoint no_checkpoint_;
  std::map<std::string, Node> nodes_;
};

}  // namespace paceline::test
