package dev.whetstone.gateway.generate;

import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A kept answer or pair with all that it was made from.
 *
 * @param imported whether it came from a file or from a person
 * @param sampling settings as a JSON object
 * @param sides one answer, or the two of a pair
 */
record KeptGeneration(
    String id,
    boolean imported,
    int[] promptIds,
    String baseHash,
    String sampling,
    Instant createdAt,
    List<KeptSide> sides) {
  private static final String PAIR =
      """
      SELECT pair_id AS id, imported, prompt_ids, base_hash, sampling::text AS sampling, created_at,
        text_a, ids_a, policy_a, hash_a, text_b, ids_b, policy_b, hash_b
      FROM pairs WHERE pair_id = ?
      """;

  private static final String ANSWER =
      """
      SELECT completion_id AS id, imported, prompt_ids, base_hash, sampling::text AS sampling,
        created_at, text, ids, policy, hash
      FROM answers WHERE completion_id = ?
      """;

  /**
   * One answer.
   *
   * @param name a or b of a pair; null of a single answer
   */
  record KeptSide(@Nullable String name, String text, int[] ids, String policy, String hash) {}

  static Optional<KeptGeneration> find(Database database, String id) {
    return database
        .first(KeptGeneration::pair, PAIR, id)
        .or(() -> database.first(KeptGeneration::answer, ANSWER, id));
  }

  boolean isPair() {
    return sides.size() == 2;
  }

  private static KeptGeneration pair(ResultSet row) throws SQLException {
    return of(row, List.of(side(row, "a", "_a"), side(row, "b", "_b")));
  }

  private static KeptGeneration answer(ResultSet row) throws SQLException {
    return of(row, List.of(side(row, null, "")));
  }

  private static KeptGeneration of(ResultSet row, List<KeptSide> sides) throws SQLException {
    return new KeptGeneration(
        row.getString("id"),
        row.getBoolean("imported"),
        Sql.ints(row, "prompt_ids"),
        row.getString("base_hash"),
        row.getString("sampling"),
        Sql.instant(row, "created_at"),
        sides);
  }

  private static KeptSide side(ResultSet row, @Nullable String name, String suffix)
      throws SQLException {
    return new KeptSide(
        name,
        row.getString("text" + suffix),
        Sql.ints(row, "ids" + suffix),
        row.getString("policy" + suffix),
        row.getString("hash" + suffix));
  }
}
