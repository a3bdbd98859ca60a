// Root in the folders of other users. What stands there their owner has laid, be it a link to what is
// nobody else's business, so root reads and writes there by that owner's rights alone.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/result.h"

namespace paceline::pacelinectl {

struct Owner {
  uid_t user = 0;
  gid_t group = 0;  // Of the folder or the link.

  bool operator==(const Owner&) const = default;
};

/// Where a path leads root, looked up one folder after the other. The last folder that is there is held, so
/// that whoever exchanges folders and links meanwhile leads nobody elsewhere. Of who is not root it is the
/// path itself.
class HeldPlace {
 public:
  /// A link at its end leads on; or it is what is meant, to be replaced or removed.
  enum class End : std::uint8_t { followed, itself };

  explicit HeldPlace(std::string path, End end = End::followed);
  HeldPlace(HeldPlace&& other) noexcept;
  HeldPlace& operator=(HeldPlace&&) = delete;
  ~HeldPlace();

  /// Who other than root has laid what stands there: the owner of the first link of another user that leads
  /// there, or of a folder in which a link or the file lies. Nothing = root did.
  const std::optional<Owner>& owner() const { return owner_; }
  const std::string& name() const { return name_; }

  /// What is opened.
  std::string path() const;

  /// An error of what was done at path(), with the name that people know.
  template <class T>
  Result<T> told(Result<T> done) const {
    if (!done) done.error().detail = named(std::move(done).error().detail);
    return done;
  }

 private:
  void look_up(End end);
  bool follow(const std::string& part, const struct stat& link, std::vector<std::string>& left);
  std::string named(std::string detail) const;

  std::string name_;
  int folder_ = -1;   // -1 = whoever runs this is not root.
  std::string rest_;  // Below it.
  std::optional<Owner> owner_;
};

/// As long as it lives this process has the rights of the owner of a place, if that is not root; else its own.
class AsOwner {
 public:
  ///   errors   refused: root may not take another's rights here
  static Result<AsOwner> of(const HeldPlace& place);

  AsOwner(AsOwner&& other) noexcept;
  AsOwner& operator=(AsOwner&&) = delete;
  ~AsOwner();

 private:
  explicit AsOwner(std::optional<std::vector<gid_t>> groups) : groups_{std::move(groups)} {}

  std::optional<std::vector<gid_t>> groups_;  // Root's own, to be taken again.
};

/// What begins a program by the rights of who laid the file, as words before its own; none = by our own.
std::vector<std::string> words_by_owner_of(const std::string& file);

}  // namespace paceline::pacelinectl
