// README.md of statfeed, beside the code.
#include "tests/support/manual.h"

namespace paceline::test {

TEST_CASE("the manual of statfeed lists exactly the events that it logs", "[statfeed]") {
  // Made of the server's name: of the backup there is the same.
  check_log_events("services/statfeed/README.md", "Log events", {"services/statfeed"},
                   {"primary_session_lost", "primary_request_failed", "primary_token_refused",
                    "primary_push_contradicted", "primary_values_refused"});
}

}  // namespace paceline::test
