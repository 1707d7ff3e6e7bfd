package dev.whetstone.settings;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.engine.EngineConfig;
import dev.whetstone.rollout.RolloutConfig;
import dev.whetstone.serving.ServingConfig;
import dev.whetstone.training.worker.TrainerConfig;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RenamedSettingsTest {
  @Test
  void anOldNameSetsTheNewSetting() {
    SmallRyeConfig config =
        config(
            Map.of(
                "whetstone.engine.redraws", "7",
                "whetstone.rollout.poll", "PT9S",
                "whetstone.rollout.gate.longest", "3"),
            Map.of());

    assertThat(config.getConfigMapping(EngineConfig.class).resamples()).isEqualTo(7);
    assertThat(config.getConfigMapping(ServingConfig.class).poll())
        .isEqualTo(Duration.ofSeconds(9));
    RolloutConfig rollout = config.getConfigMapping(RolloutConfig.class);
    assertThat(rollout.gate().maxLengthRatio()).isEqualTo(3);
    assertThat(rollout.gate().minLengthRatio()).isEqualTo(0.5);
  }

  @Test
  void anOldNameMayStandInTheEnvironment() {
    SmallRyeConfig config =
        config(Map.of(), Map.of("WHETSTONE_ROLLOUT_DUEL_LEAST_COMPLETIONS", "5"));

    assertThat(config.getConfigMapping(RolloutConfig.class).duel().minCompletions()).isEqualTo(5);
  }

  @Test
  void theNewNameWinsOverTheOldOneOfTheSameSource() {
    SmallRyeConfig config =
        config(
            Map.of("whetstone.engine.redraws", "7", "whetstone.engine.resamples", "2"), Map.of());

    assertThat(config.getConfigMapping(EngineConfig.class).resamples()).isEqualTo(2);
  }

  @Test
  void everyOldNameThatIsSetGetsAWarning() {
    SmallRyeConfig config =
        config(
            Map.of("whetstone.engine.redraws", "7", "whetstone.engine.slots", "3"),
            Map.of("WHETSTONE_TRAINER_MOST_PAIRS", "100"));

    assertThat(RenamedSettings.warnings(config))
        .containsExactly(
            "the setting whetstone.engine.redraws is now called whetstone.engine.resamples; the old"
                + " name goes with the next release",
            "the setting whetstone.trainer.most-pairs is now called whetstone.trainer.max-pairs;"
                + " the old name goes with the next release");
  }

  /** The window of versions took every vote out of a run after a promotion; it is gone. */
  @Test
  void aSettingWithoutEffectGetsAWarningAndEndsNoStart() {
    SmallRyeConfig config =
        config(Map.of("whetstone.trainer.window", "3"), Map.of("WHETSTONE_TRAINER_REPLAY", "0"));

    assertThat(config.getConfigMapping(TrainerConfig.class).votes()).isEqualTo(40);
    assertThat(RenamedSettings.warnings(config))
        .hasSize(2)
        .allMatch(warning -> warning.contains("has no effect any more"));
  }

  private static SmallRyeConfig config(
      Map<String, String> properties, Map<String, String> environment) {
    return new SmallRyeConfigBuilder()
        .addDefaultInterceptors()
        .withInterceptors(new RenamedSettings())
        .withConverter(
            io.quarkus.runtime.configuration.MemorySize.class,
            100,
            new io.quarkus.runtime.configuration.MemorySizeConverter())
        .withMapping(EngineConfig.class)
        .withMapping(ServingConfig.class)
        .withMapping(RolloutConfig.class)
        .withSources(
            new PropertiesConfigSource(properties, "test", 100),
            new EnvConfigSource(environment, 300))
        .withMapping(TrainerConfig.class)
        .build();
  }
}
