package dev.whetstone.preference.rating;

import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.preference.Choice;
import dev.whetstone.preference.PreferenceFilter;
import dev.whetstone.preference.VoteSource;
import dev.whetstone.preference.WhereClause;
import dev.whetstone.preference.rating.Agreement.Pattern;
import dev.whetstone.preference.rating.PreferenceSummary.Gold;
import dev.whetstone.preference.rating.PreferenceSummary.IdenticalPrompts;
import dev.whetstone.preference.rating.PreferenceSummary.Kappa;
import dev.whetstone.preference.rating.PreferenceSummary.Overlap;
import dev.whetstone.preference.rating.PreferenceSummary.Rater;
import dev.whetstone.preference.rating.PreferenceSummary.SourceVotes;
import dev.whetstone.preference.rating.PreferenceSummary.VersionVotes;
import dev.whetstone.settings.EnumNames;
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
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Aggregates the log inside PostgreSQL, so that results grow with raters, not with votes. */
public final class SummaryReader {
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
    List<Count> counts = reading.rows(SummaryQueries.RESULTS, Count::of);
    List<Ranking.Result> results =
        counts.stream()
            .filter(count -> !count.imported && count.source == VoteSource.HUMAN)
            .map(Count::result)
            .toList();
    List<Voter> voters = reading.rows(SummaryQueries.RATERS, Voter::of);
    List<Shared> shared = reading.rows(SummaryQueries.SHARED, Shared::of);
    Map<RaterKey, Double> agreement = agreement(shared);
    Map<RaterKey, Gold> gold = gold(reading.rows(SummaryQueries.GOLD, GoldRow::of));
    return new PreferenceSummary(
        total(results),
        otherSources(counts),
        counts.stream()
            .filter(count -> count.imported)
            .mapToLong(count -> count.result.times())
            .sum(),
        voters.isEmpty() ? 0 : voters.getFirst().people,
        voters.stream().map(voter -> voter.rater(gold, agreement)).toList(),
        overlap(shared),
        Ranking.of(results),
        reading.rows(SummaryQueries.IDENTICAL, SummaryReader::identical).getFirst(),
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
        .limit(SummaryQueries.MAX_VERSIONS)
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

  private record Count(Ranking.Result result, boolean imported, VoteSource source) {
    static Count of(ResultSet row) throws SQLException {
      return new Count(
          SummaryReader.result(row),
          row.getBoolean("imported"),
          VoteSource.ofStored(row.getString("source")));
    }
  }

  private static List<SourceVotes> otherSources(List<Count> counts) {
    return Stream.of(VoteSource.values())
        .filter(source -> source != VoteSource.HUMAN)
        .map(
            source ->
                new SourceVotes(
                    EnumNames.of(source),
                    total(
                        counts.stream()
                            .filter(count -> !count.imported && count.source == source)
                            .map(Count::result)
                            .toList())))
        .filter(votes -> votes.votes().total() > 0)
        .toList();
  }

  private record RaterKey(String user, String key) {}

  private record GoldRow(RaterKey rater, Gold gold) {
    static GoldRow of(ResultSet row) throws SQLException {
      long votes = row.getLong("votes");
      long right = row.getLong("correct");
      return new GoldRow(
          new RaterKey(row.getString("user_id"), row.getString("key_id")),
          new Gold(votes, right, (double) right / votes));
    }
  }

  private static Map<RaterKey, Gold> gold(List<GoldRow> rows) {
    return rows.stream().collect(Collectors.toMap(GoldRow::rater, GoldRow::gold));
  }

  private static Map<RaterKey, Double> agreement(List<Shared> shared) {
    return shared.stream()
        .flatMap(row -> Stream.ofNullable(row.agreement))
        .collect(Collectors.toMap(AgreementRow::rater, AgreementRow::share));
  }

  private record AgreementRow(RaterKey rater, double share) {
    static AgreementRow of(ResultSet row) throws SQLException {
      return new AgreementRow(
          new RaterKey(row.getString("one"), row.getString("key_one")),
          (double) row.getLong("times") / row.getLong("pairs"));
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

  private record Voter(RaterKey rater, ChoiceCounts votes, long people) {
    static Voter of(ResultSet row) throws SQLException {
      return new Voter(
          new RaterKey(row.getString("user_id"), row.getString("key_id")),
          choiceCounts(row),
          row.getLong("people"));
    }

    Rater rater(Map<RaterKey, Gold> gold, Map<RaterKey, Double> agreement) {
      return new Rater(rater.user, rater.key, votes, gold.get(rater), agreement.get(rater));
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
          SummaryQueries.CHOICES.indexOf(row.getString("chosen_one")),
          SummaryQueries.CHOICES.indexOf(row.getString("chosen_other")),
          row.getLong("times"));
    }
  }

  /** A row of {@link SummaryQueries#SHARED}: a pattern, a cell or a rater's agreement. */
  private record Shared(
      @Nullable Pattern pattern, @Nullable Cell cell, @Nullable AgreementRow agreement) {
    static Shared of(ResultSet row) throws SQLException {
      if (row.getString("one") == null) {
        return new Shared(SummaryReader.pattern(row), null, null);
      }
      return row.getString("other") == null
          ? new Shared(null, null, AgreementRow.of(row))
          : new Shared(null, Cell.of(row), null);
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
                .computeIfAbsent(
                    cell.couple,
                    couple ->
                        new long[SummaryQueries.CHOICES.size()][SummaryQueries.CHOICES.size()])[
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
            .limit(SummaryQueries.MAX_KAPPAS)
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
