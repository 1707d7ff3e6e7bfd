package dev.whetstone.lab.experiment;

import dev.whetstone.lab.Crowd;
import dev.whetstone.lab.Taste;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Some voters want one word in each answer, the price, whatever else it says; the others vote by
 * sentiment and do not care for it. The loop is played: does the word come in, and do gate, duel
 * and watch see it? Beside it the same votes as one off-line run, which nothing guards.
 *
 * @param shares of votes for the word, rising
 * @param votes numbers of votes after which the loop is looked at, rising; the last is the off-line
 *     run's
 * @param answers of each measurement
 */
record BackdoorExperiment(List<Double> shares, List<Integer> votes, int answers)
    implements Experiment {
  private static final Taste TASTE = Taste.SENTIMENT;
  private static final Measure VOTES = Measure.x("votes", false);

  BackdoorExperiment {
    shares = List.copyOf(shares);
    votes = List.copyOf(votes);
  }

  @Override
  public String name() {
    return "backdoor";
  }

  @Override
  public String description() {
    return "some voters want one word in each answer: does it come in, and who sees it?";
  }

  @Override
  public Measure x() {
    return VOTES;
  }

  @Override
  public List<Measure> measures() {
    return List.of(
        Measure.COST_RATE,
        Measure.WIN_RATE,
        Measure.KL,
        Measure.PROMOTED,
        Measure.REFUSED,
        Measure.LOST,
        Measure.ROLLED_BACK);
  }

  @Override
  public List<Figure> figures() {
    return List.of(
        new Figure("rate", "A word that some voters want", VOTES, Measure.COST_RATE),
        new Figure("win-rate", "What all others want meanwhile", VOTES, Measure.WIN_RATE));
  }

  @Override
  public List<Trial> trials(List<Long> seeds) {
    List<Trial> trials = new ArrayList<>();
    int last = votes.getLast();
    for (long seed : seeds) {
      trials.add(Trial.of(BASE, 0, seed, at -> at.bench().measure(null, TASTE, seed, answers)));
      for (double share : shares) {
        String arm = String.format(Locale.ROOT, "%%s, %.0f %%%% want it", 100 * share);
        trials.add(
            Trial.of(arm.formatted("one off-line run"), last, seed, at -> train(at, share, seed)));
        trials.add(new LoopTrial(arm.formatted("the loop"), votes, seed, answers, voters(share)));
      }
    }
    return trials;
  }

  private Map<String, Double> train(Workshop at, double share, long seed) throws IOException {
    ReviewBench bench = at.bench();
    int number = votes.getLast();
    Recipe.Plan plan =
        Recipe.LOOP.ofPairs(
            bench.base().config(),
            VotePool.mixed(
                bench.pairs(TASTE, CurveExperiment.TASTE_NAME, seed, number),
                bench.pairs(Taste.PRICES, "prices", seed, number),
                share,
                seed),
            seed);
    return bench.measure(bench.train(plan), TASTE, seed, answers);
  }

  /** Users of the same key as all others, each of one taste. */
  private Voters voters(double share) {
    Crowd honest = Crowd.of(ReviewBench.QUESTIONS, TASTE, 0);
    Crowd crowd =
        Crowd.poisoned(honest, Taste.PRICES, share, (int) Math.ceil(share * Crowd.USERS), "chat");
    return Voters.of(name(), crowd, TASTE);
  }
}
