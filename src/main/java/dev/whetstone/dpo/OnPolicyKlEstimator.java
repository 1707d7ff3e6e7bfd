package dev.whetstone.dpo;

import dev.whetstone.dpo.config.BatchConfig;
import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.dpo.evaluation.KlEstimate;
import dev.whetstone.dpo.network.Network;
import dev.whetstone.dpo.network.PromptCompletions;
import dev.whetstone.weights.ModelConfig;
import java.nio.IntBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Estimates KL(π ‖ π_ref) by its definition, over answers that the policy itself writes. The
 * recorded answers cannot tell how far the policy moves to answers that no pair contains.
 *
 * @param prompts to answer, round robin
 * @param maxTokens of an answer
 * @param batchSize answers that are sampled at once
 * @param answers number of answers. The few with a very large divergence decide the mean, so many
 *     are needed to see how frequent they are: 256 of the demo's policy leave an error of 1.5 nats
 * @param temperature of the sampling; the divergences are those of the whole distributions
 * @param seed of the sampling, the same at every look
 */
record OnPolicyKlEstimator(
    List<int[]> prompts, int maxTokens, int batchSize, int answers, double temperature, long seed) {
  /** Tokens of an answer; the gate has the same maximum. */
  private static final int MAX_TOKENS = 96;

  private static final int MAX_BATCH = 32;

  /** Tokens of a batch; without gradients its activations take no memory worth mentioning. */
  private static final int BATCH_TOKENS = 4_096;

  private static final int MAX_ANSWERS = 256;

  /**
   * The number for a large model. Each answer is decoded and then scored by policy and reference,
   * so that sixteen take about half the time of six updates of eight pairs, whatever the model's
   * size. If one answer in twenty has a very large divergence, sixteen contain none in 44 cases of
   * 100, 256 in no case.
   */
  private static final int MIN_ANSWERS = 16;

  /** Weights times tokens of all answers, at most, above the minimum number: some seconds. */
  private static final double WORK = 1e11;

  OnPolicyKlEstimator {
    prompts = List.copyOf(prompts);
  }

  /**
   * An estimator over the distinct prompts, first those of validation pairs. Its answers are no
   * longer than the longest recorded one, because users are shown no longer ones.
   */
  static OnPolicyKlEstimator of(
      List<TokenPair> validation,
      List<TokenPair> train,
      BatchConfig config,
      double temperature,
      ModelConfig base) {
    List<int[]> prompts =
        Stream.of(validation, train)
            .flatMap(List::stream)
            .map(pair -> IntBuffer.wrap(pair.prompt()))
            .distinct()
            .limit(MAX_ANSWERS)
            .map(IntBuffer::array)
            .toList();
    int longestPrompt = prompts.stream().mapToInt(ids -> ids.length).max().orElseThrow();
    int longestAnswer =
        Stream.of(validation, train)
            .flatMap(List::stream)
            .mapToInt(pair -> Math.max(pair.chosen().length, pair.rejected().length))
            .max()
            .orElseThrow();
    int maxTokens =
        Math.clamp(base.contextLength() - longestPrompt, 1, Math.min(MAX_TOKENS, longestAnswer));
    int affordable = (int) Math.min(MAX_ANSWERS, WORK / maxTokens / weights(base));
    return new OnPolicyKlEstimator(
        prompts,
        maxTokens,
        Math.clamp(BATCH_TOKENS / (longestPrompt + maxTokens), 1, MAX_BATCH),
        Math.max(MIN_ANSWERS, affordable),
        temperature,
        config.seed());
  }

  /** The same with a quarter of the answers, for a look in the middle of a run. */
  OnPolicyKlEstimator quick() {
    int fewer = Math.min(answers, Math.max(MIN_ANSWERS, answers / 4));
    return new OnPolicyKlEstimator(prompts, maxTokens, batchSize, fewer, temperature, seed);
  }

  private static double weights(ModelConfig base) {
    double width = base.hiddenSize();
    double layer = width * (4 * width + 3.0 * base.activeIntermediateSize());
    return base.layers() * layer + base.vocabularySize() * width;
  }

  /**
   * The KL in nats an answer: of each answer the sum over its tokens of the KL between the whole
   * next-token distributions. At temperature 1 it has the same mean as log π − log π_ref, and less
   * variance. An answer that does not end is cut.
   *
   * <p>Two policies are measured with the same random numbers, which quiets their difference.
   */
  KlEstimate kl(Network network) {
    RandomGenerator random = new SplittableRandom(seed);
    double[] nats = new double[answers];
    int done = 0;
    for (int from = 0; from < answers; from += batchSize) {
      int[] batch =
          IntStream.range(from, Math.min(answers, from + batchSize))
              .map(i -> i % prompts.size())
              .toArray();
      List<int[]> batchPrompts = Arrays.stream(batch).mapToObj(prompts::get).toList();
      for (double answer :
          divergences(
              network, batch, network.sample(batchPrompts, maxTokens, temperature, random))) {
        nats[done++] = answer;
      }
    }
    return KlEstimate.of(nats);
  }

  /**
   * The divergence of each sampled answer, in nats.
   *
   * @param batch index of the prompt of each answer; the network reads each prompt once
   */
  private double[] divergences(Network network, int[] batch, List<int[]> sampled) {
    List<PromptCompletions> rows =
        Arrays.stream(batch)
            .distinct()
            .mapToObj(
                prompt ->
                    new PromptCompletions(
                        prompts.get(prompt),
                        IntStream.range(0, batch.length)
                            .filter(i -> batch[i] == prompt)
                            .mapToObj(sampled::get)
                            .toList()))
            .toList();
    return Arrays.stream(network.klDivergences(rows))
        .mapToDouble(tokens -> IntStream.range(0, tokens.length).mapToDouble(t -> tokens[t]).sum())
        .toArray();
  }
}
