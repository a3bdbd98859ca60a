#include "common/base/name_cache.h"

#include "tests/support/catch.h"
#include "tests/support/start.h"

namespace paceline::test {
namespace {

using Ask = NameCache::Ask;

}  // namespace

TEST_CASE("addresses are good for their time to live and used a minute longer while asked for anew",
          "[base]") {
  NameCache cache;
  CHECK(cache.ask("a.test", start) == Ask::first);
  CHECK(cache.known("a.test").empty());

  cache.told("a.test", {"192.0.2.1"}, 20s, start);

  CHECK(cache.ask("a.test", start + 20s - 1ns) == Ask::no);
  CHECK(cache.ask("a.test", start + 20s) == Ask::beside);
  CHECK(cache.ask("a.test", start + 80s - 1ns) == Ask::beside);
  CHECK(cache.ask("a.test", start + 80s) == Ask::first);
  CHECK(cache.known("a.test") == Addresses{"192.0.2.1"});
}

TEST_CASE("when the name servers are silent the last good addresses are kept", "[base]") {
  NameCache cache;
  cache.silent("a.test", start);  // Nothing is known: nothing is kept.
  CHECK(cache.ask("a.test", start) == Ask::first);
  cache.told("a.test", {"192.0.2.1"}, 20s, start);
  const Instant later = start + 10min;

  cache.silent("a.test", later);

  CHECK(cache.ask("a.test", later + NameCache::recheck - 1ns) == Ask::no);
  CHECK(cache.ask("a.test", later + NameCache::recheck) == Ask::beside);
  CHECK(cache.ask("a.test", later + 24h) == Ask::beside);
  CHECK(cache.known("a.test") == Addresses{"192.0.2.1"});
  cache.told("a.test", {"192.0.2.2"}, 20s, later + 24h);
  CHECK(cache.known("a.test") == Addresses{"192.0.2.2"});
  CHECK(cache.ask("a.test", later + 24h + 20s) == Ask::beside);
}

TEST_CASE("a name that is said not to exist is forgotten", "[base]") {
  NameCache cache;
  cache.told("a.test", {"192.0.2.1"}, 20s, start);

  cache.no_such_name("a.test");

  CHECK(cache.ask("a.test", start) == Ask::first);
  CHECK(cache.known("a.test").empty());
}

TEST_CASE("times to live and the number of names are bounded", "[base]") {
  NameCache cache;
  cache.told("short.test", {"192.0.2.1"}, 0s, start);
  cache.told("long.test", {"192.0.2.1"}, 24h * 365, start + 1s);
  CHECK(cache.ask("short.test", start + 1s - 1ns) == Ask::no);
  CHECK(cache.ask("long.test", start + 1s + 1h) == Ask::beside);

  for (std::size_t i = 0; i < NameCache::most_names - 1; ++i)
    cache.told(std::to_string(i), {"192.0.2.1"}, 1h, start + 2s);

  CHECK(cache.known("short.test").empty());
  CHECK_FALSE(cache.known("long.test").empty());
}

}  // namespace paceline::test
