package dev.whetstone.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whetstone.dpo.data.PairFile;
import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.preference.LogFixture;
import dev.whetstone.settings.InvalidSettingException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("database")
class LogExamplesTest {
  private LogFixture log;

  @BeforeEach
  void open() throws Exception {
    log = new LogFixture();
  }

  @AfterEach
  void close() {
    log.close();
  }

  @Test
  void votesOfEveryBaseAndRatingsAreTrainedOnButForTheGatesPart() throws Exception {
    log.importLines(lines("here", 60));
    log.importLines(lines("elsewhere", 40));
    log.execute("UPDATE pairs SET base_hash = 'other' WHERE prompt LIKE '%elsewhere%'");
    log.rate("ann", "How?", "up");
    log.rate("bob", "How?", "down");

    PairFile.Examples examples = LogExamples.read(log.database, log.tokenizer);

    List<String> left = outsideTheGatesPart();
    assertThat(left).hasSizeBetween(60, 99);
    assertThat(examples.pairs())
        .extracting(TokenPair::id)
        .containsExactlyInAnyOrderElementsOf(left);
    assertThat(examples.pairs())
        .allMatch(pair -> log.tokenizer.tokenizer().decode(pair.chosen(), true).contains("good"))
        .allMatch(pair -> log.tokenizer.tokenizer().decode(pair.rejected(), true).contains("bad"));
    assertThat(examples.ratings()).extracting(r -> r.desirable()).containsExactly(true, false);
  }

  @Test
  void anEmptyLogIsRefused() {
    assertThatThrownBy(() -> LogExamples.read(log.database, log.tokenizer))
        .isInstanceOf(InvalidSettingException.class)
        .hasMessageContaining("no usable votes or ratings");
  }

  /** By the base that is trained: a vote on another base's answer may be in another part there. */
  private List<String> outsideTheGatesPart() {
    return log.database.list(
        row -> row.getString(1),
        """
        SELECT preference_id FROM usable_votes JOIN pairs USING (pair_id)
        WHERE conversation_part('base', pairs.conversation, pairs.user_id) <> 'gate'
        """);
  }

  private static String lines(String name, int number) {
    return IntStream.range(0, number)
        .mapToObj(
            i ->
                "{\"prompt\": \"%s %d?\", \"chosen\": \"It was good.\", \"rejected\": \"It was bad.\"}"
                    .formatted(name, i))
        .collect(Collectors.joining("\n"));
  }
}
