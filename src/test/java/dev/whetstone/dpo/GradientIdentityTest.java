package dev.whetstone.dpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.whetstone.dpo.config.TrainConfig;
import dev.whetstone.dpo.config.TrainConfigFile;
import dev.whetstone.dpo.config.TrainedWeights;
import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.dpo.network.Network;
import dev.whetstone.dpo.network.NetworkSettings;
import dev.whetstone.dpo.network.Parameter;
import dev.whetstone.dpo.reference.ReferenceCache;
import dev.whetstone.dpo.reference.ReferenceLogProbs;
import dev.whetstone.io.Sha256;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.testing.LlamaOracle;
import dev.whetstone.testing.TestModels;
import dev.whetstone.weights.HuggingFaceConfig;
import dev.whetstone.weights.MemoryTensors;
import dev.whetstone.weights.ModelConfig;
import dev.whetstone.weights.ModelDirectory;
import dev.whetstone.weights.SafetensorsWriter;
import dev.whetstone.weights.SmallModels;
import dev.whetstone.weights.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Compares the network with the plain oracle, for every kind of model: its log-probs, and the
 * identity {@code ∇ log σ(r_w - r_l) = β σ(r_l - r_w) (∇ log π_w - ∇ log π_l)} (Rafailov et al.
 * 2023, section 4) whose right side is taken from the oracle by central differences in double
 * precision.
 */
@Tag("slow")
class GradientIdentityTest {
  private static final double BETA = 0.3;
  private static final String LORA = "{\"lora_rank\": 4, \"lora_alpha\": 8, %s}";
  private static final String ALL = "{\"full_fine_tuning\": true, %s}";
  private static final String LOSS = "\"beta\": 0.3, \"max_grad_norm\": 0, \"token_budget\": 40";

  @TempDir Path folder;

  static Stream<Arguments> subjects() {
    return Stream.of("tiny", "llama", "mistral", "qwen2", "stretched")
        .flatMap(kind -> Stream.of(Arguments.of(kind, LORA), Arguments.of(kind, ALL)));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("subjects")
  void theGradientOfTheLossIsTheIdentitys(String kind, String settings) throws IOException {
    try (Subject subject = new Subject(model(kind), settings.formatted(LOSS))) {
      float[][] gradient = subject.gradient();
      double length = Math.sqrt(Stream.of(gradient).mapToDouble(g -> dot(g, g)).sum());
      for (double step : new double[] {5e-5, 1e-5}) {
        float[][] ahead = subject.moved(gradient, step / length);
        float[][] behind = subject.moved(gradient, -step / length);
        // The change that remains of the step after rounding to float32.
        double predicted = 0;
        for (int i = 0; i < gradient.length; i++) {
          for (int j = 0; j < gradient[i].length; j++) {
            predicted += gradient[i][j] * ((double) ahead[i][j] - behind[i][j]);
          }
        }

        double lossChange = subject.loss(ahead) - subject.loss(behind);
        double identity = -BETA * subject.sigmaOfRejected() * subject.logRatioChange(ahead, behind);

        assertThat(lossChange).isGreaterThan(1e-6);
        assertThat(predicted).isCloseTo(lossChange, within(1e-4 * lossChange));
        assertThat(predicted).isCloseTo(identity, within(1e-4 * lossChange));
      }
    }
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("subjects")
  void theLogProbsAreTheOracles(String kind, String settings) throws IOException {
    try (Subject subject = new Subject(model(kind), settings.formatted(LOSS))) {
      float[][] ours =
          subject
              .network
              .policyScores(List.of(ReferenceLogProbs.promptCompletions(subject.pair)))
              .logps();

      double[] chosen = subject.oracle(subject.values(), subject.pair.chosen());
      double[] rejected = subject.oracle(subject.values(), subject.pair.rejected());

      assertThat(ReferenceLogProbs.toDoubles(ours[0])).containsExactly(chosen, within(1e-4));
      assertThat(ReferenceLogProbs.toDoubles(ours[1])).containsExactly(rejected, within(1e-4));
    }
  }

  private ModelDirectory model(String kind) throws IOException {
    return switch (kind) {
      case "tiny" -> TestModels.tiny();
      case "llama" -> small(SmallModels.llama());
      case "stretched" -> small(SmallModels.stretched());
      default -> small(SmallModels.withOwnHead(kind));
    };
  }

  private ModelDirectory small(ModelConfig config) throws IOException {
    Files.writeString(folder.resolve("config.json"), HuggingFaceConfig.write(config));
    SafetensorsWriter.write(
        folder.resolve(ModelDirectory.WEIGHTS), SmallModels.tensors(config, 3), Map.of());
    Path weights = folder.resolve(ModelDirectory.WEIGHTS);
    Files.writeString(
        folder.resolve(ModelDirectory.MANIFEST),
        "{\"files\": {\"%s\": \"%s\"}}".formatted(ModelDirectory.WEIGHTS, Sha256.of(weights)));
    return ModelDirectory.open(folder);
  }

  private static double dot(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }

  /** A policy that differs from the reference, one pair, and the oracle's log-probs of both. */
  private static final class Subject implements AutoCloseable {
    final ModelDirectory model;
    final Network network;
    final TokenPair pair;
    private final Tensors base;
    private final TrainConfig config;
    private final List<Parameter> parameters;
    private final TrainStep trainStep;

    Subject(ModelDirectory model, String settings) throws IOException {
      this.model = model;
      this.base = model.weights();
      this.config = TrainConfigFile.read(settings, TrainConfig.plain());
      this.network = Network.open(model, NetworkSettings.exact(2));
      Random random = new Random(11);
      int words = model.config().vocabularySize();
      this.pair =
          new TokenPair(
              "pair",
              random.ints(9, 0, words).toArray(),
              random.ints(12, 0, words).toArray(),
              random.ints(7, 0, words).toArray(),
              1);
      this.parameters =
          switch (config.weights()) {
            case TrainedWeights.Lora lora -> network.adapt(LoraInit.of(model.config(), lora, 1));
            case TrainedWeights.All _ -> network.unfreeze();
          };
      ReferenceLogProbs references =
          ReferenceLogProbs.loadOrCompute(
              model.hash(),
              List.of(List.of(pair)),
              network,
              ReferenceCache.NONE,
              ReferenceCache.NONE,
              done -> {});
      this.trainStep = new TrainStep(network, parameters, config, references);
      perturb(new SplittableRandom(2));
    }

    private void perturb(SplittableRandom random) {
      for (Parameter parameter : parameters) {
        for (int i = 0; i < parameter.values().length; i++) {
          parameter.values()[i] += (float) random.nextDouble(-0.03, 0.03);
        }
      }
      network.upload();
    }

    float[][] values() {
      return parameters.stream().map(p -> p.values().clone()).toArray(float[][]::new);
    }

    /** The gradient of the loss as the network computes it. */
    float[][] gradient() {
      trainStep.update(1, List.of(pair), 0);
      return parameters.stream().map(p -> p.gradient().clone()).toArray(float[][]::new);
    }

    float[][] moved(float[][] direction, double factor) {
      float[][] moved = values();
      for (int i = 0; i < direction.length; i++) {
        for (int j = 0; j < direction[i].length; j++) {
          moved[i][j] = (float) (moved[i][j] + factor * direction[i][j]);
        }
      }
      return moved;
    }

    double loss(float[][] values) {
      return Math.log1p(Math.exp(-BETA * margin(values)));
    }

    /** σ(r_l - r_w) of the current policy. */
    double sigmaOfRejected() {
      return 1 / (1 + Math.exp(BETA * margin(values())));
    }

    /** The difference of log π_w - log π_l between two policies. */
    double logRatioChange(float[][] ahead, float[][] behind) {
      return margin(ahead) - margin(behind);
    }

    private double margin(float[][] values) {
      return sum(oracle(values, pair.chosen()))
          - sum(reference(pair.chosen()))
          - sum(oracle(values, pair.rejected()))
          + sum(reference(pair.rejected()));
    }

    private double[] reference(int[] completion) {
      return new LlamaOracle(model.config(), base).logps(pair.prompt(), completion, null);
    }

    double[] oracle(float[][] values, int[] completion) {
      return switch (config.weights()) {
        case TrainedWeights.Lora lora -> oracle(base, adapter(lora, values), completion);
        case TrainedWeights.All _ -> oracle(weights(values), null, completion);
      };
    }

    private double[] oracle(Tensors tensors, @Nullable LoraAdapter adapter, int[] completion) {
      return new LlamaOracle(model.config(), tensors).logps(pair.prompt(), completion, adapter);
    }

    private LoraAdapter adapter(TrainedWeights.Lora lora, float[][] values) {
      TreeMap<String, LoraAdapter.Module> modules = new TreeMap<>();
      List<String> names = new ArrayList<>(network.adapter().modules().keySet());
      for (int i = 0; i < names.size(); i++) {
        LoraAdapter.Module sizes =
            Objects.requireNonNull(network.adapter().modules().get(names.get(i)));
        modules.put(
            names.get(i),
            new LoraAdapter.Module(sizes.in(), sizes.out(), values[2 * i], values[2 * i + 1]));
      }
      return new LoraAdapter(lora.rank(), lora.alpha(), modules);
    }

    private Tensors weights(float[][] values) {
      Map<String, MemoryTensors.Values> tensors = new HashMap<>();
      for (int i = 0; i < values.length; i++) {
        Parameter parameter = parameters.get(i);
        tensors.put(parameter.name(), new MemoryTensors.Values(values[i], parameter.shape()));
      }
      return new MemoryTensors(tensors);
    }

    private static double sum(double[] values) {
      return DoubleStream.of(values).sum();
    }

    @Override
    public void close() throws IOException {
      network.close();
      base.close();
    }
  }
}
