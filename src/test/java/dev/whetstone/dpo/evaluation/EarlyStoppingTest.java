package dev.whetstone.dpo.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whetstone.dpo.evaluation.EarlyStopping.Alarm;
import dev.whetstone.dpo.evaluation.EarlyStopping.StopReason;
import dev.whetstone.dpo.evaluation.EarlyStopping.Verdict;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EarlyStoppingTest {
  private static final EarlyStopping STOPPING =
      new EarlyStopping(new KlBudget(5, 20).relativeTo(0), 0.02, 2, -0.5, 0.8, 1.25);
  private static final int ENOUGH = EarlyStopping.MIN_PAIRS;

  private final List<Evaluation> run = new ArrayList<>();

  @Test
  void aRunThatImprovesContinues() {
    evaluate(0.69, 0);
    evaluate(0.6, 1);

    Verdict verdict = STOPPING.judge(run, ENOUGH);

    assertThat(verdict.bestStep()).isEqualTo(10);
    assertThat(verdict.stop()).isEmpty();
    assertThat(verdict.alarms()).isEmpty();
  }

  @Test
  void aRunThatOverfitsEndsAfterItsPatience() {
    evaluate(0.69, 0);
    evaluate(0.5, 1);
    evaluate(0.52, 2);
    assertThat(STOPPING.judge(run, ENOUGH).stop()).isEmpty();
    evaluate(0.515, 2);

    Verdict verdict = STOPPING.judge(run, ENOUGH);

    assertThat(verdict.stop()).contains(StopReason.HELD_OUT_DECLINE);
    assertThat(verdict.bestStep()).isEqualTo(10);
  }

  @Test
  void aPolicyWithinTheBudgetIsPreferredToOneAsGoodBeyondIt() {
    evaluate(0.69, 0);
    evaluate(0.305, 4.9);
    evaluate(0.3, 5.1);

    assertThat(STOPPING.judge(run, ENOUGH).bestStep()).isEqualTo(10);
    assertThat(STOPPING.judge(run, ENOUGH).stop()).isEmpty();
  }

  /** It is scaled down into the budget, where what was learned is more than early in the run. */
  @Test
  void aBetterPolicyBeyondTheBudgetIsTheBest() {
    evaluate(0.69, 0);
    evaluate(0.5, 4.9);
    evaluate(0.3, 6);
    evaluate(0.3, 12);

    Verdict verdict = STOPPING.judge(run, ENOUGH);

    assertThat(verdict.bestStep()).isEqualTo(30);
    assertThat(verdict.stop()).contains(StopReason.KL_BUDGET);
  }

  /** Four pairs say nothing about which of two policies is better. */
  @Test
  void fewPairsEndNoRunByTheirLoss() {
    evaluate(0.5, 0);
    evaluate(0.6, 1);
    evaluate(0.7, 1);
    evaluate(0.8, 1);

    assertThat(STOPPING.judge(run, 4).bestStep()).isEqualTo(30);
    assertThat(STOPPING.judge(run, 4).stop()).isEmpty();
  }

  @Test
  void manyAnswersInTheTailAreBeyondTheBudget() {
    run.add(new Evaluation(0, metrics(0.69, 0, 0, 1)));
    run.add(new Evaluation(10, metrics(0.3, 2, 0, 1).withKl(new KlEstimate(2, 256, 12))));
    run.add(new Evaluation(20, metrics(0.3, 2, 0, 1).withKl(new KlEstimate(2, 256, 8))));

    assertThat(STOPPING.withinBudget(run.get(1))).isFalse();
    assertThat(STOPPING.withinBudget(run.get(2))).isTrue();
  }

  /** A champion at 4 nats used to leave no room: every step of every later run failed. */
  @Test
  void theBudgetIsRelativeToTheChampion() {
    EarlyStopping online = new EarlyStopping(new KlBudget(3, 20), 0.02, 2, -0.5, 0.8, 1.25);
    evaluate(0.69, 4);
    evaluate(0.5, 6.5);
    evaluate(0.4, 8);

    assertThat(online.relativeTo(4).withinBudget(run.get(1))).isTrue();
    assertThat(online.relativeTo(4).withinBudget(run.get(2))).isFalse();
    assertThat(online.relativeTo(0).withinBudget(run.get(1))).isFalse();
    assertThat(online.relativeTo(19).klBudget().absolute()).isEqualTo(20);
    assertThat(online.relativeTo(22).klBudget().absolute()).isEqualTo(22);
  }

  @Test
  void theLatestIsTakenOfThoseThatAreAsGood() {
    evaluate(0.69, 0);
    evaluate(0.5, 1);
    evaluate(0.6, 1);
    evaluate(0.509, 1);

    assertThat(STOPPING.judge(run, ENOUGH).bestStep()).isEqualTo(30);
  }

  @Test
  void aRunMayComeBackWithinTheBudget() {
    evaluate(0.69, 0);
    evaluate(0.5, 9);
    evaluate(0.4, 3);

    assertThat(STOPPING.judge(run, ENOUGH).bestStep()).isEqualTo(20);
    assertThat(STOPPING.judge(run, ENOUGH).stop()).isEmpty();
  }

  @Test
  void alarmsAreAboutTheLatestEvaluation() {
    run.add(new Evaluation(0, metrics(0.6, 1, -0.6, 0.7)));
    assertThat(STOPPING.judge(run, ENOUGH).alarms())
        .containsExactlyInAnyOrder(Alarm.CHOSEN_LOGPS_FALL, Alarm.LENGTH_RATIO);
    run.add(new Evaluation(10, metrics(0.5, 1, 0.1, 1)));
    assertThat(STOPPING.judge(run, ENOUGH).alarms()).isEmpty();
  }

  @Test
  void whenOffNothingEndsARun() {
    evaluate(0.69, 0);
    evaluate(9, 500);
    evaluate(10, 900);

    assertThat(EarlyStopping.off().judge(run, ENOUGH).stop()).isEmpty();
    assertThat(EarlyStopping.off().active()).isFalse();
    assertThat(STOPPING.active()).isTrue();
  }

  @Test
  void settingsOutOfRangeAreNamed() {
    assertThatThrownBy(() -> new EarlyStopping(new KlBudget(3, Double.NaN), 0, 2, -1, 0.8, 1.25))
        .hasMessageContaining("kl_budget");
    assertThatThrownBy(() -> new EarlyStopping(KlBudget.DEFAULT, 0, -1, -1, 0.8, 1.25))
        .hasMessageContaining("patience");
    assertThatThrownBy(() -> new EarlyStopping(KlBudget.DEFAULT, -0.1, 1, -1, 0.8, 1.25))
        .hasMessageContaining("held_out_slack");
    assertThatThrownBy(() -> new EarlyStopping(KlBudget.DEFAULT, 0, 1, 1, 0.8, 1.25))
        .hasMessageContaining("chosen_log_ratio_alarm");
    assertThatThrownBy(() -> new EarlyStopping(KlBudget.DEFAULT, 0, 1, -1, 1.1, 1.25))
        .hasMessageContaining("length_ratio");
  }

  private void evaluate(double loss, double kl) {
    run.add(new Evaluation(10 * run.size(), metrics(loss, kl, 0, 1)));
  }

  private static PreferenceMetrics metrics(
      double loss, double kl, double chosenLogRatio, double lengthRatio) {
    return new PreferenceMetrics(
        loss, 0, 0, 0.5, 0, -10, -10, chosenLogRatio, kl, lengthRatio, 0, 0);
  }
}
