// What the functions cost that run for each changed row of a cycle.
//
//   bench_hot                            times, and how they grow: by Google Benchmark, whose options it takes
//   bench_hot --once NAME SIZE           the work done twice, of which a profiler counts the second: counted_work()
//
// The second is for tests/bench/budgets, which holds the instructions of each to budgets.toml at two sizes, so
// that one that grows faster than promised is told. Its first call takes from the heap what is then reused.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/hash.h"
#include "common/base/random.h"
#include "common/wire/codec.h"
#include "common/wire/engagement.h"
#include "common/wire/statistics.h"
#include "services/pacer/overlap.h"
#include "services/publisher/offers.h"
#include "services/statfeed/mapping.h"
#include "services/statfeed/totals.h"

namespace paceline::test {

/// What a profiler is told to count.
[[gnu::noinline]] void counted_work(const std::function<void()>& work) {
  work();
}

namespace {

using Work = std::function<void()>;

template <class Row>
struct Frame {
  FrameHeader header{.sender = "a/statfeed/0", .shard = 0, .incarnation = 1, .sequence = 2};
  typename Row::Head head{};
  std::vector<std::string> ids;
  std::vector<std::uint32_t> changed;
  std::vector<Row> rows;
  Bytes bytes;

  Frame(std::size_t size, const Row& row) {
    for (std::uint32_t i = 0; i < size; ++i) changed.push_back(i);
    rows.assign(size, row);
    encode_all();
  }
  void encode_all() { encode(StateParts<Row>{header, head, ids, changed, rows}, bytes); }
};

const TargetStat stat_row{.quality = StatQuality::good,
                          .logged_in = 10,
                          .ready = 4,
                          .busy = 6,
                          .entered = 1000,
                          .answered = 990,
                          .abandoned = 3,
                          .handling_time_s = 240.5,
                          .waiting_time_s = 3.25};
const TargetPace pace_row{.state = PaceState::ok,
                          .proactive = 2,
                          .max_pending = 5,
                          .reactive_state = 0.5,
                          .logged_in = 10,
                          .ready = 4,
                          .busy = 6,
                          .pending = 3,
                          .acceptance = 0.3,
                          .abandonment = 0.0295,
                          .busy_factor = 0.93,
                          .goal = 3};

template <class Row>
Work encoding(std::size_t size, const Row& row) {
  return [frame = std::make_shared<Frame<Row>>(size, row)] { frame->encode_all(); };
}

template <class Row>
Work decoding(std::size_t size, const Row& row) {
  return [frame = std::make_shared<Frame<Row>>(size, row)] {
    benchmark::DoNotOptimize(decode_frame<Row>(
        frame->bytes, [](const FrameHeader&) { return FrameParts::without_ids; }));
  };
}

Work decode_values(std::size_t size) {
  std::vector<BayeuxMessage> messages(1);
  messages[0].channel = updates_channel;
  for (std::uint32_t i = 0; i < size; ++i)
    messages[0].statistics.push_back(
        {.statistic_id = statfeed::statistic_id(0x1234'5678'9abc, 1, i * 13),
         .subscription_id = "subscription-" + std::to_string(i / 500),
         .name = "CurrentAgents",
         .object_id = "group-" + std::to_string(i),
         .object_type = "GroupAgents",
         .timestamp_ms = 1'796'040'295'408,
         .value = static_cast<double>(i % 40),
         .valid = true});
  auto text = std::make_shared<std::string>();
  encode_bayeux(messages, *text);
  return [text] { benchmark::DoNotOptimize(decode_bayeux(*text)); };
}

// Among five thousand targets, when all pairs that are watched are taken.
Work look_for_overlaps(std::size_t size) {
  constexpr std::uint32_t targets = 5000;
  auto search = std::make_shared<pacer::OverlapSearch>(targets);
  auto random = std::make_shared<SplitMix64>(1);
  auto changes = std::make_shared<std::vector<pacer::BusyChange>>();
  const auto look = [=](std::size_t count) {
    changes->clear();
    for (std::size_t i = 0; i < count; ++i)
      changes->push_back({static_cast<std::uint32_t>(random->uniform() * targets),
                          random->uniform() < 0.5 ? 1 : -1});
    search->look(*changes, 0);
  };
  while (search->watched() < pacer::OverlapSearch::most_pairs) look(200);
  return [=] { look(size); };
}

// So many counters rose since the last mark, of a hundred thousand.
Work mark_totals(std::size_t size) {
  auto totals = std::make_shared<statfeed::Totals>(statfeed::Totals::Policy{});
  totals->resize(100'000 / statfeed::counter_count);
  auto raw = std::make_shared<double>(0);
  return [=] {
    *raw += 1;
    for (std::uint32_t i = 0; i < size; ++i)
      totals->count(0, i, 0, *raw, Instant{} + from_seconds(*raw));
    totals->mark(true);
  };
}

// Of so many targets every tenth has another offer.
struct Publication {
  publisher::Offers offers;
  PublicationRequest request{};
  std::string body{};
  std::int32_t pending = 0;

  explicit Publication(std::size_t size)
      : offers{[&] {
                 std::vector<std::string> ids;
                 for (std::size_t i = 0; i < size; ++i)
                   ids.push_back("target-" + std::to_string(i));
                 return ids;
               }(),
               std::vector<std::string>(size, "chat")} {
    offers.fill(request, true, size);
  }
  void fill() {
    ++pending;
    for (std::uint32_t i = 0; i < offers.size(); i += 10) {
      Offer offer = offers.now(i);
      offer.max_pending = pending;
      offers.set(i, offer);
    }
    offers.fill(request, false, offers.size());
  }
};

Work fill_offers(std::size_t size) {
  return [publication = std::make_shared<Publication>(size)] { publication->fill(); };
}

Work encode_offers(std::size_t size) {
  return [publication = std::make_shared<Publication>(size)] {
    encode_publication(publication->request, publication->body);
  };
}

struct Named {
  const char* name;
  std::function<Work(std::size_t size)> prepare;
  benchmark::BigO order = benchmark::oN;
};

const std::vector<Named>& all() {
  static const std::vector<Named> works = {
      {"encode_stat", [](std::size_t size) { return encoding(size, stat_row); }},
      {"decode_stat", [](std::size_t size) { return decoding(size, stat_row); }},
      {"encode_pace", [](std::size_t size) { return encoding(size, pace_row); }},
      {"decode_pace", [](std::size_t size) { return decoding(size, pace_row); }},
      {"decode_values", decode_values},
      {"look_for_overlaps", look_for_overlaps, benchmark::oNSquared},
      {"mark_totals", mark_totals},
      {"fill_offers", fill_offers},
      {"encode_offers", encode_offers},
  };
  return works;
}

int once(std::string_view name, std::size_t size) {
  for (const Named& one : all()) {
    if (one.name != name) continue;
    const Work work = one.prepare(size);
    work();
    counted_work(work);
    return 0;
  }
  std::fprintf(stderr, "bench_hot: nothing is called '%s'\n", std::string{name}.c_str());
  return 64;
}

int timed(int argc, char** argv) {
  for (const Named& one : all())
    benchmark::RegisterBenchmark(one.name,
                                 [&one](benchmark::State& state) {
                                   const auto size = static_cast<std::size_t>(state.range(0));
                                   const Work work = one.prepare(size);
                                   for (auto _ : state) work();
                                   state.SetComplexityN(state.range(0));
                                 })
        ->RangeMultiplier(2)
        ->Range(32, 256)
        ->Complexity(one.order);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace
}  // namespace paceline::test

int main(int argc, char** argv) {
  if (argc == 4 && std::string_view{argv[1]} == "--once")
    return paceline::test::once(argv[2], std::strtoull(argv[3], nullptr, 10));
  return paceline::test::timed(argc, argv);
}
