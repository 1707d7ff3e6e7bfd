package dev.whetstone.preference.feedback;

import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.preference.ConversationJson;
import dev.whetstone.settings.EnumNames;
import dev.whetstone.text.Message;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads pages of ratings beside what was rated, newest first. */
public final class RatingReader {
  private static final String PAGE =
      """
      SELECT r.seq, r.feedback_id, r.completion_id, r.key_id, r.user_id, r.rating, r.edit, r.comment,
        r.tags, r.recorded_at, a.policy, a.prompt, a.messages::text AS messages, a.text
      FROM ratings r JOIN answers a USING (completion_id)
      WHERE r.seq < ? AND (?::text IS NULL OR r.rating = ?) AND (?::text IS NULL OR r.user_id = ?)
        AND (?::text IS NULL OR ? = ANY (r.tags))
      ORDER BY r.seq DESC LIMIT ?
      """;

  /**
   * A rating with its answer.
   *
   * @param seq its place in the log
   * @param messages null where the prompt was no conversation
   */
  public record RatedAnswer(
      long seq,
      String feedbackId,
      String completionId,
      Rating rating,
      String user,
      String key,
      String policy,
      Instant recordedAt,
      List<String> tags,
      @Nullable String comment,
      @Nullable String edit,
      String prompt,
      @Nullable List<Message> messages,
      String text) {
    static RatedAnswer of(ResultSet row) throws SQLException {
      return new RatedAnswer(
          row.getLong("seq"),
          row.getString("feedback_id"),
          row.getString("completion_id"),
          EnumNames.parse("rating", row.getString("rating"), Rating.values()),
          row.getString("user_id"),
          row.getString("key_id"),
          row.getString("policy"),
          Sql.instant(row, "recorded_at"),
          List.of((String[]) row.getArray("tags").getArray()),
          row.getString("comment"),
          row.getString("edit"),
          row.getString("prompt"),
          ConversationJson.read(row.getString("messages")),
          row.getString("text"));
    }
  }

  /** Which ratings are read; null is any. */
  public record Filter(@Nullable String rating, @Nullable String user, @Nullable String tag) {}

  private final Database database;

  public RatingReader(Database database) {
    this.database = database;
  }

  /**
   * Reads a page.
   *
   * @param before only ratings with a smaller seq
   */
  public List<RatedAnswer> page(Filter filter, long before, int limit) {
    return database.list(
        RatedAnswer::of,
        PAGE,
        before,
        filter.rating,
        filter.rating,
        filter.user,
        filter.user,
        filter.tag,
        filter.tag,
        limit);
  }
}
