#include "services/watch/adapter_store.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cstdio>
#include <system_error>
#include <utility>

#include "common/base/check.h"

namespace paceline::watch {
namespace {

// "PACE": the file's application id, so that no other program's database is taken for ours.
constexpr int application = 0x50414345;
constexpr int version = 1;

constexpr const char* schema = R"(
PRAGMA application_id = 1346454341;
PRAGMA user_version = 1;
CREATE TABLE series (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);
CREATE TABLE samples (step INTEGER PRIMARY KEY, points BLOB NOT NULL);
CREATE TABLE chunks (tier INTEGER NOT NULL, first INTEGER NOT NULL, series INTEGER NOT NULL,
                     points BLOB NOT NULL, PRIMARY KEY (tier, first, series)) WITHOUT ROWID;
CREATE TABLE events (number INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL, kind TEXT NOT NULL,
                     severity TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL);
CREATE INDEX events_by_time ON events (time_ms);
)";
static_assert(application == 1346454341);

bool is_broken(int code) {
  return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
}

std::string column_text(sqlite3_stmt* statement, int column) {
  const void* bytes = sqlite3_column_blob(statement, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
  return bytes ? std::string{static_cast<const char*>(bytes), size} : std::string{};
}

}  // namespace

// A prepared statement in use; made fit for its next use at the end.
class SqliteStore::Statement {
 public:
  explicit Statement(sqlite3_stmt* statement) : statement_{statement} {}
  ~Statement() {
    if (!statement_) return;
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  void bind(int place, std::int64_t number) { sqlite3_bind_int64(statement_, place, number); }
  void bind_blob(int place, std::string_view bytes) {
    sqlite3_bind_blob64(statement_, place, bytes.data(), bytes.size(), SQLITE_STATIC);
  }
  void bind_text(int place, std::string_view text) {
    sqlite3_bind_text64(statement_, place, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
  }
  /// SQLITE_ROW, SQLITE_DONE or an error.
  int step() { return statement_ ? sqlite3_step(statement_) : SQLITE_ERROR; }
  bool done() { return step() == SQLITE_DONE; }
  void again() { sqlite3_reset(statement_); }
  sqlite3_stmt* get() const { return statement_; }

 private:
  sqlite3_stmt* statement_;
};

SqliteStore::SqliteStore(std::string path) : path_{std::move(path)} {
  const int code = open_file();
  if (is_broken(code)) {
    begin_anew(sqlite3_errstr(code));
  } else if (code != SQLITE_OK) {
    const std::string why = database_ ? sqlite3_errmsg(database_) : sqlite3_errstr(code);
    close_file();
    throw std::system_error{std::make_error_code(std::errc::io_error),
                            fmt::format("{}: {}", path_, why)};
  }
}

SqliteStore::~SqliteStore() {
  close_file();
}

// SQLITE_OK with a database of ours open; SQLITE_NOTADB too when another version made it.
int SqliteStore::open_file() {
  int code = sqlite3_open_v2(path_.c_str(), &database_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                             nullptr);
  if (code != SQLITE_OK) return code;
  sqlite3_extended_result_codes(database_, 1);
  sqlite3_busy_timeout(database_, 200);  // [ms] A person may read the file at the same time.
  const auto execute = [&](const char* sql) {
    return sqlite3_exec(database_, sql, nullptr, nullptr, nullptr);
  };
  const auto number = [&](const char* sql, std::int64_t& value) {
    sqlite3_stmt* statement = nullptr;
    int result = sqlite3_prepare_v2(database_, sql, -1, &statement, nullptr);
    if (result == SQLITE_OK && (result = sqlite3_step(statement)) == SQLITE_ROW) {
      value = sqlite3_column_int64(statement, 0);
      result = SQLITE_OK;
    }
    sqlite3_finalize(statement);
    return result;
  };
  std::int64_t tables = 0, made_by = 0, made_as = 0;
  code = number("SELECT count(*) FROM sqlite_master", tables);
  if (code == SQLITE_OK) code = number("PRAGMA application_id", made_by);
  if (code == SQLITE_OK) code = number("PRAGMA user_version", made_as);
  if (code != SQLITE_OK) return code;
  if (tables > 0 && (made_by != application || made_as != version)) return SQLITE_NOTADB;
  // WAL with NORMAL: a crash of the process loses nothing, one of the machine the last commits.
  code = execute(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
      "PRAGMA cache_size = -4096; PRAGMA temp_store = MEMORY;"
      "PRAGMA journal_size_limit = 16777216;");
  if (code != SQLITE_OK || tables > 0) return code;
  return execute(schema);
}

void SqliteStore::close_file() {
  for (const auto& [sql, statement] : prepared_) sqlite3_finalize(statement);
  prepared_.clear();
  sqlite3_close(database_);
  database_ = nullptr;
}

void SqliteStore::begin_anew(const std::string& why) {
  close_file();
  const std::string aside = path_ + ".broken";
  std::rename(path_.c_str(), aside.c_str());
  std::remove((path_ + "-wal").c_str());
  std::remove((path_ + "-shm").c_str());
  if (const int code = open_file(); code != SQLITE_OK) {
    close_file();
    notice_ = fmt::format("{} is unreadable ({}), and no new one can be made: {}", path_, why,
                          sqlite3_errstr(code));
    return;
  }
  for (const auto& [id, number] : known_) {
    Statement insert{prepared("INSERT INTO series (number, id) VALUES (?1, ?2)")};
    insert.bind(1, number);
    insert.bind_text(2, id);
    if (!insert.done()) break;  // The next write says what is wrong.
  }
  notice_ = fmt::format("{} was unreadable ({}); it is now {}, and history begins anew", path_, why,
                        aside);
}

// The error of the last call. A broken file is set aside by the next one: statements are in use
// now.
Error SqliteStore::fault(const char* what) {
  if (!database_) return {Errc::unavailable, fmt::format("{}: {} is not open", what, path_)};
  const int code = sqlite3_extended_errcode(database_);
  const std::string why = sqlite3_errmsg(database_);
  if (is_broken(code)) broken_ = why;
  return {Errc::unavailable, fmt::format("{}: {}: {}", what, path_, why)};
}

void SqliteStore::repair() {
  if (broken_) begin_anew(*std::exchange(broken_, std::nullopt));
}

std::optional<std::string> SqliteStore::take_notice() {
  repair();
  return std::exchange(notice_, std::nullopt);
}

sqlite3_stmt* SqliteStore::prepared(const char* sql) {
  if (!database_) return nullptr;
  auto& statement = prepared_[sql];
  if (!statement && sqlite3_prepare_v3(database_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement,
                                       nullptr) != SQLITE_OK)
    statement = nullptr;
  return statement;
}

Result<void> SqliteStore::run(const char* sql) {
  Statement statement{prepared(sql)};
  if (!statement.done()) return tl::unexpected{fault(sql)};
  return {};
}

Result<std::vector<std::uint32_t>> SqliteStore::numbers(const std::vector<std::string>& ids) {
  repair();
  if (auto done = run("BEGIN IMMEDIATE"); !done) return tl::unexpected{done.error()};
  std::vector<std::uint32_t> found;
  found.reserve(ids.size());
  const auto each = [&](const std::string& id) -> Result<std::uint32_t> {
    {
      Statement select{prepared("SELECT number FROM series WHERE id = ?1")};
      select.bind_text(1, id);
      const int code = select.step();
      if (code == SQLITE_ROW)
        return static_cast<std::uint32_t>(sqlite3_column_int64(select.get(), 0));
      if (code != SQLITE_DONE) return tl::unexpected{fault("read a series' number")};
    }
    Statement insert{prepared("INSERT INTO series (id) VALUES (?1)")};
    insert.bind_text(1, id);
    if (!insert.done()) return tl::unexpected{fault("give a series its number")};
    return static_cast<std::uint32_t>(sqlite3_last_insert_rowid(database_));
  };
  for (const auto& id : ids) {
    const auto number = each(id);
    if (!number) {
      if (database_) sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);
      return tl::unexpected{number.error()};
    }
    found.push_back(*number);
  }
  if (auto done = run("COMMIT"); !done) return tl::unexpected{done.error()};
  known_.clear();
  for (std::size_t i = 0; i < ids.size(); ++i) known_.emplace_back(ids[i], found[i]);
  return found;
}

Result<void> SqliteStore::write(const StoreBatch& batch) {
  repair();
  if (batch.empty()) return {};
  if (auto done = run("BEGIN IMMEDIATE"); !done) return tl::unexpected{done.error()};
  auto written = write_all(batch);
  if (written) written = run("COMMIT");
  // After a fault the transaction must not stay open; one that ended by itself refuses this.
  if (!written && database_ && !sqlite3_get_autocommit(database_))
    sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);
  return written;
}

Result<void> SqliteStore::write_all(const StoreBatch& batch) {
  {
    Statement insert{prepared("INSERT OR REPLACE INTO samples (step, points) VALUES (?1, ?2)")};
    for (const auto& sample : batch.samples) {
      insert.bind(1, sample.step);
      insert.bind_blob(2, sample.points);
      if (!insert.done()) return tl::unexpected{fault("write a sample")};
      insert.again();
    }
  }
  {
    Statement insert{prepared(
        "INSERT OR REPLACE INTO chunks (tier, first, series, points) VALUES (?1, ?2, ?3, ?4)")};
    for (const auto& chunk : batch.chunks) {
      insert.bind(1, chunk.tier);
      insert.bind(2, chunk.first);
      insert.bind(3, chunk.series);
      insert.bind_blob(4, chunk.points);
      if (!insert.done()) return tl::unexpected{fault("write a chunk")};
      insert.again();
    }
  }
  {
    Statement insert{
        prepared("INSERT OR REPLACE INTO events (number, time_ms, kind, severity, "
                 "subject, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")};
    for (const auto& event : batch.events) {
      insert.bind(1, static_cast<std::int64_t>(event.number));
      insert.bind(2, event.wall_ms);
      insert.bind_text(3, event.kind);
      insert.bind_text(4, event.severity);
      insert.bind_text(5, event.subject);
      insert.bind_text(6, event.detail);
      if (!insert.done()) return tl::unexpected{fault("write an event")};
      insert.again();
    }
  }
  const auto forget = [&](const char* sql, std::int64_t first,
                          std::optional<std::int64_t> second = {}) -> Result<void> {
    Statement remove{prepared(sql)};
    remove.bind(1, first);
    if (second) remove.bind(2, *second);
    if (!remove.done()) return tl::unexpected{fault("forget what is old")};
    return {};
  };
  if (batch.forget_samples_before)
    if (auto done = forget("DELETE FROM samples WHERE step < ?1", *batch.forget_samples_before);
        !done)
      return tl::unexpected{done.error()};
  for (const auto& [tier, before] : batch.forget_chunks)
    if (auto done = forget("DELETE FROM chunks WHERE tier = ?1 AND first < ?2", tier, before);
        !done)
      return tl::unexpected{done.error()};
  if (batch.forget_events_before)
    if (auto done = forget("DELETE FROM events WHERE number < ?1",
                           static_cast<std::int64_t>(*batch.forget_events_before));
        !done)
      return tl::unexpected{done.error()};
  return {};
}

Result<std::vector<StoredSample>> SqliteStore::samples() {
  repair();
  Statement select{prepared("SELECT step, points FROM samples ORDER BY step")};
  std::vector<StoredSample> found;
  int code = 0;
  while ((code = select.step()) == SQLITE_ROW)
    found.push_back({sqlite3_column_int64(select.get(), 0), column_text(select.get(), 1)});
  if (code != SQLITE_DONE) return tl::unexpected{fault("read the samples")};
  return found;
}

Result<std::string> SqliteStore::chunk(int tier, std::int64_t first, std::uint32_t series) {
  repair();
  Statement select{
      prepared("SELECT points FROM chunks WHERE tier = ?1 AND first = ?2 AND series = ?3")};
  select.bind(1, tier);
  select.bind(2, first);
  select.bind(3, series);
  const int code = select.step();
  if (code == SQLITE_ROW) return column_text(select.get(), 0);
  if (code != SQLITE_DONE) return tl::unexpected{fault("read a chunk")};
  return std::string{};
}

Result<std::optional<std::int64_t>> SqliteStore::oldest(int tier) {
  repair();
  Statement select{prepared("SELECT min(first) FROM chunks WHERE tier = ?1")};
  select.bind(1, tier);
  if (select.step() != SQLITE_ROW) return tl::unexpected{fault("find the oldest chunk")};
  if (sqlite3_column_type(select.get(), 0) == SQLITE_NULL) return std::optional<std::int64_t>{};
  return std::optional{sqlite3_column_int64(select.get(), 0)};
}

Result<std::vector<Event>> SqliteStore::events(const EventQuery& query) {
  repair();
  Statement select{prepared(
      "SELECT number, time_ms, kind, severity, subject, detail FROM events WHERE time_ms >= ?1 AND "
      "time_ms <= ?2 AND (?3 = '' OR kind = ?3) AND (?4 = '' OR severity = ?4) AND (?5 = '' OR "
      "subject = ?5) AND number > ?6 ORDER BY number DESC LIMIT ?7")};
  select.bind(1, query.from_ms);
  select.bind(2, query.to_ms);
  select.bind_text(3, query.kind);
  select.bind_text(4, query.severity);
  select.bind_text(5, query.subject);
  select.bind(6, static_cast<std::int64_t>(query.after));
  select.bind(7, static_cast<std::int64_t>(query.limit));
  std::vector<Event> found;
  int code = 0;
  while ((code = select.step()) == SQLITE_ROW)
    found.push_back({.number = static_cast<std::uint64_t>(sqlite3_column_int64(select.get(), 0)),
                     .wall_ms = sqlite3_column_int64(select.get(), 1),
                     .kind = column_text(select.get(), 2),
                     .severity = column_text(select.get(), 3),
                     .subject = column_text(select.get(), 4),
                     .detail = column_text(select.get(), 5)});
  if (code != SQLITE_DONE) return tl::unexpected{fault("read the events")};
  return std::vector<Event>{found.rbegin(), found.rend()};
}

std::uint64_t SqliteStore::bytes() {
  repair();
  const auto number = [&](const char* sql) -> std::uint64_t {
    Statement select{prepared(sql)};
    return select.step() == SQLITE_ROW
               ? static_cast<std::uint64_t>(sqlite3_column_int64(select.get(), 0))
               : 0;
  };
  return (number("PRAGMA page_count") - number("PRAGMA freelist_count")) *
         number("PRAGMA page_size");
}

}  // namespace paceline::watch
