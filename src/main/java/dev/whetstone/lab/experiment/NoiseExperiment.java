package dev.whetstone.lab.experiment;

import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.lab.Crowd;
import dev.whetstone.lab.Taste;
import dev.whetstone.training.worker.VoteSelection;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Some votes are flipped: which loss bears it? All runs have the loop's settings but for the loss.
 * And one voter casts a share of the votes, all of them the wrong way round: what do the trainer's
 * caps on a voter's share take out?
 *
 * @param flips shares of flipped votes, rising
 * @param poison shares of the one voter's votes, rising
 * @param votes that each run has
 * @param answers of each measurement
 */
record NoiseExperiment(List<Double> flips, List<Double> poison, int votes, int answers)
    implements Experiment {
  private static final Taste TASTE = Taste.SENTIMENT;
  private static final Measure FLIPPED = Measure.x("wrong votes (share)", false);

  // apart from the seeds of other draws
  private static final long FLIPS = 1L << 45;

  private static final VoteSelection UNCAPPED =
      new VoteSelection(1, 1, VotePool.CAPS.maxVotes(), VotePool.CAPS.halfLife());

  /** Losses that are told a share of wrong votes are told a fifth. */
  private static final List<Recipe> ARMS =
      List.of(
          Recipe.LOOP,
          loss("sigmoid", "sigmoid", 0),
          loss("cDPO", "sigmoid", 0.2),
          loss("robust", "robust", 0.2),
          loss("IPO", "ipo", 0),
          new Recipe("KTO", settings("kto", 0), /* budget= */ true, /* rated= */ true));

  NoiseExperiment {
    flips = List.copyOf(flips);
    poison = List.copyOf(poison);
  }

  private static Recipe loss(String name, String type, double smoothing) {
    return new Recipe(name, settings(type, smoothing), true);
  }

  private static String settings(String type, double smoothing) {
    return "{\"loss_type\": \"%s\", \"label_smoothing\": %s}".formatted(type, smoothing);
  }

  @Override
  public String name() {
    return "noise";
  }

  @Override
  public String description() {
    return "some votes are flipped, or one voter's are: losses, and the caps, off line";
  }

  @Override
  public Measure x() {
    return FLIPPED;
  }

  @Override
  public List<Measure> measures() {
    return List.of(Measure.WIN_RATE, Measure.REWARD, Measure.KL, Measure.TOKENS);
  }

  @Override
  public List<Figure> figures() {
    String title = "%s with flipped votes, %d in all";
    return List.of(
        new Figure("win-rate", title.formatted("Win rate", votes), FLIPPED, Measure.WIN_RATE),
        new Figure("reward", title.formatted("Reward", votes), FLIPPED, Measure.REWARD));
  }

  @Override
  public List<Trial> trials(List<Long> seeds) {
    List<Trial> trials = new ArrayList<>();
    for (long seed : seeds) {
      trials.add(Trial.of(BASE, 0, seed, at -> at.bench().measure(null, TASTE, seed, answers)));
      for (double share : flips) {
        for (Recipe arm : ARMS) {
          trials.add(Trial.of(arm.name(), share, seed, at -> train(at, arm, share, seed)));
        }
      }
      for (double share : poison) {
        trials.add(
            Trial.of(
                "one voter's, capped",
                share,
                seed,
                at -> poisoned(at, VotePool.CAPS, share, seed)));
        trials.add(
            Trial.of(
                "one voter's, not capped", share, seed, at -> poisoned(at, UNCAPPED, share, seed)));
      }
    }
    return trials;
  }

  private Map<String, Double> train(Workshop at, Recipe arm, double share, long seed)
      throws IOException {
    ReviewBench bench = at.bench();
    List<TokenPair> pairs =
        flipped(bench.pairs(TASTE, CurveExperiment.TASTE_NAME, seed, votes), share, seed);
    Recipe.Plan plan = arm.ofPairs(bench.base().config(), pairs, seed);
    return bench.measure(bench.train(plan), TASTE, seed, answers);
  }

  /** The flipped votes are those of one voter, the others those of forty. */
  private Map<String, Double> poisoned(
      Workshop at, VoteSelection selection, double share, long seed) throws IOException {
    ReviewBench bench = at.bench();
    List<TokenPair> cast = bench.pairs(TASTE, CurveExperiment.TASTE_NAME, seed, votes);
    List<TokenPair> flipped = flipped(cast, share, seed);
    VotePool pool = new VotePool();
    for (int i = 0; i < votes; i++) {
      boolean honest = flipped.get(i).equals(cast.get(i));
      pool.add(flipped.get(i), honest ? "user-" + i % Crowd.USERS : "poisoner");
    }
    Recipe.Plan plan = Recipe.LOOP.ofPairs(bench.base().config(), pool.select(selection), seed);
    return bench.measure(bench.train(plan), TASTE, seed, answers);
  }

  /** What is flipped at one share is flipped at each larger one. */
  static List<TokenPair> flipped(List<TokenPair> pairs, double share, long seed) {
    RandomGenerator random = new SplittableRandom(FLIPS + seed);
    return pairs.stream().map(pair -> random.nextDouble() < share ? pair.flipped() : pair).toList();
  }
}
