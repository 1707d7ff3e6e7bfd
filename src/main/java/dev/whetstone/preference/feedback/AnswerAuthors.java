package dev.whetstone.preference.feedback;

import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Finds which versions wrote a pair or a single answer. */
public final class AnswerAuthors {
  private static final String QUERY =
      """
      SELECT key_id, user_id, policy_a AS one, hash_a AS hash_one, policy_b AS other,
        hash_b AS hash_other, created_at
      FROM pairs WHERE pair_id = ?
      UNION ALL
      SELECT key_id, user_id, policy, hash, NULL, NULL, created_at
      FROM answers WHERE completion_id = ? LIMIT 1
      """;

  private final Database database;

  public AnswerAuthors(Database database) {
    this.database = database;
  }

  /** A version by its name and hash. */
  public record Author(String version, String hash) {}

  /**
   * Who wrote an answer, for whom and when.
   *
   * @param a of a pair's first side, or of the single answer
   * @param b of a pair's second side; null of a single answer
   */
  public record Authors(
      String id, String keyId, String user, Author a, @Nullable Author b, Instant createdAt) {}

  /** The authors of a pair or an answer, by its id; empty where none is kept. */
  public Optional<Authors> find(String id) {
    Sql.Row<Authors> authors =
        row -> {
          String other = row.getString("other");
          return new Authors(
              id,
              row.getString("key_id"),
              row.getString("user_id"),
              new Author(row.getString("one"), row.getString("hash_one")),
              other == null ? null : new Author(other, row.getString("hash_other")),
              Sql.instant(row, "created_at"));
        };
    return database.first(authors, QUERY, id, id);
  }
}
