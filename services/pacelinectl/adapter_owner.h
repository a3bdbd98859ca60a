// Root in the folders of other users. What stands there their owner has laid, be it a link to what is
// nobody else's business, so root reads and writes there by that owner's rights alone.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"

namespace paceline::pacelinectl {

struct Owner {
  uid_t user = 0;
  gid_t group = 0;  // Of the folder or the link.

  bool operator==(const Owner&) const = default;
};

/// Who other than root has laid what stands at a path: the owner of the first link of another user that
/// leads there, or of the last folder on the way that is there. Nothing = root did.
std::optional<Owner> owner_at(const std::string& path);

/// As long as it lives this process has the rights of the owner of a path, if it is root's; else its own.
class AsOwner {
 public:
  ///   errors   refused: root may not take another's rights here
  static Result<AsOwner> of(const std::string& path);

  AsOwner(AsOwner&& other) noexcept;
  AsOwner& operator=(AsOwner&&) = delete;
  ~AsOwner();

 private:
  explicit AsOwner(std::optional<std::vector<gid_t>> groups) : groups_{std::move(groups)} {}

  std::optional<std::vector<gid_t>> groups_;  // Root's own, to be taken again.
};

}  // namespace paceline::pacelinectl
