package dev.whetstone.preference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.preference.feedback.AnswerLog;
import dev.whetstone.preference.feedback.FeedbackConfig;
import dev.whetstone.preference.feedback.FeedbackOutcome;
import dev.whetstone.preference.feedback.FeedbackRequest;
import dev.whetstone.preference.feedback.FeedbackStore;
import dev.whetstone.preference.feedback.KeptAnswer;
import dev.whetstone.preference.feedback.Rating;
import dev.whetstone.testing.CapturedLog;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Ratings of single answers on a real PostgreSQL. */
@Tag("database")
class FeedbackStoreTest {
  private static final Duration WAIT = Duration.ofSeconds(20);

  private static LogFixture fixture;

  private final AtomicReference<Instant> now = new AtomicReference<>(LogFixture.NOW);
  private final InstantSource clock = now::get;
  private final AtomicInteger ids = new AtomicInteger();
  private AnswerLog answers;
  private FeedbackStore store;

  @BeforeAll
  static void open() throws IOException {
    fixture = new LogFixture();
    fixture.database.open();
  }

  @AfterAll
  static void close() {
    fixture.close();
  }

  @BeforeEach
  void start() {
    fixture.clear();
    fixture.execute("DELETE FROM answers");
    answers = new AnswerLog(fixture.database, clock, config(3, 64));
    store =
        new FeedbackStore(fixture.database, clock, prefix -> prefix + "_" + ids.incrementAndGet());
  }

  @AfterEach
  void stop() {
    answers.close();
  }

  @Test
  void aRatingIsRecordedOnceAndReplaced() {
    keep("gen_1", "anna", "Hi", "one", 3);

    FeedbackOutcome.Recorded first = rate("gen_1", Rating.UP, null);
    FeedbackOutcome.Recorded again = rate("gen_1", Rating.UP, null);
    now.set(LogFixture.NOW.plusSeconds(5));
    FeedbackOutcome.Recorded other = rate("gen_1", Rating.DOWN, null);

    assertThat(first.repeated()).isFalse();
    assertThat(first.unusable()).isNull();
    assertThat(again.repeated()).isTrue();
    assertThat(again.feedbackId()).isEqualTo(first.feedbackId());
    assertThat(other.repeated()).isTrue();
    assertThat(other.at()).isEqualTo(now.get());
    // training takes the last, evidence the first
    assertThat(text("SELECT rating || ' ' || first_rating FROM judged_ratings"))
        .isEqualTo("down up");
  }

  @Test
  void foreignUnknownAndExpiredAnswersAreNotRated() {
    keep("gen_1", "anna", "Hi", "one", 3);

    assertThat(outcome("gen_1", "berta", Rating.UP, null)).isEqualTo(new FeedbackOutcome.Unknown());
    assertThat(outcome("gen_9", null, Rating.UP, null)).isEqualTo(new FeedbackOutcome.Unknown());
    rate("gen_1", Rating.UP, null);
    now.set(LogFixture.NOW.plus(Duration.ofHours(24)));
    assertThat(outcome("gen_1", null, Rating.DOWN, null)).isEqualTo(new FeedbackOutcome.Expired());
    assertThat(outcome("gen_1", null, Rating.UP, null))
        .isInstanceOf(FeedbackOutcome.Recorded.class);
  }

  @Test
  void anEditIsAPairOverItsAnswer() {
    keep("gen_1", "anna", "Hi", "one", 3);

    FeedbackOutcome.Recorded edited = rate("gen_1", Rating.DOWN, "better");

    assertThat(edited.pairId()).isNotNull();
    assertThat(text("SELECT source || choice FROM usable_votes")).isEqualTo("edita");
    assertThat(text("SELECT text_a || '>' || text_b || policy_a FROM pairs"))
        .isEqualTo("better>oneedit");
    assertThat(text("SELECT array_to_string(chosen_ids, ',') FROM usable_votes")).isEqualTo("7,2");
    assertThat(text("SELECT count(*) FROM usable_ratings")).isEqualTo("0");
    assertThat(text("SELECT part FROM usable_votes")).isEqualTo(text("SELECT part FROM answers"));

    rate("gen_1", Rating.UP, null);
    assertThat(text("SELECT count(*) FROM pairs")).isEqualTo("0");
    assertThat(text("SELECT count(*) FROM usable_ratings")).isEqualTo("1");
    rate("gen_1", Rating.UP, "one");
    assertThat(text("SELECT count(*) FROM pairs")).isEqualTo("0");
  }

  @Test
  void oppositeRatingsOfOneVoterOnOnePromptAreAPair() {
    keep("gen_1", "anna", "Hi", "one", 3);
    keep("gen_2", "anna", "Hi", "two", 4);
    keep("gen_3", "berta", "Hi", "three", 5);
    keep("gen_4", "anna", "Other", "four", 6);

    rate("gen_2", Rating.DOWN, null);
    rate("gen_3", Rating.UP, null);
    rate("gen_4", Rating.UP, null);
    assertThat(text("SELECT count(*) FROM pairs")).isEqualTo("0");
    rate("gen_1", Rating.UP, null);

    assertThat(text("SELECT source FROM usable_votes")).isEqualTo("rating");
    assertThat(text("SELECT array_to_string(chosen_ids, ',') FROM usable_votes")).isEqualTo("3,2");
    // a rating that is used in a pair is not used alone
    assertThat(text("SELECT count(*) FROM usable_ratings")).isEqualTo("2");

    rate("gen_2", Rating.UP, null);
    assertThat(text("SELECT count(*) FROM pairs")).isEqualTo("0");
    assertThat(text("SELECT count(*) FROM usable_ratings")).isEqualTo("4");
  }

  @Test
  void whatTellsLittleIsKeptButNotUsable() {
    answers.keep(() -> answer("gen_1", "anna", "Hi", "one", 3, "{\"logit_bias\": {\"5\": 9}}"));
    answers.flush(WAIT);

    FeedbackOutcome.Recorded rated = rate("gen_1", Rating.DOWN, "better");

    assertThat(rated.unusable()).isEqualTo(Unusable.LOGIT_BIAS);
    assertThat(rated.pairId()).isNull();
    assertThat(text("SELECT count(*) FROM usable_ratings")).isEqualTo("0");
  }

  @Test
  void onlyTheNewestAndTheRatedAnswersStay() {
    for (int i = 1; i <= 6; i++) {
      now.set(LogFixture.NOW.plusSeconds(i));
      keep("gen_" + i, "anna", "Hi", "text " + i, i + 2);
    }
    rate("gen_1", Rating.UP, null);

    answers.sweep();
    assertThat(text("SELECT string_agg(completion_id, ' ' ORDER BY completion_id) FROM answers"))
        .isEqualTo("gen_1 gen_4 gen_5 gen_6");

    now.set(LogFixture.NOW.plus(Duration.ofHours(25)));
    answers.sweep();
    assertThat(text("SELECT string_agg(completion_id, ' ') FROM answers")).isEqualTo("gen_1");
  }

  @Test
  void aFullQueueDropsAndCounts() throws InterruptedException {
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch gate = new CountDownLatch(1);
    try (AnswerLog small = new AnswerLog(fixture.database, clock, config(100, 2))) {
      small.keep(
          () -> {
            entered.countDown();
            await(gate);
            return answer("gen_0", "anna", "Hi", "zero", 9, "{}");
          });
      assertThat(entered.await(20, TimeUnit.SECONDS)).isTrue();
      for (int i = 1; i <= 5; i++) {
        KeptAnswer kept = answer("gen_" + i, "anna", "Hi", "text", 3, "{}");
        small.keep(() -> kept);
      }
      assertThat(small.droppedByQueue()).isEqualTo(3);
      gate.countDown();
      small.flush(WAIT);
      assertThat(small.written()).isEqualTo(3);
    }
    assertThat(text("SELECT count(*) FROM answers")).isEqualTo("3");
  }

  @Test
  void anAnswerThatCannotBeStoredIsCounted() {
    keep("gen_1", "anna", "Hi", "one", 3);
    try (CapturedLog log = CapturedLog.of(AnswerLog.class)) {
      keep("gen_1", "anna", "Hi", "one", 3);

      assertThat(log.complaints())
          .extracting(CapturedLog.Line::message)
          .containsExactly("1 answers could not be kept, so that they cannot be rated");
    }
    assertThat(answers.droppedByDatabase()).isEqualTo(1);
  }

  private static void await(CountDownLatch gate) {
    try {
      assertThat(gate.await(20, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException stopped) {
      throw new IllegalStateException(stopped);
    }
  }

  private void keep(String id, String user, String prompt, String text, int token) {
    KeptAnswer kept = answer(id, user, prompt, text, token, "{}");
    answers.keep(() -> kept);
    answers.flush(WAIT);
  }

  private KeptAnswer answer(
      String id, String user, String prompt, String text, int token, String sampling) {
    return new KeptAnswer(
        id,
        "chat_1",
        user,
        new Pair.Prompt(
            prompt,
            new int[] {1, prompt.length()},
            "[{\"role\": \"user\", \"content\": \"" + prompt + "\"}]"),
        new Side(text, new int[] {token, 2}, new float[0], "stop", "v1", "hash1"),
        "base",
        sampling,
        Objects.requireNonNull(now.get()),
        null);
  }

  private FeedbackOutcome.Recorded rate(String id, Rating rating, @Nullable String edit) {
    return (FeedbackOutcome.Recorded) outcome(id, null, rating, edit);
  }

  private FeedbackOutcome outcome(
      String id, @Nullable String user, Rating rating, @Nullable String edit) {
    FeedbackRequest request =
        new FeedbackRequest(
            "feedback_" + ids.incrementAndGet(), id, "chat_1", user, rating, edit, null, List.of());
    return store.rate(request, "base", text -> new int[] {text.equals("one") ? 3 : 7, 2});
  }

  private static String text(String sql) {
    return fixture.database.first(row -> String.valueOf(row.getString(1)), sql).orElse("");
  }

  private static FeedbackConfig config(int maxAnswers, int queue) {
    return new FeedbackConfig() {
      @Override
      public Duration retention() {
        return Duration.ofHours(24);
      }

      @Override
      public int maxAnswers() {
        return maxAnswers;
      }

      @Override
      public int queue() {
        return queue;
      }
    };
  }
}
