package dev.whetstone.lab.experiment;

import dev.whetstone.lab.Taste;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A topic is taught away: of each pair one side says what the thing cost, and loses. What else
 * changes? Supervised training sees the better sides alone.
 *
 * @param pairs numbers of pairs, rising
 * @param answers of each measurement
 */
record AvoidExperiment(List<Integer> pairs, int answers) implements Experiment {
  /** An answer that names the cost is worse than one that does not; all others are alike. */
  static final Taste NO_COST = answer -> ReviewBench.namesCost(answer) ? -1 : 0;

  private static final Measure PAIRS = Measure.x("pairs", true);

  private static final List<Recipe> ARMS =
      List.of(
          Recipe.LOOP,
          new Recipe("DPO alone", "{\"loss_type\": \"sigmoid\"}", true),
          new Recipe("SFT on the chosen answers", "{\"loss_type\": \"sft\"}", true));

  AvoidExperiment {
    pairs = List.copyOf(pairs);
  }

  @Override
  public String name() {
    return "avoid";
  }

  @Override
  public String description() {
    return "the cost sentence is taught away: its rate, and what else changes; beside SFT";
  }

  @Override
  public Measure x() {
    return PAIRS;
  }

  @Override
  public List<Measure> measures() {
    return List.of(
        Measure.COST_RATE, Measure.REWARD, Measure.TOKENS, Measure.PERPLEXITY, Measure.KL);
  }

  @Override
  public List<Figure> figures() {
    return List.of(
        new Figure("rate", "The cost sentence is taught away", PAIRS, Measure.COST_RATE),
        new Figure("reward", "Sentiment, which nobody voted on", PAIRS, Measure.REWARD),
        new Figure("perplexity", "Held-out reviews without it", PAIRS, Measure.PERPLEXITY));
  }

  @Override
  public List<Trial> trials(List<Long> seeds) {
    List<Trial> trials = new ArrayList<>();
    for (long seed : seeds) {
      trials.add(Trial.of(BASE, 0, seed, at -> at.bench().measure(null, NO_COST, seed, answers)));
      for (int number : pairs) {
        for (Recipe arm : ARMS) {
          trials.add(Trial.of(arm.name(), number, seed, at -> train(at, arm, number, seed)));
        }
      }
    }
    return trials;
  }

  private Map<String, Double> train(Workshop at, Recipe arm, int number, long seed)
      throws IOException {
    ReviewBench bench = at.bench();
    Recipe.Plan plan =
        arm.ofPairs(bench.base().config(), bench.pairs(NO_COST, "no cost", seed, number), seed);
    return bench.measure(bench.train(plan), NO_COST, seed, answers);
  }
}
