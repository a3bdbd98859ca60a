// metrics_text.cpp: the part of one process in the metrics of a node.
#include "services/pacelinectl/metrics_text.h"

#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacelinectl;
namespace {

const std::string node_metrics =
    "# HELP x What x is.\n# TYPE x gauge\n"
    "x{node=\"a\",process=\"elector\",index=\"0\"} 1\n"
    "x{node=\"a\",process=\"pacer\",index=\"0\"} 2\n"
    "x{node=\"a\",process=\"pacer\",index=\"1\"} 3\n"
    "# HELP y What y is.\n# TYPE y counter\n"
    "y{node=\"a\",process=\"watch\",index=\"0\",of=\"process=\\\"pacer\\\"\"} 4\n"
    "alone 5\n";

TEST_CASE("of a node's metrics those of a process are kept, with what they mean", "[pacelinectl]") {
  const std::string one =
      "# HELP x What x is.\n# TYPE x gauge\nx{node=\"a\",process=\"pacer\",index=\"1\"} 3\n";

  CHECK(metrics_of_process(node_metrics, "pacer-1") == one);
  CHECK(metrics_of_process(node_metrics, "pacer/1") == one);
  CHECK(metrics_of_process(node_metrics, "watch")
            .starts_with("# HELP y What y is.\n# TYPE y counter\ny{"));
}

TEST_CASE("a process without an index is all of its shards", "[pacelinectl]") {
  CHECK(metrics_of_process(node_metrics, "pacer") ==
        "# HELP x What x is.\n# TYPE x gauge\nx{node=\"a\",process=\"pacer\",index=\"0\"} 2\n"
        "x{node=\"a\",process=\"pacer\",index=\"1\"} 3\n");
}

TEST_CASE("a process that is not there has no metrics, nor has a node_metrics without any",
          "[pacelinectl]") {
  CHECK(metrics_of_process(node_metrics, "statfeed").empty());
  CHECK(metrics_of_process(node_metrics, "pacer-2").empty());
  CHECK(metrics_of_process(node_metrics, "").empty());
  CHECK(metrics_of_process("", "pacer").empty());
  CHECK(metrics_of_process("<html>\nno metrics", "pacer").empty());
}

}  // namespace
}  // namespace paceline::test
