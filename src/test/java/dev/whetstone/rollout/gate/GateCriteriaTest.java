package dev.whetstone.rollout.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.rollout.gate.GateDataset.ChosenLengths;
import dev.whetstone.rollout.gate.GateEvidence.Answers;
import dev.whetstone.rollout.gate.GateEvidence.BrokenChecks;
import dev.whetstone.rollout.gate.GateEvidence.ExportDifference;
import dev.whetstone.rollout.gate.GateEvidence.Kl;
import dev.whetstone.rollout.gate.GateEvidence.Margins;
import dev.whetstone.rollout.gate.GateEvidence.Probe;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is clearly worse fails, what is unclear is inconclusive, the rest passes. */
class GateCriteriaTest {
  private static final GateCriteria CRITERIA =
      new GateCriteria(new GateLimits(8, 8, 0.1, 3, 20, 0.5, 2, 1.5, 200, 0.1, 0.05, 0.2));
  private static final Answers NORMAL = answers(20, 25, 19, 0);
  private static final ChosenLengths ANY = new ChosenLengths(Double.POSITIVE_INFINITY, 0);
  private static final Kl NEAR = new Kl(3, 1, 0, 1, 48);
  private static final Probe FLUENT = new Probe(-2.1, -2, -2);

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
    assertThat(refused(0.65)).isLessThan(0.02);
    assertThat(refused(0.5)).isLessThan(0.2);
  }

  private double refused(double rankedRight) {
    SplittableRandom random = new SplittableRandom(31);
    int refused = 0;
    int gates = 2_000;
    for (int gate = 0; gate < gates; gate++) {
      double[] own =
          IntStream.range(0, 24)
              .mapToDouble(
                  i ->
                      (random.nextDouble() < rankedRight ? 1 : -1)
                          * 2
                          * -Math.log(random.nextDouble()))
              .toArray();
      margins = new Margins(own, new double[24], each(24), Collections.nCopies(24, "me"));
      refused += verdict("quality") == GateVerdict.FAIL ? 1 : 0;
    }
    return refused / (double) gates;
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
    margins = margins(120, 25);
    assertThat(automatic(33)).isEqualTo(GateVerdict.PASS);
    margins = margins(120, 0);
    assertThat(automatic(33)).isEqualTo(GateVerdict.INCONCLUSIVE);
    margins = margins(15, 100);
    assertThat(automatic(2)).isEqualTo(GateVerdict.INCONCLUSIVE);
  }

  private GateVerdict automatic(double threshold) {
    return find(CRITERIA.evaluate(evidence(), OptionalDouble.of(threshold)), "automatic_evidence")
        .verdict();
  }

  private List<CriterionResult> rows() {
    return CRITERIA.evaluate(evidence(), OptionalDouble.empty());
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
