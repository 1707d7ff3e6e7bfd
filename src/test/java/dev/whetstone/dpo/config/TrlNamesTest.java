package dev.whetstone.dpo.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Settings by the names of TRL 1.16, Transformers 5.24 and PEFT 0.21. */
class TrlNamesTest {
  @Test
  void aConfigOfTrlsIsReadAsOurs() {
    TrainConfig theirs =
        read(
            """
            {"loss_type": ["robust"], "beta": 0.2, "label_smoothing": 0.1, "use_weighting": true,
             "f_divergence_type": "alpha_divergence", "f_alpha_divergence_coef": 0.3,
             "learning_rate": 5e-6, "lr_scheduler_type": "cosine", "warmup_ratio": 0.1,
             "max_grad_norm": 0.5, "weight_decay": 0.01, "adam_beta1": 0.8, "adam_beta2": 0.95,
             "adam_epsilon": 1e-7, "num_train_epochs": 2, "max_steps": -1, "bf16": false,
             "per_device_train_batch_size": 4, "gradient_accumulation_steps": 3, "seed": 7,
             "train_sampling_strategy": "random", "max_length": 512,
             "truncation_mode": "keep_start", "r": 4, "lora_alpha": 8, "lora_dropout": 0, "bias": "none", "task_type": "CAUSAL_LM",
             "target_modules": "all-linear", "precompute_ref_log_probs": true, "save_steps": 100,
             "gradient_checkpointing": true, "output_dir": "out", "max_prompt_length": null}
            """);

    assertThat(theirs)
        .isEqualTo(
            read(
                """
                {"loss_type": "robust", "beta": 0.2, "label_smoothing": 0.1, "use_wpo": true,
                 "f_divergence_type": "alpha_divergence", "f_alpha": 0.3,
                 "learning_rate": 5e-6, "lr_scheduler": "cosine", "warmup_steps": 0.1,
                 "max_grad_norm": 0.5, "weight_decay": 0.01, "adam_betas": [0.8, 0.95],
                 "adam_epsilon": 1e-7, "epochs": 2, "base_dtype": "float32", "batch_size": 12,
                 "seed": 7, "shuffle": true, "max_length": 512, "lora_rank": 4, "lora_alpha": 8,
                 "target_modules": "q k v o gate up down"}
                """));
    assertThat(TrainConfigFile.read(TrainConfigFile.write(theirs), TrainConfig.plain()))
        .isEqualTo(theirs);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"lr_scheduler_type\": \"constant_with_warmup\", \"warmup_steps\": 5}"
            + "|{\"lr_scheduler\": \"constant\", \"warmup_steps\": 5}",
        "{\"lr_scheduler_type\": \"constant\"}|{\"lr_scheduler\": \"constant\"}",
        "{\"max_steps\": 9, \"num_train_epochs\": 3}|{\"steps\": 9}",
        "{\"max_steps\": -1, \"epochs\": 3}|{\"epochs\": 3}",
        "{\"adam_beta2\": 0.95}|{\"adam_betas\": [0.9, 0.95]}",
        "{\"gradient_accumulation_steps\": 1}|{}",
        "{\"train_sampling_strategy\": \"sequential\"}|{\"shuffle\": false}",
        "{\"r\": null, \"lora_rank\": 4, \"lora_dropout\": null, \"rank_pattern\": {}}"
            + "|{\"lora_rank\": 4}",
      })
  void theSameIsMeant(String theirs, String ours) {
    assertThat(read(theirs)).isEqualTo(read(ours));
  }

  @Test
  void transformersConstantHasNoWarmUpWhateverTheDefaultIs() {
    TrainConfig warm = read("{\"warmup_steps\": 5}");

    assertThat(TrainConfigFile.read("{\"lr_scheduler_type\": \"constant\"}", warm).optimizer())
        .isEqualTo(read("{\"lr_scheduler\": \"constant\"}").optimizer());
    assertThat(TrainConfigFile.read("{\"lr_scheduler\": \"constant\"}", warm).optimizer())
        .isEqualTo(read("{\"lr_scheduler\": \"constant\", \"warmup_steps\": 5}").optimizer());
  }

  /** TrainingArguments.get_warmup_steps. */
  @ParameterizedTest
  @CsvSource({
    "warmup_ratio, 0, 0",
    "warmup_ratio, 0.1, 3",
    "warmup_ratio, 0.99, 25",
    "warmup_steps, 0.01, 1",
    "warmup_steps, 0.1, 3",
    "warmup_steps, 1, 1",
    "warmup_steps, 40, 40"
  })
  void aWarmUpBelowOneIsAShareOfAllSteps(String name, String value, int steps) {
    TrainConfig config = read("{\"%s\": %s, \"max_steps\": 25}".formatted(name, value));

    assertThat(config.schedule(100).warmupSteps()).isEqualTo(steps);
  }

  @ParameterizedTest
  @CsvSource({
    "lr_scheduler_type, lr_scheduler",
    "warmup_ratio, warmup_steps",
    "max_steps, steps",
    "num_train_epochs, epochs",
    "per_device_train_batch_size, batch_size",
    "gradient_accumulation_steps, batch_size",
    "adam_beta1, adam_betas",
    "adam_beta2, adam_betas",
    "train_sampling_strategy, shuffle",
    "bf16, base_dtype",
    "r, lora_rank",
    "f_alpha_divergence_coef, f_alpha",
    "use_weighting, use_wpo"
  })
  void aSettingUnderBothNamesIsRefused(String theirs, String ours) {
    assertRefused(
        "{\"%s\": 0, \"%s\": 0}".formatted(theirs, ours),
        "%s and %s set the same thing".formatted(ours, theirs));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"lora_dropout\": 0.05}|lora_dropout = 0.05 is not supported and would change",
        "{\"lora_dropout\": 0.05}|or give 0",
        "{\"optim\": \"sgd\"}|optim = \"sgd\" is not supported",
        "{\"max_prompt_length\": 512}|max_prompt_length = 512 is not supported",
        "{\"truncation_mode\": \"keep_end\"}|or give keep_start",
        "{\"sync_ref_model\": true}|sync_ref_model = true is not supported",
        "{\"rank_pattern\": {\"q_proj\": 4}}|rank_pattern = {\"q_proj\":4} is not supported",
        "{\"bf16\": true}|bf16 = true is not supported",
        "{\"max_length\": null}|max_length = null is not supported",
        "{\"train_sampling_strategy\": \"group_by_length\"}|none of random, sequential",
        "{\"lr_scheduler_type\": \"polynomial\"}|lr_scheduler = polynomial is none of",
        "{\"lr_scheduler_type\": \"constant\", \"warmup_steps\": 3}|give constant_with_warmup",
        "{\"warmup_ratio\": 1}|warmup_ratio must be in [0, 1)",
        "{\"warmup_steps\": 2.5}|warmup_steps must be a whole number, or a share",
        "{\"max_steps\": 0}|steps must be positive",
        "{\"max_steps\": 5, \"epochs\": 1}|steps and epochs exclude each other",
        "{\"adam_beta1\": 1}|adam_betas must be in [0, 1)",
        "{\"gradient_accumulation_steps\": 2}|needs per_device_train_batch_size",
        "{\"target_modules\": \".*q_proj\"}|target_modules must be some of",
        "{\"per_device_train_batch_size\": 2, \"gradient_accumulation_steps\": 2,"
            + " \"loss_type\": [\"sigmoid\", \"sft\"]}|not supported with the loss sft",
      })
  void whatWouldTrainOtherwiseIsRefused(String json, String message) {
    assertRefused(json, message);
  }

  @ParameterizedTest
  @CsvSource({
    "lora_rnk, lora_rank",
    "learningrate, learning_rate",
    "num_epochs, epochs",
    "num_train_epoch, num_train_epochs",
    "lora_dropuot, lora_dropout"
  })
  void theNearestNameIsGivenForAnUnknownOne(String unknown, String nearest) {
    assertRefused(
        "{\"%s\": 1}".formatted(unknown),
        "unknown settings: %s (nearest: %s)".formatted(unknown, nearest));
  }

  @Test
  void ourNamesAreNoneOfTheTranslatedOnes() throws Exception {
    ObjectNode written =
        (ObjectNode) new ObjectMapper().readTree(TrainConfigFile.write(TrainConfig.plain()));
    Set<String> theirs = TrlNames.all();

    written.fieldNames().forEachRemaining(name -> assertThat(theirs).doesNotContain(name));
  }

  private static TrainConfig read(String json) {
    return TrainConfigFile.read(json, TrainConfig.plain());
  }

  private static void assertRefused(String json, String message) {
    assertThatThrownBy(() -> read(json))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }
}
