package dev.whetstone.security;

import dev.whetstone.database.Audit;
import dev.whetstone.database.Database;
import dev.whetstone.database.DatabaseException;
import dev.whetstone.database.Sql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Keys in the database: their hashes, what they may do, whether they still do. */
public final class KeyStore {
  private static final int MOST_KEYS = 10_000;
  private static final String UNIQUE_VIOLATION = "23505";

  private static final String ADD =
      "INSERT INTO keys (id, role, hash, note) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING";

  // Serialised, so that two operators do not revoke each other's and leave none.
  private static final String ONE_AT_A_TIME =
      "SELECT pg_advisory_xact_lock(hashtext('whetstone keys'))";

  private static final String OTHER_OPERATORS =
      "SELECT 1 FROM keys WHERE role = 'operator' AND revoked_at IS NULL AND id <> ? LIMIT 1";

  private static final String USED =
      """
      UPDATE keys SET last_used_at = greatest(last_used_at, used.at)
      FROM unnest(?::text[], ?::timestamptz[]) AS used (id, at) WHERE keys.id = used.id
      """;

  /** A key as operators see it. */
  public record Row(
      String id,
      Role role,
      @Nullable String note,
      Instant createdAt,
      @Nullable Instant lastUsedAt,
      @Nullable Instant revokedAt) {}

  /**
   * A new key.
   *
   * @param secret shown once; only its hash is kept
   */
  public record Created(ApiKey key, String secret) {}

  /** What became of a revocation. */
  public enum Revocation {
    /** It no longer opens anything; or did not before. */
    REVOKED,
    UNKNOWN,
    /** Refused: nobody could create keys any more. */
    LAST_OPERATOR
  }

  private final Database database;

  public KeyStore(Database database) {
    this.database = database;
  }

  /**
   * Draws a key.
   *
   * @param actor who asked for it
   * @throws IllegalStateException when there are too many
   */
  public Created create(Role role, @Nullable String note, String actor) {
    while (true) {
      String secret = KeyFormat.draw(role);
      StoredKey stored = StoredKey.of(role, secret);
      try {
        if (database.transaction(connection -> add(connection, stored, note, actor))) {
          return new Created(stored.key(), secret);
        }
      } catch (DatabaseException refused) {
        if (!refused.state().equals(UNIQUE_VIOLATION)) {
          throw refused;
        }
      }
    }
  }

  /** False when another key has the same id: a short one, by chance. */
  private static boolean add(
      Connection connection, StoredKey stored, @Nullable String note, String actor)
      throws SQLException {
    long there =
        Sql.first(connection, row -> row.getLong(1), "SELECT count(*) FROM keys").orElse(0L);
    if (there >= MOST_KEYS) {
      throw new IllegalStateException("there are " + there + " keys, and no more may be made");
    }
    ApiKey key = stored.key();
    if (Sql.update(connection, ADD, key.id(), key.role().label(), stored.hash(), note) == 0) {
      return false;
    }
    Audit.record(connection, actor, "key created", key.id(), null, "{}");
    return true;
  }

  /** Makes keys that were drawn elsewhere known; revoked ones stay revoked. */
  void adopt(Collection<StoredKey> drawn, String note) {
    database.transaction(
        connection -> {
          for (StoredKey stored : drawn) {
            ApiKey key = stored.key();
            Sql.update(connection, ADD, key.id(), key.role().label(), stored.hash(), note);
          }
          return drawn.size();
        });
  }

  /** Those that open something now. */
  List<StoredKey> valid() {
    return database.statement(
        connection ->
            Sql.list(
                connection,
                row ->
                    new StoredKey(
                        new ApiKey(row.getString("id"), Role.of(row.getString("role"))),
                        row.getBytes("hash")),
                "SELECT id, role, hash FROM keys WHERE revoked_at IS NULL"));
  }

  /** Keys in the order of their ids, from after one on; revoked ones too. */
  public List<Row> page(String after, int most) {
    return database.statement(
        connection ->
            Sql.list(
                connection,
                KeyStore::row,
                "SELECT * FROM keys WHERE id > ? ORDER BY id LIMIT ?",
                after,
                most));
  }

  /** One key. */
  public Optional<Row> find(String id) {
    return database.statement(
        connection -> Sql.first(connection, KeyStore::row, "SELECT * FROM keys WHERE id = ?", id));
  }

  /** Ends a key's life; gateways notice within seconds. */
  public Revocation revoke(String id, String actor) {
    return database.transaction(
        connection -> {
          Sql.list(connection, _ -> true, ONE_AT_A_TIME);
          Optional<Row> key =
              Sql.first(connection, KeyStore::row, "SELECT * FROM keys WHERE id = ?", id);
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

  /** Notes when keys were last used, all in one statement. */
  void used(Map<String, Instant> times) {
    List<Map.Entry<String, Instant>> entries = List.copyOf(times.entrySet());
    database.statement(
        connection ->
            Sql.update(
                connection,
                USED,
                entries.stream().map(Map.Entry::getKey).toArray(String[]::new),
                entries.stream().map(entry -> entry.getValue().toString()).toArray(String[]::new)));
  }

  private static Row row(ResultSet row) throws SQLException {
    return new Row(
        row.getString("id"),
        Role.of(row.getString("role")),
        row.getString("note"),
        row.getTimestamp("created_at").toInstant(),
        instant(row.getTimestamp("last_used_at")),
        instant(row.getTimestamp("revoked_at")));
  }

  private static @Nullable Instant instant(@Nullable Timestamp time) {
    return time == null ? null : time.toInstant();
  }
}
