package dev.whetstone.preference.bulk;

import dev.whetstone.database.Audit;
import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.preference.Choice;
import dev.whetstone.preference.ConversationJson;
import dev.whetstone.preference.PreferenceFilter;
import dev.whetstone.preference.PreferenceRow;
import dev.whetstone.preference.SettledVotes;
import dev.whetstone.preference.VoteSource;
import dev.whetstone.preference.WhereClause;
import dev.whetstone.preference.trl.TrlFormat;
import dev.whetstone.preference.trl.TrlPair;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads votes in log order, a chunk at a time: however slowly a consumer reads, no transaction
 * stays open and no more than a chunk is in memory.
 */
public final class PreferenceReader {
  /** Which end of the log comes first. */
  public enum Order {
    OLDEST(">", "ASC"),
    NEWEST("<", "DESC");

    private final String beyond;
    private final String direction;

    Order(String beyond, String direction) {
      this.beyond = beyond;
      this.direction = direction;
    }
  }

  /** Receives the pairs, in order. */
  @FunctionalInterface
  public interface PairConsumer<E extends Exception> {
    void accept(TrlPair pair) throws E;
  }

  private static final String ROW_COLUMNS =
      """
      v.preference_id, v.pair_id, v.choice, v.user_id, v.key_id, v.recorded_at, v.comment, v.tags,
        v.confidence, v.imported, v.source, p.prompt, p.messages, p.text_a, p.text_b, p.finish_a, p.finish_b,
        p.policy_a, p.policy_b, p.expires_at""";

  private static final String DECIDED_COLUMNS =
      """
      v.choice, p.prompt, p.messages, p.text_a, p.text_b, p.prompt_ids, p.ids_a, p.ids_b""";

  private static final int CHUNK = 100;

  private final Database database;
  private final InstantSource clock;

  public PreferenceReader(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
  }

  /** Notes in the audit log that somebody takes the texts of all users with them. */
  public void auditExport(String actor, String format) {
    database.transaction(
        connection -> {
          Audit.record(connection, actor, "votes exported", format, null, "{}");
          return true;
        });
  }

  /**
   * Reads at most {@code limit} rows. Oldest first, they end before the first vote that is still
   * being committed: a reader goes on from the last row and misses none.
   *
   * @param after {@code seq} of the last row that was read; null for the first page
   */
  public List<PreferenceRow> page(
      PreferenceFilter filter, Order order, @Nullable Long after, int limit) {
    WhereClause conditions = filter.toWhereClause(clock.instant());
    boundSeq(filter, order, after, conditions);
    if (order == Order.OLDEST) {
      conditions.and("v.seq <= ?", SettledVotes.position(database));
    }
    return read(ROW_COLUMNS, conditions, order, after, limit, PreferenceReader::row);
  }

  /**
   * Passes every decided vote to a consumer as a chosen and a rejected answer, oldest first, up to
   * the last vote that exists at the call. Ties and both-bad have no winner and are left out.
   */
  public <E extends Exception> void forEachDecidedPair(
      PreferenceFilter filter, TrlFormat format, PairConsumer<E> consumer) throws E {
    long end = lastSeq(filter);
    Long after = null;
    List<DecidedVote> votes;
    do {
      WhereClause conditions =
          filter
              .toWhereClause(clock.instant())
              .and("v.choice IN ('a', 'b')")
              .and("v.seq <= ?", end);
      if (after == null && filter.from() != null) {
        conditions.andNested(
            "v.seq >= (" + seqQuery("min") + ")",
            PreferenceFilter.recordedBetween(filter.from(), filter.to()));
      }
      if (format == TrlFormat.MESSAGES) {
        conditions.and("p.messages IS NOT NULL");
      }
      votes =
          read(
              DECIDED_COLUMNS,
              conditions,
              Order.OLDEST,
              after,
              CHUNK,
              PreferenceReader::decidedVote);
      for (DecidedVote vote : votes) {
        consumer.accept(vote.pair());
        after = vote.seq();
      }
    } while (votes.size() == CHUNK);
  }

  // Bounds seq by the filter's times. The log is scanned in the order of seq, which is nearly that
  // of time; without bounds the scan would visit every row between its end and the time span. Where
  // a page has been read, `after` already bounds the near side.
  private static void boundSeq(
      PreferenceFilter filter, Order order, @Nullable Long after, WhereClause conditions) {
    boolean oldest = order == Order.OLDEST;
    WhereClause time = PreferenceFilter.recordedBetween(filter.from(), filter.to());
    if (filter.from() != null && !(oldest && after != null)) {
      conditions.andNested("v.seq >= (" + seqQuery("min") + ")", time);
    }
    if (filter.to() != null && (oldest || after == null)) {
      conditions.andNested("v.seq <= (" + seqQuery("max") + ")", time);
    }
  }

  // "+ 0" keeps PostgreSQL from finding the minimum or maximum by scanning the log from its end.
  private static String seqQuery(String end) {
    return "SELECT " + end + "(v.seq + 0) FROM preferences v WHERE %s";
  }

  private record DecidedVote(long seq, TrlPair pair) {}

  private <T> List<T> read(
      String columns,
      WhereClause conditions,
      Order order,
      @Nullable Long after,
      int limit,
      Sql.Row<T> mapping) {
    if (after != null) {
      conditions.and("v.seq " + order.beyond + " ?", after);
    }
    // The limit is part of the SQL text, so that a generic plan knows it, too.
    String sql =
        "SELECT v.seq, %s FROM preferences v JOIN pairs p USING (pair_id) WHERE %s ORDER BY v.seq %s LIMIT %d"
            .formatted(columns, conditions.sql(), order.direction, limit);
    return database.list(mapping, sql, conditions.values());
  }

  /** The last {@code seq} of the log, or of the filter's time span where that ends; 0 for none. */
  private long lastSeq(PreferenceFilter filter) {
    Sql.Row<Long> max = row -> row.getLong(1);
    if (filter.to() == null) {
      return database.first(max, "SELECT max(seq) FROM preferences").orElseThrow();
    }
    WhereClause time = PreferenceFilter.recordedBetween(filter.from(), filter.to());
    return database.first(max, seqQuery("max").formatted(time.sql()), time.values()).orElseThrow();
  }

  private static PreferenceRow row(ResultSet row) throws SQLException {
    return new PreferenceRow(
        row.getLong("seq"),
        row.getString("preference_id"),
        row.getString("pair_id"),
        Choice.of(row.getString("choice")),
        row.getString("user_id"),
        row.getString("key_id"),
        row.getTimestamp("recorded_at").toInstant(),
        row.getString("comment"),
        List.of((String[]) row.getArray("tags").getArray()),
        confidence(row),
        row.getBoolean("imported"),
        VoteSource.ofStored(row.getString("source")),
        new PreferenceRow.JudgedPair(
            row.getString("prompt"),
            row.getString("messages"),
            new PreferenceRow.Answer(row.getString("text_a"), row.getString("finish_a")),
            new PreferenceRow.Answer(row.getString("text_b"), row.getString("finish_b")),
            row.getString("policy_a"),
            row.getString("policy_b"),
            row.getTimestamp("expires_at").toInstant()));
  }

  // Read as text: a real converted to double would show the binary fraction, not the decimal given.
  private static @Nullable Double confidence(ResultSet row) throws SQLException {
    String text = row.getString("confidence");
    return text == null ? null : Double.valueOf(text);
  }

  private static DecidedVote decidedVote(ResultSet row) throws SQLException {
    boolean first = Choice.of(row.getString("choice")) instanceof Choice.A;
    String chosen = first ? "a" : "b";
    String rejected = first ? "b" : "a";
    return new DecidedVote(
        row.getLong("seq"),
        new TrlPair(
            row.getString("prompt"),
            ConversationJson.read(row.getString("messages")),
            row.getString("text_" + chosen),
            row.getString("text_" + rejected),
            new TrlPair.Tokens(
                Sql.ints(row, "prompt_ids"),
                Sql.ints(row, "ids_" + chosen),
                Sql.ints(row, "ids_" + rejected))));
  }
}
