package dev.whetstone.training.worker;

import dev.whetstone.database.Database;
import dev.whetstone.database.DatabaseUnavailableException;
import dev.whetstone.database.Sql;
import dev.whetstone.dpo.reference.ReferenceCache;
import dev.whetstone.settings.Checks;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * Reference log-probs in PostgreSQL, shared by the runs of all trainers. The oldest rows are
 * evicted when there are too many, and all are deleted when a user's data is erased; a cache that
 * was opened before the erasure stores nothing afterwards, as its pairs may hold erased text. While
 * the database is unavailable, the cache finds and stores nothing.
 */
final class DatabaseReferenceCache implements ReferenceCache {
  private static final Logger LOG = Logger.getLogger(DatabaseReferenceCache.class);
  private static final String FIND =
      """
      SELECT tokens_hash, logps FROM reference_logps
      WHERE base_hash = ? AND tokens_hash = ANY (?)
      """;
  private static final String STORE =
      "INSERT INTO reference_logps (base_hash, tokens_hash, logps) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
  private static final String EVICT_OLDEST =
      """
      DELETE FROM reference_logps WHERE (base_hash, tokens_hash) IN
        (SELECT base_hash, tokens_hash FROM reference_logps ORDER BY stored_at DESC, tokens_hash OFFSET ?)
      """;

  private static final String GENERATION = "SELECT generation FROM reference_generation";

  private final Database database;
  private final int maxRows;
  private final long generation;

  private DatabaseReferenceCache(Database database, int maxRows, long generation) {
    this.database = database;
    this.maxRows = maxRows;
    this.generation = generation;
  }

  /**
   * Opens a cache for pairs that are read from now on.
   *
   * @param maxRows rows that are kept
   * @throws DatabaseUnavailableException when the database cannot be reached
   */
  static DatabaseReferenceCache open(Database database, int maxRows) {
    Checks.require(maxRows >= 1, "reference-rows must be positive");
    return new DatabaseReferenceCache(
        database, maxRows, database.statement(connection -> generation(connection, GENERATION)));
  }

  private static long generation(Connection connection, String query) throws SQLException {
    return Sql.first(connection, row -> row.getLong(1), query).orElseThrow();
  }

  @Override
  public Map<Key, float[]> find(Collection<Key> keys) {
    Map<String, List<String>> byBase =
        keys.stream()
            .collect(
                Collectors.groupingBy(
                    Key::baseHash, Collectors.mapping(Key::tokensHash, Collectors.toList())));
    Map<Key, float[]> found = new HashMap<>();
    try {
      byBase.forEach((base, tokens) -> found.putAll(find(base, tokens)));
    } catch (DatabaseUnavailableException unavailable) {
      LOG.debugf("reference log-probs are computed again: %s", unavailable.getMessage());
    }
    return found;
  }

  private Map<Key, float[]> find(String base, List<String> tokens) {
    Map<Key, float[]> found = new HashMap<>();
    var rows =
        database.list(
            row -> Map.entry(row.getString(1), Sql.floats(row, "logps")),
            FIND,
            base,
            tokens.toArray(String[]::new));
    rows.forEach(row -> found.put(new Key(base, row.getKey()), row.getValue()));
    return found;
  }

  @Override
  public void store(Map<Key, float[]> logps) {
    try {
      database.transaction(
          connection -> {
            // An erasure either waits for this lock or has ended before this statement returns.
            if (generation(connection, GENERATION + " FOR SHARE") != generation) {
              return 0;
            }
            for (Map.Entry<Key, float[]> entry : logps.entrySet()) {
              Key key = entry.getKey();
              Sql.update(connection, STORE, key.baseHash(), key.tokensHash(), entry.getValue());
            }
            return Sql.update(connection, EVICT_OLDEST, maxRows);
          });
    } catch (DatabaseUnavailableException unavailable) {
      LOG.debugf("reference log-probs are not stored: %s", unavailable.getMessage());
    }
  }
}
