package dev.whetstone.dpo;

import dev.whetstone.dpo.config.TrainConfig;
import dev.whetstone.dpo.data.Example;
import dev.whetstone.dpo.data.LossNormalizer;
import dev.whetstone.dpo.data.MicroBatches;
import dev.whetstone.dpo.data.RatedCompletion;
import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.dpo.evaluation.PreferenceMetrics;
import dev.whetstone.dpo.evaluation.RatingMetrics;
import dev.whetstone.dpo.evaluation.TokenMetrics;
import dev.whetstone.dpo.loss.LossResult;
import dev.whetstone.dpo.loss.PairLogps;
import dev.whetstone.dpo.loss.PreferenceLoss;
import dev.whetstone.dpo.network.ForwardPass;
import dev.whetstone.dpo.network.Network;
import dev.whetstone.dpo.network.Parameter;
import dev.whetstone.dpo.reference.ReferenceLogProbs;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One update of the policy from one batch: scores, loss, gradients, optimizer step. The split into
 * micro-batches does not change the gradient. Confined to the training thread.
 */
final class TrainStep {
  /**
   * The measurements of a batch, taken with the policy before its update.
   *
   * @param metrics of its pairs; null where it has none
   * @param ratings of its ratings; null where it has none
   * @param gradNorm global L2 norm of the gradient before clipping
   */
  record Update(
      @Nullable PreferenceMetrics metrics,
      @Nullable RatingMetrics ratings,
      TokenMetrics tokens,
      double gradNorm) {}

  private final Network network;
  private final TrainConfig config;
  private final PreferenceLoss loss;
  private final ReferenceLogProbs references;
  private final List<Parameter> parameters;
  private final AdamW optimizer;
  private final RatingPass ratingPass;

  /** A train step of a run on pairs alone. */
  TrainStep(
      Network network,
      List<Parameter> parameters,
      TrainConfig config,
      ReferenceLogProbs references) {
    this(network, parameters, config, references, List.of());
  }

  /**
   * Creates a train step.
   *
   * @param ratings all that the run trains on beside its pairs
   */
  TrainStep(
      Network network,
      List<Parameter> parameters,
      TrainConfig config,
      ReferenceLogProbs references,
      List<RatedCompletion> ratings) {
    this.network = network;
    this.config = config;
    this.loss = new PreferenceLoss(config.loss());
    this.references = references;
    this.parameters = parameters;
    this.optimizer = new AdamW(config.optimizer(), parameters);
    this.ratingPass =
        new RatingPass(network, config.loss(), ratings, config.batch().tokenBudget(), references);
  }

  List<Parameter> parameters() {
    return parameters;
  }

  AdamW optimizer() {
    return optimizer;
  }

  /**
   * Makes one update.
   *
   * @param step counted from 1
   * @throws DivergedException when loss or gradient is not finite; nothing is updated then
   */
  Update update(int step, List<TokenPair> batch, double learningRate) {
    return update(step, batch, List.of(), learningRate);
  }

  /** Makes one update from pairs, ratings or both. */
  Update update(
      int step, List<TokenPair> pairs, List<RatedCompletion> ratings, double learningRate) {
    parameters.forEach(Parameter::clearGradient);
    List<LossResult> results = new ArrayList<>();
    TokenMetrics tokens =
        pairs.isEmpty() ? TokenMetrics.NONE : accumulate(step, pairs, ratings.size(), results);
    RatingMetrics rated =
        ratings.isEmpty()
            ? null
            : ratingPass.accumulate(step, ratings, pairs.size() + ratings.size());
    double norm = optimizer.clip();
    if (!Double.isFinite(norm)) {
      throw new DivergedException(
          step,
          "gradient",
          Stream.concat(pairs.stream(), ratings.stream()).map(Example::id).toList());
    }
    optimizer.step(step, learningRate);
    network.upload();
    return new Update(
        results.isEmpty() ? null : PreferenceMetrics.of(LossResult.sum(results)),
        rated,
        tokens,
        norm);
  }

  private TokenMetrics accumulate(
      int step, List<TokenPair> batch, int ratings, List<LossResult> results) {
    LossNormalizer size = LossNormalizer.of(batch, ratings);
    List<List<TokenPair>> microBatches = MicroBatches.split(batch, config.batch().tokenBudget());
    TokenMetrics tokens = TokenMetrics.NONE;
    if (config.loss().needsWholeBatch() && microBatches.size() > 1) {
      // The gradient of a pair depends on the others, so a first pass scores the whole batch.
      LossResult whole = loss.compute(score(batch).pairs(), size);
      requireFinite(step, whole);
      int from = 0;
      for (List<TokenPair> part : microBatches) {
        tokens = tokens.plus(accumulate(part, whole.pairs().subList(from, from + part.size())));
        from += part.size();
      }
      results.add(whole);
      return tokens;
    }
    for (List<TokenPair> part : microBatches) {
      tokens = tokens.plus(accumulate(step, part, size, results));
    }
    return tokens;
  }

  private TokenMetrics accumulate(
      int step, List<TokenPair> part, LossNormalizer size, List<LossResult> results) {
    try (ForwardPass pass = network.forward(BatchScores.rows(part))) {
      BatchScores scores = BatchScores.of(part, pass.scores(), references);
      LossResult result = loss.compute(scores.pairs(), size);
      requireFinite(step, result);
      pass.backward(gradients(result.pairs()));
      results.add(result);
      return scores.tokens();
    }
  }

  private TokenMetrics accumulate(List<TokenPair> part, List<LossResult.PairOutcome> outcomes) {
    try (ForwardPass pass = network.forward(BatchScores.rows(part))) {
      pass.backward(gradients(outcomes));
      return BatchScores.of(part, pass.scores(), references).tokens();
    }
  }

  private static double[][] gradients(List<LossResult.PairOutcome> outcomes) {
    double[][] gradients = new double[2 * outcomes.size()][];
    for (int i = 0; i < outcomes.size(); i++) {
      gradients[2 * i] = outcomes.get(i).chosenGradient();
      gradients[2 * i + 1] = outcomes.get(i).rejectedGradient();
    }
    return gradients;
  }

  private static void requireFinite(int step, LossResult result) {
    List<String> bad =
        result.pairs().stream()
            .filter(
                pair ->
                    !Double.isFinite(pair.margin())
                        || !Double.isFinite(pair.chosenLogp() + pair.rejectedLogp()))
            .map(pair -> pair.logps().id())
            .toList();
    if (!bad.isEmpty() || !Double.isFinite(result.loss())) {
      throw new DivergedException(
          step,
          "loss",
          bad.isEmpty() ? result.pairs().stream().map(pair -> pair.logps().id()).toList() : bad);
    }
  }

  /** Scores pairs under the current policy, one micro-batch at a time. */
  BatchScores score(List<TokenPair> pairs) {
    List<PairLogps> logps = new ArrayList<>();
    TokenMetrics tokens = TokenMetrics.NONE;
    for (List<TokenPair> part : MicroBatches.split(pairs, config.batch().tokenBudget())) {
      BatchScores scores =
          BatchScores.of(part, network.policyScores(BatchScores.rows(part)), references);
      logps.addAll(scores.pairs());
      tokens = tokens.plus(scores.tokens());
    }
    return new BatchScores(List.copyOf(logps), tokens);
  }

  /** The metrics of scored pairs. */
  PreferenceMetrics metrics(List<PairLogps> scores) {
    return PreferenceMetrics.of(loss.compute(scores));
  }
}
