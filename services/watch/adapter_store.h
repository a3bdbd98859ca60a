// History and events in one SQLite file (WAL, one transaction a batch).
//
//   SqliteStore store{"/run/a/history.db"};
//
// A file that is no database or is broken is renamed to FILE.broken and a new one is begun, at the start
// and at any later time; take_notice() says so. Of several the first two stay (FILE.broken,
// FILE.broken-2); FILE.broken-3 is always the last. Any other fault of the disk is an error of the call.
//
// A database of another program, or of another version of watch, is left as it is. So is one that another
// watch has open: FILE.lock is locked as long as a store lives.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <unordered_map>

#include "services/watch/store.h"

struct sqlite3;
struct sqlite3_stmt;

namespace paceline::watch {

/// Why a history file is not used, as a sentence that names it.
class UnusableFile final : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class SqliteStore final : public Store {
 public:
  /// Opens or makes the file, for its owner and group only.
  ///   errors   throws UnusableFile: it cannot be made (folder, rights, space), is another program's or
  ///            version's, or is in another watch's hands
  explicit SqliteStore(std::string path);
  ~SqliteStore() override;
  SqliteStore(const SqliteStore&) = delete;
  SqliteStore& operator=(const SqliteStore&) = delete;

  Result<std::vector<std::uint32_t>> numbers(const std::vector<std::string>& ids) override;
  Result<void> write(const StoreBatch& batch) override;
  Result<std::vector<StoredSample>> samples() override;
  Result<std::string> chunk(int tier, std::int64_t first, std::uint32_t series) override;
  Result<std::optional<std::int64_t>> oldest(int tier) override;
  Result<std::vector<Event>> events(const EventQuery& query) override;
  Result<std::vector<StoredOpenDay>> open_days() override;
  Result<StoredChain> days(std::uint32_t series) override;
  std::uint64_t bytes() override;
  std::optional<std::string> take_notice() override;

 private:
  class Statement;

  void lock();
  void inspect();
  int open_file();
  void close_file();
  void begin_anew(const std::string& why);
  void repair();
  Error fault(const char* what);
  Result<void> run(const char* sql);
  Result<void> write_all(const StoreBatch& batch);
  Result<void> write_days(const StoreBatch& batch);
  sqlite3_stmt* prepared(const char* sql);

  std::string path_;
  int lock_ = -1;
  std::string foreign_{};  // Whose file it is, if not ours, and what to do.
  sqlite3* database_ = nullptr;
  std::unordered_map<const char*, sqlite3_stmt*> prepared_{};  // By the literal's address.
  std::vector<std::pair<std::string, std::uint32_t>>
      known_{};                          // Numbers given out; a new file keeps them.
  std::optional<std::string> broken_{};  // Why the file is to be set aside.
  std::optional<std::string> notice_{};
};

/// The store in that file; null for "", which asks for none.
///   errors   unavailable: as the constructor throws; watch serves without history then
Result<std::unique_ptr<SqliteStore>> open_history(const std::string& file);

}  // namespace paceline::watch
