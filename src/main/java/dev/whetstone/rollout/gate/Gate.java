package dev.whetstone.rollout.gate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.whetstone.dpo.evaluation.KlEstimate;
import dev.whetstone.dpo.loss.Logistic;
import dev.whetstone.engine.Completion;
import dev.whetstone.engine.Engine;
import dev.whetstone.engine.FinishReason;
import dev.whetstone.policy.Policy;
import dev.whetstone.rollout.changes.GateAnswer;
import dev.whetstone.rollout.evidence.ScoreEvidence;
import dev.whetstone.rollout.evidence.TrimmedMean;
import dev.whetstone.rollout.gate.GateDataset.JudgedPair;
import dev.whetstone.rollout.gate.GateDataset.LoggedPrompt;
import dev.whetstone.rollout.gate.GateDataset.ScoredPair;
import dev.whetstone.rollout.gate.GateEngineClient.Text;
import dev.whetstone.rollout.gate.GateEvidence.Answers;
import dev.whetstone.rollout.gate.GateEvidence.BrokenChecks;
import dev.whetstone.rollout.gate.GateEvidence.ExportDifference;
import dev.whetstone.rollout.gate.GateEvidence.Kl;
import dev.whetstone.rollout.gate.GateEvidence.Margins;
import dev.whetstone.rollout.gate.GateEvidence.Probe;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Measures a candidate, the champion and the reference through the engine that serves, and applies
 * {@link GateCriteria}. What does not fit into a slot of the engine is left out.
 */
public final class Gate {
  private static final double TRIMMED_SHARE = 0.02;

  /** Share of answers beyond 30 nats that is no cause for alarm, as for the trainer. */
  private static final double USUAL_TAIL = 0.02;

  private static final int MIN_ANSWER = 8;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final GateEngineClient engine;
  private final int slotLength;
  private final Policy base;
  private final GateDataset data;
  private final GateConfig config;
  private final int[] probe;
  private final OperatorChecks checks;

  /**
   * Creates the gate of one base model.
   *
   * @param base v0, which is the reference
   * @param probe token ids of the probe text, at least two
   */
  public Gate(
      Engine engine,
      Policy base,
      GateDataset data,
      GateConfig config,
      int[] probe,
      OperatorChecks checks) {
    this.engine = new GateEngineClient(engine);
    this.slotLength = engine.slotLength();
    this.base = base;
    this.data = data;
    this.config = config;
    this.probe = probe.clone();
    this.checks = checks;
  }

  /** How many votes there are to judge by. */
  public int judgedVotes(Instant championSince) {
    return data.judgedVotes(championSince);
  }

  /** The next votes of the gate part that a comparison has not taken yet, oldest first. */
  public List<JudgedPair> untaken(String comparison, Instant since, Instant until) {
    return data.untaken(comparison, since, until, slotLength, config.maxPairs());
  }

  /** How much better the candidate predicts each vote than the champion, in Brier scores. */
  public double[] gains(Policy candidate, Policy champion, List<JudgedPair> pairs) {
    Margins margins = margins(candidate, champion, pairs);
    return IntStream.range(0, pairs.size())
        .mapToDouble(i -> brier(margins.candidate()[i]) - brier(margins.champion()[i]))
        .toArray();
  }

  private double brier(double margin) {
    return ScoreEvidence.brier(Logistic.sigma(config.beta() * margin));
  }

  /**
   * Measures a candidate.
   *
   * @throws IllegalStateException when the engine fails or the thread is interrupted
   */
  public GateMeasurement measure(GateSubject subject) {
    Policy candidate = subject.candidate();
    Policy champion = subject.champion();
    List<LoggedPrompt> asked = data.newestPrompts(slotLength - MIN_ANSWER, config.prompts());
    List<int[]> prompts = asked.stream().map(LoggedPrompt::ids).toList();
    List<Completion> answers = sample(candidate, prompts);
    List<Completion> others = sample(champion, prompts);
    List<CriterionResult> rows =
        new GateCriteria(config.limits())
            .evaluate(
                new GateEvidence(
                    margins(candidate, champion, subject.championSince()),
                    statistics(answers),
                    statistics(others),
                    data.chosenLengths(),
                    kl(subject, prompts, answers, others),
                    new Probe(probeLogProb(candidate), probeLogProb(champion), probeLogProb(base)),
                    exportDifference(candidate, subject.runId()),
                    brokenChecks(candidate, champion)),
                subject.proof());
    return new GateMeasurement(
        rows,
        Stream.of(written(candidate, asked, answers), written(champion, asked, others))
            .flatMap(List::stream)
            .toList());
  }

  private List<GateAnswer> written(
      Policy policy, List<LoggedPrompt> prompts, List<Completion> answers) {
    return IntStream.range(0, answers.size())
        .mapToObj(
            place -> {
              Completion answer = answers.get(place);
              return new GateAnswer(
                  policy.version(),
                  place,
                  prompts.get(place / config.answers()).pairId(),
                  answer.text(),
                  answer.tokens().length,
                  answer.reason());
            })
        .toList();
  }

  private Margins margins(Policy candidate, Policy champion, Instant since) {
    List<JudgedPair> pairs = data.judgedPairs(since, slotLength, config.maxPairs());
    return margins(candidate, champion, pairs);
  }

  private Margins margins(Policy candidate, Policy champion, List<JudgedPair> pairs) {
    List<Text> chosen = pairs.stream().map(pair -> new Text(pair.prompt(), pair.chosen())).toList();
    List<Text> rejected =
        pairs.stream().map(pair -> new Text(pair.prompt(), pair.rejected())).toList();
    double[] reference = rewards(base, chosen, rejected);
    return new Margins(
        less(rewards(candidate, chosen, rejected), reference),
        champion.isBase()
            ? new double[pairs.size()]
            : less(rewards(champion, chosen, rejected), reference),
        pairs.stream().map(JudgedPair::conversation).toList(),
        pairs.stream().map(JudgedPair::voter).toList());
  }

  /** Log-prob of what was chosen, less that of what was rejected, of each pair. */
  private double[] rewards(Policy policy, List<Text> chosen, List<Text> rejected) {
    return less(sums(engine.logProbs(policy, chosen)), sums(engine.logProbs(policy, rejected)));
  }

  private List<Completion> sample(Policy policy, List<int[]> prompts) {
    return engine.sample(
        policy, prompts, config.answers(), config.maxTokens(), config.temperature());
  }

  private static Answers statistics(List<Completion> answers) {
    return new Answers(
        answers.stream().mapToDouble(answer -> answer.tokens().length).toArray(),
        (int) answers.stream().filter(answer -> answer.reason() == FinishReason.STOP).count(),
        (int) answers.stream().filter(answer -> answer.text().isBlank()).count());
  }

  /**
   * The run's own numbers, from the full distributions over answers that the policy writes; for a
   * version without them log pi - log pi_ref of the answers sampled here.
   */
  private Kl kl(
      GateSubject subject, List<int[]> prompts, List<Completion> answers, List<Completion> others) {
    JsonNode run = metrics(subject.runMetrics());
    if (run.path("policy_kl").isNumber() && run.path("champion_kl").isNumber()) {
      return new Kl(
          run.path("policy_kl").doubleValue(), run.path("champion_kl").doubleValue(), 0, 1, null);
    }
    double[] own = logRatios(prompts, answers);
    if (own.length == 0) {
      return new Kl(0, 0, Double.POSITIVE_INFINITY, 1, 0);
    }
    double[] champion =
        subject.champion().isBase() ? new double[own.length] : logRatios(prompts, others);
    KlEstimate estimate = KlEstimate.of(own);
    return new Kl(
        estimate.mean(),
        KlEstimate.of(champion).mean(),
        TrimmedMean.of(own, TRIMMED_SHARE).standardError(),
        estimate.tailPValue(USUAL_TAIL),
        own.length);
  }

  private static JsonNode metrics(String json) {
    try {
      JsonNode tree = JSON.readTree(json);
      return tree == null ? MissingNode.getInstance() : tree;
    } catch (JsonProcessingException malformed) {
      return MissingNode.getInstance();
    }
  }

  private double[] logRatios(List<int[]> prompts, List<Completion> answers) {
    List<Integer> written =
        IntStream.range(0, answers.size())
            .filter(i -> answers.get(i).tokens().length > 0)
            .boxed()
            .toList();
    List<Text> texts =
        written.stream()
            .map(i -> new Text(prompts.get(i / config.answers()), answers.get(i).tokens()))
            .toList();
    return less(
        written.stream().mapToDouble(i -> sum(answers.get(i).logps())).toArray(),
        sums(engine.logProbs(base, texts)));
  }

  private double probeLogProb(Policy policy) {
    Text text = new Text(Arrays.copyOf(probe, 1), Arrays.copyOfRange(probe, 1, probe.length));
    return sum(engine.logProbs(policy, List.of(text)).getFirst()) / (probe.length - 1);
  }

  // Compares what the adapter adds, not the log-probs: the difference of the int8 base from the
  // trainer's float32 is the same for every version and was measured at import. The trainer may
  // have cut a completion: the engine scores what the trainer scored.
  private Optional<ExportDifference> exportDifference(Policy candidate, @Nullable String runId) {
    List<ScoredPair> pairs = runId == null ? List.of() : data.scoredPairs(runId, slotLength);
    if (pairs.isEmpty()) {
      return Optional.empty();
    }
    List<Text> chosen =
        pairs.stream()
            .map(p -> scored(p.prompt(), p.chosen(), p.trainer().chosenPolicy().length))
            .toList();
    List<Text> rejected =
        pairs.stream()
            .map(p -> scored(p.prompt(), p.rejected(), p.trainer().rejectedPolicy().length))
            .toList();
    List<float[]> own = engine.logProbs(candidate, chosen);
    List<float[]> reference = engine.logProbs(base, chosen);
    List<float[]> ownRejected = engine.logProbs(candidate, rejected);
    List<float[]> referenceRejected = engine.logProbs(base, rejected);
    double[] differences =
        IntStream.range(0, pairs.size())
            .boxed()
            .flatMapToDouble(
                i ->
                    DoubleStream.concat(
                        differences(
                            own.get(i),
                            reference.get(i),
                            pairs.get(i).trainer().chosenPolicy(),
                            pairs.get(i).trainer().chosenReference()),
                        differences(
                            ownRejected.get(i),
                            referenceRejected.get(i),
                            pairs.get(i).trainer().rejectedPolicy(),
                            pairs.get(i).trainer().rejectedReference())))
            .toArray();
    return Arrays.stream(differences).average().stream()
        .mapToObj(mean -> new ExportDifference(mean, differences.length))
        .findFirst();
  }

  private static Text scored(int[] prompt, int[] completion, int length) {
    return new Text(prompt, Arrays.copyOf(completion, Math.min(completion.length, length)));
  }

  private static DoubleStream differences(
      float[] own, float[] reference, float[] trainerOwn, float[] trainerReference) {
    return IntStream.range(0, Math.min(own.length, trainerOwn.length))
        .mapToDouble(
            t ->
                Math.abs(
                    (double) own[t]
                        - reference[t]
                        - ((double) trainerOwn[t] - trainerReference[t])));
  }

  private @Nullable BrokenChecks brokenChecks(Policy candidate, Policy champion) {
    return checks.checks().isEmpty()
        ? null
        : new BrokenChecks(checks.brokenBy(texts(candidate)), checks.brokenBy(texts(champion)));
  }

  private List<String> texts(Policy policy) {
    List<int[]> prompts = checks.checks().stream().map(OperatorChecks.Check::prompt).toList();
    return engine.sample(policy, prompts, 1, config.checkTokens(), config.temperature()).stream()
        .map(Completion::text)
        .toList();
  }

  private static double[] less(double[] left, double[] right) {
    return IntStream.range(0, left.length).mapToDouble(i -> left[i] - right[i]).toArray();
  }

  private static double[] sums(List<float[]> logProbs) {
    return logProbs.stream().mapToDouble(Gate::sum).toArray();
  }

  private static double sum(float[] logps) {
    double sum = 0;
    for (float logp : logps) {
      sum += logp;
    }
    return sum;
  }
}
