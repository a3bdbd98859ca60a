// What operators order beside a hand-over, and how it is kept (service.h, orders.h).
#include <fmt/format.h>

#include "services/elector/service.h"
#include "services/elector/service_words.h"

namespace paceline::elector {
namespace {

// What was ordered may have been a pause that no other node knows any more: nothing goes out by this
// node until somebody has looked.
constexpr const char* unreadable =
    "what was ordered here cannot be read; pacelinectl undrain ends this";

// A word comes with every message, so one that is passed over comes again: nobody can fill disk and
// log faster.
constexpr Duration least_between_words = 1s;

}  // namespace

void Elector::begin_orders() {
  if (auto kept = store_.load_orders()) {
    orders_ = *std::move(kept);
  } else {
    world_.log.error("orders_lost",
                     {{"why", kept.error().detail},
                      {"then", "this node is in maintenance; the others tell of a pause"}});
    orders_.maintenance = unreadable;
    keep_orders();
  }
  if (orders_.maintenance.empty()) return;
  // A witness may have been a node before.
  if (auto outcome = election_.begin_maintenance(orders_.maintenance, true, world_.clock.now()))
    apply(*std::move(outcome));
}

// What could not be stored is tried again each second, and holds meanwhile.
void Elector::keep_orders() {
  if (const auto kept = store_.save_orders(orders_); !kept)
    keeping_orders_.bad({{"why", kept.error().detail}, {"then", "they hold until a restart"}});
  else
    keeping_orders_.good();
}

void Elector::say_orders(ElectionMessage& message) const {
  message.pause = orders_.pause.why;
  message.pause_ms = orders_.pause.ms;
  message.maintenance = orders_.maintenance;
}

void Elector::hear_pause(const ElectionMessage& message) {
  PauseWord word{message.pause, message.pause_ms};
  if (!supersedes(word, orders_.pause)) return;
  if (!word.why.empty() && !checked_why(word.why)) return metrics_.refused("bad_pause");
  const Instant now = world_.clock.now();
  if (word_heard_ && now - *word_heard_ < least_between_words) return;
  word_heard_ = now;
  orders_.pause = std::move(word);
  keep_orders();
  world_.log.info(orders_.pause.why.empty() ? "resumed" : "paused",
                  {{"why", orders_.pause.why}, {"said_by", message.node}});
}

Result<Bytes> Elector::answer_order(const std::string& order, const std::string& why) {
  Result<void> done{};
  if (order == "pause") {
    done = checked_why(why).and_then(
        [&](std::string text) { return pause(std::move(text), "an operator here"); });
  } else if (order == "resume") {
    done = pause("", why.empty() ? "an operator here" : why);
  } else if (order == "drain" || order == "drain_anyway") {
    done = checked_why(why).and_then(
        [&](const std::string& text) { return drain(text, order == "drain_anyway"); });
  } else if (order == "undrain") {
    undrain(why);
  } else {
    done = fail("no order: " + order + "; there are pause, resume, drain, drain_anyway, undrain");
  }
  if (!done) return tl::unexpected{done.error()};
  return encode(StatusReply{{{"paused", orders_.pause.why},
                             {"maintenance", orders_.maintenance},
                             {"stored", keeping_orders_.is_bad() ? "false" : "true"}}});
}

Result<void> Elector::pause(std::string why, const std::string& said_by) {
  auto word = next_word(orders_.pause, std::move(why), wall_ms(world_.clock.wall()));
  if (!word) return tl::unexpected{word.error()};
  orders_.pause = *std::move(word);
  keep_orders();
  world_.log.info(orders_.pause.why.empty() ? "resumed" : "paused",
                  {{"why", orders_.pause.why}, {"said_by", said_by}});
  return {};
}

Result<void> Elector::drain(const std::string& why, bool anyway) {
  auto outcome = election_.begin_maintenance(why, anyway, world_.clock.now());
  if (!outcome) return tl::unexpected{outcome.error()};
  orders_.maintenance = why;
  keep_orders();
  world_.log.info("drained", {{"why", why}});
  apply(*std::move(outcome));
  return {};
}

void Elector::undrain(const std::string& said_by) {
  if (orders_.maintenance.empty()) return;
  orders_.maintenance.clear();
  keep_orders();
  world_.log.info("undrained", {{"said_by", said_by}});
  apply(election_.end_maintenance(world_.clock.now()));
}

// Why a node that was named could not be master, as far as this one knows; "" = it could.
std::string Elector::obstacle(const std::string& node) const {
  const bool is_own = node == world_.self.node;
  const Peer* peer = election_.peers().find(node);
  if (!is_own && peer == nullptr) return "";  // Any, or nobody: the election says so.
  if (!is_own && !election_.peers().is_alive(*peer, world_.clock.now())) return "it is not heard";
  const auto& maintenance = is_own ? orders_.maintenance : peer->said.maintenance;
  if (!maintenance.empty()) return "it is in maintenance (" + maintenance + ")";
  const auto role = is_own ? election_.role() : peer->said.role;
  if (role == ElectorRole::observer || role == ElectorRole::starting)
    return fmt::format("it is {} ({})", to_string(role),
                       is_own ? election_.why_now() : peer->said.why);
  return "";
}

}  // namespace paceline::elector
