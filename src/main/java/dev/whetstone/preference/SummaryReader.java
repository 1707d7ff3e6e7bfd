package dev.whetstone.preference;

import dev.whetstone.database.Database;
import dev.whetstone.preference.Agreement.Pattern;
import dev.whetstone.preference.PreferenceSummary.IdenticalPrompts;
import dev.whetstone.preference.PreferenceSummary.Kappa;
import dev.whetstone.preference.PreferenceSummary.Overlap;
import dev.whetstone.preference.PreferenceSummary.Rater;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Adds the log up inside PostgreSQL: what comes out of it grows with raters, not with votes. */
public final class SummaryReader {
  private static final int MOST_RATERS = 100;
  private static final int MOST_KAPPAS = 50;
  private static final List<String> CHOICES = List.of("a", "b", "tie", "both_bad");

  private static final String COUNTS =
      """
      count(*) FILTER (WHERE choice = 'a') AS a, count(*) FILTER (WHERE choice = 'b') AS b,
      count(*) FILTER (WHERE choice = 'tie') AS tie,
      count(*) FILTER (WHERE choice = 'both_bad') AS both_bad
      """;

  private static final String TOTAL =
      "SELECT %s, count(*) FILTER (WHERE imported) AS imported FROM preferences v WHERE %%s"
          .formatted(COUNTS.replace("WHERE", "WHERE NOT imported AND"));

  private static final String RATERS =
      """
      SELECT key_id, user_id, count(*) OVER () AS people, %s
      FROM preferences v WHERE NOT imported AND %%s
      GROUP BY key_id, user_id ORDER BY count(*) DESC, user_id, key_id LIMIT %d
      """
          .formatted(COUNTS, MOST_RATERS);

  // Only what several people judged: usually a small part of the log.
  private static final String SHARED =
      """
      WITH several AS MATERIALIZED (
        SELECT pair_id FROM preferences GROUP BY pair_id HAVING count(*) > 1),
      shared AS MATERIALIZED (
        SELECT v.pair_id, v.user_id, v.choice FROM preferences v JOIN several USING (pair_id)
        WHERE NOT v.imported AND %s)
      """;

  private static final String PATTERNS =
      SHARED
          + "SELECT a, b, tie, both_bad, count(*) AS units FROM (SELECT "
          + COUNTS
          + " FROM shared GROUP BY pair_id HAVING count(*) > 1) AS unit GROUP BY a, b, tie, both_bad";

  private static final String KAPPAS =
      SHARED
          + """
          SELECT * FROM (
            SELECT one.user_id AS one, other.user_id AS other, one.choice AS chosen_one,
              other.choice AS chosen_other, count(*) AS times,
              sum(count(*)) OVER (PARTITION BY one.user_id, other.user_id) AS pairs
            FROM shared one JOIN shared other USING (pair_id)
            WHERE one.user_id < other.user_id
            GROUP BY one.user_id, other.user_id, one.choice, other.choice) AS cell
          ORDER BY pairs DESC, one, other LIMIT\s"""
          + MOST_KAPPAS * CHOICES.size() * CHOICES.size();

  private static final String RESULTS =
      """
      SELECT policy_a, policy_b, choice, count(*) AS times
      FROM preferences v JOIN pairs p USING (pair_id)
      WHERE NOT v.imported AND %s GROUP BY policy_a, policy_b, choice
      """;

  private static final String IDENTICAL =
      """
      SELECT count(*) AS prompts, coalesce(sum(n), 0) AS pairs FROM (
        SELECT count(*) AS n FROM pairs WHERE NOT imported GROUP BY prompt_hash
        HAVING count(*) > 1) AS repeated
      """;

  private final Database database;

  public SummaryReader(Database database) {
    this.database = database;
  }

  /**
   * The summary of the votes of a time, as of one moment; prompts are counted over all time.
   *
   * @param from the earliest time; null for all
   * @param to the first time that is too late; null for all
   */
  public PreferenceSummary read(@Nullable Instant from, @Nullable Instant to) {
    return database.transaction(
        connection -> {
          try (Statement snapshot = connection.createStatement()) {
            snapshot.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
          }
          return summary(new Reading(connection, from, to));
        });
  }

  private static PreferenceSummary summary(Reading reading) throws SQLException {
    Total total = reading.rows(TOTAL, Total::of).getFirst();
    List<Voter> voters = reading.rows(RATERS, Voter::of);
    return new PreferenceSummary(
        total.votes,
        total.imported,
        voters.isEmpty() ? 0 : voters.getFirst().people,
        voters.stream().map(Voter::rater).toList(),
        overlap(reading.rows(PATTERNS, SummaryReader::pattern), reading.rows(KAPPAS, Cell::of)),
        Ranking.of(reading.rows(RESULTS, SummaryReader::result)),
        reading.rows(IDENTICAL, SummaryReader::identical).getFirst());
  }

  @FunctionalInterface
  private interface Mapping<T> {
    T map(ResultSet row) throws SQLException;
  }

  private record Reading(Connection connection, @Nullable Instant from, @Nullable Instant to) {
    <T> List<T> rows(String sql, Mapping<T> mapping) throws SQLException {
      Conditions time = new Conditions();
      if (sql.contains("%s")) {
        PreferenceFilter.time(from, to, time);
      }
      List<T> rows = new ArrayList<>();
      try (PreparedStatement select = connection.prepareStatement(sql.formatted(time.sql()))) {
        time.bind(select);
        try (ResultSet row = select.executeQuery()) {
          while (row.next()) {
            rows.add(mapping.map(row));
          }
        }
      }
      return rows;
    }
  }

  private record Total(Tally votes, long imported) {
    static Total of(ResultSet row) throws SQLException {
      return new Total(tally(row), row.getLong("imported"));
    }
  }

  private record Voter(Rater rater, long people) {
    static Voter of(ResultSet row) throws SQLException {
      Rater rater = new Rater(row.getString("user_id"), row.getString("key_id"), tally(row));
      return new Voter(rater, row.getLong("people"));
    }
  }

  private record Couple(String one, String other, long pairs) {}

  private record Cell(Couple couple, int one, int other, long times) {
    static Cell of(ResultSet row) throws SQLException {
      return new Cell(
          new Couple(row.getString("one"), row.getString("other"), row.getLong("pairs")),
          CHOICES.indexOf(row.getString("chosen_one")),
          CHOICES.indexOf(row.getString("chosen_other")),
          row.getLong("times"));
    }
  }

  private static Overlap overlap(List<Pattern> patterns, List<Cell> cells) {
    long pairs = 0;
    long judgements = 0;
    for (Pattern pattern : patterns) {
      pairs += pattern.units();
      judgements += pattern.units() * IntStream.of(pattern.counts()).sum();
    }
    Map<Couple, long[][]> tables = new LinkedHashMap<>();
    for (Cell cell : cells) {
      long[][] table =
          tables.computeIfAbsent(cell.couple, couple -> new long[CHOICES.size()][CHOICES.size()]);
      table[cell.one][cell.other] = cell.times;
    }
    List<Kappa> kappas =
        tables.entrySet().stream()
            .limit(MOST_KAPPAS)
            .map(entry -> kappa(entry.getKey(), entry.getValue()))
            .toList();
    return new Overlap(pairs, judgements, boxed(Agreement.alpha(patterns)), kappas);
  }

  private static Kappa kappa(Couple couple, long[][] table) {
    return new Kappa(couple.one, couple.other, couple.pairs, boxed(Agreement.kappa(table)));
  }

  private static @Nullable Double boxed(OptionalDouble value) {
    return value.isPresent() ? value.getAsDouble() : null;
  }

  private static Tally tally(ResultSet row) throws SQLException {
    return Tally.of(
        row.getLong("a"), row.getLong("b"), row.getLong("tie"), row.getLong("both_bad"));
  }

  private static Pattern pattern(ResultSet row) throws SQLException {
    int[] counts = {row.getInt("a"), row.getInt("b"), row.getInt("tie"), row.getInt("both_bad")};
    return new Pattern(counts, row.getLong("units"));
  }

  private static Ranking.Result result(ResultSet row) throws SQLException {
    return new Ranking.Result(
        row.getString("policy_a"),
        row.getString("policy_b"),
        Choice.of(row.getString("choice")),
        row.getLong("times"));
  }

  private static IdenticalPrompts identical(ResultSet row) throws SQLException {
    return new IdenticalPrompts(row.getLong("prompts"), row.getLong("pairs"));
  }
}
