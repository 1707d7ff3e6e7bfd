package dev.whetstone.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.lab.LabGateway;
import dev.whetstone.testing.DislikedWordStory;
import dev.whetstone.testing.TestModels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Trains SmolLM2 on 40 votes of a user who dislikes a word, with the processes and settings of
 * {@code ./run}: its answers use the word less, until an operator rolls the version back.
 */
class RealModelIT {
  @TempDir Path home;

  @Test
  void fortyVotesAgainstAWordMakeItRarer() throws Exception {
    TestModels.smollm2();
    Files.createSymbolicLink(
        home.resolve("models"), Path.of("target", "test-models", "models").toAbsolutePath());
    try (LabGateway gateway =
        LabGateway.start(
            LabGateway.command(), home, DislikedWordStory.settings("smollm2-135m-instruct"))) {
      var outcome = new DislikedWordStory(gateway, 40, 32, Duration.ofMinutes(15)).play();

      assertThat(outcome.restored()).isEqualTo(outcome.before());
      assertThat(outcome.after().uses()).isLessThanOrEqualTo(outcome.before().uses() * 2 / 3);
      assertThat(outcome.after().texts()).noneMatch(String::isBlank);
    }
  }
}
