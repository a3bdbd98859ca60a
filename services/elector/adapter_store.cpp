#include "services/elector/adapter_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "common/runtime/files.h"

namespace paceline::elector {
namespace {

[[noreturn]] void broken(const std::string& what) {
  throw std::system_error{errno, std::generic_category(), what};
}

// That it is there after a crash need not be made sure of: then it is renamed again, or stored anew.
void take_over(const std::string& nameless, const std::string& path) {
  if (std::filesystem::exists(path) || !std::filesystem::exists(nameless)) return;
  std::filesystem::rename(nameless, path);
}

}  // namespace

FileStore::FileStore(const std::string& folder, const std::string& cluster)
    : path_{folder + "/term-" + cluster}, orders_path_{folder + "/orders-" + cluster} {
  std::filesystem::create_directories(folder);
  const std::string lock = folder + "/lock";
  lock_ = open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_ < 0) broken(lock);
  if (flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    close(lock_);
    errno = error;
    broken(lock + ": another elector of this node runs");
  }
  take_over(folder + "/term", path_);
}

FileStore::~FileStore() {
  close(lock_);
}

DurableState FileStore::load() {
  if (!std::filesystem::exists(path_)) return {};
  const auto state = read_file(path_, 4096).and_then(parse_durable_state);
  if (state) return *state;
  return {.lost = true};
}

Result<void> FileStore::save(const DurableState& state) {
  return write_file_atomically(path_, format_durable_state(state), 0600);
}

Result<Orders> FileStore::load_orders() {
  if (!std::filesystem::exists(orders_path_)) return Orders{};
  const std::string text = TRY(read_file(orders_path_, 4096));
  return parse_orders(text);
}

Result<void> FileStore::save_orders(const Orders& orders) {
  return write_file_atomically(orders_path_, format_orders(orders), 0600);
}

}  // namespace paceline::elector
