#include "topology/process/curve_keys.h"

#include <zmq.h>

#include <algorithm>
#include <stdexcept>

#include "common/base/secrets.h"
#include "common/runtime/files.h"

namespace paceline {
namespace {

std::string read_key(const std::string& file) {
  const auto text = read_file(file, max_secret_bytes);
  const std::string key{first_word(text ? *text : std::string{})};
  if (key.empty())
    throw std::runtime_error{(text ? file + ": empty" : text.error().detail) +
                             ": no key; `pacelinectl keys` makes this host's, `pacelinectl keys "
                             "import` takes another's"};
  std::uint8_t binary[32];
  if (key.size() != 40 || !zmq_z85_decode(binary, key.c_str()))
    throw std::runtime_error{file + ": not a key of 40 characters"};
  return key;
}

}  // namespace

const std::string* CurveKeys::node_of(std::string_view public_key) const {
  const auto found =
      std::ranges::find_if(public_keys, [&](const auto& key) { return key.second == public_key; });
  return found == public_keys.end() ? nullptr : &found->first;
}

CurveKeys read_curve_keys(const Topology& topology, const std::string& self) {
  const std::string folder = topology.run_dir + "/keys/";
  CurveKeys keys;
  keys.own_secret = read_key(folder + self + ".secret");
  for (const auto& node : topology.nodes)
    keys.public_keys[node.name] = read_key(folder + node.name + ".public");
  return keys;
}

}  // namespace paceline
