// What a publication costs: its bytes, its CPU, its round trip. `publish` beside this file runs it.
//
//   bench_publish make FOLDER TARGETS CYCLES     a busy day of the simulated centre, paced by the
//                                                pacer's engine; publications and answers as files
//   bench_publish serve FOLDER PORT              an endpoint that reads each publication and gives
//                                                the answer that belongs to it
//   bench_publish post FOLDER URL CA MODE ENCODING ROUNDS  round trips, as the publisher makes them
//
// Each prints one JSON object. MODE: full, delta, naive (full, uncompressed both ways).
#include <fmt/format.h>
#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/runtime/curl_http.h"
#include "common/runtime/http_server.h"
#include "common/runtime/system_clock.h"
#include "services/pacer/pacing.h"
#include "services/publisher/compress.h"
#include "services/publisher/contract.h"
#include "services/publisher/offers.h"
#include "services/simulator/centre.h"
#include "services/simulator/gzip.h"
#include "services/simulator/headless.h"
#include "services/simulator/publication_endpoint.h"
#include "services/simulator/scenario.h"

namespace paceline {
using namespace pacer;
using namespace publisher;
using namespace simulator;
namespace {

constexpr Duration refresh = 2s;
constexpr Duration settle = 600s;   // Agents have come, conversations fill the desks.
constexpr int warm_up_cycles = 30;  // The engine learns.
constexpr std::int64_t today_ms = 1'700'000'000'000;

double cpu_ms() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double quantile(std::vector<double> values, double share) {
  if (values.empty()) return -1;
  std::sort(values.begin(), values.end());
  const auto last = values.size() - 1;
  return values[static_cast<std::size_t>(static_cast<double>(last) * share + 0.999)];
}

void store(const std::string& path, std::string_view bytes) {
  std::ofstream file{path, std::ios::binary};
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file.flush()) throw std::runtime_error{path + ": cannot be written"};
}

std::string load(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) throw std::runtime_error{path + ": cannot be read"};
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// ---- make

// One centre, one pacing engine a target, one endpoint; what the services do between them.
class Day {
 public:
  explicit Day(std::size_t targets)
      : centre_{model_of(busy_day(), targets), 1},
        endpoint_{centre_, {.epoch = "bench"}},
        pacing_(targets),
        feedback_(targets),
        offers_{ids(), std::vector<std::string>(targets, "chat")} {
    run_headless(centre_, {}, settle, true);
    request_.cluster = "bench";
    request_.node = "a";
    request_.term = 257;
    request_.refresh_period_ms = refresh / 1ms;
  }

  /// Another refresh period goes by; then every target is decided anew.
  void decide() {
    centre_.advance(centre_.now() + refresh);
    const double now_s = to_seconds(centre_.now());
    for (std::uint32_t i = 0; i < pacing_.size(); ++i) {
      const TargetCounts& counts = centre_.latest_counts(i);
      PacingInputs in;
      in.logged_in = counts.logged_in;
      in.idle = counts.ready;
      in.busy = counts.busy;
      in.wrap_up = counts.wrap_up;
      in.queue = counts.reactive.queued + counts.proactive.queued;
      in.entered = counts.reactive.entered + counts.proactive.entered;
      in.answered = counts.reactive.answered + counts.proactive.answered;
      in.abandoned = counts.reactive.abandoned + counts.proactive.abandoned;
      in.proactive = feedback_[i];
      in.feedback_epoch = 1;
      const Decision d = pacing_[i].decide(in, options_, {}, random_uniform(), now_s);
      TargetPace pace;
      pace.state = d.state;
      pace.reason = d.reason;
      pace.proactive = d.invitations;
      pace.max_pending = d.max_pending;
      pace.reactive = d.reactive;
      pace.reactive_state = d.reactive_state;
      pace.predicted_wait_s = d.predicted_wait_s;
      rows_[i] = pace;
    }
  }

  /// What the publisher does in a cycle, up to the body.
  double make(bool full, std::string& body) {
    const double before = cpu_ms();
    for (std::uint32_t i = 0; i < rows_.size(); ++i) offers_.set(i, offer_of(rows_[i]));
    offers_.fill(request_, full, rows_.size());
    ++request_.sequence;
    request_.timestamp_ms = today_ms + centre_.now() / 1ms;
    request_.valid_until_ms = request_.timestamp_ms + 3 * (refresh / 1ms);
    contract_.encode(request_, body);
    return cpu_ms() - before;
  }

  /// The endpoint's answer to what was made last, and its feedback taken.
  void answer(std::string& out) {
    const auto result = endpoint_.receive(request_, request_.timestamp_ms, 1);
    if (result.status != 200) throw std::runtime_error{"the endpoint refused: " + result.why};
    encode_publication_answer(result.answer, out);
    for (const OfferFeedback& told : result.answer.feedback) {
      const std::uint32_t index = index_.at(told.id);
      offers_.record_feedback(index, told.counts.sent - feedback_[index].sent, told.counts.pending);
      feedback_[index] = told.counts;
    }
  }

  std::size_t named() const { return request_.targets.size(); }

 private:
  std::vector<std::string> ids() {
    std::vector<std::string> all;
    for (std::uint32_t i = 0; i < centre_.size(); ++i) {
      all.push_back(centre_.model().targets[i].id);
      index_[all.back()] = i;
    }
    rows_.resize(all.size());
    return all;
  }
  double random_uniform() {
    state_ = state_ * 6364136223846793005ull + 1442695040888963407ull;
    return static_cast<double>(state_ >> 11) * 0x1.0p-53;
  }

  Centre centre_;
  PublicationEndpoint endpoint_;
  std::vector<TargetPacing> pacing_;
  std::vector<TargetFeedback> feedback_;
  std::map<std::string, std::uint32_t> index_;
  std::vector<TargetPace> rows_;
  Offers offers_;
  PacingOptions options_;
  PublicationRequest request_;
  Contract contract_ = paceline_contract("bench");
  std::uint64_t state_ = 7;
};

void make(const std::string& folder, std::size_t targets, int cycles) {
  ::mkdir(folder.c_str(), 0755);
  Day day{targets};
  Compressor compressor{{}};
  std::string body, packed, answer;
  for (int i = 0; i < warm_up_cycles; ++i) {
    day.decide();
    day.make(i == 0, body);
    day.answer(answer);
  }
  std::map<std::string, std::vector<double>> bytes, cpu;
  std::vector<double> named, answer_bytes;
  for (int i = 0; i <= cycles; ++i) {
    const bool full = i == cycles;  // Deltas stand on each other; the full one is the last.
    const std::string mode = full ? "full" : "delta";
    day.decide();
    const double made_ms = day.make(full, body);
    day.answer(answer);
    const std::string base = fmt::format("{}/{}-{}", folder, mode, full ? 0 : i);
    store(base + ".identity", body);
    store(base + ".answer", answer);
    bytes[mode + " identity"].push_back(static_cast<double>(body.size()));
    cpu[mode + " identity"].push_back(made_ms);
    for (const Encoding encoding : {Encoding::gzip, Encoding::zstd}) {
      const double before = cpu_ms();
      compressor.compress(encoding, body, packed);
      const std::string key = mode + " " + to_string(encoding);
      cpu[key].push_back(made_ms + cpu_ms() - before);
      bytes[key].push_back(static_cast<double>(packed.size()));
      store(base + "." + to_string(encoding), packed);
    }
    if (!full) named.push_back(static_cast<double>(day.named()));
    answer_bytes.push_back(static_cast<double>(gzip(answer).size()));
  }
  fmt::print("{{\"targets\":{},\"changed\":{},\"cycles\":{},\"answer_gzip\":{}", targets,
             median(named), cycles, median(answer_bytes));
  for (const auto& [key, values] : bytes)
    fmt::print(",\"{} bytes\":{:.0f},\"{} cpu_ms\":{:.3f}", key, median(values), key,
               median(cpu[key]));
  fmt::print("}}\n");
}

// ---- serve

Result<std::string> plain(const ServerRequest& request) {
  const auto encoding = request.header("content-encoding");
  if (encoding == "gzip") return gunzip(request.body);
  if (encoding == "zstd") return unzstd(request.body);
  return request.body;
}

void serve(const std::string& folder, int port) {
  Loop loop;
  std::map<std::string, std::string> answers;  // As many as there are files: the bench's own.
  HttpServer server{
      loop, {.port = port}, [&](ServerRequest request, Responder respond) {
        const auto body = plain(request);
        const auto read = body ? decode_publication(*body) : tl::unexpected(body.error());
        if (!read) return respond.send({.status = 400, .body = read.error().detail, .headers = {}});
        const std::string name = request.path + "/" + std::string{request.parameter("answer")};
        const bool packed = request.parameter("packed") == "1";
        std::string& answer = answers[name + (packed ? ".gz" : "")];
        if (answer.empty()) answer = load(folder + name + ".answer");
        if (packed && answer.front() == '{') answer = gzip(answer);
        ServerAnswer told{.body = answer, .headers = {}};
        if (packed) told.headers.emplace_back("Content-Encoding", "gzip");
        respond.send(std::move(told));
      }};
  fmt::print("{{\"port\":{}}}\n", server.port());
  std::fflush(stdout);
  loop.run();
}

// ---- post

void post(const std::string& folder, const std::string& url, const std::string& ca,
          const std::string& mode, const std::string& encoding, int rounds) {
  Loop loop;
  SystemClock clock;
  Metrics metrics;
  CurlHttp http{loop, metrics};
  const bool naive = mode == "naive";
  std::vector<double> times;
  double version = 0;
  int failures = 0;
  std::string first;
  int files = 0;
  const std::string prefix = folder + "/" + (mode == "delta" ? "delta-" : "full-");
  while (std::ifstream{fmt::format("{}{}.{}", prefix, files, encoding)}) ++files;
  if (files == 0) throw std::runtime_error{prefix + "0." + encoding + ": not there"};
  for (int round = -1; round < rounds; ++round) {  // The first one makes the connection.
    const int index = std::max(round, 0) % files;
    const std::string name =
        fmt::format("{}-{}", mode == "delta" ? "delta" : "full", round < 0 ? 0 : index);
    HttpRequest request;
    request.method = "POST";
    request.url = fmt::format("{}?answer={}&packed={}", url, name, naive ? 0 : 1);
    request.headers = {{"Content-Type", "application/json"}};
    if (encoding != "identity") request.headers.emplace_back("Content-Encoding", encoding);
    request.body = round < 0 ? load(folder + "/delta-0.gzip").substr(0, 20)
                             : load(folder + "/" + name + "." + encoding);
    request.timeout = 120s;
    request.ca_file = ca;
    std::optional<Result<HttpAnswer>> answer;
    const Instant before = clock.now();
    http.send(std::move(request), [&](Result<HttpAnswer> got) {
      answer = std::move(got);
      loop.stop();
    });
    loop.run();
    if (round < 0) continue;
    if (!answer || !*answer || (*answer)->status != 200 ||
        !decode_publication_answer((*answer)->body)) {
      ++failures;
      first = answer && *answer ? fmt::format("status {}", (*answer)->status)
              : answer          ? answer->error().detail
                                : "nothing";
      continue;
    }
    version = (*answer)->http_version;
    times.push_back(to_seconds(clock.now() - before) * 1000);
  }
  if (failures > 0)
    throw std::runtime_error{fmt::format("{} of {} failed: {}", failures, rounds, first)};
  fmt::print("{{\"rounds\":{},\"rtt_p50_ms\":{:.1f},\"rtt_p99_ms\":{:.1f},\"http\":{}}}\n",
             times.size(), median(times), quantile(times, 0.99), version);
}

int run(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const auto is = [&](const char* name, std::size_t count) {
    return words.size() == count && words[0] == name;
  };
  if (is("make", 4))
    make(words[1], static_cast<std::size_t>(std::stoul(words[2])), std::stoi(words[3]));
  else if (is("serve", 3))
    serve(words[1], std::stoi(words[2]));
  else if (is("post", 7))
    post(words[1], words[2], words[3], words[4], words[5], std::stoi(words[6]));
  else {
    std::fputs("bench_publish make|serve|post ...; see the head of its source\n", stderr);
    return 64;
  }
  return 0;
}

}  // namespace
}  // namespace paceline

int main(int argc, char** argv) {
  try {
    return paceline::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_publish: %s\n", error.what());
    return 1;
  }
}
