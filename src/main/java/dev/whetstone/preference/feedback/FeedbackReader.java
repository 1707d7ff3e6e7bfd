package dev.whetstone.preference.feedback;

import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.preference.ConversationJson;
import dev.whetstone.preference.trl.TrlFormat;
import dev.whetstone.preference.trl.TrlPair;
import dev.whetstone.preference.trl.TrlRating;
import java.io.IOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;

/** Reads all ratings, oldest first, in memory for a page at a time. */
public final class FeedbackReader {
  /** Takes a rating. */
  @FunctionalInterface
  public interface RatingConsumer {
    /** Takes the next rating; what it throws ends the reading. */
    void accept(TrlRating rating) throws IOException;
  }

  private static final int PAGE = 500;

  private static final String RATINGS =
      """
      SELECT r.seq, r.rating = 'up' AS label, a.prompt, a.messages::text AS messages, a.text,
        a.prompt_ids, a.ids
      FROM ratings r JOIN answers a USING (completion_id)
      WHERE r.seq > ? AND (? OR a.messages IS NOT NULL) ORDER BY r.seq LIMIT ?
      """;

  private record Row(long seq, TrlRating rating) {
    static Row of(ResultSet row) throws SQLException {
      String text = row.getString("text");
      int[] ids = Sql.ints(row, "ids");
      return new Row(
          row.getLong("seq"),
          new TrlRating(
              new TrlPair(
                  row.getString("prompt"),
                  ConversationJson.read(row.getString("messages")),
                  text,
                  text,
                  new TrlPair.Tokens(Sql.ints(row, "prompt_ids"), ids, ids)),
              row.getBoolean("label")));
    }
  }

  private final Database database;

  public FeedbackReader(Database database) {
    this.database = database;
  }

  /** Reads the last rating of every answer; as messages, those whose prompt was a conversation. */
  public void forEach(TrlFormat format, RatingConsumer consumer) throws IOException {
    List<Row> page;
    long after = 0;
    do {
      page = database.list(Row::of, RATINGS, after, format == TrlFormat.TEXT, PAGE);
      for (Row row : page) {
        consumer.accept(row.rating);
        after = row.seq;
      }
    } while (page.size() == PAGE);
  }
}
