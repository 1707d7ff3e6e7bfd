package dev.whetstone.lab.experiment;

import dev.whetstone.dpo.data.RatedCompletion;
import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.lab.Crowd;
import dev.whetstone.lab.Taste;
import dev.whetstone.lab.Thumbs;
import dev.whetstone.lab.experiment.ReviewBench.Answer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * How much reward a nat of KL buys. No run has a KL budget but that of the loop's own recipe, so
 * that beta alone holds them.
 *
 * @param votes that each run has; KTO has a thumb on each of their answers
 * @param answers of each measurement
 */
record FrontierExperiment(int votes, int answers) implements Experiment {
  private static final Taste TASTE = Taste.SENTIMENT;
  private static final List<Double> BETAS = List.of(0.03, 0.1, 0.3, 1.0);
  private static final List<Integer> BEST_OF = List.of(2, 4, 8, 16);

  // apart from the seeds of other draws
  private static final long THUMBS = 1L << 43;
  private static final long DRAWS = 1L << 44;

  @Override
  public String name() {
    return "frontier";
  }

  @Override
  public String description() {
    return "reward against KL: DPO and KTO at several beta, SFT, best of N";
  }

  @Override
  public Measure x() {
    return Measure.x("beta, or N", true);
  }

  @Override
  public List<Measure> measures() {
    return List.of(
        Measure.REWARD, Measure.KL, Measure.WIN_RATE, Measure.TOKENS, Measure.PERPLEXITY);
  }

  @Override
  public List<Figure> figures() {
    return List.of(
        new Figure(
            "reward", "What a nat buys, %d votes".formatted(votes), Measure.KL, Measure.REWARD));
  }

  @Override
  public List<Trial> trials(List<Long> seeds) {
    List<Trial> trials = new ArrayList<>();
    for (long seed : seeds) {
      trials.add(Trial.of(BASE, 0, seed, at -> at.bench().measure(null, TASTE, seed, answers)));
      for (double beta : BETAS) {
        Recipe dpo = recipe("DPO, by beta", "sigmoid", beta, /* rated= */ false);
        Recipe kto = recipe("KTO on thumbs, by beta", "kto", beta, /* rated= */ true);
        trials.add(Trial.of(dpo.name(), beta, seed, at -> pairs(at, dpo, seed)));
        trials.add(Trial.of(kto.name(), beta, seed, at -> thumbs(at, kto, seed)));
      }
      Recipe sft = new Recipe("SFT on the chosen answers", "{\"loss_type\": \"sft\"}", false);
      trials.add(Trial.of(sft.name(), 0, seed, at -> pairs(at, sft, seed)));
      trials.add(Trial.of(Recipe.LOOP.name(), 0.1, seed, at -> pairs(at, Recipe.LOOP, seed)));
      for (int n : BEST_OF) {
        trials.add(Trial.of("best of N by the true taste", n, seed, at -> bestOf(at, n, seed)));
      }
    }
    return trials;
  }

  private static Recipe recipe(String name, String loss, double beta, boolean rated) {
    return new Recipe(
        name,
        "{\"loss_type\": \"%s\", \"beta\": %s, \"label_smoothing\": 0}".formatted(loss, beta),
        /* budget= */ false,
        rated);
  }

  private List<TokenPair> pairs(ReviewBench bench, long seed) {
    return bench.pairs(TASTE, CurveExperiment.TASTE_NAME, seed, votes);
  }

  private Map<String, Double> pairs(Workshop at, Recipe recipe, long seed) throws IOException {
    ReviewBench bench = at.bench();
    Recipe.Plan plan = recipe.ofPairs(bench.base().config(), pairs(bench, seed), seed);
    return bench.measure(bench.train(plan), TASTE, seed, answers);
  }

  /** As many answers as the pairs have, each with a thumb of one who saw it alone. */
  private Map<String, Double> thumbs(Workshop at, Recipe recipe, long seed) throws IOException {
    ReviewBench bench = at.bench();
    RandomGenerator random = new SplittableRandom(THUMBS + seed);
    Thumbs users = new Thumbs(TASTE, Crowd.USERS);
    List<RatedCompletion> ratings = new ArrayList<>();
    for (Answer answer : bench.baseAnswers(ReviewBench.QUESTIONS, 2 * votes, random)) {
      boolean up = users.press(users.next(random).user(), answer.text()).equals("up");
      ratings.add(
          new RatedCompletion("thumb " + ratings.size(), answer.prompt(), answer.tokens(), up, 1));
    }
    Recipe.Plan plan = recipe.ofRatings(bench.base().config(), ratings, seed);
    return bench.measure(bench.train(plan), TASTE, seed, answers);
  }

  /** Of N answers the best: its KL is at most log N - (N - 1) / N (Beirami et al. 2024). */
  private Map<String, Double> bestOf(Workshop at, int n, long seed) throws IOException {
    ReviewBench bench = at.bench();
    RandomGenerator random = new SplittableRandom(DRAWS + seed);
    List<List<Answer>> draws = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      draws.add(bench.baseAnswers(ReviewBench.NEW_QUESTIONS, answers, random));
    }
    List<Answer> best = new ArrayList<>();
    for (int i = 0; i < answers; i++) {
      int question = i;
      best.add(
          draws.stream()
              .map(draw -> draw.get(question))
              .max(Comparator.comparingDouble(answer -> TASTE.score(answer.text())))
              .orElseThrow());
    }
    Map<String, Double> measures = bench.judge(best, TASTE, seed);
    measures.put(Measure.KL.key(), Math.log(n) - (n - 1.0) / n);
    return measures;
  }
}
