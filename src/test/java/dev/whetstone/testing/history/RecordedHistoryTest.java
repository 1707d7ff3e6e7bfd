package dev.whetstone.testing.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Histories as the siege records them: right ones pass, wrong ones do not. */
class RecordedHistoryTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "a, b, true",
    "a, none, true",
    "none, b, false",
    "b, b, false",
    "'a,a', b, false",
    "a, 'b,b', false"
  })
  void aVoteIsThereOnceAndOneWithoutAnAnswerMayBe(String p, String q, boolean right)
      throws IOException {
    assertThat(
            holds(
                """
                {"kind": "vote", "key": "p", "in": "a", "begun": 1, "ended": 5, "out": "a"}
                {"kind": "vote", "key": "q", "in": "b", "begun": 2}
                {"kind": "vote", "key": "p", "begun": 9, "ended": 9, "out": "%s"}
                {"kind": "vote", "key": "q", "begun": 9, "ended": 9, "out": "%s"}
                """
                    .formatted(p, q)))
        .isEqualTo(right);
  }

  @ParameterizedTest
  @CsvSource({"5, true", "8, true", "9, false"})
  void aLeaseGoesToAnotherOnceItMayHaveEnded(long end, boolean right) throws IOException {
    assertThat(
            holds(
                """
                {"kind": "lease", "key": "p", "in": "ann", "acquire": true, "begun": 1, "ended": 3, "out": true}
                {"kind": "lease", "key": "p", "in": "ann", "acquire": false, "begun": %d}
                {"kind": "lease", "key": "p", "in": "bob", "acquire": true, "begun": 6, "ended": 8, "out": true}
                """
                    .formatted(end)))
        .isEqualTo(right);
  }

  @ParameterizedTest
  @CsvSource({
    "v1, v1, true",
    "v2, v2, true",
    "v1, v2, true",
    "v2, v1, false",
    "v0, v1, false",
    "v3, v1, false"
  })
  void oneChampionServesAtATime(String first, String second, boolean right) throws IOException {
    assertThat(
            holds(
                """
                {"kind": "champion", "in": "v1", "begun": 1, "ended": 4, "out": "v1"}
                {"kind": "champion", "in": "v2", "begun": 2}
                {"kind": "champion", "begun": 5, "ended": 6, "out": "%s"}
                {"kind": "champion", "begun": 7, "ended": 8, "out": "%s"}
                """
                    .formatted(first, second)))
        .isEqualTo(right);
  }

  @Test
  void aLongHistoryWithCallsThatGotNoAnswerIsJudgedAndOneWrongReadInItFound() {
    List<Operation<String, String>> history = registerHistory(new Random(1), 4_000, 6);

    assertThat(Linearizability.holds(new Models.Register("v0"), history)).isTrue();

    Operation<String, String> last = history.getLast();
    history.add(new Operation<>(last.ended() + 1, last.ended() + 2, null, "v9"));
    history.add(new Operation<>(last.ended() + 3, last.ended() + 4, "v1", "v1"));
    assertThat(Linearizability.holds(new Models.Register("v0"), history)).isFalse();
  }

  /** Calls of three clients on one value, which takes each effect in the middle of its call. */
  private static List<Operation<String, String>> registerHistory(
      Random random, int calls, int unanswered) {
    List<Operation<String, String>> history = new ArrayList<>();
    String value = "v0";
    for (int i = 0; i < calls; i++) {
      String set = random.nextBoolean() ? "v" + random.nextInt(4) : null;
      value = set == null ? value : set;
      long effect = 10L * i;
      boolean lost = set != null && i % (calls / unanswered) == 1;
      history.add(
          lost
              ? Operation.unanswered(effect - 12, set)
              : new Operation<>(effect - 12, effect + 12, set, value));
    }
    return history;
  }

  private boolean holds(String lines) throws IOException {
    Path file = Files.writeString(folder.resolve("history.jsonl"), lines);
    return RecordedHistory.read(file).faults().isEmpty();
  }
}
