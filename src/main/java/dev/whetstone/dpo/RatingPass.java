package dev.whetstone.dpo;

import dev.whetstone.dpo.data.MicroBatches;
import dev.whetstone.dpo.data.RatedCompletion;
import dev.whetstone.dpo.evaluation.RatingMetrics;
import dev.whetstone.dpo.loss.LossConfig;
import dev.whetstone.dpo.loss.PairLogps.Completion;
import dev.whetstone.dpo.loss.UnpairedLoss;
import dev.whetstone.dpo.loss.UnpairedLoss.Outcome;
import dev.whetstone.dpo.loss.UnpairedLoss.RatedLogps;
import dev.whetstone.dpo.network.ForwardPass;
import dev.whetstone.dpo.network.Network;
import dev.whetstone.dpo.network.PromptCompletions;
import dev.whetstone.dpo.network.TokenScores;
import dev.whetstone.dpo.reference.ReferenceLogProbs;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Adds the gradients of a batch's ratings. The reference point is one number a batch, so it is
 * measured first, over all micro-batches.
 */
final class RatingPass {
  private final Network network;
  private final LossConfig config;
  private final UnpairedLoss.Weights weights;
  private final int tokenBudget;
  private final ReferenceLogProbs references;

  /** Prepares the ratings of a run, whose numbers of good and bad ones give their weights. */
  RatingPass(
      Network network,
      LossConfig config,
      List<RatedCompletion> ratings,
      int tokenBudget,
      ReferenceLogProbs references) {
    this.network = network;
    this.config = config;
    int desirable = (int) ratings.stream().filter(RatedCompletion::desirable).count();
    this.weights = config.unpaired().weights(desirable, ratings.size() - desirable);
    this.tokenBudget = tokenBudget;
    this.references = references;
  }

  /**
   * Adds the gradients of a batch's ratings to those of the parameters.
   *
   * @param examples ratings and pairs of the batch
   * @throws DivergedException when the loss is not finite
   */
  RatingMetrics accumulate(int step, List<RatedCompletion> ratings, int examples) {
    List<List<RatedCompletion>> parts = MicroBatches.split(ratings, tokenBudget);
    double referencePoint =
        config.unpaired().needsReferencePoint() ? referencePoint(step, parts) : 0;
    double loss = 0;
    List<Outcome> outcomes = new ArrayList<>();
    for (List<RatedCompletion> part : parts) {
      try (ForwardPass pass = network.forward(rows(part, RatedCompletion::completion))) {
        UnpairedLoss.Result result =
            config
                .unpaired()
                .compute(
                    logps(part, pass.scores()), config.beta(), weights, referencePoint, examples);
        if (!Double.isFinite(result.loss())) {
          throw diverged(step, part);
        }
        pass.backward(result.ratings().stream().map(Outcome::gradient).toArray(double[][]::new));
        loss += result.loss();
        outcomes.addAll(result.ratings());
      }
    }
    return RatingMetrics.of(new UnpairedLoss.Result(loss, outcomes), referencePoint);
  }

  private double referencePoint(int step, List<List<RatedCompletion>> parts) {
    List<Completion> mismatched = new ArrayList<>();
    for (List<RatedCompletion> part : parts) {
      TokenScores scores = network.policyScores(rows(part, RatedCompletion::mismatched));
      for (int i = 0; i < part.size(); i++) {
        mismatched.add(completion(part.get(i), part.get(i).mismatched(), scores, i));
      }
    }
    double point = UnpairedLoss.referencePoint(mismatched);
    if (!Double.isFinite(point)) {
      throw diverged(step, parts.stream().flatMap(List::stream).toList());
    }
    return point;
  }

  private List<RatedLogps> logps(List<RatedCompletion> ratings, TokenScores scores) {
    List<RatedLogps> logps = new ArrayList<>();
    for (int i = 0; i < ratings.size(); i++) {
      RatedCompletion rating = ratings.get(i);
      logps.add(
          new RatedLogps(
              rating.id(),
              completion(rating, rating.completion(), scores, i),
              rating.desirable(),
              rating.weight()));
    }
    return logps;
  }

  private Completion completion(RatedCompletion rating, int[] ids, TokenScores scores, int index) {
    return new Completion(
        ReferenceLogProbs.toDoubles(scores.logps()[index]), references.logps(rating.prompt(), ids));
  }

  private static List<PromptCompletions> rows(
      List<RatedCompletion> ratings, Function<RatedCompletion, int[]> completion) {
    return ratings.stream()
        .map(rating -> new PromptCompletions(rating.prompt(), List.of(completion.apply(rating))))
        .toList();
  }

  private static DivergedException diverged(int step, List<RatedCompletion> ratings) {
    return new DivergedException(step, "loss", ratings.stream().map(RatedCompletion::id).toList());
  }
}
