package dev.whetstone.preference.rating;

import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.preference.Choice;
import dev.whetstone.preference.PreferenceFilter;
import dev.whetstone.preference.WhereClause;
import dev.whetstone.preference.rating.Agreement.Pattern;
import dev.whetstone.preference.rating.PreferenceSummary.IdenticalPrompts;
import dev.whetstone.preference.rating.PreferenceSummary.Kappa;
import dev.whetstone.preference.rating.PreferenceSummary.Overlap;
import dev.whetstone.preference.rating.PreferenceSummary.Rater;
import dev.whetstone.preference.rating.PreferenceSummary.VersionVotes;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Aggregates the log inside PostgreSQL, so that results grow with raters, not with votes. */
public final class SummaryReader {
  private static final int MAX_RATERS = 100;
  private static final int MAX_KAPPAS = 50;
  private static final int MAX_VERSIONS = 200;
  private static final List<String> CHOICES = List.of("a", "b", "tie", "both_bad");

  private static final String COUNTS =
      """
      count(*) FILTER (WHERE choice = 'a') AS a, count(*) FILTER (WHERE choice = 'b') AS b,
      count(*) FILTER (WHERE choice = 'tie') AS tie,
      count(*) FILTER (WHERE choice = 'both_bad') AS both_bad
      """;

  private static final String RATERS =
      """
      SELECT key_id, user_id, count(*) OVER () AS people, %s
      FROM preferences v WHERE NOT imported AND %%s
      GROUP BY key_id, user_id ORDER BY count(*) DESC, user_id, key_id LIMIT %d
      """
          .formatted(COUNTS, MAX_RATERS);

  // Pairs that several raters judged, usually a small part of the log: how often each pattern of
  // choices occurs (pattern), and how often two raters made each combination of choices (cell).
  private static final String SHARED =
      """
      WITH vote AS NOT MATERIALIZED (SELECT * FROM preferences v WHERE %%s),
      shared AS MATERIALIZED (
        SELECT pair_id, key_id, user_id, choice FROM vote WHERE NOT imported AND pair_id IN (
          SELECT pair_id FROM vote GROUP BY pair_id HAVING count(*) > 1)),
      pattern AS (
        SELECT a, b, tie, both_bad, count(*) AS times FROM (
          SELECT %s FROM shared GROUP BY pair_id HAVING count(*) > 1) AS unit
        GROUP BY a, b, tie, both_bad),
      cell AS (
        SELECT one.user_id AS one, other.user_id AS other, one.key_id AS key_one,
          other.key_id AS key_other, one.choice AS chosen_one, other.choice AS chosen_other,
          count(*) AS times, sum(count(*)) OVER (
            PARTITION BY one.user_id, one.key_id, other.user_id, other.key_id) AS pairs
        FROM shared one JOIN shared other USING (pair_id)
        WHERE (one.user_id, one.key_id) < (other.user_id, other.key_id)
        GROUP BY one.user_id, one.key_id, other.user_id, other.key_id, one.choice, other.choice
        ORDER BY pairs DESC, one, key_one, other, key_other LIMIT %d)
      SELECT NULL AS one, NULL AS other, NULL AS key_one, NULL AS key_other, NULL AS chosen_one, NULL AS chosen_other,
        a, b, tie, both_bad, times, 0 AS pairs FROM pattern
      UNION ALL
      SELECT one, other, key_one, key_other, chosen_one, chosen_other, 0, 0, 0, 0, times, pairs FROM cell
      """
          .formatted(COUNTS, MAX_KAPPAS * CHOICES.size() * CHOICES.size());

  private static final String RESULTS =
      """
      SELECT policy_a, policy_b, choice, imported, count(*) AS times
      FROM preferences v WHERE %s GROUP BY policy_a, policy_b, choice, imported
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
   * Summarizes the votes of a time span from one snapshot; prompts are counted over all time.
   *
   * @param from earliest time, inclusive; null for no bound
   * @param to latest time, exclusive; null for no bound
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
    List<Count> counts = reading.rows(RESULTS, Count::of);
    List<Ranking.Result> results =
        counts.stream().filter(count -> !count.imported).map(Count::result).toList();
    List<Voter> voters = reading.rows(RATERS, Voter::of);
    return new PreferenceSummary(
        total(results),
        counts.stream()
            .filter(count -> count.imported)
            .mapToLong(count -> count.result.times())
            .sum(),
        voters.isEmpty() ? 0 : voters.getFirst().people,
        voters.stream().map(Voter::rater).toList(),
        overlap(reading.rows(SHARED, Shared::of)),
        Ranking.of(results),
        reading.rows(IDENTICAL, SummaryReader::identical).getFirst(),
        versions(results),
        List.of());
  }

  private static List<VersionVotes> versions(List<Ranking.Result> results) {
    Map<String, Map<Choice, Long>> counts = new TreeMap<>();
    for (Ranking.Result result : results) {
      for (String version : new TreeSet<>(List.of(result.a(), result.b()))) {
        counts
            .computeIfAbsent(version, _ -> new HashMap<>())
            .merge(result.choice(), result.times(), Long::sum);
      }
    }
    return counts.entrySet().stream()
        .map(entry -> versionVotes(entry.getKey(), entry.getValue()))
        .sorted(Comparator.comparingLong(VersionVotes::votes).reversed())
        .limit(MAX_VERSIONS)
        .toList();
  }

  private static VersionVotes versionVotes(String version, Map<Choice, Long> choices) {
    long votes = choices.values().stream().mapToLong(Long::longValue).sum();
    long ties = choices.getOrDefault(new Choice.Tie(), 0L);
    long bothBad = choices.getOrDefault(new Choice.BothBad(), 0L);
    return new VersionVotes(
        version, votes, ties, bothBad, (double) ties / votes, (double) bothBad / votes);
  }

  private record Reading(Connection connection, @Nullable Instant from, @Nullable Instant to) {
    <T> List<T> rows(String sql, Sql.Row<T> mapping) throws SQLException {
      WhereClause time =
          sql.contains("%s") ? PreferenceFilter.recordedBetween(from, to) : new WhereClause();
      return Sql.list(connection, mapping, sql.formatted(time.sql()), time.values());
    }
  }

  private record Count(Ranking.Result result, boolean imported) {
    static Count of(ResultSet row) throws SQLException {
      return new Count(SummaryReader.result(row), row.getBoolean("imported"));
    }
  }

  private static ChoiceCounts total(List<Ranking.Result> results) {
    Map<Choice, Long> times =
        results.stream()
            .collect(
                Collectors.groupingBy(
                    Ranking.Result::choice, Collectors.summingLong(Ranking.Result::times)));
    return ChoiceCounts.of(
        times.getOrDefault(new Choice.A(), 0L),
        times.getOrDefault(new Choice.B(), 0L),
        times.getOrDefault(new Choice.Tie(), 0L),
        times.getOrDefault(new Choice.BothBad(), 0L));
  }

  private record Voter(Rater rater, long people) {
    static Voter of(ResultSet row) throws SQLException {
      Rater rater = new Rater(row.getString("user_id"), row.getString("key_id"), choiceCounts(row));
      return new Voter(rater, row.getLong("people"));
    }
  }

  private record RaterCouple(String one, String keyOne, String other, String keyOther, long pairs) {
    private static final Comparator<RaterCouple> MOST_PAIRS_FIRST =
        Comparator.comparingLong(RaterCouple::pairs)
            .reversed()
            .thenComparing(RaterCouple::one)
            .thenComparing(RaterCouple::keyOne)
            .thenComparing(RaterCouple::other)
            .thenComparing(RaterCouple::keyOther);
  }

  private record Cell(RaterCouple couple, int one, int other, long times) {
    static Cell of(ResultSet row) throws SQLException {
      return new Cell(
          new RaterCouple(
              row.getString("one"),
              row.getString("key_one"),
              row.getString("other"),
              row.getString("key_other"),
              row.getLong("pairs")),
          CHOICES.indexOf(row.getString("chosen_one")),
          CHOICES.indexOf(row.getString("chosen_other")),
          row.getLong("times"));
    }
  }

  /** A row of {@link #SHARED}: either a pattern or a cell. */
  private record Shared(@Nullable Pattern pattern, @Nullable Cell cell) {
    static Shared of(ResultSet row) throws SQLException {
      return row.getString("one") == null
          ? new Shared(SummaryReader.pattern(row), null)
          : new Shared(null, Cell.of(row));
    }
  }

  private static Overlap overlap(List<Shared> shared) {
    List<Pattern> patterns = new ArrayList<>();
    Map<RaterCouple, long[][]> tables = new TreeMap<>(RaterCouple.MOST_PAIRS_FIRST);
    for (Shared row : shared) {
      Cell cell = row.cell;
      if (row.pattern != null) {
        patterns.add(row.pattern);
      } else if (cell != null) {
        tables
                .computeIfAbsent(cell.couple, couple -> new long[CHOICES.size()][CHOICES.size()])[
                cell.one][cell.other] =
            cell.times;
      }
    }
    long pairs = patterns.stream().mapToLong(Pattern::units).sum();
    long judgements =
        patterns.stream()
            .mapToLong(pattern -> pattern.units() * IntStream.of(pattern.counts()).sum())
            .sum();
    List<Kappa> kappas =
        tables.entrySet().stream()
            .limit(MAX_KAPPAS)
            .map(entry -> kappa(entry.getKey(), entry.getValue()))
            .toList();
    return new Overlap(pairs, judgements, boxed(Agreement.alpha(patterns)), kappas);
  }

  private static Kappa kappa(RaterCouple couple, long[][] table) {
    return new Kappa(couple.one, couple.other, couple.pairs, boxed(Agreement.kappa(table)));
  }

  private static @Nullable Double boxed(OptionalDouble value) {
    return value.isPresent() ? value.getAsDouble() : null;
  }

  private static ChoiceCounts choiceCounts(ResultSet row) throws SQLException {
    return ChoiceCounts.of(
        row.getLong("a"), row.getLong("b"), row.getLong("tie"), row.getLong("both_bad"));
  }

  private static Pattern pattern(ResultSet row) throws SQLException {
    int[] counts = {row.getInt("a"), row.getInt("b"), row.getInt("tie"), row.getInt("both_bad")};
    return new Pattern(counts, row.getLong("times"));
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
