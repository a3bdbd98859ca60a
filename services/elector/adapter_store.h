// The term file and the orders on disk, and the lock that lets one elector run per node.
#pragma once

#include <string>

#include "services/elector/host.h"

namespace paceline::elector {

class FileStore final : public TermStore {
 public:
  /// Takes the lock of `folder`, which is made if it is missing. Terms belong to the name of a
  /// cluster: its file is `term-CLUSTER`, and what operators ordered is in `orders-CLUSTER`. A term
  /// file that is only called `term`, as it was before it had the name, is renamed, once.
  ///   errors   std::system_error: cannot be made, opened, locked or renamed; another elector runs
  FileStore(const std::string& folder, const std::string& cluster);
  ~FileStore() override;
  FileStore(const FileStore&) = delete;
  FileStore& operator=(const FileStore&) = delete;

  DurableState load() override;
  Result<void> save(const DurableState& state) override;
  Result<Orders> load_orders() override;
  Result<void> save_orders(const Orders& orders) override;

 private:
  std::string path_;
  std::string orders_path_;
  int lock_ = -1;
};

}  // namespace paceline::elector
