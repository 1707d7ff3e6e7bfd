package dev.whetstone.dpo.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.dpo.GoldenRun;
import dev.whetstone.dpo.Trainer;
import dev.whetstone.dpo.TrainerOptions;
import dev.whetstone.dpo.TrainingJob;
import dev.whetstone.dpo.TrainingListener;
import dev.whetstone.dpo.evaluation.StepMetrics;
import dev.whetstone.dpo.network.NetworkSettings;
import dev.whetstone.dpo.reference.ReferenceCache;
import dev.whetstone.dpo.torch.Arithmetic;
import dev.whetstone.testing.TestModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Training with bfloat16 products, and the measured choice between the two. */
@Tag("slow")
class ComputeDtypeTest {
  @TempDir Path folder;

  @Test
  void roundedProductsTrainLikeExactOnes() throws IOException {
    Steps exact = train("float32", "exact", 4);
    Steps rounded = train("bfloat16", "rounded", 4);

    assertThat(exact.speeds).isEmpty();
    assertThat(exact.losses.getLast()).isLessThan(exact.losses.getFirst());
    for (int i = 0; i < 4; i++) {
      assertThat(rounded.losses.get(i)).isCloseTo(exact.losses.get(i), within(0.02));
    }
    assertThat(arithmetic("rounded")).isEqualTo("BFLOAT16");
  }

  @Test
  void theFasterIsMeasuredOnceAndKept() throws IOException {
    Steps first = train("auto", "auto", 2);
    Steps resumed = train("auto", "auto", 4);

    assertThat(first.speeds).hasSize(1);
    assertThat(first.speeds.getFirst().float32()).isPositive();
    assertThat(resumed.speeds).isEmpty();
    assertThat(first.losses).hasSize(2);
    assertThat(resumed.losses).hasSize(2);
    assertThat(arithmetic("auto")).isEqualTo(first.speeds.getFirst().faster().name());
  }

  @ParameterizedTest
  @CsvSource({"100, 131, BFLOAT16", "100, 129, FLOAT32", "100, 0, FLOAT32"})
  void bfloat16IsChosenWhereItIsClearlyFaster(double float32, double bfloat16, Arithmetic chosen) {
    assertThat(new NetworkSettings.MatmulSpeed(float32, bfloat16).faster()).isEqualTo(chosen);
  }

  private String arithmetic(String run) throws IOException {
    Path manifest = folder.resolve(run).resolve("manifest.json");
    return new ObjectMapper().readTree(Files.readString(manifest)).path("arithmetic").asText();
  }

  /** Starts or resumes a run and cancels it at an update; the fourth is its last. */
  private Steps train(String dtype, String run, int until) throws IOException {
    Steps steps = new Steps(until);
    TrainerOptions settings =
        new TrainerOptions(
            NetworkSettings.exact(2),
            Duration.ZERO,
            ReferenceCache.NONE,
            InstantSource.system(),
            "test");
    TrainingJob job =
        new TrainingJob(
            TestModels.tiny(),
            GoldenRun.read("train-tiny-sigmoid").pairs().subList(0, 32),
            List.of(),
            TrainConfigFile.read(
                """
                {"base_dtype": "%s", "steps": 4, "lora_rank": 8, "learning_rate": 0.001}
                """
                    .formatted(dtype),
                TrainConfig.plain()),
            null,
            folder.resolve(run),
            true);
    var _ = new Trainer(settings).run(job, steps);
    return steps;
  }

  private static final class Steps implements TrainingListener {
    final List<Double> losses = new ArrayList<>();
    final List<NetworkSettings.MatmulSpeed> speeds = new ArrayList<>();
    private final int until;
    private int step;

    Steps(int until) {
      this.until = until;
    }

    @Override
    public void onStep(StepMetrics metrics) {
      step = metrics.step();
      losses.add(metrics.loss());
    }

    @Override
    public void onSpeedMeasured(NetworkSettings.MatmulSpeed speed) {
      speeds.add(speed);
    }

    @Override
    public boolean isCancelled() {
      return step == until;
    }
  }
}
