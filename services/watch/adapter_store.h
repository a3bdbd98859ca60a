// History and events in one SQLite file (WAL, one transaction a batch).
//
//   SqliteStore store{"/run/a/history.db"};
//
// A file that is no database, is broken or was made by another version is renamed to FILE.broken
// (replacing an older one) and a new one is begun, at the start and at any later time;
// take_notice() says so. Any other fault of the disk is an error of the call.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>

#include "services/watch/store.h"

struct sqlite3;
struct sqlite3_stmt;

namespace paceline::watch {

class SqliteStore final : public Store {
 public:
  /// Opens or makes the file.
  ///   errors   throws std::system_error: it cannot be made (folder, rights, space)
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
  std::uint64_t bytes() override;
  std::optional<std::string> take_notice() override;

 private:
  class Statement;

  int open_file();
  void close_file();
  void begin_anew(const std::string& why);
  void repair();
  Error fault(const char* what);
  Result<void> run(const char* sql);
  Result<void> write_all(const StoreBatch& batch);
  sqlite3_stmt* prepared(const char* sql);

  std::string path_;
  sqlite3* database_ = nullptr;
  std::unordered_map<const char*, sqlite3_stmt*> prepared_{};  // By the literal's address.
  std::vector<std::pair<std::string, std::uint32_t>>
      known_{};                          // Numbers given out; a new file keeps them.
  std::optional<std::string> broken_{};  // Why the file is to be set aside.
  std::optional<std::string> notice_{};
};

}  // namespace paceline::watch
