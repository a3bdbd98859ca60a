#include "common/wire/codec.h"

#include <fmt/format.h>

#include <bit>
#include <limits>
#include <msgpack.hpp>
#include <type_traits>

namespace paceline {
namespace {

// Lets a std::vector be written to by msgpack::packer.
struct VectorSink {
  Bytes& out;
  void write(const char* data, std::size_t size) { out.insert(out.end(), data, data + size); }
};

class Packer {
 public:
  explicit Packer(Bytes& out) : out_{out}, sink_{out}, pack_{sink_} {}

  template <class T>
  void operator()(const T& value) {
    if constexpr (Structure<T>) {
      pack_.pack_array(field_count<T>);
      for_each_field<T>([&](const auto& field) { (*this)(value.*field.member); });
    } else if constexpr (std::is_same_v<T, bool>) {
      value ? pack_.pack_true() : pack_.pack_false();
    } else if constexpr (std::is_enum_v<T>) {
      pack_.pack_uint8(static_cast<std::uint8_t>(value));
    } else if constexpr (std::is_same_v<T, double>) {
      double_(value);
    } else if constexpr (std::is_signed_v<T>) {
      pack_.pack_int64(value);
    } else {
      pack_.pack_uint64(value);
    }
  }

  void operator()(const std::string& text) {
    pack_.pack_str(static_cast<std::uint32_t>(text.size()));
    pack_.pack_str_body(text.data(), static_cast<std::uint32_t>(text.size()));
  }

  // Its body is a whole message, which may be longer than any text: bytes, not text.
  void operator()(const ControlReply& reply) {
    pack_.pack_array(4);
    (*this)(reply.version);
    (*this)(reply.ok);
    (*this)(reply.error);
    pack_.pack_bin(static_cast<std::uint32_t>(reply.body.size()));
    pack_.pack_bin_body(reply.body.data(), static_cast<std::uint32_t>(reply.body.size()));
  }

  template <class T>
  void operator()(const std::vector<T>& list) {
    pack_.pack_array(static_cast<std::uint32_t>(list.size()));
    for (const auto& item : list) (*this)(item);
  }

  template <class A, class B>
  void operator()(const std::pair<A, B>& pair) {
    pack_.pack_array(2);
    (*this)(pair.first);
    (*this)(pair.second);
  }

  void operator()(const MetricSample& sample) {
    pack_.pack_array(3);
    (*this)(sample.suffix);
    (*this)(sample.labels);
    (*this)(sample.value);
  }

  void operator()(const MetricFamily& family) {
    pack_.pack_array(4);
    (*this)(family.name);
    (*this)(family.help);
    (*this)(family.type);
    (*this)(family.samples);
  }

 private:
  // msgpack-c packs whole doubles as integers, which loses -0.0; a double stays one here.
  void double_(double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    std::uint8_t bytes[9] = {0xcb};
    for (int i = 0; i < 8; ++i) bytes[1 + i] = static_cast<std::uint8_t>(bits >> (8 * (7 - i)));
    out_.insert(out_.end(), bytes, bytes + 9);
  }

  Bytes& out_;
  VectorSink sink_;
  msgpack::packer<VectorSink> pack_;
};

// What is wrong with a message; caught in decode() below, never seen outside this file.
struct Wrong {
  Errc code;
  std::string why;
};

class Unpacker {
 public:
  explicit Unpacker(const msgpack::object& object) : object_{&object} {}

  template <class T>
  void operator()(T& value) {
    if constexpr (Structure<T>) {
      structure(value);
    } else if constexpr (std::is_same_v<T, bool>) {
      value = expect(msgpack::type::BOOLEAN).via.boolean;
    } else if constexpr (Worded<T>) {  // One beyond them is refused: a switch has no default.
      const auto number = integer<std::uint8_t>();
      if (number >= words_of<T>.size())
        throw Wrong{Errc::bad_value, fmt::format("no such word: {}", number)};
      value = static_cast<T>(number);
    } else if constexpr (std::is_same_v<T, double>) {
      value = real();
    } else {
      value = integer<T>();
    }
  }

  void operator()(std::string& text) {
    const auto& str = expect(msgpack::type::STR).via.str;
    text.assign(str.ptr, str.size);
  }

  void operator()(ControlReply& reply) {
    const auto& array = expect(msgpack::type::ARRAY).via.array;
    if (array.size < 4) throw Wrong{Errc::bad_value, fmt::format("only {} fields", array.size)};
    Unpacker{array.ptr[0]}(reply.version);
    if (reply.version != wire_version)
      throw Wrong{Errc::unsupported,
                  fmt::format("version {}, this process speaks {}", reply.version, wire_version)};
    Unpacker{array.ptr[1]}(reply.ok);
    Unpacker{array.ptr[2]}(reply.error);
    const auto& bytes = Unpacker{array.ptr[3]}.expect(msgpack::type::BIN).via.bin;
    reply.body.assign(bytes.ptr, bytes.size);
  }

  template <class T>
  void operator()(std::vector<T>& list) {
    const auto& array = expect(msgpack::type::ARRAY).via.array;
    list.resize(array.size);
    for (std::uint32_t i = 0; i < array.size; ++i) Unpacker{array.ptr[i]}(list[i]);
  }

  template <class A, class B>
  void operator()(std::pair<A, B>& pair) {
    each(2, pair.first, pair.second);
  }

  void operator()(MetricSample& sample) { each(3, sample.suffix, sample.labels, sample.value); }

  void operator()(MetricFamily& family) {
    each(4, family.name, family.help, family.type, family.samples);
  }

 private:
  template <class T>
  void structure(T& value) {
    const auto& array = expect(msgpack::type::ARRAY).via.array;
    std::uint32_t at = 0;
    for_each_field<T>([&](const auto& field) {
      if (at >= array.size) throw Wrong{Errc::bad_value, fmt::format("only {} fields", array.size)};
      auto& member = value.*field.member;
      Unpacker{array.ptr[at++]}(member);
      check(field, member);
      if constexpr (requires { value.version; })
        if (at == 1 && value.version != wire_version)
          throw Wrong{Errc::unsupported, fmt::format("version {}, this process speaks {}",
                                                     value.version, wire_version)};
    });
  }

  // What a field's schema allows, and no more.
  template <class Owner, class Value>
  static void check(const Field<Owner, Value>& field, const Value& value) {
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

  template <class... Fields>
  void each(std::uint32_t count, Fields&... fields) {
    const auto& array = expect(msgpack::type::ARRAY).via.array;
    if (array.size < count) throw Wrong{Errc::bad_value, fmt::format("only {} items", array.size)};
    std::uint32_t at = 0;
    (Unpacker{array.ptr[at++]}(fields), ...);
  }

  const msgpack::object& expect(msgpack::type::object_type type) const {
    if (object_->type != type)
      throw Wrong{Errc::bad_value,
                  fmt::format("a field of type {}, not {}", static_cast<int>(object_->type),
                              static_cast<int>(type))};
    return *object_;
  }

  template <class T>
  T integer() const {
    if (object_->type == msgpack::type::POSITIVE_INTEGER) {
      if (std::in_range<T>(object_->via.u64)) return static_cast<T>(object_->via.u64);
    } else if (std::in_range<T>(expect(msgpack::type::NEGATIVE_INTEGER).via.i64)) {
      return static_cast<T>(object_->via.i64);
    }
    throw Wrong{Errc::bad_value, "an integer out of its range"};
  }

  double real() const {
    if (object_->type == msgpack::type::POSITIVE_INTEGER)
      return static_cast<double>(object_->via.u64);
    if (object_->type == msgpack::type::NEGATIVE_INTEGER)
      return static_cast<double>(object_->via.i64);
    if (object_->type == msgpack::type::FLOAT32) return object_->via.f64;
    return expect(msgpack::type::FLOAT64).via.f64;
  }

  const msgpack::object* object_;
};

template <class Message>
constexpr bool is_frame = requires(Message& m) {
  m.header.keyframe;
};

}  // namespace

template <class Message>
void encode(const Message& message, Bytes& out) {
  out.clear();
  Packer{out}(message);
}

template <class Message>
Result<Message> decode(std::span<const std::uint8_t> bytes) {
  if (bytes.size() > max_frame_bytes)
    return fail(Errc::too_large, fmt::format("a message of {} bytes", bytes.size()));
  try {
    const msgpack::unpack_limit limit{max_rows, 0, max_text_bytes, max_frame_bytes, 0, 12};
    std::size_t end = 0;
    const auto handle = msgpack::unpack(
        reinterpret_cast<const char*>(bytes.data()), bytes.size(), end,
        [](msgpack::type::object_type, std::size_t, void*) { return true; }, nullptr, limit);
    if (end != bytes.size()) return fail(fmt::format("{} bytes left over", bytes.size() - end));
    Message message;
    Unpacker{handle.get()}(message);
    if constexpr (is_frame<Message>) {
      if (message.indices.size() != message.rows.size())
        return fail(
            fmt::format("{} indices for {} rows", message.indices.size(), message.rows.size()));
    }
    return message;
  } catch (const Wrong& wrong) {
    return fail(wrong.code, wrong.why);
  } catch (const msgpack::size_overflow& overflow) {
    return fail(Errc::too_large, overflow.what());
  } catch (const std::exception& error) {
    return fail(fmt::format("not MessagePack: {}", error.what()));
  }
}

#define PACELINE_MESSAGE(Message)                        \
  template void encode<Message>(const Message&, Bytes&); \
  template Result<Message> decode<Message>(std::span<const std::uint8_t>);

PACELINE_MESSAGE(StateFrame<TargetStat>)
PACELINE_MESSAGE(StateFrame<TargetPace>)
PACELINE_MESSAGE(StateFrame<TargetFeedback>)
PACELINE_MESSAGE(ElectionMessage)
PACELINE_MESSAGE(Grant)
PACELINE_MESSAGE(PublicationReport)
PACELINE_MESSAGE(ControlRequest)
PACELINE_MESSAGE(ControlReply)
PACELINE_MESSAGE(StatusReply)
PACELINE_MESSAGE(MetricsReply)
PACELINE_MESSAGE(Explanation)
PACELINE_MESSAGE(ElectionView)

}  // namespace paceline
