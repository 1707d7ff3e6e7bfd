package dev.whetstone.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;

/**
 * Rows that are kept for a while.
 *
 * @param what they are, for the log
 * @param retention how long they are kept; 0 or less is for ever
 * @param batch deletes the first of the old ones
 */
public record Sweep(String what, Duration retention, Batch batch) {
  /** Deletes some of what is old. */
  @FunctionalInterface
  public interface Batch {
    /**
     * Deletes a batch in the caller's transaction.
     *
     * @param before what ended before is old
     */
    Result delete(Connection connection, Instant before) throws SQLException;
  }

  /** A statement that deletes at most {@code limit} of what ended before an instant. */
  @FunctionalInterface
  public interface Deletion {
    /** Returns how many rows it deleted. */
    int run(Connection connection, Instant before, int limit) throws SQLException;
  }

  /** A sweep by a statement that finds old rows by itself: it runs until it finds too few. */
  public static Sweep of(String what, Duration retention, int limit, Deletion deletion) {
    return new Sweep(
        what,
        retention,
        (connection, before) -> {
          int deleted = deletion.run(connection, before, limit);
          return new Result(deleted, deleted == limit);
        });
  }

  /**
   * What a batch did.
   *
   * @param deleted number of rows
   * @param more whether another batch may find some
   * @param afterCommit runs once the batch's transaction is committed; what a sweep remembers of
   *     its place may move no earlier
   */
  public record Result(int deleted, boolean more, Runnable afterCommit) {
    public Result(int deleted, boolean more) {
      this(deleted, more, () -> {});
    }
  }
}
