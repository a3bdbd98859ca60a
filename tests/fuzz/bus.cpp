// Messages of the bus: the first byte says which, the others are its bytes.
#include <array>

#include "common/wire/codec.h"
#include "tests/fuzz/fuzz.h"

namespace paceline::fuzz {
namespace {

// Bytes that are a message are written and read again to the same bytes, NaN and -0.0 too.
template <class Message>
void read(std::string_view input) {
  const auto message = decode<Message>(bytes_of(input));
  if (!message) return check_told(message.error(), input);
  check_stays(
      *message, [](const Bytes& bytes) { return decode<Message>(bytes); },
      [](const Message& sent) { return encode(sent); });
}

constexpr std::array readers = {
    read<StateFrame<TargetStat>>,
    read<StateFrame<TargetPace>>,
    read<StateFrame<TargetFeedback>>,
    read<ElectionMessage>,
    read<Grant>,
    read<PublicationReport>,
    read<ControlRequest>,
    read<ControlReply>,
    read<StatusReply>,
    read<MetricsReply>,
    read<Explanation>,
    read<ElectionView>,
};

}  // namespace

FUZZ(bus) {
  const auto reader = take_choice(input, readers.size());
  readers[reader](input);
}

}  // namespace paceline::fuzz
