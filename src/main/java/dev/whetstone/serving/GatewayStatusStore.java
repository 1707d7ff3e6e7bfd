package dev.whetstone.serving;

import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What each gateway of a base model reports to serve: one row each, deleted after a day of silence.
 */
public final class GatewayStatusStore {
  /**
   * The last report of a gateway.
   *
   * @param revision of the aliases it serves
   * @param problem why it does not serve what the aliases say, or null
   */
  public record Report(
      String gateway,
      long revision,
      String version,
      String hash,
      @Nullable String problem,
      Instant seenAt) {}

  private static final String UPSERT =
      """
      INSERT INTO gateways (gateway, base_hash, revision, version, hash, problem)
      VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (gateway) DO UPDATE SET base_hash = excluded.base_hash,
        revision = excluded.revision, version = excluded.version, hash = excluded.hash,
        problem = excluded.problem, seen_at = now()
      """;

  private final Database database;
  private final String baseHash;

  public GatewayStatusStore(Database database, String baseHash) {
    this.database = database;
    this.baseHash = baseHash;
  }

  void save(String gateway, ServingSnapshot serving, @Nullable String problem) {
    database.transaction(
        connection -> {
          Sql.update(connection, "DELETE FROM gateways WHERE seen_at < now() - interval '1 day'");
          return Sql.update(
              connection,
              UPSERT,
              gateway,
              baseHash,
              serving.revision(),
              serving.champion().version(),
              serving.champion().hash(),
              problem);
        });
  }

  /** The gateways that reported within a day. */
  public List<Report> all() {
    return database.list(
        row ->
            new Report(
                row.getString("gateway"),
                row.getLong("revision"),
                row.getString("version"),
                row.getString("hash"),
                row.getString("problem"),
                Sql.instant(row, "seen_at")),
        "SELECT * FROM gateways WHERE base_hash = ? ORDER BY gateway",
        baseHash);
  }
}
