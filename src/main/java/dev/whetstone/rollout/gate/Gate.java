package dev.whetstone.rollout.gate;

import dev.whetstone.engine.Completion;
import dev.whetstone.engine.Engine;
import dev.whetstone.engine.FinishReason;
import dev.whetstone.policy.Policy;
import dev.whetstone.rollout.gate.GateDataset.JudgedPair;
import dev.whetstone.rollout.gate.GateEngineClient.Text;
import dev.whetstone.rollout.gate.GateEvidence.Answers;
import dev.whetstone.rollout.gate.GateEvidence.Export;
import dev.whetstone.rollout.gate.GateEvidence.HeldOut;
import dev.whetstone.training.ValidationScores;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Measures a candidate beside the champion and the reference, through the engine that serves. */
public final class Gate {
  private final GateEngineClient engine;
  private final Policy base;
  private final GateDataset data;
  private final GateConfig config;
  private final int[] canary;

  /**
   * A gate of one base.
   *
   * @param base v0, the reference
   * @param canary token ids of the canary text, at least two
   */
  public Gate(Engine engine, Policy base, GateDataset data, GateConfig config, int[] canary) {
    this.engine = new GateEngineClient(engine);
    this.base = base;
    this.data = data;
    this.config = config;
    this.canary = canary.clone();
  }

  /**
   * Every criterion with its number.
   *
   * @param runId of the run that made the candidate, whose held-out pairs judge it; null judges by
   *     the newest votes
   * @throws IllegalStateException when the engine cannot answer
   */
  public List<CriterionResult> judge(Policy candidate, Policy champion, @Nullable String runId) {
    List<JudgedPair> pairs = runId == null ? data.newest(config.maxPairs()) : data.heldOut(runId);
    Margins reference = margins(base, pairs);
    Margins own = margins(candidate, pairs);
    Margins others = champion.isBase() ? reference : margins(champion, pairs);
    List<int[]> prompts = data.prompts(config.prompts());
    List<Completion> written = answers(candidate, prompts);
    return new GateCriteria(config.limits())
        .rows(
            new GateEvidence(
                new HeldOut(
                    own.over(reference, config.beta()), others.over(reference, config.beta())),
                figures(written),
                figures(answers(champion, prompts)),
                kl(prompts, written),
                canary(candidate),
                canary(base),
                export(pairs, own, reference)));
  }

  private List<Completion> answers(Policy policy, List<int[]> prompts) {
    return engine.answers(policy, prompts, config.answers(), config.maxTokens());
  }

  private static Answers figures(List<Completion> written) {
    return new Answers(
        written.stream().mapToDouble(answer -> answer.tokens().length).toArray(),
        (int) written.stream().filter(answer -> answer.reason() == FinishReason.STOP).count(),
        (int) written.stream().filter(answer -> answer.text().isBlank()).count());
  }

  private double[] kl(List<int[]> prompts, List<Completion> written) {
    List<Text> texts =
        IntStream.range(0, written.size())
            .mapToObj(i -> new Text(prompts.get(i / config.answers()), written.get(i).tokens()))
            .toList();
    List<float[]> reference = engine.scores(base, texts);
    return IntStream.range(0, written.size())
        .mapToDouble(i -> sum(written.get(i).logps()) - sum(reference.get(i)))
        .toArray();
  }

  private double canary(Policy policy) {
    Text text = new Text(Arrays.copyOf(canary, 1), Arrays.copyOfRange(canary, 1, canary.length));
    return sum(engine.scores(policy, List.of(text)).getFirst()) / (canary.length - 1);
  }

  /** Log-probs of the pairs under one policy. */
  private record Margins(List<float[]> chosen, List<float[]> rejected) {
    double[] over(Margins reference, double beta) {
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

  private Margins margins(Policy policy, List<JudgedPair> pairs) {
    return new Margins(
        engine.scores(
            policy, pairs.stream().map(pair -> new Text(pair.prompt(), pair.chosen())).toList()),
        engine.scores(
            policy, pairs.stream().map(pair -> new Text(pair.prompt(), pair.rejected())).toList()));
  }

  // What the adapter adds is compared, and not the log-probs: the int8 base's own difference from
  // the trainer's float32 is the same for every version and was measured at import.
  private static Optional<Export> export(List<JudgedPair> pairs, Margins own, Margins reference) {
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
            new Export(Arrays.stream(differences).average().orElseThrow(), differences.length));
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
