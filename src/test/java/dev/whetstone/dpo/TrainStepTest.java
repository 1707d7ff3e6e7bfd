package dev.whetstone.dpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.whetstone.dpo.config.TrainConfig;
import dev.whetstone.dpo.config.TrainConfigFile;
import dev.whetstone.dpo.config.TrainedWeights;
import dev.whetstone.dpo.data.MicroBatches;
import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.dpo.network.Network;
import dev.whetstone.dpo.network.NetworkSettings;
import dev.whetstone.dpo.network.Parameter;
import dev.whetstone.dpo.reference.ReferenceCache;
import dev.whetstone.dpo.reference.ReferenceLogProbs;
import dev.whetstone.testing.TestModels;
import dev.whetstone.weights.ModelDirectory;
import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What must not change the gradient of an update, and what must prevent the update. */
@Tag("slow")
class TrainStepTest {
  private static final NetworkSettings EXACT = NetworkSettings.exact(2);

  @ParameterizedTest
  @ValueSource(strings = {"\"sigmoid\"", "\"aot\"", "\"aot_unpaired\"", "\"sft\""})
  void howABatchIsCutDoesNotMatter(String loss) throws IOException {
    String settings = "{\"loss_type\": %s, \"token_budget\": %d}";
    float[] whole = gradient(EXACT, settings.formatted(loss, 10_000));
    float[] cut = gradient(EXACT, settings.formatted(loss, 1));

    assertThat(cut).containsExactly(whole, within(1e-6f));
  }

  @Test
  void recomputedActivationsGiveTheSameBits() throws IOException {
    NetworkSettings frugal =
        new NetworkSettings(2, EXACT.arithmetic(), true, EXACT.vocabularySlice());

    assertThat(gradient(frugal, "{}")).isEqualTo(gradient(EXACT, "{}"));
  }

  @Test
  void aLossThatIsNoNumberNamesThePair() throws IOException {
    try (Fixture fixture = new Fixture(EXACT, "{}")) {
      fixture.parameters.getFirst().values()[0] = Float.NaN;
      fixture.network.upload();

      assertThatThrownBy(fixture::update)
          .isInstanceOf(DivergedException.class)
          .hasMessageContaining("pair-0");
    }
  }

  private static float[] gradient(NetworkSettings network, String settings) throws IOException {
    try (Fixture fixture = new Fixture(network, settings)) {
      fixture.update();
      int size = fixture.parameters.stream().mapToInt(p -> p.gradient().length).sum();
      float[] all = new float[size];
      int to = 0;
      for (Parameter parameter : fixture.parameters) {
        System.arraycopy(parameter.gradient(), 0, all, to, parameter.gradient().length);
        to += parameter.gradient().length;
      }
      return all;
    }
  }

  /** A train step whose adapter differs from its initial one; its learning rate is 0. */
  private static final class Fixture implements AutoCloseable {
    final Network network;
    final List<Parameter> parameters;
    final TrainStep trainStep;
    final List<TokenPair> batch;

    Fixture(NetworkSettings settings, String changed) throws IOException {
      ModelDirectory model = TestModels.tiny();
      TrainConfig config =
          TrainConfigFile.read(
              changed, TrainConfigFile.read("{\"max_grad_norm\": 0}", TrainConfig.plain()));
      batch = GoldenRun.read("train-losses").pairs().subList(0, 2);
      network = Network.open(model, settings);
      parameters =
          switch (config.weights()) {
            case TrainedWeights.Lora lora -> network.adapt(LoraInit.of(model.config(), lora, 1));
            case TrainedWeights.All _ -> network.unfreeze();
          };
      ReferenceLogProbs references =
          ReferenceLogProbs.loadOrCompute(
              "base",
              MicroBatches.split(batch, 10_000),
              network,
              ReferenceCache.NONE,
              ReferenceCache.NONE,
              done -> {});
      trainStep = new TrainStep(network, parameters, config, references);
      SplittableRandom random = new SplittableRandom(2);
      for (Parameter parameter : parameters) {
        for (int i = 0; i < parameter.values().length; i++) {
          parameter.values()[i] += (float) random.nextDouble(-0.02, 0.02);
        }
      }
      network.upload();
    }

    void update() {
      trainStep.update(1, batch, 0);
    }

    @Override
    public void close() {
      network.close();
    }
  }
}
