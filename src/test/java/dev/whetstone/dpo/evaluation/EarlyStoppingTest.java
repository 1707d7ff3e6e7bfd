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
  private static final EarlyStopping STOPPING = new EarlyStopping(5, 0.02, 2, -0.5, 0.8, 1.25);

  private final List<Evaluation> run = new ArrayList<>();

  @Test
  void aRunThatImprovesContinues() {
    evaluate(0.69, 0);
    evaluate(0.6, 1);

    Verdict verdict = STOPPING.judge(run);

    assertThat(verdict.bestStep()).isEqualTo(10);
    assertThat(verdict.stop()).isEmpty();
    assertThat(verdict.alarms()).isEmpty();
  }

  @Test
  void aRunThatOverfitsEndsAfterItsPatience() {
    evaluate(0.69, 0);
    evaluate(0.5, 1);
    evaluate(0.52, 2);
    assertThat(STOPPING.judge(run).stop()).isEmpty();
    evaluate(0.515, 2);

    Verdict verdict = STOPPING.judge(run);

    assertThat(verdict.stop()).contains(StopReason.HELD_OUT_DECLINE);
    assertThat(verdict.bestStep()).isEqualTo(10);
  }

  @Test
  void aPolicyBeyondTheBudgetIsNeverTheBest() {
    evaluate(0.69, 0);
    evaluate(0.5, 4.9);
    evaluate(0.3, 5.1);
    assertThat(STOPPING.judge(run).bestStep()).isEqualTo(10);
    assertThat(STOPPING.judge(run).stop()).isEmpty();
    evaluate(0.2, 12);

    Verdict verdict = STOPPING.judge(run);

    assertThat(verdict.bestStep()).isEqualTo(10);
    assertThat(verdict.stop()).contains(StopReason.KL_BUDGET);
  }

  @Test
  void theLatestIsTakenOfThoseThatAreAsGood() {
    evaluate(0.69, 0);
    evaluate(0.5, 1);
    evaluate(0.6, 1);
    evaluate(0.509, 1);

    assertThat(STOPPING.judge(run).bestStep()).isEqualTo(30);
  }

  @Test
  void aRunMayComeBackWithinTheBudget() {
    evaluate(0.69, 0);
    evaluate(0.5, 9);
    evaluate(0.4, 3);

    assertThat(STOPPING.judge(run).bestStep()).isEqualTo(20);
    assertThat(STOPPING.judge(run).stop()).isEmpty();
  }

  @Test
  void aRunThatNeverStayedWithinTheBudgetGivesWhatItBeganWith() {
    evaluate(0.69, 6);
    evaluate(0.3, 9);

    assertThat(STOPPING.judge(run).bestStep()).isZero();
  }

  @Test
  void alarmsAreAboutTheLatestEvaluation() {
    run.add(new Evaluation(0, metrics(0.6, 1, -0.6, 0.7)));
    assertThat(STOPPING.judge(run).alarms())
        .containsExactlyInAnyOrder(Alarm.CHOSEN_LOGPS_FALL, Alarm.LENGTH_RATIO);
    run.add(new Evaluation(10, metrics(0.5, 1, 0.1, 1)));
    assertThat(STOPPING.judge(run).alarms()).isEmpty();
  }

  @Test
  void whenOffNothingEndsARun() {
    evaluate(0.69, 0);
    evaluate(9, 500);
    evaluate(10, 900);

    assertThat(EarlyStopping.off().judge(run).stop()).isEmpty();
    assertThat(EarlyStopping.off().active()).isFalse();
    assertThat(STOPPING.active()).isTrue();
  }

  @Test
  void settingsOutOfRangeAreNamed() {
    assertThatThrownBy(() -> new EarlyStopping(Double.NaN, 0, 2, -1, 0.8, 1.25))
        .hasMessageContaining("kl_budget");
    assertThatThrownBy(() -> new EarlyStopping(5, 0, -1, -1, 0.8, 1.25))
        .hasMessageContaining("patience");
    assertThatThrownBy(() -> new EarlyStopping(5, -0.1, 1, -1, 0.8, 1.25))
        .hasMessageContaining("held_out_slack");
    assertThatThrownBy(() -> new EarlyStopping(5, 0, 1, 1, 0.8, 1.25))
        .hasMessageContaining("chosen_log_ratio_alarm");
    assertThatThrownBy(() -> new EarlyStopping(5, 0, 1, -1, 1.1, 1.25))
        .hasMessageContaining("length_ratio");
  }

  private void evaluate(double loss, double kl) {
    run.add(new Evaluation(10 * run.size(), metrics(loss, kl, 0, 1)));
  }

  private static PreferenceMetrics metrics(
      double loss, double kl, double chosenLogRatio, double lengthRatio) {
    return new PreferenceMetrics(loss, 0, 0, 0.5, 0, -10, -10, chosenLogRatio, kl, lengthRatio);
  }
}
