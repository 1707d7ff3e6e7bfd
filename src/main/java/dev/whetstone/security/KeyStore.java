package dev.whetstone.security;

import dev.whetstone.database.Audit;
import dev.whetstone.database.Database;
import dev.whetstone.database.DatabaseException;
import dev.whetstone.database.Sql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Stores keys in table {@code keys}: hashes, roles and revocations. */
public final class KeyStore {
  private static final int MAX_KEYS = 10_000;
  private static final String UNIQUE_VIOLATION = "23505";

  private static final String VALID = "SELECT count(*) FROM keys WHERE revoked_at IS NULL";

  private static final String INSERT =
      "INSERT INTO keys (id, role, users, hash, note) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";

  // Serialise revocations, so that two operators cannot revoke each other's key and leave none.
  static final String LOCK = "SELECT pg_advisory_xact_lock(hashtext('whetstone keys'))";

  private static final String OTHER_OPERATORS =
      "SELECT 1 FROM keys "
          + "WHERE role = 'operator' AND revoked_at IS NULL AND issuer IS NULL AND id <> ? LIMIT 1";

  private static final String ROW =
      """
      SELECT k.*, NOT EXISTS (
          SELECT FROM exclusions x WHERE x.kind = 'key' AND x.value = k.id) AS counted
      FROM keys k\s""";

  /**
   * A key as operators see it.
   *
   * @param counted false while an operator keeps its votes out of training and evidence
   * @param learn false while nothing is learned from its users
   */
  public record Row(
      String id,
      Role role,
      KeyUsers users,
      boolean counted,
      boolean learn,
      @Nullable String note,
      Instant createdAt,
      @Nullable Instant lastUsedAt,
      @Nullable Instant revokedAt) {}

  /**
   * A new key.
   *
   * @param secret shown to the caller once; only its hash is stored
   */
  public record Created(ApiKey key, String secret) {}

  /** The result of a revocation. */
  public enum Revocation {
    /** The key is revoked now, or was already. */
    REVOKED,
    /** There is no such key. */
    UNKNOWN,
    /** Refused: without an operator key nobody could create keys any more. */
    LAST_OPERATOR
  }

  private final Database database;

  public KeyStore(Database database) {
    this.database = database;
  }

  /**
   * Generates and stores a key.
   *
   * @param actor who requested it, for the audit log
   * @throws TooManyKeysException when there are as many valid ones as there can be
   */
  public Created create(Role role, KeyUsers users, @Nullable String note, String actor) {
    while (true) {
      String secret = KeyFormat.generate(role);
      StoredKey stored = StoredKey.of(role, users, secret);
      try {
        if (database.transaction(connection -> add(connection, stored, note, actor))) {
          return new Created(stored.key(), secret);
        }
      } catch (DatabaseException refused) {
        if (!refused.sqlState().equals(UNIQUE_VIOLATION)) {
          throw refused;
        }
      }
    }
  }

  /** Returns false when another key has the same 32-bit id by chance. */
  private static boolean add(
      Connection connection, StoredKey stored, @Nullable String note, String actor)
      throws SQLException {
    requireRoom(connection);
    ApiKey key = stored.key();
    if (insert(connection, stored, note) == 0) {
      return false;
    }
    // A name of the enumeration, so nothing needs escaping.
    String detail = "{\"users\": \"" + key.users().label() + "\"}";
    Audit.record(connection, actor, "key created", key.id(), null, detail);
    return true;
  }

  static void requireRoom(Connection connection) throws SQLException {
    long valid = Sql.first(connection, row -> row.getLong(1), VALID).orElse(0L);
    if (valid >= MAX_KEYS) {
      throw new TooManyKeysException(valid);
    }
  }

  private static int insert(Connection connection, StoredKey stored, @Nullable String note)
      throws SQLException {
    ApiKey key = stored.key();
    return Sql.update(
        connection, INSERT, key.id(), key.role().label(), key.users().label(), stored.hash(), note);
  }

  /** Adds keys that were generated elsewhere; known ones, even revoked, stay as they are. */
  void addMissing(Collection<StoredKey> keys, String note) {
    database.transaction(
        connection -> {
          for (StoredKey stored : keys) {
            insert(connection, stored, note);
          }
          return keys.size();
        });
  }

  /** All keys that are not revoked; a person's row is none, since nobody has its secret. */
  List<StoredKey> validKeys() {
    return database.list(
        row ->
            new StoredKey(
                new ApiKey(
                    row.getString("id"),
                    Role.of(row.getString("role")),
                    KeyUsers.of(row.getString("users"))),
                row.getBytes("hash")),
        "SELECT id, role, users, hash FROM keys WHERE revoked_at IS NULL AND issuer IS NULL");
  }

  /** Keys in the order of their ids, beginning after a given id; includes revoked keys. */
  public List<Row> page(String after, int max) {
    return database.list(KeyStore::row, ROW + "WHERE k.id > ? ORDER BY k.id LIMIT ?", after, max);
  }

  /** A key by its id; empty when there is none. */
  public Optional<Row> find(String id) {
    return database.first(KeyStore::row, ROW + "WHERE k.id = ?", id);
  }

  /** Revokes a key; other gateways refuse it after their next refresh, within seconds. */
  public Revocation revoke(String id, String actor) {
    return database.transaction(
        connection -> {
          Sql.list(connection, _ -> true, LOCK);
          Optional<Row> key = Sql.first(connection, KeyStore::row, ROW + "WHERE k.id = ?", id);
          if (key.isEmpty()) {
            return Revocation.UNKNOWN;
          }
          if (key.get().revokedAt() != null) {
            return Revocation.REVOKED;
          }
          if (key.get().role() == Role.OPERATOR
              && Sql.first(connection, _ -> true, OTHER_OPERATORS, id).isEmpty()) {
            return Revocation.LAST_OPERATOR;
          }
          Sql.update(connection, "UPDATE keys SET revoked_at = now() WHERE id = ?", id);
          Audit.record(connection, actor, "key revoked", id, null, "{}");
          return Revocation.REVOKED;
        });
  }

  /** Stores when keys were last used, in one statement. */
  void storeLastUses(Map<String, Instant> times) {
    LastUses.store(database, "keys", times);
  }

  private static Row row(ResultSet row) throws SQLException {
    return new Row(
        row.getString("id"),
        Role.of(row.getString("role")),
        KeyUsers.of(row.getString("users")),
        row.getBoolean("counted"),
        row.getBoolean("learn"),
        row.getString("note"),
        Sql.instant(row, "created_at"),
        Sql.instantOrNull(row, "last_used_at"),
        Sql.instantOrNull(row, "revoked_at"));
  }
}
