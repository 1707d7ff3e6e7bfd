package dev.whetstone.rollout;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.database.Audit;
import dev.whetstone.database.Database;
import dev.whetstone.database.Notifications;
import dev.whetstone.database.Sql;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.settings.JsonText;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The decisions about the rollouts of one base model. Each is stored in the transaction that
 * changes the rollout's status, and never changes.
 */
public final class DecisionStore {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String OF_ENDINGS =
      " FROM rollout_decisions d JOIN rollouts USING (rollout_id)"
          + " WHERE base_hash = ? AND decision NOT IN "
          + RolloutStore.ACTIVE;

  private final Database database;
  private final String baseHash;

  DecisionStore(Database database, String baseHash) {
    this.database = database;
    this.baseHash = baseHash;
  }

  /** Stores a decision with its audit row, and notifies the gateways. */
  static void record(
      Connection connection, String id, String version, Transition next, String actor)
      throws SQLException {
    record(
        connection,
        id,
        version,
        next.to(),
        next.cause().label(),
        new ChangeContext(actor, next.reason()),
        next.jsonNumbers());
  }

  /** As above, for a status that no transition led to: that which a rollout is opened with. */
  static void record(
      Connection connection,
      String id,
      String version,
      RolloutStatus to,
      @Nullable String cause,
      ChangeContext by,
      Map<String, ?> numbers)
      throws SQLException {
    Map<String, Object> detail = new TreeMap<>(numbers);
    if (by.reason() != null) {
      detail.put("reason", by.reason());
    }
    Sql.update(
        connection,
        "INSERT INTO rollout_decisions (rollout_id, decision, ending, cause, actor, reason,"
            + " numbers) VALUES (?, ?, ?, ?, ?, ?, ?::jsonb)",
        id,
        to.stored(),
        to.ending(),
        cause,
        by.actor(),
        by.reason(),
        JsonText.of(JSON.writer(), numbers));
    Audit.record(
        connection,
        by.actor(),
        "rollout " + to.label(),
        id,
        version,
        JsonText.of(JSON.writer(), detail));
    Notifications.send(connection, RolloutStore.CHANNEL);
  }

  /** The decisions about a rollout, in the order they were made. */
  public List<Decision> of(String id) {
    return database.list(
        row ->
            new Decision(
                Sql.instant(row, "at"),
                status(row),
                row.getString("actor"),
                row.getString("reason"),
                row.getString("numbers")),
        "SELECT * FROM rollout_decisions WHERE rollout_id = ? ORDER BY decision_id",
        id);
  }

  /**
   * A way in which rollouts end.
   *
   * @param cause a word; {@code unknown} where version 0.1 noted none
   */
  public record Ending(RolloutStatus status, String cause) {}

  /** How often rollouts ended in each way; a rollback is an ending of its own. */
  public Map<Ending, Long> endings() {
    Map<Ending, Long> endings = new HashMap<>();
    database.list(
        row ->
            endings.merge(
                new Ending(status(row), row.getString("cause")), row.getLong("number"), Long::sum),
        "SELECT decision, d.ending, coalesce(d.cause, 'unknown') AS cause, count(*) AS number"
            + OF_ENDINGS
            + " GROUP BY decision, d.ending, d.cause",
        baseHash);
    return endings;
  }

  /**
   * A decision that ended a rollout.
   *
   * @param about id of the rollout
   */
  public record Ended(String about, RolloutStatus decision, @Nullable String reason, Instant at) {}

  /** The newest decision that ended a rollout. */
  public Optional<Ended> lastEnded() {
    return database.first(
        row ->
            new Ended(
                row.getString("rollout_id"),
                status(row),
                row.getString("reason"),
                Sql.instant(row, "at")),
        "SELECT rollout_id, decision, d.ending, d.reason, d.at"
            + OF_ENDINGS
            + " ORDER BY decision_id DESC LIMIT 1",
        baseHash);
  }

  private static RolloutStatus status(ResultSet row) throws SQLException {
    return RolloutStatus.ofStored(row.getString("decision"), row.getString("ending"));
  }
}
