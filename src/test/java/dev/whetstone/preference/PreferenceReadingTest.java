package dev.whetstone.preference;

import static dev.whetstone.preference.LogFixture.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.whetstone.preference.bulk.PreferenceReader.Order;
import dev.whetstone.preference.rating.ChoiceCounts;
import dev.whetstone.preference.rating.PreferenceSummary;
import dev.whetstone.preference.rating.Ranking;
import dev.whetstone.preference.rating.SummaryReader;
import dev.whetstone.preference.trl.TrlFormat;
import java.io.IOException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Pages and summaries of the log, on a real PostgreSQL. */
@Tag("database")
class PreferenceReadingTest extends LogTest {
  @Test
  void pagesMeetWithoutGapOrRepetitionFromBothEnds() {
    List<String> cast = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      cast.add(log.vote(log.storePair("ann", "q" + i, "x", "y", "v0", "v1"), "ann", "a"));
    }
    assertThat(walk(Order.OLDEST)).isEqualTo(cast);
    Collections.reverse(cast);
    assertThat(walk(Order.NEWEST)).isEqualTo(cast);
  }

  @Test
  void eachFilterKeepsWhatItNames() throws IOException {
    String old = log.vote(log.storePair("ann", "1", "x", "y", "v0", "v1"), "ann", "a", "short");
    String tie = log.vote(log.storePair("bob", "2", "x", "y", "v2", "v2"), "bob", "tie");
    log.importLines("{\"prompt\": \"p\", \"chosen\": \"c\", \"rejected\": \"r\"}");
    Instant split = at(tie);

    assertThat(ids(new Choice.Tie(), null, null, null, null, null, null)).containsExactly(tie);
    assertThat(ids(null, "ann", null, null, null, null, null)).containsExactly(old);
    assertThat(ids(null, null, "v2", null, null, null, null)).containsExactly(tie);
    assertThat(ids(null, null, "v1", null, null, null, null)).containsExactly(old);
    assertThat(ids(null, null, null, split, null, null, false)).containsExactly(tie);
    assertThat(ids(null, null, null, null, split, null, false)).containsExactly(old);
    assertThat(ids(null, null, null, null, null, "short", null)).containsExactly(old);
    assertThat(ids(null, null, null, null, null, null, true)).hasSize(1).doesNotContain(old, tie);
    assertThat(ids(null, "ann", "v2", null, null, null, null)).isEmpty();
  }

  @Test
  void aTimeIsReadWholeFromBothEndsAndAsAFile() throws IOException {
    List<String> cast = new ArrayList<>();
    for (int i = 0; i < 250; i++) {
      cast.add(log.vote(log.storePair("ann", "q" + i, "x" + i, "y", "v0", "v1"), "ann", "a"));
    }
    List<Instant> times =
        log.rows(PreferenceFilter.ALL).stream().map(PreferenceRow::recordedAt).toList();
    // the order of the log may differ from that of time
    log.execute(
        "UPDATE preferences SET recorded_at = ? WHERE preference_id = ?",
        Timestamp.from(times.get(40)),
        cast.get(100));
    PreferenceFilter middle =
        new PreferenceFilter(
            null, null, null, times.get(30), times.get(200), null, null, null, null);

    List<String> seen = walk(middle, Order.OLDEST);
    assertThat(seen).isEqualTo(cast.subList(30, 200));
    assertThat(walk(middle, Order.NEWEST)).isEqualTo(seen.reversed());
    List<String> chosen = new ArrayList<>();
    log.reader.forEachDecidedPair(middle, TrlFormat.TEXT, pair -> chosen.add(pair.chosen()));
    assertThat(chosen).hasSize(170).startsWith("x30").endsWith("x199");
    PreferenceFilter never =
        new PreferenceFilter(
            null, null, null, Instant.EPOCH, Instant.EPOCH, null, null, null, null);
    assertThat(walk(never, Order.OLDEST)).isEmpty();
    log.reader.forEachDecidedPair(never, TrlFormat.TEXT, pair -> chosen.clear());
    assertThat(chosen).hasSize(170);
  }

  @Test
  void theSummaryAddsUpWhatWasVoted() throws IOException {
    log.importLines("{\"prompt\": \"p\", \"chosen\": \"c\", \"rejected\": \"r\"}");
    String[] ann = {"a", "a", "a", "b", "tie", "both_bad", "a", "b"};
    String[] bob = {"a", "a", "b", "b", "tie", "both_bad"};
    for (int i = 0; i < ann.length; i++) {
      String pair = log.storePair("ann", "q" + i % 7, "x", "y", i % 2 == 0 ? "v0" : "v1", "v2");
      log.vote(pair, "ann", ann[i]);
      if (i < bob.length) {
        log.vote(pair, "bob", bob[i]);
      }
    }

    PreferenceSummary summary = new SummaryReader(log.database).read(null, null);

    ChoiceCounts votes = summary.votes();
    assertThat(List.of(votes.total(), votes.a(), votes.b(), votes.tie(), votes.bothBad()))
        .containsExactly(14L, 6L, 4L, 2L, 2L);
    assertThat(votes.leftRate()).isCloseTo(0.6, within(1e-12));
    assertThat(votes.leftLow()).isCloseTo(0.3127, within(1e-4));
    assertThat(votes.leftHigh()).isCloseTo(0.8318, within(1e-4));
    assertThat(votes.tieRate()).isCloseTo(2 / 14.0, within(1e-12));
    assertThat(summary.importedVotes()).isEqualTo(1);
    assertThat(summary.raterCount()).isEqualTo(2);
    assertThat(summary.raters())
        .extracting(PreferenceSummary.Rater::user)
        .containsExactly("ann", "bob");
    assertThat(summary.raters().getFirst().votes().a()).isEqualTo(4);
    assertThat(summary.overlap().pairs()).isEqualTo(6);
    assertThat(summary.overlap().judgements()).isEqualTo(12);
    PreferenceSummary.Kappa kappa = summary.overlap().kappas().getFirst();
    assertThat(kappa.pairs()).isEqualTo(6);
    // five of six alike; by chance (3 * 2 + 1 * 2 + 1 + 1) / 36
    assertThat(kappa.kappa()).isCloseTo((5 / 6.0 - 10 / 36.0) / (1 - 10 / 36.0), within(1e-12));
    // coincidences: 2 of 12 values differ; 12 * 11 over pairs of unlike values of 5, 3, 2, 2
    assertThat(summary.overlap().alpha()).isCloseTo(1 - 11 * 2 / 102.0, within(1e-12));
    assertThat(summary.identicalPrompts()).isEqualTo(new PreferenceSummary.IdenticalPrompts(1, 2));
    assertThat(summary.versions())
        .extracting(PreferenceSummary.VersionVotes::version)
        .containsExactly("v2", "v0", "v1");
    assertThat(summary.versions().getFirst())
        .isEqualTo(new PreferenceSummary.VersionVotes("v2", 14, 2, 2, 2 / 14.0, 2 / 14.0));
  }

  @Test
  void versionsAreRankedByWhoBeatsWhom() {
    for (int i = 0; i < 12; i++) {
      log.vote(log.storePair("u" + i, "q", "x", "y", "v0", "v1"), "u" + i, i < 4 ? "a" : "b");
      log.vote(log.storePair("u" + i, "q", "x", "y", "v1", "v1"), "u" + i, "a");
      log.vote(log.storePair("u" + i, "q", "x", "y", "v0", "v1"), "u" + i, "both_bad");
    }

    Ranking ranking = new SummaryReader(log.database).read(null, null).ranking();

    assertThat(ranking.reference()).isEqualTo("v0");
    assertThat(ranking.versions())
        .extracting(Ranking.Standing::version)
        .containsExactly("v1", "v0");
    Ranking.Standing best = ranking.versions().getFirst();
    assertThat(List.of(best.wins(), best.losses(), best.ties())).containsExactly(8L, 4L, 0L);
    assertThat(best.strength()).isBetween(0.4, Math.log(2));
    assertThat(best.low()).isNegative();
    assertThat(best.high()).isBetween(1.5, 2.5);
    assertThat(ranking.versions().getLast().strength()).isZero();
  }

  @Test
  void anEmptyLogHasASummary() {
    PreferenceSummary summary = new SummaryReader(log.database).read(null, NOW);

    assertThat(summary.votes().total()).isZero();
    assertThat(summary.votes().leftRate()).isNull();
    assertThat(summary.overlap().alpha()).isNull();
    assertThat(summary.ranking().versions()).isEmpty();
  }

  private static List<String> walk(Order order) {
    return walk(PreferenceFilter.ALL, order);
  }

  private static List<String> walk(PreferenceFilter filter, Order order) {
    List<String> seen = new ArrayList<>();
    Long after = null;
    List<PreferenceRow> page;
    do {
      page = log.reader.page(filter, order, after, 3);
      for (PreferenceRow row : page) {
        seen.add(row.preferenceId());
        after = row.seq();
      }
    } while (!page.isEmpty());
    return seen;
  }

  private static List<String> ids(
      @Nullable Choice choice,
      @Nullable String user,
      @Nullable String policy,
      @Nullable Instant from,
      @Nullable Instant to,
      @Nullable String tag,
      @Nullable Boolean imported) {
    return log
        .rows(new PreferenceFilter(choice, user, policy, from, to, tag, null, imported, null))
        .stream()
        .map(PreferenceRow::preferenceId)
        .toList();
  }

  private static Instant at(String preferenceId) {
    return log.rows(PreferenceFilter.ALL).stream()
        .filter(row -> row.preferenceId().equals(preferenceId))
        .findFirst()
        .orElseThrow()
        .recordedAt();
  }
}
