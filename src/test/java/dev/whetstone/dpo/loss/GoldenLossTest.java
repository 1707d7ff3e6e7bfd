package dev.whetstone.dpo.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.dpo.config.TrainConfig;
import dev.whetstone.dpo.config.TrainConfigFile;
import dev.whetstone.dpo.evaluation.PreferenceMetrics;
import dev.whetstone.settings.EnumNames;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Compares every loss with TRL's. */
class GoldenLossTest {
  /** Half a unit in the last place of a float32 log-prob of a sequence, -16 to -32 here. */
  private static final double ROUNDING = Math.ulp(32f) / 2;

  private static final JsonNode GOLDEN = golden();
  private static final List<PairLogps> PAIRS = pairs(0);

  @TestFactory
  Stream<DynamicTest> everyLossIsTrls() {
    return IntStream.range(0, GOLDEN.path("cases").size())
        .mapToObj(i -> GOLDEN.path("cases").get(i))
        .map(golden -> DynamicTest.dynamicTest(name(golden), () -> compare(golden)));
  }

  @Test
  void everyLossIsAmongTheCases() {
    List<String> covered = GOLDEN.path("cases").findValuesAsText("loss_type");
    assertThat(covered).hasSize(58);
    assertThat(covered)
        .containsAll(
            Arrays.stream(LossType.values())
                .filter(type -> type != LossType.SIMPO)
                .map(EnumNames::of)
                .toList());
  }

  private static void compare(JsonNode golden) {
    PreferenceLoss loss = new PreferenceLoss(config(golden));
    LossResult result = loss.compute(PAIRS);
    PreferenceMetrics metrics = PreferenceMetrics.of(result);

    close(result.loss(), golden.path("loss").asDouble(), 0);
    close(metrics.rewardsChosen(), golden.path("rewards_chosen").asDouble(), 0);
    close(metrics.rewardsRejected(), golden.path("rewards_rejected").asDouble(), 0);
    close(metrics.margin(), golden.path("margin").asDouble(), 0);
    close(metrics.accuracy(), golden.path("accuracy").asDouble(), 0);
    double[] gradients = rowSums(result);
    double[] rounded = rowSums(loss.compute(pairs(ROUNDING)));
    for (int row = 0; row < gradients.length; row++) {
      close(
          gradients[row],
          golden.path("grad_token_logps_row_sums").get(row).asDouble(),
          Math.abs(rounded[row] - gradients[row]));
    }
  }

  private static double[] rowSums(LossResult result) {
    return Stream.concat(
            result.pairs().stream().map(LossResult.PairOutcome::chosenGradient),
            result.pairs().stream().map(LossResult.PairOutcome::rejectedGradient))
        .mapToDouble(gradient -> Arrays.stream(gradient).sum())
        .toArray();
  }

  /**
   * Allows 1e-5 relative, plus the change that rounding of the inputs' float32 sums causes: for
   * discopop that change is larger, because its gradient crosses zero steeply.
   */
  private static void close(double actual, double expected, double rounding) {
    assertThat(actual).isCloseTo(expected, within(1e-5 * Math.abs(expected) + rounding + 1e-7));
  }

  private static LossConfig config(JsonNode golden) {
    String settings =
        """
        {"loss_type": "%s", "beta": %s, "label_smoothing": %s, "f_divergence_type": "%s",
         "ld_alpha": %s, "use_wpo": %s}
        """
            .formatted(
                golden.path("loss_type").asText(),
                golden.path("beta"),
                golden.path("label_smoothing"),
                golden.path("f_divergence").asText(),
                golden.path("ld_alpha"),
                golden.path("wpo_weighting"));
    return TrainConfigFile.read(settings, TrainConfig.plain()).loss();
  }

  private static String name(JsonNode golden) {
    return "%s, beta %s, smoothing %s, %s, ld %s, wpo %s"
        .formatted(
            golden.path("loss_type").asText(),
            golden.path("beta"),
            golden.path("label_smoothing"),
            golden.path("f_divergence").asText(),
            golden.path("ld_alpha"),
            golden.path("wpo_weighting"));
  }

  private static List<PairLogps> pairs(double rounding) {
    int count = GOLDEN.path("pairs").asInt();
    List<PairLogps> pairs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      pairs.add(
          new PairLogps("pair " + i, completion(i, rounding), completion(count + i, -rounding), 1));
    }
    return pairs;
  }

  private static PairLogps.Completion completion(int row, double rounding) {
    int from = GOLDEN.path("prompt_tokens").asInt() - 1;
    int to = from + GOLDEN.path("completion_tokens").get(row).asInt();
    double[] policy = Arrays.copyOfRange(numbers(GOLDEN.path("token_logps").get(row)), from, to);
    double[] squares =
        Arrays.copyOfRange(numbers(GOLDEN.path("log_sum_sq_probs").get(row)), from, to);
    // the file has only the reference's sum; the first token has full weight in LD-DPO
    double[] reference = new double[policy.length];
    reference[0] = GOLDEN.path("ref_logps").get(row).asDouble() + rounding;
    return new PairLogps.Completion(policy, reference, squares);
  }

  private static double[] numbers(JsonNode array) {
    return IntStream.range(0, array.size()).mapToDouble(i -> array.get(i).asDouble()).toArray();
  }

  private static JsonNode golden() {
    try {
      return new ObjectMapper().readTree(Path.of("src/test/resources/golden/losses.json").toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
