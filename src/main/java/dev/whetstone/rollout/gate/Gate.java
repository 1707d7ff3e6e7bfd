package dev.whetstone.rollout.gate;

import dev.whetstone.engine.Completion;
import dev.whetstone.engine.Engine;
import dev.whetstone.engine.FinishReason;
import dev.whetstone.policy.Policy;
import dev.whetstone.rollout.gate.GateDataset.ValidationPair;
import dev.whetstone.rollout.gate.GateEngineClient.Text;
import dev.whetstone.rollout.gate.GateEvidence.Answers;
import dev.whetstone.rollout.gate.GateEvidence.ExportDifference;
import dev.whetstone.rollout.gate.GateEvidence.ValidationMargins;
import dev.whetstone.training.ValidationScores;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Measures a candidate, the champion and the reference through the engine that serves, and applies
 * {@link GateCriteria}.
 */
public final class Gate {
  private final GateEngineClient engine;
  private final Policy base;
  private final GateDataset data;
  private final GateConfig config;
  private final int[] probe;

  /**
   * Creates the gate of one base model.
   *
   * @param base v0, which is the reference
   * @param probe token ids of the probe text, at least two
   */
  public Gate(Engine engine, Policy base, GateDataset data, GateConfig config, int[] probe) {
    this.engine = new GateEngineClient(engine);
    this.base = base;
    this.data = data;
    this.config = config;
    this.probe = probe.clone();
  }

  /**
   * Measures a candidate; returns one result a criterion.
   *
   * @param runId the run that made the candidate, whose validation pairs are used; null for the
   *     pairs of the newest votes
   * @throws IllegalStateException when the engine fails or the thread is interrupted
   */
  public List<CriterionResult> measure(Policy candidate, Policy champion, @Nullable String runId) {
    List<ValidationPair> pairs =
        runId == null ? data.newestPairs(config.maxPairs()) : data.validationPairs(runId);
    PairLogProbs reference = score(base, pairs);
    PairLogProbs own = score(candidate, pairs);
    PairLogProbs other = champion.isBase() ? reference : score(champion, pairs);
    List<int[]> prompts = data.newestPrompts(config.prompts());
    List<Completion> answers = sample(candidate, prompts);
    return new GateCriteria(config.limits())
        .evaluate(
            new GateEvidence(
                new ValidationMargins(
                    own.rewardMargins(reference, config.beta()),
                    other.rewardMargins(reference, config.beta())),
                statistics(answers),
                statistics(sample(champion, prompts)),
                logRatios(prompts, answers),
                probeLogProb(candidate),
                probeLogProb(base),
                exportDifference(pairs, own, reference)));
  }

  private List<Completion> sample(Policy policy, List<int[]> prompts) {
    return engine.sample(policy, prompts, config.answers(), config.maxTokens());
  }

  private static Answers statistics(List<Completion> answers) {
    return new Answers(
        answers.stream().mapToDouble(answer -> answer.tokens().length).toArray(),
        (int) answers.stream().filter(answer -> answer.reason() == FinishReason.STOP).count(),
        (int) answers.stream().filter(answer -> answer.text().isBlank()).count());
  }

  private double[] logRatios(List<int[]> prompts, List<Completion> answers) {
    List<Text> texts =
        IntStream.range(0, answers.size())
            .mapToObj(i -> new Text(prompts.get(i / config.answers()), answers.get(i).tokens()))
            .toList();
    List<float[]> reference = engine.logProbs(base, texts);
    return IntStream.range(0, answers.size())
        .mapToDouble(i -> sum(answers.get(i).logps()) - sum(reference.get(i)))
        .toArray();
  }

  private double probeLogProb(Policy policy) {
    Text text = new Text(Arrays.copyOf(probe, 1), Arrays.copyOfRange(probe, 1, probe.length));
    return sum(engine.logProbs(policy, List.of(text)).getFirst()) / (probe.length - 1);
  }

  /** Log-probs per token of the pairs under one policy. */
  private record PairLogProbs(List<float[]> chosen, List<float[]> rejected) {
    double[] rewardMargins(PairLogProbs reference, double beta) {
      return IntStream.range(0, chosen.size())
          .mapToDouble(
              i ->
                  beta
                      * (sum(chosen.get(i))
                          - sum(reference.chosen.get(i))
                          - sum(rejected.get(i))
                          + sum(reference.rejected.get(i))))
          .toArray();
    }
  }

  private PairLogProbs score(Policy policy, List<ValidationPair> pairs) {
    return new PairLogProbs(
        engine.logProbs(
            policy, pairs.stream().map(pair -> new Text(pair.prompt(), pair.chosen())).toList()),
        engine.logProbs(
            policy, pairs.stream().map(pair -> new Text(pair.prompt(), pair.rejected())).toList()));
  }

  // Compares what the adapter adds, not the log-probs: the difference of the int8 base from the
  // trainer's float32 is the same for every version and was measured at import.
  private static Optional<ExportDifference> exportDifference(
      List<ValidationPair> pairs, PairLogProbs own, PairLogProbs reference) {
    double[] differences =
        IntStream.range(0, pairs.size())
            .boxed()
            .flatMap(
                i -> {
                  ValidationScores trainer = pairs.get(i).trainer();
                  return trainer == null
                      ? Stream.empty()
                      : Stream.of(
                          differences(
                              own.chosen.get(i),
                              reference.chosen.get(i),
                              trainer.chosenPolicy(),
                              trainer.chosenReference()),
                          differences(
                              own.rejected.get(i),
                              reference.rejected.get(i),
                              trainer.rejectedPolicy(),
                              trainer.rejectedReference()));
                })
            .flatMapToDouble(Arrays::stream)
            .toArray();
    return differences.length == 0
        ? Optional.empty()
        : Optional.of(
            new ExportDifference(
                Arrays.stream(differences).average().orElseThrow(), differences.length));
  }

  private static double[] differences(
      float[] own, float[] reference, float[] trainerOwn, float[] trainerReference) {
    if (own.length != trainerOwn.length) {
      return new double[] {Double.NaN};
    }
    return IntStream.range(0, own.length)
        .mapToDouble(
            t ->
                Math.abs(
                    (double) own[t]
                        - reference[t]
                        - ((double) trainerOwn[t] - trainerReference[t])))
        .toArray();
  }

  private static double sum(float[] logps) {
    double sum = 0;
    for (float logp : logps) {
      sum += logp;
    }
    return sum;
  }
}
