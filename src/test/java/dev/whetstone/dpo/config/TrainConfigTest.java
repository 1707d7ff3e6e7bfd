package dev.whetstone.dpo.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.dpo.loss.LossConfig;
import dev.whetstone.dpo.loss.LossType;
import dev.whetstone.weights.HuggingFaceConfig;
import dev.whetstone.weights.ModelConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrainConfigTest {
  @Test
  void readsTheSettingsOfARecordedRun() throws IOException {
    TrainConfig config = TrainConfigFile.read(golden("train-tiny-ipo"), TrainConfig.plain());

    assertThat(config.loss().mix()).containsExactly(new LossConfig.Weighted(LossType.IPO, 1));
    assertThat(config.loss().beta()).isEqualTo(0.2);
    assertThat(config.optimizer())
        .isEqualTo(new OptimizerConfig(0.005, LrScheduler.COSINE, 2, 0.5, 0.01, 0.9, 0.999, 1e-8));
    assertThat(config.weights())
        .isEqualTo(new TrainedWeights.Lora(4, 8, Set.copyOf(TrainedWeights.LAYERS)));
    assertThat(config.batch().length()).isEqualTo(new TrainingLength.Steps(6));
    assertThat(config.batch().shuffle()).isFalse();
    assertThat(config.earlyStopping().active()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"train-tiny-sigmoid", "train-tiny-ipo", "train-tiny-robust", "train-losses"})
  void theScheduleGivesTrlsLearningRates(String run) throws IOException {
    TrainConfig config = TrainConfigFile.read(golden(run), TrainConfig.plain());
    JsonNode golden = new ObjectMapper().readTree(golden(run));
    JsonNode steps = golden.path(golden.has("per_step") ? "per_step" : "losses");
    JsonNode perStep = golden.has("per_step") ? steps : steps.get(0).path("per_step");
    LearningRateSchedule schedule = config.schedule(golden.path("pairs").size());

    assertThat(schedule.totalSteps()).isEqualTo(perStep.size());
    for (int step = 0; step < perStep.size(); step++) {
      assertThat(schedule.factor(step) * config.optimizer().learningRate())
          .isCloseTo(perStep.get(step).path("lr").asDouble(), within(1e-12));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "40, 100, 8",
    "200, 100, 8",
    "400, 100, 4",
    "3000, 100, 1",
    "200, 2.5, 2.5",
    "200, 0.3, 1"
  })
  void wherePairsAreManyOrTimeIsShortThereAreFewerEpochs(
      int pairs, double maxEpochs, double expected) throws IOException {
    assertThat(TrainConfig.online(tiny(), pairs, maxEpochs).batch().length())
        .isEqualTo(new TrainingLength.Epochs(expected));
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain", "online", "full", "mix"})
  void whatIsWrittenIsReadBack(String name) throws IOException {
    TrainConfig config =
        switch (name) {
          case "online" -> TrainConfig.online(tiny(), 200);
          case "full" -> read("{\"full_fine_tuning\": true, \"epochs\": 0.5}");
          case "mix" ->
              read(
                  """
                  {"loss_type": ["sigmoid", "sft"], "loss_weights": [1, 0.2], "ld_alpha": 0.5,
                   "f_divergence_type": "js_divergence", "use_wpo": true, "seed": 9007199254740993}
                  """);
          default -> TrainConfig.plain();
        };

    assertThat(TrainConfigFile.read(TrainConfigFile.write(config), TrainConfig.plain()))
        .isEqualTo(config);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"learning_rat\": 1}|unknown settings: learning_rat",
        "{\"loss_type\": \"dpo\"}|loss_type = dpo is none of sigmoid, hinge",
        "{\"loss_type\": [\"sigmoid\"], \"loss_weights\": [1, 2]}|2 entries for 1 losses",
        "{\"loss_type\": \"exo_pair\"}|exo_pair needs label_smoothing",
        "{\"loss_type\": \"aot\", \"use_wpo\": true}|aot compares a whole batch",
        "{\"loss_type\": \"aot\", \"f_divergence_type\": \"forward_kl\"}|takes no f_divergence_type",
        "{\"beta\": 0}|beta must be positive",
        "{\"beta\": \"0.1\"}|beta must be a number",
        "{\"label_smoothing\": 0.5}|label_smoothing must be in [0, 0.5)",
        "{\"learning_rate\": -1}|learning_rate must be in (0, 1]",
        "{\"lr_scheduler\": \"step\"}|lr_scheduler = step is none of",
        "{\"adam_betas\": [0.9]}|adam_betas must be two numbers",
        "{\"lora_rank\": 8.5}|lora_rank must be a whole number",
        "{\"lora_rank\": 0}|lora_rank must be in",
        "{\"target_modules\": \"q lm_head\"}|target_modules must be some of",
        "{\"batch_size\": 0}|batch_size must be in",
        "{\"steps\": 0}|steps must be positive",
        "{\"steps\": 5, \"epochs\": 1}|exclude each other",
        "{\"epochs\": -1}|epochs must be in",
        "{\"eval_share\": 0.9}|eval_share must be in",
        "{\"eval_steps\": -1}|eval_steps must not be negative",
        "{\"eval_steps\": \"often\"}|eval_steps must be a whole number or \"auto\"",
        "{\"eval_steps\": 1.5}|eval_steps must be a whole number",
        "{\"kl_budget\": 0}|kl_budget must be positive",
        "{\"shuffle\": 1}|shuffle must be true or false",
        "{\"seed\": 1} {}|not JSON",
        "{\"seed\": 1, \"seed\": 2}|not JSON",
        "[]|must be a JSON object",
        "{|not JSON"
      })
  void whatIsWrongIsNamed(String json, String message) {
    assertThatThrownBy(() -> read(json))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource({"\"auto\", 20, 6", "\"auto\", 500, 125", "3, 500, 3", "0, 500, 0", "null, 500, 0"})
  void evaluationsGrowRarerWithTheirPairs(String setting, int heldOut, int steps) {
    assertThat(read("{\"eval_steps\": %s}".formatted(setting)).validation().evalSteps(heldOut, 8))
        .isEqualTo(steps);
  }

  @Test
  void nullMeansTheDefault() {
    assertThat(read("{\"ld_alpha\": null}")).isEqualTo(TrainConfig.plain());
  }

  @Test
  void peftsModuleNamesAreUnderstood() {
    assertThat(read("{\"target_modules\": [\"q_proj\", \"v_proj\"]}").weights())
        .isEqualTo(new TrainedWeights.Lora(16, 32, Set.of("q", "v")));
  }

  @Test
  void theLastBatchOfAnEpochMayBeSmaller() {
    assertThat(new TrainingLength.Epochs(3).steps(10, 4)).isEqualTo(9);
    assertThat(new TrainingLength.Epochs(0.5).steps(16, 4)).isEqualTo(2);
    assertThat(new TrainingLength.Steps(7).steps(1, 64)).isEqualTo(7);
  }

  private static ModelConfig tiny() throws IOException {
    return HuggingFaceConfig.read(Path.of("models/tiny-reviews"));
  }

  private static TrainConfig read(String json) {
    return TrainConfigFile.read(json, TrainConfig.plain());
  }

  private static String golden(String run) throws IOException {
    return Files.readString(Path.of("src/test/resources/golden", run, "run.json"));
  }
}
