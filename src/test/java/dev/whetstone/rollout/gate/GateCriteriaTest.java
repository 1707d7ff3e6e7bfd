package dev.whetstone.rollout.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.dpo.evaluation.AttemptThreshold;
import dev.whetstone.rollout.evidence.ForecastEvidence;
import dev.whetstone.rollout.evidence.ScoreEvidence;
import dev.whetstone.rollout.gate.GateDataset.ChosenLengths;
import dev.whetstone.rollout.gate.GateEvidence.Answers;
import dev.whetstone.rollout.gate.GateEvidence.BrokenChecks;
import dev.whetstone.rollout.gate.GateEvidence.ExportDifference;
import dev.whetstone.rollout.gate.GateEvidence.Kl;
import dev.whetstone.rollout.gate.GateEvidence.Margins;
import dev.whetstone.rollout.gate.GateEvidence.Probe;
import dev.whetstone.rollout.gate.GateSubject.Proof;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What is clearly worse fails, what is unclear is inconclusive, the rest passes. */
class GateCriteriaTest {
  private static final GateCriteria CRITERIA =
      new GateCriteria(new GateLimits(8, 8, 0.1, 3, 20, 0.5, 2, 1.5, 200, 0.1, 0.05, 0.2));
  private static final Answers NORMAL = answers(20, 25, 19, 0);
  private static final ChosenLengths ANY = new ChosenLengths(Double.POSITIVE_INFINITY, 0);
  private static final Kl NEAR = new Kl(3, 1, 0, 1, 48);
  private static final Probe FLUENT = new Probe(-2.1, -2, -2);

  /** Five in a hundred, the bias with few clusters, and 3.3 standard errors of 5,000 gates. */
  private static final double EVEN = 0.05 + 0.007 + 0.0108;

  private Margins margins = margins(40, 5);
  private Answers candidate = NORMAL;
  private ChosenLengths lengths = ANY;
  private Kl kl = NEAR;
  private Probe probe = FLUENT;
  private double export = 0.01;
  private BrokenChecks checks = new BrokenChecks(List.of(), List.of());

  @Test
  void aBetterCandidatePassesEverything() {
    assertThat(rows()).allMatch(row -> row.verdict() == GateVerdict.PASS);
    assertThat(rows())
        .extracting(CriterionResult::name)
        .containsExactly(
            "quality",
            "held_out_accuracy",
            "held_out_margin",
            "kl_to_reference",
            "length_ratio",
            "canary_perplexity",
            "ended_properly",
            "empty_answers",
            "export_difference",
            "operator_checks");
  }

  @Test
  void aClearlyWorseCandidateFails() {
    margins = margins(40, -5);
    assertThat(verdict("quality")).isEqualTo(GateVerdict.FAIL);
    assertThat(verdict("held_out_margin")).isEqualTo(GateVerdict.PASS);
  }

  @Test
  void anUnclearCandidatePasses() {
    margins = margins(40, -0.2);
    assertThat(verdict("quality")).isEqualTo(GateVerdict.PASS);
  }

  @Test
  void fiveConversationsAreTooFewHoweverBad() {
    margins = margins(5, -50);
    assertThat(verdict("quality")).isEqualTo(GateVerdict.INCONCLUSIVE);
  }

  /** Candidates that the users prefer 65:35 were turned down 25 times of 27 before. */
  @Test
  void betterCandidatesAreSeldomTurnedDown() {
    SplittableRandom random = new SplittableRandom(31);
    assertThat(refused(() -> ranking(random, 24, 0.65))).isLessThan(0.02);
  }

  @Test
  void worseCandidatesAreTurnedDown() {
    SplittableRandom random = new SplittableRandom(32);
    assertThat(refused(() -> ranking(random, 60, 0.25))).isGreaterThan(0.9);
  }

  /** Margins beside v0's of a candidate that ranks a share of the pairs as one voter does. */
  private static Margins ranking(SplittableRandom random, int pairs, double rankedRight) {
    double[] own =
        IntStream.range(0, pairs)
            .mapToDouble(
                i ->
                    (random.nextDouble() < rankedRight ? 1 : -1)
                        * 2
                        * -Math.log(random.nextDouble()))
            .toArray();
    return new Margins(own, new double[pairs], each(pairs), Collections.nCopies(pairs, "me"));
  }

  /**
   * A candidate whose margins are distributed as the champion's is its equal, and refused in one of
   * twenty gates: over 20,000 gates in 4.5 to 5.5 % with these numbers of clusters, in 5.7 % with
   * eight, the fewest that judge, whose t test is that much too small.
   */
  @Test
  void equalCandidatesAreRefusedOnceInTwenty() {
    SplittableRandom random = new SplittableRandom(33);
    assertThat(refused(() -> equal(random, 24, 24, 1))).isLessThan(EVEN);
    assertThat(refused(() -> equal(random, 72, 24, 1))).isLessThan(EVEN);
    assertThat(refused(() -> equal(random, 200, 60, 40))).isLessThan(EVEN);
    assertThat(refused(() -> equal(random, 40, 12, 9))).isLessThan(EVEN);
    assertThat(refused(() -> equal(random, 24, 8, 1))).isLessThan(EVEN);
  }

  /**
   * Margins of two equal policies: they agree on what both learned from one log, and what each has
   * of its own is alike within a conversation and within a voter. What a single voter finds in one
   * of them is no chance but that voter's taste, and left out.
   */
  private static Margins equal(SplittableRandom random, int votes, int talks, int people) {
    double[][] byTalk = gaussians(random, talks);
    double[][] byVoter = people == 1 ? new double[2][1] : gaussians(random, people);
    double[][] margins = new double[2][votes];
    List<String> conversations = new ArrayList<>();
    List<String> voters = new ArrayList<>();
    for (int i = 0; i < votes; i++) {
      int talk = i < talks ? i : random.nextInt(talks);
      int voter = random.nextInt(people);
      conversations.add("talk " + talk);
      voters.add("voter " + voter);
      double common = 2 + 4 * random.nextGaussian();
      // an answer is two or ten times as long as another, and its margin with it
      double length = -Math.log(random.nextDouble());
      for (int policy = 0; policy < 2; policy++) {
        double own = byTalk[policy][talk] + byVoter[policy][voter] + random.nextGaussian();
        margins[policy][i] = length * (common + 2 * own);
      }
    }
    return new Margins(margins[0], margins[1], conversations, voters);
  }

  private static double[][] gaussians(SplittableRandom random, int count) {
    return Stream.generate(() -> DoubleStream.generate(random::nextGaussian).limit(count).toArray())
        .limit(2)
        .toArray(double[][]::new);
  }

  private double refused(Supplier<Margins> gates) {
    int refused = 0;
    int count = 5_000;
    for (int gate = 0; gate < count; gate++) {
      margins = gates.get();
      refused += verdict("quality") == GateVerdict.FAIL ? 1 : 0;
    }
    return refused / (double) count;
  }

  @Test
  void klIsJudgedBesideTheChampionAndInAll() {
    kl = new Kl(4.5, 1, 0, 1, 48);
    assertThat(verdict("kl_to_reference")).isEqualTo(GateVerdict.FAIL);
    kl = new Kl(7, 5, 0, 1, 48);
    assertThat(verdict("kl_to_reference")).isEqualTo(GateVerdict.PASS);
    kl = new Kl(20.5, 19, 0, 1, 48);
    assertThat(verdict("kl_to_reference")).isEqualTo(GateVerdict.FAIL);
    kl = new Kl(4.5, 1, 0.8, 1, 48);
    assertThat(verdict("kl_to_reference")).isEqualTo(GateVerdict.INCONCLUSIVE);
    kl = new Kl(3, 1, 0.8, 0.01, 48);
    assertThat(verdict("kl_to_reference")).isEqualTo(GateVerdict.FAIL);
    kl = new Kl(2, 1, 0, 1, null);
    assertThat(row("kl_to_reference").threshold()).contains("measured by the run");
  }

  @Test
  void answersThatGrowOrShrinkTwofoldFailUnlessUsersChooseThem() {
    candidate = answers(20, 60, 19, 0);
    assertThat(verdict("length_ratio")).isEqualTo(GateVerdict.FAIL);
    lengths = new ChosenLengths(20, 62);
    assertThat(verdict("length_ratio")).isEqualTo(GateVerdict.PASS);
    candidate = answers(20, 10, 19, 0);
    assertThat(verdict("length_ratio")).isEqualTo(GateVerdict.FAIL);
    lengths = new ChosenLengths(9, 30);
    assertThat(verdict("length_ratio")).isEqualTo(GateVerdict.PASS);
    candidate = answers(4, 25, 4, 0);
    assertThat(verdict("length_ratio")).isEqualTo(GateVerdict.INCONCLUSIVE);
  }

  /** A taste for more praise makes 36-token answers of 26: refused every time before. */
  @Test
  void answersThatAreLongerByHalfPass() {
    candidate = answers(40, 36, 38, 0);
    assertThat(verdict("length_ratio")).isEqualTo(GateVerdict.PASS);
  }

  @Test
  void answersThatNeverEndOrAreEmptyFail() {
    candidate = answers(20, 25, 4, 0);
    assertThat(verdict("ended_properly")).isEqualTo(GateVerdict.FAIL);
    candidate = answers(20, 25, 19, 10);
    assertThat(verdict("empty_answers")).isEqualTo(GateVerdict.FAIL);
  }

  @Test
  void theProbeTextIsJudgedBesideTheChampionWhereTheBaseReadsIt() {
    probe = new Probe(-4, -2, -2);
    assertThat(verdict("canary_perplexity")).isEqualTo(GateVerdict.FAIL);
    probe = new Probe(-4, -3.9, -2);
    assertThat(verdict("canary_perplexity")).isEqualTo(GateVerdict.PASS);
    probe = new Probe(-12, -7, -7);
    assertThat(verdict("canary_perplexity")).isEqualTo(GateVerdict.PASS);
    probe = new Probe(Double.NaN, -2, -2);
    assertThat(verdict("canary_perplexity")).isEqualTo(GateVerdict.FAIL);
  }

  @Test
  void aLargeDifferenceFromTheTrainerFails() {
    export = 0.9;
    assertThat(verdict("export_difference")).isEqualTo(GateVerdict.FAIL);
  }

  @Test
  void brokenChecksAreNamed() {
    checks = new BrokenChecks(List.of("greets", "short"), List.of("short"));
    CriterionResult row = row("operator_checks");
    assertThat(row.verdict()).isEqualTo(GateVerdict.FAIL);
    assertThat(row.threshold()).contains("greets");
    checks = new BrokenChecks(List.of("greets"), List.of("short"));
    assertThat(verdict("operator_checks")).isEqualTo(GateVerdict.PASS);
  }

  @Test
  void theAutomaticModeAsksForProof() {
    assertThat(automatic(new Proof(34, 0.1, 20, 33))).isEqualTo(GateVerdict.PASS);
    assertThat(automatic(new Proof(32, 0.1, 20, 33))).isEqualTo(GateVerdict.INCONCLUSIVE);
    assertThat(automatic(new Proof(34, 0.1, 19, 33))).isEqualTo(GateVerdict.INCONCLUSIVE);
    assertThat(automatic(new Proof(0.1, 20, 19, 33))).isEqualTo(GateVerdict.FAIL);
  }

  /** It looks again with every vote, for which a test of one look is not made. */
  @Test
  void theAutomaticModeDoesNotRefuseByTheTestOfOneLook() {
    margins = margins(40, -5);
    List<CriterionResult> rows = CRITERIA.evaluate(evidence(), new Proof(1, 1, 40, 33));
    assertThat(find(rows, "quality").verdict()).isEqualTo(GateVerdict.PASS);
  }

  /**
   * Votes are coins. Five candidates in a row that are as sure of themselves as the champion, each
   * judged after every vote by all votes since its promotion, replace it in one of twenty cases at
   * most.
   */
  @Test
  void equalCandidatesSeldomReplaceTheChampionHoweverOftenTheyAreJudged() {
    SplittableRandom random = new SplittableRandom(34);
    int streams = 2_000;
    int replaced = 0;
    int refusedWrongly = 0;
    for (int stream = 0; stream < streams; stream++) {
      boolean passed = false;
      for (int attempt = 1; attempt <= 5; attempt++) {
        GateVerdict end = judged(coins(random), attempt);
        passed |= end == GateVerdict.PASS;
        refusedWrongly += end == GateVerdict.FAIL ? 1 : 0;
      }
      replaced += passed ? 1 : 0;
    }
    assertThat(replaced / (double) streams).isLessThan(0.05);
    assertThat(refusedWrongly / (5.0 * streams)).isLessThan(0.05);
  }

  @Test
  void aCandidateThatPredictsBetterOrWorseIsFoundOut() {
    SplittableRandom random = new SplittableRandom(35);
    int promoted = 0;
    int refused = 0;
    for (int stream = 0; stream < 200; stream++) {
      Margins pair = equal(random, 200, 120, 8);
      double[] learned = DoubleStream.of(pair.candidate()).map(m -> m + 8).toArray();
      double[] unlearned = DoubleStream.of(pair.candidate()).map(m -> m - 8).toArray();
      promoted += judged(with(pair, learned), 1) == GateVerdict.PASS ? 1 : 0;
      refused += judged(with(pair, unlearned), 1) == GateVerdict.FAIL ? 1 : 0;
    }
    assertThat(promoted).isGreaterThan(190);
    assertThat(refused).isGreaterThan(190);
  }

  /** 200 votes of eight voters on conversations of their own, each for either answer by chance. */
  private static Margins coins(SplittableRandom random) {
    Margins equal = equal(random, 200, 200, 200);
    double[][] margins = {equal.candidate(), equal.champion()};
    List<String> voters = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      double side = random.nextBoolean() ? 1 : -1;
      margins[0][i] *= side;
      margins[1][i] *= side;
      voters.add("voter " + random.nextInt(8));
    }
    return new Margins(margins[0], margins[1], each(200), voters);
  }

  private static Margins with(Margins pair, double[] candidate) {
    return new Margins(candidate, pair.champion(), pair.conversations(), pair.voters());
  }

  /** How the automatic mode ends that looks after every vote. */
  private static GateVerdict judged(Margins pair, int attempt) {
    ForecastEvidence votes = new ForecastEvidence();
    double threshold = AttemptThreshold.of(20, attempt);
    for (int i = 0; i < pair.candidate().length; i++) {
      double gain = brier(pair.candidate()[i]) - brier(pair.champion()[i]);
      String talk = pair.conversations().get(i);
      int voter = Integer.parseInt(pair.voters().get(i).substring(6));
      votes.add(new ForecastEvidence.Forecast(voter, talk, "pair " + i, talk, gain));
      Proof proof = new Proof(votes.eValue(), votes.mirrored(), votes.conversations(), threshold);
      GateVerdict verdict = GateCriteria.automatic(proof).verdict();
      if (verdict != GateVerdict.INCONCLUSIVE) {
        return verdict;
      }
    }
    return GateVerdict.INCONCLUSIVE;
  }

  private static double brier(double margin) {
    return ScoreEvidence.brier(1 / (1 + Math.exp(-0.1 * margin)));
  }

  private GateVerdict automatic(Proof proof) {
    return find(CRITERIA.evaluate(evidence(), proof), "automatic_evidence").verdict();
  }

  private List<CriterionResult> rows() {
    return CRITERIA.evaluate(evidence(), null);
  }

  private GateEvidence evidence() {
    return new GateEvidence(
        margins,
        candidate,
        NORMAL,
        lengths,
        kl,
        probe,
        Optional.of(new ExportDifference(export, 500)),
        checks);
  }

  private GateVerdict verdict(String name) {
    return row(name).verdict();
  }

  private CriterionResult row(String name) {
    return find(rows(), name);
  }

  private static CriterionResult find(List<CriterionResult> rows, String name) {
    return rows.stream().filter(row -> row.name().equals(name)).findFirst().orElseThrow();
  }

  private static List<String> each(int count) {
    return IntStream.range(0, count).mapToObj(Integer::toString).toList();
  }

  /** Margins beside a champion that is v0, each in a conversation of its own. */
  private static Margins margins(int count, double mean) {
    return new Margins(
        DoubleStream.of(spread(count, mean)).map(m -> mean + 8 * (m - mean)).toArray(),
        new double[count],
        each(count),
        Collections.nCopies(count, "me"));
  }

  /** Values spread evenly over one unit around the mean. */
  private static double[] spread(int count, double mean) {
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] = mean + (i + 0.5) / count - 0.5;
    }
    return values;
  }

  private static Answers answers(int count, double length, int stopped, int empty) {
    return new Answers(spread(count, length), stopped, empty);
  }
}
