#include "common/wire/codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>

#include "common/wire/feed.h"
#include "common/wire/msgpack_reader.h"
#include "common/wire/msgpack_writer.h"

namespace paceline {
namespace {

class Packer {
 public:
  explicit Packer(Bytes& out) : out_{out} {}

  void finish() { out_.finish(); }

  template <class T>
  void operator()(const T& value) {
    if constexpr (Structure<T>) {
      out_.array(field_count<T>);
      for_each_field<T>([&](const auto& field) { (*this)(value.*field.member); });
    } else if constexpr (std::is_same_v<T, bool>) {
      out_.boolean(value);
    } else if constexpr (std::is_enum_v<T>) {
      out_.whole(std::uint64_t{static_cast<std::uint8_t>(value)});
    } else if constexpr (std::is_same_v<T, double>) {
      out_.real(value);
    } else if constexpr (std::is_signed_v<T>) {
      out_.whole(std::int64_t{value});
    } else {
      out_.whole(std::uint64_t{value});
    }
  }

  template <class Row>
  void operator()(const StateParts<Row>& parts) {
    const bool all = parts.header.keyframe;
    const auto rows = static_cast<std::uint32_t>(all ? parts.rows.size() : parts.changed.size());
    const auto index_of = [&](std::uint32_t i) { return all ? i : parts.changed[i]; };
    out_.array(field_count<StateFrame<Row>>);
    (*this)(parts.header);
    (*this)(parts.head);
    out_.array(all ? static_cast<std::uint32_t>(parts.ids.size()) : 0);
    if (all)
      for (const auto& id : parts.ids) (*this)(id);
    out_.array(rows);
    for (std::uint32_t i = 0; i < rows; ++i) (*this)(index_of(i));
    out_.array(rows);
    for (std::uint32_t i = 0; i < rows; ++i) (*this)(parts.rows[index_of(i)]);
  }

  void operator()(const std::string& text) { out_.text(text); }

  // Its body is a whole message, which may be longer than any text: bytes, not text.
  void operator()(const ControlReply& reply) {
    out_.array(4);
    (*this)(reply.version);
    (*this)(reply.ok);
    (*this)(reply.error);
    out_.bin(reply.body);
  }

  template <class T>
  void operator()(const std::vector<T>& list) {
    out_.array(static_cast<std::uint32_t>(list.size()));
    for (const auto& item : list) (*this)(item);
  }

  template <class A, class B>
  void operator()(const std::pair<A, B>& pair) {
    out_.array(2);
    (*this)(pair.first);
    (*this)(pair.second);
  }

  void operator()(const MetricSample& sample) {
    out_.array(3);
    (*this)(sample.suffix);
    (*this)(sample.labels);
    (*this)(sample.value);
  }

  void operator()(const MetricFamily& family) {
    out_.array(4);
    (*this)(family.name);
    (*this)(family.help);
    (*this)(family.type);
    (*this)(family.samples);
  }

 private:
  MsgpackWriter out_;
};

using Wrong = MsgpackReader::Wrong;

constexpr std::uint32_t most_reserved = 1024;  // Items of a list, before any was read.

// What a field's schema allows, and no more.
template <class Owner, class Value>
void check(const Field<Owner, Value>& field, const Value& value) {
  if constexpr (Number<Value>) {
    if (!in_range(field, value))
      throw Wrong{Errc::bad_value, fmt::format("{} = {}: not in [{}, {}]", field.name, value,
                                               field.least, field.most)};
  } else if constexpr (Sized<Value>) {
    if (static_cast<double>(value.size()) > field.most)
      throw Wrong{Errc::too_large,
                  fmt::format("{}: {} long, at most {}", field.name, value.size(), field.most)};
  }
}

/// [bytes] The least that a value takes on the wire.
template <class T>
constexpr std::size_t least_bytes() {
  if constexpr (Structure<T>) {
    std::size_t sum = 1;
    for_each_field<T>([&]<class Owner, class Value>(const Field<Owner, Value>& field) {
      if (!field.is_added) sum += least_bytes<Value>();
    });
    return sum;
  }
  return 1;
}

class Unpacker {
 public:
  explicit Unpacker(std::span<const std::uint8_t> bytes) : in_{bytes} {}

  std::size_t left() const { return in_.left(); }

  template <class T>
  void operator()(T& value) {
    if constexpr (Structure<T>) {
      structure(value);
    } else if constexpr (std::is_same_v<T, bool>) {
      value = in_.boolean();
    } else if constexpr (Worded<T>) {  // One beyond them is refused: a switch has no default.
      const auto number = in_.integer<std::uint8_t>();
      if (number >= words_of<T>.size())
        throw Wrong{Errc::bad_value, fmt::format("no such word: {}", number)};
      value = static_cast<T>(number);
    } else if constexpr (std::is_same_v<T, double>) {
      value = in_.real();
    } else {
      value = in_.integer<T>();
    }
  }

  void operator()(std::string& text) { text.assign(in_.text()); }

  // Field by field as structure() does it, since what becomes of the rest follows from the header.
  template <class Row>
  void state_frame(StateFrame<Row>& frame,
                   const std::function<FrameParts(const FrameHeader&)>& wanted) {
    const auto count = items(field_count<StateFrame<Row>>);
    (*this)(frame.header);
    (*this)(frame.head);
    const FrameParts parts = wanted(frame.header);
    if (parts == FrameParts::head) return in_.skip_all();
    parts == FrameParts::all ? (*this)(frame.ids) : in_.skip();
    (*this)(frame.indices);
    (*this)(frame.rows);
    pass_over(count - static_cast<std::uint32_t>(field_count<StateFrame<Row>>));
  }

  void operator()(ControlReply& reply) {
    const auto count = items(4);
    (*this)(reply.version);
    check_version(reply.version);
    (*this)(reply.ok);
    (*this)(reply.error);
    reply.body.assign(in_.bin());
    pass_over(count - 4);
  }

  template <class T>
  void operator()(std::vector<T>& list) {
    const auto count = in_.array(least_bytes<T>());
    list.clear();
    list.reserve(std::min(count, most_reserved));  // The rest as it comes, if it does.
    for (std::uint32_t i = 0; i < count; ++i) (*this)(list.emplace_back());
  }

  template <class A, class B>
  void operator()(std::pair<A, B>& pair) {
    each(pair.first, pair.second);
  }

  void operator()(MetricSample& sample) { each(sample.suffix, sample.labels, sample.value); }

  void operator()(MetricFamily& family) {
    each(family.name, family.help, family.type, family.samples);
  }

 private:
  template <class T>
  void structure(T& value) {
    const auto count = in_.array(1);
    std::uint32_t at = 0;
    for_each_field<T>([&](const auto& field) {
      auto& member = value.*field.member;
      if (at >= count) {
        if (!field.is_added) throw Wrong{Errc::bad_value, fmt::format("only {} fields", count)};
        member = T{}.*field.member;
        return;
      }
      ++at;
      (*this)(member);
      check(field, member);
      if constexpr (requires { value.version; })
        if (at == 1) check_version(value.version);
    });
    pass_over(count - at);
  }

  template <class... Fields>
  void each(Fields&... fields) {
    const auto count = items(sizeof...(fields));
    ((*this)(fields), ...);
    pass_over(count - static_cast<std::uint32_t>(sizeof...(fields)));
  }

  std::uint32_t items(std::size_t least) {
    const auto count = in_.array(1);
    if (count < least) throw Wrong{Errc::bad_value, fmt::format("only {} items", count)};
    return count;
  }

  // Fields of a newer sender beyond ours.
  void pass_over(std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) in_.skip();
  }

  static void check_version(std::uint8_t version) {
    if (version != wire_version)
      throw Wrong{Errc::unsupported,
                  fmt::format("version {}, this process speaks {}", version, wire_version)};
  }

  MsgpackReader in_;
};

template <class T, class... Others>
constexpr bool is_one_of = (std::is_same_v<T, Others> || ...);

template <class Message>
constexpr bool is_frame = requires(Message& m) {
  m.header.keyframe;
};

/// [bytes] Of a message of this type: more only where rows or answers travel.
template <class Message>
constexpr std::size_t most_bytes() {
  if constexpr (is_one_of<Message, ElectionMessage, Grant, PublicationReport, ControlRequest>)
    return max_small_frame_bytes;
  return max_frame_bytes;
}

}  // namespace

template <class Message>
void encode(const Message& message, Bytes& out) {
  Packer pack{out};
  pack(message);
  pack.finish();
}

template <class Row>
void encode(const StateParts<Row>& parts, Bytes& out) {
  Packer pack{out};
  pack(parts);
  pack.finish();
}

namespace {

// The message that `read` makes of the bytes, all of them.
template <class Message>
Result<Message> read_whole(std::span<const std::uint8_t> bytes, const auto& read) {
  if (bytes.size() > most_bytes<Message>())
    return fail(Errc::too_large, fmt::format("a message of {} bytes, at most {}", bytes.size(),
                                             most_bytes<Message>()));
  try {
    Message message;
    Unpacker unpack{bytes};
    read(unpack, message);
    if (unpack.left() != 0) return fail(fmt::format("{} bytes left over", unpack.left()));
    if constexpr (is_frame<Message>) {
      if (message.indices.size() != message.rows.size())
        return fail(
            fmt::format("{} indices for {} rows", message.indices.size(), message.rows.size()));
    }
    return message;
  } catch (const Wrong& wrong) {
    return fail(wrong.code, wrong.why);
  }
}

}  // namespace

template <class Message>
Result<Message> decode(std::span<const std::uint8_t> bytes) {
  return read_whole<Message>(bytes, [](Unpacker& unpack, Message& message) { unpack(message); });
}

template <class Row>
Result<StateFrame<Row>> decode_frame(std::span<const std::uint8_t> bytes,
                                     const std::function<FrameParts(const FrameHeader&)>& wanted) {
  return read_whole<StateFrame<Row>>(
      bytes, [&](Unpacker& unpack, StateFrame<Row>& frame) { unpack.state_frame(frame, wanted); });
}

#define PACELINE_MESSAGE(Message)                        \
  template void encode<Message>(const Message&, Bytes&); \
  template Result<Message> decode<Message>(std::span<const std::uint8_t>);

#define PACELINE_ROW(Row)                                    \
  PACELINE_MESSAGE(StateFrame<Row>)                          \
  template void encode<Row>(const StateParts<Row>&, Bytes&); \
  template Result<StateFrame<Row>> decode_frame<Row>(        \
      std::span<const std::uint8_t>, const std::function<FrameParts(const FrameHeader&)>&);

PACELINE_ROW(TargetStat)
PACELINE_ROW(TargetPace)
PACELINE_ROW(TargetFeedback)
PACELINE_MESSAGE(ElectionMessage)
PACELINE_MESSAGE(Grant)
PACELINE_MESSAGE(PublicationReport)
PACELINE_MESSAGE(ControlRequest)
PACELINE_MESSAGE(ControlReply)
PACELINE_MESSAGE(StatusReply)
PACELINE_MESSAGE(MetricsReply)
PACELINE_MESSAGE(Explanation)
PACELINE_MESSAGE(ElectionView)
PACELINE_MESSAGE(FeedMessage)
PACELINE_MESSAGE(FeedAnswer)

}  // namespace paceline
