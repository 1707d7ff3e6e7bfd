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
 * Reference log-probs in PostgreSQL, for the runs of all trainers; the oldest go when there are too
 * many, and all go when a user's data is erased: after that nothing more is stored for pairs that
 * were read before. While the database is away nothing is known.
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

  private DatabaseReferenceCache(Database database, int most, long generation) {
    this.database = database;
    this.maxRows = most;
    this.generation = generation;
  }

  /**
   * For pairs that are read from now on.
   *
   * @param most rows that are kept
   * @throws DatabaseUnavailableException when the database cannot be reached
   */
  static DatabaseReferenceCache open(Database database, int most) {
    Checks.require(most >= 1, "reference-rows must be positive");
    return new DatabaseReferenceCache(
        database, most, database.statement(connection -> generation(connection, GENERATION)));
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
                    Key::base, Collectors.mapping(Key::tokens, Collectors.toList())));
    Map<Key, float[]> found = new HashMap<>();
    try {
      byBase.forEach((base, tokens) -> found.putAll(find(base, tokens)));
    } catch (DatabaseUnavailableException away) {
      LOG.debugf("reference log-probs are computed again: %s", away.getMessage());
    }
    return found;
  }

  private Map<Key, float[]> find(String base, List<String> tokens) {
    Map<Key, float[]> found = new HashMap<>();
    var rows =
        database.statement(
            connection ->
                Sql.list(
                    connection,
                    row -> Map.entry(row.getString(1), Sql.floats(row, "logps")),
                    FIND,
                    base,
                    tokens.toArray(String[]::new)));
    rows.forEach(row -> found.put(new Key(base, row.getKey()), row.getValue()));
    return found;
  }

  @Override
  public void store(Map<Key, float[]> logps) {
    try {
      database.transaction(
          connection -> {
            // an erasure waits for this lock, or has ended before it is given
            if (generation(connection, GENERATION + " FOR SHARE") != generation) {
              return 0;
            }
            for (Map.Entry<Key, float[]> entry : logps.entrySet()) {
              Key key = entry.getKey();
              Sql.update(connection, STORE, key.base(), key.tokens(), entry.getValue());
            }
            return Sql.update(connection, EVICT_OLDEST, maxRows);
          });
    } catch (DatabaseUnavailableException away) {
      LOG.debugf("reference log-probs are not kept: %s", away.getMessage());
    }
  }
}
