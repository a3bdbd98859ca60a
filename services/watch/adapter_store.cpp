#include "services/watch/adapter_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "common/base/check.h"
#include "common/base/url.h"

namespace paceline::watch {
namespace {

// "PACE": the file's application id, so that no other program's database is taken for ours.
constexpr int application = 0x50414345;
constexpr int version = 1;
constexpr mode_t owner_and_group = 0640;

constexpr const char* schema = R"(
BEGIN IMMEDIATE;
PRAGMA application_id = 1346454341;
PRAGMA user_version = 1;
CREATE TABLE series (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);
CREATE TABLE samples (step INTEGER PRIMARY KEY, points BLOB NOT NULL);
CREATE TABLE chunks (tier INTEGER NOT NULL, first INTEGER NOT NULL, series INTEGER NOT NULL,
                     points BLOB NOT NULL, PRIMARY KEY (tier, first, series)) WITHOUT ROWID;
CREATE TABLE events (number INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL, kind TEXT NOT NULL,
                     severity TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL);
CREATE INDEX events_by_time ON events (time_ms);
COMMIT;
)";
static_assert(application == 1346454341);

// Added to files of earlier builds too, which pass over what they do not know.
constexpr const char* schema_of_days = R"(
CREATE TABLE IF NOT EXISTS days (series INTEGER NOT NULL, date INTEGER NOT NULL, body BLOB NOT NULL,
                                 digest BLOB NOT NULL, PRIMARY KEY (series, date)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS days_before (series INTEGER PRIMARY KEY, digest BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS open_days (series INTEGER PRIMARY KEY, body BLOB NOT NULL);
)";

bool is_broken(int code) {
  return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
}

UnusableFile unusable(const std::string& path, const std::string& why) {
  return UnusableFile{fmt::format("{}: {}", path, why)};
}

// Whatever is set aside may be the one that somebody wants back: the first two stay.
std::string free_ending(const std::string& path) {
  for (const char* ending : {".broken", ".broken-2"}) {
    std::error_code error;
    if (!std::filesystem::exists(path + ending, error) && !error) return ending;
  }
  return ".broken-3";
}

std::string column_text(sqlite3_stmt* statement, int column) {
  const void* bytes = sqlite3_column_blob(statement, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
  return bytes ? std::string{static_cast<const char*>(bytes), size} : std::string{};
}

// Who made a database.
struct Origin {
  std::int64_t tables = 0;
  std::int64_t application_id = 0;
  std::int64_t user_version = 0;

  /// Why it is not ours, and what to do; "" if it is, or is empty.
  std::string foreign() const {
    if (tables == 0 && application_id == 0 && user_version == 0) return "";
    if (application_id != application)
      return fmt::format(
          "another program's database ({} tables, application_id {:#x}); it is left as it is. Give "
          "history_file of [watch] another path, then pacelinectl reload watch",
          tables, static_cast<std::uint32_t>(application_id));
    if (user_version == version) return "";
    return fmt::format(
        "written by {} version of watch (format {}, this one reads {}); it is left as it is. "
        "Install "
        "that version again or move the file away, then pacelinectl reload watch",
        user_version > version ? "a newer" : "another", user_version, version);
  }
};

int read_number(sqlite3* database, const char* sql, std::int64_t& value) {
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v2(database, sql, -1, &statement, nullptr);
  if (code == SQLITE_OK && (code = sqlite3_step(statement)) == SQLITE_ROW) {
    value = sqlite3_column_int64(statement, 0);
    code = SQLITE_OK;
  }
  sqlite3_finalize(statement);
  return code;
}

int read_origin(sqlite3* database, Origin& origin) {
  int code = read_number(database, "SELECT count(*) FROM sqlite_master WHERE type = 'table'",
                         origin.tables);
  if (code == SQLITE_OK)
    code = read_number(database, "PRAGMA application_id", origin.application_id);
  if (code == SQLITE_OK) code = read_number(database, "PRAGMA user_version", origin.user_version);
  return code;
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
  lock();
  const int code = open_file();
  if (is_broken(code)) begin_anew(sqlite3_errstr(code));
  if (is_broken(code) || (code == SQLITE_OK && foreign_.empty())) return;
  const std::string why = !foreign_.empty() ? foreign_
                          : database_       ? sqlite3_errmsg(database_)
                                            : sqlite3_errstr(code);
  close_file();
  close(lock_);
  throw unusable(path_, why);
}

SqliteStore::~SqliteStore() {
  close_file();
  close(lock_);
}

// One file by two names is one file. The lock lies beside it: SQLite's own would not let a person read.
void SqliteStore::lock() {
  std::error_code error;
  const auto real = std::filesystem::weakly_canonical(path_, error);
  const std::string file = (error ? path_ : real.string()) + ".lock";
  lock_ = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, owner_and_group);
  if (lock_ < 0) throw unusable(file, std::generic_category().message(errno));
  if (flock(lock_, LOCK_EX | LOCK_NB) == 0) return;
  const int why = errno;
  close(lock_);
  throw unusable(path_, why == EWOULDBLOCK
                            ? "another watch writes it; give each node a history_file of its own"
                            : std::generic_category().message(why));
}

// Looks at the main file alone and leaves no trace, not even beside it.
void SqliteStore::inspect() {
  const std::string uri = "file:" + percent_encoded(path_) + "?immutable=1";
  sqlite3* database = nullptr;
  Origin origin;
  if (sqlite3_open_v2(uri.c_str(), &database, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, nullptr) ==
          SQLITE_OK &&
      read_origin(database, origin) == SQLITE_OK)
    foreign_ = origin.foreign();
  sqlite3_close(database);
}

// SQLITE_OK with a database open that is ours if `foreign_` is empty.
int SqliteStore::open_file() {
  inspect();
  if (!foreign_.empty()) return SQLITE_OK;
  // SQLite would make it for everybody to read; files beside it get the mode of this one.
  if (const int made = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, owner_and_group);
      made >= 0)
    close(made);
  int code = sqlite3_open_v2(path_.c_str(), &database_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                             nullptr);
  if (code != SQLITE_OK) return code;
  sqlite3_extended_result_codes(database_, 1);
  sqlite3_busy_timeout(database_, 200);  // [ms] A person may read the file at the same time.
  const auto execute = [&](const char* sql) {
    return sqlite3_exec(database_, sql, nullptr, nullptr, nullptr);
  };
  Origin origin;
  code = read_origin(database_, origin);
  if (code != SQLITE_OK) return code;
  foreign_ = origin.foreign();
  if (!foreign_.empty()) {
    // What waits in its log stays there.
    sqlite3_db_config(database_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    return SQLITE_OK;
  }
  // WAL with NORMAL: a crash of the process loses nothing, one of the machine the last commits.
  code = execute(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
      "PRAGMA cache_size = -4096; PRAGMA temp_store = MEMORY;"
      "PRAGMA journal_size_limit = 16777216;");
  if (code == SQLITE_OK && origin.tables == 0) code = execute(schema);
  return code == SQLITE_OK ? execute(schema_of_days) : code;
}

void SqliteStore::close_file() {
  for (const auto& [sql, statement] : prepared_) sqlite3_finalize(statement);
  prepared_.clear();
  sqlite3_close(database_);
  database_ = nullptr;
}

void SqliteStore::begin_anew(const std::string& why) {
  close_file();
  const std::string aside = path_ + free_ending(path_);
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
  if (auto done = write_days(batch); !done) return done;
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

// Of what is forgotten the last digest stays, so that the oldest day that is kept can be checked.
Result<void> SqliteStore::write_days(const StoreBatch& batch) {
  Statement insert{
      prepared("INSERT OR REPLACE INTO days (series, date, body, digest) VALUES (?1, ?2, ?3, ?4)")};
  Statement keep{prepared(
      "INSERT OR REPLACE INTO days_before (series, digest) SELECT series, digest FROM days "
      "WHERE series = ?1 AND date < ?2 ORDER BY date DESC LIMIT 1")};
  Statement remove{prepared("DELETE FROM days WHERE series = ?1 AND date < ?2")};
  for (const auto& day : batch.days) {
    insert.bind(1, day.series);
    insert.bind(2, day.date);
    insert.bind_blob(3, day.body);
    insert.bind_blob(4, day.digest);
    if (!insert.done()) return tl::unexpected{fault("write a day")};
    insert.again();
    for (Statement* statement : {&keep, &remove}) {
      statement->bind(1, day.series);
      statement->bind(2, day.date - batch.keep_days + 1);
      if (!statement->done()) return tl::unexpected{fault("forget a day")};
      statement->again();
    }
  }
  Statement open{prepared("INSERT OR REPLACE INTO open_days (series, body) VALUES (?1, ?2)")};
  for (const auto& day : batch.open_days) {
    open.bind(1, day.series);
    open.bind_blob(2, day.body);
    if (!open.done()) return tl::unexpected{fault("write an open day")};
    open.again();
  }
  return {};
}

Result<std::vector<StoredOpenDay>> SqliteStore::open_days() {
  repair();
  Statement select{prepared("SELECT series, body FROM open_days ORDER BY series")};
  std::vector<StoredOpenDay> found;
  int code = SQLITE_ERROR;
  while ((code = select.step()) == SQLITE_ROW)
    found.push_back({static_cast<std::uint32_t>(sqlite3_column_int64(select.get(), 0)),
                     column_text(select.get(), 1)});
  if (code != SQLITE_DONE) return tl::unexpected{fault("read the open days")};
  return found;
}

Result<StoredChain> SqliteStore::days(std::uint32_t series) {
  repair();
  StoredChain chain;
  Statement before{prepared("SELECT digest FROM days_before WHERE series = ?1")};
  before.bind(1, series);
  int code = before.step();
  if (code == SQLITE_ROW) chain.before = column_text(before.get(), 0);
  if (code != SQLITE_ROW && code != SQLITE_DONE) return tl::unexpected{fault("read days")};
  Statement select{prepared("SELECT date, body, digest FROM days WHERE series = ?1 ORDER BY date")};
  select.bind(1, series);
  while ((code = select.step()) == SQLITE_ROW)
    chain.days.push_back({.series = series,
                          .date = static_cast<std::int32_t>(sqlite3_column_int64(select.get(), 0)),
                          .body = column_text(select.get(), 1),
                          .digest = column_text(select.get(), 2)});
  if (code != SQLITE_DONE) return tl::unexpected{fault("read days")};
  return chain;
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

Result<std::unique_ptr<SqliteStore>> open_history(const std::string& file) {
  if (file.empty()) return std::unique_ptr<SqliteStore>{};
  try {
    return std::make_unique<SqliteStore>(file);
  } catch (const UnusableFile& unusable) {
    return fail(Errc::unavailable, unusable.what());
  }
}

}  // namespace paceline::watch
