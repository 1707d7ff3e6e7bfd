package dev.whetstone.dpo;

import dev.whetstone.dpo.config.TrainConfig;
import dev.whetstone.dpo.config.TrainConfigFile;
import dev.whetstone.dpo.config.TrainedWeights;
import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.dpo.network.HeldArrays;
import dev.whetstone.dpo.network.Network;
import dev.whetstone.dpo.network.NetworkSettings;
import dev.whetstone.dpo.network.Parameter;
import dev.whetstone.dpo.reference.ReferenceCache;
import dev.whetstone.dpo.reference.ReferenceLogProbs;
import dev.whetstone.weights.ModelDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/** A process that makes updates and prints its memory after each. */
final class SoakedRun {
  private static final int MAX_LENGTH = 48;

  private SoakedRun() {}

  /** Arguments: the model's directory, how many updates. */
  public static void main(String... arguments) throws IOException {
    ModelDirectory model = ModelDirectory.open(Path.of(arguments[0]));
    TrainConfig config = TrainConfigFile.read("{\"lora_rank\": 16}", TrainConfig.plain());
    Random random = new Random(5);
    try (Network network = Network.open(model, NetworkSettings.exact(2))) {
      List<Parameter> parameters =
          network.adapt(LoraInit.of(model.config(), (TrainedWeights.Lora) config.weights(), 1));
      for (int step = 1; step <= Integer.parseInt(arguments[1]); step++) {
        // The longest pair comes first, so that later ones reuse its memory.
        List<TokenPair> batch =
            List.of(step == 1 ? pair(random, MAX_LENGTH) : pair(random, 8 + random.nextInt(40)));
        ReferenceLogProbs references =
            ReferenceLogProbs.loadOrCompute(
                "base",
                List.of(batch),
                network,
                ReferenceCache.NONE,
                ReferenceCache.NONE,
                done -> {});
        var _ = new TrainStep(network, parameters, config, references).update(step, batch, 1e-5);
        System.out.printf("%d %d%n", resident(), HeldArrays.of(network));
      }
    }
  }

  private static TokenPair pair(Random random, int length) {
    return new TokenPair("pair", ids(random, length), ids(random, length), ids(random, length), 1);
  }

  private static int[] ids(Random random, int length) {
    return random.ints(length, 3, 500).toArray();
  }

  /** Resident memory in kB. */
  private static long resident() throws IOException {
    String line =
        Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(l -> l.startsWith("VmRSS:"))
            .findFirst()
            .orElseThrow();
    return Long.parseLong(line.replaceAll("\\D", ""));
  }
}
