package dev.whetstone.testing;

import dev.whetstone.database.Database;
import java.sql.Timestamp;
import java.time.Instant;

/** Answers with a rating, as they stand in the database. */
public final class TestRatings {
  private TestRatings() {}

  /** A person who was given an answer: a key and a user of it. */
  public record Rater(String key, String user) {}

  /**
   * What is rated, written by a base.
   *
   * @param hash of the version that wrote it
   */
  public record Rated(String base, String hash, String prompt, int[] promptIds, int[] ids) {}

  /**
   * Inserts an answer and its rating.
   *
   * @param at when both came
   */
  public static void insert(
      Database database, String id, Rater rater, Rated rated, String rating, Instant at) {
    Timestamp then = Timestamp.from(at);
    database.update(
        """
        INSERT INTO answers (completion_id, key_id, user_id, prompt, prompt_ids, messages, text, ids,
          finish, policy, hash, base_hash, sampling, created_at, expires_at)
        VALUES (?, ?, ?, ?, ?, json_build_array(json_build_object('role', 'user', 'content',
          ?::text)), 'an answer', ?, 'stop', 'v0', ?, ?, '{}', ?, ?)
        """,
        id,
        rater.key,
        rater.user,
        rated.prompt,
        rated.promptIds,
        rated.prompt,
        rated.ids,
        rated.hash,
        rated.base,
        then,
        Timestamp.from(at.plusSeconds(3600)));
    database.update(
        """
        INSERT INTO ratings (feedback_id, completion_id, key_id, user_id, rating, first_rating,
          recorded_at, first_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """,
        "feedback_" + id,
        id,
        rater.key,
        rater.user,
        rating,
        rating,
        then,
        then);
  }
}
