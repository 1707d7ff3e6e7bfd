package dev.whetstone.lab.experiment;

import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.lab.Taste;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Some voters choose the longer answer whatever it says, the others by sentiment: which loss keeps
 * the length? All runs have the loop's settings but for the loss, its KL budget among them.
 *
 * @param shares of votes for the longer answer, rising
 * @param votes that each run has
 * @param answers of each measurement
 */
record LengthExperiment(List<Double> shares, int votes, int answers) implements Experiment {
  private static final Taste TASTE = Taste.SENTIMENT;
  private static final Taste LONG = Taste.SHORT.reversed();
  private static final Measure LONGER = Measure.x("votes for the longer answer (share)", false);

  /**
   * Losses of means over tokens need a larger beta: SimPO's is its paper's, and per-token DPO's is
   * that of sigmoid times the tokens of an answer.
   */
  private static final List<Recipe> ARMS =
      List.of(
          Recipe.LOOP,
          new Recipe("sigmoid", "{\"loss_type\": \"sigmoid\"}", true),
          new Recipe("LD-DPO, alpha 0.5", "{\"loss_type\": \"sigmoid\", \"ld_alpha\": 0.5}", true),
          new Recipe("sigmoid_norm", "{\"loss_type\": \"sigmoid_norm\", \"beta\": 2.5}", true),
          new Recipe(
              "SimPO", "{\"loss_type\": \"simpo\", \"beta\": 2.5, \"simpo_gamma\": 1.25}", true));

  LengthExperiment {
    shares = List.copyOf(shares);
  }

  @Override
  public String name() {
    return "length";
  }

  @Override
  public String description() {
    return "some voters like long answers: how LD-DPO, sigmoid_norm and SimPO hold the length";
  }

  @Override
  public Measure x() {
    return LONGER;
  }

  @Override
  public List<Measure> measures() {
    return List.of(
        Measure.TOKENS, Measure.REWARD, Measure.WIN_RATE, Measure.KL, Measure.PERPLEXITY);
  }

  @Override
  public List<Figure> figures() {
    String title = "%s where some vote for the longer answer, %d votes";
    return List.of(
        new Figure("tokens", title.formatted("Length", votes), LONGER, Measure.TOKENS),
        new Figure("reward", title.formatted("Sentiment", votes), LONGER, Measure.REWARD));
  }

  @Override
  public List<Trial> trials(List<Long> seeds) {
    List<Trial> trials = new ArrayList<>();
    for (long seed : seeds) {
      trials.add(Trial.of(BASE, 0, seed, at -> at.bench().measure(null, TASTE, seed, answers)));
      // the largest share shows most, and a stopped experiment should have it
      for (double share : shares.reversed()) {
        for (Recipe arm : ARMS) {
          trials.add(Trial.of(arm.name(), share, seed, at -> train(at, arm, share, seed)));
        }
      }
    }
    return trials;
  }

  private Map<String, Double> train(Workshop at, Recipe arm, double share, long seed)
      throws IOException {
    ReviewBench bench = at.bench();
    List<TokenPair> pairs =
        VotePool.mixed(
            bench.pairs(TASTE, CurveExperiment.TASTE_NAME, seed, votes),
            bench.pairs(LONG, "long", seed, votes),
            share,
            seed);
    Recipe.Plan plan = arm.ofPairs(bench.base().config(), pairs, seed);
    return bench.measure(bench.train(plan), TASTE, seed, answers);
  }
}
