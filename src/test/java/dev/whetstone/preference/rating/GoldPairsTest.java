package dev.whetstone.preference.rating;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.whetstone.preference.Choice;
import dev.whetstone.preference.LogTest;
import dev.whetstone.preference.rating.PreferenceSummary.Gold;
import dev.whetstone.preference.rating.PreferenceSummary.Rater;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Gold pairs, agreement and votes that are not people's, on a real PostgreSQL. */
@Tag("database")
class GoldPairsTest extends LogTest {
  private GoldPairs gold;
  private final List<String> pairs = new ArrayList<>();

  @BeforeEach
  void votesOnGoldPairs() {
    gold = new GoldPairs(log.database, log.clock);
    for (int i = 0; i < 4; i++) {
      pairs.add(log.storePair("app", "q" + i, "x", "y", "v0", "v1"));
      log.vote(pairs.get(i), "ann", "a");
      log.vote(pairs.get(i), "bob", i < 3 ? "a" : "b");
    }
    for (int i = 0; i < 3; i++) {
      assertThat(gold.mark(pairs.get(i), i == 0 ? new Choice.B() : new Choice.A(), "plain", "op"))
          .isEqualTo(GoldPairs.Result.MARKED);
    }
    log.vote(log.storePair("app", "alone", "x", "y", "v0", "v1"), "kim", "tie");
  }

  @Test
  void theSummaryTellsHowOftenARaterIsRightAndAgrees() {
    assertThat(rater("ann").gold()).isEqualTo(new Gold(3, 2, 2 / 3.0));
    assertThat(rater("ann").agreement()).isCloseTo(0.75, within(1e-12));
    assertThat(rater("bob").agreement()).isCloseTo(0.75, within(1e-12));
    assertThat(rater("kim").gold()).isNull();
    assertThat(rater("kim").agreement()).isNull();
  }

  @Test
  void aMarkIsChangedAndRemoved() {
    gold.mark(pairs.getFirst(), new Choice.A(), "looked again", "op");
    assertThat(rater("ann").gold()).isEqualTo(new Gold(3, 3, 1));
    assertThat(gold.unmark(pairs.getFirst(), "op")).isTrue();
    assertThat(gold.unmark(pairs.getFirst(), "op")).isFalse();
    assertThat(rater("ann").gold()).isEqualTo(new Gold(2, 2, 1));
    assertThat(gold.mark("pair_none", new Choice.A(), "?", "op"))
        .isEqualTo(GoldPairs.Result.UNKNOWN);
  }

  @Test
  void marksAreListedInPagesAndGoWithTheirPairs() {
    List<String> ids = pairs.subList(0, 3);
    assertThat(gold.page("", 2))
        .extracting(GoldPairs.GoldPair::pairId)
        .isEqualTo(ids.subList(0, 2));
    assertThat(gold.page(ids.get(1), 2))
        .extracting(GoldPairs.GoldPair::pairId)
        .containsExactly(ids.get(2));
    log.clear();
    assertThat(gold.page("", 2)).isEmpty();
  }

  @Test
  void votesOfJudgesAndRulesAreShownApart() {
    log.execute("UPDATE preferences SET source = 'judge' WHERE user_id = 'bob'");
    log.execute("UPDATE preferences SET source = 'rule' WHERE user_id = 'kim'");

    PreferenceSummary summary = new SummaryReader(log.database).read(null, null);

    assertThat(summary.votes().total()).isEqualTo(4);
    assertThat(summary.raters()).extracting(Rater::user).containsExactly("ann");
    assertThat(summary.overlap().pairs()).isZero();
    assertThat(summary.versions().getFirst().votes()).isEqualTo(4);
    assertThat(summary.otherSources())
        .extracting(PreferenceSummary.SourceVotes::source)
        .containsExactly("judge", "rule");
    assertThat(summary.otherSources().getFirst().votes().b()).isOne();
    assertThat(summary.otherSources().getLast().votes().tie()).isOne();
  }

  private static Rater rater(String name) {
    return new SummaryReader(log.database)
        .read(null, null).raters().stream()
            .filter(rater -> rater.user().equals(name))
            .findFirst()
            .orElseThrow();
  }
}
