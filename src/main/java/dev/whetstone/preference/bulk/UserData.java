package dev.whetstone.preference.bulk;

import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads what is stored of a user: the pairs made for that user, then the user's votes, then the
 * pairs given back without one, then single answers with their ratings. Which version wrote an
 * answer is not the user's data.
 */
public final class UserData {
  /** The places come first, so that only one page of texts is ever read. */
  private static final String PAGE =
      """
      WITH places AS (
        SELECT kind, place FROM (
          SELECT 1 AS kind, pair_id AS place FROM pairs
          WHERE user_id = ? AND key_id = coalesce(?, key_id)
          UNION ALL
          SELECT 2, lpad(seq::text, 19, '0') FROM preferences
          WHERE user_id = ? AND key_id = coalesce(?, key_id)
          UNION ALL
          SELECT 3, pair_id || '/' || key_id FROM skips
          WHERE user_id = ? AND key_id = coalesce(?, key_id)
          UNION ALL
          SELECT 4, completion_id FROM answers
          WHERE user_id = ? AND key_id = coalesce(?, key_id)) AS all_places
        WHERE (kind, place) > (?, ?) ORDER BY kind, place LIMIT ?)
      SELECT kind, place, CASE kind
        WHEN 1 THEN (SELECT json_build_object('type', 'pair', 'pair_id', pair_id, 'key', key_id,
            'prompt', prompt, 'messages', messages, 'a', text_a, 'b', text_b, 'sampling', sampling,
            'metadata', metadata, 'learn', learn, 'imported', imported,
            'created_at', created_at,
            'expires_at', expires_at)
          FROM pairs WHERE pair_id = place)
        WHEN 2 THEN (SELECT json_build_object('type', 'vote', 'preference_id', preference_id,
            'pair_id', pair_id, 'key', key_id, 'choice', choice, 'comment', comment, 'tags', tags,
            'confidence', confidence, 'source', source, 'imported', imported,
            'recorded_at', recorded_at)
          FROM preferences WHERE seq = place::bigint)
        WHEN 3 THEN (SELECT json_build_object('type', 'skip', 'pair_id', pair_id, 'key', key_id,
            'reason', reason, 'skipped_at', skipped_at)
          FROM skips WHERE user_id = ? AND pair_id || '/' || key_id = place)
        ELSE (SELECT json_build_object('type', 'answer', 'completion_id', a.completion_id,
            'key', a.key_id, 'prompt', a.prompt, 'messages', a.messages, 'text', a.text,
            'sampling', a.sampling, 'rating', r.rating, 'first_rating', r.first_rating,
            'edit', r.edit, 'comment', r.comment, 'tags', r.tags, 'created_at', a.created_at,
            'expires_at', a.expires_at, 'rated_at', r.recorded_at)
          FROM answers a LEFT JOIN ratings r USING (completion_id)
          WHERE a.completion_id = place) END AS data
      FROM places ORDER BY kind, place
      """;

  /**
   * Where a page begins.
   *
   * @param kind 1 for pairs, 2 for votes, 3 for pairs given back, 4 for answers
   * @param place within the kind
   */
  public record Cursor(int kind, String place) {
    /** Before everything. */
    public static final Cursor START = new Cursor(0, "");
  }

  /**
   * One thing stored.
   *
   * @param json a JSON object with its {@code type}: pair, vote, skip or answer
   */
  public record Item(Cursor cursor, String json) {}

  private final Database database;

  public UserData(Database database) {
    this.database = database;
  }

  /**
   * Reads at most {@code limit} items.
   *
   * @param key id of the key whose user it is; null for the users of that name of every key
   * @param after the last item that was read
   */
  public List<Item> page(String user, @Nullable String key, Cursor after, int limit) {
    Sql.Row<Item> mapping =
        row ->
            new Item(new Cursor(row.getInt("kind"), row.getString("place")), row.getString("data"));
    return database.list(
        mapping,
        PAGE,
        user,
        key,
        user,
        key,
        user,
        key,
        user,
        key,
        after.kind(),
        after.place(),
        limit,
        user);
  }
}
