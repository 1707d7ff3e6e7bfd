package dev.whetstone.preference.bulk;

import dev.whetstone.database.Audit;
import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.preference.LearningConsent;
import dev.whetstone.preference.rating.RaterQueue;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Erases a user's data from the log and reports which versions were trained on it; a run under way
 * that trains on it ends. A refusal to be learned from stays, so that it still holds.
 */
public final class UserErasure {
  private static final String VOTES_OF_USER =
      """
      SELECT v.preference_id, (p.user_id = ? AND p.key_id = coalesce(?, p.key_id)) AS of_own_pair
      FROM preferences v JOIN pairs p USING (pair_id)
      WHERE v.user_id = ? AND v.key_id = coalesce(?, v.key_id)
      UNION SELECT v.preference_id, true FROM preferences v JOIN pairs p USING (pair_id)
      WHERE p.user_id = ? AND p.key_id = coalesce(?, p.key_id)
      """;

  private static final String VOTER = "user_id = ? AND key_id = coalesce(?, key_id)";

  private static final String TRAINED =
      """
      SELECT p.base_hash, p.number, p.version
      FROM policies p JOIN run_preferences r USING (run_id)
      WHERE r.user_id = ? OR r.preference_id = ANY (?)
      UNION SELECT p.base_hash, p.number, p.version
      FROM policies p JOIN run_ratings r USING (run_id)
      WHERE r.user_id = ? OR r.feedback_id = ANY (?)
      ORDER BY base_hash, number
      """;

  private static final String DESCENDED =
      """
      WITH RECURSIVE child AS (
        SELECT base_hash, number, version FROM policies WHERE parent IS NOT NULL
          AND (base_hash, parent) IN (SELECT base_hash, number FROM policies p
            JOIN run_preferences r USING (run_id) WHERE r.user_id = ? OR r.preference_id = ANY (?)
            UNION SELECT base_hash, number FROM policies p
            JOIN run_ratings r USING (run_id) WHERE r.user_id = ? OR r.feedback_id = ANY (?))
        UNION
        SELECT p.base_hash, p.number, p.version FROM policies p
          JOIN child c ON p.base_hash = c.base_hash AND p.parent = c.number)
      SELECT * FROM child ORDER BY base_hash, number
      """;

  // A run locks its row where it stores its result: each sees what the other left.
  private static final String LOCK_RUNS =
      "SELECT run_id FROM training_runs WHERE status = 'running' ORDER BY run_id FOR UPDATE";

  private static final String UNDER_WAY =
      """
      SELECT t.run_id FROM training_runs t WHERE status = 'running' AND (
        EXISTS (SELECT FROM run_preferences r
          WHERE r.run_id = t.run_id AND (r.user_id = ? OR r.preference_id = ANY (?)))
        OR EXISTS (SELECT FROM run_ratings r
          WHERE r.run_id = t.run_id AND (r.user_id = ? OR r.feedback_id = ANY (?))))
      ORDER BY t.run_id
      """;

  private static final String DETACH_RATINGS =
      "UPDATE run_ratings SET user_id = NULL WHERE user_id = ? OR feedback_id = ANY (?)";

  private static final String DETACH_FROM_RUNS =
      "UPDATE run_preferences SET user_id = NULL WHERE user_id = ? OR preference_id = ANY (?)";

  /**
   * The result of an erasure.
   *
   * @param key whose user of that name it was; null for every key's
   * @param pairs how many prompts with both completions were erased
   * @param votes how many votes were erased: the user's, and others' on the user's pairs
   * @param answers how many single answers were erased, with their ratings
   * @param policies versions trained on any of these votes and ratings
   * @param descendants versions whose training continued from those, directly or not
   * @param runs under way that train on any of these votes and ratings: each ends without a version
   *     after its current step and begins again without them
   */
  public record Report(
      String user,
      @Nullable String key,
      int pairs,
      int votes,
      int answers,
      List<String> policies,
      List<String> descendants,
      List<String> runs) {}

  private record Vote(String id, boolean ofOwnPair) {}

  private final Database database;

  public UserErasure(Database database) {
    this.database = database;
  }

  /**
   * Erases a user's data in one transaction; the audit log keeps the counts and the versions.
   *
   * @param key id of the key whose user it is; null for the users of that name of all keys
   * @param actor id of the key that asks for it
   */
  public Report erase(String user, @Nullable String key, String actor) {
    return database.transaction(connection -> erase(connection, user, key, actor));
  }

  private static Report erase(
      Connection connection, String user, @Nullable String key, String actor) throws SQLException {
    Sql.list(connection, row -> row.getString(1), LOCK_RUNS);
    List<Vote> found =
        Sql.list(
            connection,
            row -> new Vote(row.getString("preference_id"), row.getBoolean("of_own_pair")),
            VOTES_OF_USER,
            user,
            key,
            user,
            key,
            user,
            key);
    String[] votes = ids(found.stream());
    // Runs name a user without its key: of one key, only the votes that are still there are known.
    String name = key == null ? user : null;
    String[] ratings =
        Sql.list(
                connection,
                row -> row.getString(1),
                "SELECT feedback_id FROM ratings WHERE " + VOTER,
                user,
                key)
            .toArray(String[]::new);
    List<String> trained =
        Sql.list(connection, row -> row.getString("version"), TRAINED, name, votes, name, ratings);
    List<String> descended =
        Sql.list(connection, row -> row.getString("version"), DESCENDED, name, votes, name, ratings)
            .stream()
            .filter(version -> !trained.contains(version))
            .toList();
    List<String> underWay =
        Sql.list(connection, row -> row.getString(1), UNDER_WAY, name, votes, name, ratings);
    RaterQueue.rewindCursors(connection, ids(found.stream().filter(vote -> !vote.ofOwnPair)));
    Sql.update(connection, DETACH_FROM_RUNS, name, votes);
    Sql.update(connection, DETACH_RATINGS, name, ratings);
    Sql.update(connection, "DELETE FROM leases WHERE " + VOTER, user, key);
    Sql.update(connection, "DELETE FROM skips WHERE " + VOTER, user, key);
    Sql.update(connection, "DELETE FROM preferences WHERE preference_id = ANY (?)", (Object) votes);
    int pairs = Sql.update(connection, "DELETE FROM pairs WHERE " + VOTER, user, key);
    // Ratings go with their answers.
    int answers = Sql.update(connection, "DELETE FROM answers WHERE " + VOTER, user, key);
    Report report =
        new Report(user, key, pairs, votes.length, answers, trained, descended, underWay);
    Audit.record(
        connection,
        actor,
        "user data erased",
        LearningConsent.pseudonym(user),
        null,
        detail(report));
    return report;
  }

  private static String[] ids(Stream<Vote> votes) {
    return votes.map(Vote::id).distinct().toArray(String[]::new);
  }

  // Numbers and names of ours only, so nothing needs escaping.
  private static String detail(Report report) {
    return "{\"pairs\": %d, \"votes\": %d, \"answers\": %d, \"policies\": [%s], \"descendants\": [%s], \"runs\": [%s]}"
        .formatted(
            report.pairs,
            report.votes,
            report.answers,
            quoted(report.policies),
            quoted(report.descendants),
            quoted(report.runs));
  }

  private static String quoted(List<String> versions) {
    return String.join(", ", versions.stream().map(version -> '"' + version + '"').toList());
  }
}
