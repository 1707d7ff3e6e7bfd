package dev.whetstone.preference.rating;

import dev.whetstone.preference.Choice;
import dev.whetstone.preference.rating.DavidsonBradleyTerry.Match;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Versions ranked by strength under {@link DavidsonBradleyTerry}, with half a hypothetical win and
 * loss each. Votes for both_bad do not compare the versions and are left out, as are pairs of one
 * version with itself.
 *
 * @param reference the version whose strength is 0: v0 where it has votes; null without any votes
 * @param tie the tie parameter nu
 * @param versions strongest first
 */
public record Ranking(@Nullable String reference, double tie, List<Standing> versions) {
  private static final double PSEUDO = 0.5;

  /** The normal distribution's 97.5 % quantile. */
  static final double Z95 = 1.959963984540054;

  // The time of a fit grows with the cube of it; the versions with the fewest votes are left out.
  private static final int MAX_VERSIONS = 200;

  /**
   * A version's strength and record.
   *
   * @param strength natural logarithm of the ratio of its strength to the reference's
   * @param low lower end of the 95 % interval of {@code strength}
   * @param high upper end of that interval
   */
  public record Standing(
      String version,
      double strength,
      double low,
      double high,
      long wins,
      long losses,
      long ties) {}

  /** How often pairs of versions a and b got a choice. */
  record Result(String a, String b, Choice choice, long times) {}

  private static final class Score {
    private long wins;
    private long losses;
    private long ties;

    long total() {
      return wins + losses + ties;
    }
  }

  static Ranking of(List<Result> results) {
    Map<String, Score> scores = new TreeMap<>();
    for (Result result : results) {
      if (!result.a().equals(result.b())) {
        count(result, scores);
      }
    }
    List<String> versions =
        scores.entrySet().stream()
            .filter(entry -> entry.getValue().total() > 0)
            .sorted(Comparator.comparingLong(entry -> -entry.getValue().total()))
            .limit(MAX_VERSIONS)
            .map(Map.Entry::getKey)
            .toList();
    return versions.isEmpty()
        ? new Ranking(null, 0, List.of())
        : fit(versions, scores, matches(results, versions));
  }

  private static Ranking fit(
      List<String> versions, Map<String, Score> scores, List<Match> matches) {
    DavidsonBradleyTerry strengths = DavidsonBradleyTerry.fit(versions.size(), matches, PSEUDO);
    int reference = Math.max(0, versions.indexOf("v0"));
    List<Standing> standings = new ArrayList<>();
    for (int i = 0; i < versions.size(); i++) {
      Score score = scores.getOrDefault(versions.get(i), new Score());
      double strength = strengths.difference(i, reference);
      double halfWidth = Z95 * strengths.standardError(i, reference);
      standings.add(
          new Standing(
              versions.get(i),
              strength,
              strength - halfWidth,
              strength + halfWidth,
              score.wins,
              score.losses,
              score.ties));
    }
    standings.sort(Comparator.comparingDouble(Standing::strength).reversed());
    return new Ranking(versions.get(reference), strengths.tieParameter(), standings);
  }

  private static void count(Result result, Map<String, Score> scores) {
    Score a = scores.computeIfAbsent(result.a(), version -> new Score());
    Score b = scores.computeIfAbsent(result.b(), version -> new Score());
    switch (result.choice()) {
      case Choice.A _ -> {
        a.wins += result.times();
        b.losses += result.times();
      }
      case Choice.B _ -> {
        b.wins += result.times();
        a.losses += result.times();
      }
      case Choice.Tie _ -> {
        a.ties += result.times();
        b.ties += result.times();
      }
      case Choice.BothBad _ -> {}
    }
  }

  private static List<Match> matches(List<Result> results, List<String> versions) {
    List<Match> matches = new ArrayList<>();
    for (Result result : results) {
      int a = versions.indexOf(result.a());
      int b = versions.indexOf(result.b());
      if (a >= 0 && b >= 0 && a != b) {
        long times = result.times();
        switch (result.choice()) {
          case Choice.A _ -> matches.add(new Match(a, b, times, 0, 0));
          case Choice.B _ -> matches.add(new Match(a, b, 0, times, 0));
          case Choice.Tie _ -> matches.add(new Match(a, b, 0, 0, times));
          case Choice.BothBad _ -> {}
        }
      }
    }
    return matches;
  }
}
