package dev.whetstone.preference.rating;

import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Takes votes back before they count; their pairs are then open again to voter and raters. */
public final class VoteWithdrawal {
  /** The result of taking a vote back. */
  public enum Result {
    TAKEN_BACK,
    /** This voter has no such vote. */
    UNKNOWN,
    /** The vote counts already. */
    COUNTS
  }

  private static final String OPEN =
      """
      SELECT counts_at > ? AS open FROM preferences
      WHERE preference_id = ? AND key_id = ? AND user_id = coalesce(?, user_id) AND NOT imported
      """;

  private final Database database;
  private final InstantSource clock;

  public VoteWithdrawal(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
  }

  /**
   * Takes a vote back.
   *
   * @param user who voted; null for any user of the key
   */
  public Result takeBack(String preferenceId, String keyId, @Nullable String user) {
    return database.transaction(
        connection -> {
          Optional<Boolean> open =
              Sql.first(
                  connection,
                  row -> row.getBoolean("open"),
                  OPEN,
                  clock.instant(),
                  preferenceId,
                  keyId,
                  user);
          if (open.isEmpty()) {
            return Result.UNKNOWN;
          }
          if (!open.get()) {
            return Result.COUNTS;
          }
          RaterQueue.rewindCursors(connection, new String[] {preferenceId});
          int deleted =
              Sql.update(
                  connection,
                  "DELETE FROM preferences WHERE preference_id = ? AND counts_at > ?",
                  preferenceId,
                  clock.instant());
          return deleted > 0 ? Result.TAKEN_BACK : Result.COUNTS;
        });
  }
}
