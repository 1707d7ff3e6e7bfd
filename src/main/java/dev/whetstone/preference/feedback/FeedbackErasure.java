package dev.whetstone.preference.feedback;

import dev.whetstone.database.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Erases a user's single answers and ratings, in the caller's transaction. */
public final class FeedbackErasure {
  private static final String OF_USER =
      """
      r.user_id = ? OR r.feedback_id IN (
        SELECT feedback_id FROM ratings WHERE user_id = ? AND key_id = coalesce(?, key_id))
      """;

  private FeedbackErasure() {}

  /**
   * Erases what is kept of a user.
   *
   * @param key whose user of that name it is; null for every key's
   * @return the versions that were trained on the ratings
   */
  public static List<String> erase(Connection connection, String user, @Nullable String key)
      throws SQLException {
    // Runs name a user without its key: of one key, only the ratings that are there are known.
    String name = key == null ? user : null;
    List<String> trained =
        Sql.list(
            connection,
            row -> row.getString("version"),
            "SELECT DISTINCT p.base_hash, p.number, p.version"
                + " FROM policies p JOIN run_ratings r USING (run_id) WHERE "
                + OF_USER
                + " ORDER BY base_hash, number",
            name,
            user,
            key);
    Sql.update(
        connection, "UPDATE run_ratings r SET user_id = NULL WHERE " + OF_USER, name, user, key);
    Sql.update(
        connection,
        "DELETE FROM answers WHERE user_id = ? AND key_id = coalesce(?, key_id)",
        user,
        key);
    return trained;
  }
}
