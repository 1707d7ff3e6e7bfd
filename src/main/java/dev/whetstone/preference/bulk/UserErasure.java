package dev.whetstone.preference.bulk;

import dev.whetstone.database.Audit;
import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.preference.rating.RaterQueue;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** Erases a user's data from the log and reports which versions were trained on it. */
public final class UserErasure {
  private static final String VOTES_OF_USER =
      """
      SELECT preference_id FROM preferences WHERE user_id = ?
      UNION SELECT v.preference_id FROM preferences v JOIN pairs p USING (pair_id) WHERE p.user_id = ?
      """;

  private static final String TRAINED =
      """
      SELECT DISTINCT p.base_hash, p.number, p.version
      FROM policies p JOIN run_preferences r USING (run_id)
      WHERE r.user_id = ? OR r.preference_id = ANY (?)
      ORDER BY base_hash, number
      """;

  private static final String DESCENDED =
      """
      WITH RECURSIVE child AS (
        SELECT base_hash, number, version FROM policies WHERE parent IS NOT NULL
          AND (base_hash, parent) IN (SELECT base_hash, number FROM policies p
            JOIN run_preferences r USING (run_id) WHERE r.user_id = ? OR r.preference_id = ANY (?))
        UNION
        SELECT p.base_hash, p.number, p.version FROM policies p
          JOIN child c ON p.base_hash = c.base_hash AND p.parent = c.number)
      SELECT * FROM child ORDER BY base_hash, number
      """;

  private static final String DETACH_FROM_RUNS =
      "UPDATE run_preferences SET user_id = NULL WHERE user_id = ? OR preference_id = ANY (?)";

  /**
   * The result of an erasure.
   *
   * @param pairs how many prompts with both completions were erased
   * @param votes how many votes were erased: the user's, and others' on the user's pairs
   * @param policies versions trained on any of these votes
   * @param descendants versions whose training continued from those, directly or not
   */
  public record Report(
      String user, int pairs, int votes, List<String> policies, List<String> descendants) {}

  private final Database database;

  public UserErasure(Database database) {
    this.database = database;
  }

  /**
   * Erases a user's data in one transaction; the audit log keeps the counts and the versions.
   *
   * @param actor id of the key that asks for it
   */
  public Report erase(String user, String actor) {
    return database.transaction(connection -> erase(connection, user, actor));
  }

  private static Report erase(Connection connection, String user, String actor)
      throws SQLException {
    String[] votes =
        Sql.list(connection, row -> row.getString(1), VOTES_OF_USER, user, user)
            .toArray(String[]::new);
    List<String> trained =
        Sql.list(connection, row -> row.getString("version"), TRAINED, user, votes);
    List<String> descended =
        Sql.list(connection, row -> row.getString("version"), DESCENDED, user, votes).stream()
            .filter(version -> !trained.contains(version))
            .toList();
    RaterQueue.rewindCursors(connection, user);
    Sql.update(connection, DETACH_FROM_RUNS, user, votes);
    Sql.update(connection, "DELETE FROM leases WHERE user_id = ?", user);
    Sql.update(connection, "DELETE FROM preferences WHERE preference_id = ANY (?)", (Object) votes);
    int pairs = Sql.update(connection, "DELETE FROM pairs WHERE user_id = ?", user);
    Report report = new Report(user, pairs, votes.length, trained, descended);
    Audit.record(connection, actor, "user data erased", user, null, detail(report));
    return report;
  }

  // Numbers and version names only, so nothing needs escaping.
  private static String detail(Report report) {
    return "{\"pairs\": %d, \"votes\": %d, \"policies\": [%s], \"descendants\": [%s]}"
        .formatted(report.pairs, report.votes, quoted(report.policies), quoted(report.descendants));
  }

  private static String quoted(List<String> versions) {
    return String.join(", ", versions.stream().map(version -> '"' + version + '"').toList());
  }
}
