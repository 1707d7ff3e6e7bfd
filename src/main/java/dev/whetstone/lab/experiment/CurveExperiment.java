package dev.whetstone.lab.experiment;

import dev.whetstone.lab.Taste;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What votes teach: one off-line run on pairs of the base, the on-line loop after as many votes,
 * and plain DPO by TRL on the same pairs as the off-line run.
 *
 * @param votes numbers of votes, rising
 * @param loopVotes the same for the loop, which takes the longest; none leaves it out
 * @param trl whether TRL is tried
 * @param answers of each measurement
 */
record CurveExperiment(List<Integer> votes, List<Integer> loopVotes, boolean trl, int answers)
    implements Experiment {
  static final Taste TASTE = Taste.SENTIMENT;
  static final String TASTE_NAME = "sentiment";

  /** The rate at which the loop's recipe trains on few votes, and a careful one. */
  private static final List<Double> RATES = List.of(0.003, 0.001);

  private static final Measure VOTES = Measure.x("votes", true);

  CurveExperiment {
    votes = List.copyOf(votes);
    loopVotes = List.copyOf(loopVotes);
  }

  @Override
  public String name() {
    return "curve";
  }

  @Override
  public String description() {
    return "win rate, reward and KL against the number of votes: off line, on line, and by TRL";
  }

  @Override
  public Measure x() {
    return VOTES;
  }

  @Override
  public List<Measure> measures() {
    return List.of(Measure.WIN_RATE, Measure.REWARD, Measure.KL, Measure.TOKENS);
  }

  @Override
  public List<Figure> figures() {
    return List.of(
        new Figure("win-rate", "What votes teach: win rate", VOTES, Measure.WIN_RATE),
        new Figure("reward", "What votes teach: reward", VOTES, Measure.REWARD),
        new Figure("kl", "What votes cost: KL", VOTES, Measure.KL));
  }

  @Override
  public List<Trial> trials(List<Long> seeds) {
    List<Trial> trials = new ArrayList<>();
    for (long seed : seeds) {
      trials.add(Trial.of(BASE, 0, seed, at -> at.bench().measure(null, TASTE, seed, answers)));
      for (int number : votes) {
        trials.add(Trial.of("one off-line run", number, seed, at -> offLine(at, number, seed)));
      }
      if (trl) {
        RATES.forEach(rate -> trials.add(new TrlTrial(rate, votes, seed, answers)));
      }
      if (!loopVotes.isEmpty()) {
        trials.add(
            new LoopTrial("the loop, on line", loopVotes, seed, answers, Voters.of(name(), TASTE)));
      }
    }
    return trials;
  }

  private Map<String, Double> offLine(Workshop at, int number, long seed) throws IOException {
    ReviewBench bench = at.bench();
    Recipe.Plan plan =
        Recipe.LOOP.ofPairs(
            bench.base().config(), bench.pairs(TASTE, TASTE_NAME, seed, number), seed);
    return bench.measure(bench.train(plan), TASTE, seed, answers);
  }
}
