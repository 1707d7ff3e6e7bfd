package dev.whetstone.lab.experiment;

import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.lab.Crowd;
import dev.whetstone.lab.Taste;
import dev.whetstone.training.worker.VoteSelection;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The voters' taste turns into its opposite and back: after how many votes does a policy follow? An
 * off-line run is trained on the pool as it is after so many votes, whose pairs are the base's; the
 * loop shows those of its champion and candidate.
 *
 * @param phase votes of one taste
 * @param looks how often a phase is looked at, at even distances
 * @param halfLives of votes, with which an off-line run is trained
 * @param loops the same, with which the loop is played
 * @param answers of each measurement
 */
record DriftExperiment(
    int phase, int looks, List<Integer> halfLives, List<Integer> loops, int answers)
    implements Experiment {
  private static final Taste FIRST = Taste.SENTIMENT;
  private static final Taste SECOND = Taste.SENTIMENT.reversed();
  private static final int PHASES = 3;

  /** More votes than a run ever has, so that all weigh the same. */
  static final int EQUAL_WEIGHTS = 1_000_000;

  static final int DEFAULT_HALF_LIFE = (int) VotePool.CAPS.halfLife();

  private static final Measure VOTES = Measure.x("votes", false);
  private static final Measure WIN_RATE =
      new Measure("win_rate", "win rate against v0 by the taste of the day", 3, false);

  DriftExperiment {
    halfLives = List.copyOf(halfLives);
    loops = List.copyOf(loops);
  }

  @Override
  public String name() {
    return "drift";
  }

  @Override
  public String description() {
    return "the taste turns and turns back: votes until a policy follows, by the weight of old"
        + " ones";
  }

  @Override
  public Measure x() {
    return VOTES;
  }

  @Override
  public List<Measure> measures() {
    return List.of(WIN_RATE, Measure.REWARD, Measure.KL, Measure.PROMOTED, Measure.ROLLED_BACK);
  }

  @Override
  public List<Figure> figures() {
    String title = "The taste turns after %d votes and again after %d".formatted(phase, 2 * phase);
    return List.of(
        new Figure("win-rate", title, VOTES, WIN_RATE),
        new Figure("reward", title, VOTES, Measure.REWARD));
  }

  @Override
  public List<Trial> trials(List<Long> seeds) {
    List<Trial> trials = new ArrayList<>();
    List<Integer> numbers =
        IntStream.rangeClosed(1, PHASES * looks).map(i -> i * phase / looks).boxed().toList();
    for (long seed : seeds) {
      trials.add(Trial.of(BASE, 0, seed, at -> at.bench().measure(null, FIRST, seed, answers)));
      for (int number : numbers) {
        for (int halfLife : halfLives) {
          String arm = "one off-line run, " + weights(halfLife);
          trials.add(Trial.of(arm, number, seed, at -> train(at, halfLife, number, seed)));
        }
      }
      for (int halfLife : loops) {
        trials.add(
            new LoopTrial(
                "the loop, " + weights(halfLife), numbers, seed, answers, voters(halfLife)));
      }
    }
    return trials;
  }

  private static String weights(int halfLife) {
    return halfLife == EQUAL_WEIGHTS ? "equal weights" : "half-life " + halfLife;
  }

  /** The taste by which the votes up to a number are cast. */
  Taste taste(int votes) {
    return (votes - 1) / phase % 2 == 0 ? FIRST : SECOND;
  }

  private Map<String, Double> train(Workshop at, int halfLife, int number, long seed)
      throws IOException {
    ReviewBench bench = at.bench();
    // the same answers whichever taste chooses between them
    List<TokenPair> pairs = bench.pairs(FIRST, CurveExperiment.TASTE_NAME, seed, PHASES * phase);
    VotePool pool = new VotePool();
    for (int vote = 1; vote <= number; vote++) {
      TokenPair pair = pairs.get(vote - 1);
      pool.add(taste(vote) == FIRST ? pair : pair.flipped(), "user-" + vote % Crowd.USERS);
    }
    VoteSelection selection =
        new VoteSelection(
            VotePool.CAPS.userShare(),
            VotePool.CAPS.promptShare(),
            VotePool.CAPS.maxVotes(),
            halfLife);
    Recipe.Plan plan = Recipe.LOOP.ofPairs(bench.base().config(), pool.select(selection), seed);
    return bench.measure(bench.train(plan), taste(number), seed, answers);
  }

  private Voters voters(int halfLife) {
    return new Voters(
        name(),
        Map.of("WHETSTONE_TRAINER_HALF_LIFE", Integer.toString(halfLife)),
        number -> Crowd.of(ReviewBench.QUESTIONS, taste(number), 0),
        this::taste);
  }
}
