package dev.whetstone.preference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.settings.EnumNames;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The three parts of the log, in Java and in the database. */
@Tag("slow")
class PartTest extends LogTest {
  @Test
  void eightInTenTrainOneSelectsOneJudges() {
    Map<Part, Long> counts =
        IntStream.range(0, 10_000)
            .mapToObj(i -> Part.of("base", "question " + i % 100, "user " + i / 100))
            .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));

    assertThat(counts.get(Part.TRAIN)).isBetween(7_850L, 8_150L);
    assertThat(counts.get(Part.SELECT)).isBetween(850L, 1_150L);
    assertThat(counts.get(Part.GATE)).isBetween(850L, 1_150L);
  }

  @Test
  void theDatabaseComputesTheSamePart() {
    for (int i = 0; i < 60; i++) {
      log.storePair("user" + i % 7, "question " + i, "one", "two", "v0", "v1");
    }

    List<String> stored =
        log.database.list(
            row -> row.getString("part") + " " + row.getString("user_id") + row.getString("text"),
            "SELECT part, user_id, messages -> 0 ->> 'content' AS text FROM pairs");

    assertThat(stored)
        .hasSize(60)
        .containsExactlyInAnyOrderElementsOf(
            IntStream.range(0, 60)
                .mapToObj(
                    i ->
                        EnumNames.of(Part.of("base", "question " + i, "user" + i % 7))
                            + " user%dquestion %d".formatted(i % 7, i))
                .toList());
  }

  /** A second person's vote on two answers must not lead training to what judges it. */
  @Test
  void allVotesOnAPairAreInOnePart() {
    for (int i = 0; i < 30; i++) {
      String pair = log.storePair("ann", "question " + i, "one", "two", "v0", "v1");
      log.vote(pair, "ann", "a");
      log.vote(pair, "bob", "b");
    }

    List<Integer> parts =
        log.database.list(
            row -> row.getInt(1), "SELECT count(DISTINCT part) FROM usable_votes GROUP BY pair_id");

    assertThat(parts).hasSize(30).containsOnly(1);
  }
}
