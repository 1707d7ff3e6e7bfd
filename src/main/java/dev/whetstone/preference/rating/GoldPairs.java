package dev.whetstone.preference.rating;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.whetstone.database.Audit;
import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.preference.Choice;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;

/**
 * Pairs whose right choice an operator knows. Raters cannot tell them from others; how often each
 * is right on them is in the summary. Votes on them are used like any other.
 */
public final class GoldPairs {
  /** More would slow down every summary. */
  public static final int MAX_PAIRS = 10_000;

  /** A pair with its right choice. */
  public record GoldPair(
      String pairId, Choice choice, String reason, String actor, Instant markedAt) {}

  /** The result of marking a pair. */
  public enum Result {
    MARKED,
    /** There is no such pair. */
    UNKNOWN,
    /** There are {@link #MAX_PAIRS} already. */
    TOO_MANY
  }

  private final Database database;
  private final InstantSource clock;

  public GoldPairs(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
  }

  /** Marks a pair; one that is marked already gets the other choice and reason. */
  public Result mark(String pairId, Choice choice, String reason, String actor) {
    return database.transaction(
        connection -> {
          long others =
              Sql.first(
                      connection,
                      row -> row.getLong(1),
                      "SELECT count(*) FROM gold_pairs WHERE pair_id <> ?",
                      pairId)
                  .orElse(0L);
          if (others >= MAX_PAIRS) {
            return Result.TOO_MANY;
          }
          int marked =
              Sql.update(
                  connection,
                  """
                  INSERT INTO gold_pairs (pair_id, choice, reason, actor, marked_at)
                  SELECT pair_id, ?, ?, ?, ? FROM pairs WHERE pair_id = ? FOR KEY SHARE
                  ON CONFLICT (pair_id) DO UPDATE
                    SET choice = excluded.choice, reason = excluded.reason, actor = excluded.actor
                  """,
                  choice.label(),
                  reason,
                  actor,
                  clock.instant(),
                  pairId);
          if (marked == 0) {
            return Result.UNKNOWN;
          }
          String detail =
              JsonNodeFactory.instance
                  .objectNode()
                  .put("choice", choice.label())
                  .put("reason", reason)
                  .toString();
          Audit.record(connection, actor, "pair marked gold", pairId, null, detail);
          return Result.MARKED;
        });
  }

  /** Removes the mark of a pair; false when it has none. */
  public boolean unmark(String pairId, String actor) {
    return database.transaction(
        connection -> {
          boolean removed =
              Sql.update(connection, "DELETE FROM gold_pairs WHERE pair_id = ?", pairId) > 0;
          if (removed) {
            Audit.record(connection, actor, "pair no longer gold", pairId, null, "{}");
          }
          return removed;
        });
  }

  /** Marked pairs in the order of their ids, beginning after a given one. */
  public List<GoldPair> page(String after, int max) {
    return database.list(
        row ->
            new GoldPair(
                row.getString("pair_id"),
                Choice.of(row.getString("choice")),
                row.getString("reason"),
                row.getString("actor"),
                Sql.instant(row, "marked_at")),
        "SELECT * FROM gold_pairs WHERE pair_id > ? ORDER BY pair_id LIMIT ?",
        after,
        max);
  }
}
