package dev.whetstone.preference;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.whetstone.database.Audit;
import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.io.Sha256;
import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * Users and keys from whom nothing is learned: what they say is answered, never offered to raters,
 * never trained on and never counted. A refusal takes earlier pairs and votes out, too, until it is
 * withdrawn; pairs that were made while it held stay out.
 */
public final class LearningConsent {
  private static final int SHOWN_DIGITS = 16;

  private final Database database;

  public LearningConsent(Database database) {
    this.database = database;
  }

  /**
   * Says whether a user lets anything be learned.
   *
   * @param key id of the key whose user it is; null for the users of that name of every key
   */
  public void setUser(
      String user, @Nullable String key, boolean learn, String reason, String actor) {
    database.transaction(
        connection -> {
          String ofKey = key == null ? "" : key;
          if (learn) {
            Sql.update(
                connection,
                "DELETE FROM learning_refusals WHERE user_id = ? AND key_id = ?",
                user,
                ofKey);
          } else {
            Sql.update(
                connection,
                """
                INSERT INTO learning_refusals (key_id, user_id, reason, actor) VALUES (?, ?, ?, ?)
                ON CONFLICT (user_id, key_id) DO UPDATE SET reason = excluded.reason
                """,
                ofKey,
                user,
                reason,
                actor);
          }
          audit(connection, actor, learn, pseudonym(user), reason);
          return true;
        });
  }

  /** Says whether a key lets anything be learned; false when there is no such key. */
  public boolean setKey(String key, boolean learn, String reason, String actor) {
    return database.transaction(
        connection -> {
          boolean known =
              Sql.update(connection, "UPDATE keys SET learn = ? WHERE id = ?", learn, key) > 0;
          if (known) {
            audit(connection, actor, learn, key, reason);
          }
          return known;
        });
  }

  /** Whether a key's user lets anything be learned now. */
  public boolean mayLearn(String key, String user) {
    return database
        .first(row -> row.getBoolean(1), "SELECT may_learn(?, ?)", key, user)
        .orElse(false);
  }

  /**
   * What stands for a user's name where it may not be kept, as in the audit log, which nothing is
   * ever deleted from.
   */
  public static String pseudonym(String user) {
    return "user " + Sha256.of(user).substring(0, SHOWN_DIGITS);
  }

  private static void audit(
      Connection connection, String actor, boolean learn, String subject, String reason)
      throws SQLException {
    Audit.record(
        connection,
        actor,
        learn ? "learning allowed" : "learning refused",
        subject,
        null,
        JsonNodeFactory.instance.objectNode().put("reason", reason).toString());
  }
}
