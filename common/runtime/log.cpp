#include "common/runtime/log.h"

#include <boost/log/attributes/mutable_constant.hpp>
#include <boost/log/core.hpp>
#include <boost/log/expressions.hpp>
#include <boost/log/sinks/sync_frontend.hpp>
#include <boost/log/sinks/text_ostream_backend.hpp>
#include <boost/log/sources/record_ostream.hpp>
#include <boost/log/sources/severity_logger.hpp>
#include <boost/smart_ptr/make_shared.hpp>
#include <iostream>

#include "common/runtime/system_clock.h"

namespace paceline {

namespace logging = boost::log;

struct BoostLog::Sink {
  using Frontend = logging::sinks::synchronous_sink<logging::sinks::text_ostream_backend>;

  Options options;
  SystemClock clock;
  boost::shared_ptr<Frontend> frontend;
  logging::sources::severity_logger<LogLevel> logger;
};

BoostLog::BoostLog(Options options) : sink_{std::make_unique<Sink>()} {
  sink_->options = std::move(options);
  auto backend = boost::make_shared<logging::sinks::text_ostream_backend>();
  backend->add_stream(boost::shared_ptr<std::ostream>{&std::clog, [](std::ostream*) {}});
  backend->auto_flush(true);
  sink_->frontend = boost::make_shared<Sink::Frontend>(backend);
  sink_->frontend->set_formatter(logging::expressions::stream << logging::expressions::smessage);
  logging::core::get()->add_sink(sink_->frontend);
  set_level(sink_->options.least);
}

BoostLog::~BoostLog() {
  logging::core::get()->remove_sink(sink_->frontend);
}

void BoostLog::write(LogLevel level, std::string_view event, std::span<const LogField> fields) {
  logging::record record = sink_->logger.open_record(logging::keywords::severity = level);
  if (!record) return;
  const auto& options = sink_->options;
  const auto format = options.json ? format_log_json : format_log_line;
  logging::record_ostream stream{record};
  stream << format(sink_->clock.wall(), level, options.process, event, fields);
  stream.flush();
  sink_->logger.push_record(std::move(record));
}

void BoostLog::set_level(LogLevel least) {
  logging::core::get()->set_filter([least](const logging::attribute_value_set& values) {
    const auto level = values["Severity"].extract<LogLevel>();
    return !level.empty() && level.get() >= least;
  });
}

}  // namespace paceline
