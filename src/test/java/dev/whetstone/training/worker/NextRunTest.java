package dev.whetstone.training.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.preference.LogTest;
import dev.whetstone.preference.Part;
import dev.whetstone.preference.TrainingVotes;
import dev.whetstone.preference.feedback.TrainingRating;
import dev.whetstone.preference.feedback.TrainingRatings;
import dev.whetstone.testing.ServingFixture;
import dev.whetstone.testing.TestModels;
import dev.whetstone.training.TrainingRunStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** How many pairs a run would take, and what cuts the pool to that. */
@Tag("database")
class NextRunTest extends LogTest {
  private TrainingVotes votes;
  private TrainingRunStore runs;

  @BeforeEach
  void open() {
    votes = new TrainingVotes(log.database, "base");
    runs = new TrainingRunStore(log.database, "base");
  }

  @Test
  void anEmptyPoolGivesNone() throws IOException {
    NextRun none = estimate(Map.of());
    assertThat(none.pairs()).isZero();
    assertThat(none.of()).isZero();
    assertThat(none.isCut()).isFalse();
    assertThat(none.measured()).isFalse();
  }

  @Test
  void aSmallPoolFitsAndALongRunIsCutByTimeOrNumber() throws IOException {
    for (int i = 0; i < 60; i++) {
      log.vote(log.storePair("u" + i, "q" + i, "x", "y", "v0", "v1"), "u" + i, "a");
    }
    long train = votes.count(0, 0, 0).train();

    NextRun all = estimate(Map.of());
    assertThat(all.pairs()).isEqualTo(train).isEqualTo(all.of());
    assertThat(all.isCut()).isFalse();

    NextRun few = estimate(Map.of("whetstone.trainer.max-pairs", "20"));
    assertThat(few.pairs()).isEqualTo(20);
    assertThat(few.of()).isEqualTo(train);
    assertThat(few.isCut()).as("by number, not by time").isFalse();

    NextRun hurried = estimate(Map.of("whetstone.trainer.max-duration", "PT0.02S"));
    assertThat(hurried.pairs()).isBetween(1L, train - 1);
    assertThat(hurried.isCut()).isTrue();
  }

  /** Thumbs alone are trained on; beside votes they take the time that is left. */
  @Test
  void ratingsAreTakenBesideVotes() throws IOException {
    for (int i = 0; i < 30; i++) {
      log.rate("r" + i, "rated " + i, i % 2 == 0 ? "up" : "down");
    }
    NextRun thumbs = estimate(Map.of());
    assertThat(thumbs.pairs()).isZero();
    assertThat(thumbs.ratings()).isEqualTo(thumbs.ofRatings()).isBetween(10L, 30L);
    assertThat(thumbs.isCut()).isFalse();

    NextRun hurried = estimate(Map.of("whetstone.trainer.max-duration", "PT0.005S"));
    assertThat(hurried.ratings()).isBetween(1L, thumbs.ofRatings() - 1);
    assertThat(hurried.isCut()).isTrue();

    for (int i = 0; i < 60; i++) {
      log.vote(log.storePair("u" + i, "q" + i, "x", "y", "v0", "v1"), "u" + i, "a");
    }
    NextRun both = estimate(Map.of());
    assertThat(both.pairs()).isEqualTo(both.of());
    assertThat(both.ratings()).isEqualTo(thumbs.ofRatings());
    NextRun full = estimate(Map.of("whetstone.trainer.max-duration", "PT0.02S"));
    assertThat(full.pairs()).isPositive();
    assertThat(full.ratings()).isZero();
  }

  /** What is trained on offline: all but the gate part, which can then judge the result. */
  @Test
  void theLogGivesItsRatingsPageByPage() {
    for (int i = 0; i < 40; i++) {
      log.rate("r" + i, "rated " + i, i % 2 == 0 ? "up" : "down");
    }
    TrainingRatings ratings = new TrainingRatings(log.database, "base");
    List<TrainingRating> read = new ArrayList<>();
    List<TrainingRating> page = ratings.firstAfter(0, 7);
    while (!page.isEmpty()) {
      read.addAll(page);
      page = ratings.firstAfter(page.getLast().answer().seq(), 7);
    }

    assertThat(read).extracting(TrainingRating::feedbackId).doesNotHaveDuplicates();
    assertThat(read).extracting(rating -> rating.answer().part()).doesNotContain(Part.GATE);
    assertThat(read.size()).isBetween(25, 40);
    assertThat(read).extracting(TrainingRating::desirable).contains(true, false);
  }

  private NextRun estimate(Map<String, String> settings) throws IOException {
    return NextRun.estimate(
        votes,
        runs,
        ServingFixture.settings(TrainerConfig.class, settings),
        TestModels.tiny().config());
  }
}
